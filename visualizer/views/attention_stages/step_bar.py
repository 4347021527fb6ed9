"""The bar of steps: one button a step of the computation, in its order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from visualizer.ui import guard, icons, terms
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.theme import Theme
from visualizer.views.attention_stages.words import SIGNS, Facts, explanation, formula, sign, why_missing

# The entry of the glossary that a step's sign stands for.
_TERMS = {
    "query_before": "query", "query": "query", "key_before": "key", "key": "key", "dot": "dot_product",
    "scaled": "scaling", "biased": "position_bias", "masked": "mask", "weights": "softmax", "value": "value",
    "output": "attention", "concatenation": "multi_head_attention", "contribution": "output_projection",
    "block": "multi_head_attention",
}  # fmt: skip


@guard.overrides
class StepBar(QWidget):
    """One button a step, and one to either side to walk. step_chosen: a stage's id."""

    step_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ids: tuple[str, ...] = ()
        self._current = ""
        self._one_row = False
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
            if stage in _TERMS:
                terms.gloss(button, term=_TERMS[stage])
            button.clicked.connect(lambda _checked=False, stage=stage: self.step_chosen.emit(stage))
            self._group.addButton(button)
            self._flow.addWidget(button)
            self._buttons[stage] = button
            button.hide()

    def show_steps(self, stages: Sequence[tuple[str, str]], current: str, facts: Facts) -> None:
        """stages: id and why it is missing ("" when it is there), in order; current: the id that is shown."""
        ids = tuple(stage for stage, _ in stages)
        self._ids, self._current = ids, current
        for stage, reason in stages:
            button = self._buttons[stage]
            button.setText(sign(stage, facts))
            says = explanation(stage, facts)
            button.setToolTip(why_missing(reason) if reason else f"{formula(stage, facts)}\n{says}")
            button.setAccessibleName(says)
            font = button.font()
            font.setStrikeOut(bool(reason))
            button.setFont(font)
            button.setChecked(stage == current)
        place = ids.index(current) if current in ids else 0
        self._back.setEnabled(place > 0)
        self._forward.setEnabled(place < len(ids) - 1)
        self._show_buttons()
        self.updateGeometry()

    def set_one_row(self, one_row: bool) -> None:
        """Whether steps that find no room in one row are left out, those far from the current one first."""
        if one_row != self._one_row:
            self._one_row = one_row
            self._show_buttons()
            self.updateGeometry()

    def _show_buttons(self) -> None:
        shown = set(self._ids)
        if self._one_row and self._current in self._ids:
            place, gap = self._ids.index(self._current), self._flow.spacing()
            shown = {self._current}
            room = self._steps.width() - self._buttons[self._current].sizeHint().width()
            for other in sorted(range(len(self._ids)), key=lambda n: (abs(n - place), n < place)):
                if other != place:
                    room -= gap + self._buttons[self._ids[other]].sizeHint().width()
                    if room < 0:
                        break
                    shown.add(self._ids[other])
        for stage, button in self._buttons.items():
            button.setVisible(stage in shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._one_row:
            self._show_buttons()

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
