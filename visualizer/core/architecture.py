"""Which class runs a checkpoint, and what the loaded model is: asked of the model, not of its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch import nn
from transformers.models.auto import modeling_auto

from visualizer.core import position_probe
from visualizer.core.card import Kind, ModelCard, Task
from visualizer.core.errors import UnsupportedArchitecture

ENDLESS = ("relative", "alibi", "none")  # position schemes that any length fits
_SHORT = 8


@dataclass(frozen=True)
class Candidate:
    """A class that may run a checkpoint; `certain` when the checkpoint names it itself."""

    model_class: Any
    task: Task
    certain: bool


def candidates(config: Any) -> list[Candidate]:
    """The classes that may run a checkpoint with this config, the best first.

    What the config names is taken as it is; a bare body or another head is tried with the language-model head of its
    family (it may share its weights with the embedding), and then without. Raises UnsupportedArchitecture when the
    model is not a Transformer over text.
    """
    named = [str(name) for name in getattr(config, "architectures", None) or []]
    heads = list(_language_heads(config))
    found = [Candidate(c, task, True) for c, task in heads if c.__name__ in named][:1]
    if not found:
        pretraining = _mapped(modeling_auto.MODEL_FOR_PRETRAINING_MAPPING, config)
        masked = [c for c, task in heads if task == "masked"]
        if masked and pretraining and pretraining[0].__name__ in named and _writes_words(pretraining[0], config):
            found.append(Candidate(pretraining[0], "masked", False))
        found += [Candidate(c, task, False) for c, task in heads]
        for mapping in (modeling_auto.MODEL_MAPPING, modeling_auto.MODEL_FOR_TEXT_ENCODING_MAPPING):
            found += [Candidate(c, "none", False) for c in _mapped(mapping, config)]
    name = named[0] if named else str(config.model_type)
    if not found:
        raise UnsupportedArchitecture(name, "transformers has no model of this kind that reads text")
    _check_reads_text(config, found[0].model_class, name)
    return found


def _language_heads(config: Any) -> Iterator[tuple[Any, Task]]:
    causal = [(c, "causal") for c in _mapped(modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING, config)]
    masked = [(c, "masked") for c in _mapped(modeling_auto.MODEL_FOR_MASKED_LM_MAPPING, config)]
    seq2seq = [(c, "seq2seq") for c in _mapped(modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING, config)]
    if getattr(config, "is_encoder_decoder", False):
        order = [seq2seq, masked, causal]
    elif getattr(config, "is_decoder", False):
        order = [causal, masked, seq2seq]
    else:
        order = [masked, causal, seq2seq]
    for group in order:
        yield from group  # type: ignore[misc]


def _mapped(mapping: Any, config: Any) -> tuple[Any, ...]:
    try:
        classes = mapping[type(config)]
    except (KeyError, AttributeError, ImportError):
        return ()
    return classes if isinstance(classes, tuple) else (classes,)


def _writes_words(model_class: Any, config: Any) -> bool:
    with torch.device("meta"):
        return model_class._from_config(config).get_output_embeddings() is not None


def _check_reads_text(config: Any, model_class: Any, name: str) -> None:
    text = config.get_text_config()
    for reader in (getattr(transformers, name, None), model_class):
        reads = getattr(reader, "main_input_name", "input_ids")
        if reads != "input_ids":
            raise UnsupportedArchitecture(name, f"reads {reads}, not text")
    if text is not config:
        raise UnsupportedArchitecture(name, "reads more than text")
    if not getattr(text, "num_attention_heads", None):
        raise UnsupportedArchitecture(name, "has no attention")
    method = getattr(config, "quantization_config", None)
    if method is not None:
        how = method.get("quant_method") if isinstance(method, dict) else getattr(method, "quant_method", "")
        raise UnsupportedArchitecture(name, f"its weights are quantized ({getattr(how, 'value', how)})")


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
    try:
        output, first = _first_position(model, last=1)
        _, again = _first_position(model, last=2)
    except Exception as error:
        raise UnsupportedArchitecture(type(model).__name__, str(error).strip().splitlines()[0][:300]) from error
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
    rows = model.get_input_embeddings().num_embeddings
    ids = torch.tensor([[min(rows - 1, 7 + n) for n in range(4)] + [min(rows - 1, 20) - last]], device=model.device)
    extra = {"decoder_input_ids": ids} if getattr(model.config, "is_encoder_decoder", False) else {}
    with torch.inference_mode():
        output = model(input_ids=ids, **extra)
    return output, output[0][0, 0]


def describe(model: Any, nature: Nature, source: str, name: str, dtype: str) -> ModelCard:
    """The card of a loaded model, counted and asked from the model itself."""
    config = model.config
    weights = list(model.parameters())
    heads = int(config.num_attention_heads)
    scheme = position_probe.describe(model, _SHORT).scheme
    return ModelCard(
        source=source,
        name=name,
        family=str(config.model_type),
        architecture=type(model).__name__,
        parameters=sum(p.numel() for p in weights),
        layers=int(config.num_hidden_layers),
        heads=heads,
        key_value_heads=_key_value_heads(model, heads),
        width=int(config.hidden_size),
        vocabulary=int(config.vocab_size),
        position_scheme=scheme,
        max_length=None if scheme in ENDLESS else _reach(model),
        kind=nature.kind,
        task=nature.task,
        device=str(model.device),
        dtype=dtype,
        memory=sum(t.numel() * t.element_size() for t in (*weights, *model.buffers())),
    )


def _key_value_heads(model: Any, heads: int) -> int:
    for module in model.modules():
        for name in ("num_key_value_heads", "num_kv_heads", "kv_heads"):
            count = getattr(module, name, None)
            if isinstance(count, int) and 0 < count <= heads:
                return count
    return int(getattr(model.config, "num_key_value_heads", None) or heads)


def _reach(model: Any) -> int | None:
    """How many tokens the positions of a model reach."""
    limits = []
    reach = getattr(model.config, "max_position_embeddings", None)
    if isinstance(reach, int) and reach > 0:
        limits.append(reach)
    for name, module in model.named_modules():
        if isinstance(module, nn.Embedding) and "position" in name:
            # RoBERTa and its kin number positions from the row after that of padding; OPT and BART keep two rows free.
            rows = module.num_embeddings - getattr(module, "offset", 0)
            padding = getattr(module, "padding_idx", None)
            limits.append(rows if padding is None else rows - padding - 1)
    return min(limits) if limits else None
