"""The window: where its parts stand, and nothing else. `controller.make_window` brings it to life."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from visualizer.session.session import Session
from visualizer.ui import style
from visualizer.views.registry import GROUPS
from visualizer.widgets.ablation_bar import AblationBar
from visualizer.widgets.activity_bar import ActivityBar
from visualizer.widgets.banner import Banner
from visualizer.widgets.compare_bar import CompareArea
from visualizer.widgets.documents import Documents
from visualizer.widgets.selectors import Selectors
from visualizer.widgets.status_line import StatusLine
from visualizer.widgets.token_strip import TokenStrip
from visualizer.widgets.top_bar import TopBar
from visualizer.widgets.view_area import ViewArea
from visualizer.widgets.view_tabs import ViewTabs


class MainWindow(QMainWindow):
    """Top bar, tokens, messages; views between the activity bar and the dock; status line.

    command_requested: the id of a command that a part of the window, or code, wants done.
    """

    command_requested = Signal(str)

    def __init__(self, session: Session, on_close: Callable[[MainWindow], None] | None = None) -> None:
        super().__init__()
        self.session = session
        self._on_close = on_close
        style.dress(self)
        self.setMinimumSize(960, 600)
        body = QWidget(self)
        body.setObjectName("window")
        self.top_bar = TopBar(session, self.run, body)
        self.tokens = TokenStrip(session, body)
        self.comparison = CompareArea(session, body)
        self.banner = Banner(session, body)
        self.banner.command_requested.connect(self.run)
        self.activity = ActivityBar(session, GROUPS, body)
        self.selectors = Selectors(session, body)
        self.tabs = ViewTabs(session, self.selectors)
        self.selectors.add(self.tabs)
        self.ablation = AblationBar(session, body)
        self.views = ViewArea(session, body)
        self.status = StatusLine(session, body)
        self.documents = Documents(self)
        self._lay_out(body)
        self.setCentralWidget(body)
        self._retranslate()

    def run(self, command_id: str) -> None:
        """Do a command by its id."""
        self.command_requested.emit(command_id)

    def set_lecture(self, lecture: bool, full_screen: bool = True) -> None:
        """Hide what a class does not need; fill the screen."""
        self.status.setVisible(not lecture)
        self.top_bar.set_lecture(lecture)
        if full_screen:
            (self.showFullScreen if lecture else self.showNormal)()

    def _lay_out(self, body: QWidget) -> None:
        self.views.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column, middle, right = QVBoxLayout(body), QHBoxLayout(), QVBoxLayout()
        for layout in (column, middle, right):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        right.addWidget(self.selectors)
        right.addWidget(_line(body))
        right.addWidget(self.ablation)
        right.addWidget(self.views, 1)
        middle.addWidget(self.activity)
        middle.addWidget(_line(body, upright=True))
        middle.addLayout(right, 1)
        for widget in (self.top_bar, _line(body), self.tokens, self.comparison, self.banner, _line(body)):
            column.addWidget(widget)
        column.addLayout(middle, 1)
        column.addWidget(_line(body))
        column.addWidget(self.status)

    def _retranslate(self) -> None:
        self.setWindowTitle(self.tr("Transformer Visualizer"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._on_close is not None:
            self._on_close(self)
        super().closeEvent(event)


def _line(parent: QWidget, upright: bool = False) -> QFrame:
    line = QFrame(parent)
    line.setObjectName("line")
    (line.setFixedWidth if upright else line.setFixedHeight)(1)
    return line
