"""Tokens, morphemes and head statistics as tables: CSV, JSON, NPZ."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.core.export.part import Part, about_trace, which
from visualizer.core.export.streams import add_array, npz_file, text_file
from visualizer.core.system.csv_file import Table

if TYPE_CHECKING:
    from visualizer.core.trace import Trace


# --- tokens and morphemes ----------------------------------------------------------------------


def _token_rows(trace: Trace) -> list[dict[str, Any]]:
    return [
        {
            "side": side,
            "index": index,
            "id": token.id,
            "text": token.text,
            "piece": token.piece,
            "start": token.span[0],
            "end": token.span[1],
            "special": token.special,
            "sequence": token.sequence,
        }
        for side, tokens in (("source", trace.tokens), ("target", trace.target_tokens))
        for index, token in enumerate(tokens)
    ]


def _morpheme_rows(trace: Trace) -> list[dict[str, Any]]:
    return [
        {
            "side": side,
            "index": index,
            "surface": morpheme.surface,
            "part_of_speech": morpheme.part_of_speech,
            "reading": morpheme.reading,
            "base_form": morpheme.base_form,
            "start": morpheme.span[0],
            "end": morpheme.span[1],
            "sequence": morpheme.sequence,
        }
        for side, morphemes in (("source", trace.morphemes), ("target", trace.target_morphemes))
        for index, morpheme in enumerate(morphemes)
    ]


COLUMN_TYPES = {
    **dict.fromkeys(("index", "id", "start", "end", "sequence", "layer", "head"), int),
    "special": bool,
}

TOKEN_COLUMNS = ("side", "index", "id", "text", "piece", "start", "end", "special", "sequence")

MORPHEME_COLUMNS = (
    "side", "index", "surface", "part_of_speech", "reading", "base_form", "start", "end", "sequence",
)  # fmt: skip


def write_tokens(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    _write_table(trace, path, suffix, "tokens", TOKEN_COLUMNS, _token_rows(trace))


def write_morphemes(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    _write_table(trace, path, suffix, "morphemes", MORPHEME_COLUMNS, _morpheme_rows(trace))


def _write_table(
    trace: Trace, path: Path, suffix: str, name: str, columns: tuple[str, ...], rows: list[dict[str, Any]]
) -> None:
    """JSON: {name: [row, ...]}; NPZ: one array a column."""
    if suffix == ".npz":
        with npz_file(path) as archive:
            for column in columns:
                values = [row[column] for row in rows]
                add_array(archive, column, np.array(values, dtype=COLUMN_TYPES.get(column, np.str_)))
        return
    with text_file(path) as file:
        if suffix == ".json":
            json.dump(about_trace(trace) | {name: rows}, file, ensure_ascii=False, indent=1)
            file.write("\n")
        else:
            table = Table(file)
            table.writerow(columns)
            table.writerows([row[column] for column in columns] for row in rows)


# --- head statistics ---------------------------------------------------------------------------


def write_head_statistics(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """One row a head (`statistics.HeadStatistics`); what cannot be measured is empty, null, or nan in NPZ.

    CSV: `statistics.CSV_COLUMNS` of one kind of attention, the first one unless the part says otherwise.
    """
    from visualizer.core.analyses import head_statistics

    if suffix == ".csv":
        part = replace(part, kind=part.kind or trace.kinds[0])
    rows = [
        row
        for row in head_statistics.as_rows(head_statistics.measure(trace))
        if all(wanted is None or row[name] == wanted for name, wanted in which(part).items())
    ]
    columns = head_statistics.CSV_COLUMNS if suffix == ".csv" else head_statistics.columns_of(trace.kinds)
    if suffix == ".npz":
        with npz_file(path) as archive:
            for column in columns:
                kind = float if column in head_statistics.MEASURES else COLUMN_TYPES.get(column, np.str_)
                add_array(archive, column, np.array([row[column] for row in rows], dtype=kind))
        return
    shown = [{name: row[name] for name in columns} for row in rows]
    _write_table(trace, path, suffix, "head_statistics", columns, shown)
