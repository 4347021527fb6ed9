"""What only one view lets a person choose: a frozen dataclass a view, whose fields are the only list of its choices.

    @dataclass(frozen=True, slots=True)
    class Options:
        mass: float = option(0.7, "share of attention that lines carry", low=0.01, high=1.0)

From the same fields come the options of `render`, what settings remember, and what a saved session holds. No Qt, no
torch: the command line reads them before anything heavy is imported.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NoOptions:
    """The options of a view that has none."""


@dataclass(frozen=True, slots=True)
class About:
    """What is known of one option. flag: its name on the command line ("" : none); kept: remembered by settings.

    choices: the values that it may take; with `many` it is a list of them with commas between, in which a name that a
    person types must be known, and one from a file of another version is passed over. low, high: ends of a number, both
    allowed. items: "int" or "str" for a set. longest: characters of a text at most.
    """

    help: str
    choices: tuple[Any, ...] = ()
    many: bool = False
    low: float | None = None
    high: float | None = None
    items: str = ""
    flag: str = ""
    kept: bool = True
    longest: int = 1000


def option(default: Any, help: str, **about: Any) -> Any:
    """A field of a view's options; `about`: further fields of `About`."""
    return field(default=default, metadata={"about": About(help, **about)})


def abouts(kind: type) -> dict[str, About]:
    """name -> what is known of it, for every option of a view."""
    return {item.name: item.metadata["about"] for item in fields(kind)}


def is_valid(value: Any, default: Any, about: About) -> bool:
    """Whether a value from outside may stand where `default` does."""
    if about.choices and not about.many:
        return any(value == choice and type(value) is type(choice) for choice in about.choices)
    if default is None:
        return value is None or (type(value) in (int, str) and _in_range(value, about))
    if isinstance(default, frozenset):
        wanted = int if about.items == "int" else str
        return isinstance(value, frozenset) and all(type(one) is wanted for one in value) and len(value) <= 10_000
    if isinstance(default, float) and type(value) is int:
        return _in_range(value, about)
    return type(value) is type(default) and _in_range(value, about)


def _in_range(value: Any, about: About) -> bool:
    if not isinstance(value, int | float):
        return not isinstance(value, str) or len(value) <= about.longest
    if not math.isfinite(value):
        return False
    return (about.low is None or value >= about.low) and (about.high is None or value <= about.high)


def changed(options: T, changes: Mapping[str, Any]) -> T:
    """The options with fields changed; a value that a field cannot take is left out. Raises TypeError for a name."""
    known = abouts(type(options))
    defaults = type(options)()
    taken: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in known:
            raise TypeError(f"no option {name!r}: there are {', '.join(known) or 'none'}")
        if is_valid(value, getattr(defaults, name), known[name]):
            taken[name] = value
    return replace(options, **taken) if taken else options  # type: ignore[type-var]


def to_json(options: Any, *, kept_only: bool = False) -> dict[str, Any]:
    """name -> value of every option that is not as it was at first."""
    known, defaults = abouts(type(options)), type(options)()
    found = {}
    for name, about in known.items():
        value = getattr(options, name)
        if value != getattr(defaults, name) and (about.kept or not kept_only):
            found[name] = sorted(value) if isinstance(value, frozenset) else value
    return found


def from_json(kind: type[T], stored: Any) -> T:
    """Options from what `to_json` gave; whatever does not fit keeps its default."""
    options = kind()
    if not isinstance(stored, Mapping):
        return options
    known = abouts(kind)
    changes: dict[str, Any] = {}
    for name, value in stored.items():
        if name in known:
            is_set = isinstance(getattr(options, name), frozenset) and isinstance(value, list)
            try:
                changes[name] = frozenset(value) if is_set else value
            except TypeError:  # a list of lists
                continue
    return changed(options, changes)


class Chosen:
    """The options of all views, by view id; what is kept is written into `stored`, a part of the settings."""

    def __init__(self, stored: dict[str, Any]) -> None:
        self._stored = stored
        self._options: dict[str, Any] = {}

    def of(self, view_id: str, kind: type[T]) -> T:
        found = self._options.get(view_id)
        if not isinstance(found, kind):
            found = self._options[view_id] = from_json(kind, self._stored.get(view_id))
        return found

    def change(self, view_id: str, kind: type, changes: Mapping[str, Any]) -> bool:
        """Whether anything is different now."""
        before: Any = self.of(view_id, kind)
        after = changed(before, changes)
        if after == before:
            return False
        self._options[view_id] = after
        self._stored[view_id] = to_json(after, kept_only=True)
        return True
