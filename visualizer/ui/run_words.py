"""What a run was made with beside its text, in words: the adapter at work or not, parts that were switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from visualizer.core.interventions import short
from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui import intervention_words

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

STATES = {
    "on": QT_TRANSLATE_NOOP("Adapter", "adapter on"),
    "off": QT_TRANSLATE_NOOP("Adapter", "adapter off"),
}


def state_name(state: str) -> str:
    """ "adapter on", "adapter off", or "" for a model that has none; state: `ModelCard.adapter`."""
    return QCoreApplication.translate("Adapter", STATES[state]) if state in STATES else ""


def caption(trace: Trace) -> str:
    """All of it in one line, "" where there is nothing to say."""
    said = (state_name(trace.card.adapter), intervention_words.caption(trace.request.interventions))
    return " · ".join(part for part in said if part)


def adapter(trace: Trace) -> str:
    """For files: "on", "off" or ""."""
    return trace.card.adapter


def interventions(trace: Trace) -> str:
    """For files: as `core.interventions.short` writes them."""
    return short(trace.request.interventions)
