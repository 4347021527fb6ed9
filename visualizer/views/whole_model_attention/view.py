"""Attention through all layers, beside what the prediction really reacts to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from visualizer.core.errors import TooManyTokens, VisualizerError
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Hover, Selection
from visualizer.ui import errors
from visualizer.ui.controls import Choice
from visualizer.ui.numbers import format_probability, format_weight
from visualizer.ui.share_bars import Reading, Row, ShareBars
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.reading_controls import ReadingControls, sentences
from visualizer.views.whole_model_attention.readings import (
    GRADIENT,
    Bars,
    Floats,
    Key,
    agreement,
    compute,
    is_encoder_alone,
    keys_of,
    place_of,
    predicted_at,
)

if TYPE_CHECKING:
    from visualizer.core.analyses.whole_model_attention import Attribution
    from visualizer.core.prediction import Candidate
    from visualizer.core.trace import Trace

_CANDIDATES = 8


class WholeModelAttentionView(View):
    """For one position: where it looks in one layer, rollout, flow, and gradient x input, token by token."""

    id: ClassVar[str] = "whole_model_attention"

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
        self._position = self._predicted = -1
        self._bars: Bars | None = None
        self._token: int | None = None  # the candidate that was chosen; None: the most probable one
        self._candidates: tuple[Candidate, ...] = ()
        content = QWidget(self)
        self._controls = ReadingControls(self.showing, content, has_quadrants=False, has_speech=False)
        self._candidate = Choice(self._controls)
        self._candidate.chosen.connect(self._on_candidate_chosen)
        self._controls.add_control(self._candidate, first=True)
        self._picture = QWidget(content)
        self._subject = QLabel(self._picture)
        self._subject.setWordWrap(True)
        self._subject.setTextFormat(Qt.TextFormat.PlainText)
        self.bars = ShareBars(self._picture)
        self._readout = QLabel(self._picture)
        self._rule = QLabel(self._picture)
        self._lesson = QLabel(self._picture)
        for label in (self._readout, self._rule, self._lesson):
            label.setProperty("role", "small")
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._rule.setWordWrap(True)
        self._lesson.setWordWrap(True)
        inner = QVBoxLayout(self._picture)
        inner.addWidget(self._subject)
        inner.addWidget(self.bars, 1)
        inner.addWidget(self._readout)
        inner.addWidget(self._rule)
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
        names = ("kind", "layer", "position", "query", "rule")
        return any(getattr(selection, name) != getattr(previous, name) for name in names)

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        return self.tr("position {position}").format(position=place_of(trace, selection))

    def draw(self, trace: Trace, selection: Selection) -> None:
        if self._known is None or self._known[0] is not trace:
            self._known = (trace, {})
            self._token = None
        self._controls.show_state(trace, selection)
        position, predicted = place_of(trace, selection), predicted_at(trace, selection)
        if predicted != self._predicted:
            self._token = None
        self._position, self._predicted = position, predicted
        self._show_candidates(trace, predicted)
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
                if self.trace is trace:
                    self._show(trace, keys_of(trace, self.selection, self._position, self._token))

        self._wanted = (trace, keys)
        self.start_job("readings", work, lambda _: None, arrived)

    def _show_candidates(self, trace: Trace, position: int) -> None:
        has_predictions = trace.n_positions > 0
        self._candidate.setVisible(has_predictions)
        self._candidates = trace.next_tokens(position, limit=_CANDIDATES) if has_predictions else ()
        shares = {c.id: f"{c.name}   {format_probability(c.probability)}" for c in self._candidates}
        self._candidate.set_texts(
            self.tr("Prediction"),
            shares,
            self.tr("The candidate whose gradient is taken: first the model's choice"),
        )
        if self._candidates:
            self._candidate.set_value(self._token if self._token is not None else self._candidates[0].id)

    def _show(self, trace: Trace, keys: tuple[Key, ...]) -> None:
        assert self._known is not None
        known, selection = self._known[1], self.selection
        bars = self._bars = Bars.of(trace, selection, self._position)
        quiet = bars.out_of_reach() | bars.hidden()
        headings = {0: self.tr("Source"), len(bars.sides[0].units): self.tr("Written so far")}
        self.bars.set_rows(
            [
                Row(unit.label, bool(quiet[n]), headings.get(n, "") if len(bars.sides) > 1 else "")
                for n, unit in enumerate(bars.units)
            ],
            bars.marked,
        )
        found = [known.get(key) for key in keys]
        values = [
            None if result is None or isinstance(result, VisualizerError) else bars.values(key.name, result)
            for key, result in zip(keys, found, strict=True)
        ]
        notes = ["" if v is None or values[-1] is None else _tau(v, values[-1], ~quiet) for v in values[:-1]]
        self.bars.set_readings(
            [
                self._reading(trace, key, result, value, note)
                for key, result, value, note in zip(keys, found, values, [*notes, "← −   + →"], strict=True)
            ]
        )
        self._subject.setText(self._subject_text(trace, self._position))
        self._rule.setText(self._rule_text(trace, selection))
        self._rule.setVisible(bool(self._rule.text()))
        self._on_hovered_row(self.bars.hovered)

    def _reading(
        self, trace: Trace, key: Key, result: Attribution | VisualizerError | None, values: Floats | None, note: str
    ) -> Reading:
        title = {
            "raw": self.tr("Layer {layer}, mean of heads").format(layer=key.detail),
            "rollout": self.tr("Rollout"),
            "flow": self.tr("Flow"),
            GRADIENT: self.tr("Gradient × input"),
        }[key.name]
        message = ""
        if result is None:
            message = self.tr("Being computed…")
        elif isinstance(result, VisualizerError):
            message = self._why_not(trace, key, result)
        return Reading(title, values, "" if values is None else note, message, is_signed=key.name == GRADIENT)

    def _rule_text(self, trace: Trace, selection: Selection) -> str:
        """What the columns sum over, and by which rule they were made; empty for one text as the model reads it."""
        parts = []
        if is_encoder_alone(trace, selection):
            parts.append(
                self.tr(
                    "The encoder alone: layer and rollout sum to 1 over the source. Gradient × input is what the "
                    "prediction takes from this place of the encoder."
                )
            )
        elif trace.target_tokens:
            parts.append(
                self.tr(
                    "One layer sums to 1 over the source (cross-attention) and again over what is written (decoder); "
                    "rollout sums to 1 over both together."
                )
            )
        if selection.rule.unit != "token":
            parts.append(self.tr("The tokens of a unit are added."))
        if selection.rule.hide_sinks:
            parts.append(
                self.tr(
                    "First token, special tokens and punctuation are left out; layer and rollout are renormalised, "
                    "flow and gradient are not."
                )
            )
        return sentences(parts)

    def _why_not(self, trace: Trace, key: Key, error: VisualizerError) -> str:
        if isinstance(error, TooManyTokens):
            count, limit = error.fields["count"], error.fields["limit"]
            return self.tr("Exact flow is computed for up to {limit} tokens; here are {count}.").format(
                limit=limit, count=count
            )
        if key.name == GRADIENT and trace.task == "none":
            return self.tr("This model predicts nothing, so there is nothing to take the gradient of.")
        if key.name == GRADIENT and trace.model is None:
            return self.tr("Needs the model: a trace opened from a file cannot be run backwards.")
        return " ".join(errors.present(error))

    def _subject_text(self, trace: Trace, position: int) -> str:
        alone = is_encoder_alone(trace, self.selection)
        tokens = trace.tokens if alone else trace.target_tokens or trace.tokens
        token = tokens[position].name
        chosen = next((c for c in self._candidates if c.id == self._token), None)
        chosen = chosen or (self._candidates[0] if self._candidates else None)
        if chosen is None:
            return self.tr("What reaches “{token}” (position {position})").format(token=token, position=position)
        if alone:
            text = self.tr(
                "What reaches “{token}” (position {position}) in the encoder, and from there “{prediction}”, "
                "{probability}"
            )
        else:
            text = (
                self.tr("What stands in place of “{token}” (position {position}): “{prediction}”, {probability}")
                if trace.task == "masked"
                else self.tr("What follows “{token}” (position {position}): “{prediction}”, {probability}")
            )
        return text.format(
            token=token,
            position=position,
            prediction=chosen.name,
            probability=format_probability(chosen.probability),
        )

    # --- pointer ---------------------------------------------------------------------------------

    def on_hover(self, hover: Hover) -> None:
        bars, kind = self._bars, self.selection.kind
        if bars is None:
            return
        row = -1
        if hover.key is not None:
            row = bars.row_of(int(kind == "decoder"), hover.key)
        elif hover.query is not None:
            row = bars.row_of(int(kind in ("decoder", "cross")), hover.query)
        self.bars.set_hovered(row)
        self._on_hovered_row(row)

    def _on_hovered_row(self, row: int) -> None:
        parts = []
        if self._bars is not None and 0 <= row < len(self.bars.rows):
            parts.append(f"“{self.bars.rows[row].label.strip()}” ({self._bars.place(row)[1].tokens[0]})")
            for reading in self.bars.readings:
                if reading.values is not None and np.isfinite(reading.values[row]):
                    parts.append(f"{reading.title} {format_weight(float(reading.values[row]))}")
        self._readout.setText(" · ".join(parts))

    def _on_bars_row_hovered(self, row: int) -> None:
        self._on_hovered_row(row)
        if row < 0:
            self.showing.set_hover(None)
        elif self._bars is not None:
            side, unit = self._bars.place(row)
            if side == int(self.selection.kind == "decoder"):
                self.showing.set_hover(Hover(key=unit.tokens[0]))

    def _on_bars_row_clicked(self, row: int) -> None:
        trace, selection = self.trace, self.selection
        if trace is None or self._bars is None:
            return
        side, unit = self._bars.place(row)
        if is_encoder_alone(trace, selection):
            self.showing.select(query=unit.tokens[0])
            return
        # What follows a unit is predicted at its last token, what stands in its place at its own.
        token = unit.tokens[0] if trace.task == "masked" else unit.tokens[-1]
        if not trace.target_tokens:
            self.showing.select(position=token, query=token)
        elif side == 1:
            locked = {"query": token} if selection.kind in ("decoder", "cross") else {}
            self.showing.select(position=token, **locked)

    def _on_candidate_chosen(self, token: object) -> None:
        self._token = int(str(token))
        self.redraw()

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.bars.apply_theme(theme)
        self._controls.apply_theme(theme)
        for label in (self._subject, self._readout, self._rule, self._lesson):
            label.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(4))
        self._readout.setMinimumHeight(theme.px(24))

    def retranslate(self) -> None:
        self._controls.retranslate()
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
        trace = self.trace
        if trace is None:
            return ""
        return f"{trace.card.name} · {self.title()} · {self._subject_text(trace, self._position)} · {trace.text}"

    def data(self) -> dict[str, Any]:
        trace = self.trace
        if trace is None or self._known is None or not self.bars.readings:
            return {}
        count = len(self.bars.rows)
        columns = [np.full(count, np.nan) if r.values is None else r.values for r in self.bars.readings]
        return {
            "attribution": np.stack(columns, axis=1),
            "rows": [row.label for row in self.bars.rows],
            "columns": ["layer_mean", "rollout", "flow", "gradient_times_input"],
            "position": self._position,
            "layer": self.selection.layer,
            "kind": self.selection.kind,
            "unit": self.selection.rule.unit,
            "rule": self._rule.text(),
            "prediction": self._token if self._token is not None else next((c.id for c in self._candidates), -1),
        }


def _tau(values: Floats, gradient: Floats, usable: NDArray[np.bool_]) -> str:
    tau = agreement(values, gradient, usable)
    return f"τ = {tau:.2f}" if tau == tau else ""
