"""Adapters (LoRA and its kin) on disk, as peft saves them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch

from visualizer.core import models


def tune(base: Path, folder: Path, **settings: Any) -> Any:
    """Saves a random adapter for the base, as peft does, and gives the tuned model."""
    import peft

    torch.manual_seed(1)
    kind = settings.pop("kind", peft.LoraConfig)
    start = {"init_lora_weights": False} if kind is peft.LoraConfig else {}
    model = copy.deepcopy(models.load(str(base)).model)
    tuned = peft.get_peft_model(model, kind(**{"target_modules": ["q_proj", "v_proj"], **start, **settings}))
    for name, parameter in tuned.named_parameters():
        if "ia3" in name or "hada" in name:
            torch.nn.init.normal_(parameter, 1.0, 0.3)
    tuned.save_pretrained(folder)
    return tuned.eval()
