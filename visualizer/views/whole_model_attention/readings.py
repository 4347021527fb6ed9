"""What the view of all layers shows for a position: which readings there are, how each is computed, and its bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from visualizer.core import reading
from visualizer.core.errors import VisualizerError
from visualizer.core.text.sides import Side
from visualizer.core.text.tokens import Unit
from visualizer.core.writing import places
from visualizer.session.jobs import ShouldStop
from visualizer.session.selection import Selection

if TYPE_CHECKING:
    from visualizer.core.analyses.whole_model_attention import Attribution
    from visualizer.core.analyses.whole_model_readings import Key
    from visualizer.core.prediction import Candidate
    from visualizer.core.trace import Trace

Floats = NDArray[np.float32]
_CANDIDATES = 8


class Question(NamedTuple):
    """What the columns depend on.

    position: that is read. predicted: whose prediction is differentiated, -1 where nothing is predicted. candidate: the
    token chosen there, -1 for the most probable one. keys: the readings, gradient last.
    """

    position: int
    predicted: int
    candidate: int
    keys: tuple[Key, ...]


@dataclass(frozen=True, eq=False)
class Found:
    """What is known of an answer so far. An error of the core is a result, too."""

    candidates: tuple[Candidate, ...] = ()
    results: Mapping[Key, Attribution | VisualizerError] = field(default_factory=dict)

    def chosen(self, question: Question) -> Candidate | None:
        """The candidate whose gradient is taken; None where it is not known yet, or nothing is predicted."""
        wanted = (c for c in self.candidates if c.id == question.candidate)
        return next(wanted, self.candidates[0] if self.candidates else None)


def is_encoder_alone(trace: Trace, selection: Selection) -> bool:
    """Whether the encoder of an encoder-decoder model is looked at by itself."""
    return bool(trace.target_tokens) and selection.kind == "encoder"


def place_of(trace: Trace, selection: Selection) -> int:
    """The position that is read, counted from 0: the prediction's, or the chosen token where nothing is predicted.

    In an encoder by itself, too, it is the chosen token, at first the one where the text begins.
    """
    alone = is_encoder_alone(trace, selection)
    tokens = trace.tokens if alone else trace.target_tokens or trace.tokens
    if trace.n_positions and not alone:
        return predicted_at(trace, selection)
    if selection.query is not None and selection.query < len(tokens):
        return selection.query
    return next((n for n, token in enumerate(tokens) if not token.special), 0) if alone else len(tokens) - 1


def predicted_at(trace: Trace, selection: Selection) -> int:
    """The position whose prediction is looked at; the same as in the view of the next token."""
    return min(places.place(trace, selection.position), len(trace.target_tokens or trace.tokens) - 1)


def question_of(trace: Trace, selection: Selection, candidate: int, at: int) -> Question:
    """candidate, at: as in the view's options."""
    position, predicted = place_of(trace, selection), predicted_at(trace, selection)
    if at not in (-1, predicted) or candidate >= trace.card.vocabulary:
        candidate = -1
    keys = _keys_of(trace, selection, position, candidate)
    return Question(position, predicted if trace.n_positions else -1, candidate, keys)


def _keys_of(trace: Trace, selection: Selection, position: int, candidate: int) -> tuple[Key, ...]:
    from visualizer.core.analyses.whole_model_readings import GRADIENT, Key

    alone = is_encoder_alone(trace, selection)
    kind = "decoder" if "decoder" in trace.kinds and not alone else trace.kinds[0]
    side = "encoder" if alone else None
    layer = min(trace.layer_numbers(kind), key=lambda number: (abs(number - selection.layer), number))
    gradient = Key(GRADIENT, candidate, predicted_at(trace, selection), side, position) if alone else None
    return (
        Key("raw", layer, position, side),
        Key("rollout", -1, position, side),
        Key("flow", -1, position, side),
        gradient or Key(GRADIENT, candidate, position),
    )


def known(trace: Trace, question: Question) -> Found:
    """What is known already; computes nothing."""
    from visualizer.core.analyses import whole_model_readings as readings

    candidates = None
    if question.predicted >= 0:
        candidates = readings.known_candidates(trace, question.predicted, _CANDIDATES, question.candidate)
    results = {key: readings.known(trace, key) for key in question.keys}
    return Found(candidates or (), {key: result for key, result in results.items() if result is not None})


def is_whole(found: Found, question: Question) -> bool:
    """Whether nothing is missing."""
    return len(found.results) == len(question.keys) and (question.predicted < 0 or bool(found.candidates))


def compute(
    trace: Trace, question: Question, should_stop: ShouldStop, progress: Callable[[float, Found | str], None]
) -> Found:
    """Everything, one part after the other; progress(share, what is found so far). Raises Cancelled."""
    from visualizer.core.analyses import whole_model_readings as readings

    found = known(trace, question)
    if question.predicted >= 0 and not found.candidates:
        candidates = readings.candidates(trace, question.predicted, _CANDIDATES, question.candidate)
        found = Found(candidates, found.results)
        progress(0.0, found)
    missing = [key for key in question.keys if key not in found.results]
    for number, key in enumerate(missing):
        inner = lambda share, number=number: progress((number + share) / len(missing), "")  # noqa: E731
        result = readings.of(trace, key, should_stop, inner)
        found = Found(found.candidates, {**found.results, key: result})
        progress((number + 1) / len(missing), found)
    return found


@dataclass(frozen=True, eq=False)
class Bars:
    """What the rows stand for: the source's units, then the target's where there is one.

    sides; position: that is read, in the last of them. hides: whether sinks are left out. is_causal: whether a
    position draws on nothing that comes after it.
    """

    sides: tuple[Side, ...]
    position: int
    hides: bool
    is_causal: bool

    @staticmethod
    def of(trace: Trace, selection: Selection, position: int) -> Bars:
        has_target = bool(trace.target_tokens) and not is_encoder_alone(trace, selection)
        names = ("source", "target") if has_target else ("source",)
        sides = tuple(reading.side(trace, name, selection.rule.unit) for name in names)
        return Bars(sides, position, selection.rule.hide_sinks, has_target or trace.kind == "decoder")

    @property
    def units(self) -> tuple[Unit, ...]:
        """One a row."""
        return tuple(unit for side in self.sides for unit in side.units)

    @property
    def marked(self) -> int:
        """The row that holds the position."""
        return self.row_of(len(self.sides) - 1, self.position)

    def row_of(self, side: int, token: int) -> int:
        """The row that holds most of a token; -1 when there is none."""
        if side >= len(self.sides) or not 0 <= token < len(self.sides[side].home):
            return -1
        return sum(len(s.units) for s in self.sides[:side]) + int(self.sides[side].home[token])

    def place(self, row: int) -> tuple[int, Unit]:
        """Number of the side and unit of a row."""
        number = 0
        while row >= len(self.sides[number].units):
            row -= len(self.sides[number].units)
            number += 1
        return number, self.sides[number].units[row]

    def out_of_reach(self) -> NDArray[np.bool_]:
        """Rows that come after the position: bool [row]."""
        last = len(self.sides) - 1
        found = [
            self.is_causal and n == last and min(unit.tokens) > self.position
            for n, side in enumerate(self.sides)
            for unit in side.units
        ]
        return np.array(found, dtype=bool)

    def hidden(self) -> NDArray[np.bool_]:
        """Rows that are left out as sinks: bool [row]."""
        sinks = np.concatenate([side.sinks for side in self.sides])
        return sinks if self.hides else np.zeros_like(sinks)

    def values(self, name: str, result: Attribution) -> Floats:
        """A reading by row: the tokens of a unit are added; nan where a sink is left out.

        What sums to 1 sums to 1 without the sinks as well: a layer's weights on each text, and a rollout on both. Flow
        and gradient are no shares of anything, and stay as they are.
        """
        parts = [result.source] if result.target is None else [result.source, result.target]
        by_unit = [side.sum_columns(part[None])[0] for side, part in zip(self.sides, parts, strict=True)]
        if self.hides and name == "raw":
            by_unit = [_renormalised(part, side.sinks) for side, part in zip(self.sides, by_unit, strict=True)]
        joined = np.concatenate(by_unit).astype(np.float32)
        if self.hides and name == "rollout":
            joined = _renormalised(joined, self.hidden())
        return np.where(self.hidden(), np.float32(np.nan), joined)


def _renormalised(values: Floats, hidden: NDArray[np.bool_]) -> Floats:
    kept: Floats = np.where(hidden, np.float32(0), values)
    left, total = float(kept.sum()), float(values.sum())
    return kept / np.float32(left) if left > reading.LITTLE * total else np.zeros_like(kept)


def agreement(values: Floats, gradient: Floats, usable: NDArray[np.bool_]) -> float:
    """Kendall's tau between a reading and the size of the gradient, over the rows that the position can draw on."""
    from visualizer.core.analyses import gradients

    return gradients.rank_agreement(values[usable], np.abs(gradient[usable])) if usable.sum() > 2 else float("nan")
