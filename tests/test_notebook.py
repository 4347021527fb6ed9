"""A notebook gets the pictures that the window draws, on a machine without a display."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from tests.core.families import HYBRID, build, plain_tokenizer
from visualizer.core import capture, models
from visualizer.core.analyses import first_look
from visualizer.core.errors import MissingFile, NoSuchKind, NoSuchPart, UnknownChoice
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.notebook import picture
from visualizer.session.selection import Selection
from visualizer.ui import theme
from visualizer.widgets import snapshot

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def trace(tiny_llama: LoadedModel) -> Trace:
    return capture.run(tiny_llama, RunRequest("a <s> 図書館"))


def test_a_picture_is_the_one_that_render_draws(trace: Trace, qtbot: QtBot, tmp_path: Path) -> None:
    made = picture(trace, "attention_map", layer=2, head=3, lang="ja", width=480, height=360, format="png")
    path = tmp_path / "render.png"
    snapshot.render_view(
        trace, "attention_map", path, Selection(layer=2, head=3), language="ja", theme="light", width=480, height=360
    )
    assert QImage.fromData(made.data) == QImage(str(path))
    assert made._repr_png_() == made.data and made._repr_svg_() is None
    assert (QImage.fromData(made.data).width(), QImage.fromData(made.data).height()) == (960, 720)
    assert len(repr(made)) < 80


def test_an_svg_is_well_formed_and_holds_its_text_and_saves_as_it_is(
    trace: Trace, qtbot: QtBot, tmp_path: Path
) -> None:
    made = picture(trace, layer=1, head=0, lang="en", caption=True)
    drawing = made._repr_svg_()
    assert drawing is not None and made._repr_png_() is None
    words = "".join(ElementTree.fromstring(drawing).itertext())
    assert "図" in words
    made.save(tmp_path / "map.SVG")
    assert (tmp_path / "map.SVG").read_text(encoding="utf-8") == drawing
    with pytest.raises(UnknownChoice):
        made.save(tmp_path / "map.png")
    with pytest.raises(MissingFile):
        made.save(tmp_path / "nowhere" / "map.svg")


def test_without_a_head_the_picture_shows_the_one_on_which_the_window_opens(trace: Trace, qtbot: QtBot) -> None:
    place = first_look.choose(trace).place
    size = {"width": 320, "height": 240}
    assert picture(trace, **size).data == picture(trace, layer=place.layer, head=place.head, **size).data


def test_layers_of_a_hybrid_bear_the_models_own_numbers(qtbot: QtBot) -> None:
    family = next(family for family in HYBRID if family.name == "lfm2")
    hybrid = capture.run(models.wrap(build(family), plain_tokenizer()), RunRequest("5 6 7 8"))
    size = {"width": 320, "height": 240}
    assert picture(hybrid, kind="self", **size).data == picture(hybrid, layer=1, **size).data
    with pytest.raises(NoSuchPart):
        picture(hybrid, layer=0)
    assert "4 layers (2 with attention)" in hybrid._repr_html_()


def test_what_a_view_alone_offers_can_be_chosen(trace: Trace, qtbot: QtBot) -> None:
    one, two = (
        picture(trace, "attention_lines", layer=1, heads=heads, mass=0.9, unit="character", format="png").data
        for heads in ([0], [1, 3])
    )
    assert one != two
    assert QImage.fromData(picture(trace, "window", format="png", resolution=1.0).data).width() == 1280


def test_a_wish_that_cannot_be_followed_is_refused(trace: Trace, qtbot: QtBot) -> None:
    for error, wish in (
        (NoSuchKind, {"view": "no_view"}),
        (NoSuchPart, {"layer": 3}),
        (NoSuchPart, {"layer": 0, "head": -1}),
        (NoSuchKind, {"kind": "cross"}),
        (NoSuchPart, {"query": 99}),
        (NoSuchPart, {"position": 99}),
        (NoSuchKind, {"quadrant": "AB"}),
        (UnknownChoice, {"unit": "letter"}),
        (UnknownChoice, {"format": "pdf"}),
        (UnknownChoice, {"theme": "pink"}),
        (UnknownChoice, {"lang": "fr"}),
        (UnknownChoice, {"view": "attention_lines", "mass": 2.0}),
        (TypeError, {"lines": 3}),
    ):
        with pytest.raises(error):
            picture(trace, **wish)


def test_the_look_of_a_running_program_comes_back(trace: Trace, qtbot: QtBot) -> None:
    before = theme.current().name
    picture(trace, theme="dark" if before == "light" else "light", width=320, height=240)
    assert theme.current().name == before


def test_pictures_come_one_after_another_where_there_is_no_display(trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "trace.safetensors"
    trace.save(path)
    code = f"""
import os
from visualizer.core.trace import Trace
from visualizer.notebook import picture
trace = Trace.open({str(path)!r})
names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "QT_SCALE_FACTOR")
assert not any(name in os.environ for name in names)
first = picture(trace, "head_grid", format="png", width=320, height=240)
second = picture(trace, "attention_map", lang="ja", theme="dark")
third = picture(trace, "head_grid", format="png", width=320, height=240)
assert first == third and second._repr_svg_().startswith("<?xml")
assert not any(name in os.environ for name in names), "the process's surroundings are as they were"
"""
    gone = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "QT_SCALE_FACTOR")
    bare = {name: value for name, value in os.environ.items() if name not in gone}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=bare, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_a_notebook_is_offered_pictures_before_anything_heavy_is_imported() -> None:
    heavy = ("torch", "PySide6", "transformers")
    code = f"import sys, visualizer.notebook; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
