"""Making a view, which may fail halfway."""

from __future__ import annotations

import shiboken6
from PySide6.QtWidgets import QWidget

from visualizer.core.system import frames
from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.views.base import View


def make(kind: type[View], session: Session, parent: QWidget | None = None, *, showing: Showing | None = None) -> View:
    """A view of this kind. Raises what its constructor raises, and then nothing of the view stays.

    Half of a view would go on listening to the session, and its own connections would keep it alive for ever.
    """
    view = kind.__new__(kind)
    try:
        view.__init__(session, parent, showing=showing)  # type: ignore[misc]
    except Exception as error:
        frames.let_go(error)
        if shiboken6.isValid(view):
            view.hide()
            view.setParent(None)
            view.deleteLater()
        raise
    return view
