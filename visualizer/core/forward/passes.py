"""One pass of a model, or of one stack of it (a decoder, an encoder), with everything noted down; no `Trace` yet.

The attention calls are noted down by `forward.recording`. Architectures that do not use transformers' attention
registry run with `output_attentions=True` instead, after an estimate says that the matrices fit.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import CannotIntervene, NotEnoughMemory, RunFailed, VisualizerError, first_line
from visualizer.core.forward import acting
from visualizer.core.forward.given import record_of
from visualizer.core.forward.layers import by_layer
from visualizer.core.forward.recording import Recorder, recording
from visualizer.core.forward.recording import blocks as recording_blocks
from visualizer.core.forward.unfused import unfused
from visualizer.core.routing import Routing
from visualizer.core.system.progress import Progress, ShouldStop, never, unheard

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

# Above this difference between a layer's own output and the one recomputed from the record, the record is not
# trusted and the model runs eagerly: it does something to its scores that the record does not know.
TRUST = {torch.float32: 1e-3, torch.float64: 1e-3, torch.float16: 3e-2, torch.bfloat16: 2e-1}


@dataclass
class Pass:
    """What one stack (a decoder, an encoder) gave."""

    records: list[tuple[AttentionRecord, ...]]  # of each layer with attention: self; cross where there is an encoder
    residual: list[torch.Tensor]  # [token, width] each
    final: torch.Tensor  # [token, width]
    pooled: torch.Tensor | None
    output: Any
    difference: float
    method: str
    routers: tuple[Routing, ...] = ()


@dataclass
class WholePass:
    """What a whole model gave: one stack, or an encoder and a decoder.

    records: kind -> one AttentionRecord a layer. residual: side -> the stream, [token, width] each. final: [token,
    width] of the stack that predicts. pooled: [1, width] or None. routers: side -> the choice of experts of each layer
    that makes one; without the sides that make none.
    """

    records: dict[str, tuple[AttentionRecord, ...]]
    residual: dict[str, tuple[torch.Tensor, ...]]
    final: torch.Tensor
    pooled: torch.Tensor | None
    method: str
    difference: float
    routers: dict[str, tuple[Routing, ...]] = field(default_factory=dict)


@contextmanager
def failures_told() -> Iterator[None]:
    """Whatever a model raises comes out as RunFailed or NotEnoughMemory; errors of ours as they are."""
    try:
        yield
    except VisualizerError:
        raise
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise NotEnoughMemory(needed=0, available=0, what="run") from error
    except Exception as error:  # a model's own code may raise anything
        raise RunFailed(detail=first_line(error)) from error


def run(
    loaded: LoadedModel,
    inputs: Mapping[str, torch.Tensor],
    should_stop: ShouldStop = never,
    progress: Progress = unheard,
) -> WholePass:
    """Runs a model once over what it is fed, by name; `decoder_input_ids` among it where a decoder has an encoder.

    should_stop is asked between layers. Raises Cancelled, NotEnoughMemory (eager fallback on a long text), RunFailed,
    and what the model itself raises, see `failures_told`.
    """
    layers = loaded.card.layers
    if loaded.kind == "encoder_decoder":
        return _run_both(loaded, inputs, should_stop, progress)
    found = run_stack(loaded, loaded.stack, without_cache(loaded, inputs), layers, should_stop, progress)
    return WholePass(
        records={"self": tuple(one for (one,) in found.records)},
        residual={"self": tuple(found.residual)},
        final=found.final,
        pooled=found.pooled,
        method=found.method,
        difference=found.difference,
        routers={"self": found.routers} if found.routers else {},
    )


def _run_both(
    loaded: LoadedModel, inputs: Mapping[str, torch.Tensor], should_stop: ShouldStop, progress: Progress
) -> WholePass:
    model, layers = loaded.model, loaded.card.layers
    given = stack_inputs(loaded, inputs)
    encoder = run_stack(loaded, model.get_encoder(), given["encoder"], layers, should_stop, progress)
    target = given["decoder"] | {"encoder_hidden_states": encoder.final[None]}
    decoder = run_stack(loaded, model.get_decoder(), target, layers, should_stop, progress)
    return WholePass(
        records={
            "encoder": tuple(one for (one,) in encoder.records),
            "decoder": tuple(pair[0] for pair in decoder.records),
            "cross": tuple(pair[1] for pair in decoder.records),
        },
        residual={"encoder": tuple(encoder.residual), "decoder": tuple(decoder.residual)},
        final=decoder.final,
        pooled=None,
        method="eager" if "eager" in (encoder.method, decoder.method) else "registry",
        difference=max(encoder.difference, decoder.difference),
        routers={side: one.routers for side, one in (("encoder", encoder), ("decoder", decoder)) if one.routers},
    )


def stacks(loaded: LoadedModel) -> dict[str, nn.Module]:
    """What runs all blocks of a side: "self", or "encoder" and "decoder" -> the module."""
    if loaded.kind == "encoder_decoder":
        return {"encoder": loaded.model.get_encoder(), "decoder": loaded.model.get_decoder()}
    return {"self": loaded.stack}


def stack_inputs(loaded: LoadedModel, inputs: Mapping[str, torch.Tensor]) -> dict[str, dict[str, Any]]:
    """What each of `stacks` is given when the model is fed so; the decoder without the encoder's states."""
    if loaded.kind != "encoder_decoder":
        return {"self": without_cache(loaded, inputs)}
    source = {name: tensor for name, tensor in inputs.items() if name != "decoder_input_ids"}
    target: dict[str, Any] = {"input_ids": inputs["decoder_input_ids"], "use_cache": False}
    if "attention_mask" in inputs:
        target["encoder_attention_mask"] = inputs["attention_mask"]
    return {"encoder": source, "decoder": target}


def _available_memory(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    from visualizer.core.system import memory

    return memory.available()


def run_stack(
    loaded: LoadedModel,
    stack: nn.Module,
    inputs: dict[str, Any],
    layers: int,
    should_stop: ShouldStop,
    progress: Progress,
) -> Pass:
    """Runs one stack with a recorder, and again eagerly if its attention did not pass through the registry.

    Raises CannotIntervene when it did not and something is to be done in it.
    """
    at_work = acting.current()
    if loaded.registry:
        recorder = Recorder(should_stop, progress, layers)
        with recording(recorder, stack):
            output = stack(**inputs)
        trusted = recorder.difference <= TRUST.get(loaded.model.dtype, 1e-3)
        calls = by_layer(recorder.calls, 2 if "encoder_hidden_states" in inputs else 1)
        if calls and trusted:
            if at_work is not None:
                at_work.check_layers()
            return _as_pass(recorder, output, calls, "registry")
    if at_work is not None and at_work.changes:
        raise CannotIntervene("outside_registry")
    return _run_eager(loaded, stack, inputs, layers, should_stop, progress)


def _run_eager(
    loaded: LoadedModel,
    stack: nn.Module,
    inputs: dict[str, Any],
    layers: int,
    should_stop: ShouldStop,
    progress: Progress,
) -> Pass:
    """The way for architectures outside the registry: the model hands out its matrices itself."""
    ids = inputs.get("input_ids")
    tokens = 0 if ids is None else int(ids.shape[1])
    needed = 4 * layers * loaded.card.heads * tokens * tokens
    available = _available_memory(loaded.model.device)
    if needed > 0.7 * available:
        raise NotEnoughMemory(needed=needed, available=available, what="attention")
    recorder = Recorder(should_stop, progress, layers)
    own_way = unfused(loaded.model, stack)
    with recording(recorder, own_way), _whose_weights(recorder, own_way) as layer_of:
        output = own_way(**inputs, output_attentions=True)
    # An architecture's unfused path is other code than the one that it ordinarily runs, and was seen to disagree with
    # it: predictions come from the ordinary pass, and the difference is told.
    recorder.check_stop()
    ordinary = stack(**inputs)
    final = _final(ordinary)
    recorder.difference = float((final - _final(output)).abs().max())
    own = _numbered(getattr(output, "attentions", None), layer_of, recorder.layers.total)
    cross = [w for w in (getattr(output, "cross_attentions", None) or ()) if isinstance(w, torch.Tensor)]
    if not own:
        raise RunFailed(detail=f"{type(loaded.model).__name__} gives no attention weights")
    if "encoder_hidden_states" in inputs and len(cross) != len(own):
        raise RunFailed(detail="the decoder's attention calls do not alternate between self and cross")
    sources = inputs["encoder_hidden_states"].shape[1] if cross else 0
    blocks = recording_blocks(stack)
    records: list[tuple[AttentionRecord, ...]] = []
    for at, (n, weights) in enumerate(own):
        block = blocks[n] if n < len(blocks) else None
        pair = (record_of(weights, n, tokens, tokens, block),)
        records.append((*pair, record_of(cross[at], n, tokens, sources, None)) if cross else pair)
    return replace(_as_pass(recorder, output, records, "eager"), final=final, output=ordinary)


@contextmanager
def _whose_weights(recorder: Recorder, stack: nn.Module) -> Iterator[dict[int, int | None]]:
    """id of every matrix that a part of a block hands out meanwhile -> the block's number."""
    thread, found, kept = threading.get_ident(), dict[int, int | None](), list[torch.Tensor]()

    def note(module: nn.Module, _args: Any, output: Any) -> None:
        if threading.get_ident() == thread and isinstance(output, tuple):
            for part in output:
                if isinstance(part, torch.Tensor) and part.dim() == 4 and id(part) not in found:
                    found[id(part)] = recorder.layers.number(module)
                    kept.append(part)  # ids stay valid only while their tensors live

    handles = [module.register_forward_hook(note) for module in stack.modules()]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _numbered(weights: Any, layer_of: Mapping[int, int | None], layers: int) -> list[tuple[int, torch.Tensor]]:
    """What a model handed out, with the layers' numbers. Of layers without attention it says None, or nothing.

    Raises RunFailed where it is not clear whose the matrices are.
    """
    given = [(n, w) for n, w in enumerate(weights or ()) if isinstance(w, torch.Tensor)]
    numbers = [layer_of.get(id(w)) for _, w in given]
    known = [n for n in numbers if n is not None]
    if len(known) == len(given) and known == sorted(set(known)):
        return list(zip(known, (w for _, w in given), strict=True))
    if len(weights or ()) not in (layers, 0) and layers:
        raise RunFailed(detail=f"{len(given)} of {layers} layers give attention weights, and not which ones")
    return given


def _final(output: Any) -> torch.Tensor:
    """[token, width]"""
    states: torch.Tensor = output.last_hidden_state if hasattr(output, "last_hidden_state") else output[0]
    return states[0]


def _as_pass(recorder: Recorder, output: Any, records: list[tuple[AttentionRecord, ...]], method: str) -> Pass:
    # XLNet alone runs its blocks with the batch in the second place: [token, 1, width]. Longformer and BigBird pad the
    # text to whole blocks.
    tokens = len(_final(output))
    residual = [(t[0] if t.shape[0] == 1 else t[:, 0])[:tokens] for t in recorder.residual]
    pooled = getattr(output, "pooler_output", None)
    return Pass(
        records,
        residual,
        _final(output),
        pooled if isinstance(pooled, torch.Tensor) else None,
        output,
        recorder.difference,
        method,
        recorder.chosen(),
    )


def arguments_of(module: nn.Module) -> frozenset[str]:
    """The names of what a module's forward takes."""
    return frozenset(inspect.signature(module.forward).parameters)


def model_inputs(
    model: LoadedModel,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor | None,
    token_type_ids: torch.Tensor | None,
) -> dict[str, torch.Tensor]:
    """What a model is fed, by name; what it does not take is left out."""
    inputs = {"input_ids": input_ids}
    if attention_mask is not None:
        inputs["attention_mask"] = attention_mask
    if token_type_ids is not None and model.takes("token_type_ids"):
        inputs["token_type_ids"] = token_type_ids
    return inputs


def without_cache(model: LoadedModel, inputs: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """The arguments with which the model runs over the same inputs once more, and keeps no cache of keys and values."""
    return {**inputs, "use_cache": False} if model.takes("use_cache") else dict(inputs)
