"""Queries, keys and values come from the layer's input by the model's own matrices, or nothing is claimed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.core.analyses.test_attention_stages import loaded_of, traced
from visualizer.core import capture
from visualizer.core.analyses.attention_stages import check as stage_check
from visualizer.core.analyses.attention_stages import inputs as stage_inputs
from visualizer.core.analyses.attention_stages import steps as stages
from visualizer.core.errors import Cancelled
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.positions import rotation
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace


def untangled(trace: Trace, layer: int, kind: str) -> tuple[str, ...]:
    """The steps that are made by a projection alone."""
    turned = rotation.part_of(trace.positions, layer, kind) is not None
    return ("query_before", "key_before", "value") if turned else ("query", "key", "value")


def prepared(trace: Trace, kind: str = "self") -> Trace:
    stage_inputs.source(trace, 0, kind, "query")
    stage_inputs.prepare(trace)
    return trace


@pytest.mark.parametrize("which", ["tiny_llama", "tiny_bert", "tiny_marian"])
def test_a_cell_is_the_input_times_a_column_of_the_projection(which: str, request: pytest.FixtureRequest) -> None:
    loaded = request.getfixturevalue(which)
    target = "ab" if which == "tiny_marian" else None
    trace = capture.run(loaded, RunRequest("the cat sat", target=target))
    prepared(trace, trace.kinds[0])
    for kind in trace.kinds:
        layer, head = trace.layers(kind) - 1, trace.heads(kind) - 1
        for stage in untangled(trace, layer, kind):
            shown = stages.matrix(trace, layer, head, kind, stage).values
            row, column = shown.shape[0] - 1, shown.shape[1] - 2
            cell = stages.cell(trace, layer, head, kind, stage, row, column, shown)
            assert not cell.missing, f"{kind} {stage}: {cell.missing}"
            assert len(cell.products) == 3 and cell.count == trace.card.width
            assert ("bias" in cell.terms) == (which != "tiny_llama")
            known = stage_inputs.known(trace, layer, kind, stage_inputs.SIDES[stage])
            assert not isinstance(known, str)
            origin, inputs = known
            record = trace.record(layer, kind)
            number = head if stage.startswith("query") else record.key_head(head)
            total = float(inputs[row] @ origin.column(number, column)) + cell.terms.get("bias", 0.0)
            assert total == pytest.approx(cell.value, abs=1e-5)


def test_a_model_that_scales_its_queries_first_has_a_factor() -> None:
    trace = traced(loaded_of("opt"))
    width = stages.matrix(trace, 0, 0, stage="query").values.shape[1]
    query, key = (stage_inputs.source(trace, 1, "self", side) for side in ("query", "key"))
    assert not isinstance(query, str) and not isinstance(key, str)
    assert query.factor == pytest.approx(width**-0.5, rel=1e-5)
    assert key.factor == 1.0
    assert trace.record(1).scaling == 1.0


def test_of_a_model_that_norms_its_heads_nothing_is_claimed() -> None:
    trace = traced(loaded_of("qwen3"))
    assert stage_inputs.source(trace, 0, "self", "query") == "between"
    shown = stages.matrix(trace, 0, 0, stage="query_before").values
    cell = stages.cell(trace, 0, 0, "self", "query_before", 1, 2, shown)
    assert cell.missing == "between" and not cell.products
    assert not isinstance(stage_inputs.source(trace, 0, "self", "value"), str)


def test_a_file_holds_neither_inputs_nor_weights(tiny_bert: LoadedModel, tmp_path: Path) -> None:
    capture.run(tiny_bert, RunRequest("the cat")).save(tmp_path / "t.safetensors")
    opened = Trace.open(tmp_path / "t.safetensors")
    shown = stages.matrix(opened, 0, 0, stage="value").values
    assert stages.cell(opened, 0, 0, "self", "value", 1, 2, shown).missing == "model"


def test_nothing_is_claimed_before_the_inputs_are_there_nor_of_another_pass(tiny_bert: LoadedModel) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat"))
    stage_inputs.source(trace, 0, "self", "value")
    shown = stages.matrix(trace, 0, 0, stage="value").values
    assert stages.cell(trace, 0, 0, "self", "value", 1, 2, shown).missing == "pending"
    prepared(trace)
    assert not stages.cell(trace, 0, 0, "self", "value", 1, 2, shown).missing
    assert stages.cell(trace, 0, 0, "self", "value", 1, 2, shown + 0.5).missing == "pass"


def test_what_keeps_the_inputs_from_being_read_is_a_reason_and_no_error(
    tiny_bert: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat sat"))
    stage_inputs.source(trace, 0, "self", "value")
    with pytest.raises(Cancelled):
        stage_inputs.prepare(trace, lambda: True)
    monkeypatch.setattr(stage_inputs, "LIMIT", 16)
    stage_inputs.prepare(trace)
    assert stage_inputs.known(trace, 0, "self", "value") == "pass"


def test_the_pair_before_rotation_is_that_of_the_steps_before_it() -> None:
    trace = traced(loaded_of("llama"))
    pair = stages.product(trace, 1, 2, query=5, key=3, before=True)
    own, other = (stages.matrix(trace, 1, 2, stage=name).values for name in ("query_before", "key_before"))
    np.testing.assert_allclose(pair.query, own[5], atol=1e-6)
    np.testing.assert_allclose(pair.key, other[3], atol=1e-6)
    assert not np.allclose(pair.query, stages.product(trace, 1, 2, query=5, key=3).query)
    plain = traced(loaded_of("gpt2"))
    same = stages.product(plain, 1, 2, query=5, key=3, before=True)
    np.testing.assert_array_equal(same.query, stages.product(plain, 1, 2, query=5, key=3).query)


def test_the_sink_is_a_term_of_its_own() -> None:
    trace = traced(loaded_of("gpt_oss"))
    shown = stages.matrix(trace, 0, 1).values
    terms = stages.cell(trace, 0, 1, "self", "weights", 4, 2, shown).terms
    whole = terms["keys"] + np.exp(terms["sink"])
    assert np.log(whole) == pytest.approx(terms["log_sum"], abs=1e-5)
    assert float(shown[4].sum()) == pytest.approx(terms["keys"] / whole, abs=1e-5)
    assert float(shown[4].sum()) < 0.999


def test_a_check_that_fails_leaves_no_answer_behind(tiny_bert: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat sat"))

    def fail(*_args: object, **_kwargs: object) -> None:
        raise torch.OutOfMemoryError("no room")

    with monkeypatch.context() as patched, pytest.raises(torch.OutOfMemoryError):
        patched.setattr(stage_check.passes, "without_cache", fail)
        stage_check.differences(trace)
    assert stage_check.differences(trace) is not None
