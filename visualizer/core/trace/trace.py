"""The `Trace`: what one forward pass needs to be questioned about, and no more.

Kept per attention call: queries, keys and values (after position encoding), mask and bias; per block the residual
stream; the final normalised states. Attention matrices and logits are computed from these when someone looks, so
memory grows with the number of tokens and not with its square. Every question is a pure function of the trace and
may be asked from any thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import torch

from visualizer.core import attention, prediction
from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import NoSuchKind, NoSuchPart
from visualizer.core.prediction import Candidate
from visualizer.core.request import RunRequest
from visualizer.core.system import memo
from visualizer.core.text import Morpheme, Token
from visualizer.core.trace import check, file
from visualizer.core.trace.output_layer import AT_A_TIME, OutputLayer

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel, ModelCard
    from visualizer.core.positions import PositionScheme
    from visualizer.core.routing import Routing

__all__ = ["RunRequest", "Trace"]


@dataclass(frozen=True, eq=False)
class Trace:
    """One forward pass, ready to be asked.

    records: kind -> one AttentionRecord a layer that has attention, in order. kinds: ("self",), or ("encoder",
    "decoder", "cross").
    residual: "self", or "encoder" and "decoder" -> embeddings, then the stream after each block: [token, width] each.
    final: [position, width], the normalised states that the output layer reads (the decoder's, where there are two).
    output_layer: what turns final states into logits: the model's own layer, or what a file holds of it.
    inputs: exactly what the model was fed, name -> [1, token]: input_ids, and where they were given attention_mask,
    token_type_ids, decoder_input_ids; empty in a trace that was opened from a file.
    model: the loaded model that ran; None in a trace that was opened from a file.
    seconds: how long the pass took. method: "registry", or "eager" for architectures outside the registry.
    difference: by how much the record may be off. registry: the largest difference between the model's own attention
    output and the one recomputed from the record, over the last query of every layer and head; eager: between the
    final states of the pass that handed out its weights and those of an ordinary pass.
    routers: the sides of `residual` -> what each layer that chooses among experts chose; {} where none does.
    """

    request: RunRequest
    card: ModelCard
    tokens: tuple[Token, ...]
    records: Mapping[str, tuple[AttentionRecord, ...]]
    residual: Mapping[str, tuple[torch.Tensor, ...]]
    final: torch.Tensor
    output_layer: OutputLayer
    inputs: Mapping[str, torch.Tensor] = field(default_factory=lambda: MappingProxyType({}))
    model: LoadedModel | None = None
    target_tokens: tuple[Token, ...] = ()
    target_text: str = ""
    morphemes: tuple[Morpheme, ...] = ()
    target_morphemes: tuple[Morpheme, ...] = ()
    cut: int = 0
    seconds: float = 0.0
    method: str = "registry"
    difference: float | None = None
    saved_positions: PositionScheme | None = None
    routers: Mapping[str, tuple[Routing, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        text = self.text if len(self.text) <= 40 else f"{self.text[:39]}…"
        return f"<Trace of {text!r} by {self.card.name}: {len(self.tokens)} tokens, {', '.join(self.kinds)} attention>"

    def _repr_html_(self) -> str:
        """How a notebook shows it: text, model, tokens, and the head on which it opens."""
        # The page stands on the analyses, which stand on this class: it is named by a string, as views are.
        return str(import_module("visualizer.core.export.page").page(self))

    # --- what was asked -------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The input text."""
        return self.request.text

    @property
    def pair(self) -> str | None:
        """The second sentence, or None."""
        return self.request.pair

    @property
    def kind(self) -> str:
        """decoder, encoder or encoder_decoder."""
        return self.card.kind

    # --- attention ------------------------------------------------------------------------------

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of attention that this model has."""
        return tuple(self.records)

    def layers(self, kind: str = "self") -> int:
        """Number of layers with this kind of attention."""
        return len(self._records(kind))

    def layer_numbers(self, kind: str = "self") -> tuple[int, ...]:
        """The model's own numbers of the layers with this kind of attention, rising: 0, 1, 2, ... where all have it."""
        self._records(kind)
        return self._numbers[kind]

    def depth(self, kind: str = "self") -> int:
        """Rows of a table by layer: one more than the number of the last layer with this kind of attention."""
        return self.layer_numbers(kind)[-1] + 1

    @cached_property
    def _numbers(self) -> Mapping[str, tuple[int, ...]]:
        return {
            kind: tuple(n if record.layer is None else record.layer for n, record in enumerate(records))
            for kind, records in self.records.items()
        }

    def heads(self, kind: str = "self") -> int:
        """Number of heads in a layer."""
        return self._records(kind)[0].heads

    def query_tokens(self, kind: str = "self") -> tuple[Token, ...]:
        """The tokens that look."""
        return self.target_tokens if kind in ("decoder", "cross") else self.tokens

    def key_tokens(self, kind: str = "self") -> tuple[Token, ...]:
        """The tokens that are looked at."""
        return self.target_tokens if kind == "decoder" else self.tokens

    def _records(self, kind: str) -> tuple[AttentionRecord, ...]:
        try:
            return self.records[kind]
        except KeyError:
            raise NoSuchKind("attention kind", kind, self.kinds) from None

    def record(self, layer: int, kind: str = "self") -> AttentionRecord:
        """What a layer's attention was computed from. Raises NoSuchPart (IndexError), NoSuchKind (ValueError).

        layer: the model's own number, as in `layer_numbers`.
        """
        records, numbers = self._records(kind), self.layer_numbers(kind)
        if len(numbers) == numbers[-1] + 1:
            if not 0 <= layer < len(records):
                raise NoSuchPart("layer", layer, len(records), kind)
            return records[layer]
        if layer not in numbers:
            raise NoSuchPart("layer", layer, numbers[-1] + 1, kind, numbers)
        return records[numbers.index(layer)]

    def record_of_head(self, layer: int, head: int, kind: str) -> AttentionRecord:
        record = self.record(layer, kind)
        if not 0 <= head < record.heads:
            raise NoSuchPart("head", head, record.heads, kind)
        return record

    def attention(self, layer: int, head: int, kind: str = "self") -> np.ndarray:
        """Attention weights of one head: float32 [query, key]; rows sum to 1; masked cells are exactly 0.

        Vaswani et al. 2017, equation 1. Raises NoSuchPart (an IndexError), NoSuchKind (a ValueError).

        >>> trace.attention(layer=2, head=3)[5, 0]    # how much token 5 looks at token 0   # doctest: +SKIP
        """
        record = self.record_of_head(layer, head, kind)
        with torch.inference_mode():
            return attention.weights(record, head).cpu().numpy()

    def mask(self, layer: int, kind: str = "self", head: int = 0) -> np.ndarray | None:
        """Cells that may not be looked at: bool [query, key], True = masked; None when nothing is masked."""
        blocked = attention.masked_cells(self.record_of_head(layer, head, kind), head)
        return None if blocked is None else blocked.cpu().numpy()

    def thumbnails(self, layer: int, size: int, kind: str = "self") -> np.ndarray:
        """Every head of a layer, max-pooled: float32 [head, rows, columns], neither side above `size`."""
        record = self.record(layer, kind)
        with torch.inference_mode():
            return attention.thumbnails(record, size)

    # --- residual stream ------------------------------------------------------------------------

    def hidden(self, layer: int, side: str | None = None) -> np.ndarray:
        """Residual stream after block `layer`, -1 for the embeddings: float32 [token, width].

        side: "encoder" or "decoder" for encoder-decoder models (default: decoder). Raises NoSuchPart, NoSuchKind.
        """
        side = side or tuple(self.residual)[-1]
        if side not in self.residual:
            raise NoSuchKind("side", side, tuple(self.residual))
        stream = self.residual[side]
        if not 0 <= layer + 1 < len(stream):
            raise NoSuchPart("layer", layer, len(stream) - 1)
        return stream[layer + 1].float().cpu().numpy()

    # --- experts --------------------------------------------------------------------------------

    def router_layers(self, side: str | None = None) -> tuple[int, ...]:
        """The model's own numbers of the layers that choose among experts, rising; () where none does.

        () as well where experts are not given numbers and weights (Llama 4, JetMoE, NLLB-MoE): nothing is known then.
        side: "encoder" or "decoder" for encoder-decoder models (default: decoder). Raises NoSuchKind.
        """
        return tuple(one.layer for one in self._routers(side))

    def router(self, layer: int, side: str | None = None) -> Routing:
        """Which experts of a layer read each token, and with what weights; layer: the model's own number.

        Raises NoSuchKind (a ValueError) for a layer that chooses among none, and for a side that there is not.

        >>> trace.router(3).experts[5], trace.router(3).weights[5]    # of token 5    # doctest: +SKIP
        """
        numbers = self.router_layers(side)
        if layer not in numbers:
            raise NoSuchKind("router of layer", str(layer), tuple(map(str, numbers)))
        return self._routers(side)[numbers.index(layer)]

    def _routers(self, side: str | None) -> tuple[Routing, ...]:
        side = side or tuple(self.residual)[-1]
        if side not in self.residual:
            raise NoSuchKind("side", side, tuple(self.residual))
        return self.routers.get(side, ())

    # --- prediction -----------------------------------------------------------------------------

    @property
    def task(self) -> str:
        """causal, masked, seq2seq, or none."""
        return self.output_layer.task

    @property
    def mask_id(self) -> int | None:
        """Id of the blank of a masked model, else None."""
        return self.output_layer.mask_id

    @property
    def n_positions(self) -> int:
        """Number of positions that have a prediction."""
        return 0 if self.task == "none" else int(self.final.shape[0])

    def label(self, token_id: int) -> str:
        """How a token of the vocabulary is written."""
        return self.output_layer.label(token_id)

    def logits(self, position: int = -1) -> np.ndarray:
        """The model's output scores at a position: float32 [vocabulary].

        Negative positions count from the end. Raises NoSuchPart (IndexError); NoSuchKind (ValueError) when the model
        has no language-model head.
        """
        count = self.n_positions
        if not count:
            raise NoSuchKind("prediction", "next token", ())
        if not -count <= position < count:
            raise NoSuchPart("position", position, count)
        position %= count
        found: np.ndarray | None = memo.find(self, ("logits", position), None)
        if found is None:
            found = self.logits_of([position])[0]
            found.setflags(write=False)
            found = memo.keep(self, ("logits", position), found, found.nbytes)
        return found

    def logits_of(self, positions: Sequence[int]) -> np.ndarray:
        """Logits of several positions at once: float32 [position, vocabulary]; positions count from 0."""
        with torch.inference_mode():
            return self.output_layer.logits(self.final, positions).float().cpu().numpy()

    def all_logits(self, at_a_time: int = AT_A_TIME) -> Iterator[np.ndarray]:
        """Logits of every position in order, some at a time: float32 [<= at_a_time, vocabulary] each."""
        for start in range(0, self.n_positions, at_a_time):
            yield self.logits_of(range(start, min(start + at_a_time, self.n_positions)))

    def next_tokens(
        self,
        position: int = -1,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        limit: int = 20,
        min_p: float | None = None,
        repetition_penalty: float = 1.0,
    ) -> tuple[Candidate, ...]:
        """The most probable tokens at a position, exact over the full vocabulary, best first.

        For a causal model or decoder: what comes after the position; for a masked model: what stands at it.
        repetition_penalty is on tokens that stand up to the position. Raises as `logits` does, and ValueError for a
        meaningless temperature, top_k, top_p, min_p or penalty.
        """
        logits, seen = self.logits(position), frozenset[int]()
        if self.task != "masked":
            tokens = self.target_tokens if self.kind == "encoder_decoder" else self.tokens
            seen = frozenset(token.id for token in tokens[: position % self.n_positions + 1])
        settings = (temperature, top_k, top_p, min_p, limit, repetition_penalty, seen)
        return prediction.candidates(logits, self.label, *settings)

    @property
    def pair_logits(self) -> np.ndarray | None:
        """float32 [2], the pair head's scores for (belong together, do not); None without a pair or such a head."""
        return self.output_layer.pair_logits() if self.pair else None

    # --- positions ------------------------------------------------------------------------------

    @cached_property
    def positions(self) -> PositionScheme:
        """The model's position scheme, for the positions of this text."""
        if self.saved_positions is not None:
            return self.saved_positions
        from visualizer.core.anatomy import rotation_pairs

        if self.model is None:  # a file holds its scheme; what is made by hand may have none
            raise NoSuchKind("position scheme", "of the model", ())
        return rotation_pairs.scheme_of(self.model, max(len(self.tokens), len(self.target_tokens)))

    # --- files ----------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Writes one .safetensors file that opens without the model. Raises MissingFile, WriteFailed."""
        parts = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        parts["output_layer"] = self.output_layer.saved(self.final)
        parts["saved_positions"] = self.positions
        file.write(Path(path), parts)

    @staticmethod
    def open(path: str | Path) -> Trace:
        """Reads a file written by `save`. Raises MissingFile, DamagedFile."""
        path = Path(path)
        parts = file.read(path)
        with file.refusing(path):
            trace = Trace(**parts)
            check.check(trace)
        return trace
