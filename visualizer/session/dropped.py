"""What a file, a folder or a text is that is dropped on the window. Only names and first bytes are looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from visualizer.session import document_file

MOST_BYTES = 4 << 20  # of a text: more is no sentence
_TEXTS = frozenset((".txt", ".text", ".md"))
_ENCODINGS = ("utf-8-sig", "cp932")  # what text files of Japanese are written in
_OF_A_MODEL = ("config.json", "adapter_config.json", "modules.json")


@dataclass(frozen=True)
class Dropped:
    """kind: "text", "text_file", "trace", "session", "model", or "unknown". left: how many others came.

    what: a text, or a path.
    """

    kind: str
    what: str
    left: int = 0

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return " ".join(self.what.split()) if self.kind == "text" else Path(self.what).name


def kind_of(path: Path) -> str:
    """What a path is, by its name and what lies in it."""
    suffix = path.suffix.lower()
    if path.is_dir():
        return "model" if any((path / name).is_file() for name in _OF_A_MODEL) else "unknown"
    if suffix == document_file.SUFFIX:
        return "session"
    if suffix in _TEXTS:
        return "text_file"
    return {".safetensors": "trace", ".gguf": "model"}.get(suffix, "unknown")


def of_paths(paths: Iterable[Path]) -> Dropped | None:
    """The first of them that can be used; the first of all as "unknown" where none can; None for no path."""
    found = list(paths)
    if not found:
        return None
    first = next(((kind, path) for path in found if (kind := kind_of(path)) != "unknown"), ("unknown", found[0]))
    return Dropped(first[0], str(first[1]), len(found) - 1)


def of_text(text: str) -> Dropped | None:
    """A text from another program; None where it is blank."""
    plain = " ".join(line for line in text.replace("\0", "").splitlines() if line.strip())
    return Dropped("text", plain) if plain.strip() else None


def read_text(path: Path) -> str | None:
    """The text of a file, its lines put together; None where it is none, too long, or cannot be read."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    for encoding in _ENCODINGS:
        try:
            found = of_text(data.decode(encoding)) if b"\0" not in data else None
        except UnicodeDecodeError:
            continue
        return None if found is None else found.what
    return None
