"""Where a model predicts, asked of a trace."""

from __future__ import annotations

import pytest

from visualizer.core import capture
from visualizer.core.errors import NoSuchPart
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.core.text import Token
from visualizer.core.writing import places


def test_a_causal_model_is_looked_at_where_it_goes_on(tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("abc"))
    last = len(trace.tokens) - 1
    assert (places.place(trace, -1), places.place(trace, 0)) == (last, 0)
    assert places.actual_token(trace, 0) == trace.tokens[1].id and places.actual_token(trace, last) is None
    assert places.blanks(trace) == () and places.predicting_tokens(trace) == trace.tokens
    assert places.checked_position(trace, -1) == last
    with pytest.raises(NoSuchPart):
        places.checked_position(trace, last + 1)


def test_a_masked_model_is_looked_at_where_its_first_blank_stands(tiny_bert: LoadedModel) -> None:
    trace = capture.run(tiny_bert, RunRequest("the [MASK] sat on [MASK]"))
    first, second = places.blanks(trace)
    assert places.place(trace, -1) == first < second
    assert places.actual_token(trace, first) is None
    assert places.actual_token(trace, first - 1) == trace.tokens[first - 1].id
    whole = capture.run(tiny_bert, RunRequest("the cat sat"))
    assert places.place(whole, -1) == len(whole.tokens) - 1


def test_a_token_is_called_by_its_label_without_blanks() -> None:
    assert Token(1, " cat", (0, 4), False, "Ġcat").name == "cat"
    assert Token(1, " ", (0, 1), False, "Ġ").name == " ", "a blank is called by what it is"
