"""A click on a candidate asks for the text that a person would have typed."""

from __future__ import annotations

from visualizer.core import capture
from visualizer.core.request import RunRequest
from visualizer.core.writing.continuation import blanked, taken


def byte(tokenizer, character):
    (token,) = tokenizer(character, add_special_tokens=False).input_ids
    return token


def test_a_token_taken_at_the_end_continues_the_text(tiny_llama):
    trace = capture.run(tiny_llama, RunRequest("ab "))
    token = byte(tiny_llama.tokenizer, "c")
    assert taken(trace, tiny_llama.tokenizer, trace.n_positions - 1, token) == RunRequest("ab c")


def test_a_token_taken_earlier_branches_there(tiny_llama):
    trace = capture.run(tiny_llama, RunRequest("abcdef"))
    at = next(i for i, token in enumerate(trace.tokens) if token.text == "b")
    assert taken(trace, tiny_llama.tokenizer, at, byte(tiny_llama.tokenizer, "x")) == RunRequest("abx")


def test_special_tokens_and_parts_of_characters_write_nothing(tiny_llama):
    trace = capture.run(tiny_llama, RunRequest("ab"))
    tokenizer = tiny_llama.tokenizer
    first_byte = tokenizer("日", add_special_tokens=False).input_ids[0]
    assert taken(trace, tokenizer, trace.n_positions - 1, tokenizer.eos_token_id) is None
    assert taken(trace, tokenizer, trace.n_positions - 1, first_byte) is None


def test_the_last_byte_of_a_character_completes_nothing_that_a_text_can_hold(tiny_llama):
    trace = capture.run(tiny_llama, RunRequest("日"))
    second_byte = tiny_llama.tokenizer("日", add_special_tokens=False).input_ids[1]
    assert taken(trace, tiny_llama.tokenizer, trace.n_positions - 1, second_byte) is None


def test_a_translation_goes_on_with_the_token(tiny_marian):
    trace = capture.run(tiny_marian, RunRequest("ab", target="xy"))
    request = taken(trace, tiny_marian.tokenizer, trace.n_positions - 1, byte(tiny_marian.tokenizer, "z"))
    assert request == RunRequest("ab", target="xyz")
    assert taken(trace, tiny_marian.tokenizer, 0, byte(tiny_marian.tokenizer, "z")) == RunRequest("ab", target="z")


def test_a_candidate_fills_its_blank_and_only_that(tiny_bert):
    tokenizer = tiny_bert.tokenizer
    trace = capture.run(tiny_bert, RunRequest("the [MASK] sat on the [MASK].", pair="the [MASK]"))
    first, second, third = [i for i, token in enumerate(trace.tokens) if token.id == trace.mask_id]
    cat = tokenizer.convert_tokens_to_ids("cat")
    assert taken(trace, tokenizer, first, cat) == RunRequest("the cat sat on the [MASK].", pair="the [MASK]")
    assert taken(trace, tokenizer, second, cat) == RunRequest("the [MASK] sat on the cat.", pair="the [MASK]")
    assert taken(trace, tokenizer, third, cat) == RunRequest("the [MASK] sat on the [MASK].", pair="the cat")


def test_a_token_of_a_masked_model_becomes_a_blank(tiny_bert, tiny_llama):
    trace = capture.run(tiny_bert, RunRequest("the cat sat"))
    at = next(i for i, token in enumerate(trace.tokens) if token.text == "cat")
    assert blanked(trace, tiny_bert.tokenizer, at) == RunRequest("the [MASK] sat")
    assert blanked(trace, tiny_bert.tokenizer, 0) is None, "[CLS] is not of the text"
    causal = capture.run(tiny_llama, RunRequest("ab"))
    assert blanked(causal, tiny_llama.tokenizer, 1) is None
