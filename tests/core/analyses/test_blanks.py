from __future__ import annotations

import numpy as np
import pytest
import torch

from visualizer.core import capture
from visualizer.core.analyses import blanks
from visualizer.core.errors import CannotRead, NoSuchPart
from visualizer.core.request import RunRequest


def test_every_blank_is_predicted_with_the_others_blank_too(tiny_bert) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat sat on the mat"))
    found = blanks.measure(trace, (1, 3))
    inputs = {name: value.clone() for name, value in trace.inputs.items()}
    inputs["input_ids"][0, [1, 3]] = tiny_bert.tokenizer.mask_token_id
    with torch.inference_mode():
        own = tiny_bert.model(**inputs).logits[0, [1, 3]].numpy()
    np.testing.assert_allclose(found.logits, own, atol=1e-6)
    assert found.actual == (trace.tokens[1].id, trace.tokens[3].id)
    alone = blanks.measure(trace, (1,))
    assert not np.allclose(alone.logits[0], found.logits[0]), "the other blank matters"


def test_a_blanked_text_says_the_same_as_a_typed_one(tiny_bert) -> None:
    typed = capture.run(tiny_bert, RunRequest("the [MASK] sat"))
    assert blanks.chosen(typed, frozenset()) == (2,)
    by_hand = blanks.measure(typed, (2,))
    by_click = blanks.measure(capture.run(tiny_bert, RunRequest("the cat sat")), (2,))
    np.testing.assert_allclose(by_hand.logits, by_click.logits, atol=1e-6)
    assert by_hand.actual == (None,)


def test_special_tokens_are_never_blanked(tiny_bert, tiny_llama) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat"))
    assert blanks.chosen(trace, frozenset({0, 1, 99})) == (1,)
    with pytest.raises(NoSuchPart):
        blanks.measure(trace, (0,))
    with pytest.raises(CannotRead):
        blanks.measure(capture.run(tiny_llama, RunRequest("the cat")), (1,))


def test_the_judgement_of_a_pair_is_that_of_the_blanked_text() -> None:
    from transformers import BertConfig, BertForPreTraining

    from tests.tokenizers import word_piece
    from visualizer.core import models

    torch.manual_seed(1)
    tokenizer = word_piece()
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4
    )
    loaded = models.wrap(BertForPreTraining(config).eval(), tokenizer)
    trace = capture.run(loaded, RunRequest("the cat sat", pair="on the mat"))
    found = blanks.measure(trace, (2,))
    inputs = {name: value.clone() for name, value in trace.inputs.items()}
    inputs["input_ids"][0, 2] = tokenizer.mask_token_id
    with torch.inference_mode():
        own = torch.softmax(loaded.model(**inputs).seq_relationship_logits[0], -1)
        before = torch.softmax(loaded.model(**trace.inputs).seq_relationship_logits[0], -1)
    assert found.pair == pytest.approx(float(own[0]), abs=1e-6)
    assert found.pair_before == pytest.approx(float(before[0]), abs=1e-6)
