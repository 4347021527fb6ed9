"""What comes next: exact probabilities over the whole vocabulary, filters that act at once, blanks of masked models."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from visualizer.core import prediction
from visualizer.core.prediction import Forecast
from visualizer.core.writing import places
from visualizer.session.selection import Hover, Selection
from visualizer.ui import guard, lecture, terms
from visualizer.ui.candidate_bars import CandidateBars
from visualizer.ui.change_bars import ChangeBars
from visualizer.ui.numbers import format_probability
from visualizer.ui.plain_text import keep_plain
from visualizer.ui.sampling_controls import SamplingControls
from visualizer.ui.surprisal_strip import SurprisalStrip
from visualizer.ui.theme import Theme
from visualizer.views import difference
from visualizer.views.base import View
from visualizer.views.next_token import before as ordinary
from visualizer.views.next_token import change
from visualizer.views.next_token import context as next_token_context
from visualizer.views.next_token.bars import bars_of, summary_of
from visualizer.views.next_token.before import OrdinaryRun
from visualizer.views.next_token.change import ChangedPrediction, Compared
from visualizer.views.next_token.laboratory import Laboratory
from visualizer.views.next_token.numbers import Asked, Predicted, exported

if TYPE_CHECKING:
    from visualizer.core.models import ModelCard
    from visualizer.core.trace import Trace
    from visualizer.session.jobs import Progress, ShouldStop

_LIMIT = 60  # candidates that are ranked; the bars show as many as fit
_LOW = 520  # pixels of height below which the bars need the room of the filters
_WIDE = 720  # pixels from which the controls stand beside the bars
# Multiplications in an output layer (vocabulary x width) above which logits are not computed between two frames.
_HEAVY = 150_000_000


@guard.overrides
class NextTokenView(View):
    """Bars of the most probable tokens at a position; nothing here runs the model, except taking a candidate."""

    id = "next_token"
    has_difference = True

    def how_to_read(self) -> str:
        return self.tr(
            "Each bar is the probability of one token of the vocabulary; with the last row they add up to 100 %. The"
            " tick is the model's own probability before temperature, top-k and top-p. Click a token to write it."
        )

    def build(self) -> QWidget:
        self._forecast: Forecast | None = None
        self._ordinary = OrdinaryRun(self, self.redraw)
        self._bits_of: Trace | None = None  # whose surprisals are shown, or on their way
        content = QWidget(self)
        self._picture = QWidget(content)
        self._pair = QLabel(self._picture)
        self._pair.setWordWrap(True)
        self._context = QLabel(self._picture)
        self._context.setTextFormat(Qt.TextFormat.RichText)
        self._context.setWordWrap(True)
        self._context.setProperty("role", "token")
        self._context.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse)
        self._context.linkActivated.connect(self._on_context_link_activated)
        self._blanks = QComboBox(self._picture)
        self._blanks.activated.connect(self._on_blanks_activated)
        self._strip = SurprisalStrip(self._picture)
        self._strip.position_chosen.connect(self._choose_position)
        self._strip.position_hovered.connect(self._on_strip_position_hovered)
        self._bars = CandidateBars(self._picture)
        self._bars.chosen.connect(self._on_bars_chosen)
        self.changes = ChangeBars(self._picture)
        self._summary = QLabel(self._picture)
        self._summary.setWordWrap(True)
        self._summary.setProperty("role", "small")
        keep_plain(self._pair, self._summary)
        terms.gloss(self._summary)
        for label in (self._context, self._summary, self._pair):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._picture_rows = QVBoxLayout(self._picture)
        for widget in (self._pair, self._context, self._blanks, self._strip):
            self._picture_rows.addWidget(widget)
        self._picture_rows.addWidget(self._bars, 1)
        self._picture_rows.addWidget(self.changes, 1)
        self._picture_rows.addWidget(self._summary)
        self._picture_rows.addStretch(0)
        self._side = QWidget(content)
        lecture.fold(self._side)
        self._blank_out = QPushButton(self._side)
        self._blank_out.clicked.connect(self._on_blank_out_clicked)
        self._sampling = SamplingControls(self._side)
        self._sampling.changed.connect(self._on_sampling_changed)
        side = QVBoxLayout(self._side)
        side.addWidget(self._blank_out)
        side.addWidget(self._sampling)
        self.laboratory = Laboratory(self._side)
        self.laboratory.changed.connect(lambda sampling: self.showing.select(sampling=sampling))
        side.addWidget(self.laboratory)
        self._side_rows = side
        self._columns = QBoxLayout(QBoxLayout.Direction.TopToBottom, content)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.addWidget(self._picture, 1)
        self._columns.addWidget(self._side)
        return content

    # --- what can be shown -----------------------------------------------------------------------

    @classmethod
    def is_compatible(cls, subject: Trace | ModelCard) -> bool:
        return subject.task != "none"

    def why_incompatible(self) -> str:
        return self.tr("This model has no language-model head: it gives every token a vector, but predicts no token.")

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        if trace.task == "masked" and not places.blanks(trace) and selection.position < 0:
            return ""
        return self.tr("position {position}").format(position=places.place(trace, selection.position))

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        names = ("position", "sampling")
        return any(getattr(selection, name) != getattr(previous, name) for name in names)

    # --- drawing ---------------------------------------------------------------------------------

    def _position(self, trace: Trace, selection: Selection) -> int | None:
        """The position that is asked; None for a masked model's text that has no blank yet."""
        if trace.task == "masked" and not places.blanks(trace) and selection.position < 0:
            return None
        return places.place(trace, selection.position)

    def question(self, trace: Trace, selection: Selection) -> Asked | Compared | None:
        position, pair = self._position(trace, selection), self.pair
        if position is None:
            return None
        if pair is not None:
            self._ordinary.cancel()
            return change.question(pair, position, selection.position, selection.sampling, self.session.link)
        return position, self._ordinary.of(trace)

    def is_quick(self, trace: Trace, question: Asked | Compared | None) -> bool:
        if isinstance(question, Compared):
            return change.is_quick(question, _HEAVY)
        return question is None or trace.card.vocabulary * trace.card.width <= _HEAVY

    def answer(
        self, trace: Trace, question: Asked | Compared | None, should_stop: ShouldStop, progress: Progress
    ) -> Predicted | ChangedPrediction | None:
        if question is None:
            return None
        if isinstance(question, Compared):
            return change.measure(question)
        position, before = question
        found = None if before is None else ordinary.compare(before, trace, position)
        return Predicted(position, trace.logits(position), found)

    def is_complete(self) -> bool:
        return super().is_complete() and not self._ordinary.is_waiting()

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self._sampling.set_values(
            selection.sampling.temperature, selection.sampling.top_k, selection.sampling.top_p, trace.card.vocabulary
        )
        self._draw_pair(trace)
        is_masked = trace.task == "masked"
        found, position, is_change = places.blanks(trace), self._position(trace, selection), self.pair is not None
        self._bars.setVisible(position is not None and not is_change)
        self.changes.setVisible(position is not None and is_change)
        for widget in (self._summary, self._sampling):
            widget.setVisible(position is not None)
        self.laboratory.show_state(trace, selection.sampling, position is not None)
        self._draw_blanks(trace, found, position)
        self._strip.setVisible(not is_masked)
        self._blank_out.setVisible(is_masked and position is not None and position not in found)
        self._bars.set_can_choose(True)
        if position is None:
            self._draw_invitation(trace)
            return
        self._draw_context(trace, position)
        if not is_masked:
            self._strip.set_positions(trace.n_positions, position, self._position_hint)

    def clear(self) -> None:
        self._forecast = None
        self._bars.set_bars((), 0)
        self.changes.set_changes(())
        self._summary.clear()

    def show_answer(self, predicted: Predicted | ChangedPrediction | None, selection: Selection) -> None:
        trace = self.trace
        assert trace is not None
        if predicted is None:
            self._forecast = None
            return
        if isinstance(predicted, ChangedPrediction):
            self._forecast = None
            self.changes.set_changes(change.rows(predicted))
            self._summary.setText(change.summary(predicted))
        else:
            self._show(trace, selection, predicted)
        if trace.task != "masked":
            self._draw_bits(trace)

    def _show(self, trace: Trace, selection: Selection, predicted: Predicted) -> None:
        logits = predicted.logits
        actual = places.actual_token(trace, predicted.position)
        settings, penalty = selection.sampling.filters, selection.sampling.repetition_penalty
        seen = places.seen(trace, predicted.position)
        forecast = prediction.forecast(logits, *settings, _LIMIT, actual, penalty, seen)
        self._forecast = forecast
        self.laboratory.show_forecast(forecast)
        model = self.showing.own_model
        names = next_token_context.labels(trace, model.tokenizer if model is not None else None, forecast.ids.tolist())
        before = predicted.before
        if before is not None:
            before = replace(before, logits=prediction.penalised(before.logits, seen, penalty))
        bars = bars_of(trace, forecast, names, before, settings)
        self._bars.set_bars(bars, forecast.vocabulary)
        lines = [summary_of(trace, forecast, logits, actual)]
        if predicted.before is not None:
            lines.insert(0, ordinary.summary(predicted.before, logits, trace))
        self._summary.setText("\n".join(lines))

    def _position_hint(self, position: int) -> str:
        trace = self.showing.trace
        if trace is None or not 0 <= position < trace.n_positions:
            return ""
        token = places.predicting_tokens(trace)[position]
        return self.tr("Position {position}: after “{token}”").format(position=position, token=token.text)

    def _draw_pair(self, trace: Trace) -> None:
        scores = trace.pair_logits
        self._pair.setVisible(scores is not None)
        if scores is None:
            return
        together, apart = prediction.distribution(scores)
        lines = (
            self.tr("The two sentences belong together: {share}").format(share=format_probability(float(together))),
            self.tr("They do not: {share}").format(share=format_probability(float(apart))),
        )
        self._pair.setText("\n".join(lines).replace(" %", "\u00a0%"))

    def _draw_context(self, trace: Trace, position: int) -> None:
        before, chosen, after = next_token_context.surroundings(trace, position)
        quiet, accent = self.theme.text_quiet, self.theme.accent
        gap = f'<span style="color:{accent}"><b>{html.escape(chosen) if chosen else "▁"}</b></span>'
        self._context.setText(
            f'<span style="color:{quiet}">{html.escape(before)}</span>{gap}'
            f'<span style="color:{quiet}">{html.escape(after)}</span>'
        )

    def _draw_blanks(self, trace: Trace, found: tuple[int, ...], position: int | None) -> None:
        self._blanks.setVisible(len(found) > 1)
        self._blanks.clear()
        for number, blank in enumerate(found, 1):  # as in the view of several blanks
            self._blanks.addItem(self.tr("Blank {number} (position {position})").format(number=number, position=blank))
        self._blanks.setCurrentIndex(found.index(position) if position in found else -1)

    def _draw_invitation(self, trace: Trace) -> None:
        """No blank yet: every token of the text is a link that makes it one."""
        mask = trace.label(trace.mask_id) if trace.mask_id is not None else "[MASK]"
        sentence = self.tr(
            "This model fills blanks. Type {mask} where a word is missing, or click a token to blank it out:"
        )
        accent = self.theme.accent
        lines = [
            "&nbsp; ".join(
                f'<a href="{i}" style="color:{accent}">{html.escape(token.text)}</a>'
                for i, token in enumerate(trace.tokens)
                if token.sequence == sequence and not token.special and token.span[0] < token.span[1]
            )
            for sequence in (0, 1)
        ]
        self._context.setText("<br><br>".join([html.escape(sentence.format(mask=mask)), *filter(None, lines)]))

    # --- how surprising each token was -----------------------------------------------------------

    def _draw_bits(self, trace: Trace) -> None:
        """They come position by position, after the bars, and once for each text."""
        from visualizer.core.analyses import next_token

        known = next_token.known_surprisals(trace)
        if known is not None:
            self._bits_of = trace
            self.cancel_job("bits")
            self._strip.set_bits(known)
            return
        if self._bits_of is trace and self.is_running("bits"):
            return
        self._bits_of = trace
        self._strip.set_bits(np.full(trace.n_positions, np.nan))
        self.start_job(
            "bits",
            lambda should_stop, progress: next_token.surprisals(trace, should_stop, progress),
            self._strip.set_bits,
            lambda _share, bits: self._strip.set_bits(bits),
        )

    # --- reactions -------------------------------------------------------------------------------

    def _choose_position(self, position: int) -> None:
        trace = self.showing.trace
        if trace is not None:
            # At the end it stays at the end while the text grows.
            self.showing.select(position=-1 if position == trace.n_positions - 1 else position)

    def _on_strip_position_hovered(self, position: int) -> None:
        if self.selection.kind != "encoder":
            self.showing.set_hover(Hover(query=position) if position >= 0 else None)

    def _on_blanks_activated(self, index: int) -> None:
        trace = self.showing.trace
        if trace is not None:
            self.showing.select(position=places.blanks(trace)[index])

    def _on_sampling_changed(self, temperature: float, top_k: int | None, top_p: float | None) -> None:
        self.showing.select(temperature=temperature, top_k=top_k, top_p=top_p)

    def _on_bars_chosen(self, index: int) -> None:
        predicted: Predicted | ChangedPrediction | None = self.current
        if self._forecast is not None and predicted is not None:
            next_token_context.take(self.showing, predicted.position, int(self._forecast.ids[index]))

    def _on_context_link_activated(self, link: str) -> None:
        next_token_context.blank_out(self.showing, int(link))

    def _on_blank_out_clicked(self) -> None:
        if self.current is not None:
            next_token_context.blank_out(self.showing, self.current.position)

    # --- appearance ------------------------------------------------------------------------------

    def retranslate(self) -> None:
        self._sampling.retranslate()
        self.laboratory.retranslate()
        self._strip.setAccessibleName(self.tr("Position in the text"))
        self._strip.set_title(self.tr("Surprisal of what came next (bits)"))
        self._bars.setAccessibleName(self.tr("Candidates"))
        self.changes.setAccessibleName(self.tr("Candidates by change of probability"))
        self._blanks.setAccessibleName(self.tr("Blank"))
        self._blank_out.setText(self.tr("Blank this token out"))
        self._bars.set_texts(self.tr("{count} others"), self.tr("All other tokens of the vocabulary together"))

    def apply_theme(self, theme: Theme) -> None:
        space = theme.px(8)
        # The margins lie inside, so that an exported picture has them too.
        self._picture_rows.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), space)
        self._side_rows.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(16))
        self._columns.setSpacing(space)
        self._picture_rows.setSpacing(space)
        self._side_rows.setSpacing(space)
        self._bars.apply_theme(theme)
        self.changes.apply_theme(theme)
        self._strip.apply_theme(theme)
        self._sampling.apply_theme(theme)
        self.laboratory.apply_theme(theme)
        self._arrange(self.width(), self.height())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._ordinary.is_waiting():
            self._ordinary.cancel()
            self._stale = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(event.size().width(), event.size().height())

    def _arrange(self, width: int, height: int) -> None:
        is_wide = width >= self.theme.px(_WIDE)
        # A low window (lecture mode on a small projector) keeps the temperature and gives the rest to the bars.
        self._sampling.set_compact(not is_wide and height < self.theme.px(_LOW))
        self.laboratory.set_narrow(not is_wide or height < self.theme.px(_LOW))
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        self._columns.setDirection(direction)
        self._columns.setAlignment(self._side, Qt.AlignmentFlag.AlignTop)
        self._side.setMaximumWidth(self.theme.px(332) if is_wide else 16_777_215)
        self._side.setMinimumWidth(self.theme.px(312) if is_wide else 0)

    # --- export ----------------------------------------------------------------------------------

    def export_widget(self) -> QWidget:
        return self._picture

    def caption(self) -> str:
        trace, selection, predicted = self.trace, self.selection, self.current
        if trace is None:
            return ""
        filters = [self.tr("temperature {value}").format(value=f"{selection.sampling.temperature:g}")]
        if selection.sampling.top_k is not None:
            filters.append(f"top-k {selection.sampling.top_k}")
        if selection.sampling.top_p is not None:
            filters.append(f"top-p {selection.sampling.top_p:g}")
        if selection.sampling.min_p is not None:
            filters.append(f"min-p {selection.sampling.min_p:g}")
        if selection.sampling.repetition_penalty != 1:
            filters.append(self.tr("penalty {value}").format(value=f"{selection.sampling.repetition_penalty:g}"))
        if isinstance(predicted, ChangedPrediction):
            return difference.caption(predicted.asked.pair, " · ".join((self.title(), *filters)))
        where = [] if predicted is None else [self.tr("position {position}").format(position=predicted.position)]
        return " · ".join([trace.card.name, *where, *filters, trace.text])

    def data(self) -> dict[str, Any]:
        trace, forecast, predicted = self.trace, self._forecast, self.current
        if isinstance(predicted, ChangedPrediction):
            return change.data(predicted)
        if trace is None or forecast is None or predicted is None:
            return {}
        return exported(trace, predicted, forecast, self.selection.sampling)
