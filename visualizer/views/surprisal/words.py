"""What the view of surprisal says in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from visualizer.ui.numbers import fixed, format_count, format_number, format_probability
from visualizer.views.reading_controls import sentences

if TYPE_CHECKING:
    from visualizer.core.analyses.surprisal import Surprise
    from visualizer.core.text import Unit
    from visualizer.core.trace import Trace

translate = QCoreApplication.translate


def summary(found: Surprise) -> str:
    """Perplexity and bits per character, in one line."""
    if not found.is_complete:
        text = translate("SurprisalView", "{done} of {all} tokens")
        return text.format(done=format_count(found.done), all=format_count(found.of))
    if math.isnan(found.perplexity):
        return translate("SurprisalView", "No token of this text is predicted.")
    name = translate("SurprisalView", "Perplexity {value}")
    if found.is_pseudo:
        name = translate("SurprisalView", "Pseudo-perplexity {value}")
    parts = [name.format(value=format_number(found.perplexity))]
    if found.characters:
        text = translate("SurprisalView", "{value} bits per character")
        parts.append(text.format(value=format_number(found.bits_per_character)))
    total = translate("SurprisalView", "{bits} bits in {count} tokens")
    parts.append(total.format(bits=fixed(found.bits, 1), count=format_count(int(found.is_counted.sum()))))
    return " · ".join(parts)


def note(trace: Trace, found: Surprise, unit: str, color: str) -> str:
    """How the numbers were made."""
    parts = []
    if found.is_pseudo:
        parts.append(
            translate(
                "SurprisalView",
                "Pseudo-log-likelihood: each token alone is blanked, and the model asked for it (Salazar et al. 2020)."
                " It is not the probability of the text.",
            )
        )
    elif trace.kind == "encoder_decoder":
        parts.append(translate("SurprisalView", "The decoder's side; nothing predicts its start token."))
    else:
        parts.append(
            translate("SurprisalView", "Nothing predicts the first token: it has no colour and is not counted.")
        )
    if unit != "token":
        text = translate("SurprisalView", "Sum over the tokens of a morpheme.")
        if unit == "word":
            text = translate("SurprisalView", "Sum over the tokens of a word.")
        if color == "entropy":
            text = translate("SurprisalView", "The entropy before the first token of each.")
        parts.append(text)
    return sentences(parts)


def readout(found: Surprise, unit: Unit, bits: float, entropy: float) -> str:
    """What is said of the piece under the pointer."""
    label = unit.label.strip() or unit.label
    if math.isnan(bits):
        text = translate("SurprisalView", "“{token}”: not predicted")
        if not found.is_complete and any(found.place[t] >= 0 for t in unit.tokens):
            text = translate("SurprisalView", "“{token}”: not measured yet")
        return text.format(token=label)
    if len(unit.tokens) == 1:
        token = unit.tokens[0]
        text = translate("SurprisalView", "“{token}”: {bits} bits ({chance}), rank {rank}, entropy {entropy} bits")
        return text.format(
            token=label,
            bits=fixed(bits),
            chance=format_probability(2.0**-bits),
            rank=format_count(int(found.rank[token])),
            entropy=fixed(entropy),
        )
    text = translate("SurprisalView", "“{token}”: {bits} bits in {count} tokens, entropy before it {entropy} bits")
    return text.format(token=label, bits=fixed(bits), count=len(unit.tokens), entropy=fixed(entropy))
