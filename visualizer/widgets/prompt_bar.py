"""The text that the model reads: live as one types, with a second field for a pair or for the decoder's side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPlainTextEdit, QSizePolicy, QWidget

from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui import guard
from visualizer.ui.theme import Theme
from visualizer.widgets.actions import key_text
from visualizer.widgets.part import Part, flat_button, theme_button
from visualizer.widgets.texts_popup import TextsPopup

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.request import RunRequest
    from visualizer.core.text.chat import Turn
    from visualizer.core.trace import Trace
    from visualizer.widgets.chat_dialog import ChatDialog

PAUSE_MS = 150
MOST_LINES = 3


@guard.overrides
class PromptField(QPlainTextEdit):
    """A text field that is one line high and grows to three; it speaks when typing pauses, and at once on Enter.

    paused: the text, after a pause in typing or on Enter. entered: Enter was pressed. grown: its height changed.
    """

    paused = Signal(str)
    entered = Signal()
    grown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self._pad = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self.flush)
        self._silent = self.was_undone = False
        self.textChanged.connect(self._on_text_changed)

    def text(self) -> str:
        """What stands in the field, character for character (`toPlainText` would lose no-break spaces)."""
        return self.document().toRawText().replace("\u2029", "\n").replace("\u2028", "\n")

    def set_text(self, text: str) -> None:
        """Show this text without announcing it; what is being typed right now is left alone."""
        if self._timer.isActive() or text == self.text():
            return
        self._silent = True
        at_end = self.textCursor().atEnd()
        self.setPlainText(text)
        if at_end:
            self.moveCursor(self.textCursor().MoveOperation.End)
        self._silent = False

    @property
    def is_waiting(self) -> bool:
        """Whether something was typed that has not been announced yet."""
        return self._timer.isActive()

    def flush(self, by_undo: bool = False) -> None:
        """Announce the text now. by_undo: the field's own undoing or redoing changed it."""
        self._timer.stop()
        self.was_undone = by_undo
        self.paused.emit(self.text())
        self.was_undone = False

    def apply_theme(self, theme: Theme) -> None:
        self._pad = theme.px(3) + 1
        self._fit()

    def _on_text_changed(self) -> None:
        self._fit()
        if not self._silent:
            self._timer.start()

    def _fit(self) -> None:
        lines = min(MOST_LINES, max(1, round(self.document().size().height())))
        more = round(self.document().size().height()) > MOST_LINES
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if more else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)
        height = lines * QFontMetrics(self.font()).lineSpacing() + 2 * self._pad + 2
        if height != self.minimumHeight():
            self.setFixedHeight(height)
            self.grown.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.flush()
                self.entered.emit()
                return
            event = QKeyEvent(event.type(), Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\n")
        super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802
        super().insertFromMimeData(source)
        self.ensureCursorVisible()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


class PromptBar(Part):
    """The fields of one pane, the first by default. entered: Enter was pressed, the text has been handed over."""

    entered = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None, showing: Showing | None = None) -> None:
        super().__init__(session, parent)
        self.showing = showing or session.showing
        self.text_field = PromptField(self)
        self.second_field = PromptField(self)
        self.second_field.hide()
        self.past = flat_button(self, "history")
        self.past.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.past.clicked.connect(self.open_texts)
        self.chat = flat_button(self, "chat")
        self.chat.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.chat.clicked.connect(self.open_chat)
        self.chat.hide()
        self.turns: tuple[Turn, ...] = ()  # of the conversation that was written last
        self.languages = {name: QComboBox(self) for name in ("source_language", "target_language")}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for field in (self.text_field, self.second_field):
            self._row.addWidget(field, 1, Qt.AlignmentFlag.AlignVCenter)
            field.entered.connect(self.session.texts.commit)
            field.entered.connect(self.entered)
        self._row.addWidget(self.chat, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.addWidget(self.past, 0, Qt.AlignmentFlag.AlignVCenter)
        for at, (name, choice) in zip((1, 3), self.languages.items(), strict=True):
            self._row.insertWidget(at, choice, 0, Qt.AlignmentFlag.AlignVCenter)
            choice.hide()
            choice.activated.connect(lambda index, name=name: self._on_language_chosen(name, index))
        self.text_field.paused.connect(self._on_text_field_paused)
        self.second_field.paused.connect(self._on_second_field_paused)
        self.showing.request_changed.connect(self._on_showing_request_changed)
        self.showing.held_changed.connect(lambda held: self._on_showing_request_changed(held or self.showing.request))
        self.showing.model_changed.connect(self._on_showing_model_changed)
        self.showing.trace_changed.connect(self._on_showing_trace_changed)
        self.settle()
        self.text_field.set_text(self.showing.request.text)
        self._on_showing_model_changed(self.showing.model)

    def focus_text(self) -> None:
        """Put the cursor into the text and select it."""
        self.text_field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.text_field.selectAll()

    def open_texts(self) -> TextsPopup:
        """Show the history of texts under the fields."""
        popup = TextsPopup(self.session, self.theme, self.showing, self)
        popup.show()
        return popup

    def open_chat(self) -> ChatDialog:
        """Let a conversation be written in turns."""
        from visualizer.widgets.chat_dialog import ChatDialog

        dialog = ChatDialog(self.session, self.showing, self.turns, self.theme, self)
        dialog.used.connect(self._on_chat_used)
        dialog.open()
        return dialog

    def _on_chat_used(self, text: str, turns: tuple[Turn, ...], is_chat: bool) -> None:
        self.turns = turns
        asked = self.showing.held or self.showing.request
        self.session.ask(replace(asked, text=text, adds_specials=not is_chat), self.showing)
        self.session.texts.commit()

    def _show_chat(self) -> None:
        """For checkpoints that say how a conversation is written, and where one is being read."""
        model, request = self.showing.model, self.showing.held or self.showing.request
        has_template = model is not None and bool(getattr(model.tokenizer, "chat_template", None))
        self.chat.setVisible(has_template or not request.adds_specials)
        self.chat.setCheckable(True)
        self.chat.setChecked(not request.adds_specials)

    def retranslate(self) -> None:
        self.chat.setToolTip(self.tr("Write a conversation, with the checkpoint's own chat template"))
        self.chat.setAccessibleName(self.tr("Conversation"))
        self.past.setToolTip(self.tr("History of texts ({keys})").format(keys=key_text("texts.open")))
        self.past.setAccessibleName(self.tr("History of texts"))
        self.text_field.setPlaceholderText(self.tr("Type a sentence"))
        self.text_field.setAccessibleName(self.tr("Text that the model reads"))
        self._name_second_field()
        names = (self.tr("Language of the text"), self.tr("Language of the output"))
        for name, choice in zip(names, self.languages.values(), strict=True):
            choice.setToolTip(name)
            choice.setAccessibleName(name)

    def apply_theme(self, theme: Theme) -> None:
        self._row.setSpacing(theme.px(8))
        theme_button(self.past, theme)
        theme_button(self.chat, theme)
        for field in (self.text_field, self.second_field):
            field.apply_theme(theme)

    def _takes_target(self) -> bool:
        answering = self.showing.trace if self.showing.is_saved else self.showing.model
        return answering is not None and answering.kind == "encoder_decoder"

    def _takes_second(self) -> bool:
        """Whether there is anything to type in the second field; for a saved trace, whether anything was."""
        if self.showing.is_saved:
            return self._takes_target() or self.showing.request.pair is not None
        model = self.showing.model
        return model is not None and (model.accepts_pair or model.kind == "encoder_decoder")

    def _name_second_field(self) -> None:
        if self._takes_target():
            trace = self.showing.trace
            generated = trace.target_text if trace is not None and trace.request.target is None else ""
            self.second_field.setPlaceholderText(generated or self.tr("Output, generated when empty"))
            self.second_field.setAccessibleName(self.tr("Output that the decoder is fed"))
            self.second_field.setToolTip(self.tr("What the decoder is fed. Empty: the model generates it."))
        else:
            self.second_field.setPlaceholderText(self.tr("Second sentence (optional)"))
            self.second_field.setAccessibleName(self.tr("Second sentence"))
            self.second_field.setToolTip("")

    def second_name(self) -> str:
        """What the second field holds: "target" or "pair"."""
        return "target" if self._takes_target() else "pair"

    def _on_text_field_paused(self, text: str) -> None:
        self._ask(self.text_field, text=text)

    def _on_second_field_paused(self, text: str) -> None:
        self._ask(self.second_field, **{self.second_name(): text or None})

    def _ask(self, field: PromptField, **changes: str | None) -> None:
        self.session.history.note_typing(self.showing, by_undo=field.was_undone)
        asked = self.showing.held or self.showing.request
        self.session.ask(replace(asked, **changes), self.showing)  # type: ignore[arg-type]

    def _on_language_chosen(self, name: str, index: int) -> None:
        chosen = {name: self.languages[name].itemText(index)}
        asked = replace(self.showing.request, **chosen)  # type: ignore[arg-type]
        self.session.ask(asked, self.showing)

    def _show_languages(self) -> None:
        """The languages that the model asks for; hidden for all others."""
        model = self.showing.model
        for name, choice in self.languages.items():
            codes = model.languages if model is not None else ()
            if [choice.itemText(n) for n in range(choice.count())] != list(codes):
                choice.clear()
                choice.addItems(codes)
            wanted = getattr(self.showing.request, name)
            if model is not None and wanted not in codes:
                wanted = model.source_language if name == "source_language" else model.target_language
            choice.setCurrentIndex(choice.findText(wanted) if wanted in codes else -1)
            choice.setVisible(bool(codes))

    def _on_showing_request_changed(self, request: RunRequest) -> None:
        self._show_chat()
        self._show_languages()
        self.text_field.set_text(request.text)
        self.second_field.set_text((request.target if self._takes_target() else request.pair) or "")

    def _on_showing_model_changed(self, model: LoadedModel | None) -> None:
        self.second_field.setVisible(self._takes_second())
        self._name_second_field()
        self._show_languages()
        self._show_chat()
        request = self.showing.held or self.showing.request
        self.second_field.set_text((request.target if self._takes_target() else request.pair) or "")

    def _on_showing_trace_changed(self, trace: Trace | None) -> None:
        self._on_showing_model_changed(self.showing.model)
