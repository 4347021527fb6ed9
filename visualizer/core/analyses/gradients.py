"""What a prediction depends on: gradient times input, one real backward pass of the loaded model.

The logit of the predicted token is differentiated with respect to every token's embedding; the product with the
embedding itself, summed over its dimensions, says how much a small growth of that embedding would raise the logit
(Denil et al. 2014; Shrikumar et al. 2017, section 3.2.1). Signed: a token may speak against the prediction.

An encoder predicts nothing, so what a position of it draws on is read off the decoder's prediction, with the gradient
let through that position alone: summed over all positions these are the source's shares of the whole prediction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from visualizer.core import capture
from visualizer.core.analyses.whole_model_attention import Attribution, checked_position
from visualizer.core.errors import CannotIntervene, NoSuchKind
from visualizer.core.forward import acting, passes
from visualizer.core.forward.unfused import unfused

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace


@dataclass(frozen=True, eq=False)
class Saliency:
    """Gradient times input for one prediction.

    shares: signed, float32 for each token of the source (and target); in logits. token_id: what was predicted, at
    `position`; logit: the model's own score for it in this pass.
    """

    shares: Attribution
    position: int
    token_id: int
    logit: float


def is_available(trace: Trace) -> bool:
    """Whether the model that made the trace is there to be run, and predicts tokens at all."""
    return trace.model is not None and trace.task != "none"


def gradient_times_input(
    trace: Trace, position: int = -1, token_id: int | None = None, through: int | None = None
) -> Saliency:
    """Runs the model forward and back for the prediction at a position.

    token_id: which candidate; None: the most probable one. Parameters get no gradients. through: a position of the
    encoder (of a model that has a decoder, too): only what the prediction takes from there; `shares` have no target.

    Raises NoSuchKind for a trace that was opened without its model or a model that predicts nothing, NoSuchPart,
    NotEnoughMemory, RunFailed; CannotIntervene where parts are changed and only the model's unfused attention, which
    does not know of that, can be differentiated.
    """
    loaded = trace.model
    if loaded is None or not is_available(trace):
        raise NoSuchKind("gradient", "gradient_times_input", ())
    position = checked_position(trace, position)
    if through is not None:
        through = checked_position(trace, through, "encoder")
    if token_id is None:
        token_id = int(trace.logits(position).argmax())
    with passes.failures_told():
        return _run(loaded, trace, position, token_id, through)


def _run(loaded: LoadedModel, trace: Trace, position: int, token_id: int, through: int | None) -> Saliency:
    model = loaded.model
    tables = [model.get_input_embeddings()]
    if trace.target_tokens:
        tables = [model.get_encoder().get_input_embeddings(), model.get_decoder().get_input_embeddings()]
    at_work = capture.interventions_of(loaded, trace.request)
    own_way = _needs_unfused(loaded, trace)
    if own_way and at_work is not None and at_work.changes:
        raise CannotIntervene("gradient")
    with (
        torch.inference_mode(False),
        torch.enable_grad(),
        acting.at_work(at_work),
        _leaves(tables) as leaves,
    ):
        # Tensors that were made under inference mode are not let into a graph; their copies are.
        given = passes.without_cache(loaded, {name: tensor.clone() for name, tensor in trace.inputs.items()})
        with nullcontext() if through is None else _only_through(model.get_encoder(), through):
            output = (unfused(model) if own_way else model)(**given)
        logits = output.get("prediction_logits", output.get("logits"))
        logit = logits[0, position, token_id].float()
        gradients = torch.autograd.grad(logit, leaves)
    found = [
        (leaf.detach().float() * gradient.float()).sum(dim=-1).reshape(-1).cpu().numpy().astype(np.float32)
        for leaf, gradient in zip(leaves, gradients, strict=True)
    ]
    shares = Attribution(found[0], found[1] if trace.target_tokens and through is None else None)
    return Saliency(shares, position, token_id, float(logit.detach()))


@contextmanager
def _leaves(tables: list[nn.Module]) -> Iterator[list[torch.Tensor]]:
    """Makes what the embedding tables give the leaves of the graph, in the order of the calls."""
    leaves: list[torch.Tensor] = []

    def cut(_module: nn.Module, _args: Any, output: torch.Tensor) -> torch.Tensor:
        leaf = output.detach().clone().requires_grad_(True)
        leaves.append(leaf)
        return leaf.clone()  # some models scale what they get in place, which a leaf does not allow

    handles = [table.register_forward_hook(cut) for table in {id(t): t for t in tables}.values()]
    try:
        yield leaves
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _only_through(encoder: nn.Module, position: int) -> Iterator[None]:
    """No gradient passes what the encoder gives, except at one position."""

    def cut(_module: nn.Module, _args: Any, output: Any) -> Any:
        states = output.last_hidden_state
        kept = states.detach().clone()
        kept[:, position] = states[:, position]
        output.last_hidden_state = kept
        return output

    handle = encoder.register_forward_hook(cut)
    try:
        yield
    finally:
        handle.remove()


def _needs_unfused(loaded: LoadedModel, trace: Trace) -> bool:
    """The recorder's attention can be differentiated except where it stands in for the kernel itself."""
    records = (trace.record(layer, kind) for kind in trace.kinds for layer in trace.layer_numbers(kind))
    return loaded.registry and any(r.softcap is not None or r.sinks is not None for r in records)


def rank_agreement(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Kendall's tau-b of two rankings of the same tokens, -1 to 1; nan when one of them is all ties.

    How Jain and Wallace 2019 (section 4.1) compare attention with gradients.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    together, pairs_a, pairs_b = 0.0, 0.0, 0.0
    for n in range(len(a) - 1):
        order_a, order_b = np.sign(a[n + 1 :] - a[n]), np.sign(b[n + 1 :] - b[n])
        together += float(order_a @ order_b)
        pairs_a += float(np.abs(order_a).sum())
        pairs_b += float(np.abs(order_b).sum())
    return together / float(np.sqrt(pairs_a * pairs_b)) if pairs_a and pairs_b else float("nan")
