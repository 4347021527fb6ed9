"""Room for what a trace keeps, apart from what a forward pass only passes through."""

from __future__ import annotations

import math
import mmap
import weakref
from collections import deque

import numpy as np
import torch

BLOCK = 64 * 1024 * 1024  # bytes; pages that are never written take no memory
ALIGNMENT = 64
SMALL = 64 * 1024
# Blocks of traces that are gone and that wait for the next: 256 MB at most, which the system takes when it needs them.
SPARE = 4
# "Take these pages whenever you are short of memory": not known to Windows, where a block goes back at once.
_WHEN_NEEDED = getattr(mmap, "MADV_FREE", None)

_spare: deque[mmap.mmap] = deque(maxlen=SPARE)  # needs no lock: each use of it is one step


def _block(size: int) -> torch.Tensor:
    """uint8 [at least size]: memory of its own, of a trace that is gone if there is one.

    Fresh pages cost more than the copies that are written to them. A page of a block that was given back is either
    still there, or was taken by the system meanwhile and is fetched anew.
    """
    if size > BLOCK or _WHEN_NEEDED is None:
        return torch.empty(max(BLOCK, size), dtype=torch.uint8)
    try:
        memory = _spare.pop()
    except IndexError:
        memory = mmap.mmap(-1, BLOCK, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    # Every view of the tensor, and every array made of one, holds this array; it goes when the last of them goes.
    owner = np.frombuffer(memory, np.uint8)
    weakref.finalize(owner, _give_back, memory).atexit = False
    return torch.from_numpy(owner)


def _give_back(memory: mmap.mmap) -> None:
    """Called on any thread, even in the midst of `_block`: whenever the last view of a block goes."""
    assert _WHEN_NEEDED is not None
    try:
        memory.madvise(_WHEN_NEEDED)
    except OSError:  # an older system: the block is returned to it
        return
    _spare.append(memory)


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
            self._block = _block(size)
            start = 0
        self._used = start + size
        kept = self._block[start : start + size].view(tensor.dtype).view(tensor.shape)
        return kept.copy_(tensor)
