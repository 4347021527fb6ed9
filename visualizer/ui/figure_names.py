"""How a picture goes onto paper: how wide, how large its type, in which colours, on what ground. No Qt in here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

FORMATS = ("pdf", "svg", "png", "csv", "npz", "json")
BACKGROUNDS = ("white", "transparent", "screen")
CELLS = ("rectangles", "image")  # how those of a matrix go into a vector file
COLORMAPS = ("theme", "grey", "viridis", "cividis", "magma", "inferno", "plasma")

MM_PER_POINT = 25.4 / 72
SMALL_TYPE = 12  # pixels of the design: the type of labels, whose size on paper is asked for
LIMITS: dict[str, tuple[float, float]] = {
    "width_mm": (20.0, 2000.0),
    "height_mm": (20.0, 2000.0),
    "font_pt": (3.0, 72.0),
    "dpi": (36, 1200),
}

# Name -> width in mm, height in mm (0: as high as the picture needs), points of type. Where the widths come from:
# ACL: acl-org.github.io/ACLPUB/formatting.html (columns of 7.7 cm, text of 16 cm). IEEE: IEEE Author Center, "Size
# requirements for graphics" (3.5 and 7.16 inches). NeurIPS: neurips.sty, \textwidth (5.5 inches; ICLR has the same).
# ICML: icml.sty (columns of 3.25 inches, text of 6.75 inches). LNCS: llncs.cls, \textwidth (12.2 cm). Slide: what
# presentation programs call "on-screen show (16:9)", 10 by 5.625 inches.
PAPERS: dict[str, tuple[float, float, float]] = {
    "acl_column": (77.0, 0.0, 8.0),
    "acl_text": (160.0, 0.0, 8.0),
    "neurips": (139.7, 0.0, 8.0),
    "ieee_column": (88.9, 0.0, 8.0),
    "ieee_text": (181.9, 0.0, 8.0),
    "icml_column": (82.55, 0.0, 8.0),
    "icml_text": (171.45, 0.0, 8.0),
    "lncs": (122.0, 0.0, 8.0),
    "slide": (254.0, 142.9, 16.0),
}


@dataclass(frozen=True, slots=True)
class FigureLook:
    """A picture on paper. height_mm: with its caption; 0 is as high as the picture needs. dpi: of .png.

    background: "white", "transparent", or "screen", the theme's own. colormap: of numbers from zero up; those with a
    sign keep the theme's two hues. cells: how those of matrices go into .svg and .pdf.
    """

    width_mm: float = 139.7
    height_mm: float = 0.0
    font_pt: float = 8.0
    background: str = BACKGROUNDS[0]
    colormap: str = COLORMAPS[0]
    cells: str = CELLS[0]
    dpi: int = 300

    @property
    def pixels_per_mm(self) -> float:
        """How many pixels of the design are one millimetre, so that its small type has the size asked for."""
        return SMALL_TYPE / (self.font_pt * MM_PER_POINT)


def to_json(look: FigureLook) -> dict[str, Any]:
    """What `from_json` takes."""
    return asdict(look)


def from_json(stored: object) -> FigureLook:
    """A look from what was remembered; what does not fit keeps its default."""
    default, taken = FigureLook(), {}
    for item in fields(FigureLook) if isinstance(stored, dict) else ():
        value = stored.get(item.name)  # type: ignore[attr-defined]
        if is_valid(item.name, value):
            taken[item.name] = type(getattr(default, item.name))(value)
    return replace(default, **taken)


def is_valid(name: str, value: object) -> bool:
    """Whether a field of a look can have this value."""
    choices = {"background": BACKGROUNDS, "colormap": COLORMAPS, "cells": CELLS}
    if name in choices:
        return value in choices[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    low, high = LIMITS[name]
    return low <= value <= high or (name == "height_mm" and value == 0)
