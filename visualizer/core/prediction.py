"""What a language model says comes next: exact probabilities, sampling filters, entropy and surprisal.

Everything here is a pure function of logits in numpy, in double precision: no torch, no model. Running a model to write
more text is in :mod:`visualizer.core.generation`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One token that may come next.

    `probability` is what remains after temperature, top-k and top-p; `logit` is the model's own number; `rank` counts
    from 1 in the order of the logits, before any filter.
    """

    id: int
    text: str
    probability: float
    logit: float
    rank: int

    @property
    def name(self) -> str:
        """What it is called in a sentence, as `Token.name`."""
        return self.text.strip() or self.text


@dataclass(frozen=True, eq=False)
class Forecast:
    """What comes next at one position, for a picture: the head of the ranking, and how much lies outside it.

    ids int64, logits, probabilities (after the filters; 0 for a removed token) and unfiltered float64: [candidate], in
    the order of the logits. kept: how many tokens of the vocabulary the filters leave. entropy and unfiltered_entropy
    are in bits. actual: place in these arrays of the token that really comes next, which stands last when its rank is
    beyond the limit; None where there is none. actual_rank counts from 1.
    """

    ids: npt.NDArray[np.int64]
    logits: Vector
    probabilities: Vector
    unfiltered: Vector
    vocabulary: int
    kept: int
    entropy: float
    unfiltered_entropy: float
    actual: int | None = None
    actual_rank: int | None = None


def forecast(
    logits: npt.ArrayLike,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    limit: int = 20,
    actual: int | None = None,
    repetition_penalty: float = 1.0,
    seen: Collection[int] = (),
) -> Forecast:
    """Everything that a picture of the next token shows: logits float [vocabulary]; `actual` is the real next token.

    With a penalty on `seen` tokens the order is that of the penalised logits; `logits` stay the model's own.

    Raises ValueError as :func:`distribution` does.
    """
    values = _as_logits(logits)
    ordered = penalised(values, seen, repetition_penalty)
    probabilities = distribution(ordered, temperature, top_k, top_p, min_p)
    is_filtered = temperature != 1 or any(f is not None for f in (top_k, top_p, min_p)) or ordered is not values
    unfiltered = distribution(values) if is_filtered else probabilities
    ids = ranking(ordered, limit)
    place = rank = None
    if actual is not None:
        rank = rank_of(ordered, actual)
        place = rank - 1 if rank <= len(ids) else len(ids)
        if place == len(ids):
            ids = np.append(ids, actual)
    return Forecast(
        ids=ids,
        logits=values[ids],
        probabilities=probabilities[ids],
        unfiltered=unfiltered[ids],
        vocabulary=values.size,
        kept=int(np.count_nonzero(probabilities)),
        entropy=entropy(probabilities),
        unfiltered_entropy=entropy(unfiltered),
        actual=place,
        actual_rank=rank,
    )


def penalised(logits: npt.ArrayLike, seen: Collection[int], penalty: float = 1.0) -> Vector:
    """Logits with those of tokens that stand in the text already made smaller (Keskar et al. 2019, CTRL, section 4.1).

    Positive ones are divided by the penalty, negative ones multiplied with it, each once, as transformers does; below 1
    repetition is rewarded. logits: float [vocabulary] -> float64 [vocabulary], the same array where nothing is changed.
    Raises ValueError for a penalty that is not positive.
    """
    if not (np.isfinite(penalty) and penalty > 0):
        raise ValueError(f"repetition_penalty must be a positive number, not {penalty}")
    values = _as_logits(logits)
    ids = np.unique(np.asarray([n for n in seen if 0 <= n < values.size], dtype=np.int64))
    if penalty == 1 or not ids.size:
        return values
    values = values.copy()
    own = values[ids]
    values[ids] = np.where(own < 0, own * penalty, own / penalty)
    return values


def check_sampling(
    temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None, min_p: float | None = None
) -> None:
    """Raise ValueError, naming the rule, for sampling settings that mean nothing."""
    if not (np.isfinite(temperature) and temperature >= 0):
        raise ValueError(f"temperature must be 0 (greedy) or a positive number, not {temperature}")
    if top_k is not None and (top_k < 1 or int(top_k) != top_k):
        raise ValueError(f"top_k must be a whole number of at least 1, or None, not {top_k}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p must be above 0 and at most 1, or None, not {top_p}")
    if min_p is not None and not 0 <= min_p <= 1:
        raise ValueError(f"min_p must be from 0 to 1, or None, not {min_p}")


def distribution(
    logits: npt.ArrayLike,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> Vector:
    """The probabilities from which the next token is drawn, over the full vocabulary.

    logits: float [vocabulary]. Returns float64 [vocabulary] that sums to 1; tokens that a filter removes are exactly 0.
    The order is that of transformers' generation: temperature, then top-k (tokens that tie with the k-th stay), then
    top-p (the smallest set, from the most probable on, whose mass reaches `top_p`; Holtzman et al. 2020, section 3.1),
    then min-p (what is less probable than `min_p` times the most probable one goes; Nguyen et al. 2024, section 3).
    Temperature 0 is greedy: all mass on the largest logit, the lowest id where several are equal.
    Raises ValueError for settings that mean nothing, for NaN, and where no logit is finite.

    >>> distribution([0.0, 0.0, 1.0], top_k=1)
    array([0., 0., 1.])
    """
    check_sampling(temperature, top_k, top_p, min_p)
    values = _as_logits(logits)
    if temperature == 0:
        greedy = np.zeros(values.shape, dtype=np.float64)
        greedy[int(np.argmax(values))] = 1.0
        return greedy
    # The largest logit is subtracted first: a tiny temperature must not overflow to inf - inf.
    scaled = (values - values.max()) / temperature
    if top_k is not None and top_k < scaled.size:
        threshold = np.partition(scaled, scaled.size - top_k)[scaled.size - top_k]
        scaled = np.where(scaled < threshold, -np.inf, scaled)
    probabilities = np.exp(scaled)
    probabilities /= probabilities.sum()
    if top_p is not None:
        probabilities = np.where(_largest(values, _nucleus_size(probabilities, top_p)), probabilities, 0.0)
        probabilities /= probabilities.sum()
    if min_p is not None:
        probabilities = np.where(probabilities < min_p * probabilities.max(), 0.0, probabilities)
        probabilities /= probabilities.sum()
    return probabilities


def candidates(
    logits: npt.ArrayLike,
    label: Callable[[int], str],
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    limit: int = 20,
    repetition_penalty: float = 1.0,
    seen: Collection[int] = (),
) -> tuple[Candidate, ...]:
    """The `limit` most probable next tokens that the filters leave, most probable first; equal logits by id.

    logits: float [vocabulary]; `label` names a token id for the reader. Raises ValueError as :func:`distribution` does.
    """
    if limit < 0:
        raise ValueError(f"limit must not be negative, is {limit}")
    values = _as_logits(logits)
    ordered = penalised(values, seen, repetition_penalty)
    probabilities = distribution(ordered, temperature, top_k, top_p, min_p)
    found = []
    # Filters and temperature never change the order, so the first of the ranking are also the first of what is left.
    for rank, token in enumerate(ranking(ordered, limit).tolist(), start=1):
        if probabilities[token] <= 0:
            break
        found.append(Candidate(token, label(token), float(probabilities[token]), float(values[token]), rank))
    return tuple(found)


def ranking(logits: npt.ArrayLike, limit: int | None = None) -> npt.NDArray[np.int64]:
    """Token ids from the largest logit down, equal ones by id: int64 [limit], without sorting the whole vocabulary."""
    values = np.asarray(logits)
    if limit is None or limit >= values.size:
        return np.argsort(-values, kind="stable")
    if limit <= 0:
        return np.zeros(0, dtype=np.int64)
    threshold = np.partition(values, values.size - limit)[values.size - limit]
    above = np.flatnonzero(values > threshold)
    level = np.flatnonzero(values == threshold)[: limit - above.size]
    return np.concatenate([above[np.argsort(-values[above], kind="stable")], level])


def rank_of(logits: npt.ArrayLike, token: int) -> int:
    """The place of one token in :func:`ranking`, from 1."""
    values = np.asarray(logits)
    own = values[token]
    return 1 + int(np.count_nonzero(values > own)) + int(np.count_nonzero(values[:token] == own))


def entropy(probabilities: npt.ArrayLike) -> float:
    """Shannon entropy in bits, -sum p log2 p: 0 when one token has all mass, log2(n) when n are equally likely."""
    values = np.asarray(probabilities, dtype=np.float64)
    positive = values[values > 0]
    # max() turns the -0.0 of a certain distribution into 0.0.
    return max(0.0, float(-(positive * np.log2(positive)).sum()))


def surprisal(logits: npt.ArrayLike, token: int) -> float:
    """-log2 p(token) in bits (Shannon 1948), by the model's own distribution: temperature 1 and no filter."""
    return float(surprisals(np.asarray(logits)[None, :], [token])[0])


def surprisals(logits: npt.ArrayLike, tokens: Sequence[int]) -> Vector:
    """-log2 p of one token at each position: logits [position, vocabulary], tokens [position] -> bits [position]."""
    values = np.asarray(logits)
    if values.ndim != 2 or values.shape[0] != len(tokens):
        raise ValueError(
            f"logits must be [{len(tokens)}, vocabulary], one row for each token, not {list(values.shape)}"
        )
    bits = np.empty(len(tokens), dtype=np.float64)
    for position, token in enumerate(tokens):  # row by row: a long text times a large vocabulary never lies in double
        row = _as_logits(values[position])
        largest = row.max()
        log_total = largest + np.log(np.exp(row - largest).sum())
        bits[position] = (log_total - row[token]) / np.log(2.0)
    return np.maximum(bits, 0.0)


def _as_logits(logits: npt.ArrayLike) -> Vector:
    values: npt.NDArray[Any] = np.asarray(logits)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"logits must be one row over the vocabulary, not of shape {list(values.shape)}")
    values = values.astype(np.float64, copy=False)
    largest = values.max()  # NaN if there is one, and -inf if all are
    if not np.isfinite(largest):
        raise ValueError(f"the largest logit is {largest}: no probabilities can be computed")
    return values


def _nucleus_size(probabilities: Vector, top_p: float) -> int:
    """How many tokens, from the most probable on, top-p keeps."""
    ascending = np.sort(probabilities)
    # As in transformers: those go whose mass, together with all less probable ones, is no more than 1 - top_p.
    n_removed = int(np.searchsorted(np.cumsum(ascending), 1.0 - top_p, side="right"))
    return max(1, ascending.size - n_removed)


def _largest(values: Vector, count: int) -> npt.NDArray[np.bool_]:
    """True for the `count` largest values, of equal ones at the border those of the lowest ids: bool [vocabulary]."""
    border = np.partition(values, values.size - count)[values.size - count]
    chosen = values > border
    level = np.flatnonzero(values == border)
    chosen[level[: count - int(np.count_nonzero(chosen))]] = True
    return chosen
