"""Which source token a target token translates, learnt from the pairs themselves: IBM Model 1 (Brown et al. 1993).

It knows nothing of the models under study, so it can say whether their attention finds translations.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

NOTHING = -1  # the empty source word, for target tokens that translate nothing
RAREST = 1e-6  # probabilities below this are forgotten

Sentence = Sequence[int]


class WordAligner:
    """P(target token | source token), by expectation maximisation."""

    def __init__(self, pairs: Iterable[tuple[Sentence, Sentence]], rounds: int = 5) -> None:
        data = [([NOTHING, *source], list(target)) for source, target in pairs]
        table: dict[int, dict[int, float]] = defaultdict(dict)
        for source, target in data:
            for s in source:
                row = table[s]
                for t in target:
                    row[t] = 1.0
        for _ in range(rounds):
            counts: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
            for source, target in data:
                for t in target:
                    weights = [table[s].get(t, RAREST) for s in source]
                    total = sum(weights)
                    for s, weight in zip(source, weights, strict=True):
                        counts[s][t] += weight / total
            table = defaultdict(dict)
            for s, row in counts.items():
                mass = sum(row.values())
                table[s] = {t: value / mass for t, value in row.items() if value / mass > RAREST}
        self.table = table

    def sources(self, sentences: Iterable[Sentence], sure: float = 0.4) -> dict[int, dict[int, float]]:
        """For every target token the source tokens that it translates, with their shares of the posterior.

        `sentences` are the source sentences: how often a token occurs counts. Tokens that mostly translate nothing, or
        many things a little, are left out: those whose three likeliest sources hold less than `sure`.
        """
        occurs = Counter(token for sentence in sentences for token in {NOTHING, *sentence})
        weights: dict[int, dict[int, float]] = defaultdict(dict)
        for source, row in self.table.items():
            for target, value in row.items():
                weights[target][source] = value * occurs[source]
        found = {}
        for target, row in weights.items():
            total = sum(row.values())
            best = sorted((s for s in row if s != NOTHING), key=lambda s: -row[s])[:3]
            if sum(row[s] for s in best) >= sure * total:
                found[target] = {s: row[s] / total for s in best}
        return found

    def links(self, source: Sentence, target: Sentence, sure: float = 0.6) -> list[tuple[int, int]]:
        """(target place, source place) where one source place holds at least `sure` of the posterior."""
        found = []
        for j, t in enumerate(target):
            weights = [self.table.get(s, {}).get(t, 0.0) for s in (NOTHING, *source)]
            total = sum(weights)
            if total > 0.0:
                best = max(range(len(weights)), key=weights.__getitem__)
                if best > 0 and weights[best] >= sure * total:
                    found.append((j, best - 1))
        return found
