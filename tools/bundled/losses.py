"""Cross entropy that costs little on a CPU: logits are made, used and dropped a slice at a time.

The gradient is computed in the forward pass, so the [tokens, vocabulary] matrix never exists as a whole, and the
softmax runs in float32 while the products run in the model's dtype.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def _slice(logits: Tensor, target: Tensor, smoothing: float) -> tuple[Tensor, Tensor]:
    """Summed negative log likelihood, and its gradient by the logits [n, vocabulary] in their dtype."""
    z = logits.float()
    z = z - z.amax(dim=1, keepdim=True)
    log_total = z.exp().sum(dim=1, keepdim=True).log()
    columns = torch.arange(z.shape[1], device=z.device)
    hit = columns[None, :] == target[:, None]
    loss = (log_total - (z * hit).sum(dim=1, keepdim=True)).sum()
    gradient = (z - log_total).exp() - hit * (1.0 - smoothing) - smoothing / z.shape[1]
    return loss, gradient.to(logits.dtype)


_compiled: dict[bool, Any] = {False: _slice}


def use_compiler(enabled: bool) -> None:
    """Let torch.compile fuse the softmax (needs a C++ compiler on the CPU)."""
    _compiled[True] = torch.compile(_slice, dynamic=True) if enabled else _slice


class _SlicedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, states: Tensor, weight: Tensor, bias: Tensor | None, target: Tensor, smoothing: float, rows: int
    ) -> Tensor:
        step = _compiled.get(True, _slice)
        total = torch.zeros((), device=states.device)
        d_states = torch.empty_like(states)
        d_weight = torch.zeros(weight.shape, dtype=torch.float32, device=weight.device)
        d_bias = None if bias is None else torch.zeros(bias.shape, dtype=torch.float32, device=weight.device)
        for start in range(0, len(states), rows):
            part = states[start : start + rows]  # [n, d]
            logits = part @ weight.t() if bias is None else torch.addmm(bias, part, weight.t())  # [n, vocabulary]
            loss, gradient = step(logits, target[start : start + rows], smoothing)
            total += loss
            d_states[start : start + rows] = gradient @ weight
            d_weight += gradient.t() @ part
            if d_bias is not None:
                d_bias += gradient.float().sum(dim=0)
        count = max(1, len(states))
        ctx.has_bias = bias is not None
        ctx.save_for_backward(
            d_states / count,
            (d_weight / count).to(weight.dtype),
            *(() if d_bias is None or bias is None else ((d_bias / count).to(bias.dtype),)),
        )
        return total / count

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        d_states, d_weight, *rest = ctx.saved_tensors
        return d_states * grad, d_weight * grad, rest[0] * grad if ctx.has_bias else None, None, None, None


def cross_entropy(
    states: Tensor, weight: Tensor, target: Tensor, bias: Tensor | None = None, smoothing: float = 0.0, rows: int = 1024
) -> Tensor:
    """Mean cross entropy in nats of `target` [n] under softmax(states [n, d] @ weight.T [d, vocabulary] + bias).

    The returned value leaves label smoothing out; the gradient has it.
    """
    return _SlicedCrossEntropy.apply(states, weight, bias, target, smoothing, rows)  # type: ignore[no-any-return]
