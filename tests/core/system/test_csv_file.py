"""A table in a spreadsheet shows texts as texts, and numbers as numbers."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.core import families
from visualizer.core import capture, export, models
from visualizer.core.request import RunRequest
from visualizer.core.system import csv_file


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\tx", "\rx", "＝1+1", "=cmd|' /C calc'!A0", "-"])
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert csv_file.cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "value", ["", "a=1", "<s>", "'", "私", "-0.5", "+3", "-1e-07", "-inf", -0.5, -3, None, True, "1"]
)
def test_everything_else_stays_as_it_is(value: object) -> None:
    assert csv_file.cell(value) is value


def test_a_table_is_marked_where_it_holds_more_than_ascii(tmp_path: Path) -> None:
    for text, marked in (("a,b", False), ("私,b", True)):
        path = tmp_path / "t.csv"
        with csv_file.opened(path) as file:
            file.write(text)
        assert path.read_bytes().startswith(csv_file.MARK) is marked
        assert path.read_text(encoding="utf-8-sig") == text
        assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_exported_tables_hold_no_formulas(tmp_path: Path) -> None:
    model = models.wrap(families.build(families.REGISTRY[0]), families.plain_tokenizer())
    trace = capture.run(model, RunRequest("5 6 7"))
    object.__setattr__(trace.tokens[1], "text", "=1+1")
    for what in ("attention", "tokens", "probabilities"):
        path = tmp_path / f"{what}.csv"
        export.write(trace, what, path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert "'=1+1" in cells
        assert "=1+1" not in cells
