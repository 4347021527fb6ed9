"""One hooked forward pass of a model, and the `Trace` of it.

transformers sends attention through one registry. A function of ours is registered there: it notes the queries,
keys, values, mask and scaling of each call and lets the fast kernel do the work. Architectures that do not use the
registry run with `output_attentions=True` instead, after an estimate says that the matrices fit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from visualizer.core import attention, text
from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import Cancelled, EmptyText, NoSuchKind, NotEnoughMemory, RunFailed, VisualizerError
from visualizer.core.request import RunRequest
from visualizer.core.trace import ModelHead, Trace

if TYPE_CHECKING:
    from visualizer.core.models import LoadedModel

IMPLEMENTATION = "visualizer_capture"
# Above this difference between a layer's own output and the one recomputed from the record, the record is not
# trusted and the model runs eagerly: it does something to its scores that the record does not know.
TRUST = {torch.float32: 1e-3, torch.float64: 1e-3, torch.float16: 3e-2, torch.bfloat16: 2e-1}
MAX_NEW_TOKENS = 128
Progress = Callable[[float, str], None]

_local = threading.local()


@dataclass
class _Recorder:
    """Collects the attention calls and residual stream of the pass that runs on this thread."""

    should_stop: Callable[[], bool]
    progress: Progress
    expected_blocks: int
    calls: list[AttentionRecord] = field(default_factory=list)
    residual: list[torch.Tensor] = field(default_factory=list)  # input of the first block, then output of each
    blocks_done: int = 0
    difference: float = 0.0
    _shared: dict[int, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)

    def shared(self, tensor: torch.Tensor | None) -> torch.Tensor | None:
        """[1, h, q, k] -> [h, q, k]; the layers that were given one tensor keep one view of it."""
        if tensor is None:
            return None
        known = self._shared.get(id(tensor))
        if known is None:
            # The batch's first (and only) row; a mask for all rows alike may come with fewer dimensions.
            known = (tensor, tensor[0] if tensor.dim() == 4 else tensor.reshape(1, *tensor.shape[-2:]))
            self._shared[id(tensor)] = known
        return known[1]

    def check_stop(self) -> None:
        if self.should_stop():
            raise Cancelled


def _capturing_attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    is_causal: bool | None = None,
    position_bias: torch.Tensor | None = None,
    softcap: float | None = None,
    s_aux: torch.Tensor | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Attention as the kernel computes it, noted down when a recorder listens on this thread.

    query: [1, head, q, d]; key, value: [1, kv_head, k, d] -> [1, q, head, d].
    """
    recorder: _Recorder | None = getattr(_local, "recorder", None)
    causal = is_causal if is_causal is not None else bool(getattr(module, "is_causal", True))
    sinks = s_aux if s_aux is not None else getattr(module, "sinks", None)
    if attention_mask is not None and attention_mask.shape[-1] > key.shape[2]:
        attention_mask = attention_mask[..., : key.shape[2]]
    record = None
    if recorder is not None or softcap is not None or sinks is not None:
        shared = recorder.shared if recorder is not None else (lambda t: None if t is None else t[0])
        record = AttentionRecord(
            query=query[0],
            key=key[0],
            value=value[0],
            scaling=query.shape[-1] ** -0.5 if scaling is None else float(scaling),
            causal=causal and attention_mask is None and query.shape[2] > 1,
            mask=shared(attention_mask),
            position_bias=shared(position_bias),
            softcap=softcap,
            sinks=sinks,
        )
    if softcap is None and sinks is None:
        output, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, is_causal, position_bias, **kwargs
        )
    else:  # the kernel has no softcap and no sinks
        assert record is not None
        heads = [attention.head_output(record, head) for head in range(record.heads)]
        output = torch.stack(heads, dim=1)[None].to(query.dtype)
    if recorder is not None and record is not None:
        recorder.calls.append(record)
        recorder.difference = max(recorder.difference, _difference(record, output[0]))
    return output, None


def _difference(record: AttentionRecord, output: torch.Tensor) -> float:
    """Largest difference between the last query's outputs, the model's own [q, head, d] and ours, over all heads."""
    return float((attention.last_outputs(record) - output[-1].float()).abs().max())


AttentionInterface.register(IMPLEMENTATION, _capturing_attention)
# Without a mask function of the same name the mask is silently None and a causal model sees the future.
AttentionMaskInterface.register(IMPLEMENTATION, sdpa_mask)


def prepare(model: PreTrainedModel) -> bool:
    """Lets a freshly loaded model send its attention through the recorder; False when its architecture cannot.

    The model computes the same as before whenever nobody records.
    """
    if not type(model)._can_set_attn_implementation():
        return False
    try:
        model.set_attn_implementation(IMPLEMENTATION)
    except (ValueError, KeyError):
        return False
    return True


def _blocks(model: nn.Module) -> list[nn.Module]:
    """The layers of a model: members of its outermost ModuleLists, in order."""
    found: list[nn.Module] = []
    outer: list[str] = []
    for name, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and not any(name.startswith(f"{o}.") for o in outer):
            outer.append(name)
            found.extend(module)
    return found


@contextmanager
def _recording(recorder: _Recorder, model: nn.Module) -> Iterator[None]:
    """Routes this thread's attention calls and block outputs into the recorder."""

    def before(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        recorder.check_stop()
        states = args[0] if args else kwargs.get("hidden_states")
        if not recorder.residual and isinstance(states, torch.Tensor):
            recorder.residual.append(states)

    def after(_module: nn.Module, _args: tuple[Any, ...], output: Any) -> None:
        states = output[0] if isinstance(output, tuple) else output
        if isinstance(states, torch.Tensor) and recorder.residual and states.shape == recorder.residual[0].shape:
            recorder.residual.append(states)
        recorder.blocks_done += 1
        recorder.progress(min(1.0, recorder.blocks_done / max(1, recorder.expected_blocks)), "run")

    handles = []
    for block in {id(b): b for b in _blocks(model)}.values():
        handles.append(block.register_forward_pre_hook(before, with_kwargs=True))
        handles.append(block.register_forward_hook(after))
    _local.recorder = recorder
    try:
        yield
    finally:
        _local.recorder = None
        for handle in handles:
            handle.remove()


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
        recorder = _Recorder(should_stop, progress, layers)
        with _recording(recorder, stack):
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
    recorder = _Recorder(should_stop, progress, layers)
    with eager(loaded.model), _recording(recorder, stack):
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


def _as_pass(recorder: _Recorder, output: Any, records: list[AttentionRecord], method: str) -> _Pass:
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
