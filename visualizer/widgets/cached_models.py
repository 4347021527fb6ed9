"""The hub's models that this machine keeps, as the window knows them: looked for, and deleted, on the worker thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from visualizer.core.heavy import import_models
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.session import Session
from visualizer.ui import errors
from visualizer.ui.numbers import format_bytes
from visualizer.ui.plain_text import keep_plain
from visualizer.ui.theme import Theme

if TYPE_CHECKING:
    from visualizer.core.loading.hub_cache import CachedModel

Found = tuple[tuple["CachedModel", ...], bool]


def look(should_stop: ShouldStop, progress: Progress) -> Found:
    """What is kept, and whether the network may not be asked; reads folders, so on the worker thread."""
    import_models()  # in the one place and way in which torch is imported
    from visualizer.core.loading import hub_cache

    return hub_cache.cached_models(), hub_cache.is_offline()


class CachedModels(QObject):
    """One for each session; what was found last is at hand at once. changed: there are others now. failed: an error."""

    changed = Signal()
    failed = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.found: tuple[CachedModel, ...] = ()
        self.is_offline = False

    @classmethod
    def of(cls, session: Session) -> CachedModels:
        """That of a session."""
        known = session.findChild(cls)
        return known if isinstance(known, CachedModels) else cls(session)

    def look(self) -> None:
        """Ask the worker; `changed` when something is otherwise than it was known."""
        self._session.jobs.submit("cache", look, self._on_looked, self.failed.emit, urgent=True)

    def delete(self, model: CachedModel) -> None:
        """Delete one, unless it is loaded."""
        in_use = tuple(name for one in self._loaded() for name in (one.source, one.origin, one.base_source))

        def work(should_stop: ShouldStop, progress: Progress) -> Found:
            from visualizer.core.loading import hub_cache

            hub_cache.delete(model, in_use)
            return look(should_stop, progress)

        self._session.jobs.submit("cache", work, self._on_looked, self.failed.emit, urgent=True)

    def _loaded(self) -> list:  # type: ignore[type-arg]
        found = [self._session.model, *(pane.model for pane in self._session.panes)]
        return [model for model in found if model is not None]

    def _on_looked(self, found: Found) -> None:
        if found != (self.found, self.is_offline):
            self.found, self.is_offline = found
            self.changed.emit()


class DeleteBar(QWidget):
    """Asks before a model is deleted, and says why it was not. agreed: the model. closed: nothing is asked any more."""

    agreed = Signal(object)
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: CachedModel | None = None
        self.words = QLabel(self)
        keep_plain(self.words)
        self.words.setWordWrap(True)
        self.delete, self.keep = QPushButton(self), QPushButton(self)
        self.delete.setText(self.tr("Delete"))
        self.keep.clicked.connect(self.close_question)
        self.delete.clicked.connect(self._on_delete_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(4), 0, 0, 0)
        row.setSpacing(theme.px(8))
        row.addWidget(self.words, 1)
        row.addWidget(self.delete)
        row.addWidget(self.keep)
        self.hide()

    def ask(self, model: CachedModel) -> None:
        """Whether this one shall be deleted."""
        self.model = model
        question = self.tr("Delete “{source}” ({size}) from this machine? Other programs that use it lose it, too.")
        self.words.setText(question.format(source=model.source, size=format_bytes(model.size)))
        self.delete.show()
        self.keep.setText(self.tr("Keep it"))
        self.show()
        self.keep.setFocus()

    def tell(self, error: Exception) -> None:
        """Why it was not done."""
        self.model = None
        self.words.setText(" ".join(errors.present(error)))
        self.delete.hide()
        self.keep.setText(self.tr("Close"))
        self.show()

    def close_question(self) -> None:
        self.model = None
        self.hide()
        self.closed.emit()

    def _on_delete_clicked(self) -> None:
        model = self.model
        self.close_question()
        if model is not None:
            self.agreed.emit(model)
