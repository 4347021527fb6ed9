"""The model as a diagram of its parts."""
