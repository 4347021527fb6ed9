"""Examples as documents, and one's own, kept as ordinary saved sessions with a name and a note beside them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from visualizer.core.errors import DamagedFile, MissingFile, VisualizerError, WriteFailed
from visualizer.core.examples.example import Example
from visualizer.session import document_file
from visualizer.session.document import Document, Layout, ModelReference, Pane
from visualizer.session.selection import Selection
from visualizer.session.settings import settings_path

MOST = 500  # of one's own
LONGEST_NAME = 100
LONGEST_NOTE = 2000
_KEY = "example"  # under which a document's rest holds name and note


def document_of(example: Example, dock: bool = True) -> Document:
    """The question, the model and where one looks, to be opened as a saved session is. dock: as it stands now."""
    aim = example.aim
    return Document(
        panes=(Pane(example.request, 0),),
        models=(ModelReference(example.model),),
        selection=Selection(aim.kind, aim.layer, aim.head, aim.query, aim.key, aim.position),
        has_chosen_head=True,
        options=example.options,
        layout=Layout(first=example.view, dock=dock),
    )


@dataclass(frozen=True)
class OwnExample:
    """One that was kept. document: what it opens; None where the file cannot be read: `error` says why."""

    path: Path
    name: str
    note: str = ""
    document: Document | None = None
    error: VisualizerError | None = None

    @property
    def sentence(self) -> str:
        """The text, and what stands beside it, in one line."""
        if self.document is None:
            return ""
        request = self.document.panes[0].request
        return " / ".join(part for part in (request.text, request.pair, request.target) if part)

    @property
    def model(self) -> str:
        """The model's source, "" where it has none."""
        models = self.document.models if self.document is not None else ()
        return models[0].source if models else ""


def folder() -> Path:
    """Where one's own lie: beside the settings."""
    return settings_path().parent / "examples"


def kept(where: Path | None = None) -> tuple[OwnExample, ...]:
    """One's own, by name; those that cannot be read too, with what is wrong."""
    try:
        paths = sorted((where or folder()).glob(f"*{document_file.SUFFIX}"))[:MOST]
    except OSError:
        return ()
    return tuple(sorted((_read(path) for path in paths), key=lambda own: (own.name.casefold(), own.path.name)))


def keep(document: Document, name: str, note: str = "", where: Path | None = None) -> OwnExample:
    """Keep what a document says under a name. Raises WriteFailed, also for an empty name or when there are too many."""
    at = where or folder()
    try:
        at.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteFailed(str(at), error.strerror or str(error)) from error
    if len(kept(at)) >= MOST:
        raise WriteFailed(str(at), f"at most {MOST} are possible")
    return _write(document, name, note, at / f"example-{uuid.uuid4().hex[:12]}{document_file.SUFFIX}")


def renamed(own: OwnExample, name: str, note: str) -> OwnExample:
    """The same under another name. Raises WriteFailed, MissingFile; `own.error` for one that cannot be read."""
    if own.document is None:
        raise own.error or DamagedFile(str(own.path))
    if not own.path.is_file():
        raise MissingFile(str(own.path))
    return _write(own.document, name, note, own.path)


def delete(own: OwnExample) -> None:
    """Take it away; one that is gone already is no error. Raises WriteFailed."""
    try:
        own.path.unlink(missing_ok=True)
    except OSError as error:
        raise WriteFailed(str(own.path), error.strerror or str(error)) from error


def _write(document: Document, name: str, note: str, path: Path) -> OwnExample:
    name, note = " ".join(name.split())[:LONGEST_NAME], note.strip()[:LONGEST_NOTE]
    if not name:
        raise WriteFailed(str(path), "a name is needed")
    plain = _without_name(replace(document, runs=()))  # what else was asked is no part of the example
    document_file.write(replace(plain, rest={**plain.rest, _KEY: {"name": name, "note": note}}), path)
    return OwnExample(path, name, note, plain)


def _read(path: Path) -> OwnExample:
    try:
        document = document_file.read(path)
    except VisualizerError as error:
        return OwnExample(path, path.stem, error=error)
    about = document.rest.get(_KEY)
    content: Mapping[str, Any] = about if isinstance(about, dict) else {}
    name, note = content.get("name"), content.get("note")
    return OwnExample(
        path,
        (" ".join(name.split())[:LONGEST_NAME] if isinstance(name, str) else "") or path.stem,
        note[:LONGEST_NOTE] if isinstance(note, str) else "",
        _without_name(document),
    )


def _without_name(document: Document) -> Document:
    return replace(document, rest={name: value for name, value in document.rest.items() if name != _KEY})
