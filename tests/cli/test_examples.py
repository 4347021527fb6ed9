"""An example by its name: listed, drawn as it is described, and opened in the window."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from visualizer import arguments, listings
from visualizer.core.examples.library import library
from visualizer.core.place import Place
from visualizer.widgets import snapshot


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would be drawn: trace, view, selection, options."""
    found: list[dict[str, Any]] = []

    def view(trace: Any, view_id: str, path: Path, selection: Any, **looks: Any) -> tuple[str, ...]:
        found.append({"trace": trace, "view": view_id, "selection": selection} | looks)
        return ()  # nothing to say of the picture

    def window(trace: Any, path: Path, selection: Any, **looks: Any) -> None:
        found.append({"trace": trace, "view": looks["view_id"], "selection": selection} | looks)

    monkeypatch.setattr(snapshot, "render_view", view)
    monkeypatch.setattr(snapshot, "render_window", window)
    return found


def test_all_examples_are_listed_in_the_language_asked_for(run: Run) -> None:
    for language in ("en", "ja"):
        answer = run("examples", "--lang", language)
        assert answer.status == 0
        lines = answer.out.splitlines()
        assert len(lines) == len(library()) + len(library().topics)
        for example in library():
            assert any(example.id in line and example.title.of(language) in line for line in lines)


def test_the_list_is_also_there_as_json(run: Run) -> None:
    entries = json.loads(run("examples", "--json").out)
    assert [entry["id"] for entry in entries] == [example.id for example in library()]
    assert set(entries[0]["shows"]) == {"en", "ja"}


@pytest.mark.parametrize("view", [(), ("--view", "window")])
def test_an_example_brings_model_text_view_and_place(
    run: Run, drawn: list[dict[str, Any]], tmp_path: Path, view: tuple[str, ...]
) -> None:
    answer = run("render", "--example", "yesterday-moves", *view, "-o", tmp_path / "a.png")
    assert (answer.status, answer.err) == (0, "")
    (one,) = drawn
    example = library().get("yesterday-moves")
    assert example is not None
    assert one["trace"].request == example.request and one["trace"].model.source == example.model
    assert one["view"] == example.view
    assert one["selection"].place == Place("cross", example.aim.layer, example.aim.head)
    assert one["selection"].query == example.aim.query


def test_what_is_said_beside_an_example_goes_before_it(run: Run, drawn: list[dict[str, Any]], tmp_path: Path) -> None:
    options = ("--view", "attention_map", "--layer", "1", "--head", "2", "--key", "3")
    assert run("render", "--example", "induction", *options, "-o", tmp_path / "a.png").status == 0
    (one,) = drawn
    selection = one["selection"]
    assert (one["view"], selection.layer, selection.head, selection.query, selection.key) == (
        "attention_map", 1, 2, None, 3,
    )  # fmt: skip


def test_an_examples_options_come_with_it(run: Run, drawn: list[dict[str, Any]], tmp_path: Path) -> None:
    assert run("render", "--example", "find-induction", "-o", tmp_path / "a.png").status == 0
    assert drawn[0]["options"]["head_statistics"] == {"sort": "induction", "falling": True}


def test_another_model_reads_the_text_and_keeps_its_own_heads(
    run: Run, drawn: list[dict[str, Any]], tmp_path: Path, llama: Path
) -> None:
    answer = run("render", "--example", "find-induction", "--model", llama, "-o", tmp_path / "a.png")
    assert answer.status == 0, answer.err
    (one,) = drawn
    assert one["trace"].text.startswith("Tom and Mary")
    assert (one["selection"].layer, one["selection"].head, one["selection"].query) == (0, 0, None)


def test_every_example_is_complete_for_the_command_line() -> None:
    parser = arguments.render_parser()
    for example in library():
        asked: argparse.Namespace = parser.parse_args(["--example", example.id, "-o", "x.png"])
        listings.put_example(parser, asked)
        assert asked.view == example.view and asked.text and asked.model == example.model
        options = arguments.chosen_options(asked)
        assert {view: options.get(view) for view in example.options} == {
            view: dict(chosen) for view, chosen in example.options.items()
        }
