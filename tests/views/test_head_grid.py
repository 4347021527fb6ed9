from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from visualizer.core import capture, reading
from visualizer.core.place import Place
from visualizer.core.reading.rule import Rule
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session.selection import Hover
from visualizer.session.session import Session
from visualizer.views import export_dialog
from visualizer.views.head_grid import HeadGridView
from visualizer.views.reading_controls import rule

KIND = HeadGridView
SIZE = (1100, 760)


@pytest.fixture(scope="module")
def trace(tiny_llama) -> Trace:
    return capture.run(tiny_llama, RunRequest("The cat sat on the mat"))


def test_all_heads_of_all_layers_fill_in(view: HeadGridView, session: Session, trace: Trace, qtbot) -> None:
    session.show_trace(trace)
    qtbot.waitUntil(view.is_complete, timeout=5000)
    assert sorted(view.mosaic.layers) == [0, 1, 2]
    for layer, thumbnails in view.mosaic.layers.items():
        assert thumbnails.shape[0] == 4
        for head in range(4):
            assert np.allclose(thumbnails[head], trace.attention(layer, head), atol=1e-6), "short texts stay whole"


def test_rows_arrive_one_by_one_while_the_rest_is_computed(
    view: HeadGridView, session: Session, trace: Trace, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    real = Trace.thumbnails

    def slow(self: Trace, layer: int, size: int, kind: str = "self") -> np.ndarray:
        if layer > 0:
            gate.wait(5)
        return real(self, layer, size, kind)

    monkeypatch.setattr(Trace, "thumbnails", slow)
    session.show_trace(trace)
    qtbot.waitUntil(lambda: 0 in view.mosaic.layers, timeout=5000)
    assert list(view.mosaic.layers) == [0]
    assert not view.is_complete()
    gate.set()
    qtbot.waitUntil(view.is_complete, timeout=5000)


def test_another_trace_drops_what_the_old_one_still_computes(
    view: HeadGridView, session: Session, trace: Trace, tiny_llama, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    asked: list[tuple[int, int]] = []
    real = Trace.thumbnails

    def slow(self: Trace, layer: int, size: int, kind: str = "self") -> np.ndarray:
        asked.append((len(self.tokens), layer))
        if self is trace:
            gate.wait(5)
        return real(self, layer, size, kind)

    monkeypatch.setattr(Trace, "thumbnails", slow)
    session.show_trace(trace)
    qtbot.waitUntil(lambda: bool(asked), timeout=5000)
    other = capture.run(tiny_llama, RunRequest("Hi"))
    session.show_trace(other)
    gate.set()
    qtbot.waitUntil(view.is_complete, timeout=5000)
    assert (len(trace.tokens), 1) not in asked, "the old grid stops between layers"
    assert view.mosaic.layers[0].shape[1] == len(other.tokens)


def test_choosing_a_head_computes_nothing(
    view: HeadGridView, session: Session, trace: Trace, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.show_trace(trace)
    qtbot.waitUntil(view.is_complete, timeout=5000)
    monkeypatch.setattr(Trace, "thumbnails", lambda *_: pytest.fail("computed again"))
    session.select(layer=2, head=3)
    session.select(scale="log")
    assert view.is_complete()
    assert view.mosaic.selected() == (2, 3)


def test_pointing_names_and_enlarges_a_head(view: HeadGridView, session: Session, trace: Trace, qtbot) -> None:
    session.show_trace(trace)
    qtbot.waitUntil(view.is_complete, timeout=5000)
    qtbot.mouseMove(view.mosaic, view.mosaic.thumbnail_rect(2, 1).center())
    assert session.hover == Hover(layer=2, head=1)
    assert np.allclose(view.preview.values, trace.attention(2, 1), atol=1e-6)
    assert view.preview.readout().startswith("layer 2, head 1")
    session.set_hover(None)
    assert view.preview.readout().startswith("layer 0, head 0"), "the selected head comes back"


def test_a_click_selects_the_head_and_asks_for_its_map(
    view: HeadGridView, session: Session, trace: Trace, qtbot
) -> None:
    session.show_trace(trace)
    qtbot.waitUntil(view.is_complete, timeout=5000)
    with qtbot.waitSignal(view.view_requested) as request:
        qtbot.mouseClick(view.mosaic, Qt.MouseButton.LeftButton, pos=view.mosaic.thumbnail_rect(1, 2).center())
    assert request.args == ["attention_map"]
    assert (session.selection.layer, session.selection.head) == (1, 2)


def test_each_kind_of_attention_has_its_own_grid(view: HeadGridView, session: Session, tiny_marian, qtbot) -> None:
    trace = capture.run(tiny_marian, RunRequest("abc", target="xy"))
    session.show_trace(trace)
    for kind, layers, heads in (("encoder", 2, 4), ("decoder", 3, 2), ("cross", 3, 2)):
        session.select(kind=kind)
        qtbot.waitUntil(view.is_complete, timeout=5000)
        assert (len(view.mosaic.layers), view.mosaic.layers[0].shape[0]) == (layers, heads)


@pytest.mark.parametrize("choice", [{"unit": "word"}, {"hide_sinks": True}, {"unit": "character", "hide_sinks": True}])
def test_units_and_hidden_sinks_are_in_every_thumbnail(
    view: HeadGridView, session: Session, trace: Trace, choice: dict[str, object], qtbot
) -> None:
    session.show_trace(trace)
    qtbot.waitUntil(view.is_complete, timeout=5000)
    assert view._note.text() == ""
    session.select(**choice)
    qtbot.waitUntil(view.is_complete, timeout=5000)
    for layer, thumbnails in view.mosaic.layers.items():
        for head in range(4):
            expected = reading.read(trace, Place("self", layer, head), Rule(**choice)).matrix
            assert np.allclose(thumbnails[head], expected, atol=1e-6)
    assert view._note.text() == rule(session.selection.rule) and view._note.isVisible()
    assert view._note.text() in view.caption()
    assert view.data()["unit"] == session.selection.rule.unit


def test_a_quadrant_of_a_pair_is_in_every_thumbnail(view: HeadGridView, session: Session, tiny_bert, qtbot) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat", pair="a mat"))
    session.show_trace(trace)
    session.select(quadrant="AB")
    qtbot.waitUntil(view.is_complete, timeout=5000)
    assert np.allclose(
        view.mosaic.layers[1][0], reading.read(trace, Place("self", 1, 0), Rule(quadrant="AB")).matrix, atol=1e-6
    )


def test_captions_of_different_kinds_differ(view: HeadGridView, session: Session, tiny_marian, qtbot) -> None:
    session.show_trace(capture.run(tiny_marian, RunRequest("abc", target="xy")))
    captions = set()
    for kind in ("encoder", "decoder", "cross"):
        session.select(kind=kind)
        qtbot.waitUntil(view.is_complete, timeout=5000)
        captions.add(view.caption())
    assert len(captions) == 3


def test_a_narrow_view_gives_all_its_room_to_the_grid(view: HeadGridView, session: Session, trace: Trace) -> None:
    session.show_trace(trace)
    view.resize(500, 500)
    assert not view.preview.isVisible()
    view.resize(1200, 700)
    assert view.preview.isVisible()


def test_few_layers_stand_above_the_preview_where_that_makes_them_larger(
    view: HeadGridView, session: Session, trace: Trace, qtbot
) -> None:
    session.show_trace(trace)
    view.mosaic.clear(3, 12)
    view.resize(960, 800)
    assert view.preview.isVisible()
    qtbot.waitUntil(lambda: view.preview.y() >= view.mosaic.height(), timeout=5000)  # below
    assert view.mosaic.width() > 0.9 * view.width()


def test_exported_numbers_hold_every_head(view: HeadGridView, session: Session, trace: Trace, qtbot) -> None:
    session.show_trace(trace)
    qtbot.waitUntil(view.is_complete, timeout=5000)
    data = view.data()
    assert data["largest_weight"].shape == (3, 4)
    assert data["thumbnails"].shape[:2] == (3, 4)
    assert data["largest_weight"][1, 2] == pytest.approx(trace.attention(1, 2).max())


def test_a_grid_larger_than_the_view_is_exported_whole(
    view: HeadGridView, session: Session, trace: Trace, qtbot, tmp_path: Path
) -> None:
    session.show_trace(trace)
    qtbot.waitUntil(view.is_complete, timeout=5000)
    view.mosaic.clear(60, 50)
    view.resize(600, 400)
    export_dialog.save(view, tmp_path / "grid.png", scale=1.0, caption=False)
    image = QImage(str(tmp_path / "grid.png"))
    assert (image.width(), image.height()) == (view.mosaic.width(), view.mosaic.height())
    last = view.mosaic.thumbnail_rect(59, 49)
    edge = {image.pixelColor(last.left() + dx, last.center().y()).name() for dx in (-1, 0, 1)}
    assert view.theme.border in edge, "the last head is in the picture"
