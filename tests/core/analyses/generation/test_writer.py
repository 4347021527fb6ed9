"""A text that a model wrote under our eyes is the one it writes alone, with the attention of a fresh pass over it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.core.families import HYBRID, REGISTRY, Family, build, plain_tokenizer
from visualizer.core import capture, models
from visualizer.core.analyses.generation import writer
from visualizer.core.analyses.generation.step import Manner
from visualizer.core.errors import CannotWrite
from visualizer.core.interventions import Ablate, Site
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest

ALL = {family.name: family for family in (*REGISTRY, *HYBRID)}
WRITING = ("gpt2", "opt", "llama", "mistral", "qwen3", "gemma2", "gemma3_text", "phi3", "gpt_neox", "gpt_oss",
           "granite", "mixtral", "cohere", "t5", "bart", "marian", "lfm2")  # fmt: skip
TEXT = "5 9 13 21 34 7 11 60"


def loaded_of(family: Family) -> LoadedModel:
    return models.wrap(build(family), plain_tokenizer())


def own(loaded: LoadedModel, writing: writer.Writing, count: int, **settings: Any) -> list[int]:
    """What transformers' generate writes by itself."""
    prompt = torch.tensor([list(writing.prompt)])
    given: dict[str, Any] = {"max_new_tokens": count, "num_beams": 1, **settings}
    if loaded.kind == "encoder_decoder":
        source = torch.tensor([list(writing.source)])
        ids = loaded.model.generate(source, attention_mask=torch.ones_like(source), decoder_input_ids=prompt, **given)
    else:
        ids = loaded.model.generate(prompt, attention_mask=torch.ones_like(prompt), **given)
    found = ids[0, prompt.shape[1] :].tolist()
    ends = writer.generation.end_ids(loaded.model)
    return found[: next((n for n, token in enumerate(found) if token in ends), len(found))]


@pytest.mark.parametrize("name", WRITING)
def test_greedy_is_token_for_token_what_the_model_writes_alone(name: str) -> None:
    loaded = loaded_of(ALL[name])
    writing = writer.begin(loaded, RunRequest(TEXT))
    expected = own(loaded, writing, 20, do_sample=False)
    heard: list[int] = []
    writer.go_on(writing, max_new_tokens=20, on_step=lambda step: heard.append(step.token))
    assert [step.token for step in writing.steps] == heard == expected


@pytest.mark.parametrize("name", ["gpt2", "llama", "mistral", "gpt_neox", "t5", "bart"])
def test_a_seeded_draw_is_the_models_own_and_leaves_the_random_state_alone(name: str) -> None:
    loaded = loaded_of(ALL[name])
    writing = writer.begin(loaded, RunRequest(TEXT))
    torch.manual_seed(7)
    expected = own(loaded, writing, 16, do_sample=True, temperature=1.3, top_k=20, top_p=0.9)
    before = torch.random.get_rng_state()
    writer.go_on(writing, Manner(1.3, 20, 0.9, seed=7), 16)
    assert [step.token for step in writing.steps] == expected
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("name", WRITING)
def test_attention_stream_and_logits_of_what_was_written_are_those_of_a_fresh_pass(name: str) -> None:
    loaded = loaded_of(ALL[name])
    writing = writer.go_on(writer.begin(loaded, RunRequest(TEXT)), max_new_tokens=14)
    trace = writing.trace()
    assert trace is not None, "noted down while it wrote"
    ids = torch.tensor([list(writing.ids[: writing.growing.count])])
    if loaded.kind == "encoder_decoder":
        source = torch.tensor([list(writing.source)])
        fresh = capture.run_ids(loaded, RunRequest(TEXT), source, decoder_ids=ids)
    else:
        fresh = capture.run_ids(loaded, RunRequest(TEXT), ids)
    assert trace.kinds == fresh.kinds
    for kind in fresh.kinds:
        assert trace.layer_numbers(kind) == fresh.layer_numbers(kind)
        for layer in fresh.layer_numbers(kind):
            for head in range(fresh.heads(kind)):
                ours, theirs = trace.attention(layer, head, kind), fresh.attention(layer, head, kind)
                np.testing.assert_allclose(ours, theirs, atol=1e-5, err_msg=f"{kind} {layer}.{head}")
                masks = trace.mask(layer, kind, head), fresh.mask(layer, kind, head)
                assert (masks[0] is None) == (masks[1] is None)
                if masks[0] is not None:
                    np.testing.assert_array_equal(*masks)
    for side in fresh.residual:
        for ours, theirs in zip(trace.residual[side], fresh.residual[side], strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
    np.testing.assert_allclose(trace.logits(-1), fresh.logits(-1), atol=1e-4)
    # What each step says is what the model thought there.
    at = len(writing.prompt) - 1
    for n, step in enumerate(writing.steps):
        p = torch.softmax(torch.tensor(fresh.logits(at + n)).double(), dim=-1)
        assert np.exp(step.log_probability) == pytest.approx(float(p[step.token]), abs=1e-6)
        assert step.rank == 1 + int((p > p[step.token]).sum())


def test_writing_goes_on_where_it_stopped(tiny_llama: LoadedModel) -> None:
    whole = writer.go_on(writer.begin(tiny_llama, RunRequest("abc")), max_new_tokens=12)
    parts = writer.begin(tiny_llama, RunRequest("abc"))
    writer.go_on(parts, max_new_tokens=5)
    writer.go_on(parts, max_new_tokens=7)
    assert parts.ids == whole.ids
    seen: list[object] = []
    stopped = writer.begin(tiny_llama, RunRequest("abc"))
    writer.go_on(stopped, max_new_tokens=12, should_stop=lambda: len(seen) >= 3, on_step=seen.append)
    assert len(stopped.steps) == 3, "what was written stays"
    writer.go_on(stopped, max_new_tokens=9)
    assert stopped.ids == whole.ids


@pytest.mark.parametrize("name", ["gpt2", "llama", "mistral", "gpt_oss", "t5", "lfm2"])
def test_a_branch_goes_on_otherwise_and_leaves_the_first_as_it_was(name: str) -> None:
    loaded = loaded_of(ALL[name])
    first = writer.go_on(writer.begin(loaded, RunRequest(TEXT)), max_new_tokens=12)
    before, kept = first.ids, first.trace()
    assert kept is not None
    layer = kept.layer_numbers(kept.kinds[-1])[0]
    weights = kept.attention(layer, 0, kept.kinds[-1]).copy()
    other = first.branch(3, first.steps[3].top_ids[1])
    assert len(other.steps) == 4 and other.steps[3].rank == 2
    writer.go_on(other, max_new_tokens=6)
    assert first.ids == before
    np.testing.assert_array_equal(kept.attention(layer, 0, kept.kinds[-1]), weights)
    # The branch is what the model writes after these tokens.
    again = writer.begin(loaded, RunRequest(TEXT))
    again.prompt = (*first.prompt, *(s.token for s in other.steps[:4]))
    expected = own(loaded, again, 6, do_sample=False)
    assert [s.token for s in other.steps[4:]] == expected
    assert other.log_probability == pytest.approx(sum(s.log_probability for s in other.steps))


def test_looking_at_an_earlier_step_needs_no_pass(tiny_llama: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    writing = writer.go_on(writer.begin(tiny_llama, RunRequest("abc")), max_new_tokens=8)
    monkeypatch.setattr(type(tiny_llama.model), "forward", None)
    for steps in range(8):
        trace = writing.trace(steps)
        assert trace is not None
        assert [t.id for t in trace.tokens] == list(writing.ids[: len(writing.prompt) + steps])[: len(trace.tokens)]
        assert trace.attention(0, 0).shape == (len(trace.tokens),) * 2


def test_what_cannot_write_says_so(tiny_bert: LoadedModel, tiny_llama: LoadedModel) -> None:
    with pytest.raises(CannotWrite) as error:
        writer.begin(tiny_bert, RunRequest("abc"))
    assert error.value.reason == "task"
    with pytest.raises(CannotWrite) as error:
        writer.begin(tiny_llama, RunRequest("abc", interventions=(Ablate(Site("feed_forward", layers=(0,))),)))
    assert error.value.reason == "interventions"
    with pytest.raises(ValueError):
        writer.go_on(writer.begin(tiny_llama, RunRequest("abc")), Manner(temperature=-1))


def test_the_end_and_the_last_position_end_it(tiny_llama: LoadedModel) -> None:
    writing = writer.begin(tiny_llama, RunRequest("abc"))
    writer.go_on(writing, max_new_tokens=10_000)
    assert writing.ended in ("end", "length")
    assert tiny_llama.max_length is None or len(writing.ids) <= tiny_llama.max_length
    steps = len(writing.steps)
    writer.go_on(writing, max_new_tokens=5)
    assert len(writing.steps) == steps
