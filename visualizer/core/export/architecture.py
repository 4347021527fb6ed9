"""The map of a model (`analyses.model_map`) as JSON, or its parameters as CSV."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from visualizer.core.analyses import model_map
from visualizer.core.errors import UnknownChoice
from visualizer.core.export.part import about_trace
from visualizer.core.export.streams import text_file
from visualizer.core.system.csv_file import Table

if TYPE_CHECKING:
    from visualizer.core.export.part import Part
    from visualizer.core.trace import Trace

CSV_COLUMNS = ("box", "kind", "side", "layer", "parameters", "shape", "reads", "name")


def write(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """JSON: `model_map.as_json`; CSV: one box a row, `CSV_COLUMNS`.

    Raises CannotIntervene for a trace without its model, UnknownChoice (format) for NPZ: it is no array.
    """
    if suffix == ".npz":
        raise UnknownChoice("format", suffix, (".json", ".csv"))
    found = model_map.of_trace(trace)
    with text_file(path) as file:
        if suffix == ".json":
            json.dump(about_trace(trace) | model_map.as_json(found), file, ensure_ascii=False, indent=1)
            file.write("\n")
            return
        table = Table(file)
        table.writerow(CSV_COLUMNS)
        for n, box in enumerate(found.boxes):
            shape, reads = " x ".join(map(str, box.shape)), " ".join(map(str, box.reads))
            layer = "" if box.layer is None else box.layer
            table.writerow([n, box.kind, box.side, layer, box.parameters, shape, reads, box.name])
