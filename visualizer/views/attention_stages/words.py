"""The steps of attention in words and formulas, and the row of buttons that walks through them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QCoreApplication

from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui.numbers import MINUS, format_number

# Short names on the buttons: mathematics, the same in every language.
SIGNS = {
    "query_before": "Q",
    "query": "Q",
    "key_before": "K",
    "key": "K",
    "dot": "QKᵀ",
    "scaled": "÷√d",
    "capped": "tanh",
    "biased": "+B",
    "masked": "mask",
    "weights": "softmax",
    "value": "V",
    "output": "×V",
    "concatenation": "concat",
    "contribution": "×W_O",
    "block": "Σ heads",
}

_EXPLANATIONS = {
    "query_before": QT_TRANSLATE_NOOP("Stages", "What each token asks for, before its position is put in."),
    "query": QT_TRANSLATE_NOOP("Stages", "What each token asks for."),
    "key_before": QT_TRANSLATE_NOOP("Stages", "What each token offers, before its position is put in."),
    "key": QT_TRANSLATE_NOOP("Stages", "What each token offers."),
    "dot": QT_TRANSLATE_NOOP("Stages", "How well each question meets each offer: dot products of queries and keys."),
    "scaled": QT_TRANSLATE_NOOP(
        "Stages", "Scaled, so that the softmax does not saturate when there are many dimensions."
    ),
    "capped": QT_TRANSLATE_NOOP("Stages", "Soft-capped: no score can grow beyond the cap."),
    "biased": QT_TRANSLATE_NOOP("Stages", "The model's position bias is added."),
    "masked": QT_TRANSLATE_NOOP("Stages", "Hatched cells may not be looked at: their score becomes minus infinity."),
    "weights": QT_TRANSLATE_NOOP("Stages", "The softmax turns each row into weights that sum to 1."),
    "value": QT_TRANSLATE_NOOP("Stages", "What each token hands over to those that look at it."),
    "output": QT_TRANSLATE_NOOP("Stages", "Each token collects the values of what it looks at, by weight."),
    "concatenation": QT_TRANSLATE_NOOP("Stages", "The outputs of all heads of the layer, side by side."),
    "contribution": QT_TRANSLATE_NOOP(
        "Stages", "What this head alone writes into the residual stream, through its part of W_O."
    ),
    "block": QT_TRANSLATE_NOOP("Stages", "What all heads together write into the residual stream."),
}

_TURNED = QT_TRANSLATE_NOOP("Stages", "Turned by the token's position: rotary position encoding.")

_SCALED_BEFORE = QT_TRANSLATE_NOOP("Stages", "Nothing is left to scale: this model has scaled Q already.")

_NOT_SCALED = QT_TRANSLATE_NOOP("Stages", "This model does not scale its scores.")

_SCALED_AT_ONCE = QT_TRANSLATE_NOOP("Stages", "Nothing is scaled between the dot product and the softmax.")

_SINK = QT_TRANSLATE_NOOP(
    "Stages",
    "The softmax also counts the head's sink s, which belongs to no token: the weights of a row sum to less than 1.",
)

_MISSING = {
    "changed": QT_TRANSLATE_NOOP(
        "Stages", "Something else was put here in this run, so what stood before it is not what was used."
    ),
    "given": QT_TRANSLATE_NOOP(
        "Stages", "This architecture hands out its attention weights only; the steps before them stay inside the model."
    ),
    "model": QT_TRANSLATE_NOOP(
        "Stages", "This trace comes from a file, and a file does not hold the output projection W_O. Load the model."
    ),
    "rotation": QT_TRANSLATE_NOOP(
        "Stages", "Which dimensions this model turns together could not be found, so nothing is claimed about them."
    ),
    "projection": QT_TRANSLATE_NOOP(
        "Stages", "This model does something between its heads and the output projection, so no head's part is known."
    ),
}


@dataclass(frozen=True)
class Facts:
    """What the words about a layer's steps depend on.

    turned: rotary positions. width: dimensions of a head. sinks: whether the softmax counts a sink. origins: "query",
    "key", "value" -> (factor, whether there is a bias) of the projection; a side without one is not known.
    """

    turned: bool = False
    scaling: float = 1.0
    width: int = 1
    sinks: bool = False
    origins: Mapping[str, tuple[float, bool]] = field(default_factory=dict)

    @property
    def is_by_root(self) -> bool:
        """Whether the scores are divided by the root of the head's dimensions."""
        return _is_root(self.scaling, self.width)


def _is_root(factor: float, width: int) -> bool:
    return width > 1 and math.isclose(factor, width**-0.5, rel_tol=1e-4)


def sign(stage: str, facts: Facts) -> str:
    """The button's text; with rotary positions Q and K stand there twice, and the turned ones are marked."""
    if stage == "scaled" and not facts.is_by_root:
        return f"×{facts.scaling:.3g}"
    return SIGNS[stage] + ("′" if facts.turned and stage in ("query", "key") else "")


def _made(letter: str, side: str, facts: Facts) -> str:
    """Q = X W_Q + b, as far as it is known."""
    if side not in facts.origins:
        return f"X → {letter}"
    factor, has_bias = facts.origins[side]
    product = f"X W_{letter}"
    if has_bias:
        product += " + b"
    if factor == 1.0:
        return f"{letter} = {product}"
    product = f"({product})" if has_bias else product
    by = f"/ √{facts.width}" if _is_root(factor, facts.width) else f"× {format_number(factor)}"
    return f"{letter} = {product} {by}"


def formula(stage: str, facts: Facts) -> str:
    """The step as a formula."""
    turned, scaling = facts.turned, facts.scaling
    q, k = ("Q′", "K′") if turned else ("Q", "K")
    by = f" / √{facts.width}" if facts.is_by_root else "" if scaling == 1.0 else f" × {format_number(scaling)}"
    row = "exp(S + M)"
    return {
        "query_before": _made("Q", "query", facts),
        "query": "Q′ = R(p) Q" if turned else _made("Q", "query", facts),
        "key_before": _made("K", "key", facts),
        "key": "K′ = R(p) K" if turned else _made("K", "key", facts),
        "dot": f"{q} {k}ᵀ",
        "scaled": f"S = {q} {k}ᵀ{by}",
        "capped": "c · tanh(S / c)",
        "biased": "S + B",
        "masked": "S + M",
        "weights": f"A = {row} / (Σ {row} + exp(s))" if facts.sinks else "A = softmax(S + M)",
        "value": _made("V", "value", facts),
        "output": "O = A V",
        "concatenation": "[O₁ … Oₕ]",
        "contribution": "Oᵢ W_Oᵢ",
        "block": "[O₁ … Oₕ] W_O + b",
    }[stage]


def explanation(stage: str, facts: Facts) -> str:
    """The step in one sentence."""
    source = _EXPLANATIONS[stage]
    if facts.turned and stage in ("query", "key"):
        source = _TURNED
    elif stage == "scaled" and facts.scaling == 1.0:
        factor = facts.origins["query"][0] if "query" in facts.origins else None
        source = _SCALED_AT_ONCE if factor is None else _NOT_SCALED if factor == 1.0 else _SCALED_BEFORE
    elif stage == "weights" and facts.sinks:
        source = _SINK
    return QCoreApplication.translate("Stages", source)


def why_missing(reason: str) -> str:
    """Why a step cannot be shown, and what to do."""
    return QCoreApplication.translate("Stages", _MISSING[reason])


def signed(number: float) -> str:
    """A number inside a formula: a real minus, in brackets when negative."""
    text = format_number(number)
    return f"({text})" if text.startswith(MINUS) else text


def plain(number: float) -> str:
    """A number at the end of a formula."""
    return format_number(number)


def name(label: str) -> str:
    """A label without the blank that many tokens begin with."""
    return label.strip() or label


def or_none(index: int | None) -> int:
    """The heatmap's way to say nowhere: -1."""
    return -1 if index is None else index


def inside(index: int | None, count: int) -> int | None:
    """The index where there are so many places, else None."""
    return index if index is not None and 0 <= index < count else None


def first(*places: int | None) -> int:
    """The first place that is one, else 0."""
    return next((place for place in places if place is not None), 0)
