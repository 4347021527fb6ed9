"""What is asked of a run in which parts were switched off is answered of that run, and not of the ordinary model."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.core import families
from visualizer.core import capture, models
from visualizer.core.analyses import gradients
from visualizer.core.analyses.attention_stages import check, inputs
from visualizer.core.errors import CannotIntervene
from visualizer.core.interventions import MovedPositions, Patch, Site, ablation, parse
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import Intervention, RunRequest
from visualizer.core.trace import Trace

TEXT = "5 9 33 12 9 71"


def loaded(name: str) -> LoadedModel:
    family = next(f for f in families.REGISTRY if f.name == name)
    return models.wrap(families.build(family), families.plain_tokenizer())


def traced(model: LoadedModel, *interventions: Intervention) -> Trace:
    target = "7 11 50" if model.kind == "encoder_decoder" else None
    return capture.run(model, RunRequest(TEXT, target=target, interventions=interventions))


CHANGES = {
    "head": parse("0.1"),
    "layer": (ablation.layer(0),),
    "part": (ablation.feed_forward(0),),
    "patch": (Patch(Site("residual", layers=(0,), tokens=(1,)), RunRequest("6 8 33 12 9 71")),),
    "positions": (MovedPositions((1, 0, 2, 3, 5, 4)),),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_what_the_projections_read_makes_the_queries_of_the_changed_run(name: str, change: str) -> None:
    model = loaded(name)
    trace = traced(model, *CHANGES[change])
    for layer in range(3):
        origin = inputs.source(trace, layer, "self", "value")
        inputs.prepare(trace)
        known = inputs.known(trace, layer, "self", "value")
        assert not isinstance(origin, str) and not isinstance(known, str)
        found = float(known[1][4] @ origin.column(1, 3)) + (origin.bias(1, 3) or 0.0)
        record = trace.record(layer)
        assert record.value is not None
        assert found == pytest.approx(float(record.value[1, 4, 3]), abs=1e-4)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_the_gradient_is_that_of_the_changed_run(name: str, change: str) -> None:
    model = loaded(name)
    trace, plain = traced(model, *CHANGES[change]), traced(model)
    found = gradients.gradient_times_input(trace, 4, token_id=7)
    assert found.logit == pytest.approx(float(trace.logits(4)[7]), abs=1e-4)
    assert abs(found.logit - float(plain.logits(4)[7])) > 1e-3
    ordinary = gradients.gradient_times_input(plain, 4, token_id=7)
    assert not np.allclose(found.shares.source, ordinary.shares.source, atol=1e-4)


def test_the_gradient_of_a_changed_run_is_refused_where_only_unfused_attention_can_be_differentiated() -> None:
    with pytest.raises(CannotIntervene):
        gradients.gradient_times_input(traced(loaded("gemma2"), *parse("0.1")), 4)


def test_both_sides_of_a_changed_encoder_decoder() -> None:
    model = loaded("marian")
    trace = traced(model, *parse("encoder:0.1,cross:1"))
    found = gradients.gradient_times_input(trace, 1, token_id=7)
    assert found.logit == pytest.approx(float(trace.logits(1)[7]), abs=1e-4)


def test_the_models_unfused_attention_does_not_speak_of_a_changed_run() -> None:
    model = loaded("llama")
    assert check.differences(traced(model)) is not None
    assert check.differences(traced(model, *parse("0.1"))) is None


def test_two_passes_of_one_model_on_two_threads_do_not_hear_each_other() -> None:
    model = loaded("llama")
    inputs_of = [torch.tensor([[5, 9, 33, 12]]), torch.tensor([[6, 8, 44, 12]])]
    alone = [capture.run_ids(model, RunRequest("x"), ids) for ids in inputs_of]
    wrong: list[str] = []

    def work(number: int) -> None:
        for _ in range(20):
            trace = capture.run_ids(model, replace(alone[number].request), inputs_of[number])
            ours, theirs = trace.residual["self"], alone[number].residual["self"]
            if len(ours) != len(theirs) or not all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True)):
                wrong.append(f"{number}: {len(ours)} states")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
