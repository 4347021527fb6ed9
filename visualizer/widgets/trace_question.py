"""Whose numbers: "saved trace" beside a model's name, and the question which model is to run what was typed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from visualizer.session import saved_traces
from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui import guard
from visualizer.ui.plain_text import keep_plain, tip
from visualizer.ui.theme import Theme
from visualizer.widgets.part import Part

LONGEST_NAME = 28
WIDEST, NARROWEST, EDGE = 640, 400, 8  # pixels of the design


class SavedBadge(Part):
    """"saved trace", where what is shown is one."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.label = QLabel(self)
        self.label.setProperty("role", "badge")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()
        self.settle()

    def show_for(self, showing: Showing) -> None:
        """Be there only beside a saved trace."""
        path = showing.run.path if showing.run is not None else ""
        self.setToolTip(tip(path))
        self.setVisible(showing.is_saved)

    def retranslate(self) -> None:
        self.label.setText(self.tr("saved trace"))
        self.setAccessibleName(self.label.text())


@guard.overrides
class TraceQuestion(Part):
    """A card under the fields that takes no room and no focus: typing goes on while it waits for an answer.

    Enter, pressed when it can be read, is the first button; Esc keeps the trace.
    command_requested: "model.choose", where no model is loaded and the trace's own is not known.
    kept: the trace stays, and this request was not run.
    """

    command_requested = Signal(str)
    kept = Signal(object)

    def __init__(self, session: Session, body: QWidget, below: QWidget) -> None:
        super().__init__(session, body)
        self.setObjectName("question")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._body, self._below = body, below
        self.pane = session.showing
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        keep_plain(self.words)
        self.run, self.load, self.choose, self.stay = (QPushButton(self) for _ in range(4))
        self._buttons = QHBoxLayout()
        for button in (self.run, self.load, self.choose, self.stay):
            self._buttons.addWidget(button)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._buttons.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.words)
        self._column.addLayout(self._buttons)
        self._is_read = False
        self._reading = QTimer(self, interval=0, singleShot=True)
        self._reading.timeout.connect(self._on_reading_timeout)
        self.run.clicked.connect(lambda: saved_traces.run_held(self.pane))
        self.load.clicked.connect(lambda: saved_traces.load_own(self.pane))
        self.choose.clicked.connect(lambda: self.command_requested.emit("model.choose"))
        self.stay.clicked.connect(self.keep)
        session.showing.held_changed.connect(self._show)
        session.model_changed.connect(self._show)
        session.busy_changed.connect(self._on_session_busy_changed)
        session.compared.connect(self._on_session_compared)
        body.installEventFilter(self)
        below.installEventFilter(self)
        self.hide()
        self.settle()

    def accept(self) -> None:
        """What Enter means; nothing before the question can have been read."""
        button = self.run if not self.run.isHidden() else self.load
        if self.isVisible() and self._is_read and not button.isHidden():
            button.click()

    def keep(self) -> bool:
        """Stay with the trace; whether there was anything to answer."""
        if self.isHidden():
            return False
        request = saved_traces.keep(self.pane)
        if request is not None:
            self.kept.emit(request)
        return True

    def retranslate(self) -> None:
        self._show()

    def apply_theme(self, theme: Theme) -> None:
        edge = theme.px(12)
        self._column.setContentsMargins(edge, theme.px(8), edge, theme.px(8))
        self._column.setSpacing(theme.px(8))
        self._buttons.setSpacing(theme.px(8))
        self.setStyleSheet(
            f"QWidget#question {{ background: {theme.raised}; border: 1px solid {theme.border}; "
            f"border-left: {theme.px(3)}px solid {theme.accent}; border-radius: {theme.px(4)}px; }}"
        )
        self._place()

    # --- what is asked ---------------------------------------------------------------------------

    def _show(self, *_: object) -> None:
        self.pane = next((pane for pane in self.session.panes if pane.held is not None), self.session.showing)
        trace, model = self.pane.trace, self.pane.model
        is_asked = self.pane.held is not None and trace is not None
        if trace is not None and is_asked:
            self.words.setText(
                self.tr("This is a saved trace of “{model}”. Your change has not been run yet.").format(
                    model=_short(trace.card.name)
                )
            )
            own = saved_traces.own_source(trace)
            is_loading = any(self.session.jobs.is_busy(key) for key in self.pane.keys if key.startswith("load"))
            is_own = model is not None and model.source == own
            if model is not None:
                self.run.setText(self.tr("Run “{model}”").format(model=_short(model.name)))
                self.run.setToolTip(tip(self.tr("The loaded model runs what was typed (Enter): {source}").format(
                    source=model.source)))  # fmt: skip
            self.run.setVisible(model is not None)
            self.load.setVisible(bool(own) and not is_own)
            self.load.setText(self.tr("Load “{model}” and run it").format(model=_short(trace.card.name)))
            self.load.setToolTip(tip(self.tr("The model that made the trace: {source}").format(source=own)))
            self.choose.setText(self.tr("Choose a model…"))
            self.choose.setVisible(model is None and not own)
            self.stay.setText(self.tr("Keep the trace"))
            self.stay.setToolTip(tip(self.tr("What was typed stays in the history of texts (Esc)")))
            for button in (self.run, self.load, self.choose):
                button.setEnabled(not is_loading)
            self.setAccessibleName(self.words.text())
            self._place()
            self.raise_()
        if is_asked and self.isHidden():
            self._reading.start()
        self._is_read = self._is_read and is_asked
        self.setVisible(is_asked)

    def _place(self) -> None:
        """Below the fields, as wide as they are."""
        body, edge = self._body, self.theme.px(EDGE)
        self._column.activate()
        width = min(max(self.theme.px(WIDEST), self._buttons.minimumSize().width() + 4 * edge), body.width() - 2 * edge)
        below = self._below if self._below.isVisible() else None
        prompt = getattr(below, "prompt", None)
        x = prompt.mapTo(body, prompt.rect().topLeft()).x() if prompt is not None else (body.width() - width) // 2
        y = below.geometry().bottom() + 1 if below is not None else edge
        x = max(edge, min(x, body.width() - width - edge))
        self.setGeometry(x, y, width, max(self._column.totalHeightForWidth(width), self._column.minimumSize().height()))

    def _on_reading_timeout(self) -> None:
        self._is_read = self.isVisible()

    def _on_session_busy_changed(self, key: str, busy: bool) -> None:
        if key.startswith("load"):
            self._show()

    def _on_session_compared(self, other: Showing | None) -> None:
        if other is not None:
            other.held_changed.connect(self._show)
            other.model_changed.connect(self._show)
        self._show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and self.isVisible():
            self._place()
        return False


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
