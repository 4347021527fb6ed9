"""Two runs on common axes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.core.attention_patterns import trace_of
from visualizer.core import capture, models
from visualizer.core.analyses.comparison import reasons
from visualizer.core.analyses.comparison.difference import difference, thumbnails
from visualizer.core.analyses.comparison.matching import match
from visualizer.core.analyses.comparison.reasons import NotComparable
from visualizer.core.errors import Cancelled, NoSuchPart
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.place import Place
from visualizer.core.reading import read
from visualizer.core.reading.rule import Rule
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

TEXTS = {
    "gpt-ja-en": ("私は図書館で本を読む。", "私は学校で大きな本を読む。"),
    "bert-ja-en": ("彼は[MASK]を飲んだ。", "彼は冷たい[MASK]を飲む。"),
    "translate-ja-en": ("私は本を読みます。", "彼は新しい本を読みました。"),
}
RULES = (Rule(), Rule("word"), Rule("morpheme", hide_sinks=True), Rule("character"))


@pytest.fixture(scope="module", params=TEXTS)
def runs(request: pytest.FixtureRequest) -> tuple[Trace, Trace, Trace]:
    """A text, the same once more, and another one."""
    loaded = models.load(f"bundled:{request.param}")
    first, second = TEXTS[request.param]
    return tuple(capture.run(loaded, RunRequest(text)) for text in (first, first, second))  # type: ignore[return-value]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_difference_of_a_run_with_itself_is_zero_everywhere(runs, rule: Rule) -> None:  # type: ignore[no-untyped-def]
    a, again, _ = runs
    for other in (a, again):
        for kind in a.kinds:
            found = difference(a, other, Place(kind, 1, 2), rule)
            assert (found.change == 0).all(), "exactly, and nothing is missing"
            assert found.largest == 0 and found.biggest() == ()
            assert (found.outside == 0).all()
            assert {slot.mark for slot in (*found.rows, *found.columns)} == {"identical"}
            assert (thumbnails(a, other, kind, 1, 4, rule) == 0).all()


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_every_cell_is_one_of_the_two_readings(runs, rule: Rule) -> None:  # type: ignore[no-untyped-def]
    a, _, b = runs
    for kind in a.kinds:
        place = Place(kind, 2, 5)
        found = difference(a, b, place, rule)
        whole = [read(t, place, rule).matrix for t in (a, b)]
        assert any(slot.mark != "identical" for slot in found.rows) or kind == "encoder"
        for i, row in enumerate(found.rows):
            for j, column in enumerate(found.columns):
                cells = [
                    np.nan if r is None or c is None else whole[n][r, c]
                    for n, (r, c) in enumerate(((row.a, column.a), (row.b, column.b)))
                ]
                np.testing.assert_array_equal([found.a[i, j], found.b[i, j]], cells)
                np.testing.assert_array_equal(found.change[i, j], np.float32(cells[1]) - np.float32(cells[0]))
        for n, (matrix, sums) in enumerate(((found.a, found.outside[:, 0]), (found.b, found.outside[:, 1]))):
            both = np.array([slot.side == "both" for slot in found.columns])
            own = ~np.isnan(sums)
            inside = np.nansum(matrix[:, both], axis=1) + sums
            totals = whole[n].sum(axis=1)
            np.testing.assert_allclose(inside[own], totals, atol=1e-5)


def test_seen_from_the_other_side_the_difference_is_the_opposite(runs) -> None:  # type: ignore[no-untyped-def]
    a, _, b = runs
    for kind in a.kinds:
        there, back = (difference(*pair, Place(kind, 1, 1), Rule("word")) for pair in ((a, b), (b, a)))
        both_rows = [[n for n, slot in enumerate(d.rows) if slot.side == "both"] for d in (there, back)]
        both_columns = [[n for n, slot in enumerate(d.columns) if slot.side == "both"] for d in (there, back)]
        np.testing.assert_array_equal(
            there.change[np.ix_(both_rows[0], both_columns[0])], -back.change[np.ix_(both_rows[1], both_columns[1])]
        )
        assert there.largest == back.largest


def test_the_biggest_changes_come_first_and_unaligned_cells_never(runs) -> None:  # type: ignore[no-untyped-def]
    a, _, b = runs
    found = difference(a, b, Place(a.kinds[0], 1, 1))
    listed = found.biggest(5)
    sizes = [abs(change) for *_, change in listed]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == found.largest > 0
    for row, column, change in listed:
        assert found.rows[row].side == found.columns[column].side == "both"
        assert found.change[row, column] == change


def test_only_what_neither_run_may_see_is_masked(tiny_llama: LoadedModel) -> None:
    a, b = (capture.run(tiny_llama, RunRequest(text)) for text in ("abcd", "abXcd"))
    found = difference(a, b, Place("self", 0, 0))
    assert found.masked is not None
    for i, row in enumerate(found.rows):
        for j, column in enumerate(found.columns):
            hidden = row.side == column.side == "both" and column.a > row.a and column.b > row.b  # type: ignore[operator]
            assert found.masked[i, j] == hidden
            if hidden:
                assert found.change[i, j] == 0


def test_two_models_of_one_shape_are_compared_and_known_as_two(runs) -> None:  # type: ignore[no-untyped-def]
    a, again, b = runs
    assert match(a, again).is_same_model and match(a, b).head_by_head is None
    assert match(a, b).has(Place(a.kinds[0], 0, 0)) and not match(a, b).has(Place(a.kinds[0], 99, 0))


def test_a_decoder_and_an_encoder_cannot_be_compared(tiny_llama: LoadedModel, tiny_bert: LoadedModel) -> None:
    a, b = (capture.run(loaded, RunRequest("the cat sat")) for loaded in (tiny_llama, tiny_bert))
    wanted = reasons.DifferentModelKinds("decoder", "encoder")
    assert match(a, b).obstacle == wanted and match(a, b).kinds == ()
    with pytest.raises(NotComparable) as caught:
        difference(a, b, Place("self", 0, 0))
    assert caught.value.reason == wanted


def hand_made(loaded: LoadedModel, words: str, layers: int = 1, heads: int = 1, seed: int = 0) -> Trace:
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(len(words)), size=(layers, heads, len(words))).astype(np.float32)
    return trace_of(loaded, {"self": list(weights)}, tuple(words))


def test_where_one_model_has_more_only_what_both_have_is_compared(tiny_bert: LoadedModel) -> None:
    a, b, c = (hand_made(tiny_bert, "abc", *shape) for shape in ((2, 3), (1, 3), (2, 2)))
    assert match(a, b).head_by_head == reasons.DifferentLayers("self", 2, 1)
    assert match(a, c).head_by_head == reasons.DifferentHeads("self", 3, 2)
    assert match(a, b).obstacle is None and match(a, b).shapes == (("self", 1, 3),)
    assert match(a, c).has(Place("self", 1, 1)) and not match(a, c).has(Place("self", 1, 2))
    difference(a, b, Place("self", 0, 2))
    with pytest.raises(NoSuchPart):
        difference(a, b, Place("self", 1, 2))
    with pytest.raises(NoSuchPart):
        thumbnails(a, c, "self", 0, 4)


def test_two_texts_without_a_common_unit_in_one_place_say_so(tiny_bert: LoadedModel) -> None:
    a = hand_made(tiny_bert, "abc")
    b = trace_of(tiny_bert, {"self": [np.ones((1, 1, 1), np.float32)]}, ("[CLS]",))
    assert match(a, b).obstacle == reasons.NothingAligned("self", "token")
    with pytest.raises(NotComparable):
        difference(a, b, Place("self", 0, 0))


def test_a_quadrant_is_compared_with_its_own(tiny_bert: LoadedModel) -> None:
    a = capture.run(tiny_bert, RunRequest("the cat", pair="a dog"))
    b = capture.run(tiny_bert, RunRequest("the cat sat", pair="a dog"))
    found = difference(a, b, Place("self", 0, 0), Rule(quadrant="AB"))
    assert {s.unit_b.sequence for s in found.rows if s.unit_b} == {0}
    assert {s.unit_b.sequence for s in found.columns if s.unit_b} == {1}
    assert found.keys.is_identical and not found.queries.is_identical


def test_a_thumbnail_keeps_the_strongest_change_with_its_sign(tiny_bert: LoadedModel) -> None:
    a, b = (hand_made(tiny_bert, "abcdefghijk", heads=2, seed=seed) for seed in (1, 2))
    found = thumbnails(a, b, "self", 0, 4)
    for head in range(2):
        whole = difference(a, b, Place("self", 0, head)).change
        sizes = functional.adaptive_max_pool2d(torch.tensor(np.abs(whole))[None], (4, 4))[0].numpy()
        np.testing.assert_array_equal(np.abs(found[head]), sizes)
        assert np.isin(found[head], whole).all()
        assert (found[head] < 0).any() and (found[head] > 0).any()


def test_thumbnails_leave_blank_what_has_no_partner(tiny_bert: LoadedModel) -> None:
    a, b = hand_made(tiny_bert, "abcdwxyz"), hand_made(tiny_bert, "abcd")
    found = thumbnails(a, b, "self", 0, 4)[0]
    np.testing.assert_array_equal(np.isnan(found), np.add.outer([0, 0, 1, 1], [0, 0, 1, 1]) > 0)
    with pytest.raises(Cancelled):
        thumbnails(a, b, "self", 0, 4, should_stop=lambda: True)
