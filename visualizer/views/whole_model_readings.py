"""What the view of all layers shows for a position: which readings there are, and how each is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visualizer.core.errors import NoSuchKind, VisualizerError
from visualizer.session.state import Selection

if TYPE_CHECKING:
    from visualizer.core.flow import Attribution
    from visualizer.core.trace import Trace

GRADIENT = "gradient"

# Name of the reading, the layer (raw) or candidate (gradient; -1: the most probable one), the position.
Key = tuple[str, int, int]


def place_of(trace: Trace, selection: Selection) -> int:
    """The position that is read, counted from 0: the prediction's, or the chosen token where nothing is predicted."""
    count = len(trace.target_tokens or trace.tokens)
    if trace.n_positions:
        return selection.position % count
    return selection.query if selection.query is not None and selection.query < count else count - 1


def keys_of(trace: Trace, selection: Selection, position: int, token: int | None) -> tuple[Key, ...]:
    """The readings to show, gradient last."""
    kind = "decoder" if "decoder" in trace.kinds else trace.kinds[0]
    layer = min(selection.layer, trace.layers(kind) - 1)
    return (
        ("raw", layer, position),
        ("rollout", -1, position),
        ("flow", -1, position),
        (GRADIENT, -1 if token is None else token, position),
    )


def compute(
    trace: Trace, key: Key, should_stop: Callable[[], bool], progress: Callable[[float], None]
) -> Attribution | VisualizerError:
    """One reading, on the worker. Raises Cancelled; other errors of the core are an answer too."""
    from visualizer.core import flow, saliency
    from visualizer.core.errors import Cancelled

    def report(share: float, _name: str) -> None:
        progress(share)

    name, detail, position = key
    try:
        if name == "raw":
            return flow.raw(trace, detail, position)
        if name == "rollout":
            return flow.rollout(trace, position, should_stop, report)
        if name == "flow":
            return flow.attention_flow(trace, position, should_stop, report)
        if not saliency.is_available(trace):
            return NoSuchKind("gradient", "gradient_times_input", ())
        return saliency.gradient_times_input(trace, position, None if detail < 0 else detail).shares
    except Cancelled:
        raise
    except VisualizerError as error:
        return error


def joined(result: Attribution) -> NDArray[np.float32]:
    """All tokens in one column: the source's, then the target's."""
    return result.source if result.target is None else np.concatenate([result.source, result.target])


def agreement(trace: Trace, result: Attribution, gradient: object, position: int) -> float:
    """Kendall's tau between a reading and the size of the gradient, over the tokens that the position can draw on."""
    from visualizer.core import saliency
    from visualizer.core.flow import Attribution

    if not isinstance(gradient, Attribution):
        return float("nan")
    values, sizes = joined(result), np.abs(joined(gradient))
    if trace.kind != "encoder":
        count = position + 1 + (len(trace.tokens) if trace.target_tokens else 0)
        values, sizes = values[:count], sizes[:count]
    return saliency.rank_agreement(values, sizes) if len(values) > 2 else float("nan")
