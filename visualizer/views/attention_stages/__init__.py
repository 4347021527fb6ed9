"""Attention step by step, with the model's own numbers."""
