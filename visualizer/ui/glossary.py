"""The glossary: what terms and symbols mean, in both languages. Its texts lie in `assets/glossary`."""

from __future__ import annotations

import html
import logging
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from visualizer.core.system import paths
from visualizer.ui.bilingual import Both

log = logging.getLogger(__name__)

TERM = "term:"  # how a link begins that leads to an entry
_LINK = re.compile(r"\[\[(\w+)(?:\|([^\]]*))?\]\]")


@dataclass(frozen=True, slots=True)
class Term:
    """name: plain text. sign: its symbol, "" for none. also: other words that find it. text: rich text with links.

    marks_en, marks_ja: how it is written in the window, where a person may point at it; () where that is everywhere.
    """

    id: str
    name: Both
    sign: str
    also: str
    text: Both
    marks_en: tuple[str, ...] = ()
    marks_ja: tuple[str, ...] = ()

    def title(self) -> str:
        """Its name in the interface's language, with its symbol: "Temperature τ"."""
        name = self.name.here()
        return f"{name} {self.sign}" if self.sign and self.sign != name else name


@cache
def terms() -> Mapping[str, Term]:
    """Every entry by its id, in the order of the file; none where the file cannot be read."""
    try:
        with (paths.assets() / "glossary" / "glossary.toml").open("rb") as file:
            stored = tomllib.load(file)
        return MappingProxyType({name: _term(name, entry) for name, entry in stored.items()})
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        log.error("no glossary: %s", error)
        return MappingProxyType({})


def _term(name: str, entry: Mapping[str, Any]) -> Term:
    return Term(
        name,
        Both(entry["en"], entry["ja"]),
        entry.get("sign", ""),
        entry.get("also", ""),
        Both(entry["text_en"], entry["text_ja"]),
        tuple(entry.get("marks_en", ())),
        tuple(entry.get("marks_ja", ())),
    )


@lru_cache(maxsize=512)  # asked at every repaint
def found_in(text: str, language: str) -> tuple[tuple[str, int, int], ...]:
    """Terms that a text of the window names: (id, first letter, letter after the last), none within another."""
    pattern, ids = _marks(language)
    if pattern is None:
        return ()
    return tuple((ids[_squeezed(one.group())], *one.span()) for one in pattern.finditer(text))


@cache
def _marks(language: str) -> tuple[re.Pattern[str] | None, Mapping[str, str]]:
    found: dict[str, str] = {}
    for term in terms().values():
        for mark in term.marks_ja if language == "ja" else term.marks_en:
            found.setdefault(mark, term.id)
    # A name may be broken into two lines. Letters of the Latin alphabet make words: no "flow" in "overflow".
    patterns = []
    for mark in sorted(found, key=len, reverse=True):
        letters = "\n?".join(r"\s" if letter == " " else re.escape(letter) for letter in mark)
        patterns.append(f"(?<![a-z]){letters}(?![a-z])")
    ids = MappingProxyType({_squeezed(mark): term for mark, term in found.items()})
    return (re.compile("|".join(patterns), re.IGNORECASE) if patterns else None), ids


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text).casefold()


def linked(text: str, color: str = "") -> str:
    """A text with its [[id|words]] as links; an id that is not known leaves its words.

    [[id]] alone, in English, says the id. color: of the links.
    """
    style = f' style="color: {color}; text-decoration: none"' if color else ""

    def link(found: re.Match[str]) -> str:
        term = terms().get(found[1])
        if term is None:
            return found[2] or found[1]
        words = found[2] or found[1].replace("_", " ")
        return f'<a href="{TERM}{term.id}"{style}>{words}</a>'

    return _LINK.sub(link, text)


def plain(text: str) -> str:
    """A text with the words of its links alone."""
    return re.sub(r"<a [^>]*>|</a>", "", linked(text))


def tip(term_id: str, also: str = "") -> str:
    """An entry as a small text that pops up; also: a plain sentence that stands below it. "" for an unknown id."""
    term = terms().get(term_id)
    if term is None:
        return also
    below = f"<p>{html.escape(also, quote=False)}</p>" if also else ""
    return f"<p><b>{html.escape(term.title(), quote=False)}</b></p><p>{plain(term.text.here())}</p>{below}"
