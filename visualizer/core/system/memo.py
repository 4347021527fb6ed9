"""What is remembered of a trace or a model: one lock, one budget of bytes for all of them, the oldest goes first.

    matrix = memo.ask(trace, ("mean", layer), lambda: mean_attention(trace, layer), size=lambda found: found.nbytes)

An owner is held weakly: with it goes all that was remembered of it. So nothing that is remembered may hold its owner.
What has no size (where a matrix lies in a model, the units of a text) stays as long as its owner does.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

T = TypeVar("T")

# Bytes for everything that is remembered of all traces together.
BUDGET = 384 << 20

MISSING: Final[Any] = object()  # what `find` gives for what is not remembered: None may be an answer

_Place = tuple[int, Hashable]  # the owner's id, and the key


@dataclass(eq=False)
class _Owner:
    ref: weakref.ref[Any]
    keys: set[Hashable] = field(default_factory=set)


class Memo:
    """Answers by owner and key, see the module. Every method may be called from any thread."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._lock = threading.Lock()
        self._owners: dict[int, _Owner] = {}
        self._light: dict[_Place, Any] = {}  # no size: never in the way
        self._heavy: OrderedDict[_Place, tuple[Any, int]] = OrderedDict()  # the one that was asked for last at the end
        self._size = 0
        self._dead: deque[weakref.ref[Any]] = deque()
        self._working: dict[_Place, threading.Lock] = {}

    @property
    def size(self) -> int:
        """Bytes of what is remembered."""
        return self._size

    def find(self, owner: object, key: Hashable, default: Any = MISSING) -> Any:
        """What is remembered, at once; `default` when nothing is."""
        place = (id(owner), key)
        with self._lock:
            if not self._knows(owner):
                found = default
            elif place in self._heavy:
                self._heavy.move_to_end(place)
                found = self._heavy[place][0]
            else:
                found = self._light.get(place, default)
        self._sweep()
        return found

    def keep(self, owner: object, key: Hashable, value: T, size: int = 0) -> T:
        """Remembers a value of so many bytes; gives back the one that another thread remembered first, if one did.

        The oldest ones go until all fit the budget; the newest stays even where it is larger than that.
        """
        place = (id(owner), key)
        gone: list[Any] = []  # dies after the lock is free: what dies may be an owner itself
        with self._lock:
            if not self._knows(owner):
                gone += self._drop(id(owner))  # of an earlier object at the same address
                self._owners[id(owner)] = _Owner(weakref.ref(owner, self._on_death))
            keys = self._owners[id(owner)].keys
            if key in keys:
                value = self._heavy[place][0] if place in self._heavy else self._light[place]
            elif size:
                self._heavy[place] = (value, size)
                self._size += size
            else:
                self._light[place] = value
            keys.add(key)
            while self._size > self.budget and len(self._heavy) > 1:
                oldest = next(iter(self._heavy))
                gone.append(self._forget(oldest))
                self._owners[oldest[0]].keys.discard(oldest[1])
        self._sweep()
        return value

    def ask(self, owner: object, key: Hashable, make: Callable[[], T], size: Callable[[T], int] | None = None) -> T:
        """What is remembered, or else what `make` gives, which is then remembered.

        Others who ask for the same meanwhile wait for it: ask where waiting is allowed. When `make` raises, nothing is
        remembered, and the next one tries again.
        """
        found = self.find(owner, key)
        if found is not MISSING:
            return found  # type: ignore[no-any-return]
        place = (id(owner), key)
        with self._lock:
            turn = self._working.setdefault(place, threading.Lock())
        with turn:
            found = self.find(owner, key)
            if found is MISSING:
                try:
                    value = make()
                    found = self.keep(owner, key, value, 0 if size is None else size(value))
                finally:
                    with self._lock:
                        self._working.pop(place, None)
        return found  # type: ignore[no-any-return]

    def size_of(self, owner: object) -> int:
        """Bytes of what is remembered of one owner."""
        with self._lock:
            keys = self._owners[id(owner)].keys if self._knows(owner) else set()
            found = sum(self._heavy[id(owner), key][1] for key in keys if (id(owner), key) in self._heavy)
        self._sweep()
        return found

    def forget(self, owner: object) -> None:
        """Forgets all of one owner, before it goes."""
        with self._lock:
            gone = self._drop(id(owner)) if self._knows(owner) else []
        del gone
        self._sweep()

    # --- with the lock in hand ------------------------------------------------------------------

    def _knows(self, owner: object) -> bool:
        known = self._owners.get(id(owner))
        return known is not None and known.ref() is owner

    def _forget(self, place: _Place) -> Any:
        if place in self._heavy:
            value, size = self._heavy.pop(place)
            self._size -= size
            return value
        return self._light.pop(place, None)

    def _drop(self, number: int) -> list[Any]:
        owner = self._owners.pop(number, None)
        return [] if owner is None else [self._forget((number, key)) for key in owner.keys]

    # --- owners that are gone -------------------------------------------------------------------

    def _on_death(self, ref: weakref.ref[Any]) -> None:
        """Called by the garbage collector at any moment, also on a thread that holds the lock just then."""
        self._dead.append(ref)
        self._sweep()

    def _sweep(self) -> None:
        """Forgets what belonged to owners that are gone; whoever holds the lock does it when the lock is free again."""
        while self._dead and self._lock.acquire(blocking=False):
            gone: list[Any] = []
            try:
                while self._dead:
                    ref = self._dead.popleft()
                    gone += [
                        value
                        for number in [n for n, owner in self._owners.items() if owner.ref is ref]
                        for value in self._drop(number)
                    ]
            finally:
                self._lock.release()
            del gone


# The one store of the program, and its questions as functions of this module.
shared = Memo(BUDGET)
find, keep, ask, size_of, forget = shared.find, shared.keep, shared.ask, shared.size_of, shared.forget
