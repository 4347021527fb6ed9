"""The tools of a talk on one window: which of them is in the hand, and the sheets that lie over the views."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Signal

from visualizer.ui import guard
from visualizer.ui.theme import Theme
from visualizer.widgets.presenting.covers import BlackScreen, FrozenPicture
from visualizer.widgets.presenting.marks import Marks
from visualizer.widgets.presenting.pen_bar import PenBar
from visualizer.widgets.presenting.pointer import PointerLayer
from visualizer.widgets.presenting.tracker import Tracker

if TYPE_CHECKING:
    from visualizer.widgets.main_window import MainWindow

POINTERS = ("pointer", "spotlight")
TOOLS = (*POINTERS, "pen")


@guard.overrides
class Presenting(QObject):
    """Pointer, spotlight or pen, of which one is in the hand; a frozen picture; a black screen.

    The pointer lies over the whole window, the marks over the views alone, so that every button stays within reach.
    changed: something was switched on or off. notes_changed: what the one who teaches has written down.
    """

    changed = Signal()
    notes_changed = Signal(str)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        body, views, theme = window.centralWidget(), window.views, window.views.theme
        self._window, self._views = window, views
        self._tool = ""
        self._shown = self._what_is_shown()
        self.frozen = FrozenPicture(views, theme)
        self.marks = Marks(views, theme)
        self.pen_bar = PenBar(window.session, self, window.run, views)
        self.pointer = PointerLayer(body, theme)
        self.black = BlackScreen(window)
        self.tracker = Tracker(window)
        self.tracker.moved.connect(self._on_tracker_moved)
        self.tracker.left.connect(lambda: self.pointer.move_to(None))
        self.tracker.turned.connect(self.pointer.step_size)
        self.marks.changed.connect(self.changed)
        self.black.lifted.connect(lambda: self.set_black(False))
        views.shown_changed.connect(lambda *_: self._on_shown_changed())
        window.session.trace_changed.connect(lambda *_: self._on_shown_changed())
        window.session.theme_changed.connect(self._on_theme_changed)
        for widget in (window, body, views):
            widget.installEventFilter(self)

    # --- what is on ------------------------------------------------------------------------------

    @property
    def tool(self) -> str:
        """One of `TOOLS`, or "" for none."""
        return self._tool

    @property
    def is_frozen(self) -> bool:
        """Whether the views stand still."""
        return not self.frozen.isHidden()

    @property
    def is_black(self) -> bool:
        """Whether the window is black."""
        return not self.black.isHidden()

    def is_on(self, what: str) -> bool:
        """Whether a tool, "frozen" or "black" is on."""
        return {"frozen": self.is_frozen, "black": self.is_black}.get(what, what == self._tool)

    @property
    def notes(self) -> str:
        """What the one who teaches has written down; a saved session holds it."""
        return self._window.session.settings.notes

    def set_notes(self, notes: str) -> None:
        """Other notes."""
        if notes != self.notes:
            self._window.session.settings.notes = notes
            self.notes_changed.emit(notes)

    # --- switching -------------------------------------------------------------------------------

    def switch(self, tool: str) -> None:
        """Take this tool, or put it away where it is in the hand already."""
        self.take("" if tool == self._tool else tool)

    def take(self, tool: str) -> None:
        """One of `TOOLS`, or "" for none; marks stay when the pen is put away."""
        self._tool = tool
        self.pen_bar.setVisible(tool == "pen")
        self._place()
        is_pointer = tool in POINTERS
        self.tracker.set_listening(is_pointer)
        self.pointer.set_kind(tool if is_pointer else "", self._at() if is_pointer else None)
        self.marks.set_writing(tool == "pen")
        self._stack()
        self.changed.emit()

    def put_away(self) -> bool:
        """Whether there was a tool to put away."""
        had = bool(self._tool)
        if had:
            self.take("")
        return had

    def next_color(self) -> None:
        """The pen writes in its next colour; it is taken if it was not."""
        if self._tool == "pen":
            self.marks.next_color()
        self.take("pen")

    def set_color(self, color: str) -> None:
        """The pen writes in this colour."""
        self.marks.color = color
        self.changed.emit()

    def freeze(self) -> None:
        """Hold the picture of the views, or show at once what has become of them."""
        if not self.is_frozen:
            with self._without(self.marks, self.pen_bar):
                picture = self._views.grab()
            self.frozen.hold(picture)
            self._place()
            self._stack()
        else:
            self.frozen.let_go()
            self._erase_over_another_picture()
        self.changed.emit()

    def set_black(self, wanted: bool) -> None:
        """Whether the window is black."""
        if wanted != self.is_black:
            (self.black.cover if wanted else self.black.uncover)()
            self.changed.emit()

    @contextmanager
    def for_a_picture(self) -> Iterator[None]:
        """While the whole window is drawn into a file: marks belong to it, pointer and tools do not."""
        with self._without(self.pointer, self.pen_bar, self.black):
            yield

    @contextmanager
    def _without(self, *widgets: PointerLayer | Marks | PenBar | BlackScreen) -> Iterator[None]:
        seen = [widget for widget in widgets if not widget.isHidden()]
        for widget in seen:
            widget.hide()
        try:
            yield
        finally:
            for widget in seen:
                widget.show()

    # --- where they lie --------------------------------------------------------------------------

    def _place(self) -> None:
        views = self._views.rect()
        self.pointer.setGeometry(self._window.centralWidget().rect())
        self.marks.setGeometry(views)
        self.frozen.setGeometry(views)
        self.black.setGeometry(self._window.rect())
        self.pen_bar.place(views)
        self.frozen.set_inset(0 if self.pen_bar.isHidden() else views.width() - self.pen_bar.x())

    def _stack(self) -> None:
        """What stands still at the bottom, then what is written on it, the bars, the pointer; black covers all."""
        bar = self._window.lecture_bar
        parts = [self.frozen, self.marks, self.pen_bar, *([bar.edge, bar] if bar is not None else []), self.pointer]
        for part in (*parts, self.black):
            part.raise_()

    def _at(self) -> QPointF | None:
        at = self.tracker.place()
        return None if at is None else self._in_body(at)

    def _in_body(self, at: QPointF) -> QPointF:
        return self._window.centralWidget().mapFrom(self._window, at)

    # --- reactions -------------------------------------------------------------------------------

    def _on_tracker_moved(self, at: QPointF) -> None:
        self.pointer.move_to(self._in_body(at))

    def _on_shown_changed(self) -> None:
        self._stack()
        if not self.is_frozen:  # what is marked still stands there
            self._erase_over_another_picture()

    def _erase_over_another_picture(self) -> None:
        """Marks point at words and cells: they go with the view and with the words, and stay for another head."""
        shown = self._what_is_shown()
        if shown != self._shown:
            self._shown = shown
            self.marks.erase()

    def _what_is_shown(self) -> tuple[object, ...]:
        trace = self._window.session.trace
        words = () if trace is None else (trace.tokens, trace.target_tokens)
        return (self._views.first, self._views.second, *words)

    def _on_theme_changed(self, theme: object) -> None:
        if isinstance(theme, Theme):
            for part in (self.frozen, self.marks, self.pointer):
                part.apply_theme(theme)
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            if watched is self._views and not self.is_frozen:
                self.marks.erase()  # what they were drawn around stands somewhere else now
            self._place()
        return False
