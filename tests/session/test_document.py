"""Saved sessions as files: nothing is lost on the way, and nothing hostile gets in."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.core.errors import DamagedFile, MissingFile, NewerFile, VisualizerError, WriteFailed
from visualizer.core.interventions import ablation
from visualizer.core.names import KINDS, QUADRANTS, UNITS
from visualizer.core.reading.rule import Rule
from visualizer.core.request import RunRequest
from visualizer.session import document_file
from visualizer.session.document import AskedRun, Document, Layout, ModelReference, Pane
from visualizer.session.selection import SCALES, Look, Sampling, Selection

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)
NAMES = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=12)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
REST = st.dictionaries(NAMES.map(lambda name: f"x_{name}"), PLAIN, max_size=2)
NUMBERS = st.integers(0, 50)
FREE = st.none() | NUMBERS
ABLATIONS = st.builds(ablation.head, NUMBERS, NUMBERS, st.sampled_from(KINDS), st.sampled_from(("zero", "mean")))
REQUESTS = st.builds(
    RunRequest, TEXTS, st.none() | TEXTS, st.none() | TEXTS, st.lists(ABLATIONS, max_size=3).map(tuple)
)
SELECTIONS = st.builds(
    Selection,
    st.sampled_from(KINDS),
    NUMBERS,
    NUMBERS,
    FREE,
    FREE,
    st.integers(-1, 50),
    st.builds(Rule, st.sampled_from(UNITS), st.booleans(), st.none() | st.sampled_from(QUADRANTS)),
    st.builds(Sampling, st.floats(0, 9), st.none() | st.integers(1, 99), st.none() | st.floats(0.1, 1)),
    st.builds(Look, st.sampled_from(SCALES), st.frozensets(TEXTS, max_size=3), st.booleans()),
)


@st.composite
def documents(draw: Callable[[Any], Any]) -> Document:
    base = st.just("") | NAMES
    models = draw(st.lists(st.builds(ModelReference, NAMES, NAMES, NAMES, st.booleans(), base, REST), max_size=3))
    indices = st.integers(0, len(models) - 1) if models else st.none()
    pane = st.builds(Pane, REQUESTS, st.none() | indices, NAMES, st.booleans(), REST)
    panes = draw(st.lists(pane, min_size=1, max_size=2))
    runs = []
    for number in range(draw(st.integers(0, 4)) if models else 0):
        parent = draw(st.none() | st.integers(0, number - 1)) if number else None
        runs.append(AskedRun(number, draw(indices), draw(REQUESTS), parent, draw(REST)))
    return Document(
        tuple(panes),
        tuple(models),
        tuple(runs),
        draw(SELECTIONS),
        draw(st.booleans()),
        draw(st.dictionaries(NAMES, st.dictionaries(NAMES, PLAIN, max_size=3), max_size=3)),
        draw(st.builds(Layout, NAMES, NAMES, st.booleans(), NAMES, REST)),
        draw(TEXTS),
        draw(REST),
    )


@given(document=documents())
def test_a_document_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    path = tmp_path_factory.mktemp("round") / "a.tvsession"
    document_file.write(document, path)
    assert document_file.read(path) == document
    assert [item.name for item in path.parent.iterdir()] == ["a.tvsession"]


def _content(**changes: Any) -> dict[str, Any]:
    whole = {
        "format": document_file.FORMAT,
        "version": document_file.VERSION,
        "models": [{"source": "bundled:gpt-ja-en", "device": "cpu", "dtype": "float32"}],
        "panes": [{"request": {"text": "私は"}, "model": 0}],
        "runs": [{"id": 1, "model": 0, "request": {"text": "私"}}],
        "selection": {"layer": 1, "rule": {"unit": "word"}},
        "options": {"attention_lines": {"mass": 0.5}},
        "layout": {"first": "attention_map", "second": "head_grid"},
    }
    return whole | changes


def _read(tmp_path: Path, content: Any) -> Document:
    path = tmp_path / "a.tvsession"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return document_file.read(path)


def test_what_is_not_said_keeps_its_default(tmp_path: Path) -> None:
    found = _read(tmp_path, _content())
    assert found.selection == Selection(layer=1, rule=Rule("word"))
    assert found.panes == (Pane(RunRequest("私は"), 0),)
    assert found.layout == Layout("attention_map", "head_grid")


def test_unknown_fields_survive_opening_and_saving(tmp_path: Path) -> None:
    content = _content(lesson={"step": [1, 2.5, None]})
    content["layout"]["third"] = "x"
    content["models"][0]["revision"] = "abc"
    content["panes"][0]["zoom"] = {"x": 1}
    content["runs"][0]["note"] = "good"
    content["options"]["view_of_another_package"] = {"depth": [[1]]}
    content["selection"]["lens"] = 3
    content["selection"]["look"] = {"palette": "warm", "scale": "log"}
    path = tmp_path / "b.tvsession"
    document_file.write(_read(tmp_path, content), path)
    saved = json.loads(path.read_text(encoding="utf-8"))
    assert saved["lesson"] == content["lesson"]
    assert saved["layout"]["third"] == "x"
    assert saved["models"][0]["revision"] == "abc"
    assert saved["panes"][0]["zoom"] == {"x": 1}
    assert saved["runs"][0]["note"] == "good"
    assert saved["options"]["view_of_another_package"] == {"depth": [[1]]}
    assert (saved["selection"]["lens"], saved["selection"]["layer"]) == (3, content["selection"]["layer"])
    assert (saved["selection"]["look"]["palette"], saved["selection"]["look"]["scale"]) == ("warm", "log")


def test_what_a_newer_version_wrote_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NewerFile):
        _read(tmp_path, _content(version=2, panes="of another shape"))


RUN = {"id": 1, "model": 0, "request": {"text": "a"}}
PANE = {"request": {"text": "a"}, "model": 0}
OFF = {"type": "ablate", "site": {"place": "head_output", "layers": [0], "heads": [0]}}


def _off(**changes: Any) -> list[Any]:
    return [{"request": {"text": "a", "interventions": [OFF | changes]}, "model": 0}]


HOSTILE = {
    "no JSON": b"\x00\xff{",
    "empty": b"",
    "a list": [],
    "another format": _content(format="safetensors"),
    "no version": _content(version="1"),
    "version true": _content(version=True),
    "too large": json.dumps(_content(x="y" * (1 << 20))).encode(),
    "too deep for the stack": b'{"x":' + b"[" * 300_000,
    "too deep": _content(x=json.loads("[" * 60 + "]" * 60)),
    "an endless integer": json.dumps(_content()).encode()[:-1] + b',"x":' + b"9" * 5000 + b"}",
    "NaN": json.dumps(_content(x=float("nan"))).encode(),
    "infinity": json.dumps(_content(selection={"sampling": {"temperature": float("inf")}})).encode(),
    "a number without end": json.dumps(_content()).encode().replace(b"0.5", b"1e999"),
    "half a character": _content(panes=[{"request": {"text": "\ud800"}}]),
    "NUL in a text": _content(panes=[{"request": {"text": "a\0b"}}]),
    "NUL in an unknown name": _content(**{"a\0": 1}),
    "no panes": _content(panes=[]),
    "three panes": _content(panes=[PANE] * 3),
    "panes of another kind": _content(panes={"0": PANE}),
    "a pane without a request": _content(panes=[{"model": 0}]),
    "a text that is a number": _content(panes=[{"request": {"text": 5}}]),
    "an unknown part of a request": _content(panes=[{"request": {"text": "a", "prefix": "b"}}]),
    "a model that is not there": _content(panes=[PANE | {"model": 1}]),
    "a model before the first": _content(panes=[PANE | {"model": -1}]),
    "a model that is true": _content(panes=[PANE | {"model": True}]),
    "nine models": _content(models=[{"source": "a"}] * 9),
    "a model without a name": _content(models=[{"source": " "}]),
    "a name of two lines": _content(models=[{"source": "a\nb"}]),
    "a name without end": _content(models=[{"source": "a" * 5000}]),
    "a device that is a list": _content(models=[{"source": "a", "device": ["cpu"]}]),
    "a run twice": _content(runs=[RUN, RUN]),
    "a run that is its own parent": _content(runs=[RUN | {"parent": 1}]),
    "runs in a circle": _content(runs=[RUN | {"parent": 2}, RUN | {"id": 2, "parent": 1}]),
    "too many runs": _content(runs=[RUN | {"id": i} for i in range(4097)]),
    "a run without a model": _content(runs=[{"id": 1, "request": {"text": "a"}}]),
    "a layer that is a text": _content(selection={"layer": "1"}),
    "a layer that is no whole number": _content(selection={"layer": 1.5}),
    "a layer that is false": _content(selection={"layer": False}),
    "a layer beyond every control": _content(selection={"layer": 2**31}),
    "an unknown unit": _content(selection={"rule": {"unit": "page"}}),
    "a rule that is a list": _content(selection={"rule": []}),
    "parts of speech that are a text": _content(selection={"look": {"parts_of_speech": "noun"}}),
    "parts of speech that are lists": _content(selection={"look": {"parts_of_speech": [[]]}}),
    "options of a view that are a list": _content(options={"positions": []}),
    "a dock that is one": _content(layout={"dock": 1}),
    "an unknown intervention": _content(panes=_off(type="eval")),
    "an unknown way": _content(panes=_off(how="twice")),
    "a head that is a text": _content(panes=_off(site=OFF["site"] | {"heads": ["0"]})),  # type: ignore[operator]
    "interventions that are a number": _content(panes=[{"request": {"text": "a", "interventions": 3}}]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_one_error_of_ours(tmp_path: Path, name: str) -> None:
    with pytest.raises(DamagedFile) as caught:
        _read(tmp_path, HOSTILE[name])
    assert len(str(caught.value)) < 1500
    assert "\n" not in caught.value.detail


@given(junk=PLAIN, at=st.sampled_from(("panes", "models", "runs", "selection", "options", "layout", "version")))
def test_whatever_stands_in_a_field_the_answer_is_a_document_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, junk: Any, at: str
) -> None:
    try:
        assert isinstance(_read(tmp_path_factory.mktemp("junk"), _content(**{at: junk})), Document)
    except VisualizerError:
        pass


def test_what_is_no_file_is_told_and_never_waited_for(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        document_file.read(tmp_path / "none.tvsession")
    with pytest.raises(DamagedFile):
        document_file.read(tmp_path)
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(DamagedFile):
            document_file.read(tmp_path / "pipe")


@pytest.mark.parametrize(
    "document",
    [
        Document((Pane(RunRequest("\ud800")),)),
        Document((Pane(RunRequest("a" * (1 << 20))),)),
        Document(options={"view": {"value": float("nan")}}),
        Document(options={"view": {"value": object()}}),
    ],
)
def test_what_could_not_be_opened_again_is_not_written_and_the_old_file_stays(
    tmp_path: Path, document: Document
) -> None:
    path = tmp_path / "a.tvsession"
    document_file.write(Document(), path)
    before = path.read_bytes()
    with pytest.raises(WriteFailed):
        document_file.write(document, path)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["a.tvsession"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        document_file.write(Document(), tmp_path / "none" / "a.tvsession")
