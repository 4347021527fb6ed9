"""The config of a model folder: read within bounds, freed of what is none of its business, and checked for size."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from transformers import CONFIG_MAPPING

from visualizer.core.errors import (
    DamagedFile,
    NeedsRemoteCode,
    NotAModel,
    UnsupportedArchitecture,
    VisualizerError,
    first_line,
)
from visualizer.core.system.json_file import read_object

_MOST_BYTES = 1 << 24
_DEEPEST = 32
# How attention and experts are computed is this program's choice: a config could name a kernel of the hub, which
# transformers fetches and runs where the package for it is installed. So is the form in which a pass is handed out.
_OURS = frozenset({
    "attn_implementation", "_attn_implementation", "_attn_implementation_internal", "_attn_implementation_autoset",
    "experts_implementation", "_experts_implementation", "_experts_implementation_internal", "use_kernels",
    "kernel_config", "torch_compile", "compile_config", "return_dict", "torchscript", "output_attentions",
    "output_hidden_states",
})  # fmt: skip
# transformers writes {"__float__": "Infinity"}, which other readers of JSON can read, and expects the number back.
_ENDLESS = ("Infinity", "-Infinity")
# More layers than any model has by far; a config that asks for more keeps the machine busy and gives nothing.
_MOST_LAYERS = 2048
_LAYERS = ("num_hidden_layers", "encoder_layers", "decoder_layers", "num_decoder_layers", "num_layers", "n_layers")


def read(folder: Path) -> Any:
    """The config of a folder as transformers' own class.

    Raises DamagedFile, NeedsRemoteCode, NotAModel, UnsupportedArchitecture.
    """
    path = folder / "config.json"
    entries = freed(read_object(path, _MOST_BYTES, endless=True))
    architectures = entries.get("architectures")
    if architectures is not None and not _are_words(architectures):
        raise DamagedFile(str(path), "architectures is no list of names")
    model_type = entries.get("model_type")
    if model_type is not None and not isinstance(model_type, str):
        raise DamagedFile(str(path), "model_type is no name")
    name = str((architectures or [model_type or folder.name])[0])
    if model_type not in CONFIG_MAPPING:
        if "auto_map" in entries:
            raise NeedsRemoteCode(name, "brings its own Python code")
        if model_type is None:
            raise NotAModel(str(folder), "config.json names no model_type")
        raise UnsupportedArchitecture(name, f"transformers does not know {model_type!r}")
    for key in (key for key in _LAYERS if _is_beyond(entries.get(key))):
        raise DamagedFile(str(path), f"{key} is {str(entries[key])[:40]}, and at most {_MOST_LAYERS} are possible")
    if model_type == "mistral" and "layer_types" in entries:
        model_type = entries["model_type"] = "ministral"  # as transformers' AutoConfig has it
    try:
        config = CONFIG_MAPPING[model_type].from_dict(copy.deepcopy(entries))
    except MemoryError:
        raise
    except Exception as error:  # every config class checks in its own way
        raise DamagedFile(str(path), first_line(error)) from error
    config.name_or_path = str(folder)
    check_layers(config, str(path))
    return config


def freed(entries: Any, depth: int = 0) -> Any:
    """The same content without what is not a config's to say, however deep it stands; infinity as a number."""
    if depth > _DEEPEST:
        raise DamagedFile("config.json", "nested too deeply")
    if isinstance(entries, dict):
        if entries.keys() == {"__float__"} and entries["__float__"] in _ENDLESS:
            return float(entries["__float__"])
        return {key: freed(value, depth + 1) for key, value in entries.items() if key not in _OURS}
    if isinstance(entries, list):
        return [freed(value, depth + 1) for value in entries]
    return entries


def check_layers(config: Any, path: str) -> None:
    """Raises DamagedFile for more layers than could be built in any time."""
    for part in (config, *_parts(config)):
        for key in _LAYERS:
            try:
                count = getattr(part, key, None)
            except Exception:  # a number for each layer: there are few
                continue
            if _is_beyond(count):
                raise DamagedFile(path, f"{key} is {str(count)[:40]}, and at most {_MOST_LAYERS} are possible")


def layers(config: Any) -> int:
    """The most layers that a config names of one kind; 0 where it names none."""
    counts = [getattr(config, key, None) for key in _LAYERS]
    return max((int(count) for count in counts if isinstance(count, int | float)), default=0)


def _parts(config: Any) -> list[Any]:
    return [part for name in getattr(config, "sub_configs", None) or {} if (part := getattr(config, name, None))]


def _is_beyond(count: Any) -> bool:
    return isinstance(count, int | float) and count > _MOST_LAYERS


def _are_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def built(path: Path, build: Any) -> Any:
    """What `build` makes of a config; whatever it raises says that the config makes no model, DamagedFile."""
    try:
        return build()
    except (VisualizerError, MemoryError):
        raise
    except ImportError as error:
        from visualizer.core.errors import MissingPackage
        from visualizer.core.loading.packages import pip_line

        raise MissingPackage(str(path), pip_line(error) or first_line(error)) from error
    except Exception as error:  # every architecture checks in its own way
        raise DamagedFile(str(path), first_line(error)) from error
