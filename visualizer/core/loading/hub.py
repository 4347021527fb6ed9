"""The model hub: what is kept of it on this machine, and what is fetched."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from visualizer.core.errors import (
    Cancelled,
    DamagedFile,
    NoNetwork,
    NotAModel,
    UnknownModel,
    UnusableToken,
    VisualizerError,
    first_line,
)
from visualizer.core.loading import adapters
from visualizer.core.loading.catalogue import bundled_names
from visualizer.core.loading.hub_name import HubName, parse
from visualizer.core.loading.sources import BUNDLED, Place, weight_files
from visualizer.core.system.progress import Progress, ShouldStop, download

# What a model and its tokenizer are read from; weights are chosen apart.
_SMALL_FILES = re.compile(r"[^/]+\.(json|txt|model|spm|bpe|tiktoken|codes|vocab|jinja)")
_PIECE = 1 << 18  # bytes that are read at once
_TELL = 0.1  # seconds between two reports of how far a download is
_TOKEN = re.compile(r"[!-~]{1,1000}")
_NOT_NEEDED = re.compile(r"(.*\.index\.json|(flax|tf|rust|onnx|openvino|coreml|trainer|all_results|eval).*)")


def cached(name: HubName) -> Place | None:
    """The place of a hub model that is already on this machine, complete; None otherwise. Never uses the network."""
    if name.file is not None:
        path = _kept(name, name.file)
        return None if path is None else Place(path, str(name), is_gguf=True)
    config = _kept(name, "config.json")
    if config is not None:
        folder = config.parent
        try:
            complete = all(path.is_file() for path in weight_files(folder))
        except (NotAModel, DamagedFile):
            complete = False
        if complete and _has_tokenizer(folder):
            return Place(folder, str(name))
    adapter = _kept(name, adapters.CONFIG)
    if adapter is not None and any((adapter.parent / file).is_file() for file in adapters.WEIGHTS):
        return Place(adapter.parent, str(name))
    return None


def _kept(name: HubName, file: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        path = try_to_load_from_cache(name.repository, file, revision=name.revision)
    except (HFValidationError, ValueError):
        return None
    return Path(path) if isinstance(path, str) else None


def _has_tokenizer(folder: Path) -> bool:
    names = {path.name for path in folder.iterdir()}
    return any(re.match(r"tokenizer|vocab|spiece|sentencepiece|source\.spm", name) for name in names)


def checked_token(token: str | None) -> str | None:
    """A token that can be sent, None for none. Raises UnusableToken, which does not hold it."""
    token = (token or "").strip()
    if token and not _TOKEN.fullmatch(token):
        raise UnusableToken()  # whoever sent it would repeat it in an error of its own
    return token or None


def fetch(
    name: HubName,
    check: Callable[[Path], None],
    progress: Progress,
    should_stop: ShouldStop,
    token: str | None = None,
) -> Place:
    """Downloads a hub model into the hub's own cache and gives its place; token: None for the hub's own settings.

    check is called with the folder when only the config is there, and may raise before anything large is fetched.
    `should_stop` is asked at every piece that arrives; what is there already is kept for the next time. Raises
    UnknownModel, NoNetwork, NotAModel, Cancelled, and what `check` raises.
    """
    from huggingface_hub import HfApi, hf_hub_download

    with _hub_errors(str(name)):
        info = HfApi(token=token).model_info(name.repository, revision=name.revision, files_metadata=True)
    sizes = {str(f.rfilename): int(f.size or 0) for f in info.siblings or []}
    wanted = list(_wanted(name, sizes))
    total = max(1, sum(sizes[file] for file in wanted))
    done = 0

    told = 0.0

    def tell(received: float, at_once: bool = False) -> None:
        nonlocal told
        now = time.monotonic()
        if at_once or now - told >= _TELL:  # a fast line brings thousands of pieces a second
            told = now
            received = min(total, int(received))
            progress(received / total, download(received, total))

    first: Path | None = None
    for file in wanted:
        if should_stop():
            raise Cancelled()

        bar = _bar(partial(_add, tell, done), should_stop)
        with _hub_errors(str(name)), _small_pieces():
            path = Path(hf_hub_download(name.repository, file, revision=name.revision, tqdm_class=bar, token=token))
        if first is None:
            first = path
            if path.name == "config.json":
                check(path.parent)
        done += sizes[file]
        tell(done, at_once=True)
    assert first is not None, "_wanted gives at least one file"
    return Place(first, str(name), is_gguf=True) if name.file else Place(first.parent, str(name))


@contextmanager
def _small_pieces() -> Iterator[None]:
    """For the block the hub's library reads a quarter of a megabyte at a time: ten take long to hear of a stop."""
    from huggingface_hub import constants

    before, constants.DOWNLOAD_CHUNK_SIZE = constants.DOWNLOAD_CHUNK_SIZE, _PIECE
    try:
        yield
    finally:
        constants.DOWNLOAD_CHUNK_SIZE = before


def _add(tell: Callable[[float], None], before: int, received: float) -> None:
    tell(before + received)


def _wanted(name: HubName, sizes: dict[str, int]) -> Iterator[str]:
    """The files to fetch, the config first and the weights last."""
    gguf = sorted(file for file in sizes if file.endswith(".gguf"))
    if name.file is not None:
        if name.file not in sizes:
            raise NotAModel(str(name), f"no such file; there are: {', '.join(gguf[:20]) or 'no GGUF files'}")
        yield name.file
        return
    is_adapter = adapters.CONFIG in sizes
    has_weights = any(_weights(sizes)) and "config.json" in sizes
    if not has_weights and is_adapter:
        yield adapters.CONFIG
        yield from _small(sizes, {adapters.CONFIG})
        for file in adapters.WEIGHTS:
            if file in sizes:
                yield file
                return
        raise NotAModel(str(name), "an adapter without weights")
    if "config.json" not in sizes:
        if gguf:
            example = replace(name, file=gguf[0])
            raise NotAModel(str(name), f"only GGUF files, such as {example}", reason="gguf", example=str(example))
        raise NotAModel(str(name), "no config.json")
    yield "config.json"
    yield from _small(sizes, {"config.json"})
    files = list(_weights(sizes))
    if not files:
        raise NotAModel(str(name), "no weights for PyTorch", reason="no_weights")
    yield from files
    yield from (file for file in adapters.WEIGHTS if is_adapter and file in sizes)


def _small(sizes: dict[str, int], done: set[str]) -> Iterator[str]:
    for file in sizes:
        if file not in done and _SMALL_FILES.fullmatch(file) and not _NOT_NEEDED.fullmatch(file):
            yield file


def _weights(sizes: dict[str, int]) -> Iterator[str]:
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
            yield from (file for file in sizes if re.fullmatch(parts, file))
            return


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
        if error is None or isinstance(error, VisualizerError):
            return
        from huggingface_hub.errors import (
            EntryNotFoundError,
            GatedRepoError,
            HfHubHTTPError,
            HFValidationError,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )

        known = [BUNDLED + name for name in bundled_names()]
        detail = first_line(error)
        if isinstance(error, GatedRepoError):
            asks = "its owner asks for a login and consent on the hub"
            raise UnknownModel(self.source, known, asks, "gated", _page(self.source)) from error
        if isinstance(error, HfHubHTTPError) and _status(error) == 401 and not _is_missing(error):
            raise UnknownModel(self.source, known, detail, "token", _page(self.source)) from error
        if isinstance(error, RevisionNotFoundError):
            raise UnknownModel(self.source, known, detail, reason="revision") from error
        if isinstance(error, (RepositoryNotFoundError, HFValidationError)):
            raise UnknownModel(self.source, known, detail) from error
        if isinstance(error, EntryNotFoundError) and not isinstance(error, OSError):
            raise NotAModel(self.source, detail) from error
        if isinstance(error, (HfHubHTTPError, OSError)) or _is_network(error):
            raise NoNetwork(self.source, detail) from error


def _is_missing(error: BaseException) -> bool:
    """Whether the hub says that there is no such thing, which it says with 401, too."""
    from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

    return isinstance(error, (RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError))


def _status(error: BaseException) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _page(source: str) -> str:
    """The address of a model's page, where its terms are accepted."""
    from huggingface_hub import constants

    return f"{constants.ENDPOINT}/{parse(source).repository}"


def _is_network(error: BaseException) -> bool:
    """Whether an error comes from the HTTP library (httpx, or its successor of another name)."""
    return any("http" in kind.__module__ for kind in type(error).__mro__)
