"""How many steps a person needs for what the program is for; a step is one key with its text, or one click.

Finding an induction head, and the alignment of a translation, are counted beside the examples (`test_examples.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.widgets.test_comparing import type_second
from tests.widgets.test_lecture import SHARE, visible, written
from visualizer.core.loaded_model import LoadedModel
from visualizer.views.save_dialog import SaveDialog
from visualizer.widgets.main_window import MainWindow
from visualizer.widgets.palette import Palette

Make = Callable[..., MainWindow]
PATIENCE = 20_000


def test_a_class_sees_attention_one_step_after_the_start(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)  # what a first start shows: a text, its attention map
    steps = 0
    qtbot.keyClick(window, Qt.Key.Key_F11)
    steps += 1
    window.resize(1280, 800)
    view = window.views.active_view()
    assert view is not None and view.id == "attention_map"
    qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
    QApplication.processEvents()
    sizes = [widget.font().pixelSize() for widget in visible(window) if written(widget)]
    assert sizes and min(sizes) >= SHARE * 800 - 1
    assert view.heatmap.readout(), "the sentence stands there before anybody points"
    assert steps <= 2


def test_a_head_is_a_captioned_vector_picture_in_a_papers_width_in_four_steps(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window(tiny_llama)
    window.session.settings.figure = {"folder": str(tmp_path)}
    steps = 0
    window.run("palette")
    palette = next(one for one in window.findChildren(Palette) if one.isVisible())
    palette.search.setText("2.3")
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    steps += 1  # Ctrl+K, the head's name, Enter
    qtbot.waitUntil(lambda: (window.session.selection.layer, window.session.selection.head) == (2, 3))
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    steps += 1
    dialog = window.findChild(SaveDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: not dialog.preview.image().isNull(), timeout=PATIENCE)
    dialog.paper.setCurrentIndex(dialog.paper.findData("acl_column"))
    steps += 1
    qtbot.waitUntil(lambda: dialog.figure.is_ready, timeout=PATIENCE)
    path = dialog.path
    dialog.save()
    steps += 1
    assert steps <= 4
    assert path.suffix == ".pdf" and path.read_bytes().startswith(b"%PDF")


def test_what_one_changed_word_does_to_the_next_word_is_there_in_three_steps(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "abcd")
    steps = 0
    window.run("view.next_token")
    steps += 1
    qtbot.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    steps += 1
    type_second(window, qtbot, "abXd")
    steps += 1
    session = window.session
    first, second = window.views.shown_views()[:2]
    qtbot.waitUntil(lambda: first.is_complete() and second.is_complete(), timeout=PATIENCE)
    assert session.other is not None and session.trace is not None and session.other.trace is not None
    assert {first.id, second.id} == {"next_token"} and steps <= 3
    for view, trace in ((first, session.trace), (second, session.other.trace)):
        assert view.trace is trace
    assert not np.allclose(session.trace.logits(-1), session.other.trace.logits(-1))
