"""Tables for spreadsheets and programs: marked as UTF-8 where that matters, no text that is taken for a formula."""

from __future__ import annotations

import codecs
import csv
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

# With this mark in front, spreadsheets read Japanese as what it is. A table of ASCII needs none, and programs that
# know of no mark find the first column by its name.
MARK = codecs.BOM_UTF8
_CHUNK = 1 << 20

# A Japanese spreadsheet takes the wide signs for the narrow ones.
_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|nan)")


def cell(value: Any) -> Any:
    """What is written for a value: a text that a spreadsheet would run as a formula gets an apostrophe before it.

    Numbers stay what they are, also those that come as texts.
    """
    if isinstance(value, str) and value[:1] in _STARTS and value and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """A new file for a table in UTF-8; it begins with the mark where it holds more than ASCII."""
    with path.open("w", encoding="utf-8", newline="") as file:  # the csv module writes its own line ends
        yield file
    with path.open("rb") as written:
        is_ascii = all(chunk.isascii() for chunk in iter(lambda: written.read(_CHUNK), b""))
    if is_ascii:
        return
    marked = path.with_name(f"{path.name}.marked")
    try:
        with marked.open("wb") as target, path.open("rb") as written:
            target.write(MARK)
            shutil.copyfileobj(written, target, _CHUNK)
        marked.replace(path)
    finally:
        marked.unlink(missing_ok=True)


class Table:
    """Writes rows of cells into an open file as the csv module does, each as :func:`cell` gives it."""

    def __init__(self, file: Any) -> None:
        self._writer = csv.writer(file)

    def writerow(self, cells: Iterable[Any]) -> None:
        self._writer.writerow([cell(value) for value in cells])

    def writerows(self, rows: Iterable[Iterable[Any]]) -> None:
        self._writer.writerows([cell(value) for value in row] for row in rows)
