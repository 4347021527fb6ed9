"""What the hub's library keeps on this machine is listed, and let go of one by one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.families import LLAMA
from tests.core.gguf_files import PIECES, write
from tests.core.hub_server import commit_of, serving, use
from tests.core.model_folders import build, save
from visualizer.core import models
from visualizer.core.errors import Cancelled, ModelInUse, UnknownModel, WriteFailed
from visualizer.core.loading import gguf, hub_cache
from visualizer.core.loading.hub_cache import CachedModel, cached_models, delete


@pytest.fixture(scope="module")
def gpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save("gpt2", tmp_path_factory.mktemp("hub") / "gpt2")


@pytest.fixture
def cache(gpt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The hub's folder with someone/tiny, its revision v1 (another model), and two GGUF files of someone/ggufs."""
    older, ggufs = save("llama", tmp_path / "older"), tmp_path / "ggufs"
    ggufs.mkdir()
    original = build("LlamaForCausalLM", {**LLAMA, "vocab_size": len(PIECES)})
    for name in ("a.gguf", "b.gguf"):
        write(original, ggufs / name)
    with (ggufs / "b.gguf").open("ab") as file:
        file.write(b"\0" * 32)  # other bytes: another blob
    repositories = {"someone/tiny": gpt, "someone/tiny@v1": older, "someone/ggufs": ggufs, "else/tiny": gpt}
    with serving(repositories) as (address, _):
        use(monkeypatch, address, tmp_path / "cache")
        for source in ("someone/tiny", "someone/tiny@v1", "someone/ggufs:a.gguf", "someone/ggufs:b.gguf", "else/tiny"):
            models.load(source)
        yield tmp_path / "cache"


def named(source: str) -> CachedModel:
    return next(model for model in cached_models() if model.source == source)


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file() and ".locks" not in path.parts}


def test_every_model_is_listed_with_its_size_and_loads_by_its_name(cache: Path, gpt: Path) -> None:
    found = {model.source: model for model in cached_models()}
    names = {"someone/tiny", "someone/tiny@v1", "someone/ggufs:a.gguf", "someone/ggufs:b.gguf", "else/tiny"}
    assert set(found) == names
    assert all(model.complete for model in found.values())
    snapshot = cache / "models--someone--tiny" / "snapshots" / found["someone/tiny"].commit
    assert found["someone/tiny"].size == sum(path.stat().st_size for path in snapshot.iterdir())
    assert found["someone/tiny"].size >= (gpt / "model.safetensors").stat().st_size
    assert found["someone/tiny@v1"].commit == commit_of("v1")
    for source in names:
        assert models.load(source).source == source


def test_one_revision_goes_and_the_other_stays(cache: Path) -> None:
    freed = delete(named("someone/tiny@v1"))
    assert freed > 10_000
    assert {"someone/tiny", "else/tiny"} <= {model.source for model in cached_models()}
    assert models.load("someone/tiny").card.family == "gpt2"
    with pytest.raises(StopIteration):
        named("someone/tiny@v1")


def test_the_last_revision_takes_the_models_folder_along_and_nothing_else(cache: Path) -> None:
    others = {path for path in files(cache) if "models--someone--tiny" not in path.parts}
    for model in [model for model in cached_models() if model.source.startswith("someone/tiny")]:
        delete(model)
    assert not (cache / "models--someone--tiny").exists()
    assert files(cache) == others, "a repository with commits of the same name stays"


def test_one_gguf_file_goes_with_its_unpacked_copy(cache: Path) -> None:
    copies = set(gguf.folder_of_copies().iterdir())
    assert len(copies) == 2
    delete(named("someone/ggufs:a.gguf"))
    assert {model.source for model in cached_models()} & {"someone/ggufs:a.gguf", "someone/ggufs:b.gguf"} == {
        "someone/ggufs:b.gguf"
    }
    assert len(set(gguf.folder_of_copies().iterdir())) == 1
    assert models.load("someone/ggufs:b.gguf").card.family == "llama"
    delete(named("someone/ggufs:b.gguf"))
    assert not (cache / "models--someone--ggufs").exists()
    assert set(gguf.folder_of_copies().iterdir()) == set()


@pytest.mark.parametrize("loaded", ["someone/tiny", "someone/tiny@v1", "a path"])
def test_a_loaded_model_stays(cache: Path, loaded: str) -> None:
    model = named("someone/tiny")
    if loaded == "a path":
        loaded = str(cache / "models--someone--tiny" / "snapshots" / model.commit)
    before = files(cache)
    with pytest.raises(ModelInUse):
        delete(model, in_use=("bundled:gpt-ja-en", "", loaded))
    assert files(cache) == before
    delete(model, in_use=("bundled:gpt-ja-en", "", "else/tiny", "someone/tiny-2", "/nowhere/at/all", "no such name!"))


def test_what_a_link_names_outside_the_folder_stays(cache: Path, tmp_path: Path) -> None:
    mine = tmp_path / "my-notes.json"
    mine.write_text("{}")
    model = named("someone/tiny@v1")
    link = cache / "models--someone--tiny" / "snapshots" / model.commit / "notes.json"
    link.symlink_to(mine)
    with pytest.raises(WriteFailed):
        delete(model)
    assert mine.read_text() == "{}" and link.parent.is_dir()
    link.unlink()
    shutil.move(cache / "models--else--tiny", tmp_path / "elsewhere")
    (cache / "models--else--tiny").symlink_to(tmp_path / "elsewhere")
    assert "else/tiny" not in {model.source for model in cached_models()}, "a link is not ours to delete"


def test_what_is_gone_meanwhile_is_said(cache: Path) -> None:
    model = named("else/tiny")
    shutil.rmtree(cache / "models--else--tiny")
    with pytest.raises(UnknownModel):
        delete(model)


def test_a_stopped_download_is_listed_last_goes_on_and_can_be_deleted(
    tmp_path: Path, gpt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "large"
    shutil.copytree(gpt, large)
    weights = large / "model.safetensors"
    with serving({"someone/large": large}) as (address, _):
        use(monkeypatch, address, tmp_path / "cache")
        monkeypatch.setattr(hub_cache.hub, "_PIECE", 1 << 12)

        def should_stop() -> bool:
            sizes = [path.stat().st_size for path in (tmp_path / "cache").rglob("*.incomplete")]
            return max(sizes, default=0) > 8192 and any((tmp_path / "cache").rglob("config.json"))

        with pytest.raises(Cancelled):
            models.load("someone/large", should_stop=should_stop)
        (part,) = cached_models()
        assert not part.complete and part.source == "someone/large"
        left = files(tmp_path / "cache")
        assert not any(path.name == "model.safetensors" for path in left), "no half file under a true name"
        assert models.load("someone/large").card.family == "gpt2"
        assert named("someone/large").complete
        assert named("someone/large").size >= weights.stat().st_size
        delete(named("someone/large"))
        assert not list((tmp_path / "cache").glob("models--*"))


def test_nothing_is_there_without_the_hubs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "none"))
    assert cached_models() == ()
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "models--odd name--x").mkdir()
    (tmp_path / "none" / "file").write_text("x")
    assert cached_models() == ()


def test_the_environment_says_whether_the_network_may_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (True, False):
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", value)
        assert hub_cache.is_offline() is value
