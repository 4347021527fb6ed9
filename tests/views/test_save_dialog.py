"""Saving with a preview: what is seen is what is written, and what the command line writes again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QGuiApplication, QImage

from visualizer import arguments, cli
from visualizer.core import capture
from visualizer.core.interventions import parse
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.session.session import Session
from visualizer.ui import i18n, style
from visualizer.ui import theme as themes
from visualizer.ui.figure_names import PAPERS, FigureLook, from_json, to_json
from visualizer.views.attention_lines.view import AttentionLinesView
from visualizer.views.attention_map import AttentionMapView
from visualizer.views.figure import Figure
from visualizer.views.figure_command import command
from visualizer.views.head_grid import HeadGridView
from visualizer.views.save_dialog import SaveDialog

KIND = AttentionMapView
Open = Callable[..., SaveDialog]


@pytest.fixture(autouse=True)
def _own_font(qapp) -> Iterator[None]:
    """The font that the program gives its application, which files name first."""
    before, theme = qapp.font(), themes.current()
    style.apply(qapp, themes.named("light"))
    yield
    style.apply(qapp, theme)
    qapp.setFont(before)


@pytest.fixture
def trace(tiny_llama: LoadedModel):
    return capture.run(tiny_llama, RunRequest("abcdef"))


@pytest.fixture
def opened(view: AttentionMapView, session: Session, trace, qtbot, tmp_path: Path) -> Iterator[Open]:
    """opened("svg"): the dialog, with its preview."""
    made: list[SaveDialog] = []
    session.settings.figure = {"folder": str(tmp_path)}
    session.show_trace(trace)
    session.select(layer=2, head=3)
    qtbot.waitUntil(view.is_complete)

    def make(suffix: str = "", other: object = None) -> SaveDialog:
        dialog = SaveDialog(other or view, suffix)  # type: ignore[arg-type]
        made.append(dialog)
        dialog.open()
        qtbot.waitUntil(lambda: not dialog.preview.image().isNull() or dialog.suffix in ("csv", "npz", "json"))
        return dialog

    yield make
    for dialog in made:
        try:
            dialog.close()
        except RuntimeError:  # it is gone already
            continue
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def settled(dialog: SaveDialog, qtbot, change: Callable[[], object]) -> QImage:
    """The preview after a change."""
    before = dialog.preview.image().cacheKey()
    change()
    qtbot.waitUntil(lambda: dialog.preview.image().cacheKey() != before and dialog.figure.is_ready)
    return dialog.preview.image()


def test_a_head_becomes_a_pdf_with_its_caption_in_the_width_chosen(opened: Open, qtbot, tmp_path: Path) -> None:
    dialog = opened("pdf")
    settled(dialog, qtbot, lambda: dialog.paper.setCurrentIndex(dialog.paper.findData("acl_column")))
    path = dialog.path
    assert path.name == "tiny-llama_attention_map_layer2_head3.pdf"
    dialog.save()
    data = path.read_bytes()
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+)", data)
    assert box is not None
    assert float(box.group(1)) == pytest.approx(72 / 25.4 * PAPERS["acl_column"][0], abs=1)
    assert b"/FontFile2" in data


def test_the_preview_is_the_picture_that_is_saved(opened: Open, qtbot) -> None:
    dialog = opened("png")
    settled(dialog, qtbot, lambda: dialog.dpi.setValue(100))
    seen, path = dialog.preview.image(), dialog.path
    with qtbot.waitSignal(dialog._session.notice_raised):
        dialog.save()
    saved = QImage(str(path))
    assert saved.width() / saved.height() == pytest.approx(seen.width() / seen.height(), rel=0.02)
    small = [image.scaled(60, 60).convertToFormat(QImage.Format.Format_RGB32) for image in (saved, seen)]
    far = sum(
        abs(small[0].pixelColor(x, y).lightness() - small[1].pixelColor(x, y).lightness()) > 60
        for x in range(60)
        for y in range(60)
    )
    assert far < 60 * 60 * 0.05


def test_the_type_has_the_size_asked_for(view: AttentionMapView, session: Session, trace, qtbot) -> None:
    session.show_trace(trace)
    qtbot.waitUntil(view.is_complete)
    figure = Figure(session, AttentionMapView)
    widths = []
    for points in (6.0, 12.0):
        with qtbot.waitSignal(figure.ready):
            figure.arrange_on_paper(FigureLook(width_mm=140, font_pt=points), view.theme)
        widths.append(figure.picture().width())
    figure.close()
    # 140 mm hold twice as many pixels of type when that is half as high: 12 of them are the type.
    assert widths[0] == pytest.approx(12 * 140 / (6 * 25.4 / 72), abs=1)
    assert widths[1] == pytest.approx(widths[0] / 2, abs=1)


def test_every_choice_changes_the_preview_and_never_the_view(
    opened: Open, view: AttentionMapView, qtbot
) -> None:
    dialog = opened("svg")
    untouched, theme = view.grab().toImage(), view.theme
    looks = [dialog.preview.image()]
    for change in (
        lambda: dialog.width_mm.setValue(60),
        lambda: dialog.font_pt.setValue(12),
        lambda: dialog.colormap.setCurrentIndex(2),
        lambda: dialog.background.setCurrentIndex(1),
        lambda: dialog.caption.setPlainText("another caption"),
        lambda: dialog.has_caption.setChecked(False),
    ):
        image = settled(dialog, qtbot, change)
        assert all(image != look for look in looks)
        looks.append(image)
    assert view.theme is theme
    assert view.grab().toImage() == untouched


def test_a_transparent_picture_has_no_ground(opened: Open, qtbot) -> None:
    dialog = opened("png")
    assert dialog.preview.image().pixelColor(1, 1).alpha() == 255
    image = settled(dialog, qtbot, lambda: dialog.background.setCurrentIndex(1))
    assert image.pixelColor(1, 1).alpha() == 0


def test_the_numbers_are_saved_from_the_same_dialog(opened: Open, view: AttentionMapView) -> None:
    dialog = opened("csv")
    assert not dialog.width_mm.isVisible()
    path = dialog.path
    dialog.save()
    assert path.suffix == ".csv"
    assert path.read_text(encoding="utf-8-sig").count("\n") == 1 + 6


def test_what_was_chosen_is_there_the_next_time(opened: Open, qtbot, session: Session) -> None:
    dialog = opened("svg")
    settled(dialog, qtbot, lambda: dialog.width_mm.setValue(100))
    settled(dialog, qtbot, lambda: dialog.has_caption.setChecked(False))
    dialog.save()
    again = opened()
    assert (again.suffix, again.width_mm.value(), again.has_caption.isChecked()) == ("svg", 100, False)
    assert again.path.name.endswith("-2.svg"), "a file that is there is not replaced by accident"
    again.file.setText(str(again.path.with_name("tiny-llama_attention_map_layer2_head3")))
    assert again.save_button.text() == "Replace the file"


def test_a_place_that_is_gone_is_said_in_the_dialog(opened: Open, tmp_path: Path) -> None:
    for suffix in ("svg", "png", "csv"):
        dialog = opened(suffix)
        dialog.file.setText(str(tmp_path / "gone" / "picture"))
        dialog.save()
        assert dialog.isVisible()
        assert dialog.note.text()


def test_heads_part_by_part_are_all_in_the_picture(opened: Open, session: Session, qtbot) -> None:
    grid = HeadGridView(session)
    qtbot.addWidget(grid)
    grid.resize(900, 700)
    grid.show()
    qtbot.waitUntil(grid.is_complete)
    dialog = opened("svg", grid)
    assert dialog.figure.view.mosaic.is_complete()  # type: ignore[attr-defined]


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_copied_command_writes_the_same_file(
    opened: Open, qtbot, qapp, tmp_path: Path, llama: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = opened(suffix)
    settled(dialog, qtbot, lambda: dialog.width_mm.setValue(90))
    settled(dialog, qtbot, lambda: dialog.colormap.setCurrentIndex(dialog.colormap.findData("magma")))
    settled(dialog, qtbot, lambda: dialog.caption.setPlainText("-a “caption” of one's own"))
    dialog.copy_button.click()
    parts = shlex.split(QGuiApplication.clipboard().text())
    assert parts[:2] in (["transformer-visualizer", "render"], ["python", "main.py"])
    path = dialog.path
    if suffix == "png":
        with qtbot.waitSignal(dialog._session.notice_raised):
            dialog.save()
    else:
        dialog.save()
    wanted = path.read_bytes()
    path.unlink()
    arguments = parts[parts.index("render") :]
    if "--model" in arguments:
        arguments[arguments.index("--model") + 1] = str(llama)
    else:
        arguments[1:1] = ["--model", str(llama)]
    assert cli.main(arguments, lambda _: pytest.fail("a window was opened")) == 0
    i18n.install_language(qapp, "en")
    assert path.read_bytes() == wanted


@pytest.fixture(scope="session")
def llama(tiny_llama: LoadedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "llama"
    tiny_llama.model.save_pretrained(folder)
    tiny_llama.tokenizer.save_pretrained(folder)
    return folder


def test_a_look_outlives_damaged_settings() -> None:
    look = FigureLook(width_mm=77, background="transparent", dpi=600)
    assert from_json(to_json(look)) == look
    damaged = {"width_mm": "wide", "dpi": 9e9, "background": "pink", "font_pt": True, "cells": None}
    assert from_json(damaged) == FigureLook()
    assert from_json([1]) == FigureLook()


def test_a_command_says_all_that_was_chosen_and_names_what_it_cannot_say(
    session: Session, tiny_llama: LoadedModel, qtbot, tmp_path: Path
) -> None:
    request = RunRequest("-- a text", interventions=parse("1.2,mlp.0"))
    session.show_trace(capture.run(tiny_llama, request), tiny_llama)
    session.select(layer=1, head=3, query=2, unit="word", hide_sinks=True, scale="log", temperature=0.5, top_k=7)
    view = AttentionLinesView(session)
    qtbot.addWidget(view)
    view.set_options(mass=0.5, heads=frozenset((0, 3)))
    look = FigureLook(width_mm=88.9, background="screen", cells="image")
    line, lost = command(view, look, "-a caption", tmp_path / "out.pdf")
    parts = shlex.split(line)
    asked = arguments.render_parser().parse_args(parts[parts.index("render") + 1 :])
    assert (asked.model, asked.text, asked.view) == ("tiny-llama", "-- a text", "attention_lines")
    assert (asked.layer, asked.head, asked.query) == (1, 3, 2)
    assert (asked.unit, asked.hide_sinks, asked.log) == ("word", True, True)
    assert (asked.temperature, asked.top_k, asked.top_p) == (0.5, 7, None)
    assert asked.ablate == request.interventions
    assert arguments.chosen_options(asked)["attention_lines"] == {"mass": 0.5, "heads": frozenset((0, 3))}
    assert arguments.figure(asked) == {"paper": look}
    assert (asked.caption, asked.theme, asked.output) == ("-a caption", "light", tmp_path / "out.pdf")
    assert not lost
    session.select(parts_of_speech=frozenset(("名詞",)))
    assert command(view, look, False, tmp_path / "out.pdf")[1] == ("parts_of_speech",)
