"""A model that accelerate spread out is read as it is; what needs its output layer alone is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.core.families import REGISTRY, build, plain_tokenizer
from visualizer.core import capture, models
from visualizer.core.analyses import logit_lens
from visualizer.core.errors import CannotRead
from visualizer.core.request import RunRequest

accelerate = pytest.importorskip("accelerate")
FAMILIES = {family.name: family for family in REGISTRY if family.name in ("llama", "gpt2", "t5")}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.filterwarnings("ignore")
def test_attention_and_predictions_of_a_dispatched_model_are_those_of_the_whole_one(name: str) -> None:
    whole, parts = build(FAMILIES[name]), build(FAMILIES[name])
    blocks = {place for place, _ in parts.named_modules() if place.rsplit(".", 1)[-1].isdigit()}
    places = dict.fromkeys(sorted(blocks, key=len), "cpu")
    places |= {
        place: "cpu"
        for place, module in parts.named_modules()
        if place and not any(place.startswith(f"{block}.") for block in blocks) and not list(module.children())
    }
    spread = accelerate.dispatch_model(parts, places, main_device="cpu", force_hooks=True)
    request = RunRequest("5 9 13 21 34 7", target="6 8" if name == "t5" else None)
    own = capture.run(models.wrap(whole, plain_tokenizer()), request)
    found = capture.run(models.wrap(spread, plain_tokenizer()), request)
    for kind in own.kinds:
        for layer in own.layer_numbers(kind):
            for head in range(own.heads(kind)):
                np.testing.assert_allclose(
                    found.attention(layer, head, kind), own.attention(layer, head, kind), atol=1e-6
                )
    np.testing.assert_allclose(found.logits(-1), own.logits(-1), atol=1e-5)
    with pytest.raises(CannotRead) as refused:
        logit_lens.read(found)
    assert refused.value.reason == "output_layer"
