"""The formulas of position encoding, and schemes as data: no model needed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.core.positions import (
    PositionPart,
    PositionScheme,
    cosine_similarity,
    find_sinusoid,
    interleaved,
    sinusoid,
)


def test_the_sinusoid_is_the_formula_of_the_paper_term_by_term():
    encoding = sinusoid(50, 12)
    for position in (0, 1, 7, 49):
        for i in range(6):
            assert encoding[position, 2 * i] == pytest.approx(np.sin(position / 10000 ** (2 * i / 12)))
            assert encoding[position, 2 * i + 1] == pytest.approx(np.cos(position / 10000 ** (2 * i / 12)))


def test_a_shift_of_the_sinusoid_is_a_rotation_whatever_the_position():
    """Section 3.5: PE(pos + k) is a linear function of PE(pos)."""
    encoding = sinusoid(40, 8)
    shift, *_ = np.linalg.lstsq(encoding[:20], encoding[5:25], rcond=None)
    np.testing.assert_allclose(encoding[:35] @ shift, encoding[5:], atol=1e-9)


@given(st.integers(2, 80), st.integers(1, 40).map(lambda half: 2 * half), st.floats(2, 1e6))
@settings(deadline=None)
def test_sinusoids_are_recognised_in_either_order_of_columns(n, width, base):
    encoding = sinusoid(n, width, base)
    expected = base ** (-2.0 * np.arange(width // 2) / width)
    halves = np.concatenate([encoding[:, 0::2], encoding[:, 1::2]], axis=1)
    layout, frequencies = find_sinusoid(halves)
    np.testing.assert_allclose(frequencies, expected, atol=1e-9)
    part = PositionPart("sinusoidal", matrix=halves, layout=layout, frequencies=frequencies)
    np.testing.assert_array_equal(interleaved(part), encoding)
    assert find_sinusoid(encoding)[0] == ("interleaved")


def test_other_tables_are_not_taken_for_sinusoids():
    random = np.random.default_rng(0).normal(size=(64, 32))
    assert find_sinusoid(random) is None
    assert find_sinusoid(np.zeros((64, 32))) is None
    still = np.tile([0.0, 1.0], (64, 16))
    assert find_sinusoid(still) is None, "rows that never change tell no positions apart"
    unit_pairs = random[:, 0::2] + 1j * random[:, 1::2]
    unit_pairs /= np.abs(unit_pairs)
    assert find_sinusoid(np.concatenate([unit_pairs.imag, unit_pairs.real], axis=1)) is None


def test_similarity_of_sinusoids_depends_on_distance_alone_and_falls():
    similarity = cosine_similarity(sinusoid(64, 64))
    for distance in (0, 1, 5):
        diagonal = np.diagonal(similarity, distance)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-6)
    assert similarity[0, 0] > similarity[0, 1] > similarity[0, 5]


def test_similarity_with_an_all_zero_row_is_zero_not_nan():
    assert cosine_similarity(np.array([[0.0, 0.0], [1.0, 0.0]])).tolist() == [[0, 0], [0, 1]]


def test_rotary_similarity_is_that_of_a_rotated_vector():
    part = PositionPart("rotary", inverse_frequencies=np.array([1.0, 0.1, 0.01]))
    pairs = np.ones(3, dtype=complex)
    rotated = pairs * np.exp(1j * part.angles([9])[0])
    expected = (rotated * pairs.conj()).real.sum() / 3
    assert part.relative_similarity([9])[0] == pytest.approx(expected)
    np.testing.assert_allclose(part.wavelengths(), 2 * np.pi / np.array([1.0, 0.1, 0.01]))


def test_a_frequency_of_zero_never_turns():
    part = PositionPart("rotary", inverse_frequencies=np.array([1.0, 0.0]))
    assert part.wavelengths()[1] == np.inf
    assert part.angles([100])[0, 1] == 0


def test_alibi_falls_with_distance_by_its_slope():
    part = PositionPart("alibi", slopes=np.array([0.5, 0.25], dtype=np.float32))
    np.testing.assert_allclose(part.bias_at([-4, 0]), [[-2, 0], [-1, 0]])


def test_a_scheme_survives_being_written_as_arrays():
    scheme = PositionScheme(
        (
            PositionPart("learned", side="encoder", offset=2, length=70, matrix=np.ones((3, 4), np.float32)),
            PositionPart("rotary", layer_type="full", layers=(1, 3), inverse_frequencies=np.arange(4.0), head_width=8),
        ),
        n_positions=3,
    )
    again = PositionScheme.from_arrays(scheme.to_arrays())
    assert again.scheme == "learned" and again.n_positions == 3
    first, second = again.parts
    assert (first.side, first.offset, first.length, second.layers, second.layer_type) == (
        "encoder",
        2,
        70,
        (1, 3),
        "full",
    )
    np.testing.assert_array_equal(first.matrix, scheme.parts[0].matrix)
    np.testing.assert_array_equal(second.inverse_frequencies, np.arange(4.0))
    assert first.inverse_frequencies is None


def test_arrays_that_hold_no_scheme_are_refused():
    with pytest.raises(ValueError):
        PositionScheme.from_arrays({"about": np.frombuffer(b'{"n_positions": 3}', np.uint8)})
    with pytest.raises(ValueError):
        PositionScheme.from_arrays({})


def test_a_part_says_what_it_cannot_answer():
    learned = PositionPart("learned", matrix=np.ones((2, 2)))
    for question in (learned.wavelengths, lambda: learned.bias_at([1]), lambda: interleaved(learned)):
        with pytest.raises(ValueError, match="learned"):
            question()
