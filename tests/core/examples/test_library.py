"""The files of examples: complete in both languages, and refused where they are not as they should be."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from visualizer.core.errors import DamagedFile
from visualizer.core.examples import library as reader
from visualizer.core.examples.library import library
from visualizer.core.loading.catalogue import bundled_names
from visualizer.session.options import abouts, is_valid
from visualizer.views.registry import VIEWS, options_class

JAPANESE = re.compile("[ぁ-ゖァ-ヺ一-龯]")


def _good() -> dict[str, Any]:
    return {
        "topic": {"id": "t", "title": {"en": "T", "ja": "題"}},
        "examples": [
            {
                "id": "one",
                "language": "en",
                "model": "bundled:gpt-ja-en",
                "text": "Thank you very",
                "view": "next_token",
                "aim": {"kind": "self", "layer": 0, "head": 0},
                "title": {"en": "Thanks", "ja": "お礼"},
                "shows": {"en": "What follows.", "ja": "続き。"},
                "claims": [{"expects": {"at": [3, " very"], "token": "much", "least": 0.9}}],
            }
        ],
    }


def test_there_are_examples_of_every_kind_for_every_bundled_model_in_both_languages() -> None:
    found = library()
    assert len(found) >= 40
    assert {example.model for example in found} == {f"bundled:{name}" for name in bundled_names()}
    for language in ("ja", "en"):
        assert sum(example.language == language for example in found) >= 20, language
    assert all(found.of_topic(topic.id) for topic in found.topics)


def test_every_example_is_told_in_both_languages_and_opens_a_view_that_is_there() -> None:
    for example in library():
        for words in (example.title, example.shows):
            assert JAPANESE.search(words.ja), f"{example.id}: no Japanese: {words.ja}"
            assert words.en != words.ja or words is example.title, example.id
        assert example.view in VIEWS, example.id
        for view, options in example.options.items():
            kind = options_class(view)
            for name, value in options.items():
                assert is_valid(value, getattr(kind(), name), abouts(kind)[name]), (example.id, name)


@pytest.mark.parametrize(("name", "language"), [("README.md", "en"), ("README.ja.md", "ja")])
def test_every_topic_stands_in_the_readme(name: str, language: str) -> None:
    text = (Path(__file__).resolve().parents[3] / name).read_text(encoding="utf-8")
    assert not [topic.id for topic in library().topics if f"| {topic.title.of(language)} |" not in text]


def test_what_a_small_model_does_not_do_is_said_to_be_its_limit() -> None:
    for example in library():
        says_so = "larger" in example.shows.en
        assert example.is_limit or not says_so, f"{example.id} speaks of a larger model and is not marked"
    assert sum(example.is_limit for example in library()) >= 5


def test_examples_for_a_model_are_its_own_and_of_different_topics() -> None:
    found = library()
    for name in bundled_names():
        chosen = found.for_model(f"bundled:{name}", 3)
        assert len(chosen) == 3
        assert {example.model for example in chosen} == {f"bundled:{name}"}
        assert len({example.topic for example in chosen}) == 3
    assert len(found.for_model("owner/unknown", 3)) == 3
    assert found.for_model("bundled:gpt-ja-en", 0) == ()


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(_good()), encoding="utf-8")
    topic, (example,) = reader.read(path)
    assert (topic.id, topic.title.of("ja"), topic.title.of("en")) == ("t", "題", "T")
    assert (example.request.text, example.topic, example.sentence) == ("Thank you very", "t", "Thank you very")
    assert example.claims[0] == reader.KINDS["expects"](reader.Spot(3, " very"), "much", 0.9)


def _changed(**changes: Any) -> dict[str, Any]:
    content = _good()
    content["examples"][0] |= changes
    return content


BAD: dict[str, Any] = {
    "no object": [],
    "no topic": {"examples": []},
    "unknown name": _good() | {"more": 1},
    "no list": _good() | {"examples": {}},
    "too many": _good() | {"examples": _good()["examples"] * 201},
    "twice": _good() | {"examples": _good()["examples"] * 2},
    "unknown field": _changed(extra=1),
    "language": _changed(language="fr"),
    "empty text": _changed(text=""),
    "long text": _changed(text="a" * 5000),
    "NUL": _changed(text="a\0b"),
    "one language": _changed(title={"en": "T"}),
    "aim": _changed(aim={"kind": "self", "layer": -1, "head": 0}),
    "aim of another kind": _changed(aim={"kind": "self", "layer": True, "head": 0}),
    "no head": _changed(aim={"kind": "self", "layer": 1}),
    "claims": _changed(claims={}),
    "unknown claim": _changed(claims=[{"feels": {}}]),
    "two claims in one": _changed(claims=[{"writes": {"text": "a"}, "positions": {"kind": "rotary"}}]),
    "missing figure": _changed(claims=[{"expects": {"at": [3, " very"], "token": "much"}}]),
    "figure": _changed(claims=[{"expects": {"at": [3, " very"], "token": "much", "least": "0.9"}}]),
    "token": _changed(claims=[{"expects": {"at": 3, "token": "much", "least": 0.9}}]),
    "place": _changed(claims=[{"measures": {"place": [0, 0], "measure": "induction", "least": 0.9}}]),
    "truth": _changed(claims=[{"judges": {"same": 1, "least": 0.9}}]),
    "options": _changed(options=[]),
}


@pytest.mark.parametrize("content", BAD.values(), ids=list(BAD))
def test_a_file_that_is_not_as_it_should_be_is_refused(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DamagedFile):
        reader.read(path)


def test_the_same_id_in_two_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(_good()), encoding="utf-8")
    other = _good()
    other["topic"]["id"] = "u"
    (tmp_path / "b.json").write_text(json.dumps(other), encoding="utf-8")
    with pytest.raises(DamagedFile):
        reader.read_folder(tmp_path)
