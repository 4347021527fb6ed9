"""What explanations may know of the text and the model at hand, so that what they propose is there to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.core.place import Place
from visualizer.core.writing import places
from visualizer.session.selection import Selection
from visualizer.ui.bilingual import Both
from visualizer.ui.numbers import format_probability
from visualizer.views import head_words
from visualizer.views.help.data import Do, Try

if TYPE_CHECKING:
    from visualizer.core.prediction import Candidate
    from visualizer.core.text import Token
    from visualizer.core.trace import Trace

AT_ONCE = 640 * 640  # cells of an attention matrix, beyond which no head is looked at for a proposal
_HEAVY = 150_000_000  # multiplications of an output layer beyond which no prediction is asked for one


@dataclass(frozen=True, slots=True)
class Cell:
    """A pair of tokens of one head, and the weight between them."""

    place: Place
    query: int
    key: int
    looks: str
    looked_at: str
    weight: float

    def select(self) -> dict[str, Any]:
        """The selection that shows it."""
        return {**select_head(self.place), "query": self.query, "key": self.key}


def select_head(place: Place) -> dict[str, Any]:
    """The selection that shows this head."""
    return {"kind": place.kind, "layer": place.layer, "head": place.head}


class Scene:
    """A trace and what is selected of it."""

    def __init__(self, trace: Trace, selection: Selection) -> None:
        self.trace, self.selection = trace, selection

    def say(self, en: str, ja: str, **fields: object) -> str:
        """A sentence in the interface's language, filled in."""
        return Both(en, ja).here().format(**fields)

    def propose(self, do: Do, en: str, ja: str, **fields: object) -> Try:
        """Something to try."""
        return Try(self.say(en, ja, **fields), do)

    @property
    def first(self) -> Place:
        """The head that shows most on this text, where that was looked for; else the chosen one."""
        from visualizer.core.analyses import first_look

        return first_look.known(self.trace) or self.selection.place

    @property
    def is_short(self) -> bool:
        """Whether a whole matrix may be looked at between two frames."""
        trace, kind = self.trace, self.selection.kind
        return len(trace.query_tokens(kind)) * len(trace.key_tokens(kind)) <= AT_ONCE

    def name(self, place: Place) -> str:
        """ "layer 1, head 3 (looks one token back)": what it does is left out for a long text."""
        from visualizer.core.analyses import first_look

        name = self.say("layer {layer}, head {head}", "層 {layer} ヘッド {head}", layer=place.layer, head=place.head)
        if not self.is_short:
            return name
        pattern = first_look.pattern_of(self.trace, place)
        return f"{name} ({head_words.sentence(pattern.name)})" if pattern.name != "mixed" else name

    def strongest(self, place: Place) -> Cell | None:
        """The largest weight between two different words of a head; None where there is none, or the text is long."""
        from visualizer.core.reading import matrix as reading

        if not self.is_short:
            return None
        trace, kind = self.trace, place.kind
        weights = trace.attention(place.layer, place.head, kind).copy()
        _, key_side = reading.sides(trace, kind)
        if len(key_side.sinks) == weights.shape[1]:
            weights[:, key_side.sinks] = 0
        queries, keys = trace.query_tokens(kind), trace.key_tokens(kind)
        weights[[i for i, token in enumerate(queries) if token.special], :] = 0
        if kind != "cross":
            np.fill_diagonal(weights, 0)
        if not weights.size or not weights.max() > 0:
            return None
        query, key = (int(at) for at in np.unravel_index(int(weights.argmax()), weights.shape))
        weight = float(weights[query, key])
        return Cell(place, query, key, queries[query].name, keys[key].name, weight)

    def words(self) -> list[tuple[int, Token]]:
        """The tokens of the text that are no special ones, with their places among all."""
        tokens = self.trace.tokens
        return [(i, t) for i, t in enumerate(tokens) if not t.special and t.sequence == 0 and t.text.strip()]

    def candidates(self, limit: int = 2, temperature: float = 1.0) -> tuple[Candidate, ...]:
        """What the model expects at the chosen position; () where it predicts nothing, or that takes a while."""
        trace = self.trace
        if trace.task == "none" or trace.card.vocabulary * trace.card.width > _HEAVY:
            return ()
        if trace.task == "masked" and not places.blanks(trace) and self.selection.position < 0:
            return ()
        return trace.next_tokens(self.position, temperature=temperature, limit=limit)

    @property
    def position(self) -> int:
        """The position that is looked at, from 0."""
        return places.place(self.trace, self.selection.position)

    def excerpt(self, most: int = 16) -> str:
        """The beginning of the text."""
        text = self.trace.text
        return text if len(text) <= most else text[: most - 1] + "…"

    def percent(self, share: float) -> str:
        """A probability as it is written everywhere."""
        return format_probability(share)
