"""What a checkpoint's own head says of a text (`analyses.classification`, `analyses.answer_span`)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.core.analyses import answer_span, classification
from visualizer.core.export.part import about_trace, labels_of
from visualizer.core.export.streams import add_array, npz_file, number, text_file
from visualizer.core.system.csv_file import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from visualizer.core.export.part import Part
    from visualizer.core.trace import Trace


def write_classes(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """One row a class, `classification.CSV_COLUMNS`; position and token are empty where the whole text is judged.

    NPZ: `logits` and `probabilities` [row, class], `labels`. Raises as `classification.measure`.
    """
    found = classification.measure(trace)
    if suffix == ".npz":
        with npz_file(path) as archive:
            add_array(archive, "logits", found.logits)
            add_array(archive, "probabilities", found.probabilities)
            add_array(archive, "labels", np.array(found.labels, dtype=np.str_))
        return
    tokens = labels_of(trace.tokens)
    rows = [
        (*((row, tokens[row]) if found.by_token else ("", "")), n, label, found.logits[row, n], share)
        for row in range(len(found.logits))
        for n, (label, share) in enumerate(zip(found.labels, found.probabilities[row], strict=True))
    ]
    _write(trace, path, suffix, classification.CSV_COLUMNS, rows, {"how": found.how}, "classification")


def write_answers(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """One row an answer, the best first, `answer_span.CSV_COLUMNS`; tokens count from 0, the end is inside.

    NPZ: `start`, `end` and `passage` [token]. Raises as `answer_span.measure`.
    """
    found = answer_span.measure(trace)
    if suffix == ".npz":
        with npz_file(path) as archive:
            for name in ("start", "end", "passage"):
                add_array(archive, name, getattr(found, name))
        return
    rows = [
        (span.first, span.last, span.text, found.start[span.first], found.end[span.last], span.probability)
        for span in found.spans[: part.limit]
    ]
    _write(trace, path, suffix, answer_span.CSV_COLUMNS, rows, {"no_answer": found.no_answer}, "answer_span")


def _write(
    trace: Trace, path: Path, suffix: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]],
    about: dict[str, Any], name: str,
) -> None:  # fmt: skip
    with text_file(path) as file:
        if suffix == ".json":
            plain = [dict(zip(columns, map(_plain, row), strict=True)) for row in rows]
            json.dump(about_trace(trace) | about | {name: plain}, file, ensure_ascii=False, indent=1)
            file.write("\n")
            return
        table = Table(file)
        table.writerow(columns)
        for row in rows:
            table.writerow([_cell(value) for value in row])


def _plain(value: Any) -> Any:
    if isinstance(value, float):  # numpy's are, too
        return float(value) if math.isfinite(value) else None
    return None if value == "" else value


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return number(value) if math.isfinite(value) else ""
    return value
