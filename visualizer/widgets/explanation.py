"""The panel that explains: the view that is worked in, and every term, beside the figure and not over it."""

from __future__ import annotations

import logging

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QCursor, QKeyEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QTextBrowser, QToolTip, QVBoxLayout, QWidget

from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui import glossary, guard
from visualizer.ui.elided import ElidedLabel
from visualizer.ui.theme import Theme
from visualizer.views.help.data import Try
from visualizer.views.help.scene import Scene
from visualizer.views.registry import VIEWS, help_of
from visualizer.widgets import explanation_page as pages
from visualizer.widgets.actions import key_text
from visualizer.widgets.part import Part, flat_button, theme_button

log = logging.getLogger(__name__)

WIDTH = 376  # pixels of the design
NARROWEST = 240
GLOSSARY = "glossary"  # the page of all terms

Page = tuple[str, str]  # ("view", its id), ("term", its id) or ("glossary", "")


@guard.overrides
class Explanation(Part):
    """done: what was chosen to be tried, and in which pane. closed: the panel is wanted no more."""

    done = Signal(object, object)
    closed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._view, self._showing = "", session.showing
        self._how_to_read = ""
        self._pages: list[Page] = []
        self.tries: tuple[Try, ...] = ()
        self.back = flat_button(self, "left")
        self.title = ElidedLabel(self)
        self.title.setProperty("role", "title")
        self.all_terms = flat_button(self, "text")
        self.close_button = flat_button(self, "close")
        self.text = QTextBrowser(self)
        self.text.setOpenLinks(False)
        self.text.setProperty("uses_arrows", True)
        self.text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.text.anchorClicked.connect(self._on_text_anchor_clicked)
        self.text.highlighted.connect(self._on_text_highlighted)
        self._row = QHBoxLayout()
        for widget in (self.back, self.title, self.all_terms, self.close_button):
            self._row.addWidget(widget, int(widget is self.title))
        for button in (self.back, self.all_terms, self.close_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._rows = QVBoxLayout(self)
        self._rows.setSpacing(0)
        self._rows.addLayout(self._row)
        self._rows.addWidget(self.text, 1)
        self.back.clicked.connect(self.go_back)
        self.all_terms.clicked.connect(lambda: self.show_term(""))
        self.close_button.clicked.connect(self.closed)
        # What is proposed depends on text, head and position: once for many changes, and only while it is seen.
        self._renewing = QTimer(self, interval=0, singleShot=True)
        self._renewing.timeout.connect(self._renew)
        for signal in (session.trace_changed, session.selection_changed, session.compared, session.busy_changed):
            signal.connect(self._on_session_changed)
        self.hide()
        self.settle()

    # --- what is shown ---------------------------------------------------------------------------

    @property
    def page(self) -> Page:
        """What is explained now."""
        return self._pages[-1] if self._pages else ("view", self._view)

    def show_view(self, view_id: str, showing: Showing, how_to_read: str = "") -> None:
        """Explain this view, of this pane; a term that is open stays until another view comes."""
        if (view_id, showing) == (self._view, self._showing) and not self._pages:
            self._how_to_read = how_to_read
            self._draw()
            return
        self._view, self._showing, self._how_to_read = view_id, showing, how_to_read
        self._pages = []
        self._draw()

    def show_term(self, term_id: str) -> None:
        """Explain a term; all of them for ""."""
        page = ("term", term_id) if term_id else (GLOSSARY, "")
        if page != self.page:
            self._pages.append(page)
        self._draw()

    def go_back(self) -> None:
        """To what was explained before."""
        if self._pages:
            self._pages.pop()
            self._draw()

    def _draw(self, keep_place: bool = False) -> None:
        if not self._settled or not self._view or self.isHidden():
            return
        what, name = self.page
        bar = self.text.verticalScrollBar()
        place = bar.value() if keep_place else 0
        if what == "view":
            self.tries = self._proposals()
            self.title.setText(self._title())
            self.text.setHtml(pages.of_view(help_of(name), self._how_to_read, self.tries, self.theme))
        else:
            self.title.setText(self.tr("Glossary"))
            page = pages.of_term(name, self.theme) if what == "term" else pages.of_glossary(self.theme)
            self.text.setHtml(page)
        pages.underline(self.text.document(), self.theme.text_quiet)
        bar.setValue(place)
        self.back.setVisible(bool(self._pages))
        self.text.setAccessibleName(self.title.text())

    def _title(self) -> str:
        return VIEWS[self._view].label(self._showing.task)

    def _proposals(self) -> tuple[Try, ...]:
        """What there is to try; nothing rather than an error where a proposal cannot be made."""
        found, trace = help_of(self._view), self._showing.trace
        if found is None or trace is None:
            return ()
        try:
            return found.tries(Scene(trace, self._showing.selection))
        except Exception as error:  # an explanation must not cost the window anything
            log.error("nothing to try in %s", self._view, exc_info=error)
            return ()

    def _renew(self) -> None:
        """The same page with what there is to try now; the text stays where it was scrolled to."""
        if self.isVisible() and self.page[0] == "view" and self._proposals() != self.tries:
            self._draw(keep_place=True)

    # --- reactions -------------------------------------------------------------------------------

    def _on_session_changed(self, *_: object) -> None:
        if self.isVisible():
            self._renewing.start()

    def _on_text_anchor_clicked(self, url: QUrl) -> None:
        link = url.toString()
        QToolTip.hideText()
        if link.startswith(glossary.TERM):
            self.show_term(link.removeprefix(glossary.TERM))
        elif link.startswith(pages.TRY):
            number = int(link.removeprefix(pages.TRY))
            if number < len(self.tries):
                self.done.emit(self.tries[number].do, self._showing)

    def _on_text_highlighted(self, url: QUrl) -> None:
        link = url.toString()
        if link.startswith(glossary.TERM):
            at = QCursor.pos() + QPoint(0, self.theme.px(16))
            QToolTip.showText(at, glossary.tip(link.removeprefix(glossary.TERM)), self.text)
        else:
            QToolTip.hideText()

    # --- look ------------------------------------------------------------------------------------

    def retranslate(self) -> None:
        words = {
            self.back: self.tr("Back"),
            self.all_terms: self.tr("Glossary"),
            self.close_button: f"{self.tr('Close the explanation')} ({key_text('help.view')})",
        }
        for button, text in words.items():
            button.setToolTip(text)
            button.setAccessibleName(text)
        self.all_terms.setText(self.tr("Glossary"))
        self.all_terms.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._draw()

    def apply_theme(self, theme: Theme) -> None:
        self._row.setContentsMargins(theme.px(16), theme.px(6), theme.px(8), theme.px(6))
        self._row.setSpacing(theme.px(4))
        self._rows.setContentsMargins(0, 0, 0, 0)
        self.text.document().setDocumentMargin(theme.px(16))
        self.setMinimumWidth(theme.px(NARROWEST))
        for button in (self.back, self.close_button):
            theme_button(button, theme)
        self._draw(keep_place=True)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(WIDTH), self.theme.px(400))

    def showEvent(self, event: QEvent) -> None:  # type: ignore[override]
        super().showEvent(event)  # type: ignore[arg-type]
        self._draw(keep_place=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Backspace and self._pages:
            self.go_back()
        else:
            super().keyPressEvent(event)

