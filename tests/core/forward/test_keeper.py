from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from visualizer.core.forward import keeper as keeper_module
from visualizer.core.forward.keeper import BLOCK, SMALL, SPARE, Keeper


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


def blocks_of(keeper: Keeper) -> tuple[torch.Tensor, int]:
    kept = keeper.keep(torch.ones(SMALL))
    return kept, kept.untyped_storage().data_ptr()


@pytest.fixture
def no_spare() -> None:
    keeper_module._spare.clear()


needs_lazy_pages = pytest.mark.skipif(keeper_module._WHEN_NEEDED is None, reason="blocks go back at once here")


@needs_lazy_pages
@pytest.mark.usefixtures("no_spare")
def test_a_new_trace_is_written_where_one_that_is_gone_was() -> None:
    kept, place = blocks_of(Keeper())
    other, other_place = blocks_of(Keeper())
    assert other_place != place, "the first one is still in use"
    del kept
    again, again_place = blocks_of(Keeper())
    assert again_place == place
    assert torch.equal(other, again)


@needs_lazy_pages
@pytest.mark.usefixtures("no_spare")
@pytest.mark.parametrize("last", ["view", "array", "array of a view"])
def test_a_block_is_used_again_only_when_the_last_view_of_it_is_gone(last: str) -> None:
    kept, place = blocks_of(Keeper())
    with torch.inference_mode():
        views = {"view": kept[3:9], "array": kept.numpy(), "array of a view": kept[3:9].numpy()[2:]}
    held = views[last]
    del kept, views
    _, other = blocks_of(Keeper())
    assert other != place
    assert (held == 1).all()
    del held
    assert keeper_module._spare, "now it waits for the next"


@needs_lazy_pages
@pytest.mark.usefixtures("no_spare")
def test_only_a_few_blocks_wait_for_the_next_trace() -> None:
    kept = [blocks_of(Keeper())[0] for _ in range(2 * SPARE)]
    del kept
    assert len(keeper_module._spare) == SPARE


@pytest.mark.usefixtures("no_spare")
def test_traces_written_and_dropped_on_many_threads_never_share_a_block() -> None:
    def work(number: int) -> bool:
        intact = True
        for turn in range(30):
            value = float(100 * number + turn)
            keeper = Keeper()
            kept = [keeper.keep(torch.full((SMALL,), value)) for _ in range(4)]
            intact &= all(bool((one == value).all()) for one in kept)
        return intact

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, range(4)))
