"""Pure computation: torch, transformers and janome; never Qt."""
