"""What is particular of a model's parts, each read from the part itself, and what that is otherwise than in 2017."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from visualizer.core.anatomy import facts, probe
from visualizer.core.anatomy.block_flow import Step
from visualizer.core.errors import VisualizerError
from visualizer.core.forward import passes, recording
from visualizer.core.forward.passes import WholePass

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

_PROBE_TOKENS = 6
_ACTIVATIONS = (
    "hidden_act", "activation_function", "hidden_activation", "dense_act_fn", "activation", "afn", "ffn_act_fn"
)  # fmt: skip


def short_pass(loaded: LoadedModel) -> WholePass | None:
    """A recorded pass over a few tokens; None where there can be none."""
    ids = torch.tensor([probe.plain_ids_of(loaded, _PROBE_TOKENS)], dtype=torch.long, device=loaded.model.device)
    inputs = {"input_ids": ids} | ({"decoder_input_ids": ids} if loaded.kind == "encoder_decoder" else {})
    try:
        with torch.inference_mode(), passes.failures_told():
            return passes.run(loaded, inputs)
    except VisualizerError:
        return None


def blocks_of(loaded: LoadedModel, side: str) -> tuple[nn.Module, ...]:
    """The blocks of a side, as the model lists them."""
    return tuple(recording.blocks(passes.stacks(loaded)[side]))


def of_block(loaded: LoadedModel, found: WholePass | None, side: str, layer: int) -> dict[str, Any]:
    """Facts of a block whose parts are not told apart."""
    return _attention_facts(found, side, layer) | _mixer(loaded, layer)


def of_step(loaded: LoadedModel, found: WholePass | None, side: str, layer: int, step: Step) -> dict[str, Any]:
    """Facts of one part of a block."""
    if step.kind in ("attention", "cross_attention"):
        result = _attention_facts(found, "cross" if step.kind == "cross_attention" else side, layer)
        window = _window(step.modules[0])
        if isinstance(window, int) and not isinstance(window, bool) and window > 0:
            result["window"] = window
        return result
    if step.kind == "norm":
        kind = norm_kind(step.modules[0], loaded.card.width)
        return {"norm": kind} if kind else {}
    if step.kind == "mixer":
        return _mixer(loaded, layer)
    if step.kind == "feed_forward":
        return _feed_forward(loaded, found, side, layer, step)
    if step.kind == "add" and any(abs(f - 1) > 1e-3 for f in step.factors):
        return {"factors": [round(f, 4) for f in step.factors]}
    return {}


def _window(module: nn.Module) -> Any:
    """How far an attention module says that it looks back; a family without layer types says it in its config."""
    own = getattr(module, "sliding_window", None)
    config = getattr(module, "config", None)
    if not hasattr(module, "sliding_window") and getattr(config, "layer_types", None) is None:
        own = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    return own[0] if isinstance(own, tuple) and own else own


def _mixer(loaded: LoadedModel, layer: int) -> dict[str, Any]:
    types = loaded.card.layer_types
    return {"mixer": types[layer]} if layer < len(types) and types[layer] != "attention" else {}


def _attention_facts(found: WholePass | None, kind: str, layer: int) -> dict[str, Any]:
    records = probe.by_number(found.records.get(kind, ())) if found is not None else []
    record = records[layer] if layer < len(records) else None
    if record is None:
        return {}
    result: dict[str, Any] = {"heads": record.heads}
    key = record.key
    if key is not None and key.dim() == 3:
        result |= {"key_heads": int(key.shape[0]), "head_width": int(key.shape[-1])}
    return result


def _feed_forward(loaded: LoadedModel, found: WholePass | None, side: str, layer: int, step: Step) -> dict[str, Any]:
    result: dict[str, Any] = {}
    config = facts.text_config(loaded.model)
    names = [n for name in _ACTIVATIONS for n in facts.values_of(config, name) if isinstance(n, str)]
    if names:
        result["activation"] = names[0]
    width = loaded.card.width
    linear = [m for module in step.modules for m in probe.linear_layers(module)]
    routing = next((r for r in (found.routers.get(side, ()) if found else ()) if r.layer == layer), None)
    if routing is not None:
        return result | {"experts": routing.count, "chosen": int(routing.experts.shape[1])}
    sizes = [_size(m) for m in dict.fromkeys(linear)]
    into = [wide for narrow, wide in sizes if narrow == width]
    out = [wide for wide, narrow in sizes if narrow == width]
    inner = max((w for w in out if w != width), default=0)
    if inner:
        result |= {"width": inner, "gated": sum(into) >= 2 * inner}
    return result


def _size(module: nn.Module) -> tuple[int, int]:
    """(inputs, outputs) of a linear layer."""
    weight: Any = module.weight
    rows, columns = (int(n) for n in weight.shape) if weight.dim() == 2 else (0, 0)
    return (columns, rows) if isinstance(module, nn.Linear) else (rows, columns)


def norm_kind(module: nn.Module, width: int) -> str:
    """ "layer" where adding a number to all of a vector changes nothing (Ba et al. 2016), else "rms"; "" if unknown."""
    own = next(module.parameters(recurse=False), None)
    size = int(own.shape[0]) if own is not None and own.dim() == 1 else width
    like = torch.linspace(-3, 3, size, dtype=torch.float32) * 100
    like = like[torch.randperm(size, generator=torch.Generator().manual_seed(0))]
    if own is not None:
        like = like.to(own.device, own.dtype)
    try:
        with torch.inference_mode():
            once, moved = module(like[None]), module(like[None] + 128)
    except Exception:  # it asks for something else than one tensor
        return ""
    return "layer" if torch.allclose(once.float(), moved.float(), rtol=2e-2, atol=2e-2) else "rms"


def otherwise(loaded: LoadedModel, boxes: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    """What a model does otherwise than the Transformer of Vaswani et al. 2017: (word, detail), from its boxes.

    Words: "decoder_only", "encoder_only", "pre_norm", "norm_after", "norm_both", "parallel", "rms", "activation",
    "gated", "positions", "no_positions", "multi_query", "grouped", "window", "experts", "mixers", "untied",
    "final_norm", "shared_layers", "scaled".
    """
    found: list[tuple[str, str]] = []
    kind = loaded.card.kind
    if kind != "encoder_decoder":
        found.append(("decoder_only" if kind == "decoder" else "encoder_only", ""))
    places = _norm_places(boxes)
    found += [(place, "") for place in ("pre_norm", "norm_after", "norm_both", "parallel") if place in places]
    if any(b.facts.get("norm") == "rms" for b in boxes):
        found.append(("rms", ""))
    feed = [b for b in boxes if b.kind in ("feed_forward", "experts")]
    names = sorted({b.facts["activation"] for b in feed if "activation" in b.facts} - {"relu"})
    if names:
        found.append(("activation", ", ".join(names)))
    if any(b.facts.get("gated") for b in feed):
        found.append(("gated", ""))
    scheme = loaded.card.position_scheme
    if scheme != "sinusoidal":
        found.append(("no_positions", "") if scheme == "none" else ("positions", scheme))
    attention = [b for b in boxes if "key_heads" in b.facts]
    for b in attention:
        if b.facts["key_heads"] < b.facts["heads"]:
            is_one = b.facts["key_heads"] == 1
            detail = f"{b.facts['heads']} : {b.facts['key_heads']}"
            found.append(("multi_query" if is_one else "grouped", detail))
            break
    windows = sorted({b.facts["window"] for b in boxes if "window" in b.facts})
    if windows:
        found.append(("window", ", ".join(map(str, windows))))
    experts = next((b.facts for b in boxes if "experts" in b.facts), None)
    if experts is not None:
        found.append(("experts", f"{experts['chosen']} / {experts['experts']}"))
    if loaded.card.layer_types:
        others = {t for t in loaded.card.layer_types if t != "attention"}
        found.append(("mixers", ", ".join(sorted(others))))
    outputs = [b for b in boxes if b.kind == "output"]
    if outputs and not any(b.facts.get("tied") for b in outputs):
        found.append(("untied", ""))
    if any(b.kind == "final_norm" for b in boxes):
        found.append(("final_norm", ""))
    if any(b.layer and b.matrices and all(m.is_shared for m in b.matrices) for b in boxes):
        found.append(("shared_layers", ""))
    if any("factors" in b.facts for b in boxes):
        found.append(("scaled", ""))
    return tuple(found)


def _norm_places(boxes: Sequence[Any]) -> set[str]:
    """Where the norms of blocks stand whose parts are told apart."""
    places: set[str] = set()
    parts = ("attention", "cross_attention", "feed_forward", "experts", "mixer")
    for n, box in enumerate(boxes):
        if box.layer is None or box.kind not in parts:
            continue
        is_before = any(boxes[r].kind == "norm" and boxes[r].layer == box.layer and _reads_stream(boxes, r)
                        for r in box.reads)  # fmt: skip
        is_after = any(b.kind == "norm" and n in b.reads for b in boxes)
        places |= {"norm_both"} if is_before and is_after else {"norm_after"} if is_after else set()
        if is_before and not is_after and _is_pre(boxes, n):
            places.add("pre_norm")
        if any(b.kind == "add" and n in b.reads and sum(boxes[r].kind in parts for r in b.reads) > 1 for b in boxes):
            places.add("parallel")
    return places


def _reads_stream(boxes: Sequence[Any], number: int) -> bool:
    return all(boxes[r].kind != "attention" for r in boxes[number].reads)


def _is_pre(boxes: Sequence[Any], number: int) -> bool:
    """Whether what a part gives is added to what its norm read, not to what that gave (which is post-norm)."""
    norms = set(boxes[number].reads)
    return any(b.kind == "add" and number in b.reads and not norms & set(b.reads) for b in boxes)
