"""Write a trained checkpoint as a folder that transformers loads: float16 safetensors, configuration, tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig

from . import bert, gpt, record, translate
from .refused import Refused
from .tokenizer import END, PAD, save_for_transformers
from .training import load_best, trained_weights

FOLDERS = {"gpt": "gpt-ja-en", "bert": "bert-ja-en", "translate": "translate-ja-en"}
LARGEST = 25_000_000  # bytes of weights


def _model(name: str, vocabulary: int) -> Any:
    if name == "gpt":
        return gpt.make_model(vocabulary)
    if name == "bert":
        return bert.make_model(vocabulary + 1)
    return translate.make_model(vocabulary)


def _generation(name: str, model: Any) -> GenerationConfig | None:
    if name == "gpt":
        return GenerationConfig(
            bos_token_id=model.config.bos_token_id, eos_token_id=END, pad_token_id=PAD, max_new_tokens=40
        )
    if name == "translate":
        return GenerationConfig(
            decoder_start_token_id=PAD,
            eos_token_id=END,
            pad_token_id=PAD,
            bad_words_ids=[[PAD]],
            max_new_tokens=64,
            num_beams=4,
        )
    return None


def average(name: str, checkpoints: Sequence[Path], work: Path, sharpness: float = 1.0) -> str:
    """Make the mean of checkpoints of one model its best one (Izmailov et al. 2018).

    sharpness: factor on gpt's last normalisation, so on its logits; below 1 it is less sure of itself.
    """
    missing = [str(path) for path in checkpoints if not path.exists()]
    if missing:
        raise Refused(f"missing checkpoints: {', '.join(missing)}")
    saved = [torch.load(path, weights_only=True, map_location="cpu") for path in checkpoints]
    weights = [part["weights"].get("masters", part["weights"]) for part in saved]
    mean = {key: sum(part[key] for part in weights) / len(weights) for key in weights[0]}
    if name == "gpt":
        mean["model.norm.weight"] *= sharpness
    about = max(saved, key=lambda part: (part["tokens"], part["elapsed"]))
    content = {
        "weights": mean,
        "elapsed": about["elapsed"],
        "tokens": about["tokens"],
        "scores": {},
        "averaged": sorted(round(part["elapsed"] / 60, 1) for part in saved),
        "sharpness": sharpness,
    }
    (work / name).mkdir(parents=True, exist_ok=True)
    torch.save(content, work / name / "best.pt")
    return f"{work / name / 'best.pt'}: mean of {len(saved)} checkpoints, sharpness {sharpness:g}"


def export(name: str, work: Path, to: Path) -> str:
    """Export one model (gpt, bert or translate) from its best checkpoint; returns a line that says what was written.

    Beside the model lies training.json, which says how it was trained. Raises Refused without plan.json in `work`.
    """
    plan = record.read_plan(work / name)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    folder = to / FOLDERS[name]
    folder.mkdir(parents=True, exist_ok=True)
    model = _model(name, tokenizer.get_vocab_size())
    about = load_best(model, work / name / "best.pt")
    model.to(torch.float16)
    generation = _generation(name, model)
    if generation is not None:
        model.generation_config = generation
    model.config._attn_implementation = None  # the reader chooses
    model.save_pretrained(folder)
    save_for_transformers(tokenizer, FOLDERS[name], folder)
    size = (folder / "model.safetensors").stat().st_size
    if size > LARGEST:
        raise ValueError(f"{folder / 'model.safetensors'} has {size:,} bytes, more than {LARGEST:,}")
    done = {
        "minutes": round(about["elapsed"] / 60, 1),
        "tokens": about["tokens"],
        "parameters": sum(weight.numel() for weight in trained_weights(model).values()),
        "averaged": about.get("averaged", []),
        "sharpness": about.get("sharpness", 1.0),
    }
    record.write(folder / record.RECORD, {**plan, **done})
    for file in folder.iterdir():
        file.chmod(0o644)
    return f"{folder}: {size / 1e6:.1f} MB, best after {done['minutes']} minutes, scores {about['scores']}"
