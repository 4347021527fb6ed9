"""Figures for paper from the command line, pictures of long texts, and what is said on standard error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.cli.conftest import Run
from visualizer.ui import theme as themes

pytestmark = pytest.mark.usefixtures("qapp")
MAP = ("--view", "attention_map", "--layer", "2", "--head", "3")


def test_a_figure_is_as_wide_as_asked_for_with_the_words_given(run: Run, llama: Path, tmp_path: Path) -> None:
    svg, pdf, png = (tmp_path / f"out.{suffix}" for suffix in ("svg", "pdf", "png"))
    for path in (svg, pdf, png):
        options = ("--width-mm", "85", "--font-pt", "8", "--caption", "Figure 1: one head", "--dpi", "200")
        answer = run("render", "--model", llama, "--text", "xyz", *MAP, *options, "-o", path)
        assert (answer.status, answer.err) == (0, "")
    assert 'width="85mm"' in svg.read_text(encoding="utf-8")
    assert "Figure 1: one head" in svg.read_text(encoding="utf-8")
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+)", pdf.read_bytes())
    assert box is not None
    assert float(box.group(1)) == pytest.approx(72 / 25.4 * 85, abs=1)
    assert QImage(str(png)).width() == pytest.approx(85 / 25.4 * 200, abs=2)


def test_a_height_that_was_asked_for_is_that_of_picture_and_caption(run: Run, llama: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.svg"
    options = ("--width-mm", "254", "--height-mm", "142.9", "--font-pt", "16", "--caption")
    answer = run("render", "--model", llama, "--text", "xyz", *MAP, *options, "-o", path)
    assert (answer.status, answer.err) == (0, "")
    found = re.search(r'<svg width="254mm" height="([\d.]+)mm"', path.read_text(encoding="utf-8"))
    assert found is not None
    assert float(found.group(1)) == pytest.approx(142.9, abs=0.5)


def test_nothing_can_be_the_ground_of_the_dark_theme_too(run: Run, llama: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.svg"
    options = ("--background", "transparent", "--theme", "dark", "--width-mm", "85")
    assert run("render", "--model", llama, "--text", "xyz", *MAP, *options, "-o", path).status == 0
    assert themes.named("dark").text in path.read_text(encoding="utf-8")


def test_ground_colours_and_cells_can_be_chosen(run: Run, llama: Path, tmp_path: Path) -> None:
    png, svg = tmp_path / "out.png", tmp_path / "out.svg"
    options = ("--background", "transparent", "--colormap", "viridis")
    assert run("render", "--model", llama, "--text", "xyz", *MAP, *options, "-o", png).status == 0
    image = QImage(str(png))
    assert image.pixelColor(1, 1).alpha() == 0
    colours = {image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert "#440154" in colours, "the first entry of viridis"
    assert run("render", "--model", llama, "--text", "xyz", *MAP, "--cells", "image", "-o", svg).status == 0
    assert "<image" in svg.read_text(encoding="utf-8")
    assert run("render", "--model", llama, "--text", "xyz", *MAP, "-o", svg).status == 0
    assert "<image" not in svg.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "options",
    [
        ("--font-pt", "8"),
        ("--width-mm", "85", "--width", "900"),
        ("--width-mm", "5"),
        ("--width-mm", "wide"),
        ("--background", "white", "--theme", "dark"),
        ("--colormap", "pink"),
    ],
)
def test_what_does_not_go_together_ends_with_2_before_a_model_is_loaded(
    run: Run, tmp_path: Path, options: tuple[str, ...]
) -> None:
    answer = run("render", "--model", "no/where", "--text", "xyz", *MAP, *options, "-o", tmp_path / "out.svg")
    assert answer.status == 2
    assert answer.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_paper_is_for_views_and_not_for_the_window(run: Run, tmp_path: Path) -> None:
    answer = run("render", "--text", "x", "--view", "window", "--width-mm", "85", "-o", tmp_path / "out.svg")
    assert answer.status == 2
    assert "window" in answer.err


@pytest.mark.parametrize("view", ["attention_lines", "whole_model_attention"])
def test_a_picture_of_a_long_text_grows_and_a_size_that_was_asked_for_is_spoken_of(
    run: Run, llama: Path, tmp_path: Path, view: str
) -> None:
    path, text = tmp_path / "out.png", "abcdefghij" * 25
    options = ("--view", view, "--scale", "1")
    answer = run("render", "--model", llama, "--text", text, *options, "-o", path)
    assert (answer.status, answer.err) == (0, "")
    grown = QImage(str(path))
    assert grown.width() == 960
    assert grown.height() > 720
    answer = run("render", "--model", llama, "--text", text, *options, "--height", "400", "--lang", "en", "-o", path)
    assert answer.status == 0
    assert re.search(r"\d+ pixels high, not 400", answer.err)


def test_the_last_token_of_a_long_text_is_in_the_picture(run: Run, llama: Path, tmp_path: Path) -> None:
    path, text = tmp_path / "out.svg", "a" * 80 + "z"
    assert run("render", "--model", llama, "--text", text, "--view", "attention_lines", "-o", path).status == 0
    svg = path.read_text(encoding="utf-8")
    height = float(re.search(r'viewBox="0 0 \d+ (\d+)"', svg).group(1))  # type: ignore[union-attr]
    places = re.findall(r'<text [^>]*? y="([\d.]+)"[^>]*>\s*z\s*</text>', svg)
    assert len(places) == 2, "once on each side"
    assert all(float(y) < height for y in places)


def test_head_means_the_head_of_the_lines_too(run: Run, llama: Path, tmp_path: Path) -> None:
    pictures = []
    for options in (("--head", "0"), ("--head", "3"), ("--head", "3", "--heads", "3")):
        path = tmp_path / "out.svg"
        answer = run("render", "--model", llama, "--text", "abc", "--view", "attention_lines", *options, "-o", path)
        assert answer.status == 0
        pictures.append(path.read_text(encoding="utf-8"))
    assert pictures[0] != pictures[1]
    assert pictures[1] == pictures[2], "the same lines as with --heads 3"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_empty_text_is_answered_for_the_command_line(run: Run, tmp_path: Path, language: str) -> None:
    path = tmp_path / "out.svg"
    answer = run("render", "--text", "", "--view", "attention_map", "--lang", language, "-o", path)
    assert answer.status == 2
    assert "--text is empty" in answer.err
    assert "above" not in answer.err
