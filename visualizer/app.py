"""The composition root: settings, session, look and window are put together here, and nothing is decided."""

from __future__ import annotations

import argparse
import builtins
import logging
import logging.handlers
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from visualizer import cli, python_import
from visualizer.core.loading.catalogue import bundled_names
from visualizer.core.system import frames
from visualizer.session import settings as settings_file
from visualizer.session import work
from visualizer.session.last_session import LastSession
from visualizer.session.session import Session
from visualizer.session.settings import APPLICATION, Settings
from visualizer.views.registry import REFUSED
from visualizer.widgets import window_state
from visualizer.widgets.appearance import Appearance
from visualizer.widgets.controller import make_window
from visualizer.widgets.end_signals import EndSignals
from visualizer.widgets.main_window import MainWindow

DEFAULT_TEXT = "私は図書館で本を"
FIRST_MODEL = "gpt-ja-en"
PATIENCE_AT_END = 2.0  # seconds that the worker has to finish when the window is closed

log = logging.getLogger("visualizer")


def main() -> None:
    """Run the command line; without a verb, the window."""
    sys.exit(cli.main(sys.argv[1:], open_window))


def open_window(asked: argparse.Namespace) -> int:
    """Show the window at once; the model is loaded behind it. Returns the exit status.

    A signal that asks for the end closes the window in order, keeps what is open for the next start, and gives 128 and
    its number: 143 for SIGTERM, 130 for SIGINT.
    """
    write_log()
    # Qt's hook serves its `__feature__` switches, which nothing here uses; without it a model is there a second sooner.
    builtins.__import__ = python_import
    app = QApplication(sys.argv[:1])
    app.setApplicationName(APPLICATION)
    app.setStyle("Fusion")
    path = settings_file.settings_path()
    settings, damaged = settings_file.load(path)
    choose(settings, asked)
    session = Session(settings)
    catch_errors(session)
    appearance = Appearance(app, session)
    appearance.apply()
    finished: list[bool] = []
    told: list[int] = []  # signals that asked the program to end

    def close(window: MainWindow) -> None:
        try:
            window.documents.end(keep=bool(told))
            window_state.remember(window, settings)
            settings_file.save(settings, path)
        except Exception:  # whatever cannot be remembered, the program ends in order
            log.exception("the settings were not saved")
        finally:
            finished.append(session.shutdown(PATIENCE_AT_END))

    window = make_window(session, appearance, close)
    last = LastSession()
    window_state.restore(window, settings)
    window.show()
    window.top_bar.prompt.text_field.setFocus()
    QTimer.singleShot(0, lambda: begin(window, asked, damaged))
    QTimer.singleShot(0, lambda: window.documents.watch(last))
    signals = EndSignals(app)

    def end(number: int) -> None:
        told.append(number)
        window.close()
        app.exit()  # every loop, a dialog's too

    signals.ended.connect(end)
    status = app.exec()
    if told:
        status = 128 + told[0]  # as whoever sent the signal expects
    if finished and not finished[-1]:
        # A download or a large read does not listen; nothing is lost by leaving it behind.
        logging.shutdown()
        os._exit(status)
    return status


def choose(settings: Settings, asked: argparse.Namespace) -> None:
    """What the command line says goes before what was remembered."""
    for name in ("model", "device", "dtype", "pair", "target"):
        if getattr(asked, name) is not None:
            setattr(settings, name, getattr(asked, name))
    if asked.model is not None:
        settings.base = getattr(asked, "base", None) or ""
    if asked.model is not None and getattr(asked, "revision", None):
        settings.model = f"{asked.model}@{asked.revision}"
    if asked.lang is not None:
        settings.language = asked.lang
    if asked.theme is not None:
        settings.theme = asked.theme
    if asked.text is not None:
        settings.text = sys.stdin.read() if asked.text == "-" else asked.text
        settings.pair, settings.target = asked.pair or "", asked.target or ""
    elif not settings.text:
        settings.text = DEFAULT_TEXT
    if not settings.model or (settings.model.startswith("bundled:") and asked.model is None):
        settings.model = bundled_model(settings.model)


def bundled_model(wanted: str) -> str:
    """The wanted bundled model, or the first that is there; "" when there is none."""
    names = bundled_names()
    name = wanted.removeprefix("bundled:") or FIRST_MODEL
    found = name if name in names else next(iter(names), "")
    return f"bundled:{found}" if found else ""


def begin(window: MainWindow, asked: argparse.Namespace, damaged: bool) -> None:
    """The first work, once the window can be used."""
    session, settings = window.session, window.session.settings
    session.jobs.submit("tidy", work.tidy, lambda _: None)
    if damaged:
        session.notice_raised.emit("settings_damaged", {})
    for refused in REFUSED:
        log.warning("view %s of another package is left out: %s %s", refused.name, refused.reason, refused.detail)
    if REFUSED:
        session.notice_raised.emit("views_refused", {"refused": REFUSED})
    if asked.session is not None or asked.example is not None:  # there is nothing before it to go back to
        window.documents.restoring.finished.connect(session.history.clear, Qt.ConnectionType.SingleShotConnection)
    if asked.session is not None and window.documents.open(asked.session):
        window.top_bar.device_menu.look_for_devices()
        return
    if asked.example is not None:
        window.examples.open(asked.example)
        window.top_bar.device_menu.look_for_devices()
        return
    session.set_text(settings.text)
    session.set_pair(settings.pair)
    session.set_target(settings.target)
    session.ask(replace(session.request, source_language=asked.source_lang, target_language=asked.target_lang))
    session.history.clear()
    if asked.trace is not None:
        session.open_trace(asked.trace)
    window.top_bar.device_menu.look_for_devices()
    if settings.model:
        session.load_model(settings.model, then_run=asked.trace is None, base=settings.base)


# --- what goes wrong -----------------------------------------------------------------------------


def write_log() -> None:
    """Everything that a report of a bug needs goes to one small file."""
    folder = Path(platformdirs.user_log_dir(APPLICATION, appauthor=False))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            folder / "log.txt", maxBytes=1_000_000, backupCount=1, encoding="utf-8"
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def catch_errors(session: Session) -> None:
    """An error that nobody expected: the whole story into the log, one sentence to the person."""

    def on_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        log.error("unexpected", exc_info=(kind, error, trace))
        frames.let_go(error)
        if isinstance(error, Exception) and threading.current_thread() is threading.main_thread():
            session.error_raised.emit(error)

    sys.excepthook = on_error
    threading.excepthook = lambda args: on_error(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)
