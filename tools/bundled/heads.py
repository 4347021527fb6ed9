"""What each head looks at, as shares of its attention mass.

previous    query t on key t-1
first       query t on the first token (the beginning of the text)
same        query t on other keys that hold the same token, where there are any
induction   in a text said twice: query t of the second saying on the key after the same token in the first
            (Olsson et al. 2022, "In-context learning and induction heads")
alignment   query on the key that holds its translation, where IBM Model 1 is sure (see alignment.py)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

NAMED_FROM = 0.4  # a head is named after a pattern that holds at least this share of its attention


@dataclass
class Tally:
    """Sums of attention shares and their number, for every layer and head."""

    total: Tensor | None = None  # [layer, head]
    count: int = 0

    def add(self, shares: Tensor) -> None:
        """shares: [layer, head, queries]."""
        if shares.shape[-1]:
            summed = shares.sum(-1)
            self.total = summed if self.total is None else self.total + summed
            self.count += shares.shape[-1]

    def mean(self) -> Tensor:
        if self.total is None:
            raise ValueError("nothing was measured")
        return self.total / self.count


@dataclass
class HeadReport:
    """Mean share of attention [layer, head] for every pattern measured."""

    tallies: dict[str, Tally] = field(default_factory=dict)

    def add(self, pattern: str, shares: Tensor) -> None:
        self.tallies.setdefault(pattern, Tally()).add(shares)

    def means(self) -> dict[str, Tensor]:
        return {name: tally.mean() for name, tally in self.tallies.items() if tally.count}


def stack(attentions: Sequence[Tensor]) -> Tensor:
    """Per-layer attentions [1, head, query, key] to one tensor [layer, head, query, key]."""
    return torch.stack([layer[0] for layer in attentions]).float()


def add_positions(report: HeadReport, attention: Tensor) -> None:
    """previous and first, from one text's attention [layer, head, query, key]."""
    size = attention.shape[-1]
    places = torch.arange(2, size)
    report.add("previous", attention[:, :, places, places - 1])
    report.add("first", attention[:, :, places, torch.zeros_like(places)])


def add_same(report: HeadReport, attention: Tensor, ids: Sequence[int], causal: bool) -> None:
    """same: queries that have another key with their own token (an earlier one in a causal model)."""
    row = torch.tensor(list(ids))
    same = row[:, None] == row[None, :]
    same.fill_diagonal_(False)
    if causal:
        same = same.tril()
    queries = same.any(1).nonzero().flatten()
    if len(queries):
        shares = (attention * same).sum(-1)  # [layer, head, query]
        report.add("same", shares[:, :, queries])


def add_induction(report: HeadReport, attention: Tensor, begin: int, length: int) -> None:
    """induction: the text of `length` tokens stands at `begin` and again right after itself."""
    places = torch.arange(begin + length, begin + 2 * length - 1)
    report.add("induction", attention[:, :, places, places - length + 1])


def add_alignment(
    report: HeadReport, attention: Tensor, links: Sequence[tuple[int, int]], name: str = "alignment"
) -> None:
    """alignment: (query place, key place) that translate each other."""
    if links:
        queries, keys = (torch.tensor(list(side)) for side in zip(*links, strict=True))
        report.add(name, attention[:, :, queries, keys])


def strongest(means: Mapping[str, Tensor], pattern: str, number: int = 3) -> list[tuple[int, int, float]]:
    """The heads (layer, head, share) that hold a pattern most, layers and heads counted from 0."""
    values = means[pattern]
    order = values.flatten().argsort(descending=True)[:number].tolist()
    return [(i // values.shape[1], i % values.shape[1], float(values.flatten()[i])) for i in order]


def names(means: Mapping[str, Tensor]) -> dict[str, list[tuple[int, int, float]]]:
    """For every pattern the heads above NAMED_FROM, strongest first."""
    return {
        pattern: [head for head in strongest(means, pattern, values.numel()) if head[2] >= NAMED_FROM]
        for pattern, values in means.items()
    }
