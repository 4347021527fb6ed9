"""Analyses: each a pure function of a `Trace`, in a file or folder named after its view."""
