"""Sentences of the feed-forward view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication

from visualizer.ui import errors
from visualizer.ui.numbers import format_number, short_weight

if TYPE_CHECKING:
    from visualizer.core.analyses.feed_forward import LayerNeurons, Neuron
    from visualizer.views.feed_forward.work import Found

translate = QCoreApplication.translate


def name(one: Neuron) -> str:
    """ "128", or "E3 · 128" for a neuron of the fourth expert."""
    return f"{one.neuron}" if one.expert < 0 else f"E{one.expert} · {one.neuron}"


def title(one: Neuron) -> str:
    """ "Neuron 128"."""
    text = translate("FeedForwardView", "Neuron {neuron}").format(neuron=one.neuron)
    if one.expert < 0:
        return text
    expert = translate("FeedForwardView", "expert {expert}").format(expert=one.expert)
    return f"{text} ({expert})"


def formula(layer: LayerNeurons, is_rectifier: bool) -> str:
    """What the layer computes, in one line."""
    if layer.up is not None:
        return "FFN(x) = (f(x W) ⊙ x V) W₂"
    return "FFN(x) = max(0, x W₁ + b₁) W₂ + b₂" if is_rectifier else "FFN(x) = f(x W₁ + b₁) W₂ + b₂"


def is_rectifier(layer: LayerNeurons) -> bool:
    """Whether the measured activation is max(0, x)."""
    if layer.curve is None or layer.up is not None:
        return False
    x, y = layer.curve
    return bool(np.allclose(y, np.maximum(x, 0), atol=1e-6))


def hint(one: Neuron) -> str:
    """All numbers of one neuron."""
    lines = [
        translate("FeedForwardView", "before the activation: {value}").format(value=format_number(one.before)),
        translate("FeedForwardView", "after: {value}").format(value=format_number(one.after)),
        translate("FeedForwardView", "length of what it writes: {value}").format(value=format_number(one.writes)),
    ]
    if np.isfinite(one.up):
        factor = translate("FeedForwardView", "multiplied with: {value}").format(value=format_number(one.up))
        lines.insert(1, factor)
    return "\n".join((title(one), *lines))


def note(found: Found) -> str:
    """How the numbers are to be read, and what could not be had."""
    layer = found.layer
    parts = [
        formula(layer, is_rectifier(layer)) + ".",
        translate(
            "FeedForwardView",
            "Neurons are ordered by how much they write: the number after the activation times the length of their row"
            " of W₂.",
        ),
    ]
    if layer.routing is not None and found.asked.position < len(layer.routing.experts):
        chosen = zip(
            layer.routing.experts[found.asked.position], layer.routing.weights[found.asked.position], strict=True
        )
        told = ", ".join(f"E{expert}: {short_weight(float(weight))}" for expert, weight in chosen if expert >= 0)
        text = translate(
            "FeedForwardView",
            "The router sent this token to {chosen} of {count} experts; parts that read every token are not shown.",
        )
        parts.append(text.format(chosen=told, count=layer.routing.count))
    if layer.curve is None:
        parts.append(
            translate(
                "FeedForwardView", "What lies between the two matrices is no function of each neuron alone: no curve."
            )
        )
    if found.promoted is not None:
        parts.append(
            translate(
                "FeedForwardView",
                "Tokens are read through the gain of the final normalisation and the output embedding, per unit of the"
                " neuron; later layers may answer differently, and few neurons mean one thing.",
            )
        )
        if found.chosen is not None and found.chosen.after < 0:
            below = translate(
                "FeedForwardView", "Here the neuron is below zero ({value}): it speaks the other way round."
            )
            parts.append(below.format(value=format_number(found.chosen.after)))
    elif found.refused is not None:
        parts.append(errors.present(found.refused)[0])
    if np.isnan(found.steps.feed_forward).all():
        parts.append(
            translate(
                "FeedForwardView",
                "This model normalises after each part: only the whole step of a layer is known.",
            )
        )
    return " ".join(parts)
