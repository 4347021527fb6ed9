"""The hub's models that are kept on this machine: which they are, how large, and letting go of one.

The folder belongs to the hub's own library, and other programs keep their models there, too. So it is that library
which lists and deletes, one revision of one model at a time, and nothing outside the model's own folder.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from visualizer.core.errors import ModelInUse, UnknownModel, WriteFailed
from visualizer.core.loading import adapters, gguf, hub, hub_name
from visualizer.core.loading.hub_name import HubName


@dataclass(frozen=True, slots=True)
class CachedModel:
    """One model, or one GGUF file of it. source: what `models.load` takes. size: bytes on disk; used: seconds, of when.

    commit: the revision that it is. complete: whether it loads without the network; else a download was stopped.
    """

    source: str
    size: int
    used: float
    commit: str
    complete: bool = True


def cached_models() -> tuple[CachedModel, ...]:
    """What can be loaded without the network, used last first, then what is there in part. Never uses the network."""
    found = [model for repository in _repositories(_scan()) for model in _models(repository)]
    return tuple(sorted(found, key=lambda model: (not model.complete, -model.used, model.source)))


def is_offline() -> bool:
    """Whether the hub's library is told to ask the network for nothing (HF_HUB_OFFLINE)."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def delete(model: CachedModel, in_use: Iterable[str] = ()) -> int:
    """Deletes what is kept of one model and gives the bytes that this frees; what was unpacked of it goes, too.

    in_use: sources of models that are loaded: theirs stays. Raises ModelInUse, UnknownModel (it is not there any more),
    WriteFailed (something of it lies elsewhere, or cannot be deleted).
    """
    name = hub_name.parse(model.source)
    scan = _scan()
    for repository in _repositories(scan):
        revision = next((r for r in repository.revisions if r.commit_hash == model.commit), None)
        if repository.repo_id == name.repository and revision is not None:
            break
    else:
        raise UnknownModel(model.source, detail="not on this machine any more")
    folder = Path(repository.repo_path)
    if any(_is_of(source, name, folder) for source in in_use):
        raise ModelInUse(model.source)
    strategy = _strategy(replace(scan, repos=frozenset({repository})), revision, name)
    _check_inside(strategy, folder)
    unpacked = [Path(f.file_path).resolve() for f in revision.files if str(f.file_name).endswith(".gguf")]
    freed = int(strategy.expected_freed_size) + (_incomplete(folder) if strategy.repos else 0)
    strategy.execute()
    if left := [path for path in _paths(strategy) if path.exists()]:
        raise WriteFailed(str(left[0]), "it could not be deleted")
    gguf.forget(path for path in unpacked if not path.exists())
    return freed


# --- what is there -------------------------------------------------------------------------------


def _scan() -> Any:
    """What the hub's library says of its folder; None where there is no such folder."""
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        return scan_cache_dir(constants.HF_HUB_CACHE)
    except (CacheNotFound, OSError, ValueError):
        return None


def _repositories(scan: Any) -> list[Any]:
    found = scan.repos if scan is not None else ()
    return [one for one in found if one.repo_type == "model" and not Path(one.repo_path).is_symlink()]


def _models(repository: Any) -> list[CachedModel]:
    found = []
    for revision in repository.revisions:
        names = {str(Path(f.file_path).relative_to(revision.snapshot_path).as_posix()): f for f in revision.files}
        name = HubName(repository.repo_id, _said(revision))
        about = (repository.last_accessed, revision.commit_hash)
        for file in sorted(file for file in names if file.endswith(".gguf")):
            found.append(CachedModel(str(replace(name, file=file)), names[file].size_on_disk, *about))
        if "config.json" in names or adapters.CONFIG in names:
            is_complete = hub.cached(name) is not None
            size = revision.size_on_disk + (0 if is_complete else _incomplete(Path(repository.repo_path)))
            found.append(CachedModel(str(name), size, *about, is_complete))
    return [one for one in found if _is_name(one.source)]


def _said(revision: Any) -> str | None:
    """How a person names a revision: not at all where it is the newest one known here."""
    if "main" in revision.refs:
        return None
    return min(revision.refs, key=len, default=str(revision.commit_hash))


def _is_name(source: str) -> bool:
    try:
        hub_name.parse(source)
    except UnknownModel:  # a folder that somebody named otherwise
        return False
    return True


def _incomplete(folder: Path) -> int:
    """Bytes of downloads that were stopped and can go on."""
    return sum(path.stat().st_size for path in (folder / "blobs").glob("*.incomplete"))


# --- deleting ------------------------------------------------------------------------------------


def _is_of(source: str, name: HubName, folder: Path) -> bool:
    """Whether a model was loaded from this repository, by its name or by a path into its folder."""
    if not source:
        return False
    try:
        path = Path(source).expanduser()
        if path.exists():
            return folder.resolve() in (path.resolve(), *path.resolve().parents, *path.absolute().parents)
        return hub_name.parse(source).repository == name.repository
    except (UnknownModel, OSError, ValueError, RuntimeError):
        return False


def _strategy(scan: Any, revision: Any, name: HubName) -> Any:
    """What the library would delete. scan: of one repository: a copy of it may have commits of the same name."""
    others = [f for f in revision.files if str(f.file_name).endswith(".gguf")]
    if name.file is not None and len(others) > 1 and hasattr(scan, "delete_files"):
        wanted = Path(revision.snapshot_path) / name.file
        return scan.delete_files(*(f for f in revision.files if Path(f.file_path) == wanted))
    return scan.delete_revisions(revision.commit_hash)


def _paths(strategy: Any) -> list[Path]:
    names = ("blobs", "refs", "repos", "snapshots", "files")
    return [Path(path) for name in names for path in getattr(strategy, name, ())]


def _check_inside(strategy: Any, folder: Path) -> None:
    """Raises WriteFailed for anything that does not lie in the folder itself, whatever links say."""
    home = folder.resolve()
    for path in _paths(strategy):
        if path != folder and home not in path.parent.resolve().joinpath(path.name).parents:
            raise WriteFailed(str(path), f"it lies outside {folder}")
