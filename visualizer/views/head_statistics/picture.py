"""The picture of head statistics for a file: every row and column of the table, with nothing to scroll."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLabel, QWidget

from visualizer.ui.scatter import ScatterWidget
from visualizer.views.head_statistics.table import HeadTable

# A painter's coordinates end at 32,767, and a picture may have two pixels for each of the widget's.
_HIGHEST = 15_000


class WholePicture(QWidget):
    """A copy of the table as large as it needs to be, the points beside it, the note below.

    Never shown on the screen. Of a table that is too high for a picture the first rows are there, and the note says so.
    """

    def __init__(self, table: HeadTable, points: QSize, note: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.hide()
        theme = table.theme
        self.table = table.copy_for(self)
        self.scatter = ScatterWidget(self)
        self.scatter.apply_theme(theme)
        size = self.table.whole_size()
        rows, step = self.table.heads.rowCount(), self.table.verticalHeader().defaultSectionSize()
        if size.height() > _HIGHEST:
            shown = (_HIGHEST - (size.height() - rows * step)) // step
            size.setHeight(size.height() - (rows - shown) * step)
            note = f"{note}  {self.tr('The first {shown} of {all} heads.').format(shown=shown, all=rows)}".strip()
        side = QSize(max(points.width(), theme.px(420)), max(points.height(), theme.px(360)))
        width = size.width() + side.width()
        label = QLabel(note, self)
        label.setProperty("role", "small")
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(8))
        label.ensurePolished()
        height = max(size.height(), side.height())
        below = label.heightForWidth(width)
        self.table.setGeometry(QRect(0, 0, size.width(), size.height()))
        self.scatter.setGeometry(QRect(size.width(), 0, side.width(), side.height()))
        label.setGeometry(QRect(0, height, width, below))
        self.resize(width, height + below)

    def set_selected(self, layer: int, head: int) -> None:
        """Mark a head in the table and among the points."""
        self.table.set_selected(layer, head)
        self.scatter.set_selected(self.table.heads.row_of(layer, head))
