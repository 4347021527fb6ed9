"""The switch of a pane whose model has an adapter (LoRA): at work or not, without loading anything."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from visualizer.core.errors import CannotIntervene
from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui.plain_text import tip
from visualizer.ui.theme import Theme
from visualizer.widgets.actions import key_text
from visualizer.widgets.part import Part


class AdapterSwitch(Part):
    """One button, no room at all where the model has no adapter. It says its state in words, too."""

    def __init__(self, session: Session, pane: Showing, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.pane = pane
        self.button = QToolButton(self)
        self.button.setCheckable(True)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(lambda _checked=False: switch(pane))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.button)
        pane.model_changed.connect(self._show)
        self.settle()

    def retranslate(self) -> None:
        self._show()

    def apply_theme(self, theme: Theme) -> None:
        self._show()

    def _show(self, _model: object = None) -> None:
        model = self.pane.model
        self.setVisible(model is not None and model.has_adapter)
        if model is None or not model.has_adapter:
            return
        is_on = model.card.adapter == "on"
        self.button.setChecked(is_on)
        self.button.setText(self.tr("Adapter on") if is_on else self.tr("Adapter off"))
        words = self.tr("The adapter “{adapter}” over “{base}”: switch it on or off, nothing is loaded again")
        words = words.format(adapter=model.with_adapter().name, base=model.with_adapter(False).name)
        self.button.setToolTip(tip(f"{words} ({key_text('adapter.switch')})"))
        self.button.setAccessibleName(self.tr("Adapter on or off"))


def switch(pane: Showing) -> None:
    """Ask the same of the pane's model without its adapter, or with it again; one without an adapter is told."""
    model, session = pane.model, pane.session
    if model is None:
        return
    try:
        side = model.other_side()
        session.history.record()  # a step of its own, however soon after another
        session.history.note()
        session.set_model(side, pane)
    except CannotIntervene as error:
        session.report_error(error)


def compare(session: Session) -> None:
    """The first pane's text by its model with the adapter and without it, side by side."""
    model = session.showing.model
    if model is None:
        return
    try:
        side = model.other_side()
    except CannotIntervene as error:
        session.report_error(error)
    else:
        session.set_model(side, session.compare(session.request))
