"""Every way in which loading can fail has its own error, and says what is wrong."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.core.model_folders import save
from visualizer.core import models
from visualizer.core.errors import (
    DamagedFile,
    MissingFile,
    MissingPackage,
    NeedsBase,
    NeedsRemoteCode,
    NoNetwork,
    NotAModel,
    UnknownModel,
    UnsupportedArchitecture,
    VisualizerError,
    WeightsDoNotFit,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save("gpt2", tmp_path_factory.mktemp("whole") / "gpt2")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "model"))


def change_config(folder: Path, **entries: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def refused(kind: type[VisualizerError], source: object) -> Any:
    with pytest.raises(VisualizerError) as caught:
        models.load(str(source))
    assert type(caught.value) is kind, f"{caught.value!r}"
    return caught.value


@pytest.mark.parametrize(
    "source",
    ["bundled:no-such", "/no/such/folder", "./nothing", "~nobody/x", "a/b/c", "", "no such name", "x.gguf", "\x00"],
)
def test_a_name_that_means_nothing_is_unknown(source: str) -> None:
    assert refused(UnknownModel, source).exit_status == 2


@pytest.mark.parametrize("source", ["no-such-owner/no-such-model", "gpt2"])
def test_without_a_network_a_hub_model_that_is_not_here_cannot_be_had(source: str) -> None:
    error = refused(NoNetwork, source)
    assert (error.exit_status, error.fields["source"]) == (1, source)


def test_a_folder_without_config_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    assert refused(NotAModel, tmp_path).exit_status == 2
    refused(NotAModel, tmp_path / "notes.txt")


def test_an_adapter_alone_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    assert "adapter" in refused(UnsupportedArchitecture, tmp_path).fields["architecture"]
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA"}')
    assert refused(NeedsBase, tmp_path).fields["adapter"] == str(tmp_path)


def test_a_folder_without_weights_is_no_model(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    assert "weights" in refused(NotAModel, folder).fields["detail"]


def test_a_folder_without_tokenizer_is_no_model(folder: Path) -> None:
    for path in folder.glob("*token*"):
        path.unlink()
    assert "tokenizer" in refused(NotAModel, folder).fields["detail"]


@pytest.mark.parametrize("keep", [0, 5, 100, -1, -10_000])
def test_weights_that_are_cut_short_are_damaged(folder: Path, keep: int) -> None:
    path = folder / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:keep])
    error = refused(DamagedFile, folder)
    assert (error.exit_status, error.fields["path"]) == (1, str(path))


def test_weights_of_another_size_than_they_say_are_damaged(folder: Path) -> None:
    with (folder / "model.safetensors").open("ab") as file:
        file.write(b"more")
    refused(DamagedFile, folder)


def test_a_pointer_in_place_of_weights_is_named(folder: Path) -> None:
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert "LFS" in refused(DamagedFile, folder).fields["detail"]


def test_weights_of_another_shape_are_damaged(folder: Path) -> None:
    change_config(folder, n_embd=64)
    assert refused(WeightsDoNotFit, folder).fields["other_shape"][0].startswith("transformer.")


def test_missing_weights_are_never_random_numbers(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    weights = load_file(path)
    del weights["transformer.h.1.mlp.c_fc.weight"]
    save_file(weights, path, {"format": "pt"})
    error = refused(WeightsDoNotFit, folder)
    assert error.fields["missing"] == ("transformer.h.1.mlp.c_fc.weight",)


def test_a_missing_part_of_divided_weights_is_named(folder: Path) -> None:
    index = {"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert refused(MissingFile, folder).fields["path"].endswith("model-00001-of-00002.safetensors")


@pytest.mark.parametrize(
    "part",
    ["../../etc/passwd", "/etc/passwd", "a/b.bin", "..", ".", "", "a\\b", "c:x", "a\x00", "猫" * 100, 3, None, []],
)
def test_an_index_may_name_only_files_of_its_folder(folder: Path, part: Any) -> None:
    (folder / "model.safetensors").unlink()
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": {"a": part}}))
    assert refused(DamagedFile, folder).fields["path"] == str(index)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
@pytest.mark.parametrize("content", ["", "{", "[1, 2", "\x00\x01"])
def test_json_that_cannot_be_read_is_damaged(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)
    assert Path(refused(DamagedFile, folder).fields["path"]) == folder / name


@pytest.mark.parametrize("content", ["[]", "3", "null"])
def test_a_config_that_is_no_object_is_damaged(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content)
    refused(DamagedFile, folder)


def test_a_config_with_impossible_values_is_damaged(folder: Path) -> None:
    change_config(folder, n_layer="many")
    refused(DamagedFile, folder)


def test_a_config_without_model_type_is_no_model(folder: Path) -> None:
    (folder / "config.json").write_text('{"_class_name": "UNet2DConditionModel"}')
    refused(NotAModel, folder)


@pytest.mark.parametrize(
    ("model_type", "architecture"),
    [
        ("no_such_type", "NoSuchForCausalLM"),
        ("vit", "ViTForImageClassification"),
        ("whisper", "WhisperForConditionalGeneration"),
        ("wav2vec2", "Wav2Vec2ForCTC"),
        ("mamba", "MambaForCausalLM"),
        ("rwkv", "RwkvForCausalLM"),
        ("clip", "CLIPModel"),
        ("fnet", "FNetForMaskedLM"),
    ],
)
def test_what_is_no_transformer_over_text_is_refused(folder: Path, model_type: str, architecture: str) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": model_type, "architectures": [architecture]}))
    error = refused(UnsupportedArchitecture, folder)
    assert (error.exit_status, error.fields["architecture"]) == (2, architecture)


def test_quantized_weights_that_cannot_be_unpacked_are_refused(folder: Path) -> None:
    change_config(folder, quantization_config={"quant_method": "aqlm", "bits": 2})
    assert "aqlm" in refused(UnsupportedArchitecture, folder).fields["detail"]
    change_config(folder, quantization_config={"quant_method": "gptq", "bits": 4})
    assert "packed" in refused(DamagedFile, folder).fields["detail"], "the config says so, and no weight is"


def test_code_of_a_model_is_never_run(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    (folder / "modeling_own.py").write_text(
        f"open({str(mark)!r}, 'w').close()\nclass Own: pass\nclass OwnConfig: pass\n"
    )
    auto_map = {"AutoConfig": "modeling_own.OwnConfig", "AutoModelForCausalLM": "modeling_own.Own"}
    change_config(folder, model_type="own", architectures=["Own"], auto_map=auto_map)
    refused(NeedsRemoteCode, folder)
    assert not mark.exists()
    change_config(folder, model_type="gpt2", architectures=["GPT2LMHeadModel"], auto_map=auto_map)
    assert models.load(str(folder)).card.architecture == "GPT2LMHeadModel"
    assert not mark.exists()


def test_code_of_a_tokenizer_is_never_run(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    (folder / "own.py").write_text(f"open({str(mark)!r}, 'w').close()\nclass Own: pass\n")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "Own", "auto_map": {"AutoTokenizer": ["own.Own", None]}})
    )
    (folder / "tokenizer.json").unlink()
    with pytest.raises(VisualizerError):
        models.load(str(folder))
    assert not mark.exists()


def test_a_pickle_that_would_run_code_is_refused(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "executed"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, (f"touch {mark}",)

    (folder / "model.safetensors").unlink()
    torch.save({"transformer.wte.weight": Evil()}, folder / "pytorch_model.bin")
    refused(DamagedFile, folder)
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Evil()))
    refused(DamagedFile, folder)
    (folder / "pytorch_model.bin").write_bytes(b"no pickle at all")
    refused(DamagedFile, folder)
    assert not mark.exists()


def test_a_missing_package_is_named(folder: Path) -> None:
    pytest.importorskip("transformers")
    for path in folder.glob("*token*"):
        path.unlink()
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n本\n")
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "BertJapaneseTokenizer",
                "word_tokenizer_type": "sudachi",
                "subword_tokenizer_type": "wordpiece",
            }
        )
    )
    try:
        import sudachipy  # noqa: F401
    except ImportError:
        assert "sudachi" in refused(MissingPackage, folder).fields["detail"].lower()
    else:
        pytest.skip("the package is installed here")
