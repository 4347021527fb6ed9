"""Attention through all layers, beside what the prediction really reacts to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from visualizer.core.errors import TooManyTokens, VisualizerError
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.state import Hover, Selection
from visualizer.ui import errors
from visualizer.ui.controls import Choice
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.numbers import format_probability, format_weight
from visualizer.ui.share_bars import Reading, Row, ShareBars
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.whole_model_readings import GRADIENT, Key, agreement, compute, joined, keys_of, place_of

if TYPE_CHECKING:
    from visualizer.core.flow import Attribution
    from visualizer.core.prediction import Candidate
    from visualizer.core.trace import Trace

_CANDIDATES = 8


class WholeModelAttentionView(View):
    """For one position: where it looks in one layer, rollout, flow, and gradient x input, token by token."""

    id: ClassVar[str] = "whole_model_attention"

    def title(self) -> str:
        return self.tr("Attention through all layers")

    def how_to_read(self) -> str:
        return self.tr(
            "Each column says how much a position draws on each token. One layer: the mean of its heads. Rollout "
            "multiplies all layers, half of each staying in place; flow is the most that the layers let through from a "
            "token. Gradient × input is how much the prediction would change with a token: to the right it speaks for "
            "the prediction, to the left against it."
        )

    def build(self) -> QWidget:
        self._known: tuple[Trace, dict[Key, Attribution | VisualizerError]] | None = None
        self._wanted: tuple[Trace, tuple[Key, ...]] | None = None
        self._position = -1
        self._token: int | None = None  # the candidate that was chosen; None: the most probable one
        self._candidates: tuple[Candidate, ...] = ()
        content = QWidget(self)
        self._controls = QWidget(content)
        self._row = FlowLayout(self._controls)
        self._candidate = Choice(self._controls)
        self._candidate.chosen.connect(self._on_candidate_chosen)
        self._row.addWidget(self._candidate)
        self._picture = QWidget(content)
        self._subject = QLabel(self._picture)
        self._subject.setWordWrap(True)
        self._subject.setTextFormat(Qt.TextFormat.PlainText)
        self.bars = ShareBars(self._picture)
        self._readout = QLabel(self._picture)
        self._lesson = QLabel(self._picture)
        for label in (self._readout, self._lesson):
            label.setProperty("role", "small")
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._lesson.setWordWrap(True)
        inner = QVBoxLayout(self._picture)
        inner.addWidget(self._subject)
        inner.addWidget(self.bars, 1)
        inner.addWidget(self._readout)
        inner.addWidget(self._lesson)
        layout = QVBoxLayout(content)
        layout.addWidget(self._controls)
        layout.addWidget(self._picture, 1)
        for box in (inner, layout):
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(0)
        self.bars.row_hovered.connect(self._on_bars_row_hovered)
        self.bars.row_clicked.connect(self._on_bars_row_clicked)
        return content

    # --- drawing ---------------------------------------------------------------------------------

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        names = ("kind", "layer", "position", "query")
        return any(getattr(selection, name) != getattr(previous, name) for name in names)

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        return self.tr("position {position}").format(position=place_of(trace, selection))

    def draw(self, trace: Trace, selection: Selection) -> None:
        if self._known is None or self._known[0] is not trace:
            self._known = (trace, {})
            self._token = None
        position = place_of(trace, selection)
        if position != self._position:
            self._position, self._token = position, None
        self._show_candidates(trace, position)
        known = self._known[1]
        keys = keys_of(trace, selection, position, self._token)
        missing = tuple(key for key in keys if key not in known)
        if not missing:
            self.cancel_job("readings")
        elif self._wanted != (trace, missing) or not self.is_running("readings"):
            self._compute(trace, missing)
        self._show(trace, keys)

    def _compute(self, trace: Trace, keys: tuple[Key, ...]) -> None:
        def work(should_stop: ShouldStop, progress: Progress) -> None:
            for number, key in enumerate(keys):
                inner = lambda share, number=number: progress((number + share) / len(keys), "")  # noqa: E731
                progress((number + 1) / len(keys), (key, compute(trace, key, should_stop, inner)))

        def arrived(_fraction: float, payload: object) -> None:
            if isinstance(payload, tuple) and self._known is not None and self._known[0] is trace:
                key, result = payload
                self._known[1][key] = result
                if self.session.trace is trace:
                    self._show(trace, keys_of(trace, self.session.selection, self._position, self._token))

        self._wanted = (trace, keys)
        self.start_job("readings", work, lambda _: None, arrived)

    def _show_candidates(self, trace: Trace, position: int) -> None:
        has_predictions = trace.n_positions > 0
        self._controls.setVisible(has_predictions)
        self._candidates = trace.next_tokens(position, limit=_CANDIDATES) if has_predictions else ()
        shares = {c.id: f"{c.text.strip() or c.text}   {format_probability(c.probability)}" for c in self._candidates}
        self._candidate.set_texts(
            self.tr("Prediction"),
            shares,
            self.tr("The candidate whose gradient is taken: first the model's choice"),
        )
        if self._candidates:
            self._candidate.set_value(self._token if self._token is not None else self._candidates[0].id)

    def _show(self, trace: Trace, keys: tuple[Key, ...]) -> None:
        assert self._known is not None
        known = self._known[1]
        position = self._position
        self.bars.set_rows(self._rows(trace, position), _row_of(trace, position))
        gradient = known.get(keys[-1])
        self.bars.set_readings([self._reading(trace, key, known.get(key), gradient) for key in keys])
        self._subject.setText(self._subject_text(trace, position))
        self._on_hovered_row(self.bars.hovered)

    def _rows(self, trace: Trace, position: int) -> list[Row]:
        if not trace.target_tokens:
            is_causal = trace.kind == "decoder"
            return [Row(t.text, is_causal and n > position) for n, t in enumerate(trace.tokens)]
        source = [Row(t.text, heading="" if n else self.tr("Source")) for n, t in enumerate(trace.tokens)]
        target = [
            Row(t.text, n > position, "" if n else self.tr("Written so far")) for n, t in enumerate(trace.target_tokens)
        ]
        return source + target

    def _reading(
        self, trace: Trace, key: Key, result: Attribution | VisualizerError | None, gradient: object
    ) -> Reading:
        title = {
            "raw": self.tr("Layer {layer}, mean of heads").format(layer=key[1]),
            "rollout": self.tr("Rollout"),
            "flow": self.tr("Flow"),
            GRADIENT: self.tr("Gradient × input"),
        }[key[0]]
        is_signed = key[0] == GRADIENT
        if result is None:
            return Reading(title, message=self.tr("Being computed…"), is_signed=is_signed)
        if isinstance(result, VisualizerError):
            return Reading(title, message=self._why_not(trace, key, result), is_signed=is_signed)
        note = ""
        tau = agreement(trace, result, gradient, self._position) if not is_signed else float("nan")
        if tau == tau:
            note = f"τ = {tau:.2f}"
        elif is_signed:
            note = "← −   + →"
        return Reading(title, joined(result), note, is_signed=is_signed)

    def _why_not(self, trace: Trace, key: Key, error: VisualizerError) -> str:
        if isinstance(error, TooManyTokens):
            count, limit = error.fields["count"], error.fields["limit"]
            return self.tr("Exact flow is computed for up to {limit} tokens; here are {count}.").format(
                limit=limit, count=count
            )
        if key[0] == GRADIENT and trace.task == "none":
            return self.tr("This model predicts nothing, so there is nothing to take the gradient of.")
        if key[0] == GRADIENT and getattr(trace.head, "loaded", None) is None:
            return self.tr("Needs the model: a trace opened from a file cannot be run backwards.")
        return " ".join(errors.present(error))

    def _subject_text(self, trace: Trace, position: int) -> str:
        tokens = trace.target_tokens or trace.tokens
        token = tokens[position].text.strip() or tokens[position].text
        chosen = next((c for c in self._candidates if c.id == self._token), None)
        chosen = chosen or (self._candidates[0] if self._candidates else None)
        if chosen is None:
            return self.tr("What reaches “{token}” (position {position})").format(token=token, position=position)
        text = (
            self.tr("What stands in place of “{token}” (position {position}): “{prediction}”, {probability}")
            if trace.task == "masked"
            else self.tr("What follows “{token}” (position {position}): “{prediction}”, {probability}")
        )
        return text.format(
            token=token,
            position=position,
            prediction=chosen.text.strip() or chosen.text,
            probability=format_probability(chosen.probability),
        )

    # --- pointer ---------------------------------------------------------------------------------

    def on_hover(self, hover: Hover) -> None:
        trace, selection = self.session.trace, self.session.selection
        if trace is None:
            return
        row = -1
        if hover.key is not None:
            row = hover.key + (len(trace.tokens) if selection.kind == "decoder" else 0)
        elif hover.query is not None:
            row = hover.query + (len(trace.tokens) if selection.kind in ("decoder", "cross") else 0)
        self.bars.set_hovered(row if row < len(self.bars.rows) else -1)
        self._on_hovered_row(row)

    def _on_hovered_row(self, row: int) -> None:
        parts = []
        if 0 <= row < len(self.bars.rows):
            index = row - self.bars.section_start(row)
            parts.append(f"“{self.bars.rows[row].label.strip()}” ({index})")
            for reading in self.bars.readings:
                if reading.values is not None:
                    parts.append(f"{reading.title} {format_weight(float(reading.values[row]))}")
        self._readout.setText(" · ".join(parts))

    def _on_bars_row_hovered(self, row: int) -> None:
        trace, kind = self.session.trace, self.session.selection.kind
        self._on_hovered_row(row)
        if trace is None:
            return
        sources = len(trace.tokens)
        if row < 0:
            self.session.set_hover(None)
        elif row < sources and kind != "decoder":
            self.session.set_hover(Hover(key=row))
        elif row >= sources and kind == "decoder":
            self.session.set_hover(Hover(key=row - sources))

    def _on_bars_row_clicked(self, row: int) -> None:
        trace, kind = self.session.trace, self.session.selection.kind
        if trace is None:
            return
        if not trace.target_tokens:
            self.session.select(position=row, query=row)
        elif row >= len(trace.tokens):
            position = row - len(trace.tokens)
            locked = {"query": position} if kind in ("decoder", "cross") else {}
            self.session.select(position=position, **locked)

    def _on_candidate_chosen(self, token: object) -> None:
        self._token = int(str(token))
        self.redraw()

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.bars.apply_theme(theme)
        self._row.setContentsMargins(theme.px(16), 0, theme.px(16), theme.px(4))
        for label in (self._subject, self._readout, self._lesson):
            label.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(4))
        self._readout.setMinimumHeight(theme.px(24))

    def retranslate(self) -> None:
        self._lesson.setText(
            self.tr(
                "Attention is not explanation (Jain and Wallace 2019): the first three columns say where information "
                "may come from, the last what the prediction reacts to. τ compares a column's ranking of the tokens "
                "with the size of the gradient: 1 is the same, 0 unrelated."
            )
        )
        self.bars.setAccessibleName(self.title())

    def export_widget(self) -> QWidget:
        return self._picture

    def caption(self) -> str:
        trace = self.session.trace
        if trace is None:
            return ""
        return f"{trace.card.name} · {self.title()} · {self._subject_text(trace, self._position)} · {trace.text}"

    def data(self) -> dict[str, Any]:
        trace = self.session.trace
        if trace is None or self._known is None or not self.bars.readings:
            return {}
        count = len(self.bars.rows)
        columns = [np.full(count, np.nan) if r.values is None else r.values for r in self.bars.readings]
        return {
            "attribution": np.stack(columns, axis=1),
            "rows": [row.label for row in self.bars.rows],
            "columns": ["layer_mean", "rollout", "flow", "gradient_times_input"],
            "position": self._position,
            "layer": self.session.selection.layer,
            "prediction": self._token if self._token is not None else next((c.id for c in self._candidates), -1),
        }


def _row_of(trace: Trace, position: int) -> int:
    return position + (len(trace.tokens) if trace.target_tokens else 0)
