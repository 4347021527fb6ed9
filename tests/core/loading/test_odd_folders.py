"""Folders that hold something else than they seem to: pipes, checkpoints, packed numbers, ranks that are not there."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.core.adapter_folders import tune
from tests.core.loading.test_models_errors import change_config, refused
from tests.core.model_folders import save
from visualizer.core import capture, models
from visualizer.core.errors import (
    DamagedFile,
    NeedsBase,
    NotAModel,
    RunFailed,
    UnsupportedArchitecture,
    WeightsDoNotFit,
    first_line,
)
from visualizer.core.loading.packages import pip_line
from visualizer.core.request import RunRequest


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save("llama", tmp_path_factory.mktemp("whole") / "llama")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "model"))


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes among the files there")
@pytest.mark.parametrize("name", ["tokenizer.json", "generation_config.json", "special_tokens_map.json"])
def test_a_pipe_among_the_files_is_told_and_not_waited_for(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    for source in (folder, folder / "config.json"):
        assert name in refused(DamagedFile, source).fields["path"]


@pytest.mark.parametrize("names", [("checkpoint-500", "checkpoint-1000"), ("snapshots/aaa", "refs/x")])
def test_a_folder_around_models_names_one_of_them(whole: Path, tmp_path: Path, names: tuple[str, str]) -> None:
    around = tmp_path / "around"
    for name in names:
        shutil.copytree(whole, around / name)
    error = refused(NotAModel, around)
    assert error.fields["reason"] == "inside"
    assert error.fields["example"] == str(around / {"checkpoint-500": names[1]}.get(names[0], names[0]))
    models.load(error.fields["example"])


def test_a_config_beside_a_gguf_file_names_the_file(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "small.gguf").write_bytes(b"GGUF")
    error = refused(NotAModel, folder)
    assert (error.fields["reason"], error.fields["example"]) == ("gguf", str(folder / "small.gguf"))


@pytest.mark.parametrize(
    "entries",
    [{"return_dict": False}, {"torchscript": True}, {"output_attentions": True, "output_hidden_states": True}],
)
def test_the_form_in_which_a_pass_is_handed_out_is_not_a_config_s_to_say(
    whole: Path, folder: Path, entries: dict[str, Any]
) -> None:
    """Checkpoints of old programs say so."""
    change_config(folder, **entries)
    traces = [capture.run(models.load(str(path)), RunRequest("the cat")) for path in (whole, folder)]
    assert (traces[0].attention(0, 0) == traces[1].attention(0, 0)).all()


def test_a_package_that_a_tokenizer_asks_for_only_when_it_is_used_is_named() -> None:
    assert pip_line(ImportError("Nosuchframes is required for the TAPAS tokenizer.")) == "pip install Nosuchframes"
    assert pip_line(ImportError("It is required for the tokenizer.")) is None


def change_weights(folder: Path, change: Any) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path, {"format": "pt"})


@pytest.mark.parametrize("kind", [torch.int8, torch.uint8, torch.int32, torch.bool])
def test_whole_numbers_are_never_taken_for_weights(folder: Path, kind: torch.dtype) -> None:
    """Read as they stand they would make a model of nearly nothing but zeros, and every picture of it be wrong."""
    change_weights(folder, lambda state: {name: weight.to(kind) for name, weight in state.items()})
    assert "quantized" in refused(UnsupportedArchitecture, folder).fields["detail"]


def test_small_floats_with_scales_that_nobody_applies_are_refused(folder: Path) -> None:
    def packed(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        small = {name: weight.to(torch.float8_e4m3fn) for name, weight in state.items()}
        return small | {f"{name}_scale": torch.tensor([3.0]) for name in state if "proj" in name}

    change_weights(folder, packed)
    assert "quantized" in refused(UnsupportedArchitecture, folder).fields["detail"]


def test_complex_weights_are_refused(folder: Path) -> None:
    name = "model.layers.0.self_attn.q_proj.weight"
    change_weights(folder, lambda state: state | {name: state[name].to(torch.complex64)})
    assert name in refused(DamagedFile, folder).fields["detail"]


def test_a_tokenizer_that_cannot_read_this_text_fails_in_order(folder: Path) -> None:
    """The letter a is in its vocabulary; for whatever is not, it asks for an unknown token that it has not."""
    model = {"type": "WordLevel", "vocab": {"a": 0, "b": 1}, "unk_token": "nowhere"}
    (folder / "tokenizer.json").write_text(json.dumps({"version": "1.0", "model": model, "added_tokens": []}))
    loaded = models.load(str(folder))
    with pytest.raises(RunFailed, match="tokenizer"):
        capture.run(loaded, RunRequest("the cat"))


def test_a_line_that_only_announces_is_followed_by_what_is_wrong(folder: Path) -> None:
    change_config(folder, num_attention_heads=3)
    said = refused(DamagedFile, folder).fields["detail"]
    assert not said.endswith(":") and "3" in said, said
    assert first_line(ValueError("not so:\n  \n  because of this\nand more")) == "ValueError: not so: because of this"
    assert first_line(ValueError("")) == "ValueError"


def test_a_base_whose_name_no_file_system_takes_is_asked_for(whole: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    adapter = tmp_path / "adapter"
    tune(whole, adapter, r=2)
    path = adapter / "adapter_config.json"
    entries = json.loads(path.read_text())
    path.write_text(json.dumps(entries | {"base_model_name_or_path": "a/" * 5000}))
    refused(NeedsBase, adapter)


@pytest.mark.parametrize("entries", [{"r": 10**9}, {"rank_pattern": {"q_proj": 10**9}}])
def test_a_rank_that_no_weight_has_makes_no_matrices(whole: Path, tmp_path: Path, entries: dict[str, Any]) -> None:
    pytest.importorskip("peft")
    adapter = tmp_path / "adapter"
    tune(whole, adapter, r=2)
    path = adapter / "adapter_config.json"
    settings = {"base_model_name_or_path": str(whole)} | entries
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))
    assert "rank" in refused(WeightsDoNotFit, adapter).fields["detail"]


def test_the_base_that_was_asked_for_comes_before_weights_beside_the_adapter(whole: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    both = save("gpt2", tmp_path / "both")
    tune(whole, both, r=2)
    loaded = models.load(str(both), base=str(whole))
    assert (loaded.card.adapter, loaded.card.architecture) == ("on", "LlamaForCausalLM")
    refused(WeightsDoNotFit, both)
