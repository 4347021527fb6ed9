"""The words of the diagram: names of boxes, what happens in each, and what a model does otherwise than in 2017."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from visualizer.core.analyses.model_map import Box


def name(box: Box) -> str:
    """What a box is called."""
    translate = QCoreApplication.translate
    facts = box.facts
    norm = {"rms": translate("ModelMapView", "RMS norm"), "layer": translate("ModelMapView", "Layer norm")}
    names = {
        "embedding": translate("ModelMapView", "Token embedding"),
        "other_embedding": translate("ModelMapView", "Further embedding"),
        "positions": translate("ModelMapView", "Positions"),
        "add": "+",
        "norm": norm.get(facts.get("norm", ""), translate("ModelMapView", "Norm")),
        "attention": translate("ModelMapView", "Self-attention"),
        "cross_attention": translate("ModelMapView", "Cross-attention"),
        "feed_forward": translate("ModelMapView", "Feed-forward"),
        "experts": translate("ModelMapView", "Experts"),
        "mixer": _mixers().get(facts.get("mixer", ""), translate("ModelMapView", "Another mixer of tokens")),
        "block": translate("ModelMapView", "Block (parts not told apart)"),
        "rest": translate("ModelMapView", "Further parameters"),
        "final_norm": translate("ModelMapView", "Final norm"),
        "transform": translate("ModelMapView", "Linear"),
        "output": translate("ModelMapView", "Output layer"),
        "softmax": translate("ModelMapView", "Softmax"),
        "branch": translate("ModelMapView", "Beside the prediction"),
    }
    return names[box.kind]


def _mixers() -> dict[str, str]:
    translate = QCoreApplication.translate
    return {
        "convolution": translate("ModelMapView", "Convolution"),
        "state_space": translate("ModelMapView", "State space"),
        "attention+state_space": translate("ModelMapView", "State space"),
        "linear_attention": translate("ModelMapView", "Linear attention"),
        "recurrence": translate("ModelMapView", "Recurrence"),
    }


def schemes() -> dict[str, str]:
    """How positions are told."""
    translate = QCoreApplication.translate
    return {
        "sinusoidal": translate("ModelMapView", "sinusoidal"),
        "learned": translate("ModelMapView", "learned"),
        "rotary": translate("ModelMapView", "rotary, in attention"),
        "alibi": translate("ModelMapView", "ALiBi, in attention"),
        "relative": translate("ModelMapView", "relative, in attention"),
    }


def detail(box: Box) -> str:
    """What is particular of a box, short: "8 heads, 2 for keys"."""
    translate, facts, parts = QCoreApplication.translate, box.facts, []
    if "heads" in facts:
        parts.append(translate("ModelMapView", "{count} heads").format(count=facts["heads"]))
        if facts.get("key_heads", facts["heads"]) < facts["heads"]:
            parts.append(translate("ModelMapView", "{count} for keys").format(count=facts["key_heads"]))
    if "window" in facts:
        parts.append(translate("ModelMapView", "window {count}").format(count=facts["window"]))
    if "experts" in facts:
        text = translate("ModelMapView", "{chosen} of {count} for each token")
        parts.append(text.format(chosen=facts["chosen"], count=facts["experts"]))
    if "width" in facts:
        parts.append(f"{box.shape[-1]} → {facts['width']} → {box.shape[-1]}")
    if "scheme" in facts:
        parts.append(schemes().get(facts["scheme"], facts["scheme"]))
    if facts.get("tied"):
        parts.append(translate("ModelMapView", "tied to the embedding"))
    return ", ".join(parts)


def shape(box: Box, tokens: int) -> str:
    """ "6 × 256": of what a box gives for the present text."""
    return " × ".join(str(tokens if n == "token" else n) for n in box.shape)


def happens(box: Box) -> str:
    """One sentence: what happens in a box."""
    translate = QCoreApplication.translate
    sentences = {
        "embedding": translate("ModelMapView", "Each token’s number picks its row of the table: a word is a vector."),
        "other_embedding": translate(
            "ModelMapView", "A further table is read: of which sentence a token is, for example."
        ),
        "positions": translate("ModelMapView", "The model is told where each token stands."),
        "add": translate("ModelMapView", "What was computed is added to the stream, which goes on."),
        "norm": translate("ModelMapView", "Each vector is brought to one size, so that numbers neither grow nor fade."),
        "attention": translate("ModelMapView", "Tokens look at each other, and take over what they need."),
        "cross_attention": translate("ModelMapView", "What is written looks at the source text."),
        "feed_forward": translate("ModelMapView", "Each token thinks for itself: a small network on each vector."),
        "experts": translate("ModelMapView", "A router sends each token to a few of many small networks."),
        "mixer": translate("ModelMapView", "Tokens are mixed here without attention."),
        "block": translate("ModelMapView", "A whole block runs, whose parts could not be told apart."),
        "rest": translate("ModelMapView", "Parameters that no other box of the diagram has."),
        "final_norm": translate("ModelMapView", "The vectors are brought to one size for the last time."),
        "transform": translate("ModelMapView", "Each vector is multiplied with one more matrix."),
        "output": translate("ModelMapView", "Each vector is compared with every word of the vocabulary: scores."),
        "softmax": translate("ModelMapView", "Scores become probabilities, which sum to 1."),
        "branch": translate("ModelMapView", "This is computed beside the prediction, for other tasks."),
    }
    return sentences[box.kind]


def otherwise(word: str, value: str) -> str:
    """One line of what a model does otherwise than the Transformer of 2017."""
    translate = QCoreApplication.translate
    lines: dict[str, Callable[[], str]] = {
        "decoder_only": lambda: translate("ModelMapView", "A decoder alone, without encoder"),
        "encoder_only": lambda: translate("ModelMapView", "An encoder alone, without decoder"),
        "pre_norm": lambda: translate("ModelMapView", "Norms before attention and feed-forward, not after the sum"),
        "norm_after": lambda: translate("ModelMapView", "Norms after attention and feed-forward, before the sum"),
        "norm_both": lambda: translate("ModelMapView", "Norms before and after attention and feed-forward"),
        "parallel": lambda: translate("ModelMapView", "Parts side by side: one sum for both"),
        "rms": lambda: translate("ModelMapView", "RMS norm: the mean is not taken away"),
        "activation": lambda: translate("ModelMapView", "Activation {value}, not ReLU"),
        "gated": lambda: translate("ModelMapView", "A gate in the feed-forward part"),
        "positions": lambda: translate("ModelMapView", "Positions: {value}, not sinusoidal"),
        "no_positions": lambda: translate("ModelMapView", "No position encoding"),
        "multi_query": lambda: translate("ModelMapView", "One head of keys for all heads of queries ({value})"),
        "grouped": lambda: translate("ModelMapView", "Heads of queries share heads of keys ({value})"),
        "window": lambda: translate("ModelMapView", "Attention within a window ({value} tokens)"),
        "experts": lambda: translate("ModelMapView", "Experts: each token goes to {value}"),
        "mixers": lambda: translate("ModelMapView", "Layers with something else than attention: {value}"),
        "untied": lambda: translate("ModelMapView", "The output layer has a matrix of its own"),
        "final_norm": lambda: translate("ModelMapView", "One more norm after the last block"),
        "shared_layers": lambda: translate("ModelMapView", "All layers share their weights"),
        "scaled": lambda: translate("ModelMapView", "What is added to the stream is scaled"),
    }
    named = {**schemes(), **_mixers()}
    value = ", ".join(named.get(each, each) for each in value.split(", "))
    return lines[word]().format(value=value)
