"""Changes of probability as bars around zero: what grows to the right, what shrinks to the left, one row each."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualizer.ui import fonts, guard
from visualizer.ui.color import to_hex
from visualizer.ui.theme import Theme, current


@dataclass(frozen=True, slots=True)
class Change:
    """One row. change: -1 to 1; text: how it is written; hint: the tooltip."""

    label: str
    change: float
    text: str
    hint: str = ""


@guard.overrides
class ChangeBars(QWidget):
    """As many rows as there is room for, biggest change first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current()
        self._rows: tuple[Change, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_changes(self, rows: tuple[Change, ...]) -> None:
        """Show these, in this order."""
        self._rows = rows
        self.setAccessibleDescription(", ".join(f"{row.label} {row.text}" for row in rows))
        self.update()

    def changes(self) -> tuple[Change, ...]:
        """All rows, shown or not."""
        return self._rows

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(280), self._theme.px(10 * 26))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(220), self._theme.px(4 * 26))

    def _shown(self) -> tuple[Change, ...]:
        return self._rows[: max(1, self.height() // self._theme.px(26))]

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, rows = self._theme, self._shown()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.surface))
        if not rows:
            return
        font = fonts.base_font(theme.scale)
        painter.setFont(font)
        metrics, height = QFontMetricsF(font), theme.px(26)
        names = min(0.4 * self.width(), max(metrics.horizontalAdvance(row.label) for row in rows) + theme.px(8))
        numbers = max(metrics.horizontalAdvance(row.text) for row in rows) + theme.px(8)
        room = QRectF(names, 0, max(self.width() - names - numbers, theme.px(24)), height)
        largest = max(abs(row.change) for row in rows) or 1.0
        middle = room.center().x()
        more, less = (QColor(to_hex(theme.diverging_lut[entry, :3] / 255.0)) for entry in (208, 48))
        for index, row in enumerate(rows):
            top = float(index * height)
            painter.setPen(QColor(theme.text))
            label = metrics.elidedText(row.label, Qt.TextElideMode.ElideRight, names - theme.px(8))
            painter.drawText(QRectF(0, top, names, height), Qt.AlignmentFlag.AlignVCenter, label)
            length = row.change / largest * room.width() / 2
            bar = QRectF(middle, top + theme.px(6), length, height - theme.px(12)).normalized()
            painter.fillRect(bar, more if row.change > 0 else less)
            painter.drawText(
                QRectF(room.right(), top, numbers, height),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                row.text,
            )
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(int(middle), 0, int(middle), len(rows) * height)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = event.pos().y() // self._theme.px(26)
            shown = self._shown()
            QToolTip.showText(event.globalPos(), shown[index].hint if 0 <= index < len(shown) else "", self)
            return True
        return super().event(event)
