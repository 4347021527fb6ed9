r"""Formulas as rich text: a small part of TeX, set with what Qt's own rich text has.

Known are \frac{}{}, \sqrt{}, _ and ^ with one sign or braces, and \name for a function, which stands upright as numbers
and words do; single letters are symbols and stand in italics. A fraction that stands in the line becomes two rows of a
table with a line between them; one inside another part is written with a stroke.

    display(r"A = \softmax(\frac{QK^T}{\sqrt{d_k}})V")
"""

from __future__ import annotations

import html
from dataclasses import dataclass

_LARGE = {"sum": "Σ", "prod": "Π"}
_SIGNS = {"infty": "∞", "cdot": "·", "times": "×", "ge": "≥", "le": "≤", "to": "→", "in": "∈", "quad": "&nbsp;&nbsp;"}


@dataclass(frozen=True, slots=True)
class _Fraction:
    above: str
    below: str

    def flat(self) -> str:
        return f"{_braced(self.above)}&nbsp;/&nbsp;{_braced(self.below)}"


Piece = str | _Fraction


def inline(tex: str) -> str:
    """A formula within a sentence."""
    return _flat(_Reader(tex).read())


def display(tex: str, line: str = "#808080") -> str:
    """A formula in a line of its own, or in several where it has line breaks. line: colour of the strokes."""
    return "".join(_row(one, line) for one in tex.split("\n"))


def _row(tex: str, line: str) -> str:
    pieces = _Reader(tex).read()
    if not any(isinstance(piece, _Fraction) for piece in pieces):
        return f'<p style="white-space: nowrap">{_flat(pieces)}</p>'
    upper, lower = [], []
    for piece in pieces:
        if isinstance(piece, _Fraction):
            stroke = f"border-bottom: 1px solid {line}"
            upper.append(f'<td align="center" style="{stroke}">&nbsp;{piece.above}&nbsp;</td>')
            lower.append(f'<td align="center">&nbsp;{piece.below}&nbsp;</td>')
        elif piece.strip():
            upper.append(f'<td rowspan="2" style="vertical-align: middle; white-space: nowrap">{piece}</td>')
    rows = f"<tr>{''.join(upper)}</tr><tr>{''.join(lower)}</tr>"
    return f'<table cellspacing="0" cellpadding="1" style="border-collapse: collapse">{rows}</table>'


def _flat(pieces: list[Piece]) -> str:
    return "".join(piece.flat() if isinstance(piece, _Fraction) else piece for piece in pieces)


def _braced(part: str) -> str:
    return f"({part})" if any(sign in part for sign in ("+", "−", "&nbsp;")) else part


def _root(part: str) -> str:
    """Qt draws a line over letters and indices at two heights: brackets say better how far the root reaches."""
    is_one = part.count("<i>") <= 1 or ("<sub>" in part and part.index("<sub>") == part.find("</i>") + len("</i>"))
    return f"√{part}" if is_one and " " not in part else f"√({part})"


class _Reader:
    """Reads a formula from left to right."""

    def __init__(self, tex: str) -> None:
        self._rest = tex

    def read(self) -> list[Piece]:
        pieces: list[Piece] = [""]
        while self._rest:
            piece = self._one()
            if isinstance(piece, str) and isinstance(pieces[-1], str):
                pieces[-1] += piece
            else:
                pieces.append(piece)
        return [piece for piece in pieces if piece]

    def _take(self) -> str:
        sign, self._rest = self._rest[0], self._rest[1:]
        return sign

    def _one(self) -> Piece:
        sign = self._take()
        if sign == "\\":
            return self._named()
        if sign in "_^":
            name = "sub" if sign == "_" else "sup"
            return f"<{name}>{self._argument()}</{name}>"
        if sign == "{":
            self._rest = sign + self._rest
            return self._argument()
        if sign == " ":
            return "&nbsp;"
        is_symbol = sign.isalpha() and (sign.isascii() or "α" <= sign <= "ω")
        return f"<i>{sign}</i>" if is_symbol else html.escape(sign, quote=False)

    def _named(self) -> Piece:
        name = ""
        while self._rest and self._rest[0].isalpha():
            name += self._take()
        if name == "frac":
            return _Fraction(self._argument(), self._argument())
        if name == "sqrt":
            return _root(self._argument())
        if name == "text":
            return html.escape(self._braces(), quote=False)
        return _LARGE.get(name) or _SIGNS.get(name) or name

    def _argument(self) -> str:
        if self._rest.startswith("{"):
            return inline(self._braces())
        if self._rest.startswith("\\"):
            self._take()
            return _flat([self._named()])
        return inline(self._take()) if self._rest else ""

    def _braces(self) -> str:
        """What stands between the brace that comes next and its partner."""
        depth = 0
        for at, sign in enumerate(self._rest):
            depth += (sign == "{") - (sign == "}")
            if depth == 0:
                inner, self._rest = self._rest[1:at], self._rest[at + 1 :]
                return inner
        raise ValueError(f"a brace is left open: {self._rest}")
