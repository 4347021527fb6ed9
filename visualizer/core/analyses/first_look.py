"""The head on which a text opens, and what a head does, as data.

A first look is worth having when it shows something: not the diagonal (every token at itself), not a column (the first
token, or any other that all of them look at), not a grey field. The measure of a head is the mean over its queries of

    (1 - H / H_even)  x  sum over keys k of  w_k (1 - c_k)

H: the entropy of the query's weights w. H_even: that of looking at everything it may see equally. c_k: what key k gets
from all queries on average, so that a column counts little. The sum leaves out the query itself and the sinks (first
token, special tokens, punctuation: what "hide sinks" hides). The head with the largest wins, among those that give less
than half to themselves, less than half to any one key, and have less than 0.9 of the even entropy, wherever there is
one. In a model of encoder and decoder the cross attention comes first, which alone joins the two texts, if it has any
such head.

    choose(trace).place, describe_head(trace, choose(trace).place).name
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from visualizer.core.analyses import head_rows, head_statistics
from visualizer.core.analyses.head_statistics import BROAD, LABELS, SHARE, TIMES_UNIFORM, HeadStatistics
from visualizer.core.analyses.similar_heads import spread
from visualizer.core.place import Place
from visualizer.core.reading import matrix as reading
from visualizer.core.system import memo
from visualizer.core.text.sides import Flags

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from visualizer.core.attention import AttentionRecord
    from visualizer.core.trace import Trace

# Queries that are looked at, evenly spread over the text: enough to tell what a head does, few enough to be free.
QUERIES = 32

# What `describe_head` may find: the labels of the table of heads, and three that need the text itself.
PATTERNS = (*LABELS, "punctuation", "one_key", "one_word")
# Labels that say how a head looks and not where; a sharper word is looked for.
_VAGUE = ("nearby", "focused", "mixed")


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The head to open on. score: its measure, 0 to 1. queries: rows that were looked at; of_queries: how many there
    are (a long text is judged by evenly spread ones). is_telling: False when no head is anything but diagonal, column
    or even, and this is only the best of those."""

    place: Place
    score: float
    queries: int
    of_queries: int
    is_telling: bool


@dataclass(frozen=True, slots=True)
class HeadPattern:
    """What a head does. name: one of `PATTERNS`. strength: 0 to 1, for a place (previous token, separators, ...) the
    mean weight that goes there; for induction and duplicate token their score on repeated random tokens; for "broad"
    the share of the even entropy; else the mean weight on the key that a query looks at most."""

    name: str
    strength: float


def choose(trace: Trace, kind: str | None = None) -> FirstLook:
    """The head that shows most by the measure above; of equal ones the first in the model.

    kind: only this kind of attention. Costs some rows of every head: a small part of a forward pass.

    Raises NoSuchKind.
    """
    first = ("cross",) if "cross" in trace.kinds else trace.kinds
    with torch.inference_mode():
        if kind is not None:
            return _best_of(trace, kind)
        found = [_best_of(trace, each) for each in first]
        if first != trace.kinds and not found[0].is_telling:
            found += [_best_of(trace, each) for each in trace.kinds if each not in first]
    return max(found, key=lambda look: (look.is_telling, look.score))


def remembered(trace: Trace) -> FirstLook:
    """`choose`, once for each trace."""
    return memo.ask(trace, "first_look", lambda: choose(trace))


def known(trace: Trace) -> Place | None:
    """The place that `remembered` has found before; computes nothing."""
    found: FirstLook | None = memo.find(trace, "first_look", None)
    return None if found is None else found.place


def pattern_of(trace: Trace, place: Place) -> HeadPattern:
    """`describe_head` on this text alone, once for each head."""
    return memo.ask(trace, ("head_pattern", place), lambda: describe_head(trace, place))


def known_pattern(trace: Trace, place: Place) -> HeadPattern | None:
    """What `pattern_of` has found before; computes nothing."""
    found: HeadPattern | None = memo.find(trace, ("head_pattern", place), None)
    return found


def _best_of(trace: Trace, kind: str) -> FirstLook:
    query_side, key_side = reading.sides(trace, kind)
    count = len(query_side.home)
    rows = spread(count, QUERIES)
    counted = torch.from_numpy((~key_side.sinks).astype(np.float32)).expand(len(rows), -1)
    if kind != "cross":
        counted = counted.clone()
        counted[torch.arange(len(rows)), torch.tensor(rows, dtype=torch.long)] = 0
    tables = [_judge(trace.record(layer, kind), rows, counted, kind != "cross") for layer in trace.layer_numbers(kind)]
    scores, telling = torch.stack([t[0] for t in tables]).numpy(), torch.stack([t[1] for t in tables]).numpy()
    among = np.where(telling, scores, -1.0) if telling.any() else scores
    row, head = divmod(int(among.argmax()), scores.shape[1])
    place = Place(kind, trace.layer_numbers(kind)[row], head)
    return FirstLook(place, float(scores[row, head]), len(rows), count, bool(telling.any()))


def _judge(
    record: AttentionRecord, rows: tuple[int, ...], counted: torch.Tensor, same_text: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """(score float32, telling bool) of every head of a layer; counted: float32 [row, key], 1 where weight counts."""
    weights = head_rows.weights(record, rows).cpu()  # (head, row, key)
    even = _even_entropy(record, rows)  # (row,)
    bits = -torch.linalg.vecdot(weights, weights.clamp_min(torch.finfo(torch.float32).tiny).log2_())
    columns = weights.mean(dim=1)  # (head, key)
    share = torch.linalg.vecdot(weights, counted * (1 - columns)[:, None])
    sharp = (1 - bits / even.clamp_min(1e-6)).clamp_(0, 1) * (even > 0)  # one key to see: no choice, nothing to show
    score = (share * sharp).mean(dim=1)
    own = weights[:, torch.arange(len(rows)), list(rows)].mean(dim=1) if same_text else torch.zeros_like(bits[:, 0])
    telling = (own < SHARE) & (columns.amax(dim=1) < SHARE) & (bits.sum(dim=1) < BROAD * even.sum())
    return score, telling


def _even_entropy(record: AttentionRecord, rows: tuple[int, ...]) -> torch.Tensor:
    """Bits of looking equally at everything that each query may see: float32 [row]."""
    queries, keys = record.shape
    at = torch.tensor(rows, dtype=torch.long)
    if record.mask is not None:
        part = record.mask[0, at.to(record.mask.device), :keys]
        seen = part if part.dtype == torch.bool else part > torch.finfo(part.dtype).min / 2
        count = seen.sum(dim=-1).cpu()
    elif record.weights is not None:
        count = (record.weights[:, at.to(record.weights.device)] > 0).any(dim=0).sum(dim=-1).cpu()
    elif record.causal and queries > 1:
        count = at + 1
    else:
        count = torch.full((len(rows),), keys, dtype=torch.long)
    return count.clamp_min(1).float().log2_()


def describe_head(
    trace: Trace, place: Place, table: HeadStatistics | None = None, on_repeated: bool = False
) -> HeadPattern:
    """What a head does, in one of the patterns of `PATTERNS`, by the rules of `head_statistics.label`.

    Where those only say how it looks (nearby, focused, mixed), "punctuation" if at least half of its weight goes to
    punctuation and twice what looking everywhere would give; "one_key" if all queries together give that much to one
    and the same key; in cross attention "one_word" if they give at least half of their weight to one key each.

    table: the statistics of this trace, if they are known. on_repeated: else also run the model once over repeated
    random tokens, without which no head is told to continue repetitions.

    Raises NoSuchPart, NoSuchKind; RunFailed and NotEnoughMemory as running the model does.
    """
    if table is None:
        values, uniform = head_statistics.measure_head(trace, place, on_repeated)
    else:
        row = table.index(place.kind, place.layer, place.head)
        values = {name: float(column[row]) for name, column in table.values.items()}
        uniform = {name: float(column[row]) for name, column in table.uniform.items()}
    name = head_statistics.label(values, uniform)
    if name == "broad":
        return HeadPattern(name, min(1.0, values["entropy"] / uniform["entropy"]))
    if name not in _VAGUE:
        return HeadPattern(name, values[name])
    weights = trace.attention(place.layer, place.head, place.kind)
    mask = trace.mask(place.layer, place.kind, place.head)
    seen = np.ones(weights.shape, dtype=bool) if mask is None else ~mask
    signs = _punctuation(trace, place.kind)
    for name_of_keys, keys in (("punctuation", signs), ("one_key", _most_looked_at(weights))):
        share = float(weights[:, keys].sum(axis=1).mean())
        even = float((seen[:, keys].sum(axis=1) / np.maximum(1, seen.sum(axis=1))).mean())
        if share >= SHARE and share >= TIMES_UNIFORM * even:
            return HeadPattern(name_of_keys, share)
    most = float(weights.max(axis=1).mean())
    if place.kind == "cross" and most >= SHARE and len(trace.tokens) > 2:
        name = "one_word"
    return HeadPattern(name, most)


def _most_looked_at(weights: NDArray[np.float32]) -> Flags:
    """The one key that gets most from all queries together: bool [key]."""
    found = np.zeros(weights.shape[1], dtype=bool)
    found[int(weights.sum(axis=0).argmax())] = True
    return found


def _punctuation(trace: Trace, kind: str) -> Flags:
    """Keys that are signs between words: the sinks that are neither special nor the first token."""
    _, key_side = reading.sides(trace, kind)
    special = np.array([token.special for token in trace.key_tokens(kind)], dtype=bool)
    found = key_side.sinks & ~special
    found[:1] = False
    return found
