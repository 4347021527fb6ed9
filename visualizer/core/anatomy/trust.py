"""Whether a model computes with the recorder's attention what it computes with its own."""

from __future__ import annotations

from typing import Any

import torch
from transformers import PreTrainedModel

from visualizer.core.anatomy import facts, probe
from visualizer.core.forward import recording

# Enough for a causal mask, a small window and compressed keys to show.
_TOKENS = 24


def prepare(model: PreTrainedModel) -> bool:
    """Lets a model send its attention through the recorder; False where it cannot, or would compute something else.

    Some families are written for their own unfused attention alone: they count on a mask that the fused kernel does
    without, or on what it does not know. Those stay as they are. Raises UnsupportedArchitecture for what cannot run.
    """
    own = facts.or_refused(model, lambda: _first_output(model))
    configs = {id(part.config): part.config for part in model.modules() if isinstance(part, PreTrainedModel)}
    before = {key: config._attn_implementation for key, config in configs.items()}
    if not recording.prepare(model):
        return False
    try:
        made = _first_output(model)
        limit = probe.tolerance(model.dtype) * max(1.0, float(own.abs().max()))
        if made.shape == own.shape and bool((made - own).abs().max() <= limit):
            return True
    except Exception:  # its code does not know an attention that hands out no weights
        pass
    for key, config in configs.items():
        config._attn_implementation = before[key]
    return False


def _first_output(model: Any) -> torch.Tensor:
    """Logits, or final states where there are none: float32."""
    plain = probe.plain_ids(model, _TOKENS)
    ids = torch.tensor([[plain[n % len(plain)] for n in range(_TOKENS)]], dtype=torch.long, device=model.device)
    extra = {"decoder_input_ids": ids} if getattr(model.config, "is_encoder_decoder", False) else {}
    with torch.inference_mode():
        output = model(input_ids=ids, **extra)
    found: torch.Tensor = output[0]
    return found.float()
