"""Which experts read a token is what the model's own router said, and what its layer then computes with."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from tests.core.families import plain_tokenizer
from tests.core.small_models import VOCABULARY, built, families
from visualizer.core import capture, models
from visualizer.core.errors import DamagedFile, NoSuchKind
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

IDS = torch.randint(3, VOCABULARY, (1, 12), generator=torch.Generator().manual_seed(1))
TARGET = torch.tensor([[2, 5, 9, 7, 33]])
# Layers that choose among experts.
ROUTED = {
    "mixtral": (0, 1, 2, 3),
    "qwen2_moe": (0, 1, 2, 3),
    "qwen3_moe": (0, 1, 2, 3),
    "olmoe": (0, 1, 2, 3),
    "gpt_oss": (0, 1, 2, 3),
    "deepseek_v3": (1, 2, 3),
    "granitemoe": (0, 1, 2, 3),
    "jamba": (1, 3),
    "dbrx": (0, 1, 2, 3),
    "longcat_flash": (0, 1),
    "nemotron_h": (1,),
    "hunyuan_v1_moe": (0, 1, 2, 3),
}


def traced(model: Any, **changes: Any) -> Trace:
    loaded = models.wrap(model, plain_tokenizer(VOCABULARY))
    return capture.run_ids(loaded, RunRequest("x"), IDS, **changes)


def heard(model: nn.Module, kind: str) -> list[Any]:
    """What each module of a kind gives in an ordinary pass, in order."""
    found: list[Any] = []
    for module in model.modules():
        if kind in type(module).__name__:
            module.register_forward_hook(lambda _m, _a, output: found.append(output))
    with torch.no_grad():
        model(IDS)
    return found


@pytest.mark.parametrize("name", ROUTED)
def test_the_layers_that_choose_are_known_by_their_own_numbers(name: str) -> None:
    trace = traced(built(name, families()[name]))
    assert trace.router_layers() == ROUTED[name]
    for layer in ROUTED[name]:
        found = trace.router(layer)
        assert found.layer == layer
        assert found.experts.shape == found.weights.shape and len(found.experts) == IDS.shape[1]
        assert found.experts.min() >= 0 and found.experts.max() < found.count
        table = found.table()
        assert table.shape == (IDS.shape[1], found.count)
        np.testing.assert_array_equal(np.take_along_axis(table, found.experts, axis=1), found.weights)
        assert np.count_nonzero(table) <= found.experts.size


@pytest.mark.parametrize(
    ("name", "router"),
    [
        ("mixtral", "MixtralTopKRouter"),
        ("qwen3_moe", "Qwen3MoeTopKRouter"),
        ("olmoe", "OlmoeTopKRouter"),
        ("gpt_oss", "GptOssTopKRouter"),
        ("deepseek_v3", "DeepseekV3TopkRouter"),
        ("granitemoe", "GraniteMoeTopKRouter"),
    ],
)
def test_numbers_and_weights_are_what_the_router_itself_gives(name: str, router: str) -> None:
    model = built(name, families()[name])
    own = heard(copy.deepcopy(model), router)
    trace = traced(model)
    assert len(own) == len(trace.router_layers())
    for layer, (logits, weights, experts) in zip(trace.router_layers(), own, strict=True):
        found = trace.router(layer)
        np.testing.assert_array_equal(found.experts, experts.numpy())
        np.testing.assert_allclose(found.weights, weights.numpy(), rtol=0, atol=1e-6)
        assert found.count == logits.shape[-1]


def test_the_weights_follow_from_the_routers_logits_by_the_papers_formula() -> None:
    model = built("mixtral", "MixtralForCausalLM")
    own = copy.deepcopy(model)
    with torch.no_grad():
        logits = own(IDS, output_router_logits=True).router_logits
    trace = traced(model)
    for layer in trace.router_layers():
        top, experts = logits[layer].float().topk(2, dim=-1)  # Mixtral: softmax over the chosen alone
        np.testing.assert_array_equal(trace.router(layer).experts, experts.numpy())
        np.testing.assert_allclose(trace.router(layer).weights, top.softmax(-1).numpy(), rtol=0, atol=1e-6)


def test_a_layer_writes_the_weighted_sum_of_its_chosen_experts() -> None:
    model = built("mixtral", "MixtralForCausalLM")
    trace = traced(model)
    experts = next(m for m in model.modules() if type(m).__name__ == "MixtralExperts")
    seen: list[tuple[Any, Any]] = []
    handle = experts.register_forward_hook(lambda _m, args, output: seen.append((args[0], output)))
    with torch.no_grad():
        model(IDS)
    handle.remove()
    states, output = seen[0]
    found, expected = trace.router(0), torch.zeros_like(output)
    for token in range(IDS.shape[1]):
        for number, weight in zip(found.experts[token], found.weights[token], strict=True):
            gate, up = (experts.gate_up_proj[number] @ states[token]).chunk(2)
            expected[token] += float(weight) * (experts.down_proj[number] @ (experts.act_fn(gate) * up))
    torch.testing.assert_close(output, expected, atol=1e-5, rtol=1e-4)


def test_an_encoder_and_a_decoder_choose_each_for_their_own_tokens() -> None:
    trace = traced(built("switch_transformers", families()["switch_transformers"]), decoder_ids=TARGET)
    for side, tokens in (("encoder", IDS.shape[1]), ("decoder", TARGET.shape[1])):
        layers = trace.router_layers(side)
        assert layers
        for layer in layers:
            found = trace.router(layer, side)
            assert found.experts.shape == (tokens, 1)
            assert found.count == 4
    assert trace.router_layers() == trace.router_layers("decoder")


@pytest.mark.parametrize("name", ["llama", "nllb-moe"])
def test_where_nothing_is_known_of_a_choice_nothing_is_said(name: str) -> None:
    model = built(name, families()[name])
    trace = traced(model, decoder_ids=TARGET if model.config.is_encoder_decoder else None)
    assert trace.router_layers() == () and trace.routers == {}
    with pytest.raises(NoSuchKind):
        trace.router(0)
    with pytest.raises(NoSuchKind):
        trace.router_layers("side")


def test_a_trace_file_keeps_the_choice(tmp_path: Path) -> None:
    path = tmp_path / "one.safetensors"
    trace = traced(built("deepseek_v3", "DeepseekV3ForCausalLM"))
    trace.save(path)
    again = Trace.open(path)
    assert again.router_layers() == (1, 2, 3)
    for layer in (1, 2, 3):
        np.testing.assert_array_equal(again.router(layer).experts, trace.router(layer).experts)
        np.testing.assert_array_equal(again.router(layer).weights, trace.router(layer).weights)
        assert again.router(layer).count == trace.router(layer).count == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"experts": torch.full((12, 2), 4)},
        {"experts": torch.full((12, 2), -2)},
        {"experts": torch.zeros(11, 2, dtype=torch.int64), "weights": torch.zeros(11, 2)},
        {"weights": torch.full((12, 2), float("nan"))},
        {"weights": torch.zeros(12, 3)},
        {"experts": torch.zeros(12, 2)},
        {"experts": torch.zeros(12, dtype=torch.int64), "weights": torch.zeros(12)},
    ],
    ids=str,
)
def test_a_file_whose_choice_cannot_be_true_is_refused(tmp_path: Path, wrong: dict[str, torch.Tensor]) -> None:
    path = tmp_path / "one.safetensors"
    traced(built("deepseek_v3", "DeepseekV3ForCausalLM")).save(path)
    with safe_open(path, "pt") as file:
        header = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for name, tensor in wrong.items():
        tensors[f"router/self/1/{name}"] = tensor
    save_file(tensors, path, header)
    with pytest.raises(DamagedFile, match="router of layer 2"):
        Trace.open(path)
