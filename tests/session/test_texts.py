"""The history of texts: what is remembered, for how long, and that a file can hold it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from visualizer.core.request import RunRequest
from visualizer.session import settings as settings_file
from visualizer.session import texts as module
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.session.texts import Entry


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    session = Session()
    session.seconds = 0.0  # type: ignore[attr-defined]
    session.texts._clock = lambda: session.seconds  # type: ignore[attr-defined]
    yield session
    assert session.shutdown()


def stand(session: Session, text: str, seconds: float = 10.0, **others: str) -> None:
    session.ask(RunRequest(text, **others))
    session.seconds += seconds  # type: ignore[attr-defined]


def texts(session: Session) -> list[str]:
    return [entry.text for entry in session.texts.entries()]


def test_what_stood_for_a_while_is_remembered_and_what_was_typed_over_is_not(session: Session) -> None:
    stand(session, "one")
    for text in ("t", "tw", "two"):
        stand(session, text, 0.2)
    session.seconds += 10  # type: ignore[attr-defined]
    stand(session, "three", 0.1)
    assert texts(session) == ["two", "one"]
    session.texts.commit()
    assert texts(session) == ["three", "two", "one"]


def test_a_text_that_is_typed_on_is_one_text(session: Session) -> None:
    for text in ("the", "the cat", "the cat sat"):
        stand(session, text)
    session.texts.commit()
    assert texts(session) == ["the cat sat"]


def test_the_same_again_comes_to_the_front(session: Session) -> None:
    for text in ("one", "two", "one"):
        stand(session, text)
    session.texts.commit()
    assert texts(session) == ["one", "two"]


def test_second_sentences_and_outputs_are_remembered_with_their_text(session: Session) -> None:
    stand(session, "one", pair="first")
    stand(session, "one", target="erste")
    session.texts.commit()
    assert session.texts.entries() == (Entry("one", target="erste"), Entry("one", pair="first"))
    session.texts.choose(Entry("one", pair="first"), session.showing)
    assert session.request == RunRequest("one", pair="first")


def test_one_goes_back_and_forth_and_what_was_being_typed_is_not_lost(session: Session) -> None:
    for text in ("one", "two", "three"):
        stand(session, text)
    stand(session, "half a sen", 0.1)
    walked = []
    for by in (1, 1, 1, 1, -1, -1, -1, -1):
        session.texts.step(by, session.showing)
        walked.append(session.text)
    assert walked == ["three", "two", "one", "one", "two", "three", "half a sen", "half a sen"]


def test_a_slow_walk_does_not_turn_round(session: Session) -> None:
    for text in ("one", "two", "three"):
        stand(session, text)
    walked = []
    for _ in range(2):
        session.texts.step(1, session.showing)
        session.seconds += 10  # type: ignore[attr-defined]
        walked.append(session.text)
    assert walked == ["two", "one"]


def test_the_second_pane_has_its_own_place_in_the_same_history(session: Session) -> None:
    for text in ("one", "two"):
        stand(session, text)
    other = session.compare(RunRequest("three"))
    session.texts.step(1, other)
    assert (other.request.text, session.text) == ("two", "two")
    session.texts.step(1, other)
    assert (other.request.text, session.text) == ("one", "two")


def test_the_history_is_bounded_and_a_document_is_no_text(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(module.MOST + 10):
        stand(session, f"{number}.")
    stand(session, "x" * (module.LONGEST + 1))
    stand(session, " ")
    session.texts.commit()
    assert len(texts(session)) == module.MOST
    assert texts(session)[0] == f"{module.MOST + 9}."
    monkeypatch.setattr(module, "MOST_CHARACTERS", 10)
    stand(session, "abcdefgh")
    session.texts.commit()
    assert sum(map(len, texts(session))) <= 10


def test_it_can_be_cleared_and_single_texts_be_forgotten(session: Session) -> None:
    for text in ("one", "two", "three"):
        stand(session, text)
    session.texts.commit()
    session.texts.remove(Entry("two"))
    assert texts(session) == ["three", "one"]
    session.texts.clear()
    assert texts(session) == []


def test_the_history_is_kept_across_starts(session: Session, tmp_path: Path) -> None:
    stand(session, "猫", pair="犬")
    session.texts.commit()
    assert settings_file.save(session.settings, tmp_path / "s.json")
    found, damaged = settings_file.load(tmp_path / "s.json")
    assert not damaged
    assert found.texts == [{"text": "猫", "pair": "犬"}]


@pytest.mark.parametrize(
    "bad",
    [3, "text", {}, {"text": 3}, {"text": ""}, {"text": "a\0"}, {"text": "\ud800"}, {"text": "a", "model": "x"}, None,
     {"text": "a", "pair": []}, {"text": "x" * (module.LONGEST + 1)}],
)  # fmt: skip
def test_every_text_of_the_settings_is_checked_alone(tmp_path: Path, bad: object) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps({"texts": [{"text": "good"}, bad, {"text": "b", "target": "t"}]}), encoding="utf-8")
    found, damaged = settings_file.load(path)
    assert damaged
    assert found.texts == [{"text": "good"}, {"text": "b", "target": "t"}]
    session = Session(found)
    assert session.texts.entries() == (Entry("good"), Entry("b", target="t"))


def test_settings_of_before_have_no_history() -> None:
    assert Settings().texts == []
