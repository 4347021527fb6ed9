"""A trace as one .safetensors file: opens on a machine without the model, and gives the same numbers.

Tensors lie under readable names ("self/3/query"); everything else is one JSON document in the header. Nothing in
the file is executed, and a damaged or foreign file is refused with the reason. This module knows the format and the
fields, and not the class that has them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from visualizer.core import interventions
from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import DamagedFile, MissingFile, WriteFailed
from visualizer.core.loaded_model import ModelCard
from visualizer.core.positions import PositionScheme
from visualizer.core.routing import Routing
from visualizer.core.system import files, json_file
from visualizer.core.text import Morpheme, Token
from visualizer.core.trace import check
from visualizer.core.trace.output_layer import SavedOutputLayer

FORMAT = "transformer-visualizer trace"

VERSION = 1

RECORD_TENSORS = ("query", "key", "value", "mask", "position_bias", "sinks", "weights")

# Unpacked, for each entry of the vocabulary: long ones are few.
LABEL_BYTES = 256

# Fields that JSON takes as they are.
PLAIN = ("target_text", "cut", "seconds", "method", "difference")


class _Tensors:
    """Tensors by name; one that stands in several places is written once."""

    def __init__(self) -> None:
        self.by_name: dict[str, torch.Tensor] = {}
        self._names: dict[int, str] = {}
        self._keep: list[torch.Tensor] = []  # ids in `_names` stay valid only while their tensors live

    def put(self, name: str, tensor: torch.Tensor | None) -> str | None:
        if tensor is None:
            return None
        if id(tensor) not in self._names:
            self._names[id(tensor)] = name
            self._keep.append(tensor)
            self.by_name[name] = tensor.detach().cpu().contiguous().clone()
        return self._names[id(tensor)]


def write(path: Path, parts: Mapping[str, Any]) -> None:
    """Writes the fields of a trace whole, or nothing: those that `read` gives back.

    Raises MissingFile (no such folder), WriteFailed.
    """
    tensors = _Tensors()
    records = {
        kind: [
            {
                "scaling": record.scaling,
                "causal": record.causal,
                "layer": record.layer,
                "softcap": record.softcap,
                "replaced_heads": list(record.replaced_heads),
                "replaced": tensors.put(f"{kind}/{i}/replaced", record.replaced),
                **{part: tensors.put(f"{kind}/{i}/{part}", getattr(record, part)) for part in RECORD_TENSORS},
            }
            for i, record in enumerate(layers)
        ]
        for kind, layers in parts["records"].items()
    }
    residual = {
        side: [tensors.put(f"residual/{side}/{i}", t) for i, t in enumerate(stream)]
        for side, stream in parts["residual"].items()
    }
    routers = {
        side: [
            {
                "layer": one.layer,
                "count": one.count,
                "experts": tensors.put(f"router/{side}/{i}/experts", torch.from_numpy(one.experts)),
                "weights": tensors.put(f"router/{side}/{i}/weights", torch.from_numpy(one.weights)),
            }
            for i, one in enumerate(chosen)
        ]
        for side, chosen in parts["routers"].items()
    }
    tensors.put("final", parts["final"])
    layer: SavedOutputLayer = parts["output_layer"]
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "request": interventions.request_to_json(parts["request"]),
        "card": asdict(parts["card"]),
        "tokens": [asdict(token) for token in parts["tokens"]],
        "target_tokens": [asdict(token) for token in parts["target_tokens"]],
        "morphemes": [asdict(morpheme) for morpheme in parts["morphemes"]],
        "target_morphemes": [asdict(morpheme) for morpheme in parts["target_morphemes"]],
        "records": records,
        "residual": residual,
        "routers": routers,
        **{name: parts[name] for name in PLAIN},
        "task": layer.task,
        "mask_id": layer.mask_id,
    }
    for name in ("pair", "logits", "weight", "bias"):
        tensors.put(f"head/{name}", getattr(layer, f"saved_{name}"))
    if layer.labels:
        labels = json.dumps(list(layer.labels), ensure_ascii=False).encode("utf-8", "replace")
        packed = np.frombuffer(zlib.compress(labels), dtype=np.uint8).copy()
        tensors.by_name["head/labels"] = torch.from_numpy(packed)
    for name, array in parts["saved_positions"].to_arrays().items():
        tensors.by_name[f"positions/{name}"] = torch.from_numpy(np.array(array, order="C"))
    header = {"trace": json.dumps(document, ensure_ascii=False)}
    with files.replacing(path) as scratch:
        try:
            save_file(tensors.by_name, scratch, metadata=header)
        except SafetensorError as error:  # safetensors reports a full disk as an error of its own
            raise WriteFailed(str(path), str(error)) from error


def read(path: Path) -> dict[str, Any]:
    """The fields of a trace. Raises MissingFile, DamagedFile."""
    if not path.is_file():
        raise MissingFile(str(path))
    with refusing(path):
        with safe_open(path, framework="pt") as file:
            header = (file.metadata() or {}).get("trace")
            if header is None:
                raise DamagedFile(str(path), "not a saved trace")
            document = json_file.parse_json(header)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        if not isinstance(document, dict):
            raise DamagedFile(str(path), "not a saved trace")
        if document.get("format") != FORMAT or document.get("version") != VERSION:
            raise DamagedFile(str(path), f"trace format {document.get('version')!r}; this program reads {VERSION}")
        return _restored_fields(document, tensors)


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Whatever goes wrong with what a file says comes out as DamagedFile."""
    try:
        yield
    except DamagedFile:
        raise
    except OSError as error:
        raise DamagedFile(str(path), error.strerror or str(error)) from error
    except Exception as error:  # a file may hold anything, and what reads it may raise anything
        raise DamagedFile(str(path), " ".join(str(error).split())[:300] or type(error).__name__) from error


def _restored_fields(document: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    def record(entry: Mapping[str, Any]) -> AttentionRecord:
        parts: dict[str, Any] = {part: None if entry[part] is None else tensors[entry[part]] for part in RECORD_TENSORS}
        replaced = entry.get("replaced")  # files from before interventions do not know of it
        if replaced is not None:
            heads = check.plain(tuple(entry["replaced_heads"]), tuple[int, ...], "replaced heads")
            parts |= {"replaced": tensors[replaced], "replaced_heads": heads}
        return AttentionRecord(
            layer=check.plain(entry.get("layer"), int | None, "layer"),  # older files number layers by their place
            scaling=check.plain(entry["scaling"], float, "scaling"),
            causal=check.plain(entry["causal"], bool, "causal"),
            softcap=check.plain(entry["softcap"], float | None, "soft cap"),
            **parts,
        )

    def routing(entry: Mapping[str, Any]) -> Routing:
        layer, count = (check.plain(entry[name], int, name) for name in ("layer", "count"))
        return Routing(layer, tensors[entry["experts"]].numpy(), tensors[entry["weights"]].numpy(), count)

    logits, weight = tensors.get("head/logits"), tensors.get("head/weight")
    vocabulary = weight.shape[0] if weight is not None else logits.shape[-1] if logits is not None else 0
    layer = SavedOutputLayer(
        task=check.plain(document["task"], str, "task"),
        mask_id=check.plain(document["mask_id"], int | None, "blank"),
        labels=_labels(tensors["head/labels"], vocabulary) if "head/labels" in tensors else [],
        logits=logits,
        weight=weight,
        bias=tensors.get("head/bias"),
        pair=tensors.get("head/pair"),
    )
    prefix = "positions/"
    arrays = {name.removeprefix(prefix): t.numpy() for name, t in tensors.items() if name.startswith(prefix)}
    return {
        "request": interventions.request_from_json(document["request"]),
        "card": check.restored(ModelCard, document["card"]),
        "tokens": tuple(check.restored(Token, entry) for entry in document["tokens"]),
        "target_tokens": tuple(check.restored(Token, entry) for entry in document["target_tokens"]),
        "morphemes": tuple(check.restored(Morpheme, entry) for entry in document["morphemes"]),
        "target_morphemes": tuple(check.restored(Morpheme, entry) for entry in document["target_morphemes"]),
        "records": {kind: tuple(record(e) for e in layers) for kind, layers in document["records"].items()},
        "residual": {side: tuple(tensors[n] for n in names) for side, names in document["residual"].items()},
        # Files from before routers were noted down have none.
        "routers": {side: tuple(map(routing, chosen)) for side, chosen in document.get("routers", {}).items()},
        "final": tensors["final"],
        "output_layer": layer,
        "target_text": check.plain(document["target_text"], str, "target text"),
        "cut": check.plain(document["cut"], int, "cut"),
        "seconds": check.plain(document["seconds"], float, "seconds"),
        "method": check.plain(document["method"], str, "method"),
        "difference": check.plain(document["difference"], float | None, "difference"),
        "saved_positions": PositionScheme.from_arrays(arrays),
    }


def _labels(packed: torch.Tensor, count: int) -> list[str]:
    """How each of `count` entries of a vocabulary is written, and never more than those fill. Raises ValueError."""
    most = LABEL_BYTES * (count + 1000)
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(packed.numpy().tobytes(), most)
    if not unpacking.eof:
        raise ValueError(f"the labels of {count} tokens fill more than {most} bytes, or have no end")
    labels = json_file.parse_json(content.decode("utf-8"))
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ValueError("labels that are no texts")
    return labels
