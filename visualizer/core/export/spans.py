"""The budget of attention by span (`analyses.spans`) as NPZ, CSV or JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from visualizer.core.analyses import spans
from visualizer.core.errors import UnknownChoice
from visualizer.core.export.importance import token_id
from visualizer.core.export.part import about_trace
from visualizer.core.export.streams import add_array, npz_file, number, text_file
from visualizer.core.system.csv_file import Table

if TYPE_CHECKING:
    from visualizer.core.export.part import Part
    from visualizer.core.trace import Trace

COLUMNS = ("span", "first", "last", "layer", "head", "attention", "weighted")


def write(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """CSV: `COLUMNS`, one row a span, layer and head, the rest of the text as "" without first and last.

    JSON: the same rows beside the token and its probability with each span hidden. NPZ: `attention` and `weighted`
    [layer, head, span + 1], `layers`, `probability_without` [span]. Raises UnknownChoice without spans.
    """
    named = spans.parse(part.spans or "")
    if not named or len(spans.fitting(trace, named)) < len(named):
        raise UnknownChoice("span", part.spans or "", ("NAME=FIRST-LAST",))
    position = -1 if part.position is None else part.position
    found = spans.budget(trace, named, position)
    if suffix == ".csv":
        with text_file(path) as file:
            table = Table(file)
            table.writerow(COLUMNS)
            for row in _rows(found, part):
                cells = (row[name] for name in COLUMNS)
                table.writerow(["" if v is None else number(v) if isinstance(v, float) else v for v in cells])
        return
    token = None if part.token is None else token_id(trace, part.token)
    lost = spans.effects(trace, named, position, token)
    if suffix == ".npz":
        with npz_file(path) as archive:
            add_array(archive, "attention", found.attention)
            add_array(archive, "weighted", found.weighted)
            add_array(archive, "layers", np.array(found.layers))
            add_array(archive, "spans", np.array([span.name for span in found.spans], dtype=np.str_))
            add_array(archive, "token", np.array(lost.token))
            add_array(archive, "probability", np.array(lost.without[0].before))
            add_array(archive, "probability_without", np.array([one.after for one in lost.without]))
        return
    about = about_trace(trace) | {
        "kind": found.kind,
        "position": found.query,
        "token": lost.token,
        "token_text": trace.label(lost.token),
        "probability": lost.without[0].before,
        "without": [
            {"span": span.name, "probability": _known(one.after), "change": _known(one.change)}
            for span, one in zip(found.spans, lost.without, strict=True)
        ],
        "spans": _rows(found, part),
    }
    with text_file(path) as file:
        json.dump(about, file, ensure_ascii=False, indent=1)
        file.write("\n")


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _rows(found: spans.Budget, part: Part) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for n, span in enumerate((*found.spans, None)):
        for at, layer in enumerate(found.layers):
            for head in range(found.attention.shape[1]):
                if (part.layer is not None and layer != part.layer) or (part.head is not None and head != part.head):
                    continue
                rows.append(
                    {
                        "span": "" if span is None else span.name,
                        "first": None if span is None else span.first,
                        "last": None if span is None else span.last,
                        "layer": layer,
                        "head": head,
                        "attention": _known(float(found.attention[at, head, n])),
                        "weighted": _known(float(found.weighted[at, head, n])),
                    }
                )
    return rows
