"""Finding a command by its name in either language, whatever language the window speaks, or by a word beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from visualizer.ui.i18n import in_japanese
from visualizer.views.registry import GROUPS, VIEWS
from visualizer.widgets.commands import COMMANDS, Command
from visualizer.widgets.synonyms import SYNONYMS

# Katakana is read as hiragana, so that either finds the other.
_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


def folded(text: str) -> str:
    """What stays the same in capitals, in full or half width, in katakana or hiragana."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_HIRAGANA)


@dataclass(frozen=True, slots=True)
class Findable:
    """names: folded, one a language; words: folded, all that finds it beside its names."""

    command: Command
    names: tuple[str, ...]
    words: str

    def rank(self, query: str) -> int | None:
        """How well a folded query fits: 0 the name begins so, 1 it is in a name, 2 in other words, 3 scattered."""
        parts = query.split()
        if any(name.startswith(query) for name in self.names):
            return 0
        if any(all(part in name for part in parts) for name in self.names):
            return 1
        everything = " ".join((*self.names, self.words))
        if all(part in everything for part in parts):
            return 2
        scattered = any(all(_is_scattered(part, name) for part in parts) for name in self.names)
        return 3 if len(query) > 1 and scattered else None


def findable() -> tuple[Findable, ...]:
    """Every command and view, in the order of the table."""
    return tuple(_findable(command) for command in COMMANDS)


def find(query: str, among: Iterable[Findable]) -> list[Command]:
    """What fits, best first; letters that are only scattered through a name count when nothing fits better."""
    wanted = " ".join(folded(query).split())
    ranked = [(rank, one.command) for one in among if (rank := one.rank(wanted)) is not None]
    best = min((rank for rank, _ in ranked), default=0)
    return [command for rank, command in sorted(ranked, key=lambda pair: pair[0]) if rank < 3 or best == 3]


def _findable(command: Command) -> Findable:
    names = (command.text, in_japanese(command.context, command.text))
    kind, _, name = command.id.partition(".")
    group = VIEWS[name].group if kind == "view" and name in VIEWS else name if kind == "group" else ""
    title = GROUPS[group].title if group else ""
    words = (command.id, *command.keys, title, in_japanese("Views", title), SYNONYMS.get(command.id, ""))
    return Findable(command, tuple(folded(text) for text in names), folded(" ".join(words)))


def _is_scattered(letters: str, name: str) -> bool:
    """Whether the letters come in this order somewhere in the name: 注意線 in 注意の線."""
    rest = iter(name)
    return all(letter in rest for letter in letters)
