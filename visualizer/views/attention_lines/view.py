"""Attention as lines: tokens on two sides, one line a weight, a hue a head, any heads of a layer at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QCursor, QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QToolTip, QWidget

from visualizer.core import reading as reader
from visualizer.core.errors import Cancelled
from visualizer.core.place import Place as HeadPlace
from visualizer.core.reading import strongest
from visualizer.core.reading.strongest import NO_LINES, Lines, Strongest
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Hover, Selection
from visualizer.ui.controls import Choice
from visualizer.ui.lines_item import LinesWidget, Place
from visualizer.ui.lines_painter import Picture, other, style_of
from visualizer.ui.numbers import format_weight
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.plain_text import tip
from visualizer.ui.readout import ReadoutLine
from visualizer.ui.swatches import HeadSwatches
from visualizer.ui.theme import Theme
from visualizer.views import difference
from visualizer.views.attention_lines import change as changes
from visualizer.views.attention_lines.change import ChangedLines
from visualizer.views.attention_lines.options import Options
from visualizer.views.attention_lines.places import Floats, Places, Question, find, largest, name_of
from visualizer.views.attention_lines.words import summary
from visualizer.views.base import View
from visualizer.views.reading_controls import ReadingControls, dimmed, rule, sentences

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

# So many weights are read and sorted in the time of a frame or two; more come from the worker.
_AT_ONCE = 12 * 512 * 512
_COMPARED_AT_ONCE = 200_000  # characters of one text times those of the other
# Lines that are kept; what is drawn of them depends on what is in sight.
_MOST_LINES = 400_000

_RELEVANT = ("kind", "layer", "head", "rule", "query", "key", "look")


class AttentionLinesView(View):
    """Tokens on two sides and the lines that carry a chosen share of every token's attention."""

    id: ClassVar[str] = "attention_lines"
    has_head_menu: ClassVar[bool] = True
    Options: ClassVar[type] = Options
    has_difference: ClassVar[bool] = True

    def how_to_read(self) -> str:
        return self.tr(
            "A line joins a token that looks with one that it looks at; the stronger the line, the larger the weight. "
            "Each head has its colour. Point at a token to leave only its lines: bars show its weights, head by head."
        )

    def build(self) -> QWidget:
        self._looked: tuple[object, ...] = ()
        self._rule = ""
        self._change: ChangedLines | None = None
        self._axes = reader.NO_AXES
        self._found: Lines = NO_LINES
        self._heads: tuple[int, ...] = ()
        self._rows: Places = (reader.NO_AXES.rows, reader.NO_AXES.rows)
        self._columns: Places = self._rows
        self._active: Place | None = None
        self._bars = np.zeros((0, 0), np.float32)
        frame = PictureFrame(self)
        self.picture, self.note = frame.picture, frame.note
        self.note.hide()
        self.controls = ReadingControls(self.showing, frame)
        self.sides = Choice(self.controls)
        share = QWidget(self.controls)
        self.mass_label = QLabel(share)
        self.mass = QSlider(Qt.Orientation.Horizontal, share)
        self.mass.setRange(1, 100)
        self.mass.setPageStep(10)
        pair = QHBoxLayout(share)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.addWidget(self.mass_label)
        pair.addWidget(self.mass)
        self.every = QToolButton(self.controls)
        self.every.setCheckable(True)
        self.controls.add_control(share)
        self.controls.add_control(self.every)
        self.controls.add_control(self.sides)
        self.swatches = HeadSwatches(self.picture)
        self.canvas = LinesWidget(self.picture, self._submit_image)
        self.readout = ReadoutLine(self.picture, lines=2)
        self._inner = frame.inner
        frame.fill(self.controls, self.swatches, self.note, self.canvas, self.readout, growing=self.canvas)
        self.mass.valueChanged.connect(lambda value: self.set_options(mass=value / 100))
        self.sides.chosen.connect(self._on_sides_chosen)
        self.canvas.set_vertical(self.options.sides == "columns")
        self.swatches.heads_chosen.connect(lambda heads: self.set_options(heads=heads, every=not heads))
        self.every.clicked.connect(lambda checked: self.set_options(heads=frozenset(), every=checked))
        self.swatches.head_isolated.connect(lambda head: self.showing.select(head=head))
        self.canvas.token_hovered.connect(self._on_canvas_token_hovered)
        self.canvas.token_clicked.connect(self._on_canvas_token_clicked)
        self.canvas.escaped.connect(lambda: self.showing.select(query=None, key=None))
        self.canvas.finished.connect(self._report_if_complete)
        return frame

    # --- drawing ---------------------------------------------------------------------------------

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        return any(getattr(selection, name) != getattr(previous, name) for name in _RELEVANT)

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        text = self.tr("layer {layer}").format(layer=selection.layer)
        if self.pair is not None:
            return self.describe_head(trace, selection)
        drawn = self._chosen(trace.heads(selection.kind))
        heads = self.tr("{count} heads").format(count=len(drawn))
        if len(drawn) == 1:
            heads = self.tr("head {head}").format(head=drawn[0])
        return " · ".join(part for part in (self.describe_kind(trace, selection), text, heads) if part)

    def is_complete(self) -> bool:
        return super().is_complete() and self.canvas.is_finished()

    def question(self, trace: Trace, selection: Selection) -> Question:
        if (pair := self.pair) is not None:
            return Question((selection.place,), selection.rule, pair)
        heads = self._chosen(trace.heads(selection.kind))
        return Question(tuple(HeadPlace(selection.kind, selection.layer, head) for head in heads), selection.rule)

    def is_quick(self, trace: Trace, question: Question) -> bool:
        kind = question.places[0].kind
        if question.pair is not None:
            return len(question.pair.a.text) * len(question.pair.b.text) <= _COMPARED_AT_ONCE
        missing = sum(not strongest.is_known(trace, place, question.rule) for place in question.places)
        return missing * len(trace.query_tokens(kind)) * len(trace.key_tokens(kind)) <= _AT_ONCE

    def answer(
        self, trace: Trace, question: Question, should_stop: ShouldStop, progress: Progress
    ) -> tuple[Strongest, ...] | ChangedLines:
        if question.pair is not None:
            return changes.measure(question.pair, question.places[0], question.rule)
        found = []
        for place in question.places:
            if should_stop():
                raise Cancelled
            found.append(strongest.of(trace, place, question.rule))
            progress(len(found) / len(question.places), "")
        return tuple(found)

    def _chosen(self, n_heads: int) -> tuple[int, ...]:
        """The heads that are drawn: those chosen of a layer that has so many, or all, or the selected one."""
        chosen = tuple(sorted(h for h in self.options.heads if h < n_heads))
        one = self.selection.head
        return chosen or (tuple(range(n_heads)) if self.options.every or one >= n_heads else (one,))

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self.controls.show_state(trace, selection)
        self.sides.set_value(self.options.sides)
        self.canvas.set_vertical(self.options.sides == "columns")
        count = trace.heads(selection.kind)
        drawn = self._chosen(count)
        shown = frozenset() if len(drawn) == count > 1 else frozenset(drawn)
        self.swatches.setVisible(self.pair is None)
        self.swatches.show_heads(count, shown, selection.head)
        self.every.setVisible(count > 1 and self.pair is None)
        self.every.setChecked(len(drawn) == count)
        with QSignalBlocker(self.mass):
            self.mass.setValue(round(100 * self.options.mass))
        self.mass_label.setText(self._mass_text(self.options.mass))

    def clear(self) -> None:
        self._looked = ()
        self._found, self._active = NO_LINES, None
        self.canvas.show_picture(Picture())
        self.readout.forget_last()
        self.readout.clear()
        self.note.hide()

    def show_answer(self, strong: tuple[Strongest, ...] | ChangedLines, selection: Selection) -> None:
        trace = self.trace
        assert trace is not None
        self._change = strong if isinstance(strong, ChangedLines) else None
        looked = (strong, self.options.mass, selection.look.parts_of_speech)
        if looked == self._looked and self.canvas.is_finished():  # another token is locked
            self.on_hover(self.showing.hover)
            return
        self._looked = looked
        self._active = None
        self.readout.forget_last()
        if isinstance(strong, ChangedLines):
            self._show_change(strong)
            return
        heads = self._chosen(trace.heads(selection.kind))
        axes = reader.axes(trace, selection.kind, selection.rule)
        quiet = [np.zeros(len(units), dtype=bool) for units in (axes.query_units, axes.key_units)]
        if selection.look.parts_of_speech:
            classes = reader.word_classes(trace, selection.kind, selection.rule)
            quiet = [np.array(dimmed(found, selection), dtype=bool) for found in classes]
        found = strongest.collect(strong, self.options.mass, _MOST_LINES)
        if selection.look.parts_of_speech:
            found = found.where(~(quiet[0][found.queries] | quiet[1][found.keys]))
        self._heads, self._axes, self._found = heads, axes, found
        query_side, key_side = reader.sides(trace, selection.kind, selection.rule.unit)
        self._rows, self._columns = (query_side.home, axes.rows), (key_side.home, axes.columns)
        empty = int(np.all([one.totals <= 0 for one in strong], axis=0).sum())
        self._rule = rule(selection.rule, empty, float(np.mean([one.hidden for one in strong])))
        self.note.setText(self._rule)
        self.note.setVisible(bool(self._rule))
        self.canvas.show_picture(
            Picture(
                query_labels=[name_of(unit) for unit in axes.query_units],
                key_labels=[name_of(unit) for unit in axes.key_units],
                query_quiet=quiet[0].tolist(),
                key_quiet=(quiet[1] | axes.hidden_keys).tolist(),
                styles=[style_of(head, self.theme) for head in heads],
                lines=found,
                query_title=self.tr("Query (looks)"),
                key_title=self.tr("Key (is looked at)"),
            )
        )
        self.on_hover(self.showing.hover)

    def _show_change(self, change: ChangedLines) -> None:
        self._found = change.lines(self.options.mass, _MOST_LINES)
        self._rows, self._columns = change.places
        self.note.setText(sentences((changes.about(), rule(change.rule))))
        self.note.show()
        self.canvas.show_picture(changes.picture(change, self._found, self.theme))
        self.on_hover(self.showing.hover)

    # --- one token -------------------------------------------------------------------------------

    def on_hover(self, hover: Hover) -> None:
        if self.current is None:
            return
        active, marked = self._focus(hover)
        if active != self._active:
            self._active = active
            self._bars = self._weights(active) if active is not None else np.zeros((0, 0), np.float32)
        self.canvas.show_active(active, self._bars, marked)
        text = self._reading_of(active, marked)
        self.readout.say(text, self._summary())
        if text and self.canvas.underMouse():
            QToolTip.showText(QCursor.pos(), tip(self._details(active, marked)), self.canvas)
        else:
            QToolTip.hideText()

    def _focus(self, hover: Hover) -> tuple[Place | None, Place | None]:
        """The token whose lines are shown alone, and its partner: what is pointed at goes before what is locked."""
        selection = self.selection
        row, column = find(self._rows, hover.query), find(self._columns, hover.key)
        locked_row, locked_column = find(self._rows, selection.query), find(self._columns, selection.key)
        if row >= 0:
            partner = column if column >= 0 else -1
            return ("query", row), ("key", partner) if partner >= 0 else None
        if column >= 0 and locked_row >= 0:
            return ("query", locked_row), ("key", column)
        if column >= 0:
            return ("key", column), None
        if locked_row >= 0:
            return ("query", locked_row), ("key", locked_column) if locked_column >= 0 else None
        return (("key", locked_column), None) if locked_column >= 0 else (None, None)

    def _weights(self, active: Place) -> Floats:
        """Weights between a token and all of the other side: float32 [head, token of the other side]."""
        trace, selection = self.trace, self.selection
        which, index = active
        if self._change is not None:
            return self._change.bars(which, index)
        if which == "key" or trace is None:
            return strongest.into(self.current or (), index, len(self._axes.query_units))
        return reader.read_row(trace, selection.kind, selection.layer, self._heads, index, selection.rule)

    def _label(self, place: Place) -> str:
        units = self._axes.query_units if place[0] == "query" else self._axes.key_units
        return name_of(units[place[1]])

    def _reading_of(self, active: Place | None, marked: Place | None) -> str:
        """One line on the token pointed at: its strongest partners, or its weights for one partner."""
        if active is None or not self._bars.size:
            return ""
        if self._change is not None:
            return changes.sentence(self._change, active, marked)
        name = self._label(active)
        if marked is not None:
            weights = " · ".join(
                self.tr("head {head}: {weight}").format(
                    head=head, weight=format_weight(float(self._bars[n, marked[1]]))
                )
                for n, head in enumerate(self._heads)
            )
            text = self.tr("“{query}” looks at “{key}”: {weights}")
            return text.format(query=name, key=self._label(marked), weights=weights)
        found = [
            self.tr("“{token}” {weight} (head {head})").format(
                token=self._label((other(active[0]), index)), weight=format_weight(weight), head=self._heads[n]
            )
            for n, index, weight in largest(self._bars, 3)
        ]
        if not found:
            return self.tr("“{token}”: nothing is left to look at").format(token=name)
        text = self.tr("“{token}” looks most at {found}")
        if active[0] == "key":
            text = self.tr("“{token}” is looked at most by {found}")
        return text.format(token=name, found=", ".join(found))

    def _details(self, active: Place | None, marked: Place | None) -> str:
        """The exact numbers, one line a head."""
        if active is None or self._change is not None:
            return self._reading_of(active, marked)
        rows = []
        for n, head in enumerate(self._heads[:24]):
            index = marked[1] if marked is not None else int(self._bars[n].argmax())
            weight = format_weight(float(self._bars[n, index]))
            label = self._label((other(active[0]), index))
            rows.append(self.tr("head {head}: {weight}  “{token}”").format(head=head, weight=weight, token=label))
        return "\n".join([f"“{self._label(active)}”", *rows])

    def _summary(self) -> str:
        change, found, share = self._change, self._found, self.options.mass
        return summary(found, share, self.selection) if change is None else changes.summary(change, found, share)

    # --- pointer ---------------------------------------------------------------------------------

    def _token(self, which: str, index: int) -> int | None:
        """The pane's first token of a label; None where only the other text has it."""
        if self._change is not None:
            return self._change.tokens[which == "key"][index]
        units = self._axes.query_units if which == "query" else self._axes.key_units
        return units[index].tokens[0]

    def _on_canvas_token_hovered(self, which: str, index: int) -> None:
        self.showing.set_hover(Hover(**{which: self._token(which, index)}) if index >= 0 else None)

    def _on_canvas_token_clicked(self, which: str, index: int) -> None:
        places = self._rows if which == "query" else self._columns
        is_locked = find(places, getattr(self.selection, which)) == index
        self.showing.select(**{which: None if is_locked else self._token(which, index)})

    def _on_sides_chosen(self, value: object) -> None:
        self.set_options(sides=value)

    def _submit_image(self, work: Callable[[], QImage], done: Callable[[QImage], None]) -> None:
        self.start_job("image", lambda should_stop, progress: work(), done)

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.controls.apply_theme(theme)
        self.swatches.apply_theme(theme)
        self.canvas.apply_theme(theme)
        self.mass.setFixedWidth(theme.px(110))
        self._inner.setContentsMargins(theme.px(16), 0, theme.px(8), theme.px(8))
        self._inner.setSpacing(theme.px(4))
        self.readout.apply_theme(theme)
        self._looked = ()

    def retranslate(self) -> None:
        self.controls.retranslate()
        self.every.setText(self.tr("All heads"))
        self.every.setToolTip(self.tr("Lines of all heads of the layer, or of the selected one alone"))
        self.sides.set_texts(
            self.tr("Sides"),
            {"columns": self.tr("Columns"), "rows": self.tr("Rows")},
            self.tr("Tokens in two columns, or in two rows"),
        )
        self.sides.set_value(self.options.sides)
        text = self.tr("How much of every token's attention the drawn lines carry together")
        self.mass.setToolTip(tip(text))
        self.mass.setAccessibleName(text)
        self.mass_label.setText(self._mass_text(self.options.mass))
        self.swatches.setAccessibleName(self.tr("Heads"))
        self.canvas.setAccessibleName(self.title())
        self._looked = ()

    def _mass_text(self, share: float) -> str:
        return self.tr("Lines for {share} %").format(share=f"{round(100 * share):3d}")

    def caption(self) -> str:
        trace, selection = self.trace, self.selection
        if trace is None:
            return ""
        if (pair := self.pair) is not None:
            return difference.caption(pair, self.selection_text(trace, selection))
        return f"{trace.card.name} · {self.selection_text(trace, selection)} · {trace.text}"

    def export_widget(self) -> QWidget:
        return self.picture

    def data(self) -> dict[str, Any]:
        """`lines` [line, 4]: head, query, key, weight; strongest first."""
        selection = self.selection
        if self.current is None:
            return {}
        if self._change is not None:
            return self._change.data()
        found = self._found
        heads = np.array(self._heads)[found.heads]
        table = np.stack([heads, found.queries, found.keys, found.weights], axis=1).astype(np.float64)[::-1]
        return {
            "lines": table,
            "columns": ["head", "query", "key", "weight"],
            "query_units": [unit.label for unit in self._axes.query_units],
            "key_units": [unit.label for unit in self._axes.key_units],
            "kind": selection.kind,
            "layer": selection.layer,
            "unit": selection.rule.unit,
            "hide_sinks": selection.rule.hide_sinks,
            "quadrant": selection.rule.quadrant or "",
            "rule": self._rule,
            "mass": self.options.mass,
        }
