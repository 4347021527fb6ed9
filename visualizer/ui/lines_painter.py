"""Draws the lines between two sides of tokens, their labels, and the bars of the heads beside a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from visualizer.core.reading.strongest import NO_LINES, Lines
from visualizer.ui import fonts, labels
from visualizer.ui.lines_layout import LinesLayout, Which
from visualizer.ui.theme import Theme

# More lines at once are a blur, and cost the time of a frame each few hundred.
STATIC_LINES = 1200
LIVE_LINES = 240
# Up to so many lines strength shows as thickness too (thick lines take five times as long).
FEW = 320
_LEVELS = 16
_LOOKED_AT = 8192  # lines whose places are worked out at a time
_DASHES: tuple[tuple[float, ...], ...] = ((), (6.0, 3.0), (2.0, 3.0), (9.0, 3.0, 2.0, 3.0))


@dataclass(frozen=True, eq=False)
class LineStyle:
    """How one head's lines look: a hue, and a dash pattern where hues repeat."""

    color: str
    dash: tuple[float, ...] = ()


def style_of(head: int, theme: Theme) -> LineStyle:
    """The look that a head keeps everywhere."""
    return LineStyle(theme.head_color(head), _DASHES[head // len(theme.head_hues) % len(_DASHES)])


@dataclass(eq=False)
class Picture:
    """What the lines widget shows. Sizes: labels and quiet [token], bars [head, token]."""

    query_labels: Sequence[str] = ()
    key_labels: Sequence[str] = ()
    query_quiet: Sequence[bool] = ()  # dimmed tokens
    key_quiet: Sequence[bool] = ()
    styles: Sequence[LineStyle] = ()
    lines: Lines = NO_LINES
    query_title: str = ""
    key_title: str = ""
    active: tuple[Which, int] | None = None  # the token whose lines alone are shown
    marked: tuple[Which, int] | None = None  # its partner on the other side, under the pointer
    bars: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def labels(self, which: Which) -> Sequence[str]:
        """Labels of one side."""
        return self.query_labels if which == "query" else self.key_labels

    def quiet(self, which: Which) -> Sequence[bool]:
        """Dimmed tokens of one side."""
        return self.query_quiet if which == "query" else self.key_quiet


def other(which: Which) -> Which:
    """The opposite side."""
    return "key" if which == "query" else "query"


def seen_lines(picture: Picture, layout: LinesLayout, scrolled: float, extent: float) -> Lines:
    """The lines to draw: those in the visible stretch, of the active token if there is one, the strongest of them."""
    lines, most = picture.lines, STATIC_LINES
    if picture.active is not None:
        which, index = picture.active
        lines, most = lines.where((lines.queries if which == "query" else lines.keys) == index), LIVE_LINES
    found: list[NDArray[np.intp]] = []
    count, stop = 0, len(lines)
    while stop and count < most:  # the strongest are last: weaker ones are looked at only while there is room
        start = max(0, stop - _LOOKED_AT)
        part = lines.where(np.arange(start, stop))
        found.insert(0, start + np.flatnonzero(layout.visible(part, scrolled, extent)))
        count, stop = count + len(found[0]), start
    return lines.where(np.concatenate(found)[-most:]) if found else lines


def are_few(lines: Lines) -> bool:
    """Whether strength shows as thickness too."""
    return len(lines) <= FEW


def paint_lines(
    painter: QPainter, lines: Lines, ends: NDArray[np.float64], styles: Sequence[LineStyle], few: bool
) -> None:
    """Weakest first; opacity is the weight, and so is thickness where lines are `few`. ends: float64 [line, 4]."""
    if not len(lines):
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    levels = np.ceil(np.clip(lines.weights, 0, 1) * _LEVELS).astype(np.int64)
    groups = levels * len(styles) + lines.heads
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    coordinates = ends[order].tolist()
    for start, stop in zip(starts, [*starts[1:], len(order)], strict=True):
        level, head = divmod(int(groups[order[start]]), len(styles))
        share = level / _LEVELS
        color = QColor(styles[head].color)
        color.setAlphaF(min(1.0, (0.14 if few else 0.05) + 0.9 * share))
        pen = QPen(color, 1.0 + 2.5 * share if few else 1.0)
        if styles[head].dash:
            pen.setDashPattern(list(styles[head].dash))
        painter.setPen(pen)
        painter.drawLines([QLineF(*four) for four in coordinates[start:stop]])


def render_lines(
    size: QSize, ratio: float, lines: Lines, ends: NDArray[np.float64], styles: Sequence[LineStyle]
) -> QImage:
    """The lines as a transparent image; may run on any thread."""
    image = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    try:
        paint_lines(painter, lines, ends, styles, are_few(lines))
    finally:
        painter.end()
    return image


def paint_frame(painter: QPainter, size: QSize, picture: Picture, layout: LinesLayout, theme: Theme) -> None:
    """What does not scroll: titles, and the ground under them."""
    painter.setFont(fonts.base_font(theme.scale, 12))
    painter.setPen(QColor(theme.text_quiet))
    top = QRectF(0, 0, size.width(), layout.titles[0].bottom())
    painter.fillRect(top, QColor(theme.surface))
    if not layout.vertical:
        painter.fillRect(QRectF(0, layout.titles[1].top(), size.width(), top.height()), QColor(theme.surface))
    right = Qt.AlignmentFlag.AlignRight if layout.vertical else Qt.AlignmentFlag.AlignLeft
    labels.draw_flat(painter, picture.query_title, layout.titles[0], Qt.AlignmentFlag.AlignLeft)
    labels.draw_flat(painter, picture.key_title, layout.titles[1], right)


def paint_labels(
    painter: QPainter, which: Which, picture: Picture, layout: LinesLayout, scrolled: float, extent: float, theme: Theme
) -> None:
    """The tokens of one side that lie in the visible stretch; thinned out where rows are too low."""
    side, texts, quiet = layout.side(which), picture.labels(which), picture.quiet(which)
    font = _label_font(theme, layout)
    painter.setFont(font)
    pitch = QFontMetricsF(font).height() if layout.vertical else theme.px(14)
    shown = side.between(scrolled, scrolled + extent)
    step = 1
    if len(shown):
        mean = (side.edges[shown.stop] - side.edges[shown.start]) / len(shown)
        step = labels.step_for(mean, pitch * 0.9)
    special = {
        index for place in (picture.active, picture.marked) if place and place[0] == which for index in place[1:]
    }
    text, faint = QColor(theme.text), QColor(theme.text_quiet)
    faint.setAlphaF(0.45)
    for index in shown:
        if index % step and index not in special:
            continue
        low, high = side.edges[index], side.edges[index + 1]
        if high - low < pitch:  # a label in a thin row stands over its neighbours, which have none
            middle = (low + high) / 2
            low, high = middle - pitch / 2, middle + pitch / 2
        area = layout.rect(side.labels, low, high, scrolled)
        if index in special:
            _paint_mark(painter, area, theme, picture.active == (which, index))
        elif step > 1 and any(abs(index - i) * (high - low) < pitch * step for i in special):
            continue
        painter.setPen(faint if index < len(quiet) and quiet[index] else text)
        align = Qt.AlignmentFlag.AlignHCenter
        if layout.vertical:
            align = Qt.AlignmentFlag.AlignRight if which == "query" else Qt.AlignmentFlag.AlignLeft
            area.adjust(theme.px(4), 0, -theme.px(4), 0)
        labels.draw_flat(painter, texts[index], area, align)


def paint_bars(
    painter: QPainter, picture: Picture, layout: LinesLayout, scrolled: float, extent: float, theme: Theme
) -> None:
    """Beside each token of the other side: one bar a head, as high as its weight, in the head's hue."""
    if picture.active is None or not picture.bars.size:
        return
    which = other(picture.active[0])
    side = layout.side(which)
    count = len(picture.styles)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    ground = QColor(theme.border)
    ground.setAlphaF(0.35)
    shown = side.between(scrolled, scrolled + extent)
    for index in shown:
        row = layout.rect(side.strips, side.edges[index], side.edges[index + 1], scrolled)
        gap = 1.0 if row.height() > 6 and row.width() > 3 * count else 0.0
        row.adjust(gap, gap, -gap, -gap)
        painter.fillRect(QRectF(row.left(), row.bottom() - 1, row.width(), 1), ground)
        width = row.width() / count
        for head in range(count):
            weight = float(picture.bars[head, index])
            if weight < 0.004:
                continue
            color = QColor(picture.styles[head].color)
            height = max(1.0, min(1.0, weight) * row.height())
            bar = QRectF(row.left() + head * width, row.bottom() - height, max(1.0, width - gap), height)
            if row.height() < 7:  # too low to compare heights: opacity tells
                color.setAlphaF(min(1.0, weight))
                bar = QRectF(bar.left(), row.top(), bar.width(), row.height())
            painter.fillRect(bar, color)


def _label_font(theme: Theme, layout: LinesLayout) -> QFont:
    return fonts.base_font(theme.scale, 13)


def _paint_mark(painter: QPainter, area: QRectF, theme: Theme, is_active: bool) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    fill = QColor(theme.accent)
    fill.setAlphaF(0.22 if is_active else 0.1)
    painter.setBrush(fill)
    painter.setPen(QPen(QColor(theme.accent), 1) if is_active else QPen(Qt.PenStyle.NoPen))
    too_high = max(0.0, area.height() - theme.px(26)) / 2
    painter.drawRoundedRect(area.adjusted(0.5, too_high + 1.5, -0.5, -too_high - 1.5), 4, 4)
    painter.restore()
