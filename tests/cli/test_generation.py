"""What a model writes on, from the command line: the same tokens as transformers' own generate."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from visualizer import cli
from visualizer.core import models
from visualizer.core.analyses.generation import writer
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest

TEXT = "私は図書館で本を"


@pytest.fixture(autouse=True)
def _app(qapp: object) -> None:
    """What is told in words needs the one application of all tests."""


@pytest.fixture(scope="module")
def gpt() -> LoadedModel:
    return models.load("bundled:gpt-ja-en")


def export(path: Path, *more: str, model: str = "bundled:gpt-ja-en") -> int:
    request = ["export", "--what", "generation", "--model", model, "--text", TEXT, "--max-new-tokens", "8", *more]
    return cli.main([*request, "-o", str(path)], lambda _: 0)


def test_greedy_is_what_the_model_writes(tmp_path: Path, gpt: LoadedModel) -> None:
    path = tmp_path / "a.json"
    assert export(path) == 0
    found = json.loads(path.read_text(encoding="utf-8"))
    start = writer.inputs_of(writer.begin(gpt, RunRequest(TEXT)))
    with torch.inference_mode():
        own = gpt.model.generate(**start, max_new_tokens=8, do_sample=False)[0, start["input_ids"].shape[1] :].tolist()
    ends = writer.generation.end_ids(gpt.model)
    assert found["ids"] == [token for token in own if token not in ends]
    assert found["prompt"] == TEXT and found["text"]
    assert found["log_probability"] == pytest.approx(sum(step["log_probability"] for step in found["steps"]))
    assert [step["id"] for step in found["steps"]] == found["ids"]


def test_a_seed_draws_and_draws_the_same_again(tmp_path: Path) -> None:
    one, two, other = (tmp_path / f"{name}.json" for name in "abc")
    for path, seed in ((one, "3"), (two, "3"), (other, "4")):
        assert export(path, "--temperature", "1.5", "--top-k", "50", "--top-p", "0.95", "--seed", seed) == 0
    ids = [json.loads(path.read_text(encoding="utf-8"))["ids"] for path in (one, two, other)]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(("more", "name"), [(("--beams", "3"), "beams"), (("--continuations", "4"), "continuations")])
def test_beams_and_continuations_name_the_best_first(tmp_path: Path, more: tuple[str, str], name: str) -> None:
    path = tmp_path / "a.json"
    assert export(path, *more) == 0
    found = json.loads(path.read_text(encoding="utf-8"))
    first = found["sentences" if name == "beams" else "continuations"][0]
    assert first["ids"] == found["ids"] and first["text"] == found["text"]
    assert name == "beams" or sum(row["count"] for row in found[name]) == 4


def test_tables_hold_the_same_steps(tmp_path: Path) -> None:
    for end in ("json", "csv", "npz"):
        assert export(tmp_path / f"a.{end}") == 0
    ids = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["ids"]
    with (tmp_path / "a.csv").open(encoding="utf-8-sig") as file:
        assert [int(row["id"]) for row in csv.DictReader(file)] == ids
    with np.load(tmp_path / "a.npz") as archive:
        assert archive["ids"].tolist() == archive["id"].tolist() == ids


def test_a_translation_is_written_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert export(path, model="bundled:translate-ja-en") == 0
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["text"] and "target" not in found


def test_what_cannot_write_says_so_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(tmp_path / "a.json", model="bundled:bert-ja-en") != 0
    told = capsys.readouterr().err.strip()
    assert told and "\n" not in told and "unexpected" not in told
    assert export(tmp_path / "a.json", "--beams", "99") == 2


@pytest.mark.parametrize("more", [(), ("--generation", "beams"), ("--generation", "many", "--continuations", "4")])
def test_its_picture_writes_by_itself(tmp_path: Path, more: tuple[str, ...]) -> None:
    path = tmp_path / "a.svg"
    request = ["render", "--view", "generation", "--text", TEXT, "--max-new-tokens", "4", "--lang", "en", *more]
    assert cli.main([*request, "-o", str(path)], lambda _: 0) == 0
    svg = path.read_text(encoding="utf-8")
    assert "読" in svg
    assert ("ln p" in svg) == (more[1:2] != ("many",))
