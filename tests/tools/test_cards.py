"""The model cards are filled from what was measured and recorded, in both languages, and refuse to guess."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bundled import cards, evaluate, export, gpt, record
from bundled.refused import Refused

from visualizer.core.analyses.repeated_tokens import REPEATED_TOKENS

MODELS = Path(__file__).resolve().parents[2] / "assets" / "models"
DONE: dict[str, Any] = {
    "planned_minutes": 88,
    "device": "cpu",
    "threads": 2,
    "dropout": 0.15,
    "matrix_rate": 0.004,
    "other_rate": 0.003,
    "weight_decay": 0.3,
    "seed": 1,
    "pairs": 82461,
    "dev_pairs": 497,
    "held_out_pairs": 600,
    "minutes": 88.0,
    "tokens": 31_400_000,
    "parameters": 9_078_720,
    "averaged": [],
    "sharpness": 1.0,
}
SETS = {
    "gpt-ja-en": ("dev ja", "dev en as filed", "dev en natural", "held-out ja", "held-out en natural"),
    "bert-ja-en": ("dev japanese", "dev english", "held-out english_raw"),
}


def head_figures(*patterns: str, share: float = 0.2) -> dict[str, Any]:
    strongest = {pattern: [[1, 3, share], [2, 0, 0.1], [0, 7, 0.05]] for pattern in patterns}
    named = {pattern: [head for head in heads if head[2] >= 0.4] for pattern, heads in strongest.items()}
    return {"strongest": strongest, "named": named, "mean": dict.fromkeys(patterns, 0.04)}


def gpt_figures(share: float = 0.2, change: float = -0.1) -> dict[str, Any]:
    induction = ("induction", *(f"induction on {number} random tokens" for number in evaluate.RANDOM_TOKENS))
    return {
        "bits": {name: {"model": 2.5, "trigram": 3.0, "change": change} for name in SETS["gpt-ja-en"]},
        "continuations": {"私は": "私は学生です。"},
        "heads": head_figures("previous", "first", "same", *induction, share=share),
    }


def bert_figures() -> dict[str, Any]:
    blank = {"best": 0.4, "best five": 0.6, "frequent five": 0.2, "blanks": 1234}
    pair = {"true": 0.93, "shuffled": 0.91, "all": 0.92, "pairs": 994}
    patterns = ("previous", "next", "first", "same", "separator", "alignment, English to Japanese")
    return {
        "blanks": dict.fromkeys(SETS["bert-ja-en"], blank),
        "pairs": dict.fromkeys(SETS["bert-ja-en"][1:], pair),
        "heads": head_figures(*patterns, "alignment, Japanese to English"),
    }


def translate_figures(chrf: float = 44.0) -> dict[str, Any]:
    row = {"natural": chrf, "as filed, output untouched": chrf, "BLEU natural": 20.0}
    row["as filed, output lower-cased and split"] = chrf
    cross = head_figures("alignment", "end") | {"points at the translation": [2, 0, 0.49], "chance": 0.09, "links": 688}
    return {
        "quality": {f"{part} {method}": row for part in ("dev", "held-out") for method in ("greedy", "beam 4", "copy")},
        "examples": {"彼は医者です。": "He is a doctor."},
        "heads": {"cross": cross, "encoder": head_figures("next", "end"), "decoder": head_figures("previous")},
    }


FIGURES = {"gpt-ja-en": gpt_figures(), "bert-ja-en": bert_figures(), "translate-ja-en": translate_figures()}


def made(name: str, language: str, figures: dict[str, Any] | None = None, **changed: Any) -> str:
    config = json.loads((MODELS / name / "config.json").read_text(encoding="utf-8"))
    return cards.card(name, figures or FIGURES[name], DONE | changed, config, cards.words_of(language))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", FIGURES)
def test_a_card_is_filled_everywhere(name: str, language: str) -> None:
    text = made(name, language)
    assert "{" not in text and "}" not in text
    minutes, size, tokens = {
        "en": ("88 minutes", "9.1 million", "31.4 million"),
        "ja": ("88 分", "908 万", "3,140 万"),
    }[language]
    assert minutes in text and size in text and tokens in text
    assert "497" in text and "600" in text and "82,461" in text and "0.15" in text


def test_both_languages_have_the_same_texts() -> None:
    english, japanese = (vars(cards.words_of(language)) for language in ("en", "ja"))
    assert english.keys() == japanese.keys()
    for key, value in english.items():
        if isinstance(value, dict):
            assert value.keys() == japanese[key].keys(), key


@pytest.mark.parametrize(("share", "words"), [(0.83, "L1 H3 (83.0%)"), (0.39, "No induction head has formed")])
def test_whether_it_copies_follows_from_the_measured_heads(share: float, words: str) -> None:
    for language, said in (("en", words), ("ja", words if "L1" in words else "帰納ヘッドは育っておらず")):
        weak = made("gpt-ja-en", language, gpt_figures(share)).split("\n## ")[-2]
        assert said in weak


def test_the_texts_follow_the_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    text = made("gpt-ja-en", "en")
    assert "rows of 64 tokens" in text and "one batch in 30 on rows of 512" in text
    assert "natural spelling (55%) and lower-cased and split (45%)" in text
    assert (
        "Further texts, 2.5% as many, say random tokens twice (6 to 31 of them, in 20% of these texts 32 to 60)" in text
    )
    monkeypatch.setattr(gpt, "ROW", 96)
    monkeypatch.setattr(gpt, "RAW_SHARE", 0.25)
    text = made("gpt-ja-en", "en")
    assert "rows of 96 tokens" in text and "natural spelling (75%)" in text


def test_the_induction_of_the_programs_statistics_is_measured_too() -> None:
    assert REPEATED_TOKENS in evaluate.RANDOM_TOKENS


def test_targets_say_what_they_ask_and_whether_it_was_reached() -> None:
    assert "at least 8% fewer bits than the trigram in each of the 5 rows. **met**." in made("gpt-ja-en", "en")
    mixed = gpt_figures(change=-0.09)
    mixed["bits"]["dev ja"]["change"] = -0.07
    assert f"**met in {len(mixed['bits']) - 1} of {len(mixed['bits'])} rows" in made("gpt-ja-en", "en", mixed)
    assert "**missed**" in made("gpt-ja-en", "en", gpt_figures(change=-0.05))
    assert "in all three spellings. **missed**." in made("translate-ja-en", "en", translate_figures(30.0))


def test_what_was_done_is_told_as_it_was_recorded() -> None:
    usual = made("bert-ja-en", "en")
    assert "2 threads of a CPU" in usual and "Dropout 0.15." in usual and "mean of the checkpoints" not in usual
    other = made("bert-ja-en", "en", threads=1, dropout=0.0, averaged=[80.0, 88.0], sharpness=0.95)
    assert "one thread of a CPU" in other and "No dropout." in other and "mean of the checkpoints at 80, 88" in other
    assert "scaled by 0.95" in other
    assert "on one Some GPU," in made("bert-ja-en", "en", device="Some GPU")
    assert "after 72 minutes, the best" in made("bert-ja-en", "en", minutes=72.0)
    assert made("bert-ja-en", "ja", notes={"ja": "これも行いました。"}).count("これも行いました。") == 1


def model_folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_bytes((MODELS / "gpt-ja-en" / "config.json").read_bytes())
    return tmp_path


def test_cards_are_written_from_the_record_in_the_models_folder(tmp_path: Path) -> None:
    record.write(model_folder(tmp_path) / record.RECORD, DONE)
    cards.write("gpt-ja-en", gpt_figures(), tmp_path)
    assert "88 minutes on 2 threads" in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "CPU の 2 スレッドで 88 分" in (tmp_path / "README.ja.md").read_text(encoding="utf-8")


def test_without_a_record_no_card_is_written(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"training\.json is missing: train_bundled\.py export writes it"):
        cards.write("gpt-ja-en", gpt_figures(), model_folder(tmp_path))
    record.write(tmp_path / record.RECORD, {key: DONE[key] for key in DONE if key != "tokens"})
    with pytest.raises(Refused, match=r"training\.json lacks tokens"):
        cards.write("gpt-ja-en", gpt_figures(), tmp_path)
    assert not (tmp_path / "README.md").exists()


def test_a_misspelt_key_of_a_plan_is_named(tmp_path: Path) -> None:
    record.write(tmp_path / record.PLAN, {**DONE, "drop-out": 0.1})
    with pytest.raises(Refused, match=r"unknown drop-out"):
        record.read_plan(tmp_path)


@pytest.mark.parametrize("name", sorted(export.FOLDERS.values()))
def test_shipped_models_say_how_they_were_trained(name: str) -> None:
    if name == "gpt-ja-en" and not (MODELS / name / record.RECORD).exists():
        pytest.skip("exported before records were kept")
    done = record.read_record(MODELS / name)
    assert min(done[key] for key in ("minutes", "tokens", "parameters", "pairs")) > 0
