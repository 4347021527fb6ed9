"""What is remembered stays within one budget, goes with its owner, and is safe to ask for from many threads."""

from __future__ import annotations

import gc
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.core.families import REGISTRY, build, plain_tokenizer
from visualizer.core import capture, models, reading
from visualizer.core.analyses import whole_model_attention
from visualizer.core.place import Place
from visualizer.core.reading.rule import Rule
from visualizer.core.request import RunRequest
from visualizer.core.system import memo
from visualizer.core.system.memo import MISSING, Memo


class Owner:
    """Stands for a trace: something that can be held weakly."""


def test_what_was_kept_is_found_and_what_was_not_is_missing() -> None:
    store, owner = Memo(100), Owner()
    assert store.find(owner, "a") is MISSING and store.find(owner, "a", 3) == 3
    store.keep(owner, "a", None)
    assert store.find(owner, "a", 3) is None, "None is an answer"
    assert store.find(Owner(), "a") is MISSING, "another owner has answers of its own"


def test_the_first_answer_stays_when_two_threads_were_at_it() -> None:
    store, owner = Memo(100), Owner()
    first = store.keep(owner, "a", [1], 10)
    assert store.keep(owner, "a", [2], 10) is first
    assert store.size == 10


def test_the_oldest_goes_first_whosever_it_is() -> None:
    store, one, other = Memo(100), Owner(), Owner()
    store.keep(one, "a", "a", 40)
    store.keep(other, "b", "b", 40)
    store.find(one, "a")  # looked at again: the other one is the oldest now
    store.keep(one, "c", "c", 40)
    assert (store.find(one, "a"), store.find(other, "b"), store.find(one, "c")) == ("a", MISSING, "c")
    assert store.size == 80 == store.size_of(one) and store.size_of(other) == 0


def test_one_answer_larger_than_the_budget_is_kept_alone_and_what_has_no_size_is_never_in_the_way() -> None:
    store, owner = Memo(100), Owner()
    store.keep(owner, "small", "small")
    store.keep(owner, "a", "a", 60)
    store.keep(owner, "large", "large", 500)
    assert store.find(owner, "a") is MISSING
    assert (store.find(owner, "large"), store.find(owner, "small")) == ("large", "small")


def test_owners_that_are_gone_free_their_bytes_at_once() -> None:
    store, owner, other = Memo(1000), Owner(), Owner()
    store.keep(owner, "a", np.zeros(10), 80)
    store.keep(owner, "b", "no size")
    store.keep(other, "a", np.zeros(10), 80)
    del owner
    gc.collect()
    assert store.size == 80
    assert len(store._owners) == 1 and len(store._heavy) == 1 and not store._light
    store.forget(other)
    assert store.size == 0 and store.find(other, "a") is MISSING


def test_what_is_remembered_may_hold_another_owner() -> None:
    store, first, second = Memo(1000), Owner(), Owner()
    store.keep(second, "x", "x", 10)
    store.keep(first, "holds", second, 10)
    del second
    assert store.size == 20
    del first
    gc.collect()
    assert store.size == 0


def test_many_who_ask_for_the_same_wait_for_one_who_works() -> None:
    store, owner, calls = Memo(1000), Owner(), []
    begun = threading.Event()

    def make() -> list[int]:
        begun.wait(10)
        calls.append(1)
        return [1]

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(store.ask, owner, "a", make) for _ in range(8)]
        begun.set()
        found = [future.result(30) for future in asked]
    assert len(calls) == 1 and all(one is found[0] for one in found)


def test_work_that_fails_is_tried_again() -> None:
    store, owner = Memo(1000), Owner()

    def fail() -> int:
        raise MemoryError

    with pytest.raises(MemoryError):
        store.ask(owner, "a", fail)
    assert store.ask(owner, "a", lambda: 3, lambda _: 8) == 3
    assert store.size == 8 and not store._working


def test_the_sums_are_right_after_many_threads_kept_dropped_and_forgot() -> None:
    store = Memo(500)

    def work(seed: int) -> None:
        chance = random.Random(seed)
        mine = [Owner() for _ in range(4)]
        for _ in range(400):
            owner = chance.choice(mine)
            key = chance.randrange(6)
            step = chance.random()
            if step < 0.5:
                store.keep(owner, key, (seed, key), 10 * key)
            elif step < 0.8:
                found = store.find(owner, key)
                assert found is MISSING or found == (seed, key)
            elif step < 0.9:
                store.ask(owner, key, lambda key=key: (seed, key), lambda _, key=key: 10 * key)  # type: ignore[misc]
            else:
                mine[mine.index(owner)] = Owner()
            assert store.size <= 500

    with ThreadPoolExecutor(6) as pool:
        for future in [pool.submit(work, seed) for seed in range(6)]:
            future.result(60)
    gc.collect()
    store.find(store, 0)
    assert store.size == 0 and not store._owners and not store._heavy and not store._light


def _bytes_held(value: object, seen: set[int]) -> int:
    """Bytes of the arrays in what is remembered, each counted once."""
    if isinstance(value, np.ndarray):
        base = value if value.base is None else value.base
        if id(base) in seen:
            return 0
        seen.add(id(base))
        return value.nbytes
    if isinstance(value, reading.Reading):
        return sum(_bytes_held(part, seen) for part in (value.matrix, value.masked, value.hidden_shares))
    return 0


def test_five_traces_of_1024_tokens_stay_within_the_one_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    family = next(f for f in REGISTRY if f.name == "llama")
    model = models.wrap(build(family, max_position_embeddings=1024), plain_tokenizer())
    budget = 64 << 20
    monkeypatch.setattr(memo.shared, "budget", budget)
    text = " ".join(str(10 + n % 80) for n in range(1100))
    traces = [capture.run(model, RunRequest(text)) for _ in range(5)]
    assert all(len(trace.tokens) == 1024 for trace in traces)
    for trace in traces:
        for layer in range(trace.layers()):
            for head in range(trace.heads()):
                reading.read(trace, Place("self", layer, head))
                reading.read(trace, Place("self", layer, head), Rule(hide_sinks=True))
        whole_model_attention.rollout(trace)
        for position in range(0, 1024, 100):
            trace.logits(position)
        seen: set[int] = set()
        held = sum(_bytes_held(value, seen) for value, _ in memo.shared._heavy.values())
        assert held <= memo.shared.size <= budget, "what is counted is what is held"
    assert sum(memo.size_of(trace) for trace in traces) <= budget
    assert memo.size_of(traces[-1]) > 0, "the one that was looked at last is remembered"
    before = memo.shared.size
    freed = sum(memo.size_of(trace) for trace in traces)
    del trace, traces
    gc.collect()
    assert freed and memo.shared.size == before - freed
