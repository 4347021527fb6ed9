"""The theme in which a picture is drawn for paper: its ground and its colour map."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visualizer.ui import color
from visualizer.ui import theme as themes
from visualizer.ui.theme import Theme


def dressed(screen: Theme, background: str, colormap: str) -> Theme:
    """A theme with another ground and colour map; its sizes stay. White is the light theme's, whatever `screen` is."""
    look = screen
    if background == "white" and screen.name != "light":
        look = themes.named("light").scaled(screen.scale, screen.lecture)
    if background == "transparent":
        look = replace(look, surface=f"#00{look.paper[1:]}")
    return look if colormap == "theme" else replace(look, attention_lut=_ramp(colormap, look.name))


@lru_cache(maxsize=32)
def _ramp(name: str, theme: str) -> NDArray[np.uint8]:
    if name == "grey":
        stops = [(1.0, 0.0, 0), (0.2, 0.0, 0)] if theme == "light" else [(0.2, 0.0, 0), (0.98, 0.0, 0)]
        return color.ramp(stops, 256)
    entries = [[255 * float(part) for part in line.split(",")[:3]] for line in _published(name)]
    table = np.full((len(entries), 4), 255, dtype=np.uint8)
    table[:, :3] = np.rint(entries)
    table.setflags(write=False)
    return table


def _published(name: str) -> list[str]:
    """The 256 entries of a map as pyqtgraph brings them; read without importing it, which takes a while."""
    found = find_spec("pyqtgraph")
    folder = Path(found.origin).parent if found is not None and found.origin else Path()
    lines = (folder / "colors" / "maps" / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith(";")]
