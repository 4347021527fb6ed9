"""How the tokens of two compared panes line up, asked when somebody points or locks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from visualizer.session.jobs import Jobs, ShouldStop

if TYPE_CHECKING:
    from visualizer.core.analyses.comparison.alignment import Alignment, Mark
    from visualizer.core.trace import Trace
    from visualizer.session.selection import Selection


# Locked tokens and places of the text: what they mean depends on the text.
TOKENS = ("query", "key", "position")
# What each pane decides for itself: one shows its own numbers, the other the difference.
OWN = ("difference",)
# Tokens of A times tokens of B that are aligned when first asked, in some milliseconds; more goes to the worker.
AT_ONCE = 100_000


class Link:
    """The tokens of two traces. None stands for a token that has no partner, or whose partner is not known yet."""

    def __init__(self, first: Trace | None, second: Trace | None) -> None:
        self.first, self.second = first, second
        self._sides: dict[str, tuple[Alignment, Alignment]] = {}
        self._marks: dict[tuple[str, str, bool], tuple[Mark, ...]] = {}

    def __bool__(self) -> bool:
        """Whether there are two traces to compare."""
        return self.first is not None and self.second is not None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of attention that both have."""
        if self.first is None or self.second is None:
            return ()
        return tuple(kind for kind in self.first.kinds if kind in self.second.kinds)

    def is_long(self) -> bool:
        """Whether aligning would be felt."""
        if self.first is None or self.second is None:
            return False
        sizes = [
            sum(len(tokens) for kind in self.kinds for tokens in (trace.query_tokens(kind), trace.key_tokens(kind)))
            for trace in (self.first, self.second)
        ]
        return sizes[0] * sizes[1] > 4 * AT_ONCE

    def sides(self, kind: str) -> tuple[Alignment, Alignment] | None:
        """How the tokens that look, and those that are looked at, line up; None where it is not known (yet)."""
        if kind not in self._sides and kind in self.kinds and not self.is_long():
            self.align(kind)
        return self._sides.get(kind)

    def align(self, kind: str) -> None:
        """Line the tokens of one kind of attention up, however long it takes."""
        from visualizer.core.analyses.comparison.matching import align_sides

        assert self.first is not None and self.second is not None
        self._sides[kind] = align_sides(self.first, self.second, kind)

    def carry(self, changes: dict[str, Any], kind: str, *, from_first: bool) -> dict[str, Any]:
        """Changes of a selection with their tokens (query, key, position) as they are numbered in the other trace."""
        tokens = [name for name in TOKENS if changes.get(name) is not None]
        found = {name: value for name, value in changes.items() if name not in OWN}
        if self and tokens:
            found |= {name: self._partner(name, changes[name], kind, from_first) for name in tokens}
        return found

    def locked(self, chosen: Selection) -> dict[str, Any]:
        """The tokens that are locked in the first trace, as they are numbered in the second."""
        return self.carry({name: getattr(chosen, name) for name in TOKENS}, chosen.kind, from_first=True)

    def _partner(self, name: str, index: int, kind: str, from_first: bool) -> int | None:
        of = "a" if from_first else "b"
        if name == "position":
            if index < 0 or self.first is None:
                return index  # the last one, whatever the text
            sides = self.sides("decoder" if "decoder" in self.kinds else self.first.kinds[0])
            found = sides[0].partner(index, of) if sides is not None else None  # type: ignore[arg-type]
            return -1 if found is None else found
        sides = self.sides(kind)
        return None if sides is None else sides[name == "key"].partner(index, of)  # type: ignore[arg-type]

    def marks(self, kind: str, name: str, *, of_first: bool) -> tuple[Mark, ...]:
        """What every token ("query" or "key") of one side is in the comparison; empty where it is not known (yet)."""
        asked, sides = (kind, name, of_first), self.sides(kind)
        if asked not in self._marks and sides is not None:
            self._marks[asked] = sides[name == "key"].marks("a" if of_first else "b")
        return self._marks.get(asked, ())


NO_LINK = Link(None, None)


class Linking(QObject):
    """Keeps the link between two panes as their traces change. changed: the link is another one, or knows more now."""

    changed = Signal()

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.link = NO_LINK

    def follow(self, first: Trace | None, second: Trace | None) -> None:
        """Link these two; long texts line up a moment later."""
        if first is None or second is None:
            first = second = None
        if first is self.link.first and second is self.link.second:
            return
        self.link = link = NO_LINK if first is None else Link(first, second)
        self._jobs.cancel("link")
        if link.is_long():
            self._jobs.submit("link", lambda should_stop, _progress: _align(link, should_stop), self._on_aligned)
        self.changed.emit()

    def _on_aligned(self, _done: object) -> None:
        self.changed.emit()


def _align(link: Link, should_stop: ShouldStop) -> None:
    for kind in link.kinds:
        if not should_stop():
            link.align(kind)
