"""What the view of a logit's parts says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from visualizer.ui.numbers import format_count, format_number
from visualizer.views import head_words

if TYPE_CHECKING:
    from visualizer.core.analyses.logit_attribution import Component
    from visualizer.core.trace import Trace
    from visualizer.views.logit_attribution.work import Found

translate = QCoreApplication.translate


def of_kind(one: Component) -> str:
    """The name of all parts of a kind."""
    return {
        "embedding": translate("LogitAttributionView", "Embedding"),
        "position": translate("LogitAttributionView", "Position"),
        "head": translate("LogitAttributionView", "Heads"),
        "attention_bias": translate("LogitAttributionView", "Attention’s biases"),
        "feed_forward": translate("LogitAttributionView", "Feed-forward parts"),
        "block": translate("LogitAttributionView", "Whole blocks"),
        "norm_bias": translate("LogitAttributionView", "Final norm’s shift"),
        "output_bias": translate("LogitAttributionView", "Output layer’s bias"),
        "output": translate("LogitAttributionView", "What is no product"),
    }[one.name]


def of_part(one: Component, has_kinds: bool) -> str:
    """The name of one part: "L2 H3"."""
    if one.layer < 0:
        return of_kind(one)
    kind = f"{head_words.kind_name(one.kind)} " if has_kinds and one.kind else ""
    if one.name == "head":
        return f"{kind}{head_words.short_name(one.layer, one.head)}"
    patterns = {
        "attention_bias": translate("LogitAttributionView", "L{layer} attention’s bias"),
        "feed_forward": translate("LogitAttributionView", "L{layer} feed-forward"),
        "block": translate("LogitAttributionView", "L{layer} whole block"),
    }
    return kind + patterns[one.name].format(layer=one.layer)


def of_layer(one: Component) -> str:
    """The name of all parts of a layer; what belongs to none has its own."""
    return of_kind(one) if one.layer < 0 else translate("LogitAttributionView", "Layer {layer}").format(layer=one.layer)


def others(count: int) -> str:
    """All that have no bar of their own."""
    return translate("LogitAttributionView", "{count} others").format(count=format_count(count))


def what(found: Found) -> str:
    """Whose logit it is."""
    if not found.against:
        return translate("LogitAttributionView", "Logit of “{token}”").format(token=found.label.strip())
    text = translate("LogitAttributionView", "Logit of “{token}” less that of “{against}”")
    return text.format(token=found.label.strip(), against=found.against.strip())


def total(found: Found) -> str:
    """Sum and logit side by side."""
    one = found.attribution
    text = translate("LogitAttributionView", "Sum of all parts {total} · the model’s own {logit} · difference {error}")
    return text.format(
        total=format_number(one.total, 5),
        logit=format_number(one.logit, 5),
        error=format_number(abs(one.total - one.logit), 2),
    )


def note(trace: Trace, found: Found) -> str:
    """What is held, and what cannot be split and by how much."""
    one = found.attribution
    scale = translate("LogitAttributionView", "The final norm’s scale is held at its true value ({scale}).")
    sentences = [scale.format(scale=format_number(one.scale))]
    if one.whole_layers and trace.request.interventions:
        sentences.append(
            translate("LogitAttributionView", "Parts are switched off or changed: each block stands as one bar.")
        )
    elif one.whole_layers:
        share = sum(part.contribution for part in one.components if part.name == "block")
        text = translate(
            "LogitAttributionView",
            "{count} blocks are no sum of their parts (they normalise after them): each is one bar, {share} in all.",
        )
        sentences.append(text.format(count=len(one.whole_layers), share=format_number(share)))
    rest = sum(part.contribution for part in one.components if part.name == "output")
    if not one.exact:
        text = translate(
            "LogitAttributionView",
            "The output layer does more than a product (a soft cap, a transform): {rest} of the logit cannot be split.",
        )
        sentences.append(text.format(rest=format_number(rest)))
    return " ".join(sentences)
