"""A conversation is read as the checkpoint's own template writes it, token for token."""

from __future__ import annotations

import json

import pytest

from tests.core.families import REGISTRY, build
from visualizer.core import capture, interventions, models, text
from visualizer.core.errors import CannotChat
from visualizer.core.request import RunRequest
from visualizer.core.text import chat
from visualizer.core.text.chat import Turn

TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' and not loop.first %}"
    "{{ raise_exception('system comes first') }}{% endif %}<|im_start|>{{ m.role }} {{ m.content }}<|im_end|> "
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant {% endif %}"
)
TURNS = (Turn("system", "5 9"), Turn("user", "13 21 34"))


def tokenizer_of(template: str | None = TEMPLATE):
    from transformers import PreTrainedTokenizerFast

    from tests.core.families import plain_tokenizer

    plain = plain_tokenizer()
    found = PreTrainedTokenizerFast(
        tokenizer_object=plain.backend_tokenizer, bos_token="1", eos_token="2", pad_token="0", unk_token="3"
    )
    found.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    found.chat_template = template
    return found


def loaded_model(template: str | None = TEMPLATE):
    model = build(next(family for family in REGISTRY if family.name == "llama"))
    tokenizer = tokenizer_of(template)
    model.resize_token_embeddings(len(tokenizer))
    return models.wrap(model, tokenizer)


@pytest.mark.parametrize("adds_prompt", [True, False])
def test_tokens_are_those_of_the_template_itself(adds_prompt: bool) -> None:
    loaded = loaded_model()
    written = chat.render(loaded.tokenizer, TURNS, adds_prompt)
    trace = capture.run(loaded, RunRequest(written, adds_specials=False))
    expected = loaded.tokenizer.apply_chat_template(
        chat.to_json(TURNS), tokenize=True, add_generation_prompt=adds_prompt, return_dict=False
    )
    assert trace.inputs["input_ids"][0].tolist() == list(expected)
    special = [token.text for token in trace.tokens if token.special]
    assert special.count("<|im_start|>") == 2 + adds_prompt and special.count("<|im_end|>") == 2
    assert written.endswith("assistant ") == adds_prompt


def test_a_template_that_raises_is_one_sentence() -> None:
    tokenizer = tokenizer_of()
    with pytest.raises(CannotChat) as raised:
        chat.render(tokenizer, TURNS[::-1])
    assert raised.value.reason == "raised" and "system comes first" in raised.value.detail
    for template, reason in ((None, "no_template"), ("{{ ''.__class__.__mro__ }}", "raised"), (" ", "nothing")):
        with pytest.raises(CannotChat) as raised:
            chat.render(tokenizer_of(template), TURNS)
        assert raised.value.reason == reason, template
    with pytest.raises(CannotChat):
        chat.render(tokenizer, ())


def test_conversations_are_read_from_files() -> None:
    assert chat.from_json(json.loads(json.dumps(chat.to_json(TURNS)))) == TURNS
    assert chat.from_json({"messages": chat.to_json(TURNS)}) == TURNS
    for wrong in (None, [1], [{"role": "root", "content": ""}], [{"role": "user"}], {"messages": 3}):
        with pytest.raises(CannotChat):
            chat.from_json(wrong)


def test_that_no_special_tokens_are_added_is_kept_in_files_and_changes_what_is_read() -> None:
    request = RunRequest("hello", adds_specials=False)
    assert interventions.request_from_json(json.loads(json.dumps(interventions.request_to_json(request)))) == request
    assert "adds_specials" not in interventions.request_to_json(RunRequest("hello"))
    loaded = models.load("bundled:gpt-ja-en")
    plain, bare = (text.encode(loaded.tokenizer, "The cat", adds_specials=adds) for adds in (True, False))
    assert plain.ids[1:] == bare.ids and plain.tokens[0].special and not bare.tokens[0].special
