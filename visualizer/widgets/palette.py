"""All commands with their keys: type to find one, Enter runs it. It is the shortcut sheet too."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QFrame, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from visualizer.ui import guard, icons
from visualizer.ui.theme import Theme
from visualizer.views.registry import GROUPS, VIEWS
from visualizer.widgets.actions import key_text
from visualizer.widgets.commands import BY_ID, Command
from visualizer.widgets.finding import EXAMPLE, TERM, find, findable, terms


@guard.overrides
class Palette(QFrame):
    """A popup in the upper middle of the window.

    run: does what was chosen, by its id. language: of the examples' names. heads: those that a text names. task: of the
    model that is looked at.
    """

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        run: Callable[[str], object],
        language: str = "en",
        heads: Callable[[str], list[Command]] = lambda _query: [],
        task: str = "",
    ) -> None:
        super().__init__(window, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("popup")
        self._run, self._theme, self._heads, self._task = run, theme, heads, task
        self._findable, self._terms = findable(language), terms()
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Find a command, a term, or a head such as 2.3"))
        self.search.setAccessibleName(self.tr("Find a command"))
        self.list = QTreeWidget(self)
        self.list.setAccessibleName(self.tr("Commands and keys"))
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setIconSize(QSize(theme.px(16), theme.px(16)))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.px(8), theme.px(8), theme.px(8), theme.px(8))
        layout.setSpacing(theme.px(8))
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        self.setStyleSheet(popup_sheet(theme))
        self.search.textChanged.connect(self.filter)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(lambda item: self._choose(item))
        self.filter("")
        width, height = theme.px(480), min(theme.px(560), window.height() - theme.px(96))
        self.resize(width, height)
        self.move(window.mapToGlobal(QPoint((window.width() - width) // 2, theme.px(56))))

    def filter(self, text: str) -> None:
        """Show what is called so in either language, best first; every command for an empty text."""
        self.list.clear()
        among = (*self._findable, *self._terms) if text.strip() else self._findable
        found = [*self._heads(text), *find(text, among)]
        self.list.addTopLevelItems([self._item(command) for command in found])
        first = self.list.topLevelItem(0)
        if first is not None:
            self.list.setCurrentItem(first)

    def _item(self, command: Command) -> QTreeWidgetItem:
        theme = self._theme
        item = QTreeWidgetItem([command.label(self._task), self._where(command)])
        item.setData(0, Qt.ItemDataRole.UserRole, command.id)
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setSizeHint(0, QSize(0, theme.px(28)))
        item.setIcon(0, icons.icon(command.icon, theme) if command.icon else _blank(theme.px(16)))
        return item

    def _where(self, command: Command) -> str:
        """The keys of a command; for a view without its own, its group and the group's key."""
        if command.id.startswith(EXAMPLE):
            return self.tr("example")
        if command.id not in BY_ID:
            return self.tr("term") if command.id.startswith(f"{TERM}.") else ""
        info = VIEWS.get(command.id.removeprefix("view."))
        if command.keys or info is None:
            return key_text(command.id)
        return f"{GROUPS[info.group].label()}  {key_text(f'group.{info.group}')}"

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        if item is None:
            return
        name = item.data(0, Qt.ItemDataRole.UserRole)
        self.close()
        self._run(name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
                self.list.keyPressEvent(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self.list.currentItem())
                return True
        return False

    def showEvent(self, event: QEvent) -> None:  # type: ignore[override]
        super().showEvent(event)  # type: ignore[arg-type]
        self.search.setFocus()


def _blank(size: int) -> QIcon:
    """Keeps the names of commands without an icon in line."""
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    return QIcon(pixmap)


def popup_sheet(theme: Theme) -> str:
    """The look of a panel that floats above the window."""
    return (
        f"QFrame#popup {{ background: {theme.raised}; border: 1px solid {theme.border}; "
        f"border-radius: {theme.px(4)}px; }} "
        f"QTreeWidget, QListWidget {{ background: {theme.raised}; border: none; }} "
        f"QTreeWidget::item, QListWidget::item {{ padding: {theme.px(4)}px; }} "
        f"QTreeWidget::item:selected, QListWidget::item:selected "
        f"{{ background: {theme.accent}; color: {theme.on_accent}; }}"
    )
