"""What is remembered between two starts: one small JSON file, written whole or not at all."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs

from visualizer.core.errors import VisualizerError
from visualizer.core.system.files import replacing

APPLICATION = "transformer-visualizer"


@dataclass
class Settings:
    """Choices of the person; every field has a default that suits a first start.

    language: "ja", "en" or "system"; theme: "light", "dark" or "system".
    view, second_view: ids of the views shown, second_view "" when there is one only.
    last_views: by group of views, the id of the one last used.
    ablate_how: how parts of a model are switched off, "zero" or "mean".
    geometry, splitters: Qt's own saved states, base64.
    views: whatever single views keep, by view id.
    """

    language: str = "system"
    theme: str = "system"
    lecture: bool = False
    lecture_scale: float = 1.5
    model: str = ""
    device: str = "cpu"
    dtype: str = "float32"
    text: str = ""
    pair: str = ""
    target: str = ""
    view: str = "attention_map"
    second_view: str = ""
    last_views: dict[str, str] = field(default_factory=dict)
    dock: bool = True
    ablate_how: str = "zero"
    geometry: str = ""
    splitters: dict[str, str] = field(default_factory=dict)
    recent_models: list[str] = field(default_factory=list)
    views: dict[str, Any] = field(default_factory=dict)


def settings_path() -> Path:
    return Path(platformdirs.user_config_dir(APPLICATION, appauthor=False)) / "settings.json"


def load(path: Path) -> tuple[Settings, bool]:
    """The settings in `path`, and whether the file was damaged; what cannot be understood keeps its default."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings(), False
    except (OSError, ValueError):
        return Settings(), True
    if not isinstance(stored, dict):
        return Settings(), True
    settings, damaged = Settings(), False
    for item in fields(Settings):
        if item.name not in stored:
            continue
        value, default = stored[item.name], getattr(settings, item.name)
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is type(default):
            setattr(settings, item.name, value)
        else:
            damaged = True
    return settings, damaged


def save(settings: Settings, path: Path) -> bool:
    """Write the file in one step; False when the disk refuses (nothing half-written stays)."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as scratch:
            scratch.write_text(json.dumps(asdict(settings), ensure_ascii=False, indent=1), encoding="utf-8")
    except (OSError, VisualizerError):
        return False
    return True
