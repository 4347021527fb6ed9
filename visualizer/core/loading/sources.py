"""From what a person names (bundled:NAME, a hub id, a folder, a .gguf file) to a folder with a complete model."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from visualizer.core.errors import Cancelled, DamagedFile, MissingFile, NoNetwork, NotAModel, UnknownModel
from visualizer.core.loading.catalogue import bundled_names
from visualizer.core.system.json_file import parse_json, read_object
from visualizer.core.system.paths import assets
from visualizer.core.system.progress import Progress, ShouldStop

BUNDLED = "bundled:"
_FILE_NAME = re.compile(r"[^/\\\x00-\x1f:]*[^/\\\x00-\x1f:. ]")
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_HUB_ID = re.compile(r"[\w.-]{1,96}(?:/[\w.-]{1,96})?")
# What a model and its tokenizer are read from; weights are chosen apart.
_SMALL_FILES = re.compile(r"[^/]+\.(json|txt|model|spm|bpe|tiktoken|codes|vocab|jinja)")
_NOT_NEEDED = re.compile(r"(.*\.index\.json|(flax|tf|rust|onnx|openvino|coreml|trainer|all_results|eval).*)")


@dataclass(frozen=True)
class Place:
    """Where a model lies: a folder, or one GGUF file."""

    path: Path
    name: str
    is_gguf: bool = False


def find(source: str) -> Place | None:
    """The place of a source on this machine; None for a hub id.

    Raises UnknownModel for a bundled name or a path that does not exist, NotAModel for one that holds no model.
    """
    source = source.strip()
    if source.startswith(BUNDLED):
        name = source.removeprefix(BUNDLED)
        if name not in bundled_names():
            raise UnknownModel(source, known=[BUNDLED + n for n in bundled_names()])
        return Place(assets() / "models" / name, name)
    try:
        path = Path(source).expanduser()
        if source and path.is_dir():
            _check_folder(path)
            return Place(path.resolve(), path.resolve().name)
        if path.is_file():
            return _file(path)
    except (OSError, ValueError, RuntimeError) as error:  # a name that no file system takes
        raise UnknownModel(source, detail=str(error)) from error
    if not _HUB_ID.fullmatch(source) or source.startswith((".", "-")) or path.suffix.lower() == ".gguf":
        raise UnknownModel(source, known=[BUNDLED + n for n in bundled_names()])
    return None


def _file(path: Path) -> Place:
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == b"GGUF":
        return Place(path.resolve(), path.stem, is_gguf=True)
    if path.suffix.lower() == ".gguf":
        raise DamagedFile(str(path), "does not begin as a GGUF file")
    # Someone chose the config or the weights in a file dialog: the folder is meant.
    if path.name == "config.json" or path.suffix in (".safetensors", ".bin"):
        _check_folder(path.parent)
        return Place(path.parent.resolve(), path.parent.resolve().name)
    raise NotAModel(str(path), "neither a folder with a model nor a GGUF file")


def _check_folder(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        if (folder / "adapter_config.json").is_file():
            raise NotAModel(str(folder), "an adapter (LoRA): merge it with its base model first")
        raise NotAModel(str(folder), "no config.json")


def check_weights(folder: Path) -> None:
    """Sees that every weight file of a folder is there and whole, without reading the weights.

    Raises NotAModel (no weights), MissingFile (a part is missing), DamagedFile (cut short, or not what it says).
    """
    for path in weight_files(folder):
        if not path.is_file():
            raise MissingFile(str(path), "a part of the weights")
        if path.suffix == ".safetensors":
            read_safetensors_header(path)
        elif path.stat().st_size == 0:
            raise DamagedFile(str(path), "empty")


def weight_files(folder: Path) -> list[Path]:
    """The files that hold a folder's weights: safetensors if there are any, else pickles. Raises NotAModel."""
    for name in _WEIGHTS:
        if (folder / name).is_file():
            return [folder / name]
        index = folder / f"{name}.index.json"
        if index.is_file():
            return [folder / part for part in _parts(index)]
    raise NotAModel(str(folder), "no weights (model.safetensors or pytorch_model.bin)")


def _parts(index: Path) -> list[str]:
    """The names of the files that an index divides weights into. Raises DamagedFile."""
    table = read_object(index).get("weight_map")
    if not isinstance(table, dict) or not table:
        raise DamagedFile(str(index), "no weight_map")
    for part in table.values():
        # An index comes with the download: it may name its neighbours, and no other file of this machine.
        if not isinstance(part, str) or not _FILE_NAME.fullmatch(part) or len(part.encode()) > 255:
            raise DamagedFile(str(index), f"names {part!r:.80}, which is no file of its folder")
    return sorted(set(table.values()))


def read_safetensors_header(path: Path) -> dict[str, Any]:
    """The header of a safetensors file, checked against the file's size. Raises DamagedFile."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        if start.startswith(b"version "):
            raise DamagedFile(str(path), "a Git LFS pointer: the weights themselves were not downloaded")
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
        if length + 8 > size:
            raise DamagedFile(str(path), f"{size} bytes: cut short within its header")
        try:
            header = parse_json(file.read(length).decode("utf-8"))
            data = {name: entry for name, entry in header.items() if name != "__metadata__"}
            end = max((int(entry["data_offsets"][1]) for entry in data.values()), default=0)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedFile(str(path), f"unreadable header: {error}") from error
    if length + 8 + end != size:
        raise DamagedFile(str(path), f"{size} of {length + 8 + end} bytes")
    return data


# --- the hub ---------------------------------------------------------------------------------------


def cached(source: str) -> Path | None:
    """The folder of a hub model that is already on this machine, complete; None otherwise. Never uses the network."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(source, "config.json")
    except HFValidationError:
        return None
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    try:
        complete = all(path.is_file() for path in weight_files(folder))
    except (NotAModel, DamagedFile):
        return None
    return folder if complete and _has_tokenizer(folder) else None


def _has_tokenizer(folder: Path) -> bool:
    names = {path.name for path in folder.iterdir()}
    return any(re.match(r"tokenizer|vocab|spiece|sentencepiece|source\.spm", name) for name in names)


def fetch(source: str, check: Callable[[Path], None], progress: Progress, should_stop: ShouldStop) -> Path:
    """Downloads a hub model into the hub's own cache and gives its folder.

    check is called with the folder when only the config is there, and may raise before anything large is fetched.
    `should_stop` is asked at every piece that arrives; what is there already is kept for the next time. Raises
    UnknownModel, NoNetwork, NotAModel, Cancelled, and what `check` raises.
    """
    from huggingface_hub import HfApi, hf_hub_download

    with _hub_errors(source):
        info = HfApi().model_info(source, files_metadata=True)
    sizes = {str(f.rfilename): int(f.size or 0) for f in info.siblings or []}
    wanted = list(_wanted(source, sizes))
    total = max(1, sum(sizes[name] for name in wanted))
    done = 0
    folder: Path | None = None
    for name in wanted:
        if should_stop():
            raise Cancelled()

        def report(n: float, done: int = done) -> None:
            progress(min(1.0, (done + n) / total), "download")

        bar = _bar(report, should_stop)
        with _hub_errors(source):
            path = Path(hf_hub_download(source, name, tqdm_class=bar))
        if folder is None:
            folder = path.parent
            check(folder)
        done += sizes[name]
        progress(min(1.0, done / total), "download")
    assert folder is not None, "_wanted gives the config first"
    return folder


def _wanted(source: str, sizes: dict[str, int]) -> Iterator[str]:
    """The files to fetch, the config first and the weights last."""
    if "config.json" not in sizes:
        adapter = "an adapter (LoRA): load its base model" if "adapter_config.json" in sizes else "no config.json"
        gguf = [name for name in sizes if name.endswith(".gguf")]
        raise NotAModel(source, f"only GGUF files: download one of them ({gguf[0]})" if gguf else adapter)
    yield "config.json"
    for name in sizes:
        if name != "config.json" and _SMALL_FILES.fullmatch(name) and not _NOT_NEEDED.fullmatch(name):
            yield name
    for stem, parts in (
        ("model", r"model(-\d+-of-\d+)?\.safetensors"),
        ("pytorch_model", r"pytorch_model(-\d+-of-\d+)?\.bin"),
    ):
        suffix = "safetensors" if stem == "model" else "bin"
        single, index = f"{stem}.{suffix}", f"{stem}.{suffix}.index.json"
        if single in sizes:
            yield single
            return
        if index in sizes:
            yield index
            yield from (name for name in sizes if re.fullmatch(parts, name))
            return
    raise NotAModel(source, "no weights for PyTorch")


def _bar(report: Callable[[int], None], should_stop: ShouldStop) -> type:
    """A progress bar class that draws nothing, reports bytes and stops the download when told."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs["disable"] = True
            kwargs.pop("name", None)
            super().__init__(*args, **kwargs)
            self.received = int(kwargs.get("initial") or 0)

        def update(self, n: float | None = 1) -> bool | None:
            if should_stop():
                raise Cancelled()
            self.received += int(n or 0)
            report(self.received)
            return None

    return Bar


class _hub_errors:  # noqa: N801 - used as a context manager, like contextlib's
    """Turns the hub's errors into ours."""

    def __init__(self, source: str) -> None:
        self.source = source

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, Cancelled):
            return
        from huggingface_hub.errors import (
            EntryNotFoundError,
            GatedRepoError,
            HfHubHTTPError,
            HFValidationError,
            RepositoryNotFoundError,
        )

        known = [BUNDLED + name for name in bundled_names()]
        detail = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
        if isinstance(error, GatedRepoError):
            raise UnknownModel(self.source, known, "its owner asks for a login and consent on the hub") from error
        if isinstance(error, (RepositoryNotFoundError, HFValidationError)):
            raise UnknownModel(self.source, known, detail) from error
        if isinstance(error, EntryNotFoundError) and not isinstance(error, OSError):
            raise NotAModel(self.source, detail) from error
        if isinstance(error, (HfHubHTTPError, OSError)) or _is_network(error):
            raise NoNetwork(self.source, detail) from error


def _is_network(error: BaseException) -> bool:
    """Whether an error comes from the HTTP library (httpx, or its successor of another name)."""
    return any("http" in kind.__module__ for kind in type(error).__mro__)
