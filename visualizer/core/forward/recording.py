"""What a model does to its attention, noted down as it happens.

transformers sends attention through one registry. A function of ours is registered there: it notes the queries,
keys, values, mask and scaling of each call and lets the fast kernel do the work.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from visualizer.core import attention
from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import Cancelled
from visualizer.core.forward import acting
from visualizer.core.forward.experts import may_be_experts, routing_of
from visualizer.core.forward.keeper import Keeper
from visualizer.core.forward.layers import LayerCount
from visualizer.core.routing import Routing
from visualizer.core.system.progress import Progress, ShouldStop

IMPLEMENTATION = "visualizer_capture"

_local = threading.local()


@dataclass
class Recorder:
    """Collects the attention calls and residual stream of the pass that runs on this thread."""

    should_stop: ShouldStop
    progress: Progress
    expected_blocks: int
    layers: LayerCount = field(default_factory=lambda: LayerCount({}))
    calls: list[AttentionRecord] = field(default_factory=list)
    residual: list[torch.Tensor] = field(default_factory=list)  # input of the first block, then output of each
    blocks_done: int = 0
    routers: dict[int, list[Routing]] = field(default_factory=dict)  # of layers that choose among experts
    difference: float = 0.0
    checks: bool = True  # whether each call is recomputed at its last query; steps of one text are checked once
    keeper: Keeper = field(default_factory=Keeper)
    _shared: dict[int, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)

    def shared(self, tensor: torch.Tensor | None, queries: int) -> torch.Tensor | None:
        """[1, h, q, k] -> [h, q, k]; the layers that were given one tensor keep one view of it.

        One row for all queries alike (LayoutLM) becomes a row for each.
        """
        if tensor is None:
            return None
        known = self._shared.get(id(tensor))
        if known is None:
            # The batch's first (and only) row; a mask for all rows alike may come with fewer dimensions.
            view = tensor[0] if tensor.dim() == 4 else tensor.reshape(1, *tensor.shape[-2:])
            known = (tensor, view.expand(-1, queries, -1) if view.shape[1] == 1 else view)
            self._shared[id(tensor)] = known
        return known[1]

    def next_step(self) -> None:
        """Forget what was noted down: a model that writes goes on with its next token."""
        self.calls.clear()
        self.residual.clear()
        self.routers.clear()
        self._shared.clear()
        self.layers.restart()

    def chosen(self) -> tuple[Routing, ...]:
        """The choice of experts of each layer that makes one; of a layer that makes several, none is its own."""
        return tuple(found[0] for _, found in sorted(self.routers.items()) if len(found) == 1)

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
    recorder: Recorder | None = getattr(_local, "recorder", None)
    at_work = acting.current()
    if at_work is not None:
        query, key, value = at_work.before(query, key, value)
    causal = is_causal if is_causal is not None else bool(getattr(module, "is_causal", True))
    sinks = s_aux if s_aux is not None else getattr(module, "sinks", None)
    if attention_mask is not None and attention_mask.shape[-1] > key.shape[2]:
        attention_mask = attention_mask[..., : key.shape[2]]
    if at_work is not None:
        attention_mask = at_work.mask(attention_mask, query, key.shape[2], causal)
    record = None
    if recorder is not None or softcap is not None or sinks is not None:
        shared = recorder.shared if recorder is not None else (lambda t, _queries: None if t is None else t[0])
        keep = recorder.keeper.keep if recorder is not None else (lambda t: t)
        record = AttentionRecord(
            query=keep(query[0]),
            key=keep(key[0]),
            value=keep(value[0]),
            scaling=query.shape[-1] ** -0.5 if scaling is None else float(scaling),
            causal=causal and attention_mask is None and query.shape[2] > 1,
            mask=shared(attention_mask, query.shape[2]),
            position_bias=shared(position_bias, query.shape[2]),
            softcap=softcap,
            sinks=sinks if sinks is None or recorder is None else sinks.detach(),  # a model may go on being trained
            layer=None if recorder is None else recorder.layers.number(module),
        )
    if softcap is None and sinks is None:
        output, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, is_causal, position_bias, **kwargs
        )
    else:  # the kernel has no softcap and no sinks
        assert record is not None
        rows = (replace(record, query=query[n], key=key[n], value=value[n]) for n in range(query.shape[0]))
        outputs = [[attention.head_output(row, head) for head in range(row.heads)] for row in rows]
        output = torch.stack([torch.stack(heads, dim=1) for heads in outputs]).to(query.dtype)
    if recorder is not None and record is not None and recorder.checks:
        recorder.difference = max(recorder.difference, _difference(record, output[0]))
    if at_work is not None:
        output, heads = at_work.after(output)
        if heads and record is not None:
            record = replace(record, replaced=output[0, :, list(heads)].transpose(0, 1), replaced_heads=heads)
    if recorder is not None and record is not None:
        recorder.calls.append(record)
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


def blocks(model: nn.Module) -> list[nn.Module]:
    """The layers of a model: members of its outermost ModuleLists, in order."""
    return [block for members in _lists(model) for block in members]


def _lists(model: nn.Module) -> list[nn.ModuleList]:
    found: list[nn.ModuleList] = []
    outer: list[str] = []
    for name, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and not any(name.startswith(f"{o}.") for o in outer):
            outer.append(name)
            found.append(module)
    return found


@contextmanager
def recording(recorder: Recorder, model: nn.Module) -> Iterator[None]:
    """Routes this thread's attention calls and block outputs into the recorder.

    Another thread may be running the same model meanwhile: its blocks are not heard.
    """
    thread = threading.get_ident()

    def before(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if threading.get_ident() != thread:
            return
        recorder.check_stop()
        recorder.layers.enter(module)
        states = args[0] if args else kwargs.get("hidden_states")
        if not recorder.residual and isinstance(states, torch.Tensor):
            recorder.residual.append(recorder.keeper.keep(states))

    def after(module: nn.Module, _args: tuple[Any, ...], output: Any) -> None:
        if threading.get_ident() != thread:
            return
        recorder.layers.leave(module)
        states = output[0] if isinstance(output, tuple) else output
        if isinstance(states, torch.Tensor) and recorder.residual and states.shape == recorder.residual[0].shape:
            recorder.residual.append(recorder.keeper.keep(states))
        recorder.blocks_done += 1
        recorder.progress(min(1.0, recorder.blocks_done / max(1, recorder.expected_blocks)), "run")

    def chooses(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if threading.get_ident() != thread or not recorder.residual:
            return
        layer = recorder.layers.number(module)
        states = recorder.residual[0]
        tokens = states.numel() // states.shape[-1]
        found = None if layer is None else routing_of(module, args, kwargs, tokens, layer)
        if found is not None:
            recorder.routers.setdefault(found.layer, []).append(found)

    recorder.layers = LayerCount({block: n for n, members in enumerate(_lists(model)) for block in members})
    handles = []
    for block in {id(b): b for b in blocks(model)}.values():
        handles.append(block.register_forward_pre_hook(before, with_kwargs=True))
        handles.append(block.register_forward_hook(after))
        for part in filter(may_be_experts, block.modules()):
            if part is not block:
                handles.append(part.register_forward_pre_hook(chooses, with_kwargs=True))
    _local.recorder = recorder
    try:
        yield
    finally:
        _local.recorder = None
        for handle in handles:
            handle.remove()
