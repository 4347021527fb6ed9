"""Which class of transformers runs a checkpoint: asked of its config."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from transformers.models.auto import modeling_auto

from visualizer.core.errors import UnsupportedArchitecture
from visualizer.core.loaded_model import Task
from visualizer.core.loading import quantized

# Ways of quantizing that transformers undoes on any device while it loads.
UNPACKED = ("fp8", "mxfp4")

_JUDGING = (
    modeling_auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING,
    modeling_auto.MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING,
    modeling_auto.MODEL_FOR_QUESTION_ANSWERING_MAPPING,
)


@dataclass(frozen=True)
class Candidate:
    """A class that may run a checkpoint; `certain` when the checkpoint names it itself.

    head: it judges texts instead of predicting tokens, see `anatomy.judging`; every one of its weights must be there.
    """

    model_class: Any
    task: Task
    certain: bool
    head: bool = False


def text_part(config: Any) -> Any:
    """The config of the language model inside one that also reads pictures or sounds; the config itself elsewhere.

    Raises UnsupportedArchitecture where there is a text part and no class that runs it alone.
    """
    written = {
        *modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
        *modeling_auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES,
    }
    if config.model_type not in written:
        return config
    try:
        text = config.get_text_config(decoder=True)
    except Exception:  # several text parts, or none that the class can name
        return config
    if text is config:
        return config
    mappings = (modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING, modeling_auto.MODEL_MAPPING)
    if not any(_mapped(mapping, text) for mapping in mappings):
        name = str((getattr(config, "architectures", None) or [config.model_type])[0])
        raise UnsupportedArchitecture(name, f"transformers cannot run its text part ({text.model_type}) alone")
    text = copy.deepcopy(text)
    text.architectures = None
    method = getattr(config, "quantization_config", None)
    if method is not None:
        text.quantization_config = method
    text.name_or_path = config.name_or_path
    return text


def quantization(config: Any) -> str | None:
    """How a checkpoint's weights are quantized, as its config says ("gptq", "fp8"); None where they are plain."""
    method = getattr(config, "quantization_config", None)
    if method is None:
        return None
    how = method.get("quant_method") if isinstance(method, dict) else getattr(method, "quant_method", None)
    return str(getattr(how, "value", how) or "in a way that the config does not name")


def candidates(config: Any) -> list[Candidate]:
    """The classes that may run a checkpoint with this config, the best first.

    What the config names is taken as it is, a head that judges texts too; a bare body or any other head is tried with
    the language-model head of its family (it may share its weights with the embedding), and then without. Raises
    UnsupportedArchitecture when the model is not a Transformer over text.
    """
    named = [str(name) for name in getattr(config, "architectures", None) or []]
    heads = list(_language_heads(config))
    found = [Candidate(c, task, True) for c, task in heads if c.__name__ in named][:1]
    if not found and not getattr(config, "is_encoder_decoder", False):
        judging = [c for mapping in _JUDGING for c in _mapped(mapping, config)]
        found = [Candidate(c, "none", True, head=True) for c in judging if c.__name__ in named][:1]
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


def _has_heads(text: Any) -> bool:
    """Whether a config speaks of attention heads; a number for each layer speaks of them too."""
    try:
        return bool(getattr(text, "num_attention_heads", None))
    except Exception:  # transformers refuses to give one number where layers differ
        return True


def _check_reads_text(config: Any, model_class: Any, name: str) -> None:
    text = config.get_text_config()
    for reader in (getattr(transformers, name, None), model_class):
        reads = getattr(reader, "main_input_name", "input_ids")
        if reads != "input_ids":
            raise UnsupportedArchitecture(name, f"reads {reads}, not text")
    if text is not config:
        raise UnsupportedArchitecture(name, "reads more than text")
    if not _has_heads(text):
        raise UnsupportedArchitecture(name, "has no attention")
    how = quantization(config)
    if how is not None and how not in UNPACKED:
        why = quantized.hindrance(how, quantized.settings_of(config))
        if why is not None:
            raise UnsupportedArchitecture(
                name, f"its weights are quantized ({how if why == how else f'{how}, {why}'})"
            )
