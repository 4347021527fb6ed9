"""From what a person names (bundled:NAME, a folder, a .gguf file) to a folder with a complete model."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from visualizer.core.errors import DamagedFile, MissingFile, NotAModel, UnknownModel
from visualizer.core.loading.catalogue import bundled_names
from visualizer.core.system.json_file import parse_json, read_json, read_object
from visualizer.core.system.paths import assets

BUNDLED = "bundled:"
MODULES = "modules.json"
ADAPTER_CONFIG = "adapter_config.json"
_CONFIGS = ("config.json", ADAPTER_CONFIG)
_FILE_NAME = re.compile(r"[^/\\\x00-\x1f:]*[^/\\\x00-\x1f:. ]")
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


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
            _check_kinds(path)
            return Place(_folder_of(path.resolve()), path.resolve().name)
        if path.is_file():
            return _file(path)
    except (OSError, ValueError, RuntimeError) as error:  # a name that no file system takes
        raise UnknownModel(source, detail=str(error)) from error
    return None


def _file(path: Path) -> Place:
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == b"GGUF":
        return Place(path.resolve(), path.stem, is_gguf=True)
    if path.suffix.lower() == ".gguf":
        raise DamagedFile(str(path), "does not begin as a GGUF file")
    # Someone chose the config or the weights in a file dialog: the folder is meant.
    if path.name in ("config.json", "modules.json", ADAPTER_CONFIG) or path.suffix in (".safetensors", ".bin"):
        folder = path.parent.resolve()
        _check_kinds(folder)
        return Place(_folder_of(folder), folder.name)
    raise NotAModel(str(path), "neither a folder with a model nor a GGUF file")


def _check_kinds(folder: Path) -> None:
    """Raises DamagedFile where a pipe or a device stands among the files: whoever opens one may wait for ever."""
    for path in sorted(folder.iterdir()):
        if path.exists() and not path.is_file() and not path.is_dir():
            raise DamagedFile(str(path), "no ordinary file")


def _folder_of(folder: Path) -> Path:
    """The folder that holds the Transformer: itself, or a part of it in a collection of sentence-transformers."""
    has_config = (folder / "config.json").is_file()
    if (folder / MODULES).is_file() and not (has_config and _names_a_model(folder)):
        return _first_module(folder)
    if has_config or (folder / ADAPTER_CONFIG).is_file():
        if has_config and not _names_a_model(folder) and (folder.parent / MODULES).is_file():
            parent = str(folder.parent)
            raise NotAModel(str(folder), f"a part of the model in {parent}", reason="part", example=parent)
        return folder
    gguf = sorted(folder.glob("*.gguf"))
    if gguf:
        raise _only_gguf(folder, gguf[0])
    inside = _models_inside(folder)
    if inside:
        raise NotAModel(str(folder), f"models in its folders, such as {inside}", reason="inside", example=str(inside))
    raise NotAModel(str(folder), "no config.json")


def _models_inside(folder: Path) -> Path | None:
    """The newest of the models in a folder's folders: checkpoints of a training, or what the hub's library keeps."""
    kept = folder / "snapshots"
    around = kept if kept.is_dir() else folder
    found = [path for path in around.iterdir() if any((path / name).is_file() for name in _CONFIGS)]
    return max(found, key=lambda path: (_number(path.name), path.name), default=None)


def _number(name: str) -> int:
    """The step in a name such as checkpoint-1500; -1 where there is none."""
    digits = re.search(r"(\d{1,18})$", name)
    return int(digits[1]) if digits else -1


def _only_gguf(folder: Path, example: Path) -> NotAModel:
    return NotAModel(str(folder), f"only GGUF files, such as {example}", reason="gguf", example=str(example))


def _names_a_model(folder: Path) -> bool:
    try:
        return "model_type" in read_object(folder / "config.json", endless=True)
    except DamagedFile:
        return True  # whoever reads it next says what is wrong


def _first_module(folder: Path) -> Path:
    """The Transformer that a sentence-transformers collection begins with. Raises NotAModel, DamagedFile."""
    modules = read_json(folder / MODULES)
    paths = [entry.get("path") for entry in modules if isinstance(entry, dict)] if isinstance(modules, list) else []
    for path in paths:
        if isinstance(path, str) and _FILE_NAME.fullmatch(path) and (folder / path / "config.json").is_file():
            return folder / path
    raise NotAModel(str(folder), f"{MODULES} names no folder with a Transformer")


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


def most_weights(folder: Path, layers: int = 0) -> int:
    """More weights than a folder's files can hold. Raises DamagedFile for more layers than there are tensors in them.

    What is asked for beyond that would be made up, in minutes for a config of some bytes, and then be refused.
    """
    files = weight_files(folder)
    if all(path.suffix == ".safetensors" for path in files):
        count = sum(len(read_safetensors_header(path)) for path in files)
        if layers > count:
            raise DamagedFile(str(folder / "config.json"), f"{layers} layers, and {count} tensors in the weight files")
    return most_in(sum(path.stat().st_size for path in files))


def most_in(size: int) -> int:
    """More weights than can lie in so many bytes: no format has less than half a bit for one."""
    return 16 * size


def weight_files(folder: Path) -> list[Path]:
    """The files that hold a folder's weights: safetensors if there are any, else pickles. Raises NotAModel."""
    for name in _WEIGHTS:
        if (folder / name).is_file():
            return [folder / name]
        index = folder / f"{name}.index.json"
        if index.is_file():
            return [folder / part for part in _parts(index)]
    gguf = sorted(folder.glob("*.gguf"))
    if gguf:
        raise _only_gguf(folder, gguf[0])
    raise NotAModel(str(folder), "no weights (model.safetensors or pytorch_model.bin)", reason="no_weights")


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
