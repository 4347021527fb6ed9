"""Parts switched off from the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Run
from visualizer.core import capture, models
from visualizer.core.analyses import head_importance
from visualizer.core.errors import UnknownChoice
from visualizer.core.export.importance import token_id
from visualizer.core.interventions import parse
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

TEXT = "本を read"


@pytest.mark.parametrize("value", ["2.3.4", "mlp", "a", "", "cross:mlp.1", "1,,2"])
@pytest.mark.parametrize("verb", ["render", "export", "capture"])
def test_what_is_no_part_ends_with_2_and_one_line(verb: str, value: str, run: Run, tmp_path: Path) -> None:
    options = {"render": ["--view", "positions"], "export": ["--what", "tokens"], "capture": []}[verb]
    ending = {"render": "png", "export": "csv", "capture": "safetensors"}[verb]
    answer = run(verb, "--text", "a", *options, f"--ablate={value}", "-o", tmp_path / f"x.{ending}")
    assert (answer.status, answer.err.count("\n")) == (2, 1), answer.err


@pytest.mark.parametrize("value", ["9.0", "0.9", "7", "mlp.3", "cross:0.1"])
def test_what_the_model_has_not_ends_with_2_and_one_line(value: str, run: Run, llama: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    answer = run("export", "--model", llama, "--text", "ab", "--what", "tokens", "--ablate", value, "-o", path)
    assert (answer.status, answer.err.count("\n")) == (2, 1), answer.err
    assert not path.exists()


def test_nothing_can_be_switched_off_in_a_saved_trace(run: Run, llama: Path, tmp_path: Path) -> None:
    saved = tmp_path / "t.safetensors"
    assert run("capture", "--model", llama, "--text", TEXT, "-o", saved).status == 0
    for options in (["--what", "tokens", "--ablate", "0"], ["--what", "head_importance"]):
        answer = run("export", "--trace", saved, *options, "-o", tmp_path / "x.csv")
        assert (answer.status, answer.err.count("\n")) == (2, 1), answer.err


@pytest.mark.parametrize("how", ["zero", "mean"])
def test_export_and_capture_are_of_the_run_with_the_parts_off(how: str, run: Run, llama: Path, tmp_path: Path) -> None:
    off = ("--ablate", "1.3,0,mlp.2", "--ablate-how", how)
    trace = capture.run(models.load(str(llama)), RunRequest(TEXT, interventions=parse("1.3,0,mlp.2", how)))
    path = tmp_path / "x.npz"
    assert run("export", "--model", llama, "--text", TEXT, "--what", "attention", *off, "-o", path).status == 0
    np.testing.assert_array_equal(np.load(path)["attention"][2, 1], trace.attention(2, 1))
    path = tmp_path / "x.safetensors"
    assert run("capture", "--model", llama, "--text", TEXT, *off, "-o", path).status == 0
    assert Trace.open(path).request == trace.request
    path = tmp_path / "x.json"
    assert run("export", "--model", llama, "--text", TEXT, "--what", "tokens", *off, "-o", path).status == 0
    assert len(json.loads(path.read_text(encoding="utf-8"))["interventions"]) == 3


def test_a_model_with_two_sides_names_the_kind(run: Run, marian: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    request = ("export", "--model", marian, "--text", "ab", "--target", "c", "--what", "probabilities", "-o", path)
    assert run(*request, "--ablate", "cross:0.1,encoder:1,decoder:mlp.2").status == 0
    answer = run(*request, "--ablate", "0.1")
    assert answer.status == 2 and "cross" in answer.err


def test_a_picture_of_a_run_with_parts_off_is_drawn(run: Run, llama: Path, tmp_path: Path) -> None:
    plain, off = tmp_path / "a.svg", tmp_path / "b.svg"
    request = ("render", "--model", llama, "--text", TEXT, "--view", "next_token", "--scale", "1")
    assert run(*request, "-o", plain).status == 0
    assert run(*request, "--ablate", "0,1,2", "-o", off).status == 0
    assert plain.read_bytes() != off.read_bytes()


def test_importance_of_every_head_in_three_formats(run: Run, llama: Path, tmp_path: Path) -> None:
    trace = capture.run(models.load(str(llama)), RunRequest(TEXT))
    found = head_importance.measure(trace)
    request = ("export", "--model", llama, "--text", TEXT, "--what", "head_importance")
    for ending in ("csv", "json", "npz"):
        answer = run(*request, "-o", tmp_path / f"x.{ending}")
        assert (answer.status, answer.err) == (0, "")
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["layer", "part", "delta_log_probability", "kl"]
    assert [row[:2] for row in rows[1:7]] == [["0", "0"], ["0", "1"], ["0", "2"], ["0", "3"], ["0", "mlp"], ["1", "0"]]
    np.testing.assert_allclose([float(row[2]) for row in rows[1:]], found.delta.ravel(), atol=1e-5)
    np.testing.assert_allclose([float(row[3]) for row in rows[1:]], found.kl.ravel(), atol=1e-5)
    arrays = np.load(tmp_path / "x.npz")
    np.testing.assert_allclose(arrays["delta_log_probability"], found.delta, atol=1e-5)
    assert int(arrays["token"]) == found.question.token_id
    document = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert document["head_importance"][4]["part"] == "mlp"
    assert document["probability"] == pytest.approx(found.probability, abs=1e-6)


def test_the_token_and_its_place_may_be_named(run: Run, llama: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    request = ("export", "--model", llama, "--text", TEXT, "--what", "head_importance", "-o", path)
    for token in ("a", "65"):
        chosen = ("--token", token, "--position", "2", "--layer", "1", "--head", "2")
        answer = run(*request, *chosen, "--ablate-how", "mean")
        assert answer.status == 0, answer.err
        document = json.loads(path.read_text(encoding="utf-8"))
        assert (document["position"], document["how"], len(document["head_importance"])) == (2, "mean", 1)
        assert document["head_importance"][0]["part"] == "2"
    for wrong in (["--token", "no single token"], ["--token", "99999"], ["--position", "99"]):
        answer = run(*request, *wrong)
        assert (answer.status, answer.err.count("\n")) == (2, 1), answer.err


def test_a_token_that_begins_with_a_blank_is_named_as_it_is_written() -> None:
    trace = capture.run(models.load("bundled:gpt-ja-en"), RunRequest("The cat"))
    assert trace.model is not None
    tokenizer = trace.model.tokenizer
    for written in ("the", " the", "▁the"):
        assert tokenizer.convert_ids_to_tokens(token_id(trace, written)) == "▁the"
    with pytest.raises(UnknownChoice):
        token_id(trace, " nosuchtokenhere")
