"""What measures and heads are called, and the plain sentence for what a head does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui.numbers import in_column

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

# Measure -> name, and what it means.
_MEASURES = {
    "entropy": (
        QT_TRANSLATE_NOOP("HeadWords", "Entropy"),
        QT_TRANSLATE_NOOP(
            "HeadWords", "How widely the head spreads its attention, in bits: 0 is one key, 3 as much as 8 equal keys."
        ),
    ),
    "mean_distance": (
        QT_TRANSLATE_NOOP("HeadWords", "Distance"),
        QT_TRANSLATE_NOOP("HeadWords", "How many tokens away it looks: the sum of weight times |query - key|."),
    ),
    "previous_token": (
        QT_TRANSLATE_NOOP("HeadWords", "Previous"),
        QT_TRANSLATE_NOOP("HeadWords", "Mean weight on the token just before."),
    ),
    "next_token": (
        QT_TRANSLATE_NOOP("HeadWords", "Next"),
        QT_TRANSLATE_NOOP("HeadWords", "Mean weight on the token just after."),
    ),
    "same_token": (
        QT_TRANSLATE_NOOP("HeadWords", "Itself"),
        QT_TRANSLATE_NOOP("HeadWords", "Mean weight on the token itself."),
    ),
    "first_token": (
        QT_TRANSLATE_NOOP("HeadWords", "First"),
        QT_TRANSLATE_NOOP("HeadWords", "Mean weight on the first token of the text."),
    ),
    "separator": (
        QT_TRANSLATE_NOOP("HeadWords", "Separator"),
        QT_TRANSLATE_NOOP("HeadWords", "Mean weight on special tokens such as [SEP] and </s> after the first token."),
    ),
    "induction": (
        QT_TRANSLATE_NOOP("HeadWords", "Induction"),
        QT_TRANSLATE_NOOP(
            "HeadWords",
            "On random tokens that come twice: mean weight on the token that followed the first time.",
        ),
    ),
    "duplicate_token": (
        QT_TRANSLATE_NOOP("HeadWords", "Duplicate"),
        QT_TRANSLATE_NOOP(
            "HeadWords", "On random tokens that come twice: mean weight on the same token's first place."
        ),
    ),
    "same_part_of_speech": (
        QT_TRANSLATE_NOOP("HeadWords", "Part of speech"),
        QT_TRANSLATE_NOOP("HeadWords", "Mean weight on other morphemes of the same part of speech."),
    ),
}

# What only a comparison of two runs has.
_DISTANCES = {
    "jensen_shannon": (
        QT_TRANSLATE_NOOP("HeadWords", "Change"),
        QT_TRANSLATE_NOOP(
            "HeadWords",
            "Jensen-Shannon distance between a head's rows in A and in B: 0 is the same attention, "
            "1 never a token in common.",
        ),
    ),
}

_SENTENCES = {
    "induction": QT_TRANSLATE_NOOP("HeadWords", "continues repetitions"),
    "duplicate_token": QT_TRANSLATE_NOOP("HeadWords", "looks at the same token earlier"),
    "previous_token": QT_TRANSLATE_NOOP("HeadWords", "looks one token back"),
    "next_token": QT_TRANSLATE_NOOP("HeadWords", "looks one token ahead"),
    "same_token": QT_TRANSLATE_NOOP("HeadWords", "looks at itself"),
    "separator": QT_TRANSLATE_NOOP("HeadWords", "looks at separators"),
    "first_token": QT_TRANSLATE_NOOP("HeadWords", "looks at the first token"),
    "same_part_of_speech": QT_TRANSLATE_NOOP("HeadWords", "looks at the same part of speech"),
    "broad": QT_TRANSLATE_NOOP("HeadWords", "spreads evenly"),
    "nearby": QT_TRANSLATE_NOOP("HeadWords", "looks nearby"),
    "focused": QT_TRANSLATE_NOOP("HeadWords", "picks a few tokens"),
    "mixed": QT_TRANSLATE_NOOP("HeadWords", "mixed"),
    "punctuation": QT_TRANSLATE_NOOP("HeadWords", "looks at punctuation"),
    "one_key": QT_TRANSLATE_NOOP("HeadWords", "all look at the same token"),
    "one_word": QT_TRANSLATE_NOOP("HeadWords", "looks at one word"),
}

MEASURES = tuple(_MEASURES)


def measure_name(measure: str) -> str:
    """The measure's short name in the interface's language."""
    return QCoreApplication.translate("HeadWords", (_MEASURES | _DISTANCES)[measure][0])


def measure_meaning(measure: str) -> str:
    """What it measures, in one sentence."""
    return QCoreApplication.translate("HeadWords", (_MEASURES | _DISTANCES)[measure][1])


def measure_title(measure: str) -> str:
    """Its name with its unit, for an axis."""
    units = {
        "entropy": QCoreApplication.translate("HeadWords", "{name} (bits)"),
        "mean_distance": QCoreApplication.translate("HeadWords", "{name} (tokens)"),
    }
    share = QCoreApplication.translate("HeadWords", "{name} (weight)")
    return units.get(measure, share).format(name=measure_name(measure))


def measure_text(measure: str, value: float, is_change: bool = False) -> str:
    """A value as the table shows it; empty where nothing could be measured."""
    return in_column(value, 2 if measure in ("entropy", "mean_distance") else 3, is_change=is_change)


def sentence(label: str) -> str:
    """What a head of this label or pattern does (`head_statistics.LABELS`, `first_look.PATTERNS`)."""
    return QCoreApplication.translate("HeadWords", _SENTENCES[label])


def kind_name(kind: str) -> str:
    """A kind of attention in the interface's language."""
    translate = QCoreApplication.translate
    names = {
        "self": translate("View", "self-attention"),
        "encoder": translate("View", "encoder"),
        "decoder": translate("View", "decoder"),
        "cross": translate("View", "cross-attention"),
    }
    return names.get(kind, kind)


_MIXERS = {
    "convolution": QT_TRANSLATE_NOOP("Layers", "convolution"),
    "state_space": QT_TRANSLATE_NOOP("Layers", "state space"),
    "linear_attention": QT_TRANSLATE_NOOP("Layers", "linear attention, without a matrix of weights"),
    "recurrence": QT_TRANSLATE_NOOP("Layers", "recurrence"),
    "other": QT_TRANSLATE_NOOP("Layers", "no attention"),
}


def other_layers(trace: Trace, kind: str) -> dict[int, str]:
    """The layers up to the last one with attention that have none, and what they are, in the interface's language."""
    numbers, types = trace.layer_numbers(kind), trace.card.layer_types
    found = {}
    for layer in range(trace.depth(kind)):
        if layer not in numbers:
            name = types[layer] if layer < len(types) else "other"
            found[layer] = QCoreApplication.translate("Layers", _MIXERS.get(name, _MIXERS["other"]))
    return found


def short_name(layer: int, head: int) -> str:
    """ "L2 H3", as on the mosaic of all heads."""
    return f"L{layer} H{head}"
