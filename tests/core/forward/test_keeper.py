from __future__ import annotations

import pytest
import torch

from visualizer.core.forward.keeper import BLOCK, SMALL, Keeper


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.bool])
def test_what_is_kept_is_equal_contiguous_and_independent(dtype: torch.dtype) -> None:
    original = (torch.randn(4, 700, 64) > 0).to(dtype).transpose(0, 1)
    kept = Keeper().keep(original)
    assert torch.equal(kept, original)
    assert kept.is_contiguous()
    original.zero_()
    assert kept.any(), "a model that changes its tensor in place must not change the record"


def test_neighbours_share_a_block_and_never_overlap() -> None:
    keeper = Keeper()
    tensors = [torch.full((SMALL,), float(n)) for n in range(400)]  # more than one block
    kept = [keeper.keep(tensor) for tensor in tensors]
    assert all(torch.equal(a, b) for a, b in zip(kept, tensors, strict=True))
    blocks = {tensor.untyped_storage().data_ptr() for tensor in kept}
    assert len(blocks) == -(-400 * SMALL * 4 // BLOCK)


def test_one_larger_than_a_block_has_its_own() -> None:
    large = torch.arange(BLOCK // 4 + 1, dtype=torch.float32)
    assert torch.equal(Keeper().keep(large), large)
