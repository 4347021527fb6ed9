"""A model that writes, step by step, as a tree, with beams, many times over."""
