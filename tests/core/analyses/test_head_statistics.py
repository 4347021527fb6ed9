"""Scores of patterns written by hand, and of real small models."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.core import families
from tests.core.attention_patterns import looking_back, morphemes_of, trace_of, uniform
from visualizer.core import capture, models
from visualizer.core.analyses import head_statistics as statistics
from visualizer.core.analyses import repeated_tokens
from visualizer.core.errors import Cancelled
from visualizer.core.request import RunRequest
from visualizer.core.system import memo

if TYPE_CHECKING:
    from visualizer.core.analyses.head_statistics import HeadStatistics
    from visualizer.core.loaded_model import LoadedModel

WORDS = ("[CLS]", "a", "b", "c", "[SEP]")
N = len(WORDS)


def measured(loaded: LoadedModel, *heads: np.ndarray, words: tuple[str, ...] = WORDS) -> HeadStatistics:
    return statistics.measure(trace_of(loaded, {"self": [np.stack(heads)]}, words))


def row(table: HeadStatistics, number: int) -> dict[str, float]:
    return {name: float(column[number]) for name, column in table.values.items()}


def test_columns_come_in_the_promised_order(tiny_bert: LoadedModel) -> None:
    table = measured(tiny_bert, uniform(N))
    assert tuple(table.values) == (
        "entropy", "mean_distance", "previous_token", "next_token", "same_token", "first_token", "separator",
        "induction", "duplicate_token", "same_part_of_speech",
    )  # fmt: skip


def test_a_head_that_looks_one_token_back(tiny_bert: LoadedModel) -> None:
    found = row(measured(tiny_bert, looking_back(N)), 0)
    assert found["previous_token"] == 1
    assert found["entropy"] == pytest.approx(0, abs=1e-6)
    assert found["mean_distance"] == pytest.approx(4 / 5), "four queries look one token back, the first at itself"
    assert found["same_token"] == pytest.approx(1 / 5)
    assert found["first_token"] == pytest.approx(2 / 5), "the first two queries"
    assert found["next_token"] == 0
    assert found["separator"] == 0


def test_a_head_that_looks_everywhere(tiny_bert: LoadedModel) -> None:
    found = row(measured(tiny_bert, uniform(N)), 0)
    assert found["entropy"] == pytest.approx(math.log2(5), abs=1e-5)
    distances = [abs(q - k) for q in range(N) for k in range(N)]
    assert found["mean_distance"] == pytest.approx(sum(distances) / 25, abs=1e-6)
    for name in ("previous_token", "next_token", "same_token", "first_token", "separator"):
        assert found[name] == pytest.approx(0.2), name


def test_a_causal_head_that_looks_at_everything_before_it(tiny_bert: LoadedModel) -> None:
    found = row(measured(tiny_bert, uniform(N, causal=True)), 0)
    assert found["entropy"] == pytest.approx(sum(math.log2(n) for n in range(1, N + 1)) / N, abs=1e-5)
    assert found["mean_distance"] == pytest.approx(sum((n - 1) / 2 for n in range(1, N + 1)) / N, abs=1e-6)
    assert found["previous_token"] == pytest.approx((1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 4, abs=1e-6)
    assert found["next_token"] == 0, "the key is there, but the mask hides it"


def test_separators_are_special_tokens_after_the_first(tiny_bert: LoadedModel) -> None:
    words = ("[CLS]", "a", "[SEP]", "b", "[SEP]")
    head = np.tile(np.array([0.1, 0.1, 0.3, 0.1, 0.4], np.float32), (5, 1))
    found = row(measured(tiny_bert, head, words=words), 0)
    assert found["separator"] == pytest.approx(0.7)
    assert found["first_token"] == pytest.approx(0.1)


def test_a_text_without_separators_has_no_separator_share(tiny_bert: LoadedModel) -> None:
    assert math.isnan(row(measured(tiny_bert, uniform(3), words=("a", "b", "c")), 0)["separator"])


def test_one_token_has_no_neighbours(tiny_bert: LoadedModel) -> None:
    table = measured(tiny_bert, uniform(1), words=("a",))
    found = row(table, 0)
    assert math.isnan(found["previous_token"]) and math.isnan(found["next_token"])
    assert found["same_token"] == found["first_token"] == 1
    assert found["entropy"] == found["mean_distance"] == 0
    assert table.labels == ("mixed",)


def test_cross_attention_has_no_neighbours_and_keeps_the_rest(tiny_marian: LoadedModel) -> None:
    words, target = ("a", "b", "[SEP]"), ("x", "y")
    records = {"encoder": [uniform(3)[None]], "decoder": [uniform(2)[None]], "cross": [np.full((1, 2, 3), 1 / 3)]}
    table = statistics.measure(trace_of(tiny_marian, records, words, target))
    assert table.kinds == ("encoder", "decoder", "cross")
    found = row(table, table.index("cross", 0, 0))
    for name in ("previous_token", "next_token", "same_token", "induction", "duplicate_token"):
        assert math.isnan(found[name]), name
    assert found["separator"] == pytest.approx(1 / 3)
    assert found["first_token"] == pytest.approx(1 / 3)
    assert found["entropy"] == pytest.approx(math.log2(3), abs=1e-5)


def test_same_part_of_speech_leaves_out_the_querys_own_morpheme(tiny_bert: LoadedModel) -> None:
    # Two nouns (the first in two tokens), a particle that is alone of its class, and a special token.
    words = ("図", "書", "で", "本", "[SEP]")
    morphemes = morphemes_of([("図書", "名詞,一般"), ("で", "助詞,格助詞"), ("本", "名詞,一般")])
    head = np.tile(np.array([0.1, 0.2, 0.3, 0.35, 0.05], np.float32), (5, 1))
    table = statistics.measure(trace_of(tiny_bert, {"self": [head[None]]}, words, morphemes=morphemes))
    expected = (0.35 + 0.35 + 0.3) / 3  # 図 and 書 look at 本; 本 looks at 図 and 書; で and [SEP] have nobody
    assert row(table, 0)["same_part_of_speech"] == pytest.approx(expected, abs=1e-6)


def test_without_japanese_there_is_no_part_of_speech(tiny_bert: LoadedModel) -> None:
    assert math.isnan(row(measured(tiny_bert, uniform(N)), 0)["same_part_of_speech"])


def test_blocks_of_rows_add_up(tiny_bert: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    heads = rng.dirichlet(np.ones(41), size=(3, 41)).astype(np.float32)
    words = ("[CLS]", *"abcdefghijklmnopqrst", "[SEP]", *"abcdefghijklmnopqr", "[SEP]")
    whole = measured(tiny_bert, *heads, words=words)
    monkeypatch.setattr(statistics, "BLOCK_CELLS", 1)  # the smallest blocks: 16 rows
    parts = measured(tiny_bert, *heads, words=words)
    for name in statistics.MEASURES:
        np.testing.assert_allclose(parts.values[name], whole.values[name], rtol=1e-5, err_msg=name)


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_bert", "tiny_marian"])
def test_measures_of_a_real_model_follow_their_definitions(name: str, request: pytest.FixtureRequest) -> None:
    loaded: LoadedModel = request.getfixturevalue(name)
    trace = capture.run(loaded, RunRequest("the cat sat on the mat. 私は図書館で本を"))
    table = statistics.measure(trace)
    assert len(table) == sum(trace.layers(kind) * trace.heads(kind) for kind in trace.kinds)
    for number, (kind, layer, head) in enumerate(zip(table.kinds, table.layers, table.heads, strict=True)):
        assert table.index(kind, int(layer), int(head)) == number
        weights = trace.attention(int(layer), int(head), kind).astype(np.float64)
        found = row(table, number)
        logs = np.log2(np.where(weights > 0, weights, 1))
        assert found["entropy"] == pytest.approx(-(weights * logs).sum(axis=1).mean(), abs=1e-4)
        queries, keys = np.indices(weights.shape)
        assert found["mean_distance"] == pytest.approx((weights * abs(queries - keys)).sum(axis=1).mean(), rel=1e-5)
        assert found["first_token"] == pytest.approx(weights[:, 0].mean(), abs=1e-6)
        if kind != "cross":
            assert found["previous_token"] == pytest.approx(np.diagonal(weights, -1).mean(), abs=1e-6)
            assert found["next_token"] == pytest.approx(np.diagonal(weights, 1).mean(), abs=1e-6)
            assert found["same_token"] == pytest.approx(np.diagonal(weights).mean(), abs=1e-6)
            assert 0 <= found["induction"] <= 1 and 0 <= found["duplicate_token"] <= 1


def test_copies_are_scored_from_the_second_to_the_first(tiny_bert: LoadedModel) -> None:
    """A special token, three tokens, and the same three again."""
    inducing, duplicating = uniform(8), uniform(8)
    for n in range(3):
        inducing[4 + n] = np.eye(8)[1 + n + 1]
        duplicating[4 + n] = 0.25 * np.eye(8)[1 + n] + 0.75 * np.eye(8)[0]
    words = ("[CLS]", *"abcabc", "[SEP]")
    trace = trace_of(tiny_bert, {"self": [np.stack([inducing, duplicating])]}, words)
    induction, duplicate = repeated_tokens.scores_on_copies(trace, "self", 1, 3)
    np.testing.assert_allclose(induction, [[1, 0]], atol=1e-7)
    np.testing.assert_allclose(duplicate, [[0, 0.25]], atol=1e-7)


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_bert", "tiny_marian"])
def test_the_copies_that_the_model_reads_are_copies(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: LoadedModel = request.getfixturevalue(name)
    seen: list[tuple[list[int], list[int] | None]] = []
    real = capture.run_ids

    def spy(model: LoadedModel, asked: RunRequest, ids, **rest):  # type: ignore[no-untyped-def]
        target = rest.get("decoder_ids")
        seen.append((ids[0].tolist(), None if target is None else target[0].tolist()))
        return real(model, asked, ids, **rest)

    memo.forget(loaded)
    monkeypatch.setattr(capture, "run_ids", spy)
    trace = capture.run(loaded, RunRequest("the cat"))
    seen.clear()
    first = repeated_tokens.scores(trace)
    assert repeated_tokens.scores(trace) is first, "the model runs once and is remembered"
    assert len(seen) == 1
    specials = set(loaded.tokenizer.all_special_ids)
    for ids in seen[0]:
        if ids is None:
            continue
        ordinary = [n for n in ids if n not in specials]
        half = len(ordinary) // 2
        assert ordinary[:half] == ordinary[half:]
        assert len(set(ordinary[:half])) == half >= 2, "each token has one first occurrence"
        assert loaded.max_length is None or len(ids) <= loaded.max_length
    assert set(first) == {kind for kind in trace.kinds if kind != "cross"}


@pytest.mark.parametrize(("window", "is_measurable"), [(3, False), (200, True)])
def test_a_first_copy_beyond_the_sliding_window_cannot_be_measured(window: int, is_measurable: bool) -> None:
    family = next(f for f in families.REGISTRY if f.name == "mistral")
    model = models.wrap(families.build(family, sliding_window=window), families.plain_tokenizer(families.VOCABULARY))
    table = statistics.measure(capture.run(model, RunRequest("w3 w4 w5")))
    for name in ("induction", "duplicate_token"):
        assert np.isfinite(table.values[name]).all() == is_measurable, name
        assert np.isnan(table.values[name]).any() != is_measurable, f"{name}: 0 would be a measurement"


def test_a_trace_without_its_model_has_no_induction(tiny_llama: LoadedModel, tmp_path) -> None:  # type: ignore[no-untyped-def]
    trace = capture.run(tiny_llama, RunRequest("the cat"))
    trace.save(tmp_path / "t.safetensors")
    table = statistics.measure(type(trace).open(tmp_path / "t.safetensors"))
    assert np.isnan(table.values["induction"]).all()
    np.testing.assert_allclose(table.values["entropy"], statistics.measure(trace).values["entropy"], atol=1e-5)


def test_labels_say_where_most_of_the_weight_goes(tiny_bert: LoadedModel) -> None:
    words = ("[CLS]", *"abcdefgh", "[SEP]")
    n = len(words)
    to_first = np.tile(np.eye(n)[0], (n, 1))
    to_last = np.tile(np.eye(n)[n - 1], (n, 1))
    nearby = 0.5 * looking_back(n, 1) + 0.5 * looking_back(n, -1)
    nearby = 0.6 * nearby + 0.4 * np.eye(n)
    table = measured(
        tiny_bert, looking_back(n), looking_back(n, -1), np.eye(n), to_first, to_last, uniform(n), nearby, words=words
    )
    assert table.labels == (
        "previous_token", "next_token", "same_token", "first_token", "separator", "broad", "nearby",
    )  # fmt: skip


def test_an_induction_head_is_called_so_whatever_it_does_on_the_text() -> None:
    values = dict.fromkeys(statistics.MEASURES, 0.0) | {
        "first_token": 0.9,
        "induction": 0.4,
        "duplicate_token": 0.1,
    }
    even = dict.fromkeys(statistics.MEASURES, 0.1)
    assert statistics.label(values, even) == "induction"
    assert statistics.label(values | {"induction": math.nan}, even) == "first_token"


def test_half_is_nothing_special_in_a_text_of_two_tokens(tiny_bert: LoadedModel) -> None:
    assert measured(tiny_bert, uniform(2, causal=True), words=("a", "b")).labels == ("broad",)


def test_it_stops_when_told(tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat"))
    with pytest.raises(Cancelled):
        statistics.measure(trace, should_stop=lambda: True)


def test_progress_ends_at_one(tiny_llama: LoadedModel) -> None:
    shares: list[float] = []
    statistics.measure(capture.run(tiny_llama, RunRequest("the cat")), progress=lambda share, _: shares.append(share))
    assert shares == sorted(shares) and shares[-1] == 1
