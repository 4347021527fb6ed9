"""What other threads set for the whole process does not reach what a trace answers.

transformers sets torch's default dtype while it builds a float16 or bfloat16 model, for every thread: a tensor made
without a dtype would then be of that kind.
"""

from __future__ import annotations

import ast
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import visualizer
from tests.core import families
from visualizer.core import capture, models
from visualizer.core.analyses import first_look, head_statistics, similar_heads, whole_model_attention
from visualizer.core.analyses.attention_stages import check, steps
from visualizer.core.analyses.comparison import changes
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.reading import thumbnails
from visualizer.core.reading.rule import Rule
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

TEXT = "5 6 7 8 9 5 6 12 33"
FAMILIES = ("llama", "gpt2", "gemma2", "gpt_oss", "bert", "t5", "marian")

# Makers of tensors whose kind is the process's default unless it is named; `arange` of whole numbers is not one.
MAKERS = {"zeros", "ones", "empty", "full", "tensor", "linspace", "rand", "randn", "eye"}


def loaded(name: str) -> LoadedModel:
    found = {f.name: f for f in (*families.REGISTRY, *families.FALLBACK)}
    return models.wrap(families.build(found[name]), families.plain_tokenizer())


def traced(model: LoadedModel) -> Trace:
    return capture.run(model, RunRequest(TEXT, target="9 8 7" if model.kind == "encoder_decoder" else None))


@contextmanager
def by_default(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def loads_elsewhere() -> Iterator[Callable[[], int]]:
    """Another thread that sets the default dtype and puts it back, as loads do; gives the number of times so far."""
    over, count = threading.Event(), 0

    def flip() -> None:
        nonlocal count
        while not over.is_set():
            for dtype in (torch.float16, torch.bfloat16, torch.float64):
                with by_default(dtype):
                    count += 1
                    over.wait(1e-4)

    thread = threading.Thread(target=flip)
    thread.start()
    try:
        yield lambda: count
    finally:
        over.set()
        thread.join()


def answers(trace: Trace) -> dict[str, Any]:
    """What the views ask of a trace, as arrays."""
    kind = trace.kinds[-1]
    found: dict[str, Any] = {}
    for layer in range(trace.layers(kind)):
        for head in range(trace.heads(kind)):
            found[f"attention {layer} {head}"] = trace.attention(layer, head, kind)
        found[f"thumbnails {layer}"] = trace.thumbnails(layer, 4, kind)
        found[f"read thumbnails {layer}"] = thumbnails.of_layer(trace, kind, layer, 4, Rule(hide_sinks=True))
    found["hidden"] = trace.hidden(0)
    if trace.n_positions:
        found["logits"] = trace.logits_of(range(trace.n_positions))
    table = head_statistics.measure(trace)
    found |= {f"statistics {name}": column for name, column in table.values.items()}
    found["distances"] = similar_heads.distances(trace, kind).matrix
    look = first_look.choose(trace)
    found["first look"] = np.array([look.place.layer, look.place.head, look.score])
    found["mean"] = whole_model_attention.mean_attention(trace, 1, kind)
    found["rollout"] = whole_model_attention.rollout(trace).source
    found |= {f"step {name}": values for name, values in steps.arrays(trace, 1, 2, kind).items()}
    found |= {f"changes {kind}": table for kind, table in changes.head_changes(trace, trace).values.items()}
    return found


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert np.asarray(found[name]).dtype == np.asarray(value).dtype, name
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_run_and_its_answers_do_not_depend_on_the_default_dtype(name: str) -> None:
    model = loaded(name)
    trace = traced(model)
    expected = answers(trace)
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        with by_default(dtype):
            # A copy and not the trace itself, which remembers what it was asked before.
            assert_same(answers(replace(trace)), expected)
            assert_same(answers(traced(model)), expected)


def test_a_trace_answers_the_same_while_models_of_other_dtypes_load() -> None:
    trace = traced(loaded("llama"))
    expected = [trace.attention(layer, head) for layer in range(3) for head in range(4)]
    small = trace.thumbnails(1, 4)
    with loads_elsewhere() as count:
        for _ in range(400):
            for n, weights in enumerate(expected):
                found = trace.attention(n // 4, n % 4)
                assert found.dtype == np.float32
                assert np.array_equal(found, weights)
            assert np.array_equal(trace.thumbnails(1, 4), small)
        assert count() > 10, "no load ran beside the questions"
    assert torch.get_default_dtype() == torch.float32


@contextmanager
def meanwhile(work: Callable[[], None]) -> Iterator[Callable[[], int]]:
    """Another thread that does something again and again; gives how often so far. Raises what it raised."""
    over, count, raised = threading.Event(), 0, list[BaseException]()

    def repeat() -> None:
        nonlocal count
        try:
            while not over.is_set():
                work()
                count += 1
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield lambda: count
    finally:
        over.set()
        thread.join()
    if raised:
        raise raised[0]


@pytest.mark.parametrize("name", ["falcon", "gptj", "bloom", "deberta", "gemma2"])
def test_a_model_computes_the_same_while_another_thread_has_it_hand_out_its_weights(name: str) -> None:
    model = loaded(name)
    trace = traced(model)
    ids = trace.inputs["input_ids"]

    def logits() -> torch.Tensor:
        with torch.inference_mode():
            return model.model(ids).logits

    def unfused_pass() -> None:
        if model.registry:
            assert check.differences(replace(trace)) is not None
        else:
            assert traced(model).method == "eager"

    expected, implementation = logits(), model.config._attn_implementation
    with meanwhile(unfused_pass) as count:
        for _ in range(2000):
            assert torch.equal(logits(), expected)
            assert model.config._attn_implementation == implementation
            if count() >= 12:
                break
        assert count(), "no other pass ran beside"


@pytest.mark.parametrize("name", ["bloom", "gptj"])
def test_two_threads_may_trace_a_model_outside_the_registry_at_once(name: str) -> None:
    model = loaded(name)
    expected = traced(model)
    before = model.config._attn_implementation

    def same() -> None:
        found = traced(model)
        for layer in expected.layer_numbers():
            assert np.array_equal(found.attention(layer, 1), expected.attention(layer, 1))
        assert torch.equal(found.final, expected.final)
        assert len(found.residual["self"]) == len(expected.residual["self"])

    with meanwhile(same) as count:
        for _ in range(10):
            same()
        assert count()
    assert model.config._attn_implementation == before


def test_every_tensor_that_the_core_makes_names_its_dtype() -> None:
    core = Path(visualizer.__file__).parent / "core"
    unnamed = [
        f"{path.relative_to(core)}:{call.lineno} torch.{call.func.attr}"
        for path in sorted(core.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in MAKERS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "torch"
        and not any(keyword.arg == "dtype" for keyword in call.keywords)
    ]
    assert not unnamed, f"a load in another thread decides the dtype of these: {unnamed}"
