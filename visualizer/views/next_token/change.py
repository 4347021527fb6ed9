"""What two runs that are compared predict: which candidates become more probable, and which less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QCoreApplication

from visualizer.core.writing import places
from visualizer.session.selection import Sampling
from visualizer.ui.change_bars import Change
from visualizer.ui.numbers import format_number, format_probability, short_points
from visualizer.views.difference import Pair

if TYPE_CHECKING:
    from visualizer.core.analyses.comparison.next_token import CandidateChange, NextTokenChange
    from visualizer.session.linking import Link

_LIMIT = 40  # most probable tokens of each run
translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Compared:
    """What is asked: two runs, a position in each, and the filters."""

    pair: Pair
    positions: tuple[int, int]
    sampling: Sampling


@dataclass(frozen=True, eq=False)
class ChangedPrediction:
    """The answer. position: in the run that the pane shows."""

    found: NextTokenChange
    asked: Compared

    @property
    def position(self) -> int:
        return self.asked.positions[self.asked.pair.own == "b"]


def question(pair: Pair, position: int, chosen: int, sampling: Sampling, link: Link) -> Compared:
    """position: in the pane's own run; chosen: as it is selected, -1 for the last, which is the last in both."""
    is_first = pair.own == "a"
    carried = link.carry({"position": chosen}, pair.a.kinds[0], from_first=is_first)["position"]
    other = places.place(pair.b if is_first else pair.a, carried)
    return Compared(pair, (position, other) if is_first else (other, position), sampling)


def is_quick(asked: Compared, heavy: int) -> bool:
    """Whether the two distributions can be had between two frames. heavy: multiplications that take longer."""
    a, b = asked.pair.a, asked.pair.b
    return a.card == b.card and 2 * a.card.vocabulary * a.card.width <= heavy


def measure(asked: Compared) -> ChangedPrediction:
    """Compares the two distributions. Raises NotComparable."""
    from visualizer.core.analyses.comparison.next_token import next_token_change

    filters = asked.sampling
    found = next_token_change(
        asked.pair.a,
        asked.pair.b,
        *asked.positions,
        limit=_LIMIT,
        temperature=filters.temperature,
        top_k=filters.top_k,
        top_p=filters.top_p,
        min_p=filters.min_p,
        repetition_penalty=filters.repetition_penalty,
    )
    return ChangedPrediction(found, asked)


def rows(changed: ChangedPrediction) -> tuple[Change, ...]:
    """The candidates, biggest change first; those that do not change are left out."""
    return tuple(
        Change(one.text, one.change, short_points(one.change), _hint(one))
        for one in changed.found.candidates
        if one.change
    )


def summary(changed: ChangedPrediction) -> str:
    """Where the two were asked, and how far the distributions are apart."""
    found = changed.found
    a, b = changed.asked.positions
    lines = [
        translate("NextTokenView", "What changes most in probability, from A to B"),
        translate("NextTokenView", "A: position {a} · B: position {b}").format(a=a, b=b),
        translate("NextTokenView", "KL from A to B {bits} bits · total variation {variation}").format(
            bits=format_number(found.kl_a_b), variation=format_number(found.total_variation)
        ),
    ]
    if found.by == "text":
        lines.append(translate("NextTokenView", "The vocabularies differ: tokens are matched by how they are written."))
    return "\n".join(lines)


def data(changed: ChangedPrediction) -> dict[str, Any]:
    """The numbers for files; an id or rank that a run has not is -1."""
    found = changed.found
    table = [
        [one.change, one.probability_a, one.probability_b, *(-1 if n is None else n for n in (one.rank_a, one.rank_b))]
        for one in found.candidates
    ]
    return {
        "candidates": np.array(table, dtype=np.float64).reshape(-1, 5),
        "rows": [one.text for one in found.candidates],
        "columns": ["change", "probability_a", "probability_b", "rank_a", "rank_b"],
        "change": np.array([one.change for one in found.candidates], dtype=np.float64),
        "positions": np.array(changed.asked.positions),
        "kl_bits": np.array([found.kl_a_b, found.kl_b_a]),
        "total_variation": np.array(found.total_variation),
    }


def _hint(one: CandidateChange) -> str:
    ranks = ["–" if rank is None else f"{rank:,}" for rank in (one.rank_a, one.rank_b)]
    return translate("NextTokenView", "“{token}”: A {a} (rank {rank_a}), B {b} (rank {rank_b})").format(
        token=one.text,
        a=format_probability(one.probability_a),
        b=format_probability(one.probability_b),
        rank_a=ranks[0],
        rank_b=ranks[1],
    )
