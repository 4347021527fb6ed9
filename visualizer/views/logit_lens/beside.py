"""One position closely: some tokens through the layers, or the scripts of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget

from visualizer.core.writing import places
from visualizer.ui.curve_plot import Curve, CurvePlot
from visualizer.ui.picture_frame import small_text
from visualizer.ui.stacked_bars import StackedBars
from visualizer.ui.theme import Theme
from visualizer.views.logit_lens import words

if TYPE_CHECKING:
    from visualizer.core.trace import Trace
    from visualizer.views.logit_lens.work import Column

translate = QCoreApplication.translate
_KINDS = ("tokens", "scripts")


class Beside(QWidget):
    """Curves of tokens, or stacked bars of scripts. layer_chosen: a row of the lens."""

    layer_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme | None = None
        self.curves = CurvePlot(self)
        self.bars = StackedBars(self)
        self.title: QLabel = small_text(self)
        pages = QWidget(self)
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self.curves)
        self._pages.addWidget(self.bars)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        layout.addWidget(pages, 1)
        self.curves.set_range(0.0, 1.0)
        self.curves.x_clicked.connect(self._on_x_clicked)
        self.bars.row_clicked.connect(self.layer_chosen)

    def set_kind(self, kind: str) -> None:
        """ "tokens" or "scripts"."""
        self._pages.setCurrentIndex(_KINDS.index(kind))

    def clear(self) -> None:
        """Nothing is known."""
        self.title.setText("")
        self.curves.set_curves(())
        self.curves.set_mark(None)
        self.bars.set_shares(np.zeros((0, 0)), (), ())

    def show_column(self, trace: Trace, column: Column, followed: tuple[int, ...], row: int) -> None:
        """Show a position: the probabilities of some tokens, and all by script; `row` of the lens is marked."""
        token = places.predicting_tokens(trace)[column.position].text
        text = translate("LogitLensView", "At position {position}, “{token}”")
        self.title.setText(text.format(position=column.position, token=token))
        x = np.arange(len(column.shares))
        names = [trace.label(one).strip() or trace.label(one) for one in followed]
        self.curves.set_curves(
            [
                Curve(x, column.shares[:, one], self._color(n), name, dashed=n > 4)
                for n, (one, name) in enumerate(zip(followed, names, strict=True))
            ]
        )
        self.curves.set_mark(float(row))
        labels = [words.layer_name(n) for n in range(len(column.scripts))]
        self.bars.set_shares(column.scripts, labels, words.scripts())
        self.bars.set_marked(row)

    def _color(self, number: int) -> str:
        """No hue of a head: those mean heads everywhere."""
        assert self.theme is not None
        theme = self.theme
        colors = (theme.accent, theme.warning, theme.success, theme.error, theme.text)
        return colors[number % len(colors)]

    def _on_x_clicked(self, x: float) -> None:
        self.layer_chosen.emit(round(x))

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self.theme = theme
        self.curves.apply_theme(theme)
        self.bars.apply_theme(theme)
        self.title.setContentsMargins(theme.px(8), theme.px(8), theme.px(8), 0)

    def retranslate(self) -> None:
        """Titles in the interface's language."""
        self.curves.set_titles(
            translate("LogitLensView", "Blocks passed (0: embeddings)"), translate("LogitLensView", "Probability")
        )
        self.curves.setAccessibleName(translate("LogitLensView", "Tokens through the layers"))
        self.bars.setAccessibleName(translate("LogitLensView", "Scripts through the layers"))
