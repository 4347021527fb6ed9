"""The texts that were looked at, the newest first: kept across starts, called back by key or from a list.

A text is remembered when it stood for a while, or when Enter was pressed on it; while it is being typed on, only what
it became.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from visualizer.core.request import RunRequest
    from visualizer.session.session import Session
    from visualizer.session.showing import Showing

MOST = 50
LONGEST = 100_000  # characters of one text; more is a document and not a sentence
MOST_CHARACTERS = 500_000  # of all: the settings are one small file
DWELL = 2.0  # seconds that a text stands before it is remembered


@dataclass(frozen=True, slots=True)
class Entry:
    """What stood in the fields. pair, target: "" where there was none."""

    text: str
    pair: str = ""
    target: str = ""

    @property
    def size(self) -> int:
        return len(self.text) + len(self.pair) + len(self.target)


def of(request: RunRequest) -> Entry:
    return Entry(request.text, request.pair or "", request.target or "")


def checked(stored: list[Any]) -> list[dict[str, str]]:
    """The entries of a settings file that can be used; each alone."""
    found: dict[Entry, None] = {}
    room = MOST_CHARACTERS
    for one in stored:
        if not isinstance(one, dict) or not set(one) <= {"text", "pair", "target"}:
            continue
        entry = Entry(one.get("text", ""), one.get("pair", ""), one.get("target", ""))
        if not all(isinstance(text, str) and _is_whole(text) for text in asdict(entry).values()):
            continue
        if not _is_kept(entry) or entry.size > room or entry in found:
            continue
        room -= entry.size
        found[entry] = None
    return [_stored(entry) for entry in list(found)[:MOST]]


class Texts(QObject):
    """The history of texts of a session; `settings.texts` holds it."""

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(session)
        self._session, self._clock = session, clock
        self._drafts: dict[str, tuple[Entry, float]] = {}  # by pane: what stands in its fields, and since when
        self._walk: tuple[Entry, ...] = ()
        self._at = 0
        session.showing.request_changed.connect(partial(self._on_request_changed, ""))
        session.compared.connect(self._on_session_compared)

    def entries(self) -> tuple[Entry, ...]:
        """The newest first."""
        return tuple(Entry(**one) for one in self._session.settings.texts)

    def add(self, request: RunRequest) -> None:
        """Remember this now."""
        entry = of(request)
        if not _is_kept(entry):
            return
        entries = [one for one in self.entries() if one != entry]
        if entries and entries[0].text and entry == replace(entries[0], text=entry.text):
            entries = entries[int(entry.text.startswith(entries[0].text)) :]  # it was typed on
        self._store([entry, *entries])

    def commit(self) -> None:
        """Remember what stands in the fields now."""
        for pane in reversed(self._session.panes):
            self._drafts.pop(pane.name, None)
            self.add(pane.held or pane.request)

    def remove(self, entry: Entry) -> None:
        self._store([one for one in self.entries() if one != entry])

    def clear(self) -> None:
        """Forget all."""
        self._drafts.clear()
        self._store([])

    def choose(self, entry: Entry, pane: Showing) -> None:
        """Put a text back into the fields of a pane."""
        asked = replace(pane.request, text=entry.text, pair=entry.pair or None, target=entry.target or None)
        self._session.ask(asked, pane)

    def step(self, by: int, pane: Showing) -> bool:
        """The text before (1: older) or after (-1) the one in the fields; whether there was one."""
        here = of(pane.held or pane.request)
        if not self._walk or self._at >= len(self._walk) or self._walk[self._at] != here:
            for one in sorted(self._session.panes, key=lambda one: one is pane):
                self.add(one.held or one.request)
            self._walk = self.entries()
            self._at = self._walk.index(here) if here in self._walk else -1
        at = self._at + by
        if not 0 <= at < len(self._walk):
            return False
        self._at = at
        self.choose(self._walk[at], pane)
        return True

    def _store(self, entries: list[Entry]) -> None:
        # The list is another one and the settings the same: whoever holds it sees no half of it.
        self._session.settings.texts = checked([_stored(entry) for entry in entries])

    def _on_request_changed(self, name: str, request: RunRequest) -> None:
        entry, now = of(request), self._clock()
        before, since = self._drafts.get(name, (entry, now))
        if before != entry and now - since >= DWELL:
            self._add_entry(before)
        if before != entry or name not in self._drafts:
            self._drafts[name] = (entry, now)

    def _add_entry(self, entry: Entry) -> None:
        from visualizer.core.request import RunRequest

        self.add(RunRequest(entry.text, entry.pair or None, entry.target or None))

    def _on_session_compared(self, other: Showing | None) -> None:
        if other is not None:
            other.request_changed.connect(partial(self._on_request_changed, other.name))
        else:
            self._drafts.pop("other", None)


def _is_kept(entry: Entry) -> bool:
    return bool(entry.text.strip()) and entry.size <= LONGEST


def _is_whole(text: str) -> bool:
    """Whether a file can hold it: no half of a character, no null."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _stored(entry: Entry) -> dict[str, str]:
    return {name: text for name, text in asdict(entry).items() if text}
