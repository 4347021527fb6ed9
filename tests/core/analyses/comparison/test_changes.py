"""Which heads look differently in another run."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.core.analyses.comparison.test_difference import TEXTS, hand_made
from tests.core.attention_patterns import looking_back, trace_of
from visualizer.core import capture, models
from visualizer.core.analyses import head_statistics
from visualizer.core.analyses.comparison import reasons
from visualizer.core.analyses.comparison.changes import divergence, head_changes, statistics_change
from visualizer.core.analyses.comparison.matching import align_sides
from visualizer.core.analyses.comparison.reasons import NotComparable
from visualizer.core.errors import Cancelled
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.place import Place
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace


@pytest.fixture(scope="module", params=TEXTS)
def runs(request: pytest.FixtureRequest) -> tuple[Trace, Trace, Trace]:
    """A text, the same once more, and another one."""
    loaded = models.load(f"bundled:{request.param}")
    first, second = TEXTS[request.param]
    return tuple(capture.run(loaded, RunRequest(text)) for text in (first, first, second))  # type: ignore[return-value]


def by_definition(a: Trace, b: Trace, kind: str, layer: int, head: int) -> float:
    """The distance in double precision, straight from Lin 1991."""
    queries, keys = align_sides(a, b, kind)
    outcomes = []
    for n, trace in enumerate((a, b)):
        rows = trace.attention(layer, head, kind)[queries.pairs[:, n]].astype(np.float64)
        kept = rows[:, keys.pairs[:, n]]
        outcomes.append(np.column_stack([kept, np.clip(1 - kept.sum(axis=1), 0, None)]))
    p, q = outcomes
    middle = (p + q) / 2

    def relative(x: np.ndarray) -> np.ndarray:
        return (x * np.log2(np.where(x > 0, x, 1) / np.where(x > 0, middle, 1))).sum(axis=1)

    return float(np.sqrt(np.mean((relative(p) + relative(q)) / 2)))


def test_the_same_run_has_not_changed_anywhere(runs) -> None:  # type: ignore[no-untyped-def]
    a, again, _ = runs
    for other in (a, again):
        found = head_changes(a, other)
        assert set(found.values) == set(a.kinds)
        for kind, table in found.values.items():
            assert table.shape == (a.layers(kind), a.heads(kind))
            assert (table == 0).all(), "exactly"
        assert found.biggest() == ()
        assert found.is_complete


def test_distances_follow_their_definition_in_both_directions(runs) -> None:  # type: ignore[no-untyped-def]
    a, _, b = runs
    found, back = head_changes(a, b), head_changes(b, a)
    for kind in a.kinds:
        np.testing.assert_allclose(found.values[kind], back.values[kind], atol=1e-6)
        for layer in range(a.layers(kind)):
            for head in range(a.heads(kind)):
                wanted = by_definition(a, b, kind, layer, head)
                assert found.values[kind][layer, head] == pytest.approx(wanted, abs=2e-4), (kind, layer, head)
    listed = found.biggest(7)
    distances = [distance for _, distance in listed]
    assert distances == sorted(distances, reverse=True)
    assert distances[0] == max(float(table.max()) for table in found.values.values())
    place = listed[0][0]
    assert distances[0] == found.values[place.kind][place.layer, place.head]


def test_a_head_that_never_looks_at_the_same_key_has_changed_by_one(tiny_bert: LoadedModel) -> None:
    same, back, ahead = np.eye(5), looking_back(5, 1), looking_back(5, -1)
    back[0], ahead[4] = np.eye(5)[1], np.eye(5)[3]
    a = trace_of(tiny_bert, {"self": [np.stack([same, same])]}, "abcde")
    b = trace_of(tiny_bert, {"self": [np.stack([same, back])]}, "abcde")
    np.testing.assert_allclose(head_changes(a, b).values["self"], [[0, 1]])
    assert head_changes(a, b).biggest() == ((Place("self", 0, 1), 1.0),)


def test_what_lies_on_keys_without_a_partner_is_one_outcome(tiny_bert: LoadedModel) -> None:
    """A looks at x only, B at y and z only; none of them has a partner: all three are 'the rest'."""
    a_weights, b_weights = np.zeros((3, 3)), np.zeros((4, 4))
    a_weights[:, 0] = 1
    b_weights[:, 2:] = 0.5
    a = trace_of(tiny_bert, {"self": [a_weights[None]]}, ("[CLS]", "b", "c"))
    b = trace_of(tiny_bert, {"self": [b_weights[None]]}, ("b", "c", "y", "z"))
    found = head_changes(a, b)
    assert found.of_queries == {"self": 2}
    assert found.values["self"] == 0


def test_a_long_text_is_compared_at_some_of_its_queries(tiny_llama: LoadedModel) -> None:
    a, b = (capture.run(tiny_llama, RunRequest(text * 12)) for text in ("the cat. ", "the dog. "))
    whole, some = head_changes(a, b), head_changes(a, b, budget=40_000)
    assert whole.is_complete and not some.is_complete
    assert 2 <= some.queries["self"] < some.of_queries["self"] == whole.queries["self"]
    assert np.abs(whole.values["self"] - some.values["self"]).max() < 0.1


def test_nearly_equal_rows_are_told_apart() -> None:
    p = torch.tensor([[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]])
    q = torch.tensor([[0.5001, 0.4999], [0.0, 1.0], [0.0, 1.0]])
    found = divergence(p, q)
    assert found[0] == pytest.approx(1e-8 / 2 / np.log(2), rel=0.1)
    assert found[1] == 0 and found[2] == pytest.approx(1)


def test_models_of_unlike_shape_have_no_list_of_changes(tiny_bert: LoadedModel, tiny_llama: LoadedModel) -> None:
    a, b = hand_made(tiny_bert, "abc", 2, 3), hand_made(tiny_bert, "abc", 1, 3)
    with pytest.raises(NotComparable) as caught:
        head_changes(a, b)
    assert caught.value.reason == reasons.DifferentLayers("self", 2, 1)
    with pytest.raises(NotComparable):
        head_changes(a, capture.run(tiny_llama, RunRequest("abc")))


def test_it_stops_when_told_and_says_how_far_it_is(runs) -> None:  # type: ignore[no-untyped-def]
    a, _, b = runs
    shares: list[float] = []
    head_changes(a, b, progress=lambda share, _: shares.append(share))
    assert shares == sorted(shares) and shares[-1] == 1
    with pytest.raises(Cancelled):
        head_changes(a, b, should_stop=lambda: True)


def test_statistics_of_a_run_do_not_differ_from_themselves(runs) -> None:  # type: ignore[no-untyped-def]
    a, again, b = runs
    tables = [head_statistics.measure(trace) for trace in (a, again, b)]
    for name, change in statistics_change(tables[0], tables[1]).items():
        assert np.array_equal(np.isnan(change), np.isnan(tables[0].values[name])), name
        assert (change[~np.isnan(change)] == 0).all(), name
    there, back = statistics_change(tables[0], tables[2]), statistics_change(tables[2], tables[0])
    assert any((np.nan_to_num(change) != 0).any() for change in there.values())
    for name, change in there.items():
        np.testing.assert_array_equal(change, -back[name])
        np.testing.assert_array_equal(change, tables[2].values[name] - tables[0].values[name])


def test_tables_of_unlike_models_are_refused(tiny_bert: LoadedModel) -> None:
    tables = [head_statistics.measure(hand_made(tiny_bert, "abc", n, 2)) for n in (1, 2)]
    with pytest.raises(ValueError, match="same heads"):
        statistics_change(*tables)
