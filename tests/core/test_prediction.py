"""Probabilities, filters, ranks and information: equal to transformers' own, on constructed and random logits."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from visualizer.core.prediction import (
    candidates,
    distribution,
    entropy,
    forecast,
    penalised,
    rank_of,
    ranking,
    surprisal,
    surprisals,
)


def transformers_distribution(logits, temperature, top_k, top_p):
    """The same, by transformers' own logits warpers in their own order."""
    scores = torch.tensor(logits, dtype=torch.float64)[None]
    if temperature != 1.0:
        scores = TemperatureLogitsWarper(temperature)(None, scores)
    if top_k is not None:
        scores = TopKLogitsWarper(top_k)(None, scores)
    if top_p is not None:
        scores = TopPLogitsWarper(top_p)(None, scores)
    return scores.softmax(-1)[0].numpy()


@pytest.mark.parametrize("temperature", [0.05, 0.7, 1.0, 3.5])
@pytest.mark.parametrize("top_k", [None, 1, 7, 300, 100_000])
@pytest.mark.parametrize("top_p", [None, 0.001, 0.5, 0.93, 1.0])
@pytest.mark.parametrize("size", [1, 2, 5000])
def test_filters_give_the_same_probabilities_as_transformers(temperature, top_k, top_p, size):
    logits = np.random.default_rng(size).normal(0, 3, size).astype(np.float32)
    ours = distribution(logits, temperature, top_k, top_p)
    theirs = transformers_distribution(logits, temperature, top_k, top_p)
    np.testing.assert_array_equal(ours > 0, theirs > 0, err_msg="not the same tokens are kept")
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=0)


@pytest.mark.parametrize("min_p", [0.0, 0.02, 0.3, 1.0])
@pytest.mark.parametrize("penalty", [0.5, 1.0, 1.3, 4.0])
@pytest.mark.parametrize(("temperature", "top_k", "top_p"), [(1.0, None, None), (0.7, 40, 0.9), (2.0, None, 0.5)])
def test_min_p_and_repetition_penalty_are_those_of_transformers(min_p, penalty, temperature, top_k, top_p):
    logits = np.random.default_rng(3).normal(0, 3, 2000).astype(np.float32)
    seen = [4, 17, 4, int(logits.argmax()), int(logits.argmin())]
    ours = distribution(penalised(logits, seen, penalty), temperature, top_k, top_p, min_p)
    scores = torch.tensor(logits, dtype=torch.float64)[None]
    scores = RepetitionPenaltyLogitsProcessor(penalty)(torch.tensor([seen]), scores)
    scores = TemperatureLogitsWarper(temperature)(None, scores)
    if top_k is not None:
        scores = TopKLogitsWarper(top_k)(None, scores)
    if top_p is not None:
        scores = TopPLogitsWarper(top_p)(None, scores)
    theirs = MinPLogitsWarper(min_p)(None, scores).softmax(-1)[0].numpy()
    np.testing.assert_array_equal(ours > 0, theirs > 0, err_msg="not the same tokens are kept")
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=0)


def test_a_penalty_changes_the_order_and_leaves_the_models_own_logits():
    logits = np.array([3.0, 2.5, -1.0], dtype=np.float32)
    found = forecast(logits, repetition_penalty=2.0, seen=[0, 2])
    assert found.ids.tolist() == [1, 0, 2]
    np.testing.assert_array_equal(found.logits, [2.5, 3.0, -1.0])
    np.testing.assert_allclose(found.unfiltered, distribution(logits)[[1, 0, 2]])
    np.testing.assert_allclose(found.probabilities, distribution([2.5, 1.5, -2.0]))
    assert [c.rank for c in candidates(logits, str, repetition_penalty=2.0, seen=[0, 2])] == [1, 2, 3]
    for wrong in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="repetition_penalty"):
            penalised(logits, [0], wrong)


@given(
    st.lists(st.floats(-40, 40, width=32), min_size=1, max_size=40),
    st.floats(0.1, 5),
    st.none() | st.integers(1, 50),
    st.none() | st.floats(0.01, 1),
)
@settings(deadline=None, max_examples=200)
def test_a_distribution_sums_to_one_and_candidates_follow_the_ranking(logits, temperature, top_k, top_p):
    values = np.array(logits, dtype=np.float32)
    probabilities = distribution(values, temperature, top_k, top_p)
    assert probabilities.sum() == pytest.approx(1)
    found = candidates(values, str, temperature, top_k, top_p, limit=len(logits))
    assert {c.id for c in found} == set(np.flatnonzero(probabilities).tolist())
    assert [c.rank for c in found] == list(range(1, len(found) + 1)), "filters must leave the head of the ranking"
    assert all(a.probability >= b.probability for a, b in pairwise(found))


def test_temperature_zero_puts_all_mass_on_the_largest_logit():
    np.testing.assert_array_equal(distribution([1.0, 4.0, 4.0, 2.0], temperature=0), [0, 1, 0, 0])


def test_a_tiny_temperature_does_not_overflow():
    np.testing.assert_array_equal(distribution(np.float32([-1e4, 3e4]), temperature=1e-6), [0, 1])


def test_top_k_keeps_tokens_that_tie_with_the_last_one():
    assert np.count_nonzero(distribution([3.0, 1.0, 1.0, 0.0], top_k=2)) == 3


def test_top_p_keeps_the_lower_id_of_equally_probable_tokens():
    np.testing.assert_allclose(distribution([0.0, 0.0, 0.0, 0.0], top_p=0.5), [0.5, 0.5, 0, 0])


def test_tokens_that_the_model_forbids_have_probability_zero():
    assert distribution([0.0, -np.inf])[1] == 0
    assert [c.id for c in candidates([0.0, -np.inf], str)] == [0]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"top_k": 0}, "top_k"),
        ({"top_p": 0.0}, "top_p"),
        ({"top_p": 1.01}, "top_p"),
    ],
)
def test_settings_that_mean_nothing_are_refused_by_name(settings, named):
    with pytest.raises(ValueError, match=named):
        distribution([1.0, 2.0], **settings)


@pytest.mark.parametrize("logits", [[], [[1.0, 2.0]], [np.nan, 1.0], [-np.inf, -np.inf], [np.inf, 0.0]])
def test_logits_without_a_distribution_are_refused(logits):
    with pytest.raises(ValueError):
        distribution(logits)


def test_candidates_carry_label_logit_and_the_rank_before_the_filters():
    first, second = candidates([0.0, 2.0, 1.0], "token {}".format, temperature=0.5, top_k=2)
    assert (first.id, first.text, first.logit, first.rank) == (1, "token 1", 2.0, 1)
    assert (second.id, second.rank) == (2, 2)
    assert first.probability == pytest.approx(1 / (1 + np.exp(-2)))


def test_equal_logits_are_ranked_by_id():
    logits = np.array([1.0, 5.0, 1.0, 5.0, 1.0], dtype=np.float32)
    assert ranking(logits).tolist() == [1, 3, 0, 2, 4]
    assert ranking(logits, 3).tolist() == [1, 3, 0]
    assert [rank_of(logits, token) for token in range(5)] == [3, 1, 4, 2, 5]


def test_entropy_is_in_bits():
    assert entropy([0.25] * 4) == pytest.approx(2)
    assert entropy([1.0, 0.0]) == 0


def test_surprisal_is_the_cross_entropy_of_torch_in_bits():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(6, 50, generator=generator) * 4
    tokens = torch.randint(50, (6,), generator=generator)
    nats = torch.nn.functional.cross_entropy(logits, tokens, reduction="none")
    np.testing.assert_allclose(surprisals(logits.numpy(), tokens.tolist()), nats.numpy() / np.log(2), rtol=1e-5)
    assert surprisal([0.0, 0.0], 1) == pytest.approx(1)


def test_a_surprisal_for_each_token_needs_logits_for_each():
    with pytest.raises(ValueError, match="one row for each token"):
        surprisals(np.zeros((2, 5)), [1, 2, 3])


def test_a_large_vocabulary_takes_milliseconds():
    logits = np.random.default_rng(1).normal(0, 3, 150_000).astype(np.float32)
    best = min(_seconds(lambda: candidates(logits, str, 0.8, 5000, 0.9)) for _ in range(5))
    assert best < 0.05, f"{best * 1000:.1f} ms for one step of a slider"


def _seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_a_forecast_keeps_removed_tokens_with_probability_zero_and_what_they_had():
    found = forecast([3.0, 1.0, 2.0, 0.0], top_k=2, limit=3)
    assert found.ids.tolist() == [0, 2, 1]
    assert found.probabilities[2] == 0 and found.unfiltered[2] > 0
    assert (found.kept, found.vocabulary, found.actual) == (2, 4, None)
    assert found.entropy < found.unfiltered_entropy


def test_a_forecast_adds_the_real_next_token_however_improbable_it_is():
    logits = np.arange(100, dtype=np.float32)
    beyond = forecast(logits, limit=5, actual=7)
    assert (beyond.ids[beyond.actual], beyond.actual_rank, len(beyond.ids)) == (7, 93, 6)
    within = forecast(logits, limit=5, actual=98)
    assert (within.actual, within.actual_rank, len(within.ids)) == (1, 2, 5)
