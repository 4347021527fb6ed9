from __future__ import annotations

from visualizer.ui.elided import ElidedLabel


def test_a_line_without_room_ends_in_an_ellipsis(qtbot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.setText("layer 2 · head 3 · looks one token back")
    wide = label.fontMetrics().horizontalAdvance(label.text())
    label.resize(wide + 2, 20)
    assert label.shown() == label.text()
    whole = label.grab().toImage()
    label.resize(wide // 2, 20)
    assert label.shown().endswith("…")
    assert label.fontMetrics().horizontalAdvance(label.shown()) <= label.width()
    assert label.grab().toImage() != whole.copy(0, 0, wide // 2, 20)
