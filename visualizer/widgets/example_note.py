"""What the example that was opened shows, above the views, for as long as its text and its model are on the screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from visualizer.core.request import RunRequest
from visualizer.session.session import Session
from visualizer.ui import guard, icons
from visualizer.ui.plain_text import keep_plain, tip
from visualizer.ui.theme import Theme
from visualizer.widgets.part import Part, fix_size, flat_button, theme_button

LOW = 720  # pixels of a window's height below which one line must do


@guard.overrides
class ExampleNote(Part):
    """One or two lines; no room at all without an example.

    next_requested: the example after this one is wanted. back_requested: what was there before the examples.
    """

    next_requested = Signal()
    back_requested = Signal()

    def __init__(self, session: Session, is_opening: Callable[[], bool], parent: QWidget | None = None) -> None:
        """is_opening: whether an example is still on its way, so that another text is no reason to go yet."""
        super().__init__(session, parent)
        self._is_opening = is_opening
        self._request: RunRequest | None = None
        self._source = self._text = ""
        self._in_lecture = False
        self.setObjectName("note")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.icon, self.label = QLabel(self), QLabel(self)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        keep_plain(self.label)
        self.back_button = flat_button(self, "reset")
        self.next_button = flat_button(self, "right")
        self.close_button = flat_button(self, "close")
        self.back_button.clicked.connect(self.back_requested)
        self.next_button.clicked.connect(self.next_requested)
        self.close_button.clicked.connect(self.forget)
        self._buttons = (self.back_button, self.next_button, self.close_button)
        self._row = QHBoxLayout(self)
        for widget in (self.icon, self.label, *self._buttons):
            self._row.addWidget(widget, int(widget is self.label), Qt.AlignmentFlag.AlignVCenter)
        session.request_changed.connect(lambda _request: self.look())
        session.trace_changed.connect(lambda _trace, _selection: self.look())
        self.settle()
        self.hide()

    def tell(self, text: str, request: RunRequest, source: str, has_next: bool, has_back: bool) -> None:
        """Say what this question to this model shows."""
        self._request, self._source = request, source
        self._text = text
        self.setAccessibleName(text)
        self.next_button.setVisible(has_next)
        self.back_button.setVisible(has_back)
        self._write()
        self._show()
        self.look()

    def forget(self) -> None:
        """Nothing is said any more."""
        self._request = None
        self._show()

    @property
    def is_told(self) -> bool:
        """Whether something is said, also while lecture mode hides it."""
        return self._request is not None

    def set_lecture(self, lecture: bool) -> None:
        """In lecture mode the room is the figure's."""
        self._in_lecture = lecture
        self._show()

    def retranslate(self) -> None:
        texts = (self.tr("Back to what was on the screen before"), self.tr("Next example"), self.tr("Close"))
        for button, text in zip(self._buttons, texts, strict=True):
            button.setToolTip(text)
            button.setAccessibleName(text)

    def apply_theme(self, theme: Theme) -> None:
        self._row.setContentsMargins(theme.px(16), theme.px(2), theme.px(8), theme.px(2))
        self._row.setSpacing(theme.px(8))
        self.icon.setPixmap(icons.pixmap("examples", theme.accent, theme.px(16)))
        for button in self._buttons:
            theme_button(button, theme, 12)
            fix_size(button, theme.px(22), theme.px(22))
        self.setStyleSheet(f"QWidget#note {{ background: {theme.raised}; border-bottom: 1px solid {theme.border}; }}")

    def _show(self) -> None:
        self.setVisible(self._request is not None and not self._in_lecture)

    def _write(self) -> None:
        """All of it; in a low window one line, so that the figure keeps its room, and the rest as a tooltip."""
        is_low = self.window().height() < self.theme.px(LOW)
        room = self.width() - self.theme.px(144)
        text, metrics = self._text, self.label.fontMetrics()
        if is_low:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(room, self.theme.px(80)))
        self.label.setWordWrap(not is_low)
        self.label.setText(text)
        self.label.setToolTip(tip(self._text) if text != self._text else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._write()

    def look(self) -> None:
        """Another text or model is on the screen: what was said is not said of it."""
        if self._request is None or self._is_opening():
            return
        now, meant, model = self.session.request, self._request, self.session.model
        is_meant = (now.text, now.pair, now.target) == (meant.text, meant.pair, meant.target)
        if not is_meant or (model is not None and model.source != self._source):
            self.forget()
