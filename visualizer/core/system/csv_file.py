"""Tables for spreadsheets: with a byte-order mark, and no text that would be taken for a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import Any

# With the mark in front, spreadsheets read Japanese as what it is.
ENCODING = "utf-8-sig"

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


class Table:
    """Writes rows of cells into an open file as the csv module does, each as :func:`cell` gives it."""

    def __init__(self, file: Any) -> None:
        self._writer = csv.writer(file)

    def writerow(self, cells: Iterable[Any]) -> None:
        self._writer.writerow([cell(value) for value in cells])

    def writerows(self, rows: Iterable[Iterable[Any]]) -> None:
        self._writer.writerows([cell(value) for value in row] for row in rows)
