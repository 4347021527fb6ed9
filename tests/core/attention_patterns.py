"""Traces whose attention is written by hand, so that what is computed from it is known by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from visualizer.core.attention import AttentionRecord
from visualizer.core.reading import strongest
from visualizer.core.request import RunRequest
from visualizer.core.text.tokens import Morpheme, Token
from visualizer.core.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from visualizer.core.loaded_model import LoadedModel


def tokens_of(words: Sequence[str], specials: Sequence[str] = ("[CLS]", "[SEP]")) -> tuple[Token, ...]:
    """One token a word, side by side."""
    found, start = [], 0
    for n, word in enumerate(words):
        special = word in specials
        stop = start if special else start + len(word)
        found.append(Token(n + 10, word, (start, stop), special, word))
        start = stop
    return tuple(found)


def morphemes_of(words: Sequence[tuple[str, str]]) -> tuple[Morpheme, ...]:
    """(surface, part of speech) side by side."""
    found, start = [], 0
    for surface, part in words:
        found.append(Morpheme(surface, part, "", surface, (start, start + len(surface))))
        start += len(surface)
    return tuple(found)


def trace_of(
    loaded: LoadedModel,
    records: dict[str, list[np.ndarray]],
    words: Sequence[str],
    target: Sequence[str] = (),
    morphemes: tuple[Morpheme, ...] = (),
) -> Trace:
    """A trace that holds these weights: kind -> layers of [head, query, key]; it has no model to run."""
    from visualizer.core.trace.output_layer import SavedOutputLayer

    return Trace(
        request=RunRequest("".join(w for w in words if not w.startswith("["))),
        card=loaded.card,
        tokens=tokens_of(words),
        target_tokens=tokens_of(target),
        target_text="".join(w for w in target if not w.startswith("[")),
        records={kind: tuple(record_of(layer) for layer in layers) for kind, layers in records.items()},
        residual={},
        final=torch.zeros(len(target or words), 4),
        output_layer=SavedOutputLayer("none", None, [], None, None, None, None),
        morphemes=morphemes,
        method="eager",
    )


def record_of(weights: np.ndarray) -> AttentionRecord:
    """A record of weights [head, query, key] that the model computed itself."""
    return AttentionRecord(
        query=None, key=None, value=None, scaling=1.0, weights=torch.tensor(np.asarray(weights), dtype=torch.float32)
    )


def lines_for_mass(matrix: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """The lines that carry `share` of the attention of every query: (query, key) indices, two arrays [line]."""
    rows, columns, _ = strongest.strongest(matrix, None).lines(share)
    return rows, columns


def looking_back(count: int, offset: int = 1) -> np.ndarray:
    """[query, key]: every query looks at the one `offset` before it; the first ones look at the first."""
    found = np.zeros((count, count), dtype=np.float32)
    for query in range(count):
        found[query, min(max(query - offset, 0), count - 1)] = 1
    return found


def uniform(count: int, causal: bool = False) -> np.ndarray:
    """[query, key]: every query looks at all keys (that are not after it) equally."""
    found = np.ones((count, count), dtype=np.float32)
    if causal:
        found = np.tril(found)
    return found / found.sum(axis=1, keepdims=True)
