"""The examples that ship with the program: the files of assets/examples, one a topic, read strictly and once.

    {"topic": {"id": "tokens", "title": {"en": "...", "ja": "..."}}, "examples": [{"id": "...", ...}]}

A token is written as [number, label]. Nothing is imported here that takes time: the window reads this at its start.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from visualizer.core.errors import DamagedFile
from visualizer.core.examples.claims import KINDS, Claim, Spot
from visualizer.core.examples.example import Aim, Example, Topic, Words
from visualizer.core.place import Place
from visualizer.core.request import RunRequest
from visualizer.core.system.json_file import read_object
from visualizer.core.system.paths import assets

log = logging.getLogger(__name__)

MOST_BYTES = 1 << 18
MOST_EXAMPLES = 200  # of one file
LONGEST = 4000  # characters of a text
LARGEST = 100_000  # number of a token, layer or head
LANGUAGES = ("ja", "en", "both")
LIMITS = "limit fails failure weakness 限界 苦手 失敗 できない"


class _Wrong(Exception):
    """What is wrong, and where."""


@dataclass(frozen=True)
class Library:
    """Topics and examples in the order in which they are offered."""

    topics: tuple[Topic, ...]
    examples: tuple[Example, ...]

    def __iter__(self) -> Iterator[Example]:
        return iter(self.examples)

    def __len__(self) -> int:
        return len(self.examples)

    def get(self, example_id: str) -> Example | None:
        return next((example for example in self.examples if example.id == example_id), None)

    def of_topic(self, topic_id: str) -> tuple[Example, ...]:
        return tuple(example for example in self.examples if example.topic == topic_id)

    def for_model(self, source: str, count: int) -> tuple[Example, ...]:
        """So many of this model, of different topics as far as there are some; of any model when it has none."""
        own = [example for example in self.examples if example.model == source] or list(self.examples)
        chosen: list[Example] = []
        while len(chosen) < min(count, len(own)):
            topics = {example.topic for example in chosen}
            left = [example for example in own if example not in chosen]
            chosen.append(next((example for example in left if example.topic not in topics), left[0]))
        return tuple(chosen)


def words_of(example: Example) -> str:
    """All by which an example is found beside its titles, in both languages."""
    topic = next((one.title for one in library().topics if one.id == example.topic), None)
    titles = (topic.en, topic.ja) if topic is not None else ()
    limits = LIMITS if example.is_limit else ""
    shows = (example.shows.en, example.shows.ja)
    return " ".join((example.words, example.sentence, *shows, *titles, example.model, example.id, limits))


@cache
def library() -> Library:
    """All examples that ship with the program; none, and a line in the log, where their files are damaged."""
    try:
        return read_folder(assets() / "examples")
    except DamagedFile as error:
        log.error("no examples: %s", error)
        return Library((), ())


def read_folder(folder: Path) -> Library:
    """The files of a folder in the order of their names. Raises DamagedFile."""
    topics: list[Topic] = []
    examples: list[Example] = []
    for path in sorted(folder.glob("*.json")):
        topic, found = read(path)
        if topic.id in {one.id for one in topics} or {one.id for one in found} & {one.id for one in examples}:
            raise DamagedFile(str(path), "an id that another file has")
        topics.append(topic)
        examples += found
    return Library(tuple(topics), tuple(examples))


def read(path: Path) -> tuple[Topic, tuple[Example, ...]]:
    """One topic and its examples. Raises DamagedFile for anything that is not as the module says."""
    content = read_object(path, MOST_BYTES)
    try:
        _check_names(content, ("topic", "examples"), "file")
        about = _object(content.get("topic"), "topic")
        topic = Topic(_text(about.get("id"), "topic.id"), _words(about.get("title"), "topic.title"))
        entries = content.get("examples")
        if type(entries) is not list or len(entries) > MOST_EXAMPLES:
            raise _Wrong("examples: no list")
        found = tuple(_example(entry, topic.id, n) for n, entry in enumerate(entries))
        if len({one.id for one in found}) < len(found):
            raise _Wrong("an id that is there twice")
    except _Wrong as error:
        raise DamagedFile(str(path), str(error)[:300]) from error
    return topic, found


_KNOWN = (
    "id", "language", "model", "text", "pair", "target", "view", "aim", "title", "shows", "words", "is_limit",
    "claims", "options",
)  # fmt: skip


def _example(entry: Any, topic: str, number: int) -> Example:
    content = _object(entry, f"example {number}")
    name = _text(content.get("id"), f"example {number}: id")
    _check_names(content, _KNOWN, name)
    language = content.get("language")
    if language not in LANGUAGES:
        raise _Wrong(f"{name}: language {language!r:.40}")
    pair, target = (_text(content[part], f"{name}.{part}") if part in content else None for part in ("pair", "target"))
    claims = content.get("claims", [])
    if type(claims) is not list:
        raise _Wrong(f"{name}: claims: no list")
    chosen = _object(content.get("options", {}), name)
    options = {view: MappingProxyType(dict(_object(one, name))) for view, one in chosen.items()}
    return Example(
        id=name,
        topic=topic,
        language=language,
        model=_text(content.get("model"), f"{name}.model"),
        request=RunRequest(_text(content.get("text"), f"{name}.text"), pair, target),
        view=_text(content.get("view"), f"{name}.view"),
        aim=_aim(content.get("aim"), name),
        title=_words(content.get("title"), f"{name}.title"),
        shows=_words(content.get("shows"), f"{name}.shows"),
        words=_text(content["words"], f"{name}.words") if "words" in content else "",
        is_limit=content.get("is_limit", False) is True,
        claims=tuple(_claim(one, name) for one in claims),
        options=MappingProxyType(options),
    )


def _aim(entry: Any, name: str) -> Aim:
    content = _object(entry, f"{name}.aim")
    _check_names(content, [item.name for item in fields(Aim)], f"{name}.aim")
    missing = [part for part in ("kind", "layer", "head") if part not in content]
    if missing:
        raise _Wrong(f"{name}.aim: {missing[0]} is missing")
    places = {part: _whole(content[part], f"{name}.{part}") for part in content if part not in ("kind", "position")}
    position = _whole(content.get("position", -1), f"{name}.position", -1)
    return Aim(kind=_text(content["kind"], f"{name}.aim.kind"), position=position, **places)


def _claim(entry: Any, name: str) -> Claim:
    """{"looks": {"place": ["self", 3, 0], "query": [10, " and"], ...}}"""
    content = _object(entry, f"{name}: claim")
    if len(content) != 1 or next(iter(content)) not in KINDS:
        raise _Wrong(f"{name}: no claim: {', '.join(content)[:80]}")
    ((what, values),) = content.items()
    kind = KINDS[what]
    known = {item.name: item for item in fields(kind)}
    given = _object(values, f"{name}.{what}")
    _check_names(given, list(known), f"{name}.{what}")
    missing = [part for part, item in known.items() if item.default is MISSING and part not in given]
    if missing:
        raise _Wrong(f"{name}.{what}: {missing[0]} is missing")
    made: Claim = kind(**{part: _part(str(known[part].type), v, f"{name}.{what}.{part}") for part, v in given.items()})
    return made


def _part(kind: str, value: Any, at: str) -> Any:
    if kind == "Spot":
        if type(value) is not list or len(value) != 2:
            raise _Wrong(f"{at}: no token")
        return Spot(_whole(value[0], at), _text(value[1], at))
    if kind == "Place":
        if type(value) is not list or len(value) != 3:
            raise _Wrong(f"{at}: no head")
        return Place(_text(value[0], at), _whole(value[1], at), _whole(value[2], at))
    if kind == "float":
        if type(value) not in (int, float) or not 0 <= value <= LARGEST:
            raise _Wrong(f"{at}: no number")
        return float(value)
    if kind == "bool":
        if type(value) is not bool:
            raise _Wrong(f"{at}: neither true nor false")
        return value
    return _whole(value, at) if kind == "int" else _text(value, at)


def _whole(value: Any, at: str, least: int = 0) -> int:
    if type(value) is not int or not least <= value <= LARGEST:
        raise _Wrong(f"{at}: {value!r:.40} is no number from {least}")
    return value


def _text(value: Any, at: str) -> str:
    if type(value) is not str or not value or len(value) > LONGEST or "\0" in value:
        raise _Wrong(f"{at}: no text")
    return value


def _words(value: Any, at: str) -> Words:
    content = _object(value, at)
    return Words(_text(content.get("en"), f"{at}.en"), _text(content.get("ja"), f"{at}.ja"))


def _object(value: Any, at: str) -> Mapping[str, Any]:
    if type(value) is not dict:
        raise _Wrong(f"{at}: no object")
    return value


def _check_names(content: Mapping[str, Any], known: Any, at: str) -> None:
    unknown = [name for name in content if name not in known]
    if unknown:
        raise _Wrong(f"{at}: unknown {unknown[0]!r:.40}")
