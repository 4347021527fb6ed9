"""What every view shares: what it asks of a trace, how that is computed and drawn, and what can be saved of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from visualizer.core.place import Place
from visualizer.core.system.progress import never, unheard
from visualizer.session import switching
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.options import NoOptions
from visualizer.session.selection import Selection
from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui import guard, intervention_words, run_words
from visualizer.ui.messages import PATIENCE_MS
from visualizer.ui.pointed import Pointed
from visualizer.views import context_menu, difference, head_words
from visualizer.views.difference import DifferenceChoice, Pair
from visualizer.views.frame import Frame
from visualizer.views.registry import VIEWS

if TYPE_CHECKING:
    from visualizer.core.trace import Trace


# Cells of an attention matrix from which naming what a head does would be felt.
_AT_ONCE = 640 * 640


_NARROW = 360  # pixels of the design: a narrower head has no room for its title and two words


@guard.overrides
class View(Frame):
    """One picture of a trace. It holds no truth: it draws what its `showing` looks at.

    A subclass sets `id`, overrides `build`, and is three functions: `question` says what the numbers depend
    on, `answer` computes them (on the worker, unless they are `is_quick`), `show_answer` draws them. The base asks when
    the question changes, drops what comes late, and turns every error into the view's error state; nothing is drawn
    while the view is hidden.
    """

    Options: ClassVar[type] = NoOptions
    shows_parts: ClassVar[bool] = False  # an answer is drawn part by part, on an empty picture
    has_head_menu: ClassVar[bool] = False  # a right click offers to switch off the selected head
    figure_shape: ClassVar[float] = 0.75  # height of a figure by its width; above 1: of which a matrix takes its part
    has_difference: ClassVar[bool] = False  # two runs that are compared can be shown as B - A: its question has `pair`

    # question and answer: what is drawn, or on its way
    _asked: tuple[Trace, Any] | None = None
    _answered: tuple[Any] | None = None
    _choice: DifferenceChoice | None = None
    _is_paired = False  # the newest question compares two runs

    def __init__(self, session: Session, parent: QWidget | None = None, *, showing: Showing | None = None) -> None:
        super().__init__(session, parent, showing=showing)
        self._clearing = QTimer(self, interval=PATIENCE_MS, singleShot=True)
        self._clearing.timeout.connect(lambda: self._guarded(self._clear))
        self.header.export_requested.connect(self.export_requested)
        self.header.help_requested.connect(self.help_requested)
        if self.has_difference:
            self._choice = DifferenceChoice(self.showing, self)
            self.add_control(self._choice)
            session.linking.changed.connect(self._on_linking_changed)

    def title(self) -> str:
        """The view's name in the interface's language: the registry's."""
        return VIEWS[self.id].label(self.showing.task)

    def question(self, trace: Trace, selection: Selection) -> Any:
        """What the numbers depend on besides the trace: frozen, compared with ==."""
        return None

    def answer(self, trace: Trace, question: Any, should_stop: ShouldStop, progress: Progress) -> Any:
        """The numbers: a pure function, on the worker where it is not quick.

        progress(share, part): a part that can be shown already goes to `show_part`. Raises Cancelled.
        """
        raise NotImplementedError

    def is_quick(self, trace: Trace, question: Any) -> bool:
        """Whether the answer takes no longer than a frame, so that it need not go to the worker."""
        return False

    def show_state(self, trace: Trace, selection: Selection) -> None:
        """Set the controls to what is selected; called before every answer, new or known."""

    def show_answer(self, answer: Any, selection: Selection) -> None:
        """Draw the numbers as the selection looks at them; called again when only the look has changed."""
        raise NotImplementedError

    def show_part(self, fraction: float, part: Any) -> None:
        """Draw a part of an answer that is on its way."""

    def clear(self) -> None:
        """Show nothing rather than the numbers of something else; called when the new ones take more than a moment."""

    @property
    def current(self) -> Any:
        """The answer that is drawn and is what the selection asks for; None while a new one is on its way.

        Also None where the pane has got another run and this view, hidden or not told yet, has not asked about it.
        """
        is_late = self._stale or self._asked is None or self._asked[0] is not self.showing.trace
        return None if self._answered is None or is_late else self._answered[0]

    @property
    def pair(self) -> Pair | None:
        """The two runs whose difference is to be shown; None: this pane's own run."""
        found = difference.pair_of(self.showing) if self.has_difference else None
        self._is_paired = found is not None
        return found

    def _clear(self) -> None:
        self._clearing.stop()
        if self._answered is None:
            self._drawn = None
            self.clear()

    def draw(self, trace: Trace, selection: Selection) -> None:
        """Ask what has to be asked, and show it."""
        self.show_state(trace, selection)
        question = self.question(trace, selection)
        asked = self._asked
        if asked is not None and asked[0] is trace and asked[1] == question:
            if self._answered is not None:
                self.show_answer(self._answered[0], selection)
                return
            if self.is_running("answer"):
                return
        self._asked, self._answered = (trace, question), None
        if self.is_quick(trace, question):
            self.cancel_job("answer")
            self._on_answered(trace, question, self.answer(trace, question, never, unheard))
            return
        if self.shows_parts:
            self._clear()
            self._drawn = trace  # what is there belongs to it, and can be pointed at
        else:
            self._clearing.start()
        self.start_job(
            "answer",
            lambda should_stop, progress: self.answer(trace, question, should_stop, progress),
            lambda answer: self._on_answered(trace, question, answer),
            self.show_part,
        )

    def _on_answered(self, trace: Trace, question: Any, answer: Any) -> None:
        if self._asked is not None and self._asked[0] is trace and self._asked[1] == question:
            self._clearing.stop()
            self._drawn, self._answered = trace, (answer,)
            self.show_answer(answer, self.selection)

    def _on_selection_changed(self, selection: Selection, previous: Selection) -> None:
        if self._choice is not None and selection.look.difference != previous.look.difference:
            self._choice.show_state()
            self.redraw()
        else:
            super()._on_selection_changed(selection, previous)

    def _on_linking_changed(self) -> None:
        if self._choice is not None:
            self._choice.show_state()
        if self._is_paired or self.selection.look.difference:
            self._is_paired = False
            self._asked = self._answered = None  # a run that nobody compares any more must not be kept
            self.redraw()

    def _on_compared(self, other: Showing | None) -> None:
        super()._on_compared(other)
        if self._choice is not None:
            self._choice.show_state()
            self._fit_head()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_head()

    def _fit_head(self) -> None:
        if self._choice is not None:
            is_narrow = self.session.other is not None and self.width() < self.theme.px(_NARROW)
            self.header.set_narrow(is_narrow)
            self._choice.set_narrow(is_narrow)

    def _retranslate(self) -> None:
        super()._retranslate()
        if self._choice is not None:
            self._choice.retranslate()

    def _fail(self, error: Exception, what: str = "view") -> None:
        self._asked = self._answered = None  # the same may be asked again
        super()._fail(error, what)

    @property
    def options(self) -> Any:
        """This view's own choices: an instance of its `Options`."""
        return self.session.options(self.id, self.Options)

    def set_options(self, **changes: Any) -> None:
        """Change this view's own choices, wherever it is shown."""
        self.session.set_options(self.id, self.Options, **changes)

    def data(self) -> dict[str, Any]:
        """The numbers in the picture: name -> array, or list of texts. The first two-dimensional one goes to CSV."""
        return {}

    def caption(self) -> str:
        """One line for exported pictures: model, text, layer, head."""
        trace, selection = self.trace, self.selection
        if trace is None:
            return ""
        if (pair := self.pair) is not None:
            return difference.caption(pair, self.describe_head(trace, selection))
        return f"{trace.card.name} · {self.describe_head(trace, selection)} · {trace.text}"

    def whole_caption(self) -> str:
        """`caption`, and what was done to the model: no picture leaves that unsaid."""
        return " · ".join(part for part in (self.caption(), self._done(run_words.caption)) if part)

    def whole_data(self) -> dict[str, Any]:
        """`data`, and what was done to the model, as `core.interventions.short` writes it."""
        found = self.data()
        for name, words in (("interventions", run_words.interventions), ("adapter", run_words.adapter)):
            done = self._done(words)
            if found and done:
                found[name] = done
        return found

    def _done(self, words: Callable[[Trace], str]) -> str:
        """What was done to the model, to both models where the difference of two runs is shown; "" for nothing."""
        if self.trace is None:
            return ""
        if (pair := self.pair) is None:
            return words(self.trace)
        done = {name: words(trace) for name, trace in (("A", pair.a), ("B", pair.b))}
        return " · ".join(f"{name}: {text}" for name, text in done.items() if text)

    def describe_head(self, trace: Trace, selection: Selection) -> str:
        """ "layer 2 · head 3 · looks one token back"; the kind of attention before it where the model has several."""
        text = self.tr("layer {layer} · head {head}").format(layer=selection.layer, head=selection.head)
        if (selection.layer, selection.head) in switching.heads_off(trace, selection.kind):
            text = f"{text} ({intervention_words.off_text()})"
        parts = (self.describe_kind(trace, selection), text, self._pattern(trace, selection))
        return " · ".join(part for part in parts if part)

    def describe_kind(self, trace: Trace, selection: Selection) -> str:
        """The kind of attention where the model has several, else \"\"."""
        if len(trace.kinds) == 1:
            return ""
        kinds = {
            "self": self.tr("self-attention"),
            "encoder": self.tr("encoder"),
            "decoder": self.tr("decoder"),
            "cross": self.tr("cross-attention"),
        }
        return kinds.get(selection.kind, selection.kind)

    def _pattern(self, trace: Trace, selection: Selection) -> str:
        """What the chosen head does on this text, in plain words; "" while a long text is looked at for it."""
        from visualizer.core.analyses import first_look

        place = selection.place
        found = first_look.known_pattern(trace, place)
        if found is None:
            if len(trace.query_tokens(place.kind)) * len(trace.key_tokens(place.kind)) > _AT_ONCE:
                return ""
            found = first_look.pattern_of(trace, place)
        return head_words.sentence(found.name)

    def export_widget(self) -> QWidget:
        """What an exported picture holds: without buttons."""
        return self._content

    def export_root(self) -> QWidget:
        """What holds every part of the picture, in sight or not."""
        return self._content

    def take_answer(self, other: View) -> None:
        """Begin with the answer of another view of this kind and pane, so that nothing is computed twice.

        What is drawn part by part is asked for again: those parts are remembered with the trace.
        """
        if self.shows_parts:
            return
        if type(other) is type(self) and other.showing is self.showing and other._answered is not None:
            self._asked, self._answered, self._drawn = other._asked, other._answered, other._drawn

    # --- what is under the pointer ---------------------------------------------------------------

    def pointed_at(self, point: QPoint | None) -> Pointed | None:
        """What goes into the clipboard from a point of this view; None: from what is chosen or locked."""
        return context_menu.at(self, point)

    def parts(self) -> list[QWidget]:
        """The parts of the picture that are in sight."""
        return [widget for widget in self._content.findChildren(QWidget) if widget.isVisible()]

    # --- the menu of a head ----------------------------------------------------------------------

    def place_at(self, point: QPoint) -> Place | None:
        """The head that a right click at a point of this view means; None: no menu. head -1: feed-forward part."""
        return self.selection.place if self.has_head_menu else None

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.ignore()
        self._guarded(self._open_menu, event)

    def _open_menu(self, event: QContextMenuEvent) -> None:
        if self.showing.trace is None or self.message():
            return
        is_by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        menu = context_menu.build(self, QPoint(-1, -1) if is_by_key else event.pos())
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())
        event.accept()
