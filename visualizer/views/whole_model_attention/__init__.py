"""Attention through all layers."""
