"""A model writes: each step on a timeline, the tree of its continuations, the beams of a search, many draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from visualizer.core.errors import CannotWrite
from visualizer.session import writing
from visualizer.session.selection import Sampling, Selection
from visualizer.ui import guard, lecture
from visualizer.ui.candidate_bars import CandidateBars
from visualizer.ui.picture_frame import small_text
from visualizer.ui.surprisal_strip import SurprisalStrip
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.generation import options as choices
from visualizer.views.generation import rows, words
from visualizer.views.generation.branches import BranchTree
from visualizer.views.generation.controls import WritingButtons, WritingSettings
from visualizer.views.generation.lane import StepLane

if TYPE_CHECKING:
    from visualizer.core.analyses.generation.step import Manner, Step
    from visualizer.core.models import ModelCard
    from visualizer.core.trace import Trace
    from visualizer.session.jobs import Progress, ShouldStop

_WIDE = 760  # pixels from which the settings stand beside the picture
_SOON = 30  # milliseconds in which several tokens are drawn as one change
_HEAVY = 150_000_000  # multiplications of an output layer that are felt between two frames


@guard.overrides
class GenerationView(View):
    """The writing itself is `session.writing`'s; here it is looked at, and told to go on."""

    id = "generation"
    Options = choices.Options

    def how_to_read(self) -> str:
        return self.tr(
            "Each cell is a token that the model wrote: its probability, and its rank among all tokens. The bars above"
            " are the entropy, high where the model was unsure. Click another candidate to see what would have come."
        )

    def build(self) -> QWidget:
        self._writer = writing.of(self.showing)
        self._has_begun = False
        self._is_next = True  # what is looked at is the step that is still to come
        self._soon = QTimer(self, interval=_SOON, singleShot=True)
        self._soon.timeout.connect(self.redraw)
        self._writer.changed.connect(self._on_writer_changed)
        self._writer.state_changed.connect(self._on_writer_changed)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # Space is heard wherever a click has been
        content = QWidget(self)
        self._picture = QWidget(content)
        self.strip = SurprisalStrip(self._picture)
        self.lane = StepLane(self._picture)
        self.bars = CandidateBars(self._picture)
        self.looked = CandidateBars(self._picture)
        self.looked.set_can_choose(False)
        self.many = CandidateBars(self._picture)
        self.many.set_can_choose(False)
        self.tree = BranchTree(self._picture)
        self.note = small_text(self._picture)
        self._looked_title, self._bars_title = small_text(self._picture), small_text(self._picture)
        self.strip.position_chosen.connect(self._choose_place)
        self.lane.chosen.connect(self._choose_place)
        self.bars.chosen.connect(self._on_bars_chosen)
        self.tree.chosen.connect(self._on_tree_chosen)
        self._two = QHBoxLayout()
        for title, bars in ((self._bars_title, self.bars), (self._looked_title, self.looked)):
            column = QVBoxLayout()
            column.addWidget(title)
            column.addWidget(bars, 1)
            self._two.addLayout(column, 1)
        self._rows = QVBoxLayout(self._picture)
        for widget in (self.strip, self.lane):
            self._rows.addWidget(widget)
        self._rows.addLayout(self._two, 3)
        self._rows.addWidget(self.many, 3)
        self._rows.addWidget(self.tree, 2)
        self._rows.addWidget(self.note)
        self._side = QWidget(content)
        lecture.fold(self._side)
        self.buttons, self.settings = WritingButtons(self._side), WritingSettings(self._side)
        self._side_rows = QVBoxLayout(self._side)
        self._side_rows.addWidget(self.buttons)
        self._side_rows.addWidget(self.settings)
        self._side_rows.addStretch(1)
        self.buttons.run.connect(lambda: self._guarded(self.run_or_pause))
        self.buttons.one.connect(lambda: self._guarded(self._write, 1))
        self.buttons.stop.connect(lambda: self._guarded(self._writer.stop))
        self.buttons.back.connect(lambda: self._guarded(self._writer.back))
        self.settings.changed.connect(lambda name, value: self.set_options(**{name: value}))
        self.settings.sampling_changed.connect(self._on_sampling_changed)
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight, content)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.addWidget(self._picture, 1)
        self._columns.addWidget(self._side)
        return content

    @classmethod
    def is_compatible(cls, subject: Trace | ModelCard) -> bool:
        return subject.task in ("causal", "seq2seq")

    def why_incompatible(self) -> str:
        if self.showing.task == "masked":
            return self.tr("This model fills blanks: it sees the whole text at once and does not write on.")
        return self.tr("This model has no language-model head: it gives every token a vector, but writes no token.")

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        names = ("kind", "layer", "head", "sampling")
        return any(getattr(selection, name) != getattr(previous, name) for name in names)

    def is_complete(self) -> bool:
        return super().is_complete() and not self._writer.is_writing and not self._soon.isActive()

    # --- numbers ---------------------------------------------------------------------------------

    def _manner(self, options: choices.Options, sampling: Sampling) -> Manner:
        from visualizer.core.analyses.generation.step import Manner

        is_drawn = options.draws or options.mode == "many"
        temperature = sampling.temperature if is_drawn else 0.0
        return Manner(temperature, sampling.top_k, sampling.top_p, options.seed)

    def question(self, trace: Trace, selection: Selection) -> Any:
        options: choices.Options = self.options
        if self._writer.tree is None:
            raise CannotWrite("saved", trace.card.name)
        if options.mode == "steps":
            return "steps", self._needs_expected(trace)
        count = options.beams if options.mode == "beams" else options.continuations
        manner = None if options.mode == "beams" else self._manner(options, selection.sampling)
        return options.mode, self._writer.request, count, options.tokens, manner

    def _needs_expected(self, trace: Trace) -> bool:
        tree = self._writer.tree
        is_new = tree is not None and not tree.path() and tree[tree.leaf].after is None
        return is_new and not self._writer.is_writing

    def is_quick(self, trace: Trace, question: Any) -> bool:
        is_light = trace.card.vocabulary * trace.card.width <= _HEAVY
        return bool(question[0] == "steps" and (is_light or not question[1]))

    def answer(self, trace: Trace, question: Any, should_stop: ShouldStop, progress: Progress) -> Any:
        if question[0] == "steps":
            return _expected(trace, self._writer.prompt_length() - 1) if question[1] else None
        from visualizer.core.analyses.generation import beams, many

        model = self.showing.own_model
        if model is None:
            raise CannotWrite("saved", trace.card.name)
        _, request, count, tokens, manner = question
        if question[0] == "beams":
            return beams.search(model, request, count, tokens, should_stop, progress)
        return many.write(model, request, count, manner, tokens, should_stop, progress)

    # --- drawing ---------------------------------------------------------------------------------

    def show_state(self, trace: Trace, selection: Selection) -> None:
        options: choices.Options = self.options
        sampling = selection.sampling
        values = sampling.temperature, sampling.top_k, sampling.top_p
        self.settings.show_state(options, values, trace.card.vocabulary)
        tree = self._writer.tree
        has_text = tree is not None and bool(tree.path())
        self.buttons.setVisible(options.mode == "steps")
        self.buttons.show_state(self._writer.is_writing, self._writer.left, has_text)
        is_steps = options.mode == "steps"
        for widget in (self.strip, self.lane, self.bars, self.looked, self._bars_title, self._looked_title):
            widget.setVisible(is_steps)
        self.many.setVisible(options.mode == "many")
        self.tree.setVisible(options.mode != "many")
        is_new = options.at_once and not self._has_begun and tree is not None and len(tree) == 1
        if is_new and is_steps and not self._writer.is_writing:
            self._has_begun = True
            QTimer.singleShot(0, self, lambda: self._guarded(self._write, options.tokens))
            self._soon.start()

    def show_answer(self, answer: Any, selection: Selection) -> None:
        trace, mode = self.trace, self.options.mode
        if trace is None:
            return
        if mode == "beams":
            self.tree.set_rows(rows.of_beams(answer, trace), -1)
            self.note.setText(words.of_beams(answer, self.showing.own_model))
        elif mode == "many":
            self.many.set_bars(words.bars_of_many(answer), len(answer))
            self.note.setText(words.of_many(answer))
        else:
            self._show_steps(answer, trace, selection)

    def _show_steps(self, expected: Step | None, trace: Trace, selection: Selection) -> None:
        tree = self._writer.tree
        if tree is None:
            return
        leaf = tree[tree.leaf]
        if expected is not None and leaf.after is None:
            leaf.after = expected
        path = tree.path()
        steps = [tree[n].step for n in path]
        cells = [rows.taken(tree[n].label, step) for n, step in zip(path, steps, strict=True) if step is not None]
        if leaf.after is not None and not leaf.ended:
            cells.append(rows.Taken("", 0.0, 0, leaf.after.entropy, self.tr("the next token")))
        place = self._place()
        self.lane.set_steps(tuple(cells), place)
        self.strip.set_positions(len(cells), place, lambda n: cells[n].hint if n < len(cells) else "")
        self.strip.set_bits(np.array([cell.entropy for cell in cells]))
        is_next = place >= len(path)
        step = leaf.after if is_next else steps[place]
        self.bars.set_bars(() if step is None else rows.candidates(trace, step, is_next), trace.card.vocabulary)
        self._show_looked(trace, selection, place)
        self.tree.set_rows(rows.of_tree(tree), tree.chosen)
        self._bars_title.setText(
            self.tr("What may come next") if is_next else self.tr("Step {n}: the candidates").format(n=place + 1)
        )
        self.note.setText(words.of_tree(tree))

    def _place(self) -> int:
        """Which cell of the timeline is looked at."""
        tree = self._writer.tree
        if tree is None:
            return -1
        path, leaf = tree.path(), tree[tree.leaf]
        has_next = leaf.after is not None and not leaf.ended
        if not path or (self._is_next and has_next and tree.chosen == tree.leaf):
            return len(path) if has_next else len(path) - 1
        return path.index(tree.chosen) if tree.chosen in path else len(path) - 1

    def _query(self, trace: Trace, place: int) -> int | None:
        """The row of the token whose prediction a step was; None where it has not been fed yet."""
        tree = self._writer.tree
        if tree is None or place < 0:
            return None
        fed = len(trace.target_tokens or trace.tokens)
        row = self._writer.prompt_length() - 1 + place
        return row if 0 <= row < fed else None

    def _show_looked(self, trace: Trace, selection: Selection, place: int) -> None:
        kind, row = self._kind(trace, selection), self._query(trace, place)
        layers = trace.layer_numbers(kind)
        layer = selection.layer if selection.layer in layers else layers[-1]
        head = min(selection.head, trace.heads(kind) - 1) if self.options.heads == "selected" else None
        self.looked.set_bars(() if row is None else rows.looked_at(trace, kind, layer, head, row), 0 if row is None else
                             len(trace.key_tokens(kind)))  # fmt: skip
        whose = self.tr("layer {layer} · head {head}")
        if head is None:
            whose = self.tr("layer {layer}, mean of its heads")
        name = self.describe_kind(trace, selection) if kind == selection.kind else self.tr("cross-attention")
        parts = (self.tr("What the step looked at"), name, whose.format(layer=layer, head=head))
        self._looked_title.setText(" · ".join(part for part in parts if part))

    def _kind(self, trace: Trace, selection: Selection) -> str:
        return "cross" if selection.kind == "encoder" and "cross" in trace.kinds else selection.kind

    def clear(self) -> None:
        self.tree.set_rows((), -1)
        self.many.set_bars((), 0)
        self.note.clear()

    # --- what a person does ----------------------------------------------------------------------

    def on_space(self) -> bool:
        is_here = self.options.mode == "steps" and self.trace is not None
        return is_here and self._guarded(self.run_or_pause)

    def run_or_pause(self) -> None:
        """Space: let the model write, or wait."""
        if self._writer.is_writing:
            self._writer.pause()
        else:
            self._write(self._writer.left or self.options.tokens)

    def _write(self, count: int) -> None:
        self._is_next = True
        self._writer.write(count, self._manner(self.options, self.selection.sampling))

    def _choose_place(self, place: int) -> None:
        tree = self._writer.tree
        if tree is None:
            return
        path = tree.path()
        self._is_next = place >= len(path)
        self._writer.go(tree.leaf if self._is_next or not path else path[place])
        trace = self.showing.trace
        row = None if trace is None else self._query(trace, place)
        if row is not None and self.selection.kind != "encoder":
            self.showing.select(position=row, query=row)  # the other views look at the same step
        self.redraw()

    def _on_tree_chosen(self, number: int) -> None:
        if self.options.mode == "steps":
            self._is_next = False
            self._guarded(self._writer.go, number)

    def _on_bars_chosen(self, index: int) -> None:
        self._guarded(self._branch, index)

    def _branch(self, index: int) -> None:
        tree = self._writer.tree
        if tree is None:
            return
        place, path = self._place(), tree.path()
        manner = self._manner(self.options, self.selection.sampling)
        step = tree[tree.leaf].after if place >= len(path) else tree[path[place]].step
        if step is None or index >= len(step.top_ids):
            return
        token, count = step.top_ids[index], self.options.tokens
        self._is_next = True
        if place >= len(path):
            self._writer.append(token, count, manner)
        else:
            self._writer.branch(path[place], token, count, manner)

    def _on_sampling_changed(self, temperature: float, top_k: int | None, top_p: float | None) -> None:
        self.showing.select(temperature=temperature, top_k=top_k, top_p=top_p)

    def _on_writer_changed(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Space or not self.on_space():
            super().keyPressEvent(event)

    # --- appearance ------------------------------------------------------------------------------

    def retranslate(self) -> None:
        self.buttons.retranslate()
        self.settings.retranslate()
        self.strip.set_title(self.tr("Entropy of each step (bits)"))
        self.strip.setAccessibleName(self.tr("Entropy of each step (bits)"))
        self.lane.setAccessibleName(self.tr("Steps"))
        self.bars.setAccessibleName(self.tr("Candidates"))
        self.looked.setAccessibleName(self.tr("What the step looked at"))
        self.many.setAccessibleName(self.tr("Continuations"))
        self.tree.setAccessibleName(self.tr("Tree of continuations"))
        self.tree.set_title(self.tr("Tree: a row is a branch, with the natural log of its probability"))
        for bars in (self.bars, self.many):
            bars.set_texts(self.tr("{count} others"), self.tr("All others together"))
        self.looked.set_texts(self.tr("{count} others"), self.tr("All other tokens together"))

    def apply_theme(self, theme: Theme) -> None:
        self._rows.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(8))
        self._rows.setSpacing(theme.px(8))
        self._two.setSpacing(theme.px(16))
        self._side_rows.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(16))
        for part in (self.strip, self.lane, self.bars, self.looked, self.many, self.tree, self.settings):
            part.apply_theme(theme)
        self._arrange(self.width())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(event.size().width())

    def _arrange(self, width: int) -> None:
        is_wide = width >= self.theme.px(_WIDE)
        directions = QBoxLayout.Direction
        self._columns.setDirection(directions.LeftToRight if is_wide else directions.TopToBottom)
        self._columns.setAlignment(self._side, Qt.AlignmentFlag.AlignTop)
        self._side.setMaximumWidth(self.theme.px(280) if is_wide else 16_777_215)

    def export_widget(self) -> QWidget:
        return self._picture

    def data(self) -> dict[str, Any]:
        tree = self._writer.tree
        if self.trace is None or tree is None or self.options.mode != "steps":
            return {}
        steps = tree.steps()
        return {
            "token": [tree[n].label for n in tree.path()],
            "id": np.array([step.token for step in steps], dtype=np.int64),
            "log_probability": np.array([step.log_probability for step in steps]),
            "rank": np.array([step.rank for step in steps], dtype=np.int64),
            "entropy": np.array([step.entropy for step in steps]),
        }

    def caption(self) -> str:
        trace, options = self.trace, self.options
        if trace is None:
            return ""
        how = {"beams": self.tr("Beam search"), "many": self.tr("Many times")}.get(options.mode, self.title())
        return " · ".join((trace.card.name, how, trace.target_text or trace.text))


def _expected(trace: Trace, position: int) -> Step:
    """What the model expects after the prompt."""
    import torch

    from visualizer.core.analyses.generation.step import step_of

    logits = torch.from_numpy(np.array(trace.logits(min(position, trace.n_positions - 1))))
    return step_of(logits, int(logits.argmax()))
