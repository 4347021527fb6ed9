"""Classes: what a checkpoint's own head says of the text, or of each of its tokens."""

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
from visualizer.ui.numbers import fixed, format_probability
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.plain_text import keep_plain
from visualizer.ui.running_text import RunningText
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.text_pieces import pieces_of

if TYPE_CHECKING:
    from visualizer.core.analyses.classification import Classified
    from visualizer.core.models import ModelCard
    from visualizer.core.trace import Trace


@guard.overrides
class ClassificationView(View):
    """Bars of the classes; of a head that judges tokens those of the pointed or locked one, below the text."""

    id: ClassVar[str] = "classification"

    def how_to_read(self) -> str:
        return self.tr(
            "Each bar is the probability of one class, by the checkpoint's own head and with its own names. Where"
            " tokens are judged, the text is coloured by how sure the head is of each token's best class; click a"
            " token."
        )

    def build(self) -> QWidget:
        self._at = -1
        frame = PictureFrame(self)
        self._frame, self._note = frame, frame.note
        self.text = RunningText(frame.picture)
        self._colors = ColorBar(frame.picture)
        self._title = QLabel(frame.picture)
        self._title.setProperty("role", "readout")
        self._title.setWordWrap(True)
        keep_plain(self._title)
        self.bars = CandidateBars(frame.picture)
        self.bars.set_can_choose(False)
        frame.fill(QWidget(frame), self.text, self._colors, self._title, self.bars, frame.note, growing=self.bars)
        frame.inner.setStretchFactor(self.text, 1)
        self.text.hovered.connect(self._on_text_hovered)
        self.text.chosen.connect(lambda piece: self.showing.select(query=piece))
        return frame

    @classmethod
    def is_compatible(cls, subject: Trace | ModelCard) -> bool:
        card: Any = getattr(subject, "card", subject)
        return bool(card.head in ("classification", "token_classification"))

    def why_incompatible(self) -> str:
        return self.tr("This model has no head that tells classes. Checkpoints for classification do.")

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        return selection.query != previous.query

    def answer(self, trace: Trace, question: None, should_stop: ShouldStop, progress: Progress) -> Classified:
        from visualizer.core.analyses import classification

        return classification.measure(trace, should_stop)

    def clear(self) -> None:
        self.text.set_pieces(())
        self.bars.set_bars((), 0)
        self._title.setText("")

    def show_answer(self, found: Classified, selection: Selection) -> None:
        from visualizer.core.analyses import surprisal

        trace = self.trace
        if trace is None:
            return
        for part in (self.text, self._colors):
            part.setVisible(found.by_token)
        if found.by_token:
            self.text.set_pieces(pieces_of(trace, surprisal.units_of(trace, "token")))
            scale = ColorScale(1.0)
            self.text.set_values(found.probabilities.max(axis=1), scale)
            self._colors.set_scale(scale, self.tr("Probability of the best class"))
        self._show(found, selection)
        notes = {
            "several": self.tr("Each class is judged by itself: the probabilities do not add up to 100 %."),
            "value": self.tr("This head gives a number and no classes."),
        }
        self._note.setText(notes.get(found.how, ""))

    def _row_shown(self, trace: Trace, found: Classified, selection: Selection) -> int:
        if not found.by_token:
            return 0
        words = [n for n, token in enumerate(trace.tokens) if not token.special]
        wanted = self._at if self._at >= 0 else selection.query
        return wanted if wanted is not None and wanted < len(found.logits) else (words or [0])[0]

    def _show(self, found: Classified, selection: Selection) -> None:
        trace = self.trace
        if trace is None:
            return
        row = self._row_shown(trace, found, selection)
        self.text.set_selected(row if found.by_token else -1)
        shares, logits = found.probabilities[row], found.logits[row]
        self.bars.setVisible(found.how != "value")
        if found.how == "value":
            values = (f"{name}: {fixed(float(value), 3)}" for name, value in zip(found.labels, logits, strict=True))
            self._title.setText(" · ".join(values))
            return
        order = np.argsort(-logits, kind="stable").tolist()
        bars = tuple(
            Bar(found.labels[n], float(shares[n]), float(shares[n]), rank) for rank, n in enumerate(order, 1)
        )
        self.bars.set_bars(bars, len(bars))
        best = found.labels[order[0]], format_probability(float(shares[order[0]]))
        text = self.tr("{label}, {share}").format(label=best[0], share=best[1])
        if found.by_token:
            text = self.tr("“{token}”: {best}").format(token=trace.tokens[row].name, best=text)
        self._title.setText(text)

    def _on_text_hovered(self, piece: int) -> None:
        self._at = piece
        self.showing.set_hover(Hover(query=piece) if piece >= 0 else None)
        if self.current is not None:
            self._guarded(self._show, self.current, self.selection)

    def apply_theme(self, theme: Theme) -> None:
        margin = theme.px(16)
        for label in (self._title, self._note):
            label.setContentsMargins(margin, theme.px(4), margin, theme.px(4))
        for part in (self.text, self._colors, self.bars):
            part.apply_theme(theme)

    def retranslate(self) -> None:
        self.text.setAccessibleName(self.title())
        self.bars.setAccessibleName(self.tr("Classes"))
        self.bars.set_texts(self.tr("{count} others"), self.tr("All other classes together"))

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
            "probabilities": found.probabilities,
            "rows": [token.text for token in trace.tokens] if found.by_token else [trace.text],
            "columns": list(found.labels),
            "logits": found.logits,
        }
