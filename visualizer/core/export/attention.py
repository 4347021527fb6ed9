"""Attention as NPZ, CSV and JSON.

It is written head by head: [layer, head, query, key] of a long text never lies in memory as a whole.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from visualizer.core.export.part import Part, about_trace, add_token_arrays, kinds_of, labels_of, layers_of, range_of
from visualizer.core.export.streams import add_array, npz_file, number, stream_array, text_file
from visualizer.core.system.csv_file import Table

if TYPE_CHECKING:
    from visualizer.core.trace import Trace


def _array_name(kind: str) -> str:
    return "attention" if kind == "self" else f"{kind}_attention"


def write_attention(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    if suffix == ".npz":
        _attention_npz(trace, path, part)
        return
    with text_file(path) as file:
        if suffix == ".json":
            _attention_json(trace, file, part)
        elif part.layer is not None and part.head is not None and len(kinds_of(trace, part)) == 1:
            _attention_matrix_csv(trace, file, part)
        else:
            _attention_long_csv(trace, file, part)


def _attention_npz(trace: Trace, path: Path, part: Part) -> None:
    """Arrays `attention` or `encoder_attention` ...: [layer, head, query, key], less the axes that `part` fixes.

    Where not every layer has attention, `attention_layers` says which ones the rows are.
    """
    with npz_file(path) as archive:
        for kind in kinds_of(trace, part):
            layers, heads = layers_of(trace, part, kind), range_of(part.head, trace.heads(kind))
            shape = [len(trace.query_tokens(kind)), len(trace.key_tokens(kind))]
            if part.head is None:
                shape.insert(0, len(heads))
            if part.layer is None:
                shape.insert(0, len(layers))
            rows = (trace.attention(layer, head, kind) for layer in layers for head in heads)
            stream_array(archive, _array_name(kind), tuple(shape), rows)
            if part.layer is None and len(layers) != trace.depth(kind):
                add_array(archive, f"{_array_name(kind)}_layers", np.array(layers))
        add_token_arrays(archive, trace)


def _attention_json(trace: Trace, file: TextIO, part: Part) -> None:
    """The same nesting as NPZ, with the tokens that name rows and columns."""
    head_fields: dict[str, Any] = about_trace(trace)
    single = len(kinds_of(trace, part)) == 1
    for name in ("kind", "layer", "head"):
        if getattr(part, name) is not None:
            head_fields[name] = getattr(part, name)
    if single:
        kind = kinds_of(trace, part)[0]
        head_fields["query_tokens"] = labels_of(trace.query_tokens(kind))
        head_fields["key_tokens"] = labels_of(trace.key_tokens(kind))
    file.write(json.dumps(head_fields, ensure_ascii=False)[:-1])
    for kind in kinds_of(trace, part):
        layers, heads = layers_of(trace, part, kind), range_of(part.head, trace.heads(kind))
        if part.layer is None and len(layers) != trace.depth(kind):
            file.write(f',\n"{_array_name(kind)}_layers": {json.dumps(layers)}')
        file.write(f',\n"{_array_name(kind)}": ')
        file.write("[" if part.layer is None else "")
        for n, layer in enumerate(layers):
            file.write((",\n" if n else "") + ("[" if part.head is None else ""))
            for m, head in enumerate(heads):
                file.write(",\n" if m else "")
                rows = ("[" + ",".join(map(number, row)) + "]" for row in trace.attention(layer, head, kind).tolist())
                file.write("[" + ",\n".join(rows) + "]")
            file.write("]" if part.head is None else "")
        file.write("]" if part.layer is None else "")
    file.write("}\n")


def _attention_matrix_csv(trace: Trace, file: TextIO, part: Part) -> None:
    """One matrix: the first row names the keys, the first column the queries."""
    assert part.layer is not None and part.head is not None
    kind = kinds_of(trace, part)[0]
    table = Table(file)
    table.writerow(["query \\ key", *labels_of(trace.key_tokens(kind))])
    matrix = trace.attention(part.layer, part.head, kind).tolist()
    for label, row in zip(labels_of(trace.query_tokens(kind)), matrix, strict=True):
        table.writerow([label, *map(number, row)])


def _attention_long_csv(trace: Trace, file: TextIO, part: Part) -> None:
    """Several matrices: one weight a row, with everything that says which it is."""
    table = Table(file)
    table.writerow(["kind", "layer", "head", "query", "query_token", "key", "key_token", "weight"])
    for kind in kinds_of(trace, part):
        queries, keys = labels_of(trace.query_tokens(kind)), labels_of(trace.key_tokens(kind))
        for layer in layers_of(trace, part, kind):
            for head in range_of(part.head, trace.heads(kind)):
                for q, row in enumerate(trace.attention(layer, head, kind).tolist()):
                    table.writerows(
                        (kind, layer, head, q, queries[q], k, keys[k], number(weight)) for k, weight in enumerate(row)
                    )
