"""Curves over a number line, in the program's colours."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QResizeEvent

from visualizer.ui import fonts, guard
from visualizer.ui.theme import Theme, current


@dataclass(frozen=True, eq=False)
class Curve:
    """x and y: float [point]. dots: points instead of a line. name: above the picture, "" for none."""

    x: np.ndarray
    y: np.ndarray
    color: str
    name: str = ""
    width: float = 2.0
    dots: bool = False
    dashed: bool = field(default=False)


@guard.overrides
class CurvePlot(pg.PlotWidget):
    """Several curves with titled axes, their names, and a mark on the x axis.

    x_hovered: x under the pointer, NaN when it leaves. x_clicked: x of a click.
    """

    x_hovered = Signal(float)
    x_clicked = Signal(float)

    def __init__(self, parent: pg.QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current()
        self._curves: tuple[Curve, ...] = ()
        self._titles = ("", "")
        self._mark = pg.InfiniteLine(angle=90, movable=False)
        self._mark.hide()
        item = self.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        self.destroyed.connect(item.ctrlMenu.deleteLater)  # a menu that pyqtgraph makes without a parent
        item.addItem(self._mark, ignoreBounds=True)
        self.setMouseEnabled(x=True, y=False)
        self.setFrameShape(self.Shape.NoFrame)
        self.setMinimumSize(120, 130)  # titles, and two numbers of the upright axis that do not touch
        self._y_range: tuple[float, float] | None = None

    def set_titles(self, x: str, y: str) -> None:
        """Titles of the axes."""
        self._titles = (x, y)
        self._style_axes()

    def set_range(self, low: float | None, high: float | None = None) -> None:
        """Fix the y axis; None lets it follow the curves."""
        self._y_range = None if low is None or high is None else (low, high)

    def set_curves(self, curves: Sequence[Curve]) -> None:
        """Show these and no others; the axes fit them."""
        item = self.getPlotItem()
        for old in list(item.listDataItems()):
            item.removeItem(old)
        self._curves = tuple(curves)
        for curve in self._curves:
            color = QColor(curve.color)
            style = Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine
            pen = None if curve.dots else pg.mkPen(color, width=self._theme.scale * curve.width, style=style)
            data = pg.PlotDataItem(
                np.asarray(curve.x, dtype=float),
                np.asarray(curve.y, dtype=float),
                pen=pen,
                symbol="o" if curve.dots else None,
                symbolSize=self._theme.px(5),
                symbolBrush=color,
                symbolPen=None,
                antialias=True,
            )
            item.addItem(data)
        self._write_title()
        self._fit()

    def set_mark(self, x: float | None) -> None:
        """A vertical line at x; None for none."""
        self._mark.setVisible(x is not None)
        if x is not None:
            self._mark.setValue(x)

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.setBackground(theme.surface)
        self._mark.setPen(pg.mkPen(theme.text_quiet, width=1, style=Qt.PenStyle.DashLine))
        self._style_axes()
        self.set_curves(self._curves)

    def _fit(self) -> None:
        xs = [curve.x for curve in self._curves if len(curve.x)]
        if not xs:
            return
        view = self.getPlotItem().getViewBox()
        low, high = min(float(np.min(x)) for x in xs), max(float(np.max(x)) for x in xs)
        view.setLimits(xMin=low - 1, xMax=max(high, low + 1) + 1)
        self.setXRange(low, max(high, low + 1), padding=0.02)
        if self._y_range is not None:
            self.setYRange(*self._y_range, padding=0.04)
            return
        values = np.concatenate([np.asarray(curve.y, dtype=float) for curve in self._curves])
        values = values[np.isfinite(values)]
        if values.size:
            bottom, top = float(values.min()), float(values.max())
            margin = max(top - bottom, abs(top) * 1e-6, 1e-9)
            self.setYRange(bottom, bottom + margin, padding=0.06)

    def _style_axes(self) -> None:
        theme = self._theme
        font = fonts.base_font(theme.scale, 12)
        for name, title in zip(("bottom", "left"), self._titles, strict=True):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(pg.mkPen(theme.border))
            axis.setTextPen(pg.mkPen(theme.text_quiet))
            axis.setStyle(tickFont=font, tickLength=-theme.px(4))
            axis.enableAutoSIPrefix(False)
            if name == "bottom":
                axis.setLabel(title, color=theme.text_quiet, **{"font-size": f"{theme.px(12)}px"})
        self._write_title()

    def _write_title(self) -> None:
        """The y axis and the names of the curves above the picture: nothing turned sideways, nothing over a curve."""
        theme = self._theme
        metrics = QFontMetricsF(fonts.base_font(theme.scale, 12))
        room = self.width() - theme.px(72) - metrics.horizontalAdvance(self._titles[1])
        parts = [f'<span style="color:{theme.text_quiet}">{html.escape(self._titles[1])}</span>']
        for curve in self._curves:
            if not curve.name:
                continue
            room -= metrics.horizontalAdvance(f"   ━ {curve.name}")
            if room < 0:
                parts.append(f'<span style="color:{theme.text_quiet}">…</span>')
                break
            sign = "●" if curve.dots else "━"
            name = html.escape(curve.name)
            parts.append(
                f'<span style="color:{curve.color}">{sign}</span> <span style="color:{theme.text}">{name}</span>'
            )
        label = self.getPlotItem().titleLabel
        self.getPlotItem().setTitle(" &nbsp; ".join(parts), size=f"{theme.px(12)}px", justify="left")
        label.setMaximumHeight(theme.px(22))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_titles"):  # Qt lays a plot out while it is still being made
            self._write_title()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(320), self._theme.px(200))

    # --- pointer ---------------------------------------------------------------------------------

    def _x_at(self, point: QPointF) -> float:
        return float(self.getPlotItem().getViewBox().mapSceneToView(self.mapToScene(point.toPoint())).x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if not event.buttons():
            self.x_hovered.emit(self._x_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.x_hovered.emit(float("nan"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self.x_clicked.emit(self._x_at(event.position()))
