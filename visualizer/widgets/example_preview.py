"""What an example shows, before it is opened: sentence, model, place, words, and what is held by a test."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from visualizer.core.examples.example import Example
from visualizer.session.examples import OwnExample
from visualizer.ui import errors, example_words
from visualizer.ui.plain_text import keep_plain
from visualizer.ui.theme import Theme
from visualizer.views.registry import VIEWS
from visualizer.widgets.example_list import Entry, short_model


class ExamplePreview(QScrollArea):
    """One column of labels."""

    def __init__(self, theme: Theme, language: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = QWidget(self)
        page.setObjectName("window")
        layout = QVBoxLayout(page)
        layout.setContentsMargins(theme.px(16), 0, theme.px(8), 0)
        layout.setSpacing(theme.px(8))
        self.title, self.badge, self.sentence, self.place, self.words, self.heading, self.claims = (
            QLabel(page) for _ in range(7)
        )
        roles = ("title", "badge", "token", "quiet", "plain", "small", "quiet")
        labels = (self.title, self.badge, self.sentence, self.place, self.words, self.heading, self.claims)
        for label, role in zip(labels, roles, strict=True):
            label.setProperty("role", role)
            label.setWordWrap(label is not self.badge)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            layout.addWidget(label, 0, Qt.AlignmentFlag.AlignLeft if label is self.badge else Qt.AlignmentFlag(0))
        keep_plain(*labels)
        layout.addStretch(1)
        self.setWidget(page)

    def show_entry(self, entry: Entry | None) -> None:
        """Tell of this one; None: of nothing."""
        self.badge.setVisible(isinstance(entry, Example) and entry.is_limit)
        self.badge.setText(self.tr("limit of this small model"))
        if isinstance(entry, Example):
            self._show_example(entry)
        elif entry is not None:
            self._show_own(entry)
        else:
            self._say(self.tr("Nothing fits"), "", "", self.tr("Try fewer or other words, or all languages."), ())
        self.verticalScrollBar().setValue(0)

    def text(self) -> str:
        """All that is said."""
        labels = (self.title, self.sentence, self.place, self.words, self.heading, self.claims)
        return "\n".join(label.text() for label in labels if not label.isHidden())

    def _show_example(self, example: Example) -> None:
        task = "masked" if "[MASK]" in example.request.text else ""
        view = VIEWS[example.view].label(task) if example.view in VIEWS else example.view
        parts = (short_model(example.model), view)
        place = " · ".join((*parts, example_words.place(example.aim)))
        claims = tuple(example_words.sentence(claim) for claim in example.claims)
        self._say(
            example.title.of(self._language), _lines(example), place, example.shows.of(self._language), claims
        )

    def _show_own(self, own: OwnExample) -> None:
        if own.error is not None or own.document is None:
            self._say(own.name, "", "", " ".join(errors.present(own.error or Exception())), ())
            return
        first, place = own.document.layout.first, own.document.selection.place
        parts = (short_model(own.model), VIEWS[first].label() if first in VIEWS else first, example_words.place(place))
        self._say(own.name, own.sentence, " · ".join(part for part in parts if part), own.note, ())

    def _say(self, title: str, sentence: str, place: str, words: str, claims: tuple[str, ...]) -> None:
        heading = self.tr("Found in this model, and held by a test:") if claims else ""
        texts = (title, sentence, place, words, heading, "\n".join(f"· {claim}" for claim in claims))
        labels = (self.title, self.sentence, self.place, self.words, self.heading, self.claims)
        for label, text in zip(labels, texts, strict=True):
            label.setText(text)
            label.setVisible(bool(text))


def _lines(example: Example) -> str:
    request = example.request
    return "\n".join(part for part in (request.text, request.pair, request.target) if part)
