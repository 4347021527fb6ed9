"""Dropping anywhere on the window: a text, a trace, a session, a model; a veil says what will happen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, QTimer
from PySide6.QtGui import QColor, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from visualizer.session import dropped
from visualizer.session.dropped import Dropped
from visualizer.ui import fonts, guard
from visualizer.ui.theme import Theme

if TYPE_CHECKING:
    from visualizer.widgets.main_window import MainWindow

_SHOWN = 40  # characters of what is dropped in the sentence about it


@guard.overrides
class DropVeil(QWidget):
    """Lies over the window while something is held over it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._theme: Theme | None = None
        self.text = ""
        self.hide()

    def say(self, text: str, theme: Theme) -> None:
        """Show a sentence over the whole window."""
        self.text, self._theme = text, theme
        parent = self.parentWidget()
        assert parent is not None
        self.setGeometry(parent.rect())
        self.setAccessibleName(text)
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self._theme
        if look is None:
            return
        painter = QPainter(self)
        ground = QColor(look.surface)
        ground.setAlphaF(0.86)
        painter.fillRect(self.rect(), ground)
        painter.setPen(QPen(QColor(look.accent), look.px(3)))
        edge = look.px(8)
        painter.drawRect(self.rect().adjusted(edge, edge, -edge, -edge))
        painter.setPen(QColor(look.text))
        painter.setFont(fonts.base_font(look.scale, 20))
        inner = self.rect().adjusted(6 * edge, 6 * edge, -6 * edge, -6 * edge)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        plate = painter.boundingRect(inner, flags, self.text).adjusted(-3 * edge, -2 * edge, 3 * edge, 2 * edge)
        painter.fillRect(plate, QColor(look.surface))
        painter.drawText(inner, flags, self.text)


@guard.overrides
class Dropping(QObject):
    """Takes what is dropped on a window, wherever; fields take texts themselves, where the cursor is."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self.veil = DropVeil(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        for kind in (QLineEdit, QPlainTextEdit):
            for field in window.findChildren(kind):
                field.installEventFilter(self)
                if isinstance(field, QPlainTextEdit):
                    field.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DragLeave:
            self.veil.hide()
            return False
        if not isinstance(event, QDropEvent):  # entering and moving are kinds of it
            return False
        data = event.mimeData()
        if watched is not self._window and not data.hasUrls():
            return False  # a text is for the field itself
        found = held(data)
        if found is None:
            return False
        if event.type() == QEvent.Type.Drop:
            self.veil.hide()
            if found.kind == "unknown":
                self._session.notice_raised.emit("dropped_unknown", {"name": found.name})
                return True
            event.acceptProposedAction()
            QTimer.singleShot(0, self, lambda: self.take(found))  # whoever lets it go does not wait
            return True
        if self._session.theme is not None:
            self.veil.say(self.sentence(found), self._session.theme)
        # What cannot be used is taken all the same: to say so when it is let go.
        event.acceptProposedAction()
        return True

    def sentence(self, found: Dropped) -> str:
        """What will happen when it is let go."""
        name = found.name if len(found.name) <= _SHOWN else f"{found.name[: _SHOWN - 1]}…"
        texts = {
            "text": self.tr("Read this text: {name}"),
            "text_file": self.tr("Read the text in {name}"),
            "trace": self.tr("Open the trace {name}"),
            "session": self.tr("Open the session {name}"),
            "model": self.tr("Load the model {name}"),
            "unknown": self.tr("{name} cannot be opened here"),
        }
        text = texts[found.kind].format(name=name)
        if found.left and found.kind != "unknown":
            text += "\n" + self.tr("The first that can be used, of {count}").format(count=found.left + 1)
        return text

    def take(self, found: Dropped) -> None:
        """Do it."""
        session = self._session
        if found.kind == "text":
            session.set_text(found.what)
        elif found.kind == "text_file":
            text = dropped.read_text(Path(found.what))
            if text is None:
                session.notice_raised.emit("dropped_unreadable", {"name": found.name})
                return
            session.set_text(text)
        elif found.kind == "trace":
            session.open_trace(found.what)
        elif found.kind == "session":
            self._window.documents.open(Path(found.what))
        elif found.kind == "model":
            session.load_model(found.what)
        if found.left:
            session.notice_raised.emit("dropped_first", {"name": found.name, "count": found.left + 1})


def held(data: QMimeData) -> Dropped | None:
    """What is held over the window; files go before the text that comes with them."""
    found = dropped.of_paths(Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile())
    return found or (dropped.of_text(data.text()) if data.hasText() else None)
