"""Where a prompt ends and an answer begins: both as tokens, the prompt's the same whatever follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from visualizer.core import text
from visualizer.core.errors import CannotScore

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

_ANCHORS = ("\n", "。", ".", ")", "1", "a")  # texts that tokenizers hardly ever join with what follows
_OPEN = "([{\"'“‘«/-–—"  # what a word follows without a blank


def joined(prompt: str, answer: str, join: str = "blank") -> str:
    """The answer as it follows the prompt: with a blank before it where two words would touch.

    >>> joined("The capital is", "Tokyo"), joined("首都は", "東京"), joined("Yes or no?", "Yes", "exact")
    (' Tokyo', '東京', 'Yes')
    """
    if join == "exact" or not prompt or not answer or prompt[-1].isspace() or answer[0].isspace():
        return answer
    touches = _is_latin(prompt[-1]) and prompt[-1] not in _OPEN and _is_latin(answer[0]) and answer[0] not in ".,;:!?)"
    return f" {answer}" if touches else answer


def _is_latin(character: str) -> bool:
    """Of a script that puts blanks between its words."""
    return ord(character) < 0x2E80


@dataclass(frozen=True, slots=True)
class Cut:
    """The tokens of a prompt and of an answer behind it. is_apart: the tokenizer would have joined them."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    is_apart: bool = False


def cut(loaded: LoadedModel, prompt: str, written: str, language: str | None = None) -> Cut:
    """Where a causal model's prompt ends and the answer begins, in tokens. Raises CannotScore, TokensWithoutRows.

    Both are cut together; where the prompt's own tokens do not stand at the start of that, the answer is cut alone.
    """
    before = open_ids(loaded, prompt)
    whole = open_ids(loaded, prompt + written)
    answer, is_apart = whole[len(before) :], False
    if whole[: len(before)] != before:
        answer, is_apart = alone(loaded, before, written, is_target=False, language=language), True
    if not answer:
        raise CannotScore("empty", written.strip() or written)
    check_length(loaded, len(before) + len(answer), written)
    loaded.check_ids([*before, *answer])
    return Cut(tuple(before), tuple(answer), is_apart)


def check_length(loaded: LoadedModel, count: int, written: str) -> None:
    """Raises CannotScore where a model has fewer positions than so many tokens need."""
    # The last token of an answer is predicted and never fed.
    if loaded.max_length is not None and count - 1 > loaded.max_length:
        raise CannotScore("length", f"{count - 1}, {loaded.max_length}")


def open_ids(loaded: LoadedModel, words: str) -> list[int]:
    """The tokens of a text that goes on: without an end that the tokenizer adds."""
    found = text.encode(loaded.tokenizer, words)
    ids, tokens = list(found.ids), list(found.tokens)
    while len(ids) > 1 and tokens[-1].special and tokens[-1].span[0] == tokens[-1].span[1]:
        ids.pop()
        tokens.pop()
    return ids


def alone(
    loaded: LoadedModel, before: Sequence[int], written: str, is_target: bool, language: str | None
) -> list[int]:
    """The tokens of an answer by itself, without those that the tokenizer adds and without a blank that it puts first.

    Raises CannotScore where they do not write it behind the prompt.
    """
    found = text.encode(loaded.tokenizer, written, as_target=is_target, language=language)
    ids = [token.id for token in found.tokens if not (token.special and token.span[0] == token.span[1])]
    start = text.decode(loaded.tokenizer, list(before))
    for candidate in (ids, ids[1:]):
        if candidate and text.decode(loaded.tokenizer, [*before, *candidate]) == start + written:
            return candidate
    if ids and not start:
        return ids
    for anchor in _ANCHORS:  # what is in the midst of a text has no blank before it
        head, whole = open_ids(loaded, anchor), open_ids(loaded, anchor + written)
        rest = whole[len(head) :]
        if whole[: len(head)] == head and text.decode(loaded.tokenizer, [*before, *rest]) == start + written:
            return rest
    bare = written.strip()
    for candidate in (ids, ids[1:]):  # what the tokenizer does to blanks is no reason to refuse
        if candidate and text.decode(loaded.tokenizer, candidate).strip() == bare:
            return candidate
    raise CannotScore("empty" if not ids else "boundary", bare or written)
