"""Models of a hub: real downloads, from a server on this machine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import huggingface_hub.constants as hub
import pytest

from tests.core.hub_server import serving
from tests.core.model_folders import save
from visualizer.core import models
from visualizer.core.errors import (
    Cancelled,
    NoNetwork,
    NotAModel,
    NotEnoughMemory,
    UnknownModel,
    UnsupportedArchitecture,
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
    monkeypatch.setattr(hub, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(hub, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(hub, "HF_HUB_ETAG_TIMEOUT", 3)
    monkeypatch.setenv("NO_PROXY", "*")

    @contextmanager
    def serve(repositories: dict[str, Path], gated: tuple[str, ...] = ()) -> Iterator[list[str]]:
        with serving(repositories, gated) as (address, asked):
            monkeypatch.setattr(hub, "ENDPOINT", address)
            monkeypatch.setattr(
                hub, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}"
            )
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
    downloads = [fraction for fraction, stage in seen if stage == "download"]
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
                should_stop=lambda: "download" in stages,
            )
        assert "tokenizer" not in stages
        assert models.load("someone/tiny").card.family == "gpt2"
