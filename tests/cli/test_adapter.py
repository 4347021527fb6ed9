"""An adapter (LoRA) switched off from the command line, and compared with the model under it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.core.adapter_folders import tune

pytest.importorskip("peft")
pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture(scope="module")
def adapter(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tune(llama, tmp_path_factory.mktemp("adapters") / "poems", r=4)
    return next(tmp_path_factory.getbasetemp().glob("adapters*/poems"))


def attention(run: Run, path: Path, *arguments: str | Path) -> dict:
    answer = run("export", "--what", "attention", "--text", "abcd", *arguments, "-o", path)
    assert (answer.status, answer.err) == (0, "")
    return json.loads(path.read_text(encoding="utf-8"))


def test_without_its_adapter_it_is_the_base(run: Run, llama: Path, adapter: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    on = attention(run, path, "--model", adapter)
    off = attention(run, path, "--model", adapter, "--adapter-off")
    base = attention(run, path, "--model", llama)
    assert (on.pop("adapter"), off.pop("adapter"), "adapter" in base) == ("on", "off", False)
    assert on["attention"] != base["attention"]
    assert off["attention"] == base["attention"]


def test_both_stand_in_one_picture_with_their_names(run: Run, adapter: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.svg"
    model = ("--model", adapter, "--text", "abcd", "--compare-adapter")
    common = ("render", *model, "--view", "attention_map", "-o", path)
    answer = run(*common, "--caption", "--lang", "en")
    assert (answer.status, answer.err) == (0, "")
    text = path.read_text(encoding="utf-8")
    assert "adapter on" in text and "adapter off" in text
    assert run(*common, "--difference", "--caption", "--lang", "ja").status == 0
    assert "A: アダプターあり · B: アダプターなし" in path.read_text(encoding="utf-8")


def test_where_there_is_none_it_is_said(run: Run, llama: Path, adapter: Path, tmp_path: Path) -> None:
    common = ("capture", "--text", "ab", "-o", tmp_path / "a.safetensors")
    answer = run(*common, "--model", llama, "--adapter-off")
    assert answer.status == 2 and "adapter" in answer.err
    assert run(*common, "--model", adapter).status == 0
    render = ("render", "--view", "attention_map", "--trace", tmp_path / "a.safetensors", "-o", tmp_path / "a.png")
    answer = run(*render, "--adapter-off")
    assert answer.status == 2 and "run that is over" in answer.err
    assert run(*render, "--compare-adapter").status == 2
