"""What went wrong, or is worth knowing, in one line that never blocks: what happened, what to do."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from visualizer.core.errors import VisualizerError
from visualizer.session.session import Session
from visualizer.ui import errors, icons
from visualizer.ui.numbers import format_count
from visualizer.ui.theme import Theme
from visualizer.widgets.part import Part, flat_button, theme_button

NOTICE_MS = 8000


class Banner(Part):
    """The one presenter of errors in the window. An error stays until it is closed or the next good result.

    command_requested: the id of the command that a notice offers.
    """

    command_requested = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.setObjectName("banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._said: tuple[str, Any] | None = None  # ("error", exception) or (notice id, fields)
        self._icon = QLabel(self)
        self.headline, self.advice = QLabel(self), QLabel(self)
        self.advice.setProperty("role", "quiet")
        self.offer = QPushButton(self)
        self.offer.clicked.connect(self._on_offer_clicked)
        self.close_button = flat_button(self, "close")
        self.close_button.clicked.connect(self.dismiss)
        words = QVBoxLayout()
        words.setSpacing(0)
        for label in (self.headline, self.advice):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
            words.addWidget(label)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addLayout(words, 1)
        self._row.addWidget(self.offer, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(NOTICE_MS)
        self._timer.timeout.connect(self.dismiss)
        session.error_raised.connect(lambda error: self.say("error", error))
        session.notice_raised.connect(self.say)
        session.trace_changed.connect(self._on_session_trace_changed)
        self.settle()
        self.hide()

    def say(self, name: str, what: Any) -> None:
        """Show an error ("error", exception) or a notice (id, fields); one that offers a "command" stays."""
        self._said = (name, what)
        self._write()
        self.show()
        self._timer.stop()
        if name != "error" and not self._offered():
            self._timer.start()

    def dismiss(self) -> None:
        self._said = None
        self._timer.stop()
        self.hide()

    def retranslate(self) -> None:
        self.close_button.setToolTip(self.tr("Close this message"))
        self.close_button.setAccessibleName(self.tr("Close this message"))
        self._write()

    def apply_theme(self, theme: Theme) -> None:
        self._row.setContentsMargins(theme.px(16), theme.px(8), theme.px(8), theme.px(8))
        self._row.setSpacing(theme.px(12))
        theme_button(self.close_button, theme, 12)
        self._write()

    def _write(self) -> None:
        if self._said is None:
            return
        name, what = self._said
        headline, advice = errors.present(what) if name == "error" else self._notice(name, what)
        self.headline.setText(headline)
        self.advice.setText(advice)
        self.advice.setVisible(bool(advice))
        color = self.theme.error if name == "error" else self.theme.accent
        shape = "warning" if name == "error" else "info"
        self.offer.setVisible(bool(self._offered()))
        self.offer.setText(self.tr("Restore"))
        self._icon.setPixmap(icons.pixmap(shape, color, self.theme.px(16)))
        self.setStyleSheet(
            f"QWidget#banner {{ background: {self.theme.raised}; border-left: {self.theme.px(4)}px solid {color}; "
            f"border-top: 1px solid {self.theme.border}; }}"
        )
        self.setAccessibleName(f"{headline} {advice}")

    def _offered(self) -> str:
        """The id of the command that is offered, "" for none."""
        what = self._said[1] if self._said is not None else None
        return str(what.get("command", "")) if isinstance(what, dict) else ""

    def _on_offer_clicked(self) -> None:
        command = self._offered()
        self.dismiss()
        if command:
            self.command_requested.emit(command)

    def _notice(self, name: str, fields: dict[str, Any]) -> tuple[str, str]:
        if name == "cut":
            return (
                self.tr("The text is longer than the model can read: {count} tokens at its end were left out.").format(
                    count=format_count(fields["count"])
                ),
                self.tr("This model reads at most {maximum} tokens.").format(
                    maximum=format_count(fields["maximum"] or 0)
                ),
            )
        if name == "eager":
            return (
                self.tr(
                    "{family} models compute attention in their own way; it is taken from the model as it is."
                ).format(family=fields["family"]),
                self.tr("Long texts need more memory than with other models."),
            )
        if name == "saved":
            return self.tr("Saved: {path}").format(path=fields["path"]), ""
        if name == "copied":
            return self.tr("The picture is in the clipboard."), ""
        if name == "interventions_left_out":
            return (
                self.tr("“{model}” has no such part: {names} was left out.").format(**fields),
                self.tr("All of this model is switched on, unless the bar above the views says otherwise."),
            )
        if name == "unwritable":
            return (
                self.tr("“{token}” writes nothing by itself: the text stays as it is.").format(token=fields["token"]),
                self.tr("It is a special token, or only a part of a character. Choose another candidate."),
            )
        if name == "views_refused":
            reasons = {
                "broken": self.tr("It could not be imported: {detail}"),
                "type": self.tr("It names no data of a view, but: {detail}"),
                "taken": self.tr("There is a view of this name already: {detail}"),
                "newer": self.tr("It was written for a newer version of this program."),
                "value": self.tr("Its data cannot be used: {detail}"),
            }
            first = fields["refused"][0]
            return (
                self.tr("Left out, from other packages: {names}").format(
                    names=", ".join(one.name for one in fields["refused"])
                ),
                reasons[first.reason].format(detail=first.detail),
            )
        if name == "session_left":
            return (
                self.tr("Last time the program ended before its window was closed."),
                self.tr("What was open then can be opened again."),
            )
        if name == "nothing_left":
            return self.tr("There is nothing to restore: the program ended as it should."), ""
        if name == "settings_damaged":
            return self.tr("The saved settings could not be read; the window starts with defaults."), ""
        return name, ", ".join(f"{key}: {value}" for key, value in fields.items())

    def _on_session_trace_changed(self, trace: object, selection: object) -> None:
        said = self._said
        if trace is not None and said is not None and said[0] == "error" and isinstance(said[1], VisualizerError):
            self.dismiss()
