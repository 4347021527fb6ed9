"""Importance by restarting in the middle equals one full ablated run for each part."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.core.forward.test_acting import TARGET, TEXT, TWO_SIDED, loaded, traced
from visualizer.core import capture
from visualizer.core.analyses import head_importance, head_statistics
from visualizer.core.errors import Cancelled, CannotIntervene, NoSuchKind, NoSuchPart
from visualizer.core.forward import restart
from visualizer.core.interventions import ablation, parse
from visualizer.core.prediction import distribution
from visualizer.core.request import Intervention, RunRequest
from visualizer.core.trace import Trace

TOLERANCE = 1e-5
ONE_SIDED = ("gpt2", "opt", "llama", "gemma2", "gpt_oss", "phi", "bert", "albert", "modernbert")
CASES = [(name, "self") for name in ONE_SIDED]
CASES += [(name, kind) for name in TWO_SIDED for kind in ("encoder", "decoder", "cross")]


def slow(name: str, trace: Trace, asked: head_importance.Question) -> tuple[np.ndarray, np.ndarray]:
    """One full run for each part, and the definitions written out."""
    heads, layers = trace.heads(asked.kind), trace.layers(asked.kind)
    delta, kl = np.full((layers, heads + 1), np.nan), np.full((layers, heads + 1), np.nan)
    p = distribution(trace.logits(asked.position))
    for layer, column in np.ndindex(delta.shape):
        off: Intervention = ablation.head(layer, column, asked.kind, asked.how)
        if column == heads:
            if asked.kind == "cross":
                continue
            off = ablation.feed_forward(layer, asked.kind, asked.how)
        q = distribution(traced(name, *trace.request.interventions, off).logits(asked.position))
        delta[layer, column] = math.log(q[asked.token_id] / p[asked.token_id])
        kl[layer, column] = float((p * np.log2(p / q)).sum())
    return delta, kl


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_it_equals_one_full_run_for_each_part(name: str, kind: str) -> None:
    trace = traced(name)
    asked = head_importance.question(trace, kind=kind)
    found = head_importance.measure(trace, asked)
    delta, kl = slow(name, trace, asked)
    np.testing.assert_allclose(found.delta, delta, atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose(found.kl, kl, atol=TOLERANCE, rtol=0)
    assert found.probability == pytest.approx(distribution(trace.logits(-1)).max(), abs=1e-6)
    assert np.nanmax(found.kl) > 1e-3, "something matters"


def test_any_position_token_way_and_run_with_interventions() -> None:
    trace = traced("llama", *parse("0.1,mlp.2"))
    asked = head_importance.question(trace, position=3, token_id=17, how="mean")
    found = head_importance.measure(trace, asked)
    delta, kl = slow("llama", trace, asked)
    np.testing.assert_allclose(found.delta, delta, atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose(found.kl, kl, atol=TOLERANCE, rtol=0)
    zero = head_importance.measure(trace, head_importance.question(trace, 3, 17))
    assert zero.delta[0, 1] == pytest.approx(0, abs=TOLERANCE), "what is off already changes nothing"
    assert zero.kl[2, 4] == pytest.approx(0, abs=TOLERANCE)


def test_a_family_whose_passes_cannot_begin_in_the_middle_runs_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = traced("llama")
    expected = head_importance.measure(trace)

    def forget(self: restart.Restart, inputs: object, layer: int, rows: int) -> object:
        if layer:
            raise RuntimeError("this family keeps something between its blocks")
        return run(self, inputs, layer, rows)  # type: ignore[arg-type]

    run = restart.Restart.run
    monkeypatch.setattr(restart.Restart, "run", forget)
    found = head_importance.measure(trace)
    np.testing.assert_allclose(found.delta, expected.delta, atol=TOLERANCE)


def test_a_long_text_is_done_in_smaller_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = traced("gpt2")
    expected = head_importance.measure(trace)
    monkeypatch.setattr(head_importance, "BATCH_TOKENS", 20)
    np.testing.assert_allclose(head_importance.measure(trace).kl, expected.kl, atol=TOLERANCE)


def test_rows_come_one_by_one_from_the_last_layer_and_work_can_be_stopped() -> None:
    trace = traced("llama")
    rows: list[head_importance.HeadImportance] = []
    shares: list[float] = []
    head_importance.measure(trace, progress=lambda share, _: shares.append(share), on_row=rows.append)
    assert [int(np.isfinite(row.delta[:, 0]).sum()) for row in rows] == [1, 2, 3]
    assert np.isfinite(rows[0].delta[-1]).all()
    assert shares == pytest.approx([1 / 3, 2 / 3, 1])
    with pytest.raises(Cancelled):
        head_importance.measure(trace, should_stop=lambda: len(rows) > 2)


def test_the_model_runs_as_before_meanwhile_and_afterwards() -> None:
    before = traced("llama").logits(-1).copy()
    blocks = list(loaded("llama").model.base_model.layers)  # type: ignore[union-attr, arg-type]
    head_importance.measure(traced("llama"))
    assert list(loaded("llama").model.base_model.layers) == blocks  # type: ignore[union-attr, arg-type]
    np.testing.assert_array_equal(traced("llama").logits(-1), before)


def test_what_cannot_be_measured_is_refused() -> None:
    trace = traced("llama")
    for wrong in ({"position": 99}, {"token_id": 10_000}, {"token_id": -1}):
        with pytest.raises(NoSuchPart):
            head_importance.question(trace, **wrong)  # type: ignore[arg-type]
    with pytest.raises(NoSuchKind):
        head_importance.question(trace, kind="cross")
    with pytest.raises(CannotIntervene):
        head_importance.measure(traced("gpt_neo"))


def test_a_trace_from_a_file_has_no_model_to_ask(tmp_path) -> None:
    traced("llama").save(tmp_path / "t.safetensors")
    with pytest.raises(CannotIntervene):
        head_importance.measure(Trace.open(tmp_path / "t.safetensors"))


def test_rank_correlation_shares_ranks_between_ties_and_leaves_out_what_is_not_known() -> None:
    rho = head_importance.rank_correlation
    assert rho(np.array([1, 2, 3]), np.array([10, 200, 3000])) == pytest.approx(1)
    assert rho(np.array([1, 2, 3]), np.array([3, 2, 1])) == pytest.approx(-1)
    # By hand: ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4 -> 4.5 / sqrt(4.5 * 5).
    assert rho(np.array([1, 2, 2, 5]), np.array([1, 7, 3, 9])) == pytest.approx(4.5 / math.sqrt(4.5 * 5))
    assert rho(np.array([1, np.nan, 2, 3]), np.array([1, 0, 2, np.nan])) == pytest.approx(1)
    assert math.isnan(rho(np.array([1, 1, 1]), np.array([1, 2, 3])))
    assert math.isnan(rho(np.array([]), np.array([])))


def test_importance_stands_beside_what_attention_says() -> None:
    trace = capture.run(loaded("marian"), RunRequest(TEXT, target=TARGET))
    importance = head_importance.measure(trace, head_importance.question(trace, kind="cross"))
    table = head_statistics.measure(trace)
    found = head_importance.correlations(importance, table)
    assert set(found) == set(head_statistics.MEASURES)
    rows = [n for n, kind in enumerate(table.kinds) if kind == "cross"]
    expected = head_importance.rank_correlation(importance.kl[:, :-1], table.values["entropy"][rows])
    assert found["entropy"] == pytest.approx(expected)
    assert math.isnan(found["previous_token"]), "cross attention has no previous token"


def test_the_table_names_heads_by_number_and_the_feed_forward_part_by_its_letters() -> None:
    rows = head_importance.as_rows(head_importance.measure(traced("llama")))
    assert [(row["layer"], row["part"]) for row in rows[:6]] == [
        (0, "0"), (0, "1"), (0, "2"), (0, "3"), (0, "mlp"), (1, "0"),
    ]  # fmt: skip
    trace = traced("t5")
    cross = head_importance.as_rows(head_importance.measure(trace, head_importance.question(trace, kind="cross")))
    assert not any(row["part"] == "mlp" for row in cross)
