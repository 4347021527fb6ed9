"""Units of two texts, aligned by what is written."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.core import text
from visualizer.core.analyses.comparison import alignment
from visualizer.core.analyses.comparison.alignment import ALONE, REPLACED, Alignment, align
from visualizer.core.text.tokens import Unit

# Few different words, so that repetitions, ties and crossings are the rule.
WORDS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from([0, 0, 1]), st.sampled_from([False, False, True])), max_size=9
)


def units(words) -> tuple[Unit, ...]:  # type: ignore[no-untyped-def]
    found = []
    for n, word in enumerate(words):
        label, sequence, special = word if isinstance(word, tuple) else (word, 0, False)
        found.append(Unit(label, (n, n + 1), sequence, (n,), (1.0,), None, special))
    return tuple(found)


def cost(found: Alignment) -> int:
    replaced = int((~found.identical).sum())
    return REPLACED * replaced + ALONE * (sum(found.counts) - 2 * len(found))


def cheapest(a: tuple[Unit, ...], b: tuple[Unit, ...]) -> int:
    """The smallest cost of all alignments, straight from its definition."""

    @functools.cache
    def least(i: int, j: int) -> int:
        if i == len(a) or j == len(b):
            return ALONE * (len(a) - i + len(b) - j)
        ways = [ALONE + least(i + 1, j), ALONE + least(i, j + 1)]
        if (a[i].sequence, a[i].special) == (b[j].sequence, b[j].special):
            ways.append((0 if a[i].label == b[j].label else REPLACED) + least(i + 1, j + 1))
        return min(ways)

    return least(0, 0)


@given(WORDS, WORDS)
def test_an_alignment_keeps_the_order_and_costs_least(first, second) -> None:  # type: ignore[no-untyped-def]
    a, b = units(first), units(second)
    found = align(a, b)
    assert (np.diff(found.pairs, axis=0) > 0).all(), "the order of both texts is kept"
    assert cost(found) == cheapest(a, b)
    for (i, j), same in zip(found.pairs.tolist(), found.identical.tolist(), strict=True):
        assert (a[i].sequence, a[i].special) == (b[j].sequence, b[j].special)
        assert same == (a[i].label == b[j].label)


@given(WORDS, WORDS)
def test_partners_are_mutual_and_the_order_of_the_texts_does_not_matter(first, second) -> None:  # type: ignore[no-untyped-def]
    a, b = units(first), units(second)
    found, back = align(a, b), align(b, a)
    np.testing.assert_array_equal(back.pairs, found.pairs[:, ::-1])
    assert back.marks("a") == found.marks("b") and back.marks("b") == found.marks("a")
    for n in range(len(a)):
        partner = found.partner(n)
        assert (partner is None) == (found.marks()[n] == "only_here")
        assert partner is None or found.partner(partner, "b") == n
    assert found.partner(-1) is None and found.partner(len(a)) is None


@given(WORDS)
def test_a_text_is_identical_with_itself(words) -> None:  # type: ignore[no-untyped-def]
    found = align(units(words), units(words))
    assert found.is_identical
    assert found.marks("a") == found.marks("b") == ("identical",) * len(words)


@given(WORDS, WORDS)
def test_the_common_line_holds_every_unit_once_in_order(first, second) -> None:  # type: ignore[no-untyped-def]
    found = align(units(first), units(second))
    slots = found.slots()
    for column, count in enumerate(found.counts):
        assert [n for n in slots[:, column].tolist() if n >= 0] == list(range(count))
    both = slots[(slots >= 0).all(axis=1)]
    np.testing.assert_array_equal(both, found.pairs)


def test_a_word_that_was_changed_is_replaced_and_one_that_was_added_is_only_there() -> None:
    a, b = units(["the", "cat", "sat"]), units(["the", "black", "dog", "sat"])
    found = align(a, b)
    assert found.marks("a") == ("identical", "replaced", "identical")
    assert found.marks("b") == ("identical", "only_here", "replaced", "identical")
    assert found.partner(1) == 2


def test_blanks_around_a_word_do_not_count() -> None:
    assert align(units([" the"]), units(["the"])).is_identical


def test_a_special_token_is_never_the_partner_of_a_word() -> None:
    found = align(units([("x", 0, True)]), units([("x", 0, False)]))
    assert len(found) == 0 and found.marks("a") == found.marks("b") == ("only_here",)


@pytest.mark.parametrize("unit", ["token", "word", "character"])
def test_two_tokenizers_are_aligned_by_the_text(tiny_llama, tiny_bert, unit) -> None:  # type: ignore[no-untyped-def]
    written = "the cat sat"
    sides = []
    for loaded in (tiny_llama, tiny_bert):
        tokens = text.encode(loaded.tokenizer, written).tokens
        sides.append(text.segment(unit, tokens, (), written))
    found = align(*sides)
    if unit == "word":
        plain = [u.label for u in sides[0] if not u.special]
        assert "cat" in plain
    for number, (side, which) in enumerate(zip(sides, ("a", "b"), strict=True)):
        marks = found.marks(which)  # type: ignore[arg-type]
        same = "".join(u.label for u, mark in zip(side, marks, strict=True) if mark == "identical")
        if unit != "token":
            assert same.replace(" ", "").replace("␣", "") == "thecatsat", f"side {number}"


def test_long_texts_are_aligned_stretch_by_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    a, b = (units(rng.choice(list("abcdefgh"), size=60).tolist()) for _ in range(2))
    whole = align(a, b)
    monkeypatch.setattr(alignment, "CELLS", 400)
    parts = align(a, b)
    assert whole.is_minimal and not parts.is_minimal
    assert (np.diff(parts.pairs, axis=0) > 0).all()
    assert cost(parts) >= cost(whole)
    np.testing.assert_array_equal(align(b, a).pairs, parts.pairs[:, ::-1])
