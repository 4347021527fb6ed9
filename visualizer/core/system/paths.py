"""Where the program's own files are: beside the package in a checkout, inside it in an installed wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def assets() -> Path:
    """The folder with fonts, icons, translations and bundled models."""
    package = Path(__file__).resolve().parents[2]
    beside = package.parent / "assets"
    # A checkout is recognised by its pyproject: site-packages may hold some other project's `assets`.
    if beside.is_dir() and (package.parent / "pyproject.toml").is_file():
        return beside
    return package / "assets"
