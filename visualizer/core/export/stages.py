"""The steps of one head's attention (`analyses.attention_stages`) as NPZ, CSV or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from visualizer.core.analyses.attention_stages import names
from visualizer.core.analyses.attention_stages import steps as stages
from visualizer.core.export.part import about_trace
from visualizer.core.export.streams import add_array, npz_file, number, text_file
from visualizer.core.system.csv_file import Table

if TYPE_CHECKING:
    from visualizer.core.export.part import Part
    from visualizer.core.trace import Trace


def write(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """Every step of one head; layer and head are 0, and the kind is the first one, unless the part says otherwise.

    NPZ: an array a step, [row token, column], masked scores -inf; `kind`, `layer`, `head`; the labels `query_tokens`
    and `key_tokens`. JSON: the same, masked scores null. CSV: one number a row. Raises NoSuchPart, NoSuchKind.
    """
    kind = part.kind or trace.kinds[0]
    layer, head = trace.layer_numbers(kind)[0] if part.layer is None else part.layer, part.head or 0
    found = stages.arrays(trace, layer, head, kind)
    queries, keys = ([token.text for token in tokens] for tokens in (trace.query_tokens(kind), trace.key_tokens(kind)))
    if suffix == ".npz":
        with npz_file(path) as archive:
            for name, values in found.items():
                add_array(archive, name, values)
            add_array(archive, "layer", np.array(layer))
            add_array(archive, "head", np.array(head))
            add_array(archive, "kind", np.array(kind))
            add_array(archive, "query_tokens", np.array(queries, dtype=np.str_))
            add_array(archive, "key_tokens", np.array(keys, dtype=np.str_))
        return
    with text_file(path) as file:
        if suffix == ".json":
            about = about_trace(trace) | {"kind": kind, "layer": layer, "head": head}
            about |= {"query_tokens": queries, "key_tokens": keys}
            about["stages"] = {name: _rows(values) for name, values in found.items()}
            json.dump(about, file, ensure_ascii=False)
            file.write("\n")
            return
        table = Table(file)
        table.writerow(["stage", "row", "row_token", "column", "column_token", "value"])
        for name, values in found.items():
            rows = keys if name in names.KEY_ROWS else queries
            columns: Sequence[str] = keys if name in names.SQUARE else [""] * values.shape[1]
            for r, row in enumerate(values.tolist()):
                table.writerows((name, r, rows[r], c, columns[c], number(value)) for c, value in enumerate(row))


def _rows(values: np.ndarray) -> list[list[float | None]]:
    """Nested lists; JSON has no infinity."""
    return [[value if np.isfinite(value) else None for value in row] for row in values.tolist()]
