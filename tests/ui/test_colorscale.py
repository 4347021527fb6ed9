from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from visualizer.ui.colorscale import ColorScale, pool

finite = st.floats(-1.0, 1.0, width=32)


def test_linear_runs_from_zero_to_the_highest() -> None:
    scale = ColorScale(0.5)
    assert scale.indices(np.array([0, 0.25, 0.5, 0.9, -1], dtype=np.float32)).tolist() == [0, 128, 255, 255, 0]


def test_logarithmic_gives_every_decade_the_same_share() -> None:
    scale = ColorScale(1.0, "log")
    indices = scale.indices(np.array([1, 0.1, 0.01, 0.001, 1e-4, 0], dtype=np.float32)).astype(int)
    assert np.ptp(np.diff(indices[:5])) <= 1
    assert indices[-1] == 0
    assert scale.low == pytest.approx(1e-4)


def test_signed_has_zero_in_the_middle() -> None:
    scale = ColorScale(2.0, "signed")
    assert scale.indices(np.array([-2, 0, 2], dtype=np.float32)).tolist() == [1, 128, 255]


@pytest.mark.parametrize("kind", ["linear", "log", "signed"])
def test_what_is_not_a_number_has_the_colour_of_zero(kind: str) -> None:
    zero = 128 if kind == "signed" else 0
    values = np.array([[np.nan, 0.0]], dtype=np.float32)
    assert (ColorScale(1.0, kind).indices(values) == zero).all()
    assert (ColorScale(0.0, kind).indices(np.zeros((2, 2), np.float32)) == zero).all(), (
        "an empty scale divides by nothing"
    )


@given(st.floats(1e-6, 1e6))
def test_ticks_are_few_round_and_inside(high: float) -> None:
    for kind in ("linear", "signed", "log"):
        scale = ColorScale(high, kind)
        ticks = scale.ticks(6)
        assert 1 <= len(ticks) <= 7
        assert list(ticks) == sorted(ticks)
        assert max(abs(t) for t in ticks) <= high * (1 + 1e-6)
        assert len({scale.tick_text(t) for t in ticks}) == len(ticks), "two ticks never read alike"


def test_ticks_of_weights_read_like_weights() -> None:
    scale = ColorScale(1.0)
    assert [scale.tick_text(t) for t in scale.ticks()] == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]


@given(
    arrays.arrays(np.float32, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=finite),
    st.integers(1, 50),
    st.integers(1, 50),
)
def test_pooling_fits_and_loses_no_strong_value(values: np.ndarray, rows: int, columns: int) -> None:
    pooled = pool(values, rows, columns)
    assert pooled.shape[0] <= rows
    assert pooled.shape[1] <= columns
    assert pooled.max() == values.max()
    row_step, column_step = -(-values.shape[0] // rows), -(-values.shape[1] // columns)
    for (i, j), strongest in np.ndenumerate(pooled):
        block = values[i * row_step : (i + 1) * row_step, j * column_step : (j + 1) * column_step]
        assert strongest == block.max()


@given(arrays.arrays(np.float32, (17, 23), elements=finite))
def test_signed_pooling_keeps_what_is_farthest_from_zero(values: np.ndarray) -> None:
    pooled = pool(values, 5, 4, signed=True)
    assert np.abs(pooled).max() == np.abs(values).max()


def test_a_matrix_that_fits_is_not_copied() -> None:
    values = np.zeros((4, 4), dtype=np.float32)
    assert pool(values, 10, 10) is values


@pytest.mark.parametrize("kind", ["linear", "signed"])
@pytest.mark.parametrize("high", [0.0537, 0.537, 0.9, 2.1, 7.0])
def test_a_short_bar_says_more_than_where_zero_is(kind: str, high: float) -> None:
    ticks = ColorScale(high, kind).ticks(2)
    assert ticks[-1] > 0.35 * high and len(ticks) <= 5
