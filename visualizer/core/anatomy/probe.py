"""A short pass over plain tokens, and ears in it: what every search for a part of a model begins with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from visualizer.core.anatomy import facts
from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import VisualizerError
from visualizer.core.forward import passes

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

# How far two ways of computing the same vector may lie apart, as a share of its largest number.
_TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}
# The first ids are special in most vocabularies, whether the config says so or not: plain ones are taken from the end.
_SPECIAL = ("pad_token_id", "eos_token_id", "bos_token_id", "decoder_start_token_id", "mask_token_id")

Records = Mapping[str, tuple[AttentionRecord, ...]]
Before = Callable[[nn.Module, tuple[Any, ...], dict[str, Any]], None]
After = Callable[[nn.Module, tuple[Any, ...], Any], None]


def tolerance(dtype: torch.dtype) -> float:
    """By what share of its largest number a vector in this dtype may be off when it is computed another way."""
    return _TOLERANCE.get(dtype, 1e-4)


def plain_ids(model: Any, count: int, special: Iterable[int] = ()) -> list[int]:
    """Up to `count` different ids of a transformers model's vocabulary that mean nothing special; at least one.

    special: ids to leave out beside those that the config names (a tokenizer's).
    """
    config = facts.text_config(model)
    left_out = facts.token_ids(*(facts.values_of(config, name) for name in _SPECIAL)) | set(special)
    found: list[int] = []
    for token in range(int(model.get_input_embeddings().num_embeddings) - 1, -1, -1):
        if len(found) == count:
            break
        if token not in left_out:
            found.append(token)
    return found or [0]


def plain_ids_of(loaded: LoadedModel, count: int) -> list[int]:
    """`plain_ids` without the tokenizer's special ones."""
    return plain_ids(loaded.model, count, getattr(loaded.tokenizer, "all_special_ids", None) or ())


def linear_layers(model: nn.Module) -> list[nn.Module]:
    """Every layer that is a matrix and a bias, and not only a part of one: an adapter (LoRA) adds to its base layer."""
    adapted = [module for module in model.modules() if isinstance(getattr(module, "base_layer", None), nn.Module)]
    parts = {part for module in adapted for part in module.modules()}
    return [module for module in model.modules() if isinstance(module, nn.Linear | Conv1D) and module not in parts]


@contextmanager
def listening(modules: Iterable[nn.Module], before: Before | None = None, after: After | None = None) -> Iterator[None]:
    """before(module, args, kwargs) and after(module, args, output) are called in this thread's passes meanwhile.

    Another thread may be using the output layer of the same model just then: it is not heard.
    """
    thread = threading.get_ident()

    def on_input(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if before is not None and threading.get_ident() == thread:
            before(module, args, kwargs)

    def on_output(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        if after is not None and threading.get_ident() == thread:
            after(module, args, output)

    handles: list[Any] = []
    try:
        for module in modules:
            if before is not None:
                handles.append(module.register_forward_pre_hook(on_input, with_kwargs=True))
            if after is not None:
                handles.append(module.register_forward_hook(on_output))
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def watching(modules: Sequence[nn.Module], note: Callable[[nn.Module, int, torch.Tensor, Any], None]) -> Iterator[None]:
    """note(module, number of its call, input, output) is called in this thread's passes meanwhile."""
    calls = dict.fromkeys(modules, 0)

    def after(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        if args and isinstance(args[0], torch.Tensor):
            calls[module] += 1
            note(module, calls[module] - 1, args[0].detach(), output)

    with listening(modules, after=after):
        yield


def short_pass(loaded: LoadedModel, ids: Sequence[int]) -> Records | None:
    """What the attention of a pass over these ids was computed from: kind -> one record a layer that has attention.

    A decoder beside an encoder is fed the same ids. None where nothing could be recorded: the model is outside the
    attention registry, its record is not trusted, or it cannot run.
    """
    if not loaded.registry:
        return None
    tensor = torch.tensor([list(ids)], dtype=torch.long, device=loaded.model.device)
    inputs = {"input_ids": tensor}
    if loaded.kind == "encoder_decoder":
        inputs["decoder_input_ids"] = tensor
    try:
        with torch.inference_mode(), passes.failures_told():
            found = passes.run(loaded, inputs)
    except VisualizerError:
        return None
    return found.records if found.method == "registry" else None


def by_number(layers: Sequence[AttentionRecord]) -> list[AttentionRecord | None]:
    """The records of a kind of attention, each at its layer's own number; None for layers without attention."""
    numbers = [n if record.layer is None else record.layer for n, record in enumerate(layers)]
    found: list[AttentionRecord | None] = [None] * (max(numbers, default=-1) + 1)
    for number, record in zip(numbers, layers, strict=True):
        found[number] = record
    return found
