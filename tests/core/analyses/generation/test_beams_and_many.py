"""Beam search and many draws are transformers' own, and what is said of them adds up."""

from __future__ import annotations

import math

import pytest
import torch

from tests.core.families import REGISTRY, build, plain_tokenizer
from visualizer.core import capture, models
from visualizer.core.analyses.generation import beams, many, writer
from visualizer.core.analyses.generation.step import Manner
from visualizer.core.errors import Cancelled, CannotWrite
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest

ALL = {family.name: family for family in REGISTRY}
TEXT = "5 9 13 21 34 7"


def loaded_of(name: str) -> LoadedModel:
    return models.wrap(build(ALL[name]), plain_tokenizer())


@pytest.mark.parametrize("name", ["gpt2", "llama", "mistral", "gpt_neox", "t5", "bart"])
def test_the_beams_are_those_of_the_models_own_search(name: str) -> None:
    loaded = loaded_of(name)
    found = beams.search(loaded, RunRequest(TEXT), 3, 10)
    with torch.inference_mode():
        own = loaded.model.generate(
            **writer.inputs_of(writer.begin(loaded, RunRequest(TEXT))), max_new_tokens=10, num_beams=3,
            num_return_sequences=3, do_sample=False, return_dict_in_generate=True, output_scores=True,
        )  # fmt: skip
    ends = writer.generation.end_ids(loaded.model)
    for (ids, score), row, expected in zip(
        found.sentences, own.sequences.tolist(), own.sequences_scores.tolist(), strict=True
    ):
        written = row[len(found.prompt) :]
        end = next((n for n, token in enumerate(written) if token in ends), len(written))
        assert list(ids) == written[:end]
        assert score == pytest.approx(expected, abs=1e-5)


def test_every_node_of_the_tree_has_its_log_probability_and_its_fate() -> None:
    loaded = loaded_of("llama")
    found = beams.search(loaded, RunRequest(TEXT), 4, 8)
    fates = ("best", "kept", "pruned")
    by_fate = {fate: [n for n, node in enumerate(found.nodes) if node.fate == fate] for fate in fates}
    assert by_fate["best"] and by_fate["pruned"], "something won, and something was given up"
    best = [found.nodes[n] for n in by_fate["best"] if not found.nodes[n].is_end]
    assert tuple(node.token for node in best) == found.sentences[0][0]
    for n in (*by_fate["best"], *by_fate["pruned"][:5]):
        path = found.path(n)
        ids = [*found.prompt, *(found.nodes[i].token for i in path)]
        trace = capture.run_ids(loaded, RunRequest(TEXT), torch.tensor([ids]))
        total = 0.0
        for step, token in enumerate(ids[len(found.prompt) :]):
            log_p = torch.log_softmax(torch.tensor(trace.logits(len(found.prompt) - 1 + step)), dim=-1)
            total += float(log_p[token])
        assert found.nodes[n].total == pytest.approx(total, abs=1e-4)


def test_many_draws_are_grouped_and_worth_what_the_model_says(tiny_llama: LoadedModel) -> None:
    found = many.write(tiny_llama, RunRequest("abc"), 12, Manner(1.0, seed=3), 3)
    assert sum(one.count for one in found) == 12
    assert len({(one.ids, one.has_ended) for one in found}) == len(found)
    assert [one.count for one in found] == sorted((one.count for one in found), reverse=True)
    assert found == many.write(tiny_llama, RunRequest("abc"), 12, Manner(1.0, seed=3), 3), "seeded"
    start = writer.begin(tiny_llama, RunRequest("abc"))
    for one in found[:4]:
        ids = [*start.prompt, *one.ids]
        trace = capture.run_ids(tiny_llama, RunRequest("abc"), torch.tensor([ids]))
        total = 0.0
        ends = sorted(writer.generation.end_ids(tiny_llama.model))
        for n, token in enumerate([*one.ids, *(ends[:1] if one.has_ended else ())]):
            log_p = torch.log_softmax(torch.tensor(trace.logits(len(start.prompt) - 1 + n)), dim=-1)
            total += float(log_p[token])
        assert one.log_probability == pytest.approx(total, abs=1e-4)


def test_greedy_draws_are_all_the_same(tiny_llama: LoadedModel) -> None:
    (only,) = many.write(tiny_llama, RunRequest("abc"), 5, Manner(0.0), 6)
    alone = writer.go_on(writer.begin(tiny_llama, RunRequest("abc")), max_new_tokens=6)
    assert only.count == 5 and only.ids == tuple(step.token for step in alone.steps)


def test_the_random_state_of_others_stays(tiny_llama: LoadedModel) -> None:
    before = torch.random.get_rng_state()
    many.write(tiny_llama, RunRequest("abc"), 4, Manner(1.0), 3)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_bad_requests_are_told(tiny_llama: LoadedModel, tiny_bert: LoadedModel) -> None:
    for wrong in (0, 99):
        with pytest.raises(ValueError):
            beams.search(tiny_llama, RunRequest("abc"), wrong)
        with pytest.raises(ValueError):
            many.write(tiny_llama, RunRequest("abc"), wrong)
    with pytest.raises(CannotWrite):
        beams.search(tiny_bert, RunRequest("abc"))
    for work in (beams.search, many.write):
        with pytest.raises(Cancelled):
            work(tiny_llama, RunRequest("abc"), 2, should_stop=lambda: True)
    assert not math.isnan(many.write(tiny_llama, RunRequest("abc"), 1, max_new_tokens=1)[0].log_probability)
