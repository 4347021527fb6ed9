"""Model cards, in English and in Japanese, written from measured figures only."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

Words = SimpleNamespace  # the texts of card.en.toml or card.ja.toml, by name
CARDS = {"en": "README.md", "ja": "README.ja.md"}

TARGETS = {"bits": -0.08, "best five": 0.50, "pairs": 0.90, "chrF": 35.0}


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _heads(figures: Mapping[str, Any], words: Words) -> str:
    """Per pattern: how many heads hold it, the strongest heads, the mean over all heads."""
    rows = []
    for pattern, strongest in figures["strongest"].items():
        named = len(figures["named"][pattern])
        best = ", ".join(f"L{layer} H{head} ({percent(share)})" for layer, head, share in strongest)
        rows.append([words.patterns[pattern], str(named), best, percent(figures["mean"][pattern])])
    return table(words.head_columns, rows)


def _met(words: Words, met: bool) -> str:
    return words.met if met else words.missed


def _gpt(figures: Mapping[str, Any], words: Words) -> str:
    rows = [
        [words.sets[name], f"{row['model']:.3f}", f"{row['trigram']:.3f}", f"{100 * row['change']:+.1f}%"]
        for name, row in figures["bits"].items()
    ]
    met = all(row["change"] <= TARGETS["bits"] for row in figures["bits"].values())
    examples = "\n".join(f"- {prompt} → {text}" for prompt, text in figures["continuations"].items())
    return "\n\n".join(
        [
            words.quality,
            words.gpt_quality,
            table(words.gpt_columns, rows),
            words.gpt_target.format(met=_met(words, met)),
            words.gpt_examples,
            examples,
            words.heads,
            words.heads_measure,
            words.gpt_heads,
            _heads(figures["heads"], words),
        ]
    )


def _bert(figures: Mapping[str, Any], words: Words) -> str:
    blanks = [
        [
            words.sets[name],
            percent(row["best"]),
            percent(row["best five"]),
            percent(row["frequent five"]),
            f"{row['blanks']:,}",
        ]
        for name, row in figures["blanks"].items()
    ]
    pairs = [
        [
            words.sets[name],
            percent(row["true"]),
            percent(row["shuffled"]),
            percent(row["all"]),
            "50.0%",
            f"{row['pairs']:,}",
        ]
        for name, row in figures["pairs"].items()
    ]
    filled = all(row["best five"] >= TARGETS["best five"] for row in figures["blanks"].values())
    paired = all(row["all"] >= TARGETS["pairs"] for row in figures["pairs"].values())
    return "\n\n".join(
        [
            words.quality,
            words.bert_blanks,
            table(words.blank_columns, blanks),
            words.bert_blanks_target.format(met=_met(words, filled)),
            words.bert_pairs,
            table(words.pair_columns, pairs),
            words.bert_pairs_target.format(met=_met(words, paired)),
            words.heads,
            words.heads_measure,
            words.bert_heads,
            _heads(figures["heads"], words),
        ]
    )


def _translate(figures: Mapping[str, Any], words: Words) -> str:
    rows = []
    for name, row in figures["quality"].items():
        set_name, method = name.split(" ", 1)
        rows.append(
            [
                words.sets[set_name],
                words.methods[method],
                *(
                    f"{row[key]:.1f}"
                    for key in ("natural", "as filed, output lower-cased and split", "as filed, output untouched")
                ),
                f"{row['BLEU natural']:.1f}",
            ]
        )
    met = all(
        row[key] >= TARGETS["chrF"]
        for name, row in figures["quality"].items()
        if "copy" not in name
        for key in ("natural", "as filed, output untouched", "as filed, output lower-cased and split")
    )
    cross = figures["heads"]["cross"]
    layer, head, share = cross["points at the translation"]
    examples = "\n".join(f"- {source} → {target}" for source, target in figures["examples"].items())
    parts = [
        words.quality,
        words.translate_quality,
        table(words.translate_columns, rows),
        words.translate_target.format(met=_met(words, met)),
        words.translate_examples,
        examples,
        words.heads,
        words.heads_measure,
        words.translate_heads.format(
            layer=layer,
            head=head,
            share=percent(share),
            links=f"{cross['links']:,}",
            chance=percent(cross["chance"]),
        ),
    ]
    for kind in ("cross", "encoder", "decoder"):
        parts += [f"### {words.kinds[kind]}", _heads(figures["heads"][kind], words)]
    return "\n\n".join(parts)


_BODIES = {"gpt-ja-en": _gpt, "bert-ja-en": _bert, "translate-ja-en": _translate}


def card(name: str, figures: Mapping[str, Any], config: Mapping[str, Any], words: Words) -> str:
    """One model card: what it is, what it was made from, how well it does, its heads, its weaknesses, its licence."""
    record = figures.get("record") or {}
    trained = words.training.format(
        minutes=f"{record.get('minutes', 0):.0f}",
        tokens=f"{record.get('tokens', 0) / 1e6:.1f}",
        ten_thousand_tokens=f"{record.get('tokens', 0) / 1e4:,.0f}",
        pairs=f"{figures['pairs trained on']:,}",
    )
    size = record.get("parameters", 0)
    shape = words.shapes[name].format(
        parameters=f"{size / 1e6:.1f}", ten_thousand_parameters=f"{size / 1e4:,.0f}", **config
    )
    return (
        "\n\n".join(
            [
                f"# {name}",
                words.front[name],
                words.architecture,
                shape,
                words.tokenizer,
                words.data,
                words.data_text,
                words.specials[name],
                words.trained,
                trained,
                *([words.further_training[name]] if name in words.further_training else []),
                _BODIES[name](figures, words),
                words.weaknesses,
                words.weak[name],
                words.licence,
                words.licence_text,
                words.again,
            ]
        )
        + "\n"
    )


def words_of(language: str) -> Words:
    """The texts of one language: "en" or "ja"."""
    text = (Path(__file__).parent / f"card.{language}.toml").read_text(encoding="utf-8")
    return Words(**tomllib.loads(text))


def write(name: str, figures: Mapping[str, Any], folder: Path) -> None:
    """Write README.md (English) and README.ja.md (Japanese) into the model's folder."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    for language, file in CARDS.items():
        (folder / file).write_text(card(name, figures, config, words_of(language)), encoding="utf-8")
