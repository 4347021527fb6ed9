"""The models that a person is offered: those that ship with the program, and well-known ones of the hub. No torch."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path

from visualizer.core.system.paths import assets


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A model to choose: `source` is what `models.load` takes, `size` the number of its parameters.

    needs: names of Python packages that its tokenizer needs beside those of the program.
    """

    source: str
    name: str
    description_en: str
    description_ja: str
    size: int
    bundled: bool = False
    needs: tuple[str, ...] = ()

    def __str__(self) -> str:
        needs = f" (needs {', '.join(self.needs)})" if self.needs else ""
        return f"{self.source:<42} {_count(self.size):>6}  {self.description_en}{needs}"


# What the bundled models are for; a model without a line here is described by its config.
_BUNDLED = {
    "gpt-ja-en": (
        "Decoder: continues Japanese and English text",
        "デコーダー: 日本語と英語の文の続きを予測します",
    ),
    "bert-ja-en": (
        "Encoder: fills blanks, reads sentence pairs, Japanese and English",
        "エンコーダー: 日本語と英語の穴埋めと文ペアを扱います",
    ),
    "translate-ja-en": (
        "Encoder-decoder: translates Japanese to English",
        "エンコーダー・デコーダー: 日本語を英語に翻訳します",
    ),
}

_M = 1_000_000
_HUB = (
    CatalogueEntry(
        "openai-community/gpt2", "GPT-2", "The classic decoder, English", "古典的なデコーダー(英語)", 124 * _M
    ),
    CatalogueEntry(
        "rinna/japanese-gpt2-small", "Japanese GPT-2 small", "GPT-2 for Japanese", "日本語の GPT-2", 110 * _M
    ),
    CatalogueEntry(
        "llm-jp/llm-jp-3-150m",
        "LLM-jp-3 150M",
        "Modern small decoder, Japanese and English",
        "現代的な小型デコーダー(日本語・英語)",
        152 * _M,
    ),
    CatalogueEntry(
        "sbintuitions/sarashina2.2-0.5b",
        "Sarashina2.2 0.5B",
        "Modern decoder, Japanese and English",
        "現代的なデコーダー(日本語・英語)",
        793 * _M,
    ),
    CatalogueEntry(
        "line-corporation/japanese-large-lm-1.7b",
        "Japanese Large LM 1.7B",
        "Larger decoder, Japanese",
        "大きめのデコーダー(日本語)",
        1_744 * _M,
    ),
    CatalogueEntry(
        "HuggingFaceTB/SmolLM2-135M",
        "SmolLM2 135M",
        "Modern small decoder with grouped queries, English",
        "グループ化クエリを使う小型デコーダー(英語)",
        135 * _M,
    ),
    CatalogueEntry(
        "Qwen/Qwen3-0.6B", "Qwen3 0.6B", "Modern multilingual decoder", "多言語の現代的なデコーダー", 596 * _M
    ),
    CatalogueEntry(
        "google-bert/bert-base-uncased",
        "BERT base",
        "The classic encoder, sentence pairs, English",
        "古典的なエンコーダー、文ペア(英語)",
        110 * _M,
    ),
    CatalogueEntry(
        "tohoku-nlp/bert-base-japanese-v3",
        "Japanese BERT v3",
        "BERT for Japanese by Tohoku University",
        "東北大学の日本語 BERT",
        111 * _M,
        needs=("fugashi", "unidic-lite"),
    ),
    CatalogueEntry(
        "FacebookAI/xlm-roberta-base",
        "XLM-RoBERTa base",
        "Encoder for 100 languages",
        "100 言語のエンコーダー",
        278 * _M,
    ),
    CatalogueEntry(
        "google-t5/t5-small",
        "T5 small",
        "Encoder-decoder with relative positions, English",
        "相対位置を使うエンコーダー・デコーダー(英語)",
        61 * _M,
    ),
    CatalogueEntry("google/mt5-small", "mT5 small", "T5 for 101 languages", "101 言語の T5", 300 * _M),
    CatalogueEntry(
        "Helsinki-NLP/opus-mt-ja-en",
        "OPUS-MT ja-en",
        "Translation from Japanese to English",
        "日本語から英語への翻訳",
        76 * _M,
    ),
    CatalogueEntry(
        "bigscience/bloom-560m",
        "BLOOM 560M",
        "Decoder with ALiBi positions, 46 languages",
        "ALiBi 位置バイアスのデコーダー(46 言語)",
        559 * _M,
    ),
)


def catalogue() -> tuple[CatalogueEntry, ...]:
    """The bundled models that are there, then well-known models of the hub."""
    return (*(_bundled(name) for name in bundled_names()), *_HUB)


def bundled_names() -> tuple[str, ...]:
    """The models in assets/models that have a config and weights."""
    folder = assets() / "models"
    if not folder.is_dir():
        return ()
    complete = (f for f in folder.iterdir() if (f / "config.json").is_file() and (f / "model.safetensors").is_file())
    order = list(_BUNDLED)
    return tuple(sorted((f.name for f in complete), key=lambda n: (order.index(n) if n in order else len(order), n)))


def _bundled(name: str) -> CatalogueEntry:
    folder = assets() / "models" / name
    described = _BUNDLED.get(name)
    if described is None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        described = (str(config.get("model_type", name)),) * 2
    return CatalogueEntry(f"bundled:{name}", name, *described, size=_parameters(folder), bundled=True)


def _parameters(folder: Path) -> int:
    """Counts the weights by the header of their file."""
    with (folder / "model.safetensors").open("rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
    return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")


def _count(number: int) -> str:
    if number >= 1_000 * _M:
        return f"{number / (1_000 * _M):.1f}B"
    return f"{number / _M:.0f}M" if number >= 10 * _M else f"{number / _M:.1f}M"
