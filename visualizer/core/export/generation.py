"""What a model writes on (`analyses.generation`): its steps, its beams or its many draws, as JSON, CSV or NPZ."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.core.analyses.generation import beams as beam_search
from visualizer.core.analyses.generation import many, writer
from visualizer.core.analyses.generation.step import Manner, Step
from visualizer.core.errors import CannotWrite
from visualizer.core.export.part import about_trace
from visualizer.core.export.streams import add_array, npz_file, number, text_file
from visualizer.core.system.csv_file import Table

if TYPE_CHECKING:
    from visualizer.core.export.part import Part
    from visualizer.core.trace import Trace

COLUMNS = ("step", "id", "token", "probability", "log_probability", "rank", "entropy")
_BEAM = ("node", "parent", "id", "token", "log_probability", "total", "fate")
_MANY = ("count", "text", "log_probability", "ended")


def manner_of(part: Part) -> Manner:
    """How tokens are chosen: greedily, unless something of the part says how to draw."""
    draws = any(one is not None for one in (part.seed, part.top_k, part.top_p, part.continuations))
    is_greedy = not draws if part.is_greedy is None else part.is_greedy
    return Manner(0.0 if is_greedy else part.temperature, part.top_k, part.top_p, part.seed or 0)


def write(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """JSON: `prompt`, `ids` of the new tokens (without that of the end), `text`, `log_probability` (natural), `steps`.

    beams: `beams` (the nodes of the tree) and `sentences`, the best of which is `ids`. continuations: `continuations`,
    the most frequent of which is `ids`. CSV: the steps, nodes or continuations as rows; NPZ: their columns as arrays.
    Raises CannotWrite, and what running the model raises.
    """
    if trace.model is None:
        raise CannotWrite("saved", trace.card.name)
    about = about_trace(trace)
    about["prompt"] = about.pop("text")
    if trace.request.target is None:
        about.pop("target", None)  # the model wrote that by itself
    found, name, columns = _found(trace, part)
    rows = found[name]
    if suffix == ".json":
        with text_file(path) as file:
            json.dump(about | found, file, ensure_ascii=False, indent=1)
            file.write("\n")
    elif suffix == ".csv":
        with text_file(path) as file:
            table = Table(file)
            table.writerow(columns)
            table.writerows([_cell(row[column]) for column in columns] for row in rows)
    else:
        with npz_file(path) as archive:
            add_array(archive, "ids", np.array(found["ids"], dtype=np.int64))
            for column in columns:
                values = [row[column] for row in rows]
                kind = np.str_ if column in ("token", "text", "fate") else None
                add_array(archive, column, np.array([math.nan if v is None else v for v in values], dtype=kind))


def _found(trace: Trace, part: Part) -> tuple[dict[str, Any], str, tuple[str, ...]]:
    loaded = trace.model
    assert loaded is not None
    if part.beams is not None:
        searched = beam_search.search(loaded, trace.request, part.beams, part.max_new_tokens)
        texts = [writer.between(loaded, searched.prompt, (*searched.prompt, *ids)) for ids, _ in searched.sentences]
        nodes = [
            {
                "node": n, "parent": node.parent, "id": node.token, "token": trace.label(node.token),
                "log_probability": _known(node.log_probability), "total": _known(node.total), "fate": node.fate,
            }
            for n, node in enumerate(searched.nodes)
        ]  # fmt: skip
        best = [node for node in searched.nodes if node.fate == "best"]
        sentences = [
            {"ids": list(ids), "text": text, "score": _known(score)}
            for (ids, score), text in zip(searched.sentences, texts, strict=True)
        ]
        total = _known(best[-1].total if best else 0.0)
        best_found = {"ids": sentences[0]["ids"], "text": texts[0], "log_probability": total}
        return best_found | {"sentences": sentences, "beams": nodes}, "beams", _BEAM
    manner = manner_of(part)
    settings = {"temperature": manner.temperature, "top_k": manner.top_k, "top_p": manner.top_p, "seed": manner.seed}
    if part.continuations is not None:
        drawn = many.write(loaded, trace.request, part.continuations, manner, part.max_new_tokens)
        rows = [
            {
                "count": one.count, "text": one.text, "log_probability": _known(one.log_probability),
                "ended": one.has_ended, "ids": list(one.ids),
            }
            for one in drawn
        ]  # fmt: skip
        first = {name: rows[0][name] for name in ("ids", "text", "log_probability")}
        return first | {"settings": settings, "continuations": rows}, "continuations", _MANY
    writing = writer.go_on(writer.begin(loaded, trace.request), manner, part.max_new_tokens)
    steps = [_row(trace, n, step) for n, step in enumerate(writing.steps)]
    found: dict[str, Any] = {
        "ids": [step.token for step in writing.steps],
        "text": writing.written,
        "log_probability": writing.log_probability,
        "ended": writing.ended,
        "settings": settings,
        "steps": steps,
    }
    return found, "steps", COLUMNS


def _row(trace: Trace, place: int, step: Step) -> dict[str, Any]:
    top = zip(step.top_ids, step.top_probabilities, strict=True)
    return {
        "step": place,
        "id": step.token,
        "token": trace.label(step.token),
        "probability": math.exp(step.log_probability),
        "log_probability": step.log_probability,
        "rank": step.rank,
        "entropy": step.entropy,
        "top": [{"id": token, "token": trace.label(token), "probability": share} for token, share in top],
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _cell(value: Any) -> Any:
    return number(value) if isinstance(value, float) else "" if value is None else value
