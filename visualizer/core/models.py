"""Loading models: bundled ones, folders, GGUF files and the hub.

    model = load("bundled:gpt-ja-en")
    model.card.parameters, model.kind, model.task

Nothing that a checkpoint brings along is executed: no remote code, pickles only with `weights_only=True`.
"""

from __future__ import annotations

import pickle
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from transformers import CONFIG_MAPPING, AutoConfig, PreTrainedModel

from visualizer.core import text
from visualizer.core.anatomy import body, facts, nature
from visualizer.core.errors import (
    Cancelled,
    DamagedFile,
    MissingPackage,
    NeedsRemoteCode,
    NoNetwork,
    NotAModel,
    NotEnoughMemory,
    UnknownChoice,
    UnknownDevice,
    UnsupportedArchitecture,
    VisualizerError,
    first_line,
)
from visualizer.core.forward import recording
from visualizer.core.loaded_model import LoadedModel, ModelCard, Task
from visualizer.core.loading import gguf as gguf_copy
from visualizer.core.loading import model_class, sources
from visualizer.core.loading import tokenizer as tokenizer_files
from visualizer.core.loading.catalogue import CatalogueEntry, catalogue
from visualizer.core.loading.chatter import silenced, watched
from visualizer.core.loading.model_class import Candidate
from visualizer.core.loading.packages import pip_line
from visualizer.core.loading.sources import Place
from visualizer.core.names import DTYPES
from visualizer.core.system import memory
from visualizer.core.system.json_file import read_object
from visualizer.core.system.progress import Progress, ShouldStop, never, unheard

__all__ = [
    "DTYPES",
    "CatalogueEntry",
    "LoadedModel",
    "ModelCard",
    "catalogue",
    "devices",
    "estimate_memory",
    "load",
    "wrap",
]

# transformers' progress hook is one for the whole process, so models are loaded one at a time.
_loading = threading.Lock()


def devices() -> tuple[str, ...]:
    """The devices of this machine, best for a small model first to last as torch names them; "cpu" is always there."""
    found = ["cpu", *(f"cuda:{n}" for n in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        found.append("mps")
    return tuple(found)


def load(
    source: str,
    device: str = "cpu",
    dtype: str = "float32",
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> LoadedModel:
    """Loads a model with its tokenizer: "bundled:NAME", a hub id, a folder, or a .gguf file.

    progress is called with (fraction 0..1, stage), stage one of "config", "download", "tokenizer", "weights", "check".
    should_stop is asked between stages, at every piece of a download and at every weight that is put in its place;
    reading a tokenizer and unpacking one tensor of a GGUF file are not interrupted.

    Raises UnknownModel, NoNetwork, NotAModel, DamagedFile, MissingFile, UnsupportedArchitecture, NeedsRemoteCode,
    MissingPackage, NotEnoughMemory, UnknownDevice, UnknownChoice (dtype), Cancelled.
    """
    job = _Job(source.strip(), _device(device), _dtype(dtype), progress or unheard, should_stop or never)
    with _loading, silenced():
        return job.run()


def wrap(model: PreTrainedModel, tokenizer: Any, source: str = "memory", name: str | None = None) -> LoadedModel:
    """Makes a LoadedModel of a model that is in memory already. Raises UnsupportedArchitecture when it cannot run."""
    with silenced():
        return _wrapped(model, tokenizer, source, name or source, nature.task_of(model))


def estimate_memory(source: Any, dtype: str = "float32") -> int:
    """Bytes that loading a model takes, from its config alone; source: what `load` takes, or a config.

    Raises what `load` raises; a hub model must be on this machine already, or NoNetwork is raised.
    """
    _dtype(dtype)
    with silenced():
        if not isinstance(source, str):
            return memory.of_weights(model_class.candidates(source)[0].model_class, source, dtype)
        place = sources.find(source)
        if place is None:
            folder = sources.cached(source)
            if folder is None:
                raise NoNetwork(source, "not on this machine yet")
            place = Place(folder, source)
        config = gguf_copy.config_of(place.path) if place.is_gguf else _config(place.path)
        _drop_gguf_entry(config)
        return memory.of_weights(model_class.candidates(config)[0].model_class, config, dtype)


def _device(device: str) -> str:
    known = devices()
    name = "cuda:0" if device == "cuda" else device
    if name not in known:
        raise UnknownDevice(device, known)
    return name


def _dtype(dtype: str) -> str:
    if dtype not in DTYPES:
        raise UnknownChoice("dtype", dtype, DTYPES)
    return dtype


@dataclass
class _Job:
    """One loading, step by step."""

    source: str
    device: str
    dtype: str
    progress: Progress
    should_stop: ShouldStop

    def run(self) -> LoadedModel:
        self._step(0.0, "config")
        place = sources.find(self.source)
        if place is None:
            place = Place(self._from_hub(), self.source)
        if place.is_gguf:
            return self._from_gguf(place)
        return self._from_folder(place)

    def _step(self, fraction: float, stage: str) -> None:
        if self.should_stop():
            raise Cancelled()
        self.progress(fraction, stage)

    def _from_hub(self) -> Path:
        # What is on this machine is taken as it is: no network is needed, and none is asked.
        folder = sources.cached(self.source)
        return folder or sources.fetch(self.source, self._check_config, self.progress, self.should_stop)

    def _check_config(self, folder: Path) -> None:
        self._check_memory(model_class.candidates(_config(folder))[0], _config(folder))

    def _from_folder(self, place: Place) -> LoadedModel:
        config = _config(place.path)
        classes = model_class.candidates(config)
        sources.check_weights(place.path)
        self._check_memory(classes[0], config)
        self._step(0.05, "tokenizer")
        tokenizer = tokenizer_files.read(place.path, config)
        self._step(0.15, "weights")
        model, task = self._weights(place.path, config, classes)
        self._step(0.95, "check")
        return _wrapped(model, tokenizer, self.source, place.name, task)

    def _check_memory(self, candidate: Candidate, config: Any) -> None:
        needed = memory.of_weights(candidate.model_class, config, self.dtype)
        free = memory.available(self.device)
        if needed > free:
            raise NotEnoughMemory(needed, free)

    def _on_weight(self, share: float) -> None:
        self._step(0.15 + 0.8 * share, "weights")

    def _weights(self, folder: Path, config: Any, classes: list[Candidate]) -> tuple[Any, Task]:
        """The first class that finds all its weights: none may be left as random numbers."""
        missing: list[str] = []
        for candidate in classes:
            model, missing = self._read(folder, config, candidate.model_class)
            if not missing:
                return model, candidate.task
            del model
            if candidate.certain:
                break
        where = str(sources.weight_files(folder)[0])
        raise DamagedFile(where, f"{len(missing)} weights are missing, {missing[0]} among them")

    def _read(self, folder: Path, config: Any, model_class: Any) -> tuple[Any, list[str]]:
        try:
            with watched(self._on_weight):
                model, info = model_class.from_pretrained(
                    folder,
                    config=config,
                    dtype=getattr(torch, self.dtype),
                    device_map=None if self.device == "cpu" else {"": self.device},
                    output_loading_info=True,
                    local_files_only=True,
                    weights_only=True,
                    trust_remote_code=False,
                )
        except (VisualizerError, MemoryError):
            raise
        except torch.OutOfMemoryError as error:
            needed = memory.of_weights(model_class, config, self.dtype)
            raise NotEnoughMemory(needed, memory.available(self.device)) from error
        except ImportError as error:
            raise MissingPackage(self.source, pip_line(error) or first_line(error)) from error
        except (OSError, ValueError, RuntimeError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
            raise DamagedFile(str(sources.weight_files(folder)[0]), first_line(error)) from error
        except Exception as error:
            if type(error).__module__.startswith("safetensors"):
                raise DamagedFile(str(sources.weight_files(folder)[0]), first_line(error)) from error
            raise
        # A pooler without weights changes nothing that is shown: neither attention nor hidden states nor predictions.
        return model, sorted(name for name in info["missing_keys"] if ".pooler." not in f".{name}")

    def _from_gguf(self, place: Place) -> LoadedModel:
        copy = gguf_copy.copy_of(place.path, self.dtype)
        if gguf_copy.is_kept(copy):
            try:
                return self._from_folder(Place(copy, place.name))
            except DamagedFile:
                pass  # the copy, not the file itself: it is made anew
        config = gguf_copy.config_of(place.path)
        _drop_gguf_entry(config)
        candidate = model_class.candidates(config)[0]
        self._check_memory(candidate, config)
        self._step(0.05, "tokenizer")
        tokenizer = gguf_copy.tokenizer_of(place.path)
        self._step(0.15, "weights")
        with watched(self._on_weight):
            dtype = getattr(torch, self.dtype)
            model, missing = gguf_copy.model_of(place.path, candidate.model_class, config, dtype)
        if missing:
            raise DamagedFile(str(place.path), f"{len(missing)} weights are missing, {missing[0]} among them")
        self._step(0.9, "weights")
        gguf_copy.keep(place.path, copy, model, tokenizer)
        self._step(0.95, "check")
        model.to(self.device)
        return _wrapped(model, tokenizer, self.source, place.name, candidate.task)


def _drop_gguf_entry(config: Any) -> None:
    if hasattr(config, "quantization_config"):
        del config.quantization_config


def _config(folder: Path) -> Any:
    path = folder / "config.json"
    entries = read_object(path, endless=True)
    named = entries.get("architectures") or [entries.get("model_type") or folder.name]
    model_type = entries.get("model_type")
    if model_type not in CONFIG_MAPPING:
        if "auto_map" in entries:
            raise NeedsRemoteCode(str(named[0]), "brings its own Python code")
        if model_type is None:
            raise NotAModel(str(folder), "config.json names no model_type")
        raise UnsupportedArchitecture(str(named[0]), f"transformers does not know {model_type!r}")
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # every config class checks in its own way
        raise DamagedFile(str(path), first_line(error)) from error


def _wrapped(model: PreTrainedModel, tokenizer: Any, source: str, name: str, task: Task) -> LoadedModel:
    model.eval().requires_grad_(False)
    found = nature.examine(model, task)
    card = nature.describe(model, found, source, name, str(model.dtype).removeprefix("torch."))
    accepts_pair = found.kind == "encoder" and _divides_pairs(tokenizer)
    loaded = LoadedModel(
        source=source,
        name=name,
        model=model,
        tokenizer=tokenizer,
        kind=found.kind,
        task=found.task,
        accepts_pair=accepts_pair,
        has_pair_head=found.pair_head and accepts_pair,
        registry=recording.prepare(model),
        card=card,
    )
    if found.task == "none":
        return loaded
    part = facts.or_refused(model, lambda: body.find(loaded))
    loaded = replace(loaded, body=part)
    return loaded if body.answers(loaded) else replace(loaded, body=replace(part, answers=False))


def _divides_pairs(tokenizer: Any) -> bool:
    """Whether the tokenizer puts something between two sentences."""
    encoding = text.encode(tokenizer, "a", "b")
    second = [n for n, token in enumerate(encoding.tokens) if token.sequence == 1 and not token.special]
    first = [n for n, token in enumerate(encoding.tokens) if token.sequence == 0 and not token.special]
    return bool(first and second) and any(t.special for t in encoding.tokens[first[-1] : second[0]])
