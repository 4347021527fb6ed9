"""Switching heads off in the window: keys, menus, the bar above the views, marks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from tests.core.families import FALLBACK, build, plain_tokenizer
from tests.widgets.conftest import Passes
from visualizer.core import capture, models
from visualizer.core.errors import CannotIntervene
from visualizer.core.interventions import parse, short
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session import switching
from visualizer.ui import errors
from visualizer.views.head_menu import head_menu
from visualizer.widgets.ablation_bar import PaneLine
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]
PATIENCE = 20_000


def off(window: MainWindow) -> str:
    trace = window.session.trace
    assert trace is not None
    return short(trace.request.interventions)


def idle(window: MainWindow, qtbot: QtBot) -> None:
    jobs = window.session.jobs
    qtbot.waitUntil(lambda: not any(jobs.is_busy(key) for key in ("run", "load", "run.other")), timeout=PATIENCE)


def run(window: MainWindow, command: str, qtbot: QtBot) -> None:
    window.run(command)
    idle(window, qtbot)


def menu_of(window: MainWindow, qtbot: QtBot) -> QMenu:
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def right_click(widget: Any, at: QPoint) -> None:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, widget.mapToGlobal(at))
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("view_id", ["attention_map", "head_grid", "attention_lines", "head_statistics"])
def test_x_switches_the_selected_head_off_and_on(make_window: Make, tiny_llama, view_id: str, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.views.show_views(view_id)
    window.session.select(layer=1, head=2)
    window.activateWindow()
    view = window.views.active_view()
    assert view is not None
    if view_id == "head_statistics":
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        view.table.setFocus()  # a table takes letters, but not this one
    else:
        window.views.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_X)
    qtbot.waitUntil(lambda: off(window) == "1.2 off (zero)", timeout=PATIENCE)
    assert (window.session.selection.layer, window.session.selection.head) == (1, 2)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_X)
    qtbot.waitUntil(lambda: off(window) == "", timeout=PATIENCE)


def test_x_is_a_letter_while_typing(make_window: Make, tiny_llama, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.activateWindow()
    window.top_bar.prompt.focus_text()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_X)
    qtbot.waitUntil(lambda: "x" in window.session.trace.text.lower(), timeout=PATIENCE)
    assert off(window) == ""


def test_the_bar_is_there_only_while_something_is_off(make_window: Make, tiny_llama, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    assert window.ablation.first.isHidden()
    assert window.ablation.height() == 0
    run(window, "off.head", qtbot)
    assert not window.ablation.first.isHidden()
    run(window, "off.layer", qtbot)
    run(window, "off.feed_forward", qtbot)
    assert [chip.text() for chip in window.ablation.first.chips] == [
        f"all heads of L{window.session.selection.layer}",
        f"feed-forward part of L{window.session.selection.layer}",
    ]
    run(window, "off.nothing", qtbot)
    assert window.ablation.first.isHidden()


def test_each_part_has_its_own_cross(make_window: Make, tiny_llama, passes: Passes, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.session.ask(RunRequest("abcd", interventions=parse("0.1,2,mlp.1")))
    idle(window, qtbot)
    chips = window.ablation.first.chips
    assert [chip.text() for chip in chips] == ["L0 H1", "all heads of L2", "feed-forward part of L1"]
    qtbot.mouseClick(chips[1], Qt.MouseButton.LeftButton)
    idle(window, qtbot)
    assert off(window) == "0.1, mlp.1 off (zero)"
    asked = len(passes.asked)
    qtbot.mouseClick(window.ablation.first.all_on, Qt.MouseButton.LeftButton)
    assert off(window) == ""
    assert len(passes.asked) == asked, "the ordinary run was known"


def test_zero_and_mean_change_what_is_off_now(make_window: Make, tiny_llama, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    run(window, "off.head", qtbot)
    window.ablation.first.how.chosen.emit("mean")
    idle(window, qtbot)
    assert off(window).endswith("off (mean)")
    assert window.ablation.first.how.value() == "mean"
    assert window.session.settings.ablate_how == "mean"
    run(window, "off.how", qtbot)
    assert off(window).endswith("off (zero)")


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_many_parts_keep_the_window_s_size(make_window: Make, tiny_llama, scale: float, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.resize(960, 600)
    if scale > 1:
        window.run("lecture.switch")
        window.showNormal()
        window.resize(960, 600)
    parts = ",".join(f"{layer}.{head}" for layer in range(3) for head in range(4)) + ",mlp.0,mlp.1,mlp.2"
    window.session.ask(RunRequest("abcd", interventions=parse(parts)))
    idle(window, qtbot)
    QApplication.processEvents()
    assert (window.width(), window.height()) == (960, 600)
    line: PaneLine = window.ablation.first
    shown = [chip for chip in line.chips if not chip.isHidden()]
    assert shown and len(shown) + len(line.hidden_parts()) == 15
    assert all(chip.geometry().right() <= line._strip.width() for chip in shown), "no name is cut"
    room = line._strip.width() - (line.more.geometry().right() if not line.more.isHidden() else 0)
    assert room < 2 * shown[0].width(), "as many as fit"
    assert line.isVisible() and line.all_on.isVisible()
    line.menu.actions()[0].trigger()
    idle(window, qtbot)
    assert len(line.chips) == 14


def test_marks_say_which_head_is_off(make_window: Make, tiny_llama, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.session.select(layer=1, head=2)
    window.views.show_views("attention_map", "head_grid")
    run(window, "off.head", qtbot)
    qtbot.waitUntil(lambda: all(view.is_complete() for view in window.views.shown_views()), timeout=PATIENCE)
    grid, matrix = window.views.view("head_grid"), window.views.view("attention_map")
    assert grid.mosaic.off() == {(1, 2)}
    grid._on_mosaic_head_hovered(1, 2)
    assert "switched off" in grid.mosaic.toolTip()
    assert "switched off" in matrix.selection_text(window.session.trace, window.session.selection)
    assert matrix.note().startswith("Switched off")
    assert window.selectors.head.number.font().strikeOut()
    assert "1.2 off (zero)" in window.status.facts.text()
    assert "1.2 off (zero)" in matrix.whole_caption()
    window.session.select(head=3)
    assert not window.selectors.head.number.font().strikeOut()
    assert not matrix.note()


def test_the_statistics_strike_a_head_out(make_window: Make, tiny_llama, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.session.select(layer=1, head=2)
    window.views.show_views("head_statistics")
    run(window, "off.head", qtbot)
    view = window.views.view("head_statistics")
    qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
    heads = view.table.heads
    assert heads.index(heads.row_of(1, 2), 0).data(Qt.ItemDataRole.FontRole).strikeOut()
    assert "switched off" in heads.index(heads.row_of(1, 2), 0).data(Qt.ItemDataRole.ToolTipRole)
    assert heads.index(heads.row_of(1, 1), 0).data(Qt.ItemDataRole.FontRole) is None


def test_a_right_click_means_the_head_under_the_pointer(make_window: Make, tiny_llama, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.session.select(layer=0, head=0)
    window.views.show_views("head_grid")
    grid = window.views.view("head_grid")
    qtbot.waitUntil(grid.is_complete, timeout=PATIENCE)
    right_click(grid.mosaic, grid.mosaic.thumbnail_rect(2, 1).center())
    menu = menu_of(window, qtbot)
    switches = [action for action in menu.actions() if action.text().startswith("Switch off ")]
    assert [action.text() for action in switches] == [
        "Switch off head 1 of layer 2",
        "Switch off all heads of layer 2",
        "Switch off the feed-forward part of layer 2",
    ]
    switches[0].trigger()
    menu.close()
    idle(window, qtbot)
    assert off(window) == "2.1 off (zero)"
    menu = head_menu(window, window.session.showing, grid.selection.place)
    menu.deleteLater()


def test_the_menu_says_on_again_and_offers_everything(make_window: Make, tiny_llama, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.session.select(layer=1, head=2)
    run(window, "off.head", qtbot)
    menu = head_menu(window, window.session.showing, window.session.selection.place)
    texts = [action.text() for action in menu.actions()]
    assert "Switch head 2 of layer 1 on again" in texts
    everything = next(action for action in menu.actions() if action.text() == "Switch everything on again")
    assert everything.isEnabled()
    mean = next(action for action in menu.actions() if action.text().endswith("mean over the text"))
    mean.trigger()
    idle(window, qtbot)
    assert off(window) == "1.2 off (mean)"
    everything.trigger()
    assert off(window) == ""
    menu.deleteLater()


def test_the_feed_forward_column_of_importance_has_its_own_menu(make_window: Make, tiny_llama, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.views.show_views("head_importance")
    view = window.views.view("head_importance")
    qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
    at = view.heatmap.arrangement().cell_rect(0, 4).center()
    right_click(view.heatmap, QPoint(round(at.x()), round(at.y())))
    menu = menu_of(window, qtbot)
    switches = [action for action in menu.actions() if action.text().startswith("Switch off ")]
    texts = [action.text() for action in switches]
    assert texts == ["Switch off all heads of layer 2", "Switch off the feed-forward part of layer 2"]
    switches[1].trigger()
    menu.close()
    idle(window, qtbot)
    assert off(window) == "mlp.2 off (zero)"


@pytest.mark.parametrize("view_id", ["attention_map", "attention_lines", "head_statistics"])
def test_every_view_of_heads_has_the_menu_of_the_selected_head(
    make_window: Make, tiny_llama, view_id: str, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    window.session.select(layer=1, head=2)
    window.views.show_views(view_id)
    view = window.views.view(view_id)
    qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
    right_click(view, QPoint(view.width() - 2, view.height() - 2))
    menu = menu_of(window, qtbot)
    assert "Switch off head 2 of layer 1" in [action.text() for action in menu.actions()]
    menu.close()


def greyed(window: MainWindow) -> list[str]:
    menu = head_menu(window, window.session.showing, window.session.selection.place)
    texts = [action.text() for action in menu.actions() if not action.isEnabled() and action.text()]
    menu.deleteLater()
    return texts


def test_the_greyed_menu_says_why(make_window: Make, tiny_llama, qtbot: QtBot, tmp_path: Path) -> None:
    window = make_window(tiny_llama)
    capture.run(tiny_llama, RunRequest("abcd", interventions=parse("1.2"))).save(tmp_path / "a.safetensors")
    window.session.show_trace(Trace.open(tmp_path / "a.safetensors"))
    found = greyed(window)
    assert found[0] == errors.present(CannotIntervene("no_model"))[0]
    assert f"Switch off all heads of layer {window.session.selection.layer}" in found
    line = window.ablation.first
    assert not line.isHidden() and [chip.text() for chip in line.chips] == ["L1 H2"]
    assert not line.all_on.isEnabled() and not line.chips[0].isEnabled()
    window.run("off.head")
    assert "without its model" in window.banner.headline.text()
    assert off(window) == "1.2 off (zero)"


def test_a_family_outside_the_registry_says_so(make_window: Make, qtbot: QtBot) -> None:
    loaded = models.wrap(build(FALLBACK[0]), plain_tokenizer(), source="outside")
    window = make_window(loaded, "w1 w2 w3")
    assert greyed(window)[0] == errors.present(CannotIntervene("outside_registry"))[0]
    run(window, "off.head", qtbot)
    assert off(window) == ""
    assert window.banner.headline.text() == errors.present(CannotIntervene("outside_registry"))[0]


def test_what_another_model_lacks_is_told_in_the_banner(
    make_window: Make, tiny_llama: LoadedModel, tiny_bert: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    window.session.select(layer=2, head=3)
    run(window, "off.head", qtbot)
    window.session._load = lambda source, *_: tiny_bert
    window.session.load_model("bert")
    idle(window, qtbot)
    assert off(window) == ""
    assert "2.3 off (zero)" in window.banner.headline.text()
    assert window.ablation.first.isHidden()


def test_a_model_of_one_head(make_window: Make, qtbot: QtBot) -> None:
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    from tests.tokenizers import byte_level

    torch.manual_seed(0)
    tokenizer = byte_level()
    config = GPT2Config(vocab_size=len(tokenizer), n_embd=16, n_layer=1, n_head=1, n_positions=32)
    window = make_window(models.wrap(GPT2LMHeadModel(config).eval(), tokenizer, source="one"))
    run(window, "off.head", qtbot)
    assert off(window) == "0.0 off (zero)"
    assert switching.is_off(window.session.showing, switching.sites("self", 0, 0)["layer"])
    run(window, "off.layer", qtbot)
    assert off(window) == ""


def test_the_attention_of_a_run_without_a_head_is_its_own(make_window: Make, tiny_llama, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.session.select(layer=0, head=1)
    run(window, "off.layer", qtbot)
    window.session.select(layer=2, head=1)
    view = window.views.view("attention_map")
    expected = capture.run(tiny_llama, RunRequest("abcd", interventions=parse("0")))
    assert view.heatmap.values == pytest.approx(expected.attention(2, 1), abs=1e-5)


def test_two_panes_have_a_line_each(make_window: Make, tiny_llama, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.session.select(layer=1, head=2)
    other = window.session.compare()
    idle(window, qtbot)
    switching.switch(other, switching.sites("self", 1, 2)["head"])
    idle(window, qtbot)
    line = window.ablation.other
    assert line is not None and not line.isHidden() and window.ablation.first.isHidden()
    assert line.label.text().startswith("B")
    assert off(window) == ""
    window.session.stop_comparing()
    assert window.ablation.other is None


def test_the_difference_of_two_runs_names_what_is_off_in_each(make_window: Make, tiny_llama, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    other = window.session.compare(RunRequest("abcd", interventions=parse("1.2")))
    idle(window, qtbot)
    assert other.trace is not None
    window.session.select(difference=True)
    view = window.views.view("attention_map")
    qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
    assert view.whole_caption().endswith("B: 1.2 off (zero)")
    assert view.whole_data()["interventions"] == "B: 1.2 off (zero)"
