"""What every layer would answer, and what a logit is made of, as files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Run
from visualizer.core import capture, models
from visualizer.core.analyses import logit_attribution, logit_lens
from visualizer.core.request import RunRequest

TEXT = "本を read"


@pytest.fixture(scope="module")
def trace(llama: Path):
    return capture.run(models.load(str(llama)), RunRequest(TEXT))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_lens_has_ten_tokens_a_layer_and_position(run: Run, llama: Path, trace, tmp_path: Path) -> None:
    found = logit_lens.read(trace)
    for ending in ("npz", "csv", "json"):
        path = tmp_path / f"a.{ending}"
        answer = run("export", "--model", llama, "--text", TEXT, "--what", "logit_lens", "-o", path)
        assert answer.status == 0, answer.err
    with np.load(tmp_path / "a.npz") as archive:
        assert archive["token_id"].shape == archive["probability"].shape == (4, len(trace.tokens), 10)
        np.testing.assert_array_equal(archive["token_id"], found.token_id)
        np.testing.assert_allclose(archive["probability"], found.probability, atol=1e-7)
    table = rows(tmp_path / "a.csv")
    assert len(table) == 4 * len(trace.tokens) * 10
    assert int(table[0]["id"]) == found.token_id[0, 0, 0]
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["logit_lens"][-1]["rank"] == 10


def test_one_position_alone_is_read(run: Run, llama: Path, trace, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    answer = run("export", "--model", llama, "--text", TEXT, "--what", "logit_lens", "--position", "-1", "-o", path)
    assert answer.status == 0, answer.err
    with np.load(path) as archive:
        assert archive["positions"].tolist() == [len(trace.tokens) - 1]


def test_the_parts_of_a_logit_end_in_sum_and_logit(run: Run, llama: Path, trace, tmp_path: Path) -> None:
    found = logit_attribution.attribute(trace, 7, 11)
    request = ("export", "--model", llama, "--text", TEXT, "--what", "logit_attribution", "--token", "7")
    for ending in ("npz", "csv", "json"):
        answer = run(*request, "--against", "11", "-o", tmp_path / f"a.{ending}")
        assert answer.status == 0, answer.err
    table = rows(tmp_path / "a.csv")
    assert list(table[0]) == ["component", "layer", "head", "contribution"]
    assert [row["component"] for row in table[-2:]] == ["sum", "logit"]
    values = [float(row["contribution"]) for row in table]
    assert sum(values[:-2]) == pytest.approx(values[-2], abs=1e-5)
    assert values[-1] == pytest.approx(found.logit, abs=1e-5)
    with np.load(tmp_path / "a.npz") as archive:
        np.testing.assert_allclose(archive["contribution"], [c.contribution for c in found.components], atol=1e-6)
        assert int(archive["against"]) == 11
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["token"] == 7


def test_a_token_that_is_none_is_one_line(run: Run, llama: Path, tmp_path: Path) -> None:
    request = ("export", "--model", llama, "--text", TEXT, "--what", "logit_attribution", "-o", tmp_path / "a.csv")
    for option, text in (("--token", "no such token"), ("--against", "99999999")):
        answer = run(*request, option, text)
        assert answer.status == 2
        assert len(answer.err.strip().splitlines()) == 1
    assert not (tmp_path / "a.csv").exists()
