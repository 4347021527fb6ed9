from __future__ import annotations

import inspect

import pytest

from visualizer.core import errors as core
from visualizer.core.analyses.comparison import reasons
from visualizer.ui.errors import present

SAMPLES = {
    "width": 40_000,
    "height": 30_000,
    "longest": 32_767,
    "most": 1 << 28,
    "source": "gpt-7",
    "path": "/tmp/x",
    "architecture": "Mamba",
    "device": "cuda:3",
    "what": "layer",
    "value": "x",
    "index": 9,
    "count": 6,
    "needed": 8_000_000_000,
    "available": 2_000_000_000,
    "detail": "detail",
    "known": ("a", "b"),
    "kind": "self",
    "tokens": ("<a>", "<b>"),
    "missing": ("layer.0.weight",),
    "other_shape": (),
    "unused": ("block.0.weight",),
}


def _kinds() -> list[type[core.VisualizerError]]:
    found = [c for _, c in inspect.getmembers(core, inspect.isclass) if issubclass(c, core.VisualizerError)]
    return [c for c in found if c not in (core.VisualizerError, core.RequestError, core.Cancelled)]


@pytest.mark.parametrize("kind", _kinds(), ids=lambda kind: kind.__name__)
def test_every_error_says_what_happened_and_what_to_do(qapp, kind: type[core.VisualizerError]) -> None:
    parameters = inspect.signature(kind.__init__).parameters
    named = [name for name, p in parameters.items() if name != "self" and p.kind is not p.VAR_KEYWORD]
    headline, advice = present(kind(**{name: SAMPLES.get(name, 7) for name in named}))
    assert headline
    assert advice
    assert "{" not in headline + advice, "all places are filled in"
    assert "unexpected" not in headline, f"{kind.__name__} has no words of its own"


def test_fields_reach_the_words(qapp) -> None:
    headline, advice = present(core.NoSuchPart("layer", 9, 6))
    assert "9" in headline
    assert "5" in advice
    headline, _ = present(core.NotEnoughMemory(8_000_000_000, 2_000_000_000))
    assert "8.0 GB" in headline


def test_what_is_wrong_with_weights_is_said_in_full(qapp) -> None:
    error = core.WeightsDoNotFit("w.safetensors", "", ["a.weight", "b.weight"], ["c.weight"], ["x.weight"])
    headline, advice = present(error)
    assert "w.safetensors" in headline
    for words in ("2 weights", "“a.weight”", "1 have another shape", "“c.weight”", "“x.weight”"):
        assert words in advice


def test_an_adapter_that_does_not_fit_names_its_base(qapp) -> None:
    headline, advice = present(core.WeightsDoNotFit("/tmp/lora", missing=["a"], base="owner/base"))
    assert "/tmp/lora" in headline
    assert "owner/base" in headline
    assert "--base" in advice


@pytest.mark.parametrize("reason", ["", "gguf", "part", "no_weights", "unheard of"])
def test_a_reason_is_said_and_nothing_that_is_not_there(qapp, reason: str) -> None:
    headline, advice = present(core.NotAModel("/tmp/x", "detail", reason, "/tmp/y"))
    assert "/tmp/x" in headline
    assert ("/tmp/y" in advice) == (reason in ("gguf", "part"))
    for error in (core.NeedsBase("/tmp/x"), core.UnknownModel("m", detail=""), core.NotAModel("/tmp/x")):
        said = " ".join(present(error))
        assert "None" not in said and "“”" not in said and "()" not in said
    error = core.MissingPackage("m", None)
    assert "None" not in " ".join(present(error))


def test_a_closed_door_is_no_unknown_name(qapp) -> None:
    unknown, gated = (present(core.UnknownModel("a/b", reason=reason)) for reason in ("", "gated"))
    assert unknown != gated
    assert "HF_TOKEN" in gated[1]


def test_a_text_with_braces_is_shown_as_it_is(qapp) -> None:
    headline, _ = present(core.UnknownModel("a{b}c"))
    assert "a{b}c" in headline


def test_an_unknown_error_is_named_by_its_own_words(qapp) -> None:
    headline, _ = present(ZeroDivisionError("division by zero\nsecond line"))
    assert "division by zero" in headline
    assert "second line" not in headline


@pytest.mark.parametrize(
    "reason",
    [
        reasons.DifferentModelKinds("decoder", "encoder"),
        reasons.DifferentModelKinds("decoder", "decoder"),
        reasons.DifferentLayers("self", 12, 6),
        reasons.DifferentHeads("self", 12, 6),
        reasons.NothingAligned("self", "word"),
        reasons.NoPrediction(True, False),
    ],
    ids=str,
)
def test_two_runs_that_cannot_be_compared_say_why(qapp, reason: reasons.Reason) -> None:
    headline, advice = present(reasons.NotComparable(reason))
    assert headline and advice and "{" not in headline + advice
    if isinstance(reason, (reasons.DifferentLayers, reasons.DifferentHeads)):
        assert "12" in headline and "6" in headline
