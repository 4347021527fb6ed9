"""Examples as documents, and one's own as files: kept, renamed, deleted, and refused when they are damaged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from visualizer.core.errors import DamagedFile, MissingFile, NewerFile, VisualizerError, WriteFailed
from visualizer.core.examples.library import library
from visualizer.core.request import RunRequest
from visualizer.session import document_file, examples
from visualizer.session.document import AskedRun, Document, Layout, ModelReference, Pane
from visualizer.session.selection import Selection

SHOWN = Document(
    panes=(Pane(RunRequest("abc", "d"), 0),),
    models=(ModelReference("bundled:bert-ja-en"),),
    runs=(AskedRun(1, 0, RunRequest("earlier")),),
    selection=Selection(layer=2, head=3, query=1),
    layout=Layout("attention_lines"),
    rest={"of a newer program": 1},
)


@pytest.mark.parametrize("example", library().examples, ids=lambda example: example.id)
def test_an_example_is_a_document_that_can_be_saved_and_opened(example: object, tmp_path: Path) -> None:
    document = examples.document_of(example)  # type: ignore[arg-type]
    document_file.write(document, tmp_path / "a.tvsession")
    assert document_file.read(tmp_path / "a.tvsession") == document
    assert document.has_chosen_head


def test_ones_own_are_found_again_by_name_with_their_note_and_without_what_else_was_asked() -> None:
    examples.keep(SHOWN, "  Zebra\n one ", "look here\n")
    examples.keep(SHOWN, "橋", "")
    first, second = examples.kept()
    assert (first.name, first.note, second.name, second.note) == ("Zebra one", "look here", "橋", "")
    assert first.document == replace(SHOWN, runs=())
    assert (first.sentence, first.model, first.error) == ("abc / d", "bundled:bert-ja-en", None)


def test_one_that_is_opened_and_kept_again_has_its_new_name_only() -> None:
    first = examples.keep(SHOWN, "one")
    assert first.document is not None
    examples.keep(replace(first.document, rest={"example": {"name": "stale"}}), "two")
    assert [own.name for own in examples.kept()] == ["one", "two"]


def test_a_renamed_one_stays_in_its_file_and_a_deleted_one_is_gone() -> None:
    own = examples.keep(SHOWN, "one", "note")
    again = examples.renamed(own, "other", "words")
    assert (again.path, again.name, again.note, again.document) == (own.path, "other", "words", own.document)
    assert examples.kept() == (again,)
    examples.delete(again)
    examples.delete(again)  # gone already: nothing to say
    assert examples.kept() == ()
    with pytest.raises(MissingFile):
        examples.renamed(again, "third", "")


def test_a_name_is_needed() -> None:
    with pytest.raises(WriteFailed):
        examples.keep(SHOWN, "  ")
    assert examples.kept() == ()


def test_names_and_notes_have_an_end() -> None:
    own = examples.keep(SHOWN, "n" * 5000, "w" * 50_000)
    assert (len(own.name), len(own.note)) == (examples.LONGEST_NAME, examples.LONGEST_NOTE)
    assert examples.kept() == (own,)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", DamagedFile),
        (b"\xff\xfe\x00", DamagedFile),
        (b"[" * 100_000, DamagedFile),
        (b'{"format": "something else", "version": 1}', DamagedFile),
        (b'{"format": "transformer-visualizer session", "version": 99}', NewerFile),
        (b" " * (document_file.MOST_BYTES + 1), DamagedFile),
    ],
)
def test_a_file_that_cannot_be_read_is_shown_with_what_is_wrong_and_hides_no_other(
    content: bytes, error: type[VisualizerError]
) -> None:
    good = examples.keep(SHOWN, "good")
    (examples.folder() / "bad.tvsession").write_bytes(content)
    bad, found = examples.kept()
    assert found == good
    assert (bad.name, bad.document, bad.sentence, bad.model) == ("bad", None, "", "")
    assert isinstance(bad.error, error)
    with pytest.raises(error):
        examples.renamed(bad, "new", "")
    assert (examples.folder() / "bad.tvsession").read_bytes() == content


@pytest.mark.parametrize("about", [None, 5, [], {"name": 7, "note": []}, {"name": " "}])
def test_a_session_without_a_proper_name_is_called_like_its_file(about: object) -> None:
    own = examples.keep(SHOWN, "one")
    content = json.loads(own.path.read_text(encoding="utf-8"))
    content["example"] = about
    path = examples.folder() / "from a friend.tvsession"
    path.write_text(json.dumps(content), encoding="utf-8")
    own.path.unlink()
    (found,) = examples.kept()
    assert (found.name, found.note) == ("from a friend", "")


def test_a_folder_that_cannot_be_made_is_told_and_shows_none(tmp_path: Path) -> None:
    examples.folder().parent.mkdir(parents=True)
    examples.folder().write_text("a file has this name")
    assert examples.kept() == ()
    with pytest.raises(WriteFailed):
        examples.keep(SHOWN, "one")


def test_there_are_not_more_than_can_be_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "MOST", 2)
    for name in "ab":
        examples.keep(SHOWN, name)
    with pytest.raises(WriteFailed):
        examples.keep(SHOWN, "c")
    assert [own.name for own in examples.kept()] == ["a", "b"]
