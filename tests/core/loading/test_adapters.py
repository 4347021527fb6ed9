"""An adapter is loaded beside its base model, and both stay at hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.core.adapter_folders import tune
from tests.core.loading.test_models_errors import refused
from tests.core.model_folders import save
from visualizer.core import capture, models
from visualizer.core.anatomy import projections
from visualizer.core.errors import (
    CannotIntervene,
    DamagedFile,
    MissingPackage,
    NeedsBase,
    UnsupportedArchitecture,
    WeightsDoNotFit,
)
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

peft = pytest.importorskip("peft")

TEXT = RunRequest("the cat")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save("llama", tmp_path_factory.mktemp("base") / "llama")


def change_adapter(folder: Path, **entries: Any) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


@pytest.fixture
def adapter(base: Path, tmp_path: Path) -> Path:
    tune(base, tmp_path / "adapter", r=4)
    return tmp_path / "adapter"


@pytest.mark.parametrize(
    "settings",
    [
        {"r": 4, "lora_alpha": 16},
        {"r": 4, "use_rslora": True, "rank_pattern": {"q_proj": 2}},
        {"r": 4, "use_dora": True, "modules_to_save": ["lm_head"]},
        {"r": 2, "target_modules": "all-linear", "bias": "all"},
        {"kind": peft.IA3Config, "feedforward_modules": []},
        {"kind": peft.LoHaConfig, "r": 2, "init_weights": False},
    ],
    ids=["lora", "rslora", "dora", "all", "ia3", "loha"],
)
def test_the_tuned_model_computes_what_peft_computes(base: Path, tmp_path: Path, settings: dict[str, Any]) -> None:
    tuned = tune(base, tmp_path / "adapter", **settings)
    loaded = models.load(str(tmp_path / "adapter"))
    ids = torch.tensor([[5, 9, 17, 30]])
    with torch.inference_mode():
        ours, theirs, plain = (m(input_ids=ids).logits for m in (loaded.model, tuned, models.load(str(base)).model))
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    assert (ours - plain).abs().max() > 1e-2
    assert loaded.card.architecture == "LlamaForCausalLM"


def test_an_adapter_is_switched_off_and_on_without_loading_again(base: Path, adapter: Path) -> None:
    tuned = models.load(str(adapter))
    assert (tuned.has_adapter, tuned.name, tuned.source) == (True, "adapter", str(adapter))
    without = tuned.with_adapter(False)
    assert (without.has_adapter, without.name) == (True, "llama")
    assert tuned.with_adapter() is without.with_adapter() is tuned
    shared = {id(p) for p in without.model.parameters()}
    own = [p for p in tuned.model.parameters() if id(p) not in shared]
    assert sum(p.numel() for p in own) < 0.2 * without.card.parameters, "only the adapter's own weights are new"
    before = capture.run(without, TEXT)
    on = capture.run(tuned, TEXT)
    after = capture.run(without, TEXT)
    plain = capture.run(models.load(str(base)), TEXT)
    for trace in (before, after):
        assert np.array_equal(trace.attention(1, 2), plain.attention(1, 2)), "the base is untouched"
        assert np.array_equal(trace.logits(-1), plain.logits(-1))
    assert np.abs(on.attention(1, 2) - plain.attention(1, 2)).max() > 1e-3
    assert on.method == "registry"
    assert on.difference < 1e-5


def test_a_part_of_an_adapted_layer_is_never_taken_for_the_whole(base: Path, tmp_path: Path) -> None:
    """The base's W_O gets the heads' outputs, and is not what the tuned model multiplies them with."""
    tune(base, tmp_path / "adapter", r=4, target_modules=["o_proj"])
    tuned = models.load(str(tmp_path / "adapter"))
    assert all(found is None for found in projections.outputs(tuned)["self"])
    assert all(found is not None for found in projections.outputs(tuned.with_adapter(False))["self"])
    assert projections.sources(tuned), "queries, keys and values are not adapted here"


def test_a_model_without_an_adapter_gives_itself(base: Path) -> None:
    loaded = models.load(str(base))
    assert not loaded.has_adapter
    assert loaded.with_adapter(False) is loaded.with_adapter() is loaded


def test_the_base_may_be_named_by_the_person(base: Path, adapter: Path) -> None:
    change_adapter(adapter, base_model_name_or_path="/where/it/was/trained")
    error = refused(NeedsBase, adapter)
    assert (error.exit_status, error.fields["base"]) == (2, "/where/it/was/trained")
    assert models.load(str(adapter), base=str(base)).with_adapter(False).source == str(base)
    change_adapter(adapter, base_model_name_or_path=None)
    assert refused(NeedsBase, adapter).fields["base"] == ""
    change_adapter(adapter, base_model_name_or_path="someone/no-such-model")
    assert refused(NeedsBase, adapter).fields["base"] == "someone/no-such-model"


def test_an_adapter_is_no_base(base: Path, adapter: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    shutil.copytree(adapter, second)
    change_adapter(second, base_model_name_or_path=str(adapter))
    refused(NeedsBase, second)
    change_adapter(second, base_model_name_or_path=str(second))
    refused(NeedsBase, second)


def test_a_whole_model_with_an_adapter_beside_it_is_its_base(base: Path, adapter: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(base, whole)
    for file in adapter.iterdir():
        shutil.copy(file, whole)
    change_adapter(whole, base_model_name_or_path="never/asked-for")
    first, second = models.load(str(adapter)), models.load(str(whole))
    assert np.array_equal(capture.run(first, TEXT).logits(-1), capture.run(second, TEXT).logits(-1))
    assert second.with_adapter(False).source == str(whole)


def test_the_adapters_own_tokenizer_goes_before_the_bases(base: Path, adapter: Path) -> None:
    first = models.load(str(adapter))
    assert first.tokenizer is first.with_adapter(False).tokenizer
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(base / name, adapter)
    second = models.load(str(adapter))
    assert second.tokenizer is not second.with_adapter(False).tokenizer


def test_an_adapter_of_another_model_does_not_fit(adapter: Path, tmp_path: Path) -> None:
    other = save("llama", tmp_path / "other", hidden_size=64, head_dim=16)
    change_adapter(adapter, base_model_name_or_path=str(other))
    error = refused(WeightsDoNotFit, adapter)
    assert (len(error.fields["other_shape"]) > 0, error.fields["base"]) == (True, str(other))
    change_adapter(adapter, base_model_name_or_path=str(save("gpt2", tmp_path / "gpt2")))
    refused(WeightsDoNotFit, adapter)


def test_an_adapter_that_is_not_whole_is_refused(adapter: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = adapter / "adapter_model.safetensors"
    state = load_file(path)
    save_file({name: value for name, value in state.items() if "lora_B" not in name}, path)
    assert "lora_B" in refused(WeightsDoNotFit, adapter).fields["missing"][0]
    save_file({**state, "base_model.model.odd.weight": torch.zeros(2)}, path)
    assert "odd" in refused(WeightsDoNotFit, adapter).fields["unused"][0]
    path.write_bytes(path.read_bytes()[:100])
    refused(DamagedFile, adapter)
    path.unlink()
    refused(DamagedFile, adapter)


@pytest.mark.parametrize(
    "entries",
    [
        {"peft_type": "PROMPT_TUNING"},
        {"peft_type": None},
        {"peft_type": ["LORA"]},
        {"init_lora_weights": "pissa_niter_4"},
        {"layer_replication": [[0, 2]]},
        {"alora_invocation_tokens": [1]},
    ],
)
def test_what_is_more_than_weights_in_layers_is_refused(adapter: Path, entries: dict[str, Any]) -> None:
    change_adapter(adapter, **entries)
    refused(UnsupportedArchitecture, adapter)


def test_nothing_that_an_adapter_names_is_imported(adapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    names: list[str] = []
    true = importlib.import_module
    monkeypatch.setattr(importlib, "import_module", lambda name, *rest: (names.append(name), true(name, *rest))[1])
    change_adapter(adapter, megatron_core="evil_core", auto_mapping={"parent_library": "evil", "base_model_class": "E"})
    assert models.load(str(adapter)).has_adapter
    assert not any("evil" in name for name in names)


@pytest.mark.parametrize("content", ["", "[]", '{"peft_type": "LORA", "r": "many", "target_modules": ["q_proj"]}'])
def test_a_damaged_adapter_config_is_told(base: Path, adapter: Path, content: str) -> None:
    (adapter / "adapter_config.json").write_text(content)
    with pytest.raises(DamagedFile):
        models.load(str(adapter), base=str(base))


def test_without_peft_the_line_to_install_it_is_told(adapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "peft", None)
    assert refused(MissingPackage, adapter).fields["detail"] == "pip install peft"


def test_memory_of_an_adapter_is_that_of_its_base(base: Path, adapter: Path) -> None:
    assert models.estimate_memory(str(adapter)) == models.estimate_memory(str(base))


def test_the_card_says_which_side_it_is_and_a_saved_trace_keeps_it(base: Path, adapter: Path, tmp_path: Path) -> None:
    tuned = models.load(str(adapter))
    without = tuned.other_side()
    assert (tuned.card.adapter, without.card.adapter, models.load(str(base)).card.adapter) == ("on", "off", "")
    assert without.other_side() is tuned
    assert tuned.sides == without.sides == (without, tuned)
    assert (without.origin, without.base_source) == (str(adapter), str(base))
    capture.run(without, TEXT).save(tmp_path / "off.safetensors")
    assert Trace.open(tmp_path / "off.safetensors").card == without.card
    with pytest.raises(CannotIntervene) as caught:
        models.load(str(base)).other_side()
    assert caught.value.fields["reason"] == "no_adapter"
