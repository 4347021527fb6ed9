"""Random actions of a person on the real window: keys, mouse, commands, files, models; dialogs get an answer."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QWidget,
)

from tests.fuzz.mutating import NONSENSE
from tests.fuzz.process import EPISODE
from visualizer.session import options as view_options
from visualizer.session.last_session import LastSession
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.views.registry import VIEWS, options_class
from visualizer.widgets import window_state
from visualizer.widgets.appearance import Appearance
from visualizer.widgets.commands import COMMANDS
from visualizer.widgets.controller import make_window

BUNDLED = ("bundled:gpt-ja-en", "bundled:bert-ja-en", "bundled:translate-ja-en")
ANSWERED_AFTER = 4  # looks of the one who answers dialogs, so that actions reach popups first
LOOK_MS = 15
KEYS = (
    Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Space, Qt.Key.Key_Up,
    Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_F1, Qt.Key.Key_F5, Qt.Key.Key_Menu,
)  # fmt: skip
MODIFIERS = (Qt.KeyboardModifier.NoModifier,) * 4 + (
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip
BUTTONS = (Qt.MouseButton.LeftButton,) * 4 + (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton)
SIZES = ((1280, 800), (960, 600), (1920, 1080), (1000, 1400), (3000, 700))


class Window(QObject):
    """One window after another, each with a number of actions; `act` is one action and says what it was."""

    def __init__(self, app: QApplication, folder: Path) -> None:
        super().__init__()
        self._app, self._folder = app, folder
        self._rng = random.Random(0)
        self._seen: dict[int, int] = {}
        small = _small_models(folder / "models")
        self._known_models = [*BUNDLED, *small, str(folder), "no/such-model", "", "bundled:none"]
        self._acts: tuple[tuple[int, Callable[[], str]], ...] = (
            (22, self._command), (14, self._key), (10, self._type), (16, self._click), (8, self._move),
            (6, self._wheel), (5, self._drag), (9, self._widget), (5, self._select), (4, self._option),
            (2, self._load), (3, self._text),
            (2, self._compare), (2, self._file), (1, self._drop), (2, self._resize), (3, self._settle),
        )  # fmt: skip
        for scheme in ("http", "https", "file", "mailto"):
            QDesktopServices.setUrlHandler(scheme, self, "open_url")
        self._make()
        self._look()

    @Slot(QUrl)
    def open_url(self, _url: QUrl) -> None:
        """Nobody's browser is opened."""

    def act(self, rng: random.Random, number: int) -> str:
        """One action, and a moment of the event loop. number: of the action; every `EPISODE` there is a new window."""
        self._rng = rng
        if number % EPISODE == 0 or not self.window.isVisible():
            self.end()
            self._make()
        (chosen,) = rng.choices([act for _, act in self._acts], [weight for weight, _ in self._acts])
        try:
            done = chosen()
        except RuntimeError as error:
            # Qt's own dialogs leave wrappers behind that mean nothing any more; whoever is not here takes none of them.
            frames = traceback.extract_tb(error.__traceback__)
            if "already deleted" not in str(error) or frames[-1].filename != __file__:
                raise
            done = "what was gone"
        self._work(rng.choice((0, 0, 0.005, 0.02)))
        return f"{chosen.__name__.strip('_')} {done}"

    def end(self) -> None:
        """Close the window as a person does; raises AssertionError when its worker does not end."""
        window, session = self.window, self.session
        window.close()
        assert session.shutdown(20), "the worker did not end"
        window.deleteLater()
        session.deleteLater()
        for _ in range(3):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            QCoreApplication.processEvents()
        for left in self._app.topLevelWidgets():  # popups of no parent, and dialogs
            left.close()
            left.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def _make(self) -> None:
        settings = Settings(
            language=self._rng.choice(("ja", "en")), theme=self._rng.choice(("light", "dark")), text="私は図書館で本を"
        )
        session = self.session = Session(settings)
        appearance = Appearance(self._app, session)
        appearance.apply()

        def close(window: Any) -> None:
            window.documents.end()
            window_state.remember(window, settings)

        self.window = make_window(session, appearance, close)
        window_state.restore(self.window, settings)
        self.window.show()
        self.window.documents.watch(LastSession(self._folder / "state"))
        session.set_text(settings.text)
        session.load_model(BUNDLED[0])

    def _work(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        QCoreApplication.processEvents()
        while time.monotonic() < until:
            QCoreApplication.processEvents()
            time.sleep(0.001)

    # --- actions: each returns what it did -------------------------------------------------------

    def _command(self) -> str:
        commands = [one.id for one in COMMANDS]
        rare = {"quit": 0.01, "lecture.switch": 0.3, "language.switch": 0.3}
        (chosen,) = self._rng.choices(commands, [rare.get(one, 1) for one in commands])
        self.window.run(chosen)
        return chosen

    def _key(self) -> str:
        target = self._app.focusWidget() or self.window
        if self._rng.random() < 0.4:
            keys = [key for command in COMMANDS for key in command.keys if command.id != "quit"]
            chosen = self._rng.choice(keys)
            QTest.keySequence(target, chosen)
            return chosen
        key, modifier = self._rng.choice(KEYS), self._rng.choice(MODIFIERS)
        QTest.keyClick(target, key, modifier)
        return f"{key.name} {modifier.name}"

    def _type(self) -> str:
        fields = [w for w in self._all() if isinstance(w, QLineEdit | QPlainTextEdit) and w.isEnabled()]
        if fields and self._rng.random() < 0.8:
            self._rng.choice(fields).setFocus()
        target = self._app.focusWidget() or self.window
        text = self._rng.choice(NONSENSE)[:60]
        if self._rng.random() < 0.3:
            QGuiApplication.clipboard().setText(text)
            QTest.keyClick(target, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
            return f"paste {text!r:.30}"
        for character in text:
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                event = QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, character)
                QCoreApplication.sendEvent(target, event)
        return f"{type(target).__name__} {text!r:.30}"

    def _click(self) -> str:
        target, at = self._somewhere()
        name, button, click = _name(target), self._rng.choice(BUTTONS), QTest.mouseClick
        if self._rng.random() < 0.15:
            click = QTest.mouseDClick
        click(target, button, self._rng.choice(MODIFIERS), at)
        return f"{name} {button.name}"

    def _move(self) -> str:
        target, at = self._somewhere()
        QTest.mouseMove(target, at)
        return _name(target)

    def _drag(self) -> str:
        target, at = self._somewhere()
        name, size = _name(target), target.size()
        QTest.mousePress(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        for _ in range(3):
            QTest.mouseMove(target, QPoint(self._rng.randrange(size.width()), self._rng.randrange(size.height())))
        QTest.mouseRelease(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        return name

    def _wheel(self) -> str:
        target, at = self._somewhere()
        turn = QPoint(0, self._rng.choice((-120, 120, 960, -960)))
        event = QWheelEvent(
            QPointF(at), QPointF(target.mapToGlobal(at)), QPoint(0, 0), turn,
            Qt.MouseButton.NoButton, self._rng.choice(MODIFIERS), Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        name = _name(target)
        QCoreApplication.sendEvent(target, event)
        return name

    def _widget(self) -> str:
        controls = QAbstractButton | QComboBox | QAbstractSlider | QAbstractSpinBox
        found = [w for w in self._all() if isinstance(w, controls) and w.isEnabled()]
        if not found:
            return "nothing"
        target = self._rng.choice(found)
        name = _name(target)
        if isinstance(target, QAbstractButton):
            target.click()
        elif isinstance(target, QComboBox):
            if target.count():
                target.setCurrentIndex(self._rng.randrange(target.count()))
                target.activated.emit(target.currentIndex())
        elif isinstance(target, QAbstractSlider):
            target.setValue(self._rng.randint(target.minimum(), target.maximum()))
        else:
            target.stepBy(self._rng.choice((-100, -1, 1, 100)))
        return name

    def _select(self) -> str:
        for pane in self.session.panes:
            if (trace := pane.trace) is not None:
                kind = self._rng.choice(trace.kinds)
                pane.select(
                    kind=kind,
                    layer=self._rng.choice(trace.layer_numbers(kind)),
                    head=self._rng.randrange(trace.heads(kind)),
                    query=self._rng.choice((None, 0, 1, self._rng.randrange(40))),
                    temperature=self._rng.choice((0.0, 1.0, 2.0)),
                )
        return "layer and head"

    def _option(self) -> str:
        view_id = self._rng.choice(list(VIEWS))
        kind = options_class(view_id)
        names = view_options.abouts(kind)
        if not names:
            return view_id
        name = self._rng.choice(list(names))
        about = names[name]
        value = self._rng.choice((*about.choices, about.low, about.high, True, False, 3, 0.3, None, "x"))
        self.session.set_options(view_id, kind, **{name: value})
        return f"{view_id} {name}={value}"

    def _load(self) -> str:
        source = self._rng.choice(self._known_models)
        self.session.load_model(source)
        return source

    def _text(self) -> str:
        text = self._rng.choice((*NONSENSE, "The cat sat on the mat because it was tired. " * self._rng.choice((1, 8))))
        session = self.session
        ask = self._rng.choice((session.set_text, session.set_text, session.set_pair, session.set_target))
        ask(text)
        return f"{ask.__name__} {text!r:.30}"

    def _compare(self) -> str:
        if self._rng.random() < 0.3:
            self.session.stop_comparing()
            return "stop"
        source = self._rng.choice((None, None, None, *BUNDLED))
        self.session.compare(source=source)
        return str(source)

    def _file(self) -> str:
        trace, session = self._folder / "kept.safetensors", self._folder / "kept.tvsession"
        way = self._rng.randrange(4)
        if way == 0:
            self.session.save_trace(trace)
        elif way == 1:
            self.session.open_trace(trace)
        elif way == 2:
            self.window.documents.save(session)
        else:
            self.window.documents.open(session)
        return ("save trace", "open trace", "save session", "open session")[way]

    def _drop(self) -> str:
        name = self._rng.choice(("kept.safetensors", "kept.tvsession", "nothing.txt", "", "models/gpt2"))
        data = QMimeData()
        if self._rng.random() < 0.8:
            data.setUrls([QUrl.fromLocalFile(str(self._folder / name))])
        else:
            data.setText(self._rng.choice(NONSENSE))
        _, at = self._somewhere()
        what, button, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QCoreApplication.sendEvent(self.window, QDragEnterEvent(at, what, data, button, keys))
        QCoreApplication.sendEvent(self.window, QDropEvent(QPointF(at), what, data, button, keys))
        return name

    def _resize(self) -> str:
        size = self._rng.choice(SIZES)
        if not self.window.isFullScreen():
            self.window.resize(*size)
        return str(size)

    def _settle(self) -> str:
        until = time.monotonic() + 2
        keys = [pane.key(work) for pane in self.session.panes for work in ("load", "run", "open")]
        while time.monotonic() < until and any(map(self.session.jobs.is_busy, keys)):
            self._work(0.01)
        self._work(0.05)
        return "until nothing is busy"

    # --- where -----------------------------------------------------------------------------------

    def _top(self) -> QWidget:
        """What takes the input now."""
        found = self._app.activePopupWidget() or self._app.activeModalWidget()
        return found if found is not None and shiboken6.isValid(found) else self.window

    def _all(self) -> list[QWidget]:
        top = self._top()
        return [w for w in top.findChildren(QWidget) if shiboken6.isValid(w) and w.isVisible()] or [top]

    def _somewhere(self) -> tuple[QWidget, QPoint]:
        top = self._top()
        if self._rng.random() < 0.5:
            at = QPoint(self._rng.randrange(max(1, top.width())), self._rng.randrange(max(1, top.height())))
            found = top.childAt(at)
            if found is not None and shiboken6.isValid(found):
                return found, found.mapFrom(top, at)
        target = self._rng.choice([w for w in self._all() if w.width() > 0 and w.height() > 0] or [top])
        return target, QPoint(self._rng.randrange(max(1, target.width())), self._rng.randrange(max(1, target.height())))

    # --- who answers what asks -------------------------------------------------------------------

    def _look(self) -> None:
        """The next look is asked for first: what is answered here may ask again, in a loop of its own."""
        QTimer.singleShot(LOOK_MS, self, self._look)
        self._answer()

    def _answer(self) -> None:
        """Close a menu or dialog that has been up for some looks; called also in the loop of a dialog."""
        found = self._app.activePopupWidget() or self._app.activeModalWidget()
        if found is None or not shiboken6.isValid(found):
            self._seen.clear()
            return
        looks = self._seen[id(found)] = self._seen.get(id(found), 0) + 1
        if looks < ANSWERED_AFTER:
            return
        if isinstance(found, QFileDialog) and looks < 4 * ANSWERED_AFTER and self._rng.random() < 0.7:
            name = self._rng.choice(("kept.safetensors", "kept.tvsession", "new.png", "a.csv"))
            found.selectFile(str(self._folder / name))
            found.accept()
        elif isinstance(found, QMenu) and found.actions() and looks < 2 * ANSWERED_AFTER and self._rng.random() < 0.6:
            action = self._rng.choice(found.actions())
            if action.menu() is None:
                found.close()
                action.trigger()
        elif isinstance(found, QDialog):
            buttons = found.findChildren(QAbstractButton)
            if buttons and looks < 3 * ANSWERED_AFTER:
                self._rng.choice(buttons).click()
            else:
                found.reject()
        else:
            found.close()


def _name(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.objectName() or widget.accessibleName()}"[:60]


def _small_models(folder: Path) -> list[str]:
    from tests.core import model_folders

    return [str(model_folders.save(name, folder / name)) for name in ("gpt2", "bert", "t5", "xlnet")]
