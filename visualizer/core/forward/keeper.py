"""Room for what a trace keeps, apart from what a forward pass only passes through."""

from __future__ import annotations

import math

import torch

# Above glibc's largest threshold, so that a block always has pages of its own and returns them when it is freed.
BLOCK = 64 * 1024 * 1024  # bytes; pages that are never written take no memory
ALIGNMENT = 64
SMALL = 64 * 1024


class Keeper:
    """Copies tensors side by side into large blocks.

    Kept where the model made them, they would lie scattered among its temporaries, whose place could then not be used
    again: at 1,024 tokens a quarter more memory, and as much time for fresh pages as the copies take. A copy also stays
    as it was when a model goes on to change its tensor in place.
    """

    def __init__(self) -> None:
        self._block: torch.Tensor | None = None
        self._used = 0

    def keep(self, tensor: torch.Tensor) -> torch.Tensor:
        """The same values, contiguous; tensors that are small or on another device stay where they are."""
        size = tensor.numel() * tensor.element_size()
        if size < SMALL or tensor.device.type != "cpu":
            return tensor
        start = math.ceil(self._used / ALIGNMENT) * ALIGNMENT
        if self._block is None or start + size > self._block.numel():
            self._block = torch.empty(max(BLOCK, size), dtype=torch.uint8)
            start = 0
        self._used = start + size
        kept = self._block[start : start + size].view(tensor.dtype).view(tensor.shape)
        return kept.copy_(tensor)
