"""Gradient times input against finite differences of the model itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from tests.core import families
from tests.tokenizers import byte_level
from visualizer.core import capture, models
from visualizer.core.analyses import gradients
from visualizer.core.errors import NoSuchKind, NoSuchPart
from visualizer.core.request import RunRequest

if TYPE_CHECKING:
    from pathlib import Path

    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

STEP = 1e-2


def logit_with(trace: Trace, side: str, token: int, factor: float, position: int, token_id: int) -> float:
    """The logit when one token's embedding is multiplied by a factor, by an ordinary pass in float64."""
    loaded = trace.model
    assert loaded is not None
    model = loaded.model.double()
    table = model.get_input_embeddings() if side == "self" else model.get_submodule(f"model.{side}.embed_tokens")
    calls = {"count": 0}

    def scale(_module: torch.nn.Module, _args: object, output: torch.Tensor) -> torch.Tensor:
        output = output.clone()
        output[0, token] *= factor
        calls["count"] += 1
        return output

    handle = table.register_forward_hook(scale)
    try:
        inputs = {"input_ids": torch.tensor([[t.id for t in trace.tokens]])}
        if trace.target_tokens:
            inputs["decoder_input_ids"] = torch.tensor([[t.id for t in trace.target_tokens]])
        with torch.inference_mode():
            return float(model(**inputs).logits[0, position, token_id])
    finally:
        handle.remove()
        model.float()


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_bert"])
def test_it_is_the_slope_of_the_logit(name: str, request: pytest.FixtureRequest) -> None:
    loaded: LoadedModel = request.getfixturevalue(name)
    trace = capture.run(loaded, RunRequest("the cat sat"))
    found = gradients.gradient_times_input(trace, 2)
    assert found.token_id == int(trace.logits(2).argmax())
    assert found.logit == pytest.approx(float(trace.logits(2)[found.token_id]), abs=1e-4)
    for token, share in enumerate(found.shares.source):
        up, down = (logit_with(trace, "self", token, 1 + sign * STEP, 2, found.token_id) for sign in (1, -1))
        assert share == pytest.approx((up - down) / (2 * STEP), abs=2e-4), f"token {token}"


def test_both_sides_of_an_encoder_decoder(tiny_marian: LoadedModel) -> None:
    trace = capture.run(tiny_marian, RunRequest("the", target="ab"))
    found = gradients.gradient_times_input(trace, -1, token_id=7)
    assert found.token_id == 7 and found.shares.target is not None
    assert len(found.shares.source) == len(trace.tokens) and len(found.shares.target) == len(trace.target_tokens)
    assert found.logit == pytest.approx(float(trace.logits(-1)[7]), abs=1e-4)
    assert np.abs(found.shares.source).max() > 0 and np.abs(found.shares.target).max() > 0


def test_what_passes_one_place_of_the_encoder_adds_up_to_the_whole(tiny_marian: LoadedModel) -> None:
    trace = capture.run(tiny_marian, RunRequest("the", target="ab"))
    whole = gradients.gradient_times_input(trace, -1, token_id=7)
    parts = [gradients.gradient_times_input(trace, -1, 7, through=n) for n in range(len(trace.tokens))]
    assert all(part.shares.target is None and part.logit == pytest.approx(whole.logit, abs=1e-4) for part in parts)
    summed = np.sum([part.shares.source for part in parts], axis=0)
    np.testing.assert_allclose(summed, whole.shares.source, atol=1e-4)
    assert not np.allclose(parts[0].shares.source, parts[1].shares.source), "each place takes something else"
    with pytest.raises(NoSuchPart):
        gradients.gradient_times_input(trace, -1, 7, through=len(trace.tokens))


def test_a_causal_prediction_depends_on_nothing_later(tiny_llama: LoadedModel) -> None:
    found = gradients.gradient_times_input(capture.run(tiny_llama, RunRequest("the cat")), 3)
    assert not found.shares.source[4:].any() and found.shares.source[:4].any()


def test_parameters_are_left_as_they_were(tiny_llama: LoadedModel) -> None:
    before = [p.requires_grad for p in tiny_llama.model.parameters()]
    gradients.gradient_times_input(capture.run(tiny_llama, RunRequest("the cat")))
    assert [p.requires_grad for p in tiny_llama.model.parameters()] == before
    assert all(p.grad is None for p in tiny_llama.model.parameters())


@pytest.mark.parametrize("family", families.REGISTRY + families.FALLBACK, ids=str)
def test_every_family_can_be_differentiated_after_it_was_recorded(family: families.Family) -> None:
    loaded = models.wrap(families.build(family), byte_level(), source=family.name)
    ids = torch.tensor([[5, 9, 17, 30, 41, 22]])
    target = torch.tensor([[2, 8, 13]]) if loaded.kind == "encoder_decoder" else None
    trace = capture.run_ids(loaded, RunRequest(""), ids, decoder_ids=target)
    if trace.task == "none":
        assert not gradients.is_available(trace)
        return
    found = gradients.gradient_times_input(trace, 1)
    assert found.logit == pytest.approx(float(trace.logits(1)[found.token_id]), abs=2e-3)
    assert np.isfinite(found.shares.source).all() and found.shares.source.any()


def test_without_the_model_there_is_nothing_to_differentiate(tiny_llama: LoadedModel, tmp_path: Path) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat"))
    trace.save(tmp_path / "t.safetensors")
    opened = type(trace).open(tmp_path / "t.safetensors")
    assert gradients.is_available(trace) and not gradients.is_available(opened)
    with pytest.raises(NoSuchKind):
        gradients.gradient_times_input(opened)


def test_a_position_that_is_not_there(tiny_llama: LoadedModel) -> None:
    with pytest.raises(NoSuchPart):
        gradients.gradient_times_input(capture.run(tiny_llama, RunRequest("ab")), 5)


def test_agreement_of_two_rankings() -> None:
    assert gradients.rank_agreement(np.array([1, 2, 3, 4]), np.array([10, 20, 30, 40])) == pytest.approx(1)
    assert gradients.rank_agreement(np.array([1, 2, 3, 4]), np.array([4, 3, 2, 1])) == pytest.approx(-1)
    # Five of six pairs agree, one disagrees.
    assert gradients.rank_agreement(np.array([1, 2, 3, 4]), np.array([1, 2, 4, 3])) == pytest.approx(4 / 6)
    # One tie in the first: (5 agree, 0 disagree) / sqrt(5 * 6).
    assert gradients.rank_agreement(np.array([1, 1, 3, 4]), np.array([1, 2, 3, 4])) == pytest.approx(5 / 30**0.5)
    assert np.isnan(gradients.rank_agreement(np.array([1, 1]), np.array([1, 2])))
    assert np.isnan(gradients.rank_agreement(np.array([1]), np.array([1])))
