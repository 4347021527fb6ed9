from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from tests.session.fakes import Runner
from tests.widgets.conftest import Passes
from visualizer.core.errors import NoNetwork, NotEnoughMemory, RunFailed
from visualizer.core.loaded_model import LoadedModel
from visualizer.session.settings import Settings
from visualizer.ui import i18n
from visualizer.views.registry import VIEWS
from visualizer.views.save_dialog import SaveDialog
from visualizer.widgets import window_state
from visualizer.widgets.commands import BY_ID, COMMANDS
from visualizer.widgets.main_window import MainWindow
from visualizer.widgets.palette import Palette

Make = Callable[..., MainWindow]


def test_every_view_has_a_command_and_every_key_is_used_once() -> None:
    assert {f"view.{view_id}" for view_id in VIEWS} <= set(BY_ID)
    keys = [key for command in COMMANDS for key in command.keys]
    assert len(keys) == len(set(keys))


def test_arrow_keys_walk_layers_and_heads_and_stop_at_the_ends(
    make_window: Make, tiny_llama: LoadedModel, passes: Passes
) -> None:
    window = make_window(tiny_llama)
    for command in ["layer.next"] * 5 + ["head.next"] * 9 + ["head.previous"]:
        window.run(command)
    assert (window.session.selection.layer, window.session.selection.head) == (2, 2)
    assert window.selectors.layer.number.value() == 2
    assert window.selectors.head.number.value() == 2
    for command in ["layer.previous"] * 5:
        window.run(command)
    assert window.session.selection.layer == 0
    assert len(passes.asked) == 1, "looking must not run the model"


def test_no_command_that_looks_runs_the_model(make_window: Make, tiny_marian: LoadedModel, passes: Passes) -> None:
    window = make_window(tiny_marian)
    for command in COMMANDS:
        if command.id.partition(".")[0] in ("layer", "head", "kind", "unlock", "view", "language", "theme"):
            window.run(command.id)
    window.run("theme.switch")
    window.run("language.switch")
    assert not window.session.jobs.is_busy("run")
    assert len(passes.asked) == 1


def test_keys_act_on_the_views_but_never_while_typing(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.session.select(layer=0, head=0)
    window.activateWindow()
    window.views.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Up)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert (window.session.selection.layer, window.session.selection.head) == (1, 1)
    qtbot.keyClick(window, Qt.Key.Key_3)
    assert window.views.first == "head_grid"
    qtbot.keyClick(window, Qt.Key.Key_Slash)
    field = window.top_bar.prompt.text_field
    assert field.hasFocus()
    qtbot.keyClicks(field, "1/?k")
    qtbot.keyClick(field, Qt.Key.Key_Up)
    qtbot.keyClick(field, Qt.Key.Key_Left)
    assert field.text() == "1/?k"
    assert (window.session.selection.layer, window.session.selection.head) == (1, 1)
    assert window.views.first == "head_grid"
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not field.hasFocus()


def test_escape_unlocks(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    window.session.select(query=1, key=0, position=1)
    window.run("unlock")
    selection = window.session.selection
    assert (selection.query, selection.key, selection.position) == (None, None, -1)


@pytest.mark.parametrize(
    "error", [NoNetwork("owner/model"), NotEnoughMemory(8 * 10**9, 10**9), RunFailed("shapes"), ZeroDivisionError("x")]
)
def test_errors_stand_in_the_banner_until_they_are_closed(make_window: Make, error: Exception) -> None:
    window = make_window()
    assert not window.banner.isVisible()
    window.session.report_error(error)
    assert window.banner.isVisible()
    assert window.banner.headline.text()
    assert "Traceback" not in window.banner.headline.text() + window.banner.advice.text()
    window.banner.close_button.click()
    assert not window.banner.isVisible()


def test_a_good_result_takes_the_error_away(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.session.report_error(RunFailed("once"))
    with qtbot.waitSignal(window.session.trace_changed, timeout=10_000):
        window.session.set_text("another")
    assert not window.banner.isVisible()


def test_a_text_beyond_the_maximum_is_cut_with_a_notice(make_window: Make, tiny_bert: LoadedModel) -> None:
    window = make_window(tiny_bert, "the cat sat on the mat " * 30)
    assert window.banner.isVisible()
    assert window.status.cut.isVisible()
    assert window.session.trace is not None
    assert str(window.session.trace.cut) in window.status.cut.text()


def test_the_language_changes_every_visible_text(make_window: Make, tiny_marian: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_marian)
    window.session.select(kind="encoder")

    def texts() -> set[str]:
        shown = {label.text() for label in window.findChildren(QLabel) if label.isVisible() and label.text()}
        return shown | {window.selectors.kind.currentText(), window.top_bar.device.toolTip()}

    english = texts()
    assert {"Layer", "Head", "Encoder self-attention"} <= english
    window.run("language.switch")
    qtbot.waitUntil(lambda: "層" in texts())
    japanese = texts()
    assert {"層", "ヘッド", "エンコーダーの自己注意"} <= japanese
    # The generated text and names are the model's own; figures have no language.
    words = {text for text in japanese & english if any(c.isalpha() for c in text) and "<span" not in text}
    assert words <= {"Top-k", "Top-p"}, f"still English: {words}"
    assert window.top_bar.language.text() == "English"
    window.run("language.switch")
    qtbot.waitUntil(lambda: texts() == english)


def test_the_theme_reaches_parts_and_views(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    window.run("theme.switch")
    assert window.session.theme.name == "dark"
    for part in (window.top_bar, window.tokens, window.banner, window.activity, window.selectors, window.status):
        assert part.theme.name == "dark", type(part).__name__
    assert all(view.theme.name == "dark" for view in window.views.shown_views())
    window.run("theme.switch")
    assert window.session.theme.name == "light"


def test_lecture_mode_enlarges_and_hides_what_a_class_does_not_need(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    window.run("lecture.switch")
    assert window.session.theme.scale * 12 >= 0.025 * window.height()
    assert not window.status.isVisible() and not window.tokens.isVisible()
    window.run("lecture.switch")
    assert window.session.theme.scale == 1.0
    assert window.status.isVisible() and window.tokens.isVisible()


def test_two_views_stand_side_by_side_and_never_twice(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    views = window.views
    assert [view.id for view in views.shown_views()] == ["attention_map", "next_token"]
    views.set_second(True, "head_grid")
    assert [view.id for view in views.shown_views()] == ["attention_map", "head_grid", "next_token"]
    views.choose("attention_map")
    assert (views.first, views.second) == ("head_grid", "attention_map"), "they change places"
    views.set_second(False)
    views.choose("next_token")
    assert [view.id for view in views.shown_views()] == ["next_token"], "the dock gives its view away"
    assert views.view("next_token").isVisible()
    views.choose("attention_map")
    assert [view.id for view in views.shown_views()] == ["attention_map", "next_token"]
    assert window.activity.buttons["attention"].isChecked()


def test_the_palette_finds_and_runs_a_command(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.session.select(layer=0)
    window.run("palette")
    palette = window.findChild(Palette)
    assert palette is not None
    assert palette.list.topLevelItemCount() == len(COMMANDS)
    palette.search.setText("next layer")
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert window.session.selection.layer == 1
    qtbot.waitUntil(lambda: window.findChild(Palette) is None)


def test_the_export_menu_of_every_shown_view_asks_where_to_and_saves_that_view(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window(tiny_llama)
    window.views.set_second(True, "head_grid")
    for view in window.views.shown_views():
        path = tmp_path / f"{view.id}.svg"
        qtbot.waitUntil(view.is_complete)
        with qtbot.waitSignal(window.session.notice_raised) as notice:
            view.header.export_requested.emit("svg")
            dialog = window.findChild(SaveDialog)
            dialog.file.setText(str(path))
            dialog.save_button.click()
        dialog.deleteLater()
        QCoreApplication.sendPostedEvents(dialog, QEvent.Type.DeferredDelete.value)
        assert notice.args == ["saved", {"path": str(path)}]
        assert path.stat().st_size > 0


def test_closing_during_a_run_is_prompt(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    runner = Runner(held=True)
    window = make_window(None, run=runner)
    window.session._load = lambda *_: tiny_llama  # type: ignore[assignment]
    window.session.load_model("any")
    qtbot.waitUntil(runner.started.is_set)
    began = time.monotonic()
    window.close()
    assert window.session.shutdown(2.0)
    assert time.monotonic() - began < 2.0


def test_progress_can_be_seen_and_stopped(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    runner = Runner(held=True)
    window = make_window(None, run=runner)
    window.session._load = lambda *_: tiny_llama  # type: ignore[assignment]
    window.session.load_model("any")
    qtbot.waitUntil(lambda: window.status.stop.isVisible() and runner.started.is_set())
    window.status.stop.click()
    qtbot.waitUntil(lambda: not window.status.stop.isVisible())
    assert not window.session.jobs.is_busy("run")


def test_the_model_card_tells_the_models_figures(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    popup: Any = window.top_bar.open_card()
    facts = dict(popup.facts(tiny_llama.card))
    assert facts["Layers × heads"] == "3 × 4 (2 for keys and values)"
    assert facts["Device"] == "CPU"
    assert f"{tiny_llama.card.parameters:,}" == facts["Parameters"]
    popup.close()


def test_the_dock_keeps_the_width_that_it_was_dragged_to_and_folds_at_the_edge(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    views = window.views
    views.lay_out_first_time()
    handle = views.splitter.handle(2)
    assert handle.width() >= 4, "a pointer finds it"
    views.splitter.moveSplitter(handle.x() - 90, 2)
    width = views.splitter.sizes()[2]
    assert width > 340
    window.tabs.dock.click()
    assert not views.dock_wanted and not window.tabs.dock.isChecked()
    window.run("view.dock")
    assert abs(views.splitter.sizes()[2] - width) <= 6
    settings = Settings()
    window_state.remember(window, settings)
    other = make_window(tiny_llama)
    window_state.restore(other, settings)
    other.views.set_dock(False)
    other.views.set_dock(True)
    assert abs(other.views.splitter.sizes()[2] - width) <= 6
    views.splitter.moveSplitter(views.width(), 2)
    assert not views.dock_wanted and not window.tabs.dock.isChecked()
    window.run("view.dock")
    assert views.splitter.sizes()[2] > 200, "what was folded comes back whole"


def test_of_two_views_the_one_that_keys_mean_is_marked(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    window.activateWindow()

    def marked() -> list[str]:
        accent = window.session.theme.accent
        shown = [view for view in window.views.shown_views() if view.id != "next_token"]
        return [view.id for view in shown if view.header.grab().toImage().pixelColor(4, 1).name() == accent]

    assert marked() == [], "one view needs no mark"
    window.views.set_second(True, "head_grid")
    window.views.view("head_grid").findChild(QToolButton).setFocus()
    assert marked() == ["head_grid"]
    window.views.view("attention_map").findChild(QToolButton).setFocus()
    assert marked() == ["attention_map"]


def test_a_download_says_its_bytes_in_both_languages(make_window: Make, qapp: QApplication) -> None:
    from visualizer.core.system.progress import download

    window = make_window()
    session, line = window.session, window.status
    session.busy_changed.emit("load", True)
    line._show_work()
    session.progress_changed.emit("load", 0.5, download(5_000_000, 10_000_000))
    assert line.work.text() == "Loading the model · 5.0 MB of 10 MB"
    session.progress_changed.emit("load", 0.9, "weights")
    assert line.work.text() == "Loading the model · weights"
    i18n.install_language(qapp, "ja")
    session.progress_changed.emit("load", 0.5, download(6_000_000, 10_000_000))
    assert line.work.text().endswith(" · 10 MB 中 6.0 MB")
    session.busy_changed.emit("load", False)
    assert not line.work.isVisible()
