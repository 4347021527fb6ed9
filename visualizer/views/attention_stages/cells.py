"""What stands under the steps of attention: one cell's formula with its real numbers, and what the check found."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui import errors
from visualizer.ui.numbers import format_number, format_weight
from visualizer.views.attention_stages.words import name, plain, signed

if TYPE_CHECKING:
    from visualizer.core.analyses.attention_stages.check import Differences
    from visualizer.core.analyses.attention_stages.steps import Cell, StageMatrix
    from visualizer.core.trace import Trace

translate = QCoreApplication.translate

_WHY_ALONE = {
    "changed": QT_TRANSLATE_NOOP("Stages", "put here because something was switched off or changed"),
    "model": QT_TRANSLATE_NOOP("Stages", "a file holds neither X nor W: load the model to see the sum"),
    "between": QT_TRANSLATE_NOOP("Stages", "this model does more here than one matrix product"),
    "pass": QT_TRANSLATE_NOOP("Stages", "X is not known: the model could not read this text again"),
    "rotation": QT_TRANSLATE_NOOP("Stages", "which dimensions are turned together is not known"),
    "unturned": QT_TRANSLATE_NOOP("Stages", "this dimension is not turned"),
}


def fitting_text(
    trace: Trace, kind: str, matrix: StageMatrix, cell: Cell, row: int, column: int, fits: Callable[[str], bool]
) -> str:
    """`cell_text` with as many terms of its sum as fit: the result stands at the end, and must not be cut off."""
    while True:
        text = cell_text(trace, kind, matrix, cell, row, column)
        if fits(text):
            return text
        if len(cell.products) > 1:
            cell = replace(cell, products=cell.products[:-1])
        elif cell.count > 1:
            cell = replace(cell, count=-1)  # not even how many there are
        else:
            return text


def cell_text(trace: Trace, kind: str, matrix: StageMatrix, cell: Cell, row: int, column: int) -> str:
    """Whose cell it is, and its formula with the real numbers."""
    tokens = trace.key_tokens(kind) if matrix.rows == "key" else trace.query_tokens(kind)
    row_name, numbers = name(tokens[row].text), formula_text(cell)
    if matrix.columns == "key":
        key = name(trace.key_tokens(kind)[column].text)
        return translate("Stages", "“{query}” → “{key}”:  {formula}").format(query=row_name, key=key, formula=numbers)
    if matrix.columns == "heads":
        size = matrix.values.shape[1] // trace.heads(kind)
        text = translate("Stages", "“{token}”, head {head}, dimension {index}:  {formula}")
        return text.format(token=row_name, head=column // size, index=column % size, formula=numbers)
    text = translate("Stages", "“{token}”, dimension {index}:  {formula}")
    return text.format(token=row_name, index=column, formula=numbers)


def formula_text(cell: Cell) -> str:
    """The formula of a cell with its real numbers; in words why there is none, where the value stands alone."""
    t, value = cell.terms, plain(cell.value)
    if cell.missing in _WHY_ALONE:
        return f"{value}  ({translate('Stages', _WHY_ALONE[cell.missing])})"
    match cell.stage:
        case _ if "x" in t:
            x, y, cosine, sine = (signed(t[n]) for n in ("x", "y", "cos", "sin"))
            return f"{x}·{cosine} − {y}·{sine} = {value}" if t["first"] else f"{y}·{cosine} + {x}·{sine} = {value}"
        case "query_before" | "query" | "key_before" | "key" | "value" if cell.products:
            return _made_text(cell)
        case "dot" | "output" | "contribution":
            return f"{_sum(cell.products, cell.count)} = {value}"
        case "scaled" if t["scaling"] != 1.0:
            return f"{plain(t['dot'])} × {format_number(t['scaling'])} = {value}"
        case "capped":
            cap = format_number(t["softcap"])
            return f"{cap} · tanh({plain(t['score'])} / {cap}) = {value}"
        case "biased":
            return f"{plain(t.get('capped', t['score']))} + {signed(t['bias'])} = {value}"
        case "masked" | "weights" if cell.is_masked:
            return translate("Stages", "masked: exp(−∞) = 0")
        case "masked":
            return translate("Stages", "{score}, may be looked at").format(score=value)
        case "weights" if "log_sum" in t:
            return _softmax_text(cell)
        case "block":
            return _block_text(cell)
    return value


def _sum(products: Sequence[tuple[float, float]], count: int) -> str:
    """0.31·1.20 + (−0.50)·0.30 + … (64 terms); without the number of terms when it is negative."""
    text = " + ".join(f"{signed(a)}·{signed(b)}" for a, b in products)
    if count > len(products):
        text += " + … " + translate("Stages", "({count} terms)").format(count=count)
    return text if count >= 0 else f"{text} + …"


def _made_text(cell: Cell) -> str:
    """0.31·1.20 + … (64 terms) + 0.12 = 2.31, with the factor before it where the model scales at once."""
    text, factor = _sum(cell.products, cell.count), cell.terms["factor"]
    if "bias" in cell.terms:
        text += " + " + translate("Stages", "bias {bias}").format(bias=signed(cell.terms["bias"]))
    if factor != 1.0:
        text = f"{format_number(factor)} · ({text})"
    return f"{text} = {plain(cell.value)}"


def _softmax_text(cell: Cell) -> str:
    """exp(2.31) / 29.4 = 0.342; with the sum's logarithm where the sum is too large to write."""
    t, value = cell.terms, format_weight(cell.value)
    top = f"exp({plain(t['input'])})"
    if "sink" in t:
        sink = translate("Stages", "the sink takes {share}").format(
            share=format_weight(math.exp(t["sink"] - t["log_sum"]))
        )
        keys = format_number(t["keys"]) if t["keys"] < 1e6 else "Σ"
        return f"{top} / ({keys} + exp({plain(t['sink'])})) = {value}  ({sink})"
    total = format_number(math.exp(t["log_sum"])) if t["log_sum"] < 13 else f"exp({plain(t['log_sum'])})"
    return f"{top} / Σ = {top} / {total} = {value}"


def _block_text(cell: Cell) -> str:
    shares = [
        translate("Stages", "head {head}: {share}").format(head=int(head), share=plain(share))
        for head, share in cell.products
    ]
    if cell.count > len(shares) or cell.count < 0:
        shares.append("…")
    if "bias" in cell.terms:
        shares.append(translate("Stages", "bias: {bias}").format(bias=plain(cell.terms["bias"])))
    return f"{' + '.join(shares)} = {plain(cell.value)}"


def check_text(trace: Trace, layer: int, head: int, kind: str, found: Differences | BaseException | None) -> str:
    """How far the numbers shown lie from the model's own, and what was compared with what.

    found: the differences of the softmax, what went wrong when they were sought, or None where there are none.
    """
    own = trace.record(layer, kind).query is None
    texts = [translate("Stages", "These are the weights that the model handed out itself.")] if own else []
    if isinstance(found, dict):
        text = translate(
            "Stages",
            "Checked: the softmax shown differs from the model's own by at most {here} in this head, "
            "{worst} in all heads.",
        )
        worst = max(float(values.max()) for values in found.values())
        here = format_number(float(found[kind][layer, head]), 2)
        return text.format(here=here, worst=format_number(worst, 2))
    if isinstance(found, BaseException):
        text = translate("Stages", "The softmax could not be checked against the model's own: {reason}")
        texts.append(text.format(reason=errors.present(found)[0]))
    elif found is None and trace.request.interventions:
        texts.append(
            translate(
                "Stages", "The softmax cannot be checked against the model's own while parts of the model are changed."
            )
        )
    if trace.difference is not None and (own or trace.method == "registry"):
        text = translate(
            "Stages", "Checked: attention outputs recomputed from these steps differ by at most {difference}."
        )
        if trace.method != "registry":
            text = translate(
                "Stages",
                "The pass that hands out the weights and the model's ordinary one differ by at most {difference} "
                "in their final states.",
            )
        texts.append(text.format(difference=format_number(trace.difference, 2)))
    return " ".join(texts)
