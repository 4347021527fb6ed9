"""The steps of attention in words and formulas, and the row of buttons that walks through them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui import icons
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.numbers import format_number, format_weight
from visualizer.ui.theme import Theme

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
_MISSING = {
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


def sign(stage: str, turned: bool) -> str:
    """The button's text; with rotary positions Q and K stand there twice, and the turned ones are marked."""
    return SIGNS[stage] + ("′" if turned and stage in ("query", "key") else "")


def formula(stage: str, turned: bool, scaling: float, width: int) -> str:
    """The step as a formula."""
    q, k = ("Q′", "K′") if turned else ("Q", "K")
    root = math.isclose(scaling, width**-0.5, rel_tol=1e-6)
    return {
        "query_before": "Q = X W_Q",
        "query": "Q′ = R(p) Q" if turned else "Q = X W_Q",
        "key_before": "K = X W_K",
        "key": "K′ = R(p) K" if turned else "K = X W_K",
        "dot": f"{q} {k}ᵀ",
        "scaled": f"S = {q} {k}ᵀ / √{width}" if root else f"S = {q} {k}ᵀ × {format_number(scaling)}",
        "capped": "c · tanh(S / c)",
        "biased": "S + B",
        "masked": "S + M",
        "weights": "A = softmax(S + M)",
        "value": "V = X W_V",
        "output": "O = A V",
        "concatenation": "[O₁ … Oₕ]",
        "contribution": "Oᵢ W_Oᵢ",
        "block": "[O₁ … Oₕ] W_O + b",
    }[stage]


def explanation(stage: str, turned: bool) -> str:
    """The step in one sentence."""
    source = _TURNED if turned and stage in ("query", "key") else _EXPLANATIONS[stage]
    return QCoreApplication.translate("Stages", source)


def why_missing(reason: str) -> str:
    """Why a step cannot be shown, and what to do."""
    return QCoreApplication.translate("Stages", _MISSING[reason])


def signed(number: float) -> str:
    """A number inside a formula: a real minus, in brackets when negative."""
    text = format_number(number)
    return f"(−{text[1:]})" if text.startswith("-") else text


def plain(number: float) -> str:
    """A number at the end of a formula."""
    return format_number(number).replace("-", "−", 1) if number < 0 else format_number(number)


def sum_text(products: Sequence[tuple[float, float]], count: int, value: float) -> str:
    """0.31·1.20 + (−0.50)·0.30 + … (64 terms) = 2.31"""
    text = " + ".join(f"{signed(a)}·{signed(b)}" for a, b in products)
    if count > len(products):
        text += " + … " + QCoreApplication.translate("Stages", "({count} terms)").format(count=count)
    return f"{text} = {plain(value)}"


def softmax_text(score: float, log_sum: float, value: float) -> str:
    """exp(2.31) / 29.4 = 0.342; with the sum's logarithm where the sum is too large to write."""
    total = format_number(math.exp(log_sum)) if log_sum < 13 else f"exp({plain(log_sum)})"
    return f"exp({plain(score)}) / Σ = exp({plain(score)}) / {total} = {format_weight(value)}"


class StepBar(QWidget):
    """One button a step, and one to either side to walk. step_chosen: a stage's id."""

    step_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ids: tuple[str, ...] = ()
        self._current = ""
        self._back, self._forward = QToolButton(self), QToolButton(self)
        self._steps = QWidget(self)
        self._flow = FlowLayout(self._steps, 4)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._back, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._forward, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._steps, 1)
        self._layout = layout
        self._back.clicked.connect(lambda: self.walk(-1))
        self._forward.clicked.connect(lambda: self.walk(1))
        for stage in SIGNS:
            button = QToolButton(self._steps)
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, stage=stage: self.step_chosen.emit(stage))
            self._group.addButton(button)
            self._flow.addWidget(button)
            self._buttons[stage] = button
            button.hide()

    def show_steps(self, stages: Sequence[tuple[str, str]], current: str) -> None:
        """stages: id and why it is missing ("" when it is there), in order; current: the id that is shown."""
        ids = tuple(stage for stage, _ in stages)
        turned = "query_before" in ids
        self._ids, self._current = ids, current
        for stage, button in self._buttons.items():
            button.setVisible(stage in ids)
        for stage, reason in stages:
            button = self._buttons[stage]
            button.setText(sign(stage, turned))
            button.setToolTip(why_missing(reason) if reason else explanation(stage, turned))
            button.setAccessibleName(explanation(stage, turned))
            font = button.font()
            font.setStrikeOut(bool(reason))
            button.setFont(font)
            button.setChecked(stage == current)
        place = ids.index(current) if current in ids else 0
        self._back.setEnabled(place > 0)
        self._forward.setEnabled(place < len(ids) - 1)
        self.updateGeometry()

    def walk(self, by: int) -> None:
        """Go so many steps on, or back."""
        if self._current in self._ids:
            place = self._ids.index(self._current) + by
            if 0 <= place < len(self._ids):
                self.step_chosen.emit(self._ids[place])

    def apply_theme(self, theme: Theme) -> None:
        """Icons and sizes of this theme."""
        for button, name in ((self._back, "left"), (self._forward, "right")):
            button.setIcon(icons.icon(name, theme))
            button.setIconSize(QSize(theme.px(14), theme.px(14)))
        self._layout.setSpacing(theme.px(4))

    def retranslate(self) -> None:
        """Every text in the interface's language."""
        self._back.setToolTip(self.tr("Step back  [  or Alt+Left"))
        self._forward.setToolTip(self.tr("Next step  ]  or Alt+Right"))
        self._back.setAccessibleName(self.tr("Step back"))
        self._forward.setAccessibleName(self.tr("Next step"))


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
