"""The pieces that the model cards' figures rest on: baseline, vocabulary, loss, alignment, head measures."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from bundled import data, gpt, heads, losses, tokenizer, training
from bundled.alignment import WordAligner
from bundled.ngram import KneserNeyTrigram
from bundled.unigram import best_segmentation, train_unigram

BEGIN, END, VOCABULARY = 0, 1, 12
SENTENCES = [[2, 3, 4], [2, 3, 5], [6, 3, 4], [2, 7], [8, 2, 3, 4], [9, 9, 9], [2, 3, 4, 10]]


@pytest.fixture(scope="module")
def trigram() -> KneserNeyTrigram:
    return KneserNeyTrigram(SENTENCES, VOCABULARY, BEGIN, END)


@pytest.mark.parametrize("before", [(BEGIN, BEGIN), (BEGIN, 2), (2, 3), (11, 3), (11, 11)])
def test_trigram_probabilities_sum_to_one(trigram: KneserNeyTrigram, before: tuple[int, int]) -> None:
    total = sum(trigram.probability(before, token) for token in range(VOCABULARY))
    assert total == pytest.approx(1.0), f"after {before} the probabilities sum to {total}"


def test_trigram_prefers_what_it_has_seen(trigram: KneserNeyTrigram) -> None:
    assert trigram.probability((2, 3), 4) > trigram.probability((2, 3), 5) > trigram.probability((2, 3), 11) > 0
    assert trigram.nats([2, 3, 4]) < trigram.nats([4, 3, 2])


def test_unigram_keeps_words_characters_and_its_size() -> None:
    words = {"昨日": 50, "今日": 50, "日": 20, "walk": 40, "walked": 30, "talked": 30, "z": 1}
    pieces = dict(train_unigram(words, 20, alphabet="ぢ"))
    assert len(pieces) <= 20
    assert {"昨日", "今日", "昨", "日", "z", "ぢ"} <= set(pieces)
    assert sum(math.exp(score) for score in pieces.values()) == pytest.approx(1.0, abs=0.05)
    assert best_segmentation("昨日", pieces)[1] == ["昨日"]


def test_sliced_cross_entropy_is_torchs() -> None:
    torch.manual_seed(0)
    states = torch.randn(10, 6, requires_grad=True)
    weight = torch.randn(9, 6, requires_grad=True)
    bias = torch.randn(9, requires_grad=True)
    target = torch.randint(0, 9, (10,))
    loss = losses.cross_entropy(states, weight, target, bias=bias, smoothing=0.1, rows=4)
    found = torch.autograd.grad(loss, (states, weight, bias))
    logits = states @ weight.t() + bias
    wanted = torch.autograd.grad(F.cross_entropy(logits, target, label_smoothing=0.1), (states, weight, bias))
    assert loss.item() == pytest.approx(F.cross_entropy(logits, target).item(), rel=1e-5)
    for got, want in zip(found, wanted, strict=True):
        torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-6)


def test_learning_rate_rises_and_falls_to_zero() -> None:
    plan = training.Plan(minutes=10)
    rates = [plan.rate(step / 100) for step in range(101)]
    assert rates[0] < rates[4] and rates[100] == 0.0
    assert all(a >= b for a, b in pairwise(rates[4:]))


def test_aligner_finds_translations() -> None:
    pairs = [([1, 2], [11, 12]), ([1, 3], [11, 13]), ([2, 3], [12, 13]), ([3, 2, 1], [11, 12, 13])] * 4
    aligner = WordAligner(pairs, rounds=10)
    assert aligner.links([1, 2], [12, 11]) == [(0, 1), (1, 0)]


def test_head_measures_see_ideal_heads() -> None:
    ids = [0, 5, 6, 7, 5, 6, 7]
    size = len(ids)
    ideal = torch.zeros(1, 3, size, size)  # [layer, head, query, key]: previous, first, induction
    ideal[0, 0, torch.arange(1, size), torch.arange(size - 1)] = 1.0
    ideal[0, 1, :, 0] = 1.0
    for query in range(4, size - 1):
        ideal[0, 2, query, query - 2] = 1.0
    report = heads.HeadReport()
    heads.add_positions(report, ideal)
    heads.add_induction(report, ideal, 1, 3)
    means = report.means()
    assert heads.strongest(means, "previous", 1) == [(0, 0, 1.0)]
    assert heads.strongest(means, "first", 1) == [(0, 1, 1.0)]
    assert heads.strongest(means, "induction", 1) == [(0, 2, 1.0)]


PAIRS = [
    data.Pair("I read a book.", "i read a book .", "私は本を読む。"),
    data.Pair("The cat sleeps.", "the cat sleeps .", "猫は寝る。"),
] * 5


def test_a_small_vocabulary_reads_everything_and_gives_it_back() -> None:
    made = tokenizer.for_gpt(tokenizer.train_vocabulary(PAIRS, 620))
    for text in ("私は本を読む。", "I read  the 麒麟 😀.", "line\nline", " x"):
        ids = made.encode(text).ids
        assert tokenizer.UNKNOWN not in ids
        assert made.decode(ids) == text


def test_a_language_model_learns_from_a_few_steps() -> None:
    torch.manual_seed(0)
    base = tokenizer.train_vocabulary(PAIRS, 620)
    task = gpt.Task(data.Split(tuple(PAIRS), (), ()), base, dropout=0.0, tokens=512, width=32, layers=1, heads=2)
    weights = training.MasterWeights(task.model, training.Plan(minutes=1))
    stream = task.batches(random.Random(0))
    seen = []
    for _ in range(12):
        loss, _, figures = task.loss_of(next(stream))
        loss.backward()
        weights.step(1.0)
        seen.append(figures["loss"])
    assert seen[-1] < seen[0] - 1.0, f"the loss went from {seen[0]:.2f} to {seen[-1]:.2f}"


def small_task(dropout: float = 0.0) -> gpt.Task:
    base = tokenizer.train_vocabulary(PAIRS, 620)
    split = data.Split(tuple(PAIRS), (), ())
    return gpt.Task(split, base, dropout=dropout, tokens=512, width=32, layers=2, heads=2)


def test_documents_of_one_row_do_not_see_each_other() -> None:
    task = small_task()
    task.model.eval()
    batch = next(b for b in task.batches(random.Random(0)) if b.ids.shape[1] == gpt.ROW)
    with torch.no_grad():
        logits = task.model(input_ids=batch.ids, attention_mask=batch.mask(torch.float32)).logits
        for document in range(int(batch.document[0].max()) + 1):
            inside = batch.document[0] == document
            alone = task.model(input_ids=batch.ids[0, inside][None]).logits[0]
            torch.testing.assert_close(logits[0, inside], alone, rtol=1e-4, atol=1e-5)


def test_every_token_is_learnt_from_the_one_before_and_random_ones_only_the_second_time() -> None:
    task = small_task()
    stream = task.batches(random.Random(0))
    is_random = 0
    for _ in range(12):
        batch = next(stream)
        for ids, target, number in zip(batch.ids, batch.target, batch.document, strict=True):
            if len(ids) != gpt.ROW:
                continue
            for document in range(int(number.max()) + 1):
                own, wanted = ids[number == document].tolist(), target[number == document].tolist()
                assert own[0] == tokenizer.BEGIN and wanted[-1] == tokenizer.END
                learnt = [place for place, token in enumerate(wanted) if token != gpt.SKIP]
                assert all(wanted[place] == own[place + 1] for place in learnt[:-1])
                if learnt[0]:
                    is_random += 1
                    said = own[1:]
                    assert said[: len(said) // 2] == said[len(said) // 2 :]
                    assert learnt[0] == len(said) // 2 + 1, "the first of them cannot be known"
    assert is_random


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    task = small_task(dropout=0.25)
    part = task.model.model.layers[0].mlp.down_proj
    task.dropout.draw((40, 64, 32), torch.device("cpu"))
    ones = torch.ones(40, 64, 32)
    dropped = task.dropout._drop(part, None, ones)
    assert (dropped == 0).float().mean().item() == pytest.approx(0.25, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.02)
    task.model.eval()
    assert task.dropout._drop(part, None, ones) is ones
