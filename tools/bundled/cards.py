"""Model cards, in English and in Japanese: measured figures, the record of the training, the code's constants."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from . import bert, gpt, record, translate
from .evaluate import COMMON
from .heads import NAMED_FROM

Words = SimpleNamespace  # the texts of card.en.toml or card.ja.toml, by name
CARDS = {"en": "README.md", "ja": "README.ja.md"}

TARGETS = {"bits": -0.08, "best five": 0.50, "pairs": 0.90, "chrF": 35.0}


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def whole(share: float) -> str:
    """A chosen share, without needless decimals: 2.5%, 45%."""
    return f"{round(100 * share, 1):g}%"


def constants() -> dict[str, str]:
    """What the code does with the sentences, as the cards' texts name it."""
    return {
        "row": str(gpt.ROW),
        "long_row": str(gpt.LONG_ROW),
        "long_every": str(gpt.LONG_EVERY),
        "natural": whole(1 - gpt.RAW_SHARE),
        "raw": whole(gpt.RAW_SHARE),
        "joined": whole(gpt.JOINED_SHARE),
        "repeated": whole(gpt.REPEATED_SHARE),
        "random": whole(gpt.RANDOM_SHARE),
        "random_least": str(gpt.RANDOM_TOKENS[0]),
        "random_most": str(gpt.RANDOM_TOKENS[1]),
        "more_least": str(gpt.MORE_RANDOM_TOKENS[0]),
        "more_most": str(gpt.MORE_RANDOM_TOKENS[1]),
        "more": whole(gpt.MORE),
        "bert_raw": whole(bert.RAW_SHARE),
        "translate_joined": whole(translate.JOINED_SHARE),
        "smoothing": f"{translate.SMOOTHING:g}",
        "common": f"{COMMON:,}",
        "named_from": whole(NAMED_FROM),
    }


def _heads(figures: Mapping[str, Any], words: Words) -> str:
    """Per pattern: how many heads hold it, the strongest heads, the mean over all heads."""
    rows = []
    for pattern, strongest in figures["strongest"].items():
        named = len(figures["named"][pattern])
        best = ", ".join(f"L{layer} H{head} ({percent(share)})" for layer, head, share in strongest)
        rows.append([words.patterns[pattern], str(named), best, percent(figures["mean"][pattern])])
    return table([column.format(**constants()) for column in words.head_columns], rows)


def _met(words: Words, met: bool) -> str:
    return words.met if met else words.missed


def _gpt(figures: Mapping[str, Any], words: Words) -> str:
    rows = [
        [words.sets[name], f"{row['model']:.3f}", f"{row['trigram']:.3f}", f"{100 * row['change']:+.1f}%"]
        for name, row in figures["bits"].items()
    ]
    reached = [row["change"] <= TARGETS["bits"] for row in figures["bits"].values()]
    met = _met(words, all(reached))
    if any(reached) and not all(reached):
        met = words.met_in.format(count=sum(reached), rows=len(reached))
    examples = "\n".join(f"- {prompt} → {text}" for prompt, text in figures["continuations"].items())
    return "\n\n".join(
        [
            words.quality,
            words.gpt_quality,
            table(words.gpt_columns, rows),
            words.gpt_target.format(met=met, rows=len(rows), less=whole(-TARGETS["bits"])),
            words.gpt_examples,
            examples,
            words.heads,
            words.heads_measure.format(**constants()),
            words.gpt_heads.format(**constants()),
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
            words.bert_blanks_target.format(met=_met(words, filled), rows=len(blanks)),
            words.bert_pairs,
            table(words.pair_columns, pairs),
            words.bert_pairs_target.format(met=_met(words, paired), rows=len(pairs)),
            words.heads,
            words.heads_measure.format(**constants()),
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
        words.translate_quality.format(**constants()),
        table(words.translate_columns, rows),
        words.translate_target.format(met=_met(words, met), chrf=f"{TARGETS['chrF']:g}"),
        words.translate_examples,
        examples,
        words.heads,
        words.heads_measure.format(**constants()),
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


def _weaknesses(name: str, figures: Mapping[str, Any], words: Words) -> str:
    """What the model cannot do; of gpt also whether a head copies from earlier text, as measured."""
    if name != "gpt-ja-en":
        return str(words.weak[name])
    held: dict[tuple[int, int], float] = {}
    for pattern, heads in figures["heads"]["named"].items():
        if pattern.startswith("induction"):
            for layer, head, share in heads:
                held[layer, head] = max(share, held.get((layer, head), 0.0))
    best = sorted(held, key=lambda head: -held[head])
    listed = ", ".join(f"L{layer} H{head} ({percent(held[layer, head])})" for layer, head in best)
    found = words.induction["some" if best else "none"].format(heads=listed, **constants())
    return f"{found} {words.weak[name]}" if words.language == "en" else f"{found}{words.weak[name]}"


def _training(done: Mapping[str, Any], words: Words) -> str:
    """How long, on what, with which rates, and what the weights are: one checkpoint, or a mean of several."""
    on_cpu = done["device"] == "cpu"
    machine = words.machine["cpu" if on_cpu else "gpu"] if done["threads"] != 1 or not on_cpu else words.machine["one"]
    averaged = done["averaged"]
    early = not averaged and round(done["minutes"]) < round(done["planned_minutes"])
    sentences = [
        words.training,
        words.training_dropout if done["dropout"] else words.training_no_dropout,
        *([words.training_early] if early else []),
        words.training_mean if averaged else words.training_chosen,
        *([words.training_sharpness] if done["sharpness"] != 1.0 else []),
    ]
    between = " " if words.language == "en" else ""
    text = between.join(sentences).format(
        minutes=f"{done['planned_minutes']:.0f}",
        at=f"{done['minutes']:.0f}",
        machine=machine.format(threads=done["threads"], device=done["device"]),
        tokens=f"{done['tokens'] / 1e6:.1f}",
        ten_thousand_tokens=f"{done['tokens'] / 1e4:,.0f}",
        pairs=f"{done['pairs']:,}",
        matrix_rate=f"{done['matrix_rate']:g}",
        other_rate=f"{done['other_rate']:g}",
        weight_decay=f"{done['weight_decay']:g}",
        dropout=f"{done['dropout']:g}",
        averaged=", ".join(f"{minute:g}" for minute in averaged),
        sharpness=f"{done['sharpness']:g}",
    )
    note = done.get("notes", {}).get(words.language, "")
    return f"{text}{between}{note}" if note else text


def card(
    name: str, figures: Mapping[str, Any], done: Mapping[str, Any], config: Mapping[str, Any], words: Words
) -> str:
    """One model card: what it is, what it was made from, how well it does, its heads, its weaknesses, its licence.

    done: the record of its training (record.read_record).
    """
    size = done["parameters"]
    shape = words.shapes[name].format(
        parameters=f"{size / 1e6:.1f}", ten_thousand_parameters=f"{size / 1e4:,.0f}", **constants(), **config
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
                words.data_text.format(dev=f"{done['dev_pairs']:,}", held_out=f"{done['held_out_pairs']:,}"),
                words.specials[name].format(**constants()),
                words.trained,
                _training(done, words),
                _BODIES[name](figures, words),
                words.weaknesses,
                _weaknesses(name, figures, words),
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
    return Words(language=language, **tomllib.loads(text))


def write(name: str, figures: Mapping[str, Any], folder: Path) -> None:
    """Write README.md (English) and README.ja.md (Japanese) into the model's folder.

    Raises Refused when the folder has no record of the training.
    """
    done = record.read_record(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    for language, file in CARDS.items():
        (folder / file).write_text(card(name, figures, done, config, words_of(language)), encoding="utf-8")
