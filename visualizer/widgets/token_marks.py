"""What a token is in a comparison, as a sign in the corner of its chip: a sign, and not a colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from visualizer.ui.theme import Theme

if TYPE_CHECKING:
    from visualizer.core.analyses.comparison.alignment import Mark

SIGNS: Mapping[str, str] = {"replaced": "≠", "only_here": "+"}  # what is identical carries none


def paint(painter: QPainter, chip: QRectF, mark: Mark, theme: Theme) -> None:
    """The sign of a token that is another one, or missing, in the other text: in the upper right corner of its chip."""
    if mark == "identical":
        return
    size = theme.px(9)
    box = QRectF(chip.right() - 0.6 * size, chip.top() - 0.35 * size, size, size)  # it must not hide the token
    painter.setPen(QPen(QColor(theme.surface), 0))
    painter.setBrush(QColor(theme.warning if mark == "replaced" else theme.success))
    painter.drawRoundedRect(box, theme.px(2), theme.px(2))
    painter.setPen(QPen(QColor(theme.surface), max(1.0, 1.2 * theme.scale)))
    middle, reach = box.center(), size * 0.3
    if mark == "only_here":
        lines: list[tuple[tuple[float, float], tuple[float, float]]] = [((-1, 0), (1, 0)), ((0, -1), (0, 1))]
    else:
        lines = [((-1, -0.4), (1, -0.4)), ((-1, 0.4), (1, 0.4)), ((-0.6, 1), (0.6, -1))]
    for start, end in lines:
        painter.drawLine(*(middle + QPointF(x * reach, y * reach) for x, y in (start, end)))


def sentence(mark: str) -> str:
    """One line for a tooltip; "" for a token that is the same in both texts."""
    sentences = {
        "replaced": QCoreApplication.translate("TokenMarks", "Another token stands here in the other text"),
        "only_here": QCoreApplication.translate("TokenMarks", "Only in this text"),
    }
    return sentences.get(mark, "")


def legend(marks: Iterable[str]) -> str:
    """How many tokens carry each sign; one sentence where none does."""
    found = list(marks)
    counts = {mark: found.count(mark) for mark in SIGNS}
    if not found:
        return ""
    if not any(counts.values()):
        return QCoreApplication.translate("TokenMarks", "The same tokens")
    words = {
        "replaced": QCoreApplication.translate("TokenMarks", "replaced: {count}"),
        "only_here": QCoreApplication.translate("TokenMarks", "only here: {count}"),
    }
    return "   ".join(f"{SIGNS[mark]} {words[mark].format(count=count)}" for mark, count in counts.items() if count)
