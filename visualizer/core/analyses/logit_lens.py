"""The logit lens: what each layer would answer if it were the last (nostalgebraist 2020, "interpreting GPT").

The residual stream after each block goes through the model's own final normalisation and output layer. Layer 0 is the
stream before the first block: the embeddings. In early layers the reading is unreliable, because they need not speak
the language of the output layer (Belrose et al. 2023, "Eliciting latent predictions with the tuned lens", section 2).

    found = read(trace)
    found.token_id[4, -1], found.probability[4, -1]      # ten most probable tokens after block 3, at the last position
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.core.anatomy import final_norm
from visualizer.core.errors import Cancelled, CannotRead
from visualizer.core.system import memo
from visualizer.core.system.progress import Progress, ShouldStop, never, unheard
from visualizer.core.writing import places

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

TOP = 10
_BYTES = 48 << 20  # of logits at a time: with what is computed from them they take three times as much

Part = tuple[int, NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class LogitLens:
    """positions: where predictions were read, indices of the predicting side. part: "block" or "attention".

    token_id: int64 [layer + 1, position, 10], the most probable tokens, falling; probability: float32 likewise.
    entropy: bits [layer + 1, position]. divergence: KL(last layer || this layer) in bits, [layer + 1, position].
    answer: int64 [position], the token that the last layer finds most probable; answer_probability, answer_rank (from
    1): of that token in every layer, [layer + 1, position]. Layers that are not read yet hold -1 and nan.
    """

    positions: tuple[int, ...]
    part: str
    token_id: NDArray[np.int64]
    probability: NDArray[np.float32]
    entropy: NDArray[np.float32]
    divergence: NDArray[np.float32]
    answer: NDArray[np.int64]
    answer_probability: NDArray[np.float32]
    answer_rank: NDArray[np.int64]

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        fields = (self.token_id, self.probability, self.entropy, self.divergence, self.answer_probability)
        return sum(field.nbytes for field in fields) + self.answer_rank.nbytes + self.answer.nbytes


def stream(trace: Trace) -> str:
    """The side of the residual stream from which the trace predicts: "self" or "decoder"."""
    return "decoder" if "decoder" in trace.residual else "self"


def predicting(trace: Trace) -> tuple[int, ...]:
    """The positions that are worth reading: all; of a masked model its blanks, where there are any."""
    return places.blanks(trace) or tuple(range(trace.n_positions))


def read(
    trace: Trace,
    positions: Sequence[int] | None = None,
    should_stop: ShouldStop | None = None,
    progress: Progress | None = None,
) -> LogitLens:
    """Reads every layer at some positions (default: `predicting`); remembered. Blocks of logits stay below 48 MB.

    progress(share, "logit_lens"). Costs one output layer a layer and position, and no pass of the blocks.

    Raises CannotRead, NoSuchPart (position), RunFailed, Cancelled.
    """
    should_stop, progress = should_stop or never, progress or unheard
    chosen = predicting(trace) if positions is None else tuple(places.checked_position(trace, p) for p in positions)
    key = ("logit_lens", chosen)
    known: LogitLens | None = memo.find(trace, key, None)
    if known is not None:
        return known
    read_states = reader(trace)
    layers = trace.residual[stream(trace)]
    found = _empty(len(layers), chosen)
    step = max(1, _BYTES // (4 * max(1, trace.card.vocabulary)))
    done, total = 0, len(layers) * max(1, len(chosen))
    with torch.inference_mode():
        for start in range(0, len(chosen), step):
            part = slice(start, min(start + step, len(chosen)))
            at = list(chosen[part])
            last: torch.Tensor | None = None
            for layer in reversed(range(len(layers))):  # the last first: all others are measured by it
                if should_stop():
                    raise Cancelled
                logits = read_states(layers[layer][at])
                log_p = torch.log_softmax(logits, dim=-1)
                if last is None:
                    last = log_p
                    found.answer[part] = log_p.argmax(dim=-1).cpu().numpy()
                _measure(found, layer, part, log_p, last)
                done += len(at)
                progress(done / total, "logit_lens")
    for array in (found.token_id, found.probability, found.entropy, found.divergence):
        array.setflags(write=False)
    return memo.keep(trace, key, found, found.nbytes)


def reader(trace: Trace) -> Callable[[torch.Tensor], torch.Tensor]:
    """What turns states of the stream, [token, width], into logits, float32 [token, vocabulary].

    Raises CannotRead where the model cannot be asked so; its answer to the last block is its own prediction.
    """
    loaded = trace.model
    if trace.task == "none":
        raise CannotRead("no_output", trace.card.name)
    if loaded is None:
        raise CannotRead("no_model", trace.card.name)
    norm = final_norm.of(loaded)
    if loaded.body is None or not loaded.body.answers:
        raise CannotRead("output_layer", type(loaded.model).__name__)

    def read_states(states: torch.Tensor) -> torch.Tensor:
        normed = norm(states)
        return trace.output_layer.logits(normed, range(len(normed)))

    return read_states


def _empty(layers: int, positions: tuple[int, ...]) -> LogitLens:
    shape = layers, len(positions)
    return LogitLens(
        positions,
        "block",
        np.full((*shape, TOP), -1, np.int64),
        np.full((*shape, TOP), np.nan, np.float32),
        np.full(shape, np.nan, np.float32),
        np.full(shape, np.nan, np.float32),
        np.full(len(positions), -1, np.int64),
        np.full(shape, np.nan, np.float32),
        np.full(shape, -1, np.int64),
    )


def _measure(found: LogitLens, layer: int, part: slice, log_p: torch.Tensor, last: torch.Tensor) -> None:
    """Everything that is said of a layer's distribution; log_p, last: float32 [position, vocabulary], natural logs."""
    best = torch.topk(log_p, min(TOP, log_p.shape[-1]), dim=-1)
    count = best.indices.shape[-1]
    found.token_id[layer, part, :count] = best.indices.cpu().numpy()
    found.probability[layer, part, :count] = best.values.exp().cpu().numpy()
    p = log_p.exp()
    bits = float(np.log(2))
    found.entropy[layer, part] = (-torch.linalg.vecdot(p, log_p.clamp_min(-1e30)) / bits).cpu().numpy()
    gap = last - log_p
    found.divergence[layer, part] = (torch.linalg.vecdot(last.exp(), gap) / bits).clamp_min(0).cpu().numpy()
    answer = torch.from_numpy(found.answer[part]).to(log_p.device)[:, None]
    own = log_p.gather(1, answer)
    found.answer_probability[layer, part] = own[:, 0].exp().cpu().numpy()
    found.answer_rank[layer, part] = (1 + (log_p > own).sum(dim=1)).cpu().numpy()
