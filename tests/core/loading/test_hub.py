"""Models of a hub: real downloads, from a server on this machine."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import huggingface_hub.constants as hub
import pytest

from tests.core.families import LLAMA
from tests.core.gguf_files import PIECES, write
from tests.core.hub_server import ADMITTED, UNKNOWN, serving, use
from tests.core.model_folders import build, save
from visualizer.core import models
from visualizer.core.errors import (
    Cancelled,
    NoNetwork,
    NotAModel,
    NotEnoughMemory,
    UnknownModel,
    UnsupportedArchitecture,
    UnusableToken,
)

Serve = Callable[..., AbstractContextManager[list[str]]]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = save("gpt2", tmp_path_factory.mktemp("hub") / "gpt2")
    (folder / "README.md").write_text("# not needed")
    (folder / "flax_model.msgpack").write_bytes(b"not needed")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(b"not needed")
    return folder


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Opens a hub for the block; before and after, nobody answers at its address."""
    use(monkeypatch, "http://127.0.0.1:9", tmp_path / "cache")

    @contextmanager
    def serve(repositories: dict[str, Path], gated: tuple[str, ...] = ()) -> Iterator[list[str]]:
        with serving(repositories, gated) as (address, asked):
            use(monkeypatch, address, tmp_path / "cache")
            yield asked

    return serve


def test_a_hub_model_is_fetched_once_and_then_needs_no_network(
    serve: Serve, repository: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    seen: list[tuple[float, str]] = []
    with serve({"someone/tiny": repository}) as asked:
        first = models.load("someone/tiny", progress=lambda fraction, stage: seen.append((fraction, stage)))
        assert (first.name, first.source, first.card.family) == ("someone/tiny", "someone/tiny", "gpt2")
        fetched = [path for path in asked if "/resolve/" in path]
        assert any(path.endswith("/model.safetensors") for path in fetched)
        assert not any(word in path for path in fetched for word in ("README", "flax", "onnx"))
        before = len(asked)
        assert models.load("someone/tiny").card == first.card
        assert asked[before:] == [], "the second time nothing is asked"
    downloads = [fraction for fraction, stage in seen if stage.startswith("download:")]
    assert downloads == sorted(downloads)
    assert (len(downloads) > 3, downloads[-1]) == (True, 1)
    assert models.load("someone/tiny").card == first.card, "the server is gone, the copy is not"
    monkeypatch.setattr(hub, "HF_HUB_OFFLINE", True)
    assert models.load("someone/tiny").card == first.card
    assert models.estimate_memory("someone/tiny") > 0
    assert capfd.readouterr() == ("", "")


def test_an_unknown_name_and_a_closed_door_are_told_apart(serve: Serve, repository: Path) -> None:
    with serve({"a/gated": repository}, gated=("a/gated",)):
        with pytest.raises(UnknownModel) as unknown:
            models.load("a/unknown")
        with pytest.raises(UnknownModel) as closed:
            models.load("a/gated")
        with pytest.raises(UnknownModel):
            models.load("an/invalid--..name")
    assert "login" not in unknown.value.fields["detail"]
    assert "login" in closed.value.fields["detail"]


def test_a_repository_without_a_model_is_refused(serve: Serve, tmp_path: Path) -> None:
    for name, files in {
        "bare": {"README.md": "nothing"},
        "adapter": {"adapter_config.json": "{}"},
        "gguf": {"tiny.gguf": "GGUF"},
        "flax": {"config.json": "{}", "flax_model.msgpack": ""},
    }.items():
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_text(content)
    with serve({f"a/{name}": tmp_path / name for name in ("bare", "adapter", "gguf", "flax")}):
        details = {}
        for name in ("bare", "adapter", "gguf", "flax"):
            with pytest.raises(NotAModel) as caught:
                models.load(f"a/{name}")
            details[name] = caught.value.fields["detail"]
    assert "config.json" in details["bare"]
    assert "adapter" in details["adapter"]
    assert "tiny.gguf" in details["gguf"]
    assert "PyTorch" in details["flax"]


def test_the_config_is_judged_before_the_weights_come(serve: Serve, repository: Path, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "config.json").write_text('{"model_type": "vit", "architectures": ["ViTModel"]}')
    (pictures / "model.safetensors").write_bytes(b"x" * 1000)
    huge = tmp_path / "huge"
    shutil.copytree(repository, huge)
    config = json.loads((huge / "config.json").read_text())
    (huge / "config.json").write_text(json.dumps({**config, "n_embd": 262_144, "n_layer": 40}))
    with serve({"a/pictures": pictures, "a/huge": huge}) as asked:
        with pytest.raises(UnsupportedArchitecture):
            models.load("a/pictures")
        with pytest.raises(NotEnoughMemory):
            models.load("a/huge")
        assert not any(path.endswith("model.safetensors") for path in asked)


def test_when_nobody_answers_there_is_no_network(serve: Serve, repository: Path) -> None:
    with serve({"someone/tiny": repository}):
        pass
    with pytest.raises(NoNetwork) as caught:
        models.load("someone/tiny")
    assert caught.value.exit_status == 1
    with pytest.raises(NoNetwork):
        models.estimate_memory("someone/tiny")


def test_a_download_stops_when_told_and_goes_on_the_next_time(serve: Serve, repository: Path) -> None:
    stages: list[str] = []
    with serve({"someone/tiny": repository}):
        with pytest.raises(Cancelled):
            models.load(
                "someone/tiny",
                progress=lambda _, stage: stages.append(stage),
                should_stop=lambda: any(stage.startswith("download:") for stage in stages),
            )
        assert "tokenizer" not in stages
        assert models.load("someone/tiny").card.family == "gpt2"


def test_a_revision_is_another_model(serve: Serve, repository: Path, tmp_path: Path) -> None:
    older = save("llama", tmp_path / "older")
    with serve({"someone/tiny": repository, "someone/tiny@v1.0": older}) as asked:
        newest = models.load("someone/tiny")
        named = models.load("someone/tiny@v1.0")
        assert (newest.card.family, named.card.family) == ("gpt2", "llama")
        assert named.name == named.source == "someone/tiny@v1.0"
        before = len(asked)
        again = models.load("someone/tiny", revision="v1.0")
        assert (again.card.family, again.source) == ("llama", "someone/tiny@v1.0")
        assert models.load("someone/tiny").card.family == "gpt2"
        assert asked[before:] == []
        with pytest.raises(UnknownModel) as caught:
            models.load("someone/tiny@v9")
        assert caught.value.fields["reason"] == "revision"
    assert models.estimate_memory("someone/tiny@v1.0") != models.estimate_memory("someone/tiny")


def test_a_gguf_file_is_taken_straight_from_the_hub(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "ggufs"
    (folder / "q").mkdir(parents=True)
    original = build("LlamaForCausalLM", {**LLAMA, "vocab_size": len(PIECES)})
    write(original, folder / "tiny.gguf")
    write(original, folder / "q" / "other.gguf")
    (folder / "README.md").write_text("a card")
    with serve({"someone/ggufs": folder}) as asked:
        first = models.load("someone/ggufs:tiny.gguf")
        assert (first.card.family, first.source) == ("llama", "someone/ggufs:tiny.gguf")
        assert [path for path in asked if "/resolve/" in path and not path.endswith("tiny.gguf")] == []
        assert models.load("someone/ggufs:q/other.gguf").card.parameters == first.card.parameters
        with pytest.raises(NotAModel) as caught:
            models.load("someone/ggufs:none.gguf")
        assert "tiny.gguf" in caught.value.fields["detail"]
        with pytest.raises(NotAModel) as caught:
            models.load("someone/ggufs")
        assert (caught.value.fields["reason"], caught.value.fields["example"]) == ("gguf", "someone/ggufs:q/other.gguf")
    assert models.load("someone/ggufs:tiny.gguf").card == first.card, "the server is gone, the file is not"
    assert models.estimate_memory("someone/ggufs:tiny.gguf") > first.card.memory


def test_an_adapter_of_the_hub_brings_its_base(serve: Serve, repository: Path, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    model = models.load(str(repository)).model
    config = peft.LoraConfig(target_modules=["c_attn"], init_lora_weights=False, fan_in_fan_out=True)
    tuned = peft.get_peft_model(model, config)
    tuned.save_pretrained(tmp_path / "adapter")
    path = tmp_path / "adapter" / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "base_model_name_or_path": "someone/tiny"}))
    with serve({"someone/tiny": repository, "someone/lora": tmp_path / "adapter"}) as asked:
        loaded = models.load("someone/lora")
        assert (loaded.has_adapter, loaded.with_adapter(False).source) == (True, "someone/tiny")
        before = len(asked)
        assert models.load("someone/lora").card == loaded.card
        assert asked[before:] == []


@pytest.mark.parametrize(
    "source", ["a/b:../c.gguf", "a/b:/etc/c.gguf", "a/b:c/../../d.gguf", "a/b@", "a:c.gguf", "a/b:c.bin", "a/b@v:"]
)
def test_names_that_the_hub_cannot_have_are_unknown(source: str) -> None:
    with pytest.raises(UnknownModel):
        models.load(source)


def test_a_token_is_sent_with_its_own_load_and_no_other(serve: Serve, repository: Path, tmp_path: Path) -> None:
    with serve({"someone/gated": repository, "someone/second": repository}, gated=("someone/gated",)) as asked:
        with pytest.raises(UnknownModel) as caught:
            models.load("someone/gated")
        assert (caught.value.reason, caught.value.page.rpartition("/someone")[2]) == ("gated", "/gated")
        assert not any(path.startswith("token ") for path in asked)
        with pytest.raises(UnknownModel) as caught:
            models.load("someone/gated", token=UNKNOWN)
        assert caught.value.reason == "token" and UNKNOWN not in f"{caught.value} {caught.value.__cause__}"
        before = len(asked)
        loaded = models.load("someone/gated", token=f" {ADMITTED}\n")
        assert loaded.card.family == "gpt2"
        assert asked[before:] and all(path.startswith(f"token {ADMITTED} ") for path in asked[before:])
        before = len(asked)
        models.load("someone/second")
        assert asked[before:] and not any(path.startswith("token ") for path in asked[before:])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files and not any(ADMITTED.encode() in path.read_bytes() for path in files)
    assert ADMITTED not in repr(loaded)


@pytest.mark.parametrize("token", ["hf_ab cd", "hf_ab\ncd", "hf_\u3042", "x" * 2000])
def test_what_no_token_can_be_is_refused_before_anybody_repeats_it(token: str) -> None:
    with pytest.raises(UnusableToken) as caught:
        models.load("someone/gated", token=token)
    assert token not in repr(caught.value) and caught.value.__cause__ is None


def test_a_gated_base_asks_for_a_token_and_not_for_another_base(
    serve: Serve, repository: Path, tmp_path: Path
) -> None:
    peft = pytest.importorskip("peft")
    config = peft.LoraConfig(target_modules=["c_attn"], init_lora_weights=False, fan_in_fan_out=True)
    peft.get_peft_model(models.load(str(repository)).model, config).save_pretrained(tmp_path / "adapter")
    path = tmp_path / "adapter" / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "base_model_name_or_path": "someone/gated"}))
    with serve({"someone/gated": repository}, gated=("someone/gated",)):
        with pytest.raises(UnknownModel) as caught:
            models.load(str(tmp_path / "adapter"))
        assert (caught.value.source, caught.value.reason) == ("someone/gated", "gated")
        assert models.load(str(tmp_path / "adapter"), token=ADMITTED).has_adapter


def test_a_token_and_an_address_are_taken_from_the_environment(repository: Path, tmp_path: Path) -> None:
    code = (
        "from visualizer.core import models; import sys\n"
        "print(models.load('someone/tiny').card.family)\n"
        "from huggingface_hub import constants; print(constants.HF_HUB_DISABLE_TELEMETRY)"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
    with serving({"someone/tiny": repository}) as (address, asked):
        settings = {"HF_ENDPOINT": address, "HF_TOKEN": "hf_secret", "HF_HOME": str(tmp_path), "NO_PROXY": "*"}
        command = [sys.executable, "-c", code]
        run = functools.partial(subprocess.run, command, capture_output=True, text=True, check=False)
        first = run(env={**kept, **settings, "HF_HUB_DISABLE_XET": "1"})
        assert first.stdout.split() == ["gpt2", "True"], first.stderr
        assert asked and all(path.startswith("token hf_secret ") for path in asked)
        assert list((tmp_path / "hub").glob("models--someone--tiny"))
        before = len(asked)
        offline = run(env={**kept, **settings, "HF_HUB_OFFLINE": "1"})
        assert offline.stdout.split() == ["gpt2", "True"], offline.stderr
        assert asked[before:] == []


def test_offline_nothing_is_asked(serve: Serve, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve({"someone/tiny": repository}) as asked:
        monkeypatch.setattr(hub, "HF_HUB_OFFLINE", True)
        with pytest.raises(NoNetwork):
            models.load("someone/tiny")
        assert asked == []
