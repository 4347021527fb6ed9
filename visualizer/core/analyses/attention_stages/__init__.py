"""Attention step by step: the steps, their inputs, and the check against the model."""
