"""Letting a model write on what a pane shows: start, pause, go on, branch, go back; without widgets.

All of it happens on the one worker thread. While it writes, what was fed so far is shown in every view, without
another pass; what was written stays in a tree, in which one can go back at no cost.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from visualizer.core.system.progress import ShouldStop
from visualizer.session.continuations import ROOT, Continuations
from visualizer.session.jobs import Progress
from visualizer.session.showing import Showing

if TYPE_CHECKING:
    from visualizer.core.analyses.generation.pool import Pool
    from visualizer.core.analyses.generation.step import Manner, Step
    from visualizer.core.analyses.generation.writer import Writing
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.request import RunRequest
    from visualizer.core.trace import Trace

PAUSE = 0.1  # seconds between two pictures of what was fed so far
MOST_TREES = 8


@dataclass(eq=False)
class Tree:
    """What was written on one text by one model. shown: which node a request is the text of. length: of the prompt."""

    model: LoadedModel
    request: RunRequest
    nodes: Continuations
    shown: dict[RunRequest, int]
    pool: Pool | None = None
    length: int | None = None


@dataclass(frozen=True, eq=False)
class _News:
    """A token that was written, and now and then the trace of all that was fed before it."""

    step: Step | None
    label: str = ""
    trace: Trace | None = None
    of: int = 0  # steps that the trace has
    after: Step | None = None
    ended: str = ""


def of(pane: Showing) -> Writer:
    """The one that writes in a pane."""
    found = pane.findChild(Writer)
    return found if isinstance(found, Writer) else Writer(pane)


class Writer(QObject):
    """Writes in one pane. changed: the tree, or where one is in it. state_changed: it has begun or stopped writing.

    failed: what kept it from writing; it is told to the session, too.
    """

    changed = Signal()
    state_changed = Signal()
    failed = Signal(object)

    def __init__(self, pane: Showing) -> None:
        super().__init__(pane)
        self._pane, self._session = pane, pane.session
        self._trees: list[Tree] = []
        self._tree: Tree | None = None
        self._left = 0  # tokens that a pause has kept from being written
        self._pause = threading.Event()
        self._is_ours = False  # the trace that is changing comes from here
        self._last_run: int | None = None
        pane.trace_changed.connect(self._on_trace_changed)
        pane.request_changed.connect(self._on_asked_otherwise)
        pane.model_changed.connect(self._on_asked_otherwise)
        self._session.compared.connect(self._on_session_compared)
        self._session.busy_changed.connect(self._on_busy_changed)
        self._find()

    @property
    def tree(self) -> Continuations | None:
        """What was written on the text that is shown; None where nothing can be."""
        return None if self._tree is None else self._tree.nodes

    @property
    def request(self) -> RunRequest | None:
        """The text before the first token that was written."""
        return None if self._tree is None else self._tree.request

    def prompt_length(self) -> int:
        """How many tokens stand before the first that is written: of the decoder, where there is an encoder.

        A trace of the text may have more, such as an end that its tokenizer adds, or an output that was generated.
        """
        tree = self._tree
        if tree is None:
            return 0
        if tree.length is None:
            from visualizer.core.analyses.generation import writer

            # What is switched off is no part of what is counted.
            tree.length = len(writer.begin(tree.model, replace(tree.request, interventions=())).prompt)
        return tree.length

    @property
    def is_writing(self) -> bool:
        return self._session.jobs.is_busy(self._key)

    @property
    def left(self) -> int:
        """How many tokens a pause has left to write."""
        return self._left

    @property
    def _key(self) -> str:
        return self._pane.key("write")

    # --- what one can do -------------------------------------------------------------------------

    def write(self, count: int, manner: Manner | None = None) -> None:
        """Write so many tokens on the branch that is looked at, by a manner (default: greedy)."""
        tree = self._tree
        if tree is None or count < 1:
            return
        if tree.nodes.is_full or tree.nodes[tree.nodes.leaf].ended == "length":
            self.state_changed.emit()
            return
        self._left = count
        self._start(tree, tree.nodes.leaf, count, manner)

    def pause(self) -> None:
        """Stop after the token that is being written; `left` says how many are still to come."""
        self._pause.set()

    def stop(self) -> None:
        """Stop, and want no more."""
        self._pause.set()
        self._left = 0
        self.state_changed.emit()

    def branch(self, number: int, token: int, count: int, manner: Manner | None = None) -> None:
        """Write on otherwise: `token` instead of the node's own, then so many in all. ROOT's end: after the leaf.

        Raises ValueError for a token that is not among the ten that are known there.
        """
        from visualizer.core.analyses.generation.step import alternative

        tree = self._tree
        if tree is None:
            return
        node = tree.nodes[number]
        step = alternative(node.step, token)
        new = tree.nodes.add(node.parent, step, self._label(tree, token))
        self._take(tree, new, count, manner)

    def append(self, token: int, count: int, manner: Manner | None = None) -> None:
        """Write this token after the leaf, where it is among those that are expected there, and go on."""
        from visualizer.core.analyses.generation.step import alternative

        tree = self._tree
        if tree is None:
            return
        leaf = tree.nodes[tree.nodes.leaf]
        new = tree.nodes.add(leaf.number, alternative(leaf.after, token), self._label(tree, token))
        self._take(tree, new, count, manner)

    def _take(self, tree: Tree, new: int, count: int, manner: Manner | None) -> None:
        tree.nodes.go(new)
        self._left = max(0, count - 1)
        self._start(tree, tree.nodes.leaf, self._left if tree.nodes.leaf == new else 0, manner)

    def go(self, number: int) -> None:
        """Look at a node: nothing runs, but where its branch was dropped for want of room."""
        tree = self._tree
        if tree is None:
            return
        before = tree.nodes.leaf
        tree.nodes.go(number)
        if tree.nodes.leaf != before:
            self._left = 0
            self._show_leaf(tree)
        self.changed.emit()

    def back(self) -> None:
        """Show the text before the first token again; what was written stays in the tree."""
        tree = self._tree
        if tree is None:
            return
        self._end()
        self._left = 0
        tree.nodes.leaf = tree.nodes.chosen = ROOT
        self._session.ask(tree.request, self._pane)
        self.changed.emit()

    # --- the work --------------------------------------------------------------------------------

    def _start(self, tree: Tree, number: int, count: int, manner: Manner | None) -> None:
        """Go on from a node; with 0 tokens it is only fed."""
        self._end()
        self._pause.clear()
        pause, steps = self._pause, tree.nodes.steps(number)
        self._last_run = None
        tree.nodes.leaf = number
        free = threading.Event()
        free.set()
        work = _work(tree, steps, count, manner, pause, free)
        at = [number]

        def heard(_share: float, news: Any) -> None:
            if isinstance(news, _News):
                at[0] = self._take_news(tree, at[0], news)
                free.set()

        def done(news: _News) -> None:
            self._take_news(tree, at[0], news)
            if news.ended:
                self._left = 0
            self.state_changed.emit()

        def failed(error: Exception) -> None:
            self._left = 0
            self._session.report_error(error)
            self.failed.emit(error)
            self.state_changed.emit()

        self._session.jobs.submit(self._key, work, done, failed, on_progress=heard)
        self.changed.emit()
        self.state_changed.emit()

    def _end(self) -> None:
        self._pause.set()
        self._session.jobs.cancel(self._key)
        self._pause = threading.Event()

    def _take_news(self, tree: Tree, at: int, news: _News) -> int:
        """Put a token into the tree; the node where it is now."""
        nodes = tree.nodes
        if news.step is not None:
            at = nodes.add(at, news.step, news.label)
            nodes.move_leaf(at)
            self._left = max(0, self._left - 1)
        if news.ended:
            nodes[at].ended = news.ended
        if news.after is not None:
            nodes[at].after = news.after
        if news.trace is not None and tree is self._tree:
            path = (ROOT, *nodes.path(at))
            self._show(tree, path[min(news.of, len(path) - 1)], news.trace)
        self.changed.emit()
        return at

    def _show(self, tree: Tree, number: int, trace: Trace) -> None:
        """Show what was fed as far as a node; the text field follows, and nothing runs."""
        session, pane = self._session, self._pane
        session.jobs.cancel(pane.key("run"))
        session.forget_asked(pane)
        tree.shown[trace.request] = number
        self._is_ours = True
        try:
            pane.set_request(trace.request)
            run = session.runs.add(trace, tree.model)
            before, self._last_run = self._last_run, run.id
            pane.show_run(run)
            if before is None:  # the first one is a step of the history; those that follow it belong to it
                session.history.note()
            if before is not None and before != run.id:
                session.runs.let_go(before)
        finally:
            self._is_ours = False

    def _show_leaf(self, tree: Tree) -> None:
        """The trace of the branch that is looked at: at hand, or fed again."""
        self._end()
        leaf = tree.nodes.leaf
        if leaf == ROOT:
            self.back()
            return
        trace = None if tree.pool is None else tree.pool.trace_of(tree.nodes.tokens())
        if trace is None:
            self._start(tree, leaf, 0, None)
            return
        self._last_run = None
        self._show(tree, leaf, trace)

    def _label(self, tree: Tree, token: int) -> str:
        from visualizer.core import text

        return text.label_ids(tree.model.tokenizer, [token])[0].text

    # --- what is shown ---------------------------------------------------------------------------

    def _on_trace_changed(self, _trace: object, _selection: object) -> None:
        if not self._is_ours:
            self._find()

    def _on_asked_otherwise(self, _what: object) -> None:
        """Another text or model is asked: what is still on its way must not take the place of its answer."""
        if not self._is_ours and self.is_writing:
            self._end()
            self._left = 0

    def _on_session_compared(self, _other: object) -> None:
        if self._pane not in self._session.panes:  # it was taken away
            self._end()

    def _on_busy_changed(self, key: str, is_busy: bool) -> None:
        if key == self._key and not is_busy:
            self.state_changed.emit()

    def _find(self) -> None:
        """The tree of the text that is shown: one that is known, or a new one."""
        trace, model = self._pane.trace, self._pane.own_model
        if trace is None or model is None or trace.task not in ("causal", "seq2seq"):
            self._leave(None)
            return
        for tree in self._trees:
            number = tree.shown.get(trace.request)
            if tree.model is model and number is not None:
                if tree is not self._tree or tree.nodes.leaf != number:
                    self._leave(tree)
                    tree.nodes.leaf = tree.nodes.chosen = number
                self.changed.emit()
                return
        tree = Tree(model, trace.request, Continuations(), {trace.request: ROOT})
        self._trees = [*self._trees[-MOST_TREES + 1 :], tree]
        self._leave(tree)
        self.changed.emit()

    def _leave(self, tree: Tree | None) -> None:
        if self.is_writing:
            self._end()
            self._left = 0
        if tree is not self._tree:
            if self._tree is not None:
                self._tree.pool = None  # its steps stay
            self._tree, self._left = tree, 0
            self._trees = [one for one in self._trees if tree is None or one.model in tree.model.sides]
        self.changed.emit()
        self.state_changed.emit()


def _work(
    tree: Tree, steps: tuple[Step, ...], count: int, manner: Manner | None, pause: threading.Event,
    free: threading.Event,
) -> Callable[[ShouldStop, Progress], _News]:  # fmt: skip
    """What is done on the worker: the tokens as they come, and at the end the trace of all of them.

    It may be stopped for something urgent and begun again; then what it has told already is not told twice.
    """
    told = [len(steps)]
    goal = len(steps) + count

    def work(should_stop: ShouldStop, progress: Progress) -> _News:
        from visualizer.core import text
        from visualizer.core.analyses.generation import writer
        from visualizer.core.analyses.generation.pool import Pool

        if tree.pool is None:
            tree.pool = Pool(tree.model, tree.request)
        pool = tree.pool
        writing = pool.take(known[0])
        clock = [time.monotonic()]

        def on_step(step: Step) -> None:
            label = text.label_ids(tree.model.tokenizer, [step.token])[0].text
            trace, fed = None, len(writing.steps) - 1
            now = time.monotonic()
            if fed and now >= clock[0] + PAUSE and free.is_set():
                free.clear()
                trace = writing.trace()
                clock[0] = max(now, 2 * time.monotonic() - now)  # at most half of the time goes into pictures
            known[0] = writing.steps
            told[0] += 1
            progress((told[0] - len(steps)) / max(1, count), _News(step, label, trace, fed))

        if told[0] < goal:
            writer.go_on(
                writing, manner, goal - told[0], lambda: should_stop() or pause.is_set(), on_step
            )
        if should_stop():
            return _News(None)
        after = _fed(writing)
        trace = writing.trace()
        if trace is not None:
            pool.note(writing, trace)
        pool.keep(writing)
        return _News(None, trace=trace, of=len(writing.steps), after=after, ended=writing.ended)

    known = [steps]
    return work


def _fed(writing: Writing) -> Step | None:
    from visualizer.core.analyses.generation import writer

    return writer.look_ahead(writing)
