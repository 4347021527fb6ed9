"""Lines carry the share that was asked for, and no line more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.attention_patterns import lines_for_mass
from visualizer.core import capture, reading
from visualizer.core.place import Place
from visualizer.core.reading import Rule, strongest
from visualizer.core.request import RunRequest
from visualizer.core.system import memo


def random_rows(queries: int, keys: int, seed: int = 0, concentration: float = 0.2) -> np.ndarray:
    draws = np.random.default_rng(seed).dirichlet(np.full(keys, concentration), queries)
    return draws.astype(np.float32)


@given(
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(0, 1000),
    st.floats(0.01, 0.99),
    st.sampled_from((0.05, 1.0, 50.0)),
)
def test_the_fewest_lines_that_reach_the_share(
    queries: int, keys: int, seed: int, share: float, concentration: float
) -> None:
    matrix = random_rows(queries, keys, seed, concentration)
    rows, columns = lines_for_mass(matrix, share)
    for row in range(queries):
        chosen = np.sort(matrix[row, columns[rows == row]])
        total = matrix[row].sum()
        assert chosen.sum() >= (share - 1e-5) * total, "too few lines"
        assert chosen[1:].sum() < share * total + 1e-5, "one line too many"
        rest = np.delete(matrix[row], columns[rows == row])
        assert not len(rest) or rest.max() <= chosen[0], "a stronger line was left out"


def test_equal_weights_need_no_more_lines_than_the_share() -> None:
    matrix = np.full((3, 10), 0.1, dtype=np.float32)
    rows, _ = lines_for_mass(matrix, 0.7)
    assert np.bincount(rows).tolist() == [7, 7, 7]


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (1.0, 3), (0.5, 1)])
def test_nothing_and_everything(share: float, count: int) -> None:
    matrix = np.array([[0.5, 0.3, 0.2, 0.0]], dtype=np.float32)
    rows, columns = lines_for_mass(matrix, share)
    assert len(rows) == count and 3 not in columns


def test_a_row_of_zeros_has_no_lines() -> None:
    matrix = np.array([[0.0, 0.0], [0.4, 0.6]], dtype=np.float32)
    rows, _ = lines_for_mass(matrix, 0.9)
    assert set(rows.tolist()) == {1}


def test_long_rows_keep_their_strongest_weights_in_order() -> None:
    matrix = random_rows(300, 400)
    strong = strongest.strongest(matrix)
    assert strong.keys.shape == (300, strongest.LIMIT)
    np.testing.assert_array_equal(strong.weights, -np.sort(-matrix, axis=1)[:, : strongest.LIMIT])
    np.testing.assert_array_equal(np.take_along_axis(matrix, strong.keys, axis=1), strong.weights)
    exact = strongest.strongest(matrix, None)
    np.testing.assert_array_equal(strong.counts(0.6), np.minimum(exact.counts(0.6), strongest.LIMIT))


def test_lines_of_several_heads_come_weakest_first_and_keep_the_strongest() -> None:
    heads = [strongest.strongest(random_rows(6, 6, seed)) for seed in range(3)]
    every = strongest.collect(heads, 0.8, 10_000)
    assert every.total == len(every) == sum(len(h.lines(0.8)[0]) for h in heads)
    assert (np.diff(every.weights) >= 0).all()
    few = strongest.collect(heads, 0.8, 5)
    assert few.total == every.total
    np.testing.assert_array_equal(few.weights, every.weights[-5:])


@pytest.mark.parametrize("share", [0.3, 0.9, 1.0])
@pytest.mark.parametrize("limit", [40, 10**6])
def test_every_line_of_several_heads_is_a_weight_of_its_head(share: float, limit: int) -> None:
    matrices = [np.tril(random_rows(40, 40, seed)) for seed in range(3)]
    found = strongest.collect([strongest.strongest(matrix) for matrix in matrices], share, limit)
    expected = sorted(
        (float(matrix[query, key]), n, int(query), int(key))
        for n, matrix in enumerate(matrices)
        for query, key in zip(*lines_for_mass(matrix, share), strict=True)
    )[-limit:]
    assert sorted(zip(found.weights, found.heads, found.queries, found.keys, strict=True)) == expected
    carried = sum(weight for weight, *_ in expected)
    if len(expected) == found.total:
        assert found.carried == pytest.approx(carried / sum(float(m.sum()) for m in matrices), rel=1e-5)


def test_a_picture_of_many_lines_has_fewer_of_every_row_and_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    heads = [strongest.strongest(random_rows(300, 400, seed, concentration=50.0)) for seed in range(2)]
    every = strongest.collect(heads, 1.0, 10**6)
    assert every.ranks == strongest.LIMIT and every.total == 2 * 300 * strongest.LIMIT
    monkeypatch.setattr(strongest, "ENOUGH", 2 * 300 * 30)
    fewer = strongest.collect(heads, 1.0, 10**6)
    assert fewer.ranks == 30 and np.bincount(fewer.queries).tolist() == [60] * 300
    np.testing.assert_array_equal(
        np.sort(fewer.weights), np.sort(np.concatenate([h.weights[:, :30] for h in heads]), axis=None)
    )
    assert fewer.carried == pytest.approx(sum(float(h.weights[:, :30].sum()) for h in heads) / 600, rel=1e-4)
    assert fewer.carried < every.carried


@pytest.mark.parametrize("band", [3, 100, 400])
def test_blocks_of_rows_that_see_few_keys_are_sorted_like_the_others(
    band: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Causal and windowed attention: the first rows see a few keys, some see none at all."""
    monkeypatch.setattr(strongest, "_CACHED", 400 * 7)
    matrix = np.triu(np.tril(random_rows(300, 400, concentration=1.0)), -band)
    matrix[20:40] = 0.0
    strong = strongest.strongest(matrix)
    np.testing.assert_array_equal(strong.weights, -np.sort(-matrix, axis=1)[:, : strongest.LIMIT])
    np.testing.assert_array_equal(np.take_along_axis(matrix, strong.keys, axis=1), strong.weights)


def test_no_heads_have_no_lines() -> None:
    assert len(strongest.collect([], 0.7, 100)) == 0


def test_what_looks_at_a_key() -> None:
    matrix = random_rows(5, 5)
    found = strongest.into([strongest.strongest(matrix)], 2, 5)
    np.testing.assert_array_equal(found[0], matrix[:, 2])


@pytest.mark.parametrize("rule", [Rule(), Rule(unit="word", hide_sinks=True)])
def test_the_strongest_of_a_head_as_it_is_read_are_remembered_within_the_one_budget(tiny_llama, rule: Rule) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat sat on it"))
    place = Place("self", 1, 2)
    assert not strongest.is_known(trace, place, rule)
    found = strongest.of(trace, place, rule)
    read = reading.read(trace, place, rule)
    np.testing.assert_array_equal(found.weights, strongest.strongest(read.matrix).weights)
    assert found.hidden == pytest.approx(float(read.hidden_shares.mean()))
    assert strongest.is_known(trace, place, rule) and strongest.of(trace, place, rule) is found
    assert not strongest.is_known(trace, Place("self", 1, 3), rule)
    assert memo.size_of(trace) >= found.nbytes


def test_equal_weights_of_several_heads_keep_their_order_and_the_limit() -> None:
    heads = [strongest.strongest(np.full((4, 4), 0.25, dtype=np.float32)) for _ in range(3)]
    found = strongest.collect(heads, 1.0, 1000)
    assert found.heads.tolist() == sorted(found.heads.tolist()) and len(found) == 48
    assert len(strongest.collect(heads, 1.0, 7)) == 7
