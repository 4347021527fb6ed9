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
