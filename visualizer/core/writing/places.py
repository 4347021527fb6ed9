"""Where a model predicts: positions, blanks, and the token that really follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visualizer.core.errors import NoSuchPart

if TYPE_CHECKING:
    from visualizer.core.text import Token
    from visualizer.core.trace import Trace


def checked_position(trace: Trace, position: int) -> int:
    """A position counted from 0, also when it was counted from the end; raises NoSuchPart for one that is not there."""
    count = trace.n_positions
    if not -count <= position < count:
        raise NoSuchPart("position", position, count)
    return position % count


def place(trace: Trace, position: int) -> int:
    """The position that is looked at, from 0; for -1 the last one, or the first blank of a masked model."""
    if position >= 0:
        return position
    found = blanks(trace)
    return found[0] if found else trace.n_positions - 1


def predicting_tokens(trace: Trace) -> tuple[Token, ...]:
    """The tokens whose positions have predictions."""
    return trace.target_tokens if trace.kind == "encoder_decoder" else trace.tokens


def seen(trace: Trace, position: int) -> frozenset[int]:
    """Ids of the tokens up to a position, which a repetition penalty is on; none in a model that fills blanks.

    Raises NoSuchPart.
    """
    if trace.task == "masked":
        return frozenset()
    return frozenset(token.id for token in predicting_tokens(trace)[: checked_position(trace, position) + 1])


def blanks(trace: Trace) -> tuple[int, ...]:
    """Positions of a masked model's blanks."""
    if trace.task != "masked":
        return ()
    return tuple(i for i, token in enumerate(trace.tokens) if token.id == trace.mask_id)


def blankable(trace: Trace) -> tuple[int, ...]:
    """Positions of a masked model's text that can be made blanks: not blanks, nor special tokens that were added."""
    if trace.task != "masked":
        return ()
    return tuple(
        i
        for i, token in enumerate(trace.tokens)
        if token.id != trace.mask_id and not (token.special and token.span[0] == token.span[1])
    )


def actual_token(trace: Trace, at: int) -> int | None:
    """Id of the token that really stands where the prediction at a position points; None where there is none."""
    tokens = predicting_tokens(trace)
    if trace.task == "masked":
        token = tokens[at]
        return None if token.id == trace.mask_id else token.id
    return tokens[at + 1].id if at + 1 < len(tokens) else None
