from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication

from visualizer.ui import fonts, heatmap_layout
from visualizer.ui import theme as themes
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.heatmap_labels import LabelPainter

WORDS = ["私", "は", "図書館", "で", "コンピューター", "the", "Transformer", "##izer"]


def labels(count: int) -> list[str]:
    return [WORDS[i % len(WORDS)] for i in range(count)]


@pytest.fixture
def widget(qtbot) -> HeatmapWidget:
    widget = HeatmapWidget()
    qtbot.addWidget(widget)
    widget.apply_theme(themes.named("light"))
    widget.resize(900, 700)
    widget.set_titles("Query (looks)", "Key (is looked at)", "Weight")
    return widget


def paint(widget: HeatmapWidget, ratio: float = 1.0) -> QImage:
    image = QImage(widget.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    widget.render(image)
    return image


def show(widget: HeatmapWidget, values: np.ndarray, **more: object) -> None:
    widget.set_data(values, row_labels=labels(values.shape[0]), column_labels=labels(values.shape[1]), **more)


def test_every_cell_has_the_colour_of_its_value(widget: HeatmapWidget) -> None:
    values = np.linspace(0, 1, 30 * 30, dtype=np.float32).reshape(30, 30)
    show(widget, values)
    image, layout, lut = paint(widget), widget.arrangement(), themes.named("light").attention_lut
    for row, column in ((0, 0), (3, 17), (29, 29), (12, 5)):
        middle = layout.cell_rect(row, column).center().toPoint()
        expected = lut[ColorScale(1.0).indices(values[row, column : column + 1])[0]]
        assert image.pixelColor(middle) == QColor(*expected.tolist()), f"cell {row}, {column}"


def test_a_single_strong_weight_among_thousands_of_tokens_is_seen(widget: HeatmapWidget) -> None:
    values = np.zeros((3000, 3000), dtype=np.float32)
    values[1234, 777] = 1.0
    show(widget, values)
    image, layout = paint(widget), widget.arrangement()
    assert layout.cell[0] < 1, "cells are smaller than pixels here"
    at = layout.cell_rect(1234, 777).center().toPoint()
    near = [image.pixelColor(at + QPoint(x, y)).lightness() for x in (-1, 0, 1) for y in (-1, 0, 1)]
    assert min(near) < 80, "the strong weight keeps its full colour"


@pytest.mark.parametrize("count", [1, 2, 3, 30, 300, 3000])
def test_labels_stay_inside_and_do_not_touch(widget: HeatmapWidget, count: int) -> None:
    show(widget, np.eye(count, dtype=np.float32))
    paint(widget)
    layout = widget.arrangement()
    assert widget.rect().contains(layout.picture.toAlignedRect())
    assert layout.row_labels.left() >= 0
    assert layout.column_labels.top() >= 0
    assert layout.readout.bottom() <= widget.height() + 1
    width, height = layout.picture.width(), layout.picture.height()
    assert height - 1 <= width <= 1.5 * height + 1, "a short text takes the width that it has, but is no ribbon"
    if count > 20:
        assert width == pytest.approx(height, abs=1), "the shapes of a long text are shown as they are"
    metrics = QFontMetricsF(fonts.base_font(1.0, 12))
    if count <= 30:
        longest = max(metrics.horizontalAdvance(text) for text in labels(count))
        assert layout.row_labels.width() >= longest, "short texts have room for their longest token"


def test_masked_cells_are_hatched_and_others_are_not(widget: HeatmapWidget) -> None:
    mask = ~np.tri(20, dtype=bool)
    show(widget, np.zeros((20, 20), dtype=np.float32), scale=ColorScale(1.0), mask=mask)
    image, layout = paint(widget), widget.arrangement()

    def colours(row: int, column: int) -> set[str]:
        area = layout.cell_rect(row, column).toAlignedRect().adjusted(1, 1, -1, -1)
        xs, ys = range(area.left(), area.right()), range(area.top(), area.bottom())
        return {image.pixelColor(x, y).name() for x in xs for y in ys}

    theme = themes.named("light")
    assert colours(3, 10) == {theme.surface, theme.masked}
    assert colours(10, 3) == {theme.surface}


def test_dimmed_cells_are_paler(widget: HeatmapWidget) -> None:
    quiet = np.zeros(10, dtype=bool)
    quiet[4] = True
    show(widget, np.ones((10, 10), dtype=np.float32), quiet_rows=quiet, quiet_columns=np.zeros(10, dtype=bool))
    image, layout = paint(widget), widget.arrangement()
    dim, bright = (image.pixelColor(layout.cell_rect(row, 2).topLeft().toPoint() + QPoint(4, 4)) for row in (4, 5))
    assert dim.lightness() > bright.lightness() + 60


def test_pointing_and_clicking_name_the_cell(widget: HeatmapWidget, qtbot) -> None:
    show(widget, np.eye(12, dtype=np.float32))
    widget.show()
    hovered: list[tuple[int, int]] = []
    clicked: list[tuple[int, int]] = []
    widget.cell_hovered.connect(lambda *cell: hovered.append(cell))
    widget.cell_clicked.connect(lambda *cell: clicked.append(cell))
    at = widget.arrangement().cell_rect(7, 2).center().toPoint()
    qtbot.mouseMove(widget, at)
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(widget, QPoint(2, 2))
    assert (7, 2) in hovered
    assert hovered[-1] == (-1, -1)
    assert clicked == [(7, 2)]


def test_escape_is_announced(widget: HeatmapWidget, qtbot) -> None:
    with qtbot.waitSignal(widget.escaped):
        qtbot.keyClick(widget, Qt.Key.Key_Escape)


def wheel(widget: HeatmapWidget, at: QPointF, notches: int) -> None:
    event = QWheelEvent(
        at,
        widget.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_the_wheel_zooms_around_the_pointer_and_a_double_click_goes_back(widget: HeatmapWidget, qtbot) -> None:
    show(widget, np.eye(200, dtype=np.float32))
    widget.show()
    at = QPointF(widget.arrangement().cell_rect(50, 120).center())
    cell = widget.cell_at(at)
    wheel(widget, at, 6)
    assert widget.is_zoomed()
    assert widget.cell_at(at) == cell, "what is under the pointer stays there"
    assert widget.arrangement().cell[0] > 5
    qtbot.mouseDClick(widget, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert not widget.is_zoomed()
    wheel(widget, at, 3)
    wheel(widget, at, -9)
    assert not widget.is_zoomed(), "zooming out ends at the whole"


def test_dragging_pans_and_is_no_click(widget: HeatmapWidget, qtbot) -> None:
    show(widget, np.eye(200, dtype=np.float32))
    widget.show()
    widget.zoom(8)
    before = widget.arrangement().window
    clicked: list[tuple[int, int]] = []
    widget.cell_clicked.connect(lambda *cell: clicked.append(cell))
    start = widget.arrangement().picture.center().toPoint()
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(widget, start + QPoint(30, 20))
    qtbot.mouseMove(widget, start + QPoint(90, 50))
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=start + QPoint(90, 50))
    after = widget.arrangement().window
    assert after.x() < before.x()
    assert after.y() < before.y()
    assert not clicked


def test_another_shape_forgets_the_zoom_and_another_head_keeps_it(widget: HeatmapWidget) -> None:
    show(widget, np.eye(100, dtype=np.float32))
    widget.zoom(4)
    show(widget, np.ones((100, 100), dtype=np.float32))
    assert widget.is_zoomed()
    show(widget, np.eye(101, dtype=np.float32))
    assert not widget.is_zoomed()


def test_a_picture_that_need_not_be_square_uses_the_width(qtbot) -> None:
    widget = HeatmapWidget(square=False)
    qtbot.addWidget(widget)
    widget.resize(900, 500)
    widget.set_data(np.zeros((8, 300), dtype=np.float32))
    picture = widget.arrangement().picture
    assert picture.width() > 700
    assert picture.width() > picture.height()


def test_zooming_never_leaves_the_matrix() -> None:
    window = heatmap_layout.zoomed(heatmap_layout.QRectF(0, 0, 50, 20), (20, 50), 3.0, (19.9, 49.9))
    assert window is not None
    assert window.right() <= 50 + 1e-9
    assert window.bottom() <= 20 + 1e-9


def test_an_empty_matrix_paints_nothing_but_the_ground(widget: HeatmapWidget) -> None:
    widget.set_data(np.zeros((0, 0), dtype=np.float32))
    assert paint(widget).pixelColor(450, 350).name() == themes.named("light").surface
    assert widget.cell_at(QPointF(450, 350)) == (-1, -1)


def test_a_screen_of_double_density_gets_double_detail(widget: HeatmapWidget) -> None:
    values = np.zeros((1400, 1400), dtype=np.float32)
    values[::2] = 1.0
    show(widget, values)
    widget.resize(1000, 900)
    fine = paint(widget, 2.0)
    layout = widget.arrangement()
    x = int(layout.picture.center().x() * 2)
    column = [fine.pixelColor(x, y).lightness() for y in range(int(layout.picture.top() * 2) + 20, 900)]
    assert max(column) - min(column) > 100, "single rows can be told apart at this density"


def test_a_long_readout_takes_the_whole_width(widget: HeatmapWidget) -> None:
    widget.resize(360, 260)
    show(widget, np.eye(4, dtype=np.float32))
    layout = widget.arrangement()
    assert layout.below.width() > layout.readout.width()
    assert layout.below.left() >= 0 and layout.below.right() <= widget.width()
    text = "m" * 400
    while QFontMetricsF(fonts.base_font(1.0)).horizontalAdvance(text) > layout.below.width():
        text = text[:-1]
    widget.set_readout(text)
    with_text = paint(widget)
    row = range(round(layout.below.top()), round(layout.below.bottom()))
    outside = [x for x in range(widget.width()) if not layout.readout.left() - 2 <= x <= layout.readout.right() + 2]
    assert any(with_text.pixelColor(x, y).lightness() < 128 for x in outside for y in row)


def test_no_label_is_half_covered_by_the_mark_of_another_row(widget: HeatmapWidget) -> None:
    show(widget, np.eye(64, dtype=np.float32))
    axes = LabelPainter(QPainter(), widget._contents, widget.arrangement(), widget._theme)
    assert axes._row_step > 1
    marked = axes._row_step + 1
    widget.set_locked(marked, -1)
    axes = LabelPainter(QPainter(), widget._contents, widget.arrangement(), widget._theme)
    middles = {row: axes._row_area(row).center().y() for row in (axes._row_step, marked, 5 * axes._row_step)}
    covered = {row: axes._is_covered(middle, 0, axes._line) for row, middle in middles.items()}
    assert covered == {axes._row_step: True, marked: False, 5 * axes._row_step: False}
