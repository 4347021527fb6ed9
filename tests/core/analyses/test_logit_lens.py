"""The lens reads the model: its last layer is the prediction itself, every layer goes through the model's own norm."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.core.families import FALLBACK, REGISTRY, Family, build, plain_tokenizer
from visualizer.core import capture, models
from visualizer.core.analyses import logit_lens
from visualizer.core.anatomy import final_norm
from visualizer.core.errors import Cancelled, CannotRead, NoSuchPart
from visualizer.core.request import RunRequest

TEXT = "5 9 13 21 34 7"


def trace_of(family: Family):
    loaded = models.wrap(build(family), plain_tokenizer())
    target = "6 8 4" if loaded.kind == "encoder_decoder" else None
    return capture.run(loaded, RunRequest(TEXT, target=target))


@pytest.mark.parametrize("family", [*REGISTRY, *FALLBACK], ids=str)
def test_the_last_layer_is_the_models_own_prediction(family: Family) -> None:
    trace = trace_of(family)
    try:
        found = logit_lens.read(trace)
    except CannotRead as error:
        pytest.skip(f"refused: {error.reason}")
    for row, position in enumerate(found.positions):
        expected = torch.softmax(torch.tensor(trace.logits(position)).double(), dim=-1).numpy()
        assert found.token_id[-1, row, 0] == expected.argmax()
        np.testing.assert_allclose(found.probability[-1, row], np.sort(expected)[::-1][:10], atol=1e-6)
        entropy = -(expected * np.log2(expected.clip(1e-300))).sum()
        assert found.entropy[-1, row] == pytest.approx(entropy, abs=1e-4)
    assert (found.answer_rank[-1] == 1).all() and (found.divergence[-1] <= 1e-6).all()


REFUSED = {"opt_with_a_projection"}


def test_most_families_can_be_read() -> None:
    refused = []
    for family in (*REGISTRY, *FALLBACK):
        loaded = models.wrap(build(family), plain_tokenizer())
        try:
            final_norm.of(loaded)
        except CannotRead:
            refused.append(family.name)
    assert refused == []


@pytest.mark.parametrize("name", ["llama", "gpt2", "gemma", "t5"])
def test_a_layer_in_between_goes_through_norm_and_output_layer(name: str) -> None:
    family = next(f for f in REGISTRY if f.name == name)
    trace = trace_of(family)
    found = logit_lens.read(trace)
    loaded = trace.model
    model = loaded.model
    norm = {"llama": "model.norm", "gpt2": "transformer.ln_f", "gemma": "model.norm", "t5": "decoder.final_layer_norm"}
    with torch.inference_mode():
        states = trace.residual[logit_lens.stream(trace)][1]
        states = model.get_submodule(norm[name])(states)
        if name == "t5" and model.config.scale_decoder_outputs:
            states = states * model.config.d_model**-0.5
        expected = torch.softmax(model.get_output_embeddings()(states).double(), dim=-1)
    best = expected.topk(10, dim=-1)
    np.testing.assert_allclose(found.probability[1], best.values.numpy(), atol=1e-6)
    rank = 1 + (expected > expected.gather(1, torch.from_numpy(found.answer)[:, None])).sum(dim=1)
    assert (found.answer_rank[1] == rank.numpy()).all()


def test_norms_are_told_apart_by_what_they_do() -> None:
    of = {f.name: f for f in REGISTRY}
    for name, centred in (("gpt2", True), ("llama", False), ("gemma", False), ("opt", True)):
        loaded = models.wrap(build(of[name]), plain_tokenizer())
        norm = final_norm.of(loaded)
        assert norm.gain is not None and norm.centred == centred, name
        states = torch.randn(3, norm.gain.shape[0])
        with torch.inference_mode():
            given = norm(states)
        for state, final in zip(states, given, strict=True):
            scale = norm.scale(state, final)
            own = state - state.mean() if centred else state
            np.testing.assert_allclose((norm.gain * own / scale + norm.shift).numpy(), final.numpy(), atol=1e-4)


def test_blanks_of_a_masked_model_are_read_alone(tiny_bert) -> None:
    trace = capture.run(tiny_bert, RunRequest("the [MASK] sat"))
    found = logit_lens.read(trace)
    assert [trace.tokens[p].id for p in found.positions] == [trace.mask_id]


def test_bad_requests_are_told(tiny_llama, tmp_path) -> None:
    trace = capture.run(tiny_llama, RunRequest("abc"))
    with pytest.raises(NoSuchPart):
        logit_lens.read(trace, [99])
    with pytest.raises(Cancelled):
        logit_lens.read(trace, should_stop=lambda: True)
    trace.save(tmp_path / "a.safetensors")
    from visualizer.core.trace import Trace

    with pytest.raises(CannotRead) as error:
        logit_lens.read(Trace.open(tmp_path / "a.safetensors"))
    assert error.value.reason == "no_model"
