"""What the pointer is over, as it goes into the clipboard: a value, and the row of a table that it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from visualizer.core.system import csv_file


@dataclass(frozen=True)
class Pointed:
    """value: a number in full, or a text. cells: its row, with a name for each in names; empty for no table.

    head: the (layer, head) that is meant; None: the chosen one. words: the sentence that is said of it.
    """

    value: str = ""
    names: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    head: tuple[int, int] | None = None
    words: str = ""

    @property
    def row(self) -> str:
        """Names and cells as two lines of tab-separated values; "" for no table."""
        return "\n".join("\t".join(map(_cell, line)) for line in (self.names, self.cells)) if self.cells else ""


def digits(value: Any) -> str:
    """A number with as many digits as it has; "" for what is none."""
    if isinstance(value, np.floating):
        return str(value) if np.isfinite(value) else ""
    return str(value)


def at(root: QWidget, point: QPoint) -> Pointed | None:
    """What one of the widgets in `root` has at a point of it; None where none has anything to say."""
    widget: QWidget | None = root.childAt(point)
    while widget is not None and widget is not root:
        ask = getattr(widget, "pointed", None)
        if callable(ask):
            found: Pointed | None = ask(widget.mapFrom(root, point))
            return found
        widget = widget.parentWidget()
    return None


def _cell(text: str) -> str:
    """A cell that no spreadsheet divides, or runs as a formula."""
    return str(csv_file.cell(" ".join(text.split())))
