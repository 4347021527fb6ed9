"""The array method against the textbook one, and against cuts that are seen at once."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import numpy as np
import pytest

from visualizer.core.analyses import maximum_flow
from visualizer.core.errors import Cancelled


def augmenting_paths(steps: list[np.ndarray], source: int, sink: int) -> float:
    """Edmonds and Karp 1972, one edge at a time."""
    room: dict[tuple[int, int], dict[tuple[int, int], float]] = {}
    for n, step in enumerate(steps):
        for i, row in enumerate(step):
            for j, capacity in enumerate(row):
                if capacity > 0:
                    room.setdefault((n, i), {})[n + 1, j] = float(capacity)
                    room.setdefault((n + 1, j), {}).setdefault((n, i), 0.0)
    start, goal, total = (0, source), (len(steps), sink), 0.0
    while True:
        came = {start: start}
        waiting = deque([start])
        while waiting and goal not in came:
            here = waiting.popleft()
            for there, capacity in room.get(here, {}).items():
                if capacity > 1e-12 and there not in came:
                    came[there] = here
                    waiting.append(there)
        if goal not in came:
            return total
        path = [goal]
        while path[-1] != start:
            path.append(came[path[-1]])
        edges = [(b, a) for a, b in pairwise(path)]
        amount = min(room[a][b] for a, b in edges)
        for a, b in edges:
            room[a][b] -= amount
            room[b][a] += amount
        total += amount


def random_steps(rng: np.random.Generator, layers: int, nodes: int, causal: bool, sharpness: float) -> list[np.ndarray]:
    steps = []
    for _ in range(layers):
        scores = sharpness * rng.normal(size=(nodes, nodes))
        if causal:
            scores[np.triu_indices(nodes, 1)] = -np.inf
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        steps.append(np.eye(nodes) / 2 + weights / weights.sum(axis=1, keepdims=True) / 2)
    return steps


@pytest.mark.parametrize("seed", range(12))
def test_it_agrees_with_augmenting_paths(seed: int) -> None:
    rng = np.random.default_rng(seed)
    layers, nodes = int(rng.integers(1, 7)), int(rng.integers(1, 9))
    steps = random_steps(rng, layers, nodes, causal=bool(seed % 2), sharpness=float(rng.choice([0.5, 3.0, 8.0])))
    source = int(rng.integers(nodes))
    expected = [augmenting_paths(steps, source, sink) for sink in range(nodes)]
    np.testing.assert_allclose(maximum_flow.to_each_sink(steps, source), expected, atol=1e-6)


def test_flow_must_be_able_to_turn_back() -> None:
    """The upper left node fills the lower left one's exit first; its flow has to move over for the other to pass."""
    steps = [
        np.array([[0.5, 0.5]]),
        np.array([[0.5, 0.5], [0.5, 0.0]]),
        np.array([[0.5], [0.5]]),
    ]
    assert maximum_flow.to_each_sink(steps, 0) == pytest.approx([1.0])


def test_a_bottleneck_decides() -> None:
    steps = [np.array([[0.5, 0.5]]), np.array([[1.0, 0.0], [0.9, 0.1]]), np.array([[0.2], [1.0]])]
    assert maximum_flow.to_each_sink(steps, 0) == pytest.approx([0.3]), "0.2 by the left exit, 0.1 by the right"


def test_what_cannot_be_reached_gets_nothing() -> None:
    steps = [np.eye(3)] * 4
    np.testing.assert_allclose(maximum_flow.to_each_sink(steps, 1), [0, 1, 0])


def test_sinks_in_groups_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = random_steps(np.random.default_rng(5), 4, 7, causal=False, sharpness=3.0)
    together = maximum_flow.to_each_sink(steps, 3)
    monkeypatch.setattr(maximum_flow, "CELLS_AT_ONCE", 1)
    np.testing.assert_allclose(maximum_flow.to_each_sink(steps, 3), together, atol=1e-9)


def test_it_stops_when_told() -> None:
    with pytest.raises(Cancelled):
        maximum_flow.to_each_sink([np.eye(3)] * 4, 1, should_stop=lambda: True)
