"""How surprising each token is (`analyses.surprisal`) as NPZ, CSV or JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.core.analyses import surprisal
from visualizer.core.export.part import about_trace, labels_of
from visualizer.core.export.streams import add_array, npz_file, number, text_file
from visualizer.core.system.csv_file import Table
from visualizer.core.writing import places

if TYPE_CHECKING:
    from visualizer.core.export.part import Part
    from visualizer.core.trace import Trace


def write(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """One row a token of the predicting side, `surprisal.CSV_COLUMNS`; what is not predicted has empty cells.

    JSON: the same rows, null for them, beside perplexity and bits per character; `method` says whether it is a
    log-likelihood or a pseudo-log-likelihood. NPZ: `surprisal`, `rank` (0), `entropy` (nan), `tokens`: [token].
    position: of the one token that is wanted. Raises as `surprisal.measure` does, NoSuchPart.
    """
    found = surprisal.measure(trace)
    tokens = labels_of(places.predicting_tokens(trace))
    chosen = range(len(tokens))
    if part.position is not None:
        at = places.checked_position(trace, part.position)
        chosen = range(at, at + 1)
    if suffix == ".npz":
        with npz_file(path) as archive:
            for name in ("surprisal", "rank", "entropy"):
                add_array(archive, name, getattr(found, name)[chosen.start : chosen.stop])
            add_array(archive, "position", np.array(chosen))
            add_array(archive, "tokens", np.array([tokens[i] for i in chosen], dtype=np.str_))
        return
    with text_file(path) as file:
        if suffix == ".json":
            rows = [dict(zip(surprisal.CSV_COLUMNS, _row(found, tokens, i), strict=True)) for i in chosen]
            about = about_trace(trace) | {
                "method": "pseudo-log-likelihood" if found.is_pseudo else "log-likelihood",
                "tokens_counted": int(found.is_counted.sum()),
                "characters_counted": found.characters,
                "bits": found.bits,
                "perplexity": _or_none(found.perplexity),
                "bits_per_character": _or_none(found.bits_per_character),
                "surprisal": rows,
            }
            json.dump(about, file, ensure_ascii=False, indent=1)
            file.write("\n")
            return
        table = Table(file)
        table.writerow(surprisal.CSV_COLUMNS)
        for i in chosen:
            at, token, bits, rank, entropy = _row(found, tokens, i)
            numbers = ("" if value is None else number(value) for value in (bits, entropy))
            table.writerow([at, token, next(numbers), "" if rank is None else rank, next(numbers)])


def _row(found: surprisal.Surprise, tokens: list[str], at: int) -> tuple[int, str, Any, Any, Any]:
    bits, entropy = _or_none(float(found.surprisal[at])), _or_none(float(found.entropy[at]))
    return at, tokens[at], bits, int(found.rank[at]) or None, entropy


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
