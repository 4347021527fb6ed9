"""A model's own unfused attention, which hands out its matrices, without a change to the model itself."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel


def unfused(model: PreTrainedModel, part: nn.Module | None = None) -> Any:
    """A second set of modules over the very same weights, whose configs say "eager": of the model, or of a part of it.

    The model is not touched: a pass of it that runs meanwhile on another thread would make its masks for one kind of
    attention and compute with the other. Hooks that are attached now act on the second set, too.
    """
    memo: dict[int, Any] = {}
    for module in model.modules():
        for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False)):
            memo[id(tensor)] = tensor
        for name, value in list(vars(module).items()):
            if isinstance(value, torch.Tensor):
                memo[id(value)] = value
            elif "hooks" in name and isinstance(value, dict):
                # The same functions: copies of them would tell somebody else. In one step, for other threads attach
                # theirs meanwhile.
                memo[id(value)] = value.copy()
    twin = copy.deepcopy(model, memo)
    # In every config and not only by `set_attn_implementation`, which some architectures refuse: the masks are made
    # for what the config names, and a mask made for the fused kernel, added to scores, hides nothing (Falcon).
    for module in twin.modules():
        if isinstance(module, PreTrainedModel):
            module.config._attn_implementation = "eager"
    if part is None or part is model:
        return twin
    return twin.get_submodule(next(name for name, module in model.named_modules() if module is part))
