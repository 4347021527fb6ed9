"""The picture of a table for a file: every row and column, with nothing to scroll, and another picture beside it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLabel, QWidget

from visualizer.ui.number_table import NumberTable
from visualizer.ui.theme import Theme

# A painter's coordinates end at 32,767, and a picture may have two pixels for each of the widget's.
_HIGHEST = 15_000


class WholePicture(QWidget):
    """A place for a table as large as it needs to be, a picture beside it, and the note below.

    Never shown on the screen. Of a table that is too high for a picture the first rows are there, and the note says so.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.hide()
        self._note = QLabel(self)
        self._note.setProperty("role", "small")
        self._note.setWordWrap(True)
        self._note.setTextFormat(Qt.TextFormat.PlainText)

    def arrange(
        self, table: NumberTable, beside: QWidget, room: QSize, note: str, theme: Theme, *, is_first: bool = False
    ) -> None:
        """Put the two, which are children of this, where they belong.

        room: pixels that the other picture has on the screen, and here at least. is_first: it stands left of the table.
        """
        size = table.whole_size()
        rows, step = table.model().rowCount(), table.verticalHeader().defaultSectionSize()
        if size.height() > _HIGHEST:
            shown = (_HIGHEST - (size.height() - rows * step)) // step
            size.setHeight(size.height() - (rows - shown) * step)
            note = f"{note}  {self.tr('The first {shown} of {all} rows.').format(shown=shown, all=rows)}".strip()
        side = room.expandedTo(QSize(theme.px(420), theme.px(360)))
        width, height = size.width() + side.width(), max(size.height(), side.height())
        table.setGeometry(QRect(side.width() if is_first else 0, 0, size.width(), size.height()))
        beside.setGeometry(QRect(0 if is_first else size.width(), 0, side.width(), side.height()))
        self._note.setText(note)
        self._note.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(8))
        self._note.ensurePolished()
        below = self._note.heightForWidth(width)
        self._note.setGeometry(QRect(0, height, width, below))
        self.resize(width, height + below)
