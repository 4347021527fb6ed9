"""Two texts side by side, and their difference, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.cli.conftest import Run

pytestmark = pytest.mark.usefixtures("qapp")


def render(run: Run, model: Path, path: Path, *more: str | Path, view: str = "attention_map"):
    return run("render", "--model", model, "--text", "abcd", "--view", view, *more, "-o", path)


def test_two_texts_stand_side_by_side_in_one_picture(run: Run, llama: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    assert render(run, llama, one).status == 0
    answer = render(run, llama, two, "--compare-text", "abXd")
    assert (answer.status, answer.err) == (0, "")
    assert QImage(str(two)).width() > 1.9 * QImage(str(one)).width()


def test_a_difference_is_another_picture_and_that_of_a_text_with_itself_says_nothing_changes(
    run: Run, llama: Path, tmp_path: Path
) -> None:
    svg = tmp_path / "out.svg"
    assert render(run, llama, svg, "--compare-text", "abXd", "--difference", "--lang", "en").status == 0
    text = svg.read_text(encoding="utf-8")
    assert "c → X" in text and "Biggest changes" in text
    assert render(run, llama, svg, "--compare-text", "abcd", "--difference", "--lang", "en").status == 0
    assert "Nothing changes" in svg.read_text(encoding="utf-8")


@pytest.mark.parametrize("view", ["head_grid", "head_statistics"])
def test_the_heads_that_changed_most_stand_in_the_picture(run: Run, llama: Path, tmp_path: Path, view: str) -> None:
    path = tmp_path / "out.svg"
    answer = render(run, llama, path, "--compare-text", "dcba", "--difference", "--lang", "en", view=view)
    assert (answer.status, answer.err) == (0, "")
    assert "Biggest changes" in path.read_text(encoding="utf-8")


def test_the_window_shows_both_panes(run: Run, llama: Path, bert: Path, tmp_path: Path) -> None:
    plain, two, other = (tmp_path / name for name in ("plain.png", "two.png", "other.png"))
    assert render(run, llama, plain, "--scale", "1", view="window").status == 0
    assert render(run, llama, two, "--scale", "1", "--compare-text", "abXd", view="window").status == 0
    answer = render(run, llama, other, "--scale", "1", "--compare-model", bert, "--difference", view="window")
    assert (answer.status, answer.err) == (0, ""), "a sentence in the second pane is a picture, too"
    assert len({path.read_bytes() for path in (plain, two, other)}) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--difference",), "--compare-text"),
        (("--compare-text", "x", "--difference", "--view", "positions"), "attention_map"),
        (("--compare-text", "\udcff"), "UTF-8"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused_before_a_model_is_loaded(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    view = () if "--view" in arguments else ("--view", "attention_map")
    answer = run("render", "--model", "nowhere", "--text", "ab", *view, *arguments, "-o", tmp_path / "out.png")
    assert answer.status == 2
    assert words in answer.err and len(answer.err.splitlines()) == 1


def test_a_saved_trace_needs_a_model_for_the_second_text(run: Run, llama: Path, tmp_path: Path) -> None:
    trace, path = tmp_path / "a.safetensors", tmp_path / "out.png"
    assert run("capture", "--model", llama, "--text", "abcd", "-o", trace).status == 0
    answer = run("render", "--trace", trace, "--view", "attention_map", "--compare-text", "abXd", "-o", path)
    assert answer.status == 2 and "--compare-model" in answer.err
    more = ("--compare-text", "abXd", "--compare-model", llama, "--difference")
    assert run("render", "--trace", trace, "--view", "attention_map", *more, "-o", path).status == 0


def test_what_cannot_be_compared_is_said_in_one_line(run: Run, llama: Path, bert: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    answer = render(run, llama, path, "--compare-model", bert, "--difference", "--lang", "en")
    assert answer.status == 2 and len(answer.err.splitlines()) == 1
    assert "Different kinds of models" in answer.err
    assert render(run, llama, path, "--compare-text", "", "--lang", "en").status == 2
    assert render(run, llama, path, "--compare-model", str(tmp_path / "nowhere")).status == 2
    assert not path.exists()
