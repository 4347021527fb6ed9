"""Where the pointer is in a window, whichever widget it is over, while somebody wants to know."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QCursor, QMouseEvent, QWheelEvent, QWindow
from PySide6.QtWidgets import QWidget

from visualizer.ui import guard

_NOTCH = 120  # what Qt calls one notch of the wheel


@guard.overrides
class Tracker(QObject):
    """Listens to the window below all widgets, so that none of them is asked more often, or asked less.

    moved: a place in the window. left: the pointer is outside. turned: notches of the wheel with Shift held, which no
    widget gets then.
    """

    moved = Signal(QPointF)
    left = Signal()
    turned = Signal(int)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._heard: QWindow | None = None
        self._rest = 0

    def set_listening(self, wanted: bool) -> None:
        """Whether to listen; where the pointer is already is said at once."""
        if self._heard is not None:
            self._heard.removeEventFilter(self)
        self._heard = self._window.windowHandle() if wanted else None
        if self._heard is not None:
            self._heard.installEventFilter(self)

    def place(self) -> QPointF | None:
        """Where the pointer is in the window now; None when it is outside."""
        at: QPoint = self._window.mapFromGlobal(QCursor.pos())
        return QPointF(at) if self._window.rect().contains(at) else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self.moved.emit(event.position())
        elif kind == QEvent.Type.Leave:
            self.left.emit()
        elif kind == QEvent.Type.Wheel and isinstance(event, QWheelEvent):
            return self._turn(event)
        return False

    def _turn(self, event: QWheelEvent) -> bool:
        """Only whole notches count: a touch pad sends many small turns."""
        if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return False
        delta = event.angleDelta()
        self._rest += delta.y() or delta.x()  # some systems turn Shift and the wheel into a wheel to the side
        notches = int(self._rest / _NOTCH)
        if notches:
            self._rest -= notches * _NOTCH
            self.turned.emit(notches)
        return True
