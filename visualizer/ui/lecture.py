"""Lecture mode, for the back row: how large text has to be, and what folds away so that the figure keeps the room."""

from __future__ import annotations

import math
from collections.abc import Iterator

from PySide6.QtWidgets import QWidget

SMALLEST_TEXT = 12  # pixels of the design: nothing is written smaller
SMALLEST_SHARE = 0.025  # of the screen's height, from which text can be read in the back row
STEP = 1.1  # what one press of a key makes of the size of text

_SLIMMEST = 0.75  # height of a screen by its width: a higher window is read from as far as one of this height
_ORDINARY_ROOM = (960, 600)  # pixels of the design that the window needs
_LECTURE_ROOM = (560, 340)
_SMALLEST_SIZE = 0.85
_FOLDS = "visualizer_folds"


def scale_for(width: int, height: int, *, lecture: bool, size: float = 1.0) -> float:
    """By what the sizes of the design are multiplied in a window of so many pixels.

    size: what the person chose, 1 is the ordinary size of text, in lecture mode the smallest that the back row can
    read. The answer never makes the parts of the window larger than the window.
    """
    if not lecture:
        most = max(1.0, min(width / _ORDINARY_ROOM[0], height / _ORDINARY_ROOM[1]))
        return min(max(size, _SMALLEST_SIZE), most)
    reach = min(height, width * _SLIMMEST)
    least = max(1.0, math.ceil(SMALLEST_SHARE * reach) / SMALLEST_TEXT)
    most = max(least, min(width / _LECTURE_ROOM[0], height / _LECTURE_ROOM[1]))
    return min(max(least * size, least), most)


def fold(widget: QWidget) -> None:
    """Let a part of a view go away in lecture mode, where it can be called back."""
    widget.setProperty(_FOLDS, True)


def folding(view: QWidget) -> Iterator[QWidget]:
    """The parts of a view that go away in lecture mode."""
    return (widget for widget in view.findChildren(QWidget) if widget.property(_FOLDS))
