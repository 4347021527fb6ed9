"""What is noted down while a model writes with its cache, token by token: rows that grow, each computed once.

A step of the model sees one new token: its query, its key and value, its state after every block. They are appended to
buffers that have room to spare; what was handed out before is the front part of the same memory and stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch

from visualizer.core.attention import AttentionRecord
from visualizer.core.forward.layers import by_layer
from visualizer.core.forward.recording import Recorder

_FIRST = 64  # rows of a new buffer; it doubles


@dataclass(eq=False)
class Rows:
    """A tensor that grows along its last axis but one: [..., row, d]."""

    count: int = 0
    _memory: torch.Tensor | None = None

    def append(self, new: torch.Tensor) -> None:
        """new: [..., row, d]; copied."""
        rows = new.shape[-2]
        memory = self._memory
        if memory is None or self.count + rows > memory.shape[-2]:
            room = max(_FIRST, 2 * (self.count + rows))
            larger = new.new_empty((*new.shape[:-2], room, new.shape[-1]))
            if memory is not None:
                larger[..., : self.count, :] = memory[..., : self.count, :]
            self._memory = memory = larger
        memory[..., self.count : self.count + rows, :] = new
        self.count += rows

    def first(self, count: int) -> torch.Tensor:
        """The first rows: a view that later steps do not change."""
        assert self._memory is not None and count <= self.count
        return self._memory[..., :count, :]

    def cut(self, count: int) -> Rows:
        """The same rows up to `count`, to be gone on with otherwise: the memory is copied when it is written to."""
        found = Rows(min(count, self.count))
        if self._memory is not None:
            found._memory = self._memory[..., : found.count, :]  # full: the next append moves it
        return found

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        return 0 if self._memory is None else self._memory.numel() * self._memory.element_size()


@dataclass(frozen=True, eq=False)
class _Step:
    """before: tokens that were fed earlier. tokens: that it fed. start: the first key that it saw. rows: [1 or head,
    token, key] over the keys from `start` on, None where each token saw all of them up to itself."""

    before: int
    tokens: int
    start: int
    rows: torch.Tensor | None


@dataclass(eq=False)
class _Call:
    """One attention layer. plain: the record's constants. masks, biases: of each step, see `_Step`."""

    plain: AttentionRecord
    query: Rows = field(default_factory=Rows)
    key: Rows = field(default_factory=Rows)
    value: Rows = field(default_factory=Rows)
    masks: list[_Step] = field(default_factory=list)
    biases: list[_Step] = field(default_factory=list)


@dataclass(eq=False)
class Growing:
    """Attention, stream and final states of everything a decoder was fed so far.

    kinds: of attention, one call a layer each: ("self",), or ("decoder", "cross"). is_trusted: False after a step whose
    attention could not be noted down; then there is nothing to look at but what was written.
    """

    kinds: tuple[str, ...]
    calls: dict[tuple[str, int], _Call] = field(default_factory=dict)
    residual: list[Rows] = field(default_factory=list)
    final: Rows = field(default_factory=Rows)
    is_trusted: bool = True

    @property
    def count(self) -> int:
        """Tokens that were fed."""
        return self.final.count

    def take(self, recorder: Recorder, final: torch.Tensor) -> None:
        """Append what a step noted down, and empty the recorder for the next. final: [token, width]."""
        layers = by_layer(recorder.calls, len(self.kinds)) if recorder.calls else None
        streams = list(recorder.residual)
        recorder.next_step()
        tokens = len(final)
        is_whole = bool(streams) and (not self.residual or len(self.residual) == len(streams))
        if layers is None or not is_whole or not self.is_trusted:
            self.is_trusted = False
        else:
            before = self.count
            for of_layer in layers:
                for kind, record in zip(self.kinds, of_layer, strict=True):
                    assert record.layer is not None
                    self._append(kind, record.layer, record, before, tokens)
            if not self.residual:
                self.residual = [Rows() for _ in streams]
            for rows, states in zip(self.residual, streams, strict=True):
                rows.append(states.reshape(-1, states.shape[-1])[-tokens:])
        self.final.append(final)

    def _append(self, kind: str, layer: int, record: AttentionRecord, before: int, tokens: int) -> None:
        if record.query is None or record.key is None or record.value is None:
            self.is_trusted = False
            return
        call = self.calls.get((kind, layer))
        if call is None:
            plain = replace(record, query=None, key=None, value=None, mask=None, position_bias=None)
            call = self.calls[kind, layer] = _Call(plain)
        call.query.append(record.query)
        seen = record.key.shape[1]
        if kind == "cross":
            if not call.key.count:
                call.key.append(record.key)
                call.value.append(record.value)
            start = 0
        else:
            call.key.append(record.key[:, -tokens:])
            call.value.append(record.value[:, -tokens:])
            start = before + tokens - seen
        if not _only_hides(record.mask):
            self.is_trusted = False
            return
        call.masks.append(_Step(before, tokens, start, record.mask))
        if record.position_bias is not None:
            call.biases.append(_Step(before, tokens, start, record.position_bias))

    def records(self, count: int) -> dict[str, tuple[AttentionRecord, ...]]:
        """kind -> one record a layer with attention, of the first `count` tokens."""
        found: dict[str, list[AttentionRecord]] = {kind: [] for kind in self.kinds}
        shared: dict[object, torch.Tensor] = {}
        for (kind, _), call in sorted(self.calls.items(), key=lambda item: item[0][1]):
            keys = call.key.count if kind == "cross" else count
            mask = _mask(call.masks, count, keys, kind == "cross", shared)
            found[kind].append(
                replace(
                    call.plain,
                    query=call.query.first(count),
                    key=call.key.first(keys),
                    value=call.value.first(keys),
                    causal=mask is None and kind != "cross" and count > 1,
                    mask=mask,
                    position_bias=_bias(call.biases, count, keys),
                )
            )
        return {kind: tuple(records) for kind, records in found.items()}

    def cut(self, count: int) -> Growing:
        """The first `count` tokens, to be gone on with otherwise."""
        found = Growing(self.kinds, is_trusted=self.is_trusted, final=self.final.cut(count))
        found.residual = [rows.cut(count) for rows in self.residual]
        for place, call in self.calls.items():
            is_cross = place[0] == "cross"
            found.calls[place] = _Call(
                call.plain,
                call.query.cut(count),
                call.key if is_cross else call.key.cut(count),
                call.value if is_cross else call.value.cut(count),
                [one for one in call.masks if one.before < count],
                [one for one in call.biases if one.before < count],
            )
        return found

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        rows = [self.final, *self.residual]
        for call in self.calls.values():
            rows += [call.query, call.key, call.value]
        return sum(one.nbytes for one in rows)


def _only_hides(mask: torch.Tensor | None) -> bool:
    """Whether a mask says who may look where, and adds nothing else to the scores."""
    if mask is None or mask.dtype == torch.bool:
        return True
    return bool(((mask == 0) | (mask <= torch.finfo(mask.dtype).min / 2)).all())


def _mask(
    steps: Sequence[_Step], count: int, keys: int, is_cross: bool, shared: dict[object, torch.Tensor]
) -> torch.Tensor | None:
    """bool [1 or head, query, key], or None where every query sees all up to itself (cross: everything)."""
    steps = [step for step in steps if step.before < count]
    if all(step.rows is None and step.start == 0 for step in steps):
        return None
    name = tuple((step.start, None if step.rows is None else id(step.rows)) for step in steps)
    known = shared.get(name)
    if known is not None:
        return known
    heads = max(1 if step.rows is None else step.rows.shape[0] for step in steps)
    device = next((step.rows.device for step in steps if step.rows is not None), None)
    found = torch.zeros(heads, count, keys, dtype=torch.bool, device=device)
    for step in steps:
        tokens = min(step.tokens, count - step.before)
        for row in range(tokens):
            at = step.before + row
            if step.rows is None:
                found[:, at, step.start : keys if is_cross else at + 1] = True
                continue
            part = step.rows[:, row, : keys - step.start]
            visible = part if part.dtype == torch.bool else part == 0
            found[:, at, step.start : step.start + part.shape[-1]] = visible
    return shared.setdefault(name, found)


def _bias(steps: Sequence[_Step], count: int, keys: int) -> torch.Tensor | None:
    """float [1 or head, query, key]; what a query may not see has none."""
    if not steps:
        return None
    first = steps[0].rows
    assert first is not None
    found = first.new_zeros(first.shape[0], count, keys)
    for step in steps:
        if step.before < count and step.rows is not None:
            part = step.rows[:, : count - step.before, : keys - step.start]
            found[:, step.before : step.before + part.shape[1], step.start : step.start + part.shape[2]] = part
    return found
