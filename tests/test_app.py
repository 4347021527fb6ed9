from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from visualizer import app
from visualizer.core.request import RunRequest
from visualizer.session import document_file
from visualizer.session.document import Document, Layout, ModelReference, Pane
from visualizer.session.session import Session
from visualizer.session.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
NOTHING = dict.fromkeys(
    ("model", "device", "dtype", "text", "pair", "target", "trace", "session", "example", "lang", "theme")
)


def run_window(script: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, with `script` run when its window is shown (`window` is at hand)."""
    command, environment = program(script, home, *arguments)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)


def program(script: str, home: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """What `run_window` runs, and its environment."""
    code = f"""
import sys, json
from PySide6.QtCore import QTimer
from visualizer import app
begin = app.begin
def shown(window, asked, damaged):
{script}
app.begin = shown
sys.argv = ["visualizer", *{list(arguments)!r}]
app.main()
"""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"}
    environment |= {f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "CACHE", "STATE", "DATA")}
    return [sys.executable, "-X", "faulthandler", "-c", code], environment


def test_the_window_is_shown_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    script = """
    heavy = [name for name in ("torch", "transformers", "janome", "safetensors", "gguf") if name in sys.modules]
    print(json.dumps({"heavy": heavy, "visible": window.isVisible()}))
    QTimer.singleShot(0, window.close)
"""
    done = run_window(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"heavy": [], "visible": True}


def test_choices_are_remembered_and_a_damaged_file_is_said(tmp_path: Path) -> None:
    change = """
    window.session.set_text("図書館")
    window.run("language.switch"); window.run("theme.switch"); window.views.show_views("head_grid", "attention_map")
    window.resize(1100, 700)
    QTimer.singleShot(50, window.close)
"""
    look = """
    begin(window, asked, damaged)
    print(json.dumps([window.session.text, window.session.language, window.session.theme.name, window.views.first,
                      window.views.second, window.banner.headline.text() if window.banner.isVisible() else ""]))
    QTimer.singleShot(0, window.close)
"""
    no_model = ("--model", "bundled:none", "--lang", "en", "--theme", "light")
    first = run_window(change, tmp_path, *no_model)
    assert first.returncode == 0, first.stderr
    second = run_window(look, tmp_path, "--model", "bundled:none")
    assert json.loads(second.stdout) == ["図書館", "ja", "dark", "head_grid", "attention_map", ""]
    (settings,) = tmp_path.rglob("settings.json")
    settings.write_text("{", encoding="utf-8")
    third = run_window(look, tmp_path, "--model", "bundled:none", "--lang", "en")
    assert third.returncode == 0, third.stderr
    text, _, _, view, _, said = json.loads(third.stdout)
    assert (text, view) == (app.DEFAULT_TEXT, "attention_map")
    assert "settings" in said


def test_an_unknown_model_is_said_in_the_window_and_closing_ends_the_program(tmp_path: Path) -> None:
    script = """
    window.session.error_raised.connect(lambda error: (print(type(error).__name__, window.banner.isVisible()),
                                                       QTimer.singleShot(0, window.close)))
    begin(window, asked, damaged)
"""
    done = run_window(script, tmp_path, "--model", "bundled:no-such-model")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["UnknownModel", "True"]
    assert "Traceback" not in done.stderr


def test_closing_while_a_model_is_loaded_ends_the_program_promptly(tmp_path: Path) -> None:
    script = """
    import time
    def close():
        closed = time.monotonic()
        window.close()
        print(time.monotonic() - closed < 4.0, flush=True)
    begin(window, asked, damaged)
    QTimer.singleShot(300, close)
"""
    done = run_window(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True"]
    assert list(tmp_path.rglob("settings.json")), "the settings are kept"


def test_a_session_named_on_the_command_line_is_opened_and_one_that_is_not_there_is_said(tmp_path: Path) -> None:
    document_file.write(
        Document((Pane(RunRequest("図書館"), 0),), (ModelReference("bundled:none"),), layout=Layout("head_grid")),
        tmp_path / "lesson.tvsession",
    )
    script = """
    window.session.error_raised.connect(lambda error: (
        print(json.dumps([type(error).__name__, window.session.text, window.views.first])),
        QTimer.singleShot(0, window.close) if type(error).__name__ in ("OpenedInPart", "MissingFile") else None))
    begin(window, asked, damaged)
"""
    done = run_window(script, tmp_path, "--session", str(tmp_path / "lesson.tvsession"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == ["OpenedInPart", "図書館", "head_grid"]
    missing = run_window(script, tmp_path, "--session", str(tmp_path / "none.tvsession"))
    assert missing.returncode == 0, missing.stderr
    assert json.loads(missing.stdout.splitlines()[0])[0] == "MissingFile"


def test_an_example_named_on_the_command_line_is_opened(tmp_path: Path) -> None:
    script = """
    def look():
        session = window.session
        if session.trace is None or window.documents.restoring.is_busy:
            return
        selection = session.selection
        print(json.dumps([session.model.source, session.text, window.views.first, selection.layer, selection.query]))
        timer.stop()
        window.close()
    begin(window, asked, damaged)
    timer = QTimer(window)
    timer.timeout.connect(look)
    timer.start(20)
"""
    done = run_window(script, tmp_path, "--example", "her-hair")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["bundled:bert-ja-en", "She washed [MASK] hair.", "next_token", 2, 3]


def test_what_was_open_is_offered_after_a_crash_and_after_nothing_else(tmp_path: Path) -> None:
    crash = """
    import os
    from visualizer.session.document import Document, Pane
    from visualizer.core.request import RunRequest
    def end():
        window.documents._last.keep(Document((Pane(RunRequest("before the crash")),)))
        os._exit(9)
    QTimer.singleShot(50, end)
"""
    look = """
    def say():
        shown = window.banner.isVisible() and window.banner.offer.isVisible()
        if shown:
            window.banner.offer.click()
        print(json.dumps([shown, window.session.text]))
        window.close()
    QTimer.singleShot(200, say)
"""
    arguments = ("--model", "bundled:none", "--lang", "en")
    assert run_window(crash, tmp_path, *arguments).returncode == 9
    after = run_window(look, tmp_path, *arguments)
    assert after.returncode == 0, after.stderr
    assert json.loads(after.stdout) == [True, "before the crash"]
    later = run_window(look, tmp_path, *arguments)
    assert json.loads(later.stdout)[0] is False


@pytest.mark.skipif(os.name != "posix", reason="other systems end a process without asking it")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_window_in_order_and_what_was_open_is_offered(tmp_path: Path, name: str) -> None:
    script = """
    begin(window, asked, damaged)
    shutdown = window.session.shutdown
    window.session.shutdown = lambda seconds: print("the worker ended:", shutdown(seconds), flush=True)
    def shown(*_):
        window.session.jobs.submit("endless", lambda should_stop, _: [None for _ in iter(should_stop, True)], print)
        QTimer.singleShot(0, lambda: print("ready", flush=True))
        window.run("session.open")  # a dialog with a loop of its own
        print("the dialog is gone", flush=True)
    window.session.trace_changed.connect(shown)
"""
    command, environment = program(script, tmp_path, "--text", "図書館で", "--lang", "en")
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
        child.send_signal(getattr(signal, name))
        said, errors = child.communicate(timeout=60)
    assert child.returncode == 128 + getattr(signal, name), errors
    assert sorted(said.splitlines()) == ["the dialog is gone", "the worker ended: True"]
    assert "Traceback" not in errors and "Fatal" not in errors
    settings = json.loads(next(tmp_path.rglob("settings.json")).read_text(encoding="utf-8"))
    assert settings["text"] == "図書館で"
    (kept,) = (tmp_path / "STATE").rglob("open-*.tvsession")
    assert document_file.read(kept).panes[0].request.text == "図書館で"
    assert not list((tmp_path / "STATE").rglob("*.lock"))


def test_whatever_cannot_be_remembered_the_program_ends_in_order(tmp_path: Path) -> None:
    script = """
    def refuse(*_):
        raise ValueError("no")
    app.window_state.remember = refuse
    shutdown = window.session.shutdown
    window.session.shutdown = lambda seconds: (print("shut down"), shutdown(seconds))[1]
    QTimer.singleShot(0, window.close)
"""
    done = run_window(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[0] == "shut down"
    assert "Traceback" not in done.stderr


def test_the_command_line_goes_before_what_was_remembered() -> None:
    settings = Settings(model="bundled:old", text="old", language="ja", theme="dark")
    settings.base = "owner/base-of-another"
    app.choose(settings, argparse.Namespace(**NOTHING | {"model": "owner/new", "text": "new", "lang": "en"}))
    assert settings.base == ""
    app.choose(settings, argparse.Namespace(**NOTHING | {"model": "owner/new", "base": "owner/base"}))
    assert settings.base == "owner/base"
    assert (settings.model, settings.text, settings.language, settings.theme) == ("owner/new", "new", "en", "dark")


def test_a_first_start_has_the_default_text_and_a_bundled_model_if_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for names, expected in (((), ""), (("bert",), "bundled:bert"), (("bert", app.FIRST_MODEL), "bundled:gpt-ja-en")):
        monkeypatch.setattr(app, "bundled_names", lambda names=names: names)
        settings = Settings()
        app.choose(settings, argparse.Namespace(**NOTHING))
        assert (settings.text, settings.model) == (app.DEFAULT_TEXT, expected)


def test_a_bundled_model_that_is_gone_gives_way_to_one_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "bundled_names", lambda: ("bert",))
    settings = Settings(model="bundled:gone")
    app.choose(settings, argparse.Namespace(**NOTHING))
    assert settings.model == "bundled:bert"


@pytest.fixture
def _hooks() -> Iterator[None]:
    before = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = before


@pytest.mark.usefixtures("_hooks")
def test_an_unexpected_error_goes_to_the_log_and_reaches_the_person_once(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    session = Session()
    raised: list[Exception] = []
    session.error_raised.connect(raised.append)
    app.catch_errors(session)
    error = ZeroDivisionError("surprise")
    with caplog.at_level(logging.ERROR):
        sys.excepthook(ZeroDivisionError, error, None)
    assert raised == [error]
    assert "surprise" in caplog.text
    assert session.shutdown()
