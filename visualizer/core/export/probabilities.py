"""Probabilities of the next token as NPZ, CSV and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from visualizer.core import prediction
from visualizer.core.errors import NoSuchKind
from visualizer.core.export.part import Part, about_trace, add_token_arrays, labels_of
from visualizer.core.export.streams import add_array, npz_file, stream_array, text_file
from visualizer.core.system.csv_file import Table
from visualizer.core.writing import places
from visualizer.core.writing.places import checked_position, predicting_tokens

if TYPE_CHECKING:
    from visualizer.core.trace import Trace


# --- probabilities -----------------------------------------------------------------------------


def write_probabilities(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """NPZ: `probabilities` [position, vocabulary], rows sum to 1; CSV and JSON: the first candidates a position."""
    positions = _positions(trace, part)
    filters = (part.temperature, part.top_k, part.top_p, part.min_p)

    def ordered(position: int, logits: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        return prediction.penalised(logits, places.seen(trace, position), part.repetition_penalty)

    if suffix == ".npz":
        rows = (
            prediction.distribution(ordered(p, logits), *filters).astype(np.float32)
            for p, logits in zip(positions, _logits(trace, positions), strict=True)
        )
        with npz_file(path) as archive:
            stream_array(archive, "probabilities", (len(positions), trace.logits(positions[0]).size), rows)
            add_array(archive, "positions", np.array(positions))
            add_token_arrays(archive, trace)
        return
    labels = labels_of(predicting_tokens(trace))
    found = zip(
        positions,
        (
            prediction.candidates(
                row, trace.label, *filters, part.limit, part.repetition_penalty, places.seen(trace, p)
            )
            for p, row in zip(positions, _logits(trace, positions), strict=True)
        ),
        strict=True,
    )
    with text_file(path) as file:
        if suffix == ".json":
            entries = [
                {
                    "position": p,
                    "token": labels[p],
                    "candidates": [{name: getattr(c, name) for name in CANDIDATE_COLUMNS} for c in candidates],
                }
                for p, candidates in found
            ]
            names = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty")
            sampling = {name: getattr(part, name) for name in names}
            json.dump(about_trace(trace) | sampling | {"probabilities": entries}, file, ensure_ascii=False, indent=1)
            file.write("\n")
        else:
            table = Table(file)
            table.writerow(["position", "token", *CANDIDATE_COLUMNS])
            for p, candidates in found:
                table.writerows((p, labels[p], *(getattr(c, name) for name in CANDIDATE_COLUMNS)) for c in candidates)


CANDIDATE_COLUMNS = ("rank", "id", "text", "probability", "logit")


def _logits(trace: Trace, positions: list[int]) -> Iterator[npt.NDArray[np.float32]]:
    """float32 [vocabulary] of each position; all of them are computed some at a time."""
    if len(positions) < trace.n_positions:
        return (trace.logits(position) for position in positions)
    return (row for rows in trace.all_logits() for row in rows)


def _positions(trace: Trace, part: Part) -> list[int]:
    count = trace.n_positions
    if count == 0:
        raise NoSuchKind("quantity", "probabilities", ("attention", "tokens", "morphemes"))
    return list(range(count)) if part.position is None else [checked_position(trace, part.position)]
