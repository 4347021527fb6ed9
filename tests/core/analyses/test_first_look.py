"""The head on which a text opens shows something, and what a head does has a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.core.attention_patterns import looking_back, trace_of, uniform
from visualizer.core import capture, models
from visualizer.core.analyses import first_look, head_statistics
from visualizer.core.analyses.first_look import PATTERNS, choose, describe_head
from visualizer.core.errors import NoSuchKind
from visualizer.core.place import Place
from visualizer.core.reading import sides
from visualizer.core.request import RunRequest

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

SENTENCES = (
    "私は図書館で本を読みました。",
    "今日は天気がいいので公園に行きましょう。",
    "東京は日本の首都です。",
    "彼女は友達と一緒に映画を見た。",
    "猫が魚を食べた。",
    "The cat sat on the mat because it was tired.",
    "My brother bought a new car yesterday.",
    "If it rains tomorrow, we will stay home.",
    "She likes apples, and he likes oranges.",
    "Where did you put the book that I gave you?",
)
WORDS = ("[CLS]", *"abcdefgh", "[SEP]")
N = len(WORDS)


def column(key: int) -> np.ndarray:
    return np.tile(np.eye(N)[key], (N, 1))


def entropies(weights: np.ndarray) -> np.ndarray:
    return -(weights * np.log2(np.where(weights > 0, weights, 1))).sum(axis=1)


def even_entropies(trace: Trace, place: Place) -> np.ndarray:
    weights = trace.attention(place.layer, place.head, place.kind)
    masked = trace.mask(place.layer, place.kind, place.head)
    return np.log2(np.full(len(weights), weights.shape[1]) if masked is None else (~masked).sum(axis=1))


def score(trace: Trace, place: Place) -> float:
    """The measure, straight from its definition, over all queries."""
    weights = trace.attention(place.layer, place.head, place.kind).astype(np.float64)
    counted = np.tile(~sides(trace, place.kind)[1].sinks, (len(weights), 1)).astype(float)
    if place.kind != "cross":
        np.fill_diagonal(counted, 0)
    even = even_entropies(trace, place)
    sharp = np.where(even > 0, 1 - entropies(weights) / np.maximum(even, 1e-9), 0)
    return float((sharp * (weights * counted * (1 - weights.mean(axis=0))).sum(axis=1)).mean())


@pytest.mark.parametrize("name", ["gpt-ja-en", "bert-ja-en", "translate-ja-en"])
def test_a_bundled_model_opens_on_neither_diagonal_nor_column_nor_grey(name: str) -> None:
    loaded = models.load(f"bundled:{name}")
    for sentence in SENTENCES:
        trace = capture.run(loaded, RunRequest(sentence))
        found = choose(trace)
        assert found.is_telling and found.queries == found.of_queries, sentence
        place = found.place
        weights = trace.attention(place.layer, place.head, place.kind)
        if place.kind != "cross":
            assert np.diagonal(weights).mean() < 0.5, "not the diagonal"
        assert weights[:, 0].mean() < 0.5, "not the first token"
        assert weights.mean(axis=0).max() < 0.5, "not a column"
        assert entropies(weights).sum() < 0.9 * even_entropies(trace, place).sum(), "not nearly uniform"
        assert choose(trace) == found
        assert describe_head(trace, place).name in PATTERNS


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_bert", "tiny_marian"])
def test_scores_follow_their_definition(name: str, request: pytest.FixtureRequest) -> None:
    trace = capture.run(request.getfixturevalue(name), RunRequest("the cat sat on. a mat"))
    for kind in trace.kinds:
        found = choose(trace, kind)
        assert found.place.kind == kind
        every = [Place(kind, layer, head) for layer in range(trace.layers(kind)) for head in range(trace.heads(kind))]
        assert found.score == pytest.approx(score(trace, found.place), abs=1e-5)
        if not found.is_telling:
            assert found.score == pytest.approx(max(score(trace, place) for place in every), abs=1e-5)


@pytest.mark.parametrize("key", [0, 3, N - 1])
def test_a_pattern_wins_over_the_diagonal_a_column_and_an_even_field(tiny_bert: LoadedModel, key: int) -> None:
    weak = 0.6 * looking_back(N, 2) + 0.4 * uniform(N)
    heads = [np.eye(N), column(key), uniform(N), weak]
    found = choose(trace_of(tiny_bert, {"self": [np.stack(heads)]}, WORDS))
    assert found.place == Place("self", 0, 3) and found.is_telling


def test_where_nothing_is_telling_it_says_so(tiny_bert: LoadedModel) -> None:
    found = choose(trace_of(tiny_bert, {"self": [np.stack([uniform(N), np.eye(N)])]}, WORDS))
    assert not found.is_telling and found.score == pytest.approx(0, abs=1e-6)
    single = choose(trace_of(tiny_bert, {"self": [np.ones((2, 1, 1))]}, ("a",)))
    assert (single.place, single.score, single.is_telling) == (Place("self", 0, 0), 0, False)


def test_cross_attention_comes_first_if_it_shows_something(tiny_marian: LoadedModel) -> None:
    words, target = tuple("abcdef"), tuple("uvwxyz")
    sharp, grey = np.roll(np.eye(6), 2, axis=1), np.full((6, 6), 1 / 6)
    for cross, kind in ((0.7 * sharp + 0.3 * grey, "cross"), (grey, "encoder")):
        records = {"encoder": [np.stack([sharp, grey])], "decoder": [grey[None]], "cross": [cross[None]]}
        assert choose(trace_of(tiny_marian, records, words, target)).place.kind == kind


def test_of_a_long_text_some_queries_are_enough() -> None:
    trace = capture.run(models.load("bundled:gpt-ja-en"), RunRequest(" ".join(SENTENCES[5:]) * 3))
    found = choose(trace)
    assert found.queries == first_look.QUERIES < found.of_queries == len(trace.tokens)
    every = [Place("self", layer, head) for layer in range(trace.layers()) for head in range(trace.heads())]
    best = max(score(trace, place) for place in every)
    assert score(trace, found.place) > 0.8 * best


def test_a_kind_that_is_not_there_is_refused(tiny_llama: LoadedModel) -> None:
    with pytest.raises(NoSuchKind):
        choose(capture.run(tiny_llama, RunRequest("abc")), "cross")


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_bert", "tiny_marian"])
def test_one_head_is_measured_and_named_as_in_the_table(name: str, request: pytest.FixtureRequest) -> None:
    trace = capture.run(request.getfixturevalue(name), RunRequest("the cat sat. 私は本を読む"))
    table = head_statistics.measure(trace)
    for row in range(len(table)):
        place = Place(table.kinds[row], int(table.layers[row]), int(table.heads[row]))
        values, even = head_statistics.measure_head(trace, place)
        assert tuple(values) == head_statistics.MEASURES
        for measure, value in values.items():
            assert value == pytest.approx(float(table.values[measure][row]), abs=1e-6, nan_ok=True), measure
        for measure, value in even.items():
            assert value == pytest.approx(float(table.uniform[measure][row]), abs=1e-6, nan_ok=True), measure
        found = describe_head(trace, place, on_repeated=True)
        assert describe_head(trace, place, table).name == found.name
        if table.labels[row] not in ("nearby", "focused", "mixed"):
            assert found.name == table.labels[row]
        assert 0 <= found.strength <= 1 + 1e-6


def test_what_heads_do_has_names(tiny_bert: LoadedModel) -> None:
    words = ("[CLS]", *"abc", "。", *"def", "[SEP]")
    n = len(words)
    to_sign = 0.8 * np.tile(np.eye(n)[4], (n, 1)) + 0.2 * uniform(n)
    to_word = 0.8 * np.tile(np.eye(n)[2], (n, 1)) + 0.2 * uniform(n)
    heads = {
        "previous_token": looking_back(n),
        "next_token": looking_back(n, -1),
        "same_token": np.eye(n),
        "first_token": np.tile(np.eye(n)[0], (n, 1)),
        "separator": np.tile(np.eye(n)[n - 1], (n, 1)),
        "broad": uniform(n),
        "punctuation": to_sign,
        "one_key": to_word,
        "focused": np.roll(np.eye(n), 4, axis=1),
    }
    trace = trace_of(tiny_bert, {"self": [np.stack(list(heads.values()))]}, words)
    for head, name in enumerate(heads):
        found = describe_head(trace, Place("self", 0, head))
        assert found.name == name
        assert 0.8 <= found.strength <= 1.0 + 1e-6


def test_a_head_that_joins_the_texts_word_by_word(tiny_marian: LoadedModel) -> None:
    words, target = tuple("abcdef"), tuple("uvwxyz")
    even = np.full((6, 6), 1 / 6)
    records = {
        "encoder": [even[None]],
        "decoder": [even[None]],
        "cross": [np.stack([np.roll(np.eye(6), 3, axis=1), 0.38 * np.roll(np.eye(6), 3, axis=1) + 0.62 * even])],
    }
    trace = trace_of(tiny_marian, records, words, target)
    assert describe_head(trace, Place("cross", 0, 0)).name == "one_word"
    assert describe_head(trace, Place("cross", 0, 1)).name == "mixed"
