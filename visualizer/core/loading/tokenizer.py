"""The tokenizer of a folder, and what is wrong with it when it cannot be read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from visualizer.core.errors import DamagedFile, MissingPackage, NeedsRemoteCode, NotAModel, first_line
from visualizer.core.loading.packages import pip_line
from visualizer.core.system.json_file import read_json

_OWN_FILES = ("tokenizer.json", "*.model", "*.spm", "vocab.json", "vocab.txt", "*.tiktoken")
_TIKTOKEN_LINE = re.compile(rb"[A-Za-z0-9+/=]+ \d+\s*")
# No vocabulary has a piece for it, and no normaliser changes it.
_UNHEARD_OF = "\U0010fffd"


def read(folder: Path, config: Any = None) -> Any:
    """The tokenizer of a folder; `config` tells its kind where its own files do not.

    Raises NotAModel (there is none), DamagedFile, MissingPackage, NeedsRemoteCode.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, config=config, local_files_only=True, trust_remote_code=False)
    except MemoryError:
        raise
    except Exception as error:  # every tokenizer reads its files in its own way
        raise _reason(folder, error) from error
    if len(tokenizer) <= len(tokenizer.all_special_ids):
        raise _empty(folder)
    tokenizer = _as_its_owner_says(tokenizer, folder)
    _try_out(tokenizer, folder)
    return tokenizer


def _try_out(tokenizer: Any, folder: Path) -> None:
    """Raises DamagedFile for a tokenizer whose files say what is found to be wrong only when it is used."""
    try:
        tokenizer.decode(tokenizer("a", verbose=False)["input_ids"])
    except MemoryError:
        raise
    except Exception as error:  # every setting is taken as it is, and used somewhere
        missing = pip_line(error)
        if missing:
            raise MissingPackage(str(folder), missing) from error
        raise DamagedFile(str(folder), f"tokenizer: {first_line(error)}") from error


def _empty(folder: Path) -> Exception:
    models = sorted(folder.glob("*.model"))
    if models and _is_tiktoken(models[0]):  # read as an empty SentencePiece model
        return MissingPackage(str(folder), "pip install tiktoken blobfile")
    if models:
        return DamagedFile(str(models[0]), "no SentencePiece model, or one without pieces")
    return NotAModel(str(folder), "no tokenizer: its vocabulary is empty")


def _reason(folder: Path, error: Exception) -> Exception:
    for path in sorted(folder.glob("*.json")):
        read_json(path, endless=True)
    if "trust_remote_code" in str(error):
        return NeedsRemoteCode(folder.name, "its tokenizer brings its own Python code")
    files = sorted(path for pattern in _OWN_FILES for path in folder.glob(pattern) if path.is_file())
    missing = pip_line(error)
    if missing and "tiktoken" in missing:
        # transformers takes every .model file that is no SentencePiece model for one of tiktoken.
        damaged = [path for path in files if path.suffix == ".model" and not _is_tiktoken(path)]
        if damaged:
            return DamagedFile(str(damaged[0]), "neither a SentencePiece model nor a tiktoken file")
    if missing:
        return MissingPackage(str(folder), missing)
    if files:
        return DamagedFile(str(folder), f"tokenizer: {first_line(error)}")
    return NotAModel(str(folder), f"no tokenizer: {first_line(error)}")


def _is_tiktoken(path: Path) -> bool:
    with path.open("rb") as file:
        return bool(_TIKTOKEN_LINE.fullmatch(file.readline(10_000)))


def _as_its_owner_says(tokenizer: Any, folder: Path) -> Any:
    """Mends what transformers takes for granted of a class of tokenizers and this tokenizer's files say otherwise.

    A SentencePiece model under a borrowed class (rinna's under T5's) has its unknown token in another row, and may know
    small letters only: unmended, an unknown character is read as the end of the text, and capitals are unknown.
    """
    backend = getattr(tokenizer, "_tokenizer", None)
    if backend is None or type(backend.model).__name__ != "Unigram" or (folder / "tokenizer.json").is_file():
        return tokenizer
    unknown = tokenizer.unk_token_id
    read_as = backend.model.tokenize(_UNHEARD_OF)
    if unknown is not None and len(read_as) == 1 and read_as[0].id != unknown:
        state = json.loads(backend.to_str())
        if unknown < len(state["model"]["vocab"]):
            state["model"]["unk_id"] = unknown
            tokenizer._tokenizer = backend = type(backend).from_str(json.dumps(state))
    settings = folder / "tokenizer_config.json"
    entries = read_json(settings, endless=True) if settings.is_file() else {}
    if isinstance(entries, dict) and entries.get("do_lower_case") is True and not _has_capitals(tokenizer):
        _lower(backend)
    return tokenizer


def _has_capitals(tokenizer: Any) -> bool:
    special = set(tokenizer.all_special_tokens)
    return any(piece not in special and any(c.isupper() for c in piece) for piece in tokenizer.get_vocab())


def _lower(backend: Any) -> None:
    from tokenizers import normalizers

    before = backend.normalizer
    if before is None:
        backend.normalizer = normalizers.Lowercase()
    elif "a" not in before.normalize_str("A"):
        backend.normalizer = normalizers.Sequence([normalizers.Lowercase(), before])
