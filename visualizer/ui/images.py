"""Arrays as Qt images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage


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


def _image(pixels: NDArray[np.uint32], kind: QImage.Format) -> QImage:
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, kind).copy()
