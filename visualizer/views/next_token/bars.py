"""A forecast as rows of bars, beside the ordinary run's where parts of the model are switched off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication

from visualizer.core import prediction
from visualizer.core.prediction import Forecast
from visualizer.ui.candidate_bars import Bar
from visualizer.ui.numbers import format_number, format_probability, with_minus
from visualizer.views.next_token import before as ordinary
from visualizer.views.next_token.before import Before

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

Filters = tuple[float, int | None, float | None, float | None]


def bars_of(
    trace: Trace, forecast: Forecast, names: Sequence[str], before: Before | None, settings: Filters
) -> tuple[Bar, ...]:
    """One bar a candidate. settings: temperature, top-k, top-p and min-p, for the ordinary run too."""
    ranks = [place + 1 for place in range(len(forecast.ids))]
    if forecast.actual is not None and forecast.actual_rank is not None:
        ranks[forecast.actual] = forecast.actual_rank
    shares = None if before is None else ordinary.shares(before, forecast.ids, settings)
    ranks_before = [0] * len(ranks) if before is None else ordinary.ranks(before, forecast.ids)
    return tuple(
        Bar(
            label=names[i],
            share=float(forecast.probabilities[i]),
            unfiltered=float(forecast.unfiltered[i]),
            rank=ranks[i],
            mark=i == forecast.actual,
            removed=bool(forecast.probabilities[i] == 0),
            hint=_hint(trace, forecast, i, ranks[i], shares, ranks_before[i]),
            before=None if shares is None else float(shares[i]),
            rank_before=ranks_before[i],
        )
        for i in range(len(forecast.ids))
    )


def _hint(trace: Trace, forecast: Forecast, index: int, rank: int, shares: np.ndarray | None, rank_before: int) -> str:
    translate = QCoreApplication.translate
    lines = [
        translate("NextTokenView", "“{token}” · id {id} · rank {rank}").format(
            token=trace.label(int(forecast.ids[index])), id=int(forecast.ids[index]), rank=rank
        ),
        translate("NextTokenView", "probability {share} (before the filters {unfiltered}) · logit {logit}").format(
            share=format_probability(float(forecast.probabilities[index])),
            unfiltered=format_probability(float(forecast.unfiltered[index])),
            logit=with_minus(f"{forecast.logits[index]:.3f}"),
        ),
    ]
    if shares is not None:
        lines.append(ordinary.hint(float(shares[index]), rank_before))
    if index == forecast.actual:
        lines.append(translate("NextTokenView", "This token really stands here in the text."))
    return "\n".join(lines)


def summary_of(trace: Trace, forecast: Forecast, logits: np.ndarray, actual: int | None) -> str:
    """How uncertain the model is, and what it gave to the token that really stands there."""
    translate = QCoreApplication.translate
    entropy = translate("NextTokenView", "Entropy {bits} bits").format(bits=format_number(forecast.entropy))
    if forecast.kept < forecast.vocabulary:
        before = translate("NextTokenView", "before the filters {bits}").format(
            bits=format_number(forecast.unfiltered_entropy)
        )
        left = translate("NextTokenView", "{kept} of {all} tokens stay").format(
            kept=f"{forecast.kept:,}", all=f"{forecast.vocabulary:,}"
        )
        entropy = f"{entropy} ({before}) · {left}"
    if actual is None or forecast.actual is None:
        return entropy
    sentence = (
        translate("NextTokenView", "Here in the text: “{token}”, rank {rank}, {share}, surprisal {bits} bits")
        if trace.task == "masked"
        else translate("NextTokenView", "Next in the text: “{token}”, rank {rank}, {share}, surprisal {bits} bits")
    )
    line = sentence.format(
        token=trace.label(actual),
        rank=f"{prediction.rank_of(logits, actual):,}",
        share=format_probability(float(forecast.unfiltered[forecast.actual])),
        bits=format_number(prediction.surprisal(logits, actual)),
    )
    return f"{line}\n{entropy}"
