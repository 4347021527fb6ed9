"""The history of texts as a list: type to find one, Enter takes it, Delete forgets it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.session.texts import Entry
from visualizer.ui import guard
from visualizer.ui.plain_text import tip
from visualizer.ui.theme import Theme
from visualizer.widgets.finding import folded
from visualizer.widgets.palette import popup_sheet

ENTRY = Qt.ItemDataRole.UserRole
WIDTH, HEIGHT = 560, 360  # pixels of the design


@guard.overrides
class TextsPopup(QFrame):
    """A popup under the fields of a pane."""

    def __init__(self, session: Session, theme: Theme, showing: Showing, anchor: QWidget) -> None:
        super().__init__(anchor.window(), Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("popup")
        self.session, self._showing = session, showing
        session.texts.commit()
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Find a text"))
        self.search.setAccessibleName(self.tr("Find a text"))
        self.list = QListWidget(self)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(self.tr("Texts, the newest first"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        self.clear = QPushButton(self.tr("Clear the history"), self)
        self.clear.setToolTip(self.tr("Forget all texts. Delete forgets the marked one."))
        self.clear.clicked.connect(self._on_clear_clicked)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.px(8), theme.px(8), theme.px(8), theme.px(8))
        layout.setSpacing(theme.px(8))
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addLayout(row)
        self.setStyleSheet(popup_sheet(theme))
        self._fill()
        self.search.textChanged.connect(self.filter)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(self._choose)
        window = anchor.window()
        self.resize(min(theme.px(WIDTH), window.width()), min(theme.px(HEIGHT), window.height() - theme.px(96)))
        left = anchor.mapTo(window, QPoint(anchor.width() - self.width(), anchor.height() + theme.px(4)))
        self.move(window.mapToGlobal(QPoint(max(0, left.x()), left.y())))

    def filter(self, text: str) -> None:
        """Show the texts that contain every word; the first is marked."""
        words, first = folded(text).split(), None
        for row in range(self.list.count()):
            item = self.list.item(row)
            is_shown = all(word in folded(item.text()) for word in words)
            item.setHidden(not is_shown)
            first = item if first is None and is_shown and item.data(ENTRY) is not None else first
        self.list.setCurrentItem(first)  # type: ignore[arg-type]

    def accept(self) -> None:
        """Take the marked text."""
        if (item := self.list.currentItem()) is not None and not item.isHidden():
            self._choose(item)

    def forget(self) -> None:
        """Forget the marked text."""
        item = self.list.currentItem()
        if item is not None and item.data(ENTRY) is not None:
            row = self.list.row(item)
            self.session.texts.remove(item.data(ENTRY))
            self._fill()
            self.filter(self.search.text())
            self.list.setCurrentRow(min(row, self.list.count() - 1))

    def _fill(self) -> None:
        self.list.clear()
        entries = self.session.texts.entries()
        for entry in entries:
            item = QListWidgetItem(_line(entry))
            item.setData(ENTRY, entry)
            item.setToolTip(tip(_line(entry)))
            self.list.addItem(item)
        if not entries:
            nothing = QListWidgetItem(self.tr("No text yet"))
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(nothing)
        self.clear.setEnabled(bool(entries))
        self.list.setCurrentRow(1 if len(entries) > 1 else 0)  # the first one is in the field

    def _choose(self, item: QListWidgetItem) -> None:
        entry = item.data(ENTRY)
        if isinstance(entry, Entry):
            self.session.texts.choose(entry, self._showing)
            self.close()

    def _on_clear_clicked(self) -> None:
        self.session.texts.clear()
        self._fill()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.list.keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.accept()
        elif event.key() == Qt.Key.Key_Delete and self.search.cursorPosition() == len(self.search.text()):
            self.forget()
        else:
            return False
        return True

    def showEvent(self, event: QEvent) -> None:  # type: ignore[override]
        super().showEvent(event)  # type: ignore[arg-type]
        self.search.setFocus()


def _line(entry: Entry) -> str:
    """A text in one line, with its second sentence or its output."""
    parts = (entry.text, entry.pair and f"+ {entry.pair}", entry.target and f"→ {entry.target}")
    return "   ".join(" ".join(part.split()) for part in parts if part)
