"""What the view of the lens says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from visualizer.ui.numbers import format_probability

if TYPE_CHECKING:
    from visualizer.core.trace import Trace
    from visualizer.views.logit_lens.work import Found

translate = QCoreApplication.translate


def layer_name(row: int) -> str:
    """ "L3" for what is read after block 3; row 0 are the embeddings."""
    return translate("LogitLensView", "emb.") if row == 0 else f"L{row - 1}"


def plain_layer(row: int) -> str:
    """The same in files, which have one language."""
    return "embeddings" if row == 0 else f"after layer {row - 1}"


def colors(names: Sequence[str]) -> dict[str, str]:
    """What colours may show."""
    texts = {
        "probability": translate("LogitLensView", "probability"),
        "rank": translate("LogitLensView", "rank of the answer"),
        "entropy": translate("LogitLensView", "entropy"),
        "kl": translate("LogitLensView", "KL from the last layer"),
    }
    return {name: texts[name] for name in names}


def parts(names: Sequence[str]) -> dict[str, str]:
    """After what the stream is read."""
    texts = {
        "block": translate("LogitLensView", "the whole block"),
        "attention": translate("LogitLensView", "its attention"),
    }
    return {name: texts[name] for name in names}


def besides(names: Sequence[str]) -> dict[str, str]:
    """What is shown of one position."""
    texts = {
        "tokens": translate("LogitLensView", "tokens through the layers"),
        "scripts": translate("LogitLensView", "scripts through the layers"),
    }
    return {name: texts[name] for name in names}


def scripts() -> tuple[str, ...]:
    """Names of `core.text.scripts.SCRIPTS`."""
    return (
        translate("LogitLensView", "kanji"),
        translate("LogitLensView", "kana"),
        translate("LogitLensView", "Latin"),
        translate("LogitLensView", "other"),
    )


def unit(color: str) -> str:
    """Above the colour bar."""
    return {
        "probability": translate("LogitLensView", "Prob."),
        "rank": translate("LogitLensView", "log₁₀ rank"),
        "entropy": translate("LogitLensView", "Bits"),
        "kl": translate("LogitLensView", "KL (bits)"),
    }[color]


def column_title(trace: Trace) -> str:
    """Above the tokens."""
    if trace.task == "masked":
        return translate("LogitLensView", "Token that is predicted")
    return translate("LogitLensView", "Token after which is predicted")


def short_note() -> str:
    """For the back row."""
    return translate("LogitLensView", "In early layers the reading is unreliable.")


def note(trace: Trace, part: str) -> str:
    """Where the reading is unreliable, and what is read."""
    first = translate(
        "LogitLensView",
        "In early layers the reading is unreliable: they need not speak the language of the output layer "
        "(nostalgebraist 2020; Belrose et al. 2023).",
    )
    if part == "attention":
        return f"{first} " + translate("LogitLensView", "Colours are measured by the answer of the whole model.")
    return first


def top_ten(trace: Trace, found: Found, row: int, column: int) -> str:
    """The candidates of a cell, one a line."""
    lens = found.lens
    lines = []
    for rank in range(lens.token_id.shape[2]):
        token = int(lens.token_id[row, column, rank])
        if token >= 0:
            chance = format_probability(float(lens.probability[row, column, rank]))
            lines.append(f"{rank + 1}. {trace.label(token)}  {chance}")
    return "\n".join((layer_name(row), *lines)) if lines else ""
