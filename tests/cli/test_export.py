"""Exported numbers are the trace's own, in every format."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Run
from visualizer.core import capture, models
from visualizer.core.request import RunRequest

TEXT = "本を read"


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def trace(llama: Path):
    return capture.run(models.load(str(llama)), RunRequest(TEXT))


@pytest.fixture
def export(run: Run, llama: Path, tmp_path: Path):
    def export_to(ending: str, *options: str, model: Path = llama, text: str = TEXT) -> Path:
        path = tmp_path / f"out.{ending}"
        answer = run("export", "--model", model, "--text", text, *options, "-o", path)
        assert answer.status == 0, answer.err
        assert answer.err == "", "the libraries' chatter belongs to nobody's terminal"
        hidden = [p.name for p in tmp_path.iterdir() if not p.name.startswith("out.")]
        assert not hidden, f"stayed behind: {hidden}"
        return path

    return export_to


def test_npz_holds_every_layer_and_head(export, trace) -> None:
    arrays = np.load(export("npz", "--what", "attention"))
    n = len(trace.tokens)
    assert arrays["attention"].shape == (3, 4, n, n)
    assert arrays["attention"].dtype == np.float32
    for layer in range(3):
        for head in range(4):
            np.testing.assert_array_equal(arrays["attention"][layer, head], trace.attention(layer, head))
    assert arrays["tokens"].tolist() == [token.text for token in trace.tokens]


def test_a_chosen_layer_and_head_drop_their_axes(export, trace) -> None:
    one_layer = np.load(export("npz", "--what", "attention", "--layer", "2"))["attention"]
    np.testing.assert_array_equal(one_layer[1], trace.attention(2, 1))
    one_head = np.load(export("npz", "--what", "attention", "--layer", "2", "--head", "1"))["attention"]
    np.testing.assert_array_equal(one_head, trace.attention(2, 1))


def test_one_matrix_as_csv_carries_the_token_labels(export, trace) -> None:
    header, *rows = _rows(export("csv", "--what", "attention", "--layer", "1", "--head", "3"))
    labels = [token.text for token in trace.tokens]
    assert header[1:] == labels
    assert [row[0] for row in rows] == labels
    numbers = np.array([row[1:] for row in rows], dtype=np.float32)
    np.testing.assert_array_equal(numbers, trace.attention(1, 3))


def test_all_matrices_as_csv_say_which_is_which(export, trace) -> None:
    header, *rows = _rows(export("csv", "--what", "attention"))
    n = len(trace.tokens)
    assert len(rows) == 3 * 4 * n * n
    weights = np.array([row[header.index("weight")] for row in rows], dtype=np.float32).reshape(3, 4, n, n)
    np.testing.assert_array_equal(weights[2, 1], trace.attention(2, 1))


def test_json_nests_like_npz(export, trace) -> None:
    everything = json.loads(export("json", "--what", "attention").read_text(encoding="utf-8"))
    assert everything["text"] == TEXT
    weights = np.array(everything["attention"], dtype=np.float32)
    np.testing.assert_array_equal(weights[1, 2], trace.attention(1, 2))
    one = json.loads(export("json", "--what", "attention", "--layer", "1", "--head", "2").read_text(encoding="utf-8"))
    np.testing.assert_array_equal(np.array(one["attention"], dtype=np.float32), trace.attention(1, 2))
    assert one["query_tokens"] == one["key_tokens"] == [token.text for token in trace.tokens]


def test_an_encoder_decoder_has_three_arrays(export, marian: Path) -> None:
    arrays = np.load(export("npz", "--what", "attention", "--target", "ab", model=marian, text="xyz"))
    source, target = len(arrays["tokens"]), len(arrays["target_tokens"])
    assert arrays["encoder_attention"].shape == (2, 4, source, source)
    assert arrays["decoder_attention"].shape == (3, 2, target, target)
    assert arrays["cross_attention"].shape == (3, 2, target, source)
    np.testing.assert_allclose(arrays["cross_attention"].sum(axis=-1), 1, atol=1e-5)


def test_two_sentences_are_told_apart(export, bert: Path) -> None:
    header, *rows = _rows(export("csv", "--what", "tokens", "--pair", "on the mat", model=bert, text="the cat"))
    sequences = [row[header.index("sequence")] for row in rows if row[header.index("special")] == "False"]
    assert sequences == ["0"] * 2 + ["1"] * 3


def test_tokens_know_their_characters(export, trace) -> None:
    header, *rows = _rows(export("csv", "--what", "tokens"))
    for token, row in zip(trace.tokens, rows, strict=True):
        fields = dict(zip(header, row, strict=True))
        assert (int(fields["id"]), fields["text"]) == (token.id, token.text)
        assert (int(fields["start"]), int(fields["end"])) == token.span
    ids = np.load(export("npz", "--what", "tokens"))["id"]
    assert ids.tolist() == [token.id for token in trace.tokens]


def test_morphemes_carry_part_of_speech_and_reading(export) -> None:
    path = export("json", "--what", "morphemes", text="私は図書館で本を")
    entries = json.loads(path.read_text(encoding="utf-8"))["morphemes"]
    assert [entry["surface"] for entry in entries] == ["私", "は", "図書館", "で", "本", "を"]
    assert entries[2]["reading"] == "トショカン"
    assert entries[2]["part_of_speech"].startswith("名詞")


def test_text_without_japanese_has_no_morphemes(export) -> None:
    assert len(_rows(export("csv", "--what", "morphemes", text="the cat"))) == 1


def test_probabilities_cover_the_full_vocabulary(export, trace) -> None:
    arrays = np.load(export("npz", "--what", "probabilities"))
    assert arrays["probabilities"].shape == (len(trace.tokens), trace.card.vocabulary)
    np.testing.assert_allclose(arrays["probabilities"].sum(axis=-1), 1, atol=1e-5)
    best = trace.next_tokens(2)[0]
    assert int(arrays["probabilities"][2].argmax()) == best.id


def test_candidates_are_those_of_the_trace(export, trace) -> None:
    options = ("--what", "probabilities", "--position", "-1", "--limit", "5", "--temperature", "0.5", "--top-k", "3")
    header, *rows = _rows(export("csv", *options))
    expected = trace.next_tokens(-1, temperature=0.5, top_k=3, limit=5)
    assert len(rows) == len(expected) == 3
    for row, candidate in zip(rows, expected, strict=True):
        fields = dict(zip(header, row, strict=True))
        assert int(fields["id"]) == candidate.id
        assert float(fields["probability"]) == candidate.probability
        assert int(fields["position"]) == len(trace.tokens) - 1


def test_a_text_beyond_the_maximum_is_cut_with_a_notice(run: Run, llama: Path, tmp_path: Path) -> None:
    answer = run("export", "--model", llama, "--text", "a" * 300, "--what", "tokens", "-o", tmp_path / "x.csv")
    assert answer.status == 0
    assert "44" in answer.err
    assert len(_rows(tmp_path / "x.csv")) == 1 + 256


def test_a_captured_trace_exports_the_same_numbers_without_the_model(run: Run, llama: Path, tmp_path: Path) -> None:
    saved, direct, later = tmp_path / "t.safetensors", tmp_path / "direct.npz", tmp_path / "later.npz"
    assert run("capture", "--model", llama, "--text", TEXT, "-o", saved).status == 0
    for what in ("attention", "probabilities"):
        assert run("export", "--model", llama, "--text", TEXT, "--what", what, "-o", direct).status == 0
        answer = run("export", "--trace", saved, "--what", what, "-o", later)
        assert answer.status == 0, answer.err
        with np.load(direct) as one, np.load(later) as other:
            assert sorted(one.files) == sorted(other.files)
            for name in one.files:
                np.testing.assert_array_equal(one[name], other[name])


def test_a_disk_that_fills_up_leaves_nothing(
    run: Run, llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "open", full)
    answer = run("export", "--model", llama, "--text", "ab", "--what", "attention", "-o", tmp_path / "x.npz")
    assert answer.status == 1
    assert "No space left on device" in answer.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_link_is_followed_and_a_pipe_refused_before_the_model_is_loaded(
    run: Run, llama: Path, tmp_path: Path
) -> None:
    there, link, pipe = tmp_path / "there.csv", tmp_path / "out.csv", tmp_path / "pipe.csv"
    link.symlink_to(there)
    assert run("export", "--model", llama, "--text", TEXT, "--what", "tokens", "-o", link).status == 0
    assert link.is_symlink() and len(_rows(there)) > 2
    os.mkfifo(pipe)
    answer = run("export", "--model", "no/such-model", "--text", TEXT, "--what", "tokens", "-o", pipe)
    assert answer.status == 1
    assert f"“{pipe}” is a pipe or a device, and no ordinary file." in answer.err
    assert pipe.is_fifo()


def test_the_map_of_the_model_is_exported_with_every_parameter(export) -> None:
    data = json.loads(export("json", "--what", "model_map").read_text(encoding="utf-8"))
    assert sum(box["parameters"] for box in data["boxes"]) == data["parameters"] > 0
