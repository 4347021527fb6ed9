"""Blanks: click tokens away, several at once, and see what the model puts into each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from visualizer.core import prediction
from visualizer.core.writing import places
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Hover, Selection
from visualizer.ui import guard
from visualizer.ui.candidate_bars import Bar, CandidateBars
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.numbers import format_count, format_probability
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.plain_text import keep_plain
from visualizer.ui.running_text import Piece, RunningText
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.blanks.options import Options
from visualizer.views.reading_controls import sentences
from visualizer.views.text_pieces import pieces_of

if TYPE_CHECKING:
    from visualizer.core.analyses.blanks import Filled
    from visualizer.core.models import ModelCard
    from visualizer.core.trace import Trace

_MOST = 6  # blanks whose bars are shown; beyond that they could not be read
_ACROSS = 3
_LIMIT = 20


@guard.overrides
class BlanksView(View):
    """The text with its blanks, and bars of candidates for each; the text itself stays as it is."""

    id: ClassVar[str] = "blanks"
    Options: ClassVar[type] = Options

    def how_to_read(self) -> str:
        return self.tr(
            "Click a token to blank it, and again to restore it. Every blank is predicted with all the others blank,"
            " too; what really stands there is marked. Your text stays as it is."
        )

    def build(self) -> QWidget:
        self._text_of: tuple[int, ...] | None = None
        self._filled: Filled | None = None
        frame = PictureFrame(self)
        self._frame, self._note = frame, frame.note
        self._controls = QWidget(frame)
        self._row = FlowLayout(self._controls)
        self._restore = QPushButton(self._controls)
        self._row.addWidget(self._restore)
        self._restore.clicked.connect(lambda: self.set_options(blanked=frozenset()))
        self.text = RunningText(frame.picture)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._panels = QWidget(frame.picture)
        self._grid = QGridLayout(self._panels)
        self._titles: list[QLabel] = []
        self.bars: list[CandidateBars] = []
        for number in range(_MOST):
            panel = QWidget(self._panels)
            title, bars = QLabel(panel), CandidateBars(panel)
            keep_plain(title)
            title.setProperty("role", "readout")
            title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            bars.set_can_choose(False)
            column = QVBoxLayout(panel)
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(title)
            column.addWidget(bars, 1)
            self._grid.addWidget(panel, number // _ACROSS, number % _ACROSS)
            panel.hide()
            self._titles.append(title)
            self.bars.append(bars)
        self._pair = QLabel(frame.picture)
        self._pair.setWordWrap(True)
        keep_plain(self._pair)
        frame.fill(self._controls, self.text, self._panels, self._pair, frame.note, growing=self._panels)
        frame.inner.setStretch(0, 1)
        frame.inner.setStretch(1, 4)
        self.text.chosen.connect(self._on_text_chosen)
        self.text.hovered.connect(self._on_text_hovered)
        return frame

    # --- what can be shown -----------------------------------------------------------------------

    @classmethod
    def is_compatible(cls, subject: Trace | ModelCard) -> bool:
        return subject.task == "masked"

    def why_incompatible(self) -> str:
        return self.tr("This model fills no blanks. Models that were trained to do so, such as BERT, are shown here.")

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        return False

    def question(self, trace: Trace, selection: Selection) -> tuple[int, ...]:
        from visualizer.core.analyses import blanks

        return blanks.chosen(trace, self.options.blanked)

    def answer(self, trace: Trace, question: tuple[int, ...], should_stop: ShouldStop, progress: Progress) -> Filled:
        from visualizer.core.analyses import blanks

        return blanks.measure(trace, question, should_stop)

    def draw(self, trace: Trace, selection: Selection) -> None:
        ids = tuple(token.id for token in trace.tokens)
        before, self._text_of = self._text_of, ids
        if before is not None and before != ids and self.options.blanked:
            self.set_options(blanked=frozenset())  # numbers of tokens mean other words in another text
        super().draw(trace, selection)

    # --- drawing ---------------------------------------------------------------------------------

    def show_state(self, trace: Trace, selection: Selection) -> None:
        """The text with its blanks at once; what fills them comes after."""
        from visualizer.core.analyses import surprisal

        found = self.question(trace, selection)
        pieces = list(pieces_of(trace, surprisal.units_of(trace, "token")))
        for number, at in enumerate(found, 1):
            pieces[at] = Piece(f" {number} ", pieces[at].before, pieces[at].glued)
        self.text.set_pieces(pieces)
        self.text.set_marked(frozenset(found))
        self._restore.setEnabled(bool(self.options.blanked))

    def clear(self) -> None:
        self._filled = None
        for number, bars in enumerate(self.bars):
            self._titles[number].setText("")
            bars.set_bars((), 0)
        self._pair.setText("")

    def show_answer(self, filled: Filled, selection: Selection) -> None:
        trace = self.trace
        if trace is None:
            return
        self._filled = filled
        shown = len(filled.positions[:_MOST])
        for number, bars in enumerate(self.bars):
            panel = bars.parentWidget()
            assert panel is not None
            panel.setVisible(number < shown)
            if number < shown:
                actual = filled.actual[number]
                forecast = prediction.forecast(filled.logits[number], limit=_LIMIT, actual=actual)
                ranks = list(range(1, len(forecast.ids) + 1))
                if forecast.actual is not None and forecast.actual_rank is not None:
                    ranks[forecast.actual] = forecast.actual_rank
                bars.set_bars(
                    tuple(
                        Bar(trace.label(int(token)), float(p), float(p), rank, mark=place == forecast.actual)
                        for place, (token, p, rank) in enumerate(
                            zip(forecast.ids, forecast.probabilities, ranks, strict=True)
                        )
                    ),
                    forecast.vocabulary,
                )
                self._titles[number].setText(self._title_of(trace, filled, number, forecast))
        self._panels.setVisible(shown > 0)
        self._pair.setVisible(filled.pair is not None)
        self._pair.setText(self._pair_text(filled))
        self._note.setText(self._note_text(filled))

    def _title_of(self, trace: Trace, filled: Filled, number: int, forecast: prediction.Forecast) -> str:
        actual = filled.actual[number]
        if actual is None or forecast.actual is None or forecast.actual_rank is None:
            return self.tr("Blank {number}").format(number=number + 1)
        text = self.tr("Blank {number}: “{token}” stands there, {share}, rank {rank}")
        return text.format(
            number=number + 1,
            token=trace.tokens[filled.positions[number]].name,
            share=format_probability(float(forecast.probabilities[forecast.actual])),
            rank=format_count(forecast.actual_rank),
        )

    def _pair_text(self, filled: Filled) -> str:
        if filled.pair is None or filled.pair_before is None:
            return ""
        if filled.pair == filled.pair_before:
            text = self.tr("The two sentences belong together: {share}")
            return text.format(share=format_probability(filled.pair))
        text = self.tr("The two sentences belong together: {share} with these blanks, {before} without")
        return text.format(share=format_probability(filled.pair), before=format_probability(filled.pair_before))

    def _note_text(self, filled: Filled) -> str:
        count = len(filled.positions)
        if not count:
            return self.tr("Click a token to blank it; several may be blank at once.")
        parts = []
        if count > _MOST:
            text = self.tr("The first {shown} of {count} blanks are shown.")
            parts.append(text.format(shown=_MOST, count=format_count(count)))
        if count > 1:
            parts.append(
                self.tr(
                    "Each blank is predicted by itself, with the others blank: the most probable tokens need not make a"
                    " sentence together."
                )
            )
        return sentences(parts)

    # --- choosing --------------------------------------------------------------------------------

    def _on_text_chosen(self, piece: int) -> None:
        trace = self.showing.trace
        if trace is not None and piece in places.blankable(trace):
            self.set_options(blanked=self.options.blanked ^ {piece})

    def _on_text_hovered(self, piece: int) -> None:
        self.showing.set_hover(Hover(query=piece) if piece >= 0 else None)

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        margin = theme.px(16)
        self._row.setSpacing(theme.px(8))
        self._grid.setContentsMargins(margin, theme.px(4), margin, theme.px(4))
        self._grid.setSpacing(theme.px(16))
        self._pair.setContentsMargins(margin, 0, margin, theme.px(4))
        self._note.setContentsMargins(margin, theme.px(4), margin, theme.px(8))
        self.text.apply_theme(theme)
        for bars in self.bars:
            bars.apply_theme(theme)
            bars.setMinimumSize(theme.px(120), theme.px(64))  # six of them must fit into a low window

    def retranslate(self) -> None:
        self._restore.setText(self.tr("Restore all"))
        self._restore.setToolTip(self.tr("Put back every token that was blanked here"))
        self.text.setAccessibleName(self.title())
        for number, bars in enumerate(self.bars, 1):
            bars.setAccessibleName(self.tr("Blank {number}").format(number=number))
            bars.set_texts(self.tr("{count} others"), self.tr("All other tokens of the vocabulary together"))

    def export_widget(self) -> QWidget:
        return self._frame.picture

    def caption(self) -> str:
        trace = self.trace
        return "" if trace is None else " · ".join((trace.card.name, self.title(), trace.text))

    def data(self) -> dict[str, Any]:
        trace, filled = self.trace, self.current
        if trace is None or filled is None or not filled.positions:
            return {}
        rows, values = [], []
        for number, at in enumerate(filled.positions):
            p = prediction.distribution(filled.logits[number])
            for rank, token in enumerate(prediction.ranking(filled.logits[number], _LIMIT).tolist(), 1):
                rows.append(trace.label(token))
                values.append((at, rank, token, p[token]))
        return {
            "candidates": np.array(values),
            "rows": rows,
            "columns": ["position", "rank", "id", "probability"],
            "positions": np.array(filled.positions),
            "logits": filled.logits,
        } | ({} if filled.pair is None else {"together": filled.pair, "together_before": filled.pair_before})
