"""translate-ja-en: the Transformer of Vaswani et al. 2017, "Attention Is All You Need", Japanese to English."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import MarianConfig, MarianMTModel

from .data import Pair, Split, lower_split
from .losses import cross_entropy
from .refused import Refused
from .tokenizer import END, PAD

LONGEST = 64  # tokens; longer pairs are left out of training
JOINED_SHARE = 0.10  # examples made of two pairs, so that a text of two sentences is translated too
POOL = 20000  # examples that are sorted by length together
SMOOTHING = 0.1


def make_model(vocabulary: int, width: int = 256, layers: int = 3, heads: int = 8) -> MarianMTModel:
    """A randomly initialised encoder-decoder: sinusoidal positions, one embedding for source, target and output."""
    config = MarianConfig(
        vocab_size=vocabulary,
        d_model=width,
        encoder_layers=layers,
        decoder_layers=layers,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=3 * width,
        decoder_ffn_dim=3 * width,
        activation_function="relu",
        dropout=0.1,
        attention_dropout=0.0,
        scale_embedding=True,
        static_position_embeddings=True,
        max_position_embeddings=512,
        init_std=0.04,
        pad_token_id=PAD,
        bos_token_id=None,
        eos_token_id=END,
        decoder_start_token_id=PAD,
        forced_eos_token_id=None,
        tie_word_embeddings=True,
        share_encoder_decoder_embeddings=True,
        attn_implementation="eager",
    )
    return MarianMTModel(config)


@dataclass(frozen=True)
class Batch:
    """source, target: [batch, width], padded; lengths count the end token."""

    source: Tensor
    source_mask: Tensor
    target_in: Tensor
    target: Tensor
    target_mask: Tensor


def _padded(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[PAD] * (width - len(row))] for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    return ids, torch.arange(width)[None] < lengths[:, None]


def make_batch(examples: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Batch:
    """Pairs of token ids (without ends) to padded tensors; the decoder starts from <pad>."""
    source, source_mask = _padded([[*ja, END] for ja, _ in examples])
    target, target_mask = _padded([[*en, END] for _, en in examples])
    target_in = torch.cat([torch.full((len(target), 1), PAD), target[:, :-1]], dim=1)
    return Batch(source, source_mask.long(), target_in, target, target_mask)


def _place(source: int, target: int) -> tuple[int, int]:
    """Where an example of these lengths stands in its pool."""
    band = source // 2
    return band, target if band % 2 else -target


class Batches:
    """Examples of similar length together, in a new order each epoch."""

    def __init__(self, pairs: Sequence[Pair], tokenizer: Tokenizer, tokens: int) -> None:
        japanese = tokenizer.encode_batch([p.japanese for p in pairs], add_special_tokens=False)
        english = tokenizer.encode_batch([p.english for p in pairs], add_special_tokens=False)
        self.examples = [
            (ja.ids, en.ids)
            for ja, en in zip(japanese, english, strict=True)
            if len(ja.ids) < LONGEST and len(en.ids) < LONGEST
        ]
        self.tokens = tokens

    def __call__(self, rng: random.Random) -> Iterator[Batch]:
        order = list(range(len(self.examples)))
        while True:
            rng.shuffle(order)
            for start in range(0, len(order), POOL):
                pool = [self.examples[i] for i in order[start : start + POOL]]
                for i in range(int(JOINED_SHARE * len(pool))):
                    other = rng.choice(self.examples)
                    pool[i] = (pool[i][0] + other[0], pool[i][1] + other[1])
                # Sources of one width together, among them targets from short to long and back: little padding.
                pool.sort(key=lambda example: _place(len(example[0]), len(example[1])))
                batches: list[list[Any]] = [[]]
                source = target = 0
                for example in pool:
                    source, target = max(source, len(example[0]) + 1), max(target, len(example[1]) + 1)
                    if (len(batches[-1]) + 1) * (source + target) > self.tokens:
                        batches.append([])
                        source, target = len(example[0]) + 1, len(example[1]) + 1
                    batches[-1].append(example)
                rng.shuffle(batches)
                yield from map(make_batch, batches)


def translate(
    model: MarianMTModel, tokenizer: Tokenizer, texts: Sequence[str], beams: int = 1, batch: int = 64
) -> list[str]:
    """Translations of the texts, greedy or by beam search."""
    encoded = [[*e.ids, END] for e in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
    results = [""] * len(encoded)
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        ids, mask = _padded([encoded[i] for i in part])
        made = model.generate(
            input_ids=ids.to(model.device),
            attention_mask=mask.long().to(model.device),
            max_new_tokens=min(96, 2 * ids.shape[1] + 16),
            num_beams=beams,
            do_sample=False,
        )
        for i, row in zip(part, made.tolist(), strict=True):
            kept = [token for token in row if token not in (PAD, END)]
            results[i] = tokenizer.decode(kept)
    return results


def needs_sacrebleu() -> None:
    """Raise Refused where sacrebleu is not installed."""
    try:
        import sacrebleu  # noqa: F401
    except ImportError as error:
        raise Refused("translations are measured with sacrebleu: python -m pip install sacrebleu") from error


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Corpus chrF of sacrebleu with its defaults (character 6-grams, case sensitive, spaces ignored)."""
    import sacrebleu  # needed to measure only

    return float(sacrebleu.corpus_chrf(list(hypotheses), [list(references)]).score)


def bleu(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Corpus BLEU of sacrebleu with its defaults."""
    import sacrebleu  # needed to measure only

    return float(sacrebleu.corpus_bleu(list(hypotheses), [list(references)]).score)


def chrf_all(hypotheses: Sequence[str], pairs: Sequence[Pair]) -> dict[str, float]:
    """chrF against natural references, and with both sides lower-cased and split."""
    return {
        "natural": chrf(hypotheses, [p.english for p in pairs]),
        "as filed, output untouched": chrf(hypotheses, [p.english_raw for p in pairs]),
        "as filed, output lower-cased and split": chrf(
            [lower_split(text) for text in hypotheses], [p.english_raw for p in pairs]
        ),
    }


class Task:
    """What the training loop needs to know about this model."""

    def __init__(self, split: Split, tokenizer: Tokenizer, dropout: float, tokens: int = 4096, **shape: int) -> None:
        needs_sacrebleu()  # not only at the first check
        self.split, self.tokenizer = split, tokenizer
        self.model = make_model(tokenizer.get_vocab_size(), **shape)
        self.model.model.encoder.dropout = self.model.model.decoder.dropout = dropout
        for layer in (*self.model.model.encoder.layers, *self.model.model.decoder.layers):
            layer.dropout = dropout
        self.batches = Batches(split.train, tokenizer, tokens)

    def compile(self) -> None:
        for layer in (*self.model.model.encoder.layers, *self.model.model.decoder.layers):
            layer.compile(dynamic=True)  # all layers of a kind share one compiled graph

    def _states(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Decoder states and targets at real positions: [n, d], [n]."""
        device = self.model.device
        states = self.model.model(
            input_ids=batch.source.to(device),
            attention_mask=batch.source_mask.to(device),
            decoder_input_ids=batch.target_in.to(device),
            use_cache=False,
        ).last_hidden_state
        real = batch.target_mask.to(device)
        return states[real], batch.target.to(device)[real]

    def loss_of(self, batch: Batch) -> tuple[Tensor, int, dict[str, float]]:
        states, target = self._states(batch)
        loss = cross_entropy(states, self.model.lm_head.weight, target, smoothing=SMOOTHING)
        return loss, len(target) + int(batch.source_mask.sum()), {"loss": loss.item()}

    def score(self) -> dict[str, float]:
        result = {}
        for name, pairs in (("dev", self.split.dev[:250]), ("held-out", self.split.held_out[:250])):
            nats = count = 0.0
            encoded = [
                (
                    self.tokenizer.encode(p.japanese, add_special_tokens=False).ids,
                    self.tokenizer.encode(p.english, add_special_tokens=False).ids,
                )
                for p in pairs
            ]
            for start in range(0, len(encoded), 50):
                states, target = self._states(make_batch(encoded[start : start + 50]))
                nats += float(cross_entropy(states, self.model.lm_head.weight, target)) * len(target)
                count += len(target)
            result[f"{name} nats"] = nats / count
            made = translate(self.model, self.tokenizer, [p.japanese for p in pairs])
            result[f"{name} chrF"] = chrf(made, [p.english for p in pairs])
        return {"choose": -sum(value for name, value in result.items() if name.endswith("chrF")), **result}
