"""Interventions are frozen parts of a question: hashable, written as JSON and read back strictly."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from visualizer.core.errors import BadIntervention
from visualizer.core.interventions import (
    Ablate,
    MovedPositions,
    Patch,
    Site,
    WithoutPositions,
    ablation,
    from_json,
    parse,
    request_from_json,
    request_to_json,
    short,
    to_json,
)
from visualizer.core.request import RunRequest

SOURCE = RunRequest("A dog barks.", interventions=(ablation.layer(1),))
EVERYTHING = (
    *parse("2.3,4,mlp.1,encoder:0.1,cross:2,decoder:mlp.0"),
    Ablate(Site("head_output", layers=(0, 2), heads=(1,), tokens=(5, 4)), "mean"),
    Patch(Site("residual", layers=(3,)), SOURCE),
    Patch(Site("embedding"), RunRequest("x", "y", "z")),
    WithoutPositions(),
    MovedPositions((2, 0, 1)),
)


def test_a_request_with_interventions_comes_back_from_json_as_it_was() -> None:
    request = RunRequest("The cat sat.", "pair", "target", EVERYTHING)
    again = request_from_json(json.loads(json.dumps(request_to_json(request))))
    assert again == request
    assert hash(again) == hash(request)
    assert {request: 1}[again] == 1


def test_a_request_without_interventions_is_written_as_it_always_was() -> None:
    assert request_to_json(RunRequest("a")) == {"text": "a", "pair": None, "target": None}
    assert request_from_json({"text": "a", "pair": None, "target": None}) == RunRequest("a")


def test_interventions_are_part_of_the_question() -> None:
    request = RunRequest("a")
    off = replace(request, interventions=parse("0.1"))
    assert off != request
    assert replace(off, text="b").interventions == off.interventions
    with pytest.raises(FrozenInstanceError):
        off.interventions[0].how = "mean"  # type: ignore[attr-defined]


def test_the_same_part_named_twice_is_off_once_and_numbers_are_in_order() -> None:
    assert parse("2.3,2.3 , 02.3") == parse("2.3")
    assert Site("head_output", layers=(2, 0, 2)) == Site("head_output", layers=(0, 2))


def test_a_short_name_says_all_that_is_done() -> None:
    assert short(parse("2.3,4,mlp.1")) == "2.3, 4, mlp.1 off (zero)"
    assert short(parse("cross:0.1", "mean")) == "cross:0.1 off (mean)"
    assert short(()) == ""
    everything = short(EVERYTHING)
    for part in ("2.3", "encoder:0.1", "0+2.1@4+5 off (mean)", "residual.3 ← “A dog barks.”", "embedding ← “x”"):
        assert part in everything, everything
    assert "positions off" in everything and "positions 2,0,1" in everything


@pytest.mark.parametrize(
    "text",
    ["", "a", "1.", ".1", "-1", "1.2.3", "mlp", "mlp.", "mlp.1.2", "cross:mlp.1", "side:1", "1,,2", "１", "12345"],
)  # fmt: skip
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(BadIntervention):
        parse(text)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        [1],
        [{}],
        [{"type": "explode"}],
        [{"type": ["ablate"]}],
        [{"type": "ablate"}],
        [{"type": "ablate", "site": {"place": "attention"}, "how": "twice"}],
        [{"type": "ablate", "site": {"place": "attention"}, "how": {}}],
        [{"type": "ablate", "site": {"place": "attention"}, "more": 1}],
        [{"type": "ablate", "site": {}}],
        [{"type": "ablate", "site": {"place": "brain"}}],
        [{"type": "ablate", "site": {"place": []}}],
        [{"type": "ablate", "site": {"place": "attention", "kind": "sideways"}}],
        [{"type": "ablate", "site": {"place": "attention", "layers": 3}}],
        [{"type": "ablate", "site": {"place": "attention", "layers": []}}],
        [{"type": "ablate", "site": {"place": "attention", "layers": [-1]}}],
        [{"type": "ablate", "site": {"place": "attention", "layers": [True]}}],
        [{"type": "ablate", "site": {"place": "attention", "layers": [1e3]}}],
        [{"type": "ablate", "site": {"place": "attention", "layers": [10**9]}}],
        [{"type": "ablate", "site": {"place": "attention", "heads": [1]}}],
        [{"type": "ablate", "site": {"place": "feed_forward", "kind": "cross"}}],
        [{"type": "ablate", "site": {"place": "embedding", "layers": [0]}}],
        [{"type": "patch", "site": {"place": "residual"}}],
        [{"type": "patch", "site": {"place": "residual"}, "source": "text"}],
        [{"type": "patch", "site": {"place": "residual"}, "source": {"text": 3}}],
        [{"type": "patch", "site": {"place": "residual"}, "source": {"text": "a", "eval": "b"}}],
        [{"type": "moved_positions", "order": [0, 0]}],
        [{"type": "moved_positions", "order": []}],
        [{"type": "moved_positions", "order": ["a"]}],
        [{"type": "without_positions", "order": [0]}],
        [{"type": "without_positions"}] * 10_001,
    ],
)
def test_a_damaged_or_hostile_document_is_refused(entry: Any) -> None:
    with pytest.raises(BadIntervention):
        from_json(entry)


def test_patches_of_patches_end_somewhere() -> None:
    request = RunRequest("a")
    for _ in range(3):
        request = RunRequest("a", interventions=(Patch(Site("residual"), request),))
    assert request_from_json(request_to_json(request)) == request
    for _ in range(3):
        request = RunRequest("a", interventions=(Patch(Site("residual"), request),))
    with pytest.raises(BadIntervention):
        from_json(to_json(request.interventions))
