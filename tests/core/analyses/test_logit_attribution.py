"""The shares of a logit add up to the model's own number, and each is what that part really wrote."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.core.families import FALLBACK, REGISTRY, Family, build, plain_tokenizer
from visualizer.core import capture, models
from visualizer.core.analyses import logit_attribution
from visualizer.core.anatomy import blocks, feed_forward, probe
from visualizer.core.errors import CannotRead, NoSuchPart
from visualizer.core.place import Place
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

TEXT = "5 9 13 21 34 7"
# Blocks are the sums of their parts, and the output layer is a product: every head and part has its own share.
SPLIT = ("gpt2", "gpt_bigcode", "opt", "llama", "mistral", "mixtral", "qwen2", "qwen3", "gemma", "phi", "phi3",
         "granite", "cohere", "starcoder2", "smollm3", "gpt_neox", "gpt_oss", "t5", "mt5", "mbart", "pegasus",
         "m2m_100")  # fmt: skip
ALL = {family.name: family for family in (*REGISTRY, *FALLBACK)}


def trace_of(family: Family) -> Trace:
    loaded = models.wrap(build(family), plain_tokenizer())
    target = "6 8 4" if loaded.kind == "encoder_decoder" else None
    return capture.run(loaded, RunRequest(TEXT, target=target))


@pytest.mark.parametrize("name", SPLIT)
def test_heads_parts_and_biases_add_up_to_the_logit(name: str) -> None:
    trace = trace_of(ALL[name])
    for token, against in ((11, None), (11, 40)):
        found = logit_attribution.attribute(trace, token, against)
        assert found.exact and found.whole_layers == (), name
        assert found.relative_error <= 1e-4
        logits = trace.logits(-1)
        own = float(logits[token]) - (float(logits[against]) if against is not None else 0.0)
        assert found.logit == pytest.approx(own, abs=1e-5)
        assert found.total == pytest.approx(own, abs=1e-3 * max(1, abs(own)))
        heads = [c for c in found.components if c.name == "head"]
        kinds = 2 if "cross" in trace.kinds else 1
        assert len(heads) == kinds * 3 * 4


@pytest.mark.parametrize("name", sorted(set(ALL) - set(SPLIT)))
def test_every_other_family_adds_up_or_says_what_it_cannot_split(name: str) -> None:
    trace = trace_of(ALL[name])
    try:
        found = logit_attribution.attribute(trace, 11)
    except CannotRead:
        return
    assert found.relative_error <= 1e-4
    assert not found.exact or not any(c.name == "output" for c in found.components)


@pytest.mark.parametrize("name", ["llama", "gpt2", "gpt_neox", "granite", "t5", "cohere"])
def test_the_feed_forward_share_is_what_that_module_wrote(name: str) -> None:
    family = ALL[name]
    loaded = models.wrap(build(family), plain_tokenizer())
    given: dict[object, torch.Tensor] = {}
    parts = feed_forward.of(loaded)
    side = "decoder" if loaded.kind == "encoder_decoder" else "self"

    def note(module, _args, output) -> None:
        given[module] = (output[0] if isinstance(output, tuple) else output).detach()

    with probe.listening(parts[side], after=note):
        trace = capture.run(loaded, RunRequest(TEXT, target="6 8 4" if side == "decoder" else None))
    found = logit_attribution.attribute(trace, 11)
    reading = logit_attribution._reading(trace, loaded, 11, None, found.position)
    shares = {c.layer: c.contribution for c in found.components if c.name == "feed_forward"}
    for layer, module in enumerate(parts[side]):
        factor = blocks.of(loaded)[side][layer].feed_forward
        states = given[module].reshape(-1, given[module].shape[-1])
        own = factor * float(reading.direction @ states[found.position].double())
        assert shares[layer] == pytest.approx(own, abs=1e-4), layer


def test_a_head_that_is_taken_out_takes_its_share_of_the_last_layer_with_it() -> None:
    from visualizer.core.interventions import Ablate, Site

    family = ALL["llama"]
    loaded = models.wrap(build(family), plain_tokenizer())
    trace = capture.run(loaded, RunRequest(TEXT))
    found = logit_attribution.attribute(trace, 11)
    share = next(c.contribution for c in found.components if c.name == "head" and (c.layer, c.head) == (2, 1))
    # With the feed-forward part of the last layer off in both runs, nothing answers to the head but the norm's scale.
    quiet = Ablate(Site("feed_forward", layers=(2,)))
    with_head = capture.run(loaded, RunRequest(TEXT, interventions=(quiet,)))
    off = Ablate(Site("head_output", layers=(2,), heads=(1,)))
    without = capture.run(loaded, RunRequest(TEXT, interventions=(quiet, off)))
    gain = (with_head.residual["self"][-1][-1] - without.residual["self"][-1][-1]).double()
    reading = logit_attribution._reading(trace, loaded, 11, None, found.position)
    assert float(reading.direction @ gain) == pytest.approx(share, abs=1e-4)


@pytest.mark.parametrize("name", ["llama", "gpt2", "t5"])
def test_the_share_of_a_head_splits_by_the_tokens_it_came_from(name: str) -> None:
    trace = trace_of(ALL[name])
    found = logit_attribution.attribute(trace, 11, 40)
    for component in found.components:
        if component.name == "head":
            place = Place(component.kind, component.layer, component.head)
            shares = logit_attribution.by_source(trace, found, place)
            assert shares.shape == (len(trace.key_tokens(component.kind)),)
            assert float(shares.sum()) == pytest.approx(component.contribution, abs=1e-4)


def test_the_bundled_gpt_adds_up_on_a_sentence() -> None:
    trace = capture.run(models.load("bundled:gpt-ja-en"), RunRequest("私は図書館で本を"))
    best = int(np.argmax(trace.logits(-1)))
    found = logit_attribution.attribute(trace, best)
    assert found.exact and found.relative_error <= 1e-4
    assert len([c for c in found.components if c.name == "head"]) == 40


def test_bad_requests_are_told(tiny_llama, tmp_path) -> None:
    trace = capture.run(tiny_llama, RunRequest("abc"))
    with pytest.raises(NoSuchPart):
        logit_attribution.attribute(trace, 5, position=77)
    with pytest.raises(ValueError):
        logit_attribution.attribute(trace, 10**9)
    trace.save(tmp_path / "a.safetensors")
    with pytest.raises(CannotRead):
        logit_attribution.attribute(Trace.open(tmp_path / "a.safetensors"), 5)
