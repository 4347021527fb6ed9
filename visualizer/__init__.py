"""Transformer Visualizer: see what a real Transformer does with a sentence."""

import builtins

# Kept before Qt's bindings put their own in its place, which makes importing torch and transformers a quarter slower.
python_import = builtins.__import__
