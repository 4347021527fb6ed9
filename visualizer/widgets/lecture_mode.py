"""Lecture mode of a window: going into it and out of it, and the sizes that follow the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer

from visualizer.ui import guard
from visualizer.widgets.main_window import MainWindow

if TYPE_CHECKING:
    from visualizer.widgets.appearance import Appearance


@guard.overrides
class LectureMode(QObject):
    """Keeps window and look together: what is shown, and how large."""

    def __init__(self, window: MainWindow, appearance: Appearance) -> None:
        super().__init__(window)
        self._window, self._appearance = window, appearance
        self._was_maximized = False
        # A look taken on while Qt still lays the window out would be laid out twice.
        self._resized = QTimer(self, interval=0, singleShot=True)
        self._resized.timeout.connect(lambda: appearance.set_room(window.size()))
        window.installEventFilter(self)

    def switch(self) -> None:
        """The other mode; lecture mode fills the screen."""
        self.set(not self._window.session.settings.lecture, full_screen=True)

    def set(self, wanted: bool, full_screen: bool = False) -> None:
        """Into lecture mode or out of it."""
        window = self._window
        window.setUpdatesEnabled(False)
        window.set_lecture(wanted)
        if full_screen and wanted:
            self._was_maximized = window.isMaximized()
            window.showFullScreen()
        elif full_screen and window.isFullScreen():
            (window.showMaximized if self._was_maximized else window.showNormal)()
        self._appearance.set_lecture(wanted, window.size())
        window.setUpdatesEnabled(True)

    def leave(self) -> bool:
        """Whether there was something to leave: first the bar, then the mode."""
        window = self._window
        if not window.session.settings.lecture:
            return False
        if window.lecture_bar is not None and window.lecture_bar.isVisible():
            window.lecture_bar.hide()
        else:
            self.switch()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._resized.start()
        return False
