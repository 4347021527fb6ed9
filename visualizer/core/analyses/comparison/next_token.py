"""What two runs predict at two positions: candidates side by side, and how far the distributions are apart.

found = next_token_change(a, b, position_a=-1, position_b=-1)
found.candidates[0].text, found.candidates[0].change, found.kl_a_b
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from visualizer.core import prediction, text
from visualizer.core.analyses.comparison.matching import align_sides
from visualizer.core.analyses.comparison.reasons import DifferentModelKinds, NoPrediction, NotComparable
from visualizer.core.prediction import Vector
from visualizer.core.system import memo
from visualizer.core.writing import places
from visualizer.core.writing.places import checked_position

if TYPE_CHECKING:
    from visualizer.core.trace import Trace


@dataclass(frozen=True, slots=True)
class CandidateChange:
    """One possible next token in both runs.

    id_a, id_b: its id in either vocabulary, None where the vocabulary has no token of this text; its probability is 0
    there, and it has no rank. Where several tokens of a vocabulary are written alike, probabilities are their sum; id
    and rank are those of the most probable one. change: B - A. Ranks count from 1, in the order of the logits.
    """

    text: str
    id_a: int | None
    id_b: int | None
    probability_a: float
    probability_b: float
    change: float
    rank_a: int | None
    rank_b: int | None


@dataclass(frozen=True, eq=False)
class NextTokenChange:
    """Two distributions of the next token.

    candidates: the most probable ones of A and of B together, biggest change first. by: "id" when both models have one
    vocabulary (equal ids and labels); "text" when tokens are matched by what is written.
    total_variation: half the sum of |B - A|, 0 to 1. kl_a_b, kl_b_a: KL(A || B), KL(B || A) in bits; infinite where
    filters (top-k, top-p) leave one a token that the other has not. By text, all that only one vocabulary can write is
    one outcome, which makes these three the least that they can be; outside: how probable that is in A and B.
    """

    candidates: tuple[CandidateChange, ...]
    by: Literal["id", "text"]
    total_variation: float
    kl_a_b: float
    kl_b_a: float
    outside: tuple[float, float]


def next_token_change(
    a: Trace,
    b: Trace,
    position_a: int = -1,
    position_b: int = -1,
    limit: int = 20,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    repetition_penalty: float = 1.0,
) -> NextTokenChange:
    """Compares what A predicts at one of its positions with what B predicts at one of its own.

    limit: how many of the most probable tokens of each run are listed.

    Raises NotComparable (different kinds of models, no prediction), NoSuchPart (position), ValueError as
    `prediction.distribution` does.
    """
    if a.kind != b.kind or a.task != b.task:
        raise NotComparable(DifferentModelKinds(a.kind, b.kind))
    if not (a.n_positions and b.n_positions):
        raise NotComparable(NoPrediction(bool(a.n_positions), bool(b.n_positions)))
    raw = a.logits(checked_position(a, position_a)), b.logits(checked_position(b, position_b))
    before = places.seen(a, position_a), places.seen(b, position_b)
    first, second = (prediction.penalised(*run, repetition_penalty) for run in zip(raw, before, strict=True))
    logits = first, second
    p, q = (prediction.distribution(values, temperature, top_k, top_p, min_p) for values in logits)
    top = [prediction.ranking(values, limit).tolist() for values in logits]
    if has_same_vocabulary(a, b):
        ids = dict.fromkeys((*top[0], *top[1]))
        found = [_candidate(a.label(n), (n, n), (float(p[n]), float(q[n])), (logits[0], logits[1])) for n in ids]
        return NextTokenChange(_sorted(found), "id", *_apart(p, q), (0.0, 0.0))
    texts = _texts(a, len(p)), _texts(b, len(q))
    sums, best = zip(*(_by_text(*run) for run in zip(texts, (p, q), logits, strict=True)), strict=True)
    wanted = dict.fromkeys(written[n] for written, first in zip(texts, top, strict=True) for n in first)
    found = []
    for name in wanted:
        chances = sums[0].get(name, 0.0), sums[1].get(name, 0.0)
        found.append(_candidate(name, (best[0].get(name), best[1].get(name)), chances, logits))
    common = [name for name in sums[0] if name in sums[1]]
    shared = [np.array([run[name] for name in common], dtype=np.float64) for run in sums]
    outside = [sum(chance for name, chance in sums[n].items() if name not in sums[1 - n]) for n in (0, 1)]
    both = [np.append(run, rest) for run, rest in zip(shared, outside, strict=True)]
    return NextTokenChange(_sorted(found), "text", *_apart(*both), (outside[0], outside[1]))


def aligned_position(a: Trace, b: Trace, position: int) -> int | None:
    """The position of B whose token belongs to the one at `position` of A; None where it has no partner."""
    kind = "decoder" if a.kind == "encoder_decoder" else a.kinds[0]
    queries, _ = align_sides(a, b, kind)
    return queries.partner(checked_position(a, position))


def has_same_vocabulary(a: Trace, b: Trace) -> bool:
    """Whether equal ids are equal tokens in both runs."""
    if a.output_layer is b.output_layer:
        return True
    tokenizers = [_tokenizer(trace) for trace in (a, b)]
    if a.card.vocabulary != b.card.vocabulary:
        return False
    if tokenizers[0] is not None and tokenizers[0] is tokenizers[1]:
        return True
    return _texts(a, a.card.vocabulary) == _texts(b, b.card.vocabulary)


def _tokenizer(trace: Trace) -> object | None:
    return None if trace.model is None else trace.model.tokenizer


def _candidate(
    name: str,
    ids: tuple[int | None, int | None],
    probabilities: tuple[float, float],
    logits: tuple[np.ndarray, np.ndarray],
) -> CandidateChange:
    ranks = [None if n is None else prediction.rank_of(run, n) for n, run in zip(ids, logits, strict=True)]
    return CandidateChange(name, *ids, *probabilities, probabilities[1] - probabilities[0], ranks[0], ranks[1])


def _sorted(found: list[CandidateChange]) -> tuple[CandidateChange, ...]:
    return tuple(sorted(found, key=lambda c: (-abs(c.change), -max(c.probability_a, c.probability_b))))


def _apart(p: Vector, q: Vector) -> tuple[float, float, float]:
    """Total variation, KL(p || q), KL(q || p) in bits."""
    return float(np.abs(p - q).sum() / 2), _relative(p, q), _relative(q, p)


def _relative(p: Vector, q: Vector) -> float:
    p, q = p[p > 0], q[p > 0]
    if (q <= 0).any():
        return float("inf")
    return max(0.0, float((p * (np.log2(p) - np.log2(q))).sum()))


def _by_text(names: tuple[str, ...], chances: Vector, logits: np.ndarray) -> tuple[dict[str, float], dict[str, int]]:
    """name -> probability of all tokens that are written so, and the most probable one's id."""
    sums: dict[str, float] = {}
    best: dict[str, int] = {}
    values = logits.tolist()
    for n, (name, chance) in enumerate(zip(names, chances.tolist(), strict=True)):
        sums[name] = sums.get(name, 0.0) + chance
        if name not in best or values[n] > values[best[name]]:
            best[name] = n
    return sums, best


def _texts(trace: Trace, count: int) -> tuple[str, ...]:
    """How each of `count` tokens of the vocabulary is written, without the blanks around it.

    A second's work for a large vocabulary; remembered for as long as its tokenizer (or the opened file) lives.
    """

    def make() -> tuple[str, ...]:
        if tokenizer is not None:
            return tuple(text.label_each(tokenizer, range(count)))
        labels = [trace.label(n) for n in range(count)]
        return tuple(label.strip() or label for label in labels)

    tokenizer = _tokenizer(trace)
    return memo.ask(trace.output_layer if tokenizer is None else tokenizer, ("texts", count), make)
