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

from visualizer.core import text
from visualizer.core.analyses.lens_streams import after_attention, stream
from visualizer.core.anatomy import final_norm
from visualizer.core.errors import Cancelled, CannotRead
from visualizer.core.system import memo
from visualizer.core.system.progress import Progress, ShouldStop, never, unheard
from visualizer.core.text import scripts
from visualizer.core.writing import places

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

TOP = 10
PARTS = ("block", "attention")  # after which part of a block the stream is read
_BYTES = 48 << 20  # of logits at a time
_ROWS = 8 << 20  # bytes of them that are measured at a time: they stay in the cache from one sum to the next


@dataclass(frozen=True, eq=False)
class LogitLens:
    """positions: where predictions were read, indices of the predicting side. part: one of `PARTS`; layer 0 and the
    answer are the same in both.

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


def predicting(trace: Trace) -> tuple[int, ...]:
    """The positions that are worth reading: all; of a masked model its blanks, where there are any."""
    return places.blanks(trace) or tuple(range(trace.n_positions))


def known(trace: Trace, part: str = "block") -> LogitLens | None:
    """What `read` found of all positions that are worth reading; None where it was not asked yet."""
    found: LogitLens | None = memo.find(trace, ("logit_lens", predicting(trace), part), None)
    return found


def read(
    trace: Trace,
    positions: Sequence[int] | None = None,
    should_stop: ShouldStop | None = None,
    progress: Progress | None = None,
    part: str = "block",
    on_layer: Callable[[LogitLens], None] | None = None,
) -> LogitLens:
    """Reads every layer at some positions (default: `predicting`); remembered. Blocks of logits stay below 48 MB.

    progress(share, "logit_lens"); on_layer: is given what is known after each layer, the last one first, in arrays
    that go on being filled. Costs one output layer a layer and position, and no pass of the blocks.

    Raises CannotRead, NoSuchPart (position), RunFailed, Cancelled.
    """
    should_stop, progress = should_stop or never, progress or unheard
    chosen = predicting(trace) if positions is None else tuple(places.checked_position(trace, p) for p in positions)
    key = ("logit_lens", chosen, part)
    remembered: LogitLens | None = memo.find(trace, key, None)
    if remembered is not None:
        return remembered
    read_states = reader(trace)
    states = _states(trace, part)
    layers = len(trace.residual[stream(trace)])
    found = _empty(layers, chosen, part)
    step = max(1, _BYTES // (4 * max(1, trace.card.vocabulary)))
    done, total = 0, layers * max(1, len(chosen))
    with torch.inference_mode():
        for start in range(0, len(chosen), step):
            rows = slice(start, min(start + step, len(chosen)))
            at = list(chosen[rows])
            # The answer first: all layers are measured by it.
            logits = read_states(trace.residual[stream(trace)][-1][at])
            last = torch.log_softmax(logits, dim=-1)
            found.answer[rows] = logits.argmax(dim=-1).cpu().numpy()
            for layer in reversed(range(layers)):
                if should_stop():
                    raise Cancelled
                if part != "block" or layer < layers - 1:
                    logits = read_states(states(layer, at))
                _measure(found, layer, rows, logits, last)
                done += len(at)
                progress(done / total, "logit_lens")
                if on_layer is not None:
                    on_layer(found)
    if part == "block":
        found.divergence[-1] = 0.0  # from itself
    for name in ("token_id", "probability", "entropy", "divergence", "answer_probability", "answer_rank"):
        getattr(found, name).setflags(write=False)
    return memo.keep(trace, key, found, found.nbytes)


def _states(trace: Trace, part: str) -> Callable[[int, list[int]], torch.Tensor]:
    """What gives a layer's states at some positions, [position, width]; layer 0: the embeddings."""
    layers = trace.residual[stream(trace)]
    if part == "block":
        return lambda layer, at: layers[layer][at]
    return lambda layer, at: layers[0][at] if layer == 0 else after_attention(trace, layer - 1, at)


def column(trace: Trace, position: int, part: str = "block") -> NDArray[np.float32]:
    """The whole distribution of every layer at one position: float32 [layer + 1, vocabulary], rows sum to 1; kept.

    Raises CannotRead, NoSuchPart (position), RunFailed.
    """
    at = places.checked_position(trace, position)
    key = ("logit_lens_column", at, part)
    return memo.ask(trace, key, lambda: _column(trace, at, part), lambda found: found.nbytes)


def known_column(trace: Trace, position: int, part: str = "block") -> NDArray[np.float32] | None:
    """What `column` has found; None where it was not asked yet."""
    found: NDArray[np.float32] | None = memo.find(trace, ("logit_lens_column", position, part), None)
    return found


def _column(trace: Trace, at: int, part: str) -> NDArray[np.float32]:
    read_states, states = reader(trace), _states(trace, part)
    with torch.inference_mode():
        layers = range(len(trace.residual[stream(trace)]))
        together = torch.cat([states(layer, [at]).to(trace.final.device) for layer in layers])
        found: NDArray[np.float32] = torch.softmax(read_states(together), dim=-1).cpu().numpy()
    found.setflags(write=False)
    return found


def by_script(trace: Trace, position: int, part: str = "block") -> NDArray[np.float64]:
    """How much probability lies on tokens of each script, in every layer at one position: [layer + 1, script].

    script: as `core.text.scripts.SCRIPTS`; rows sum to 1. Raises as `column` does.
    """
    shares = column(trace, position, part)
    of_token = _scripts(trace)[: shares.shape[1]]
    rest = np.full(shares.shape[1] - len(of_token), scripts.SCRIPTS.index("other"), np.int8)
    of_token = np.concatenate([of_token, rest])  # embeddings are often padded to a round number
    return np.stack([np.bincount(of_token, row, len(scripts.SCRIPTS)) for row in shares.astype(np.float64)])


def _scripts(trace: Trace) -> NDArray[np.int8]:
    """The script of every token that the tokenizer has."""
    loaded = trace.model
    assert loaded is not None
    count = min(trace.card.vocabulary, len(loaded.tokenizer))
    return memo.ask(
        loaded, "scripts", lambda: scripts.of_labels(text.label_each(loaded.tokenizer, range(count)))
    )


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


def _empty(layers: int, positions: tuple[int, ...], part: str) -> LogitLens:
    shape = layers, len(positions)
    return LogitLens(
        positions,
        part,
        np.full((*shape, TOP), -1, np.int64),
        np.full((*shape, TOP), np.nan, np.float32),
        np.full(shape, np.nan, np.float32),
        np.full(shape, np.nan, np.float32),
        np.full(len(positions), -1, np.int64),
        np.full(shape, np.nan, np.float32),
        np.full(shape, -1, np.int64),
    )


def _measure(found: LogitLens, layer: int, rows: slice, logits: torch.Tensor, last: torch.Tensor) -> None:
    """Everything that is said of a layer's distribution, some rows at a time.

    logits, last: float32 [position, vocabulary], last as natural logarithms of probabilities. No array of
    probabilities is kept: with Z = sum exp(z), entropy is log Z - sum p z, and the divergence from the last layer q is
    sum q log q - sum q z + log Z.
    """
    step = max(1, _ROWS // (4 * max(1, logits.shape[-1])))
    for start in range(0, len(logits), step):
        stop = min(start + step, len(logits))
        part = slice(rows.start + start, rows.start + stop)
        _measure_rows(found, layer, part, logits[start:stop].clone(), last[start:stop])


def _measure_rows(found: LogitLens, layer: int, part: slice, logits: torch.Tensor, last: torch.Tensor) -> None:
    """The same of rows that are few enough; logits is used up."""
    bits = float(np.log(2))
    best = torch.topk(logits, min(TOP, logits.shape[-1]), dim=-1)
    highest = best.values[:, :1].clone()
    # Below this nothing has any probability, and an infinity would make its product with zero a nan.
    logits.sub_(highest).clamp_min_(-1e4)
    p = logits.exp()
    total = p.sum(dim=-1)
    log_total = total.log()
    count = best.indices.shape[-1]
    found.token_id[layer, part, :count] = best.indices.cpu().numpy()
    found.probability[layer, part, :count] = ((best.values - highest).exp() / total[:, None]).cpu().numpy()
    entropy = log_total - torch.linalg.vecdot(p, logits) / total
    found.entropy[layer, part] = (entropy.clamp_min(0) / bits).cpu().numpy()
    torch.exp(last, out=p)
    gap = torch.linalg.vecdot(p, last.clamp_min(-1e4) - logits) + log_total
    found.divergence[layer, part] = (gap / bits).clamp_min(0).cpu().numpy()
    answer = torch.from_numpy(found.answer[part]).to(logits.device)[:, None]
    own = logits.gather(1, answer)
    found.answer_probability[layer, part] = (own[:, 0].exp() / total).cpu().numpy()
    found.answer_rank[layer, part] = (1 + (logits > own).sum(dim=1)).cpu().numpy()
