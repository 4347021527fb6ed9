"""Choosing a model: those that ship with the program, known ones of the hub, a folder, a file, or any name."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.core.errors import UnknownModel
from visualizer.core.loading import hub_name
from visualizer.core.loading.catalogue import CatalogueEntry, catalogue
from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui import guard
from visualizer.ui.numbers import format_bytes
from visualizer.ui.plain_text import keep_plain, tip
from visualizer.ui.theme import Theme
from visualizer.widgets.cached_models import CachedModels, DeleteBar
from visualizer.widgets.palette import popup_sheet
from visualizer.widgets.two_lines import DELETABLE, DESCRIPTION, FIGURE, TwoLines

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.loading.hub_cache import CachedModel

Row = tuple[str, str, str, str]  # source, name, figure, description
SOURCE = Qt.ItemDataRole.UserRole
WORDS = Qt.ItemDataRole.UserRole + 1  # what the filter looks at
RECENT = 5


@guard.overrides
class ModelPicker(QFrame):
    """A popup under the model's button. chosen: a source for `Session.load_model`."""

    chosen = Signal(str)

    def __init__(self, session: Session, theme: Theme, anchor: QWidget, pane: Showing | None = None) -> None:
        """pane: the one whose model is chosen, which is marked; the first by default."""
        super().__init__(anchor.window(), Qt.WindowType.Popup)
        self._current = pane.model if pane is not None and pane.model is not None else session.model
        self._is_second = pane is not None and pane is not session.showing
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("popup")
        self.session = session
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Name, hub id (owner/model), folder or .gguf file"))
        self.search.setAccessibleName(self.tr("Find or name a model"))
        self.hint = QLabel(self)
        keep_plain(self.hint)
        self.hint.setProperty("role", "small")
        self.hint.setWordWrap(True)
        self.list = QListWidget(self)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(self.tr("Models"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows = TwoLines(theme, self.list)
        self.list.setItemDelegate(self._rows)
        self.list.setMouseTracking(True)
        self.list.viewport().installEventFilter(self)
        self.cached = CachedModels.of(session)
        self.question = DeleteBar(theme, self)
        self._fill()
        folder = QPushButton(self.tr("Open a folder…"), self)
        file = QPushButton(self.tr("Open a .gguf file…"), self)
        folder.clicked.connect(self._on_folder_clicked)
        file.clicked.connect(self._on_file_clicked)
        self._buttons = QWidget(self)
        buttons = QHBoxLayout(self._buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(theme.px(8))
        buttons.addWidget(folder)
        buttons.addWidget(file)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.px(8), theme.px(8), theme.px(8), theme.px(8))
        layout.setSpacing(theme.px(8))
        layout.addWidget(self.search)
        layout.addWidget(self.hint)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._buttons)
        layout.addWidget(self.question)
        self.setStyleSheet(popup_sheet(theme))
        self.search.textChanged.connect(self.filter)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(self._choose_item)
        self.cached.changed.connect(self._on_cached_changed)
        self.cached.failed.connect(self._on_cached_failed)
        self.question.agreed.connect(self.cached.delete)
        self.question.closed.connect(self._on_question_closed)
        self.filter("")
        self.cached.look()
        window = anchor.window()
        self.resize(theme.px(440), min(theme.px(520), window.height() - theme.px(96)))
        self.move(anchor.mapToGlobal(QPoint(0, anchor.height() + theme.px(4))))

    def _fill(self) -> None:
        self.list.clear()
        entries, cached = catalogue(), {model.source: model for model in self.cached.found}
        known = {entry.source for entry in entries} | set(cached)
        recent = [source for source in self.session.settings.recent_models if source not in known][:RECENT]
        named = {entry.source: self._entry(entry) for entry in entries}
        here = [self._cached(model, named.get(source)) for source, model in cached.items()]
        self._add_group(self.tr("From the hub, on this machine"), here)
        self._add_group(self.tr("Ship with the program"), [named[e.source] for e in entries if e.bundled])
        self._add_group(self.tr("Used recently"), [(source, Path(source).name, "", source) for source in recent])
        away = [named[e.source] for e in entries if not e.bundled and e.source not in cached]
        if self.cached.is_offline:
            self._add_heading(self.tr("Offline (HF_HUB_OFFLINE): nothing is fetched from the hub"))
        else:
            self._add_group(self.tr("From the Hugging Face hub (fetched once)"), away)

    def _cached(self, model: CachedModel, entry: Row | None) -> Row:
        """A model of the hub that is here, with its size on disk; called as in the catalogue where it stands there."""
        day = datetime.fromtimestamp(model.used).strftime("%Y-%m-%d")
        name, description = model.source, self.tr("Used last on {date}").format(date=day)
        if entry is not None:
            name, description = entry[1], entry[3]
        if not model.complete:
            description = self.tr("Not complete: it goes on when it is chosen")
        return model.source, name, format_bytes(model.size), description

    def _entry(self, entry: CatalogueEntry) -> Row:
        description = entry.description_ja if self.session.language == "ja" else entry.description_en
        if entry.needs:
            description += " · " + self.tr("needs {packages}").format(packages=", ".join(entry.needs))
        return entry.source, entry.name, _parameters(entry.size), description

    def _add_heading(self, title: str) -> None:
        header = QListWidgetItem(title)
        header.setFlags(Qt.ItemFlag.NoItemFlags)
        self.list.addItem(header)

    def _add_group(self, title: str, entries: list[Row]) -> None:
        if not entries:
            return
        self._add_heading(title)
        deletable = {model.source for model in self.cached.found}
        for source, name, figure, description in entries:
            item = QListWidgetItem(name)
            item.setData(FIGURE, figure)
            item.setData(DESCRIPTION, description)
            item.setData(SOURCE, source)
            item.setData(WORDS, f"{source} {name} {description}".casefold())
            item.setData(DELETABLE, source in deletable)
            more = self.tr("The bin, or Shift+Delete, deletes it from this machine")
            item.setToolTip(tip(f"{source}\n{more}" if source in deletable else source))
            self.list.addItem(item)

    def filter(self, text: str) -> None:
        """Show the models that contain every word; none marked: Enter takes the text itself as the source."""
        words = text.casefold().split()
        hint = self._hint(text.strip())
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
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
        if current is not None and words:
            self.list.scrollToItem(current)
        else:
            self.list.scrollToTop()  # what is at hand stands first

    def _hint(self, text: str) -> str:
        """What Enter would fetch; while nothing is typed, what can be."""
        if not text and self._is_second and self.session.model is not None and is_quantized(self.session.model):
            return self.tr(
                "A's weights were unpacked from fewer bits: choose the model they were made of to see what changes."
            )
        if not text:
            return self.tr("Of the hub: owner/name, owner/name@revision, owner/name:file.gguf")
        if not _is_source(text) or _is_path(text):
            return ""
        try:
            name = hub_name.parse(text)
        except UnknownModel:
            return ""
        if name.file is not None:
            words = self.tr("Enter: the file {file} of {repository}")
        elif name.revision is not None:
            words = self.tr("Enter: revision {revision} of {repository}")
        else:
            words = self.tr("Enter: {repository} from the hub")
        words = words.format(file=name.file, revision=name.revision or "", repository=name.repository)
        if str(name) in {model.source for model in self.cached.found if model.complete}:
            words += " · " + self.tr("on this machine")
        elif self.cached.is_offline:
            words += " · " + self.tr("offline: it cannot be fetched")
        return words

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

    # --- deleting --------------------------------------------------------------------------------

    def ask_to_delete(self, item: QListWidgetItem) -> None:
        """Ask whether this model shall be deleted from the machine."""
        model = next((one for one in self.cached.found if one.source == item.data(SOURCE)), None)
        if model is not None:
            self._buttons.hide()
            self.question.ask(model)

    def _on_question_closed(self) -> None:
        self._buttons.show()
        self.search.setFocus()

    def _on_cached_changed(self) -> None:
        self._fill()
        self.filter(self.search.text())

    def _on_cached_failed(self, error: Exception) -> None:
        self._buttons.hide()
        self.question.tell(error)

    def _is_bin_event(self, event: QEvent) -> bool:
        """Whether the left button is pressed or let go on a bin; letting go asks."""
        if not isinstance(event, QMouseEvent) or event.button() != Qt.MouseButton.LeftButton:
            return False
        place = event.position().toPoint()
        item = self.list.itemAt(place)
        if item is None or not item.data(DELETABLE):
            return False
        if not self._rows.bin_place(self.list.visualItemRect(item)).adjusted(-4, -4, 4, 4).contains(place):
            return False
        if event.type() == QEvent.Type.MouseButtonRelease:
            self.ask_to_delete(item)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.list.viewport():
            return self._is_bin_event(event)
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
                self.list.keyPressEvent(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.accept()
                return True
            item = self.list.currentItem()
            is_delete = event.key() == Qt.Key.Key_Delete and event.modifiers() == Qt.KeyboardModifier.ShiftModifier
            if is_delete and item is not None and item.data(DELETABLE):
                self.ask_to_delete(item)
                return True
        return False

    def showEvent(self, event: QEvent) -> None:  # type: ignore[override]
        super().showEvent(event)  # type: ignore[arg-type]
        self.search.setFocus()


def is_quantized(model: LoadedModel) -> bool:
    """Whether its weights lay in few bits in its file, and were unpacked."""
    return any(notice.startswith("unpacked:") for notice in model.notices)


def _is_path(text: str) -> bool:
    """Whether a text names something on this machine; a share of another one is not asked for while somebody types."""
    if text.startswith(("\\\\", "//")):
        return True
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def _is_source(text: str) -> bool:
    """Whether a text names a model by itself: a hub id, a path, a bundled name."""
    return any(sign in text for sign in ":/@") or "\\" in text or text.endswith(".gguf")


def _parameters(count: int) -> str:
    """13M, 1.7B: as models are called."""
    if count >= 1_000_000_000:
        return f"{count / 1e9:.1f}B"
    return f"{count / 1e6:.1f}M" if count < 10_000_000 else f"{count / 1e6:.0f}M"
