from __future__ import annotations

import pytest

from visualizer.core.interventions import Site, WithoutPositions, ablation, parse, short, switching
from visualizer.core.interventions.switching import Extent
from visualizer.core.request import RunRequest

EXTENT = Extent(3, 4)


def head(layer: int, number: int, kind: str = "self") -> Site:
    return Site("head_output", kind, (layer,), (number,))


def layer(number: int, kind: str = "self") -> Site:
    return Site("attention", kind, (number,))


def toggled(off: str, site: Site, extent: Extent = EXTENT, how: str = "zero") -> str:
    request = RunRequest("a", interventions=parse(off) if off else ())
    return short(switching.toggle(request, site, extent, how).interventions)


def test_a_head_goes_off_and_comes_back() -> None:
    request = RunRequest("a", pair="b", target="c")
    off = switching.toggle(request, head(2, 3), EXTENT)
    assert off == RunRequest("a", "b", "c", (ablation.head(2, 3),))
    assert switching.toggle(off, head(2, 3), EXTENT) == request


def test_each_switch_leaves_the_others_as_they_are() -> None:
    assert toggled("2.3,mlp.1", head(0, 1)) == "2.3, mlp.1, 0.1 off (zero)"
    assert toggled("2.3,mlp.1,0.1", head(2, 3)) == "mlp.1, 0.1 off (zero)"
    assert toggled("2.3,mlp.1", Site("feed_forward", "self", (1,))) == "2.3 off (zero)"
    assert toggled("mlp.1", Site("feed_forward", "self", (2,))) == "mlp.1, mlp.2 off (zero)"


def test_a_layer_takes_the_place_of_its_heads() -> None:
    assert toggled("1.0,1.2,2.2", layer(1)) == "2.2, 1 off (zero)"
    assert toggled("1", layer(1)) == ""


def test_a_head_that_is_off_with_its_layer_comes_back_alone() -> None:
    assert toggled("1", head(1, 2)) == "1.0, 1.1, 1.3 off (zero)"


def test_a_layer_all_of_whose_heads_are_off_comes_back_as_a_whole() -> None:
    assert toggled("1.0,1.1,1.2,1.3", layer(1)) == ""


def test_the_only_head_of_a_layer_is_the_layer() -> None:
    one = Extent(2, 1)
    request = switching.toggle(RunRequest("a"), head(0, 0), one)
    assert switching.is_off(request.interventions, layer(0), one)
    assert switching.toggle(request, layer(0), one) == RunRequest("a")


def test_kinds_of_attention_are_apart() -> None:
    off = parse("cross:0.1,decoder:mlp.0")
    assert switching.heads_off(off, "cross", EXTENT) == {(0, 1)}
    assert not switching.heads_off(off, "decoder", EXTENT)
    assert switching.feed_forward_off(off, "decoder", 3) == {0}
    assert not switching.feed_forward_off(off, "encoder", 3)
    assert not switching.is_off(off, head(0, 1, "decoder"), EXTENT)


def test_sites_of_several_layers_and_heads_are_understood() -> None:
    off = (ablation.Ablate(Site("head_output", "self", (0, 2), (1, 3))),)
    assert switching.heads_off(off, "self", EXTENT) == {(0, 1), (0, 3), (2, 1), (2, 3)}
    rest = switching.toggle(RunRequest("a", interventions=off), head(2, 3), EXTENT).interventions
    assert switching.heads_off(rest, "self", EXTENT) == {(0, 1), (0, 3), (2, 1)}
    everything = (ablation.Ablate(Site("attention")),)
    assert len(switching.heads_off(everything, "self", EXTENT)) == 12
    rest = switching.toggle(RunRequest("a", interventions=everything), layer(0), EXTENT).interventions
    assert switching.heads_off(rest, "self", EXTENT) == {(n, h) for n in (1, 2) for h in range(4)}


def test_a_head_that_is_off_at_some_tokens_is_not_off() -> None:
    some = (ablation.Ablate(Site("head_output", "self", (0,), (1,), (2, 3))),)
    assert not switching.heads_off(some, "self", EXTENT)
    both = switching.toggle(RunRequest("a", interventions=some), head(0, 1), EXTENT).interventions
    assert both == (*some, ablation.head(0, 1))


@pytest.mark.parametrize("how", ["zero", "mean"])
def test_all_on_and_another_way_leave_what_else_is_done(how: str) -> None:
    request = RunRequest("a", interventions=(*parse("2.3,mlp.1"), WithoutPositions()))
    assert switching.all_on(request).interventions == (WithoutPositions(),)
    assert short(switching.with_how(request, how).interventions) == f"2.3, mlp.1 off ({how}); positions off"
    assert switching.without(request, WithoutPositions()) == RunRequest("a", interventions=parse("2.3,mlp.1"))
