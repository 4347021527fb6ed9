"""Arrays as Qt images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPaintEngine, QPainter, QPen

from visualizer.ui.figure_names import CELLS

# A file for print is looked at closer than a screen: its images have this many pixels for each of the widget's.
VECTOR_DETAIL = 3.0

MOST_CELLS = 256  # rows or columns of a matrix that is drawn as rectangles: more would be a file for nobody


@dataclass
class Drawing:
    """How a vector file is being drawn. is_too_large: a matrix with too many cells became an image."""

    cells: str = CELLS[0]
    is_too_large: bool = False


_drawing: ContextVar[Drawing] = ContextVar("drawing")


@contextmanager
def drawing(cells: str) -> Iterator[Drawing]:
    """While this holds, cells go into vector files as "rectangles" or as an "image"."""
    now = Drawing(cells)
    token = _drawing.set(now)
    try:
        yield now
    finally:
        _drawing.reset(token)


def takes_rectangles(painter: QPainter, rows: int, columns: int) -> bool:
    """Whether so many cells are to be drawn as rectangles by this painter."""
    if not is_vector(painter):
        return False
    now = _drawing.get(None) or Drawing()
    if now.cells != "rectangles":
        return False
    if max(rows, columns) > MOST_CELLS:
        now.is_too_large = True
        return False
    return True


def packed(lut: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """A colour map [256, 4] (red, green, blue, alpha) as opaque 0xffrrggbb [256]."""
    red, green, blue = (lut[:, i].astype(np.uint32) for i in range(3))
    return np.asarray(np.uint32(0xFF000000) | red << 16 | green << 8 | blue, dtype=np.uint32)


def rgb(pixels: NDArray[np.uint32]) -> QImage:
    """An opaque image of 0xffrrggbb [y, x]; it owns its memory."""
    return _image(pixels, QImage.Format.Format_RGB32)


def argb(pixels: NDArray[np.uint32]) -> QImage:
    """A transparent image of premultiplied 0xaarrggbb [y, x]; it owns its memory."""
    return _image(pixels, QImage.Format.Format_ARGB32_Premultiplied)


def is_vector(painter: QPainter) -> bool:
    """Whether a painter draws into an SVG or PDF file."""
    return painter.paintEngine().type() in (QPaintEngine.Type.SVG, QPaintEngine.Type.Pdf)


def detail(painter: QPainter) -> float:
    """How many pixels an image should have for each pixel of the widget that it is painted on."""
    if is_vector(painter):
        return VECTOR_DETAIL
    return float(painter.device().devicePixelRatioF() * abs(painter.deviceTransform().m11() or 1.0))


def draw(painter: QPainter, target: QRect | QRectF, image: QImage) -> None:
    """Draw an image with hard edges and exact colours: no smoothing, and no JPEG in a PDF."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering, True)
    painter.drawImage(QRectF(target), image)
    painter.restore()


def cut(image: QImage, target: QRectF, clip: QRectF) -> tuple[QRectF, QImage]:
    """The part of an image over `target` that lies in `clip`, to the next whole pixel, and where that part lies."""
    seen = target.intersected(clip)
    if seen == target or seen.isEmpty():
        return target, image
    x, y = image.width() / target.width(), image.height() / target.height()
    left, top = round((seen.x() - target.x()) * x), round((seen.y() - target.y()) * y)
    width, height = max(1, round(seen.width() * x)), max(1, round(seen.height() * y))
    return seen, image.copy(QRect(left, top, width, height))


def draw_cells(painter: QPainter, target: QRectF, pixels: NDArray[np.uint32], clip: QRectF | None = None) -> None:
    """Cells of 0xffrrggbb [row, column] in `target`: rectangles where a file takes them, else one image.

    clip: nothing is drawn beyond it; a file that knows no clips gets the cells cut.
    """
    rows, columns = pixels.shape
    if not takes_rectangles(painter, rows, columns):
        draw(painter, target, rgb(pixels))
        return
    if 1 in (rows, columns):
        _draw_bar(painter, target, pixels)
        return
    width, height = target.width() / columns, target.height() / rows
    painter.save()
    colors, groups = np.unique(pixels.ravel(), return_inverse=True)
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(len(colors) + 1))
    for n, color in enumerate(colors.tolist()):
        places = (divmod(int(at), columns) for at in order[starts[n] : starts[n + 1]])
        cells = [QRectF(target.x() + c * width, target.y() + r * height, width, height) for r, c in places]
        if clip is not None:
            cells = [cell for cell in (cell.intersected(clip) for cell in cells) if not cell.isEmpty()]
        # An edge of the same colour closes the hairline that readers leave between neighbours.
        painter.setPen(_edge(QColor(color), min(0.25, 0.05 * min(width, height))))
        painter.setBrush(QColor(color))
        painter.drawRects(cells)
    painter.restore()


def _draw_bar(painter: QPainter, target: QRectF, pixels: NDArray[np.uint32]) -> None:
    """A colour bar: each step reaches to the end, below those that follow, so that no hairline is left between two."""
    rows, columns = pixels.shape
    for n, color in enumerate(pixels.ravel().tolist()):
        x, y = (n * target.width() / columns, 0.0) if rows == 1 else (0.0, n * target.height() / rows)
        painter.fillRect(target.adjusted(x, y, 0, 0), QColor(color))


def _edge(color: QColor, width: float) -> QPen:
    return QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.MiterJoin)


def _image(pixels: NDArray[np.uint32], kind: QImage.Format) -> QImage:
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, kind).copy()
