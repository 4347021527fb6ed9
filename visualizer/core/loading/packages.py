"""Which Python package a library misses, by what it says: they say it in many ways and with many kinds of errors."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator

_SAID = (
    re.compile(r"pip install (?:-U |--upgrade |-q )*[`'\"]?([A-Za-z0-9][\w.\-]*)"),
    re.compile(r"requires the ([A-Za-z0-9][\w.\-]*) library"),
    re.compile(r"need to (?:first )?install ([A-Za-z0-9][\w.\-]*)"),
    re.compile(r"[`'\"]([A-Za-z0-9][\w.\-]*)[`'\"] (?:is|are) required"),
    re.compile(r"^([A-Za-z0-9][\w.\-]*) is required for "),
    re.compile(r"requires? (?:the )?[`'\"]([A-Za-z0-9][\w.\-]*)[`'\"]"),
)
# What a library names (lower case), and what is installed for it; some need a dictionary beside it, asked for next.
_INSTALLED_AS = {
    "fugashi": ("fugashi", "ipadic", "unidic-lite"),
    "ipadic": ("fugashi", "ipadic", "unidic-lite"),
    "unidic_lite": ("fugashi", "ipadic", "unidic-lite"),
    "unidic-lite": ("fugashi", "ipadic", "unidic-lite"),
    "sudachipy": ("sudachipy", "sudachidict_core"),
    "sudachitra": ("sudachitra",),
    "tiktoken": ("tiktoken", "blobfile"),
    "google": ("protobuf",),
}
_NO_PACKAGE = frozenset({"the", "a", "it", "this", "your", "at", "least", "version"})


def pip_line(error: BaseException) -> str | None:
    """ "pip install NAME" for the package that an error, or one that caused it, asks for; None if it asks for none."""
    for reason in _reasons(error):
        name = _named(reason)
        if name:
            return "pip install " + " ".join(_INSTALLED_AS.get(name.lower(), (name,)))
    return None


def _reasons(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    reason: BaseException | None = error
    while reason is not None and id(reason) not in seen:
        seen.add(id(reason))
        yield reason
        reason = reason.__cause__ or reason.__context__


def _named(error: BaseException) -> str | None:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return error.name.split(".")[0]
    said = " ".join(str(error).split())
    for pattern in _SAID:
        for match in pattern.finditer(said):
            name = match[1].rstrip(".-")
            # A package that is here already is not what is missing: the library says so whenever reading fails.
            if name.lower() not in _NO_PACKAGE and not _is_here(name):
                return name
    return None


def _is_here(name: str) -> bool:
    try:
        return importlib.util.find_spec(name.replace("-", "_")) is not None
    except (ImportError, ValueError, AttributeError):
        return False
