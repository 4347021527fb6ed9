"""What a checkpoint's own head says of a text: its class, or a class for each token (Devlin et al. 2019, section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.core import capture, prediction
from visualizer.core.errors import Cancelled, CannotRead
from visualizer.core.forward import acting, passes
from visualizer.core.system import memo
from visualizer.core.system.progress import ShouldStop, never

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

Floats = NDArray[np.float64]
How = Literal["one", "several", "value"]
HEADS = ("classification", "token_classification")

CSV_COLUMNS = ("position", "token", "class", "label", "logit", "probability")


@dataclass(frozen=True, eq=False)
class Classified:
    """Scores of a head. labels: of the classes, as the checkpoint calls them.

    logits: float64 [row, class], one row for the text, or one for each token. probabilities: of the same shape.
    how: "one" (softmax: one class is right), "several" (a sigmoid for each class), "value" (regression: a number and
    no probability, which is NaN). by_token: whether rows are tokens.
    """

    labels: tuple[str, ...]
    logits: Floats
    probabilities: Floats
    how: How
    by_token: bool


def measure(trace: Trace, should_stop: ShouldStop = never) -> Classified:
    """One ordinary pass of the whole model with its head over the same inputs; kept with the trace.

    Raises CannotRead ("no_output": no such head; "no_model": a trace from a file), Cancelled; for interventions as
    `capture.run` does.
    """
    if trace.card.head not in HEADS:
        raise CannotRead("no_output", trace.card.name)
    found: Classified = memo.ask(trace, "classified", lambda: _measured(trace, should_stop))
    return found


def head_output(trace: Trace, should_stop: ShouldStop = never) -> Any:
    """What the whole model with its head answers to a trace's inputs. Raises as `measure` does."""
    loaded = trace.model
    if loaded is None or not trace.inputs:
        raise CannotRead("no_model", trace.card.name)
    if should_stop():
        raise Cancelled
    with torch.inference_mode(), passes.failures_told():
        at_work = capture.interventions_of(loaded, trace.request, should_stop)
        with acting.at_work(at_work):
            return loaded.model(**passes.without_cache(loaded, trace.inputs), return_dict=True)


def _measured(trace: Trace, should_stop: ShouldStop) -> Classified:
    logits = head_output(trace, should_stop).logits[0].double().cpu().numpy()
    by_token = trace.card.head == "token_classification"
    rows = logits if by_token else logits[None]
    assert trace.model is not None
    config = trace.model.config
    how: How = "one"
    if not by_token and (config.problem_type == "regression" or rows.shape[1] == 1):
        how = "value"
    elif not by_token and config.problem_type == "multi_label_classification":
        how = "several"
    if how == "one":
        probabilities = np.array([prediction.distribution(row) for row in rows])
    elif how == "several":
        probabilities = 1.0 / (1.0 + np.exp(-rows))
    else:
        probabilities = np.full_like(rows, np.nan)
    labels = tuple(str(config.id2label.get(n, f"LABEL_{n}")) for n in range(rows.shape[1]))
    return Classified(labels, rows, probabilities, how, by_token)
