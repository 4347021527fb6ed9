"""A model that writes: token by token, as a tree of beams, many times over."""
