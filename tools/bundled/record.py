"""What was done to train a model, in two files.

plan.json in the work folder of a model is what its training was told; training writes it when it begins. For a run
that has none it may be written by hand: a JSON object with the keys of REQUIRED, and those of OPTIONAL that apply.
training.json in the exported folder is the same with what came of it; the model card is written from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .refused import Refused

PLAN, RECORD = "plan.json", "training.json"
REQUIRED: Mapping[str, type | tuple[type, ...]] = {
    "planned_minutes": (int, float),
    "device": str,  # "cpu", or the name of the GPU
    "threads": int,
    "dropout": (int, float),
    "matrix_rate": (int, float),  # peak learning rate of Muon
    "other_rate": (int, float),  # peak learning rate of AdamW
    "weight_decay": (int, float),  # of the hidden matrices
    "seed": int,
    "pairs": int,  # trained on
    "dev_pairs": int,
    "held_out_pairs": int,
}
OPTIONAL: Mapping[str, type | tuple[type, ...]] = {
    "compile": bool,
    "notes": dict,  # what else was done, for the card: {"en": "A sentence.", "ja": "文。"}
}
MEASURED: Mapping[str, type | tuple[type, ...]] = {
    "minutes": (int, float),  # at the exported checkpoint
    "tokens": int,  # learnt until then, padding not counted
    "parameters": int,
    "averaged": list,  # minutes of the checkpoints whose mean the weights are; empty: one checkpoint
    "sharpness": (int, float),  # factor on the last normalisation
}


def _checked(path: Path, wanted: Mapping[str, type | tuple[type, ...]], remedy: str) -> dict[str, Any]:
    if not path.exists():
        raise Refused(f"{path} is missing: {remedy}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Refused(f"{path} is no JSON: {error}") from error
    wrong = [key for key, kind in wanted.items() if not isinstance(found, dict) or not isinstance(found.get(key), kind)]
    unknown = sorted(set(found) - set(REQUIRED) - set(OPTIONAL) - set(MEASURED)) if isinstance(found, dict) else []
    if wrong or unknown:
        lines = [f"lacks {', '.join(wrong)}"] * bool(wrong) + [f"has an unknown {', '.join(unknown)}"] * bool(unknown)
        raise Refused(f"{path} {' and '.join(lines)} (see tools/bundled/record.py)")
    return dict(found)


def read_plan(folder: Path) -> dict[str, Any]:
    """plan.json of a model's work folder; raises Refused when it is missing or incomplete."""
    return _checked(folder / PLAN, REQUIRED, "training writes it; for an older run write it by hand (tools/README.md)")


def read_record(folder: Path) -> dict[str, Any]:
    """training.json of an exported model; raises Refused when it is missing or incomplete."""
    return _checked(folder / RECORD, {**REQUIRED, **MEASURED}, "train_bundled.py export writes it")


def write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
