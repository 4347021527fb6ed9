"""The neurons of feed-forward parts (`analyses.feed_forward`) as NPZ, CSV or JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.core.analyses import feed_forward
from visualizer.core.export.part import about_trace, add_token_arrays
from visualizer.core.export.streams import add_array, npz_file, number, text_file
from visualizer.core.system.csv_file import Table

if TYPE_CHECKING:
    from visualizer.core.analyses.feed_forward import LayerNeurons
    from visualizer.core.export.part import Part
    from visualizer.core.trace import Trace

CSV_COLUMNS = ("neuron", "before", "after", "up", "writes", "expert", "weight", "layer", "position")


def write(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """The neurons that write most at one token (the last, unless the part says otherwise), of one layer or of all.

    CSV: `CSV_COLUMNS`, `limit` rows a layer; up, expert and weight are empty where there are none. JSON: the same rows.
    NPZ: `before_2`, `after_2` (and `up_2`) [token, neuron] of layer 2, whole; in a mixture of experts the columns are
    those of the chosen experts, `experts_2`, with `weights_2`, [token, chosen].
    Raises as `feed_forward.layer` does, NoSuchPart (position).
    """
    side = feed_forward.side_of(part.kind or trace.kinds[-1])
    layers = range(len(trace.residual[side]) - 1) if part.layer is None else (part.layer,)
    if suffix == ".npz":
        with npz_file(path) as archive:
            add_array(archive, "layer", np.array(list(layers)))
            for layer in layers:
                _add(archive, feed_forward.layer(trace, layer, side))
            add_token_arrays(archive, trace)
        return
    position = -1 if part.position is None else part.position
    rows = [row for layer in layers for row in _rows(trace, feed_forward.layer(trace, layer, side), position, part)]
    with text_file(path) as file:
        if suffix == ".json":
            json.dump(about_trace(trace) | {"side": side, "neurons": rows}, file, ensure_ascii=False, indent=1)
            file.write("\n")
            return
        table = Table(file)
        table.writerow(CSV_COLUMNS)
        for row in rows:
            values = (row[name] for name in CSV_COLUMNS)
            table.writerow(["" if v is None else number(v) if isinstance(v, float) else v for v in values])


def _rows(trace: Trace, found: LayerNeurons, position: int, part: Part) -> list[dict[str, Any]]:
    at = position % len(found.after) if position < 0 else position
    return [
        {
            "neuron": one.neuron,
            "before": one.before,
            "after": one.after,
            "up": None if math.isnan(one.up) else one.up,
            "writes": one.writes,
            "expert": None if one.expert < 0 else one.expert,
            "weight": None if one.expert < 0 else one.weight,
            "layer": found.layer,
            "position": at,
        }
        for one in feed_forward.strongest(trace, found, at, part.limit)
    ]


def _add(archive: Any, found: LayerNeurons) -> None:
    arrays: dict[str, Any] = {"before": found.before, "after": found.after, "up": found.up}
    if found.routing is not None:
        arrays |= {"experts": found.routing.experts, "weights": found.routing.weights}
    for name, values in arrays.items():
        if values is not None:
            add_array(archive, f"{name}_{found.layer}", values)
