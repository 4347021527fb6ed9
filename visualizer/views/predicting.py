"""What a row of a decoder predicts: the row bears the token that was fed, the reader waits for the one that follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from visualizer.core.errors import VisualizerError
from visualizer.core.system import memo

if TYPE_CHECKING:
    from visualizer.core.text import Unit
    from visualizer.core.trace import Trace


def predicted(trace: Trace, kind: str, units: Sequence[Unit]) -> tuple[str, ...]:
    """What the target goes on with after each query unit: the token that follows it; after the last, the model's most
    probable one. Empty where a row predicts nothing of its own: an encoder, a model of one text."""
    if kind not in ("decoder", "cross"):
        return ()
    tokens = trace.target_tokens
    return tuple(_after(trace, unit.tokens[-1] + 1) if unit.tokens else "" for unit in units[: len(tokens)])


def _after(trace: Trace, place: int) -> str:
    if place < len(trace.target_tokens):
        return trace.target_tokens[place].text
    try:
        best = memo.ask(trace, "most_probable_last", lambda: int(trace.logits(-1).argmax()))
        return trace.label(best)
    except VisualizerError:  # a saved trace of a part alone
        return ""


def labels(names: Sequence[str], following: Sequence[str]) -> tuple[str, ...]:
    """ "I → read": rows named by what was fed and by what they predict."""
    if not following:
        return tuple(names)
    pairs = zip(names, following, strict=True)
    return tuple(f"{name.strip() or name} → {after.strip() or after}" if after else name for name, after in pairs)
