"""The two looks of the program, light and dark: every colour and size that a widget may use."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from visualizer.ui import color
from visualizer.ui.color import contrast

__all__ = ["Theme", "contrast", "current", "named", "system_name"]

# Paul Tol, "Colour schemes", SRON technical note SRON/EPS/TN/09-002 (issue 2.2, 2012): qualitative scheme of twelve,
# made to stay apart in red-green and blue-yellow blindness. The order puts neighbours far apart.
_TOL_12 = (
    "#332288", "#ddcc77", "#aa4499", "#44aa99", "#cc6677", "#117733",
    "#88ccee", "#882255", "#999933", "#6699cc", "#661100", "#aa4466",
)  # fmt: skip

@dataclass(frozen=True, eq=False)
class Theme:
    """Colours as "#rrggbb", maps as uint8 [256, 4] (red, green, blue, alpha), sizes through `px`."""

    name: str  # "light" or "dark"
    background: str  # the window
    surface: str  # what data lie on; zero has this colour
    raised: str  # fields, menus, tooltips
    hover: str  # a control under the pointer
    text: str
    text_quiet: str
    accent: str
    on_accent: str  # text on the accent
    border: str
    error: str
    warning: str
    success: str
    masked: str  # hatching of masked cells
    head_hues: tuple[str, ...]  # at least 12; head h has head_hues[h % len]
    attention_lut: NDArray[np.uint8] = field(repr=False)  # zero is `surface`, lightness is monotone
    diverging_lut: NDArray[np.uint8] = field(repr=False)  # entry 128 is `surface`: negative blue, positive red
    scale: float = 1.0  # size of text; in lecture mode as large as the back row needs
    lecture: bool = False  # whatever a class does not need is away

    def px(self, size: float) -> int:
        """A length of the design, in pixels, grown by lecture mode."""
        return round(size * self.scale)

    @property
    def paper(self) -> str:
        """`surface`, opaque even where a picture is to have no ground."""
        return self.surface if len(self.surface) == 7 else f"#{self.surface[3:]}"

    def head_color(self, head: int) -> str:
        """The hue that a head keeps everywhere."""
        return self.head_hues[head % len(self.head_hues)]

    def scaled(self, scale: float, lecture: bool = False) -> Theme:
        """The same look with every size multiplied."""
        return replace(self, scale=scale, lecture=lecture)


@lru_cache(maxsize=2)
def named(name: str) -> Theme:
    """The theme "light" or "dark"; raises KeyError for another name."""
    return {"light": _light, "dark": _dark}[name]()


def system_name() -> str:
    """What the system asks for: "light" or "dark" ("light" when it does not say)."""
    hints = QGuiApplication.styleHints()
    return "dark" if hints.colorScheme() == Qt.ColorScheme.Dark else "light"


def current() -> Theme:
    """The theme that `style.apply` set last; "light" before that."""
    app = QApplication.instance()
    theme = app.property("visualizer_theme") if app is not None else None
    return theme if isinstance(theme, Theme) else named("light")


def _light() -> Theme:
    return Theme(
        name="light",
        background="#f4f5f6",
        surface="#ffffff",
        raised="#ffffff",
        hover="#e7eaed",
        text="#1b1d20",
        text_quiet="#5a6068",
        accent="#1a5fb4",
        on_accent="#ffffff",
        border="#d3d7db",
        error="#b3261e",
        warning="#8a5300",
        success="#1b6e3a",
        masked="#c4c9ce",
        head_hues=_fit_lightness(_TOL_12, 0.34, 0.76),
        attention_lut=color.ramp([(1.0, 0.0, 250), (0.85, 0.10, 235), (0.55, 0.20, 255), (0.27, 0.10, 262)], 256),
        diverging_lut=_diverging(
            [(1.0, 0.0, 250), (0.85, 0.10, 235), (0.55, 0.20, 255), (0.31, 0.11, 262)],
            [(1.0, 0.0, 40), (0.85, 0.10, 55), (0.60, 0.21, 38), (0.34, 0.12, 30)],
        ),
    )


def _dark() -> Theme:
    zero = color.to_oklab(color.parse_hex("#16181b"))
    start = (float(zero[0]), float(np.hypot(zero[1], zero[2])), float(np.rad2deg(np.arctan2(zero[2], zero[1]))))
    return Theme(
        name="dark",
        background="#101214",
        surface="#16181b",
        raised="#1e2125",
        hover="#2a2e33",
        text="#e8eaed",
        text_quiet="#a2a9b1",
        accent="#7db1ff",
        on_accent="#0b1a2e",
        border="#353a40",
        error="#ff8a80",
        warning="#f2b84b",
        success="#7bd49a",
        masked="#454b52",
        head_hues=_fit_lightness(_TOL_12, 0.52, 0.90),
        attention_lut=color.ramp(
            [start, (0.35, 0.12, 262), (0.60, 0.19, 250), (0.85, 0.12, 220), (0.98, 0.02, 200)], 256
        ),
        diverging_lut=_diverging(
            [start, (0.35, 0.12, 262), (0.60, 0.19, 250), (0.85, 0.12, 225), (0.93, 0.05, 215)],
            [start, (0.36, 0.11, 35), (0.65, 0.17, 45), (0.85, 0.12, 70), (0.93, 0.05, 85)],
        ),
    )


def _fit_lightness(colors: tuple[str, ...], low: float, high: float) -> tuple[str, ...]:
    """The same hues with their lightness spread evenly into low..high, so that each stands out from the surface."""
    lab = np.array([color.to_oklab(color.parse_hex(c)) for c in colors])
    span = lab[:, 0].max() - lab[:, 0].min()
    lab[:, 0] = low + (lab[:, 0] - lab[:, 0].min()) / span * (high - low)
    return tuple(color.to_hex(rgb) for rgb in color.from_oklab(lab))


def _diverging(
    negative: list[tuple[float, float, float]], positive: list[tuple[float, float, float]]
) -> NDArray[np.uint8]:
    """Map [256, 4] with the common first stop of both ramps at entry 128."""
    table = np.concatenate([color.ramp(negative, 129)[:0:-1], color.ramp(positive, 129)[:-1]])
    table.setflags(write=False)
    return table
