"""The matrix that a person reads: units, sinks and quadrants never invent or lose attention."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.families import REGISTRY, VOCABULARY, build, plain_tokenizer
from visualizer.core import capture, models, reading
from visualizer.core.errors import NoSuchKind, NoSuchPart
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.place import Place
from visualizer.core.reading import matrix as matrix_module
from visualizer.core.reading.rule import Rule
from visualizer.core.request import RunRequest
from visualizer.core.system import memo
from visualizer.core.text.units import UNIT_KINDS, UnitKind, alignment
from visualizer.core.trace import Trace

TEXTS = st.text(min_size=1, max_size=24).filter(lambda text: bool(text.strip()))


@pytest.fixture(scope="module")
def japanese(tiny_llama: LoadedModel) -> Trace:
    return capture.run(tiny_llama, RunRequest("私は図書館で本を読む。The cat, and the dog."))


@pytest.fixture(scope="module")
def pair(tiny_bert: LoadedModel) -> Trace:
    return capture.run(tiny_bert, RunRequest("the cat sat.", "私は本を"))


@pytest.fixture(scope="module")
def translation(tiny_marian: LoadedModel) -> Trace:
    return capture.run(tiny_marian, RunRequest("the cat.", target="ねこ、が"))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(text=TEXTS, unit=st.sampled_from(UNIT_KINDS), hide=st.booleans())
def test_rows_sum_to_one_or_are_reported_empty_for_any_text(
    tiny_llama: LoadedModel, text: str, unit: UnitKind, hide: bool
) -> None:
    trace = capture.run(tiny_llama, RunRequest(text))
    found = reading.read(trace, Place("self", 0, 1), Rule(unit=unit, hide_sinks=hide))
    assert found.matrix.shape == (len(found.query_units), len(found.key_units))
    assert np.isfinite(found.matrix).all() and (found.matrix >= 0).all()
    np.testing.assert_allclose(found.matrix.sum(axis=1), np.where(found.empty_rows, 0.0, 1.0), atol=1e-4)
    assert not found.matrix[:, found.hidden_keys].any(), "hidden keys keep weight"


@pytest.mark.parametrize("unit", UNIT_KINDS)
def test_units_are_the_sum_over_keys_and_the_mean_over_queries(japanese: Trace, unit: UnitKind) -> None:
    found = reading.read(japanese, Place("self", 1, 2), Rule(unit=unit))
    shares = alignment(found.query_units, len(japanese.tokens))
    mean = shares / shares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.matrix, mean @ japanese.attention(1, 2) @ shares.T, atol=1e-6)


@pytest.mark.parametrize("unit", UNIT_KINDS)
def test_a_unit_cell_is_masked_only_if_all_its_token_cells_are(japanese: Trace, unit: UnitKind) -> None:
    found = reading.read(japanese, Place("self", 0, 0), Rule(unit=unit))
    tokens = japanese.mask(0)
    assert tokens is not None and found.masked is not None
    for q, looking in enumerate(found.query_units):
        for k, looked_at in enumerate(found.key_units):
            expected = all(tokens[a, b] for a in looking.tokens for b in looked_at.tokens)
            assert found.masked[q, k] == expected
    assert not found.matrix[found.masked].any()


def test_first_token_special_tokens_and_punctuation_are_sinks(japanese: Trace, pair: Trace) -> None:
    for unit in UNIT_KINDS:
        found = reading.read(japanese, Place("self", 0, 0), Rule(unit=unit, hide_sinks=True))
        hidden = {u.label for u, is_hidden in zip(found.key_units, found.hidden_keys, strict=True) if is_hidden}
        assert {",", "."} <= hidden or unit == "token"
        assert found.hidden_keys[0], "the first token soaks up attention"
    found = reading.read(pair, Place("self", 0, 0), Rule(hide_sinks=True))
    hidden = [u.label for u, is_hidden in zip(found.key_units, found.hidden_keys, strict=True) if is_hidden]
    assert hidden == ["[CLS]", ".", "[SEP]", "[SEP]"]


def test_the_blank_of_a_masked_model_is_no_sink(tiny_bert: LoadedModel) -> None:
    trace = capture.run(tiny_bert, RunRequest("the [MASK] sat"))
    found = reading.read(trace, Place("self", 0, 0), Rule(hide_sinks=True))
    shown = [u.label for u, hidden in zip(found.key_units, found.hidden_keys, strict=True) if not hidden]
    assert shown == ["the", "[MASK]", "sat"]


def test_a_row_that_looks_only_at_sinks_becomes_zeros_and_is_reported(japanese: Trace) -> None:
    found = reading.read(japanese, Place("self", 0, 0), Rule(hide_sinks=True))
    assert found.empty_rows[0], "the first token of a causal model sees nothing but itself"
    assert not found.matrix[0].any()
    assert not found.empty_rows[4:].any()


def test_what_was_hidden_is_told_and_a_trace_of_attention_is_not_blown_up(japanese: Trace) -> None:
    plain = reading.read(japanese, Place("self", 0, 0))
    found = reading.read(japanese, Place("self", 0, 0), Rule(hide_sinks=True))
    expected = plain.matrix[:, found.hidden_keys].sum(axis=1)
    np.testing.assert_allclose(found.hidden_shares, expected, atol=1e-5)
    matrix = np.array([[0.995, 0.005], [0.98, 0.02], [0.0, 0.0]], dtype=np.float32)
    kept, shares = matrix_module._without(matrix, np.array([True, False]))
    np.testing.assert_allclose(kept, [[0, 0], [0, 1], [0, 0]], atol=1e-6)
    np.testing.assert_allclose(shares[:2], [0.995, 0.98], atol=1e-6)
    np.testing.assert_allclose(
        reading.read_row(japanese, "self", 0, [0], 5, Rule(hide_sinks=True))[0], found.matrix[5], atol=1e-6
    )


def test_a_text_of_sinks_alone_is_all_zeros_and_no_nan(tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("..!?"))
    found = reading.read(trace, Place("self", 0, 0), Rule(hide_sinks=True))
    assert found.empty_rows.all() and found.hidden_keys.all()
    assert not found.matrix.any()


def test_quadrants_show_a_part_of_the_weights_as_they_are(pair: Trace) -> None:
    whole = reading.read(pair, Place("self", 1, 1))
    sums = np.zeros(len(whole.query_units))
    for quadrant in reading.quadrants(pair):
        part = reading.read(pair, Place("self", 1, 1), Rule(quadrant=quadrant))
        rows, columns = ([u.sequence == "AB".index(side) for u in whole.query_units] for side in quadrant)
        np.testing.assert_array_equal(part.matrix, whole.matrix[np.ix_(rows, columns)])
        assert {u.sequence for u in part.query_units} == {"AB".index(quadrant[0])}
        sums[rows] += part.matrix.sum(axis=1)
    np.testing.assert_allclose(sums, 1.0, atol=1e-5)


def test_only_pairs_have_quadrants(japanese: Trace, translation: Trace, tiny_bert: LoadedModel) -> None:
    assert reading.quadrants(japanese) == () == reading.quadrants(translation, "cross")
    alone = capture.run(tiny_bert, RunRequest("the cat", ""))
    assert reading.quadrants(alone) == ()
    with pytest.raises(NoSuchKind, match="quadrant"):
        reading.read(alone, Place("self", 0, 0), Rule(quadrant="AB"))


def test_cross_attention_has_target_queries_and_source_keys(translation: Trace) -> None:
    found = reading.read(translation, Place("cross", 0, 0), Rule(unit="character"))
    assert [u.label for u in found.query_units if not u.special] == ["ね", "こ", "、", "が"]
    assert "".join(u.label for u in found.key_units[:3]) == "the"
    np.testing.assert_allclose(found.matrix.sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("unit", UNIT_KINDS)
@pytest.mark.parametrize("hide", [False, True])
def test_a_row_alone_is_the_row_of_the_whole(japanese: Trace, pair: Trace, unit: UnitKind, hide: bool) -> None:
    for trace, quadrant in ((japanese, None), (pair, None), (pair, "BA")):
        whole = [
            reading.read(trace, Place("self", 0, head), Rule(unit=unit, hide_sinks=hide, quadrant=quadrant))
            for head in (0, 3)
        ]
        for row in (0, len(whole[0].query_units) - 1):
            found = reading.read_row(trace, "self", 0, (0, 3), row, Rule(unit=unit, hide_sinks=hide, quadrant=quadrant))
            np.testing.assert_allclose(found, [reading_.matrix[row] for reading_ in whole], atol=1e-6)


def test_parts_of_speech_follow_the_morphemes(japanese: Trace) -> None:
    queries, keys = reading.word_classes(japanese, "self", Rule(unit="morpheme"))
    found = reading.read(japanese, Place("self", 0, 0), Rule(unit="morpheme"))
    named = dict(zip((u.label for u in found.query_units), queries, strict=True))
    assert named["図書館"] == "名詞" and named["は"] == "助詞" and named["読む"] == "動詞"
    assert queries == keys
    by_token, _ = reading.word_classes(japanese)
    assert by_token[0] == "名詞", "a token that holds a third of 私 is part of a noun"


def test_looking_again_costs_nothing_and_keeps_no_trace_alive(tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("abc"))
    assert reading.read(trace, Place("self", 0, 0)) is reading.read(trace, Place("self", 0, 0))
    gone = weakref.ref(trace)
    del trace
    gc.collect()
    assert gone() is None


def test_matrices_are_dropped_before_they_fill_the_memory(
    tiny_llama: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = capture.run(tiny_llama, RunRequest("abc"))
    monkeypatch.setattr(memo.shared, "budget", 100)
    first = reading.read(trace, Place("self", 0, 0))
    for head in range(4):
        reading.read(trace, Place("self", 1, head))
    assert 0 < memo.size_of(trace) <= 100
    again = reading.read(trace, Place("self", 0, 0))
    assert again is not first
    np.testing.assert_array_equal(again.matrix, first.matrix)


def test_cells_beyond_a_sliding_window_are_masked_by_unit_too() -> None:
    family = next(f for f in REGISTRY if f.name == "mistral")
    model = models.wrap(build(family, sliding_window=2), plain_tokenizer(VOCABULARY))
    trace = capture.run_ids(model, RunRequest("x"), torch.arange(10, 18)[None])
    masked = reading.masked_units(trace, Place("self", 0, 0))
    assert masked is not None and masked[5, 3] and not masked[5, 4] and masked[5, 6]


def test_one_token_and_what_does_not_exist(tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("a"))
    assert reading.read(trace, Place("self", 0, 0)).matrix.tolist() == [[1.0]]
    assert reading.read(trace, Place("self", 0, 0), Rule(hide_sinks=True)).empty_rows.all()
    with pytest.raises(NoSuchPart):
        reading.read(trace, Place("self", 0, 99))
    with pytest.raises(NoSuchKind):
        reading.read(trace, Place("cross", 0, 0))
