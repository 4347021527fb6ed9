"""What a trace holds, written as data for other programs: NPZ, CSV and JSON.

Attention is written head by head: [layer, head, query, key] of a long text never lies in memory as a whole.
"""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import numpy.typing as npt

from visualizer.core import prediction
from visualizer.core.errors import NoSuchKind, NoSuchPart, UnknownChoice
from visualizer.core.files import replacing
from visualizer.core.streams import add_array, npz_file, number, stream_array, text_file

if TYPE_CHECKING:
    from visualizer.core.text import Token
    from visualizer.core.trace import Trace

FORMATS = (".npz", ".csv", ".json")


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a quantity is meant; None: all of it.

    kind, layer, head: of attention. position, temperature, top_k, top_p, limit: of probabilities; `limit` candidates a
    position go into CSV and JSON, while NPZ holds the full vocabulary.
    """

    kind: str | None = None
    layer: int | None = None
    head: int | None = None
    position: int | None = None
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    limit: int = 20


def check_part(trace: Trace, part: Part) -> None:
    """Raises NoSuchKind or NoSuchPart, naming what exists, when the trace does not hold the part."""
    if part.kind is not None and part.kind not in trace.kinds:
        raise NoSuchKind("attention kind", part.kind, trace.kinds)
    for kind in _kinds(trace, part):
        if part.layer is not None and not 0 <= part.layer < trace.layers(kind):
            raise NoSuchPart("layer", part.layer, trace.layers(kind), kind)
        if part.head is not None and not 0 <= part.head < trace.heads(kind):
            raise NoSuchPart("head", part.head, trace.heads(kind), kind)


def write(trace: Trace, what: str, path: Path, part: Part | None = None) -> None:
    """Writes one quantity of `QUANTITIES` in the format that the file's ending names; whole or not at all.

    Raises UnknownChoice (quantity or format), NoSuchKind and NoSuchPart (the part), MissingFile and WriteFailed.
    """
    part = part or Part()
    suffix = path.suffix.lower()
    if what not in QUANTITIES:
        raise UnknownChoice("quantity", what, tuple(QUANTITIES))
    if suffix not in FORMATS:
        raise UnknownChoice("format", suffix or path.name, FORMATS)
    check_part(trace, part)
    with replacing(path) as scratch:
        QUANTITIES[what](trace, scratch, suffix, part)


# --- attention ---------------------------------------------------------------------------------


def _kinds(trace: Trace, part: Part) -> tuple[str, ...]:
    return trace.kinds if part.kind is None else (part.kind,)


def _array_name(kind: str) -> str:
    return "attention" if kind == "self" else f"{kind}_attention"


def _range(chosen: int | None, count: int) -> range:
    return range(count) if chosen is None else range(chosen, chosen + 1)


def _labels(tokens: tuple[Token, ...]) -> list[str]:
    return [token.text for token in tokens]


def _write_attention(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    if suffix == ".npz":
        _attention_npz(trace, path, part)
        return
    with text_file(path) as file:
        if suffix == ".json":
            _attention_json(trace, file, part)
        elif part.layer is not None and part.head is not None and len(_kinds(trace, part)) == 1:
            _attention_matrix_csv(trace, file, part)
        else:
            _attention_long_csv(trace, file, part)


def _attention_npz(trace: Trace, path: Path, part: Part) -> None:
    """Arrays `attention` or `encoder_attention` ...: [layer, head, query, key], less the axes that `part` fixes."""
    with npz_file(path) as archive:
        for kind in _kinds(trace, part):
            layers, heads = _range(part.layer, trace.layers(kind)), _range(part.head, trace.heads(kind))
            shape = [len(trace.query_tokens(kind)), len(trace.key_tokens(kind))]
            if part.head is None:
                shape.insert(0, len(heads))
            if part.layer is None:
                shape.insert(0, len(layers))
            rows = (trace.attention(layer, head, kind) for layer in layers for head in heads)
            stream_array(archive, _array_name(kind), tuple(shape), rows)
        _token_arrays(archive, trace)


def _attention_json(trace: Trace, file: TextIO, part: Part) -> None:
    """The same nesting as NPZ, with the tokens that name rows and columns."""
    head_fields: dict[str, Any] = _about(trace)
    single = len(_kinds(trace, part)) == 1
    for name in ("kind", "layer", "head"):
        if getattr(part, name) is not None:
            head_fields[name] = getattr(part, name)
    if single:
        kind = _kinds(trace, part)[0]
        head_fields["query_tokens"] = _labels(trace.query_tokens(kind))
        head_fields["key_tokens"] = _labels(trace.key_tokens(kind))
    file.write(json.dumps(head_fields, ensure_ascii=False)[:-1])
    for kind in _kinds(trace, part):
        layers, heads = _range(part.layer, trace.layers(kind)), _range(part.head, trace.heads(kind))
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
    kind = _kinds(trace, part)[0]
    table = csv.writer(file)
    table.writerow(["query \\ key", *_labels(trace.key_tokens(kind))])
    matrix = trace.attention(part.layer, part.head, kind).tolist()
    for label, row in zip(_labels(trace.query_tokens(kind)), matrix, strict=True):
        table.writerow([label, *map(number, row)])


def _attention_long_csv(trace: Trace, file: TextIO, part: Part) -> None:
    """Several matrices: one weight a row, with everything that says which it is."""
    table = csv.writer(file)
    table.writerow(["kind", "layer", "head", "query", "query_token", "key", "key_token", "weight"])
    for kind in _kinds(trace, part):
        queries, keys = _labels(trace.query_tokens(kind)), _labels(trace.key_tokens(kind))
        for layer in _range(part.layer, trace.layers(kind)):
            for head in _range(part.head, trace.heads(kind)):
                for q, row in enumerate(trace.attention(layer, head, kind).tolist()):
                    table.writerows(
                        (kind, layer, head, q, queries[q], k, keys[k], number(weight)) for k, weight in enumerate(row)
                    )


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


_COLUMN_TYPES = {
    **dict.fromkeys(("index", "id", "start", "end", "sequence", "layer", "head"), int),
    "special": bool,
}
TOKEN_COLUMNS = ("side", "index", "id", "text", "piece", "start", "end", "special", "sequence")
MORPHEME_COLUMNS = (
    "side", "index", "surface", "part_of_speech", "reading", "base_form", "start", "end", "sequence",
)  # fmt: skip


def _write_tokens(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    _write_table(trace, path, suffix, "tokens", TOKEN_COLUMNS, _token_rows(trace))


def _write_morphemes(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    _write_table(trace, path, suffix, "morphemes", MORPHEME_COLUMNS, _morpheme_rows(trace))


def _write_table(
    trace: Trace, path: Path, suffix: str, name: str, columns: tuple[str, ...], rows: list[dict[str, Any]]
) -> None:
    """JSON: {name: [row, ...]}; NPZ: one array a column."""
    if suffix == ".npz":
        with npz_file(path) as archive:
            for column in columns:
                values = [row[column] for row in rows]
                add_array(archive, column, np.array(values, dtype=_COLUMN_TYPES.get(column, np.str_)))
        return
    with text_file(path) as file:
        if suffix == ".json":
            json.dump(_about(trace) | {name: rows}, file, ensure_ascii=False, indent=1)
            file.write("\n")
        else:
            table = csv.DictWriter(file, columns)
            table.writeheader()
            table.writerows(rows)


# --- head statistics ---------------------------------------------------------------------------


def _write_head_statistics(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """One row a head (`statistics.HeadStatistics`); what cannot be measured is empty, null, or nan in NPZ.

    CSV: `statistics.CSV_COLUMNS` of one kind of attention, the first one unless the part says otherwise.
    """
    from visualizer.core import statistics

    if suffix == ".csv":
        part = replace(part, kind=part.kind or trace.kinds[0])
    rows = [
        row
        for row in statistics.as_rows(statistics.measure(trace))
        if all(wanted is None or row[name] == wanted for name, wanted in _which(part).items())
    ]
    columns = statistics.CSV_COLUMNS if suffix == ".csv" else statistics.columns_of(trace.kinds)
    if suffix == ".npz":
        with npz_file(path) as archive:
            for column in columns:
                kind = float if column in statistics.MEASURES else _COLUMN_TYPES.get(column, np.str_)
                add_array(archive, column, np.array([row[column] for row in rows], dtype=kind))
        return
    shown = [{name: row[name] for name in columns} for row in rows]
    _write_table(trace, path, suffix, "head_statistics", columns, shown)


def _write_stages(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """Every step of one head's attention."""
    from visualizer.core import export_stages

    export_stages.write(trace, path, suffix, part)


def _which(part: Part) -> dict[str, Any]:
    return {"kind": part.kind, "layer": part.layer, "head": part.head}


# --- probabilities -----------------------------------------------------------------------------


def _write_probabilities(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """NPZ: `probabilities` [position, vocabulary], rows sum to 1; CSV and JSON: the first candidates a position."""
    positions = _positions(trace, part)
    filters = (part.temperature, part.top_k, part.top_p)
    if suffix == ".npz":
        rows = (prediction.distribution(logits, *filters).astype(np.float32) for logits in _logits(trace, positions))
        with npz_file(path) as archive:
            stream_array(archive, "probabilities", (len(positions), trace.logits(positions[0]).size), rows)
            add_array(archive, "positions", np.array(positions))
            _token_arrays(archive, trace)
        return
    labels = _labels(_predicting_tokens(trace))
    found = zip(
        positions,
        (prediction.candidates(row, trace.label, *filters, limit=part.limit) for row in _logits(trace, positions)),
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
            sampling = {"temperature": part.temperature, "top_k": part.top_k, "top_p": part.top_p}
            json.dump(_about(trace) | sampling | {"probabilities": entries}, file, ensure_ascii=False, indent=1)
            file.write("\n")
        else:
            table = csv.writer(file)
            table.writerow(["position", "token", *CANDIDATE_COLUMNS])
            for p, candidates in found:
                table.writerows((p, labels[p], *(getattr(c, name) for name in CANDIDATE_COLUMNS)) for c in candidates)


CANDIDATE_COLUMNS = ("rank", "id", "text", "probability", "logit")


def _predicting_tokens(trace: Trace) -> tuple[Token, ...]:
    """The tokens at whose places the model predicts: the decoder's where there is one."""
    return trace.target_tokens or trace.tokens


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


def checked_position(trace: Trace, position: int) -> int:
    """A position counted from 0, also when it was counted from the end; raises NoSuchPart for one that is not there."""
    count = trace.n_positions
    if not -count <= position < count:
        raise NoSuchPart("position", position, count)
    return position % count


QUANTITIES: dict[str, Callable[[Trace, Path, str, Part], None]] = {
    "attention": _write_attention,
    "tokens": _write_tokens,
    "morphemes": _write_morphemes,
    "probabilities": _write_probabilities,
    "head_statistics": _write_head_statistics,
    "stages": _write_stages,
}


# --- files -------------------------------------------------------------------------------------


def _about(trace: Trace) -> dict[str, Any]:
    """Where the numbers come from."""
    about: dict[str, Any] = {"model": trace.card.source, "text": trace.text}
    if trace.pair is not None:
        about["pair"] = trace.pair
    if trace.target_tokens:
        about["target"] = trace.target_text
    if trace.cut:
        about["tokens_left_out"] = trace.cut
    return about


def _token_arrays(archive: zipfile.ZipFile, trace: Trace) -> None:
    """The labels along the axes: `tokens`, and `target_tokens` where there is a decoder's side."""
    add_array(archive, "tokens", np.array(_labels(trace.tokens), dtype=np.str_))
    if trace.target_tokens:
        add_array(archive, "target_tokens", np.array(_labels(trace.target_tokens), dtype=np.str_))
