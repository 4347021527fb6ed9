"""The attention map: one head as a matrix, every weight readable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from visualizer.core import reading as reader
from visualizer.core.place import Place
from visualizer.core.reading import PLAIN, Reading, Rule
from visualizer.core.text.tokens import Unit
from visualizer.session import switching
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import SCALES, Hover, Look, Selection
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.controls import Choice
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.numbers import format_weight
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.reading_controls import ReadingControls, dimmed, rule, sentences

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

# More cells than this take longer than a frame to compute: they come from the worker, the old picture stays.
_AT_ONCE = 2048 * 2048

_RELEVANT = ("kind", "layer", "head", "rule", "look", "query", "key")


class AttentionMapView(View):
    """One head of one layer. Hover reads a weight, a click locks it, Esc or a second click lets it go."""

    id: ClassVar[str] = "attention_map"

    def how_to_read(self) -> str:
        return self.tr(
            "Each row is a token that looks; the colours say how strongly it looks at each token on top. "
            "A row sums to 1: softmax(q·k / √d) over all keys. Hatched cells are masked."
        )

    def build(self) -> QWidget:
        self._shown: tuple[Reading, Look] | None = None
        self._place, self._rule = Place("self", 0, 0), PLAIN
        self._rows: dict[int, int] = {}
        self._columns: dict[int, int] = {}
        self._scale = Choice(self)
        self._scale.chosen.connect(lambda scale: self.showing.select(scale=scale))
        frame = PictureFrame(self)
        self._picture, self._note = frame.picture, frame.note
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._controls = ReadingControls(self.showing, frame)
        self._controls.add_control(self._scale)
        self.heatmap = HeatmapWidget(frame.picture)
        frame.fill(self._controls, self.heatmap, frame.note, growing=self.heatmap)
        self.heatmap.cell_hovered.connect(self._on_heatmap_cell_hovered)
        self.heatmap.cell_clicked.connect(self._on_heatmap_cell_clicked)
        self.heatmap.escaped.connect(self._unlock)
        return frame

    # --- drawing ---------------------------------------------------------------------------------

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        return any(getattr(selection, name) != getattr(previous, name) for name in _RELEVANT)

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        return self.describe_head(trace, selection)

    def question(self, trace: Trace, selection: Selection) -> tuple[Place, Rule]:
        return selection.place, selection.rule

    def is_quick(self, trace: Trace, question: tuple[Place, Rule]) -> bool:
        kind = question[0].kind
        return len(trace.query_tokens(kind)) * len(trace.key_tokens(kind)) <= _AT_ONCE

    def answer(
        self, trace: Trace, question: tuple[Place, Rule], should_stop: ShouldStop, progress: Progress
    ) -> Reading:
        return reader.read(trace, *question)

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self._controls.show_state(trace, selection)
        self._scale.set_value(selection.look.scale)

    def show_answer(self, reading: Reading, selection: Selection) -> None:
        assert self.trace is not None
        looks = (reading, selection.look)
        if self._shown is None or self._shown[0] is not reading or self._shown[1] != selection.look:
            self._shown = looks
            self._place, self._rule = selection.place, selection.rule
            self._rows = _first_holder(reading.query_units)
            self._columns = _first_holder(reading.key_units)
            quiet = _quiet(self.trace, selection)
            self.heatmap.set_data(
                reading.matrix,
                scale=ColorScale(float(reading.matrix.max(initial=0.0)), selection.look.scale),
                mask=_hatched(reading),
                row_labels=[unit.label for unit in reading.query_units],
                column_labels=[unit.label for unit in reading.key_units],
                quiet_rows=quiet[0],
                quiet_columns=quiet[1],
            )
        self.heatmap.set_locked(
            _find(self._rows, selection.query),
            _find(self._columns, selection.key),
        )
        self._note.setText(sentences((self._off_text(selection), self._rule_text(reading))))
        self.on_hover(self.showing.hover)

    @property
    def _reading(self) -> Reading | None:
        return None if self._shown is None else self._shown[0]

    def on_hover(self, hover: Hover) -> None:
        row, column = _find(self._rows, hover.query), _find(self._columns, hover.key)
        self.heatmap.set_hovered(row, column)
        if row < 0 or column < 0:
            selection = self.selection
            row, column = _find(self._rows, selection.query), _find(self._columns, selection.key)
        self.heatmap.set_readout(self._readout(row, column))

    def readout(self) -> str:
        """What the line below the picture says."""
        return self.heatmap.readout()

    def note(self) -> str:
        """By which rule the numbers were made; empty when they are the model's own weights."""
        return self._note.text()

    def _readout(self, row: int, column: int) -> str:
        reading = self._reading
        if reading is None or row < 0 or column < 0:
            return ""
        query, key = reading.query_units[row].label, reading.key_units[column].label
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

    def _rule_text(self, reading: Reading) -> str:
        hidden = float(reading.hidden_shares.mean()) if len(reading.hidden_shares) else 0.0
        return rule(self._rule, int(reading.empty_rows.sum()), hidden)

    def _off_text(self, selection: Selection) -> str:
        """What the weights of a head that is switched off are."""
        assert self.trace is not None
        if (selection.layer, selection.head) not in switching.heads_off(self.trace, selection.kind):
            return ""
        return self.tr("Switched off: it still looks, as the model computed; what it fetches is replaced.")

    # --- pointer ---------------------------------------------------------------------------------

    def _on_heatmap_cell_hovered(self, row: int, column: int) -> None:
        if self._reading is None or row < 0:
            self.showing.set_hover(None)
            return
        query, key = self._reading.query_units[row].tokens[0], self._reading.key_units[column].tokens[0]
        self.showing.set_hover(Hover(query=query, key=key))

    def _on_heatmap_cell_clicked(self, row: int, column: int) -> None:
        if self._reading is None:
            return
        selection = self.selection
        if (row, column) == (_find(self._rows, selection.query), _find(self._columns, selection.key)):
            self._unlock()
            return
        query, key = self._reading.query_units[row].tokens[0], self._reading.key_units[column].tokens[0]
        self.showing.select(query=query, key=key)

    def _unlock(self) -> None:
        self.showing.select(query=None, key=None)

    def place_at(self, point: QPoint) -> Place | None:
        return self.selection.place

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.heatmap.apply_theme(theme)
        self._controls.apply_theme(theme)
        self._note.setMinimumHeight(theme.px(24))

    def retranslate(self) -> None:
        self._controls.retranslate()
        scales = {"linear": self.tr("Linear"), "log": self.tr("Logarithmic")}
        self._scale.set_texts(
            self.tr("Colours"), {name: scales[name] for name in SCALES}, self.tr("How a weight becomes a colour")
        )
        self.heatmap.set_titles(self.tr("Query (looks)"), self.tr("Key (is looked at)"), self.tr("Weight"))
        self.heatmap.setAccessibleName(self.title())

    def export_widget(self) -> QWidget:
        return self._picture

    def data(self) -> dict[str, Any]:
        reading, place, rule_ = self._reading, self._place, self._rule
        if reading is None:
            return {}
        result: dict[str, Any] = {
            "attention": reading.matrix,
            "rows": [unit.label for unit in reading.query_units],
            "columns": [unit.label for unit in reading.key_units],
            "kind": place.kind,
            "layer": place.layer,
            "head": place.head,
            "unit": rule_.unit,
            "hide_sinks": rule_.hide_sinks,
            "quadrant": rule_.quadrant or "",
            "rule": self._rule_text(reading),
            "hidden_keys": reading.hidden_keys,
            "hidden_shares": reading.hidden_shares,
            "empty_rows": reading.empty_rows,
        }
        if reading.masked is not None:
            result["masked"] = reading.masked
        return result


def _first_holder(units: tuple[Unit, ...]) -> dict[int, int]:
    """Token -> the unit that holds most of it (the first of them)."""
    best: dict[int, tuple[float, int]] = {}
    for index, unit in enumerate(units):
        for token, share in zip(unit.tokens, unit.shares, strict=True):
            if token not in best or share > best[token][0]:
                best[token] = (share, index)
    return {token: index for token, (_, index) in best.items()}


def _find(places: dict[int, int], token: int | None) -> int:
    return -1 if token is None else places.get(token, -1)


def _quiet(trace: Trace, selection: Selection) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
    """Rows and columns that are dimmed because other parts of speech were chosen."""
    if not selection.look.parts_of_speech:
        return None, None
    queries, keys = reader.word_classes(trace, selection.kind, selection.rule)
    return np.array(dimmed(queries, selection), dtype=bool), np.array(dimmed(keys, selection), dtype=bool)


def _hatched(reading: Reading) -> NDArray[np.bool_] | None:
    """Cells that stand for no weight: masked ones, and columns that were left out."""
    if not reading.hidden_keys.any():
        return reading.masked
    hidden = np.broadcast_to(reading.hidden_keys, reading.matrix.shape)
    return hidden if reading.masked is None else reading.masked | hidden
