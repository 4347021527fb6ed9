"""What two runs predict, side by side."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.core.analyses.comparison.test_difference import TEXTS, hand_made
from visualizer.core import capture, models, prediction
from visualizer.core.analyses.comparison import reasons
from visualizer.core.analyses.comparison.next_token import aligned_position, has_same_vocabulary, next_token_change
from visualizer.core.analyses.comparison.reasons import NotComparable
from visualizer.core.errors import NoSuchPart
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace


@pytest.fixture(scope="module", params=TEXTS)
def runs(request: pytest.FixtureRequest) -> tuple[Trace, Trace]:
    loaded = models.load(f"bundled:{request.param}")
    return tuple(capture.run(loaded, RunRequest(text)) for text in TEXTS[request.param])  # type: ignore[return-value]


def test_a_run_predicts_what_it_predicts(runs) -> None:  # type: ignore[no-untyped-def]
    a, _ = runs
    for position in range(a.n_positions):
        found = next_token_change(a, a, position, position)
        assert found.by == "id" and found.outside == (0, 0)
        assert (found.total_variation, found.kl_a_b, found.kl_b_a) == (0, 0, 0)
        assert all(c.change == 0 and c.rank_a == c.rank_b for c in found.candidates)
        assert [c.rank_a for c in found.candidates] == list(range(1, 21)), "of equal changes the most probable first"


def test_both_runs_most_probable_tokens_are_there_with_both_probabilities(runs) -> None:  # type: ignore[no-untyped-def]
    a, b = runs
    found = next_token_change(a, b, limit=5)
    p, q = (prediction.distribution(trace.logits(-1)) for trace in (a, b))
    tops = [trace.next_tokens(limit=5) for trace in (a, b)]
    assert {c.id_a for c in found.candidates} == {c.id for top in tops for c in top}
    for c in found.candidates:
        assert c.id_a == c.id_b and c.text == a.label(c.id_a)
        assert (c.probability_a, c.probability_b) == (p[c.id_a], q[c.id_a])
        assert c.change == c.probability_b - c.probability_a
        assert c.rank_b == prediction.rank_of(b.logits(-1), c.id_b)
    sizes = [abs(c.change) for c in found.candidates]
    assert sizes == sorted(sizes, reverse=True)
    assert found.total_variation == pytest.approx(np.abs(p - q).sum() / 2)
    assert found.kl_a_b == pytest.approx((p * np.log2(p / q)).sum())
    back = next_token_change(b, a, limit=5)
    assert (back.kl_a_b, back.kl_b_a, back.total_variation) == (found.kl_b_a, found.kl_a_b, found.total_variation)
    assert {(c.text, c.change) for c in found.candidates} == {(c.text, -c.change) for c in back.candidates}


def test_what_a_filter_takes_from_one_run_is_infinitely_unexpected(runs) -> None:  # type: ignore[no-untyped-def]
    a, b = runs
    found = next_token_change(a, b, 0, 1, top_k=1)
    if found.total_variation:
        assert found.kl_a_b == found.kl_b_a == math.inf and found.total_variation == 1


def test_an_opened_file_has_the_vocabulary_of_its_model(runs, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    a, b = runs
    a.save(tmp_path / "a.safetensors")
    opened = Trace.open(tmp_path / "a.safetensors")
    assert has_same_vocabulary(opened, b) and has_same_vocabulary(a, b)
    found = next_token_change(opened, b)
    assert found.by == "id"
    assert found.kl_a_b == pytest.approx(next_token_change(a, b).kl_a_b, rel=1e-3)


def test_other_vocabularies_are_matched_by_what_is_written(tiny_llama: LoadedModel) -> None:
    loaded = models.load("bundled:gpt-ja-en")
    a = capture.run(loaded, RunRequest("The cat"))
    b = capture.run(tiny_llama, RunRequest("The cat"))
    assert not has_same_vocabulary(a, b)
    found = next_token_change(a, b, limit=8)
    assert found.by == "text"
    p, q = (prediction.distribution(trace.logits(-1)) for trace in (a, b))
    labels = [[trace.label(n).strip() or trace.label(n) for n in range(len(x))] for trace, x in ((a, p), (b, q))]
    for c in found.candidates:
        assert c.probability_a == pytest.approx(sum(p[n] for n, name in enumerate(labels[0]) if name == c.text))
        assert c.probability_b == pytest.approx(sum(q[n] for n, name in enumerate(labels[1]) if name == c.text))
        assert (c.id_b is None) == (c.rank_b is None) == (c.text not in labels[1])
    assert found.outside[0] == pytest.approx(sum(p[n] for n, name in enumerate(labels[0]) if name not in labels[1]))
    assert 0 < found.total_variation <= 1
    assert 0 < found.kl_b_a < math.inf
    back = next_token_change(b, a, limit=8)
    assert back.kl_a_b == pytest.approx(found.kl_b_a)


def test_the_partner_of_a_position_is_that_of_its_token() -> None:
    loaded = models.load("bundled:gpt-ja-en")
    a, b = (capture.run(loaded, RunRequest(text)) for text in ("The cat sat", "The old cat sat"))
    for position, token in enumerate(a.tokens):
        partner = aligned_position(a, b, position)
        assert partner is not None and b.tokens[partner].text.strip() == token.text.strip()
    assert None in [aligned_position(b, a, n) for n in range(len(b.tokens))]
    with pytest.raises(NoSuchPart):
        aligned_position(a, b, 99)


def test_without_predictions_there_is_a_reason(tiny_bert: LoadedModel, tiny_llama: LoadedModel) -> None:
    silent = hand_made(tiny_bert, "abc")
    with pytest.raises(NotComparable) as caught:
        next_token_change(silent, silent)
    assert caught.value.reason == reasons.NoPrediction(False, False)
    with pytest.raises(NotComparable):
        next_token_change(silent, capture.run(tiny_llama, RunRequest("abc")))
