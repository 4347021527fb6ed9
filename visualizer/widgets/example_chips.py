"""What stands in the place of the tokens while there is no text: some examples for the loaded model, one click each."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from visualizer.core.examples.example import Example
from visualizer.core.examples.library import library
from visualizer.session.session import Session
from visualizer.ui import guard
from visualizer.ui.plain_text import tip
from visualizer.ui.theme import Theme
from visualizer.widgets.actions import key_text
from visualizer.widgets.part import Part

COUNT = 3


@guard.overrides
class ExampleChips(Part):
    """Lies over the strip of tokens, which is empty then, so that nothing moves when a text comes.

    chosen: an Example to be opened. more_requested: all of them are wanted.
    """

    chosen = Signal(object)
    more_requested = Signal()

    def __init__(self, session: Session, over: QWidget) -> None:
        super().__init__(session, over)
        self.setAutoFillBackground(True)
        self._over = over
        self.label = QLabel(self)
        self.label.setProperty("role", "quiet")
        self.chips = tuple(QPushButton(self) for _ in range(COUNT))
        self.more = QPushButton(self)
        self.examples: tuple[Example, ...] = ()
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.label)
        for number, chip in enumerate(self.chips):
            chip.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            chip.setMinimumWidth(0)
            chip.clicked.connect(lambda _checked=False, number=number: self._choose(number))
            self._row.addWidget(chip, 0, Qt.AlignmentFlag.AlignVCenter)
        self.more.setProperty("flat", True)
        self.more.clicked.connect(self.more_requested)
        self._row.addWidget(self.more)
        self._row.addStretch(1)
        over.installEventFilter(self)
        session.request_changed.connect(lambda _request: self._show())
        session.trace_changed.connect(lambda _trace, _selection: self._show())
        session.model_changed.connect(lambda _model: self._renew())
        session.language_changed.connect(lambda _language: self._renew())
        self.settle()
        self._show()

    def retranslate(self) -> None:
        self.label.setText(self.tr("Try:"))
        self.more.setText(self.tr("More…"))
        self.more.setToolTip(f"{self.tr('Examples')} ({key_text('examples')})")
        self._renew()

    def apply_theme(self, theme: Theme) -> None:
        self._row.setContentsMargins(theme.px(16), theme.px(2), theme.px(16), theme.px(2))
        self._row.setSpacing(theme.px(8))
        self._fit()

    def _renew(self) -> None:
        """Examples of the model that is there; of the program's first one while there is none."""
        model = self.session.model
        source = model.source if model is not None else self.session.settings.model
        self.examples = library().for_model(source, COUNT)
        for number, chip in enumerate(self.chips):
            chip.setVisible(number < len(self.examples))
        for chip, example in zip(self.chips, self.examples, strict=False):
            title = example.title.of(self.session.language)
            chip.setAccessibleName(title)
            chip.setToolTip(tip(f"{example.sentence}\n{example.shows.of(self.session.language)}"))
        self._fit()

    def _fit(self) -> None:
        """Titles as long as there is room for."""
        taken = self.label.sizeHint().width() + self.more.sizeHint().width() + self.theme.px(32 + 8 * (COUNT + 2))
        room = max(self.theme.px(40), (self._over.width() - taken) // COUNT - self.theme.px(24))
        for chip, example in zip(self.chips, self.examples, strict=False):
            title = example.title.of(self.session.language)
            shown = chip.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, room)
            chip.setText(shown.replace("&", "&&"))

    def _choose(self, number: int) -> None:
        if number < len(self.examples):
            self.chosen.emit(self.examples[number])

    def _show(self) -> None:
        wanted = not self.session.text and self.session.trace is None
        self.setVisible(wanted)
        if wanted:
            self.setGeometry(self._over.rect())
            self.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._over.rect())
        return False
