"""Folders that lie, are damaged or mean harm end in an error of ours, soon, and reach nothing outside themselves."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from tests.core.model_folders import save
from visualizer.core import models
from visualizer.core.errors import DamagedFile, NotEnoughMemory, VisualizerError
from visualizer.core.loading import config as configs

NAMES = ("gpt2", "llama", "bert", "t5", "marian", "bloom")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("hostile")
    return {name: save(name, base / name) for name in NAMES}


@pytest.fixture
def folder(folders: dict[str, Path], tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return Path(shutil.copytree(folders[getattr(request, "param", "gpt2")], tmp_path / "model"))


def change(folder: Path, **entries: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def loaded_or_told(folder: Path) -> VisualizerError | None:
    """Loads a folder; gives the error of ours, None when it loads, and fails with any other error."""
    try:
        models.load(str(folder))
    except VisualizerError as error:
        return error
    return None


WRONG: list[Any] = [None, -1, 0, 1e9, 10**18, "many", [], {}, [[]], True, "\x00", "a" * 10_000]
FIELDS = (
    "model_type", "architectures", "hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size",
    "max_position_embeddings", "hidden_act", "rope_parameters", "rope_scaling", "layer_types", "torch_dtype",
    "eos_token_id", "pad_token_id", "text_config", "quantization_config", "auto_map", "is_encoder_decoder",
    "tie_word_embeddings", "sub_configs",
    "transformers_version", "head_dim", "n_layer", "n_embd", "d_model", "num_heads", "id2label",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["gpt2", "llama", "t5"], indirect=True)
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_a_wrong_kind_is_told(folder: Path, field: str) -> None:
    before = (folder / "config.json").read_text()
    for value in WRONG:
        (folder / "config.json").write_text(before)
        change(folder, **{field: value})
        loaded_or_told(folder)


OTHERS = ("tokenizer_config.json", "generation_config.json", "special_tokens_map.json", "tokenizer.json")
CONTENTS = (
    "[" * 50_000, '{"a": ' * 20_000, "[]", "3", '{"eos_token_id": "x"}', '{"eos_token": 5}', "\x00", '"\\ud800"',
)  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
def test_the_other_files_may_be_wrong_too(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)
    loaded_or_told(folder)


@pytest.mark.parametrize(
    ("folder", "entries"),
    [
        ("llama", {"num_hidden_layers": 100_000}),
        ("gpt2", {"n_layer": 100_000}),
        ("t5", {"num_layers": 100_000}),
        ("t5", {"num_decoder_layers": 10**7}),
        ("marian", {"encoder_layers": 100_000}),
        ("marian", {"max_position_embeddings": 1_000_000}),
        ("bert", {"num_hidden_layers": 10**12}),
    ],
    indirect=["folder"],
)
def test_what_could_never_be_built_is_refused_at_once(folder: Path, entries: dict[str, Any]) -> None:
    change(folder, **entries)
    start = time.process_time()
    with pytest.raises(DamagedFile) as caught:
        models.load(str(folder))
    assert "config" in str(caught.value.fields["path"]) or "model" in str(caught.value.fields["path"])
    assert time.process_time() - start < 30, "an end, not a speed"


def test_tables_that_are_made_and_not_read_are_counted(folder: Path) -> None:
    """GPT-Neo keeps a mask of all positions by all positions in every layer."""
    entries = {
        "model_type": "gpt_neo", "architectures": ["GPTNeoForCausalLM"], "hidden_size": 32, "num_layers": 2,
        "num_heads": 4, "vocab_size": 300, "attention_types": [[["global", "local"], 1]],
        "max_position_embeddings": 1_000_000,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(entries))
    with pytest.raises(NotEnoughMemory) as caught:
        models.load(str(folder))
    assert caught.value.fields["needed"] > 10**12


def test_a_vast_vocabulary_does_not_fit(folder: Path) -> None:
    change(folder, vocab_size=10**11)
    with pytest.raises(NotEnoughMemory):
        models.load(str(folder))


@pytest.mark.parametrize(
    "key",
    ["attn_implementation", "_attn_implementation", "_attn_implementation_internal", "experts_implementation"],
)
def test_a_kernel_that_a_config_names_never_reaches_transformers(
    folder: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import modeling_utils

    asked: list[Any] = []
    true = modeling_utils.PreTrainedModel._check_and_adjust_attn_implementation

    def noted(self: Any, attn_implementation: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(attn_implementation)
        return true(self, attn_implementation, *args, **kwargs)

    monkeypatch.setattr(modeling_utils.PreTrainedModel, "_check_and_adjust_attn_implementation", noted)
    change(folder, **{key: "someone/kernel"})
    loaded = models.load(str(folder))
    assert asked, "the test listens at the right place"
    assert not any("/" in str(name) for name in [*asked, loaded.config._attn_implementation])
    assert "someone/kernel" not in json.dumps(loaded.config.to_dict(), default=str)


def test_nothing_of_ours_is_left_in_a_nested_config() -> None:
    nested = {"attn_implementation": "a/b", "x": [{"_attn_implementation": "a/b", "y": 1}]}
    assert configs.freed({"text_config": nested, "use_kernels": True}) == {"text_config": {"x": [{"y": 1}]}}


def test_a_config_larger_than_any_is_not_read(folder: Path) -> None:
    change(folder, junk="x" * (1 << 24))
    with pytest.raises(DamagedFile):
        models.load(str(folder))


def test_a_header_that_lies_is_told(folder: Path) -> None:
    import struct

    path = folder / "model.safetensors"
    ends = (b'{"a": {"data_offsets": [0, 1e999]}}', b'{"a": {"data_offsets": [0, -9]}}', b'{"a": 1}')
    for header in (b"[" * 100_000, b"{}", b"[]", b"\xff", *ends):
        path.write_bytes(struct.pack("<Q", len(header)) + header)
        assert isinstance(loaded_or_told(folder), VisualizerError)
    path.write_bytes(struct.pack("<Q", 2**63) + b"{}")
    assert isinstance(loaded_or_told(folder), DamagedFile)


ODD_NAMES = ("a" * 300, "a/" * 2000, "\ud800", "x\x00y", "bundled:\x00", "bundled:../..", "a" * 255 + "/b", "猫" * 100)


@pytest.mark.parametrize("source", ODD_NAMES, ids=range(len(ODD_NAMES)))
def test_names_that_no_file_system_takes_are_told(source: str) -> None:
    with pytest.raises(VisualizerError):
        models.load(source)


@pytest.mark.parametrize("entries", [{"n_layer": 2000}, {"n_inner": 2_000_000}])
def test_a_config_that_asks_for_more_than_the_files_hold_is_refused_at_once(
    folder: Path, entries: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing would be made up first, in minutes, and then be refused."""
    monkeypatch.setattr(models.weights, "read", lambda *_: pytest.fail("the weights were read"))
    change(folder, **entries)
    with pytest.raises(DamagedFile) as caught:
        models.load(str(folder))
    assert "weights" in caught.value.fields["detail"] or "tensors" in caught.value.fields["detail"]


@pytest.mark.parametrize("wrong", ["1024", [1], {"a": 1}])
def test_a_tokenizer_that_fails_only_when_it_is_used_is_refused_when_it_is_read(folder: Path, wrong: Any) -> None:
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_max_length": wrong}))
    with pytest.raises(DamagedFile, match="tokenizer"):
        models.load(str(folder))
