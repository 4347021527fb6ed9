"""Items of a list with a name and, quieter beneath it, what it is."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from visualizer.ui import guard, icons
from visualizer.ui.theme import Theme

NAME = Qt.ItemDataRole.DisplayRole
FIGURE = Qt.ItemDataRole.UserRole + 2  # at the right end of the first line
DESCRIPTION = Qt.ItemDataRole.UserRole + 3  # "" makes the item a heading
DELETABLE = Qt.ItemDataRole.UserRole + 4  # whether a bin stands at the right end of the second line

Index = QModelIndex | QPersistentModelIndex


@guard.overrides
class TwoLines(QStyledItemDelegate):
    """Paints a heading, or a name with a figure above a description."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, self._theme.px(44 if index.data(DESCRIPTION) else 32))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, description = self._theme, index.data(DESCRIPTION)
        box: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        chosen = bool(state & QStyle.StateFlag.State_Selected) and bool(description)
        pointed = bool(state & QStyle.StateFlag.State_MouseOver) and bool(description)
        painter.save()
        if chosen or pointed:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.accent if chosen else theme.hover))
            painter.drawRoundedRect(box, theme.px(4), theme.px(4))
        inside = box.adjusted(theme.px(8), theme.px(4), -theme.px(8), -theme.px(4))
        loud = QColor(theme.on_accent if chosen else theme.text)
        quiet = QColor(theme.on_accent if chosen else theme.text_quiet)
        if not description:
            self._write(painter, inside, index.data(NAME), 12, quiet, Qt.AlignmentFlag.AlignBottom)
        else:
            figure = index.data(FIGURE) or ""
            self._write(painter, inside, figure, 12, quiet, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
            first = inside.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(figure) - theme.px(8), 0)
            self._write(painter, first, index.data(NAME), 13, loud, Qt.AlignmentFlag.AlignTop)
            second = inside
            if index.data(DELETABLE):
                place = self.bin_place(box)
                picture = icons.pixmap("delete", quiet.name(), 2 * place.width())
                painter.drawPixmap(place, picture)
                second = inside.adjusted(0, 0, -place.width() - theme.px(8), 0)
            self._write(painter, second, description, 12, quiet, Qt.AlignmentFlag.AlignBottom)
        painter.restore()

    def bin_place(self, box: QRect) -> QRect:
        """Where the bin stands in an item's box."""
        side, edge = self._theme.px(14), self._theme.px(6)
        return QRect(box.right() - side - edge, box.bottom() - side - edge, side, side)

    def _write(
        self, painter: QPainter, box: QRect, text: str, size: int, color: QColor, where: Qt.AlignmentFlag
    ) -> None:
        font = QFont(painter.font())
        font.setPixelSize(self._theme.px(size))
        painter.setFont(font)
        painter.setPen(color)
        line = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, where, line)
