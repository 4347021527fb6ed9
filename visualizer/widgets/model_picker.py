"""Choosing a model: those that ship with the program, known ones of the hub, a folder, a file, or any name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.core.loading.catalogue import CatalogueEntry, catalogue
from visualizer.session.session import Session
from visualizer.ui import guard
from visualizer.ui.plain_text import tip
from visualizer.ui.theme import Theme
from visualizer.widgets.palette import popup_sheet
from visualizer.widgets.two_lines import DESCRIPTION, FIGURE, TwoLines

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

SOURCE = Qt.ItemDataRole.UserRole
WORDS = Qt.ItemDataRole.UserRole + 1  # what the filter looks at
RECENT = 5


@guard.overrides
class ModelPicker(QFrame):
    """A popup under the model's button. chosen: a source for `Session.load_model`."""

    chosen = Signal(str)

    def __init__(self, session: Session, theme: Theme, anchor: QWidget, current: LoadedModel | None = None) -> None:
        """current: the model that is marked; the first pane's by default."""
        super().__init__(anchor.window(), Qt.WindowType.Popup)
        self._current = current or session.model
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("popup")
        self.session = session
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Name, hub id (owner/model), folder or .gguf file"))
        self.search.setAccessibleName(self.tr("Find or name a model"))
        self.list = QListWidget(self)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(self.tr("Models"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(TwoLines(theme, self.list))
        self.list.setMouseTracking(True)
        self._fill()
        folder = QPushButton(self.tr("Open a folder…"), self)
        file = QPushButton(self.tr("Open a .gguf file…"), self)
        folder.clicked.connect(self._on_folder_clicked)
        file.clicked.connect(self._on_file_clicked)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.px(8))
        buttons.addWidget(folder)
        buttons.addWidget(file)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.px(8), theme.px(8), theme.px(8), theme.px(8))
        layout.setSpacing(theme.px(8))
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addLayout(buttons)
        self.setStyleSheet(popup_sheet(theme))
        self.search.textChanged.connect(self.filter)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(self._choose_item)
        self.filter("")
        window = anchor.window()
        self.resize(theme.px(440), min(theme.px(520), window.height() - theme.px(96)))
        self.move(anchor.mapToGlobal(QPoint(0, anchor.height() + theme.px(4))))

    def _fill(self) -> None:
        entries = catalogue()
        known = {entry.source for entry in entries}
        recent = [source for source in self.session.settings.recent_models if source not in known][:RECENT]
        self._add_group(self.tr("Ship with the program"), [self._entry(e) for e in entries if e.bundled])
        self._add_group(self.tr("Used recently"), [(source, Path(source).name, "", source) for source in recent])
        hub = [self._entry(entry) for entry in entries if not entry.bundled]
        self._add_group(self.tr("From the Hugging Face hub (fetched once)"), hub)

    def _entry(self, entry: CatalogueEntry) -> tuple[str, str, str, str]:
        """(source, name, figure, description)"""
        description = entry.description_ja if self.session.language == "ja" else entry.description_en
        if entry.needs:
            description += " · " + self.tr("needs {packages}").format(packages=", ".join(entry.needs))
        return entry.source, entry.name, _parameters(entry.size), description

    def _add_group(self, title: str, entries: list[tuple[str, str, str, str]]) -> None:
        if not entries:
            return
        header = QListWidgetItem(title)
        header.setFlags(Qt.ItemFlag.NoItemFlags)
        self.list.addItem(header)
        for source, name, figure, description in entries:
            item = QListWidgetItem(name)
            item.setData(FIGURE, figure)
            item.setData(DESCRIPTION, description)
            item.setData(SOURCE, source)
            item.setData(WORDS, f"{source} {name} {description}".casefold())
            item.setToolTip(tip(source))
            self.list.addItem(item)

    def filter(self, text: str) -> None:
        """Show the models that contain every word; none marked: Enter takes the text itself as the source."""
        words = text.casefold().split()
        current: QListWidgetItem | None = None
        loaded = self._current.source if self._current is not None else ""
        for row in range(self.list.count()):
            item = self.list.item(row)
            source = item.data(SOURCE)
            shown = not words if source is None else all(word in item.data(WORDS) for word in words)
            item.setHidden(not shown)
            if source is not None and shown and (current is None if words else source == loaded):
                current = item
        self.list.setCurrentItem(current)  # type: ignore[arg-type]
        if current is not None:
            self.list.scrollToItem(current)

    def accept(self) -> None:
        """Choose what is marked, or the text as it was typed."""
        item, text = self.list.currentItem(), self.search.text().strip()
        if item is not None and not item.isHidden() and not _is_source(text):
            self._choose_item(item)
        elif text:
            self._choose(text)

    def _choose_item(self, item: QListWidgetItem) -> None:
        if item.data(SOURCE):
            self._choose(item.data(SOURCE))

    def _choose(self, source: str) -> None:
        self.chosen.emit(source)
        self.close()

    def _on_folder_clicked(self) -> None:
        chosen, window = self.chosen, self.parentWidget()
        self.hide()  # a popup would keep the mouse from the dialog
        if folder := QFileDialog.getExistingDirectory(window, self.tr("Folder of a model")):
            chosen.emit(folder)
        self.close()

    def _on_file_clicked(self) -> None:
        chosen, window = self.chosen, self.parentWidget()
        self.hide()
        pattern = self.tr("GGUF models") + " (*.gguf)"
        file, _ = QFileDialog.getOpenFileName(window, self.tr("Model in one file"), "", pattern)
        if file:
            chosen.emit(file)
        self.close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
                self.list.keyPressEvent(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.accept()
                return True
        return False

    def showEvent(self, event: QEvent) -> None:  # type: ignore[override]
        super().showEvent(event)  # type: ignore[arg-type]
        self.search.setFocus()


def _is_source(text: str) -> bool:
    """Whether a text names a model by itself: a hub id, a path, a bundled name."""
    return ":" in text or "/" in text or "\\" in text or text.endswith(".gguf")


def _parameters(count: int) -> str:
    """13M, 1.7B: as models are called."""
    if count >= 1_000_000_000:
        return f"{count / 1e9:.1f}B"
    return f"{count / 1e6:.1f}M" if count < 10_000_000 else f"{count / 1e6:.0f}M"
