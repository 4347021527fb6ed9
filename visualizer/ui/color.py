"""Colour arithmetic: sRGB, OKLab, contrast, and colour maps with even perceptual steps.

OKLab: Björn Ottosson, "A perceptual color space for image processing", 2020. Contrast: WCAG 2.2, section 1.4.3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Colors = NDArray[np.float64]  # [..., 3]

_RGB_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_LAB_TO_LMS = np.linalg.inv(_LMS_TO_LAB)
_LMS_TO_RGB = np.linalg.inv(_RGB_TO_LMS)


def parse_hex(color: str) -> Colors:
    """sRGB in 0..1 of "#rrggbb"."""
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float64) / 255.0


def to_hex(rgb: ArrayLike) -> str:
    """ "#rrggbb" of sRGB in 0..1."""
    values = np.rint(np.clip(np.asarray(rgb, dtype=np.float64), 0.0, 1.0) * 255.0).astype(int)
    return "#{:02x}{:02x}{:02x}".format(*values)


def linearize(rgb: ArrayLike) -> Colors:
    """Linear light of gamma-encoded sRGB, both in 0..1."""
    rgb = np.asarray(rgb, dtype=np.float64)
    return np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0.04045) + 0.055) / 1.055) ** 2.4)


def delinearize(linear: ArrayLike) -> Colors:
    """Gamma-encoded sRGB of linear light; values outside 0..1 stay outside, so that a caller can see them."""
    linear = np.asarray(linear, dtype=np.float64)
    bright = 1.055 * np.power(np.maximum(linear, 0.0031308), 1.0 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, linear * 12.92, bright)


def to_oklab(rgb: ArrayLike) -> Colors:
    """OKLab (lightness, green-red, blue-yellow) of sRGB [..., 3]."""
    return np.asarray(np.cbrt(linearize(rgb) @ _RGB_TO_LMS.T) @ _LMS_TO_LAB.T)


def from_oklab(lab: ArrayLike) -> Colors:
    """sRGB of OKLab [..., 3]; outside 0..1 where the screen cannot show the colour."""
    lms = np.asarray(lab, dtype=np.float64) @ _LAB_TO_LMS.T
    return delinearize(lms**3 @ _LMS_TO_RGB.T)


def from_oklch(lightness: float, chroma: float, hue: float) -> Colors:
    """sRGB of a lightness (0..1), chroma (0..about 0.3) and hue in degrees."""
    return from_oklab(_polar(lightness, chroma, hue))


def luminance(color: str) -> float:
    """Relative luminance of "#rrggbb" (WCAG 2.2)."""
    return float(linearize(parse_hex(color)) @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def ramp(stops: Sequence[tuple[float, float, float]], size: int) -> NDArray[np.uint8]:
    """Colour map [size, 4] uint8 along a Bézier curve in OKLab whose neighbours are all equally far apart.

    `stops` are control points (lightness, chroma, hue in degrees); the first and the last are reached exactly.
    """
    points = np.array([_polar(*stop) for stop in stops])
    t = np.linspace(0.0, 1.0, 4096)[:, None, None]
    curve = np.broadcast_to(points, (t.shape[0], *points.shape))
    while curve.shape[1] > 1:  # de Casteljau
        curve = (1.0 - t) * curve[:, :-1] + t * curve[:, 1:]
    path = curve[:, 0]
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    even = np.linspace(0.0, length[-1], size)
    lab = np.stack([np.interp(even, length, path[:, i]) for i in range(3)], axis=1)
    return _lut(from_oklab(lab))


def _lut(rgb: Colors) -> NDArray[np.uint8]:
    table = np.full((len(rgb), 4), 255, dtype=np.uint8)
    table[:, :3] = np.rint(np.clip(rgb, 0.0, 1.0) * 255.0)
    table.setflags(write=False)
    return table


def _polar(lightness: float, chroma: float, hue: float) -> Colors:
    angle = np.deg2rad(hue)
    return np.array([lightness, chroma * np.cos(angle), chroma * np.sin(angle)])
