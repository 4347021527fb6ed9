"""The numbers of the view of the next token: what was predicted, and how it is written to a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.core import prediction
from visualizer.core.prediction import Forecast
from visualizer.core.writing import places
from visualizer.session.selection import Sampling
from visualizer.views.next_token.before import Before

if TYPE_CHECKING:
    from visualizer.core.trace import Trace


@dataclass(frozen=True, eq=False)
class Predicted:
    """What the model predicts. position: where; logits: float32 [vocabulary], before any filter.

    before: what the model as it is predicts there, where parts of it are switched off.
    """

    position: int
    logits: np.ndarray
    before: Before | None = None


Asked = tuple[int, "Trace | None"]  # the position; the ordinary run where parts are switched off and it is there


def exported(trace: Trace, predicted: Predicted, forecast: Forecast, sampling: Sampling) -> dict[str, Any]:
    """Name -> array or texts: the ranked candidates, the whole distribution, surprisals where they are known."""
    from visualizer.core.analyses import next_token

    logits = predicted.logits
    settings, seen = sampling.filters, places.seen(trace, predicted.position)
    ranks = np.array([prediction.rank_of(logits, int(token)) for token in forecast.ids])
    columns = (ranks, forecast.ids, forecast.probabilities, forecast.unfiltered, forecast.logits)
    result: dict[str, Any] = {
        "candidates": np.stack(columns, axis=1),
        "rows": [trace.label(int(token)) for token in forecast.ids],
        "columns": ["rank", "id", "probability", "unfiltered_probability", "logit"],
        "position": np.array(predicted.position),
        "probabilities": prediction.distribution(
            prediction.penalised(logits, seen, sampling.repetition_penalty), *settings
        ),
        "entropy_bits": np.array(forecast.entropy),
    }
    if predicted.before is not None:
        result["ordinary_probabilities"] = prediction.distribution(
            prediction.penalised(predicted.before.logits, seen, sampling.repetition_penalty), *settings
        )
        result["kl_bits"] = np.array(predicted.before.kl)
    bits = next_token.known_surprisals(trace)
    if bits is not None and trace.task != "masked":
        result["surprisal_bits_of_following_token"] = bits
    return result
