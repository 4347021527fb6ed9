"""Rollout and flow of small networks that can be worked out on paper, and of real models against the plain formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.core.analyses.test_maximum_flow import augmenting_paths
from tests.core.attention_patterns import looking_back, trace_of, uniform
from visualizer.core import capture
from visualizer.core.analyses import whole_model_attention as flow
from visualizer.core.errors import Cancelled, NoSuchPart, TooManyTokens
from visualizer.core.request import RunRequest

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace


def combined(trace: Trace) -> list[np.ndarray]:
    """Every mixing step, first layer first, over target and source tokens together."""
    if "cross" not in trace.kinds:
        n, heads = len(trace.tokens), range(trace.heads())
        means = [np.mean([trace.attention(i, h) for h in heads], axis=0) for i in range(trace.layers())]
        return [np.eye(n) / 2 + mean / 2 for mean in means]
    m, n = len(trace.target_tokens), len(trace.tokens)
    steps = []

    def mean(kind: str, layer: int) -> np.ndarray:
        return np.mean([trace.attention(layer, h, kind) for h in range(trace.heads(kind))], axis=0)

    for layer in range(trace.layers("encoder")):
        step = np.eye(m + n)
        step[m:, m:] = np.eye(n) / 2 + mean("encoder", layer) / 2
        steps.append(step)
    for layer in range(trace.layers("decoder")):
        own, across = np.eye(m + n), np.eye(m + n)
        own[:m, :m] = np.eye(m) / 2 + mean("decoder", layer) / 2
        across[:m, :m] = np.eye(m) / 2
        across[:m, m:] = mean("cross", layer) / 2
        steps += [own, across]
    return steps


def joined(found: flow.Attribution) -> np.ndarray:
    return found.source if found.target is None else np.concatenate([found.target, found.source])


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_bert", "tiny_marian"])
def test_rollout_is_the_product_of_all_layers(name: str, request: pytest.FixtureRequest) -> None:
    loaded: LoadedModel = request.getfixturevalue(name)
    trace = capture.run(loaded, RunRequest("the cat sat"))
    product = None
    for step in combined(trace):
        product = step if product is None else step @ product
    for position in (0, 2, -1):
        count = len(trace.target_tokens or trace.tokens)
        found = joined(flow.rollout(trace, position))
        np.testing.assert_allclose(found, product[position % count], atol=1e-5)
        assert found.sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_bert", "tiny_marian"])
def test_flow_is_a_maximum_flow_for_each_token(name: str, request: pytest.FixtureRequest) -> None:
    loaded: LoadedModel = request.getfixturevalue(name)
    target = "ab" if name == "tiny_marian" else None
    trace = capture.run(loaded, RunRequest("the cat", target=target))
    steps = combined(trace)[::-1]
    count = len(trace.target_tokens or trace.tokens)
    expected = [augmenting_paths(steps, count - 1, sink) for sink in range(len(steps[0]))]
    np.testing.assert_allclose(joined(flow.attention_flow(trace, -1)), expected, atol=1e-5)


def test_an_encoder_is_read_by_itself(tiny_marian: LoadedModel) -> None:
    trace = capture.run(tiny_marian, RunRequest("the cat", target="ab"))
    n, heads = len(trace.tokens), range(trace.heads("encoder"))
    means = [
        np.mean([trace.attention(layer, head, "encoder") for head in heads], axis=0)
        for layer in range(trace.layers("encoder"))
    ]
    steps = [np.eye(n) / 2 + mean / 2 for mean in means]
    product = np.linalg.multi_dot(steps[::-1])
    for position in (0, 3, -1):
        rolled = flow.rollout(trace, position, kind="encoder")
        assert rolled.target is None
        np.testing.assert_allclose(rolled.source, product[position], atol=1e-5)
        assert rolled.source.sum() == pytest.approx(1, abs=1e-4)
        np.testing.assert_allclose(flow.raw(trace, 1, position, "encoder").source, means[1][position], atol=1e-6)
    expected = [augmenting_paths(steps[::-1], 3, sink) for sink in range(n)]
    np.testing.assert_allclose(flow.attention_flow(trace, 3, kind="encoder").source, expected, atol=1e-5)
    with pytest.raises(NoSuchPart):
        flow.rollout(trace, n, kind="encoder")


def test_what_attention_sinks_of_the_model_take_is_missing(tiny_llama: LoadedModel) -> None:
    """Rows that sum to 0.8 in each of three layers: half stays, so 0.9 a layer goes on."""
    trace = trace_of(tiny_llama, {"self": [0.8 * looking_back(5)[None]] * 3}, tuple("abcde"))
    assert flow.raw(trace, 0, 4).source.sum() == pytest.approx(0.8)
    assert flow.rollout(trace, 4).source.sum() == pytest.approx(0.9**3)


def test_rollout_of_heads_that_look_one_back_is_binomial(tiny_llama: LoadedModel) -> None:
    """Each layer stays or steps back with one half each: after three layers 1, 3, 3, 1 eighths."""
    trace = trace_of(tiny_llama, {"self": [looking_back(5)[None]] * 3}, tuple("abcde"))
    np.testing.assert_allclose(flow.rollout(trace, 4).source, np.array([0, 1, 3, 3, 1]) / 8, atol=1e-6)
    np.testing.assert_allclose(flow.raw(trace, 0, 4).source, [0, 0, 0, 1, 0])
    # Each edge carries one half; to token 1 three edges lead one after the other, to 2 and 3 more than one path.
    np.testing.assert_allclose(flow.attention_flow(trace, 4).source, [0, 0.5, 1, 1, 0.5], atol=1e-6)


def test_long_texts_are_rolled_out_without_keeping_matrices(
    tiny_llama: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = flow.rollout(capture.run(tiny_llama, RunRequest("the cat sat on the mat")), 7).source
    monkeypatch.setattr(flow, "KEPT_BYTES", 0)
    monkeypatch.setattr(flow, "ROW_BLOCK", 3)
    streamed = flow.rollout(capture.run(tiny_llama, RunRequest("the cat sat on the mat")), 7).source
    np.testing.assert_allclose(streamed, kept, atol=1e-6)
    assert not streamed[8:].any(), "a causal model draws on nothing that comes later"


def test_flow_refuses_long_texts_and_takes_their_beginning(tiny_llama: LoadedModel, tiny_bert: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("a" * (flow.FLOW_TOKENS + 10)))
    with pytest.raises(TooManyTokens):
        flow.attention_flow(trace, -1)
    assert flow.flow_tokens(trace, 3) == 4, "a causal model's position 3 draws on four tokens"
    assert flow.attention_flow(trace, 3).source[:4].min() > 0
    assert flow.flow_tokens(capture.run(tiny_bert, RunRequest("the cat")), 0) == 4, "an encoder's on all of them"


def test_one_layer_one_head_one_token(tiny_llama: LoadedModel) -> None:
    trace = trace_of(tiny_llama, {"self": [uniform(1)[None]]}, ("a",))
    for found in (
        flow.raw(trace, 0),
        flow.rollout(trace),
        flow.attention_flow(trace),
    ):
        np.testing.assert_allclose(found.source, [1])


def test_a_position_that_is_not_there(tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("ab"))
    for ask in (flow.rollout, flow.attention_flow):
        with pytest.raises(NoSuchPart):
            ask(trace, 2)


def test_it_stops_when_told(tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat"))
    for ask in (flow.rollout, flow.attention_flow):
        with pytest.raises(Cancelled):
            ask(trace, -1, lambda: True)
