"""How far the weights that are shown lie from those that the model computes itself, the slow way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.core.forward import passes
from visualizer.core.forward.unfused import unfused
from visualizer.core.system import memo

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

Differences = dict[str, NDArray[np.float32]]

# The slow way needs every matrix at once; beyond this (bytes) the check of the outputs has to do.
LIMIT = 128 << 20
_NAMES = {
    "self": "attentions",
    "encoder": "encoder_attentions",
    "decoder": "decoder_attentions",
    "cross": "cross_attentions",
}


def differences(trace: Trace) -> Differences | None:
    """Largest difference between the model's own softmax and the recomputed one: kind -> float32 [layer, head], 0 for
    layers without attention.

    The model runs once more over the same tokens with its own unfused attention. None where that is not possible: the
    trace comes from a file, the model handed out its weights itself, something was done to it meanwhile, which its own
    attention would not do, or the matrices would need too much memory.
    """
    return memo.ask(trace, "differences", lambda: _differences(trace))


def _differences(trace: Trace) -> Differences | None:
    size = sum(
        4 * trace.layers(kind) * trace.heads(kind) * len(trace.query_tokens(kind)) * len(trace.key_tokens(kind))
        for kind in trace.kinds
    )
    if trace.model is None or trace.method != "registry" or trace.request.interventions or size > LIMIT:
        return None
    loaded = trace.model
    given = passes.without_cache(loaded, trace.inputs)
    with torch.inference_mode():
        output = unfused(loaded.model, loaded.stack)(**given, output_attentions=True, return_dict=True)
    found: Differences = {}
    for kind in trace.kinds:
        own = [w for w in getattr(output, _NAMES[kind], None) or () if w is not None]
        if len(own) != trace.layers(kind):
            return None
        found[kind] = np.zeros((trace.depth(kind), trace.heads(kind)), dtype=np.float32)
        for layer, weights in zip(trace.layer_numbers(kind), own, strict=True):
            for head in range(trace.heads(kind)):
                difference = trace.attention(layer, head, kind) - weights[0, head].float().cpu().numpy()
                found[kind][layer, head] = np.abs(difference).max(initial=0.0)
    return found
