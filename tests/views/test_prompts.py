from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from tests.views.laboratory import PATIENCE, shown
from visualizer.core import capture
from visualizer.core.analyses import prompts
from visualizer.core.analyses.prompts import Question
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session.options import changed
from visualizer.ui.numbers import format_probability
from visualizer.views.prompts.options import Options, answers_of, prompts_of, together
from visualizer.views.prompts.templates import TEMPLATES
from visualizer.views.prompts.view import PromptsView

TWO = together(("The cat", "A dog sat on"))


@pytest.fixture
def trace(tiny_llama) -> Trace:
    return capture.run(tiny_llama, RunRequest("The cat sat"))


def cells(view: PromptsView, row: int) -> list[str]:
    model = view.table.scores
    return [str(model.index(row, column).data()) for column in range(model.columnCount())]


def test_the_table_holds_the_core_s_numbers(trace: Trace, qtbot) -> None:
    expected = prompts.measure(trace.model, Question(("The cat", "A dog sat on"), ("mat", "red hat")))
    with shown(PromptsView, trace, qtbot) as view:
        view.set_options(prompts=TWO, answers="mat|red hat")
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        for row, found in enumerate(expected.rows):
            told = [text.rstrip("*") for text in cells(view, row)[1:3]]
            assert told == [format_probability(score.value("sum")) for score in found.scores]
        view.set_options(measure="token")
        assert view.is_complete(), "another measure of the same scores runs nothing"
        first = expected.rows[0].scores[1]
        assert cells(view, 0)[2].rstrip("*") == format_probability(first.value("token"))
        data = view.data()
        assert data["rows"] == ["The cat", "A dog sat on"] and data["columns"] == ["mat", "red hat"]
        assert data["prompts"][0, 1] == pytest.approx(first.value("token"))


def test_at_first_the_text_at_hand_is_the_prompt(trace: Trace, qtbot) -> None:
    with shown(PromptsView, trace, qtbot) as view:
        assert view.table.scores.prompts == ("The cat sat",)
        assert view.current.are_proposed
        assert "No answer is named" in view._note.text()


def test_what_is_written_in_the_editor_is_scored(trace: Trace, qtbot) -> None:
    with shown(PromptsView, trace, qtbot) as view:
        view.editor.added.emit("few_shot")
        assert len(view.table.scores.prompts) == 2
        assert view.editor.prompt.toPlainText() == TEMPLATES[1].prompt.here()
        view.editor.prompt.setPlainText("The dog\nsat")
        view.editor.answers.setText("down")
        view.editor.tell()
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.table.scores.prompts == ("The cat sat", "The dog\nsat")
        assert view.current.answers == ("down",)
        view.table.selectRow(0)
        assert view.editor.prompt.toPlainText() == "The cat sat"
        view.editor.removed.emit()
        assert view.table.scores.prompts == ("The dog\nsat",)


def test_an_answer_that_cannot_be_scored_is_one_sentence(trace: Trace, qtbot) -> None:
    with shown(PromptsView, trace, qtbot) as view:
        view.set_options(answers="|".join("abcdefghijklmn"))
        qtbot.waitUntil(lambda: bool(view.message()), timeout=PATIENCE)
        assert "6, 12" in view.message()


def test_a_cell_says_every_token(trace: Trace, qtbot) -> None:
    with shown(PromptsView, trace, qtbot) as view:
        view.set_options(answers="mat")
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        told = view.table.scores.index(0, 1).data(int(Qt.ItemDataRole.ToolTipRole))
        score = view.current.rows[0].scores[0]
        assert f"{len(score.ids)} tokens" in told
        assert all(label in told for label in score.labels)


def test_prompts_and_answers_are_read_as_they_are_written() -> None:
    options = changed(Options(), {"prompts": together(("a\nb", "c")), "answers": "x|y| |x"})
    assert prompts_of(options) == ("a\nb", "c")
    assert answers_of(options) == ("x", "y")


def test_a_model_that_does_not_write_says_so(tiny_bert) -> None:
    assert not PromptsView.is_compatible(tiny_bert.card)
