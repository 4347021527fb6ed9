"""Which class of transformers runs a checkpoint: asked of its config."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from transformers.models.auto import modeling_auto

from visualizer.core.errors import UnsupportedArchitecture
from visualizer.core.loaded_model import Task


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
