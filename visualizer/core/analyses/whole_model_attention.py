"""Attention of the whole model: how far each token of the input reaches a prediction through all layers.

Three readings of the same matrices, each layer's being the mean over its heads: `raw`, the weights of one layer;
`rollout` and `attention_flow`, Abnar and Zuidema 2020 ("Quantifying attention flow in Transformers", sections 3.1 and
3.2), who let half of every layer's attention stay in place for the residual connection: A' = A / 2 + I / 2. What a
prediction really depends on is a different question, answered by `saliency.gradient_times_input`; that the answers
differ is the point of Jain and Wallace 2019 ("Attention is not explanation").

    rollout(trace, position=5).source[2]    # share of token 2 in what stands at position 5 after the last layer

An encoder-decoder model mixes three times a layer: in its encoder, in its decoder, and from the decoder across to the
encoder's output; each time half stays in place. With kind="encoder" its encoder is read by itself, up to one of its own
positions. Where the model's own rows do not sum to 1 (gpt-oss, whose attention sinks take a share), what is said below
to sum to 1 sums to less: nothing is put in the place of what the sinks took.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.core import attention
from visualizer.core.analyses import maximum_flow
from visualizer.core.errors import Cancelled, NoSuchPart, TooManyTokens
from visualizer.core.system import memo
from visualizer.core.system.progress import Progress, ShouldStop

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

Floats = NDArray[np.float32]

# Tokens that a flow may run through: the exact answer for one position takes some seconds at this length.
FLOW_TOKENS = 96
# Mean attention matrices of one trace are remembered up to this size (bytes); those of longer texts computed again.
KEPT_BYTES = 96 << 20
ROW_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Attribution:
    """A number for each token that a position may draw on.

    source: float32 [token] for `trace.tokens`; target: float32 [target token], or None where there is no decoder
    beside an encoder.
    """

    source: Floats
    target: Floats | None = None


def is_two_sided(trace: Trace, kind: str | None = None) -> bool:
    """Whether source and target are read together; not when only the encoder is."""
    return "cross" in trace.kinds and kind != "encoder"


def _sublayers(trace: Trace, kind: str | None) -> list[tuple[str, int]]:
    """(kind, layer) of every mixing step, the last one of the forward pass first."""
    if not is_two_sided(trace, kind):
        only = trace.kinds[0]
        return [(only, layer) for layer in reversed(trace.layer_numbers(only))]
    decoder = [(name, layer) for layer in reversed(trace.layer_numbers("decoder")) for name in ("cross", "decoder")]
    return decoder + [("encoder", layer) for layer in reversed(trace.layer_numbers("encoder"))]


def checked_position(trace: Trace, position: int, kind: str | None = None) -> int:
    """A position counted from 0; negative ones count from the end. Raises NoSuchPart."""
    count = len(trace.target_tokens if is_two_sided(trace, kind) else trace.tokens)
    if not -count <= position < count:
        raise NoSuchPart("position", position, count)
    return position % count


# --- mean over heads ---------------------------------------------------------------------------


def mean_attention(trace: Trace, layer: int, kind: str = "self", start: int = 0, stop: int | None = None) -> Floats:
    """Mean over a layer's heads, for the queries start..stop: float32 [query, key], rows sum to 1.

    Raises NoSuchPart, NoSuchKind.
    """
    record = trace.record(layer, kind)
    with torch.inference_mode():
        total = attention.weights(record, 0, start, stop)
        for head in range(1, record.heads):
            total = total + attention.weights(record, head, start, stop)
        found: Floats = (total / record.heads).cpu().numpy()
        return found


def _kept_mean(trace: Trace, layer: int, kind: str) -> Floats | None:
    """The layer's whole mean matrix, remembered; None for a text too long to keep the matrices of all layers."""
    needed = 0
    for name in trace.kinds:
        queries, keys = trace.record(trace.layer_numbers(name)[0], name).shape
        needed += 4 * trace.layers(name) * queries * keys
    if needed > KEPT_BYTES:
        return None
    key = ("mean attention", kind, layer)
    found: Floats | None = memo.find(trace, key, None)
    if found is None:
        found = mean_attention(trace, layer, kind)
        found.setflags(write=False)
        found = memo.keep(trace, key, found, found.nbytes)
    return found


def _mixed(trace: Trace, layer: int, kind: str, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """shares [query] spread by a layer's mean attention: [key]."""
    kept = _kept_mean(trace, layer, kind)
    if kept is not None:
        return shares @ kept
    result = np.zeros(trace.record(layer, kind).shape[1])
    for start in range(0, len(shares), ROW_BLOCK):
        part = shares[start : start + ROW_BLOCK]
        if part.any():
            result += part @ mean_attention(trace, layer, kind, start, start + len(part))
    return result


# --- raw, rollout ------------------------------------------------------------------------------


def raw(trace: Trace, layer: int, position: int = -1, kind: str | None = None) -> Attribution:
    """Where a position looks in one layer, mean over heads; sums to 1 over the source, and over the target if any.

    layer: of the decoder in an encoder-decoder model: the target's share is its own attention, the source's crosses;
    of the encoder with kind="encoder". Raises NoSuchPart.
    """
    position = checked_position(trace, position, kind)
    if not is_two_sided(trace, kind):
        return Attribution(mean_attention(trace, layer, trace.kinds[0], position, position + 1)[0])
    across = mean_attention(trace, layer, "cross", position, position + 1)[0]
    return Attribution(across, mean_attention(trace, layer, "decoder", position, position + 1)[0])


def rollout(
    trace: Trace,
    position: int = -1,
    should_stop: ShouldStop | None = None,
    progress: Progress | None = None,
    kind: str | None = None,
) -> Attribution:
    """Attention rollout to a position of the last layer: shares of the input tokens; all of them sum to 1.

    Abnar and Zuidema 2020, equation 1: the product of all layers' A', read off at the position's row. Raises
    NoSuchPart, Cancelled.
    """
    should_stop = should_stop or (lambda: False)
    progress = progress or (lambda _share, _name: None)
    position = checked_position(trace, position, kind)
    two_sided = is_two_sided(trace, kind)
    own = np.zeros(len(trace.target_tokens if two_sided else trace.tokens))
    own[position] = 1
    source = np.zeros(len(trace.tokens))
    sublayers = _sublayers(trace, kind)
    for n, (name, layer) in enumerate(sublayers):
        if should_stop():
            raise Cancelled
        if name == "cross":
            source += _mixed(trace, layer, name, own) / 2
            own = own / 2
        elif name == "encoder" and two_sided:
            source = (source + _mixed(trace, layer, name, source)) / 2
        else:
            own = (own + _mixed(trace, layer, name, own)) / 2
        progress((n + 1) / len(sublayers), "rollout")
    if two_sided:
        return Attribution(source.astype(np.float32), own.astype(np.float32))
    return Attribution(own.astype(np.float32))


# --- flow --------------------------------------------------------------------------------------


def flow_tokens(trace: Trace, position: int = -1, kind: str | None = None) -> int:
    """How many tokens a flow to this position can run through (at most `FLOW_TOKENS` may). Raises NoSuchPart."""
    position = checked_position(trace, position, kind)
    if is_two_sided(trace, kind):
        return len(trace.tokens) + position + 1
    return position + 1 if _is_causal(trace) else len(trace.tokens)


def _is_causal(trace: Trace) -> bool:
    """Whether no token of any layer sees a later one."""
    for layer in trace.layer_numbers(trace.kinds[0]):
        record = trace.record(layer, trace.kinds[0])
        if record.causal:
            continue
        blocked = attention.masked_cells(record)
        if blocked is None or not bool((blocked | torch.ones_like(blocked).tril_()).all()):
            return len(trace.tokens) == 1
    return True


def attention_flow(
    trace: Trace,
    position: int = -1,
    should_stop: ShouldStop | None = None,
    progress: Progress | None = None,
    kind: str | None = None,
) -> Attribution:
    """Attention flow to a position of the last layer: for every input token the greatest flow between the two, 0 to 1.

    Abnar and Zuidema 2020, section 3.2: the layers are a network whose edges carry at most A'; each input token's flow
    is a maximum flow of its own, so that they do not sum to 1. Exact to about 1e-6.

    Raises TooManyTokens beyond `FLOW_TOKENS`, NoSuchPart, Cancelled.
    """
    progress = progress or (lambda _share, _name: None)
    count = flow_tokens(trace, position, kind)
    if count > FLOW_TOKENS:
        raise TooManyTokens(count=count, limit=FLOW_TOKENS)
    position = checked_position(trace, position, kind)
    steps = capacities(trace, position, kind)
    found = maximum_flow.to_each_sink(
        steps, position, should_stop=should_stop, progress=lambda share: progress(share, "flow")
    )
    if not is_two_sided(trace, kind):
        source = np.zeros(len(trace.tokens), np.float32)
        source[: len(found)] = found
        return Attribution(source)
    target = np.zeros(len(trace.target_tokens), np.float32)
    target[: position + 1] = found[: position + 1]
    return Attribution(found[position + 1 :].astype(np.float32), target)


def capacities(trace: Trace, position: int, kind: str | None = None) -> list[NDArray[np.float64]]:
    """The network's edges from the last layer to the input: float64 [node above, node below] each, rows sum to 1.

    Nodes: the tokens that the position can draw on; the target's come before the source's. What a sublayer does not
    touch passes through it.
    """
    if not is_two_sided(trace, kind):
        only = trace.kinds[0]
        count = position + 1 if _is_causal(trace) else len(trace.tokens)
        half = np.eye(count) / 2
        means = (mean_attention(trace, layer, only, 0, count)[:, :count] for _, layer in _sublayers(trace, kind))
        return [half + mean.astype(np.float64) / 2 for mean in means]
    own, source = position + 1, len(trace.tokens)
    steps = []
    for name, layer in _sublayers(trace, kind):
        step = np.eye(own + source)
        if name == "encoder":
            step[own:, own:] = np.eye(source) / 2 + mean_attention(trace, layer, name) / 2
        elif name == "decoder":
            step[:own, :own] = np.eye(own) / 2 + mean_attention(trace, layer, name, 0, own)[:, :own] / 2
        else:
            step[:own, :own] = np.eye(own) / 2
            step[:own, own:] = mean_attention(trace, layer, name, 0, own) / 2
        steps.append(step)
    return steps
