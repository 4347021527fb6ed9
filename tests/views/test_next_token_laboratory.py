"""The temperature laboratory: further filters, the model's own settings, and where the filters cut."""

from __future__ import annotations

import numpy as np
import pytest

from tests.core.families import REGISTRY, build, plain_tokenizer
from tests.views.laboratory import shown
from visualizer.core import capture, models, prediction
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.core.writing import places
from visualizer.core.writing.own_settings import own_settings
from visualizer.session.selection import Sampling
from visualizer.views.next_token.view import NextTokenView

WIDE = (1100, 760)


def trace_of(**settings: object) -> Trace:
    family = next(family for family in REGISTRY if family.name == "llama")
    model = build(family)
    for name, value in settings.items():
        setattr(model.generation_config, name, value)
    return capture.run(models.wrap(model, plain_tokenizer()), RunRequest("5 9 13 21 9"))


def test_the_penalty_is_on_tokens_up_to_the_position(qtbot) -> None:
    trace = trace_of()
    assert places.seen(trace, 2) == {5, 9, 13}
    with shown(NextTokenView, trace, qtbot, WIDE) as view:
        view.session.select(position=2)
        view.laboratory.penalty.setValue(2.0)
        assert view.session.selection.sampling.repetition_penalty == 2.0
        expected = prediction.distribution(prediction.penalised(trace.logits(2), {5, 9, 13}, 2.0))
        np.testing.assert_allclose(view.data()["probabilities"], expected)
        assert "2" in view.caption()


def test_min_p_cuts_the_sorted_distribution_where_the_picture_says(qtbot) -> None:
    trace = trace_of()
    with shown(NextTokenView, trace, qtbot, WIDE) as view:
        view.laboratory.min_p.setValue(0.95)
        probabilities = prediction.distribution(trace.logits(-1), min_p=0.95)
        kept = int(np.count_nonzero(probabilities))
        assert view._forecast.kept == kept < trace.card.vocabulary
        assert view.laboratory.plot._mark.value() == pytest.approx(kept + 0.5)


def test_the_models_own_settings_are_what_its_generation_config_says(qtbot) -> None:
    trace = trace_of(do_sample=True, temperature=0.6, top_k=20, top_p=0.9, min_p=0.1, repetition_penalty=1.2)
    with shown(NextTokenView, trace, qtbot, WIDE) as view:
        assert "temperature=0.6" in view.laboratory.own.toolTip()
        view.laboratory.own.click()
        assert view.session.selection.sampling == Sampling(0.6, 20, 0.9, 0.1, 1.2)
        assert not view.laboratory.own.isEnabled()


def test_a_config_that_does_not_sample_is_greedy() -> None:
    found = trace_of(temperature=0.6)
    assert found.model is not None
    own = own_settings(found.model)
    assert own is not None and own.temperature == 0 and own.top_k is None


def test_a_narrow_view_keeps_only_filters_that_act(qtbot) -> None:
    with shown(NextTokenView, trace_of(), qtbot, (400, 800)) as view:
        assert not view.laboratory.isVisible()
        view.session.select(min_p=0.3)
        assert view.laboratory.min_p.isVisible() and not view.laboratory.plot.isVisible()


def test_next_tokens_of_a_trace_follow_the_same_filters() -> None:
    trace = trace_of()
    seen = places.seen(trace, trace.n_positions - 1)
    expected = prediction.distribution(prediction.penalised(trace.logits(-1), seen, 1.5), min_p=0.2)
    found = trace.next_tokens(min_p=0.2, repetition_penalty=1.5, limit=500)
    np.testing.assert_allclose([c.probability for c in found], [expected[c.id] for c in found])
    assert len(found) == np.count_nonzero(expected)
