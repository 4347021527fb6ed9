"""The text that results when a proposed token is taken: what a click on a candidate, or on a token, asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from visualizer.core import text
from visualizer.core.request import RunRequest

if TYPE_CHECKING:
    from visualizer.core.trace import Trace


def taken(trace: Trace, tokenizer: Any, position: int, token: int) -> RunRequest | None:
    """The request in which `token` stands where the model predicted it; None when it writes nothing by itself.

    A causal model's text, or the decoder's side of a translation, goes on after `position` with it: what came later is
    left out. A masked model's token at `position` is replaced by it. Special tokens and parts of characters write
    nothing.
    """
    ids = [t.id for t in (trace.target_tokens if trace.kind == "encoder_decoder" else trace.tokens)]
    if trace.task == "masked":
        written = _without(text.decode(tokenizer, ids[:position]), text.decode(tokenizer, [*ids[:position], token]))
        # A word in the middle of a text brings the blank before it; the text has its own.
        written = written.strip() or text.decode(tokenizer, [token]).strip()
        return _put(trace, position, written.removeprefix("##")) if _is_text(written) else None
    written = _without(
        text.decode(tokenizer, ids[: position + 1]), text.decode(tokenizer, [*ids[: position + 1], token])
    )
    if not _is_text(written):
        return None
    if trace.kind == "encoder_decoder":
        return replace(trace.request, target=_join(_until(trace, position), written))
    return replace(trace.request, text=_join(_until(trace, position), written))


def blanked(trace: Trace, tokenizer: Any, position: int) -> RunRequest | None:
    """The request in which a masked model's token at `position` is a blank; None for one that is not text."""
    token = trace.tokens[position]
    if trace.task != "masked" or token.special or token.span[0] == token.span[1]:
        return None
    return _put(trace, position, str(tokenizer.mask_token))


def _put(trace: Trace, position: int, written: str) -> RunRequest:
    token = trace.tokens[position]
    start, end = token.span
    if token.sequence == 1:
        pair = trace.pair or ""
        return replace(trace.request, pair=pair[:start] + written + pair[end:])
    return replace(trace.request, text=trace.text[:start] + written + trace.text[end:])


def _until(trace: Trace, position: int) -> str:
    """The text of the predicting side up to and with the token at `position`."""
    is_target = trace.kind == "encoder_decoder"
    tokens = trace.target_tokens if is_target else trace.tokens
    whole = trace.target_text if is_target else trace.text
    if position == len(tokens) - 1 and not (trace.cut and not is_target):
        return whole  # with blanks at its end that no token holds
    return whole[: max((t.span[1] for t in tokens[: position + 1] if not t.special), default=0)]


def _join(before: str, written: str) -> str:
    return before + (written.lstrip(" ") if before.endswith(" ") else written)


def _without(before: str, whole: str) -> str:
    """What `whole` has after `before`."""
    return whole[len(before) :] if whole.startswith(before) else ""


def _is_text(written: str) -> bool:
    return bool(written) and "\ufffd" not in written
