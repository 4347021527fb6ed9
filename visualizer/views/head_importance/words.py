"""What the note below the parts says: of the prediction, of the measures, and of what importance is not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from visualizer.ui.numbers import fixed, format_probability, signed
from visualizer.views import head_words
from visualizer.views.reading_controls import sentences

if TYPE_CHECKING:
    from visualizer.views.head_importance.work import Found

_MOST_MEASURES = 3  # rank correlations that the note tells, the strongest first


def note(found: Found, is_stopped: bool, is_short: bool = False) -> str:
    """Everything, or what has to be said in one line where the picture needs the room."""
    translate = QCoreApplication.translate
    importance = found.importance
    layers = len(importance.delta)
    prediction = translate("HeadImportanceView", "“{token}” has {share} here.").format(
        token=found.label.strip(), share=format_probability(importance.probability)
    )
    if found.done < layers:
        stopped = translate("HeadImportanceView", "Stopped.") if is_stopped else ""
        count = translate("HeadImportanceView", "{done} of {all} layers are measured.")
        return sentences((prediction, stopped, count.format(done=found.done, all=layers)))
    if is_short:
        return prediction
    known = {name: value for name, value in found.correlations.items() if not math.isnan(value)}
    strongest = sorted(known, key=lambda name: -abs(known[name]))[:_MOST_MEASURES]
    told = ", ".join(
        f"{head_words.measure_name(name)} {signed(known[name], fixed(abs(known[name])))}" for name in strongest
    )
    rank = translate(
        "HeadImportanceView", "Rank correlation (Spearman) of KL with what the heads look at: {measures}."
    )
    what = translate(
        "HeadImportanceView",
        "This is what one prediction loses without a part, not what the part does: others can stand in for"
        " it, and much attention is not much importance.",
    )
    return sentences((prediction, rank.format(measures=told) if told else "", what))
