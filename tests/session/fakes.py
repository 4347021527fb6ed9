"""Work whose timing a test controls, in place of a model's: the session never looks inside either."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

from visualizer.core.errors import Cancelled
from visualizer.core.request import RunRequest
from visualizer.core.text.tokens import Token


def fake_model(kind: str = "decoder", accepts_pair: bool = False) -> Any:
    model = SimpleNamespace(kind=kind, accepts_pair=accepts_pair, name="fake", languages=(), notices=())
    model.sides, model.has_adapter = (model,), False
    model.origin, model.device, model.dtype, model.base_source = "fake", "cpu", "float32", ""
    model.card = SimpleNamespace(adapter="", source="fake", vocabulary=100)
    return model


def fake_trace(
    request: RunRequest, layers: int = 3, heads: int = 4, kinds: tuple[str, ...] = ("self",), model: Any = "fake"
) -> Any:
    tokens = tuple(Token(ord(c), c, (i, i + 1), False, c) for i, c in enumerate(request.text))
    return SimpleNamespace(
        request=request,
        model=model,
        kinds=kinds,
        kind="encoder_decoder" if "decoder" in kinds else "decoder",
        tokens=tokens,
        target_tokens=tokens,
        layers=lambda kind: layers,
        depth=lambda kind: layers,
        layer_numbers=lambda kind: tuple(range(layers)),
        heads=lambda kind: heads,
        query_tokens=lambda kind: tokens,
        key_tokens=lambda kind: tokens,
        n_positions=len(tokens),
        card=SimpleNamespace(vocabulary=100, max_length=10, family="fake"),
        records={},
        residual={},
        routers={},
        final=None,
        cut=0,
        method="registry",
    )


class Runner:
    """A run that waits until it is released or told to stop; it counts what it was asked."""

    def __init__(self, held: bool = False) -> None:
        self.asked: list[RunRequest] = []
        self.release = threading.Event()
        self.started = threading.Event()
        if not held:
            self.release.set()

    def __call__(self, model: Any, request: RunRequest, should_stop: Any, progress: Any) -> Any:
        self.asked.append(request)
        self.started.set()
        while not self.release.wait(0.005):
            if should_stop():
                raise Cancelled
        return fake_trace(request)
