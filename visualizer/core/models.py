"""Loading models: bundled ones, folders, GGUF files and the hub.

    model = load("bundled:gpt-ja-en")
    model.card.parameters, model.kind, model.task

Nothing that a checkpoint brings along is executed: no remote code, pickles only with `weights_only=True`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from visualizer.core import text
from visualizer.core.anatomy import body, facts, mixers, nature, trust
from visualizer.core.errors import (
    Cancelled,
    DamagedFile,
    NeedsBase,
    NoNetwork,
    NotAModel,
    NotEnoughMemory,
    UnknownChoice,
    UnknownDevice,
    UnknownModel,
    WeightsDoNotFit,
)
from visualizer.core.loaded_model import LoadedModel, ModelCard, Task, with_base
from visualizer.core.loading import adapters, hub, hub_name, model_class, sources, weights
from visualizer.core.loading import config as configs
from visualizer.core.loading import gguf as gguf_copy
from visualizer.core.loading import tokenizer as tokenizer_files
from visualizer.core.loading.adapters import Adapter
from visualizer.core.loading.catalogue import CatalogueEntry, catalogue
from visualizer.core.loading.chatter import silenced, watched
from visualizer.core.loading.model_class import Candidate
from visualizer.core.loading.sources import Place
from visualizer.core.names import DTYPES
from visualizer.core.system import memory
from visualizer.core.system.progress import Progress, ShouldStop, never, unheard

__all__ = [
    "AUTO",
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

AUTO = "auto"
_LONGEST_NAME = 200

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
    revision: str | None = None,
    base: str | None = None,
    token: str | None = None,
) -> LoadedModel:
    """Loads a model with its tokenizer: "bundled:NAME", a hub id, a folder, or a .gguf file.

    A hub id may name a revision (branch, tag, commit) or a GGUF file: "owner/name@revision", "owner/name:file.gguf";
    `revision` says the same; what lies on this machine has none. device and dtype may be "auto": a device that has the
    memory, float32 where it fits, else bfloat16. base: the model under an adapter (LoRA), where it is another one than
    the adapter's config names. token: of the hub, for what its owner gives only to those whom they admit; used for this
    load and not kept.
    progress is called with (fraction 0..1, stage), stage one of "config", "download:DONE/TOTAL" (in bytes),
    "tokenizer", "weights", "check".
    should_stop is asked between stages, at every piece of a download and at every weight that is put in its place;
    reading a tokenizer and unpacking one tensor of a GGUF file are not interrupted.

    Raises UnknownModel, NoNetwork, NotAModel, NeedsBase, DamagedFile, WeightsDoNotFit, MissingFile,
    UnsupportedArchitecture, NeedsRemoteCode, MissingPackage, NotEnoughMemory, UnknownDevice, UnknownChoice (dtype),
    UnusableToken, Cancelled.
    """
    report, stop = progress or unheard, should_stop or never
    job = _Job(source.strip(), _device(device), _dtype(dtype), report, stop, revision, base)
    job.token = hub.checked_token(token)
    with _loading, silenced():
        return job.run()


def wrap(model: PreTrainedModel, tokenizer: Any, source: str = "memory", name: str | None = None) -> LoadedModel:
    """Makes a LoadedModel of a transformers model that is in memory already, and of its tokenizer.

    The model itself is used, not a copy: it is put into evaluation mode, and `model.train()` goes on with training.
    What traces compute later (probabilities, step by step) is computed with the weights of that moment, so after a
    step of training wrap and run again. Raises UnsupportedArchitecture when it cannot run.
    """
    with silenced():
        return _wrapped(model.eval(), tokenizer, source, name or source, nature.task_of(model))


def estimate_memory(source: Any, dtype: str = "float32") -> int:
    """Bytes that loading a model takes, from its config alone; source: what `load` takes, or a config.

    Raises what `load` raises; a hub model must be on this machine already, or NoNetwork is raised.
    """
    _dtype(dtype)
    with silenced():
        if not isinstance(source, str):
            return _needed(source, model_class.candidates(source)[0], dtype, "the config")[0]
        place = sources.find(source)
        if place is None:
            place = hub.cached(hub_name.parse(source))
            if place is None:
                raise NoNetwork(source, "not on this machine yet")
        adapter = None if place.is_gguf else adapters.find(place.path)
        if adapter is not None and not _is_whole(place.path):
            return estimate_memory(_base_of(adapter, None), dtype)
        config = gguf_copy.config_of(place.path) if place.is_gguf else model_class.text_part(configs.read(place.path))
        if place.is_gguf:
            _drop_gguf_entry(config)
        return _needed(config, model_class.candidates(config)[0], dtype, str(place.path))[0]


def _needed(config: Any, candidate: Candidate, dtype: str, path: str) -> tuple[int, int]:
    """Bytes, and how many weights."""
    configs.check_layers(config, path)
    found: tuple[int, int] = configs.built(Path(path), lambda: memory.measured(candidate.model_class, config, dtype))
    return found


def _is_whole(folder: Path) -> bool:
    """Whether a folder holds a model, and not only an adapter for one."""
    try:
        return (folder / "config.json").is_file() and bool(sources.weight_files(folder))
    except NotAModel:
        return False


def _base_of(adapter: Adapter, wished: str | None) -> str:
    """What an adapter's base model is loaded by. Raises NeedsBase where nothing names it."""
    base = wished or adapter.base
    if not base:
        raise NeedsBase(str(adapter.folder))
    beside = adapter.folder / base
    # A path beside the adapter is meant as one; whatever is on this machine comes before a name of the hub.
    try:
        if not wished and beside.is_dir():
            return str(beside.resolve())
        if not wished and Path(base).is_absolute() and not Path(base).exists():
            raise NeedsBase(str(adapter.folder), base)
    except (OSError, ValueError) as error:  # a name that no file system takes
        raise NeedsBase(str(adapter.folder), base[:_LONGEST_NAME]) from error
    return base


def _device(device: str) -> str:
    known = devices()
    if device == AUTO:
        return device
    name = "cuda:0" if device == "cuda" else device
    if name not in known:
        raise UnknownDevice(device, known)
    return name


def _dtype(dtype: str) -> str:
    if dtype not in (*DTYPES, AUTO):
        raise UnknownChoice("dtype", dtype, DTYPES)
    return dtype


@dataclass
class _Job:
    """One loading, step by step; device and dtype may be "auto" until the config is known."""

    source: str
    device: str
    dtype: str
    progress: Progress
    should_stop: ShouldStop
    revision: str | None = None
    base: str | None = None
    is_base: bool = False
    token: str | None = field(default=None, repr=False)

    def run(self) -> LoadedModel:
        self._step(0.0, "config")
        place = sources.find(self.source)
        if place is not None and self.revision:
            raise UnknownModel(f"{self.source}@{self.revision}", reason="revision")
        if place is None:
            name = hub_name.parse(self.source, self.revision)
            # What is on this machine is taken as it is: no network is needed, and none is asked.
            place = hub.cached(name) or hub.fetch(name, self._check_config, self.progress, self.should_stop, self.token)
        if place.is_gguf:
            return self._from_gguf(place)
        adapter = adapters.find(place.path)
        if adapter is None:
            return self._from_folder(place)
        return self._with_adapter(place, adapter)

    def _step(self, fraction: float, stage: str) -> None:
        if self.should_stop():
            raise Cancelled()
        self.progress(fraction, stage)

    def _check_config(self, folder: Path) -> None:
        config = model_class.text_part(configs.read(folder))
        self._settle(config, model_class.candidates(config)[0], folder)

    def _from_folder(self, place: Place) -> LoadedModel:
        whole = configs.read(place.path)
        config = model_class.text_part(whole)
        classes = configs.built(place.path / "config.json", lambda: model_class.candidates(config))
        sources.check_weights(place.path)
        weights.share_head(config, whole, place.path)
        self._settle(config, classes[0], place.path, sources.most_weights(place.path, configs.layers(config)))
        self._step(0.05, "tokenizer")
        tokenizer = tokenizer_files.read(place.path, whole)
        self._step(0.15, "weights")
        how = model_class.quantization(config)
        model, candidate = weights.read(place.path, config, classes, self.device, self.dtype, self._on_weight)
        self._step(0.95, "check")
        notices = [f"unpacked:{how}"] if how else []
        notices += ["text_part"] if config is not whole else []
        return _wrapped(model, tokenizer, self._said, place.name, candidate.task, tuple(notices))

    @property
    def _said(self) -> str:
        """What this model can be loaded by again."""
        return f"{self.source}@{self.revision}" if self.revision and sources.find(self.source) is None else self.source

    def _with_adapter(self, place: Place, adapter: Adapter) -> LoadedModel:
        if self.is_base:
            raise NeedsBase(str(place.path), detail="it is an adapter itself")
        adapters.check_peft(place.path)
        if self.base is None and _is_whole(place.path):
            base = self._from_folder(place)
        else:
            source = _base_of(adapter, self.base)
            try:
                base = replace(self, source=source, revision=None, base=None, is_base=True).run()
            except (UnknownModel, NoNetwork, NotAModel) as error:
                if error.fields.get("reason") == "gated":
                    raise
                raise NeedsBase(str(place.path), source, str(error.fields.get("detail") or "")) from error
        model = adapters.adapted(base.model, adapter, base.source)
        self._step(0.97, "check")
        tokenizer = tokenizer_files.read(place.path, base.config) if _has_tokenizer(place.path) else base.tokenizer
        loaded = _wrapped(model, tokenizer, self._said, place.name, base.task, base.notices)
        return with_base(loaded, base)

    def _settle(self, config: Any, candidate: Candidate, path: Path, most: int | None = None) -> None:
        """Chooses what was left to the program, by memory. most: weights that the files can hold, where they are there.

        Raises NotEnoughMemory, DamagedFile.
        """
        wished = devices()[::-1] if self.device == AUTO else (self.device,)
        dtypes = ("float32", "bfloat16") if self.dtype == AUTO else (self.dtype,)
        found = {dtype: _needed(config, candidate, dtype, str(path)) for dtype in dtypes}
        needed = {dtype: size for dtype, (size, _) in found.items()}
        free = {device: memory.available(device) for device in wished}
        for dtype in dtypes:
            for device in wished:
                if needed[dtype] <= free[device]:
                    self.device, self.dtype = device, dtype
                    if most is not None and found[dtype][1] > most:
                        asked = f"the config asks for {found[dtype][1]} weights"
                        raise DamagedFile(str(path), f"{asked}, and the files hold at most {most}")
                    return
        raise NotEnoughMemory(min(needed.values()), max(free.values()))

    def _on_weight(self, share: float) -> None:
        self._step(0.15 + 0.8 * share, "weights")

    def _from_gguf(self, place: Place) -> LoadedModel:
        config = gguf_copy.config_of(place.path)
        _drop_gguf_entry(config)
        candidate = model_class.candidates(config)[0]
        self._settle(config, candidate, place.path, sources.most_in(place.path.stat().st_size))
        how = gguf_copy.quantization_of(place.path)
        notices = (f"unpacked:GGUF {how}",) if how else ()
        copy = gguf_copy.copy_of(place.path, self.dtype)
        if gguf_copy.is_kept(copy):
            try:
                kept = self._from_folder(Place(copy, place.name))
                return replace(kept, notices=(*notices, *kept.notices))
            except DamagedFile:
                pass  # the copy, not the file itself: it is made anew
        self._step(0.05, "tokenizer")
        tokenizer = gguf_copy.tokenizer_of(place.path)
        self._step(0.15, "weights")
        with watched(self._on_weight):
            dtype = getattr(torch, self.dtype)
            model, missing = gguf_copy.model_of(place.path, candidate.model_class, config, dtype)
        if missing:
            raise WeightsDoNotFit(str(place.path), missing=missing)
        self._step(0.9, "weights")
        gguf_copy.keep(place.path, copy, model, tokenizer)
        self._step(0.95, "check")
        model.to(self.device)
        return _wrapped(model, tokenizer, self._said, place.name, candidate.task, notices)


def _has_tokenizer(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer_config.json"))


def _drop_gguf_entry(config: Any) -> None:
    if hasattr(config, "quantization_config"):
        del config.quantization_config


def _wrapped(
    model: PreTrainedModel, tokenizer: Any, source: str, name: str, task: Task, notices: tuple[str, ...] = ()
) -> LoadedModel:
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
        registry=trust.prepare(model),
        card=card,
        notices=(*notices, *(["slow_dtype"] if (card.device, card.dtype) == ("cpu", "float16") else [])),
    )
    part = None if found.task == "none" else facts.or_refused(model, lambda: body.find(loaded))
    loaded = replace(loaded, body=part)
    short = body.try_out(loaded)
    if part is not None and short is not None and not body.answers(loaded, short):
        loaded = replace(loaded, body=replace(part, answers=False))
    return replace(loaded, card=replace(card, layer_types=mixers.of(loaded, short)))


def _divides_pairs(tokenizer: Any) -> bool:
    """Whether the tokenizer puts something between two sentences."""
    encoding = text.encode(tokenizer, "a", "b")
    second = [n for n, token in enumerate(encoding.tokens) if token.sequence == 1 and not token.special]
    first = [n for n, token in enumerate(encoding.tokens) if token.sequence == 0 and not token.special]
    return bool(first and second) and any(t.special for t in encoding.tokens[first[-1] : second[0]])
