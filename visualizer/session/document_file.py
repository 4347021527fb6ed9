"""A document as a `.tvsession` file: JSON, read strictly and within bounds, written whole or not at all.

Whatever the file says is checked for its kind and size before anything is done with it. Names that this version does
not know are kept; a request with an unknown part is refused, since leaving the part out would show another picture.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from visualizer.core import interventions
from visualizer.core.errors import BadIntervention, DamagedFile, MissingFile, NewerFile, WriteFailed
from visualizer.core.request import RunRequest
from visualizer.core.system.files import replacing
from visualizer.core.system.json_file import read_object
from visualizer.session.document import MOST_NOTES, Document

SUFFIX = ".tvsession"
FORMAT = "transformer-visualizer session"
VERSION = 1
MOST_BYTES = 1 << 20
DEEPEST = 48
LONGEST_NAME = 200  # of a field, an id, a kind
LONGEST_PATH = 4096
MOST_ENTRIES = 4096  # of an object or list whose length nothing else bounds
LARGEST = 2**31 - 1  # what every control of the window can take


class _Wrong(Exception):
    """What is wrong, and where: "selection.layer: no int"."""


def write(document: Document, path: Path) -> None:
    """Raises MissingFile (no such folder), WriteFailed (also for what is too large to be opened again)."""
    try:
        content = {"format": FORMAT, "version": VERSION} | _written(document)
        data = (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8")
    except (ValueError, TypeError, RecursionError) as error:  # half a character in a text; an option that is no JSON
        raise WriteFailed(str(path), " ".join(str(error).split())[:200]) from error
    if len(data) > MOST_BYTES:
        raise WriteFailed(str(path), f"{len(data)} bytes, and at most {MOST_BYTES} are possible")
    with replacing(path) as scratch:
        scratch.write_bytes(data)


def read(path: Path) -> Document:
    """Raises MissingFile, DamagedFile, and NewerFile for what a newer version of the program wrote."""
    try:
        if not path.exists():
            raise MissingFile(str(path))
        if not path.is_file():  # a pipe would never end
            raise DamagedFile(str(path), "not an ordinary file")
    except (OSError, ValueError) as error:
        raise MissingFile(str(path), str(error)) from error
    content = read_object(path, MOST_BYTES)
    try:
        _check_plain(content)
        if content.pop("format", None) != FORMAT:
            raise _Wrong("not a saved session")
        version = content.pop("version", None)
        if type(version) is not int or version < 1:
            raise _Wrong("no version")
        if version > VERSION:
            raise NewerFile(str(path), str(version))
        document: Document = _object(Document, content, "")
        _check_references(document)
    except (_Wrong, BadIntervention) as error:
        raise DamagedFile(str(path), " ".join(str(error).split())[:300]) from error
    return document


# --- writing -------------------------------------------------------------------------------------


def _written(value: Any) -> Any:
    if isinstance(value, RunRequest):
        return interventions.request_to_json(value)
    if is_dataclass(value):
        known = {item.name: _written(getattr(value, item.name)) for item in fields(value) if item.name != "rest"}
        return _joined(known, getattr(value, "rest", {}))
    if isinstance(value, Mapping):
        return {name: _written(part) for name, part in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return [_written(part) for part in value] if isinstance(value, (tuple, list)) else value


def _joined(known: dict[str, Any], rest: Mapping[str, Any]) -> dict[str, Any]:
    """What is known, and beside it, on every level, what was only kept."""
    found = dict(known)
    for name, value in rest.items():
        if name not in known:
            found[name] = value
        elif isinstance(known[name], dict) and isinstance(value, Mapping):
            found[name] = _joined(known[name], value)
    return found


# --- reading -------------------------------------------------------------------------------------


@cache
def _kinds(kind: type) -> dict[str, tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    return {item.name: (item, hints[item.name]) for item in fields(kind) if item.name != "rest"}


def _object(kind: type, content: Any, where: str) -> Any:
    """A frozen dataclass from an object; fields that are not there keep their defaults."""
    if type(content) is not dict:
        raise _Wrong(f"{where or 'document'}: no object")
    known = _kinds(kind)
    values: dict[str, Any] = {}
    for name, (item, wanted) in known.items():
        at = f"{where}.{name}" if where else name
        if name in content:
            values[name] = _value(wanted, content[name], at, item.metadata)
        elif item.default is MISSING and item.default_factory is MISSING:
            raise _Wrong(f"{at}: missing")
    if _has_rest(kind):
        values["rest"] = _unknown(kind, content)
    return kind(**values)


def _has_rest(kind: type) -> bool:
    return any(item.name == "rest" for item in fields(kind))


def _unknown(kind: type, content: Mapping[str, Any]) -> dict[str, Any]:
    """What an object says beside its fields; what a part of it says that has no room for that, by the part's name."""
    known = _kinds(kind)
    found = {name: value for name, value in content.items() if name not in known}
    for name, (_, wanted) in known.items():
        is_part = isinstance(wanted, type) and is_dataclass(wanted) and wanted is not RunRequest
        if name in content and is_part and not _has_rest(wanted) and (left := _unknown(wanted, content[name])):
            found[name] = left
    return found


def _value(wanted: Any, value: Any, at: str, about: Mapping[str, int]) -> Any:
    """A value of the kind that a field's annotation names. Raises _Wrong."""
    origin, inner = get_origin(wanted), get_args(wanted)
    if wanted is RunRequest:
        return interventions.request_from_json(value)
    if is_dataclass(wanted) and isinstance(wanted, type):
        return _object(wanted, value, at)
    if origin is Literal:
        if any(value == choice and type(value) is type(choice) for choice in inner):
            return value
        raise _Wrong(f"{at}: {value!r:.60} is none of {', '.join(map(str, inner))}")
    if origin in (Union, types.UnionType):
        (wanted,) = (kind for kind in inner if kind is not type(None))
        return None if value is None else _value(wanted, value, at, about)
    if origin in (tuple, frozenset):
        least, most = about.get("least", 0), about.get("most", MOST_ENTRIES)
        if type(value) is not list or not least <= len(value) <= most:
            raise _Wrong(f"{at}: no list of {least} to {most} entries")
        return origin(_value(inner[0], part, f"{at}[{i}]", {}) for i, part in enumerate(value))
    if wanted is Any:
        return value
    if origin is not None and issubclass(origin, Mapping):
        if type(value) is not dict or len(value) > MOST_ENTRIES:
            raise _Wrong(f"{at}: no object")
        return {name: _value(inner[1], part, f"{at}.{name}", {}) for name, part in value.items()}
    return _plain(wanted, value, at)


def _plain(wanted: type, value: Any, at: str) -> Any:
    if wanted is float and type(value) is int:
        value = float(value) if abs(value) <= LARGEST else math.inf
    if type(value) is not wanted:
        raise _Wrong(f"{at}: no {wanted.__name__}")
    if isinstance(value, str) and len(value) > _longest(at):
        raise _Wrong(f"{at}: {len(value)} characters")
    if isinstance(value, int | float) and not abs(value) <= LARGEST:
        raise _Wrong(f"{at}: {value} is too large")
    return value


def _longest(at: str) -> int:
    """Characters that a text may have."""
    if at == "notes":
        return MOST_NOTES
    return LONGEST_PATH if at.endswith(("source", "trace", "base")) else LONGEST_NAME


def _check_plain(content: Any) -> None:
    """Nesting, names and texts of everything, what is unknown too. Raises _Wrong."""
    waiting: list[tuple[Any, int]] = [(content, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEEPEST:
            raise _Wrong("nested too deeply")
        if isinstance(value, dict):
            if any(len(name) > LONGEST_NAME or "\0" in name for name in value):
                raise _Wrong("a name that is too long or holds a NUL")
            waiting += [(part, depth + 1) for part in value.values()]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]
        elif isinstance(value, str) and "\0" in value:
            raise _Wrong("a text that holds a NUL")


def _check_references(document: Document) -> None:
    """Whatever is named by a number is there, and no run grows out of itself. Raises _Wrong."""
    for name, index in _model_indices(document):
        if index is not None and not 0 <= index < len(document.models):
            raise _Wrong(f"{name}: no model {index}")
    for reference in document.models:
        for name in (reference.source, *([reference.base] if reference.base else [])):
            if not name.strip() or not name.isprintable():
                raise _Wrong(f"models: {name!r:.80} names no model")
    known: set[int] = set()
    for run in document.runs:
        if run.id in known or (run.parent is not None and run.parent not in known):
            raise _Wrong(f"runs: {run.id} is there twice, or stands before what it grew from")
        known.add(run.id)


def _model_indices(document: Document) -> Iterator[tuple[str, int | None]]:
    for pane in document.panes:
        yield "panes", pane.model
    for run in document.runs:
        yield "runs", run.model
