"""Windows and views drawn while parts of them raise, now here, now there: no exception may leave a painter behind.

A painter that outlives its paint event, held by the frames of an exception, ends the process natively at one of the
next pictures. So many are drawn one after another in one process.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QWidget

from tests.fuzz.oracle import Injected
from visualizer.core.errors import VisualizerError
from visualizer.session.selection import Selection
from visualizer.ui import guard
from visualizer.views.registry import VIEWS, view_class
from visualizer.widgets import snapshot

OF_VIEWS = ("question", "answer", "show_state", "show_answer", "draw", "data", "retranslate", "apply_theme")
MOST_LEFT = 4  # windows that may be there between two pictures


def attempt(folder: Path, full: float = 1.0, size: tuple[int, int] = (1280, 800)) -> Callable[[random.Random], None]:
    """What draws one picture while something raises; full: the share of whole windows, not views."""
    from visualizer.core import capture, models
    from visualizer.core.request import RunRequest

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    model = models.load("bundled:gpt-ja-en")
    trace = capture.run(model, RunRequest("私は図書館で"))
    names, path = list(VIEWS), folder / "picture.png"
    overrides = _overrides(names)

    def try_one(rng: random.Random) -> None:
        view_id = rng.choice(names)
        if rng.random() < 0.6:
            kind, method = view_class(view_id), rng.choice(OF_VIEWS)
            change = _raising(kind, method, _fails(None))
        else:
            kind, method = rng.choice(overrides)
            painter = QPainter if method == "paintEvent" and issubclass(kind, QWidget) else None
            change = _raising(kind, method, guard._guarded(kind, method, _fails(painter)))
        try:
            with change:
                if rng.random() < full:
                    snapshot.render_window(
                        trace, path, Selection(), model=model, view_id=view_id, scale=1.0, width=size[0], height=size[1]
                    )
                else:
                    snapshot.render_view(trace, view_id, path, Selection(), scale=1.0, width=size[0], height=size[1])
        except (Injected, VisualizerError):
            pass
        if len(app.topLevelWidgets()) > MOST_LEFT:  # what only Python holds goes when its collector comes by
            gc.collect()
        left = [type(widget).__name__ for widget in app.topLevelWidgets()]
        if len(left) > MOST_LEFT:
            raise RuntimeError(f"{kind.__name__}.{method} raised, and these stay: {left}")

    return try_one


def _fails(painter: type[QPainter] | None) -> Callable[..., Any]:
    def fails(self: Any, *_: Any) -> Any:
        if painter is not None:
            begun = painter(self)
            begun.drawPoint(1, 1)
        raise Injected("in the middle of a picture")

    return fails


@contextmanager
def _raising(kind: type, name: str, instead: Any) -> Iterator[None]:
    own = vars(kind).get(name)
    setattr(kind, name, instead)
    try:
        yield
    finally:
        if own is None:
            delattr(kind, name)
        else:
            setattr(kind, name, own)


def _overrides(views: list[str]) -> list[tuple[type, str]]:
    """Every method of ours that Qt calls, of classes that are known once all views are imported."""
    for name in views:
        view_class(name)
    found, waiting = {}, [QObject, *QObject.__subclasses__()]
    while waiting:
        kind = waiting.pop()
        waiting += [one for one in kind.__subclasses__() if one not in found]
        found[kind] = None
    known = (*guard._TOLD, *guard._ASKED)
    ours = [kind for kind in found if kind.__module__.startswith("visualizer.")]
    return sorted(
        ((kind, name) for kind in ours for name in known if hasattr(vars(kind).get(name), "__wrapped__")),
        key=lambda one: (one[0].__module__, one[0].__qualname__, one[1]),
    )
