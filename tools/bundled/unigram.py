"""A Unigram vocabulary by expectation maximisation (Kudo 2018, "Subword Regularization").

Written here because the trainer of the tokenizers library proposes only strings that occur in two different words,
so common words that are part of no other one ("昨日", "very") could never become pieces.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping

LONGEST = 14


def _substrings(words: Mapping[str, int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for word, count in words.items():
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + LONGEST) + 1):
                counts[word[start:end]] += count
    return counts


def _expected_counts(words: Mapping[str, int], scores: Mapping[str, float]) -> dict[str, float]:
    """E step: how often each piece is used, over all segmentations of all words."""
    probability = {piece: math.exp(score) for piece, score in scores.items()}
    expected: dict[str, float] = defaultdict(float)
    for word, count in words.items():
        size = len(word)
        arcs = [
            (start, end, probability[word[start:end]])
            for start in range(size)
            for end in range(start + 1, min(size, start + LONGEST) + 1)
            if word[start:end] in probability
        ]
        forward = [1.0] + [0.0] * size
        for start, end, p in arcs:  # ordered by start, so forward[start] is complete
            forward[end] += forward[start] * p
        backward = [0.0] * size + [1.0]
        for start, end, p in reversed(arcs):
            backward[start] += backward[end] * p
        for start, end, p in arcs:
            expected[word[start:end]] += count * forward[start] * p * backward[end] / forward[size]
    return expected


def best_segmentation(text: str, scores: Mapping[str, float], without: str | None = None) -> tuple[float, list[str]]:
    """Viterbi: the most probable pieces of `text`, and their log probability."""
    best = [0.0] + [-math.inf] * len(text)
    origin = [0] * (len(text) + 1)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - LONGEST), end):
            piece = text[start:end]
            score = scores.get(piece)
            if score is not None and piece != without and best[start] + score > best[end]:
                best[end], origin[end] = best[start] + score, start
    pieces = []
    end = len(text)
    while end:
        pieces.append(text[origin[end] : end])
        end = origin[end]
    return best[-1], pieces[::-1]


def _scores(expected: Mapping[str, float], required: set[str]) -> dict[str, float]:
    kept = {piece: count for piece, count in expected.items() if count >= 0.5}
    kept |= {piece: max(expected.get(piece, 0.0), 0.5) for piece in required}
    total = math.log(sum(kept.values()))
    return {piece: math.log(count) - total for piece, count in kept.items()}


def train_unigram(words: Mapping[str, int], size: int, alphabet: str = "", rarest: int = 6) -> list[tuple[str, float]]:
    """`size` pieces with log probabilities, most probable first: every character of `words` and `alphabet` is one."""
    required = {character for word in words for character in word}.union(alphabet)
    if size < len(required):
        raise ValueError(f"{size} pieces cannot hold the {len(required)} characters of the corpus")
    seeds = {piece: count * len(piece) for piece, count in _substrings(words).items() if count >= rarest}
    scores = _scores(seeds, required)
    while True:
        for _ in range(2):
            scores = _scores(_expected_counts(words, scores), required)
        if len(scores) <= size:
            break
        used: Counter[str] = Counter()
        for word, count in words.items():
            for piece in best_segmentation(word, scores)[1]:
                used[piece] += count
        # What the corpus loses when a piece is replaced by the best pieces that remain.
        loss = {
            piece: used[piece] * (score - best_segmentation(piece, scores, without=piece)[0])
            for piece, score in scores.items()
            if piece not in required
        }
        keep = max(size - len(required), int(0.7 * len(loss)))
        kept = required.union(sorted(loss, key=lambda piece: (-loss[piece], piece))[:keep])
        scores = {piece: scores[piece] for piece in kept}
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
