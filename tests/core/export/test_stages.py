"""The steps of attention as files: every step, labelled, the same numbers in each format."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from visualizer.core import capture, export
from visualizer.core.analyses.attention_stages import steps as stages
from visualizer.core.errors import NoSuchPart
from visualizer.core.export import Part
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest


def test_npz_holds_every_step_of_the_head(tiny_llama: LoadedModel, tmp_path: Path) -> None:
    trace = capture.run(tiny_llama, RunRequest("ねこ"))
    export.write(trace, "stages", tmp_path / "steps.npz", Part(layer=1, head=3))
    expected = stages.arrays(trace, 1, 3)
    with np.load(tmp_path / "steps.npz") as found:
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values, err_msg=name)
        assert (int(found["layer"]), int(found["head"]), str(found["kind"])) == (1, 3, "self")
        assert found["query_tokens"].tolist() == [token.text for token in trace.tokens]


def test_json_writes_masked_scores_as_null(tiny_llama: LoadedModel, tmp_path: Path) -> None:
    trace = capture.run(tiny_llama, RunRequest("abc"))
    export.write(trace, "stages", tmp_path / "steps.json")
    found = json.loads((tmp_path / "steps.json").read_text(encoding="utf-8"))
    masked = found["stages"]["masked"]
    assert masked[0][1:] == [None, None] and None not in masked[2]
    np.testing.assert_allclose(found["stages"]["weights"], trace.attention(0, 0), atol=1e-7)


def test_csv_names_the_tokens_of_both_sides(tiny_marian: LoadedModel, tmp_path: Path) -> None:
    trace = capture.run(tiny_marian, RunRequest("the", target="ne"))
    export.write(trace, "stages", tmp_path / "steps.csv", Part(kind="cross"))
    with (tmp_path / "steps.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["stage"] == "weights"]
    weights = trace.attention(0, 0, "cross")
    assert len(rows) == weights.size
    for row in rows:
        r, c = int(row["row"]), int(row["column"])
        assert float(row["value"]) == pytest.approx(float(weights[r, c]), abs=1e-7)
        assert row["row_token"] == trace.target_tokens[r].text
        assert row["column_token"] == trace.tokens[c].text


def test_a_head_that_does_not_exist_is_refused_and_leaves_no_file(tiny_llama: LoadedModel, tmp_path: Path) -> None:
    trace = capture.run(tiny_llama, RunRequest("abc"))
    with pytest.raises(NoSuchPart):
        export.write(trace, "stages", tmp_path / "steps.npz", Part(head=99))
    assert list(tmp_path.iterdir()) == []
