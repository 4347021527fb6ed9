"""The readings that the view of all layers puts side by side, each by a key, each computed once for its trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from visualizer.core import prediction
from visualizer.core.analyses import gradients, whole_model_attention
from visualizer.core.analyses.whole_model_attention import Attribution
from visualizer.core.errors import Cancelled, NoSuchKind, TooManyTokens, VisualizerError
from visualizer.core.prediction import Candidate
from visualizer.core.system import memo
from visualizer.core.system.progress import ShouldStop, never

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

GRADIENT = "gradient"


class Key(NamedTuple):
    """A reading: its name, the layer (raw) or candidate (gradient; -1: the most probable one), the position.

    name: "raw", "rollout", "flow" or GRADIENT. kind: "encoder" for the encoder of an encoder-decoder model by itself,
    else None. through: the encoder's position that the gradient passes, where `position` is the prediction's.
    """

    name: str
    detail: int
    position: int
    kind: str | None = None
    through: int | None = None


def known(trace: Trace, key: Key) -> Attribution | VisualizerError | None:
    """What `of` answers at once; None for what it would have to compute."""
    if key.name == GRADIENT and not gradients.is_available(trace):
        return NoSuchKind("gradient", "gradient_times_input", ())
    found: Attribution | VisualizerError | None = memo.find(trace, ("whole model", key), None)
    return found


def of(
    trace: Trace,
    key: Key,
    should_stop: ShouldStop = never,
    progress: Callable[[float], None] = lambda _share: None,
) -> Attribution | VisualizerError:
    """One reading, remembered. Raises Cancelled; any other error of the core is an answer too."""
    found = known(trace, key)
    if found is not None:
        return found
    try:
        result = _computed(trace, key, should_stop, progress)
    except Cancelled:
        raise
    except TooManyTokens as error:  # true for as long as the trace is; without the frames, which hold the trace
        return memo.keep(trace, ("whole model", key), error.with_traceback(None))
    except VisualizerError as error:
        return error.with_traceback(None)
    size = result.source.nbytes + (0 if result.target is None else result.target.nbytes)
    return memo.keep(trace, ("whole model", key), result, size)


def _computed(trace: Trace, key: Key, should_stop: ShouldStop, progress: Callable[[float], None]) -> Attribution:
    def report(share: float, _name: str) -> None:
        progress(share)

    name, detail, position, kind, through = key
    if name == "raw":
        return whole_model_attention.raw(trace, detail, position, kind)
    if name == "rollout":
        return whole_model_attention.rollout(trace, position, should_stop, report, kind)
    if name == "flow":
        return whole_model_attention.attention_flow(trace, position, should_stop, report, kind)
    return gradients.gradient_times_input(trace, position, None if detail < 0 else detail, through).shares


def candidates(trace: Trace, position: int, limit: int, chosen: int = -1) -> tuple[Candidate, ...]:
    """The most probable tokens at a position, best first, and a chosen one (-1: none) after them if it is not there."""
    return memo.ask(trace, ("candidates", position, limit, chosen), lambda: _candidates(trace, position, limit, chosen))


def known_candidates(trace: Trace, position: int, limit: int, chosen: int = -1) -> tuple[Candidate, ...] | None:
    """What `candidates` answers at once; None for what it would have to compute."""
    found: tuple[Candidate, ...] | None = memo.find(trace, ("candidates", position, limit, chosen), None)
    return found


def _candidates(trace: Trace, position: int, limit: int, chosen: int) -> tuple[Candidate, ...]:
    found = prediction.forecast(trace.logits(position), limit=limit, actual=None if chosen < 0 else chosen)
    ranks = list(range(1, len(found.ids) + 1))
    if found.actual is not None and found.actual_rank is not None:
        ranks[found.actual] = found.actual_rank
    rows = zip(found.ids.tolist(), found.probabilities.tolist(), found.logits.tolist(), ranks, strict=True)
    return tuple(Candidate(token, trace.label(token), share, logit, rank) for token, share, logit, rank in rows)
