"""What is done to a model, in words: for captions, the status line, and the bar above the views."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication

from visualizer.core.interventions import Ablate, name
from visualizer.core.request import Intervention
from visualizer.session.translation import QT_TRANSLATE_NOOP

HOW_NAMES = {
    "zero": QT_TRANSLATE_NOOP("Interventions", "zero"),
    "mean": QT_TRANSLATE_NOOP("Interventions", "mean over the text"),
}


def how_name(how: str) -> str:
    """What stands in the place of a part that is off."""
    return QCoreApplication.translate("Interventions", HOW_NAMES.get(how, how))


def caption(interventions: Iterable[Intervention]) -> str:
    """All of them in one line, parts as the command line writes them: "2.3, mlp.1 off (zero)"; "" for none."""
    off: dict[str, list[str]] = {}
    said = []
    for one in interventions:
        if isinstance(one, Ablate):
            off.setdefault(one.how, []).append(name(one))
        else:
            said.append(name(one))
    text = QCoreApplication.translate("Interventions", "{parts} off ({how})")
    return "; ".join([*(text.format(parts=", ".join(parts), how=how_name(how)) for how, parts in off.items()), *said])


def part_name(intervention: Intervention) -> str:
    """One of them for a person: "L2 H3", "all heads of L4", "feed-forward of L1"."""
    translate = QCoreApplication.translate
    if not isinstance(intervention, Ablate) or intervention.site.tokens is not None:
        return name(intervention)
    site = intervention.site
    layers = translate("Interventions", "every layer") if site.layers is None else _numbers("L", site.layers)
    if site.place == "head_output" and site.heads is not None:
        text = f"{layers} {_numbers('H', site.heads)}"
    elif site.place in ("head_output", "attention"):
        text = translate("Interventions", "all heads of {layers}").format(layers=layers)
    elif site.place == "feed_forward":
        text = translate("Interventions", "feed-forward part of {layers}").format(layers=layers)
    else:
        return name(intervention)
    kinds = {
        "encoder": translate("View", "encoder"),
        "decoder": translate("View", "decoder"),
        "cross": translate("View", "cross-attention"),
    }
    return f"{kinds[site.kind]} {text}" if site.kind in kinds else text


def off_text() -> str:
    """The word for a head that is off, where its name stands."""
    return QCoreApplication.translate("Interventions", "switched off")


def _numbers(letter: str, numbers: tuple[int, ...]) -> str:
    return "+".join(f"{letter}{n}" for n in numbers)
