"""What an answer spends on a part of the text, and what it loses without it, are the model's own."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.core.families import FALLBACK, HYBRID, REGISTRY, build, plain_tokenizer
from visualizer.core import capture, interventions, models
from visualizer.core.analyses import spans
from visualizer.core.analyses.spans import Span
from visualizer.core.anatomy import projections
from visualizer.core.errors import BadIntervention, Cancelled, CannotIntervene, NoSuchKind, NoSuchPart, UnknownChoice
from visualizer.core.export import quantities
from visualizer.core.export.part import Part
from visualizer.core.interventions import HideTokens
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

ALL = {family.name: family for family in (*REGISTRY, *HYBRID, *FALLBACK)}
TEXT = "5 9 13 21 34 7 11 60"
TWO = (Span("a", 1, 2), Span("b", 4, 6))
MASKED = ("gpt2", "llama", "mistral", "qwen3", "gemma2", "gemma3_text", "phi3", "gpt_neox", "gpt_oss", "granite",
          "cohere", "mixtral", "starcoder2")  # fmt: skip


def trace_of(name: str, text: str = TEXT) -> Trace:
    loaded = models.wrap(build(ALL[name]), plain_tokenizer())
    target = "6 8 4" if loaded.kind == "encoder_decoder" else None
    return capture.run(loaded, RunRequest(text, target=target))


@pytest.mark.parametrize("name", MASKED)
def test_hidden_tokens_are_masked_as_the_models_own_mask_would(name: str) -> None:
    trace = trace_of(name)
    hidden = (1, 2, 5)
    found = capture.run(trace.model, replace(trace.request, interventions=(HideTokens(hidden),)))
    mask = torch.ones(1, len(trace.tokens), dtype=torch.long)
    mask[0, list(hidden)] = 0
    given = {"input_ids": trace.inputs["input_ids"], "attention_mask": mask}
    given["position_ids"] = torch.arange(len(trace.tokens))[None]
    with torch.inference_mode():
        expected = trace.model.model(**given).logits[0]
    for position in (3, 4, 6, 7):  # not what the hidden tokens themselves would say
        np.testing.assert_allclose(found.logits(position), expected[position].float().numpy(), atol=2e-5)
    assert np.abs(found.logits(7) - trace.logits(7)).max() > 1e-4


@pytest.mark.parametrize("name", [*MASKED, "opt", "bert", "roberta", "t5", "bart", "marian"])
def test_nobody_looks_at_hidden_tokens_in_any_layer(name: str) -> None:
    trace = trace_of(name)
    has_two = trace.kind == "encoder_decoder"
    hide = HideTokens((1, 2), "encoder" if has_two else "self")
    found = capture.run(trace.model, replace(trace.request, interventions=(hide,)))
    assert found.method == "registry" and found.difference < 1e-4, "the trace is of what the model then did"
    for kind in ("encoder", "cross") if has_two else ("self",):
        for layer in found.layer_numbers(kind):
            for head in range(found.heads(kind)):
                weights = found.attention(layer, head, kind)
                rows = [n for n in range(len(weights)) if kind == "cross" or n not in (1, 2)]
                assert (weights[rows][:, [1, 2]] == 0).all()
                assert not np.isnan(weights).any()
    assert "1-2 hidden" in interventions.short(found.request.interventions)


def test_what_cannot_be_hidden_is_refused() -> None:
    llama = trace_of("llama")
    with pytest.raises(NoSuchPart):
        capture.run(llama.model, RunRequest(TEXT, interventions=(HideTokens((99,)),)))
    with pytest.raises(NoSuchKind):
        capture.run(llama.model, RunRequest(TEXT, interventions=(HideTokens((1,), "encoder"),)))
    with pytest.raises(BadIntervention):
        HideTokens(())
    for name, reason in (("lfm2", "other_mixers"), (FALLBACK[0].name, "outside_registry")):
        trace = trace_of(name)
        with pytest.raises(CannotIntervene) as raised:
            capture.run(trace.model, replace(trace.request, interventions=(HideTokens((1,)),)))
        assert raised.value.reason == reason
    t5 = trace_of("t5")
    everything = HideTokens(tuple(range(len(t5.tokens))), "encoder")
    with pytest.raises(CannotIntervene):
        capture.run(t5.model, replace(t5.request, interventions=(everything,)))


def test_hidden_tokens_are_kept_in_files() -> None:
    request = RunRequest("x", interventions=(HideTokens((4, 2, 3)),))
    document = json.loads(json.dumps(interventions.request_to_json(request)))
    assert interventions.request_from_json(document) == request
    with pytest.raises(BadIntervention):
        interventions.from_json([{"type": "hide_tokens", "tokens": [1], "side": 3}])


@pytest.mark.parametrize("name", ["gpt2", "llama", "gpt_neox", "t5"])
def test_shares_are_sums_of_the_models_weights_and_of_what_they_carry(name: str) -> None:
    trace = trace_of(name)
    found = spans.budget(trace, TWO, -1)
    for at, layer in enumerate(found.layers):
        matrix = projections.outputs(trace.model)[found.kind][layer]
        for head in range(trace.heads(found.kind)):
            row = trace.attention(layer, head, found.kind)[found.query].astype(float)
            np.testing.assert_allclose(found.attention[at, head, :2], [row[1:3].sum(), row[4:7].sum()], atol=1e-6)
            record = trace.record(layer, found.kind)
            values = record.value[record.key_head(head)].float()
            each = [row[j] * float((matrix.of_head(head, values.shape[1]) @ v).norm()) for j, v in enumerate(values)]
            expected = [sum(each[1:3]) / sum(each), sum(each[4:7]) / sum(each)]
            np.testing.assert_allclose(found.weighted[at, head, :2], expected, atol=1e-5)
    np.testing.assert_allclose(found.attention.sum(axis=2), 1, atol=1e-5)
    np.testing.assert_allclose(found.weighted.sum(axis=2), 1, atol=1e-5)


def test_the_effect_of_a_span_is_a_real_pass_without_it() -> None:
    trace = trace_of("llama")
    parts: list[int] = []
    found = spans.effects(trace, TWO, progress=lambda _share, part: parts.append(len(part.without)))
    assert parts == [1, 2]
    best = int(trace.logits(-1).argmax())
    assert found.token == best
    for span, one in zip(TWO, found.without, strict=True):
        hidden = capture.run(trace.model, RunRequest(TEXT, interventions=(HideTokens(span.tokens),)))
        chances = torch.softmax(torch.tensor(hidden.logits(-1)).double(), -1)
        assert one.after == pytest.approx(float(chances[best]), abs=1e-6)
        assert one.change == pytest.approx(math.log(one.after / one.before))
    own = spans.effects(trace, (Span("itself", 7, 7),)).without[0]
    assert math.isnan(own.after) and math.isnan(own.change)
    with pytest.raises(Cancelled):
        spans.effects(trace_of("gpt2"), TWO, should_stop=lambda: True)


def test_spans_are_read_and_written() -> None:
    assert spans.parse("a b=1-2; c=4") == (Span("a b", 1, 2), Span("c", 4, 4))
    assert spans.parse(spans.written(TWO)) == TWO
    for wrong in ("a", "a=3-1", "a=1-3;b=3-4", "=1", "a=-1"):
        with pytest.raises(UnknownChoice):
            spans.parse(wrong)


@pytest.mark.parametrize("suffix", [".csv", ".json", ".npz"])
def test_the_budget_is_exported(suffix: str, tmp_path: Path) -> None:
    trace = trace_of("llama")
    path = tmp_path / f"spans{suffix}"
    quantities.write(trace, "spans", path, Part(spans="a=1-2;b=4-6"))
    found = spans.budget(trace, TWO)
    if suffix == ".csv":
        lines = path.read_text().splitlines()
        assert lines[0] == "span,first,last,layer,head,attention,weighted"
        assert len(lines) == 1 + 3 * found.attention[..., 0].size
        assert float(lines[1].split(",")[5]) == pytest.approx(found.attention[0, 0, 0], rel=1e-6)
    elif suffix == ".json":
        document = json.loads(path.read_text())
        assert document["spans"][0]["attention"] == pytest.approx(found.attention[0, 0, 0])
        assert [one["span"] for one in document["without"]] == ["a", "b"]
    else:
        with np.load(path) as archive:
            np.testing.assert_allclose(archive["attention"], found.attention)
            assert archive["probability_without"].shape == (2,)
    with pytest.raises(UnknownChoice):
        quantities.write(trace, "spans", path, Part())
