"""A trace answers the same from memory and from a file, and refuses what it has not."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.core.families import BERT, FALLBACK, REGISTRY, Family, build, plain_tokenizer
from visualizer.core import capture, loaded_model, models
from visualizer.core.errors import (
    Cancelled,
    DamagedFile,
    EmptyText,
    MissingFile,
    NoSuchKind,
    NoSuchPart,
    NotEnoughMemory,
    WriteFailed,
)
from visualizer.core.forward import passes
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace, output_layer
from visualizer.core.trace import file as trace_format

TEXT = "5 6 7 8 9 5 6"


def loaded(name: str) -> loaded_model.LoadedModel:
    family = next(f for f in (*REGISTRY, *FALLBACK) if f.name == name)
    return models.wrap(build(family), plain_tokenizer(pairs=name.startswith("bert")))


@pytest.fixture(scope="module")
def llama() -> loaded_model.LoadedModel:
    return loaded("llama")


def assert_same_answers(first: Trace, second: Trace) -> None:
    assert first.tokens == second.tokens
    assert first.target_tokens == second.target_tokens
    assert first.card == second.card
    assert first.request == second.request
    assert first.kinds == second.kinds
    for kind in first.kinds:
        for layer in range(first.layers(kind)):
            for head in range(first.heads(kind)):
                np.testing.assert_array_equal(first.attention(layer, head, kind), second.attention(layer, head, kind))
            np.testing.assert_array_equal(first.thumbnails(layer, 4, kind), second.thumbnails(layer, 4, kind))
    for position in range(first.n_positions):
        np.testing.assert_allclose(first.logits(position), second.logits(position), rtol=0, atol=1e-5)
        labels = [[c.text for c in t.next_tokens(position)] for t in (first, second)]
        assert labels[0] == labels[1]
    for side in first.residual:
        np.testing.assert_array_equal(first.hidden(-1, side), second.hidden(-1, side))
    assert first.positions.to_arrays().keys() == second.positions.to_arrays().keys()


@pytest.mark.parametrize("name", ["llama", "mistral", "gemma2", "bert", "bert_pretraining", "t5", "marian", "gptj"])
def test_a_saved_trace_opens_with_the_same_numbers(name: str, tmp_path: Path) -> None:
    model = loaded(name)
    target = "9 8 7" if model.kind == "encoder_decoder" else None
    pair = "7 8" if model.accepts_pair else None
    trace = capture.run(model, RunRequest(TEXT, pair, target))
    path = tmp_path / "a.safetensors"
    trace.save(path)
    opened = Trace.open(path)
    assert_same_answers(trace, opened)
    opened.save(tmp_path / "b.safetensors")
    assert_same_answers(trace, Trace.open(tmp_path / "b.safetensors"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.safetensors", "b.safetensors"]


def test_a_long_trace_keeps_the_output_layer_instead_of_logits(
    llama: loaded_model.LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_layer, "LOGITS_LIMIT", 0)
    trace = capture.run(llama, RunRequest(TEXT))
    trace.save(tmp_path / "a.safetensors")
    assert "head/weight" in load_file(tmp_path / "a.safetensors")
    assert_same_answers(trace, Trace.open(tmp_path / "a.safetensors"))


def test_layers_share_one_mask_in_memory_and_in_the_file(tmp_path: Path) -> None:
    trace = capture.run(loaded("mistral"), RunRequest(" ".join(["5"] * 20)))
    assert trace.record(0).mask is not None
    assert trace.record(0).mask is trace.record(2).mask
    trace.save(tmp_path / "a.safetensors")
    assert sum("mask" in name for name in load_file(tmp_path / "a.safetensors")) == 1


def test_damaged_and_foreign_files_are_refused_with_a_reason(llama: loaded_model.LoadedModel, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    capture.run(llama, RunRequest(TEXT)).save(path)
    whole = path.read_bytes()
    for size in (0, 4, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(DamagedFile):
            Trace.open(path)
    save_file({"x": torch.zeros(1)}, path)
    with pytest.raises(DamagedFile, match="not a saved trace"):
        Trace.open(path)
    with pytest.raises(MissingFile):
        Trace.open(tmp_path / "none.safetensors")


def test_a_file_whose_parts_do_not_fit_together_is_refused(llama: loaded_model.LoadedModel, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    capture.run(llama, RunRequest(TEXT)).save(path)
    from safetensors import safe_open

    with safe_open(path, framework="pt") as opened:
        header = opened.metadata()
    tensors = load_file(path)
    tensors["self/1/query"] = tensors["self/1/query"][:, :3].contiguous()
    save_file(tensors, path, metadata=header)
    with pytest.raises(DamagedFile, match="does not fit"):
        Trace.open(path)


def test_nothing_half_written_stays_when_saving_fails(
    llama: loaded_model.LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = capture.run(llama, RunRequest(TEXT))
    with pytest.raises(MissingFile):
        trace.save(tmp_path / "nowhere" / "a.safetensors")

    def full(tensors: object, path: Path, metadata: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(trace_format, "save_file", full)
    with pytest.raises(WriteFailed):
        trace.save(tmp_path / "a.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_parts_that_do_not_exist_are_named(llama: loaded_model.LoadedModel) -> None:
    trace = capture.run(llama, RunRequest(TEXT))
    with pytest.raises(IndexError, match="numbered 0 to 2"):
        trace.attention(3, 0)
    with pytest.raises(IndexError, match="numbered 0 to 3"):
        trace.attention(0, -1)
    with pytest.raises(ValueError, match="this model has self"):
        trace.attention(0, 0, kind="cross")
    with pytest.raises(NoSuchPart):
        trace.next_tokens(position=99)
    with pytest.raises(NoSuchPart):
        trace.hidden(3)
    with pytest.raises(NoSuchKind):
        trace.hidden(0, side="encoder")


def test_a_model_without_a_language_model_head_predicts_nothing() -> None:
    model = models.wrap(build(Family("bert", "BertModel", BERT)), plain_tokenizer())
    trace = capture.run(model, RunRequest(TEXT))
    assert trace.n_positions == 0
    with pytest.raises(ValueError, match="next token"):
        trace.next_tokens()


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "　"])
def test_an_empty_text_is_an_error_of_its_own(llama: loaded_model.LoadedModel, text: str) -> None:
    with pytest.raises(EmptyText):
        capture.run(llama, RunRequest(text))


def test_pair_and_target_are_refused_where_they_mean_nothing(llama: loaded_model.LoadedModel) -> None:
    with pytest.raises(NoSuchKind):
        capture.run(llama, RunRequest(TEXT, pair="5"))
    with pytest.raises(NoSuchKind):
        capture.run(llama, RunRequest(TEXT, target="5"))


def test_a_pass_stops_between_layers(llama: loaded_model.LoadedModel) -> None:
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    with pytest.raises(Cancelled):
        capture.run(llama, RunRequest(TEXT), should_stop=should_stop)
    assert asked == 3
    trace = capture.run(llama, RunRequest(TEXT))  # nothing of the stopped pass is left behind
    assert trace.layers() == 3


def test_progress_rises_to_the_end(llama: loaded_model.LoadedModel) -> None:
    shares: list[float] = []
    capture.run(llama, RunRequest(TEXT), progress=lambda share, _name: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_eager_fallback_refuses_what_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    model = loaded("gptj")
    monkeypatch.setattr(passes, "_available_memory", lambda _device: 1000)
    with pytest.raises(NotEnoughMemory) as caught:
        capture.run(model, RunRequest(TEXT))
    assert caught.value.fields["needed"] == 4 * 3 * 4 * 7 * 7


def test_text_beyond_the_models_maximum_is_cut_and_told() -> None:
    model = loaded("gpt2")
    trace = capture.run(model, RunRequest(" ".join(["5"] * 80)))
    assert len(trace.tokens) == 64
    assert trace.cut == 16


def test_the_decoder_writes_a_target_when_none_is_given() -> None:
    model = loaded("marian")
    trace = capture.run(model, RunRequest(TEXT))
    assert trace.target_tokens[0].id == model.model.generation_config.decoder_start_token_id
    # Greedy: every further token is the most probable one after those before it.
    for position, token in enumerate(trace.target_tokens[1:]):
        best = [c.id for c in trace.next_tokens(position, limit=2)]
        assert token.id in best, "the decoder was fed a token that it would not have written"
    typed = capture.run(model, RunRequest(TEXT, target="9 8"))
    assert [t.id for t in typed.target_tokens[1:]] == [9, 8]
    assert typed.attention(0, 0, "cross").shape == (3, len(typed.tokens))


def test_a_trace_may_be_asked_from_several_threads(llama: loaded_model.LoadedModel) -> None:
    trace = capture.run(llama, RunRequest(TEXT))
    expected = [trace.logits_of([p])[0] for p in range(trace.n_positions)]
    wrong: list[int] = []

    def ask() -> None:
        for _ in range(20):
            for position, logits in enumerate(expected):
                if not np.array_equal(trace.logits(position), logits):
                    wrong.append(position)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    capture.run(llama, RunRequest(TEXT))
    for thread in threads:
        thread.join()
    assert not wrong


def test_pair_head_gives_the_models_own_scores() -> None:
    model = loaded("bert_pretraining")
    trace = capture.run(model, RunRequest("5 6", pair="7 8"))
    scores = trace.pair_logits
    assert scores is not None
    with torch.no_grad():
        ids = torch.tensor([[t.id for t in trace.tokens]])
        types = torch.tensor([[0, 0, 0, 1, 1, 1]])
        own = model.model(ids, token_type_ids=types).seq_relationship_logits[0].numpy()
    np.testing.assert_allclose(scores, own, atol=1e-5)
    assert capture.run(model, RunRequest("5 6")).pair_logits is None


# --- what was fed ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["llama", "bert", "t5", "bart"])
def test_a_trace_holds_exactly_what_the_model_was_fed(name: str) -> None:
    model = loaded(name)
    trace = capture.run(model, RunRequest(TEXT, pair="7 8" if name == "bert" else None))
    assert trace.model is model
    assert trace.inputs["input_ids"].tolist() == [[token.id for token in trace.tokens]]
    if trace.target_tokens:
        assert trace.inputs["decoder_input_ids"].tolist() == [[token.id for token in trace.target_tokens]]
    arguments = passes.without_cache(model, trace.inputs)
    with torch.inference_mode():
        output = model.model(**arguments)
    again = output.get("prediction_logits", output.get("logits"))[0].numpy()
    np.testing.assert_allclose(again, trace.logits_of(range(trace.n_positions)), rtol=0, atol=1e-4)
    with pytest.raises(TypeError):
        trace.inputs["input_ids"] = torch.zeros(1, 1)  # type: ignore[index]


def test_types_and_padding_of_a_pass_are_among_its_inputs() -> None:
    model = loaded("bert")
    ids = torch.tensor([[5, 6, 7, 0]])
    mask, types = torch.tensor([[1, 1, 1, 0]]), torch.tensor([[0, 0, 1, 1]])
    trace = capture.run_ids(model, RunRequest("5 6 7"), ids, attention_mask=mask, token_type_ids=types)
    assert {name: tensor.tolist() for name, tensor in trace.inputs.items()} == {
        "input_ids": ids.tolist(),
        "attention_mask": mask.tolist(),
        "token_type_ids": types.tolist(),
    }


def test_an_opened_trace_has_no_model_and_no_inputs(llama: loaded_model.LoadedModel, tmp_path: Path) -> None:
    path = tmp_path / "trace.safetensors"
    capture.run(llama, RunRequest(TEXT)).save(path)
    opened = Trace.open(path)
    assert opened.model is None and not opened.inputs
