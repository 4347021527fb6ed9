"""Sessions saved in one window and opened in another."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from tests.widgets.conftest import Passes
from visualizer.core.errors import Cancelled, OpenedInPart, UnknownDevice, UnknownModel
from visualizer.core.interventions import ablation
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.session import document_file
from visualizer.session.document import Document, Layout, ModelReference, Pane
from visualizer.session.last_session import LastSession
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.views.attention_lines.options import Options as LineOptions
from visualizer.widgets import controller
from visualizer.widgets.appearance import Appearance
from visualizer.widgets.main_window import MainWindow

Open = Callable[..., MainWindow]


@pytest.fixture
def fresh(qtbot: QtBot, qapp: QApplication, tiny_llama: Any, tiny_bert: Any) -> Iterator[Callable[..., MainWindow]]:
    """fresh(): a window with nothing in it that can load tiny-llama and tiny-bert; loads are noted in `asked`."""
    models = {model.source: model for model in (tiny_llama, tiny_bert)}
    made: list[MainWindow] = []

    def make(passes: Passes | None = None, asked: list[tuple[str, str, str]] | None = None) -> MainWindow:
        def load(source: str, device: str, dtype: str, should_stop: Any, *_: Any) -> LoadedModel:
            if asked is not None:
                asked.append((source, device, dtype))
            if source not in models:
                raise UnknownModel(source)
            if device.startswith("cuda"):
                raise UnknownDevice(device, ("cpu",))
            return models[source]

        session = Session(Settings(language="en", theme="light"), load=load, run=passes or Passes())
        appearance = Appearance(qapp, session)
        appearance.apply()
        window = controller.make_window(session, appearance)
        made.append(window)
        window.resize(1280, 800)
        window.views.show_views("attention_map")
        window.show()
        return window

    yield make
    for window in made:
        window.documents.end()
        window.close()
        assert window.session.shutdown(), "the worker must end"
        window.deleteLater()
        window.session.deleteLater()


def _settled(window: MainWindow, qtbot: QtBot) -> None:
    """Until nothing is loaded, run, opened or restored."""
    session = window.session
    keys = [key for pane in session.panes for key in pane.keys]
    qtbot.waitUntil(
        lambda: not window.documents.restoring.is_busy and not any(session.jobs.is_busy(key) for key in keys),
        timeout=20_000,
    )


def _without_ids(document: Document) -> dict[str, Any]:
    """What is compared: runs by what was asked, and what each grew from."""
    by_id = {run.id: run.request for run in document.runs}
    runs = {(run.request, run.model, by_id.get(run.parent or -1)) for run in document.runs}
    return {name: getattr(document, name) for name in Document.__dataclass_fields__ if name != "runs"} | {"runs": runs}


def test_a_fresh_window_shows_what_was_saved(
    fresh: Open, passes: Passes, tmp_path: Path, qtbot: QtBot, tiny_llama: LoadedModel
) -> None:
    window = fresh()
    session = window.session
    session.set_text("abcd")
    session.load_model("tiny-llama")
    _settled(window, qtbot)
    off = (ablation.head(1, 2), ablation.feed_forward(0))
    session.ask(RunRequest("abcd", interventions=off))
    _settled(window, qtbot)
    session.compare(RunRequest("abxd"))
    assert session.other is not None
    _settled(window, qtbot)
    session.select(layer=2, head=3, query=3, key=1, scale="log", temperature=0.5)
    session.other.take({"difference": True})
    session.set_options("attention_lines", LineOptions, mass=0.4)
    window.views.show_views("attention_lines", "head_grid")
    assert window.views.ordinary_second == "", "the second view looks at the second pane"
    window.views.set_dock(False)
    path = tmp_path / "lesson.tvsession"
    window.documents.save(path)
    saved = document_file.read(path)
    assert saved.panes[0].request.interventions == off

    other = fresh(passes)
    assert other.documents.open(path)
    assert other.views.first == "attention_lines", "views stand at once, before any model is there"
    _settled(other, qtbot)
    restored = other.session
    assert restored.model is tiny_llama
    assert restored.request == RunRequest("abcd", interventions=off)
    assert restored.other is not None and restored.other.request == RunRequest("abxd")
    assert restored.other.trace is not None
    assert restored.trace is not None and restored.trace.request.interventions == off
    assert restored.selection == session.selection
    assert restored.other.selection == session.other.selection
    assert restored.options("attention_lines", LineOptions) == LineOptions(mass=0.4)
    assert (other.views.first, other.views.second) == ("attention_lines", "head_grid")
    assert other.views.is_comparing and other.views.ordinary_second == ""
    assert not other.views.dock_wanted
    assert _without_ids(other.documents.current()) == _without_ids(saved)
    assert len(passes.asked) == 2, "each pane is asked once, and nothing else"
    assert not other.banner.isVisible()


def test_opening_over_what_is_open_replaces_it(fresh: Open, tmp_path: Path, qtbot: QtBot) -> None:
    window, asked = fresh(asked=(loads := [])), loads
    path = tmp_path / "a.tvsession"
    plain = Document((Pane(RunRequest("abcd"), 0),), (ModelReference("tiny-llama", "cpu", "float32"),))
    document_file.write(plain, path)
    window.documents.open(path)
    _settled(window, qtbot)
    window.session.compare(RunRequest("other"))
    window.session.set_options("attention_lines", LineOptions, mass=0.4)
    window.session.set_text("typed")
    _settled(window, qtbot)
    window.documents.open(path)
    _settled(window, qtbot)
    assert window.session.other is None
    assert window.session.trace is not None and window.session.trace.text == "abcd"
    assert window.session.options("attention_lines", LineOptions) == LineOptions()
    assert len(asked) == 1, "a model that is there is not loaded again"


def test_two_panes_with_models_of_their_own(fresh: Open, tmp_path: Path, qtbot: QtBot, tiny_bert: LoadedModel) -> None:
    asked: list[tuple[str, str, str]] = []
    window = fresh(asked=asked)
    document = Document(
        (Pane(RunRequest("abcd"), 0), Pane(RunRequest("the cat"), 1)),
        (ModelReference("tiny-llama", "cpu", "float32"), ModelReference("tiny-bert", "cpu", "bfloat16")),
    )
    window.documents.show(document)
    _settled(window, qtbot)
    assert window.session.other is not None
    assert window.session.other.model is tiny_bert
    assert window.session.other.trace is not None and window.session.other.trace.text == "the cat"
    assert asked == [("tiny-llama", "cpu", "float32"), ("tiny-bert", "cpu", "bfloat16")]
    assert window.session.settings.dtype == "float32"


def test_a_missing_model_is_named_and_the_rest_is_opened(fresh: Open, tmp_path: Path, qtbot: QtBot) -> None:
    window = fresh()
    errors: list[Exception] = []
    window.session.error_raised.connect(errors.append)
    document = Document(
        (Pane(RunRequest("abcd"), 0), Pane(RunRequest("the cat"), 1)),
        (ModelReference("/gone/model"), ModelReference("tiny-bert")),
        layout=Layout("head_grid", dock=False),
    )
    window.documents.show(document, "x.tvsession")
    _settled(window, qtbot)
    assert window.session.text == "abcd"
    assert window.views.first == "head_grid"
    assert window.session.other is not None and window.session.other.trace is not None
    assert isinstance(errors[-1], OpenedInPart)
    assert errors[-1].missing == ("/gone/model",)
    assert window.banner.isVisible()
    assert "/gone/model" in window.banner.headline.text()


def test_where_another_model_stands_in_what_it_has_not_is_left_out(
    make_window: Open, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)

    def load(source: str, *_: Any) -> LoadedModel:
        raise UnknownModel(source)

    window.session._load = load
    errors: list[Exception] = []
    window.session.error_raised.connect(errors.append)
    far = RunRequest("abxd", interventions=(ablation.head(40, 0), ablation.head(0, 0)))
    window.documents.show(Document((Pane(far, 0), Pane(RunRequest("wxyz"), 0)), (ModelReference("gone"),)))
    _settled(window, qtbot)
    assert window.session.trace is not None and window.session.trace.text == "abxd"
    assert window.session.trace.request.interventions == (ablation.head(0, 0),)
    assert window.session.other is not None
    assert isinstance(errors[-1], OpenedInPart) and errors[-1].missing == ("gone",)


def test_a_missing_trace_is_named_and_the_text_is_run(fresh: Open, tmp_path: Path, qtbot: QtBot) -> None:
    window = fresh()
    gone = str(tmp_path / "gone.safetensors")
    window.documents.show(Document((Pane(RunRequest("abcd"), 0, gone),), (ModelReference("tiny-llama"),)))
    _settled(window, qtbot)
    assert window.session.trace is not None and window.session.trace.text == "abcd"
    assert gone in window.banner.headline.text()


def test_a_trace_of_a_file_comes_back_from_the_file(fresh: Open, tmp_path: Path, qtbot: QtBot) -> None:
    window = fresh()
    window.session.set_text("abcd")
    window.session.load_model("tiny-llama")
    _settled(window, qtbot)
    assert window.session.trace is not None
    window.session.trace.save(tmp_path / "t.safetensors")
    window.session.open_trace(tmp_path / "t.safetensors")
    _settled(window, qtbot)
    window.documents.save(tmp_path / "a.tvsession")
    passes = Passes()
    other = fresh(passes)
    other.documents.open(tmp_path / "a.tvsession")
    _settled(other, qtbot)
    assert other.session.trace is not None and other.session.trace.text == "abcd"
    assert other.session.model is not None, "what is typed next is asked of the model that was there"
    assert passes.asked == []


def test_a_device_that_is_not_here_gives_way_to_the_processor(fresh: Open, qtbot: QtBot) -> None:
    asked: list[tuple[str, str, str]] = []
    window = fresh(asked=asked)
    elsewhere = ModelReference("tiny-llama", "cuda:1", "float32")
    window.documents.show(Document((Pane(RunRequest("abcd"), 0),), (elsewhere,)))
    _settled(window, qtbot)
    assert window.session.trace is not None
    assert [device for _, device, _ in asked] == ["cuda:1", "cpu"]
    assert "cuda:1" in window.banner.headline.text()


@pytest.mark.parametrize("source", ["\\\\host\\share\\model", "//host/share/model"])
def test_no_other_machine_is_asked_because_a_file_says_so(fresh: Open, qtbot: QtBot, source: str) -> None:
    asked: list[tuple[str, str, str]] = []
    window = fresh(asked=asked)
    trace = source + ".safetensors"
    document = Document((Pane(RunRequest("a"), 0, trace), Pane(RunRequest("b"), 0, trace)), (ModelReference(source),))
    window.documents.show(document)
    _settled(window, qtbot)
    assert asked == []
    assert source in window.banner.headline.text() and trace in window.banner.headline.text()


def test_who_types_meanwhile_goes_before_the_document(make_window: Open, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    document = Document((Pane(RunRequest("abcd"), 0), Pane(RunRequest("wxyz"), 0)), (ModelReference("elsewhere"),))
    window.documents.show(document)
    window.session.set_text("typed")
    _settled(window, qtbot)
    assert window.session.other is None
    assert window.session.text == "typed"


def test_damaged_and_missing_files_leave_the_window_as_it_is(make_window: Open, tmp_path: Path) -> None:
    window = make_window()
    (tmp_path / "a.tvsession").write_text("{")
    before = window.documents.current()
    for name in ("a.tvsession", "none.tvsession"):
        assert not window.documents.open(tmp_path / name)
        assert name in window.banner.headline.text()
    assert window.documents.current() == before
    assert window.session.settings.recent_sessions == []


def test_unknown_fields_survive_a_window(fresh: Open, tmp_path: Path, qtbot: QtBot) -> None:
    window, path = fresh(), tmp_path / "a.tvsession"
    content = {
        "format": document_file.FORMAT,
        "version": 1,
        "lesson": [1],
        "models": [{"source": "tiny-llama", "device": "cpu", "dtype": "float32", "revision": "x"}],
        "panes": [{"request": {"text": "abcd"}, "model": 0, "zoom": 2}],
        "runs": [{"id": 7, "model": 0, "request": {"text": "abcd"}, "note": "good"}],
        "layout": {"first": "head_grid", "third": "z"},
        "options": {"of_another_package": {"a": 1}},
    }
    path.write_text(json.dumps(content))
    window.documents.open(path)
    _settled(window, qtbot)
    window.documents.save(path)
    saved = json.loads(path.read_text(encoding="utf-8"))
    assert (saved["lesson"], saved["models"][0]["revision"], saved["panes"][0]["zoom"]) == ([1], "x", 2)
    assert (saved["runs"][0]["note"], saved["layout"]["third"]) == ("good", "z")
    assert saved["options"]["of_another_package"] == {"a": 1}


def test_what_was_asked_keeps_its_parents(fresh: Open, tmp_path: Path, qtbot: QtBot) -> None:
    window, path = fresh(), tmp_path / "a.tvsession"
    window.session.set_text("a")
    window.session.load_model("tiny-llama")
    _settled(window, qtbot)
    for text in ("ab", "abc"):
        window.session.set_text(text)
        _settled(window, qtbot)
    window.documents.save(path)
    other = fresh()
    other.documents.open(path)
    _settled(other, qtbot)
    runs = {run.request.text: run for run in other.session.runs}
    assert runs["abc"].parent == runs["ab"].id
    assert runs["ab"].parent == runs["a"].id
    assert runs["ab"].trace is None and runs["abc"].trace is not None


def test_more_questions_than_a_file_holds_leave_the_oldest_out(
    make_window: Open, tiny_llama: LoadedModel, tmp_path: Path
) -> None:
    window, path = make_window(tiny_llama, "shown"), tmp_path / "a.tvsession"
    assert window.session.model is not None
    for number in range(40):
        window.session.runs.remember(RunRequest(f"{number}" + "\n𠮷" * 20_000), window.session.model)
    window.documents.save(path)
    texts = [run.request.text for run in document_file.read(path).runs]
    assert "shown" in texts, "what a pane shows is kept before all else"
    assert texts[-1].startswith("39") and 2 < len(texts) < 12


def test_saving_and_opening_by_command_fill_the_list_of_recent_ones(
    fresh: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    window = fresh()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "one"), ""))
    window.run("session.save")
    path = tmp_path / "one.tvsession"
    assert path.is_file()
    window.session.set_text("changed")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    window.run("session.open")
    _settled(window, qtbot)
    assert window.session.text == ""
    assert window.session.settings.recent_sessions == [str(path)]
    window.session.set_text("changed again")
    menu = window.documents.open_recent()
    (action,) = menu.actions()
    assert "one" in action.text()
    action.trigger()
    menu.close()
    _settled(window, qtbot)
    assert window.session.text == ""
    path.unlink()
    assert not window.documents.open(path)
    menu = window.documents.open_recent()
    assert [action.isEnabled() for action in menu.actions()] == [False]
    menu.close()


def test_a_session_that_is_dropped_on_the_window_is_opened(fresh: Open, tmp_path: Path, qtbot: QtBot) -> None:
    window, path = fresh(), tmp_path / "a.tvsession"
    document_file.write(Document((Pane(RunRequest("dropped")),)), path)
    _drop(window, path)
    qtbot.waitUntil(lambda: window.session.text == "dropped", timeout=5_000)
    _drop(window, tmp_path / "picture.png")
    assert window.session.text == "dropped"


def _drop(window: QWidget, path: Path) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    action, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), action, data, buttons, keys)
    enter.ignore()
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), action, data, buttons, keys))
    return enter.isAccepted()


def test_what_is_open_is_kept_and_offered_after_a_crash(fresh: Open, tmp_path: Path, qtbot: QtBot) -> None:
    window = fresh()
    first = LastSession(tmp_path)
    window.documents.watch(first)
    assert not window.banner.isVisible()
    window.session.set_text("abcd")
    window.session.load_model("tiny-llama")
    path = tmp_path / "open-1.tvsession"
    qtbot.waitUntil(path.exists, timeout=20_000)
    left = path.read_bytes()
    window.documents.end()
    assert not path.exists(), "closed in order"

    path.write_bytes(left)  # as a crash leaves it
    other = fresh()
    other.documents.watch(LastSession(tmp_path))
    assert other.banner.isVisible() and other.banner.offer.isVisible()
    assert other.session.text == "", "nothing is restored before somebody wants it"
    other.banner.offer.click()
    _settled(other, qtbot)
    assert other.session.trace is not None and other.session.trace.text == "abcd"
    assert not other.banner.isVisible()


def test_restoring_where_nothing_was_left_says_so(fresh: Open) -> None:
    window = fresh()
    window.run("session.restore")
    assert window.banner.isVisible() and window.banner.headline.text()
    assert not window.banner.offer.isVisible()


def test_a_load_that_is_stopped_leaves_the_texts(make_window: Open, qtbot: QtBot) -> None:
    window = make_window()

    def load(source: str, device: str, dtype: str, should_stop: Any, *_: Any) -> LoadedModel:
        while not should_stop():
            pass
        raise Cancelled

    window.session._load = load
    window.documents.show(Document((Pane(RunRequest("abcd"), 0),), (ModelReference("slow"),)))
    window.run("run.cancel")
    _settled(window, qtbot)
    assert window.session.text == "abcd"
    assert not window.banner.isVisible()
