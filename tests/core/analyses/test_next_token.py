"""Surprisal of every token: computed once, remembered with its trace, given in parts on the way."""

from __future__ import annotations

import numpy as np
import pytest

from visualizer.core import capture, prediction
from visualizer.core.analyses import next_token
from visualizer.core.errors import Cancelled
from visualizer.core.request import RunRequest


def test_each_following_token_has_its_surprisal_and_the_last_place_has_none(tiny_llama) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat sat"))
    assert next_token.known_surprisals(trace) is None
    shares: list[float] = []
    bits = next_token.surprisals(trace, progress=lambda share, _bits: shares.append(share))
    for position in range(trace.n_positions - 1):
        following = trace.tokens[position + 1].id
        assert bits[position] == pytest.approx(prediction.surprisal(trace.logits(position), following), rel=1e-4)
    assert np.isnan(bits[-1]) and shares[-1] == 1
    assert next_token.known_surprisals(trace) is bits and next_token.surprisals(trace) is bits


def test_a_masked_model_is_asked_about_the_token_at_its_place(tiny_bert) -> None:
    trace = capture.run(tiny_bert, RunRequest("the [MASK] cat"))
    bits = next_token.surprisals(trace)
    blank = next(n for n, token in enumerate(trace.tokens) if token.id == trace.mask_id)
    assert np.isnan(bits).tolist() == [n == blank for n in range(len(bits))]


def test_it_can_be_stopped_and_then_nothing_is_remembered(tiny_llama) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat"))
    with pytest.raises(Cancelled):
        next_token.surprisals(trace, should_stop=lambda: True)
    assert next_token.known_surprisals(trace) is None
