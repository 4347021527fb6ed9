"""Attention through all layers, beside what the prediction really reacts to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from visualizer.core.errors import TooManyTokens, VisualizerError
from visualizer.core.writing import places
from visualizer.session import locks, switching
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Hover, Selection
from visualizer.ui import errors
from visualizer.ui.controls import Choice
from visualizer.ui.numbers import fixed, format_probability, format_weight
from visualizer.ui.picture_frame import PictureFrame, small_text
from visualizer.ui.readout import ReadoutLine
from visualizer.ui.share_bars import Reading, Row, ShareBars
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.reading_controls import ReadingControls, sentences
from visualizer.views.whole_model_attention import readings
from visualizer.views.whole_model_attention.options import Options
from visualizer.views.whole_model_attention.readings import (
    Bars,
    Floats,
    Found,
    Question,
    agreement,
    is_encoder_alone,
    place_of,
    question_of,
)

if TYPE_CHECKING:
    from visualizer.core.analyses.whole_model_attention import Attribution
    from visualizer.core.analyses.whole_model_readings import Key
    from visualizer.core.trace import Trace


class WholeModelAttentionView(View):
    """For one position: where it looks in one layer, rollout, flow, and gradient x input, token by token."""

    id: ClassVar[str] = "whole_model_attention"
    Options: ClassVar[type] = Options
    shows_parts: ClassVar[bool] = True

    def how_to_read(self) -> str:
        return self.tr(
            "Each column says how much a position draws on each token. One layer: the mean of its heads. Rollout "
            "multiplies all layers, half of each staying in place; flow is the most that the layers let through from a "
            "token. Gradient × input is how much the prediction would change with a token: to the right it speaks for "
            "the prediction, to the left against it."
        )

    def build(self) -> QWidget:
        self._bars: Bars | None = None
        self._found = Found()
        self._text: Trace | None = None  # that was drawn last
        frame = PictureFrame(self)
        self._picture, self._rule = frame.picture, frame.note
        self._controls = ReadingControls(self.showing, frame, has_quadrants=False, has_speech=False)
        self._candidate = Choice(self._controls)
        self._candidate.chosen.connect(self._on_candidate_chosen)
        self._controls.add_control(self._candidate, first=True)
        self._subject = QLabel(self._picture)
        self._subject.setWordWrap(True)
        self._subject.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._subject.setTextFormat(Qt.TextFormat.PlainText)
        self.bars = ShareBars(self._picture)
        self._readout, self._lesson = ReadoutLine(self._picture), small_text(self._picture)
        frame.fill(self._controls, self._subject, self.bars, self._readout, self._rule, self._lesson, growing=self.bars)
        self.bars.row_hovered.connect(self._on_bars_row_hovered)
        self.bars.row_clicked.connect(self._on_bars_row_clicked)
        return frame

    # --- drawing ---------------------------------------------------------------------------------

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        names = ("kind", "layer", "position", "query", "rule")
        return any(getattr(selection, name) != getattr(previous, name) for name in names)

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        return self.tr("position {position}").format(position=place_of(trace, selection))

    def question(self, trace: Trace, selection: Selection) -> Question:
        return question_of(trace, selection, self.options.candidate, self.options.at)

    def is_quick(self, trace: Trace, question: Question) -> bool:
        return readings.is_whole(readings.known(trace, question), question)

    def answer(self, trace: Trace, question: Question, should_stop: ShouldStop, progress: Progress) -> Found:
        return readings.compute(trace, question, should_stop, progress)

    def draw(self, trace: Trace, selection: Selection) -> None:
        self._follow_text(trace)
        super().draw(trace, selection)

    def _follow_text(self, trace: Trace) -> None:
        """The candidate was chosen for a token: it moves with that token, and is let go with it."""
        before, self._text, at = self._text, trace, self.options.at
        if before is not None and before is not trace and at >= 0:
            moved = locks.moved(at, places.predicting_tokens(before), places.predicting_tokens(trace))
            if moved is None or before.card.source != trace.card.source:
                self.set_options(candidate=-1, at=-1)
            else:
                self.set_options(at=moved)

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self._controls.show_state(trace, selection)
        self._candidate.setVisible(trace.n_positions > 0)

    def clear(self) -> None:
        """What is known already stays in sight: another layer is one column of four."""
        trace = self.showing.trace
        if trace is not None:
            self._show(trace, readings.known(trace, self.question(trace, self.selection)))

    def show_part(self, fraction: float, part: Found | str) -> None:
        trace = self.trace
        if trace is not None and isinstance(part, Found):
            self._show(trace, part)

    def show_answer(self, found: Found, selection: Selection) -> None:
        assert self.trace is not None
        self._show(self.trace, found)

    def _show_candidates(self, found: Found, question: Question) -> None:
        shares = {c.id: f"{c.name}   {format_probability(c.probability)}" for c in found.candidates}
        self._candidate.set_texts(
            self.tr("Prediction"),
            shares,
            self.tr("The candidate whose gradient is taken: first the model's choice"),
        )
        chosen = found.chosen(question)
        if chosen is not None:
            self._candidate.set_value(chosen.id)

    def _show(self, trace: Trace, found_parts: Found) -> None:
        selection = self.selection
        question = self.question(trace, selection)
        self._found = found_parts
        self._show_candidates(found_parts, question)
        keys = question.keys
        bars = self._bars = Bars.of(trace, selection, question.position)
        quiet = bars.out_of_reach() | bars.hidden()
        headings = {0: self.tr("Source"), len(bars.sides[0].units): self.tr("Written so far")}
        self.bars.set_rows(
            [
                Row(unit.label, bool(quiet[n]), headings.get(n, "") if len(bars.sides) > 1 else "")
                for n, unit in enumerate(bars.units)
            ],
            bars.marked,
        )
        found = [found_parts.results.get(key) for key in keys]
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
        self._subject.setText(self._subject_text(trace))
        self._rule.setText(self._rule_text(trace, selection))
        self._rule.setVisible(bool(self._rule.text()))
        self._readout.forget_last()
        self._on_hovered_row(self.bars.hovered)

    def _reading(
        self, trace: Trace, key: Key, result: Attribution | VisualizerError | None, values: Floats | None, note: str
    ) -> Reading:
        title = {
            "raw": self.tr("Layer {layer}, mean of heads").format(layer=key.detail),
            "rollout": self.tr("Rollout"),
            "flow": self.tr("Flow"),
            "gradient": self.tr("Gradient × input"),
        }[key.name]
        message = ""
        if result is None:
            message = self.tr("Being computed…")
        elif isinstance(result, VisualizerError):
            message = self._why_not(trace, key, result)
        return Reading(title, values, "" if values is None else note, message, is_signed=key.name == "gradient")

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
        if trace.card.layers_with_attention < trace.card.layers:
            parts.append(
                self.tr(
                    "Only {count} of {all} layers have attention: the others mix tokens too, in ways that rollout and "
                    "flow do not see."
                ).format(count=trace.card.layers_with_attention, all=len(trace.card.layer_types))
            )
        if trace.card.layers_with_more:
            parts.append(
                self.tr(
                    "In {count} layers a state space mixes tokens beside attention; rollout and flow do not see that."
                ).format(count=trace.card.layers_with_more)
            )
        if any(switching.heads_off(trace, kind) for kind in trace.kinds):
            parts.append(self.tr("Layer, rollout and flow count the weights of heads that are switched off, too."))
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
        if key.name == "gradient" and trace.task == "none":
            return self.tr("This model predicts nothing, so there is nothing to take the gradient of.")
        if key.name == "gradient" and trace.model is None:
            return self.tr("Needs the model: a trace opened from a file cannot be run backwards.")
        return " ".join(errors.present(error))

    def _subject_text(self, trace: Trace) -> str:
        question = self.question(trace, self.selection)
        position = question.position
        alone = is_encoder_alone(trace, self.selection)
        tokens = trace.tokens if alone else trace.target_tokens or trace.tokens
        token = tokens[position].name
        chosen = self._found.chosen(question)
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
        self._readout.say(" · ".join(parts))

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
        trace = self.showing.trace
        if trace is not None and self._found.candidates:
            first = self._found.candidates[0].id
            predicted = self.question(trace, self.selection).predicted
            self.set_options(candidate=-1 if token == first else int(str(token)), at=predicted)

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.bars.apply_theme(theme)
        self._controls.apply_theme(theme)
        for label in (self._subject, self._readout, self._rule, self._lesson):
            label.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(4))
        self._readout.apply_theme(theme)

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
        return f"{trace.card.name} · {self.title()} · {self._subject_text(trace)} · {trace.text}"

    def data(self) -> dict[str, Any]:
        trace = self.trace
        if trace is None or self.current is None or not self.bars.readings:
            return {}
        count = len(self.bars.rows)
        columns = [np.full(count, np.nan) if r.values is None else r.values for r in self.bars.readings]
        question = self.question(trace, self.selection)
        chosen = self._found.chosen(question)
        return {
            "attribution": np.stack(columns, axis=1),
            "rows": [row.label for row in self.bars.rows],
            "columns": ["layer_mean", "rollout", "flow", "gradient_times_input"],
            "position": question.position,
            "layer": self.selection.layer,
            "kind": self.selection.kind,
            "unit": self.selection.rule.unit,
            "rule": self._rule.text(),
            "prediction": -1 if chosen is None else chosen.id,
        }


def _tau(values: Floats, gradient: Floats, usable: NDArray[np.bool_]) -> str:
    tau = agreement(values, gradient, usable)
    return f"τ = {fixed(tau)}" if tau == tau else ""
