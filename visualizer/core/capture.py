"""One hooked forward pass of a model, and the `Trace` of it.

The attention calls are noted down by `core.recording`. Architectures that do not use transformers' attention registry
run with `output_attentions=True` instead, after an estimate says that the matrices fit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import PreTrainedModel

from visualizer.core import text
from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import EmptyText, NoSuchKind, NotEnoughMemory, RunFailed, VisualizerError
from visualizer.core.recording import Progress, Recorder, recording
from visualizer.core.request import RunRequest
from visualizer.core.trace import ModelHead, Trace

if TYPE_CHECKING:
    from visualizer.core.models import LoadedModel

# Above this difference between a layer's own output and the one recomputed from the record, the record is not
# trusted and the model runs eagerly: it does something to its scores that the record does not know.
TRUST = {torch.float32: 1e-3, torch.float64: 1e-3, torch.float16: 3e-2, torch.bfloat16: 2e-1}
MAX_NEW_TOKENS = 128


@dataclass
class _Pass:
    """What one stack (a decoder, an encoder) gave."""

    records: list[AttentionRecord]
    residual: list[torch.Tensor]  # [token, width] each
    final: torch.Tensor  # [token, width]
    pooled: torch.Tensor | None
    output: Any
    difference: float
    method: str


def _available_memory(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    from visualizer.core import memory

    return memory.available()


def _run_stack(
    loaded: LoadedModel,
    stack: nn.Module,
    inputs: dict[str, Any],
    layers: int,
    should_stop: Callable[[], bool],
    progress: Progress,
) -> _Pass:
    """Runs one stack with a recorder, and again eagerly if its attention did not pass through the registry."""
    if loaded.registry:
        recorder = Recorder(should_stop, progress, layers)
        with recording(recorder, stack):
            output = stack(**inputs)
        trusted = recorder.difference <= TRUST.get(loaded.model.dtype, 1e-3)
        if recorder.calls and trusted:
            return _as_pass(recorder, output, recorder.calls, "registry")
    return _run_eager(loaded, stack, inputs, layers, should_stop, progress)


def _run_eager(
    loaded: LoadedModel,
    stack: nn.Module,
    inputs: dict[str, Any],
    layers: int,
    should_stop: Callable[[], bool],
    progress: Progress,
) -> _Pass:
    """The way for architectures outside the registry: the model hands out its matrices itself."""
    ids = inputs.get("input_ids")
    tokens = 0 if ids is None else int(ids.shape[1])
    needed = 4 * layers * loaded.card.heads * tokens * tokens
    available = _available_memory(loaded.model.device)
    if needed > 0.7 * available:
        raise NotEnoughMemory(needed=needed, available=available, what="attention")
    recorder = Recorder(should_stop, progress, layers)
    with eager(loaded.model), recording(recorder, stack):
        output = stack(**inputs, output_attentions=True)
    # An architecture's unfused path is other code than the one that it ordinarily runs, and was seen to disagree with
    # it: predictions come from the ordinary pass, and the difference is told.
    recorder.check_stop()
    ordinary = stack(**inputs)
    final = _final(ordinary)
    recorder.difference = float((final - _final(output)).abs().max())
    own = [w for w in (getattr(output, "attentions", None) or ()) if w is not None]
    cross = [w for w in (getattr(output, "cross_attentions", None) or ()) if w is not None]
    if not own:
        raise RunFailed(detail=f"{type(loaded.model).__name__} gives no attention weights")
    pairs = [pair for layer in zip(own, cross, strict=True) for pair in layer] if cross else own
    return replace(_as_pass(recorder, output, [_given(w) for w in pairs], "eager"), final=final, output=ordinary)


def _given(weights: torch.Tensor) -> AttentionRecord:
    return AttentionRecord(query=None, key=None, value=None, scaling=1.0, weights=weights[0])


def _final(output: Any) -> torch.Tensor:
    """[token, width]"""
    states: torch.Tensor = output.last_hidden_state if hasattr(output, "last_hidden_state") else output[0]
    return states[0]


def _as_pass(recorder: Recorder, output: Any, records: list[AttentionRecord], method: str) -> _Pass:
    # XLNet alone runs its blocks with the batch in the second place: [token, 1, width].
    residual = [t[0] if t.shape[0] == 1 else t[:, 0] for t in recorder.residual]
    pooled = getattr(output, "pooler_output", None)
    return _Pass(
        records,
        residual,
        _final(output),
        pooled if isinstance(pooled, torch.Tensor) else None,
        output,
        recorder.difference,
        method,
    )


@contextmanager
def eager(model: PreTrainedModel) -> Iterator[None]:
    """The model's own unfused attention, for the length of one pass.

    Set in every config and not only by `set_attn_implementation`, which some architectures refuse: the masks are made
    for what the config names, and a mask made for the fused kernel, added to scores, hides nothing (Falcon).
    """
    configs = {id(m.config): m.config for m in model.modules() if isinstance(m, PreTrainedModel)}
    before = {key: config._attn_implementation for key, config in configs.items()}
    try:
        for config in configs.values():
            config._attn_implementation = "eager"
        yield
    finally:
        for key, config in configs.items():
            config._attn_implementation = before[key]


def run(
    model: LoadedModel,
    request: RunRequest,
    should_stop: Callable[[], bool] | None = None,
    progress: Progress | None = None,
) -> Trace:
    """Runs the model once over the request and returns the trace of it.

    should_stop is asked between layers; progress is called with a share of the work, 0 to 1, and its name.

    Raises Cancelled, EmptyText, NoSuchKind (a pair or target for a model that takes none), NotEnoughMemory (eager
    fallback on a long text), RunFailed.
    """
    if not request.text.strip():
        raise EmptyText
    if request.pair is not None and not model.accepts_pair:
        raise NoSuchKind("second sentence", request.pair, ())
    if request.target is not None and model.kind != "encoder_decoder":
        raise NoSuchKind("target text", request.target, ())
    encoding = text.encode(model.tokenizer, request.text, request.pair, max_length=model.max_length)
    morphemes = text.find_morphemes(request.text)
    if request.pair:
        morphemes += text.find_morphemes(request.pair, sequence=1)
    ids = torch.tensor([encoding.ids], device=model.model.device)
    types = None
    if encoding.token_type_ids is not None:
        types = torch.tensor([encoding.token_type_ids], device=model.model.device)
    trace = run_ids(model, request, ids, token_type_ids=types, should_stop=should_stop, progress=progress)
    target_morphemes = text.find_morphemes(trace.target_text) if trace.target_text else ()
    return replace(
        trace, tokens=encoding.tokens, cut=encoding.cut, morphemes=morphemes, target_morphemes=target_morphemes
    )


def run_ids(
    model: LoadedModel,
    request: RunRequest,
    input_ids: torch.Tensor,
    *,
    attention_mask: torch.Tensor | None = None,
    token_type_ids: torch.Tensor | None = None,
    decoder_ids: torch.Tensor | None = None,
    should_stop: Callable[[], bool] | None = None,
    progress: Progress | None = None,
) -> Trace:
    """`run` for tokens that are already ids: [1, token]. The trace's tokens carry the ids' own labels.

    attention_mask: [1, token], 0 = padding, or None. decoder_ids: [1, target] as fed to the decoder, or None: from
    `request.target`, or generated.
    """
    should_stop = should_stop or (lambda: False)
    progress = progress or (lambda _share, _name: None)
    start = time.perf_counter()
    try:
        with torch.inference_mode():
            inputs = _inputs(model, input_ids, attention_mask, token_type_ids)
            if model.kind == "encoder_decoder":
                trace = _run_encoder_decoder(model, request, inputs, decoder_ids, should_stop, progress)
            else:
                trace = _run_single(model, request, inputs, should_stop, progress)
    except (VisualizerError, KeyboardInterrupt):
        raise
    except torch.cuda.OutOfMemoryError as error:
        raise NotEnoughMemory(needed=0, available=0, what="run") from error
    except (RuntimeError, ValueError, IndexError, TypeError, AttributeError, NotImplementedError) as error:
        raise RunFailed(detail=f"{type(error).__name__}: {error}") from error
    return replace(trace, seconds=time.perf_counter() - start)


def _inputs(
    model: LoadedModel,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor | None,
    token_type_ids: torch.Tensor | None,
) -> dict[str, Any]:
    inputs: dict[str, Any] = {"input_ids": input_ids}
    if attention_mask is not None:
        inputs["attention_mask"] = attention_mask
    if token_type_ids is not None and model.takes("token_type_ids"):
        inputs["token_type_ids"] = token_type_ids
    return inputs


def _run_single(
    loaded: LoadedModel,
    request: RunRequest,
    inputs: dict[str, Any],
    should_stop: Callable[[], bool],
    progress: Progress,
) -> Trace:
    stack = loaded.model.base_model
    extra = {"use_cache": False} if loaded.takes("use_cache") else {}
    result = _run_stack(loaded, stack, inputs | extra, loaded.card.layers, should_stop, progress)
    head = ModelHead(loaded, type(result.output), result.pooled)
    return Trace(
        request=request,
        card=loaded.card,
        tokens=text.label_ids(loaded.tokenizer, inputs["input_ids"][0].tolist()),
        records={"self": tuple(result.records)},
        residual={"self": tuple(result.residual)},
        final=result.final,
        head=head,
        method=result.method,
        difference=result.difference,
    )


def _run_encoder_decoder(
    loaded: LoadedModel,
    request: RunRequest,
    inputs: dict[str, Any],
    decoder_ids: torch.Tensor | None,
    should_stop: Callable[[], bool],
    progress: Progress,
) -> Trace:
    model = loaded.model
    encoder = _run_stack(loaded, model.get_encoder(), inputs, loaded.card.layers, should_stop, progress)
    target_text = request.target
    if decoder_ids is None:
        decoder_ids, target_text = _decoder_ids(loaded, request, inputs, should_stop)
    decoder_inputs: dict[str, Any] = {
        "input_ids": decoder_ids,
        "encoder_hidden_states": encoder.final[None],
        "use_cache": False,
    }
    if "attention_mask" in inputs:
        decoder_inputs["encoder_attention_mask"] = inputs["attention_mask"]
    decoder = _run_stack(loaded, model.get_decoder(), decoder_inputs, loaded.card.layers, should_stop, progress)
    if len(decoder.records) % 2:
        raise RunFailed(detail="the decoder's attention calls do not alternate between self and cross")
    return Trace(
        request=request,
        card=loaded.card,
        tokens=text.label_ids(loaded.tokenizer, inputs["input_ids"][0].tolist()),
        target_tokens=text.label_ids(loaded.tokenizer, decoder_ids[0].tolist()),
        target_text=target_text or "",
        records={
            "encoder": tuple(encoder.records),
            "decoder": tuple(decoder.records[0::2]),  # each decoder layer calls self, then cross
            "cross": tuple(decoder.records[1::2]),
        },
        residual={"encoder": tuple(encoder.residual), "decoder": tuple(decoder.residual)},
        final=decoder.final,
        head=ModelHead(loaded, type(decoder.output), None),
        method="eager" if "eager" in (encoder.method, decoder.method) else "registry",
        difference=max(encoder.difference, decoder.difference),
    )


def _decoder_ids(
    loaded: LoadedModel,
    request: RunRequest,
    inputs: dict[str, Any],
    should_stop: Callable[[], bool],
) -> tuple[torch.Tensor, str]:
    """What the decoder reads: its start token and the typed target, or what the model generates greedily."""
    from visualizer.core import generation

    start = decoder_start(loaded)
    if request.target is not None:
        encoding = text.encode(loaded.tokenizer, request.target, max_length=loaded.max_length, as_target=True)
        ids = list(encoding.ids)
        if ids and ids[-1] == loaded.tokenizer.eos_token_id:
            ids.pop()  # the end is what the last position should predict, not something it is told
        if not ids or ids[0] != start:
            ids.insert(0, start)
        return torch.tensor([ids], device=loaded.model.device), request.target
    source = inputs["input_ids"][0].tolist()
    written = generation.generate(loaded, source, MAX_NEW_TOKENS, target=(start,), should_stop=should_stop)
    decoded = loaded.tokenizer.decode(written, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return torch.tensor([[start, *written]], device=loaded.model.device), decoded


def decoder_start(loaded: LoadedModel) -> int:
    """The token that an encoder-decoder model's decoder starts from."""
    for config in (loaded.model.generation_config, loaded.model.config):
        for name in ("decoder_start_token_id", "bos_token_id"):
            value = getattr(config, name, None)
            if value is not None:
                return int(value[0] if isinstance(value, list) else value)
    return int(loaded.tokenizer.pad_token_id or 0)
