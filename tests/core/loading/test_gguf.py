"""GGUF files: unpacked exactly, kept as a copy, and read from the copy the next time."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.core.families import LLAMA
from tests.core.gguf_files import PIECES, write
from tests.core.model_folders import build
from visualizer.core import models
from visualizer.core.errors import Cancelled, DamagedFile, UnsupportedArchitecture, VisualizerError
from visualizer.core.loading import gguf as gguf_copy
from visualizer.core.text import encode


@pytest.fixture(scope="module")
def original() -> Any:
    return build("LlamaForCausalLM", {**LLAMA, "vocab_size": len(PIECES)})


@pytest.fixture
def file(original: Any, tmp_path: Path) -> Path:
    return write(original, tmp_path / "tiny.gguf")


def logits(model: Any, ids: tuple[int, ...]) -> torch.Tensor:
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids])).logits


def test_a_gguf_file_gives_the_model_that_was_written(original: Any, file: Path) -> None:
    loaded = models.load(str(file))
    assert (loaded.name, loaded.kind, loaded.task, loaded.card.source) == ("tiny", "decoder", "causal", str(file))
    assert loaded.notices == (), "plain numbers"
    encoding = encode(loaded.tokenizer, "the cat 本")
    assert "本" in [token.text for token in encoding.tokens]
    torch.testing.assert_close(logits(loaded.model, encoding.ids), logits(original, encoding.ids), atol=1e-5, rtol=1e-5)


def test_quantized_weights_are_unpacked(tmp_path: Path) -> None:
    # Q8_0 has blocks of 32 weights.
    original = build("LlamaForCausalLM", {**LLAMA, "intermediate_size": 64, "vocab_size": len(PIECES)})
    loaded = models.load(str(write(original, tmp_path / "q8.gguf", quantized=True)))
    weight = loaded.model.model.layers[1].mlp.up_proj.weight
    torch.testing.assert_close(weight, original.model.layers[1].mlp.up_proj.weight, atol=2e-2, rtol=0)
    assert not torch.equal(weight, original.model.layers[1].mlp.up_proj.weight)
    assert loaded.notices == models.load(str(tmp_path / "q8.gguf")).notices == ("unpacked:GGUF Q8_0",)


def test_the_second_time_the_copy_is_read(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = models.load(str(file))
    copy = gguf_copy.copy_of(file, "float32")
    assert gguf_copy.is_kept(copy)
    monkeypatch.setattr(gguf_copy, "model_of", lambda *_: pytest.fail("it was unpacked again"))
    second = models.load(str(file))
    assert second.card == first.card
    ids = encode(first.tokenizer, "the cat 本").ids
    assert encode(second.tokenizer, "the cat 本").ids == ids
    assert torch.equal(logits(second.model, ids), logits(first.model, ids))
    second.model.save_pretrained(tmp_path / "saved")


def test_a_changed_file_is_unpacked_again_and_its_old_copy_goes(original: Any, file: Path) -> None:
    models.load(str(file))
    models.load(str(file), dtype="bfloat16")
    before = sorted(gguf_copy.folder_of_copies().iterdir())
    assert len(before) == 2
    later = time.time() + 10
    os.utime(file, (later, later))
    models.load(str(file))
    after = sorted(gguf_copy.folder_of_copies().iterdir())
    assert after == [gguf_copy.copy_of(file, "float32")]
    assert after[0] not in before


def test_a_damaged_copy_is_made_anew(file: Path) -> None:
    first = models.load(str(file))
    weights = gguf_copy.copy_of(file, "float32") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    again = models.load(str(file))
    assert again.card == first.card
    assert weights.stat().st_size > 1000


def test_a_disk_without_room_keeps_no_copy_and_loads_all_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(100, 99, 1))
    assert models.load(str(file)).card.family == "llama"
    assert list(gguf_copy.folder_of_copies().iterdir()) == []


@pytest.mark.parametrize("keep", [3, 10, 100, 5_000, -100])
def test_a_file_that_is_cut_short_is_damaged(file: Path, keep: int) -> None:
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(DamagedFile) as caught:
        models.load(str(file))
    assert caught.value.fields["path"] == str(file)


def test_an_unknown_architecture_is_refused(original: Any, tmp_path: Path) -> None:
    path = write(original, tmp_path / "odd.gguf", architecture="nosucharch")
    with pytest.raises(UnsupportedArchitecture) as caught:
        models.load(str(path))
    assert caught.value.fields["architecture"] == "nosucharch"


def test_more_blocks_than_any_model_has_are_refused_at_once(original: Any, tmp_path: Path) -> None:
    path = write(original, tmp_path / "vast.gguf", blocks=1_000_000)
    start = time.process_time()
    with pytest.raises(VisualizerError):
        models.load(str(path))
    assert time.process_time() - start < 30, "an end, not a speed"


def test_copies_of_files_that_are_gone_go_too(original: Any, file: Path, tmp_path: Path) -> None:
    other = write(original, tmp_path / "other.gguf")
    for path in (file, other):
        models.load(str(path))
    kept = gguf_copy.folder_of_copies()
    leftover = kept / ".half-written"
    leftover.mkdir()
    old = time.time() - 100_000
    os.utime(leftover, (old, old))
    fresh = kept / ".being-written"
    fresh.mkdir()
    assert len([p for p in kept.iterdir() if p.is_dir()]) == 4
    other.unlink()
    models.load(str(file), dtype="bfloat16")
    names = {p.name for p in kept.iterdir() if p.is_dir()}
    assert names == {gguf_copy.copy_of(file, dtype).name for dtype in ("float32", "bfloat16")} | {fresh.name}


def test_memory_is_estimated_from_the_header(file: Path) -> None:
    loaded = models.load(str(file))
    largest = max(p.numel() for p in loaded.model.parameters())
    assert models.estimate_memory(str(file)) == loaded.card.memory + 4 * largest


@pytest.mark.parametrize("asked", [2, 3, 6])
def test_unpacking_stops_when_told_and_leaves_nothing(file: Path, asked: int) -> None:
    times = 0

    def should_stop() -> bool:
        nonlocal times
        times += 1
        return times >= asked

    with pytest.raises(Cancelled):
        models.load(str(file), should_stop=should_stop)
    kept = gguf_copy.folder_of_copies()
    assert not kept.exists() or list(kept.iterdir()) == []


def test_every_failure_is_a_typed_error(tmp_path: Path) -> None:
    path = tmp_path / "noise.gguf"
    path.write_bytes(b"GGUF" + bytes(range(256)) * 8)
    with pytest.raises(VisualizerError):
        models.load(str(path))
