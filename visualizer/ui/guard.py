"""No exception leaves a method that Qt calls: there it would be printed at best, and end the process at worst.

What was raised is logged once for each place; a frame that raised lets go of its painter and of Qt's event at once,
which must not outlive the call that they were made for.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QRectF, QSize

from visualizer.core.system import frames

log = logging.getLogger(__name__)

# What Qt asks for an answer: its own class gives one where ours cannot.
_ASKED = (
    "sizeHint", "minimumSizeHint", "minimumSize", "heightForWidth", "hasHeightForWidth", "event", "viewportEvent",
    "eventFilter", "data", "headerData", "flags", "rowCount", "columnCount", "lessThan", "filterAcceptsRow",
    "boundingRect", "validate", "fixup",
)  # fmt: skip
# The answers of what Qt leaves to its subclasses.
_NOTHING: dict[str, Callable[[], Any]] = {
    "sizeHint": QSize, "rowCount": int, "columnCount": int, "data": lambda: None, "boundingRect": QRectF,
}  # fmt: skip
_TOLD = (
    "paintEvent", "showEvent", "hideEvent", "resizeEvent", "changeEvent", "mousePressEvent", "mouseMoveEvent",
    "mouseReleaseEvent", "mouseDoubleClickEvent", "enterEvent", "leaveEvent", "wheelEvent", "keyPressEvent",
    "keyReleaseEvent", "focusInEvent", "focusOutEvent", "contextMenuEvent", "dropEvent", "dragEnterEvent", "timerEvent",
    "paint", "setGeometry", "stepBy",
)  # fmt: skip

Kind = TypeVar("Kind", bound=type)

_told: set[str] = set()


def overrides(kind: Kind) -> Kind:
    """Class decorator: the methods of this class that Qt calls raise nothing any more."""
    from_qt = [base for base in kind.__mro__ if base.__module__.startswith("PySide6")]
    for name in (*_ASKED, *_TOLD):
        method = vars(kind).get(name)
        # A `data` of ours, in a class whose Qt base has none, is nobody's override.
        if callable(method) and (name.endswith("Event") or any(hasattr(base, name) for base in from_qt)):
            setattr(kind, name, _guarded(kind, name, method))
    return kind


def _guarded(kind: type, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: Any, *arguments: Any) -> Any:
        try:
            return method(self, *arguments)
        except Exception as error:
            tell(f"{kind.__name__}.{name}", error)
        if name not in _ASKED:
            return None
        try:
            return getattr(super(kind, self), name)(*arguments)
        except NotImplementedError:  # purely virtual: Qt has no answer of its own, and the process would end here
            return _NOTHING[name]()

    return call


def tell(where: str, error: Exception) -> None:
    """Log what was raised, the first time in full, and let go of everything that its frames hold."""
    log.log(logging.DEBUG if where in _told else logging.ERROR, "%s failed", where, exc_info=error)
    _told.add(where)
    frames.let_go(error)
