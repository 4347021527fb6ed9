"""Finding a command, a term or a head by its name in either language, whatever language the window speaks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from visualizer.core.examples.example import Example
from visualizer.core.examples.library import library, words_of
from visualizer.core.place import Place
from visualizer.ui import glossary
from visualizer.ui.bilingual import Both
from visualizer.ui.i18n import in_japanese
from visualizer.views.registry import GROUPS, VIEWS
from visualizer.widgets.commands import COMMANDS, Command
from visualizer.widgets.synonyms import SYNONYMS

if TYPE_CHECKING:
    from visualizer.core.trace import Trace
    from visualizer.session.selection import Selection

TERM = "term"  # of a command's id: "term.entropy" explains it
HEAD = "head.at"  # "head.at.self.2.3" shows layer 2, head 3

# Katakana is read as hiragana, so that either finds the other.
_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
# Folded: "2.3", "2 3", "l2 h3", "L2H3", "layer 2 head 3", "層2 ヘッド3".
_HEAD = re.compile(
    r"(?:layer|l|層|れいやー)?\s*(\d{1,4})\s*"
    r"(?:[.,:・/\-]|\s|(?=[hへ]))\s*"
    r"(?:head|h|へっど)?\s*(\d{1,4})"
)


def folded(text: str) -> str:
    """What stays the same in capitals, in full or half width, in katakana or hiragana."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_HIRAGANA)


EXAMPLE = "example."  # what the id of an example begins with, among commands


class ExampleCommand(Command):
    """An example among the commands, under its own name."""

    __slots__ = ()

    def label(self, task: str = "") -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Named(Command):
    """A command whose name is no text of the program: a term of the glossary, a head."""

    name: Both = field(default_factory=lambda: Both("", ""))

    def label(self, task: str = "") -> str:
        """Its name in the interface's language."""
        return self.name.here()


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


def findable(language: str = "en") -> tuple[Findable, ...]:
    """Every command and view, in the order of the table, then every example, named in this language."""
    return (*(_findable(command) for command in COMMANDS), *(_example(one, language) for one in library()))


def terms() -> tuple[Findable, ...]:
    """Every entry of the glossary: found when something is typed, and listed behind the commands."""
    found = []
    for term in glossary.terms().values():
        command = Named(f"{TERM}.{term.id}", term.name.en, (), "help", name=term.name)
        names = (folded(term.name.en), folded(term.name.ja))
        found.append(Findable(command, names, folded(f"{term.id} {term.sign} {term.also}")))
    return tuple(found)


def heads(query: str, trace: Trace | None, selection: Selection) -> list[Command]:
    """The heads that a query names ("2.3", "L2 H3", "層 2 ヘッド 3"), one for each kind of attention that has it.

    The kind that is looked at comes first.
    """
    named = _HEAD.fullmatch(folded(query).strip())
    if trace is None or named is None:
        return []
    layer, head = int(named[1]), int(named[2])
    found: list[Command] = []
    for kind in sorted(trace.kinds, key=lambda kind: kind != selection.kind):
        if layer in trace.layer_numbers(kind) and head < trace.heads(kind):
            name = _head_name(layer, head, kind if len(trace.kinds) > 1 else "")
            found.append(Named(f"{HEAD}.{kind}.{layer}.{head}", name.en, (), "grid", name=name))
    return found


def _head_name(layer: int, head: int, kind: str) -> Both:
    name = Both(f"Layer {layer}, head {head}", f"層 {layer} ヘッド {head}")
    if not kind:
        return name
    english = "cross-attention" if kind == "cross" else kind
    return Both(f"{name.en} ({english})", f"{name.ja} ({in_japanese('View', english)})")


def place_of(command_id: str) -> Place:
    """The head of a command's id that `heads` made."""
    kind, layer, head = command_id.removeprefix(f"{HEAD}.").split(".")
    return Place(kind, int(layer), int(head))


def find(query: str, among: Iterable[Findable]) -> list[Command]:
    """What fits, best first, commands before examples, which come only when something is asked for.

    Letters that are only scattered through a command's name count when no command fits better.
    """
    wanted = " ".join(folded(query).split())
    ranked = [(rank, one.command) for one in among if (rank := one.rank(wanted)) is not None]
    examples = [pair for pair in ranked if pair[1].id.startswith(EXAMPLE)]
    commands = [pair for pair in ranked if pair not in examples]
    best = min((rank for rank, _ in commands), default=0)
    found = [pair for pair in commands if pair[0] < 3 or best == 3]
    told = [pair for pair in examples if wanted and pair[0] < 3]
    return [command for pairs in (found, told) for _, command in sorted(pairs, key=lambda pair: pair[0])]


def _findable(command: Command) -> Findable:
    texts = tuple(filter(None, (command.text, command.masked_text)))
    names = (*texts, *(in_japanese(command.context, text) for text in texts))
    kind, _, name = command.id.partition(".")
    group = VIEWS[name].group if kind == "view" and name in VIEWS else name if kind == "group" else ""
    title = GROUPS[group].title if group else ""
    words = (command.id, *command.keys, title, in_japanese("Views", title), SYNONYMS.get(command.id, ""))
    return Findable(command, tuple(folded(text) for text in names), folded(" ".join(words)))


def _example(example: Example, language: str) -> Findable:
    names = (folded(example.title.en), folded(example.title.ja))
    command = ExampleCommand(EXAMPLE + example.id, example.title.of(language), icon="examples")
    return Findable(command, names, folded(words_of(example)))


def _is_scattered(letters: str, name: str) -> bool:
    """Whether the letters come in this order somewhere in the name: 注意線 in 注意の線."""
    rest = iter(name)
    return all(letter in rest for letter in letters)
