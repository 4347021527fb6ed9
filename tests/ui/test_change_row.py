from __future__ import annotations

import pytest

from visualizer.ui import theme as themes
from visualizer.ui.change_row import ChangeRow


@pytest.mark.parametrize(("width", "rows"), [(420, 1), (560, 2), (1400, 1)])
def test_the_biggest_changes_take_two_rows_at_most(width: int, rows: int, qtbot) -> None:
    row = ChangeRow()
    qtbot.addWidget(row)
    row.apply_theme(themes.named("light"))
    texts = [f"L{n} H0  0.{9 - n}00" for n in range(8)]
    row.show_entries("Biggest changes", texts)
    row.resize(width, 100)
    row.show()
    shown = [button for button in row.entries if button.isVisible()]
    assert shown == row.entries[: len(shown)] and shown, "the biggest ones"
    assert len({button.y() for button in shown}) <= rows
    assert row.texts() == texts, "a saved picture names all of them"
    assert (len(shown) == 8) == (width > 420)
