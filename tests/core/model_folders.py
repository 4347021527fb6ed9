"""Tiny random models with a tokenizer, saved to a folder as a person would have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers

from tests.core.families import BART, BERT, GPT2, LLAMA, T5
from tests.core.tokenizer_kinds import KINDS

# class, config, tokenizer, and what the loaded model has to be: kind, task, position scheme, maximum length, pairs.
MODELS: dict[str, tuple[str, dict[str, Any], str, tuple[str, str, str, int | None, bool]]] = {
    "gpt2": ("GPT2LMHeadModel", GPT2, "byte_level", ("decoder", "causal", "learned", 64, False)),
    "gpt2_body": ("GPT2Model", GPT2, "byte_level", ("decoder", "causal", "learned", 64, False)),
    "llama": ("LlamaForCausalLM", LLAMA, "llama_bpe", ("decoder", "causal", "rotary", 64, False)),
    "llama_body": ("LlamaModel", LLAMA, "llama_bpe", ("decoder", "none", "rotary", 64, False)),
    "bloom": (
        "BloomForCausalLM",
        {"hidden_size": 32, "n_layer": 2, "n_head": 4},
        "byte_level",
        ("decoder", "causal", "alibi", None, False),
    ),
    "bert": ("BertForMaskedLM", BERT, "word_piece", ("encoder", "masked", "learned", 64, True)),
    "bert_pretraining": ("BertForPreTraining", BERT, "word_piece", ("encoder", "masked", "learned", 64, True)),
    "bert_body": ("BertModel", BERT, "word_piece", ("encoder", "none", "learned", 64, True)),
    "bert_classifier": (
        "BertForSequenceClassification",
        BERT,
        "word_piece",
        ("encoder", "none", "learned", 64, True),
    ),
    "roberta": (
        "RobertaForMaskedLM",
        {**BERT, "pad_token_id": 1, "max_position_embeddings": 66},
        "roberta",
        ("encoder", "masked", "learned", 64, True),
    ),
    "electra": ("ElectraForPreTraining", BERT, "word_piece", ("encoder", "none", "learned", 64, True)),
    "t5": ("T5ForConditionalGeneration", T5, "unigram_bytes", ("encoder_decoder", "seq2seq", "relative", None, False)),
    "t5_encoder": (
        "T5EncoderModel",
        {**T5, "is_encoder_decoder": False},
        "unigram_bytes",
        ("encoder", "none", "relative", None, True),
    ),
    "marian": ("MarianMTModel", BART, "marian", ("encoder_decoder", "seq2seq", "sinusoidal", 64, False)),
    "bart": ("BartForConditionalGeneration", BART, "roberta", ("encoder_decoder", "seq2seq", "learned", 64, False)),
    "xlnet": (
        "XLNetLMHeadModel",
        {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 48},
        "unigram_bytes",
        ("encoder", "masked", "relative", None, True),
    ),
}


def save(name: str, folder: Path, seed: int = 0, **changes: Any) -> Path:
    """Saves the model of that name with its tokenizer; the vocabulary is as large as the tokenizer's."""
    model_class, settings, kind, _ = MODELS[name]
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = KINDS[kind](folder)
    if kind != "canine":
        tokenizer.save_pretrained(folder)
    model = build(model_class, {**settings, "vocab_size": len(tokenizer), **changes}, seed)
    model.save_pretrained(folder)
    return folder


def build(model_class: str, settings: dict[str, Any], seed: int = 0) -> Any:
    """A random model of that class."""
    torch.manual_seed(seed)
    found = getattr(transformers, model_class)
    return found(found.config_class(**settings)).eval()
