"""Many continuations of one text, drawn in one batch, and how often the same one came.

What a model says again and again it is sure of; what comes out otherwise each time it makes up (Manakul et al. 2023,
"SelfCheckGPT"). Beside the count stands the model's own probability of the whole continuation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from visualizer.core.analyses.generation import writer
from visualizer.core.analyses.generation.step import Manner
from visualizer.core.errors import CannotWrite
from visualizer.core.forward import passes
from visualizer.core.prediction import check_sampling
from visualizer.core.request import RunRequest
from visualizer.core.system.progress import Progress, ShouldStop, never, unheard
from visualizer.core.writing import generation

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

MOST = 64


@dataclass(frozen=True, slots=True)
class Continuation:
    """ids: without the end token. text: what they write. log_probability: natural, of the model's own distribution, the
    end token counted where it came. count: how many of the draws gave this very text. has_ended: whether it came."""

    ids: tuple[int, ...]
    text: str
    log_probability: float
    count: int
    has_ended: bool


class _Heard(StoppingCriteria):
    """Adds up what each row's tokens were worth."""

    def __init__(self, rows: int, ends: frozenset[int], should_stop: ShouldStop, progress: Progress, most: int) -> None:
        self.logits: torch.Tensor | None = None
        self.sums = np.zeros(rows)
        self.ended = np.zeros(rows, dtype=bool)
        self._ends, self._should_stop, self._progress, self._most, self._done = ends, should_stop, progress, most, 0

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        generation.check_stop(self._should_stop)
        assert self.logits is not None
        tokens = input_ids[:, -1]
        own = torch.log_softmax(self.logits.float(), dim=-1).gather(1, tokens[:, None])[:, 0].cpu().numpy()
        self.sums[~self.ended] += own[~self.ended]
        self.ended |= np.isin(tokens.cpu().numpy(), list(self._ends))
        self._done += 1
        self._progress(min(1.0, self._done / self._most), "generate")
        return torch.from_numpy(self.ended.copy()).to(input_ids.device)


def write(
    loaded: LoadedModel,
    request: RunRequest,
    count: int = 16,
    manner: Manner | None = None,
    max_new_tokens: int = 32,
    should_stop: ShouldStop | None = None,
    progress: Progress | None = None,
) -> tuple[Continuation, ...]:
    """Draws `count` continuations with one seed, in one batch; equal texts once, the most frequent first.

    Raises ValueError (count outside 1 to 64, settings that mean nothing), CannotWrite, RunFailed, NotEnoughMemory,
    Cancelled.
    """
    manner = manner or Manner(temperature=1.0)
    check_sampling(manner.temperature, manner.top_k, manner.top_p)
    if not 1 <= count <= MOST:
        raise ValueError(f"1 to {MOST} continuations can be drawn, not {count}")
    start = writer.begin(loaded, request)
    room = max_new_tokens if loaded.max_length is None else min(max_new_tokens, loaded.max_length - len(start.prompt))
    if room < 1:
        raise CannotWrite("length", loaded.card.name)
    model: Any = loaded.model
    ends = generation.end_ids(model)
    heard = _Heard(count, ends, should_stop or never, progress or unheard, room)

    def hear(_module: Any, _args: Any, output: Any) -> None:
        heard.logits = output.logits[:, -1]

    settings: dict[str, Any] = {"do_sample": False, "num_beams": 1, "use_cache": True, "max_new_tokens": room}
    if manner.temperature > 0:
        drawing = generation.drawing(manner.temperature, manner.top_k, manner.top_p, manner.seed, model.device)
        settings["logits_processor"] = LogitsProcessorList(drawing)
    handle = model.register_forward_hook(hear)
    try:
        with torch.inference_mode(), passes.failures_told():
            given = writer.inputs_of(start, count)
            found = model.generate(**given, **settings, stopping_criteria=StoppingCriteriaList([heard]))
    finally:
        handle.remove()
    return _grouped(loaded, start.prompt, found[:, len(start.prompt) :].tolist(), heard, ends)


def _grouped(
    loaded: LoadedModel, prompt: tuple[int, ...], rows: list[list[int]], heard: _Heard, ends: frozenset[int]
) -> tuple[Continuation, ...]:
    found: dict[tuple[tuple[int, ...], bool], list[int]] = {}
    for row, ids in enumerate(rows):
        end = next((n for n, token in enumerate(ids) if token in ends), len(ids))
        found.setdefault((tuple(ids[:end]), end < len(ids)), []).append(row)
    written = [
        Continuation(
            ids, writer.between(loaded, prompt, (*prompt, *ids)), float(heard.sums[places[0]]), len(places), has_ended
        )
        for (ids, has_ended), places in found.items()
    ]
    return tuple(sorted(written, key=lambda one: (-one.count, -one.log_probability)))
