from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from tests.tokenizers import byte_level, word_piece
from visualizer.core import capture, models
from visualizer.core.analyses import answer_span, classification
from visualizer.core.errors import CannotRead, WeightsDoNotFit
from visualizer.core.export import quantities
from visualizer.core.interventions import parse
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

LABELS = {0: "bad", 1: "fair", 2: "good"}
SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
DISTIL = {"dim": 32, "hidden_dim": 48, "n_layers": 2, "n_heads": 4}
GPT = {"n_embd": 32, "n_layer": 2, "n_head": 4}
KINDS = {
    "BertForSequenceClassification": SMALL,
    "DistilBertForSequenceClassification": DISTIL,
    "GPT2ForSequenceClassification": GPT,
    "LlamaForSequenceClassification": {**SMALL, "num_key_value_heads": 2},
    "BertForTokenClassification": SMALL,
    "DistilBertForTokenClassification": DISTIL,
    "BertForQuestionAnswering": SMALL,
    "DistilBertForQuestionAnswering": DISTIL,
}


def saved(name: str, folder: Path, **more: Any) -> tuple[Path, Any]:
    """A random checkpoint with that head, as a person would have it, and the model itself."""
    torch.manual_seed(0)
    is_decoder = name.startswith(("GPT2", "Llama"))
    tokenizer = byte_level() if is_decoder else word_piece()
    kind = getattr(transformers, name)
    labels = {} if "Question" in name else {"id2label": LABELS, "label2id": {v: k for k, v in LABELS.items()}}
    pad = {"pad_token_id": tokenizer.pad_token_id}
    model = kind(kind.config_class(vocab_size=len(tokenizer), **KINDS[name], **labels, **pad, **more)).eval()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder, model


@pytest.mark.parametrize("name", [name for name in KINDS if "Question" not in name])
def test_classes_are_those_of_the_model_s_own_forward(name: str, tmp_path: Path) -> None:
    folder, model = saved(name, tmp_path)
    loaded = models.load(str(folder))
    assert type(loaded.model).__name__ == name, "the checkpoint's own head is loaded"
    trace = capture.run(loaded, RunRequest("the cat sat"))
    found = classification.measure(trace)
    with torch.inference_mode():
        logits = model(**trace.inputs).logits[0].double().numpy()
    np.testing.assert_allclose(found.logits, logits if found.by_token else logits[None], atol=1e-6)
    np.testing.assert_allclose(found.probabilities.sum(-1), 1.0)
    own = torch.softmax(torch.from_numpy(found.logits), -1).numpy()
    np.testing.assert_allclose(found.probabilities, own, atol=1e-6)
    assert found.labels == tuple(LABELS.values())
    assert found.by_token == ("Token" in name)
    assert (loaded.kind, loaded.task) == ("decoder" if name.startswith(("GPT2", "Llama")) else "encoder", "none")


@pytest.mark.parametrize("name", [name for name in KINDS if "Question" in name])
def test_answers_are_those_of_the_model_s_own_forward(name: str, tmp_path: Path) -> None:
    folder, model = saved(name, tmp_path)
    loaded = models.load(str(folder))
    trace = capture.run(loaded, RunRequest("the cat", pair="a dog sat on the mat"))
    found = answer_span.measure(trace)
    with torch.inference_mode():
        output = model(**trace.inputs)
    np.testing.assert_allclose(found.start, torch.softmax(output.start_logits[0], -1).numpy(), atol=1e-6)
    np.testing.assert_allclose(found.end, torch.softmax(output.end_logits[0], -1).numpy(), atol=1e-6)
    passage = np.flatnonzero(found.passage)
    assert [trace.tokens[i].sequence for i in passage] == [1] * len(passage)
    best = max(
        ((found.start[i] * found.end[j], i, j) for i in passage for j in passage if j >= i), key=lambda one: one[0]
    )
    span = found.spans[0]
    assert (span.first, span.last) == best[1:]
    assert span.probability == pytest.approx(best[0])
    assert span.text in "a dog sat on the mat"
    assert found.no_answer == pytest.approx(found.start[0] * found.end[0])


def test_what_the_head_reads_is_what_the_trace_shows(tmp_path: Path) -> None:
    loaded = models.load(str(saved("BertForTokenClassification", tmp_path)[0]))
    trace = capture.run(loaded, RunRequest("the cat sat"))
    with torch.inference_mode():
        from_stored = loaded.model.classifier(trace.final).numpy()
    np.testing.assert_allclose(classification.measure(trace).logits, from_stored, atol=1e-5)
    assert trace.n_positions == 0, "no token is predicted"


@pytest.mark.parametrize("left_out", ["classifier.weight", "bert.pooler.dense.weight"])
def test_a_head_whose_weights_are_missing_is_an_error_that_names_them(left_out: str, tmp_path: Path) -> None:
    folder, _ = saved("BertForSequenceClassification", tmp_path)
    file = folder / "model.safetensors"
    weights = load_file(file)
    del weights[left_out]
    save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(WeightsDoNotFit) as raised:
        models.load(str(folder))
    assert list(raised.value.missing) == [left_out]


def test_several_labels_are_judged_each_for_itself_and_a_regression_gives_a_number(tmp_path: Path) -> None:
    kind = "BertForSequenceClassification"
    several = models.load(str(saved(kind, tmp_path / "a", problem_type="multi_label_classification")[0]))
    found = classification.measure(capture.run(several, RunRequest("the cat")))
    np.testing.assert_allclose(found.probabilities, 1 / (1 + np.exp(-found.logits)))
    value = models.load(str(saved(kind, tmp_path / "b", problem_type="regression")[0]))
    found = classification.measure(capture.run(value, RunRequest("the cat")))
    assert found.how == "value"
    assert np.isnan(found.probabilities).all()


def test_parts_that_are_switched_off_change_the_class(tmp_path: Path) -> None:
    loaded = models.load(str(saved("BertForSequenceClassification", tmp_path)[0]))
    ordinary = classification.measure(capture.run(loaded, RunRequest("the cat")))
    off = classification.measure(capture.run(loaded, RunRequest("the cat", interventions=parse("0,1,mlp.0"))))
    assert not np.allclose(ordinary.logits, off.logits)


def test_models_without_such_a_head_and_saved_traces_say_so(tiny_bert, tmp_path: Path) -> None:
    with pytest.raises(CannotRead):
        classification.measure(capture.run(tiny_bert, RunRequest("the cat")))
    loaded = models.load(str(saved("BertForSequenceClassification", tmp_path / "model")[0]))
    capture.run(loaded, RunRequest("the cat")).save(tmp_path / "a.safetensors")
    again = Trace.open(tmp_path / "a.safetensors")
    assert again.card.head == "classification"
    with pytest.raises(CannotRead) as raised:
        classification.measure(again)
    assert raised.value.reason == "no_model"


def test_classes_and_answers_are_exported(tmp_path: Path) -> None:
    loaded = models.load(str(saved("BertForTokenClassification", tmp_path / "a")[0]))
    trace = capture.run(loaded, RunRequest("the cat"))
    found = classification.measure(trace)
    quantities.write(trace, "classification", tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(trace.tokens) * len(LABELS)
    assert float(rows[4]["probability"]) == pytest.approx(found.probabilities[1, 1])
    assert (rows[4]["position"], rows[4]["label"]) == ("1", "fair")
    loaded = models.load(str(saved("BertForQuestionAnswering", tmp_path / "b")[0]))
    trace = capture.run(loaded, RunRequest("the cat", pair="a dog sat"))
    quantities.write(trace, "answer_span", tmp_path / "b.json")
    told = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    best = answer_span.measure(trace).spans[0]
    assert told["answer_span"][0]["text"] == best.text
    assert told["answer_span"][0]["probability"] == pytest.approx(best.probability)
    quantities.write(trace, "answer_span", tmp_path / "b.npz")
    np.testing.assert_array_equal(np.load(tmp_path / "b.npz")["start"], answer_span.measure(trace).start)
