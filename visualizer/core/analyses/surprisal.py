"""How surprising every token of a text is to the model that reads it, and how unsure the model was before it.

A model that writes is asked what it expected before each token, all in the pass that there is already. A model that
fills blanks is asked once for each token, with that token alone blanked: the pseudo-log-likelihood of Salazar et al.
2020, "Masked Language Model Scoring", equation 1. It is no probability of the text, and is named as what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.core import capture, text
from visualizer.core.anatomy import body
from visualizer.core.errors import Cancelled, CannotRead
from visualizer.core.forward import acting, passes
from visualizer.core.system import memo
from visualizer.core.system.progress import ShouldStop, never
from visualizer.core.text.units import UnitKind
from visualizer.core.writing import places

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.text import Unit
    from visualizer.core.trace import Trace

Floats = NDArray[np.float64]

CSV_COLUMNS = ("position", "token", "surprisal", "rank", "entropy")
UNITS: tuple[UnitKind, ...] = ("token", "morpheme", "word")

_KEY = "surprise"
_TOGETHER = 4096  # tokens of blanked texts that run in one pass


@dataclass(frozen=True, eq=False)
class Surprise:
    """What a model expected at every token of a text.

    surprisal: -log2 p(token), float64 [token] in bits. rank: of the token among all, int64 [token] from 1, 0 where
    nothing is expected. entropy: of the whole distribution before the token, float64 [token] in bits. NaN where no
    position predicts the token: the first one of a model that writes, special tokens and blanks of a masked one.
    place: the position whose distribution it is, int64 [token]; -1 for none.
    is_counted: bool [token], what perplexity and bits per character are of: what is expected and no special token that
    was added. done: how many tokens are known by now, of so many that can be. is_pseudo: with each token alone blanked.
    """

    surprisal: Floats
    rank: NDArray[np.int64]
    entropy: Floats
    place: NDArray[np.int64]
    is_counted: NDArray[np.bool_]
    characters: int
    done: int
    of: int
    is_pseudo: bool

    @property
    def is_complete(self) -> bool:
        """Whether every token that can be known is known."""
        return self.done == self.of

    @property
    def bits(self) -> float:
        """Surprisal of the whole text: the sum over the tokens that count."""
        return float(self.surprisal[self.is_counted].sum())

    @property
    def perplexity(self) -> float:
        """2 to the mean surprisal a token; NaN for none. Of a masked model the pseudo-perplexity (Salazar 2020)."""
        count = int(self.is_counted.sum())
        return float(2.0 ** (self.bits / count)) if count else float("nan")

    @property
    def bits_per_character(self) -> float:
        """The sum by the characters that the counted tokens write; NaN for none."""
        return self.bits / self.characters if self.characters else float("nan")


def known(trace: Trace) -> Surprise | None:
    """What `measure` has found; None where it was not asked yet, or did not come to its end."""
    found: Surprise | None = memo.find(trace, _KEY, None)
    return found


def measure(
    trace: Trace, should_stop: ShouldStop = never, progress: Callable[[float, Surprise], None] | None = None
) -> Surprise:
    """Surprisal, rank and entropy of every token of the predicting side; kept with the trace.

    progress(share, what is known so far). Raises CannotRead ("no_output": no language-model head; "no_model": a masked
    model's trace from a file), Cancelled; for interventions as `capture.run` does.

    >>> found = measure(trace); found.surprisal[1], found.perplexity    # doctest: +SKIP
    """
    before = known(trace)
    if before is not None:
        return before
    if trace.task == "none":
        raise CannotRead("no_output", trace.card.name)
    tokens = places.predicting_tokens(trace)
    is_pseudo = trace.task == "masked"
    wanted = list(places.blankable(trace)) if is_pseudo else list(range(1, len(tokens)))
    n = len(tokens)
    bits, entropy = np.full(n, np.nan), np.full(n, np.nan)
    rank, place = np.zeros(n, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    place[wanted] = wanted if is_pseudo else [i - 1 for i in wanted]

    def so_far(done: int) -> Surprise:
        b, r, e, p = bits.copy(), rank.copy(), entropy.copy(), place.copy()
        counted = np.array([not (t.special and t.span[0] == t.span[1]) for t in tokens], dtype=bool) & ~np.isnan(bits)
        for array in (b, r, e, p, counted):
            array.setflags(write=False)
        characters = _characters(trace, counted)
        return Surprise(b, r, e, p, counted, characters, done, len(wanted), is_pseudo)

    rows = _blanked_logits(trace, wanted, should_stop) if is_pseudo else _following_logits(trace, should_stop)
    done = 0
    for logits in rows:
        for row in logits[: len(wanted) - done]:
            at = wanted[done]
            bits[at], rank[at], entropy[at] = _measures(row, tokens[at].id)
            done += 1
        if progress is not None and done < len(wanted):
            progress(done / len(wanted), so_far(done))
    return memo.keep(trace, _KEY, so_far(len(wanted)))


def units_of(trace: Trace, unit: UnitKind) -> tuple[Unit, ...]:
    """The tokens, morphemes or words of the predicting side."""
    tokens = places.predicting_tokens(trace)
    if trace.kind == "encoder_decoder":
        return text.segment(unit, tokens, trace.target_morphemes, trace.target_text)
    return text.segment(unit, tokens, trace.morphemes, trace.text, trace.pair)


def by_unit(found: Surprise, units: tuple[Unit, ...]) -> tuple[Floats, Floats]:
    """Surprisal and entropy of units, in bits: two float64 [unit].

    The surprisal is the sum over the unit's tokens, by the chain rule that of the whole unit; of a token that reaches
    into two units each gets its share of characters. The entropy is that before the unit's first token. NaN where one
    of the unit's tokens is not predicted.
    """
    summed = np.array([sum(found.surprisal[t] * s for t, s in zip(u.tokens, u.shares, strict=True)) for u in units])
    before = np.array([found.entropy[min(u.tokens)] if u.tokens else np.nan for u in units])
    return summed.astype(np.float64), np.where(np.isnan(summed), np.nan, before).astype(np.float64)


def _measures(logits: NDArray[np.float32], token: int) -> tuple[float, int, float]:
    """(surprisal, rank, entropy) of a token by one row of logits, in double precision."""
    from visualizer.core import prediction

    probabilities = prediction.distribution(logits)
    bits = prediction.surprisal(logits, token)
    return bits, prediction.rank_of(logits, token), prediction.entropy(probabilities)


def _following_logits(trace: Trace, should_stop: ShouldStop) -> Iterator[NDArray[np.float32]]:
    for logits in trace.all_logits():
        if should_stop():
            raise Cancelled
        yield logits


def _blanked_logits(trace: Trace, wanted: list[int], should_stop: ShouldStop) -> Iterator[NDArray[np.float32]]:
    """Logits at each wanted position with that token alone blanked: float32 [<= some, vocabulary] each, in order."""
    if trace.model is None or not trace.inputs:
        raise CannotRead("no_model", trace.card.name)
    together = 1 if trace.request.interventions else max(1, _TOGETHER // max(1, len(trace.tokens)))
    first = 1  # the first answer comes soon
    while wanted:
        part, wanted = wanted[:first], wanted[first:]
        first = min(together, 8 * first)
        yield blanked_logits(trace, [(i,) for i in part], should_stop)


def blanked_logits(
    trace: Trace, blanks: list[tuple[int, ...]], should_stop: ShouldStop = never
) -> NDArray[np.float32]:
    """A masked model's logits with tokens blanked: one row of a batch for each tuple of positions, all in one pass.

    Returns float32 [row, vocabulary], at the first position of each tuple. Raises CannotRead, Cancelled, RunFailed.
    """
    loaded, mask = trace.model, trace.mask_id
    if loaded is None or mask is None or not trace.inputs:
        raise CannotRead("no_model", trace.card.name)
    if should_stop():
        raise Cancelled
    with torch.inference_mode(), passes.failures_told():
        given = {name: value.repeat(len(blanks), 1) for name, value in trace.inputs.items()}
        for row, positions in enumerate(blanks):
            given["input_ids"][row, list(positions)] = mask
        at = [positions[0] for positions in blanks]
        with acting.at_work(capture.interventions_of(loaded, trace.request, should_stop)):
            rows = _rows_at(loaded, trace, given, at)
    return rows.float().cpu().numpy()


def _rows_at(loaded: LoadedModel, trace: Trace, given: dict[str, torch.Tensor], at: list[int]) -> torch.Tensor:
    """Logits [row, vocabulary] at one position of each row; the output layer sees only those."""
    order = torch.arange(len(at)), torch.tensor(at, dtype=torch.long)
    if loaded.body is None or not loaded.body.answers:
        return body.own_logits(loaded, given)[order]
    output = loaded.stack(**passes.without_cache(loaded, given))
    states = output.last_hidden_state if hasattr(output, "last_hidden_state") else output[0]
    return trace.output_layer.logits(states[order], range(len(at)))


def _characters(trace: Trace, counted: NDArray[np.bool_]) -> int:
    """Characters that the counted tokens write, each once; one that an uncounted token writes too is left out."""
    tokens = places.predicting_tokens(trace)
    held: dict[bool, set[tuple[int, int]]] = {True: set(), False: set()}
    for token, is_counted in zip(tokens, counted.tolist(), strict=True):
        held[is_counted].update((token.sequence, at) for at in range(*token.span))
    return len(held[True] - held[False])
