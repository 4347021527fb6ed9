"""Distances between patterns whose divergence is known by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.core.attention_patterns import looking_back, trace_of, uniform
from visualizer.core import capture, reading
from visualizer.core.analyses import similar_heads
from visualizer.core.errors import Cancelled, NoSuchPart
from visualizer.core.place import Place
from visualizer.core.reading.rule import Rule
from visualizer.core.request import RunRequest

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.text.units import UnitKind

WORDS = tuple("abcd")


def by_hand(p: np.ndarray, q: np.ndarray) -> float:
    """sqrt of the mean over rows of KL(p || m) / 2 + KL(q || m) / 2 in bits: Lin's other form of the divergence."""
    p, q = p.astype(np.float64), q.astype(np.float64)
    m = (p + q) / 2

    def divergence(a: np.ndarray) -> np.ndarray:
        return (a * np.log2(np.where(a > 0, a, 1) / np.where(m > 0, m, 1))).sum(axis=1)

    return math.sqrt(((divergence(p) + divergence(q)) / 2).mean())


def test_heads_without_a_key_in_common_are_one_apart(tiny_bert: LoadedModel) -> None:
    first, last = np.tile(np.eye(4)[0], (4, 1)), np.tile(np.eye(4)[3], (4, 1))
    found = similar_heads.distances(trace_of(tiny_bert, {"self": [np.stack([first, last, first])]}, WORDS))
    np.testing.assert_allclose(found.matrix, [[0, 1, 0], [1, 0, 1], [0, 1, 0]], atol=1e-3)


def test_half_a_key_in_common(tiny_bert: LoadedModel) -> None:
    one, two = np.tile(np.eye(4)[0], (4, 1)), np.tile(np.array([0.5, 0.5, 0, 0]), (4, 1))
    found = similar_heads.distances(trace_of(tiny_bert, {"self": [np.stack([one, two])]}, WORDS))
    # H(0.75, 0.25) - H(0.5, 0.5) / 2
    expected = -(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25)) - 0.5
    assert found.matrix[0, 1] == pytest.approx(math.sqrt(expected), abs=1e-4)


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_bert", "tiny_marian"])
def test_every_pair_of_a_real_model(name: str, request: pytest.FixtureRequest) -> None:
    loaded: LoadedModel = request.getfixturevalue(name)
    trace = capture.run(loaded, RunRequest("the cat sat on the mat"))
    for kind in trace.kinds:
        found = similar_heads.distances(trace, kind)
        assert found.is_complete
        names = [found.name(i) for i in range(len(found.matrix))]
        weights = [trace.attention(layer, head, kind) for layer, head in names]
        expected = np.array([[by_hand(p, q) for q in weights] for p in weights])
        np.testing.assert_allclose(found.matrix, expected, atol=2e-3)
        near = found.nearest(*names[0], n=3)
        exact = similar_heads.nearest(trace, *names[0], n=3, kind=kind)
        assert [n[2] for n in near] == pytest.approx([n[2] for n in exact], abs=2e-3)
        assert [n[2] for n in near] == sorted(n[2] for n in near)
        assert names[0] not in [n[:2] for n in near]


def test_blocks_of_queries_and_keys_add_up(tiny_llama: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat sat on the mat"))
    whole = similar_heads.distances(trace)
    monkeypatch.setattr(similar_heads, "CELLS_AT_ONCE", 12 * 22 * 5)
    monkeypatch.setattr(similar_heads, "PAIR_CELLS", 50)
    np.testing.assert_allclose(similar_heads.distances(trace).matrix, whole.matrix, atol=1e-5)


def test_a_long_text_is_compared_at_evenly_spread_queries(tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat sat on the mat"))
    pairs, keys = 12 * 11 // 2, len(trace.tokens)
    found = similar_heads.distances(trace, budget=pairs * keys * 5)
    assert not found.is_complete and found.of_queries == keys
    assert len(found.queries) == 5 and found.queries[-1] == keys - 1
    weights = [trace.attention(*found.name(i))[list(found.queries)] for i in (0, 5)]
    assert found.matrix[0, 5] == pytest.approx(by_hand(*weights), abs=2e-3)


@pytest.mark.parametrize(("count", "limit"), [(1, 4), (4, 4), (10, 3), (3000, 64)])
def test_spread_takes_the_last_and_no_query_twice(count: int, limit: int) -> None:
    rows = similar_heads.spread(count, limit)
    assert rows[-1] == count - 1 and len(set(rows)) == len(rows) == min(count, limit) and rows[0] >= 0


def test_the_map_keeps_distances_that_lie_in_a_plane() -> None:
    places = np.array([[0, 0], [3, 0], [0, 4], [2, 2]], dtype=float)
    matrix = np.linalg.norm(places[:, None] - places[None], axis=2)
    found = similar_heads.classical_scaling(matrix)
    np.testing.assert_allclose(np.linalg.norm(found[:, None] - found[None], axis=2), matrix, atol=1e-5)
    assert all(axis[np.argmax(np.abs(axis))] > 0 for axis in found.T), "the largest coordinate is positive"


def test_one_head_and_equal_heads_have_a_map(tiny_bert: LoadedModel) -> None:
    alone = similar_heads.distances(trace_of(tiny_bert, {"self": [uniform(4)[None]]}, WORDS))
    np.testing.assert_array_equal(alone.positions(), [[0, 0]])
    assert alone.nearest(0, 0) == ()
    equal = similar_heads.distances(trace_of(tiny_bert, {"self": [np.stack([looking_back(4)] * 3)]}, WORDS))
    assert np.isfinite(equal.positions()).all()


def test_what_a_row_lacks_to_one_is_one_more_key(tiny_bert: LoadedModel) -> None:
    """A head that puts half of its weight aside differs from one that puts nothing aside by that half."""
    whole, half = np.tile(np.eye(4)[0], (4, 1)), np.tile(np.eye(4)[0] / 2, (4, 1))
    trace = trace_of(tiny_bert, {"self": [np.stack([whole, half, half])]}, WORDS)
    with_rest = [np.column_stack([m, 1 - m.sum(axis=1)]) for m in (whole, half)]
    found = similar_heads.distances(trace)
    assert found.matrix[0, 1] == pytest.approx(by_hand(*with_rest), abs=1e-4)
    assert found.matrix[1, 2] == 0
    exact = {place[:2]: place[2] for place in similar_heads.nearest(trace, 0, 0)}
    assert exact[0, 1] == pytest.approx(by_hand(*with_rest), abs=1e-4)


@pytest.mark.parametrize("budget", [similar_heads.BUDGET, 60])
@pytest.mark.parametrize(("unit", "hide_sinks"), [("word", False), ("token", True), ("word", True)])
def test_units_and_hidden_sinks_are_compared_as_they_are_read(
    tiny_bert: LoadedModel, unit: UnitKind, hide_sinks: bool, budget: int
) -> None:
    words = ("[CLS]", "ab", " cd", ",", " ef", "gh", ".", " ij", ",", " kl", "[SEP]")
    weights = np.random.default_rng(0).dirichlet([0.3] * len(words), size=(2, 2, len(words)))
    weights[:, 1] = 0.9 * np.eye(len(words))[0] + 0.1 * weights[:, 1]
    trace = trace_of(tiny_bert, {"self": list(weights)}, words)
    found = similar_heads.distances(trace, budget=budget, rule=Rule(unit=unit, hide_sinks=hide_sinks))
    read = [reading.read(trace, Place("self", *found.name(n)), Rule(unit=unit, hide_sinks=hide_sinks)) for n in (0, 3)]
    assert found.of_queries == len(read[0].query_units)
    assert found.is_complete == (budget == similar_heads.BUDGET)
    rows = [r.matrix[list(found.queries)] for r in read]
    rows = [np.column_stack([m, np.clip(1 - m.sum(axis=1), 0, 1)]) for m in rows]
    assert found.matrix[0, 3] == pytest.approx(by_hand(*rows), abs=1e-4)
    plain = similar_heads.distances(trace, budget=budget)
    assert abs(found.matrix[0, 3] - plain.matrix[0, 3]) > 0.005


def test_a_quadrant_is_compared_by_itself(tiny_bert: LoadedModel) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat", pair="a mat"))
    found = similar_heads.distances(trace, rule=Rule(quadrant="AB"))
    matrices = [reading.read(trace, Place("self", 0, head), Rule(quadrant="AB")).matrix for head in (0, 1)]
    rows = [np.column_stack([m, 1 - m.sum(axis=1)]) for m in matrices]
    assert found.matrix[0, 1] == pytest.approx(by_hand(*rows), abs=2e-3)


def test_a_head_that_is_not_there(tiny_bert: LoadedModel) -> None:
    found = similar_heads.distances(trace_of(tiny_bert, {"self": [uniform(4)[None]]}, WORDS))
    with pytest.raises(NoSuchPart):
        found.nearest(1, 0)
    with pytest.raises(NoSuchPart):
        found.nearest(0, 1)


def test_it_stops_when_told(tiny_llama: LoadedModel) -> None:
    with pytest.raises(Cancelled):
        similar_heads.distances(capture.run(tiny_llama, RunRequest("the cat")), should_stop=lambda: True)
