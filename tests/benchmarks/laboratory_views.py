"""Attention as lines and as a map, from a choice to painted pixels, and frame by frame while one points at tokens."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.benchmarks import subjects
from tests.benchmarks.harness import Figure
from tests.benchmarks.looking import Paints, stage, until
from visualizer.session.session import Session
from visualizer.views.registry import options_class

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

SWITCH_TOKENS = 512
HOVER_TOKENS = 2000
HOVER_HEADS = 12
SWITCH_TARGET = 30.0  # milliseconds
FRAME_TARGET = 1000.0 / 30  # milliseconds


def figures(repetitions: int) -> Iterator[Figure]:
    trace = _sentences(subjects.llama_135m(), SWITCH_TOKENS)
    for view_id in ("attention_map", "attention_lines"):
        times = _switches(trace, view_id, repetitions)
        for name, found in times.items():
            first, complete = zip(*found, strict=True)
            yield Figure(
                f"{name} to painted pixels, {view_id}, {SWITCH_TOKENS} tokens",
                1000 * statistics.median(first),
                "ms",
                SWITCH_TARGET,
                detail={"seconds": first, "seconds until the weakest line too is drawn": complete},
            )
    frames = _hover_frames(subjects.trace_of(_twelve_heads(), HOVER_TOKENS), 20 * repetitions)
    yield Figure(
        f"one frame while pointing, lines of {HOVER_HEADS} heads, {HOVER_TOKENS} tokens",
        1000 * statistics.median(frames),
        "ms",
        FRAME_TARGET,
        detail={"seconds": frames},
    )


def _sentences(model: LoadedModel, tokens: int) -> Trace:
    """A trace of real words, so that units and punctuation are there to be read."""
    from visualizer.core import capture
    from visualizer.core.request import RunRequest

    text = "The old library, closed since May, opened again: people came, read and stayed. " * tokens
    return capture.run(model, RunRequest(text[:tokens]))


def _twelve_heads() -> LoadedModel:
    """One layer as wide as those of the best-known small models: 12 heads of 64 dimensions."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from tests.tokenizers import byte_level
    from visualizer.core import models

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=512,
        hidden_size=64 * HOVER_HEADS,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=HOVER_HEADS,
        max_position_embeddings=4096,
    )
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():  # attention that is neither flat nor on one token only
        for name, parameter in model.named_parameters():
            if name.endswith(("q_proj.weight", "k_proj.weight")):
                parameter.mul_(3)
    return models.wrap(model, byte_level(), source="twelve-heads")


def _switches(trace: Trace, view_id: str, repetitions: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds from each choice to the first painted picture, and to the complete one; each time in another layer."""
    choices: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "unit": ({"unit": "token"}, {"unit": "word"}),
        "sinks": ({"hide_sinks": False}, {"hide_sinks": True}),
    }
    if view_id == "attention_lines":
        choices["head set"] = ({"heads": frozenset()}, {"heads": frozenset((1, 3, 5))})
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in choices}
    with stage(trace, view_id) as (session, view):
        view.show()
        until(view.is_complete)
        picture = view.canvas.viewport() if view_id == "attention_lines" else view.heatmap  # type: ignore[attr-defined]
        paints = Paints(picture)
        layer = 0
        for name, (before, after) in choices.items():
            for turn in range(repetitions + 1):
                layer = (layer + 1) % trace.layers()
                session.select(layer=layer)
                _choose(session, view_id, before)
                until(view.is_complete)
                count = paints.count
                start = time.perf_counter()
                _choose(session, view_id, after)
                until(lambda seen=count: paints.count > seen)  # type: ignore[misc]
                first = time.perf_counter() - start
                until(view.is_complete)
                if turn:
                    times[name].append((first, time.perf_counter() - start))
                _choose(session, view_id, before)
    return times


def _choose(session: Session, view_id: str, changes: dict[str, Any]) -> None:
    """Change the selection, or the view's own options where it is they that have such a name."""
    own = {name: value for name, value in changes.items() if name == "heads"}
    if own:
        session.set_options(view_id, options_class(view_id), **own)
    else:
        session.select(**changes)


def _hover_frames(trace: Trace, count: int) -> list[float]:
    """Seconds from pointing at another token to its painted lines and bars, on both sides in turn."""
    frames = []
    with stage(trace, "attention_lines") as (session, view):
        view.show()
        until(view.is_complete)
        canvas = view.canvas  # type: ignore[attr-defined]
        paints = Paints(canvas.viewport())
        # The end of the text: there every token has lines to all that came before.
        canvas.reveal("query", HOVER_TOKENS - 1)
        until(view.is_complete)
        for number in range(count):
            side = "query" if number % 2 else "key"
            index = HOVER_TOKENS - 2 - number % 24
            seen = paints.count
            start = time.perf_counter()
            canvas.token_hovered.emit(side, index)
            until(lambda seen=seen: paints.count > seen)  # type: ignore[misc]
            frames.append(time.perf_counter() - start)
        session.set_hover(None)
    return frames
