"""The window on the projector, and a small one with controls and notes on the screen that the class does not see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect
from PySide6.QtGui import QGuiApplication, QScreen

from visualizer.ui import guard
from visualizer.widgets.presenting.presenter import PresenterWindow

if TYPE_CHECKING:
    from visualizer.widgets.lecture_mode import LectureMode
    from visualizer.widgets.main_window import MainWindow


def places(screens: Sequence[QScreen], primary: QScreen, window: QScreen) -> tuple[QScreen, QScreen | None]:
    """The screen for the controls, and the one for the window; None where there is one screen only.

    The window stays where it is when that is not the person's own (the primary) screen.
    """
    others = [screen for screen in screens if screen is not primary]
    if not others:
        return primary, None
    return primary, window if window in others else others[0]


@guard.overrides
class TwoScreens(QObject):
    """Opens and closes the window of controls, and brings the window of the views to the projector and back."""

    def __init__(
        self, window: MainWindow, lecture: LectureMode, handlers: Callable[[], Mapping[str, Callable[[], object]]]
    ) -> None:
        super().__init__(window)
        self._window, self._lecture, self._handlers = window, lecture, handlers
        self._before: tuple[QRect, bool, bool] | None = None  # geometry, maximized, lecture mode
        self.presenter: PresenterWindow | None = None
        window.installEventFilter(self)
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.screenAdded.connect(self._on_app_screens_changed)
            app.screenRemoved.connect(self._on_app_screens_changed)

    def switch(self) -> None:
        """Open the window of controls, or close it."""
        if self.presenter is not None and self.presenter.isVisible():
            self.presenter.close()
        else:
            self.open()

    def open(self) -> None:
        """Show the controls; with a second screen, the views fill it, in lecture mode."""
        if self.presenter is None:
            self.presenter = PresenterWindow(self._window, self._handlers())
            self.presenter.closed.connect(self._on_presenter_closed)
        own = self._share_out()
        room, size = own.availableGeometry(), self.presenter.sizeHint().boundedTo(own.availableGeometry().size())
        self.presenter.setScreen(own)
        at = QRect(room.topLeft(), size)
        at.moveCenter(room.center())
        self.presenter.setGeometry(at)
        self.presenter.show()
        self.presenter.raise_()
        self.presenter.activateWindow()
        self.presenter.setFocus()

    def _share_out(self) -> QScreen:
        """Put the window where it belongs; the screen for the controls."""
        window = self._window
        own, projector = places(QGuiApplication.screens(), QGuiApplication.primaryScreen(), window.screen())
        if projector is None:
            return own
        if self._before is None:
            lecture = window.session.settings.lecture
            self._before = (window.normalGeometry(), window.isMaximized(), lecture)
        if window.screen() is not projector or not window.isFullScreen():
            window.showNormal()
            window.setScreen(projector)
            window.setGeometry(projector.geometry())
        self._lecture.set(True, full_screen=True)
        return own

    def _bring_back(self) -> None:
        """The window as it was before it went to the projector."""
        if self._before is None:
            return
        (geometry, maximized, lecture), self._before = self._before, None
        window = self._window
        self._lecture.set(lecture)
        window.showNormal()
        home = QGuiApplication.screenAt(geometry.center())
        if home is None:  # the one that it was on is away
            home = QGuiApplication.primaryScreen()
            geometry.moveCenter(home.availableGeometry().center())
        window.setScreen(home)
        window.setGeometry(geometry)
        if maximized:
            window.showMaximized()

    def _on_presenter_closed(self) -> None:
        self._window.presenting.set_black(False)  # nobody is left who could lift it
        self._bring_back()

    def _on_app_screens_changed(self, _screen: QScreen) -> None:
        """A projector was plugged in, or out, in the middle of a lesson."""
        if self.presenter is None or not self.presenter.isVisible():
            return
        if len(QGuiApplication.screens()) > 1:
            self.open()
        else:
            self._bring_back()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Close and self.presenter is not None:
            presenter, self.presenter, self._before = self.presenter, None, None
            presenter.close()
            presenter.deleteLater()
        return False
