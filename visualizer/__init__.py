"""Transformer Visualizer: see what a real Transformer does with a sentence."""
