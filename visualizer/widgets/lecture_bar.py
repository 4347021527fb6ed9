"""The slim bar of lecture mode: everything that is away, in one row over the figure's upper edge while it is wanted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from visualizer.session.session import Session
from visualizer.ui import guard
from visualizer.ui.theme import Theme
from visualizer.views.registry import VIEWS
from visualizer.widgets.actions import key_text
from visualizer.widgets.commands import BY_ID
from visualizer.widgets.part import Part, flat_button, theme_button
from visualizer.widgets.presenting.buttons import PresentingButtons
from visualizer.widgets.presenting.presenting import Presenting
from visualizer.widgets.prompt_bar import PromptBar
from visualizer.widgets.selectors import Selectors

LINGER_MS = 900  # how long the bar stays when the pointer has left it
EDGE = 6  # height of the strip at the upper edge that calls it, in pixels of the design
LEAST_PROMPT = 144  # width of the text field in pixels of the design: less is of no use


@guard.overrides
class LectureBar(Part):
    """Lies over the window's body. controls_switched: whether the views shall show their own controls.

    run: does a command by its id. What has no room in the row goes, the least needed first; a word is never cut.
    """

    controls_switched = Signal(bool)

    def __init__(
        self, session: Session, run: Callable[[str], object], body: QWidget, presenting: Presenting
    ) -> None:
        super().__init__(session, body)
        self._body = body
        self.edge = _Edge(body, self.reveal)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Button)
        self.leave = flat_button(self, "close")
        self.views = flat_button(self)
        self.views.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.views.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.views)
        self.views.setMenu(self.menu)
        self.selectors = Selectors(session, self)
        self.prompt = PromptBar(session, self)
        self.prompt.past.hide()  # its key works here too, and the row is narrow
        self.present = PresentingButtons(session, presenting, run, self)
        self.controls = flat_button(self, "settings")
        self.controls.setCheckable(True)
        self.smaller, self.larger = flat_button(self), flat_button(self)
        for button, text in ((self.smaller, "A−"), (self.larger, "A+")):
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setText(text)
        self._row = QHBoxLayout()
        for widget in (
            self.leave, self.views, self.selectors, self.prompt,
            self.present, self.controls, self.smaller, self.larger,
        ):  # fmt: skip
            self._row.addWidget(widget, int(widget is self.prompt))
        line = QFrame(self)
        line.setObjectName("line")
        line.setFixedHeight(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(self._row)
        rows.addWidget(line)
        self._commands = {self.leave: "lecture.switch", self.smaller: "text.smaller", self.larger: "text.larger"}
        for button, command in self._commands.items():
            button.clicked.connect(lambda _checked=False, command=command: run(command))
        for button in (*self._commands, self.views, self.controls):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for view_id in VIEWS:
            action = self.menu.addAction("")
            action.setData(view_id)
            action.setCheckable(True)
        self.menu.triggered.connect(lambda action: run(f"view.{action.data()}"))
        self.controls.toggled.connect(self.controls_switched)
        session.trace_changed.connect(lambda *_: self.retranslate())
        session.model_changed.connect(lambda *_: self.retranslate())
        self._lingering = QTimer(self, interval=LINGER_MS, singleShot=True)
        self._lingering.timeout.connect(self._on_lingering_timeout)
        body.installEventFilter(self)
        self.hide()
        self.settle()

    def show_view(self, view_id: str) -> None:
        """Name the view that is worked in."""
        for action in self.menu.actions():
            action.setChecked(action.data() == view_id)
        self.views.setText(f"{VIEWS[view_id].label(self.session.showing.task)} ▾")
        self._fit()

    def reveal(self) -> None:
        """Show the bar; it goes when neither the pointer nor the focus is in it."""
        self._place()
        self.show()
        self.raise_()
        self._lingering.start()

    def retranslate(self) -> None:
        for button, command in self._commands.items():
            name = BY_ID[command].label() if button is not self.leave else self.tr("Leave lecture mode")
            button.setToolTip(f"{name} ({key_text(command)})")
            button.setAccessibleName(name)
        words = self.tr("Controls of the view")
        self.controls.setToolTip(words)
        self.controls.setAccessibleName(words)
        self.views.setAccessibleName(self.tr("Choose a view"))
        for action in self.menu.actions():
            action.setText(VIEWS[action.data()].label(self.session.showing.task))
            if action.isChecked():
                self.views.setText(f"{action.text()} ▾")
        self._fit()

    def apply_theme(self, theme: Theme) -> None:
        self._row.setContentsMargins(theme.px(8), theme.px(2), theme.px(8), theme.px(2))
        self._row.setSpacing(theme.px(4))
        for button in (self.leave, self.controls):
            theme_button(button, theme)
        self._place()

    def sizeHint(self) -> QSize:
        return QSize(self._body.width(), super().sizeHint().height())

    # --- where it lies ---------------------------------------------------------------------------

    def _place(self) -> None:
        if not self._settled:
            return
        width = self._body.width()
        self.edge.setGeometry(0, 0, width, self.theme.px(EDGE))
        self._fit()
        self.setGeometry(0, 0, width, self._row.sizeHint().height() + 1)

    def _fit(self) -> None:
        """Only what has room."""
        if not self._settled:
            return
        room = self._body.width() - 2 * self.theme.px(8)
        needed: tuple[QWidget, ...] = (
            self.leave, self.views, self.selectors, self.prompt, self.present, self.controls, self.larger, self.smaller
        )  # fmt: skip
        for widget in needed:
            widget.ensurePolished()
            hint = widget.sizeHint().width()
            if widget is self.prompt:
                hint = max(self.theme.px(LEAST_PROMPT), widget.minimumSizeHint().width())
            elif widget is self.present:
                is_menu = room < self.present.width_of(compact=False) + self._row.spacing()
                self.present.set_compact(is_menu)
                hint = self.present.width_of(compact=is_menu)
            room -= hint + self._row.spacing()
            widget.setVisible(room >= 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.edge.isHidden():
            self._place()
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._place()  # a longer text makes its field higher
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._lingering.start()

    def _on_lingering_timeout(self) -> None:
        focus = QApplication.focusWidget()
        is_wanted = self.underMouse() or (focus is not None and self.isAncestorOf(focus))
        if is_wanted or QApplication.activePopupWidget() is not None:
            self._lingering.start()
        else:
            self.hide()


@guard.overrides
class _Edge(QWidget):
    """The upper edge of the window; the pointer there calls the bar."""

    def __init__(self, body: QWidget, reveal: Callable[[], None]) -> None:
        super().__init__(body)
        self._reveal = reveal
        self.hide()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._reveal()
