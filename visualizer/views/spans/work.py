"""What the budget of attention has computed: shares at once, and span by span what the answer loses without it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from visualizer.core.analyses import spans
from visualizer.core.analyses.spans import Budget, Effects, Span
from visualizer.core.errors import Cancelled, RequestError, UnknownChoice
from visualizer.core.system import memo
from visualizer.session.jobs import Progress, ShouldStop

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

_ENDS = "。．！？.!?\n"
_OPEN_ENDS = 8  # spans that are proposed at most


@dataclass(frozen=True, slots=True)
class Asked:
    """Which spans, and whose looks. position: the query."""

    spans: tuple[Span, ...]
    position: int


@dataclass(frozen=True, eq=False)
class Found:
    """effects: None where a span cannot be hidden, as `refusal` says, and before the first one was. label: the answer's
    token."""

    budget: Budget
    effects: Effects | None = None
    refusal: RequestError | None = None
    label: str = ""


def known(trace: Trace, asked: Asked) -> Found | None:
    """What was computed before, at once."""
    return memo.find(trace, ("spans", asked), None)  # type: ignore[no-any-return]


def measure(trace: Trace, asked: Asked, should_stop: ShouldStop, progress: Progress) -> Found:
    """Both; progress is given the shares first. Raises NoSuchPart, Cancelled, and what running the model raises."""
    before = known(trace, asked)
    if before is not None:
        return before
    found = Found(spans.budget(trace, asked.spans, asked.position))
    progress(0.0, found)
    if should_stop():
        raise Cancelled

    def report(share: float, effects: Effects) -> None:
        progress(share, replace(found, effects=effects, label=trace.label(effects.token)))

    try:
        effects = spans.effects(trace, asked.spans, asked.position, None, should_stop, report)
        found = replace(found, effects=effects, label=trace.label(effects.token))
    except RequestError as refusal:
        found = replace(found, refusal=refusal)
    return memo.keep(trace, ("spans", asked), found, 2 * found.budget.attention.nbytes)


def named(trace: Trace, written: str) -> tuple[Span, ...]:
    """The spans that a person named, where they lie in this text; () for none, and for what cannot be read."""
    try:
        return spans.fitting(trace, spans.parse(written))
    except UnknownChoice:
        return ()


def proposed(trace: Trace, position: int) -> tuple[Span, ...]:
    """The sentences of the text, of a single one its halves, until somebody marks other stretches.

    The position itself, where it is the text's last, is left out: without it nothing could be asked.
    """
    tokens = trace.key_tokens(spans.keys_of(trace))
    plain = [n for n, token in enumerate(tokens) if not (token.special and token.span[0] == token.span[1])]
    if trace.kind != "encoder_decoder" and len(plain) > 1 and plain[-1] == position:
        plain.pop()
    if not plain:
        return ()
    groups: list[list[int]] = [[]]
    for n in plain:
        groups[-1].append(n)
        written = (trace.pair or "") if tokens[n].sequence == 1 else trace.text
        if written[slice(*tokens[n].span)].strip(" ")[-1:] in tuple(_ENDS) and len(groups) < _OPEN_ENDS:
            groups.append([])
    groups = [group for group in groups if group]
    if len(groups) == 1 and len(plain) > 1:
        half = len(plain) // 2
        groups = [plain[:half], plain[half:]]
    return tuple(Span(str(n + 1), group[0], group[-1]) for n, group in enumerate(groups))


def shares(budget: Budget, values: np.ndarray, over: str, layer: int, head: int) -> np.ndarray:
    """[span + 1]: the share of each span and of the rest, the mean over the heads that are meant; nan for none."""
    at = budget.layers.index(layer) if layer in budget.layers else len(budget.layers) - 1
    chosen = {"model": values, "layer": values[at], "head": values[at, min(head, values.shape[1] - 1)]}[over]
    rows = chosen.reshape(-1, values.shape[-1])
    rows = rows[~np.isnan(rows).any(axis=1)]
    result: np.ndarray = rows.mean(axis=0) if len(rows) else np.full(values.shape[-1], np.nan)
    return result
