"""One token that a model wrote, and the manner in which it chose."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

TOP = 10


@dataclass(frozen=True, eq=False)
class Step:
    """One token that was written.

    token: its id. log_probability: natural log of its probability, of the model's own distribution (temperature 1,
    nothing cut off). rank: from 1. entropy: bits of that distribution. top_ids, top_probabilities: the ten most
    probable tokens, falling. seconds: what the step took.
    """

    token: int
    log_probability: float
    rank: int
    entropy: float
    top_ids: tuple[int, ...]
    top_probabilities: tuple[float, ...]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How tokens are chosen. temperature 0: the most probable one. top_k, top_p: None: off. seed: of the draw."""

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0


def step_of(logits: torch.Tensor, token: int) -> Step:
    """What is said of a token that was taken where the model gave these logits, [vocabulary]."""
    log_p = torch.log_softmax(logits.float(), dim=-1)
    best = torch.topk(log_p, min(TOP, len(log_p)))
    own = log_p[token]
    entropy = -(log_p.exp() * log_p.clamp_min(-1e30)).sum() / float(np.log(2))
    return Step(
        token,
        float(own),
        int((log_p > own).sum()) + 1,
        float(entropy),
        tuple(best.indices.tolist()),
        tuple(best.values.exp().tolist()),
    )


def alternative(at: Step | None, token: int) -> Step:
    """Another token than the one that a step took, among those that the step knows."""
    if at is None or token not in at.top_ids:
        raise ValueError(f"token {token} is not among those that are known there")
    place = at.top_ids.index(token)
    log_probability = float(np.log(max(at.top_probabilities[place], 1e-45)))
    return replace(at, token=token, log_probability=log_probability, rank=place + 1)


