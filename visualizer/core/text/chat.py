"""A conversation as a checkpoint's own chat template writes it: the text that the model then reads.

Templates are programs that come with a checkpoint. They run in transformers' sandbox only (`apply_chat_template`), and
whatever they raise is one sentence. The text holds the special tokens that the template writes; none are added to it
(`RunRequest.adds_specials`), so that its tokens are those of `apply_chat_template(tokenize=True)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from visualizer.core.errors import CannotChat, first_line

ROLES = ("system", "user", "assistant")
MOST_TURNS = 200
LONGEST = 1 << 20  # characters of all turns


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation. role: one of `ROLES`."""

    role: str
    content: str


def has_template(tokenizer: Any) -> bool:
    """Whether a checkpoint says how a conversation is written."""
    return bool(getattr(tokenizer, "chat_template", None))


def render(tokenizer: Any, turns: Sequence[Turn], adds_prompt: bool = True) -> str:
    """The text of a conversation, special tokens included.

    adds_prompt: with the beginning of the assistant's next turn. Raises CannotChat.
    """
    if not has_template(tokenizer):
        raise CannotChat("no_template")
    if not turns:
        raise CannotChat("empty")
    messages = [{"role": turn.role, "content": turn.content} for turn in turns]
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=adds_prompt)
    except Exception as error:  # a template may raise anything, and says by it what it does not take
        raise CannotChat("raised", first_line(error)) from error
    if not isinstance(text, str) or not text.strip():
        raise CannotChat("nothing")
    return text


def from_json(document: Any) -> tuple[Turn, ...]:
    """Turns from a list of {"role", "content"}, or such a list under "messages". Raises CannotChat."""
    if isinstance(document, dict):
        document = document.get("messages")
    if not isinstance(document, list) or len(document) > MOST_TURNS:
        raise CannotChat("file")
    turns = []
    for entry in document:
        role, content = (entry.get("role"), entry.get("content")) if isinstance(entry, dict) else (None, None)
        if role not in ROLES or not isinstance(content, str):
            raise CannotChat("file")
        turns.append(Turn(role, content))
    if sum(len(turn.content) for turn in turns) > LONGEST:
        raise CannotChat("file")
    return tuple(turns)


def to_json(turns: Sequence[Turn]) -> list[dict[str, str]]:
    """What `from_json` reads."""
    return [{"role": turn.role, "content": turn.content} for turn in turns]
