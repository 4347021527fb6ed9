"""What the view of all layers shows for a position: which readings there are, how each is computed, and its bars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from visualizer.core import reading
from visualizer.core.errors import NoSuchKind, VisualizerError
from visualizer.core.text.sides import Side
from visualizer.core.text.tokens import Unit
from visualizer.core.writing import places
from visualizer.session.selection import Selection

if TYPE_CHECKING:
    from visualizer.core.analyses.whole_model_attention import Attribution
    from visualizer.core.trace import Trace

GRADIENT = "gradient"
Floats = NDArray[np.float32]


class Key(NamedTuple):
    """A reading: its name, the layer (raw) or candidate (gradient; -1: the most probable one), the position.

    kind: "encoder" for the encoder of an encoder-decoder model by itself, else None. through: the encoder's position
    that the gradient passes, where `position` is the prediction's.
    """

    name: str
    detail: int
    position: int
    kind: str | None = None
    through: int | None = None


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


def keys_of(trace: Trace, selection: Selection, position: int, token: int | None) -> tuple[Key, ...]:
    """The readings to show, gradient last."""
    alone = is_encoder_alone(trace, selection)
    kind = "decoder" if "decoder" in trace.kinds and not alone else trace.kinds[0]
    layer, side = min(selection.layer, trace.layers(kind) - 1), "encoder" if alone else None
    candidate = -1 if token is None else token
    gradient = Key(GRADIENT, candidate, predicted_at(trace, selection), side, position) if alone else None
    return (
        Key("raw", layer, position, side),
        Key("rollout", -1, position, side),
        Key("flow", -1, position, side),
        gradient or Key(GRADIENT, candidate, position),
    )


def compute(
    trace: Trace, key: Key, should_stop: Callable[[], bool], progress: Callable[[float], None]
) -> Attribution | VisualizerError:
    """One reading, on the worker. Raises Cancelled; other errors of the core are an answer too."""
    from visualizer.core.analyses import gradients, whole_model_attention
    from visualizer.core.errors import Cancelled

    def report(share: float, _name: str) -> None:
        progress(share)

    name, detail, position, kind, through = key
    try:
        if name == "raw":
            return whole_model_attention.raw(trace, detail, position, kind)
        if name == "rollout":
            return whole_model_attention.rollout(trace, position, should_stop, report, kind)
        if name == "flow":
            return whole_model_attention.attention_flow(trace, position, should_stop, report, kind)
        if not gradients.is_available(trace):
            return NoSuchKind("gradient", "gradient_times_input", ())
        return gradients.gradient_times_input(trace, position, None if detail < 0 else detail, through).shares
    except Cancelled:
        raise
    except VisualizerError as error:
        return error


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
