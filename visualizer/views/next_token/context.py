"""What the view of the next token asks of a trace: positions, blanks, the text around them; and taking a token."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from visualizer.core.request import RunRequest
from visualizer.core.writing import continuation
from visualizer.core.writing.places import predicting_tokens
from visualizer.session import saved_traces
from visualizer.session.showing import Showing

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.text import Token
    from visualizer.core.trace import Trace

_CHARACTERS_BEFORE = 60

_ALL_PARTS = re.compile(r"「(?P<character>[^」]+)」1/(?P<count>[2-9])(?:「(?P=character)」[2-9]/(?P=count)){1,3}")

_CHARACTERS_AFTER = 24


def surroundings(trace: Trace, at: int) -> tuple[str, str, str]:
    """The text before the predicted place, the token there ("" where it is yet to come), and the text after."""
    tokens = predicting_tokens(trace)
    if trace.task != "masked":
        return _end_of(_join(trace, tokens[: at + 1])), "", ""
    here = tokens[at]
    same = [i for i, token in enumerate(tokens) if token.sequence == here.sequence]
    before = _join(trace, (tokens[i] for i in same if i < at))
    after = _join(trace, (tokens[i] for i in same if i > at))
    cut = "…" if len(after) > _CHARACTERS_AFTER else ""
    return f"{_end_of(before.rstrip())} ", here.text, f" {after.lstrip()[:_CHARACTERS_AFTER]}{cut}"


def take(showing: Showing, at: int, token: int) -> None:
    """Write a proposed token where it was proposed; this runs the pane's model, in the background.

    A token that writes nothing by itself raises the notice "unwritable".
    """
    trace, model = showing.trace, own_model(showing)
    if trace is None or model is None:
        return
    request = continuation.taken(trace, model.tokenizer, at, token)
    if request is None:
        name = str(model.tokenizer.convert_ids_to_tokens(token))
        showing.session.notice_raised.emit("unwritable", {"token": name})
        return
    _ask(showing, request)


def blank_out(showing: Showing, at: int) -> None:
    """Make a token of a masked model's text a blank."""
    trace, model = showing.trace, own_model(showing)
    if trace is None or model is None:
        return
    request = continuation.blanked(trace, model.tokenizer, at)
    if request is not None:
        _ask(showing, request)


def own_model(showing: Showing) -> LoadedModel | None:
    """The model whose tokens are shown; None, and the notice "needs_model", for a saved trace of another one.

    The ids of one vocabulary, written by the tokenizer of another, would be a text that no model proposed.
    """
    if showing.is_saved and showing.own_model is None and showing.trace is not None:
        source = saved_traces.own_source(showing.trace)
        command = {"command": "trace.model"} if source and not showing.name else {}
        showing.session.notice_raised.emit("needs_model", {"model": showing.trace.card.name, **command})
    return showing.own_model


def _ask(showing: Showing, request: RunRequest) -> None:
    """Ask for other texts; what is done to the model stays as it is."""
    showing.select(position=-1)
    asked = replace(showing.request, text=request.text, pair=request.pair, target=request.target)
    showing.session.ask(asked, showing)


def labels(trace: Trace, tokenizer: Any, ids: Sequence[int]) -> list[str]:
    """How tokens are written in a list; two that read alike are told apart by their blank, or else by their id."""
    plain = [trace.label(token) for token in ids]
    seen = Counter(plain)
    result = []
    for token, label in zip(ids, plain, strict=True):
        if seen[label] > 1:
            piece = str(tokenizer.convert_ids_to_tokens(int(token))) if tokenizer is not None else ""
            label = f"␣{label}" if piece.startswith(("▁", "Ġ")) else label if piece else f"{label} ({token})"
        result.append(label)
    return result


def _join(trace: Trace, tokens: Iterable[Token]) -> str:
    """The words and blanks of tokens; other special ones only where there is nothing else."""
    tokens = tuple(tokens)
    words = [token.text for token in tokens if not token.special]
    if not words:
        return "".join(token.text for token in tokens)
    labels = [
        f" {token.text} " if token.id == trace.mask_id else "" if token.special else token.text for token in tokens
    ]
    # A character of which all parts are there is written as itself; one that is only begun keeps its part numbers.
    return _ALL_PARTS.sub(_character, "".join(labels))


def _character(found: re.Match[str]) -> str:
    count, parts = int(found["count"]), found[0].count("」")
    return found["character"] if parts == count else found[0]


def _end_of(text: str) -> str:
    return text if len(text) <= _CHARACTERS_BEFORE else "…" + text[-_CHARACTERS_BEFORE:]
