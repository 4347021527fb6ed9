"""The laws of interventions, on tiny random models of many families, against the models' own eager passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from tests.core.families import FALLBACK, REGISTRY, VOCABULARY, Family, build, plain_tokenizer
from visualizer.core import attention, capture, models
from visualizer.core.analyses import gradients, repeated_tokens
from visualizer.core.analyses.attention_stages import check, steps
from visualizer.core.analyses.attention_stages import inputs as stage_inputs
from visualizer.core.anatomy import feed_forward, projections
from visualizer.core.errors import CannotIntervene, NoSuchKind, NoSuchPart
from visualizer.core.forward import passes
from visualizer.core.forward.unfused import unfused
from visualizer.core.interventions import (
    Ablate,
    MovedPositions,
    Patch,
    Site,
    WithoutPositions,
    ablation,
    parse,
)
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import Intervention, RunRequest
from visualizer.core.trace import Trace

TOLERANCE = 1e-5
TEXT = " ".join(map(str, (5, 9, 33, 12, 9, 71, 40, 8, 5, 60)))
OTHER = " ".join(map(str, (6, 9, 34, 12, 80, 71, 41, 8, 15, 61)))
TARGET = "7 11 50 7 23"
NAMES = (
    "gpt2", "opt", "llama", "gemma2", "phi", "cohere", "gpt_neox", "gpt_oss", "mixtral", "granite", "bert", "albert",
    "modernbert", "t5", "marian",
)  # fmt: skip
TWO_SIDED = ("t5", "marian")


@cache
def loaded(name: str) -> LoadedModel:
    family = next(f for f in (*REGISTRY, *FALLBACK) if f.name == name)
    return models.wrap(build(family), plain_tokenizer(VOCABULARY))


def traced(name: str, *interventions: Intervention, text: str = TEXT) -> Trace:
    target = TARGET if name in TWO_SIDED else None
    return capture.run(loaded(name), RunRequest(text, target=target, interventions=interventions))


def kinds(name: str) -> tuple[str, ...]:
    return ("encoder", "decoder", "cross") if name in TWO_SIDED else ("self",)


def logits(trace: Trace) -> np.ndarray:
    return trace.logits_of(range(trace.n_positions))


def assert_same_trace(a: Trace, b: Trace) -> None:
    """Bit for bit: everything that was recorded."""
    assert torch.equal(a.final, b.final)
    for side, stream in a.residual.items():
        assert all(torch.equal(x, y) for x, y in zip(stream, b.residual[side], strict=True))
    for kind, records in a.records.items():
        for x, y in zip(records, b.records[kind], strict=True):
            for part in ("query", "key", "value"):
                assert torch.equal(getattr(x, part), getattr(y, part)), (kind, part)
    np.testing.assert_array_equal(logits(a), logits(b))


@contextmanager
def changed(module: nn.Module, change: Callable[[torch.Tensor], torch.Tensor], call: int = 0) -> Iterator[None]:
    """Changes what a module reads, at its `call`-th call."""
    calls = [0]

    def hook(_module: nn.Module, args: tuple[Any, ...]) -> Any:
        calls[0] += 1
        return (change(args[0]), *args[1:]) if calls[0] - 1 == call else None

    handle = module.register_forward_pre_hook(hook)
    try:
        yield
    finally:
        handle.remove()


def own_logits(trace: Trace) -> np.ndarray:
    """The model's own eager pass over the same tokens, hooks and all."""
    assert trace.model is not None
    model = trace.model.model
    with torch.inference_mode():
        output = unfused(model)(**passes.without_cache(trace.model, trace.inputs))
    return output.get("prediction_logits", output.get("logits"))[0].float().numpy()


def output_projection(name: str, kind: str, layer: int) -> tuple[nn.Module, int]:
    """The module that W_O of a layer is, and at which of its calls."""
    found = projections.outputs(loaded(name))[kind][layer]
    assert found is not None
    for module in loaded(name).model.modules():
        if isinstance(module, nn.Linear | Conv1D) and module.weight.data_ptr() == found.weight.data_ptr():
            return module, layer if name == "albert" else 0
    raise AssertionError("no such module")


@pytest.mark.parametrize("name", NAMES)
def test_a_request_that_does_nothing_gives_the_same_trace_bit_for_bit(name: str) -> None:
    plain = traced(name)
    traced(name, *parse(",".join(f"{kind}:0" for kind in kinds(name))))
    assert_same_trace(plain, traced(name))


@pytest.mark.parametrize("how", ["zero", "mean"])
@pytest.mark.parametrize("name", NAMES)
def test_a_head_off_is_its_slice_of_what_the_output_projection_reads(name: str, how: str) -> None:
    for kind in kinds(name):
        layer, head = 1, 2
        trace = traced(name, ablation.head(layer, head, kind, how))
        record = trace.record(layer, kind)
        assert record.value is not None
        width = record.value.shape[-1]

        def change(states: torch.Tensor, head: int = head, width: int = width) -> torch.Tensor:
            new = states.clone()
            part = new[..., head * width : (head + 1) * width]
            part[:] = 0 if how == "zero" else part.mean(dim=-2, keepdim=True)
            return new

        module, call = output_projection(name, kind, layer)
        with changed(module, change, call):
            expected = own_logits(trace)
        np.testing.assert_allclose(logits(trace), expected, atol=TOLERANCE, rtol=0, err_msg=kind)
        assert np.abs(logits(trace) - logits(traced(name))).max() > TOLERANCE, "switching it off changes something"
        assert trace.difference is not None and trace.difference < TOLERANCE


@pytest.mark.parametrize("name", NAMES)
def test_a_layer_with_all_heads_off_adds_its_output_bias_only(name: str) -> None:
    for kind in kinds(name):
        off = traced(name, ablation.layer(1, kind))
        one_by_one = traced(name, *(ablation.head(1, head, kind) for head in range(off.heads(kind))))
        assert_same_trace(off, one_by_one)
        module, call = output_projection(name, kind, 1)
        seen: list[torch.Tensor] = []
        handle = module.register_forward_hook(lambda _m, _a, output, seen=seen: seen.append(output))
        try:
            traced(name, ablation.layer(1, kind))
        finally:
            handle.remove()
        bias = module.bias if module.bias is not None else torch.zeros(())
        assert torch.equal(seen[call], bias.expand_as(seen[call]))


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_a_head_that_is_off_are_those_that_the_model_computed_and_its_output_is_what_replaced_it(
    name: str,
) -> None:
    for kind in kinds(name):
        plain, off = traced(name), traced(name, ablation.head(0, 1, kind))
        np.testing.assert_array_equal(plain.attention(0, 1, kind), off.attention(0, 1, kind))
        record = off.record(0, kind)
        assert record.replaced_heads == (1,)
        assert float(attention.head_output(record, 1).abs().max()) == 0
        assert float(attention.head_output(record, 0).abs().max()) > 0
        assert float(attention.head_output(record, 1, 2, 4).shape[0]) == 2
        mean = attention.head_output(traced(name, ablation.head(0, 1, kind, "mean")).record(0, kind), 1)
        expected = attention.head_output(plain.record(0, kind), 1).mean(dim=0)
        torch.testing.assert_close(mean, expected.expand_as(mean), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_feed_forward_part_that_is_off_adds_nothing(name: str) -> None:
    """The part is found by watching; here its last linear layer is found by its name, and silenced."""
    for side in (kind for kind in kinds(name) if kind != "cross"):
        trace = traced(name, ablation.feed_forward(1, side))
        assert np.abs(logits(trace) - logits(traced(name))).max() > TOLERANCE
        part = feed_forward.of(loaded(name))[side][1]
        assert part is not None
        call = [0]

        def silence(_module: nn.Module, _args: Any, output: Any, call: list[int] = call) -> Any:
            call[0] += 1
            if name == "albert" and call[0] != 2:
                return None
            return (output[0] * 0, *output[1:]) if isinstance(output, tuple) else output * 0

        handle = part.register_forward_hook(silence)
        try:
            expected = own_logits(trace)
        finally:
            handle.remove()
        np.testing.assert_allclose(logits(trace), expected, atol=TOLERANCE, rtol=0)
        mean = traced(name, ablation.feed_forward(1, side, "mean"))
        assert np.abs(logits(mean) - logits(trace)).max() > TOLERANCE


def test_without_attention_and_feed_forward_part_a_layer_hands_its_input_on() -> None:
    trace = traced("llama", *parse("1,mlp.1"))
    np.testing.assert_array_equal(trace.hidden(1), trace.hidden(0))
    assert np.abs(trace.hidden(2) - trace.hidden(1)).max() > TOLERANCE


def test_every_head_of_every_layer_may_be_off() -> None:
    trace = traced("bert", *parse("0,1,2,mlp.0,mlp.1,mlp.2"))
    assert np.isfinite(logits(trace)).all()


@pytest.mark.parametrize(
    "place", ["embedding", "residual", "query", "key", "value", "head_output", "attention", "feed_forward"]
)
@pytest.mark.parametrize("name", ["gpt2", "llama", "albert", "marian"])
def test_a_patch_from_its_own_request_changes_nothing(name: str, place: str) -> None:
    target = TARGET if name in TWO_SIDED else None
    for kind in kinds(name):
        if kind == "cross" and place in ("embedding", "residual", "feed_forward"):
            continue
        layers = None if place == "embedding" else (1,)
        patch = Patch(Site(place, kind, layers), RunRequest(TEXT, target=target))
        assert_same_trace(traced(name), traced(name, patch))


@pytest.mark.parametrize("name", ["gpt2", "bert", "gpt_oss"])
def test_a_patch_of_the_whole_stream_gives_the_other_texts_prediction(name: str) -> None:
    patched = traced(name, Patch(Site("residual", layers=(1,)), RunRequest(OTHER)))
    other = traced(name, text=OTHER)
    np.testing.assert_array_equal(logits(patched), logits(other))
    np.testing.assert_array_equal(patched.hidden(1), other.hidden(1))
    np.testing.assert_array_equal(patched.hidden(0), traced(name).hidden(0))


def test_a_patch_of_some_tokens_leaves_the_others_and_may_come_from_a_shorter_text() -> None:
    site = Site("residual", layers=(1,), tokens=(2, 3))
    source = RunRequest(" ".join(OTHER.split()[:5]))
    patched, other = traced("gpt2", Patch(site, source)), traced("gpt2", text=source.text)
    expected = traced("gpt2").hidden(1).copy()
    expected[2:4] = other.hidden(1)[2:4]
    np.testing.assert_array_equal(patched.hidden(1), expected)


def test_a_patch_between_texts_of_different_length_is_refused_by_name() -> None:
    with pytest.raises(CannotIntervene) as caught:
        traced("gpt2", Patch(Site("residual", layers=(1,)), RunRequest("5 6")))
    assert caught.value.fields["reason"] == "length"
    with pytest.raises(NoSuchPart):
        traced("gpt2", Patch(Site("residual", layers=(1,), tokens=(4,)), RunRequest("5 6")))


@pytest.mark.parametrize(
    "name", ["gpt2", "llama", "bert", "opt", "gemma2", "modernbert", "marian", "gpt_oss", "gpt_neo"]
)
def test_positions_taken_away_make_equal_tokens_alike(name: str) -> None:
    same = " ".join(["9"] * 6)
    target = TARGET if name in TWO_SIDED else None
    plain = capture.run(loaded(name), RunRequest(same, target=target))
    without = capture.run(loaded(name), RunRequest(same, target=target, interventions=(WithoutPositions(),)))
    kind = kinds(name)[0]
    inside = slice(0, 6)

    def spread(trace: Trace) -> float:
        record = trace.record(0, kind)
        states = record.query[:, inside] if record.query is not None else trace.residual[kind][0][None, inside]
        return float((states - states[:, :1]).abs().max())

    assert spread(plain) > 1e-3
    assert spread(without) < TOLERANCE


@pytest.mark.parametrize("name", ["gpt2", "llama", "bert", "modernbert", "marian"])
def test_positions_moved_to_where_they_were_change_nothing_and_elsewhere_something(name: str) -> None:
    n = len(traced(name).tokens)
    assert_same_trace(traced(name), traced(name, MovedPositions(tuple(range(n)))))
    moved = traced(name, MovedPositions((1, 0, *range(2, n))))
    assert np.abs(logits(moved) - logits(traced(name))).max() > TOLERANCE


def test_an_encoder_whose_tokens_and_positions_are_moved_alike_says_the_same_of_each() -> None:
    words = TEXT.split()
    order = [3, 1, 0, 2, *range(4, len(words))]
    moved = traced("bert", MovedPositions(tuple(order)), text=" ".join(words[n] for n in order))
    np.testing.assert_allclose(logits(moved), logits(traced("bert"))[order], atol=TOLERANCE)


@pytest.mark.parametrize("name", ["t5", "ctrl", "bloom", "gptj", "deberta", "roformer"])
def test_positions_that_cannot_be_reached_are_refused(name: str) -> None:
    with pytest.raises(CannotIntervene) as caught:
        traced(name, WithoutPositions())
    assert caught.value.fields["reason"] == "positions"


def test_an_order_of_another_length_is_refused() -> None:
    with pytest.raises(CannotIntervene):
        traced("llama", MovedPositions((1, 0)))


@pytest.mark.parametrize("family", FALLBACK, ids=str)
def test_families_outside_the_registry_say_so(family: Family) -> None:
    for part in parse("0.1,1,mlp.0"):
        with pytest.raises(CannotIntervene) as caught:
            traced(family.name, part)
        assert caught.value.fields["reason"] == "outside_registry"


@pytest.mark.parametrize(
    ("name", "parts", "error"),
    [
        ("llama", "7.0", NoSuchPart),
        ("llama", "3", NoSuchPart),
        ("llama", "1.4", NoSuchPart),
        ("llama", "mlp.3", NoSuchPart),
        ("llama", "cross:0.1", NoSuchKind),
        ("llama", "encoder:mlp.0", NoSuchKind),
        ("marian", "0.1", NoSuchKind),
        ("marian", "cross:3.0", NoSuchPart),
        ("marian", "encoder:9", NoSuchPart),
        ("marian", "decoder:0.5", NoSuchPart),
        ("marian", "decoder:mlp.3", NoSuchPart),
    ],
)
def test_what_the_model_has_not_is_refused_by_name(name: str, parts: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        traced(name, *parse(parts))


@pytest.mark.parametrize("place", ["scores", "neurons"])
def test_a_place_where_nothing_can_be_done_is_refused(place: str) -> None:
    with pytest.raises(CannotIntervene):
        traced("llama", Ablate(Site(place, layers=(0,))))


def test_a_model_of_one_head_can_lose_it() -> None:
    family = next(f for f in REGISTRY if f.name == "llama")
    model = models.wrap(build(family, num_attention_heads=1, num_key_value_heads=1), plain_tokenizer(VOCABULARY))
    a, b = (capture.run(model, RunRequest(TEXT, interventions=parse(parts))) for parts in ("1.0", "1"))
    assert_same_trace(a, b)


def test_a_saved_trace_of_an_ablated_run_keeps_what_was_done(tmp_path: Path) -> None:
    trace = traced("marian", *parse("encoder:0.1,cross:1,decoder:mlp.2"))
    trace.save(tmp_path / "t.safetensors")
    opened = Trace.open(tmp_path / "t.safetensors")
    assert opened.request == trace.request
    for kind in trace.kinds:
        for layer in range(trace.layers(kind)):
            ours, theirs = opened.record(layer, kind), trace.record(layer, kind)
            assert ours.replaced_heads == theirs.replaced_heads
            if theirs.replaced is not None:
                assert ours.replaced is not None and torch.equal(ours.replaced, theirs.replaced)
    np.testing.assert_allclose(logits(opened), logits(trace), atol=1e-6)


def test_an_ablated_run_leaves_the_model_as_it_was_even_when_it_fails() -> None:
    model = loaded("llama").model
    hooks = sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())
    with pytest.raises(NoSuchPart):
        traced("llama", *parse("0.99"))
    traced("llama", *parse("0.1,mlp.1"))
    assert sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()) == hooks


# --- analyses that run the model again, of a run with something off ----------------------------


@pytest.mark.parametrize("name", ["gpt2", "llama", "bert", "marian"])
def test_gradients_are_those_of_the_run_with_something_off(name: str) -> None:
    """The logit that is differentiated is the changed run's own; a head that is off lets nothing through."""
    kind = kinds(name)[-1]
    trace = traced(name, *(ablation.layer(layer, kind) for layer in range(3)))
    found = gradients.gradient_times_input(trace)
    assert found.logit == pytest.approx(float(trace.logits(-1).max()), abs=1e-4)
    source = found.shares.source
    if name == "marian":  # without cross attention the decoder hears nothing of the encoder
        assert np.abs(source).max() == 0
    else:  # without attention a position hears nothing of the others
        assert np.abs(source[:-1]).max() == 0 and np.abs(source[-1]) > 0


def test_gradients_of_a_model_whose_attention_cannot_be_differentiated_with_something_off_are_refused() -> None:
    with pytest.raises(CannotIntervene):
        gradients.gradient_times_input(traced("gemma2", ablation.layer(1)))


def test_inputs_of_projections_are_those_of_the_run_with_something_off() -> None:
    trace = traced("gpt2", ablation.layer(0))
    stage_inputs.source(trace, 1, "self", "query")
    stage_inputs.prepare(trace)
    found = stage_inputs.known(trace, 1, "self", "query")
    assert not isinstance(found, str)
    source, states = found
    record = trace.record(1)
    assert record.query is not None
    expected = states.float() @ source.column(2, 3) + (source.bias(2, 3) or 0.0)
    torch.testing.assert_close(record.query[2, :, 3], expected, atol=1e-4, rtol=0)


def test_a_step_that_was_put_there_is_not_explained_by_a_sum() -> None:
    trace = traced("gpt2", ablation.head(0, 1, how="mean"))
    shown = steps.matrix(trace, 0, 1, stage="output").values
    np.testing.assert_allclose(shown, np.broadcast_to(shown[:1], shown.shape), atol=TOLERANCE)
    assert steps.cell(trace, 0, 1, "self", "output", 2, 3, shown).missing == "changed"
    ordinary = steps.matrix(trace, 0, 0, stage="output").values
    assert steps.cell(trace, 0, 0, "self", "output", 2, 3, ordinary).missing == ""
    assert check.differences(trace) is None, "the model's own eager pass would not switch anything off"
    moved = traced("llama", WithoutPositions())
    assert {s.id: s.missing for s in steps.stages_of(moved, 0)}["query_before"] == "changed"


def test_scores_on_repeated_tokens_are_those_of_the_model_with_something_off() -> None:
    plain, off = traced("gpt2"), traced("gpt2", *parse("0,mlp.0"))
    a, b = (repeated_tokens.scores(trace)["self"] for trace in (plain, off))
    np.testing.assert_array_equal(a[1][0], b[1][0], "the weights of the layer itself stay")
    assert np.abs(a[1][1:] - b[1][1:]).max() > 1e-4
    assert repeated_tokens.scores(traced("gpt2", Patch(Site("residual", layers=(0,)), RunRequest(OTHER)))) == {}
