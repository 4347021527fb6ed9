"""What the lines that are drawn are, in a sentence."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from visualizer.core.reading.strongest import Lines
from visualizer.session.selection import Selection
from visualizer.ui.lines_painter import STATIC_LINES
from visualizer.ui.numbers import format_count

translate = QCoreApplication.translate


def summary(found: Lines, mass: float, selection: Selection) -> str:
    """How much of all attention the lines carry, and which of them are drawn. mass: the share that was asked for."""
    if not found.total:
        return translate("AttentionLinesView", "Nothing is left to look at.")
    count, share = format_count(found.total), round(100 * mass)
    carried = round(100 * found.carried)
    is_part = selection.rule.hide_sinks or selection.rule.quadrant
    if carried < share:
        text = translate(
            "AttentionLinesView",
            "The strongest {limit} lines of every token carry {share} % of all attention together.",
        )
        if is_part:
            text = translate(
                "AttentionLinesView", "The strongest {limit} lines of every token carry {share} % of what is left."
            )
        text = text.format(limit=found.ranks, share=carried)
    else:
        text = translate("AttentionLinesView", "{count} lines carry {share} % of what every token looks at.")
        if is_part:
            text = translate(
                "AttentionLinesView", "{count} lines carry {share} % of what is left of every token's attention."
            )
        text = text.format(count=count, share=share)
    if selection.look.parts_of_speech:
        text += " " + translate("AttentionLinesView", "Only those between the chosen parts of speech are drawn.")
    if len(found) > STATIC_LINES:
        drawn = translate("AttentionLinesView", "The strongest {count} in sight are drawn.")
        text += " " + drawn.format(count=format_count(STATIC_LINES))
    return text
