"""Names of the hub: a repository, a revision of it, a GGUF file in it. No torch, so that the window reads them, too."""

from __future__ import annotations

import re
from dataclasses import dataclass

from visualizer.core.errors import UnknownModel
from visualizer.core.loading.catalogue import bundled_names
from visualizer.core.loading.sources import BUNDLED

_NAME = re.compile(
    r"(?P<repository>[\w.-]{1,96}(?:/[\w.-]{1,96})?)(?:@(?P<revision>[\w./-]{1,120}))?(?::(?P<file>[^:\\]+\.gguf))?"
)


@dataclass(frozen=True)
class HubName:
    """A repository of the hub; revision: branch, tag or commit (None: the newest); file: a GGUF file in it, or None."""

    repository: str
    revision: str | None = None
    file: str | None = None

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        return f"{self.repository}{revision}{f':{self.file}' if self.file else ''}"


def parse(source: str, revision: str | None = None) -> HubName:
    """The hub name "owner/name", "owner/name@revision" or "owner/name:file.gguf". Raises UnknownModel.

    revision: what `--revision` says; it stands above the one in the name.
    """
    match = _NAME.fullmatch(source.strip())
    known = [BUNDLED + name for name in bundled_names()]
    if match is None or source.startswith((".", "-")):
        raise UnknownModel(source, known)
    name = HubName(match["repository"], revision or match["revision"], match["file"])
    outside = any(part in ("", ".", "..") for part in (name.file or "x").split("/"))
    bare_file = name.file is None and name.repository.lower().endswith(".gguf")
    if outside or bare_file or (name.file and "/" not in name.repository):
        raise UnknownModel(source, known)
    return name
