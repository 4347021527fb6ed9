from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.core.analyses.test_judging import LABELS, saved
from tests.views.laboratory import shown
from visualizer.core import capture, models
from visualizer.core.analyses import answer_span, classification
from visualizer.core.request import RunRequest
from visualizer.views.answer_span.view import AnswerSpanView
from visualizer.views.classification import ClassificationView
from visualizer.views.next_token.view import NextTokenView
from visualizer.views.surprisal.view import SurprisalView


def test_classes_are_shown_with_the_checkpoint_s_labels(tmp_path: Path, qtbot) -> None:
    trace = capture.run(models.load(str(saved("BertForSequenceClassification", tmp_path)[0])), RunRequest("the cat"))
    found = classification.measure(trace)
    with shown(ClassificationView, trace, qtbot) as view:
        best = int(found.probabilities[0].argmax())
        assert view.bars._bars[0].label == LABELS[best]
        assert view.bars._bars[0].share == pytest.approx(found.probabilities[0, best])
        assert LABELS[best] in view._title.text()
        assert view.text.isHidden()
        assert view.data()["columns"] == list(LABELS.values())


def test_a_chosen_token_shows_its_own_classes(tmp_path: Path, qtbot) -> None:
    trace = capture.run(models.load(str(saved("BertForTokenClassification", tmp_path)[0])), RunRequest("the cat sat"))
    found = classification.measure(trace)
    with shown(ClassificationView, trace, qtbot) as view:
        np.testing.assert_array_equal(view.text.values, found.probabilities.max(axis=1))
        view.showing.select(query=3)
        assert view.bars._bars[0].share == pytest.approx(found.probabilities[3].max())
        view.text.hovered.emit(2)
        assert view.bars._bars[0].share == pytest.approx(found.probabilities[2].max())


def test_the_best_answers_stand_below_the_passage(tmp_path: Path, qtbot) -> None:
    loaded = models.load(str(saved("BertForQuestionAnswering", tmp_path)[0]))
    trace = capture.run(loaded, RunRequest("the cat", pair="a dog sat on the mat"))
    found = answer_span.measure(trace)
    with shown(AnswerSpanView, trace, qtbot) as view:
        np.testing.assert_array_equal(view.text.values, found.start)
        view.set_options(edge="end")
        np.testing.assert_array_equal(view.text.values, found.end)
        assert view.bars._bars[0].label == found.spans[0].text
        count, share = view.bars.rest()
        assert count == len(trace.tokens) ** 2 - len(view.bars.shown())
        others = 1 - sum(found.spans[n].probability for n in view.bars.shown())
        assert share == pytest.approx(others), "starts and ends of all tokens, as the model gives them"
        view.text.hovered.emit(5)
        assert trace.tokens[5].name in view._readout.text()


def test_such_models_say_in_other_views_that_they_predict_no_token(tmp_path: Path, qtbot, tiny_bert) -> None:
    trace = capture.run(models.load(str(saved("BertForQuestionAnswering", tmp_path)[0])), RunRequest("the cat"))
    for kind in (NextTokenView, SurprisalView, ClassificationView):
        assert not kind.is_compatible(trace)
        assert not kind.is_compatible(trace.card)
    plain = capture.run(tiny_bert, RunRequest("the cat"))
    assert not AnswerSpanView.is_compatible(plain)
    assert not ClassificationView.is_compatible(plain.card)
