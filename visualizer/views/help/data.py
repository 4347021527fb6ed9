"""What an explanation of a view is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from visualizer.ui.bilingual import Both

if TYPE_CHECKING:
    from visualizer.views.help.scene import Scene

__all__ = ["Both", "Caution", "Do", "Formula", "Help", "Try"]


@dataclass(frozen=True, slots=True)
class Formula:
    """tex: as `ui.formula` reads it. words: what it computes, and what its symbols are. source: paper and equation."""

    tex: str
    words: Both
    source: str


@dataclass(frozen=True, slots=True)
class Caution:
    """Where a picture is known to mislead. source: who has shown it; "" for what follows from the definition."""

    words: Both
    source: str = ""


@dataclass(frozen=True, slots=True)
class Do:
    """What one click does, in this order: text: the model reads this one; view: is opened, "" for the present one;
    select: changes of the selection; options: changes of the opened view's own."""

    view: str = ""
    select: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Try:
    """Something to try with the present text and model. words: plain text, in the interface's language."""

    words: str
    do: Do


@dataclass(frozen=True, slots=True)
class Help:
    """The explanation of one view. shows, reading: paragraphs, an empty line between two. terms: ids of the glossary.

    tries: at least two for any text of more than one token.
    """

    shows: Both
    reading: Both
    formulas: tuple[Formula, ...]
    tries: Callable[[Scene], tuple[Try, ...]]
    misleads: tuple[Caution, ...]
    terms: tuple[str, ...]
