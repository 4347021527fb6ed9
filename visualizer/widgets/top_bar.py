"""The row at the top: model, device, text, language, theme, help."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from visualizer.session.session import Session
from visualizer.ui.theme import Theme
from visualizer.widgets.actions import key_text
from visualizer.widgets.adapter_switch import AdapterSwitch
from visualizer.widgets.device_menu import DeviceMenu
from visualizer.widgets.model_card import ModelCardPopup
from visualizer.widgets.model_picker import ModelPicker
from visualizer.widgets.part import Part, flat_button, theme_button
from visualizer.widgets.prompt_bar import PromptBar
from visualizer.widgets.status_line import device_name
from visualizer.widgets.trace_question import SavedBadge

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

LONGEST_NAME = 28


class TopBar(Part):
    """run: does a command by its id; the buttons of the row are commands too."""

    def __init__(self, session: Session, run: Callable[[str], object], parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.model = flat_button(self, "model")
        self.model.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.saved = SavedBadge(session, self)
        self.card = flat_button(self, "info")
        self.device = flat_button(self)
        self.device.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.device.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.device_menu = DeviceMenu(session, self.device)
        self.device.setMenu(self.device_menu)
        self.adapter = AdapterSwitch(session, session.showing, self)
        self.prompt = PromptBar(session, self)
        self.examples = flat_button(self, "examples")
        self.language = flat_button(self)
        self.look = flat_button(self, "theme")
        self.help = flat_button(self, "keyboard")
        self._row = QHBoxLayout(self)
        first = (self.model, self.saved, self.card, self.adapter, self.device)
        last = (self.examples, self.language, self.look)
        for widget in (*first, self.prompt, *last, self.help):
            self._row.addWidget(widget, int(widget is self.prompt))
        commands = {
            self.model: "model.choose",
            self.card: "model.card",
            self.examples: "examples",
            self.language: "language.switch",
            self.look: "theme.switch",
            self.help: "palette",
        }
        for button, command in commands.items():
            button.clicked.connect(lambda _checked=False, command=command: run(command))
        for button in (*commands, self.device):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        session.model_changed.connect(self._show_model)
        session.trace_changed.connect(lambda _trace, _selection: self._show_model())
        session.language_changed.connect(self.retranslate)
        self.settle()

    def open_picker(self) -> ModelPicker:
        """Show the list of models under its button."""
        picker = ModelPicker(self.session, self.theme, self.model)
        picker.chosen.connect(self.session.load_model)
        picker.show()
        return picker

    def open_card(self) -> ModelCardPopup | None:
        """Show the figures of the model, or of the trace where there is no model."""
        source = self._source()
        if source is None:
            return None
        loaded = self.session.model.notices if self.session.model is not None else ()
        popup = ModelCardPopup(source.card, self.theme, self.window(), loaded)
        popup.move(self.model.mapToGlobal(QPoint(0, self.model.height() + self.theme.px(4))))
        popup.show()
        return popup

    def open_devices(self) -> None:
        """Show the devices and number types under their button, or under the model's while that is hidden."""
        anchor = self.device if self.device.isVisible() else self.model
        self.device_menu.popup(anchor.mapToGlobal(QPoint(0, anchor.height())))

    def retranslate(self) -> None:
        self._show_model()
        self.device.setToolTip(self.tr("Device and number type"))
        self.device.setAccessibleName(self.tr("Device and number type"))
        self.language.setText("English" if self.session.language == "ja" else "日本語")
        words = {
            self.model: (self.tr("Choose a model"), "model.choose"),
            self.card: (self.tr("About this model"), "model.card"),
            self.examples: (self.tr("Examples"), "examples"),
            self.language: (self.tr("Change the language"), "language.switch"),
            self.look: (self.tr("Light or dark"), "theme.switch"),
            self.help: (self.tr("All commands and keys"), "palette"),
        }
        for button, (text, command) in words.items():
            button.setToolTip(f"{text} ({key_text(command)})")
            button.setAccessibleName(text)

    def apply_theme(self, theme: Theme) -> None:
        self._row.setContentsMargins(theme.px(8), theme.px(8), theme.px(8), theme.px(8))
        self._row.setSpacing(theme.px(4))
        for button in (self.model, self.card, self.examples, self.language, self.look, self.help):
            theme_button(button, theme)

    def _source(self) -> LoadedModel | Trace | None:
        """Whose numbers are shown: those of a saved trace are its own model's, whatever is loaded."""
        session = self.session
        return session.trace if session.showing.is_saved else session.model or session.trace

    def _show_model(self, _model: object = None) -> None:
        source = self._source()
        card = source.card if source is not None else None
        self.saved.show_for(self.session.showing)
        name = card.name if card is not None else self.tr("Model")
        self.model.setText(name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…")
        settings = self.session.settings
        device = card.device if card is not None else settings.device
        dtype = card.dtype if card is not None else settings.dtype
        self.device.setText(f"{device_name(device)} · {dtype} ▾")
        self.card.setEnabled(card is not None)
