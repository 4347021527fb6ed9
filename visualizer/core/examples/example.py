"""One example: what is asked of which model, where one looks, what is to be seen there. No Qt, no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from visualizer.core.examples.claims import Claim
from visualizer.core.request import RunRequest


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages."""

    en: str
    ja: str

    def of(self, language: str) -> str:
        """In "ja" or "en"."""
        return self.ja if language == "ja" else self.en


@dataclass(frozen=True, slots=True)
class Topic:
    """A group of examples, in the order in which they are offered."""

    id: str
    title: Words


@dataclass(frozen=True, slots=True)
class Aim:
    """Where one looks when it opens: a head, tokens that are locked, where the prediction is read (-1: at the end)."""

    kind: str
    layer: int
    head: int
    query: int | None = None
    key: int | None = None
    position: int = -1


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence that shows something.

    id: as the command line calls it. topic: a `Topic`'s id. language: of the sentence, "ja", "en" or "both". model: a
    source that `models.load` takes. view: of the window. options: view id -> its options that are not as at first.
    title: what it shows, in a few words. shows: what to look at; nothing that the claims do not hold. words: by which
    someone may look for it. is_limit: whether it shows what this small model does not do. claims: what is found.
    """

    id: str
    topic: str
    language: str
    model: str
    request: RunRequest
    view: str
    aim: Aim
    title: Words
    shows: Words
    words: str = ""
    is_limit: bool = False
    claims: tuple[Claim, ...] = ()
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The text, and what stands beside it, in one line."""
        return " / ".join(part for part in (self.request.text, self.request.pair, self.request.target) if part)
