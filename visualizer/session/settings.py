"""What is remembered between two starts: one small JSON file, written whole or not at all."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs

from visualizer.core.errors import VisualizerError
from visualizer.core.interventions import HOWS
from visualizer.core.names import DTYPES
from visualizer.core.system.files import replacing
from visualizer.session import texts

APPLICATION = "transformer-visualizer"


@dataclass
class Settings:
    """Choices of the person; every field has a default that suits a first start.

    language: "ja", "en" or "system"; theme: "light", "dark" or "system".
    base: the model under an adapter that `model` names.
    view, second_view: ids of the views shown, second_view "" when there is one only.
    last_views: by group of views, the id of the one last used.
    texts: those that were looked at, the newest first, see `session.texts`.
    ablate_how: how parts of a model are switched off, "zero" or "mean".
    geometry, splitters: Qt's own saved states, base64.
    views: whatever single views keep, by view id. figure: how pictures were saved last.
    notes: what the one who teaches has written down for this lesson.
    text_size, lecture_text_size: what the person made of the size of text, 1.0 being the program's own.
    """

    language: str = "system"
    theme: str = "system"
    lecture: bool = False
    text_size: float = 1.0
    lecture_text_size: float = 1.0
    model: str = ""
    base: str = ""
    device: str = "cpu"
    dtype: str = "float32"
    text: str = ""
    pair: str = ""
    target: str = ""
    notes: str = ""
    view: str = "attention_map"
    second_view: str = ""
    last_views: dict[str, str] = field(default_factory=dict)
    dock: bool = True
    ablate_how: str = "zero"
    geometry: str = ""
    splitters: dict[str, str] = field(default_factory=dict)
    recent_models: list[str] = field(default_factory=list)
    recent_sessions: list[str] = field(default_factory=list)
    texts: list[dict[str, str]] = field(default_factory=list)
    views: dict[str, Any] = field(default_factory=dict)
    figure: dict[str, Any] = field(default_factory=dict)


MOST_BYTES = 8 << 20
MOST_ENTRIES = 1000
LONGEST = 1 << 20  # characters of a remembered text
DEEPEST = 16  # of what a view keeps
LARGEST = 10**9
_CHOICES = {
    "language": ("system", "ja", "en"),
    "theme": ("system", "light", "dark"),
    "dtype": DTYPES,
    "ablate_how": HOWS,
}


def settings_path() -> Path:
    return Path(platformdirs.user_config_dir(APPLICATION, appauthor=False)) / "settings.json"


def load(path: Path) -> tuple[Settings, bool]:
    """The settings in `path`, and whether anything was damaged; each value alone, a bad one keeps its default."""
    try:
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            return Settings(), True
        # A number that is none, or has no end, becomes one that no setting takes.
        stored = json.loads(path.read_text(encoding="utf-8"), parse_int=_integer, parse_constant=float)
    except FileNotFoundError:
        return Settings(), False
    except (OSError, ValueError, RecursionError):
        return Settings(), True
    if not isinstance(stored, dict):
        return Settings(), True
    settings, damaged = Settings(), False
    for item in fields(Settings):
        if item.name not in stored:
            continue
        default = getattr(settings, item.name)
        value = _taken(item.name, default, stored[item.name])
        setattr(settings, item.name, default if value is None else value)
        damaged |= value is None or (isinstance(value, dict | list) and len(value) < len(stored[item.name]))
    return settings, damaged


def save(settings: Settings, path: Path) -> bool:
    """Write the file in one step; False when the disk refuses (nothing half-written stays). Never raises."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {}
        for item in fields(Settings):
            default, value = getattr(Settings(), item.name), getattr(settings, item.name)
            content[item.name] = _taken(item.name, default, value) if value != default else default
            if content[item.name] is None:  # half a character in a text, a view that keeps what is no JSON
                content[item.name] = default
        data = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False).encode("utf-8")
        with replacing(path) as scratch:
            scratch.write_bytes(data)
    except (OSError, VisualizerError, ValueError, TypeError, RecursionError):
        return False
    return True


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= 40 else math.inf


def _taken(name: str, default: Any, value: Any) -> Any:
    """The value where a setting can take it, its good parts where it has parts, None where it cannot."""
    if isinstance(default, float) and type(value) is int and abs(value) <= LARGEST:
        value = float(value)
    if type(value) is not type(default) or value not in _CHOICES.get(name, (value,)):
        return None
    if name == "texts":
        return texts.checked(value)
    if isinstance(value, list):
        return [one for one in value if type(one) is str and _is_plain(one)][:MOST_ENTRIES]
    if isinstance(value, dict):
        wanted = object if name in ("views", "figure") else str
        parts = ((key, one) for key, one in value.items() if type(key) is str and isinstance(one, wanted))
        return dict([(key, one) for key, one in parts if _is_plain(key) and _is_plain(one)][:MOST_ENTRIES])
    return value if _is_plain(value) else None


def _is_plain(value: Any) -> bool:
    """Whether a value is JSON that every part of the program can take: finite, shallow, whole characters."""
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if isinstance(one, str):
            if len(one) > LONGEST or "\0" in one or not _is_whole(one):
                return False
        elif isinstance(one, int | float):
            if not abs(one) <= LARGEST:
                return False
        elif isinstance(one, list | dict) and depth < DEEPEST:
            inner = one if isinstance(one, list) else [part for pair in one.items() for part in pair]
            waiting += [(part, depth + 1) for part in inner]
        elif one is not None:
            return False
    return True


def _is_whole(text: str) -> bool:
    """Whether no half of a character (a lone surrogate) is in it, which no file can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
