"""The library of examples: search, topics, a preview; Enter or a double click opens one, in one step."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.core.errors import VisualizerError
from visualizer.core.examples.example import Example
from visualizer.session import examples
from visualizer.session.examples import OwnExample
from visualizer.session.session import Session
from visualizer.ui import guard
from visualizer.ui.theme import Theme
from visualizer.widgets.example_list import ENTRY, Entry, ExampleList
from visualizer.widgets.example_preview import ExamplePreview

SIZE = QSize(920, 600)
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


@guard.overrides
class ExampleDialog(QDialog):
    """chosen: an Example or OwnExample to be opened; keep_requested: what is on the screen is to be kept."""

    chosen = Signal(object)
    keep_requested = Signal()

    def __init__(self, session: Session, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Examples"))
        self.session = session
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Find: induction, particle, 橋, alignment …"))
        self.search.setAccessibleName(self.tr("Find an example"))
        self.search.setClearButtonEnabled(True)
        self.language = QComboBox(self)
        self.language.setAccessibleName(self.tr("Language of the sentences"))
        for name, code in ((self.tr("All sentences"), ""), (self.tr("Japanese"), "ja"), (self.tr("English"), "en")):
            self.language.addItem(name, code)
        self.list = ExampleList(theme, session.language, self)
        self.preview = ExamplePreview(theme, session.language, self)
        self.keep = QPushButton(self.tr("Keep what is on the screen…"), self)
        self.rename = QPushButton(self.tr("Rename…"), self)
        self.delete = QPushButton(self.tr("Delete"), self)
        self.open_button = QPushButton(self.tr("Open"), self)
        self.open_button.setProperty("role", "primary")
        for button in (self.keep, self.rename, self.delete, self.open_button):
            button.setAutoDefault(False)
        self._lay_out(theme)
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._filter)
        self.language.activated.connect(self._filter)
        self.list.currentItemChanged.connect(lambda _item, _before: self._show_entry())
        self.list.itemDoubleClicked.connect(self._open_item)
        self.list.installEventFilter(self)
        self.open_button.clicked.connect(self._open)
        self.keep.clicked.connect(self.keep_requested)
        self.rename.clicked.connect(self._rename)
        self.delete.clicked.connect(self._delete)
        self.keep.setEnabled(bool(session.text))
        self.renew()
        self.search.setFocus()
        room = window.size()
        self.resize(min(theme.px(SIZE.width()), room.width() - 32), min(theme.px(SIZE.height()), room.height() - 48))

    def _lay_out(self, theme: Theme) -> None:
        layout, row, middle, buttons = QVBoxLayout(self), QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        margin = theme.px(16)
        layout.setContentsMargins(margin, margin, margin, margin)
        for one in (layout, row, buttons):
            one.setSpacing(theme.px(8))
        middle.setSpacing(0)
        row.addWidget(self.search, 1)
        row.addWidget(self.language)
        middle.addWidget(self.list, 1)
        middle.addWidget(self.preview, 1)
        buttons.addWidget(self.keep)
        buttons.addStretch(1)
        for button in (self.rename, self.delete, self.open_button):
            buttons.addWidget(button)
        layout.addLayout(row)
        layout.addLayout(middle, 1)
        layout.addLayout(buttons)

    def renew(self, own: OwnExample | None = None) -> None:
        """Read one's own again; own: the one that is marked then."""
        self.list.fill(examples.kept())
        self._filter()
        if own is not None:
            self.list.choose(own)

    def _filter(self, *_: object) -> None:
        self.list.filter(self.search.text(), self.language.currentData())
        self._show_entry()

    def _show_entry(self) -> None:
        entry = self.list.entry()
        self.preview.show_entry(entry)
        is_own = isinstance(entry, OwnExample)
        self.rename.setVisible(is_own)
        self.delete.setVisible(is_own)
        self.rename.setEnabled(isinstance(entry, OwnExample) and entry.error is None)
        self.open_button.setEnabled(_can_open(entry))

    def _open(self) -> None:
        self._choose(self.list.entry())

    def _open_item(self, item: QListWidgetItem) -> None:
        self._choose(item.data(ENTRY))

    def _choose(self, entry: Entry | None) -> None:
        if _can_open(entry):
            self.accept()
            self.chosen.emit(entry)

    # --- one's own -------------------------------------------------------------------------------

    def _rename(self) -> None:
        own = self.list.entry()
        if isinstance(own, OwnExample):
            asking = KeepDialog(self, own.name, own.note)
            asking.named.connect(lambda name, note: self._guarded(lambda: examples.renamed(own, name, note)))
            asking.open()

    def _delete(self) -> None:
        own = self.list.entry()
        if isinstance(own, OwnExample):
            self._guarded(lambda: examples.delete(own))

    def _guarded(self, work: object) -> None:
        try:
            done = work()  # type: ignore[operator]
        except VisualizerError as error:
            self.session.report_error(error)
            done = None
        self.renew(done if isinstance(done, OwnExample) else None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if watched is self.search and event.key() in _MOVES:
            self.list.keyPressEvent(event)
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
            return True
        if watched is self.list and event.key() == Qt.Key.Key_Delete:
            self._delete()
            return True
        if watched is self.list and event.key() == Qt.Key.Key_F2:
            self._rename()
            return True
        return False


class KeepDialog(QDialog):
    """A name and a note for one's own example. named: both, once they are there."""

    named = Signal(str, str)

    def __init__(self, parent: QWidget, name: str = "", note: str = "") -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keep as an example"))
        self.name, self.note = QLineEdit(name, self), QPlainTextEdit(note, self)
        self.name.setMaxLength(examples.LONGEST_NAME)
        self.name.setAccessibleName(self.tr("Name"))
        self.note.setAccessibleName(self.tr("What it shows"))
        self.note.setTabChangesFocus(True)
        self.ok = QPushButton(self.tr("Keep"), self)
        self.ok.setProperty("role", "primary")
        self.ok.setDefault(True)
        cancel = QPushButton(self.tr("Cancel"), self)
        cancel.setAutoDefault(False)
        form, row, layout = QFormLayout(), QHBoxLayout(), QVBoxLayout(self)
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("What it shows"), self.note)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.ok)
        layout.addLayout(form)
        layout.addLayout(row)
        self.ok.clicked.connect(self._keep)
        cancel.clicked.connect(self.reject)
        self.name.textChanged.connect(lambda text: self.ok.setEnabled(bool(text.strip())))
        self.ok.setEnabled(bool(name.strip()))
        self.name.selectAll()

    def _keep(self) -> None:
        name, note = self.name.text(), self.note.toPlainText()
        self.accept()
        self.named.emit(name, note)


def _can_open(entry: Entry | None) -> bool:
    return isinstance(entry, Example) or (isinstance(entry, OwnExample) and entry.document is not None)
