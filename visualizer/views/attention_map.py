"""The attention map: one head as a matrix, every weight readable."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from visualizer.core import reading as reader
from visualizer.core.place import Place
from visualizer.core.reading import PLAIN, Reading, Rule
from visualizer.session import switching
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import NOTHING, SCALES, Hover, Look, Selection
from visualizer.ui import readout as readouts
from visualizer.ui.controls import Choice
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.numbers import format_weight, signed
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.theme import Theme
from visualizer.views import difference, map_picture, predicting
from visualizer.views.base import View
from visualizer.views.difference import Pair
from visualizer.views.map_picture import MapPicture, find
from visualizer.views.reading_controls import ReadingControls, dimmed, rule, sentences
from visualizer.views.reading_options import MapOptions

if TYPE_CHECKING:
    from visualizer.core.analyses.comparison.difference import Difference
    from visualizer.core.trace import Trace

# More cells than this take longer than a frame to compute: they come from the worker, the old picture stays.
_AT_ONCE = 2048 * 2048

_ALIGNED_AT_ONCE = 200_000  # characters of one text times those of the other
_LOW = 440  # pixels of the design: a lower view names one change only
_MOST_CHANGES = 3  # cells that changed most, in the note
Question = tuple[Place, Rule, Pair | None, bool]  # the last: the mean of all heads of the layer instead of the head
_RELEVANT = ("kind", "layer", "head", "rule", "look", "query", "key")


class AttentionMapView(View):
    """One head of one layer, or the mean of all. Hover reads a weight, a click locks it, Esc lets it go."""

    id: ClassVar[str] = "attention_map"
    Options: ClassVar[type] = MapOptions
    has_head_menu: ClassVar[bool] = True
    figure_shape: ClassVar[float] = 1.5
    has_difference: ClassVar[bool] = True

    def how_to_read(self) -> str:
        return self.tr(
            "Each row is a token that looks; the colours say how strongly it looks at each token on top. "
            "A row sums to 1: softmax(q·k / √d) over all keys. Hatched cells are masked."
        )

    def build(self) -> QWidget:
        self._shown: tuple[Reading | Difference, Look] | None = None
        self._map: MapPicture | None = None
        self._following: tuple[str, ...] = ()  # what the rows of a decoder predict
        self._last: tuple[int | None, int | None] = (None, None)  # tokens of the cell that was pointed at last,
        self._last_in: object = None  # and in which text
        self._place, self._rule = Place("self", 0, 0), PLAIN
        self._scale = Choice(self)
        self._scale.chosen.connect(lambda scale: self.showing.select(scale=scale))
        frame = PictureFrame(self)
        self._picture, self._note = frame.picture, frame.note
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note.setTextFormat(Qt.TextFormat.PlainText)  # a token may be called <s>
        self._controls = ReadingControls(self.showing, frame)
        self._controls.add_control(self._scale)
        self._heads = QToolButton(self)
        self._heads.setCheckable(True)
        self._heads.clicked.connect(lambda mean: self.set_options(mean=mean))
        self._controls.add_control(self._heads)
        self.heatmap = HeatmapWidget(frame.picture)
        frame.fill(self._controls, self.heatmap, frame.note, growing=self.heatmap)
        self.heatmap.cell_hovered.connect(self._on_heatmap_cell_hovered)
        self.heatmap.cell_clicked.connect(self._on_heatmap_cell_clicked)
        self.heatmap.escaped.connect(self._unlock)
        return frame

    # --- drawing ---------------------------------------------------------------------------------

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        if selection.head != previous.head and self.options.mean:
            self.set_options(mean=False)
        return any(getattr(selection, name) != getattr(previous, name) for name in _RELEVANT)

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        return self.describe_head(trace, selection)

    def describe_head(self, trace: Trace, selection: Selection) -> str:
        if not self._is_mean:
            return super().describe_head(trace, selection)
        text = self.tr("layer {layer} · mean of {count} heads")
        text = text.format(layer=selection.layer, count=trace.heads(selection.kind))
        return " · ".join(part for part in (self.describe_kind(trace, selection), text) if part)

    @property
    def _is_mean(self) -> bool:
        """A difference is of one head."""
        return bool(self.options.mean) and self.pair is None

    def question(self, trace: Trace, selection: Selection) -> Question:
        is_mean = self._is_mean
        place = replace(selection.place, head=0) if is_mean else selection.place  # of all heads alike
        return place, selection.rule, self.pair, is_mean

    def is_quick(self, trace: Trace, question: Question) -> bool:
        place, _, pair, is_mean = question
        traces = (trace,) if pair is None else (pair.a, pair.b)
        if pair is not None and len(pair.a.text) * len(pair.b.text) > _ALIGNED_AT_ONCE:
            return False
        sizes = [
            len(one.query_tokens(place.kind)) * len(one.key_tokens(place.kind))
            for one in traces
            if place.kind in one.kinds
        ]
        return sum(sizes) * (trace.heads(place.kind) if is_mean else 1) <= _AT_ONCE

    def answer(
        self, trace: Trace, question: Question, should_stop: ShouldStop, progress: Progress
    ) -> Reading | Difference:
        place, rule_, pair, is_mean = question
        if is_mean:
            return reader.read_mean(trace, place.kind, place.layer, rule_, should_stop)
        if pair is None:
            return reader.read(trace, place, rule_)
        from visualizer.core.analyses.comparison.difference import difference as compare

        return compare(pair.a, pair.b, place, rule_)

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self._controls.show_state(trace, selection)
        self._scale.set_value(selection.look.scale)
        self._scale.setEnabled(self.pair is None)
        self._heads.setEnabled(self.pair is None and trace.heads(selection.kind) > 1)
        self._heads.setChecked(self._is_mean)

    def show_answer(self, answer: Reading | Difference, selection: Selection) -> None:
        assert self.trace is not None
        if self._shown is None or self._shown[0] is not answer or self._shown[1] != selection.look:
            self._shown = (answer, selection.look)
            self._place = replace(selection.place, head=-1) if self._is_mean else selection.place
            self._rule = selection.rule
            if self._last_in != (words := (selection.kind, self.trace.tokens, self.trace.target_tokens)):
                self._last, self._last_in = (None, None), words
            self._draw_map(answer, selection)
        assert self._map is not None
        self.heatmap.set_locked(find(self._map.rows, selection.query), find(self._map.columns, selection.key))
        self._note.setText(sentences((self._off_text(selection), self._note_text(answer))))
        self.on_hover(self.showing.hover)

    def _draw_map(self, answer: Reading | Difference, selection: Selection) -> None:
        assert self.trace is not None
        quiet: tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None] = (None, None)
        if isinstance(answer, Reading):
            shown, scale = map_picture.of_reading(answer), str(selection.look.scale)
            quiet = _quiet(self.trace, selection)
        else:
            shown, scale = map_picture.of_difference(answer, difference.letter(self.showing)), "signed"
        self._map = shown
        self._following = ()
        if isinstance(answer, Reading) and selection.rule.unit == "token":
            self._following = predicting.predicted(self.trace, selection.kind, answer.query_units)
        unit = self.tr("Weight") if isinstance(answer, Reading) else difference.DIFFERENCE
        looks = self.tr("Query (looks) → predicts") if self._following else self.tr("Query (looks)")
        self.heatmap.set_titles(looks, self.tr("Key (is looked at)"), unit)
        self.heatmap.set_data(
            shown.matrix,
            scale=shown.scale(scale),
            mask=shown.mask,
            row_labels=predicting.labels(shown.row_labels, self._following),
            column_labels=shown.column_labels,
            quiet_rows=quiet[0],
            quiet_columns=quiet[1],
        )

    def on_hover(self, hover: Hover) -> None:
        shown = self._map
        if shown is None:
            return
        selection = self.selection
        row, column = find(shown.rows, hover.query), find(shown.columns, hover.key)
        locked = find(shown.rows, selection.query), find(shown.columns, selection.key)
        last = find(shown.rows, self._last[0]), find(shown.columns, self._last[1])
        is_strongest = self.theme.lecture and hover == NOTHING and min(locked) < 0 and min(last) < 0
        if is_strongest:
            row, column = shown.strongest  # a class is never without the sentence
        self.heatmap.set_hovered(row, column)
        if row < 0 or column < 0:
            row, column = locked
        is_last = row < 0 or column < 0
        if is_last:
            row, column = last
        elif not is_strongest:
            self._last = shown.row_tokens[row], shown.column_tokens[column]
        text = self._readout(row, column)
        words = readouts.strongest(text) if is_strongest and text else text
        self.heatmap.set_readout(words, is_last, is_pointed=not is_strongest)

    def readout(self) -> str:
        """What the line below the picture says."""
        return self.heatmap.readout()

    def note(self) -> str:
        """By which rule the numbers were made; empty when they are the model's own weights."""
        return self._note.text()

    def _readout(self, row: int, column: int) -> str:
        if self._shown is None or self._map is None or row < 0 or column < 0:
            return ""
        reading = self._shown[0]
        query, key = self._map.row_labels[row], self._map.column_labels[column]
        if self._following and self._following[row]:
            text = self.tr("{query} (predicts {following})")
            query = text.format(query=query.strip() or query, following=self._following[row].strip())
        if not isinstance(reading, Reading):
            if reading.masked is not None and reading.masked[row, column]:
                return self.tr("“{query}” cannot look at “{key}”: masked").format(query=query, key=key)
            weight = map_picture.change_text(reading, row, column)
            if not weight:
                return self.tr("“{query}” and “{key}” are never in one text").format(query=query, key=key)
            return self.tr("“{query}” looks at “{key}”: {weight}").format(query=query, key=key, weight=weight)
        if reading.hidden_keys[column]:
            return self.tr("“{key}” is left out").format(key=key)
        if reading.masked is not None and reading.masked[row, column]:
            return self.tr("“{query}” cannot look at “{key}”: masked").format(query=query, key=key)
        weight = format_weight(float(reading.matrix[row, column]))
        if reading.hidden_keys.any():
            text = self.tr("“{query}” looks at “{key}”: {weight} of the {share} % that is left")
            share = f"{100 * (1 - float(reading.hidden_shares[row])):.3g}"
            return text.format(query=query, key=key, weight=weight, share=share)
        return self.tr("“{query}” looks at “{key}”: {weight}").format(query=query, key=key, weight=weight)

    def _note_text(self, answer: Reading | Difference) -> str:
        if isinstance(answer, Reading):
            hidden = float(answer.hidden_shares.mean()) if len(answer.hidden_shares) else 0.0
            return rule(self._rule, int(answer.empty_rows.sum()), hidden)
        is_low = self.height() < self.theme.px(_LOW)  # the map needs the room
        changes = [
            self.tr("“{query}” → “{key}” {weight}").format(
                query=" ".join(answer.rows[row].label.split()),
                key=" ".join(answer.columns[column].label.split()),
                weight=signed(change, format_weight(abs(change))),
            )
            for row, column, change in answer.biggest(1 if is_low else _MOST_CHANGES)
        ]
        biggest = self.tr("Biggest changes: {list}.").format(list=" · ".join(changes)) if changes else ""
        about = difference.about(self.tr("Hatched: masked, or only in one text."))
        if is_low:
            return biggest or self.tr("Nothing changes.")
        return sentences((about, biggest or self.tr("Nothing changes."), rule(self._rule)))

    def _off_text(self, selection: Selection) -> str:
        """What the weights of a head that is switched off are."""
        assert self.trace is not None
        if self._is_mean:
            return self.tr("Mean of the weights of all heads of this layer: no head looks like this alone.")
        if (selection.layer, selection.head) not in switching.heads_off(self.trace, selection.kind):
            return ""
        return self.tr("Switched off: it still looks, as the model computed; what it fetches is replaced.")

    # --- pointer ---------------------------------------------------------------------------------

    def _on_heatmap_cell_hovered(self, row: int, column: int) -> None:
        if self._map is None or row < 0:
            self.showing.set_hover(None)
            return
        self.showing.set_hover(Hover(query=self._map.row_tokens[row], key=self._map.column_tokens[column]))
        self.heatmap.set_hovered(row, column)  # of the other text alone, too
        self._last = self._map.row_tokens[row], self._map.column_tokens[column]
        self.heatmap.set_readout(self._readout(row, column))

    def _on_heatmap_cell_clicked(self, row: int, column: int) -> None:
        if self._map is None:
            return
        selection, shown = self.selection, self._map
        if (row, column) == (find(shown.rows, selection.query), find(shown.columns, selection.key)):
            self._unlock()
            return
        self.showing.select(query=shown.row_tokens[row], key=shown.column_tokens[column])

    def _unlock(self) -> None:
        self.showing.select(query=None, key=None)

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.heatmap.apply_theme(theme)
        self._controls.apply_theme(theme)
        self._note.setMinimumHeight(theme.px(24))
        self._note.setContentsMargins(theme.px(16), 0, theme.px(16), 0)

    def retranslate(self) -> None:
        self._controls.retranslate()
        scales = {"linear": self.tr("Linear"), "log": self.tr("Logarithmic")}
        self._scale.set_texts(
            self.tr("Colours"), {name: scales[name] for name in SCALES}, self.tr("How a weight becomes a colour")
        )
        self._heads.setText(self.tr("Mean of heads"))
        self._heads.setToolTip(self.tr("The mean of all heads of the layer instead of the chosen one"))
        self._shown = None  # titles, notes
        self.heatmap.setAccessibleName(self.title())

    def export_widget(self) -> QWidget:
        return self._picture

    def data(self) -> dict[str, Any]:
        reading, place, rule_ = self._shown[0] if self._shown is not None else None, self._place, self._rule
        if reading is None:
            return {}
        if not isinstance(reading, Reading):
            return map_picture.change_data(reading, place, rule_)
        result: dict[str, Any] = {
            "attention": reading.matrix,
            "rows": [unit.label for unit in reading.query_units],
            "columns": [unit.label for unit in reading.key_units],
            "kind": place.kind,
            "layer": place.layer,
            "head": place.head if self._place.head >= 0 else "mean",
            "unit": rule_.unit,
            "hide_sinks": rule_.hide_sinks,
            "quadrant": rule_.quadrant or "",
            "rule": self._note_text(reading),
            "hidden_keys": reading.hidden_keys,
            "hidden_shares": reading.hidden_shares,
            "empty_rows": reading.empty_rows,
        }
        if reading.masked is not None:
            result["masked"] = reading.masked
        return result


def _quiet(trace: Trace, selection: Selection) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
    """Rows and columns that are dimmed because other parts of speech were chosen."""
    if not selection.look.parts_of_speech:
        return None, None
    queries, keys = reader.word_classes(trace, selection.kind, selection.rule)
    return np.array(dimmed(queries, selection), dtype=bool), np.array(dimmed(keys, selection), dtype=bool)
