"""A trace as a notebook shows it: one small piece of HTML, which needs nothing but itself and runs nothing.

Colours are transparent over the notebook's own, and text has the notebook's colour: light and dark come by themselves.
Whatever a text or a file may hold is escaped, and what is long is cut and said to be.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from visualizer.core import attention, interventions
from visualizer.core.analyses import first_look
from visualizer.core.text.tokens import Token, clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from visualizer.core.attention import AttentionRecord
    from visualizer.core.trace import Trace

MOST_CHARACTERS = 300  # of a text
MOST_TOKENS = 60
MOST_LABEL = 24  # characters of one token or name
MOST_CELLS = 12  # rows and columns of the table: whole on a notebook's page

# Black or white text stays readable (contrast above 7) on this much of the blue over a white or a black page.
_BLUE, _STRONGEST = "59,130,246", 0.6
_BOX = "display:inline-block;border:1px solid rgba(128,128,128,.5);border-radius:3px;padding:0 4px;margin:1px"
_QUIET = "opacity:.75"
_CELL = "padding:1px 3px;text-align:center;border:0;background:{};white-space:nowrap"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def page(trace: Trace) -> str:
    """The text, the model, the tokens, and the head on which the trace opens, as an HTML fragment of bounded length."""
    lines = [_line(trace.text, MOST_CHARACTERS, "b")]
    if trace.pair is not None:
        lines.append(_line(trace.pair, MOST_CHARACTERS, "b"))
    lines.append(f'<span style="{_QUIET}">{" · ".join(_card(trace))}</span>')
    done = interventions.short(trace.request.interventions)
    if done:
        lines.append(_line(done, MOST_CHARACTERS, "i"))
    lines.append(_tokens(trace.tokens, trace.cut))
    if trace.target_tokens:
        lines.append(f"→ {_tokens(trace.target_tokens, 0)}")
    body = "".join(f'<div style="margin:2px 0">{line}</div>' for line in lines)
    # Notebooks set mathematics between dollar signs, which a sentence may have.
    return (
        '<div class="transformer-visualizer tex2jax_ignore mathjax_ignore" style="font-size:13px;line-height:1.6">'
        f"{body}{_table(trace) if trace.kinds else ''}</div>"
    )


def _shown(text: str, most: int) -> str:
    """Text for HTML, in a line and at most so long."""
    text = _CONTROLS.sub(" ", clean(text[: most + 1]))
    return html.escape(text if len(text) <= most else f"{text[: most - 1]}…")


def _line(text: str, most: int, tag: str) -> str:
    # Isolated: signs that turn the direction of writing end with the text that has them.
    return f"<{tag}><bdi>{_shown(text, most)}</bdi></{tag}>"


def _card(trace: Trace) -> Sequence[str]:
    card = trace.card
    some = card.layers_with_attention
    layers = f"{card.layers} layers" if some == card.layers else f"{card.layers} layers ({some} with attention)"
    if card.layers_with_more:
        layers += f", {card.layers_with_more} with a state space beside attention"
    return (
        f"<bdi>{_shown(card.name, MOST_LABEL * 3)}</bdi>",
        _shown(card.family, MOST_LABEL),
        f"{layers} × {card.heads} heads",
        f"width {card.width}",
        f"{_count(card.parameters)} parameters",
        f"{_shown(card.position_scheme, MOST_LABEL)} positions",
        _shown(card.dtype, MOST_LABEL),
        *([f"adapter {card.adapter}"] if card.adapter else []),
    )


def _count(number: int) -> str:
    for unit, size in (("B", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return str(number)


def _tokens(tokens: tuple[Token, ...], cut: int) -> str:
    boxes = []
    for n, token in enumerate(tokens[:MOST_TOKENS]):
        style = f"{_BOX};{_QUIET};font-style:italic" if token.special else _BOX
        label = _shown(token.text, MOST_LABEL)
        boxes.append(f'<span style="{style}" title="{n}: id {token.id}"><bdi>{label}</bdi></span>')
    more = len(tokens) - MOST_TOKENS
    if more > 0:
        boxes.append(f'<span style="{_QUIET}">… {more} more tokens</span>')
    if cut:
        boxes.append(f'<span style="{_QUIET}">({cut} tokens did not fit the model)</span>')
    return "".join(boxes)


def _table(trace: Trace) -> str:
    """The weights of the head on which this text opens; of a long text those between its first tokens."""
    place = first_look.remembered(trace).place
    record = trace.record_of_head(place.layer, place.head, place.kind)
    queries, keys = trace.query_tokens(place.kind)[:MOST_CELLS], trace.key_tokens(place.kind)[:MOST_CELLS]
    with torch.inference_mode():
        weights = attention.weights(record, place.head, 0, len(queries))[:, : len(keys)].cpu().tolist()
        blocked = attention.masked_cells(_corner(record, len(queries), len(keys)), place.head)
        masked = None if blocked is None else blocked.cpu().tolist()
    kind = "" if len(trace.kinds) == 1 else f"{place.kind}, "
    first = ""
    if record.shape != (len(queries), len(keys)):
        first = f"; the first {len(queries)} × {len(keys)} of {record.shape[0]} × {record.shape[1]}"
    about = f"Attention ({kind}layer {place.layer}, head {place.head}): a row looks at the columns{first}"
    plain = _CELL.format("transparent")
    rows = ["".join(["<td></td>", *(_heading(token) for token in keys)])]
    for q, query in enumerate(queries):
        cells = [_heading(query)]
        for k, weight in enumerate(weights[q]):
            if masked is not None and masked[q][k]:
                cells.append(f'<td style="{plain}"></td>')
                continue
            color = f"rgba({_BLUE},{_STRONGEST * min(1.0, max(0.0, weight)):.3f})"
            cells.append(f'<td style="{_CELL.format(color)}" title="{q} → {k}: {weight:.6f}">{weight:.2f}</td>')
        rows.append("".join(cells))
    body = "".join(f'<tr style="background:transparent">{row}</tr>' for row in rows)
    return (
        f'<div style="{_QUIET}">{about}</div><div style="overflow-x:auto"><table style="border-collapse:collapse;'
        f'font-size:11px;margin:2px 0">{body}</table></div>'
    )


def _corner(record: AttentionRecord, queries: int, keys: int) -> AttentionRecord:
    """The first queries and keys of a call, for what does not depend on the others: which cells are masked."""

    def cut(tensor: torch.Tensor | None, rows: int, columns: int | None = None) -> torch.Tensor | None:
        return None if tensor is None else tensor[:, :rows, :columns]

    return replace(
        record,
        query=cut(record.query, queries),
        key=cut(record.key, keys),
        mask=cut(record.mask, queries, keys),
        weights=cut(record.weights, queries, keys),
    )


def _heading(token: Token) -> str:
    style = f"{_CELL.format('transparent')};font-weight:normal"
    return f'<th style="{style}"><bdi>{_shown(token.text, MOST_LABEL // 2)}</bdi></th>'
