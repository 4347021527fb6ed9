"""gpt-ja-en: a Llama decoder that learns to say the next token of Japanese and English sentences."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from .data import Pair, Split, lower_split, unique_english, unique_japanese
from .losses import cross_entropy
from .tokenizer import BEGIN, END, PAD

ROW, LONG_ROW = 128, 512  # tokens that one training row holds; sentences follow each other in it
LONG_EVERY = 10  # one batch in so many has long rows
RAW_SHARE = 0.35  # share of English sentences in lower-cased and split spelling
JOINED_SHARE = 0.15  # documents of two sentences
REPEATED_SHARE = 0.08  # documents that say a sentence twice, so that induction heads have something to do


def make_model(vocabulary: int, width: int = 256, layers: int = 4, heads: int = 8) -> LlamaForCausalLM:
    """A randomly initialised decoder: rotary positions, tied embeddings."""
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=int(width * 8 / 3 / 32 + 0.5) * 32,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        bos_token_id=BEGIN,
        eos_token_id=END,
        pad_token_id=PAD,
        attn_implementation="eager",
    )
    model = LlamaForCausalLM(config)
    depth = 1.0 / math.sqrt(2.0 * layers)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.mul_(depth)
            layer.mlp.down_proj.weight.mul_(depth)
    return model


def add_dropout(model: LlamaForCausalLM, share: float) -> None:
    """Dropout on what each block writes into the residual stream, while training only."""

    def dropped(module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
        return F.dropout(output, share, module.training)

    if share == 0.0:
        return
    for layer in model.model.layers:
        layer.self_attn.o_proj.register_forward_hook(dropped)
        layer.mlp.down_proj.register_forward_hook(dropped)
    model.model.embed_tokens.register_forward_hook(dropped)


class Batches:
    """Batches of `tokens` + 1 tokens, to be cut into rows: <s> sentence </s> <s> ... in a new order each epoch."""

    def __init__(self, pairs: Sequence[Pair], tokenizer: Tokenizer, tokens: int) -> None:
        english = unique_english(pairs)
        self.japanese = [e.ids for e in tokenizer.encode_batch(unique_japanese(pairs), add_special_tokens=False)]
        self.natural = [e.ids for e in tokenizer.encode_batch([n for n, _ in english], add_special_tokens=False)]
        self.raw = [e.ids for e in tokenizer.encode_batch([r for _, r in english], add_special_tokens=False)]
        self.tokens = tokens

    def _documents(self, rng: random.Random) -> Iterator[list[int]]:
        kinds = [(self.japanese, i) for i in range(len(self.japanese))]
        kinds += [(self.raw if rng.random() < RAW_SHARE else self.natural, i) for i in range(len(self.natural))]
        rng.shuffle(kinds)
        for sentences, index in kinds:
            text, draw = sentences[index], rng.random()
            if draw < JOINED_SHARE:
                yield text + rng.choice(sentences)
            elif draw < JOINED_SHARE + REPEATED_SHARE / 2:
                yield text + text
            elif draw < JOINED_SHARE + REPEATED_SHARE:
                yield text + rng.choice(sentences) + text
            else:
                yield text

    def __call__(self, rng: random.Random) -> Iterator[Tensor]:
        waiting: list[int] = []
        while True:
            for document in self._documents(rng):
                waiting += [BEGIN, *document, END]
                if len(waiting) > self.tokens:
                    yield torch.tensor(waiting[: self.tokens + 1])
                    waiting = waiting[self.tokens :]


def sentence_nats(model: LlamaForCausalLM, tokenizer: Tokenizer, texts: Sequence[str]) -> list[float]:
    """Negative log probability in nats of each text with its end, given <s>."""
    encoded = [[BEGIN, *e.ids, END] for e in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
    nats = [0.0] * len(encoded)
    device = model.device
    for start in range(0, len(order), 64):
        part = order[start : start + 64]
        width = max(len(encoded[i]) for i in part)
        ids = torch.tensor([encoded[i] + [PAD] * (width - len(encoded[i])) for i in part], device=device)
        states = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
        logits = model.lm_head(states).float()  # [batch, width - 1, vocabulary]
        losses = F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
        real = (
            torch.arange(width - 1, device=device)[None]
            < torch.tensor([len(encoded[i]) - 1 for i in part], device=device)[:, None]
        )
        for i, value in zip(part, (losses * real).sum(1).tolist(), strict=True):
            nats[i] = value
    return nats


def bits_per_character(model: LlamaForCausalLM, tokenizer: Tokenizer, texts: Sequence[str]) -> float:
    """Bits of the texts and their ends, over their characters."""
    return sum(sentence_nats(model, tokenizer, texts)) / math.log(2.0) / sum(map(len, texts))


def evaluation_texts(split: Split) -> dict[str, list[str]]:
    """What bits per character are measured on: both sets, both languages, English in both spellings."""
    return {
        "dev ja": [p.japanese for p in split.dev],
        "dev en as filed": [p.english_raw for p in split.dev],
        "dev en natural": [p.english for p in split.dev],
        "held-out ja": [p.japanese for p in split.held_out],
        "held-out en natural": [p.english for p in split.held_out],
        "held-out en split": [lower_split(p.english) for p in split.held_out],
    }


class Task:
    """What the training loop needs to know about this model."""

    def __init__(self, split: Split, tokenizer: Tokenizer, dropout: float, tokens: int = 2560, **shape: int) -> None:
        self.split, self.tokenizer = split, tokenizer
        self.model = make_model(tokenizer.get_vocab_size(), **shape)
        add_dropout(self.model, dropout)
        self.batches = Batches(split.train, tokenizer, tokens)
        self.count = 0

    def compile(self) -> None:
        for layer in self.model.model.layers:  # all layers share one compiled graph
            layer.compile(dynamic=False)

    def loss_of(self, row: Tensor) -> tuple[Tensor, int, dict[str, float]]:
        row = row.to(self.model.device)
        self.count += 1
        width = LONG_ROW if self.count % LONG_EVERY == 0 else ROW
        ids, target = row[:-1].view(-1, width), row[1:]
        states = self.model.model(input_ids=ids, use_cache=False).last_hidden_state  # [rows, width, d]
        loss = cross_entropy(states.reshape(len(target), -1), self.model.lm_head.weight, target)
        return loss, len(target), {"loss": loss.item()}

    def score(self) -> dict[str, float]:
        texts = evaluation_texts(self.split)
        bits = {name: bits_per_character(self.model, self.tokenizer, part) for name, part in texts.items()}
        return {"choose": sum(bits.values()) / len(bits), **bits}
