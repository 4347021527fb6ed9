"""What every layer would answer (`analyses.logit_lens`), and what a logit is made of (`analyses.logit_attribution`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.core.analyses import logit_attribution, logit_lens
from visualizer.core.errors import CannotRead, NoSuchPart
from visualizer.core.export.importance import token_id
from visualizer.core.export.part import Part, about_trace, add_token_arrays, labels_of
from visualizer.core.export.streams import add_array, npz_file, number, text_file
from visualizer.core.system.csv_file import Table
from visualizer.core.writing import places

if TYPE_CHECKING:
    from visualizer.core.analyses.logit_attribution import Component
    from visualizer.core.analyses.logit_lens import LogitLens
    from visualizer.core.trace import Trace

LENS_COLUMNS = ("layer", "position", "token", "rank", "id", "text", "probability")
ATTRIBUTION_COLUMNS = ("component", "layer", "head", "contribution")


def write_lens(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """NPZ: `token_id`, `probability` [layer, position, 10], layer 0 = embeddings, falling; `entropy`, `divergence`
    (bits), `answer_rank` [layer, position]; `positions`. CSV and JSON: the same ten, a row each. Raises as
    `logit_lens.read` does.
    """
    found = logit_lens.read(trace, None if part.position is None else [part.position])
    if suffix == ".npz":
        with npz_file(path) as archive:
            for name in ("token_id", "probability", "entropy", "divergence", "answer_rank"):
                add_array(archive, name, getattr(found, name))
            add_array(archive, "positions", np.array(found.positions))
            add_token_arrays(archive, trace)
        return
    rows = _lens_rows(trace, found)
    with text_file(path) as file:
        if suffix == ".json":
            json.dump(about_trace(trace) | {"logit_lens": rows}, file, ensure_ascii=False, indent=1)
            file.write("\n")
            return
        table = Table(file)
        table.writerow(LENS_COLUMNS)
        for row in rows:
            table.writerow([number(row[name]) if name == "probability" else row[name] for name in LENS_COLUMNS])


def _lens_rows(trace: Trace, found: LogitLens) -> list[dict[str, Any]]:
    labels = labels_of(places.predicting_tokens(trace))
    rows = []
    for layer, ids in enumerate(found.token_id):
        for column, position in enumerate(found.positions):
            for rank, token in enumerate(ids[column].tolist()):
                if token < 0:  # a vocabulary of fewer than ten
                    continue
                chance = float(found.probability[layer, column, rank])
                row = (layer, position, labels[position], rank + 1, token, trace.label(token), chance)
                rows.append(dict(zip(LENS_COLUMNS, row, strict=True)))
    return rows


def write_attribution(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """One row a component, in the order in which they write, one `sum` and one `logit`; `kind` where there are several.

    CSV: `ATTRIBUTION_COLUMNS`, empty where a component has no layer or head. NPZ: one array a column, -1 for none, and
    `sum`, `logit`, `token`, `against` (-1: none), `position`. Raises as `logit_attribution.attribute` does,
    UnknownChoice for a text that is not one token, NoSuchPart for an id outside the vocabulary.
    """
    if trace.model is None:
        raise CannotRead("no_model", trace.card.name)
    position = places.place(trace, -1) if part.position is None else places.checked_position(trace, part.position)
    token, against = (None if one is None else chosen_token(trace, one) for one in (part.token, part.against))
    if token is None:
        token = int(trace.logits(position).argmax())
    found = logit_attribution.attribute(trace, token, against, position)
    parts = [one for one in found.components if _is_meant(one, part)]
    columns = ATTRIBUTION_COLUMNS if len(trace.kinds) == 1 else (*ATTRIBUTION_COLUMNS, "kind")
    if suffix == ".npz":
        with npz_file(path) as archive:
            add_array(archive, "component", np.array([one.name for one in parts], dtype=np.str_))
            add_array(archive, "layer", np.array([one.layer for one in parts], dtype=np.int64))
            add_array(archive, "head", np.array([one.head for one in parts], dtype=np.int64))
            add_array(archive, "contribution", np.array([one.contribution for one in parts]))
            if "kind" in columns:
                add_array(archive, "kind", np.array([one.kind for one in parts], dtype=np.str_))
            single = {"sum": found.total, "logit": found.logit, "token": token, "position": position}
            for name, value in (single | {"against": -1 if against is None else against}).items():
                add_array(archive, name, np.array(value))
        return
    rows: list[dict[str, Any]] = [_row(one) for one in parts]
    with text_file(path) as file:
        if suffix == ".json":
            about = about_trace(trace) | {"position": position, "token": token, "token_text": trace.label(token)}
            if against is not None:
                about |= {"against": against, "against_text": trace.label(against)}
            about |= {"sum": found.total, "logit": found.logit, "exact": found.exact}
            shown = [{name: row[name] for name in columns} for row in rows]
            json.dump(about | {"logit_attribution": shown}, file, ensure_ascii=False, indent=1)
            file.write("\n")
            return
        table = Table(file)
        table.writerow(columns)
        rows += [_row(logit_attribution.Component(*whole)) for whole in (("sum", found.total), ("logit", found.logit))]
        for row in rows:
            values = (row[name] for name in columns)
            table.writerow(["" if v is None else number(v) if isinstance(v, float) else v for v in values])


def _row(one: Component) -> dict[str, Any]:
    return {
        "component": one.name,
        "layer": None if one.layer < 0 else one.layer,
        "head": None if one.head < 0 else one.head,
        "contribution": one.contribution,
        "kind": one.kind,
    }


def _is_meant(one: Component, part: Part) -> bool:
    asked = ((part.kind, one.kind), (part.layer, one.layer), (part.head, one.head))
    return all(wanted is None or wanted == has for wanted, has in asked)


def chosen_token(trace: Trace, token: str) -> int:
    """As `token_id`, of the vocabulary. Raises UnknownChoice, NoSuchPart."""
    found = token_id(trace, token)
    if found >= trace.card.vocabulary:
        raise NoSuchPart("token", found, trace.card.vocabulary)
    return found
