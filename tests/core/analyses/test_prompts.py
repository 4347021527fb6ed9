"""An answer after a prompt has the probability that plain forward passes of the model give its tokens."""

from __future__ import annotations

import math

import pytest
import torch

from tests.core.families import FALLBACK, HYBRID, REGISTRY, Family, build, plain_tokenizer
from visualizer.core import capture, models, text
from visualizer.core.analyses import prompts
from visualizer.core.analyses.prompts import Question
from visualizer.core.errors import Cancelled, CannotScore, EmptyText
from visualizer.core.interventions import parse
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.core.writing import answers

ALL = {family.name: family for family in (*REGISTRY, *HYBRID, *FALLBACK)}
SCORED = ("gpt2", "opt", "llama", "mistral", "qwen3", "gemma2", "gemma3_text", "phi3", "gpt_neox", "gpt_oss",
          "granite", "mixtral", "cohere", "t5", "bart", "marian", "lfm2")  # fmt: skip
LONG, SHORT = "5 9 13 21 34 7 11 60 4 8", "13 7"
ANSWERS = ("6", "6 8 41", "12 30")


@pytest.fixture(scope="module")
def gpt_ja_en() -> LoadedModel:
    return models.load("bundled:gpt-ja-en")


def loaded_of(name: str) -> LoadedModel:
    family: Family = ALL[name]
    return models.wrap(build(family), plain_tokenizer())


def plain(loaded: LoadedModel, prompt: str, ids: tuple[int, ...]) -> float:
    """The product of the tokens' probabilities, each from a forward pass of its own over everything before it."""
    product = 1.0
    source = list(text.encode(loaded.tokenizer, prompt).ids)
    before = list(capture.decoder_prefix(loaded)) if loaded.kind == "encoder_decoder" else source
    for token in ids:
        with torch.inference_mode():
            if loaded.kind == "encoder_decoder":
                given = {"input_ids": torch.tensor([source]), "decoder_input_ids": torch.tensor([before])}
            else:
                given = {"input_ids": torch.tensor([before])}
            logits = loaded.model(**given).logits[0, -1]
        product *= float(torch.softmax(logits.double(), dim=-1)[token])
        before.append(token)
    return product


@pytest.mark.parametrize("name", SCORED)
def test_probabilities_are_those_of_plain_forward_passes(name: str) -> None:
    loaded = loaded_of(name)
    table = prompts.measure(loaded, Question((LONG, SHORT), ANSWERS))
    assert len(table.rows) == 2
    for prompt, row in zip((LONG, SHORT), table.rows, strict=True):
        for answer, score in zip(ANSWERS, row.scores, strict=True):
            assert len(score.ids) == len(answer.split())
            expected = plain(loaded, prompt, score.ids)
            assert score.value("sum") == pytest.approx(expected, abs=1e-6)
            assert score.log_probability == pytest.approx(math.log(expected), abs=2e-4)
            assert score.value("token") == pytest.approx(expected ** (1 / len(score.ids)), rel=1e-4)
            assert score.value("character") == pytest.approx(expected ** (1 / len(answer)), rel=1e-4)


def test_a_model_with_a_head_off_is_scored_with_it_off() -> None:
    loaded = loaded_of("llama")
    off = parse("1.2,0")
    found = prompts.measure(loaded, Question((LONG,), ("6 8",), interventions=off)).rows[0].scores[0]
    trace = capture.run(loaded, RunRequest(f"{LONG} 6", interventions=off))
    logs = [torch.log_softmax(torch.tensor(trace.logits(n)).double(), -1) for n in (-2, -1)]
    expected = sum(float(log[token]) for log, token in zip(logs, found.ids, strict=True))
    assert found.log_probability == pytest.approx(expected, abs=1e-5)
    without = prompts.measure(loaded, Question((LONG,), ("6 8",))).rows[0].scores[0]
    assert abs(without.log_probability - found.log_probability) > 1e-4


def test_without_answers_the_most_probable_tokens_are_looked_at(gpt_ja_en: LoadedModel) -> None:
    table = prompts.measure(gpt_ja_en, Question(("私は図書館で本を",)))
    assert table.are_proposed and len(table.answers) == 3
    trace = capture.run(gpt_ja_en, RunRequest("私は図書館で本を"))
    best = trace.next_tokens(limit=1)[0]
    assert table.rows[0].best[0] == best.id
    assert table.rows[0].best[2] == pytest.approx(best.probability, abs=1e-6)
    values = [score.value("sum") for score in table.rows[0].scores]
    assert values == sorted(values, reverse=True)


def test_a_border_that_the_tokenizer_would_close_is_cut_and_said(gpt_ja_en: LoadedModel) -> None:
    """The prompt stays what it is, whichever answer follows it."""
    prompt = "I read a bo"
    before = text.encode(gpt_ja_en.tokenizer, prompt).ids
    found = answers.cut(gpt_ja_en, prompt, "ok")
    assert found.prompt == before and found.is_apart
    assert text.decode(gpt_ja_en.tokenizer, [*found.prompt, *found.answer]).endswith("book")
    assert not answers.cut(gpt_ja_en, "I read a", " book").is_apart


@pytest.mark.parametrize(
    ("prompt", "answer", "written"),
    [("It is", "red", " red"), ("色は", "赤", "赤"), ("It is ", "red", "red"), ("“", "Yes", "Yes"), ("no", ".", ".")],
)
def test_words_get_a_blank_between_them_and_japanese_none(prompt: str, answer: str, written: str) -> None:
    assert answers.joined(prompt, answer) == written
    assert answers.joined(prompt, answer, "exact") == answer


def test_what_cannot_be_scored_is_said(gpt_ja_en: LoadedModel) -> None:
    for question, reason in (
        (Question(("a",), ("b", "  ")), "empty"),
        (Question(("a " * 5000,), ("b",)), "length"),
        (Question(("a",) * 7, ("b",)), "many"),
    ):
        with pytest.raises(CannotScore) as raised:
            prompts.measure(gpt_ja_en, question)
        assert raised.value.reason == reason
    with pytest.raises(EmptyText):
        prompts.measure(gpt_ja_en, Question((" ",), ("b",)))
    with pytest.raises(CannotScore) as raised:
        prompts.measure(loaded_of("bert"), Question(("5",), ("6",)))
    assert raised.value.reason == "task"


def test_it_can_be_told_to_stop_at_any_layer() -> None:
    loaded = loaded_of("gpt2")
    calls: list[int] = []

    def should_stop() -> bool:
        calls.append(1)
        return len(calls) > 2

    with pytest.raises(Cancelled):
        prompts.measure(loaded, Question((LONG,), ANSWERS), should_stop)
    assert len(calls) == 3


def test_rows_come_one_by_one_and_are_remembered() -> None:
    loaded = loaded_of("llama")
    heard: list[int] = []
    question = Question((LONG, SHORT), ANSWERS)
    first = prompts.measure(loaded, question, progress=lambda _share, part: heard.append(len(part.rows)))
    assert heard == [1, 2]

    def fail(*_: object) -> None:
        raise AssertionError("the model ran again")

    handle = loaded.model.register_forward_pre_hook(fail)
    again = prompts.measure(loaded, Question((SHORT, LONG), ANSWERS))
    handle.remove()
    assert again.rows == first.rows[::-1]
