"""Two pictures side by side where there is room, else one above the other."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

from visualizer.ui import guard
from visualizer.ui.theme import Theme

_WIDE_FROM = 760  # pixels of the design


@guard.overrides
class TwoPanes(QSplitter):
    """A splitter that turns with its width; `shares` are the parts that the two get when it does."""

    def __init__(self, first: QWidget, second: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.addWidget(first)
        self.addWidget(second)
        self.setChildrenCollapsible(False)
        self._wide_from = _WIDE_FROM
        self._shares = {Qt.Orientation.Horizontal: (3, 2), Qt.Orientation.Vertical: (1, 1)}
        self._wanted: tuple[int, int] | None = None  # pixels that the first would fill, and the least of the second
        self._is_moved = False  # a person chose where the line stands
        self.splitterMoved.connect(self._on_splitter_moved)

    def set_shares(self, beside: tuple[int, int], above: tuple[int, int]) -> None:
        """How the room is shared out when the second pane stands beside the first, and when it stands below it."""
        self._shares = {Qt.Orientation.Horizontal: beside, Qt.Orientation.Vertical: above}
        self._share_out()

    def set_wanted(self, first: int, least: int) -> None:
        """Side by side the first pane gets what it can fill, if that leaves the second one so many pixels at least."""
        if (first, least) != self._wanted:
            self._wanted = first, least
            if not self._is_moved:
                self._share_out()

    def apply_theme(self, theme: Theme) -> None:
        """Sizes of this theme."""
        self._wide_from = theme.px(_WIDE_FROM)
        self._turn()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._turn()

    def _turn(self) -> None:
        wanted = Qt.Orientation.Horizontal if self.width() >= self._wide_from else Qt.Orientation.Vertical
        if wanted != self.orientation():
            self.setOrientation(wanted)
            self._is_moved = False
        if not self._is_moved:
            self._share_out()

    def _on_splitter_moved(self, position: int, index: int) -> None:
        self._is_moved = True

    def _share_out(self) -> None:
        room = self.width() if self.orientation() == Qt.Orientation.Horizontal else self.height()
        first, second = self._shares[self.orientation()]
        sizes = [room * first // (first + second), room * second // (first + second)]
        if self._wanted is not None and self.orientation() == Qt.Orientation.Horizontal:
            wanted, least = self._wanted
            sizes[0] = max(room // 3, min(wanted, room - least))
            sizes[1] = room - sizes[0]
        self.setSizes(sizes)
        for index, share in enumerate((first, second)):
            self.setStretchFactor(index, share)
