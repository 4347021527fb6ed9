"""The table of all heads in the files that other programs read."""

from __future__ import annotations

import csv
import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from visualizer.core import capture, export
from visualizer.core.analyses import head_statistics
from visualizer.core.request import RunRequest

if TYPE_CHECKING:
    from pathlib import Path

    from visualizer.core.loaded_model import LoadedModel

PROMISED = [
    "layer", "head", "entropy", "mean_distance", "previous_token", "next_token", "same_token", "first_token",
    "separator", "induction", "duplicate_token",
]  # fmt: skip


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_has_the_promised_columns_and_one_row_a_head(tiny_llama: LoadedModel, tmp_path: Path) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat sat"))
    export.write(trace, "head_statistics", tmp_path / "h.csv")
    rows = read(tmp_path / "h.csv")
    assert list(rows[0]) == PROMISED
    assert [(int(r["layer"]), int(r["head"])) for r in rows] == [(n, h) for n in range(3) for h in range(4)]
    weights = trace.attention(1, 2)
    assert float(rows[6]["previous_token"]) == pytest.approx(np.diagonal(weights, -1).mean(), abs=1e-6)
    assert rows[6]["separator"] == "", "a text without a separator has no share of it"


def test_csv_of_an_encoder_decoder_is_of_one_kind_and_has_the_same_columns(
    tiny_marian: LoadedModel, tmp_path: Path
) -> None:
    trace = capture.run(tiny_marian, RunRequest("abc", target="de"))
    table = head_statistics.measure(trace)
    for part, kind in ((None, "encoder"), (export.Part(kind="cross"), "cross")):
        export.write(trace, "head_statistics", tmp_path / "h.csv", part)
        rows = read(tmp_path / "h.csv")
        assert list(rows[0]) == PROMISED
        expected = [table.values["entropy"][n] for n, name in enumerate(table.kinds) if name == kind]
        assert [float(r["entropy"]) for r in rows] == pytest.approx(expected, rel=1e-5), kind
    assert all(r["induction"] == "" for r in rows), "cross-attention has no repeated tokens to look at"
    export.write(trace, "head_statistics", tmp_path / "one.csv", export.Part(kind="cross", layer=1))
    assert [(r["layer"], r["head"]) for r in read(tmp_path / "one.csv")] == [("1", "0"), ("1", "1")]


def test_json_of_an_encoder_decoder_names_every_kind(tiny_marian: LoadedModel, tmp_path: Path) -> None:
    trace = capture.run(tiny_marian, RunRequest("abc", target="de"))
    export.write(trace, "head_statistics", tmp_path / "h.json")
    rows = json.loads((tmp_path / "h.json").read_text(encoding="utf-8"))["head_statistics"]
    assert list(rows[0]) == [*PROMISED, "same_part_of_speech", "label", "kind"]
    assert {r["kind"] for r in rows} == {"encoder", "decoder", "cross"}


def test_json_and_npz_hold_the_same_numbers(tiny_bert: LoadedModel, tmp_path: Path) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat"))
    table = head_statistics.measure(trace)
    export.write(trace, "head_statistics", tmp_path / "h.json")
    export.write(trace, "head_statistics", tmp_path / "h.npz")
    document = json.loads((tmp_path / "h.json").read_text(encoding="utf-8"))
    assert document["text"] == "the cat"
    rows = document["head_statistics"]
    arrays = np.load(tmp_path / "h.npz")
    for name in head_statistics.MEASURES:
        found = [math.nan if row[name] is None else row[name] for row in rows]
        np.testing.assert_allclose(found, table.values[name], rtol=1e-5, err_msg=name)
        np.testing.assert_allclose(arrays[name], table.values[name], rtol=1e-5, err_msg=name)
    assert arrays["layer"].dtype.kind == "i" and arrays["label"].tolist() == list(table.labels)
