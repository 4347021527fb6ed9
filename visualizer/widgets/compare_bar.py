"""The text that the first one is compared with: its model, its fields and its tokens, above the views."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui import guard
from visualizer.ui.plain_text import keep_plain
from visualizer.ui.theme import Theme
from visualizer.widgets import token_marks
from visualizer.widgets.adapter_switch import AdapterSwitch
from visualizer.widgets.copying import TokenMenu
from visualizer.widgets.model_picker import ModelPicker
from visualizer.widgets.part import Part, flat_button, theme_button
from visualizer.widgets.prompt_bar import PromptBar
from visualizer.widgets.token_strip import TokenStrip
from visualizer.widgets.trace_question import SavedBadge

LONGEST_NAME = 22
LEGEND_FROM = 900  # pixels of the design: a narrower bar gives its room to the text


@guard.overrides
class CompareBar(Part):
    """One row: B, its model, its text, how its tokens differ, and a cross. closed: the comparison shall end."""

    closed = Signal()

    def __init__(self, session: Session, showing: Showing, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.showing = showing
        self.badge = QLabel("B", self)
        self.badge.setProperty("role", "badge")
        self.model = flat_button(self, "model")
        self.model.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.adapter = AdapterSwitch(session, showing, self)
        self.saved = SavedBadge(session, self)
        self.prompt = PromptBar(session, self, showing)
        self.legend = QLabel(self)
        keep_plain(self.legend)
        self.legend.setProperty("role", "quiet")
        self.close_button = flat_button(self, "close")
        self._row = QHBoxLayout(self)
        for widget in (self.badge, self.model, self.saved, self.adapter, self.prompt, self.legend, self.close_button):
            self._row.addWidget(widget, int(widget is self.prompt))
        self._row.setAlignment(self.badge, Qt.AlignmentFlag.AlignVCenter)
        for button in (self.model, self.close_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.model.clicked.connect(self._on_model_clicked)
        self.close_button.clicked.connect(self.closed)
        showing.model_changed.connect(self._on_showing_changed)
        showing.trace_changed.connect(self._on_showing_changed)
        session.linking.changed.connect(self._on_linking_changed)
        self.settle()

    def open_picker(self) -> ModelPicker:
        """Show the list of models under its button."""
        picker = ModelPicker(self.session, self.theme, self.model, self.showing)
        picker.chosen.connect(self._on_picker_chosen)
        picker.show()
        return picker

    def retranslate(self) -> None:
        self.badge.setToolTip(self.tr("The second text, B; the one at the top is A"))
        self.model.setToolTip(self.tr("Choose a model for the second text"))
        self.model.setAccessibleName(self.tr("Choose a model for the second text"))
        self.close_button.setToolTip(self.tr("Stop comparing"))
        self.close_button.setAccessibleName(self.tr("Stop comparing"))
        self.prompt.text_field.setAccessibleName(self.tr("Text to compare with"))
        self._show()

    def apply_theme(self, theme: Theme) -> None:
        self._row.setContentsMargins(theme.px(16), theme.px(6), theme.px(8), theme.px(2))
        self._row.setSpacing(theme.px(8))
        theme_button(self.model, theme)
        theme_button(self.close_button, theme, 12)
        self._fit()

    def _show(self) -> None:
        trace, model = self.showing.trace, self.showing.model
        source = trace if self.showing.is_saved else model or trace
        name = source.card.name if source is not None else self.tr("Model")
        self.model.setText(name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…")
        self.saved.show_for(self.showing)
        kinds = trace.kinds if trace is not None else ()
        marks = (
            [
                mark
                for kind, side in ((kinds[0], "query"), *((("decoder", "query"),) if "decoder" in kinds else ()))
                for mark in self.session.link.marks(kind, side, of_first=False)
            ]
            if kinds
            else []
        )
        self.legend.setText(token_marks.legend(marks))
        self._fit()

    def _fit(self) -> None:
        self.legend.setVisible(bool(self.legend.text()) and self.width() >= self.theme.px(LEGEND_FROM))

    def _on_model_clicked(self) -> None:
        self.open_picker()

    def _on_picker_chosen(self, source: str) -> None:
        self.session.compare(source=source)

    def _on_showing_changed(self, *_: object) -> None:
        self._show()

    def _on_linking_changed(self) -> None:
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


class CompareArea(QWidget):
    """Bar and tokens of the second text, made when a comparison begins and gone when it ends."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.bar: CompareBar | None = None
        self.tokens: TokenStrip | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.hide()
        session.compared.connect(self._on_session_compared)

    def focus_text(self) -> None:
        """Put the cursor into the second text and select it."""
        if self.bar is not None:
            self.bar.prompt.focus_text()

    def _on_session_compared(self, showing: Showing | None) -> None:
        for widget in (self.bar, self.tokens):
            if widget is not None:
                widget.hide()
                self._layout.removeWidget(widget)
                widget.deleteLater()
        self.bar = self.tokens = None
        if showing is not None:
            self.bar = CompareBar(self.session, showing, self)
            self.tokens = TokenStrip(self.session, self, showing)
            TokenMenu(self.tokens.canvas)
            self.bar.closed.connect(self.session.stop_comparing)
            self._layout.addWidget(self.bar)
            self._layout.addWidget(self.tokens)
        self.setVisible(showing is not None)
