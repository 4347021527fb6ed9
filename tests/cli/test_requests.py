"""Wrong requests are told in one line before any model is loaded."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from visualizer import cli


def _is_one_line(text: str) -> bool:
    return text.count("\n") == 1 and "Traceback" not in text


RENDER = ("render", "--text", "a", "-o", "x.png", "--view")


@pytest.fixture
def no_model_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    from visualizer.core import models

    monkeypatch.setattr(models, "load", lambda *_, **__: pytest.fail("the request should have failed before loading"))


@pytest.mark.usefixtures("no_model_is_loaded")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["render", "--text", "a", "--view", "nonsense", "-o", "x.png"], "nonsense"),
        (["render", "--text", "a", "--view", "attention_map", "-o", "x.gif"], ".svg"),
        (["render", "--text", "a", "--view", "attention_map"], "--output"),
        (["render", "--text", "a", "--view", "attention_map", "--width", "3", "-o", "x.png"], "pixels"),
        (["export", "--text", "a", "--what", "colours", "-o", "x.npz"], "colours"),
        (["export", "--text", "a", "--what", "tokens", "-o", "x.xlsx"], ".csv"),
        (["export", "--text", "a", "--what", "attention", "--layer", "-1", "-o", "x.npz"], "-1"),
        (["export", "--text", "a", "--what", "attention", "--kind", "sideways", "-o", "x.npz"], "sideways"),
        (["export", "--text", "a", "--what", "probabilities", "--top-p", "1.5", "-o", "x.npz"], "1.5"),
        (["export", "--text", "a", "--what", "probabilities", "--temperature", "nan", "-o", "x.npz"], "nan"),
        (["export", "--what", "tokens", "-o", "x.npz"], "--text"),
        (["export", "--trace", "t.safetensors", "--text", "a", "--what", "tokens", "-o", "x.npz"], "--trace"),
        (["export", "--text", "\udcff", "--what", "tokens", "-o", "x.npz"], "UTF-8"),
        (["capture", "--text", "a", "-o", "x.npz"], ".safetensors"),
        (["render", "--example", "nonsense", "-o", "x.png"], "nonsense"),
        (["render", "--example", "induction", "--text", "a", "-o", "x.png"], "--example"),
        (["render", "--example", "induction", "--trace", "t.safetensors", "-o", "x.png"], "--example"),
        (["render", "--text", "a", "-o", "x.png"], "--view"),
        (["--example", "nonsense"], "nonsense"),
        ([*RENDER, "attention_map", "--ablate-how", "mean"], "--ablate"),
        ([*RENDER, "head_statistics", "--columns", "entropy,nonsense"], "nonsense"),
        ([*RENDER, "head_statistics", "--columns", "entropy;induction"], "commas"),
        (["export", "--trace", "t.safetensors", "--revision", "main", "--what", "tokens", "-o", "x.npz"], "--revision"),
        (["export", "--trace", "t.safetensors", "--base", "b", "--what", "tokens", "-o", "x.npz"], "--base"),
        (["paint"], "paint"),
        (["--theme", "pink"], "pink"),
    ],
)
def test_a_wrong_request_ends_with_2_and_one_line_that_names_it(arguments: list[str], named: str, run: Run) -> None:
    answer = run(*arguments)
    assert answer.status == 2
    assert _is_one_line(answer.err), answer.err
    assert named in answer.err
    assert answer.out == ""


@pytest.mark.usefixtures("no_model_is_loaded")
@pytest.mark.parametrize("verb", ["render", "export", "capture"])
def test_a_missing_folder_ends_with_1_before_loading(verb: str, run: Run, tmp_path: Path) -> None:
    options = {"render": ["--view", "positions"], "export": ["--what", "tokens"], "capture": []}[verb]
    ending = {"render": "png", "export": "csv", "capture": "safetensors"}[verb]
    answer = run(verb, "--text", "a", *options, "-o", tmp_path / "nowhere" / f"x.{ending}")
    assert answer.status == 1
    assert _is_one_line(answer.err)
    assert "nowhere" in answer.err


def test_an_unknown_model_and_a_folder_without_one_end_with_2(run: Run, tmp_path: Path) -> None:
    for source in ("bundled:nonsense", tmp_path):
        answer = run("export", "--model", source, "--text", "a", "--what", "tokens", "-o", tmp_path / "x.csv")
        assert answer.status == 2, answer.err
        assert _is_one_line(answer.err), answer.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "named"),
    [(["--layer", "3"], "3"), (["--layer", "0", "--head", "4"], "4"), (["--kind", "cross"], "cross")],
)
def test_a_layer_head_or_kind_that_the_model_has_not_ends_with_2(
    options: list[str], named: str, run: Run, llama: Path, tmp_path: Path
) -> None:
    answer = run("export", "--model", llama, "--text", "ab", "--what", "attention", *options, "-o", tmp_path / "x.npz")
    assert answer.status == 2
    assert _is_one_line(answer.err), answer.err
    assert named in answer.err
    assert list(tmp_path.iterdir()) == []


def test_empty_text_ends_with_2(run: Run, llama: Path, tmp_path: Path) -> None:
    answer = run("export", "--model", llama, "--text", "", "--what", "tokens", "-o", tmp_path / "x.csv")
    assert (answer.status, _is_one_line(answer.err)) == (2, True)


@pytest.mark.parametrize("text", ["👩🏽‍🚀", "مرحبا بالعالم", "\x07\x00b", "e\u0301", "a", " \t ", "\u200b", "\ufeff"])
def test_odd_texts_are_answered_or_refused_in_one_line(text: str, run: Run, llama: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    answer = run("export", "--model", llama, "--text", text, "--what", "attention", "-o", path)
    if answer.status == 0:
        assert answer.err == ""
        assert json.loads(path.read_text(encoding="utf-8"))["attention"]
    else:
        assert (answer.status, _is_one_line(answer.err)) == (2, True)
        assert not path.exists()


@pytest.mark.parametrize(
    "options", [("--device", "abacus"), ("--device", "cuda:99"), ("--pair", "b"), ("--target", "b")]
)
def test_what_the_model_or_machine_cannot_do_ends_with_2(
    options: tuple[str, str], run: Run, llama: Path, tmp_path: Path
) -> None:
    answer = run("export", "--model", llama, "--text", "a", *options, "--what", "tokens", "-o", tmp_path / "x.csv")
    assert (answer.status, _is_one_line(answer.err)) == (2, True), answer.err
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_trace_ends_with_1(run: Run, tmp_path: Path) -> None:
    damaged = tmp_path / "t.safetensors"
    damaged.write_bytes(b"\x10\0\0\0\0\0\0\0{not json")
    answer = run("export", "--trace", damaged, "--what", "tokens", "-o", tmp_path / "x.csv")
    assert (answer.status, _is_one_line(answer.err)) == (1, True)
    assert not (tmp_path / "x.csv").exists()


def test_errors_are_told_in_japanese_when_asked(run: Run, tmp_path: Path) -> None:
    answer = run("models", "--lang", "ja")
    assert answer.status == 0
    answer = run("render", "--text", "a", "--view", "positions", "--lang", "ja", "-o", tmp_path / "no" / "x.png")
    assert answer.status == 1
    assert any("\u3040" <= character <= "\u30ff" for character in answer.err), answer.err


def test_an_unexpected_failure_is_one_line_too(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> str:
        raise ValueError("first line\nsecond line")

    monkeypatch.setitem(cli.WORK, "capture", fail)
    answer = run("capture", "--text", "a", "-o", tmp_path / "x.safetensors")
    assert answer.status == 1
    assert "first line" in answer.err
    assert _is_one_line(answer.err)


def test_a_dash_reads_standard_input(run: Run, llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("猫が\n".encode())))
    answer = run("export", "--model", llama, "--text", "-", "--what", "tokens", "-o", tmp_path / "x.json")
    assert answer.status == 0, answer.err
    assert '"text": "猫が"' in (tmp_path / "x.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([verb, "--help"] for verb in cli.WORK)])
def test_help_ends_with_0_and_needs_no_torch(arguments: list[str], run: Run) -> None:
    answer = run(*arguments)
    assert answer.status == 0
    assert "transformer-visualizer" in answer.out
    assert "OPTION" not in answer.out and "None" not in answer.out, "names of ours, and not of the person's"


def test_without_a_verb_the_window_gets_the_options(llama: Path) -> None:
    seen = []
    status = cli.main(["--model", str(llama), "--text", "猫", "--lang", "ja"], lambda asked: seen.append(asked) or 7)
    assert status == 7
    assert (seen[0].model, seen[0].text, seen[0].lang, seen[0].trace) == (str(llama), "猫", "ja", None)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--revision", "main"], "has no such revision."),
        (["--base", "bundled:bert-ja-en"], "This model has no adapter over “bundled:bert-ja-en”."),
        (["--pair", "b"], "This model has no second sentence “b”."),
    ],
)
def test_what_would_change_nothing_is_refused_and_not_passed_over(
    run: Run, tmp_path: Path, arguments: list[str], said: str
) -> None:
    answer = run("export", "--text", "a", "--what", "tokens", *arguments, "-o", tmp_path / "a.csv")
    assert answer.status == 2 and said in answer.err and "Available: ." not in answer.err
    assert not list(tmp_path.iterdir())
