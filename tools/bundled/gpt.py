"""gpt-ja-en: a Llama decoder that learns to say the next token of Japanese and English sentences."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from .data import Pair, Split, lower_split, unique_english, unique_japanese
from .losses import cross_entropy
from .tokenizer import BEGIN, END, PAD

ROW, LONG_ROW = 64, 512  # tokens that one training row holds
LONG_EVERY = 30  # one batch in so many has long rows, where what follows sees what came before
OPEN_ROWS = 40  # short rows that are being filled at a time
RAW_SHARE = 0.45  # share of English sentences in lower-cased and split spelling
JOINED_SHARE = 0.12  # documents of two sentences
REPEATED_SHARE = 0.08  # documents that say a sentence twice, so that induction heads have something to do
RANDOM_SHARE = 0.025  # documents that say random tokens twice; only the second time is learnt
RANDOM_TOKENS, MORE_RANDOM_TOKENS, MORE = (6, 31), (32, 60), 0.2  # how many: most fit a short row, a fifth are longer
FIRST_PIECE = 260  # below: special tokens and bytes
SKIP = -100  # a target that is not learnt


def make_model(vocabulary: int, width: int = 320, layers: int = 5, heads: int = 8) -> LlamaForCausalLM:
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


class Dropout:
    """Dropout on the embeddings and on what each block writes into the residual stream, while training only.

    All masks of a pass are drawn at once, a byte a value: torch's own dropout, compiled for a CPU, draws value by value
    and takes a fifth of the training time.
    """

    def __init__(self, model: LlamaForCausalLM, share: float) -> None:
        self.least = round(share * 256)  # a value is kept if its byte is not less
        blocks = [part for layer in model.model.layers for part in (layer.self_attn.o_proj, layer.mlp.down_proj)]
        self.parts: list[Any] = [model.model.embed_tokens, *blocks] if self.least else []
        for part in self.parts:
            part.register_forward_hook(self._drop)

    def _drop(self, part: Any, _inputs: Any, output: Tensor) -> Tensor:
        if not part.training:
            return output
        return output * (part.random_bytes >= self.least).to(output.dtype) * (256 / (256 - self.least))

    def draw(self, shape: Sequence[int], device: torch.device) -> None:
        """Draw masks of the given shape (its last size a multiple of 8)."""
        if self.parts:
            longs = torch.empty(len(self.parts), *shape[:-1], shape[-1] // 8, dtype=torch.int64, device=device)
            random_bytes = longs.random_(-(2**63), None).view(torch.uint8)
            for part, own in zip(self.parts, random_bytes, strict=True):
                part.random_bytes = own


@dataclass(frozen=True)
class Batch:
    """Rows of documents, [rows, width] each: tokens, what follows each (SKIP: not learnt), number of its document."""

    ids: Tensor
    target: Tensor
    document: Tensor

    def mask(self, dtype: torch.dtype) -> Tensor:
        """[rows, 1, width, width], added to the scores: a token sees the earlier ones of its own document."""
        width = self.ids.shape[1]
        causal = torch.ones(width, width, dtype=torch.bool, device=self.ids.device).tril()
        seen = causal & (self.document[:, :, None] == self.document[:, None, :])
        return torch.zeros(seen.shape, dtype=dtype, device=seen.device).masked_fill_(~seen, -1e9)[:, None]


@dataclass
class Document:
    """Tokens between <s> and </s>; of a document of random tokens only what comes after `learnt` can be known."""

    tokens: list[int]
    learnt: int = 0

    def ids(self) -> list[int]:
        return [BEGIN, *self.tokens]

    def target(self) -> list[int]:
        return [SKIP] * self.learnt + [*self.tokens, END][self.learnt :]


class Batches:
    """Batches of about `tokens` tokens, in a new order each epoch.

    Most have short rows, in which each document is whole and sees itself alone, as when the model is used. The others
    have long rows, cut where they are full, so that later positions are known too.
    """

    def __init__(self, pairs: Sequence[Pair], tokenizer: Tokenizer, tokens: int) -> None:
        english = unique_english(pairs)
        self.japanese = [e.ids for e in tokenizer.encode_batch(unique_japanese(pairs), add_special_tokens=False)]
        self.natural = [e.ids for e in tokenizer.encode_batch([n for n, _ in english], add_special_tokens=False)]
        self.raw = [e.ids for e in tokenizer.encode_batch([r for _, r in english], add_special_tokens=False)]
        self.ordinary = range(FIRST_PIECE, tokenizer.get_vocab_size())
        self.tokens = tokens

    def _documents(self, rng: random.Random) -> Iterator[Document]:
        kinds = [(self.japanese, i) for i in range(len(self.japanese))]
        kinds += [(self.raw if rng.random() < RAW_SHARE else self.natural, i) for i in range(len(self.natural))]
        rng.shuffle(kinds)
        for sentences, index in kinds:
            text, draw = sentences[index], rng.random()
            if rng.random() < RANDOM_SHARE and len(self.ordinary) > MORE_RANDOM_TOKENS[1]:
                least, most = MORE_RANDOM_TOKENS if rng.random() < MORE else RANDOM_TOKENS
                noise = rng.sample(self.ordinary, rng.randint(least, most))
                yield Document(noise + noise, learnt=len(noise) + 1)
            if draw < JOINED_SHARE:
                yield Document(text + rng.choice(sentences))
            elif draw < JOINED_SHARE + REPEATED_SHARE / 2:
                yield Document(text + text)
            elif draw < JOINED_SHARE + REPEATED_SHARE:
                yield Document(text + rng.choice(sentences) + text)
            else:
                yield Document(text)

    def _short(self, rows: list[list[Document]]) -> Batch:
        ids = torch.full((len(rows), ROW), PAD)
        target, number = torch.full_like(ids, SKIP), torch.full_like(ids, -1)
        for row, documents in enumerate(rows):
            at = 0
            for index, document in enumerate(documents):
                here = slice(at, at + len(document.ids()))
                ids[row, here], target[row, here] = torch.tensor(document.ids()), torch.tensor(document.target())
                number[row, here] = index
                at = here.stop
        return Batch(ids, target, number)

    def _long(self, ids: list[int], target: list[int]) -> Batch:
        rows = torch.tensor(ids).view(-1, LONG_ROW)
        return Batch(rows, torch.tensor(target).view(-1, LONG_ROW), torch.zeros_like(rows))

    def __call__(self, rng: random.Random) -> Iterator[Batch]:
        full: list[list[Document]] = []
        open_rows: list[tuple[int, list[Document]]] = []  # tokens in it, documents
        ids: list[int] = []
        target: list[int] = []
        long_size = max(1, self.tokens // LONG_ROW) * LONG_ROW
        while True:
            for document in self._documents(rng):
                size = len(document.tokens) + 1
                if size > ROW or rng.random() * LONG_EVERY < 1:
                    ids += [*document.ids(), END]
                    target += [*document.target(), BEGIN]
                    if len(ids) >= long_size:
                        yield self._long(ids[:long_size], target[:long_size])
                        ids, target = ids[long_size:], target[long_size:]
                    continue
                fitting = [i for i, (used, _) in enumerate(open_rows) if used + size <= ROW]
                if fitting:
                    best = max(fitting, key=lambda i: open_rows[i][0])
                    used, documents = open_rows[best]
                    open_rows[best] = (used + size, [*documents, document])
                else:
                    open_rows.append((size, [document]))
                if len(open_rows) > OPEN_ROWS:
                    fullest = max(range(len(open_rows)), key=lambda i: open_rows[i][0])
                    full.append(open_rows.pop(fullest)[1])
                if len(full) * ROW >= self.tokens:
                    yield self._short(full)
                    full = []


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

    def __init__(self, split: Split, tokenizer: Tokenizer, dropout: float, tokens: int = 3840, **shape: int) -> None:
        self.split, self.tokenizer = split, tokenizer
        self.model = make_model(tokenizer.get_vocab_size(), **shape)
        self.dropout = Dropout(self.model, dropout)
        self.batches = Batches(split.train, tokenizer, tokens)

    def compile(self) -> None:
        for layer in self.model.model.layers:  # all layers share one compiled graph
            layer.compile(dynamic=False)

    def loss_of(self, batch: Batch) -> tuple[Tensor, int, dict[str, float]]:
        device, dtype = self.model.device, self.model.dtype
        batch = Batch(batch.ids.to(device), batch.target.to(device), batch.document.to(device))
        mask = batch.mask(dtype)
        self.dropout.draw((*batch.ids.shape, self.model.config.hidden_size), device)
        states = self.model.model(input_ids=batch.ids, attention_mask=mask, use_cache=False).last_hidden_state
        learnt = batch.target != SKIP
        loss = cross_entropy(states[learnt], self.model.lm_head.weight, batch.target[learnt])
        return loss, int(learnt.sum()), {"loss": loss.item()}

    def score(self) -> dict[str, float]:
        texts = evaluation_texts(self.split)
        bits = {name: bits_per_character(self.model, self.tokenizer, part) for name, part in texts.items()}
        return {"choose": sum(bits.values()) / len(bits), **bits}
