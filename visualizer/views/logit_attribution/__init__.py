"""A logit as the sum of what every part of the model has written."""
