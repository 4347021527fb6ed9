"""The window: where its parts stand, and nothing else. `controller.make_window` brings it to life."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QSplitter, QVBoxLayout, QWidget

from visualizer.session.session import Session
from visualizer.ui import guard, style
from visualizer.views.registry import GROUPS
from visualizer.widgets.ablation_bar import AblationBar
from visualizer.widgets.activity_bar import ActivityBar
from visualizer.widgets.banner import Banner
from visualizer.widgets.commands import BY_ID
from visualizer.widgets.compare_bar import CompareArea
from visualizer.widgets.copying import TokenMenu
from visualizer.widgets.documents import Documents
from visualizer.widgets.dropping import Dropping
from visualizer.widgets.example_chips import ExampleChips
from visualizer.widgets.examples import Examples
from visualizer.widgets.explanation import Explanation
from visualizer.widgets.lecture_bar import LectureBar
from visualizer.widgets.load_help import LoadHelp
from visualizer.widgets.presenting.presenting import Presenting
from visualizer.widgets.selectors import Selectors
from visualizer.widgets.status_line import StatusLine
from visualizer.widgets.token_strip import TokenStrip
from visualizer.widgets.top_bar import TopBar
from visualizer.widgets.trace_question import TraceQuestion
from visualizer.widgets.view_area import HANDLE, ViewArea
from visualizer.widgets.view_tabs import ViewTabs


@guard.overrides
class MainWindow(QMainWindow):
    """Top bar and tokens; views between the activity bar and the dock; status line.

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
        TokenMenu(self.tokens.canvas)
        self.comparison = CompareArea(session, body)
        self.banner = Banner(session, body)
        self.banner.command_requested.connect(self.run)
        self.load_help = LoadHelp(session, body)
        self.question = TraceQuestion(session, body, self.top_bar)
        self.question.command_requested.connect(self.run)
        self.activity = ActivityBar(session, GROUPS, body)
        self.selectors = Selectors(session, body)
        self.tabs = ViewTabs(session, self.selectors)
        self.selectors.add(self.tabs)
        self.ablation = AblationBar(session, body)
        self.views = ViewArea(session, body)
        self.explanation = Explanation(session, body)
        self.status = StatusLine(session, body)
        self.banner.stand_on(self.status)
        self.documents = Documents(self)
        self.examples = Examples(self)
        self.chips = ExampleChips(session, self.tokens)
        self.chips.chosen.connect(self.examples.open)
        self.chips.more_requested.connect(lambda: self.run("examples"))
        self.lecture_bar: LectureBar | None = None
        self._lay_out(body)
        self.setCentralWidget(body)
        self.dropping = Dropping(self)
        self.presenting = Presenting(self)
        self._retranslate()

    def run(self, command_id: str) -> None:
        """Do a command by its id."""
        self.command_requested.emit(command_id)

    def has_command(self, command_id: str) -> bool:
        """Whether there is a command of this id."""
        return command_id in BY_ID

    def set_lecture(self, lecture: bool) -> None:
        """Hide what a class does not need; a bar with it comes when the pointer is at the upper edge."""
        if lecture and self.lecture_bar is None:
            self.lecture_bar = LectureBar(self.session, self.run, self.centralWidget(), self.presenting)
            self.lecture_bar.controls_switched.connect(self.views.set_unfolded)
            self.lecture_bar.prompt.entered.connect(self.views.setFocus)
            self.lecture_bar.prompt.entered.connect(self.question.accept)
            self.views.active_changed.connect(self.lecture_bar.show_view)
        for part in self._away:
            part.setVisible(not lecture)
        self.examples.note.set_lecture(lecture)
        self.comparison.setVisible(not lecture and self.session.other is not None)
        self.views.set_lecture(lecture)
        if self.lecture_bar is not None:
            self.lecture_bar.hide()
            self.lecture_bar.controls.setChecked(False)
            self.lecture_bar.edge.setVisible(lecture)
            if lecture:
                self.lecture_bar.show_view(self.views.active_id)
                self.lecture_bar.edge.raise_()

    def say_quietly(self, words: str) -> None:
        """A word that nobody must read: in the status line, or where there is none, over the figure for a moment."""
        if self.status.isVisible():
            self.status.say(words)
        else:
            self.banner.say("quiet", {"text": words})

    def focus_text(self) -> None:
        """Put the cursor into the text, wherever it stands now."""
        if self.lecture_bar is not None and self.session.settings.lecture:
            self.lecture_bar.reveal()
            self.lecture_bar.prompt.focus_text()
        else:
            self.top_bar.prompt.focus_text()

    def _lay_out(self, body: QWidget) -> None:
        self.views.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.across = QSplitter(Qt.Orientation.Horizontal, body)
        worked_in = QWidget(self.across)
        column, middle, right = QVBoxLayout(body), QHBoxLayout(), QVBoxLayout(worked_in)
        for layout in (column, middle, right):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        lines = [_line(body) for _ in range(4)]
        rail = _line(body, upright=True)
        right.addWidget(self.selectors)
        right.addWidget(lines[0])
        right.addWidget(self.examples.note)
        right.addWidget(self.ablation)
        right.addWidget(self.views, 1)
        middle.addWidget(self.activity)
        middle.addWidget(rail)
        self.across.addWidget(self.explanation)
        self.across.setStretchFactor(0, 1)
        self.across.setChildrenCollapsible(False)
        self.across.setHandleWidth(HANDLE)
        middle.addWidget(self.across, 1)
        for widget in (self.top_bar, lines[1], self.tokens, self.comparison, self.load_help, lines[2]):
            column.addWidget(widget)
        column.addLayout(middle, 1)
        column.addWidget(lines[3])
        column.addWidget(self.status)
        self._away: tuple[QWidget, ...] = (
            self.selectors, self.activity, self.top_bar, self.tokens, self.status, rail, *lines
        )  # fmt: skip

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
