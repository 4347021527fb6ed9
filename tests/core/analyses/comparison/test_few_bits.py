"""What few bits change: a quantized model beside the one that it was made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.core.families import LLAMA
from tests.core.gguf_files import PIECES, write
from tests.core.model_folders import build
from visualizer.core import capture, models
from visualizer.core.analyses.comparison.difference import difference
from visualizer.core.analyses.comparison.matching import match
from visualizer.core.place import Place
from visualizer.core.request import RunRequest


def test_a_quantized_model_is_compared_head_by_head_with_its_original(tmp_path: Path) -> None:
    original = build("LlamaForCausalLM", {**LLAMA, "intermediate_size": 64, "vocab_size": len(PIECES)})
    request = RunRequest("the cat")
    files = (write(original, tmp_path / "few.gguf", quantized=True), write(original, tmp_path / "whole.gguf"))
    few, whole = (capture.run(models.load(str(path)), request) for path in files)
    found = match(few, whole)
    assert (found.obstacle, found.head_by_head) == (None, None)
    change = difference(few, whole, Place("self", 1, 2)).change
    largest = float(np.nanmax(np.abs(change)))
    assert 1e-5 < largest < 0.1, "rounding to eight bits shows, and is small"
    assert np.abs(few.logits(-1) - whole.logits(-1)).max() > 1e-4
