"""What a loaded model is: asked of the model, not of its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers.models.auto import modeling_auto

from visualizer.core.anatomy import facts, judging, positions, probe
from visualizer.core.loaded_model import Kind, ModelCard, Task

ENDLESS = ("relative", "alibi", "none")  # position schemes that any length fits

_SHORT = 8


# --- the loaded model ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Nature:
    """What a short pass showed of a model."""

    kind: Kind
    task: Task
    pair_head: bool


def task_of(model: Any) -> Task:
    """The task of a model's class, as transformers files it; "none" without a language-model head."""
    name = type(model).__name__
    for task, names in (
        ("seq2seq", modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES),
        ("masked", modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES),
        ("causal", modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES),
        ("masked", modeling_auto.MODEL_FOR_PRETRAINING_MAPPING_NAMES),
    ):
        listed = {n for entry in names.values() for n in ((entry,) if isinstance(entry, str) else entry)}
        # Several classes are filed under two tasks (XLM, for one): the first task is the one that it fits in full.
        if name in listed and model.get_output_embeddings() is not None:
            return task  # type: ignore[return-value]
    return "none"


def examine(model: Any, task: Task) -> Nature:
    """Runs a few tokens through the model to see whether a later token changes what is said of an earlier one.

    A model whose head is filed as causal but which looks ahead (XLNet, BertLMHeadModel as an encoder) speaks of
    the token at its place, as a masked model does. Raises UnsupportedArchitecture when the model cannot run.
    """
    return facts.or_refused(model, lambda: _examined(model, task))


def _examined(model: Any, task: Task) -> Nature:
    whole = model
    if judging.head_of(whole):
        model = whole.base_model  # what the head says is of the whole text, or of no vocabulary
    output, first = _first_position(model, last=1)
    _, again = _first_position(model, last=2)
    pair_head = "seq_relationship_logits" in output
    if getattr(model.config, "is_encoder_decoder", False):
        return Nature("encoder_decoder", "seq2seq" if task in ("seq2seq", "masked") else "none", pair_head)
    if task == "masked":
        return Nature("encoder", "masked", pair_head)
    scale = first.float().abs().max().clamp(min=1e-6)
    if ((first.float() - again.float()).abs().max() / scale).item() < 1e-6:
        return Nature("decoder", task, pair_head)
    return Nature("encoder", "masked" if task == "causal" else "none", pair_head)


def _first_position(model: Any, last: int) -> tuple[Any, torch.Tensor]:
    """The output for five tokens, and its first tensor at the first position: [vocabulary] or [width]."""
    plain = probe.plain_ids(model, 6)
    said = [plain[n % len(plain)] for n in range(4)] + [plain[-min(last, len(plain))]]
    ids = torch.tensor([said], dtype=torch.long, device=model.device)
    extra = {"decoder_input_ids": ids} if getattr(model.config, "is_encoder_decoder", False) else {}
    with torch.inference_mode():
        output = model(input_ids=ids, **extra)
    return output, output[0][0, 0]


def describe(model: Any, nature: Nature, source: str, name: str, dtype: str) -> ModelCard:
    """The card of a loaded model, counted and asked from the model itself. Raises UnsupportedArchitecture."""
    return facts.or_refused(model, lambda: _described(model, nature, source, name, dtype))


def _described(model: Any, nature: Nature, source: str, name: str, dtype: str) -> ModelCard:
    config = facts.text_config(model)
    weights = list(model.parameters())
    table = model.get_input_embeddings()
    heads = _counted(config, "num_attention_heads", "n_head", "n_heads")
    scheme = positions.describe(model, _SHORT).scheme
    return ModelCard(
        source=source,
        name=name,
        family=str(config.model_type),
        architecture=type(model).__name__,
        parameters=sum(p.numel() for p in weights),
        layers=_counted(config, "num_hidden_layers", "n_layer", "n_layers"),
        heads=heads,
        key_value_heads=_key_value_heads(model, heads),
        width=facts.number_of(config, "hidden_size", "d_model") or int(table.weight.shape[1]),
        vocabulary=facts.number_of(config, "vocab_size") or int(table.weight.shape[0]),
        position_scheme=scheme,
        max_length=None if scheme in ENDLESS else _reach(model),
        kind=nature.kind,
        task=nature.task,
        device=str(model.device),
        dtype=dtype,
        head=judging.head_of(model),
        memory=sum(t.numel() * t.element_size() for t in (*weights, *model.buffers())),
    )


def _counted(config: Any, *names: str) -> int:
    count = facts.number_of(config, *names)
    if count is None:
        raise ValueError(f"its config does not say {names[0]}")
    return count


def _key_value_heads(model: Any, heads: int) -> int:
    for module in model.modules():
        for name in ("num_key_value_heads", "num_kv_heads", "kv_heads"):
            count = getattr(module, name, None)
            if isinstance(count, int) and 0 < count <= heads:
                return count
    return min(heads, facts.number_of(facts.text_config(model), "num_key_value_heads") or heads)


def _reach(model: Any) -> int | None:
    """How many tokens the positions of a model reach."""
    limits = []
    reach = facts.number_of(facts.text_config(model), "max_position_embeddings")
    if reach is not None:
        limits.append(reach)
    for name, module in model.named_modules():
        if isinstance(module, nn.Embedding) and "position" in name:
            # RoBERTa and its kin number positions from the row after that of padding; OPT and BART keep two rows free.
            rows = module.num_embeddings - getattr(module, "offset", 0)
            padding = getattr(module, "padding_idx", None)
            limits.append(rows if padding is None else rows - padding - 1)
    return min(limits) if limits else None
