"""The examples as a list: by topic, found by words in either language, one's own at the end."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from visualizer.core.examples.example import Example
from visualizer.core.examples.library import library, words_of
from visualizer.session.examples import OwnExample
from visualizer.ui.theme import Theme
from visualizer.widgets.finding import folded
from visualizer.widgets.two_lines import DESCRIPTION, FIGURE, TwoLines

ENTRY = Qt.ItemDataRole.UserRole
# Beyond those that `TwoLines` reads: one of its own would be painted as a bin.
NAMES = Qt.ItemDataRole.UserRole + 16  # folded titles in both languages
WORDS = Qt.ItemDataRole.UserRole + 17  # folded, all that finds it

Entry = Example | OwnExample


class ExampleList(QListWidget):
    """Headings and entries; `filter` shows those that fit, and marks the best."""

    def __init__(self, theme: Theme, language: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self.setAccessibleName(self.tr("Examples"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(TwoLines(theme, self))
        self.setMouseTracking(True)

    def fill(self, own: tuple[OwnExample, ...]) -> None:
        """All of the program's, then one's own."""
        self.clear()
        for topic in library().topics:
            self._add_heading(topic.title.of(self._language))
            for example in library().of_topic(topic.id):
                names = folded(f"{example.title.en} {example.title.ja}")
                mark = self.tr("limit") if example.is_limit else ""
                figure = " · ".join(part for part in (mark, short_model(example.model)) if part)
                title = example.title.of(self._language)
                self._add(example, title, figure, example.sentence, names, words_of(example))
        if own:
            self._add_heading(self.tr("My examples"))
        for one in own:
            description = one.sentence if one.error is None else self.tr("cannot be read")
            words = f"{one.note} {one.sentence} {one.model} {self.tr('My examples')}"
            self._add(one, one.name, short_model(one.model), description or " ", folded(one.name), words)

    def _add_heading(self, title: str) -> None:
        item = QListWidgetItem(title)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.addItem(item)

    def _add(self, entry: Entry, title: str, figure: str, description: str, names: str, words: str) -> None:
        item = QListWidgetItem(title)
        item.setData(ENTRY, entry)
        item.setData(FIGURE, figure)
        item.setData(DESCRIPTION, " ".join(description.split()) or " ")
        item.setData(NAMES, names)
        item.setData(WORDS, folded(f"{names} {words}"))
        item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, description)
        self.addItem(item)

    def filter(self, text: str, language: str = "") -> None:
        """Show what holds every word and is in this language ("": any; one's own are always in it)."""
        parts = folded(text).split()
        heading: QListWidgetItem | None = None
        best: tuple[int, QListWidgetItem] | None = None
        for row in range(self.count()):
            item = self.item(row)
            entry = item.data(ENTRY)
            if entry is None:
                heading = item
                item.setHidden(True)
                continue
            is_spoken = not language or isinstance(entry, OwnExample) or entry.language in (language, "both")
            shown = is_spoken and all(part in item.data(WORDS) for part in parts)
            item.setHidden(not shown)
            if not shown:
                continue
            if heading is not None:
                heading.setHidden(False)
            rank = 0 if all(part in item.data(NAMES) for part in parts) else 1
            if best is None or rank < best[0]:
                best = rank, item
        self.setCurrentItem(best[1] if best is not None else None)  # type: ignore[arg-type]
        if best is not None:
            self.scrollToItem(best[1])
            if self.currentRow() <= 1:
                self.scrollToTop()

    def entry(self) -> Entry | None:
        """What is marked."""
        item = self.currentItem()
        found: Entry | None = None if item is None or item.isHidden() else item.data(ENTRY)
        return found

    def choose(self, own: OwnExample) -> None:
        """Mark one of one's own."""
        for row in range(self.count()):
            entry = self.item(row).data(ENTRY)
            if isinstance(entry, OwnExample) and entry.path == own.path:
                self.setCurrentRow(row)
                self.scrollToItem(self.item(row))

    def shown(self) -> tuple[Entry, ...]:
        """What can be chosen now."""
        items = [self.item(row) for row in range(self.count())]
        return tuple(item.data(ENTRY) for item in items if not item.isHidden() and item.data(ENTRY) is not None)


def short_model(source: str) -> str:
    """A model's source without where it comes from."""
    return source.removeprefix("bundled:").rpartition("/")[2]
