"""Answers: how probable it is that the answer begins, and ends, at each token of a passage; and the best answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QLabel, QWidget

from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Hover, Selection
from visualizer.ui import guard
from visualizer.ui.candidate_bars import Bar, CandidateBars
from visualizer.ui.color_bar import ColorBar
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.controls import Choice
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.numbers import format_probability
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.plain_text import keep_plain
from visualizer.ui.readout import ReadoutLine
from visualizer.ui.running_text import RunningText
from visualizer.ui.theme import Theme
from visualizer.views.answer_span.options import Options
from visualizer.views.base import View
from visualizer.views.reading_controls import sentences
from visualizer.views.text_pieces import pieces_of

if TYPE_CHECKING:
    from visualizer.core.analyses.answer_span import Answered
    from visualizer.core.models import ModelCard
    from visualizer.core.trace import Trace


@guard.overrides
class AnswerSpanView(View):
    """The question and the passage, coloured by where the answer begins or ends, above the best answers."""

    id: ClassVar[str] = "answer_span"
    Options: ClassVar[type] = Options

    def how_to_read(self) -> str:
        return self.tr(
            "The text is the question, the second sentence the passage. Colour: how probable it is that the answer"
            " begins (or ends) at this token. Below: the best answers, start times end."
        )

    def build(self) -> QWidget:
        frame = PictureFrame(self)
        self._frame, self._note = frame, frame.note
        self._controls = QWidget(frame)
        self._row = FlowLayout(self._controls)
        self._edge = Choice(self._controls)
        self._row.addWidget(self._edge)
        self._edge.chosen.connect(lambda edge: self.set_options(edge=edge))
        self.text = RunningText(frame.picture)
        self._colors = ColorBar(frame.picture)
        self._readout = ReadoutLine(frame.picture)
        self._title = QLabel(frame.picture)
        self._title.setProperty("role", "readout")
        keep_plain(self._title)
        self.bars = CandidateBars(frame.picture)
        self.bars.set_can_choose(False)
        parts = (self.text, self._colors, self._readout, self._title, self.bars)
        frame.fill(self._controls, *parts, frame.note, growing=self.text)
        frame.inner.setStretchFactor(self.bars, 1)
        self.text.hovered.connect(self._on_text_hovered)
        return frame

    @classmethod
    def is_compatible(cls, subject: Trace | ModelCard) -> bool:
        card: Any = getattr(subject, "card", subject)
        return bool(card.head == "answer_span")

    def why_incompatible(self) -> str:
        return self.tr("This model has no head that finds answers in a passage. Checkpoints for question answering do.")

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        return False

    def answer(self, trace: Trace, question: None, should_stop: ShouldStop, progress: Progress) -> Answered:
        from visualizer.core.analyses import answer_span

        return answer_span.measure(trace, should_stop)

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self._edge.set_value(self.options.edge)

    def clear(self) -> None:
        self.text.set_pieces(())
        self.bars.set_bars((), 0)
        self._readout.forget_last()

    def show_answer(self, found: Answered, selection: Selection) -> None:
        from visualizer.core.analyses import surprisal

        trace = self.trace
        if trace is None:
            return
        self.text.set_pieces(pieces_of(trace, surprisal.units_of(trace, "token")))
        values = found.start if self.options.edge == "start" else found.end
        scale = ColorScale(float(values.max()))
        self.text.set_values(values, scale)
        title = self.tr("The answer begins here") if self.options.edge == "start" else self.tr("The answer ends here")
        self._colors.set_scale(scale, title)
        bars = tuple(Bar(s.text, s.probability, s.probability, rank) for rank, s in enumerate(found.spans, 1))
        self.bars.set_bars(bars, len(found.start) ** 2)  # of all pairs of tokens the products add up to 1
        self._title.setText(self.tr("Best answers"))
        parts = [self.tr("No answer (start and end at the first token): {share}.")]
        if not trace.pair:
            parts.insert(0, self.tr("There is no second sentence: the answer is looked for in the text itself."))
        self._note.setText(sentences(parts).format(share=format_probability(found.no_answer)))
        self._say(-1)

    def _on_text_hovered(self, piece: int) -> None:
        self.showing.set_hover(Hover(query=piece) if piece >= 0 else None)
        self._say(piece)

    def _say(self, piece: int) -> None:
        found, trace = self.current, self.trace
        if found is None or trace is None or not 0 <= piece < len(found.start):
            best = "" if found is None or not found.spans else found.spans[0].text
            self._readout.say("", self.tr("Best answer: “{text}”").format(text=best) if best else "")
            return
        text = self.tr("“{token}”: the answer begins here {start}, ends here {end}")
        shares = (format_probability(float(edge[piece])) for edge in (found.start, found.end))
        self._readout.say(text.format(token=trace.tokens[piece].name, start=next(shares), end=next(shares)))

    def apply_theme(self, theme: Theme) -> None:
        margin = theme.px(16)
        self._row.setSpacing(theme.px(8))
        for label in (self._readout, self._title, self._note):
            label.setContentsMargins(margin, theme.px(4), margin, theme.px(4))
        self.bars.setContentsMargins(margin, 0, margin, 0)
        for part in (self.text, self._colors, self._readout, self.bars):
            part.apply_theme(theme)

    def retranslate(self) -> None:
        self._edge.set_texts(
            self.tr("Colour"), {"start": self.tr("start of the answer"), "end": self.tr("end of the answer")}
        )
        self.text.setAccessibleName(self.title())
        self.bars.setAccessibleName(self.tr("Best answers"))
        self.bars.set_texts(
            self.tr("{count} others"),
            self.tr("All other pairs of a first and a last token, possible as answers or not"),
        )

    def export_widget(self) -> QWidget:
        return self._frame.picture

    def caption(self) -> str:
        trace = self.trace
        return "" if trace is None else " · ".join((trace.card.name, self.title(), trace.text))

    def data(self) -> dict[str, Any]:
        trace, found = self.trace, self.current
        if trace is None or found is None:
            return {}
        return {
            "probabilities": np.stack([found.start, found.end], axis=1),
            "rows": [token.text for token in trace.tokens],
            "columns": ["start", "end"],
            "spans": [span.text for span in found.spans],
            "span_probabilities": np.array([span.probability for span in found.spans]),
            "no_answer": found.no_answer,
        }
