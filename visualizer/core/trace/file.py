"""A trace as one .safetensors file: opens on a machine without the model, and gives the same numbers.

Tensors lie under readable names ("self/3/query"); everything else is one JSON document in the header. Nothing in
the file is executed, and a damaged or foreign file is refused with the reason.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import DamagedFile, MissingFile, WriteFailed
from visualizer.core.request import RunRequest
from visualizer.core.system import files
from visualizer.core.text import Morpheme, Token
from visualizer.core.trace.output_layer import SavedOutputLayer
from visualizer.core.trace.trace import Trace

FORMAT = "transformer-visualizer trace"

VERSION = 1

RECORD_TENSORS = ("query", "key", "value", "mask", "position_bias", "sinks", "weights")

# Logits of all positions are stored up to this size (bytes); beyond it the output layer's weights are smaller.
LOGITS_LIMIT = 64 << 20


def save(trace: Trace, path: Path) -> None:
    """Writes the trace whole, or nothing. Raises MissingFile (no such folder), WriteFailed."""
    tensors: dict[str, torch.Tensor] = {}
    names: dict[int, str] = {}
    keep: list[torch.Tensor] = []  # ids in `names` stay valid only while their tensors live

    def put(name: str, tensor: torch.Tensor | None) -> str | None:
        if tensor is None:
            return None
        if id(tensor) not in names:
            names[id(tensor)] = name
            keep.append(tensor)
            tensors[name] = tensor.detach().cpu().contiguous().clone()
        return names[id(tensor)]

    records = {
        kind: [
            {
                "scaling": record.scaling,
                "causal": record.causal,
                "softcap": record.softcap,
                **{part: put(f"{kind}/{i}/{part}", getattr(record, part)) for part in RECORD_TENSORS},
            }
            for i, record in enumerate(layers)
        ]
        for kind, layers in trace.records.items()
    }
    residual = {
        side: [put(f"residual/{side}/{i}", t) for i, t in enumerate(stream)] for side, stream in trace.residual.items()
    }
    put("final", trace.final)
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "request": asdict(trace.request),
        "card": asdict(trace.card),
        "tokens": [asdict(token) for token in trace.tokens],
        "target_tokens": [asdict(token) for token in trace.target_tokens],
        "morphemes": [asdict(morpheme) for morpheme in trace.morphemes],
        "target_morphemes": [asdict(morpheme) for morpheme in trace.target_morphemes],
        "records": records,
        "residual": residual,
        **{name: getattr(trace, name) for name in ("target_text", "cut", "seconds", "method", "difference")},
        "task": trace.task,
        "mask_id": trace.mask_id,
    }
    _put_output_layer(trace, put, tensors)
    arrays = {f"positions/{name}": array for name, array in trace.positions.to_arrays().items()}
    tensors |= {name: torch.from_numpy(np.array(array, order="C")) for name, array in arrays.items()}
    header = {"trace": json.dumps(document, ensure_ascii=False)}
    with files.replacing(path) as scratch:
        try:
            save_file(tensors, scratch, metadata=header)
        except SafetensorError as error:  # safetensors reports a full disk as an error of its own
            raise WriteFailed(str(path), str(error)) from error


def _put_output_layer(trace: Trace, put: Any, tensors: dict[str, torch.Tensor]) -> None:
    """Adds what predictions need: labels, and logits or an affine output layer that gives the same ones."""
    pair = trace.output_layer.pair_logits()
    if pair is not None:
        put("head/pair", torch.from_numpy(np.array(pair)))
    if not trace.n_positions:
        return
    vocabulary = trace.logits(0).shape[0]
    labels = json.dumps([trace.label(i) for i in range(vocabulary)], ensure_ascii=False).encode("utf-8", "replace")
    tensors["head/labels"] = torch.from_numpy(np.frombuffer(zlib.compress(labels), dtype=np.uint8).copy())
    weight = bias = None
    if trace.model is None or trace.n_positions * vocabulary * 4 > LOGITS_LIMIT:
        sample = sorted({0, trace.n_positions // 2, trace.n_positions - 1})
        weight, bias = trace.output_layer.as_affine(trace.final, sample)
    if weight is not None:
        put("head/weight", weight)
        put("head/bias", bias)
    else:
        put("head/logits", torch.from_numpy(np.concatenate(list(trace.all_logits()))))


def load(path: Path) -> Trace:
    """Reads a trace. Raises MissingFile, DamagedFile."""
    if not path.is_file():
        raise MissingFile(str(path))
    try:
        with safe_open(path, framework="pt") as file:
            header = (file.metadata() or {}).get("trace")
            if header is None:
                raise DamagedFile(str(path), "not a saved trace")
            document = json.loads(header)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        if document.get("format") != FORMAT or document.get("version") != VERSION:
            raise DamagedFile(str(path), f"trace format {document.get('version')!r}; this program reads {VERSION}")
        return _build(document, tensors)
    except (SafetensorError, ValueError, KeyError, TypeError, IndexError, AttributeError, zlib.error) as error:
        raise DamagedFile(str(path), str(error)) from error
    except OSError as error:
        raise DamagedFile(str(path), error.strerror or str(error)) from error


def _build(document: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> Trace:
    from visualizer.core.models import ModelCard
    from visualizer.core.positions import PositionScheme

    def record(entry: Mapping[str, Any]) -> AttentionRecord:
        parts = {part: None if entry[part] is None else tensors[entry[part]] for part in RECORD_TENSORS}
        return AttentionRecord(
            scaling=float(entry["scaling"]), causal=bool(entry["causal"]), softcap=entry["softcap"], **parts
        )

    labels: list[str] = []
    if "head/labels" in tensors:
        labels = json.loads(zlib.decompress(tensors["head/labels"].numpy().tobytes()))
    layer = SavedOutputLayer(
        task=document["task"],
        mask_id=document["mask_id"],
        labels=labels,
        logits=tensors.get("head/logits"),
        weight=tensors.get("head/weight"),
        bias=tensors.get("head/bias"),
        pair=tensors.get("head/pair"),
    )
    prefix = "positions/"
    arrays = {name.removeprefix(prefix): t.numpy() for name, t in tensors.items() if name.startswith(prefix)}
    trace = Trace(
        request=RunRequest(**document["request"]),
        card=_restored(ModelCard, document["card"]),
        tokens=tuple(_restored(Token, entry) for entry in document["tokens"]),
        target_tokens=tuple(_restored(Token, entry) for entry in document["target_tokens"]),
        morphemes=tuple(_restored(Morpheme, entry) for entry in document["morphemes"]),
        target_morphemes=tuple(_restored(Morpheme, entry) for entry in document["target_morphemes"]),
        records={kind: tuple(record(e) for e in layers) for kind, layers in document["records"].items()},
        residual={side: tuple(tensors[n] for n in names) for side, names in document["residual"].items()},
        final=tensors["final"],
        output_layer=layer,
        target_text=document["target_text"],
        cut=int(document["cut"]),
        seconds=float(document["seconds"]),
        method=str(document["method"]),
        difference=document["difference"],
        saved_positions=PositionScheme.from_arrays(arrays),
    )
    _check_shapes(trace)
    return trace


def _restored(kind: Any, entry: Mapping[str, Any]) -> Any:
    """A frozen dataclass from its JSON form, in which tuples have become lists."""
    known = {f.name for f in fields(kind)}
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in entry.items() if k in known})


def _check_shapes(trace: Trace) -> None:
    """A file may be well-formed and still not fit together; better refused here than drawn wrong."""
    if not trace.kinds:
        raise ValueError("no attention in the file")
    for kind in trace.kinds:
        expected = (len(trace.query_tokens(kind)), len(trace.key_tokens(kind)))
        for layer in range(trace.layers(kind)):
            if trace.record(layer, kind).shape != expected:
                raise ValueError(f"{kind} attention of layer {layer} does not fit the tokens")
