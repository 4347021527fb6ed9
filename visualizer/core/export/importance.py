"""What every head is worth to one prediction (`analyses.head_importance`) as NPZ, CSV or JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from visualizer.core.analyses import head_importance
from visualizer.core.errors import CannotIntervene, UnknownChoice
from visualizer.core.export.part import about_trace
from visualizer.core.export.streams import add_array, npz_file, number, text_file
from visualizer.core.system.csv_file import Table

if TYPE_CHECKING:
    from visualizer.core.export.part import Part
    from visualizer.core.trace import Trace


def write(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """One row a part: a head's number or "mlp"; the kind is the first one, unless the part says otherwise.

    CSV: `head_importance.CSV_COLUMNS`. JSON: the same rows beside the prediction. NPZ: `delta_log_probability` and `kl`
    [layer, head + 1], the feed-forward part last, nan where nothing is known; `layer`, `position`, `token`. Raises as
    `head_importance.measure` does, UnknownChoice for a text that is not one token.
    """
    if trace.model is None:
        raise CannotIntervene("no_model")
    token = None if part.token is None else token_id(trace, part.token)
    position = -1 if part.position is None else part.position
    asked = head_importance.question(trace, position, token, part.kind, part.ablate_how or "zero")
    found = head_importance.measure(trace, asked)
    layers = range(len(found.delta)) if part.layer is None else range(part.layer, part.layer + 1)
    if suffix == ".npz":
        chosen = list(layers), slice(None) if part.head is None else slice(part.head, part.head + 1)
        with npz_file(path) as archive:
            add_array(archive, "delta_log_probability", found.delta[chosen[0]][:, chosen[1]])
            add_array(archive, "kl", found.kl[chosen[0]][:, chosen[1]])
            add_array(archive, "layer", np.array(chosen[0]))
            add_array(archive, "position", np.array(asked.position))
            add_array(archive, "token", np.array(asked.token_id))
        return
    rows = [
        row
        for row in head_importance.as_rows(found)
        if row["layer"] in layers and (part.head is None or row["part"] == str(part.head))
    ]
    with text_file(path) as file:
        if suffix == ".json":
            about = about_trace(trace) | {
                "kind": asked.kind,
                "position": asked.position,
                "token": asked.token_id,
                "token_text": trace.label(asked.token_id),
                "probability": found.probability,
                "how": asked.how,
                "head_importance": rows,
            }
            json.dump(about, file, ensure_ascii=False, indent=1)
            file.write("\n")
            return
        table = Table(file)
        table.writerow(head_importance.CSV_COLUMNS)
        for row in rows:
            values = (row["delta_log_probability"], row["kl"])
            table.writerow([row["layer"], row["part"], *("" if v is None else number(v) for v in values)])


def token_id(trace: Trace, token: str) -> int:
    """The id that is meant: a number is an id; a text must be one token of the model, maybe with a blank before it.

    Raises UnknownChoice.
    """
    if token.isascii() and token.isdigit():
        return int(token)
    assert trace.model is not None
    for written in (token, f" {token}"):
        ids = trace.model.tokenizer.encode(written, add_special_tokens=False)
        if len(ids) == 1 and ids[0] != trace.model.tokenizer.unk_token_id:
            return int(ids[0])
    # Tokenizers that put a blank of their own before a text make two tokens of " the", whose name here is "▁the".
    found = trace.model.tokenizer.convert_tokens_to_ids(token.replace(" ", "▁"))
    if isinstance(found, int) and found != trace.model.tokenizer.unk_token_id:
        return found
    raise UnknownChoice("token", token, tuple(c.text for c in trace.next_tokens(limit=5)))
