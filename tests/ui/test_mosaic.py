from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QImage

from visualizer.ui import theme as themes
from visualizer.ui.mosaic import MosaicWidget


@pytest.fixture
def mosaic(qtbot) -> MosaicWidget:
    widget = MosaicWidget()
    qtbot.addWidget(widget)
    widget.apply_theme(themes.named("light"))
    widget.set_room(QSize(800, 600))
    widget.set_titles("Layer", "Head", "Weight")
    widget.clear(6, 8)
    return widget


def paint(widget: MosaicWidget) -> QImage:
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    widget.render(image)
    return image


def test_rows_fill_in_one_after_the_other(mosaic: MosaicWidget) -> None:
    dark = themes.named("light").attention_lut[-1]
    for layer in range(6):
        assert not mosaic.is_complete()
        mosaic.set_layer(layer, np.ones((8, 5, 5), dtype=np.float32))
        image = paint(mosaic)
        for other in range(6):
            color = image.pixelColor(mosaic.thumbnail_rect(other, 3).center())
            is_filled = (color.red(), color.green(), color.blue()) == tuple(int(v) for v in dark[:3])
            assert is_filled == (other <= layer), f"row {other} after {layer + 1} rows"
    assert mosaic.is_complete()


def test_layers_rise_from_the_bottom_as_the_arrow_keys_do(mosaic: MosaicWidget) -> None:
    tops = [mosaic.thumbnail_rect(layer, 0).top() for layer in range(6)]
    assert tops == sorted(tops, reverse=True)
    for layer in range(6):
        assert mosaic.head_at(QPointF(mosaic.thumbnail_rect(layer, 2).center())) == (layer, 2)


def test_on_its_own_scale_a_faint_head_reaches_the_darkest_colour(mosaic: MosaicWidget) -> None:
    values = np.full((8, 5, 5), 0.01, dtype=np.float32)
    values[1] = 0.9
    mosaic.set_layer(2, values)

    def middle(head: int) -> tuple[int, int, int, int]:
        return paint(mosaic).pixelColor(mosaic.thumbnail_rect(2, head).center()).getRgb()

    assert middle(0) != middle(1)
    mosaic.set_own_scales("its largest")
    assert middle(0) == middle(1)
    mosaic.set_own_scales("")
    assert middle(0) != middle(1)


def test_a_frame_closes_its_thumbnail_in_a_picture_of_two_pixels_for_one(mosaic: MosaicWidget) -> None:
    mosaic.set_layer(1, np.ones((8, 5, 5), dtype=np.float32))
    image = QImage(mosaic.size() * 2, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(2)
    mosaic.render(image)
    place = mosaic.thumbnail_rect(1, 3)
    last = QPoint(2 * (place.x() + place.width()) - 1, 2 * (place.y() + place.height()) - 1)
    edges = [QPoint(last.x(), 2 * place.center().y()), QPoint(2 * place.center().x(), last.y())]
    assert {image.pixelColor(edge).name() for edge in edges} == {themes.named("light").border}


def test_a_click_names_the_head_under_it(mosaic: MosaicWidget, qtbot) -> None:
    mosaic.show()
    with qtbot.waitSignal(mosaic.head_clicked) as click:
        qtbot.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=mosaic.thumbnail_rect(3, 5).center())
    assert click.args == [3, 5]
    assert mosaic.head_at(QPointF(1, 1)) == (-1, -1)


def test_pointing_names_heads_once_and_leaving_none(mosaic: MosaicWidget, qtbot) -> None:
    mosaic.show()
    seen: list[tuple[int, int]] = []
    mosaic.head_hovered.connect(lambda *head: seen.append(head))
    middle = mosaic.thumbnail_rect(2, 4).center()
    qtbot.mouseMove(mosaic, middle)
    qtbot.mouseMove(mosaic, middle + QPoint(2, 2))
    qtbot.mouseMove(mosaic, QPoint(1, 1))
    assert seen == [(2, 4), (-1, -1)]


def test_enter_opens_the_selected_head(mosaic: MosaicWidget, qtbot) -> None:
    mosaic.set_selected(1, 2)
    with qtbot.waitSignal(mosaic.head_clicked) as click:
        qtbot.keyClick(mosaic, Qt.Key.Key_Return)
    assert click.args == [1, 2]


@pytest.mark.parametrize("shape", [(1, 1), (6, 8), (30, 9), (80, 64)])
def test_thumbnails_fit_or_keep_a_readable_size(mosaic: MosaicWidget, shape: tuple[int, int]) -> None:
    mosaic.clear(*shape)
    first, last = mosaic.thumbnail_rect(0, 0), mosaic.thumbnail_rect(shape[0] - 1, shape[1] - 1)
    assert mosaic.rect().contains(first)
    assert mosaic.rect().contains(last)
    assert last.width() >= 14
    if shape[0] <= 30:
        assert mosaic.height() <= 600 + 18
    paint(mosaic)


def test_the_selected_head_is_outlined_in_the_accent(mosaic: MosaicWidget) -> None:
    mosaic.set_selected(2, 3)
    rect = mosaic.thumbnail_rect(2, 3)
    image = paint(mosaic)
    accent = themes.named("light").accent
    edge = {image.pixelColor(rect.left() + dx, rect.center().y()).name() for dx in (-2, -1, 0)}
    assert accent in edge


def test_a_strong_weight_is_seen_in_the_smallest_thumbnail(mosaic: MosaicWidget) -> None:
    mosaic.clear(40, 40)
    values = np.zeros((40, 96, 96), dtype=np.float32)
    values[:, 31, 17] = 1.0
    mosaic.set_layer(0, values)
    image, rect = paint(mosaic), mosaic.thumbnail_rect(0, 7)
    assert rect.width() < 96
    inside = [
        image.pixelColor(x, y).lightness()
        for x in range(rect.left() + 1, rect.right())
        for y in range(rect.top() + 1, rect.bottom())
    ]
    assert min(inside) < 80
