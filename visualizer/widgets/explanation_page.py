"""The pages of the explanations as rich text: of a view, of the glossary, of one of its entries."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextDocument

from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui import formula, glossary
from visualizer.ui.theme import Theme
from visualizer.views.help.data import Help, Try

TRY = "try:"  # how a link begins that does something
_HEADINGS = {
    "shows": QT_TRANSLATE_NOOP("Explanation", "What is shown"),
    "reading": QT_TRANSLATE_NOOP("Explanation", "How to read it"),
    "formulas": QT_TRANSLATE_NOOP("Explanation", "Formula"),
    "tries": QT_TRANSLATE_NOOP("Explanation", "Try it with this text"),
    "misleads": QT_TRANSLATE_NOOP("Explanation", "Where it misleads"),
    "terms": QT_TRANSLATE_NOOP("Explanation", "Terms"),
    "see": QT_TRANSLATE_NOOP("Explanation", "All terms"),
}


def of_view(found: Help | None, how_to_read: str, tries: Sequence[Try], theme: Theme) -> str:
    """The page of a view. found: None for a view of another package, which may have its one sentence alone."""
    if found is None:
        return _page(_paragraphs(html.escape(how_to_read, quote=False), theme), theme)
    formulas = "".join(
        f'<div class="formula">{formula.display(one.tex, theme.border)}</div>'
        f"<p>{glossary.linked(one.words.here(), theme.text)}</p>{_source(one.source)}"
        for one in found.formulas
    )
    cautions = "".join(
        f"<p>{glossary.linked(one.words.here(), theme.text)}</p>{_source(one.source)}" for one in found.misleads
    )
    parts = {
        "shows": _paragraphs(found.shows.here(), theme),
        "reading": _paragraphs(found.reading.here(), theme),
        "formulas": formulas,
        "tries": _tries(tries, theme),
        "misleads": cautions,
        "terms": f"<p>{_names(found.terms, theme)}</p>",
    }
    return _page("".join(f"{_heading(_named(name))}{text}" for name, text in parts.items()), theme)


def of_term(term_id: str, theme: Theme) -> str:
    """The page of one entry, with those that it names; all of them for an unknown one."""
    term = glossary.terms().get(term_id)
    if term is None:
        return of_glossary(theme)
    text = f"{_heading(term.title())}{_paragraphs(term.text.here(), theme)}"
    return _page(f"{text}{_heading(_named('see'))}<p>{_names(glossary.terms(), theme)}</p>", theme)


def of_glossary(theme: Theme) -> str:
    """All entries, one under another."""
    return _page(
        "".join(
            f"{_heading(term.title())}{_paragraphs(term.text.here(), theme)}"
            for term in glossary.terms().values()
        ),
        theme,
    )


def underline(document: QTextDocument, color: str) -> None:
    """Dots under every term: rich text alone can only draw a line."""
    look = QTextCharFormat()
    look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
    look.setUnderlineColor(QColor(color))
    spans = []
    block = document.begin()
    while block.isValid():
        parts = block.begin()
        while not parts.atEnd():
            part = parts.fragment()
            if part.charFormat().anchorHref().startswith(glossary.TERM):
                spans.append((part.position(), part.length()))
            parts += 1
        block = block.next()
    for start, length in spans:
        cursor = QTextCursor(document)
        cursor.setPosition(start)
        cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(look)


def _page(body: str, theme: Theme) -> str:
    """Sizes and colours of the theme around it. Qt's rich text knows lengths in pixels alone."""
    small, gap = theme.px(12), theme.px(8)
    sheet = (
        f"body {{ color: {theme.text}; font-size: {theme.px(13)}px; }}"
        f"p.heading {{ font-size: {theme.px(15)}px; font-weight: 600; margin: {2 * gap}px 0 {gap // 2}px 0; }}"
        f"p, li {{ margin: 0 0 {gap}px 0; line-height: 115%; }}"
        f"p.source {{ margin-top: -{gap // 2}px; color: {theme.text_quiet}; font-size: {small}px; line-height: 105%; }}"
        f"div.formula {{ margin: {gap // 2}px 0 {gap}px 0; font-size: {theme.px(15)}px; }}"
        f"td {{ font-size: {theme.px(15)}px; }}"
        f"a {{ color: {theme.accent}; text-decoration: none; }}"
        "ul { margin: 0; -qt-list-indent: 0; }"
    )
    return f"<html><head><style>{sheet}</style></head><body>{body}</body></html>"


def _named(part: str) -> str:
    return QCoreApplication.translate("Explanation", _HEADINGS[part])


def _heading(words: str) -> str:
    return f'<p class="heading">{html.escape(words, quote=False)}</p>'


def _paragraphs(text: str, theme: Theme) -> str:
    return "".join(f"<p>{part}</p>" for part in glossary.linked(text, theme.text).split("\n\n"))


def _source(source: str) -> str:
    return f'<p class="source">{html.escape(source, quote=False)}</p>' if source else ""


def _tries(tries: Sequence[Try], theme: Theme) -> str:
    if not tries:
        words = QCoreApplication.translate("Explanation", "Type a sentence: then there is something to try here.")
        return f"<p>{words}</p>"
    links = (
        f'<a href="{TRY}{number}" style="color: {theme.accent}">▸ {html.escape(one.words, quote=False)}</a>'
        for number, one in enumerate(tries)
    )
    return "".join(f"<p>{link}</p>" for link in links)


def _names(ids: Iterable[str], theme: Theme) -> str:
    """Entries by name, as links in one paragraph."""
    known = glossary.terms()
    names = ((one, known[one].title()) for one in ids if one in known)
    return " &nbsp; ".join(
        f'<a href="{glossary.TERM}{one}" style="color: {theme.text}">{html.escape(name, quote=False)}</a>'
        for one, name in names
    )
