"""A training or an export that cannot succeed says so at once, and what was done is written down."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch
import train_bundled
from bundled import data, export, gpt, record, tokenizer, training, translate
from bundled.refused import Refused

PAIRS = [
    data.Pair("I read a book.", "i read a book .", "私は本を読む。"),
    data.Pair("The cat sleeps.", "the cat sleeps .", "猫は寝る。"),
] * 5
PLAN = dict.fromkeys(("planned_minutes", "dropout", "matrix_rate", "other_rate", "weight_decay"), 0.5) | {
    "device": "cpu",
    **dict.fromkeys(("threads", "seed", "pairs", "dev_pairs", "held_out_pairs"), 1),
}


def best(model: torch.nn.Module, path: Path, minutes: float = 3.0) -> None:
    weights = {name: weight.detach().float() for name, weight in training.trained_weights(model).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"weights": weights, "elapsed": 60.0 * minutes, "tokens": 5, "scores": {}}, path)


def test_best_weights_come_back(tmp_path: Path) -> None:
    one, other = (gpt.make_model(300, width=32, layers=1, heads=2) for _ in range(2))
    best(one, tmp_path / "best.pt")
    assert training.load_best(other, tmp_path / "best.pt")["tokens"] == 5
    for name, weight in other.named_parameters():
        torch.testing.assert_close(weight, dict(one.named_parameters())[name])


@pytest.mark.parametrize(("layers", "width"), [(2, 32), (1, 64)])
def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path, layers: int, width: int) -> None:
    path = tmp_path / "gpt" / "best.pt"
    best(gpt.make_model(300, width=32, layers=1, heads=2), path)
    with pytest.raises(Refused, match=r"Delete the folder .*gpt and train again"):
        training.load_best(gpt.make_model(300, width=width, layers=layers, heads=2), path)


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"best\.pt is missing"):
        training.load_best(torch.nn.Linear(2, 2), tmp_path / "best.pt")


def test_translation_needs_sacrebleu_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(Refused, match="pip install sacrebleu"):
        translate.Task(data.Split((), (), ()), None, dropout=0.0)  # type: ignore[arg-type]


def test_training_needs_muon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.optim, "Muon")
    with pytest.raises(Refused, match=r"2\.9 or newer"):
        training.MasterWeights(torch.nn.Linear(2, 2), training.Plan(minutes=1))


@pytest.mark.parametrize(
    "words",
    [
        "export --only gpd",
        "export --only",
        "average --only bert --checkpoints a.pt b.pt --sharpness 0.9",
        "gpt --train a.tsv --dev b.tsv --sharpness 0.9",
        "average --only gpt",
        "translate",
    ],
)
def test_a_wrong_request_is_refused_before_anything_runs(words: str) -> None:
    with pytest.raises(SystemExit) as exit_status:
        train_bundled.parse(words.split())
    assert exit_status.value.code == 2


def test_the_plan_of_a_training_holds_what_a_record_needs(tmp_path: Path) -> None:
    arguments = train_bundled.parse(["gpt", "--train", "a.tsv", "--dev", "b.tsv", "--dropout", "0.15"])
    record.write(tmp_path / record.PLAN, train_bundled.told(arguments, data.Split(tuple(PAIRS), (), ()), "cpu"))
    plan = record.read_plan(tmp_path)
    assert (plan["dropout"], plan["pairs"], plan["planned_minutes"], plan["device"]) == (0.15, 10, 60.0, "cpu")


def test_export_writes_down_what_was_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = tokenizer.train_vocabulary(PAIRS, 620)
    small.save(str(tmp_path / "tokenizer.json"))
    size = {"width": 32, "layers": 1, "heads": 2}
    make = gpt.make_model
    monkeypatch.setattr(gpt, "make_model", lambda vocabulary: make(vocabulary, **size))
    for minutes in (2.0, 3.0):
        best(gpt.make_model(small.get_vocab_size()), tmp_path / "gpt" / f"kept-{minutes:.0f}.pt", minutes)
    export.average("gpt", sorted((tmp_path / "gpt").glob("kept-*.pt")), tmp_path, sharpness=0.9)
    with pytest.raises(Refused, match=r"plan\.json is missing"):
        export.export("gpt", tmp_path, tmp_path / "out")
    record.write(tmp_path / "gpt" / record.PLAN, PLAN)
    export.export("gpt", tmp_path, tmp_path / "out")
    done = record.read_record(tmp_path / "out" / "gpt-ja-en")
    assert done["averaged"] == [2.0, 3.0] and done["sharpness"] == 0.9 and done["minutes"] == 3.0
    written = json.loads((tmp_path / "out" / "gpt-ja-en" / "config.json").read_text(encoding="utf-8"))
    assert written["hidden_size"] == 32 and done["parameters"] > 0
