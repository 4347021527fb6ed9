"""Layers are numbered as the model numbers them, whichever of them have attention."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.core.families import HYBRID, REGISTRY, build, plain_tokenizer
from tests.core.small_models import built
from visualizer.core import capture, models
from visualizer.core.analyses import (
    first_look,
    gradients,
    head_importance,
    head_statistics,
    similar_heads,
    whole_model_attention,
)
from visualizer.core.analyses.attention_stages import check, inputs, steps
from visualizer.core.analyses.comparison import matching
from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import NoSuchPart
from visualizer.core.export import Part, quantities
from visualizer.core.forward.layers import LayerCount, by_layer
from visualizer.core.interventions import ablation
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.place import Place
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session.selection import Selection, resolve

TEXT = "5 9 33 12 9 71"


@cache
def loaded(name: str) -> LoadedModel:
    return models.wrap(build(next(f for f in (*HYBRID, *REGISTRY) if f.name == name)), plain_tokenizer())


@cache
def traced(name: str) -> Trace:
    return capture.run(loaded(name), RunRequest(TEXT))


def test_a_layer_is_asked_by_the_models_own_number() -> None:
    trace = traced("lfm2")
    assert trace.layers() == 2 and trace.layer_numbers() == (1, 3) and trace.depth() == 4
    assert trace.attention(3, 0).shape == (6, 6)
    with pytest.raises(NoSuchPart) as refused:
        trace.attention(2, 0)
    assert refused.value.known == (1, 3)
    with pytest.raises(NoSuchPart):
        trace.attention(4, 0)


@pytest.mark.parametrize(
    ("name", "other"),
    [("lfm2", "convolution"), ("jamba", "state_space"), ("qwen3_next", "linear_attention")],
)
def test_the_card_says_what_the_other_layers_are(name: str, other: str) -> None:
    card = loaded(name).card
    assert card.layer_types == (other, "attention") * 2
    assert (card.layers, card.layers_with_attention) == (4, 2)


def test_where_all_layers_have_attention_nothing_is_said() -> None:
    for name in ("llama", "albert", "t5", "gpt2"):
        card = loaded(name).card
        assert card.layer_types == () and card.layers_with_attention == card.layers


def test_a_state_space_beside_attention_in_the_same_layer_is_named() -> None:
    card = loaded("falcon_h1").card
    assert card.layer_types == ("attention+state_space",) * 3
    assert (card.layers, card.layers_with_attention, card.layers_with_more) == (3, 3, 3)
    zamba = models.wrap(built("zamba2", "Zamba2ForCausalLM"), plain_tokenizer()).card
    assert zamba.layer_types == ("state_space", "attention+state_space") * 2
    assert (zamba.layers_with_attention, zamba.layers_with_more) == (2, 2)
    bamba = models.wrap(built("bamba", "BambaForCausalLM"), plain_tokenizer()).card
    assert bamba.layer_types == ("state_space", "attention") * 2 and bamba.layers_with_more == 0


def test_layers_of_shared_weights_are_counted_by_their_calls() -> None:
    assert traced("albert").layer_numbers() == tuple(range(loaded("albert").card.layers))


def test_every_analysis_speaks_of_the_same_layers() -> None:
    trace = traced("lfm2")
    table = head_statistics.measure(trace)
    assert sorted(set(table.layers.tolist())) == [1, 3]
    assert len(next(iter(table.values.values()))) == 8
    far = similar_heads.distances(trace)
    assert far.name(4) == (3, 0) and far.index(3, 1) == 5
    assert {layer for layer, _, _ in far.nearest(1, 0)} <= {1, 3}
    assert first_look.choose(trace).place.layer in (1, 3)
    assert len(whole_model_attention.rollout(trace).source) == 6
    found = check.differences(trace)
    assert found is not None and found["self"].shape == (4, 4) and found["self"].max() < 1e-5
    worth = head_importance.measure(trace)
    known = ~np.isnan(worth.delta[:, :-1]).all(axis=1)
    assert known.tolist() == [False, True, False, True]
    assert gradients.gradient_times_input(trace).shares.source.any()
    assert steps.stages_of(trace, 3, "self")
    inputs.source(trace, 3, "self", "value")
    inputs.prepare(trace)
    assert not isinstance(inputs.known(trace, 3, "self", "value"), str)
    assert matching.match(trace, trace).has(Place("self", 3, 0))
    assert not matching.match(trace, trace).has(Place("self", 2, 0))


def test_a_head_is_switched_off_in_the_layer_of_that_number() -> None:
    model = loaded("lfm2")
    trace = capture.run(model, RunRequest(TEXT, interventions=(ablation.head(3, 1),)))
    assert trace.record(3).replaced_heads == (1,) and trace.record(1).replaced_heads == ()
    with pytest.raises(NoSuchPart) as refused:
        capture.run(model, RunRequest(TEXT, interventions=(ablation.head(2, 1),)))
    assert refused.value.known == (1, 3)


def test_a_selection_goes_to_the_nearest_layer_that_has_attention() -> None:
    trace = traced("lfm2")
    found = [resolve(trace, Selection(layer=layer)).layer for layer in range(6)]
    assert found == [1, 1, 1, 3, 3, 3]


def test_files_say_which_layers_they_hold(tmp_path: Path) -> None:
    trace = traced("lfm2")
    for what, suffix in (("attention", "npz"), ("attention", "json"), ("attention", "csv"), ("head_statistics", "csv")):
        quantities.write(trace, what, tmp_path / f"{what}.{suffix}", Part())
    with np.load(tmp_path / "attention.npz") as file:
        assert file["attention_layers"].tolist() == [1, 3] and file["attention"].shape[0] == 2
    assert json.loads((tmp_path / "attention.json").read_text(encoding="utf-8"))["attention_layers"] == [1, 3]
    for name in ("attention", "head_statistics"):
        with (tmp_path / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            assert {row["layer"] for row in csv.DictReader(file)} == {"1", "3"}
    with pytest.raises(NoSuchPart):
        quantities.write(trace, "attention", tmp_path / "x.npz", Part(layer=2))


def test_a_saved_trace_keeps_its_numbers(tmp_path: Path) -> None:
    traced("lfm2").save(tmp_path / "t.safetensors")
    opened = Trace.open(tmp_path / "t.safetensors")
    assert opened.layer_numbers() == (1, 3) and opened.card == loaded("lfm2").card
    np.testing.assert_array_equal(opened.attention(3, 2), traced("lfm2").attention(3, 2))


def call(layer: int | None, **changes: Any) -> AttentionRecord:
    states = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(layer or 0))
    given = {"query": states, "key": states, "value": states, "scaling": 0.5, "layer": layer}
    return AttentionRecord(**(given | changes))


def test_several_calls_of_one_layer_are_one_layer() -> None:
    found = by_layer([call(1), call(1), call(4), call(4)])
    assert found is not None
    assert [(r.layer, r.heads) for (r,) in found] == [(1, 4), (4, 4)]
    assert by_layer([call(1), call(1, scaling=2.0)]) is None, "two different things are not joined"


def test_a_decoder_beside_an_encoder_calls_twice_a_layer() -> None:
    assert [len(pair) for pair in by_layer([call(0), call(0), call(1), call(1)], each=2) or []] == [2, 2]
    assert by_layer([call(0), call(0), call(1)], each=2) is None
    assert [pair[0].layer for pair in by_layer([call(None)] * 4, each=2) or []] == [0, 1]


def test_a_block_that_runs_again_is_another_layer() -> None:
    first, second, other = nn.Linear(1, 1), nn.Linear(1, 1), nn.Linear(1, 1)
    count, found = LayerCount({first: 0, second: 0, other: 1}), []
    for block in (first, other, second, first):
        count.enter(block)
        found.append(count.number(block))
        count.leave(block)
    assert found == [0, 0, 1, 2]
