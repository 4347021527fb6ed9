"""Where a checkpoint's head sees the answer to a question in a passage (Devlin et al. 2019, "BERT", section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visualizer.core import prediction
from visualizer.core.analyses import classification
from visualizer.core.errors import CannotRead
from visualizer.core.system import memo
from visualizer.core.system.progress import ShouldStop, never

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

Floats = NDArray[np.float64]

LONGEST = 30  # tokens of an answer, as in the paper's code
MOST = 20
CSV_COLUMNS = ("start", "end", "text", "start_probability", "end_probability", "probability")


@dataclass(frozen=True, slots=True)
class Span:
    """An answer. first, last: its tokens, both inside; probability: of its start times that of its end."""

    first: int
    last: int
    text: str
    probability: float


@dataclass(frozen=True, eq=False)
class Answered:
    """start, end: float64 [token], the model's own softmax over all tokens of question and passage.

    passage: bool [token], where an answer may be: the second sentence, or all text where there is none. spans: the
    best ones in the passage, the best first. no_answer: start times end at the first token, which models trained on
    questions without an answer give to those (SQuAD 2.0).
    """

    start: Floats
    end: Floats
    passage: NDArray[np.bool_]
    spans: tuple[Span, ...]
    no_answer: float


def measure(trace: Trace, should_stop: ShouldStop = never) -> Answered:
    """One ordinary pass of the whole model with its head; kept with the trace. Raises as `classification.measure`."""
    if trace.card.head != "answer_span":
        raise CannotRead("no_output", trace.card.name)
    found: Answered = memo.ask(trace, "answer_span", lambda: _measured(trace, should_stop))
    return found


def _measured(trace: Trace, should_stop: ShouldStop) -> Answered:
    output = classification.head_output(trace, should_stop)
    start, end = (
        prediction.distribution(logits[0].double().cpu().numpy()) for logits in (output.start_logits, output.end_logits)
    )
    side = 1 if trace.pair else 0
    passage = np.array([token.sequence == side and not token.special for token in trace.tokens], dtype=bool)
    return Answered(start, end, passage, _best(trace, start, end, passage), float(start[0] * end[0]))


def _best(trace: Trace, start: Floats, end: Floats, passage: NDArray[np.bool_]) -> tuple[Span, ...]:
    places = np.flatnonzero(passage)
    found: list[tuple[float, int, int]] = []
    for first in places.tolist():
        stop = min(first + LONGEST, len(end))
        for last in range(first, stop):
            if not passage[last]:
                break
            found.append((float(start[first] * end[last]), first, last))
    found.sort(key=lambda one: -one[0])
    text = trace.pair or trace.text
    tokens = trace.tokens
    return tuple(
        Span(first, last, text[tokens[first].span[0] : tokens[last].span[1]].strip(), probability)
        for probability, first, last in found[:MOST]
    )
