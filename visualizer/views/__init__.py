"""The views: one file each, listed in `registry`."""
