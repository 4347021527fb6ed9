"""Who chooses experts is found by watching: whatever is called with tokens, numbers of experts and weights for them."""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import nn

from visualizer.core.routing import Routing


def may_be_experts(module: nn.Module) -> bool:
    """Whether a module takes as much as a mixture of experts does: states, their numbers, their weights."""
    kind: Any = type(module)
    names = _arguments(kind)
    # A mask of experts beside their weights (NLLB-MoE) looks like their numbers, and is none.
    return len(names) >= 3 and not any("mask" in name for name in names)


@lru_cache(maxsize=1024)
def _arguments(kind: Any) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(kind.forward).parameters.values()
    except (TypeError, ValueError):
        return ()
    named = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(p.name for p in parameters if p.kind in named and p.name != "self")


def routing_of(
    module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], tokens: int, layer: int
) -> Routing | None:
    """What a call says of one sequence's experts; None where it is no call of experts.

    Numbers come as [token, chosen], or marked in a row of ones and zeros, [token, chosen, expert] (Switch).
    """
    given = [value for value in (*args, *kwargs.values()) if isinstance(value, torch.Tensor)]
    if len(given) != 3 or [t.is_floating_point() for t in given] not in ([True, False, True], [True, True, False]):
        return None
    states = given[0]
    numbers, weights = given[1:] if given[2].is_floating_point() else given[:0:-1]
    if states.numel() != tokens * states.shape[-1] or weights.dim() != 2 or numbers.shape[:2] != weights.shape:
        return None
    if weights.shape[0] != tokens or numbers.dim() not in (2, 3):
        return None
    count = _count(module)
    if numbers.dim() == 3:
        count = numbers.shape[2]
        nobody = numbers.sum(dim=-1) == 0
        numbers = numbers.argmax(dim=-1).masked_fill(nobody, -1)
    numbers = numbers.detach().to("cpu", torch.int64)
    if not numbers.numel() or int(numbers.max()) >= count or not _differ(numbers):
        return None
    return Routing(layer, numbers.numpy().copy(), weights.detach().float().cpu().numpy().astype(np.float32), count)


def _count(module: nn.Module) -> int:
    """Experts stand one behind the other in each weight, or are parts of their own; else the module says (DBRX)."""
    own = [p.shape[0] for p in module.parameters() if p.dim() == 3]
    if own:
        return max(own)
    said = [n for name, n in vars(module).items() if name.endswith("num_experts") and isinstance(n, int)]
    return max(said, default=len(list(module.children())))


def _differ(numbers: torch.Tensor) -> bool:
    """Whether no token is sent to one expert twice."""
    rows = numbers.sort(dim=-1).values
    twice = (rows[:, 1:] == rows[:, :-1]) & (rows[:, 1:] >= 0)
    return not bool(twice.any())
