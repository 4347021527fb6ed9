"""Why two runs cannot be compared, and what can be done, in the user's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from visualizer.core.analyses.comparison import reasons

translate = QCoreApplication.translate


def present(reason: object) -> tuple[str, str]:
    """(why, what to do) for a reason of `core.analyses.comparison.reasons`."""
    match reason:
        case reasons.DifferentModelKinds(a, b) if a != b:
            why = translate("Comparison", "Different kinds of models ({a}, {b}): their heads have no counterparts.")
            todo = translate("Comparison", "Compare two models of one kind.")
            return why.format(a=_model_kind(a), b=_model_kind(b)), todo
        case reasons.DifferentModelKinds():
            why = translate("Comparison", "The models differ in their kinds of attention or in what they predict.")
            return why, translate("Comparison", "Compare two models of one kind.")
        case reasons.DifferentLayers(_, a, b):
            why = translate("Comparison", "The models have {a} and {b} layers: not every head has a counterpart.")
            return why.format(a=a, b=b), translate("Comparison", "Choose a head that both have.")
        case reasons.DifferentHeads(_, a, b):
            why = translate("Comparison", "The layers have {a} and {b} heads: not every head has a counterpart.")
            return why.format(a=a, b=b), translate("Comparison", "Choose a head that both have.")
        case reasons.NothingAligned():
            return (
                translate("Comparison", "No part of one text lines up with any of the other."),
                translate("Comparison", "Choose texts that have something in common, or another unit."),
            )
        case reasons.NoPrediction():
            return (
                translate("Comparison", "One of the two models predicts no tokens."),
                translate("Comparison", "Compare two language models."),
            )
    return (
        translate("Comparison", "These two runs cannot be compared."),
        translate("Comparison", "Choose another text or model."),
    )


def _model_kind(kind: str) -> str:
    names = {
        "decoder": translate("Comparison", "decoder"),
        "encoder": translate("Comparison", "encoder"),
        "encoder_decoder": translate("Comparison", "encoder and decoder"),
    }
    return names.get(kind, kind)
