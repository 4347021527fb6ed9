from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage

from visualizer.ui import theme as themes
from visualizer.ui.scatter import ScatterWidget, shape_of


@pytest.mark.parametrize("name", ["light", "dark"])
def test_no_two_of_96_heads_have_the_same_colour_and_shape(name: str) -> None:
    theme = themes.named(name)
    looks = [(theme.head_color(head), *shape_of(head)) for head in range(96)]
    assert len(set(looks)) == 96


def test_heads_a_dozen_apart_are_drawn_differently(qtbot) -> None:
    scatter = ScatterWidget(axes=False)
    qtbot.addWidget(scatter)
    scatter.apply_theme(themes.named("light"))
    scatter.resize(600, 200)
    groups = (0, 12, 24, 36, 48)
    scatter.set_points(np.array([[n, 0.0] for n in range(5)]), [""] * 5, groups)
    scatter.show()
    image: QImage = scatter.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    seen = []
    for x, y in scatter.points():
        middle = QPoint(round(x), round(y))
        seen.append(tuple(image.pixel(middle + QPoint(dx, dy)) for dx in range(-6, 7) for dy in range(-6, 7)))
    assert len(set(seen)) == len(groups)


@pytest.mark.parametrize("size", [(460, 130), (460, 170), (700, 500)])
def test_numbers_of_an_upright_axis_never_touch(size: tuple[int, int], qtbot) -> None:
    scatter = ScatterWidget()
    qtbot.addWidget(scatter)
    scatter.apply_theme(themes.named("light"))
    scatter.resize(*size)
    scatter.set_points(np.array([[-0.1, -0.16], [0.1, 0.05]]), ["L0 H0", "L0 H1"], (0, 1))
    numbers, (low, high) = scatter._ticks(1), scatter._range(1)
    assert len(numbers) >= 2
    apart = (numbers[1] - numbers[0]) / (high - low) * scatter._place().height()
    assert apart >= scatter._metrics().height()
