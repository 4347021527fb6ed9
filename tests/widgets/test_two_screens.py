"""Controls and notes in a window of their own: on the laptop while the views fill the projector, or beside them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from visualizer.core.loaded_model import LoadedModel
from visualizer.session import document_file
from visualizer.widgets.main_window import MainWindow
from visualizer.widgets.presenting.presenter import PresenterWindow
from visualizer.widgets.presenting.two_screens import TwoScreens, places

Make = Callable[..., MainWindow]


def opened(window: MainWindow, qtbot: QtBot) -> PresenterWindow:
    window.run("present.two_screens")
    found = window.findChild(TwoScreens)
    assert found is not None and found.presenter is not None
    qtbot.waitUntil(found.presenter.isVisible)
    return found.presenter


def test_the_window_goes_to_the_screen_that_is_not_the_persons_own() -> None:
    laptop, projector, third = object(), object(), object()

    def asked(screens: list[object], window: object) -> object:
        return places(screens, laptop, window)  # type: ignore[arg-type]

    assert asked([laptop], laptop) == (laptop, None)
    assert asked([laptop, projector], laptop) == (laptop, projector)
    assert asked([projector, laptop], laptop) == (laptop, projector)
    assert asked([laptop, projector, third], third) == (laptop, third), "it stays where somebody put it"


def test_on_one_screen_the_controls_open_as_an_ordinary_window_and_the_other_stays(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    geometry = window.geometry()
    presenter = opened(window, qtbot)
    assert presenter.isWindow() and not presenter.isFullScreen()
    assert presenter.screen().availableGeometry().contains(presenter.geometry())
    assert window.geometry() == geometry and not window.session.settings.lecture
    window.run("present.two_screens")
    assert not presenter.isVisible()


def test_what_is_typed_and_chosen_there_happens_in_the_other_window(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "abcd")
    presenter, talk = opened(window, qtbot), window.presenting
    assert presenter.prompt.text_field.text() == "abcd"
    with qtbot.waitSignal(window.session.trace_changed, timeout=20_000):
        presenter.prompt.text_field.setPlainText("dcba")
    assert window.session.trace.text == "dcba" == window.top_bar.prompt.text_field.text()
    presenter.views["head_grid"].click()
    assert window.views.first == "head_grid" and presenter.views["head_grid"].isChecked()
    presenter.selectors.head.forth.click()
    assert window.session.selection.head == int(window.selectors.head.number.value()) != 0
    for command, state in (("present.black", "is_black"), ("present.freeze", "is_frozen")):
        presenter.buttons.buttons[command].click()
        assert getattr(talk, state) and presenter.buttons.buttons[command].isChecked()
        presenter.buttons.buttons[command].click()
        assert not getattr(talk, state)


def test_keys_work_there_too_and_never_while_notes_are_written(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    presenter, talk = opened(window, qtbot), window.presenting
    presenter.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is presenter)
    presenter.setFocus()
    qtbot.keyClick(presenter, Qt.Key.Key_B)
    assert talk.is_black
    qtbot.keyClick(presenter, Qt.Key.Key_B)
    assert not talk.is_black
    presenter.notes.setFocus()
    qtbot.keyClicks(presenter.notes, "bf 1")
    assert presenter.notes.toPlainText() == "bf 1" == talk.notes
    assert not talk.is_black and not talk.is_frozen


def test_notes_are_kept_with_the_session_and_none_is_lost_over_a_session_without(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window(tiny_llama)
    presenter = opened(window, qtbot)
    presenter.notes.setPlainText("先に「は」を見せる\nthen X")
    window.documents.save(tmp_path / "lesson.tvsession")
    assert document_file.read(tmp_path / "lesson.tvsession").notes == "先に「は」を見せる\nthen X"
    presenter.notes.setPlainText("others")
    assert window.documents.open(tmp_path / "lesson.tvsession")
    assert presenter.notes.toPlainText() == "先に「は」を見せる\nthen X"
    content = json.loads((tmp_path / "lesson.tvsession").read_text(encoding="utf-8"))
    del content["notes"]
    (tmp_path / "older.tvsession").write_text(json.dumps(content), encoding="utf-8")
    assert window.documents.open(tmp_path / "older.tvsession")
    assert presenter.notes.toPlainText() == "先に「は」を見せる\nthen X"


def test_its_text_is_read_from_near_whatever_the_back_row_needs(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    window.resize(1920, 1080)
    presenter = opened(window, qtbot)
    sizes = [presenter.notes.fontInfo().pixelSize(), presenter.selectors.layer.number.height()]
    window.run("lecture.switch")
    qtbot.wait(20)
    assert window.session.theme.scale > 1.2  # a screen that is not there has 800 pixels
    assert [presenter.notes.fontInfo().pixelSize(), presenter.selectors.layer.number.height()] == sizes


def test_both_windows_go_together(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    presenter = opened(window, qtbot)
    window.close()
    assert not presenter.isVisible(), "the program would not end"


_PROGRAM = """
import sys
from PySide6.QtCore import QRect
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.widgets.appearance import Appearance
from visualizer.widgets.controller import make_window
from visualizer.widgets.presenting.two_screens import TwoScreens

app = QApplication([])
laptop, projector = app.screens()
session = Session(Settings(language="ja", theme="light"))
appearance = Appearance(app, session)
appearance.apply()
window = make_window(session, appearance)
window.setGeometry(QRect(40, 40, 1100, 700))
window.show()
QTest.qWait(50)
before = window.geometry()
window.run("present.two_screens")
QTest.qWait(100)
presenter = window.findChild(TwoScreens).presenter
assert window.screen() is projector, window.screen().name()
assert window.isFullScreen() and window.geometry() == projector.geometry(), window.geometry()
assert session.settings.lecture
assert presenter.screen() is laptop and laptop.geometry().contains(presenter.geometry()), presenter.geometry()
scale = session.theme.scale
assert 12 * scale >= 0.025 * projector.geometry().height(), "as large as the projector's height asks for"
window.run("present.black")
presenter.close()
QTest.qWait(100)
assert not window.presenting.is_black, "nobody could lift it"
assert window.screen() is laptop and window.geometry() == before, (window.geometry(), before)
assert not session.settings.lecture and not window.isFullScreen()
window.close()
session.shutdown()
print("both")
"""


def test_with_two_screens_each_window_has_its_own_and_everything_comes_back(tmp_path: Path) -> None:
    screens = [
        {"name": "laptop", "x": 0, "y": 0, "width": 1280, "height": 800, "logicalDpi": 96, "dpr": 1},
        {"name": "projector", "x": 1280, "y": 0, "width": 1920, "height": 1080, "logicalDpi": 96, "dpr": 1},
    ]
    config = tmp_path / "screens.json"
    config.write_text(json.dumps({"screens": screens}), encoding="utf-8")
    environment = {**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={config}"}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=120, env=environment, check=False
    )
    assert done.returncode == 0 and done.stdout.strip() == "both", done.stderr[-2000:]


def test_with_a_model_that_fills_blanks_the_view_is_called_so_here_too(
    make_window: Make, tiny_bert: LoadedModel, qtbot: QtBot
) -> None:
    presenter = opened(make_window(tiny_bert), qtbot)
    assert presenter.views["next_token"].text() == "Fill the blank"
