from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from visualizer.core import capture
from visualizer.core.analyses import surprisal
from visualizer.core.errors import Cancelled, CannotRead
from visualizer.core.export import quantities
from visualizer.core.interventions import parse
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace


def own_probabilities(logits: torch.Tensor) -> np.ndarray:
    return torch.softmax(logits.double(), dim=-1).numpy()


def test_a_writing_model_s_surprisal_is_that_of_a_plain_forward_pass(tiny_llama) -> None:
    trace = capture.run(tiny_llama, RunRequest("The cat sat on"))
    found = surprisal.measure(trace)
    with torch.inference_mode():
        p = own_probabilities(tiny_llama.model(trace.inputs["input_ids"]).logits[0])
    assert np.isnan(found.surprisal[0]), "nothing predicts the first token"
    for i in range(1, len(trace.tokens)):
        row, token = p[i - 1], trace.tokens[i].id
        assert abs(2.0 ** -found.surprisal[i] - row[token]) < 1e-6
        assert found.rank[i] == 1 + (row > row[token]).sum()
        assert found.entropy[i] == pytest.approx(-(row * np.log2(row)).sum(), abs=1e-4)
        assert found.place[i] == i - 1
    assert found.perplexity == pytest.approx(2 ** np.nanmean(found.surprisal))
    assert found.bits_per_character == pytest.approx(np.nansum(found.surprisal) / (len("The cat sat on") - 1))


def test_a_masked_model_blanks_one_token_at_a_time(tiny_bert) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat sat on the mat", pair="a dog"))
    found = surprisal.measure(trace)
    assert found.is_pseudo
    for i, token in enumerate(trace.tokens):
        if token.special:
            assert np.isnan(found.surprisal[i])
            continue
        inputs = {name: value.clone() for name, value in trace.inputs.items()}
        inputs["input_ids"][0, i] = tiny_bert.tokenizer.mask_token_id
        with torch.inference_mode():
            row = own_probabilities(tiny_bert.model(**inputs).logits[0, i])
        assert abs(2.0 ** -found.surprisal[i] - row[token.id]) < 1e-6
        assert found.rank[i] == 1 + (row > row[token.id]).sum()
        assert found.place[i] == i


def test_a_typed_blank_is_not_scored(tiny_bert) -> None:
    trace = capture.run(tiny_bert, RunRequest("the [MASK] sat"))
    found = surprisal.measure(trace)
    blank = [token.id for token in trace.tokens].index(tiny_bert.tokenizer.mask_token_id)
    assert np.isnan(found.surprisal[blank])
    assert found.rank[blank] == 0


def test_an_encoder_decoder_model_is_asked_about_its_target(tiny_marian) -> None:
    trace = capture.run(tiny_marian, RunRequest("the cat", target="a mat"))
    found = surprisal.measure(trace)
    assert len(found.surprisal) == len(trace.target_tokens)
    with torch.inference_mode():
        p = own_probabilities(tiny_marian.model(**trace.inputs).logits[0])
    for i in range(1, len(trace.target_tokens)):
        assert abs(2.0 ** -found.surprisal[i] - p[i - 1, trace.target_tokens[i].id]) < 1e-6
    assert found.characters == len("a mat"), "the start token writes nothing, so no character is left out"


def test_words_add_up_and_a_word_with_an_unpredicted_part_has_no_number(tiny_llama) -> None:
    trace = capture.run(tiny_llama, RunRequest("The cat sat"))
    found = surprisal.measure(trace)
    units = surprisal.units_of(trace, "word")
    bits, entropy = surprisal.by_unit(found, units)
    assert np.isnan(bits[0]), "its first token is the text's first one"
    known = ~np.isnan(bits)
    cat = next(n for n, unit in enumerate(units) if unit.label.strip() == "cat")
    assert bits[cat] == pytest.approx(sum(found.surprisal[t] for t in units[cat].tokens))
    assert entropy[cat] == pytest.approx(found.entropy[min(units[cat].tokens)])
    first = sum(found.surprisal[t] for t in units[0].tokens if t)
    assert bits[known].sum() + first == pytest.approx(found.bits)


def test_parts_come_one_after_the_other_and_it_stops_at_once(tiny_bert) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat sat on the mat with a dog on the mat"))
    seen: list[int] = []
    with pytest.raises(Cancelled):
        surprisal.measure(trace, lambda: bool(seen), lambda _share, part: seen.append(part.done))
    assert seen == [1]
    assert surprisal.known(trace) is None
    found = surprisal.measure(trace)
    assert found.is_complete
    assert surprisal.measure(trace) is found


def test_what_is_switched_off_stays_off_while_tokens_are_blanked(tiny_bert) -> None:
    off = RunRequest("the cat sat", interventions=parse("mlp.0"))
    ordinary = surprisal.measure(capture.run(tiny_bert, RunRequest("the cat sat")))
    trace = capture.run(tiny_bert, off)
    found = surprisal.measure(trace)
    assert not np.allclose(found.surprisal, ordinary.surprisal, equal_nan=True)
    at = 1
    blanked = capture.run(tiny_bert, RunRequest("[MASK] cat sat", interventions=off.interventions))
    own = own_probabilities(torch.from_numpy(np.array(blanked.logits(at))))
    assert abs(2.0 ** -found.surprisal[at] - own[trace.tokens[at].id]) < 1e-6


def test_a_text_of_one_token_has_no_perplexity(tiny_llama) -> None:
    found = surprisal.measure(capture.run(tiny_llama, RunRequest("a")))
    assert np.isnan(found.perplexity)
    assert np.isnan(found.bits_per_character)
    assert found.is_complete


def test_a_masked_model_s_saved_trace_says_that_its_model_is_needed(tiny_bert, tiny_llama, tmp_path: Path) -> None:
    capture.run(tiny_bert, RunRequest("the cat")).save(tmp_path / "a.safetensors")
    with pytest.raises(CannotRead) as raised:
        surprisal.measure(Trace.open(tmp_path / "a.safetensors"))
    assert raised.value.reason == "no_model"
    trace = capture.run(tiny_llama, RunRequest("the cat"))
    trace.save(tmp_path / "b.safetensors")
    again = surprisal.measure(Trace.open(tmp_path / "b.safetensors"))
    np.testing.assert_allclose(again.surprisal, surprisal.measure(trace).surprisal, atol=1e-6)


def test_the_table_has_one_row_a_token(tiny_llama, tmp_path: Path) -> None:
    trace = capture.run(tiny_llama, RunRequest("The cat"))
    found = surprisal.measure(trace)
    quantities.write(trace, "surprisal", tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == surprisal.CSV_COLUMNS
    assert [row["position"] for row in rows] == [str(i) for i in range(len(trace.tokens))]
    assert (rows[0]["surprisal"], rows[0]["rank"], rows[0]["entropy"]) == ("", "", "")
    assert float(rows[2]["surprisal"]) == pytest.approx(found.surprisal[2])
    assert float(rows[2]["entropy"]) == pytest.approx(found.entropy[2])
    assert int(rows[2]["rank"]) == found.rank[2]
    quantities.write(trace, "surprisal", tmp_path / "a.json")
    told = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert told["perplexity"] == pytest.approx(found.perplexity)
    assert told["surprisal"][0]["surprisal"] is None
    quantities.write(trace, "surprisal", tmp_path / "a.npz")
    np.testing.assert_array_equal(np.load(tmp_path / "a.npz")["surprisal"], found.surprisal)
