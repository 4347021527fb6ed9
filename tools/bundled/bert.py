"""bert-ja-en: BERT with its two heads. One fills blanks, the other says whether two sentences match."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertConfig, BertForPreTraining

from .alignment import WordAligner
from .data import Pair, Split, unique_english, unique_japanese
from .losses import cross_entropy
from .tokenizer import BEGIN, END, PAD

POSITIONS = 256  # all of them are trained, the far ones on rows of many sentences
LONGEST_PAIR = 96
POOL = 6000  # pairs, and half as many other rows, that are sorted by length together
FIRST_PIECE = 4  # random replacements are drawn from every piece that is not special
RAW_SHARE = 0.35  # share of English sentences in lower-cased and split spelling
SAME, SHUFFLED, NO_LABEL = 0, 1, -100


def make_model(vocabulary: int, width: int = 256, layers: int = 4, heads: int = 8) -> BertForPreTraining:
    """A randomly initialised encoder: learned positions, a head for blanks and a head for pairs."""
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=3 * width,
        max_position_embeddings=POSITIONS,
        type_vocab_size=2,
        attention_probs_dropout_prob=0.0,
        initializer_range=0.04,
        pad_token_id=PAD,
        attn_implementation="eager",
    )
    return BertForPreTraining(config)


@dataclass(frozen=True)
class Row:
    """One row before masking: ids with [CLS] and [SEP], where the second sentence begins (0: there is none), label."""

    ids: list[int]
    second: int
    label: int


@dataclass(frozen=True)
class Batch:
    """ids, types, mask: [batch, width]; where: flat indices of blanks; target: their pieces; label: [batch]."""

    ids: Tensor
    types: Tensor
    mask: Tensor
    where: Tensor
    target: Tensor
    label: Tensor


def pair_row(first: Sequence[int], second: Sequence[int], label: int) -> Row:
    """[CLS] first [SEP] second [SEP]."""
    return Row([BEGIN, *first, END, *second, END], len(first) + 2, label)


def make_batch(rows: Sequence[Row], blanks: Sequence[Sequence[int]], mask_id: int, rng: random.Random | None) -> Batch:
    """Pad and blank: of the blanks 80% become [MASK], 10% a random piece, 10% stay (all [MASK] without rng)."""
    width = max(len(row.ids) for row in rows)
    ids, types, mask, where, target = [], [], [], [], []
    for number, (row, chosen) in enumerate(zip(rows, blanks, strict=True)):
        shown = list(row.ids)
        for position in chosen:
            where.append(number * width + position)
            target.append(row.ids[position])
            draw = rng.random() if rng else 0.0
            if draw < 0.8:
                shown[position] = mask_id
            elif draw < 0.9 and rng:
                shown[position] = rng.randrange(FIRST_PIECE, mask_id)
        rest = width - len(shown)
        ids.append(shown + [PAD] * rest)
        second = row.second or len(shown)
        types.append([0] * second + [1] * (len(shown) - second) + [0] * rest)
        mask.append([1] * len(shown) + [0] * rest)
    label = torch.tensor([row.label for row in rows])
    return Batch(
        torch.tensor(ids), torch.tensor(types), torch.tensor(mask), torch.tensor(where), torch.tensor(target), label
    )


def _choose_blanks(row: Row, rng: random.Random) -> list[int]:
    """Positions to predict. Pairs blank one language, so that the other has to be read.

    True and shuffled pairs are blanked alike: a difference would tell the pair head the label.
    """
    places = [position for position, token in enumerate(row.ids) if token not in (BEGIN, END)]
    if row.label == NO_LABEL:
        return rng.sample(places, max(1, round(0.25 * len(places))))
    if rng.random() < 0.5:
        return []
    side = rng.random() < 0.5
    one = [position for position in places if (position < row.second) == side]
    return rng.sample(one, max(1, round(0.3 * len(one)))) if one else []


@torch.no_grad()
def start_near_translations(model: BertForPreTraining, pairs: Sequence[Pair], tokenizer: Tokenizer) -> None:
    """Let the embedding of each English piece begin near those of the Japanese pieces that it translates.

    IBM Model 1 says which they are. From a wholly random start, so few pairs teach the pair head little.
    """
    chosen = random.Random(5).sample(list(pairs), min(10000, len(pairs)))
    japanese = [e.ids for e in tokenizer.encode_batch([p.japanese for p in chosen], add_special_tokens=False)]
    english = [e.ids for e in tokenizer.encode_batch([p.english for p in chosen], add_special_tokens=False)]
    aligner = WordAligner(zip(japanese, english, strict=True))
    table = model.bert.embeddings.word_embeddings.weight
    size = table.std()
    for piece, sources in aligner.sources(japanese).items():
        mixture = sum(share * table[source] for source, share in sources.items())
        if isinstance(mixture, Tensor) and piece not in sources:
            table[piece] = 0.7 * table[piece] + 0.7 * size * mixture / mixture.std()


class Batches:
    """Three kinds of rows: true pairs, shuffled pairs, and text of one language (one sentence, or many)."""

    def __init__(self, pairs: Sequence[Pair], tokenizer: Tokenizer, mask_id: int, tokens: int) -> None:
        def encode(texts: Sequence[str]) -> list[list[int]]:
            return [encoding.ids for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]

        self.japanese = encode([p.japanese for p in pairs])
        self.natural = encode([p.english for p in pairs])
        self.raw = encode([p.english_raw for p in pairs])
        english = unique_english(pairs)
        self.alone = [encode(unique_japanese(pairs)), encode([n for n, _ in english]), encode([r for _, r in english])]
        self.mask_id, self.tokens = mask_id, tokens

    def _pair(self, index: int, rng: random.Random) -> Row:
        english = self.raw if rng.random() < RAW_SHARE else self.natural
        label = SAME if rng.random() < 0.5 else SHUFFLED
        other = index if label == SAME else rng.randrange(len(english))
        first, second = self.japanese[index], english[other]
        if rng.random() < 0.25:
            first, second = second, first
        return pair_row(first, second, label)

    def _alone(self, rng: random.Random) -> Row:
        draw = rng.random()
        sentences = self.alone[0 if draw < 0.5 else 1 if draw < 0.5 + 0.5 * (1 - RAW_SHARE) else 2]
        ids = list(rng.choice(sentences))
        if rng.random() < 0.04:
            goal = rng.randrange(10, POSITIONS - 2)
            while len(ids) < goal:
                ids += rng.choice(sentences)
        return Row([BEGIN, *ids[: POSITIONS - 2], END], 0, NO_LABEL)

    def __call__(self, rng: random.Random) -> Iterator[Batch]:
        order = list(range(len(self.japanese)))
        while True:
            rng.shuffle(order)
            for start in range(0, len(order), POOL):
                rows = [self._pair(index, rng) for index in order[start : start + POOL]]
                rows = [row for row in rows if len(row.ids) <= LONGEST_PAIR]
                rows += [self._alone(rng) for _ in range(POOL // 2)]
                rows.sort(key=lambda row: len(row.ids))
                batches: list[list[Row]] = [[]]
                for row in rows:
                    if (len(batches[-1]) + 1) * len(row.ids) > self.tokens:
                        batches.append([])
                    batches[-1].append(row)
                rng.shuffle(batches)
                for part in batches:
                    yield make_batch(part, [_choose_blanks(row, rng) for row in part], self.mask_id, rng)


@torch.no_grad()
def blank_ranks(model: BertForPreTraining, rows: Sequence[Row], mask_id: int, batch: int = 96) -> list[int]:
    """Rank (0 is best) of the right piece at every position of every row, blanked one at a time."""
    work = [(row, place) for row in rows for place, token in enumerate(row.ids) if token not in (BEGIN, END)]
    ranks = []
    for start in range(0, len(work), batch):
        part = work[start : start + batch]
        made = make_batch([row for row, _ in part], [[place] for _, place in part], mask_id, None)
        states = model.bert(made.ids.to(model.device), made.mask.to(model.device), made.types.to(model.device))[0]
        logits = model.cls.predictions(states.flatten(0, 1)[made.where.to(model.device)]).float()  # [n, vocabulary]
        right = logits.gather(1, made.target.to(model.device)[:, None])
        ranks += (logits > right).sum(1).tolist()
    return ranks


@torch.no_grad()
def same_probability(model: BertForPreTraining, rows: Sequence[Row], batch: int = 64) -> list[float]:
    """The pair head's probability that both sentences mean the same (label 0)."""
    probabilities = []
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        made = make_batch(part, [[] for _ in part], 0, None)
        pooled = model.bert(made.ids.to(model.device), made.mask.to(model.device), made.types.to(model.device))[1]
        probabilities += model.cls.seq_relationship(pooled).float().softmax(-1)[:, SAME].tolist()
    return probabilities


def pair_rows(pairs: Sequence[Pair], tokenizer: Tokenizer, spelling: str, seed: int = 7) -> tuple[list[Row], list[Row]]:
    """Every pair as it is, and every Japanese sentence with the English of another pair (seeded)."""
    english = [getattr(p, spelling) for p in pairs]
    ja = [e.ids for e in tokenizer.encode_batch([p.japanese for p in pairs], add_special_tokens=False)]
    en = [e.ids for e in tokenizer.encode_batch(english, add_special_tokens=False)]
    order = list(range(len(pairs)))
    random.Random(seed).shuffle(order)
    partner = {order[i]: order[(i + 1) % len(order)] for i in range(len(order))}
    true = [pair_row(ja[i], en[i], SAME) for i in range(len(pairs))]
    shuffled = [pair_row(ja[i], en[partner[i]], SHUFFLED) for i in range(len(pairs))]
    return true, shuffled


def pair_accuracy(model: BertForPreTraining, true: Sequence[Row], shuffled: Sequence[Row]) -> tuple[float, float]:
    """Shares of true pairs called the same, and of shuffled pairs called different."""
    yes = [p > 0.5 for p in same_probability(model, true)]
    no = [p <= 0.5 for p in same_probability(model, shuffled)]
    return sum(yes) / len(yes), sum(no) / len(no)


def single_rows(texts: Sequence[str], tokenizer: Tokenizer) -> list[Row]:
    """[CLS] text [SEP]."""
    encoded = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [Row([BEGIN, *e.ids, END], 0, NO_LABEL) for e in encoded]


class Task:
    """What the training loop needs to know about this model."""

    def __init__(self, split: Split, tokenizer: Tokenizer, dropout: float, tokens: int = 4096, **shape: int) -> None:
        self.split, self.tokenizer = split, tokenizer
        self.mask_id = tokenizer.get_vocab_size()  # [MASK] follows the shared pieces
        self.model = make_model(self.mask_id + 1, **shape)
        start_near_translations(self.model, split.train, tokenizer)
        for module in self.model.modules():
            if isinstance(module, torch.nn.Dropout) and module.p > 0:
                module.p = dropout
        self.batches = Batches(split.train, tokenizer, self.mask_id, tokens)

    def compile(self) -> None:
        for layer in self.model.bert.encoder.layer:  # all layers share one compiled graph
            layer.compile(dynamic=True)

    def loss_of(self, batch: Batch) -> tuple[Tensor, int, dict[str, float]]:
        device = self.model.device
        states, pooled = self.model.bert(batch.ids.to(device), batch.mask.to(device), batch.types.to(device))[:2]
        head = self.model.cls.predictions
        blanks = head.transform(states.flatten(0, 1)[batch.where.to(device)])  # [n, d]
        blank = cross_entropy(blanks, head.decoder.weight, batch.target.to(device), bias=head.decoder.bias)
        figures = {"blank": blank.item()}
        loss = blank
        label = batch.label.to(device)
        if bool((label != NO_LABEL).any()):
            scores = self.model.cls.seq_relationship(pooled).float()
            pair = F.cross_entropy(scores, label, ignore_index=NO_LABEL)
            real = label != NO_LABEL
            figures["pair"] = pair.item()
            figures["pair right"] = (scores.argmax(-1) == label)[real].float().mean().item()
            loss = loss + pair
        return loss, int(batch.mask.sum()), figures

    def score(self) -> dict[str, float]:
        result = {}
        for name, pairs in (("dev", self.split.dev[:250]), ("held-out", self.split.held_out[:250])):
            for language, texts in (("ja", [p.japanese for p in pairs]), ("en", [p.english for p in pairs])):
                ranks = blank_ranks(self.model, single_rows(texts[:100], self.tokenizer), self.mask_id)
                result[f"{name} {language} top5"] = sum(rank < 5 for rank in ranks) / len(ranks)
            result[f"{name} pairs"] = sum(pair_accuracy(self.model, *pair_rows(pairs, self.tokenizer, "english"))) / 2
        return {"choose": -sum(result.values()), **result}
