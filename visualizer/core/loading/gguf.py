"""GGUF files: unpacked once, then kept as safetensors in the cache folder, because unpacking takes its time."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from visualizer.core.errors import DamagedFile, UnsupportedArchitecture, VisualizerError
from visualizer.core.names import DTYPES
from visualizer.core.system import leftovers

_PLAIN = ("F64", "F32", "F16", "BF16")
_FORMAT = 2  # of the copies; raised when what is kept changes
_ORIGIN = "origin.txt"  # in a copy: the file that it was made of
_LEFT_BEHIND = 86_400.0  # seconds after which nobody is writing a copy any more


def folder_of_copies() -> Path:
    """Where unpacked copies lie."""
    from platformdirs import user_cache_path

    return Path(user_cache_path("transformer-visualizer", appauthor=False)) / "gguf"


def copy_of(path: Path, dtype: str) -> Path:
    """Where the unpacked copy of a file lies, or would lie: another size, time or dtype is another copy."""
    stat = path.stat()
    content = f"{_FORMAT} {stat.st_size} {stat.st_mtime_ns} {dtype}"
    return folder_of_copies() / f"{_digest(str(path.resolve()))}-{_digest(content)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def is_kept(copy: Path) -> bool:
    """Whether a copy is there; it is put in place in one step, so that what is there is whole."""
    return (copy / "config.json").is_file()


def config_of(path: Path) -> Any:
    """The config that transformers makes of a GGUF file. Raises DamagedFile, UnsupportedArchitecture."""
    from transformers import AutoConfig

    return reading(path, lambda: AutoConfig.from_pretrained(path.parent, gguf_file=path.name, local_files_only=True))


def tokenizer_of(path: Path) -> Any:
    """The tokenizer inside a GGUF file. Raises DamagedFile, UnsupportedArchitecture."""
    from transformers import AutoTokenizer

    return reading(path, lambda: AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name, local_files_only=True))


def model_of(path: Path, model_class: Any, config: Any, dtype: Any) -> tuple[Any, list[str]]:
    """The unpacked model on the CPU, and the names of weights that the file has not."""
    from transformers import GgufConfig

    model, info = reading(
        path,
        lambda: model_class.from_pretrained(
            path.parent,
            gguf_file=path.name,
            config=config,
            dtype=dtype,
            quantization_config=GgufConfig(dequantize=True),
            output_loading_info=True,
            local_files_only=True,
        ),
    )
    # The weights are plain now; with this entry transformers would refuse to save them.
    for holder, name in ((model.config, "quantization_config"), (model, "hf_quantizer")):
        if hasattr(holder, name):
            delattr(holder, name)
    model.is_quantized = False
    model.eval().requires_grad_(False)
    return model, sorted(info["missing_keys"])


def keep(path: Path, copy: Path, model: Any, tokenizer: Any) -> bool:
    """Puts an unpacked copy in place, whole or not at all; False when the disk has no room for it or refuses it."""
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(copy.parent).free < 2 * size:
            return False
        scratch = leftovers.new_folder(".", copy.parent)
    except OSError:
        return False
    try:
        model.save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        (scratch / _ORIGIN).write_text(str(path.resolve()), encoding="utf-8", errors="surrogateescape")
        shutil.rmtree(copy, ignore_errors=True)  # one that turned out to be damaged
        scratch.replace(copy)
    except (OSError, ValueError, RuntimeError, NotImplementedError):
        return False
    finally:
        leftovers.remove(scratch)
    _forget_older(path, copy)
    forget_gone()
    return True


def quantization_of(path: Path) -> str:
    """How a file keeps its weights ("Q4_K_M"), "" where they are plain numbers of 16 or 32 bits.

    The tensors themselves decide; how the file calls the whole is its own header's word.
    """
    import gguf

    reader = reading(path, lambda: gguf.GGUFReader(path))
    counts: Counter[str] = Counter()
    for tensor in reader.tensors:
        counts[tensor.tensor_type.name] += int(tensor.n_elements)
    kinds = [kind for kind, _ in counts.most_common() if kind not in _PLAIN]
    if not kinds:
        return ""
    field = reader.get_field("general.file_type")
    try:
        named = gguf.LlamaFileType(int(field.contents())).name.removeprefix("MOSTLY_") if field is not None else ""
    except (ValueError, TypeError):
        named = ""
    return named if named.startswith(tuple("QITMN")) else kinds[0]


def forget(paths: Iterable[Path]) -> None:
    """Lets go of the copies of files that were deleted; paths: as they were, resolved."""
    for path in paths:
        for copy in folder_of_copies().glob(f"{_digest(str(path))}-*"):
            shutil.rmtree(copy, ignore_errors=True)


def _forget_older(path: Path, copy: Path) -> None:
    """Copies of a file that has since changed are of no use."""
    kept = {copy_of(path, dtype).name for dtype in DTYPES}
    for other in copy.parent.glob(f"{_digest(str(path.resolve()))}-*"):
        if other.name not in kept:
            shutil.rmtree(other, ignore_errors=True)


def forget_gone() -> None:
    """Copies of files that were deleted, and what an ended process left half-written, only take up room."""
    try:
        kept = list(folder_of_copies().iterdir())
    except OSError:
        return
    for other in kept:
        origin = other / _ORIGIN
        try:
            if other.name.startswith("."):
                gone = time.time() - other.stat().st_mtime > _LEFT_BEHIND
            else:
                path = Path(origin.read_text(encoding="utf-8", errors="surrogateescape"))
                # A drive that is not plugged in took its folder along: that file may come back.
                gone = path.parent.is_dir() and not path.exists()
        except (OSError, ValueError):
            continue
        if gone:
            shutil.rmtree(other, ignore_errors=True)


def reading(path: Path, work: Callable[[], Any]) -> Any:
    """Runs what reads a GGUF file, and says in our errors what went wrong with it."""
    try:
        return work()
    except VisualizerError:
        raise
    except (NotImplementedError, ImportError) as error:
        raise UnsupportedArchitecture(_architecture(path), str(error)[:300]) from error
    except Exception as error:
        if "not supported" in str(error) and "architecture" in str(error).lower():
            raise UnsupportedArchitecture(_architecture(path), str(error)[:300]) from error
        raise DamagedFile(str(path), f"{type(error).__name__}: {error}"[:300]) from error


def _architecture(path: Path) -> str:
    try:
        from gguf import GGUFReader

        field = GGUFReader(path).get_field("general.architecture")
        return str(field.contents()) if field is not None else path.stem
    except Exception:  # only to name it: the file may be damaged just here
        return path.stem
