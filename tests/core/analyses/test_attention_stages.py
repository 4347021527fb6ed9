"""Each step of attention is the model's own: checked against what the model's own modules were given and gave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.core.families import REGISTRY, VOCABULARY, build, plain_tokenizer
from visualizer.core import capture, models
from visualizer.core.analyses.attention_stages import check as stage_check
from visualizer.core.analyses.attention_stages import steps as stages
from visualizer.core.errors import NoSuchKind, NoSuchPart
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.positions import rotation
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

FAMILIES = {family.name: family for family in REGISTRY}
IDS = torch.tensor([[7, 31, 12, 55, 12, 90, 4, 23]])
TARGET = torch.tensor([[2, 5, 9, 7, 33]])


def loaded_of(name: str, **changes: Any) -> LoadedModel:
    return models.wrap(build(FAMILIES[name], **changes), plain_tokenizer(VOCABULARY))


def traced(loaded: LoadedModel, ids: torch.Tensor = IDS) -> Trace:
    target = TARGET if loaded.kind == "encoder_decoder" else None
    return capture.run_ids(loaded, RunRequest("x"), ids, decoder_ids=target)


@contextmanager
def outputs_of(loaded: LoadedModel, ending: str) -> Iterator[list[torch.Tensor]]:
    """What the modules with this ending of their name give while the block runs, in the order of the calls."""
    seen: list[torch.Tensor] = []
    handles = [
        module.register_forward_hook(lambda _m, _i, output: seen.append(output[0].detach().clone()))
        for name, module in loaded.model.named_modules()
        if name.endswith(ending) and not isinstance(module, nn.ModuleList)
    ]
    assert handles, f"no module ends with {ending}"
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


OUTPUT_LAYERS = [
    ("llama", {"self": ".o_proj"}),
    ("gpt2", {"self": ".attn.c_proj"}),
    ("bert", {"self": ".attention.output.dense"}),
    ("gpt_neox", {"self": ".attention.dense"}),
    ("t5", {"encoder": "encoder", "decoder": ".SelfAttention.o", "cross": ".EncDecAttention.o"}),
    ("bart", {"decoder": "self_attn.out_proj", "cross": ".encoder_attn.out_proj"}),
]


@pytest.mark.parametrize(("name", "endings"), OUTPUT_LAYERS, ids=[name for name, _ in OUTPUT_LAYERS])
def test_heads_add_up_to_what_the_attention_block_writes(name: str, endings: dict[str, str]) -> None:
    loaded = loaded_of(name)
    for kind, ending in endings.items():
        if ending == "encoder":
            continue
        with outputs_of(loaded, ending) as seen:
            trace = traced(loaded)
        # The encoder's modules may have the same name; they run first.
        seen = seen[-trace.layers(kind) :]
        for layer in range(trace.layers(kind)):
            shares = [
                stages.matrix(trace, layer, head, kind, "contribution").values for head in range(trace.heads(kind))
            ]
            block = stages.matrix(trace, layer, 0, kind, "block").values
            np.testing.assert_allclose(block, seen[layer].numpy(), atol=2e-5, err_msg=f"{name} {kind} layer {layer}")
            bias = stages._projection(trace, layer, kind).bias  # type: ignore[union-attr]
            total = np.sum(shares, axis=0) + (0 if bias is None else bias.numpy())
            np.testing.assert_allclose(total, block, atol=2e-5, err_msg="the heads' shares do not add up")


@pytest.mark.parametrize(
    "name",
    [
        "gpt_bigcode",
        "ctrl",
        "opt",
        "mixtral",
        "qwen3",
        "gemma3_text",
        "phi3",
        "gpt_oss",
        "distilbert",
        "albert",
        "marian",
    ],
)
def test_the_output_projection_is_found_in_every_layer(name: str) -> None:
    trace = traced(loaded_of(name))
    for kind in trace.kinds:
        for layer in range(trace.layers(kind)):
            missing = {stage.id: stage.missing for stage in stages.stages_of(trace, layer, kind)}
            assert not missing["contribution"], f"{kind} layer {layer}: {missing}"


@pytest.mark.parametrize(
    ("name", "changes"),
    [("llama", {}), ("mistral", {}), ("cohere", {}), ("phi", {}), ("gemma2", {}), ("starcoder2", {}), ("smollm3", {})],
)
def test_queries_and_keys_before_rotation_are_the_projections_own(name: str, changes: dict[str, Any]) -> None:
    loaded = loaded_of(name, **changes)
    with outputs_of(loaded, ".q_proj") as queries, outputs_of(loaded, ".k_proj") as keys:
        trace = traced(loaded)
    turned = 0
    for layer in range(trace.layers()):
        ids = {stage.id: stage.missing for stage in stages.stages_of(trace, layer)}
        if "query_before" not in ids:
            continue  # a layer without positions
        assert not ids["query_before"], f"layer {layer}: {ids['query_before']}"
        turned += 1
        record = trace.record(layer)
        for head in range(record.heads):
            for stage, own, place in (
                ("query_before", queries[layer], head),
                ("key_before", keys[layer], record.key_head(head)),
            ):
                found = stages.matrix(trace, layer, head, stage=stage).values
                expected = own.reshape(IDS.shape[1], -1, found.shape[1])[:, place].numpy()
                np.testing.assert_allclose(found, expected, atol=1e-5, err_msg=f"{stage} layer {layer} head {head}")
    assert turned > 0


def test_interleaved_pairs_are_told_from_halves() -> None:
    pairings = {
        name: {part.pairing for part in traced(loaded_of(name)).positions.parts if part.kind == "rotary"}
        for name in ("llama", "cohere", "gpt_oss", "gpt_neox")
    }
    assert pairings == {"llama": {"halves"}, "cohere": {"interleaved"}, "gpt_oss": {"halves"}, "gpt_neox": {"halves"}}


@pytest.mark.parametrize("name", ["llama", "gemma2", "mistral", "t5", "gpt2", "bert", "gpt_oss", "modernbert"])
def test_the_steps_follow_from_each_other(name: str) -> None:
    trace = traced(loaded_of(name))
    for kind in trace.kinds:
        for layer in range(trace.layers(kind)):
            record = trace.record(layer, kind)
            for head in range(trace.heads(kind)):
                a = stages.arrays(trace, layer, head, kind)
                np.testing.assert_allclose(a["dot"], a["query"] @ a["key"].T, atol=1e-4)
                np.testing.assert_allclose(a["scaled"], a["dot"] * record.scaling, atol=1e-5)
                before = a["scaled"]
                if "capped" in a:
                    before = record.softcap * np.tanh(before / record.softcap)  # type: ignore[operator]
                    np.testing.assert_allclose(a["capped"], before, atol=1e-5)
                if "biased" in a:
                    bias = record.position_bias[head].numpy()  # type: ignore[index]
                    np.testing.assert_allclose(a["biased"], before + bias, atol=1e-5)
                    before = a["biased"]
                seen = np.isfinite(a["masked"])
                np.testing.assert_allclose(a["masked"][seen], before[seen], atol=1e-5)
                powers = np.exp(a["masked"].astype(np.float64))
                sink = 0.0 if record.sinks is None else np.exp(float(record.sinks[head]))
                np.testing.assert_allclose(a["weights"], powers / (powers.sum(axis=1, keepdims=True) + sink), atol=1e-5)
                np.testing.assert_allclose(a["output"], a["weights"] @ a["value"], atol=1e-5)
                width = a["output"].shape[1]
                np.testing.assert_allclose(
                    a["concatenation"][:, head * width : (head + 1) * width], a["output"], atol=1e-6
                )


def test_softcap_and_bias_are_listed_only_where_the_model_has_them() -> None:
    listed = {
        name: {s.id for s in stages.stages_of(traced(loaded_of(name)), 0, kind)}
        for name, kind in (("llama", "self"), ("gemma2", "self"), ("t5", "encoder"), ("gpt2", "self"))
    }
    assert {name: "capped" in ids for name, ids in listed.items()} == {
        "llama": False, "gemma2": True, "t5": False, "gpt2": False
    }  # fmt: skip
    assert {name: "biased" in ids for name, ids in listed.items()} == {
        "llama": False, "gemma2": False, "t5": True, "gpt2": False
    }  # fmt: skip
    assert "query_before" not in listed["gpt2"]


@pytest.mark.parametrize("name", ["llama", "t5", "gemma2", "gpt_oss"])
def test_a_cell_names_the_numbers_of_its_own_formula(name: str) -> None:
    trace = traced(loaded_of(name))
    kind = trace.kinds[0]
    row, column = 3, 1
    shown = {s.id: stages.matrix(trace, 0, 1, kind, s.id) for s in stages.stages_of(trace, 0, kind)}

    def cell(stage: str) -> stages.Cell:
        return stages.cell(trace, 0, 1, kind, stage, row, column, shown[stage].values)

    weights = cell("weights")
    assert weights.value == pytest.approx(np.exp(weights.terms["input"] - weights.terms["log_sum"]), abs=1e-6)
    dot = cell("dot")
    assert dot.count == shown["query"].values.shape[1]
    assert list(dot.products) == sorted(dot.products, key=lambda p: -abs(p[0] * p[1]))
    scaled = cell("scaled")
    assert scaled.value == pytest.approx(scaled.terms["dot"] * scaled.terms["scaling"], abs=1e-5)
    if "capped" in shown:
        capped = cell("capped")
        assert capped.value == pytest.approx(
            capped.terms["softcap"] * np.tanh(capped.terms["score"] / capped.terms["softcap"]), abs=1e-5
        )
    if "query_before" in shown:
        turn = cell("query").terms
        signs = (-1, 1) if turn["first"] else (1, 1)
        a, b = (turn["x"], turn["y"]) if turn["first"] else (turn["y"], turn["x"])
        assert cell("query").value == pytest.approx(a * turn["cos"] + signs[0] * b * turn["sin"], abs=1e-5)
    block = cell("block")
    assert {int(head) for head, _ in block.products} <= set(range(trace.heads(kind)))


def test_a_masked_cell_says_so() -> None:
    trace = traced(loaded_of("llama"))
    shown = stages.matrix(trace, 0, 0, stage="masked")
    assert shown.masked is not None and shown.masked[0, 1]
    assert stages.cell(trace, 0, 0, "self", "masked", 0, 1, shown.values).is_masked
    assert not stages.cell(trace, 0, 0, "self", "masked", 1, 0, shown.values).is_masked


def test_beyond_the_sliding_window_cells_are_masked() -> None:
    trace = traced(loaded_of("mistral", sliding_window=3))
    masked = stages.matrix(trace, 0, 0, stage="masked").masked
    assert masked is not None
    assert masked[7, 4] and not masked[7, 5] and masked[5, 6]


def test_the_products_of_a_pair_sum_to_the_score_of_its_cell() -> None:
    trace = traced(loaded_of("llama"))
    pair = stages.product(trace, 1, 2, query=5, key=3)
    assert pair.total == pytest.approx(float(pair.product.sum()), abs=1e-5)
    assert pair.total == pytest.approx(float(stages.matrix(trace, 1, 2, stage="dot").values[5, 3]), abs=1e-5)
    assert pair.scaled == pytest.approx(float(stages.matrix(trace, 1, 2, stage="scaled").values[5, 3]), abs=1e-5)


def test_a_saved_trace_keeps_the_rotation_and_says_that_the_projection_is_missing(tmp_path: Path) -> None:
    trace = traced(loaded_of("llama"))
    trace.save(tmp_path / "trace.safetensors")
    opened = Trace.open(tmp_path / "trace.safetensors")
    missing = {stage.id: stage.missing for stage in stages.stages_of(opened, 0)}
    assert missing["contribution"] == missing["block"] == "model"
    assert not any(reason for name, reason in missing.items() if name not in ("contribution", "block"))
    for name in ("query_before", "masked", "concatenation"):
        np.testing.assert_allclose(
            stages.matrix(opened, 1, 1, stage=name).values, stages.matrix(trace, 1, 1, stage=name).values, atol=1e-6
        )
    with pytest.raises(NoSuchKind):
        stages.matrix(opened, 0, 0, stage="contribution")


def test_a_model_that_hands_out_its_weights_only_has_that_step_only() -> None:
    from tests.core.families import FALLBACK

    family = next(f for f in FALLBACK if f.name == "gpt_neo")
    trace = traced(models.wrap(build(family), plain_tokenizer(VOCABULARY)))
    shown = [stage.id for stage in stages.stages_of(trace, 0) if not stage.missing]
    assert shown == ["weights"]
    assert list(stages.arrays(trace, 0, 0)) == ["weights"]
    with pytest.raises(NoSuchKind):
        stages.product(trace, 0, 0)


def test_layers_heads_and_steps_that_do_not_exist_are_named() -> None:
    trace = traced(loaded_of("llama"))
    with pytest.raises(NoSuchPart):
        stages.matrix(trace, 99, 0)
    with pytest.raises(NoSuchPart):
        stages.matrix(trace, 0, 99, stage="dot")
    with pytest.raises(NoSuchKind, match="stage"):
        stages.matrix(trace, 0, 0, stage="sigmoid")


def test_one_token_has_every_step() -> None:
    trace = traced(loaded_of("llama"), IDS[:, :1])
    for name, values in stages.arrays(trace, 0, 0).items():
        assert values.shape[0] == 1, name
        assert np.isfinite(values).all(), name


def test_undoing_a_rotation_whose_pairs_are_unknown_is_refused() -> None:
    from visualizer.core.positions import PositionPart

    with pytest.raises(ValueError, match="not known"):
        rotation.undo(PositionPart("rotary", inverse_frequencies=np.ones(2)), torch.zeros(1, 2, 4))


def test_the_models_own_softmax_is_what_is_shown(tiny_llama: LoadedModel, tiny_bert: LoadedModel) -> None:
    for loaded, request in (
        (tiny_llama, RunRequest("The cat sat.")),
        (tiny_bert, RunRequest("the cat", "sat on the mat")),
    ):
        trace = capture.run(loaded, request)
        found = stage_check.differences(trace)
        assert found is not None and found["self"].shape == (trace.layers(), trace.heads())
        assert 0 <= found["self"].max() < 1e-5


def test_the_check_notices_weights_that_are_not_the_models_own(tiny_llama: LoadedModel) -> None:
    from dataclasses import replace

    trace = capture.run(tiny_llama, RunRequest("The cat sat."))
    records = tuple(replace(record, scaling=record.scaling * 3) for record in trace.records["self"])
    found = stage_check.differences(replace(trace, records={"self": records}))
    assert found is not None and found["self"].max() > 1e-4


def test_the_check_of_an_encoder_decoder_covers_all_three_kinds(tiny_marian: LoadedModel) -> None:
    trace = capture.run(tiny_marian, RunRequest("the cat", target="neko"))
    found = stage_check.differences(trace)
    assert found is not None and set(found) == {"encoder", "decoder", "cross"}
    assert max(float(values.max()) for values in found.values()) < 1e-5
