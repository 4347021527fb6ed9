"""What an example claims, in words: no more than what is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication

from visualizer.core.examples.claims import (
    Claim,
    Doubts,
    Expects,
    Gathers,
    Judges,
    Looks,
    Measures,
    Positions,
    Prefers,
    Repeats,
    Splits,
    Surprises,
    Writes,
)
from visualizer.core.examples.example import Aim
from visualizer.core.place import Place


def place(where: Place | Aim) -> str:
    """A head, as the window calls it: "head 2.1"; with its kind where the model has several."""
    kinds = {
        "encoder": QCoreApplication.translate("Examples", "encoder"),
        "decoder": QCoreApplication.translate("Examples", "decoder"),
        "cross": QCoreApplication.translate("Examples", "cross-attention"),
    }
    head = QCoreApplication.translate("Examples", "head {layer}.{head}").format(layer=where.layer, head=where.head)
    return f"{head} ({kinds[where.kind]})" if where.kind in kinds else head


def sentence(claim: Claim) -> str:
    """One claim as a sentence in the interface's language."""
    return _WORDS[type(claim)](claim)


def _weight(value: float) -> str:
    return f"{value:.2f}"


def _share(value: float) -> str:
    return f"{100 * value:.3g} %"


def _head(where: Place) -> str:
    words = place(where)
    return words[:1].upper() + words[1:]


def _looks(claim: Looks) -> str:
    return QCoreApplication.translate(
        "Examples", "{head}: 「{query}」 gives at least {least} of its weight to 「{key}」, the most of all tokens."
    ).format(head=_head(claim.place), query=claim.query.name, key=claim.key.name, least=_weight(claim.least))


def _gathers(claim: Gathers) -> str:
    return QCoreApplication.translate(
        "Examples", "{head}: the tokens after 「{key}」 give it at least {least} of their weight on average."
    ).format(head=_head(claim.place), key=claim.key.name, least=_weight(claim.least))


def _measures(claim: Measures) -> str:
    patterns = {
        "previous_token": QCoreApplication.translate(
            "Examples", "{head}: each token gives the one before it at least {least} of its weight on average."
        ),
        "next_token": QCoreApplication.translate(
            "Examples", "{head}: each token gives the one after it at least {least} of its weight on average."
        ),
        "induction": QCoreApplication.translate(
            "Examples", "{head}: induction score of at least {least} on random tokens said twice."
        ),
    }
    pattern = patterns.get(claim.measure, f"{{head}}: {claim.measure} ≥ {{least}}")
    return pattern.format(head=_head(claim.place), least=_weight(claim.least))


def _expects(claim: Expects) -> str:
    if claim.among == 1:
        pattern = QCoreApplication.translate(
            "Examples", "At 「{at}」 the most probable is 「{token}」, with at least {least}."
        )
    else:
        pattern = QCoreApplication.translate(
            "Examples", "At 「{at}」 「{token}」 is among the {among} most probable, with at least {least}."
        )
    return pattern.format(at=claim.at.name, token=claim.token, least=_share(claim.least), among=claim.among)


def _prefers(claim: Prefers) -> str:
    if claim.times > 1:
        pattern = QCoreApplication.translate(
            "Examples", "At 「{at}」 「{token}」 is at least {times} times as probable as 「{over}」."
        )
    else:
        pattern = QCoreApplication.translate("Examples", "At 「{at}」 「{token}」 is more probable than 「{over}」.")
    return pattern.format(at=claim.at.name, token=claim.token, over=claim.over, times=f"{claim.times:g}")


def _doubts(claim: Doubts) -> str:
    return QCoreApplication.translate("Examples", "At 「{at}」 「{token}」 has at most {most}.").format(
        at=claim.at.name, token=claim.token, most=_share(claim.most)
    )


def _surprises(claim: Surprises) -> str:
    return QCoreApplication.translate(
        "Examples", "「{token}」 surprises by at least {least} bits, more than any other token after the first."
    ).format(token=claim.token.name, least=f"{claim.least:g}")


def _repeats(claim: Repeats) -> str:
    return QCoreApplication.translate(
        "Examples", "On average at least {least} bits of surprise before the repetition, at most {most} in it."
    ).format(least=f"{claim.least:g}", most=f"{claim.most:g}")


def _splits(claim: Splits) -> str:
    if claim.count == 1:
        return QCoreApplication.translate("Examples", "「{text}」 is one token.").format(text=claim.text)
    return QCoreApplication.translate("Examples", "「{text}」 is {count} tokens.").format(
        text=claim.text, count=claim.count
    )


def _judges(claim: Judges) -> str:
    if claim.same:
        pattern = QCoreApplication.translate("Examples", "Judged to mean the same, with at least {least}.")
    else:
        pattern = QCoreApplication.translate("Examples", "Judged not to mean the same, with at least {least}.")
    return pattern.format(least=_share(claim.least))


def _writes(claim: Writes) -> str:
    return QCoreApplication.translate("Examples", "The translation: {text}").format(text=claim.text)


def _positions(claim: Positions) -> str:
    kinds = {
        "rotary": QCoreApplication.translate("Examples", "Positions are rotary (RoPE)."),
        "learned": QCoreApplication.translate("Examples", "Positions are learned vectors."),
        "sinusoidal": QCoreApplication.translate("Examples", "Positions are sinusoidal."),
    }
    return kinds.get(claim.kind, claim.kind)


_WORDS: dict[type, Callable[[Any], str]] = {
    Looks: _looks,
    Gathers: _gathers,
    Measures: _measures,
    Expects: _expects,
    Prefers: _prefers,
    Doubts: _doubts,
    Surprises: _surprises,
    Repeats: _repeats,
    Splits: _splits,
    Judges: _judges,
    Writes: _writes,
    Positions: _positions,
}
