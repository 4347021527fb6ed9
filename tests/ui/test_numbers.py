from __future__ import annotations

import pytest

from visualizer.ui import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.342, "0.342"), (1.0, "1.000"), (0.0, "0"), (1.2e-7, "1.2e-7"), (0.0006, "6.0e-4"), (-0.25, "−0.250")],
)
def test_weights_have_three_decimals_and_tiny_ones_an_exponent(value: float, text: str) -> None:
    assert numbers.format_weight(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.342, "0.342"), (0.001, "0.001"), (0.0009, "<.001"), (1e-9, "<.001"), (-1e-9, ">−.001"), (0, "0")],
)
def test_a_cell_has_no_room_for_exponents(value: float, text: str) -> None:
    assert numbers.short_weight(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.342, "34.2 %"), (0.0, "0.0 %"), (0.0009, "<0.1 %"), (1e-9, "<0.1 %")])
def test_a_column_of_percents_holds_percents_only(value: float, text: str) -> None:
    assert numbers.short_probability(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.342, "34.2 %"), (1.0, "100.0 %"), (0.0, "0.0 %"), (1.2e-7, "1.2e-5 %")])
def test_probabilities_are_percents(value: float, text: str) -> None:
    assert numbers.format_probability(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1234"), (12.34, "12.3"), (-0.00457, "−0.00457"), (0, "0"), (3e7, "3.0e7"), (float("inf"), "∞")],
)
def test_numbers_have_about_three_digits(value: float, text: str) -> None:
    assert numbers.format_number(value) == text


def test_memory_time_and_counts() -> None:
    assert numbers.format_bytes(1_400_000_000) == "1.4 GB"
    assert numbers.format_bytes(512_000_000) == "512 MB"
    assert numbers.format_bytes(12) == "12 B"
    assert numbers.format_seconds(0.012) == "12 ms"
    assert numbers.format_seconds(1.44) == "1.4 s"
    assert numbers.format_count(32000) == "32,000"


def test_a_change_of_shares_is_written_in_points() -> None:
    assert [numbers.format_points(change) for change in (0.046, -0.277, 1.2e-7)] == ["4.6 pt", "27.7 pt", "1.2e-5 pt"]


@pytest.mark.parametrize(
    ("change", "text"),
    [(0.046, "+4.6 pt"), (-0.277, "−27.7 pt"), (0.0, "0.0 pt"), (1e-9, "<0.1 pt"), (-0.0004, ">−0.1 pt")],
)
def test_a_column_of_points_has_no_exponents_and_no_zero_with_a_sign(change: float, text: str) -> None:
    assert numbers.short_points(change) == text


@pytest.mark.parametrize(
    ("value", "decimals", "is_change", "text"),
    [
        (0.342, 3, False, "0.342"),
        (-0.342, 3, False, "−0.342"),
        (0.342, 3, True, "+0.342"),
        (1e-7, 3, True, "<.001"),
        (-1e-7, 3, True, ">−.001"),
        (-0.004, 2, True, ">−.01"),
        (0.0, 3, True, "0"),
        (float("nan"), 3, True, ""),
    ],
)
def test_numbers_of_one_column_stand_below_each_other(value: float, decimals: int, is_change: bool, text: str) -> None:
    assert numbers.in_column(value, decimals, is_change=is_change) == text


def test_what_reads_as_zero_has_no_sign() -> None:
    assert numbers.fixed(-0.001) == numbers.fixed(0.001) == "0.00"
    assert [numbers.fixed(value) for value in (-0.24, 0.33)] == ["−0.24", "0.33"]
    assert numbers.signed(-1e-9, "0.000") == "0.000"


def test_below_zero_the_sign_is_a_minus_and_never_a_hyphen() -> None:
    written = (
        numbers.format_weight, numbers.short_weight, numbers.format_probability, numbers.format_number,
        numbers.short_points, numbers.fixed, numbers.in_column,
    )  # fmt: skip
    for write in written:
        for value in (-0.9, -0.03, -0.0002, -1e-9, float("-inf")):
            if write in (numbers.format_probability, numbers.short_points) and value == float("-inf"):
                continue
            assert not write(value).lstrip(">").startswith("-"), f"{write.__name__}({value}) is {write(value)}"
