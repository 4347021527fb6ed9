"""The output layer on stored states: the loaded model's own, or what a file holds of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import nn

from visualizer.core import text
from visualizer.core.anatomy import body
from visualizer.core.errors import RunFailed
from visualizer.core.forward import passes

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel


# Logits of all positions are stored up to this size (bytes); beyond it the output layer's weights are smaller.
LOGITS_LIMIT = 64 << 20

# Positions whose logits are computed at once: more would take more memory, and no less time.
AT_A_TIME = 64

Affine = tuple[torch.Tensor | None, torch.Tensor | None]


class OutputLayer(Protocol):
    """Turns final states into logits, and ids into labels."""

    @property
    def task(self) -> str:
        """causal, masked, seq2seq, or none."""
        ...

    @property
    def mask_id(self) -> int | None:
        """The id of a masked model's blank."""
        ...

    def logits(self, final: torch.Tensor, positions: Sequence[int]) -> torch.Tensor:
        """float32 [position, vocabulary] for some positions of final [token, width]."""
        ...

    def label(self, token_id: int) -> str:
        """How a token of the vocabulary is written."""
        ...

    def pair_logits(self) -> np.ndarray | None:
        """float32 [2]: the pair head's scores (0: belong together), None when there is none."""
        ...

    def saved(self, final: torch.Tensor) -> SavedOutputLayer:
        """What a file keeps of the layer, so that it answers the same for final [token, width] without the model."""
        ...


class ModelOutputLayer:
    """The model's own output layer, run on stored states, see `anatomy.body`.

    pooled: [1, width] or None. own: for models whose output layer cannot be run on stored states, the final states of
    the pass, [position, width], and the logits that it gave for them, [position, vocabulary]; None for all others.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        pooled: torch.Tensor | None,
        own: tuple[torch.Tensor, torch.Tensor] | None = None,
    ) -> None:
        self.loaded = loaded
        self.pooled = pooled
        self.own = own
        self._labels: dict[int, str] = {}

    @property
    def task(self) -> str:
        """causal, masked, seq2seq, or none."""
        return self.loaded.task

    @property
    def mask_id(self) -> int | None:
        """The id of a masked model's blank."""
        return self.loaded.tokenizer.mask_token_id if self.task == "masked" else None

    def label(self, token_id: int) -> str:
        """How a token of the vocabulary is written."""
        known = self._labels.get(token_id)
        if known is None:
            known = text.label_ids(self.loaded.tokenizer, (token_id,))[0].text
            self._labels[token_id] = known
        return known

    def logits(self, final: torch.Tensor, positions: Sequence[int]) -> torch.Tensor:
        """float32 [position, vocabulary] for some positions of final [token, width].

        Raises RunFailed for what the model raises, and for other states than the pass's where only its own are kept.
        """
        if self.own is not None:
            if final is not self.own[0]:
                raise RunFailed(detail=f"the output layer of {type(self.loaded.model).__name__} cannot be run alone")
            return self.own[1][list(positions)].float()
        logits = self._run(final[list(positions)][None])["logits"]
        assert logits is not None
        return logits[0].float()

    def pair_logits(self) -> np.ndarray | None:
        """float32 [2] from the pooled state, when the model was trained on pairs."""
        if self.pooled is None or not self.loaded.has_pair_head:
            return None
        with torch.inference_mode():
            width = self.pooled.shape[-1]
            states = torch.zeros(1, 1, width, dtype=self.pooled.dtype, device=self.pooled.device)
            scores = self._run(states)["pair"]
            return None if scores is None else scores[0].float().cpu().numpy()

    def saved(self, final: torch.Tensor) -> SavedOutputLayer:
        """The labels, and the logits of final [token, width]; of long texts a weight and a bias that give the same."""
        pair = self.pair_logits()
        scores = None if pair is None else torch.from_numpy(np.array(pair))
        count = 0 if self.task == "none" else len(final)
        if not count:
            return SavedOutputLayer(self.task, self.mask_id, [], None, None, None, scores)
        with torch.inference_mode():
            vocabulary = self.logits(final, [0]).shape[-1]
            weight = bias = logits = None
            if count * vocabulary * 4 > LOGITS_LIMIT:
                weight, bias = self._as_affine(final, sorted({0, count // 2, count - 1}))
            if weight is None:
                blocks = [range(n, min(n + AT_A_TIME, count)) for n in range(0, count, AT_A_TIME)]
                logits = torch.cat([self.logits(final, block).cpu() for block in blocks])
        labels = [self.label(i) for i in range(vocabulary)]
        return SavedOutputLayer(self.task, self.mask_id, labels, logits, weight, bias, scores)

    def _as_affine(self, final: torch.Tensor, sample: Sequence[int]) -> Affine:
        """The output embedding as weight [vocabulary, width] and bias or None, when the layer is no more than that.

        (None, None) when it is more (a transform, a soft cap), as its logits at the positions of `sample` show.
        """
        layer = self.loaded.model.get_output_embeddings()
        if not isinstance(layer, nn.Linear) or self.own is not None:
            return None, None
        ours = nn.functional.linear(final[list(sample)], layer.weight, layer.bias).float()
        if not torch.allclose(ours, self.logits(final, sample), rtol=1e-6, atol=1e-6):
            return None, None
        return layer.weight.detach(), None if layer.bias is None else layer.bias.detach()

    def _run(self, states: torch.Tensor) -> dict[str, torch.Tensor | None]:
        """states: [1, position, width] -> logits [1, position, vocabulary]."""
        with passes.failures_told():
            return body.run(self.loaded, states, self.pooled)


class SavedOutputLayer:
    """Predictions from a file: either the logits themselves, or the output layer as one affine map."""

    def __init__(
        self,
        task: str,
        mask_id: int | None,
        labels: Sequence[str],
        logits: torch.Tensor | None,
        weight: torch.Tensor | None,
        bias: torch.Tensor | None,
        pair: torch.Tensor | None,
    ) -> None:
        self.task = task
        self.mask_id = mask_id
        self.labels = labels
        self.saved_logits = logits
        self.saved_weight = weight
        self.saved_bias = bias
        self.saved_pair = pair

    def logits(self, final: torch.Tensor, positions: Sequence[int]) -> torch.Tensor:
        """float32 [position, vocabulary] for some positions of final [token, width]."""
        if self.saved_logits is not None:
            return self.saved_logits[list(positions)].float()
        assert self.saved_weight is not None
        return nn.functional.linear(final[list(positions)], self.saved_weight, self.saved_bias).float()

    def label(self, token_id: int) -> str:
        """How a token of the vocabulary is written."""
        return self.labels[token_id] if token_id < len(self.labels) else f"[{token_id}]"

    def pair_logits(self) -> np.ndarray | None:
        """float32 [2], or None."""
        return None if self.saved_pair is None else self.saved_pair.numpy()

    def saved(self, _final: torch.Tensor) -> SavedOutputLayer:
        """Itself: what was read from a file is written as it was read."""
        return self
