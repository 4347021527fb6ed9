"""What an example claims to be found in its model, as data: frozen, checkable, and what its words are made from.

A figure is a bound and never more than was found: "at least" or "at most". No torch here.
"""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.core.place import Place


@dataclass(frozen=True, slots=True)
class Spot:
    """One token of a text: its number from 0, and the label that must stand there."""

    index: int
    text: str

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return self.text.strip() or self.text


@dataclass(frozen=True, slots=True)
class Looks:
    """A head gives at least `least` of a query's weight to a key, and more than to any other key."""

    place: Place
    query: Spot
    key: Spot
    least: float


@dataclass(frozen=True, slots=True)
class Gathers:
    """A head gives one key at least `least` of the weight of the queries after it, on average."""

    place: Place
    key: Spot
    least: float


@dataclass(frozen=True, slots=True)
class Measures:
    """A measure of a head, one of `names.MEASURES`, is at least `least` (induction: on random tokens said twice)."""

    place: Place
    measure: str
    least: float


@dataclass(frozen=True, slots=True)
class Expects:
    """A token is among the `among` most probable of the whole vocabulary, with a probability of at least `least`.

    at: the token after which (in a masked model: in whose place) it is predicted.
    """

    at: Spot
    token: str
    least: float
    among: int = 1


@dataclass(frozen=True, slots=True)
class Prefers:
    """A token is at least `times` as probable as another one."""

    at: Spot
    token: str
    over: str
    times: float = 1.0


@dataclass(frozen=True, slots=True)
class Doubts:
    """A token that one would expect has a probability of at most `most`."""

    at: Spot
    token: str
    most: float


@dataclass(frozen=True, slots=True)
class Surprises:
    """A token surprises by at least `least` bits, and more than every other one of the text but the first."""

    token: Spot
    least: float


@dataclass(frozen=True, slots=True)
class Repeats:
    """The tokens from `again` on surprise by at most `most` bits on average, those before by at least `least`.

    again: the first token of the repetition; the first token of the text is left out, it has nothing before it.
    """

    again: Spot
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Splits:
    """The tokenizer makes `count` tokens of the first occurrence of a stretch of the text."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Judges:
    """The pair head calls two sentences the same in meaning (or not) with a probability of at least `least`."""

    same: bool
    least: float


@dataclass(frozen=True, slots=True)
class Writes:
    """What the decoder generates, character for character."""

    text: str


@dataclass(frozen=True, slots=True)
class Positions:
    """The kind of the model's position scheme: learned, sinusoidal, rotary."""

    kind: str


Claim = (
    Looks | Gathers | Measures | Expects | Prefers | Doubts | Surprises | Repeats | Splits | Judges | Writes | Positions
)
KINDS: dict[str, type] = {
    kind.__name__.lower(): kind
    for kind in (
        Looks, Gathers, Measures, Expects, Prefers, Doubts, Surprises, Repeats, Splits, Judges, Writes, Positions,
    )
}
