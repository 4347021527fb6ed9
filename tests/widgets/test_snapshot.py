from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from tests.causal_views import CAUSAL_VIEWS
from visualizer.core import capture
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.session.selection import Selection
from visualizer.ui import theme
from visualizer.widgets import snapshot

WINDOWS = 6
PICTURES = 200


@pytest.mark.parametrize("view_id", CAUSAL_VIEWS)
def test_every_view_can_be_drawn_to_a_file(view_id: str, tiny_llama: LoadedModel, tmp_path: Path, qtbot: QtBot) -> None:
    trace = capture.run(tiny_llama, RunRequest("図書館で"))
    path = tmp_path / "view.png"
    snapshot.render_view(trace, view_id, path, Selection(layer=1, head=2), width=640, height=480, scale=1.5)
    image = QImage(str(path))
    # A table that does not fit is drawn whole.
    assert image.width() > 960 if view_id in ("head_statistics", "head_importance") else image.width() == 960
    colors = {image.pixel(x, y) for x in range(0, image.width(), 5) for y in range(0, image.height(), 5)}
    assert len(colors) > 3, "the picture is not empty"


@pytest.mark.parametrize("view_id", CAUSAL_VIEWS)
def test_the_svg_of_every_view_is_well_formed_for_a_text_with_control_characters(
    view_id: str, tiny_llama: LoadedModel, tmp_path: Path, qtbot: QtBot
) -> None:
    trace = capture.run(tiny_llama, RunRequest("a\x01\x0b\x1b\ufffe<s>&]]>"))
    path = tmp_path / "view.svg"
    snapshot.render_view(trace, view_id, path, Selection(layer=1, head=2), width=640, height=480, caption=True)
    ElementTree.parse(path)


def test_the_window_is_drawn_with_its_model_and_the_look_comes_back(
    tiny_llama: LoadedModel, tmp_path: Path, qtbot: QtBot
) -> None:
    before = theme.current().name
    trace = capture.run(tiny_llama, RunRequest("図書館で"))
    path = tmp_path / "window.png"
    snapshot.render_window(trace, path, Selection(), model=tiny_llama, theme="dark", language="ja", scale=1.0)
    image = QImage(str(path))
    assert (image.width(), image.height()) == snapshot.WINDOW_SIZE
    assert image.pixelColor(2, image.height() // 2).lightness() < 80, "dark was asked for"
    assert theme.current().name == before


def test_windows_are_drawn_one_after_another_though_a_view_raises(tmp_path: Path, tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("図書館で"))
    saved = tmp_path / "trace.safetensors"
    trace.save(saved)
    program = f"""
import faulthandler
faulthandler.enable()
from pathlib import Path
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication
from visualizer.core.trace import Trace
from visualizer.session.selection import Selection
from visualizer.views.registry import view_class
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.widgets import snapshot

app = QApplication([])
app.setStyle("Fusion")
trace = Trace.open({str(saved)!r})
kind, show, told = view_class("attention_map"), view_class("attention_map").show_answer, 0

def fails(self, *arguments):
    painter = QPainter(self)
    raise KeyError("in the middle of a picture")

for number in range({WINDOWS}):
    kind.show_answer = fails if number % 3 else show
    try:
        snapshot.render_window(trace, Path({str(tmp_path)!r}) / "x.png", Selection(), scale=1.0)
        snapshot.render_view(trace, "attention_map", Path({str(tmp_path)!r}) / "y.png", Selection(), scale=1.0)
    except KeyError:
        told += 1
print(told, len(app.topLevelWidgets()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told, left = map(int, done.stdout.split()[-2:])
    assert told == sum(number % 3 > 0 for number in range(WINDOWS))
    assert left <= 2, "every window is deleted, also when its view raised"


def test_two_hundred_pictures_are_drawn_while_parts_raise_and_nothing_of_them_stays(tmp_path: Path) -> None:
    """Every fiftieth one a whole window. What raises is drawn by lot: a view's own methods, and what Qt calls."""
    program = f"""
import faulthandler
faulthandler.enable()
import random, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
app = QApplication([])
app.setStyle("Fusion")
from tests.fuzz import windows
from tests.fuzz.oracle import Oracle
oracle = Oracle()
oracle.listen()
attempt = windows.attempt(Path({str(tmp_path)!r}), full=0.02, size=(320, 240))
references = lambda: [sys.getrefcount(one) for one in (None, True, False)]
for number in range({PICTURES}):
    attempt(random.Random(number))
# What is freed meanwhile lets some go; a reference too few for every picture would bring one of them near its end.
lost = [name for name, now in zip(("None", "True", "False"), references()) if now < {PICTURES}]
print("pictures drawn", number + 1, [what for what, _ in oracle.take() if not what.startswith("qt ")], lost)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1] == f"pictures drawn {PICTURES} [] []", done.stdout + done.stderr[-2000:]
