"""What a load that failed still needs, asked for below the text: a token of the hub, or an adapter's base model."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QSizePolicy, QWidget

from visualizer.core.errors import NeedsBase, UnknownModel, UnusableToken
from visualizer.session.loading import Wish
from visualizer.session.session import Session
from visualizer.ui import icons
from visualizer.ui.elided import ElidedLabel
from visualizer.ui.plain_text import tip
from visualizer.ui.theme import Theme
from visualizer.widgets.model_picker import ModelPicker
from visualizer.widgets.part import Part, flat_button, theme_button

TOKENS = "/settings/tokens"  # where the hub makes them


class LoadHelp(Part):
    """No room at all until a load fails for want of something that a person can give.

    The token goes to the one load that is tried again. It stands in no setting, session, trace or log, and is gone from
    the field with the press of the button.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.setObjectName("load_help")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._wish: Wish | None = None
        self._page = ""
        self._icon, self.words = QLabel(self), ElidedLabel(self)
        self.words.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.page, self.make = QPushButton(self), QPushButton(self)
        self.token = QLineEdit(self)
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.load, self.base = QPushButton(self), QPushButton(self)
        self.close_button = flat_button(self, "close")
        self._of_token = (self.page, self.make, self.token, self.load)
        self._row = QHBoxLayout(self)
        for widget in (self._icon, self.words, *self._of_token, self.base):
            self._row.addWidget(widget, 100 * (widget is self.token))
        self._row.addStretch(1)
        self._row.addWidget(self.close_button)
        self.page.clicked.connect(lambda: self._open(self._page))
        self.make.clicked.connect(lambda: self._open(QUrl(self._page).resolved(QUrl(TOKENS)).toString()))
        self.token.returnPressed.connect(self._on_load_clicked)
        self.token.textChanged.connect(lambda text: self.load.setEnabled(bool(text.strip())))
        self.load.clicked.connect(self._on_load_clicked)
        self.base.clicked.connect(self._on_base_clicked)
        self.close_button.clicked.connect(self.dismiss)
        session.error_raised.connect(self._on_session_error_raised)
        session.busy_changed.connect(self._on_session_busy_changed)
        self.settle()
        self.dismiss()

    def dismiss(self) -> None:
        """Ask for nothing any more."""
        self._wish = None
        self.token.clear()
        self.hide()

    def retranslate(self) -> None:
        self._write()
        self.page.setText(self.tr("Accept its terms…"))
        self.make.setText(self.tr("Make a token…"))
        self.token.setPlaceholderText(self.tr("Token of the hub (hf_…), for this load only"))
        words = self.tr("Token of the hub: it is sent with this load, and kept nowhere")
        self.token.setAccessibleName(words)
        self.token.setToolTip(words)
        self.load.setText(self.tr("Load with this token"))
        self.base.setText(self.tr("Choose its base model…"))
        self.close_button.setToolTip(self.tr("Close"))
        self.close_button.setAccessibleName(self.tr("Close"))

    def apply_theme(self, theme: Theme) -> None:
        self._row.setContentsMargins(theme.px(16), theme.px(4), theme.px(8), theme.px(8))
        self._row.setSpacing(theme.px(8))
        theme_button(self.close_button, theme, 12)
        self._icon.setPixmap(icons.pixmap("warning", theme.error, theme.px(16)))
        self.words.setMinimumWidth(theme.px(60))
        self.token.setMinimumWidth(theme.px(120))
        self.token.setMaximumWidth(theme.px(320))
        self.setStyleSheet(
            f"QWidget#load_help {{ background: {theme.raised}; border-left: {theme.px(4)}px solid {theme.error}; }}"
        )

    # --- what the session says -------------------------------------------------------------------

    def _on_session_error_raised(self, error: Exception) -> None:
        wish = self.session.loader.failed
        wants_token = isinstance(error, UnusableToken) or (
            isinstance(error, UnknownModel) and error.reason in ("gated", "token")
        )
        if wish is None or not (wants_token or isinstance(error, NeedsBase)):
            return
        self._wish = wish
        self._write()
        if isinstance(error, UnknownModel):
            self._page = error.page
            self.page.setToolTip(tip(error.page))
        for widget in self._of_token:
            widget.setVisible(wants_token)
        self.base.setVisible(not wants_token)
        self.token.clear()
        self.load.setEnabled(False)
        self.show()
        if wants_token:
            self.token.setFocus()

    def _on_session_busy_changed(self, key: str, busy: bool) -> None:
        if busy and key.split(".")[0] == "load":
            self.dismiss()  # another model is wanted by now, or the same with what was missing

    def _write(self) -> None:
        words = self.tr("“{model}” needs:").format(model=self._wish.source if self._wish is not None else "")
        self.words.setText(words)
        self.words.setToolTip(tip(words))

    # --- what the person does --------------------------------------------------------------------

    def _on_load_clicked(self) -> None:
        wish, token = self._wish, self.token.text().strip()
        if wish is not None and token:
            self.dismiss()
            self.session.load(wish, token)

    def _on_base_clicked(self) -> None:
        wish = self._wish
        if wish is None:
            return
        picker = ModelPicker(self.session, self.theme, self.base)
        picker.chosen.connect(lambda source: self.session.load(replace(wish, base=source)))
        picker.show()

    def _open(self, page: str) -> None:
        if page.startswith(("https://", "http://")):
            QDesktopServices.openUrl(QUrl(page))
