"""The output layer on stored states: the loaded model's own, or what a file holds of it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import nn
from transformers.modeling_outputs import BaseModelOutput, ModelOutput, Seq2SeqModelOutput

from visualizer.core import text

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


class _Given(nn.Module):
    """Stands where a model's body was, and answers with states that are already known."""

    def __init__(self, output: ModelOutput, config: Any) -> None:
        super().__init__()
        self.output = output
        self.config = config

    @property
    def decoder(self) -> _Given:
        """OPT's head reaches past the body for its decoder."""
        return self

    def forward(self, *_args: Any, **_kwargs: Any) -> ModelOutput:
        return self.output


class ModelOutputLayer:
    """The model's own output layer, run on stored states.

    The model's `forward` runs with its body replaced by the stored states, on a shallow copy so that a pass running
    at the same time is not disturbed. So whatever the model does to its logits (transforms, scales, soft caps,
    biases) is done here by the model's own code.
    """

    def __init__(self, loaded: LoadedModel, output_type: type[ModelOutput], pooled: torch.Tensor | None) -> None:
        self.loaded = loaded
        self.output_type = output_type
        self.pooled = pooled
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
        """float32 [position, vocabulary] for some positions of final [token, width]."""
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
        if not isinstance(layer, nn.Linear):
            return None, None
        ours = nn.functional.linear(final[list(sample)], layer.weight, layer.bias).float()
        if not torch.allclose(ours, self.logits(final, sample), rtol=1e-6, atol=1e-6):
            return None, None
        return layer.weight.detach(), None if layer.bias is None else layer.bias.detach()

    def _run(self, states: torch.Tensor) -> dict[str, torch.Tensor | None]:
        """states: [1, position, width] -> logits [1, position, vocabulary]."""
        model = self.loaded.model
        body = model.base_model_prefix
        if self.task != "seq2seq" or (body in model._modules and model.base_model is not model):
            name = body
            output_type = Seq2SeqModelOutput if self.task == "seq2seq" else self.output_type
            known = {"last_hidden_state": states}
            if "pooler_output" in output_type.__dataclass_fields__:
                known["pooler_output"] = self.pooled if self.pooled is not None else states[:, 0]
            given = _Given(output_type(**known), model._modules[name].config)
            arguments: dict[str, Any] = {}
        else:  # the model is its own body (T5): only its decoder can be replaced
            name = "decoder"
            given = _Given(self.output_type(last_hidden_state=states), model.decoder.config)
            arguments = {"encoder_outputs": BaseModelOutput(last_hidden_state=states)}
        dummy = torch.zeros(1, states.shape[1], dtype=torch.long, device=states.device)
        if self.task == "seq2seq":
            arguments["decoder_input_ids"] = dummy
        shell = copy.copy(model)
        shell._modules = dict(model._modules)
        shell._modules[name] = given
        output = shell.forward(dummy, return_dict=True, **arguments)
        logits = output.get("prediction_logits", output.get("logits"))
        return {"logits": logits, "pair": output.get("seq_relationship_logits")}


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
