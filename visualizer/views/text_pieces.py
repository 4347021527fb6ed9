"""A trace's text as the pieces of a running text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visualizer.ui.running_text import Piece, glues

if TYPE_CHECKING:
    from visualizer.core.text import Unit
    from visualizer.core.trace import Trace


def pieces_of(trace: Trace, units: tuple[Unit, ...]) -> tuple[Piece, ...]:
    """The units as they stand in the text; special tokens, and parts of a character, as their labels."""
    is_target = trace.kind == "encoder_decoder"
    texts = (trace.target_text if is_target else trace.text, trace.pair or "")
    ends, side = [0, 0], 0
    pieces: list[Piece] = []
    seen: set[tuple[int, int, int]] = set()
    for number, unit in enumerate(units):
        start, end = unit.span
        written = texts[unit.sequence][start:end]
        shared = (unit.sequence, start, end) in seen or any(
            other.span == unit.span and other.sequence == unit.sequence for other in units[number + 1 : number + 2]
        )
        seen.add((unit.sequence, start, end))
        if not written.strip() or shared or unit.special:
            before = "\n" if "\n" in written and pieces else ""
            pieces.append(Piece(unit.label, before, is_label=True))
        else:
            lead = written[: len(written) - len(written.lstrip())]
            before = texts[unit.sequence][ends[unit.sequence] : start] + lead
            if unit.sequence != side:
                before = "\n" + before
            inner = written.strip()
            last = pieces[-1] if pieces else None
            glued = last is not None and not before and not last.is_label and glues(last.text, inner)
            pieces.append(Piece(" ".join(inner.split()), before, glued))
        side = unit.sequence
        ends[unit.sequence] = max(ends[unit.sequence], end)
    return tuple(pieces)
