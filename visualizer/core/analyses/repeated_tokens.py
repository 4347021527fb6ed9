"""Scores of heads on repeated random tokens: induction and duplicate tokens.

Random tokens mean nothing, so whatever a head does with the second copy it can only have learned from the first
(Olsson et al. 2022, "In-context learning and induction heads").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.core import attention, capture, text
from visualizer.core.attention import AttentionRecord
from visualizer.core.interventions import Ablate, WithoutPositions
from visualizer.core.request import Intervention, RunRequest
from visualizer.core.system import memo
from visualizer.core.system.progress import ShouldStop

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

Floats = NDArray[np.float32]

# Distinct random tokens in each of the two copies: enough to average over, few enough to cost one short pass.
REPEATED_TOKENS = 48
SEED = 0

Scores = dict[str, tuple[Floats, Floats]]
REMEMBERED = "scores on repeated tokens"


def scores(trace: Trace, should_stop: ShouldStop | None = None) -> Scores:
    """kind -> (induction, duplicate_token), float32 [layer, head] each, of the model that made the trace.

    The model runs once over two copies of `REPEATED_TOKENS` distinct random tokens of its ordinary vocabulary, between
    the special tokens that its tokenizer sets around a text; the answer is remembered for as long as the model lives.
    Induction is the prefix-matching score of Olsson et al. 2022. A decoder with an encoder is fed its start token and
    the same copies. Empty without the model (an opened file), or when it has no room for two copies of two tokens.
    What is switched off in the trace's run is off here too; empty when it was changed in a way that is its text's own.
    """
    loaded = trace.model
    if loaded is None:
        return {}
    done = trace.request.interventions
    if not done:
        return memo.ask(loaded, REMEMBERED, lambda: _run_repeated(loaded, should_stop))
    if not all(_is_of_any_text(one) for one in done):
        return {}
    return memo.ask(loaded, (REMEMBERED, done), lambda: _run_repeated(loaded, should_stop, done), _size)


def _is_of_any_text(one: Intervention) -> bool:
    """Whether the same can be done while the model reads another text."""
    return isinstance(one, WithoutPositions) or (isinstance(one, Ablate) and one.site.tokens is None)


def _size(found: Scores) -> int:
    return sum(values.nbytes for pair in found.values() for values in pair)


def run(
    loaded: LoadedModel, should_stop: ShouldStop | None = None, interventions: tuple[Intervention, ...] = ()
) -> Trace | None:
    """The pass over repeated random tokens, to be looked at; None where the model has no room for them.

    Its text is what the tokens write. Costs one short pass. Raises Cancelled, RunFailed, NotEnoughMemory.
    """
    copies = _copies(loaded)
    return None if copies is None else _run(loaded, copies, should_stop, interventions)


@dataclass(frozen=True)
class _Copies:
    """Ids of the special tokens around, and of one copy."""

    before: list[int]
    copy: list[int]
    after: list[int]


def _copies(loaded: LoadedModel) -> _Copies | None:
    around = text.encode(loaded.tokenizer, "a").tokens
    before = _special_ids(around)
    after = _special_ids(around[::-1])[::-1] if len(before) < len(around) else []
    ordinary = _ordinary_ids(loaded)
    room = (loaded.max_length or 1 << 30) - max(1, len(before) + len(after))
    count = min(REPEATED_TOKENS, room // 2, len(ordinary))
    if count < 2:
        return None
    return _Copies(before, np.random.default_rng(SEED).permutation(ordinary)[:count].tolist(), after)


def _run(
    loaded: LoadedModel, copies: _Copies, should_stop: ShouldStop | None, interventions: tuple[Intervention, ...]
) -> Trace:
    device, twice = loaded.model.device, [*copies.copy, *copies.copy]
    source = torch.tensor([[*copies.before, *twice, *copies.after]], dtype=torch.long, device=device)
    written = loaded.tokenizer.decode(twice)
    target, target_text = None, None
    if loaded.kind == "encoder_decoder":
        target = torch.tensor([[capture.decoder_start(loaded), *twice]], dtype=torch.long, device=device)
        target_text = written
    request = RunRequest(written, target=target_text, interventions=interventions)
    return capture.run_ids(loaded, request, source, decoder_ids=target, should_stop=should_stop)


def _run_repeated(
    loaded: LoadedModel, should_stop: ShouldStop | None, interventions: tuple[Intervention, ...] = ()
) -> Scores:
    copies = _copies(loaded)
    if copies is None:
        return {}
    trace, count = _run(loaded, copies, should_stop, interventions), len(copies.copy)
    starts = {"self": len(copies.before), "encoder": len(copies.before), "decoder": 1}
    return {kind: scores_on_copies(trace, kind, starts[kind], count) for kind in trace.kinds if kind in starts}


def _special_ids(tokens: Sequence[text.Token]) -> list[int]:
    """Ids of the special tokens that come first."""
    ids = []
    for token in tokens:
        if not token.special:
            break
        ids.append(token.id)
    return ids


def _ordinary_ids(loaded: LoadedModel) -> list[int]:
    """Ids of the vocabulary that are neither special nor added, and that the model has an embedding for."""
    tokenizer = loaded.tokenizer
    count = min(len(tokenizer), loaded.card.vocabulary)
    left_out = set(tokenizer.all_special_ids) | set(getattr(tokenizer, "added_tokens_decoder", None) or ())
    return [n for n in range(count) if n not in left_out]


def scores_on_copies(trace: Trace, kind: str, start: int, count: int) -> tuple[Floats, Floats]:
    """(induction, duplicate_token), float32 [layer, head] each, of a text whose tokens from `start` on are two copies.

    count: tokens in one copy. The mean is over the queries whose mask lets them see the place; nan where none does,
    as in a layer whose sliding window is shorter than a copy (that such a head looks elsewhere says nothing about it)
    or in one without attention.
    """
    shape = (trace.depth(kind), trace.heads(kind))
    induction, duplicate = np.full(shape, np.nan, np.float32), np.full(shape, np.nan, np.float32)
    first = start + count  # the second copy's first token; its first occurrence is `count` tokens back
    with torch.inference_mode():
        for layer, head in product(trace.layer_numbers(kind), range(shape[1])):
            record = trace.record(layer, kind)
            block = attention.weights(record, head, first, first + count)
            seen = _seen(record, head, first, first + count)
            for found, offset in ((duplicate, start), (induction, start + 1)):
                weights = block.diagonal(offset)
                found[layer, head] = float((weights if seen is None else weights[seen.diagonal(offset)]).mean())
    return induction, duplicate


def _seen(record: AttentionRecord, head: int, start: int, stop: int) -> torch.Tensor | None:
    """Cells that the queries may look at, bool [row, key]; None when nothing hides a token from a later one.

    A model that hands out its weights without a mask hides what none of its heads ever looks at: not told apart here.
    """
    blocked = None if record.mask is None else attention.masked_cells(record, head)
    return None if blocked is None else ~blocked[start:stop]
