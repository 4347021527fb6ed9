"""Bars of candidates: rank, token, bar and percentage, one row each, and one row for all that is not shown."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualizer.ui import fonts, guard
from visualizer.ui.numbers import short_points, short_probability
from visualizer.ui.plain_text import tip
from visualizer.ui.pointed import Pointed, digits
from visualizer.ui.theme import Theme, current

# Where the axis of the bars may end: the smallest of these that holds the longest bar.
_ENDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_MOST_ROWS = 40
_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True, slots=True)
class Bar:
    """One row. rank 0 has none; mark: stands out (the token that really comes next); removed: a filter took it away.

    unfiltered: the share before the filters, drawn as a tick where it differs. before, rank_before: in another run,
    drawn as an empty bar and as the change of rank; None, 0: there is none. hint: the tooltip.
    """

    label: str
    share: float
    unfiltered: float
    rank: int = 0
    mark: bool = False
    removed: bool = False
    hint: str = ""
    before: float | None = None
    rank_before: int = 0

    @property
    def change_text(self) -> str:
        """The change of the share in percentage points: "+4.6 pt"; "" where there is none."""
        return "" if self.before is None else short_points(self.share - self.before)

    @property
    def rank_text(self) -> str:
        """ "3", or "3 ▲2" for a token that was two ranks lower before."""
        moved = self.rank_before - self.rank if self.rank_before else 0
        return f"{self.rank}" if not moved else f"{self.rank} {'▲' if moved > 0 else '▼'}{abs(moved):,}"


@guard.overrides
class CandidateBars(QWidget):
    """Shows as many bars as there is room for; the others are summed in the last row, so that all add up to 100 %.

    chosen: index of a bar that was clicked, or on which Enter was pressed.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current()
        self._bars: tuple[Bar, ...] = ()
        self._vocabulary = 0
        self._rest_text = "{count}"
        self._rest_hint = ""
        self._current = -1
        self._hovered = -1
        self._can_choose = True
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_bars(self, bars: tuple[Bar, ...], vocabulary: int) -> None:
        """Show these, most probable first; `vocabulary` is the number of all tokens, shown or not."""
        self._bars = bars
        self._vocabulary = vocabulary
        self._current = min(self._current, len(bars) - 1)
        self.update()

    def set_texts(self, rest: str, rest_hint: str) -> None:
        """Words of the last row, with {count}, and its tooltip."""
        self._rest_text, self._rest_hint = rest, rest_hint
        self.update()

    def set_can_choose(self, can_choose: bool) -> None:
        """Whether a click does anything."""
        self._can_choose = can_choose
        self.setCursor(Qt.CursorShape.PointingHandCursor if can_choose else Qt.CursorShape.ArrowCursor)

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def shown(self) -> tuple[int, ...]:
        """Indices of the bars that have a row now; a marked bar that does not fit takes the place of the last."""
        room = self._rows() - 1
        if len(self._bars) <= room:
            return tuple(range(len(self._bars)))
        indices = list(range(room))
        marked = next((i for i, bar in enumerate(self._bars) if bar.mark), None)
        if marked is not None and marked >= room > 0:
            indices[-1] = marked
        return tuple(indices)

    def rest(self) -> tuple[int, float]:
        """How many tokens are not shown, and their share."""
        shown = self.shown()
        return self._vocabulary - len(shown), max(0.0, 1.0 - math.fsum(self._bars[i].share for i in shown))

    def axis_end(self) -> float:
        """The share at the right end of the bars' axis."""
        bars = [self._bars[i] for i in self.shown()]
        longest = max((max(bar.share, bar.unfiltered, bar.before or 0.0) for bar in bars), default=1.0)
        return next((end for end in _ENDS if end >= longest - 1e-9), 1.0)

    # --- geometry --------------------------------------------------------------------------------

    def _row_height(self) -> int:
        return self._theme.px(24)

    def _top(self) -> int:
        return self._theme.px(16)  # the axis label

    def _rows(self) -> int:
        return max(2, min(_MOST_ROWS, (self.height() - self._top()) // self._row_height()))

    def _row_at(self, y: float) -> int:
        """Index of the bar whose row is there; -2 for the rest, -1 for nothing."""
        row = int((y - self._top()) // self._row_height()) if y >= self._top() else -1
        shown = self.shown()
        if 0 <= row < len(shown):
            return shown[row]
        return -2 if row == len(shown) else -1

    def pointed(self, point: QPoint | None = None) -> Pointed | None:
        """The probability of the candidate at a point, without one that of the current row."""
        at = self._current if point is None else self._row_at(point.y())
        if not 0 <= at < len(self._bars):
            return None
        bar = self._bars[at]
        names = (self.tr("Rank"), self.tr("Token"), self.tr("Probability"))
        return Pointed(digits(bar.share), names, (str(bar.rank or ""), bar.label, digits(bar.share)))

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(420), self._top() + 12 * self._row_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self._top() + (2 if self._theme.lecture else 5) * self._row_height())

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._bars:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, height = self._theme, self._row_height()
        small, token_font = fonts.base_font(theme.scale, 12), fonts.base_font(theme.scale, 15)
        shown = self.shown()
        columns = _Columns(self, small, token_font, [self._bars[i] for i in shown])
        end = self.axis_end()
        self._paint_axis(painter, columns, small, end)
        for row, index in enumerate(shown):
            area = QRectF(0, self._top() + row * height, self.width(), height)
            self._paint_bar(painter, area, columns, self._bars[index], end, small, token_font, index)
        count, share = self.rest()
        if count > 0:
            area = QRectF(0, self._top() + len(shown) * height, self.width(), height)
            self._paint_rest(painter, area, columns, count, share, end, small)

    def _paint_axis(self, painter: QPainter, columns: _Columns, font: QFont, end: float) -> None:
        painter.setFont(font)
        painter.setPen(QColor(self._theme.text_quiet))
        area = QRectF(columns.bar, 0, columns.bar_width, self._top() - self._theme.px(2))
        text = f"{100 * end:g} %"
        if QFontMetricsF(font).horizontalAdvance("0" + text) + self._theme.px(8) < area.width():
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, "0")
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, text)
        painter.setPen(QPen(QColor(self._theme.border), 1))
        bottom = self._top() + (len(self.shown()) + 1) * self._row_height()
        for x in (columns.bar, columns.bar + columns.bar_width):
            painter.drawLine(QPointF(x + 0.5, self._top()), QPointF(x + 0.5, bottom))

    def _paint_bar(
        self, painter: QPainter, area: QRectF, columns: _Columns, bar: Bar, end: float,
        small: QFont, token_font: QFont, index: int,
    ) -> None:  # fmt: skip
        theme = self._theme
        if index == self._hovered or (index == self._current and self.hasFocus()):
            painter.fillRect(area, QColor(theme.hover))
        if index == self._current and self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(1, 1, -1, -1))
        painter.setFont(small)
        painter.setPen(QColor(theme.text_quiet))
        if bar.rank:
            area_rank = QRectF(0, area.top(), columns.rank_width, area.height())
            painter.drawText(area_rank, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, bar.rank_text)
        painter.setFont(token_font)
        painter.setPen(QColor(theme.text_quiet if bar.removed else theme.accent if bar.mark else theme.text))
        label = QFontMetricsF(token_font).elidedText(bar.label, Qt.TextElideMode.ElideRight, columns.label_width)
        painter.drawText(
            QRectF(columns.label, area.top(), columns.label_width + 2, area.height()),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine,
            label,
        )
        if bar.mark:
            self._paint_mark(painter, area, columns)
        inset = theme.px(5)
        full = columns.bar_width
        strip = QRectF(columns.bar, area.top() + inset, full * min(1.0, bar.share / end), area.height() - 2 * inset)
        painter.fillRect(strip, QColor(theme.accent))
        if bar.before is not None:
            self._paint_before(painter, strip, full * min(1.0, bar.before / end))
        if abs(bar.unfiltered - bar.share) > end / 500:
            x = columns.bar + full * min(1.0, bar.unfiltered / end)
            painter.setPen(QPen(QColor(theme.text_quiet), theme.px(2)))
            painter.drawLine(QPointF(x, strip.top() - 2), QPointF(x, strip.bottom() + 2))
        self._paint_share(painter, area, columns, bar.share, small, theme.text_quiet if bar.removed else theme.text)
        if columns.change_width:
            painter.setPen(QColor(theme.text_quiet))
            right = QRectF(columns.share + columns.share_width, area.top(), columns.change_width, area.height())
            painter.drawText(right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, bar.change_text)

    def _paint_before(self, painter: QPainter, strip: QRectF, width: float) -> None:
        """An empty bar around or inside the full one; it shows on both."""
        ghost = QRectF(strip.left(), strip.top() - 2, width, strip.height() + 4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._theme.text), 1, Qt.PenStyle.DashLine))
        painter.drawRect(ghost.adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_mark(self, painter: QPainter, area: QRectF, columns: _Columns) -> None:
        side = self._theme.px(3)
        middle = QPointF(columns.label - self._theme.px(6), area.center().y())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.accent))
        painter.drawPolygon([middle + QPointF(-side, -side), middle + QPointF(side, 0), middle + QPointF(-side, side)])
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_rest(
        self, painter: QPainter, area: QRectF, columns: _Columns, count: int, share: float, end: float, small: QFont
    ) -> None:
        theme = self._theme
        if self._hovered == -2:
            painter.fillRect(area, QColor(theme.hover))
        inset = theme.px(3)
        width = columns.bar_width * min(1.0, share / end)
        strip = QRectF(columns.bar, area.top() + inset, width, area.height() - 2 * inset)
        painter.fillRect(strip, QColor(theme.border))
        if share > end + 1e-9:  # the bar goes on beyond the axis: a gap says so
            gap = strip.right() - theme.px(6)
            painter.setPen(QPen(QColor(theme.background), theme.px(3)))
            painter.drawLine(QPointF(gap + 3, strip.top() - 1), QPointF(gap - 3, strip.bottom() + 1))
        painter.setFont(small)
        painter.setPen(QColor(theme.text))
        text = self._rest_text.format(count=f"{count:,}")
        room = columns.bar_width - theme.px(14)
        painter.drawText(
            QRectF(columns.bar + theme.px(4), area.top(), room, area.height()),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            QFontMetricsF(small).elidedText(text, Qt.TextElideMode.ElideRight, room),
        )
        self._paint_share(painter, area, columns, share, small, theme.text)

    def _paint_share(
        self, painter: QPainter, area: QRectF, columns: _Columns, share: float, font: QFont, color: str
    ) -> None:
        painter.setFont(font)
        painter.setPen(QColor(color))
        right = QRectF(columns.share, area.top(), columns.share_width, area.height())
        painter.drawText(right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, short_probability(share))

    # --- pointer and keyboard --------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().y())
        if row != self._hovered:
            self._hovered = row
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = -1
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self._choose(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shown = self.shown()
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event.key() in steps and shown:
            place = shown.index(self._current) if self._current in shown else -1
            place = max(0, min(len(shown) - 1, place + steps[Qt.Key(event.key())]))
            self._current = shown[place]
            self.setAccessibleDescription(self._bars[self._current].hint)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self._current)
        else:
            super().keyPressEvent(event)

    def _choose(self, index: int) -> None:
        if self._can_choose and 0 <= index < len(self._bars):
            self.chosen.emit(index)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()  # with the focus here, arrows move through the rows and not through heads
            return True
        if isinstance(event, QHelpEvent):
            row = self._row_at(event.pos().y())
            hint = self._rest_hint if row == -2 else self._bars[row].hint if row >= 0 else ""
            QToolTip.showText(event.globalPos(), tip(hint), self)
            return True
        return super().event(event)


class _Columns:
    """Left edges and widths of rank, label, bar and share, in pixels."""

    def __init__(self, widget: CandidateBars, small: QFont, token_font: QFont, bars: list[Bar]) -> None:
        theme = widget._theme
        narrow, wide = QFontMetricsF(small), QFontMetricsF(token_font)
        gap = theme.px(12)
        self.rank_width = max((narrow.horizontalAdvance(b.rank_text) for b in bars), default=0.0)
        self.rank_width = max(self.rank_width, theme.px(16))
        self.label = self.rank_width + gap
        longest = max((wide.horizontalAdvance(bar.label) for bar in bars), default=0.0)
        self.share_width = max(narrow.horizontalAdvance(text) for text in ("100.0 %", "8.8e-88"))
        # A narrow dock has the change in the bars' tooltips.
        has_change = any(bar.before is not None for bar in bars) and widget.width() >= theme.px(360)
        self.change_width = narrow.horizontalAdvance("+88.8 pt") + gap if has_change else 0.0
        room = widget.width() - self.label - self.share_width - self.change_width - 2 * gap
        self.label_width = min(max(longest, theme.px(40)), 0.45 * room)
        self.bar = self.label + self.label_width + gap * 0.75
        self.share = widget.width() - self.share_width - self.change_width - theme.px(4)
        self.bar_width = max(theme.px(20), self.share - gap * 0.75 - self.bar)
