"""Neurons are the model's own numbers: what hooks on its modules, named here by hand, hear in an ordinary pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.core.families import FALLBACK, REGISTRY, build, plain_tokenizer
from visualizer.core import capture, models
from visualizer.core.analyses import feed_forward, logit_attribution
from visualizer.core.anatomy import neurons
from visualizer.core.errors import Cancelled, CannotRead, NoSuchPart
from visualizer.core.interventions import Ablate, Site
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

TEXT = "5 9 13 21 34 7"
ALL = {family.name: family for family in (*REGISTRY, *FALLBACK)}
# family -> first matrix (of a gated part: gate), what the gate is multiplied with, last matrix; of layer 1.
GATED = "model.layers.1.mlp.{}"
PLAIN: dict[str, tuple[str, str, str]] = {
    "gpt2": ("transformer.h.1.mlp.c_fc", "", "transformer.h.1.mlp.c_proj"),
    "opt": ("model.decoder.layers.1.fc1", "", "model.decoder.layers.1.fc2"),
    "phi": (GATED.format("fc1"), "", GATED.format("fc2")),
    "gpt_neox": ("gpt_neox.layers.1.mlp.dense_h_to_4h", "", "gpt_neox.layers.1.mlp.dense_4h_to_h"),
    "starcoder2": (GATED.format("c_fc"), "", GATED.format("c_proj")),
    "bert": ("bert.encoder.layer.1.intermediate.dense", "", "bert.encoder.layer.1.output.dense"),
    "distilbert": ("distilbert.transformer.layer.1.ffn.lin1", "", "distilbert.transformer.layer.1.ffn.lin2"),
    "t5": ("decoder.block.1.layer.2.DenseReluDense.wi", "", "decoder.block.1.layer.2.DenseReluDense.wo"),
    "marian": ("model.decoder.layers.1.fc1", "", "model.decoder.layers.1.fc2"),
    **{
        name: (GATED.format("gate_proj"), GATED.format("up_proj"), GATED.format("down_proj"))
        for name in ("llama", "qwen3", "gemma", "gemma2", "olmo2", "granite", "cohere")
    },
    "mt5": tuple(f"decoder.block.1.layer.2.DenseReluDense.{name}" for name in ("wi_0", "wi_1", "wo")),  # type: ignore[dict-item]
}
RELU = ("opt", "t5")


def trace_of(name: str, **changes: Any) -> Trace:
    loaded = models.wrap(build(ALL[name]), plain_tokenizer())
    target = "6 8 4" if loaded.kind == "encoder_decoder" else None
    return capture.run(loaded, RunRequest(TEXT, target=target, **changes))


def side_of(trace: Trace) -> str:
    return "decoder" if "decoder" in trace.residual else "self"


def heard(trace: Trace, first: str, up: str, last: str) -> dict[str, np.ndarray]:
    """What the named modules read and gave in an ordinary pass of the whole model."""
    assert trace.model is not None
    model, found = trace.model.model, dict[str, np.ndarray]()

    def keep(name: str, states: torch.Tensor) -> None:
        found[name] = states.detach().reshape(-1, states.shape[-1]).float().numpy().copy()

    handles = [model.get_submodule(last).register_forward_pre_hook(lambda _m, args: keep("after", args[0]))]
    for name, path in (("before", first), ("up", up)):
        if path:
            module = model.get_submodule(path)
            handles.append(module.register_forward_hook(lambda _m, _a, output, name=name: keep(name, output)))
    with torch.inference_mode():
        model(**trace.inputs)
    for handle in handles:
        handle.remove()
    return found


@pytest.mark.parametrize("name", PLAIN)
def test_neurons_are_what_hooks_on_the_model_hear(name: str) -> None:
    trace = trace_of(name)
    found = feed_forward.layer(trace, 1, side_of(trace))
    expected = heard(trace, *PLAIN[name])
    np.testing.assert_allclose(found.before, expected["before"], atol=1e-5)
    np.testing.assert_allclose(found.after, expected["after"], atol=1e-5)
    if "up" in expected:
        assert found.up is not None
        np.testing.assert_allclose(found.up, expected["up"], atol=1e-5)
    else:
        assert found.up is None


@pytest.mark.parametrize("name", ["phi3", "modernbert"])
def test_one_matrix_that_gives_gate_and_rest_is_split_where_the_model_splits_it(name: str) -> None:
    trace = trace_of(name)
    names = ("model.layers.1.mlp.gate_up_proj", "", "model.layers.1.mlp.down_proj")
    if name == "modernbert":
        names = ("model.layers.1.mlp.Wi", "", "model.layers.1.mlp.Wo")
    expected = heard(trace, *names)
    found = feed_forward.layer(trace, 1)
    gate, up = np.split(expected["before"], 2, axis=1)
    np.testing.assert_allclose(found.before, gate, atol=1e-5)
    np.testing.assert_allclose(found.up, up, atol=1e-5)
    np.testing.assert_allclose(found.after, expected["after"], atol=1e-5)


@pytest.mark.parametrize("name", sorted(family.name for family in REGISTRY))
def test_every_neuron_lies_on_the_measured_curve(name: str) -> None:
    trace = trace_of(name)
    side = side_of(trace)
    refused = feed_forward.why_not(trace, side, 1)
    if refused is not None:
        assert name in ("mixtral", "gpt_oss"), refused.reason
        return
    found = feed_forward.layer(trace, 1, side)
    assert found.curve is not None
    curve = np.interp(found.before, *found.curve)
    expected = curve if found.up is None else curve * found.up
    np.testing.assert_allclose(found.after, expected, atol=0.02 * max(1.0, float(np.abs(found.after).max())))


@pytest.mark.parametrize("name", RELU)
def test_the_curve_of_a_rectifier_is_a_rectifier(name: str) -> None:
    trace = trace_of(name)
    x, y = feed_forward.layer(trace, 0, side_of(trace)).curve  # type: ignore[misc]
    np.testing.assert_allclose(y, np.maximum(0, x), atol=1e-6)
    assert x.min() <= -8 and x.max() >= 8


@pytest.mark.parametrize("name", ["llama", "gpt2", "gpt_neox", "t5", "granite"])
def test_the_strongest_neurons_add_up_to_the_step_of_the_part(name: str) -> None:
    trace = trace_of(name)
    side = side_of(trace)
    assert trace.model is not None
    found = feed_forward.layer(trace, 1, side)
    part = neurons.of(trace.model)[side][1]
    assert part is not None
    every = feed_forward.strongest(trace, found, -1, None)
    assert [n.writes for n in every] == sorted((n.writes for n in every), reverse=True)
    columns = neurons.columns(part)
    total = sum(n.after * columns[n.neuron] for n in every)
    with torch.inference_mode():
        own = part.last(torch.from_numpy(found.after[-1:].copy()))
        bias = part.last(torch.zeros(1, part.width))
    torch.testing.assert_close(total, (own - bias)[0], atol=1e-4, rtol=1e-3)
    longest = columns[every[0].neuron].norm() * abs(every[0].after)
    assert every[0].writes == pytest.approx(float(longest), rel=1e-4)


@pytest.mark.parametrize("name", ["llama", "gpt2", "phi", "granite", "cohere", "t5"])
def test_what_a_neuron_promotes_is_its_share_of_the_logit(name: str) -> None:
    """Putting the neuron's column into the stream's final state changes each logit by just that."""
    trace = trace_of(name)
    side = side_of(trace)
    found = feed_forward.layer(trace, 2, side)
    assert trace.model is not None
    part = neurons.of(trace.model)[side][2]
    assert part is not None
    words = feed_forward.promoted(trace, found, 7, limit=5)
    assert len(words.promotes) == len(words.suppresses) == 5
    assert words.promotes[0][1] >= words.promotes[-1][1] > words.suppresses[-1][1] >= words.suppresses[0][1]
    token = words.promotes[0][0]
    reading = logit_attribution._reading(trace, trace.model, token, None, trace.n_positions - 1)
    from visualizer.core.anatomy import blocks

    factor = blocks.of(trace.model)[side][2].feed_forward
    assert factor is not None
    share = factor * float(reading.direction @ neurons.written(part, 7).double()) * reading.scale
    assert words.promotes[0][1] == pytest.approx(share, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("name", ["bert", "gemma2", "olmo2"])
def test_tokens_are_refused_where_a_normalisation_comes_between(name: str) -> None:
    trace = trace_of(name)
    with pytest.raises(CannotRead) as refused:
        feed_forward.promoted(trace, feed_forward.layer(trace, 1), 3)
    assert refused.value.reason in ("post_norm", "output_layer")


def test_steps_of_attention_and_feed_forward_part_add_up_to_the_layers_own() -> None:
    trace = trace_of("llama")
    steps = feed_forward.steps(trace)
    part = heard(trace, "model.layers.1.mlp.down_proj", "", "lm_head")["before"]
    np.testing.assert_allclose(steps.feed_forward[1], np.linalg.norm(part, axis=1), rtol=1e-4)
    attention = heard(trace, "model.layers.1.self_attn.o_proj", "", "lm_head")["before"]
    np.testing.assert_allclose(steps.attention[1], np.linalg.norm(attention, axis=1), rtol=1e-3)
    state = trace.residual["self"][1].numpy()
    np.testing.assert_allclose(steps.stream[1], np.linalg.norm(state, axis=1), rtol=1e-5)


def test_a_layer_that_normalises_last_has_only_its_whole_step() -> None:
    steps = feed_forward.steps(trace_of("bert"))
    assert np.isnan(steps.feed_forward).all() and np.isnan(steps.attention).all()
    assert np.isfinite(steps.whole).all()


def test_what_is_switched_off_is_off_in_the_neurons_too() -> None:
    ordinary = trace_of("llama")
    changed = trace_of("llama", interventions=(Ablate(Site("head_output", "self", (0,), (1,))),))
    a, b = (feed_forward.layer(trace, 1) for trace in (ordinary, changed))
    assert np.abs(a.after - b.after).max() > 1e-6
    state = changed.residual["self"][1].float()
    with torch.inference_mode():
        assert changed.model is not None
        layer = changed.model.model.model.layers[0]
        assert layer is not None
    steps = feed_forward.steps(changed)
    np.testing.assert_allclose(steps.stream[1], np.linalg.norm(state.numpy(), axis=1), rtol=1e-5)


def test_one_pass_serves_all_layers_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = trace_of("llama")
    feed_forward.layer(trace, 0)
    assert feed_forward.known_layer(trace, 2) is not None
    tight = trace_of("llama")
    monkeypatch.setattr(feed_forward, "BUDGET", 1)
    feed_forward.layer(tight, 1)
    assert feed_forward.known_layer(tight, 1) is not None
    assert feed_forward.known_layer(tight, 0) is None and feed_forward.known_layer(tight, 2) is None
    np.testing.assert_array_equal(feed_forward.layer(tight, 2).after, feed_forward.layer(trace, 2).after)


def test_what_cannot_be_found_is_refused() -> None:
    trace = trace_of("bloom")
    with pytest.raises(CannotRead, match="neurons"):
        feed_forward.layer(trace, 0)
    own = trace_of("llama")
    with pytest.raises(NoSuchPart):
        feed_forward.layer(own, 9)
    with pytest.raises(NoSuchPart):
        feed_forward.strongest(own, feed_forward.layer(own, 0), 99)


def test_a_pass_can_be_stopped() -> None:
    with pytest.raises(Cancelled):
        feed_forward.layer(trace_of("gpt2"), 0, should_stop=lambda: True)
