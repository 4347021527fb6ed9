"""Icons: small SVG drawings of the program's own (`assets/icons`), recoloured by the theme."""

from __future__ import annotations

import atexit
from functools import cache, lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from visualizer.core.system import leftovers, paths
from visualizer.ui.theme import Theme

_SIZES = (16, 20, 24, 32, 48, 64)


@lru_cache(maxsize=256)
def icon(name: str, theme: Theme, color: str | None = None) -> QIcon:
    """The icon `assets/icons/NAME.svg` in the theme's text colour, or in `color`; raises FileNotFoundError."""
    result = QIcon()
    states = ((QIcon.State.Off, color or theme.text), (QIcon.State.On, color or theme.on_accent))
    for state, drawn in states:
        for size in _SIZES:
            result.addPixmap(pixmap(name, drawn, size), QIcon.Mode.Normal, state)
            result.addPixmap(pixmap(name, theme.border, size), QIcon.Mode.Disabled, state)
    return result


def pixmap(name: str, color: str, size: int) -> QPixmap:
    """The icon as a picture of size x size pixels in one colour."""
    picture = QPixmap(QSize(size, size))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(_source(name, color))).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return picture


@lru_cache(maxsize=64)
def file_of(name: str, theme: Theme) -> str:
    """Path of a file with the recoloured icon, as a style sheet's url() wants it."""
    target = _folder() / f"{name}-{theme.text_quiet.strip('#')}.svg"
    if not target.exists():
        target.write_bytes(_source(name, theme.text_quiet))
    return target.as_posix()


@cache
def _folder() -> Path:
    """Where recoloured files lie while the program runs."""
    folder = leftovers.new_folder("transformer-visualizer-")
    atexit.register(leftovers.remove, folder)
    return folder


@lru_cache(maxsize=256)
def _source(name: str, color: str) -> bytes:
    text = (paths.assets() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    return text.replace("currentColor", color).encode()
