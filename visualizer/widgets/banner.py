"""What went wrong, or is worth knowing: a card over the window's lower corner that takes no room and never blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from visualizer.core import errors as core
from visualizer.core.errors import VisualizerError
from visualizer.core.request import RunRequest
from visualizer.session.session import Session
from visualizer.ui import errors, guard, icons, notices
from visualizer.ui.numbers import format_count
from visualizer.ui.theme import Theme
from visualizer.widgets.part import Part, flat_button, theme_button

NOTICE_MS = 8000
QUIET_MS = 2500
WIDEST, EDGE = 480, 12  # of the card, and from it to the window's edges, in pixels of the design

# A good result of the old model is no answer to these, nor to those.
LOADING = (
    core.UnknownModel, core.NotAModel, core.NeedsBase, core.WeightsDoNotFit, core.UnsupportedArchitecture,
    core.UnknownDevice, core.NoNetwork, core.MissingPackage,
)  # fmt: skip
WRITING = (core.WriteFailed, core.NothingToSave, core.PictureTooLarge)


@dataclass(frozen=True, eq=False)
class Said:
    """("error", exception), or a notice: (id, fields). asked: what stood in the fields at that time."""

    name: str
    what: Any
    asked: RunRequest | None = None

    @property
    def command(self) -> str:
        """The id of the command that is offered, "" for none."""
        return str(self.what.get("command", "")) if isinstance(self.what, dict) else ""

    @property
    def milliseconds(self) -> int:
        """How long it stays by itself; 0: until it is closed, or what it speaks of is gone."""
        if self.name == "quiet":
            return QUIET_MS
        return 0 if self.name == "error" or self.command else NOTICE_MS

    def is_like(self, other: Said) -> bool:
        """Whether the newer one of both says all that is to be said."""
        if self.name != "error" or other.name != "error":
            return self.name == other.name
        return type(self.what) is type(other.what) and str(self.what) == str(other.what)


@guard.overrides
class Banner(Part):
    """The one presenter of errors in the window. The newest message is seen, the others are counted and wait behind it.

    A message goes when it is closed, when its time is over, or when what it speaks of is gone.
    command_requested: the id of the command that a notice offers.
    """

    command_requested = Signal(str)

    def __init__(self, session: Session, body: QWidget) -> None:
        super().__init__(session, body)
        self.setObjectName("banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._body = body
        self._floor: QWidget | None = None
        self._said: list[Said] = []  # the one that is seen at the end
        self._told: set[tuple[str, str]] = set()  # what is said once as long as it is so
        self._icon = QLabel(self)
        self.headline, self.advice = QLabel(self), QLabel(self)
        self.advice.setProperty("role", "quiet")
        self.offer = QPushButton(self)
        self.offer.clicked.connect(self._on_offer_clicked)
        self.count = flat_button(self)
        self.count.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.count.clicked.connect(self.show_next)
        self.close_button = flat_button(self, "close")
        self.close_button.clicked.connect(self.dismiss)
        words = QVBoxLayout()
        words.setSpacing(0)
        for label in (self.headline, self.advice):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words.addWidget(label)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addLayout(words, 1)
        self._row.addWidget(self.offer, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.addWidget(self.count, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_timer_timeout)
        session.error_raised.connect(lambda error: self.say("error", error))
        session.notice_raised.connect(self.say)
        session.trace_changed.connect(self._on_trace_changed)
        session.model_changed.connect(self._on_session_model_changed)
        session.request_changed.connect(lambda _request: self.withdraw("unwritable"))
        session.compared.connect(self._on_session_compared)
        body.installEventFilter(self)
        self.settle()
        self.hide()

    def stand_on(self, floor: QWidget) -> None:
        """Stand above this widget, while it is shown."""
        self._floor = floor

    def say(self, name: str, what: Any) -> None:
        """Show an error ("error", exception) or a notice (id, fields); one that offers a "command" stays."""
        said = Said(name, what, self.session.request)
        is_seen = any(said.is_like(one) for one in self._said)
        if (topic := _topic(said)) is not None:
            if topic in self._told and not is_seen:
                return  # it was closed, and is so still
            self._told.add(topic)
        summed_up = WRITING if name == "saved" else LOADING if isinstance(what, core.OpenedInPart) else ()
        self._said = [one for one in self._said if not isinstance(one.what, summed_up)]
        self._said = [one for one in self._said if not said.is_like(one) and one.name != "quiet"]
        self._said.append(said)
        self._show_last()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def dismiss(self) -> None:
        """Close the message that is seen; the one behind it comes forward."""
        if self._said:
            self._said.pop()
        self._show_last()

    def withdraw(self, name: str) -> None:
        """What this notice speaks of is gone."""
        self._keep([one for one in self._said if one.name != name])

    def show_next(self) -> None:
        """The one behind comes forward."""
        self._said = [*self._said[-1:], *self._said[:-1]]
        self._show_last()

    def retranslate(self) -> None:
        self.close_button.setToolTip(self.tr("Close this message (Esc)"))
        self.close_button.setAccessibleName(self.tr("Close this message (Esc)"))
        self.count.setToolTip(self.tr("Next message"))
        self._write()

    def apply_theme(self, theme: Theme) -> None:
        self._row.setContentsMargins(theme.px(12), theme.px(8), theme.px(8), theme.px(8))
        self._row.setSpacing(theme.px(8))
        theme_button(self.close_button, theme, 12)
        self._write()

    # --- what is seen ----------------------------------------------------------------------------

    def _keep(self, kept: list[Said]) -> None:
        if len(kept) != len(self._said):
            self._said = kept
            self._show_last()

    def _show_last(self) -> None:
        self._timer.stop()
        if not self._said:
            self.hide()
            return
        self._write()
        self.show()
        self.raise_()
        if stays := self._said[-1].milliseconds:
            self._timer.start(stays)

    def _write(self) -> None:
        if not self._said:
            return
        said = self._said[-1]
        is_error, is_quiet = said.name == "error", said.name == "quiet"
        headline, advice = errors.present(said.what) if is_error else self._notice(said.name, said.what)
        self.headline.setText(headline)
        self.advice.setText(advice)
        self.advice.setVisible(bool(advice))
        color = self.theme.error if is_error else self.theme.accent
        self.offer.setVisible(bool(said.command))
        self.offer.setText(self.tr("Load it") if said.name == "needs_model" else self.tr("Restore"))
        self.count.setVisible(len(self._said) > 1)
        self.count.setText(f"1 / {len(self._said)}")
        self.count.setAccessibleName(self.tr("{count} messages").format(count=len(self._said)))
        self._icon.setVisible(not is_quiet)
        self._icon.setPixmap(icons.pixmap("warning" if is_error else "info", color, self.theme.px(16)))
        edge, line = self.theme.px(3), self.theme.border
        self.setStyleSheet(
            f"QWidget#banner {{ background: {self.theme.raised}; border: 1px solid {line}; "
            f"border-left: {edge}px solid {color}; border-radius: {self.theme.px(4)}px; }}"
        )
        self.setAccessibleName(f"{headline} {advice}")
        self._place()

    def _place(self) -> None:
        """In the lower right corner, as wide and as high as its words; in lecture mode beside the view's title.

        There the line beneath the figure is what a class reads.
        """
        edge, body = self.theme.px(EDGE), self._body
        self.ensurePolished()
        self._row.activate()
        width = min(self.theme.px(WIDEST), body.width() - 2 * edge)
        if self._said and self._said[-1].name == "quiet":
            width = min(width, self.headline.fontMetrics().horizontalAdvance(self.headline.text()) + self.theme.px(72))
        height = max(self._row.totalHeightForWidth(width), self._row.totalMinimumSize().height())
        floor = self._floor
        has_floor = floor is not None and not floor.isHidden()
        y = floor.y() - edge - height if floor is not None and has_floor else edge
        self.setGeometry(body.width() - edge - width, y, width, height)

    def _on_timer_timeout(self) -> None:
        if self.underMouse():  # somebody reads it
            self._timer.start(NOTICE_MS)
        else:
            self.dismiss()

    def _on_offer_clicked(self) -> None:
        command = self._said[-1].command if self._said else ""
        self.dismiss()
        if command:
            self.command_requested.emit(command)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and self.isVisible():
            self._place()
        return False

    # --- what is gone ----------------------------------------------------------------------------

    def _on_trace_changed(self, trace: object = None, _selection: object = None) -> None:
        traces = [pane.trace for pane in self.session.panes if pane.trace is not None]
        so = {("cut", "")} if any(one.cut for one in traces) else set()
        so |= {("eager", one.card.family) for one in traces if one.method == "eager"}
        self._told &= so
        kept = [one for one in self._said if (topic := _topic(one)) is None or topic in so]
        if trace is not None:
            kept = [one for one in kept if one.name not in ("unwritable", "needs_model") and not self._is_answered(one)]
        self._keep(kept)

    def _is_answered(self, said: Said) -> bool:
        """Whether a good result takes an error away: not one of a file, nor of a model, before the next text.

        What was typed while a model was loaded is run as soon as that has failed, before anybody has read why.
        """
        if said.name != "error" or not isinstance(said.what, VisualizerError) or isinstance(said.what, WRITING):
            return False
        return not isinstance(said.what, LOADING) or said.asked != self.session.request

    def _on_session_model_changed(self, model: object) -> None:
        gone = LOADING if model is not None else ()
        self._keep([o for o in self._said if o.name != "interventions_left_out" and not isinstance(o.what, gone)])

    def _on_session_compared(self, other: Any) -> None:
        if other is not None:
            other.trace_changed.connect(self._on_trace_changed)
            other.model_changed.connect(self._on_session_model_changed)
        else:
            self._on_trace_changed()

    # --- words -----------------------------------------------------------------------------------

    def _notice(self, name: str, fields: dict[str, Any]) -> tuple[str, str]:
        if name == "quiet":
            return fields["text"], ""
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
        if name == "dropped_unknown":
            return (
                self.tr("“{name}” cannot be opened here.").format(**fields),
                self.tr("Drop a text, a .txt file, a trace, a session, a model's or adapter's folder, or a GGUF file."),
            )
        if name == "dropped_unreadable":
            return self.tr("“{name}” holds no text that can be read, or too much of it.").format(**fields), ""
        if name == "dropped_first":
            return self.tr("Of {count} things, “{name}” is taken: one at a time.").format(**fields), ""
        if name == "copied_text":
            return self.tr("In the clipboard: {text}").format(**fields), ""
        if name == "nothing_to_copy":
            return self.tr("There is nothing under the pointer to copy, and nothing is locked."), ""
        if name == "loaded":
            return fields["model"], " ".join(map(notices.words, fields["notices"]))
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
        if name == "needs_model":
            return (
                self.tr("This is a saved trace: “{model}” itself is needed for that.").format(model=fields["model"]),
                self.tr("Load that model, or type and let another one answer."),
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


def _topic(said: Said) -> tuple[str, str] | None:
    """What is said once as long as it is so: None for what is news every time."""
    if said.name == "cut":
        return "cut", ""
    return ("eager", str(said.what["family"])) if said.name == "eager" else None
