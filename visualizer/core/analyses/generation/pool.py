"""Texts that are being written, as many as there is room for: what was dropped is fed again when it is asked for.

A text of many branches is a tree whose branches share their beginnings. Its steps are tiny and stay with whoever keeps
the tree; here are the caches and what was noted down, which are not.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from visualizer.core.analyses.generation import writer
from visualizer.core.analyses.generation.step import Step
from visualizer.core.analyses.generation.writer import Writing
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

BUDGET = 256 << 20  # bytes of all writings of one pool


class Pool:
    """The writings of one text and model. Only `trace_of` may be called from any thread."""

    def __init__(self, loaded: LoadedModel, request: RunRequest, budget: int = BUDGET) -> None:
        self.loaded, self.request, self.budget = loaded, request, budget
        self._writings: list[Writing] = []  # the one that was asked for last at the end
        self._traces: dict[tuple[int, ...], Trace] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._writings)

    @property
    def nbytes(self) -> int:
        """Bytes that the writings take."""
        return sum(map(bytes_of, self._writings))

    def take(self, steps: Sequence[Step]) -> Writing:
        """A writing that has come as far as these steps: the one that has, or one that shares most of them.

        Nothing runs; what has to be fed is fed when it is gone on with. Raises as `writer.begin` does.
        """
        wanted = tuple(step.token for step in steps)
        best, shared = None, -1
        for one in self._writings:
            common = _shared(tuple(step.token for step in one.steps), wanted)
            # Of those that share as much, one that need not be cut.
            if common > shared or (common == shared and len(one.steps) == common):
                best, shared = one, common
        if best is None:
            found = writer.begin(self.loaded, self.request)
        elif len(best.steps) == shared:
            found = best  # it grows; what it had is on its way
            with self._lock:
                self._traces.pop(tuple(step.token for step in best.steps), None)
        else:
            found = best.branch(shared)
        if found.ended and (found is not best or len(wanted) > shared):
            found.ended = ""
        found.steps = tuple(steps)
        self.keep(found)
        return found

    def keep(self, writing: Writing) -> None:
        """This one was used last; the oldest go until all fit. The newest stays even where it is larger."""
        self._writings = [*(one for one in self._writings if one is not writing), writing]
        size = self.nbytes
        while size > self.budget and len(self._writings) > 1:
            gone = self._writings.pop(0)
            size -= bytes_of(gone)
            with self._lock:
                self._traces.pop(tuple(step.token for step in gone.steps), None)

    def note(self, writing: Writing, trace: Trace) -> None:
        """Remember the trace of all of a writing."""
        with self._lock:
            self._traces[tuple(step.token for step in writing.steps)] = trace

    def trace_of(self, tokens: tuple[int, ...]) -> Trace | None:
        """The trace of the text with these tokens written; None where it has to be fed again."""
        with self._lock:
            return self._traces.get(tokens)


def bytes_of(writing: Writing) -> int:
    """What a writing takes: its cache, and what was noted down."""
    growing = 0 if writing.growing is None else writing.growing.nbytes
    return growing + _cache_bytes(writing)


def _cache_bytes(writing: Writing) -> int:
    cache = writing._cache
    parts = (getattr(cache, "self_attention_cache", None), getattr(cache, "cross_attention_cache", None), cache)
    layers = [layer for part in parts for layer in getattr(part, "layers", ())]
    tensors = [getattr(layer, name, None) for layer in layers for name in ("keys", "values")]
    return sum(one.numel() * one.element_size() for one in tensors if one is not None)


def _shared(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
