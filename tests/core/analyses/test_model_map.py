"""The map is the model: every parameter stands in one box, the parts in the order in which they are computed."""

from __future__ import annotations

import json
from functools import cache

import pytest

from tests.core.families import FALLBACK, HYBRID, REGISTRY, build, plain_tokenizer
from visualizer.core import capture, models
from visualizer.core.analyses import model_map
from visualizer.core.analyses.model_map import ModelMap
from visualizer.core.export import quantities
from visualizer.core.request import RunRequest

FAMILIES = {family.name: family for family in (*REGISTRY, *FALLBACK, *HYBRID)}


@cache
def map_of(name: str) -> ModelMap:
    return model_map.of(models.wrap(build(FAMILIES[name]), plain_tokenizer()))


@pytest.mark.parametrize("name", FAMILIES)
def test_every_parameter_stands_in_exactly_one_box(name: str) -> None:
    model = build(FAMILIES[name])
    found = model_map.of(models.wrap(model, plain_tokenizer()))
    assert sum(box.parameters for box in found.boxes) == found.parameters == sum(p.numel() for p in model.parameters())
    names = [m.name for box in found.boxes for m in box.matrices if not m.is_shared]
    assert sorted(names) == sorted(n for n, _ in model.named_parameters())
    assert all(r < n for n, box in enumerate(found.boxes) for r in box.reads)


def order(name: str, side: str = "self", layer: int = 1) -> list[str]:
    found = map_of(name)
    return [found.boxes[n].kind for n in found.layer(side, layer)]


PRE = ["norm", "attention", "add", "norm", "feed_forward", "add"]
POST = ["attention", "add", "norm", "feed_forward", "add", "norm"]


@pytest.mark.parametrize(
    ("name", "side", "expected"),
    [
        ("gpt2", "self", PRE),
        ("llama", "self", PRE),
        ("bert", "self", POST),
        ("albert", "self", POST),
        ("bart", "encoder", POST),
        ("mbart", "encoder", PRE),
        ("olmo2", "self", ["attention", "norm", "add", "feed_forward", "norm", "add"]),
        ("gemma2", "self", ["norm", "attention", "norm", "add", "norm", "feed_forward", "norm", "add"]),
        ("phi", "self", ["norm", "attention", "feed_forward", "add"]),
        ("gpt_neox", "self", ["norm", "attention", "norm", "feed_forward", "add"]),
        ("t5", "decoder", [*PRE[:3], "norm", "cross_attention", "add", *PRE[3:]]),
        ("mixtral", "self", ["norm", "attention", "add", "norm", "experts", "add"]),
        ("lfm2", "self", PRE),
        ("gptj", "self", ["block"]),
    ],
)
def test_the_parts_stand_in_the_order_of_the_models_own_code(name: str, side: str, expected: list[str]) -> None:
    assert order(name, side) == expected


def test_a_layer_without_attention_says_what_it_has() -> None:
    found = map_of("lfm2")
    assert order("lfm2", layer=0)[1] == "mixer"
    assert found.boxes[found.layer("self", 0)[1]].facts["mixer"] == "convolution"


def test_post_norm_adds_what_the_norm_gave_and_pre_norm_what_it_read() -> None:
    for name, is_pre in (("gpt2", True), ("bert", False)):
        found = map_of(name)
        numbers = found.layer("self", 1)
        feed = next(n for n in numbers if found.boxes[n].kind == "feed_forward")
        norm = found.boxes[feed].reads[0]
        assert found.boxes[norm].kind == "norm"
        total = next(n for n in numbers if found.boxes[n].kind == "add" and feed in found.boxes[n].reads)
        assert (norm in found.boxes[total].reads) is not is_pre


def test_cross_attention_reads_what_the_encoder_gives() -> None:
    found = map_of("t5")
    cross = [box for box in found.boxes if box.kind == "cross_attention"]
    last = max(n for n, box in enumerate(found.boxes) if box.side == "encoder" and box.kind != "rest")
    assert cross and all(last in box.reads for box in cross)


def test_tied_weights_are_counted_once_and_named() -> None:
    tied = next(box for box in map_of("gpt2").boxes if box.kind == "output")
    untied = next(box for box in map_of("llama").boxes if box.kind == "output")
    assert tied.facts.get("tied") and tied.parameters == 0
    assert not untied.facts.get("tied") and untied.parameters > 0


def test_layers_that_share_their_weights_are_counted_once() -> None:
    found = map_of("albert")
    assert sum(found.boxes[n].parameters for n in found.layer("self", 0)) > 0
    assert sum(found.boxes[n].parameters for n in found.layer("self", 1)) == 0
    assert ("shared_layers", "") in found.otherwise


@pytest.mark.parametrize(
    ("name", "word", "detail"),
    [
        ("llama", "grouped", "4 : 2"),
        ("llama", "rms", ""),
        ("llama", "untied", ""),
        ("gpt_bigcode", "multi_query", "4 : 1"),
        ("mistral", "window", "6"),
        ("mixtral", "experts", "1 / 2"),
        ("phi", "parallel", ""),
        ("gpt2", "pre_norm", ""),
        ("gemma2", "norm_both", ""),
        ("olmo2", "norm_after", ""),
        ("bloom", "positions", "alibi"),
        ("jamba", "no_positions", ""),
        ("bert", "encoder_only", ""),
    ],
)
def test_what_is_otherwise_than_in_2017_is_listed(name: str, word: str, detail: str) -> None:
    assert (word, detail) in map_of(name).otherwise


def test_the_architecture_of_2017_has_nothing_of_later_times() -> None:
    words = {word for word, _ in map_of("marian").otherwise}
    assert not words & {"pre_norm", "norm_both", "norm_after", "parallel", "rms", "gated", "final_norm", "untied"}


def test_the_exported_file_holds_every_box(tmp_path) -> None:
    loaded = models.wrap(build(FAMILIES["gpt2"]), plain_tokenizer())
    trace = capture.run(loaded, RunRequest("5 9 13 21"))
    path = tmp_path / "map.json"
    quantities.write(trace, "model_map", path)
    data = json.loads(path.read_text(encoding="utf-8"))
    assert sum(box["parameters"] for box in data["boxes"]) == data["parameters"] == loaded.card.parameters
    assert {"name", "kind", "layer", "parameters", "shape"} <= set(data["boxes"][0])
