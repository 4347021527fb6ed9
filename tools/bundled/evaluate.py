"""The figures of the model cards, measured on the exported models in float32."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoModelForPreTraining, AutoModelForSeq2SeqLM

from . import bert, gpt, heads, translate
from .alignment import WordAligner
from .data import Pair, Split, unique_english, unique_japanese
from .ngram import KneserNeyTrigram
from .tokenizer import BEGIN, END, PAD

PROMPTS = (
    "私は図書館で",
    "昨日、友達と",
    "彼女は毎朝",
    "この本は",
    "明日の天気は",
    "The weather is",
    "I want to",
    "She went to the",
    "My father is",
    "Do you know",
)
RANDOM_TOKENS = (20, 48)  # said twice; the program's own head statistics say 48
TRANSLATION_EXAMPLES = (
    "私は図書館で本を読みます。",
    "昨日、友達と映画を見ました。",
    "彼女は毎朝公園を走る。",
    "すみません、駅はどこですか。",
    "この本はとても面白かった。",
    "雨が降りそうだから、傘を持って行きなさい。",
)

COMMON = 4000  # training sentences that hold a character bigram too common to tell them apart

Say = Callable[[str], None]


def _ids(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    return [encoding.ids for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]


def _tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def _head_figures(report: heads.HeadReport) -> dict[str, Any]:
    means = report.means()
    return {
        "strongest": {pattern: heads.strongest(means, pattern) for pattern in means},
        "named": heads.names(means),
        "mean": {pattern: float(values.mean()) for pattern, values in means.items()},
    }


def evaluate_gpt(folder: Path, split: Split, say: Say) -> dict[str, Any]:
    """Bits per character beside the trigram's, greedy continuations, heads."""
    tokenizer = _tokenizer(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    english = unique_english(split.train)
    training = {
        "ja": unique_japanese(split.train),
        "natural": [natural for natural, _ in english],
        "split": [raw for _, raw in english],
    }
    trigrams = {
        name: KneserNeyTrigram(_ids(tokenizer, texts), tokenizer.get_vocab_size(), BEGIN, END)
        for name, texts in training.items()
    }
    bits = {}
    for name, texts in gpt.evaluation_texts(split).items():
        kind = "ja" if " ja" in name else "natural" if "natural" in name else "split"
        baseline = sum(map(trigrams[kind].nats, _ids(tokenizer, texts))) / math.log(2.0) / sum(map(len, texts))
        with torch.no_grad():
            own = gpt.bits_per_character(model, tokenizer, texts)
        bits[name] = {"model": own, "trigram": baseline, "change": own / baseline - 1.0}
        say(f"{name}: {own:.4f} bits a character, trigram {baseline:.4f} ({100 * (own / baseline - 1):+.1f}%)")
    continuations = {}
    for prompt in PROMPTS:
        encoded = torch.tensor([[BEGIN, *tokenizer.encode(prompt, add_special_tokens=False).ids]])
        with torch.no_grad():
            made = model.generate(encoded, max_new_tokens=40, do_sample=False, pad_token_id=PAD)
        continuations[prompt] = tokenizer.decode(made[0].tolist()).strip()
        say(f"{prompt} -> {continuations[prompt]}")
    return {"bits": bits, "continuations": continuations, "heads": gpt_heads(model, tokenizer, split, say)}


@torch.no_grad()
def gpt_heads(model: Any, tokenizer: Tokenizer, split: Split, say: Say, number: int = 100) -> dict[str, Any]:
    """Measured on held-out sentences; induction on held-out sentences said twice, and on random tokens said twice."""
    report = heads.HeadReport()
    rng = random.Random(3)

    def attention(ids: list[int]) -> Tensor:
        return heads.stack(model(torch.tensor([ids]), output_attentions=True, use_cache=False).attentions)

    sentences = _ids(tokenizer, [p.japanese for p in split.held_out[:number]])
    sentences += _ids(tokenizer, [p.english for p in split.held_out[:number]])
    for ids in sentences:
        if len(ids) < 4:
            continue
        once = [BEGIN, *ids]
        found = attention(once)
        heads.add_positions(report, found)
        heads.add_same(report, found, once, causal=True)
        heads.add_induction(report, attention([BEGIN, *ids, *ids]), 1, len(ids))
    vocabulary = tokenizer.get_vocab_size()
    for length in RANDOM_TOKENS:
        random_report = heads.HeadReport()
        for _ in range(30):
            noise = rng.sample(range(gpt.FIRST_PIECE, vocabulary), length)
            heads.add_induction(random_report, attention([BEGIN, *noise, *noise]), 1, length)
        report.tallies[f"induction on {length} random tokens"] = random_report.tallies["induction"]
    figures = _head_figures(report)
    say(f"heads: {json.dumps(figures['strongest'])}")
    return figures


def evaluate_bert(folder: Path, split: Split, say: Say, sentences: int = 150) -> dict[str, Any]:
    """Single blanks (best one, best five) beside the most frequent pieces, pairs, heads."""
    tokenizer = _tokenizer(folder)
    mask_id = tokenizer.token_to_id("[MASK]")
    model = AutoModelForPreTraining.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    english = unique_english(split.train)
    frequent = {}
    for name, texts in (
        ("japanese", unique_japanese(split.train)),
        ("english", [natural for natural, _ in english]),
        ("english_raw", [raw for _, raw in english]),
    ):
        counts = Counter(token for row in _ids(tokenizer, texts) for token in row)
        frequent[name] = {token for token, _ in counts.most_common(5)}
    blanks, pairs = {}, {}
    for set_name, part in (("dev", split.dev), ("held-out", split.held_out)):
        for spelling in ("japanese", "english", "english_raw"):
            rows = bert.single_rows([getattr(p, spelling) for p in part[:sentences]], tokenizer)
            ranks = bert.blank_ranks(model, rows, mask_id)
            places = [token for row in rows for token in row.ids if token not in (BEGIN, END)]
            blanks[f"{set_name} {spelling}"] = {
                "best": sum(rank < 1 for rank in ranks) / len(ranks),
                "best five": sum(rank < 5 for rank in ranks) / len(ranks),
                "frequent five": sum(token in frequent[spelling] for token in places) / len(places),
                "blanks": len(ranks),
            }
            say(f"blanks {set_name} {spelling}: {blanks[f'{set_name} {spelling}']}")
        for spelling in ("english", "english_raw"):
            yes, no = bert.pair_accuracy(model, *bert.pair_rows(part, tokenizer, spelling))
            pairs[f"{set_name} {spelling}"] = {
                "true": yes,
                "shuffled": no,
                "all": (yes + no) / 2,
                "pairs": 2 * len(part),
            }
            say(f"pairs {set_name} {spelling}: {pairs[f'{set_name} {spelling}']}")
    return {"blanks": blanks, "pairs": pairs, "heads": bert_heads(model, tokenizer, split, say)}


def _aligner(tokenizer: Tokenizer, pairs: Sequence[Pair], number: int = 10000) -> WordAligner:
    chosen = random.Random(5).sample(list(pairs), min(number, len(pairs)))
    japanese = _ids(tokenizer, [p.japanese for p in chosen])
    english = _ids(tokenizer, [p.english for p in chosen])
    return WordAligner(zip(japanese, english, strict=True))


@torch.no_grad()
def bert_heads(model: Any, tokenizer: Tokenizer, split: Split, say: Say, number: int = 150) -> dict[str, Any]:
    """Measured on held-out pairs: [CLS] Japanese [SEP] English [SEP]."""
    report = heads.HeadReport()
    aligner = _aligner(tokenizer, split.train)
    separators = heads.HeadReport()
    part = split.held_out[:number]
    for ja, en in zip(
        _ids(tokenizer, [p.japanese for p in part]), _ids(tokenizer, [p.english for p in part]), strict=True
    ):
        row = bert.pair_row(ja, en, bert.SAME)
        made = bert.make_batch([row], [[]], 0, None)
        output = model.bert(made.ids, made.mask, made.types, output_attentions=True)
        found = heads.stack(output.attentions)
        heads.add_positions(report, found)
        inside = torch.arange(1, len(row.ids) - 1)
        report.add("next", found[:, :, inside, inside + 1])
        words = [token if token not in (BEGIN, END) else -place for place, token in enumerate(row.ids)]
        heads.add_same(report, found, words, causal=False)
        separators.add("first", found[:, :, :, [len(ja) + 1, len(row.ids) - 1]].sum(-1))
        links = [(row.second + j, 1 + i) for j, i in aligner.links(ja, en)]
        heads.add_alignment(report, found, links, "alignment, English to Japanese")
        heads.add_alignment(report, found, [(i, j) for j, i in links], "alignment, Japanese to English")
    report.tallies["separator"] = separators.tallies["first"]
    figures = _head_figures(report)
    say(f"heads: {json.dumps(figures['strongest'])}")
    return figures


def evaluate_translate(folder: Path, split: Split, say: Say) -> dict[str, Any]:
    """chrF and BLEU beside copying the most similar training sentence's English, examples, heads."""
    translate.needs_sacrebleu()
    tokenizer = _tokenizer(folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    quality: dict[str, Any] = {}
    for set_name, pairs in (("dev", split.dev), ("held-out", split.held_out[:300])):
        texts = [p.japanese for p in pairs]
        copied = most_similar(texts, split.train)
        for method, made in (
            ("greedy", translate.translate(model, tokenizer, texts)),
            ("beam 4", translate.translate(model, tokenizer, texts, beams=4)),
            ("copy", copied),
        ):
            scores = translate.chrf_all(made, pairs)
            scores["BLEU natural"] = translate.bleu(made, [p.english for p in pairs])
            quality[f"{set_name} {method}"] = scores
            say(f"{set_name} {method}: {scores}")
    examples = dict(
        zip(TRANSLATION_EXAMPLES, translate.translate(model, tokenizer, TRANSLATION_EXAMPLES, beams=4), strict=True)
    )
    for source, target in examples.items():
        say(f"{source} -> {target}")
    return {"quality": quality, "examples": examples, "heads": translate_heads(model, tokenizer, split, say)}


def most_similar(texts: Sequence[str], pairs: Sequence[Pair]) -> list[str]:
    """For each Japanese text the English of the training sentence that shares most character bigrams (Dice).

    Bigrams that stand in COMMON or more training sentences are not counted as shared: they say little, and their long
    lists take long to walk through.
    """

    def grams(text: str) -> set[str]:
        padded = f"^{text}$"
        return {padded[i : i + 2] for i in range(len(padded) - 1)}

    index: dict[str, list[int]] = {}
    sizes = []
    for number, pair in enumerate(pairs):
        own = grams(pair.japanese)
        sizes.append(len(own))
        for gram in own:
            index.setdefault(gram, []).append(number)
    chosen = []
    for text in texts:
        own = grams(text)
        shared = Counter(number for gram in own if len(index.get(gram, ())) < COMMON for number in index.get(gram, ()))
        best = max(shared, key=lambda number: (2 * shared[number] / (sizes[number] + len(own)), -number), default=0)
        chosen.append(pairs[best].english)
    return chosen


@torch.no_grad()
def translate_heads(model: Any, tokenizer: Tokenizer, split: Split, say: Say, number: int = 150) -> dict[str, Any]:
    """Measured on held-out pairs, the decoder being fed the reference: one report a kind of attention."""
    encoder, decoder, cross = heads.HeadReport(), heads.HeadReport(), heads.HeadReport()
    aligner = _aligner(tokenizer, split.train)
    uniform = []
    pointed: dict[tuple[int, int], int] = {}
    total = 0
    part = split.held_out[:number]
    for ja, en in zip(
        _ids(tokenizer, [p.japanese for p in part]), _ids(tokenizer, [p.english for p in part]), strict=True
    ):
        source, target_in = [*ja, END], [PAD, *en]
        output = model(
            input_ids=torch.tensor([source]),
            decoder_input_ids=torch.tensor([target_in]),
            output_attentions=True,
            use_cache=False,
        )
        found = heads.stack(output.encoder_attentions)
        if len(source) > 3:
            heads.add_positions(encoder, found)
            inside = torch.arange(0, len(source) - 1)
            encoder.add("next", found[:, :, inside, inside + 1])
        encoder.add("end", found[:, :, : len(ja), len(ja)])
        heads.add_same(encoder, found, source, causal=False)
        own = heads.stack(output.decoder_attentions)
        if len(target_in) > 3:
            heads.add_positions(decoder, own)
        heads.add_same(decoder, own, target_in, causal=True)
        across = heads.stack(output.cross_attentions)
        # The decoder's place j was fed token j-1 and predicts token j: links are (place that predicts, source place).
        links = aligner.links(ja, en)
        heads.add_alignment(cross, across, links)
        cross.add("end", across[:, :, :, len(ja)])
        uniform += [1.0 / len(source)] * len(links)
        for j, i in links:
            total += 1
            best = across[:, :, j, : len(ja)].argmax(-1)  # [layer, head]
            for layer, head in (best == i).nonzero().tolist():
                pointed[layer, head] = pointed.get((layer, head), 0) + 1
    figures = {
        name: _head_figures(report) for name, report in (("encoder", encoder), ("decoder", decoder), ("cross", cross))
    }
    best = max(pointed, key=lambda head: pointed[head])
    figures["cross"]["chance"] = sum(uniform) / len(uniform)
    figures["cross"]["points at the translation"] = [*best, pointed[best] / total]
    figures["cross"]["links"] = total
    say(f"heads: {json.dumps({kind: figure['strongest'] for kind, figure in figures.items()})}")
    say(f"best pointing head {best}: {pointed[best] / total:.3f} of {total} links")
    return figures


EVALUATIONS: dict[str, Callable[[Path, Split, Say], dict[str, Any]]] = {
    "gpt-ja-en": evaluate_gpt,
    "bert-ja-en": evaluate_bert,
    "translate-ja-en": evaluate_translate,
}
