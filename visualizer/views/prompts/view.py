"""Several prompts side by side, and what each answer that a person names is worth after each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Selection
from visualizer.ui import guard
from visualizer.ui.controls import Choice
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.picture_frame import small_text
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.prompts.options import JOINS, MEASURES, MOST, Options, answers_of, prompts_of, together
from visualizer.views.prompts.templates import TEMPLATES
from visualizer.views.reading_controls import sentences

if TYPE_CHECKING:
    from visualizer.core.analyses.prompts import Question, Table
    from visualizer.core.models import ModelCard
    from visualizer.core.trace import Trace
    from visualizer.views.prompts.editor import PromptEditor
    from visualizer.views.prompts.table import ScoreTable

_LOW = 420  # pixels of the design: a lower view has no room to write in


@guard.overrides
class PromptsView(View):
    """A row is chosen by a click and written below the table; what was scored before is known at once."""

    id: ClassVar[str] = "prompts"
    Options: ClassVar[type] = Options
    shows_parts: ClassVar[bool] = True

    def how_to_read(self) -> str:
        return self.tr(
            "Each row is a prompt, each column an answer: how probable is exactly this answer after exactly this "
            "prompt? The best one of a row is bold."
        )

    def build(self) -> QWidget:
        from visualizer.views.prompts.editor import PromptEditor
        from visualizer.views.prompts.table import ScoreTable

        self._table: Table | None = None
        self._row = 0
        content = QWidget(self)
        self._controls = QWidget(content)
        self._flow = FlowLayout(self._controls)
        self._measure, self._join = Choice(self._controls), Choice(self._controls)
        for choice in (self._measure, self._join):
            self._flow.addWidget(choice)
        self._measure.chosen.connect(lambda value: self.set_options(measure=value))
        self._join.chosen.connect(lambda value: self.set_options(join=value))
        self._picture = QWidget(content)
        self.table: ScoreTable = ScoreTable(self._picture)
        self._note = small_text(self._picture)
        inner = QVBoxLayout(self._picture)
        inner.addWidget(self.table, 1)
        inner.addWidget(self._note)
        self.editor: PromptEditor = PromptEditor(content)
        layout = QVBoxLayout(content)
        layout.addWidget(self._picture, 1)
        layout.addWidget(self.editor)
        self._boxes = (inner, layout)
        self.header.set_tools(self._controls)
        self.table.row_chosen.connect(self._on_row_chosen)
        self.editor.prompt_edited.connect(self._on_prompt_edited)
        self.editor.answers_edited.connect(lambda answers: self.set_options(answers=answers))
        self.editor.added.connect(self._on_added)
        self.editor.removed.connect(self._on_removed)
        return content

    @classmethod
    def is_compatible(cls, subject: Trace | ModelCard) -> bool:
        return subject.task in ("causal", "seq2seq")

    def why_incompatible(self) -> str:
        return self.tr("This model does not predict what comes next: an answer has no probability after a prompt.")

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        return False

    # --- question and answer ---------------------------------------------------------------------

    def question(self, trace: Trace, selection: Selection) -> Question:
        from visualizer.core.analyses.prompts import Question

        request, options = trace.request, self.options
        return Question(
            self._prompts(trace),
            answers_of(options),
            options.join,
            request.interventions,
            request.source_language,
            request.target_language,
        )

    def _prompts(self, trace: Trace) -> tuple[str, ...]:
        return prompts_of(self.options) or (trace.text,)

    def answer(self, trace: Trace, question: Question, should_stop: ShouldStop, progress: Progress) -> Table:
        from visualizer.core.analyses import prompts
        from visualizer.core.errors import CannotRead

        if trace.model is None:
            raise CannotRead("no_model")
        return prompts.measure(trace.model, question, should_stop, progress)

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self._measure.set_value(self.options.measure)
        self._join.set_value(self.options.join)
        prompts = self._prompts(trace)
        self._row = min(self._row, len(prompts) - 1)
        self.editor.show_row(self._row, len(prompts), prompts[self._row], self.options.answers)
        self._show_editor()

    def clear(self) -> None:
        self._show(None)

    def show_part(self, fraction: float, part: Table) -> None:
        self.show_progress(fraction)
        self._show(part)

    def show_answer(self, answer: Table, selection: Selection) -> None:
        self._show(answer)

    def _show(self, table: Table | None) -> None:
        self._table = table
        trace = self.showing.trace
        prompts = () if trace is None else self._prompts(trace)
        self.table.set_table(prompts, table, self.options.measure, self._row)
        self._note.setText("" if table is None else self._words(table))

    def _words(self, table: Table) -> str:
        measures = {
            "sum": self.tr("Probability of the whole answer: of these very tokens, one after the other."),
            "token": self.tr("Geometric mean of the probabilities of an answer's tokens."),
            "character": self.tr("The whole answer's probability, as a geometric mean per character."),
        }
        scores = [score for row in table.rows for score in row.scores]
        apart = any(score.is_apart for score in scores)
        return sentences(
            (
                self.tr("No answer is named: these are the most probable tokens after the first prompt.")
                if table.are_proposed
                else "",
                measures[self.options.measure],
                self.tr("Other ways to cut the same answer into tokens are not added."),
                self.tr("*: the tokenizer would join the prompt's end with the answer; here it is cut between them.")
                if apart
                else "",
            )
        )

    # --- writing ---------------------------------------------------------------------------------

    def _written(self) -> list[str]:
        trace = self.showing.trace
        return list(prompts_of(self.options) or (() if trace is None else (trace.text,)))

    def _on_row_chosen(self, row: int) -> None:
        self.editor.tell()
        self._row = row
        prompts = self._written()
        if row < len(prompts):
            self.editor.show_row(row, len(prompts), prompts[row], self.options.answers)

    def _on_prompt_edited(self, prompt: str) -> None:
        prompts = self._written()
        if self._row < len(prompts):
            prompts[self._row] = prompt
            self.set_options(prompts=together(prompts))

    def _on_added(self, template: str) -> None:
        prompts = self._written()
        if len(prompts) >= MOST or not prompts:
            return
        found = next((one for one in TEMPLATES if one.id == template), None)
        prompts.append(prompts[self._row] if found is None else found.prompt.here())
        self._row = len(prompts) - 1
        answers = self.options.answers
        if found is not None and not answers.strip():
            answers = found.answers.here()
        self.set_options(prompts=together(prompts), answers=answers)

    def _on_removed(self) -> None:
        prompts = self._written()
        if len(prompts) > 1:
            del prompts[self._row]
            self._row = min(self._row, len(prompts) - 1)
            self.set_options(prompts=together(prompts))

    def _show_editor(self) -> None:
        """In a lecture, and where there is no room, the table alone."""
        self.editor.setVisible(not self.theme.lecture and self.height() >= self.theme.px(_LOW))

    # --- looks -----------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.table.apply_theme(theme)
        self.editor.apply_theme(theme)
        for box in self._boxes:
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(0)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._flow.setSpacing(theme.px(8))
        self._note.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(8))
        self._show_editor()

    def retranslate(self) -> None:
        names = {
            "sum": self.tr("the whole answer"),
            "token": self.tr("per token"),
            "character": self.tr("per character"),
        }
        joins = {"blank": self.tr("a blank where needed"), "exact": self.tr("nothing")}
        self._measure.set_texts(
            self.tr("Probability"), {m: names[m] for m in MEASURES}, self.tr("Longer answers have smaller products")
        )
        self._join.set_texts(
            self.tr("Between"), {j: joins[j] for j in JOINS}, self.tr("What stands between prompt and answer")
        )
        self._measure.set_value(self.options.measure)
        self._join.set_value(self.options.join)
        self.editor.retranslate()
        self.table.setAccessibleName(self.title())
        self.table.fit_columns()

    def export_widget(self) -> QWidget:
        return self._picture

    def caption(self) -> str:
        trace, table = self.trace, self._table
        if trace is None or table is None:
            return ""
        measures = {"sum": "p", "token": self.tr("per token"), "character": self.tr("per character")}
        answers = ", ".join(answer.strip() for answer in table.answers)
        return " · ".join((trace.card.name, self.title(), measures[self.options.measure], answers))

    def data(self) -> dict[str, Any]:
        table: Table | None = self.current
        if table is None:
            return {}
        measure = self.options.measure
        values = [[score.value(measure) for score in row.scores] for row in table.rows]
        logs = [[score.log_probability for score in row.scores] for row in table.rows]
        return {
            "prompts": np.array(values, dtype=np.float64),
            "rows": list(table.question.prompts),
            "columns": [answer.strip() for answer in table.answers],
            "log_probability": np.array(logs, dtype=np.float64),
            "tokens": np.array([[len(score.ids) for score in row.scores] for row in table.rows]),
            "measure": measure,
        }
