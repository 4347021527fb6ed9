"""Arrays as Qt images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPaintEngine, QPainter

# A file for print is looked at closer than a screen: its images have this many pixels for each of the widget's.
VECTOR_DETAIL = 3.0


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


def _image(pixels: NDArray[np.uint32], kind: QImage.Format) -> QImage:
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, kind).copy()
