"""Pictures are drawn without a display, by the widgets that the window shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.causal_views import CAUSAL_VIEWS
from tests.cli.conftest import Run
from visualizer import cli

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.usefixtures("qapp")


def _colours(path: Path) -> int:
    """Number of different colours among a grid of pixels: 1 for an empty picture."""
    image = QImage(str(path))
    assert not image.isNull(), path
    xs, ys = range(0, image.width(), 7), range(0, image.height(), 7)
    return len({image.pixel(x, y) for x in xs for y in ys})


@pytest.mark.parametrize("view", [*CAUSAL_VIEWS, "window"])
def test_every_view_and_the_window_are_drawn(view: str, run: Run, llama: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    answer = run("render", "--model", llama, "--text", "猫が the", "--view", view, "--lang", "ja", "-o", path)
    assert (answer.status, answer.err) == (0, "")
    assert _colours(path) > 3, "the picture is empty"
    assert list(tmp_path.iterdir()) == [path]


def test_size_and_scale_are_those_asked_for(run: Run, llama: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    options = ("--view", "window", "--width", "1000", "--height", "700", "--scale", "1.5")
    assert run("render", "--model", llama, "--text", "ab", *options, "-o", path).status == 0
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1500, 1050)


def test_svg_and_pdf_carry_text_as_text(run: Run, llama: Path, tmp_path: Path) -> None:
    svg, pdf = tmp_path / "out.svg", tmp_path / "out.pdf"
    for path in (svg, pdf):
        options = ("--view", "attention_map", "--layer", "2", "--head", "3", "--caption")
        answer = run("render", "--model", llama, "--text", "xyz", *options, "-o", path)
        assert (answer.status, answer.err) == (0, "")
    texts = re.findall(r"<text[^>]*>\s*([^<]*)</text>", svg.read_text(encoding="utf-8"))
    assert {"x", "y", "z"} <= {text.strip() for text in texts}
    assert any("layer 2" in text and "head 3" in text for text in texts), "the caption says which head it is"
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert b"/Font" in pdf.read_bytes()


def test_another_head_is_another_picture_and_the_theme_changes_it(run: Run, llama: Path, tmp_path: Path) -> None:
    pictures = []
    for options in (["--head", "0"], ["--head", "1"], ["--head", "1", "--theme", "dark"]):
        path = tmp_path / "out.png"
        arguments = ("render", "--model", llama, "--text", "abcdef", "--view", "attention_map", *options, "-o", path)
        assert run(*arguments).status == 0
        pictures.append(path.read_bytes())
    assert len(set(pictures)) == 3


def test_a_trace_is_drawn_without_its_model(run: Run, marian: Path, tmp_path: Path) -> None:
    saved, path = tmp_path / "t.safetensors", tmp_path / "cross.png"
    assert run("capture", "--model", marian, "--text", "xyz", "--target", "ab", "-o", saved).status == 0
    answer = run("render", "--trace", saved, "--view", "attention_map", "--kind", "cross", "--layer", "2", "-o", path)
    assert (answer.status, answer.err) == (0, "")
    assert _colours(path) > 3


@pytest.mark.parametrize(
    ("option", "value"), [("--layer", "3"), ("--head", "4"), ("--kind", "cross"), ("--position", "9")]
)
def test_what_the_model_has_not_ends_with_2(option: str, value: str, run: Run, llama: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    answer = run("render", "--model", llama, "--text", "ab", "--view", "attention_map", option, value, "-o", path)
    assert answer.status == 2
    assert answer.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_any_platform_set_it_draws_all_the_same(llama: Path, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")}
    path = tmp_path / "out.png"
    command = [sys.executable, "main.py", "render", "--model", str(llama), "--text", "ab", "--view", "attention_map"]
    done = subprocess.run(
        [*command, "-o", str(path)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert _colours(path) > 3


def test_the_window_without_a_display_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert cli.main([], lambda _: pytest.fail("Qt would end the process here")) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_every_way_of_reading_attention_can_be_asked_for(run: Run, llama: Path, tmp_path: Path) -> None:
    pictures = {}
    for view, options in (
        ("attention_map", ()),
        ("attention_map", ("--hide-sinks",)),
        ("attention_map", ("--unit", "word")),
        ("attention_map", ("--query", "2", "--key", "1")),
        ("attention_lines", ()),
        ("attention_lines", ("--heads", "1,3")),
        ("attention_lines", ("--all-heads",)),
        ("attention_lines", ("--mass", "0.2")),
        ("attention_lines", ("--sides", "rows")),
        ("head_statistics", ()),
        ("head_statistics", ("--sort", "entropy", "--falling")),
        ("head_statistics", ("--across", "previous_token")),
        ("whole_model_attention", ()),
        ("whole_model_attention", ("--candidate", "100")),
        ("positions", ()),
        ("positions", ("--formula",)),
        ("positions", ("--formula", "--formula-pair", "3")),
        ("positions", ("--formula", "--formula-width", "64")),
        ("positions", ("--formula", "--formula-base", "100")),
        ("attention_stages", ()),
        ("attention_stages", ("--stage", "dot")),
        ("attention_stages", ("--stage", "query_before")),
    ):
        path = tmp_path / "out.png"
        answer = run("render", "--model", llama, "--text", "the cat", "--view", view, *options, "-o", path)
        assert (answer.status, answer.err) == (0, "")
        pictures[view, options] = path.read_bytes()
    alike = [a for a in pictures for b in pictures if a < b and pictures[a] == pictures[b]]
    assert not alike, "each asks for another picture"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--query", "99"), "99"),
        (("--key", "99"), "99"),
        (("--heads", "0,7"), "7"),
        (("--heads", "a"), "a"),
        (("--quadrant", "AB"), "AB"),
        (("--candidate", "999999"), "999999"),
        (("--sort", "beauty"), "beauty"),
        (("--position-part", "7"), "7"),
        (("--formula-base", "1"), "1"),
        (("--view", "attention_stages", "--stage", "capped"), "capped"),
    ],
)
def test_what_the_model_has_not_is_named(
    options: tuple[str, ...], named: str, run: Run, llama: Path, tmp_path: Path
) -> None:
    path = tmp_path / "out.png"
    answer = run("render", "--view", "attention_lines", "--model", llama, "--text", "ab", *options, "-o", path)
    assert answer.status == 2 and named in answer.err and answer.err.count("\n") == 1
    assert not path.exists()


def test_a_part_of_the_positions_can_be_asked_for(run: Run, tmp_path: Path) -> None:
    import torch
    import transformers

    from tests.tokenizers import byte_level

    torch.manual_seed(0)
    tokenizer = byte_level()
    folder = tmp_path / "t5"
    config = transformers.T5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=4,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=2,
    )  # fmt: skip
    transformers.T5ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    pictures = set()
    for part in ("0", "1"):
        path = tmp_path / "out.png"
        options = ("--text", "abc", "--target", "xy", "--view", "positions", "--position-part", part)
        answer = run("render", "--model", folder, *options, "-o", path)
        assert (answer.status, answer.err) == (0, "")
        pictures.add(path.read_bytes())
    assert len(pictures) == 2


def test_an_empty_second_sentence_is_none(run: Run, llama: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    answer = run("render", "--view", "attention_map", "--model", llama, "--text", "ab", "--pair", "", "-o", path)
    assert (answer.status, answer.err) == (0, "")
