"""The dock of a lecture: one line with the most probable next tokens, so that the figure keeps the rest."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.core.writing import places
from visualizer.session.selection import Selection
from visualizer.session.session import Session
from visualizer.ui import fonts, guard
from visualizer.ui.numbers import short_probability
from visualizer.ui.theme import Theme
from visualizer.views.next_token import context
from visualizer.views.own_jobs import OwnJobs
from visualizer.widgets.part import Part

if TYPE_CHECKING:
    from visualizer.core.prediction import Candidate
    from visualizer.core.trace import Trace

log = logging.getLogger(__name__)

_MOST = 10  # tokens; as many are shown as there is room for
_LEAST = 0.001  # share from which a token is worth a place
_HEIGHT = 26  # pixels of the design
# Multiplications in an output layer (vocabulary x width) above which it is not computed between two frames.
_HEAVY = 150_000_000


@guard.overrides
class NextTokensLine(Part):
    """Follows the first pane while it is on. clicked: somebody wants to see more."""

    clicked = Signal()

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, parent)
        self._jobs = OwnJobs(session.jobs, "next_tokens_line")
        self._is_on = False
        self._title = ""
        self._tokens: tuple[tuple[str, str], ...] = ()  # label and share
        self._asked: tuple[object, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()
        session.trace_changed.connect(lambda *_: self._follow())
        session.selection_changed.connect(lambda *_: self._follow())
        self.settle()

    def set_on(self, is_on: bool) -> None:
        """Whether there shall be such a line; it shows when there is something to say."""
        if is_on != self._is_on:
            self._is_on = is_on
            self._asked = ()
            self._follow()

    def text(self) -> str:
        """What can be read."""
        return "  ".join((self._title, *(f"{label} {share}" for label, share in self._shown())))

    def retranslate(self) -> None:
        trace = self.session.trace
        is_masked = trace is not None and trace.task == "masked"
        self._title = self.tr("Blank:") if is_masked else self.tr("Next:")
        self.setAccessibleName(self.tr("The most probable next tokens"))
        self._tell()

    def apply_theme(self, theme: Theme) -> None:
        self.setFixedHeight(theme.px(_HEIGHT))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(0, self.theme.px(_HEIGHT))

    # --- what is shown ---------------------------------------------------------------------------

    def _follow(self) -> None:
        trace, selection = self.session.trace, self.session.selection
        if not self._is_on or trace is None or not _predicts(trace, selection):
            self._jobs.cancel_all()
            self._asked = ()
            self.hide()
            return
        position, sampling = places.place(trace, selection.position), selection.sampling
        asked = (trace, position, sampling)
        if asked == self._asked:
            return
        self._asked = asked

        def work(*_: object) -> tuple[Candidate, ...]:
            more = (sampling.min_p, sampling.repetition_penalty)
            return trace.next_tokens(position, sampling.temperature, sampling.top_k, sampling.top_p, _MOST, *more)

        if trace.card.vocabulary * trace.card.width > _HEAVY:
            self._jobs.start("answer", work, self._show, self._fail, lambda *_: None)
            return
        try:
            self._show(work())
        except Exception as error:
            self._fail(error)

    def _show(self, found: tuple[Candidate, ...]) -> None:
        trace, model = self.session.trace, self.session.model
        if trace is None:
            return
        likely = [one for n, one in enumerate(found) if n == 0 or one.probability >= _LEAST]
        ids = [one.id for one in likely]
        names = context.labels(trace, model.tokenizer if model is not None else None, ids)  # as the view writes them
        self._tokens = tuple(
            (name.strip() or name, short_probability(one.probability)) for name, one in zip(names, likely, strict=True)
        )
        self.setVisible(self._is_on and bool(self._tokens))
        self.retranslate()

    def _fail(self, error: Exception) -> None:
        log.error("the line of next tokens", exc_info=error)
        self._asked, self._tokens = (), ()
        self.hide()

    def _tell(self) -> None:
        self.setAccessibleDescription(", ".join(f"{label} {share}" for label, share in self._tokens))
        self.update()

    # --- painting --------------------------------------------------------------------------------

    def _shown(self) -> list[tuple[str, str]]:
        """As many as have room, whole."""
        metrics, left = QFontMetricsF(fonts.base_font(self.theme.scale)), float(self.width() - 2 * self.theme.px(16))
        left -= metrics.horizontalAdvance(self._title)
        shown = []
        for label, share in self._tokens:
            left -= metrics.horizontalAdvance(f"{label} {share}") + self.theme.px(18)
            if left < 0:
                break
            shown.append((label, share))
        return shown

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.theme
        painter, font = QPainter(self), fonts.base_font(theme.scale)
        painter.fillRect(self.rect(), QColor(theme.background))
        painter.setPen(QColor(theme.border))
        painter.drawLine(QPoint(0, 0), QPoint(self.width(), 0))
        painter.setFont(font)
        metrics, x = QFontMetricsF(font), float(theme.px(16))
        y = (self.height() + metrics.ascent() - metrics.descent()) / 2
        parts = [(self._title, theme.text_quiet, theme.px(18))]
        for label, share in self._shown():
            parts += [(f"{label} ", theme.text, 0), (share, theme.text_quiet, theme.px(18))]
        for text, color, gap in parts:
            painter.setPen(QColor(color))
            painter.drawText(round(x), round(y), text)
            x += metrics.horizontalAdvance(text) + gap
        painter.end()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()


def _predicts(trace: Trace, selection: Selection) -> bool:
    """Whether something is predicted where one looks: a masked model does so in a blank, or where one asks it to."""
    if trace.task == "none" or not trace.n_positions:
        return False
    return trace.task != "masked" or bool(places.blanks(trace)) or selection.position >= 0
