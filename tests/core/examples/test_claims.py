"""What every example says is found in the bundled models, figure by figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from visualizer.core import capture, models
from visualizer.core.examples.check import check
from visualizer.core.examples.claims import KINDS, Claim, Expects, Looks, Measures, Spot
from visualizer.core.examples.example import Example
from visualizer.core.examples.library import library
from visualizer.core.place import Place
from visualizer.core.trace import Trace

LIBRARY = library()
EXAMPLES = {example.id: example for example in LIBRARY}


Answer = Callable[[str], Trace]


@pytest.fixture(scope="module")
def answer() -> Answer:
    """What an example's model answers; each model is loaded once, and each example asked once."""
    load = cache(models.load)
    return cache(lambda example_id: capture.run(load(EXAMPLES[example_id].model), EXAMPLES[example_id].request))


@pytest.mark.parametrize("example", LIBRARY.examples, ids=lambda example: example.id)
def test_what_an_example_says_is_found_in_its_model(
    example: Example, answer: Answer
) -> None:
    assert example.claims, "an example without a claim cannot be held to anything"
    trace = answer(example.id)
    assert check(example, trace) == ()


@pytest.mark.parametrize("example", LIBRARY.examples, ids=lambda example: example.id)
def test_where_an_example_looks_is_there(example: Example, answer: Answer) -> None:
    trace, aim = answer(example.id), example.aim
    kind = aim.kind
    trace.record_of_head(aim.layer, aim.head, kind)  # raises for a head that is not there
    assert aim.query is None or aim.query < len(trace.query_tokens(kind))
    assert aim.key is None or aim.key < len(trace.key_tokens(kind))
    assert aim.position < trace.n_positions
    assert not trace.cut



def _wronger(claim: Claim) -> Claim:
    """The same claim with one thing that is not so."""
    for name, value in (
        ("least", 1e6), ("most", 0.0), ("count", 99), ("kind", "alibi"), ("text", "Never."), ("times", 1e9),
    ):  # fmt: skip
        if hasattr(claim, name):
            return replace(claim, **{name: value})
    raise AssertionError(claim)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_claim_that_is_not_so_is_found_out(kind: type, answer: Answer) -> None:
    used = [example for example in LIBRARY if any(isinstance(claim, kind) for claim in example.claims)]
    if not used:
        pytest.fail(f"no example claims {kind.__name__}: take it away, or use it")
    example = used[0]
    wrong = tuple(_wronger(claim) for claim in example.claims if isinstance(claim, kind))
    assert len(check(replace(example, claims=wrong), answer(example.id))) == len(wrong)


def test_a_token_under_another_name_is_found_out(answer: Answer) -> None:
    example = LIBRARY.get("induction")
    assert example is not None
    looks = next(claim for claim in example.claims if isinstance(claim, Looks))
    moved = replace(looks, key=Spot(looks.key.index, " Anna"))
    (said,) = check(replace(example, claims=(moved,)), answer(example.id))
    assert "Mary" in said


def test_a_head_or_token_that_the_model_has_not_is_no_error_but_not_so(
    answer: Answer,
) -> None:
    example = LIBRARY.get("induction")
    assert example is not None
    claims = (
        Measures(Place("self", 99, 0), "induction", 0.1),
        Looks(Place("cross", 0, 0), Spot(1, "Tom"), Spot(0, "<s>"), 0.1),
        Expects(Spot(999, "Tom"), "Mary", 0.1),
    )
    assert len(check(replace(example, claims=claims), answer(example.id))) == len(claims)
