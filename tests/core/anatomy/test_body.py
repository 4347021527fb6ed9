"""The body of a model is what it calls, and its output layer alone gives its own logits or is not used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import LlamaForCausalLM

from tests.core.families import LLAMA, REGISTRY, Family, build, plain_tokenizer
from visualizer.core import capture, models
from visualizer.core.errors import RunFailed
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

TEXT = "5 9 33 12 9 71"


def wrapped(model: Any) -> LoadedModel:
    return models.wrap(model, plain_tokenizer())


def own_logits(trace: Trace) -> np.ndarray:
    assert trace.model is not None
    with torch.inference_mode():
        return trace.model.model(**trace.inputs).logits[0].float().numpy()


@pytest.mark.parametrize(
    ("name", "path"),
    [("llama", "model"), ("opt", "model.decoder"), ("bert", "bert"), ("t5", "decoder"), ("marian", "model")],
)
def test_the_body_is_the_part_that_the_model_itself_calls(name: str, path: str) -> None:
    body = wrapped(build(next(f for f in REGISTRY if f.name == name))).body
    assert body is not None and body.path == path and body.answers


def test_a_head_may_ask_its_body_for_anything() -> None:
    settings = {"mamba_d_ssm": 32, "mamba_n_heads": 4, "mamba_d_head": 8, "mamba_n_groups": 1, "mamba_d_state": 8}
    family = Family("falcon_h1", "FalconH1ForCausalLM", {**LLAMA, **settings, "mamba_chunk_size": 8})
    trace = capture.run(wrapped(build(family)), RunRequest(TEXT))
    np.testing.assert_allclose(trace.logits_of(range(6)), own_logits(trace), atol=1e-5)


class Restless(LlamaForCausalLM):
    """Its logits depend on more than its final states: on the ids that it read."""

    def forward(self, input_ids: torch.Tensor, **kwargs: Any) -> Any:
        """[1, token] -> logits that are larger for larger ids."""
        output = super().forward(input_ids, **kwargs)
        output.logits = output.logits + input_ids[..., None] * 0.1
        return output


def test_logits_that_states_alone_do_not_give_are_those_of_the_pass(tmp_path: Path) -> None:
    plain = build(Family("llama", "LlamaForCausalLM", LLAMA))
    restless = type("LlamaForCausalLM", (Restless,), {})(plain.config).eval()
    restless.load_state_dict(plain.state_dict())
    model = wrapped(restless)
    assert model.body is not None and not model.body.answers
    trace = capture.run(model, RunRequest(TEXT))
    np.testing.assert_allclose(trace.logits_of(range(6)), own_logits(trace), atol=1e-6)
    assert len(trace.next_tokens()) == 20
    trace.save(tmp_path / "t.safetensors")
    np.testing.assert_array_equal(Trace.open(tmp_path / "t.safetensors").logits(-1), trace.logits(-1))
    with pytest.raises(RunFailed):
        trace.output_layer.logits(trace.final + 1, [0])


def test_an_output_layer_that_raises_is_a_failed_run() -> None:
    model = wrapped(build(Family("llama", "LlamaForCausalLM", LLAMA)))
    trace = capture.run(model, RunRequest(TEXT))
    model.model.lm_head.forward = lambda _states: 1 / 0
    with pytest.raises(RunFailed):
        trace.logits(0)
