"""What a model has, found by watching a short pass and not by its name."""
