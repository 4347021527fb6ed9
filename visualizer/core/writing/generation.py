"""Letting a model write on: the decoder's text of an encoder-decoder model, and continuations of a causal one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from visualizer.core.errors import Cancelled
from visualizer.core.prediction import check_sampling
from visualizer.core.system.progress import ShouldStop

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel


def check_stop(should_stop: ShouldStop) -> None:
    """Raises Cancelled when it is time."""
    if should_stop():
        raise Cancelled


class _Stop(StoppingCriteria):
    """Looks at the stop flag after every token."""

    def __init__(self, should_stop: ShouldStop) -> None:
        self._should_stop = should_stop

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        check_stop(self._should_stop)
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)


class _Draw(LogitsProcessor):
    """Leaves one token of a step, drawn by what the filters before it left: the most probable one is then this."""

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        drawn = torch.multinomial(torch.softmax(scores, dim=-1), 1, generator=self._generator)
        return torch.full_like(scores, -torch.inf).scatter_(-1, drawn, 0.0)


def drawing(
    temperature: float, top_k: int | None, top_p: float | None, seed: int, device: torch.device
) -> LogitsProcessorList:
    """The filters in transformers' order, and a draw from a generator of its own: no other thread moves it."""
    steps: list[LogitsProcessor] = []
    if temperature != 1.0:
        steps.append(TemperatureLogitsWarper(float(temperature)))
    if top_k:
        steps.append(TopKLogitsWarper(top_k))
    if top_p is not None and top_p < 1.0:
        steps.append(TopPLogitsWarper(top_p))
    return LogitsProcessorList([*steps, _Draw(torch.Generator(device).manual_seed(seed))])


def generate(
    loaded_model: LoadedModel,
    ids: Sequence[int],
    max_new_tokens: int = 64,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    should_stop: ShouldStop | None = None,
    target: Sequence[int] = (),
) -> tuple[int, ...]:
    """The ids that the model writes after `ids`, without them and without the end-of-sequence token.

    For an encoder-decoder model `ids` is the encoder's input, and `target` what its decoder was already fed (with its
    start token; empty: from the start). Temperature 0 is greedy; anything else draws with `seed`, by the rules of
    :func:`visualizer.core.prediction.distribution`. The model's own generation settings hold where they forbid or
    force tokens. At most `max_new_tokens` are written, and never more than the model has positions for.
    Raises Cancelled when `should_stop` says so, ValueError for a model that cannot write or settings that mean nothing.
    """
    check_sampling(temperature, top_k, top_p)
    if loaded_model.task not in ("causal", "seq2seq"):
        raise ValueError(f"a model with task {loaded_model.task!r} does not write text")
    if not ids:
        raise ValueError("ids must hold at least one token")
    model: Any = loaded_model.model
    prompt = target if loaded_model.task == "seq2seq" else ids
    if loaded_model.max_length is not None:
        max_new_tokens = min(max_new_tokens, loaded_model.max_length - max(1, len(prompt)))
    if max_new_tokens < 1:
        return ()
    inputs = torch.tensor([list(ids)], dtype=torch.long, device=model.device)
    # Drawing is ours (`_Draw`): transformers' own draws from the generator that the whole process shares, and acts by
    # the model's defaults (often top-k 50) as well, unseen.
    settings: dict[str, Any] = {"attention_mask": torch.ones_like(inputs), "num_beams": 1, "do_sample": False}
    if temperature > 0:
        settings["logits_processor"] = drawing(temperature, top_k, top_p, seed, model.device)
    if loaded_model.task == "seq2seq" and target:
        settings["decoder_input_ids"] = torch.tensor([list(target)], dtype=torch.long, device=model.device)
    if should_stop is not None:
        settings["stopping_criteria"] = StoppingCriteriaList([_Stop(should_stop)])
    with torch.inference_mode():
        written = model.generate(inputs, max_new_tokens=max_new_tokens, **settings)[0].tolist()
    # Without `target` the decoder's start token stands first in what comes back.
    written = written[max(1, len(prompt)) :]
    ends = end_ids(model)
    return tuple(written[: next((i for i, token in enumerate(written) if token in ends), len(written))])


def end_ids(model: Any) -> frozenset[int]:
    """The tokens with which a model ends a text."""
    end = model.generation_config.eos_token_id
    if end is None:
        return frozenset()
    return frozenset(end if isinstance(end, list | tuple) else (end,))
