"""The baseline of the language model: an interpolated modified Kneser-Ney trigram over the same tokens.

Chen and Goodman 1999, "An empirical study of smoothing techniques for language modeling", section 3: three discounts
per order, counted from the counts of counts; lower orders use continuation counts; the unigram is interpolated with the
uniform distribution over the vocabulary.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

Context = tuple[int, ...]


def _discounts(counts: Iterable[int]) -> tuple[float, float, float]:
    """D1, D2, D3+ of equation 26, from how many n-grams occur once, twice, three and four times."""
    of = Counter(min(count, 5) for count in counts)
    ones, twos, threes, fours = (max(1, of[k]) for k in (1, 2, 3, 4))
    y = ones / (ones + 2 * twos)
    raw = (1 - 2 * y * twos / ones, 2 - 3 * y * threes / twos, 3 - 4 * y * fours / threes)
    first, second, third = (min(max(value, 0.05), k) for k, value in enumerate(raw, start=1))
    return first, second, third


class _Order:
    """Counts of one order, by context: how often each token follows, in total, and the mass set aside."""

    def __init__(self, counts: Counter[Context]) -> None:
        self.discounts = _discounts(counts.values())
        self.counts = counts
        self.total: dict[Context, int] = defaultdict(int)
        self.reserved: dict[Context, float] = defaultdict(float)
        for gram, count in counts.items():
            self.total[gram[:-1]] += count
            self.reserved[gram[:-1]] += self.discount(count)

    def discount(self, count: int) -> float:
        return self.discounts[min(count, 3) - 1] if count else 0.0

    def probability(self, context: Context, token: int, lower: float) -> float:
        total = self.total.get(context, 0)
        if not total:
            return lower
        count = self.counts.get((*context, token), 0)
        return (count - self.discount(count) + self.reserved[context] * lower) / total


class KneserNeyTrigram:
    """P(token | two tokens before); sentences begin after two `begin` tokens and end with `end`."""

    def __init__(self, sentences: Iterable[Sequence[int]], vocabulary: int, begin: int, end: int) -> None:
        self.begin, self.end, self.vocabulary = begin, end, vocabulary
        trigrams: Counter[Context] = Counter()
        for sentence in sentences:
            padded = [begin, begin, *sentence, end]
            trigrams.update(zip(padded, padded[1:], padded[2:], strict=False))
        bigrams = Counter(gram[1:] for gram in trigrams)  # how many tokens come before it
        # A bigram that begins a sentence is preceded by `begin` only; its own count says more, as in SRILM.
        first: Counter[Context] = Counter()
        for gram, count in trigrams.items():
            if gram[1] == begin:
                first[gram[1:]] += count
        bigrams.update({gram: count - bigrams[gram] for gram, count in first.items()})
        unigrams = Counter(gram[1:] for gram in bigrams)
        self.orders = (_Order(unigrams), _Order(bigrams), _Order(trigrams))

    def probability(self, before: Context, token: int) -> float:
        """P(token | before), `before` being the two tokens that precede it."""
        value = 1.0 / self.vocabulary
        for size, order in enumerate(self.orders):
            value = order.probability(before[len(before) - size :], token, value)
        return value

    def nats(self, sentence: Sequence[int]) -> float:
        """Negative log probability of a sentence and its end."""
        padded = [self.begin, self.begin, *sentence, self.end]
        return -sum(
            math.log(self.probability((padded[i - 2], padded[i - 1]), padded[i])) for i in range(2, len(padded))
        )
