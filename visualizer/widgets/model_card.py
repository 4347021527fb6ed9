"""What the loaded model is, in figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui import notices, run_words
from visualizer.ui.numbers import format_bytes, format_count
from visualizer.ui.theme import Theme
from visualizer.widgets.palette import popup_sheet
from visualizer.widgets.status_line import device_name

if TYPE_CHECKING:
    from visualizer.core.loaded_model import ModelCard

WORDS = {
    "decoder": QT_TRANSLATE_NOOP("ModelCard", "decoder"),
    "encoder": QT_TRANSLATE_NOOP("ModelCard", "encoder"),
    "encoder_decoder": QT_TRANSLATE_NOOP("ModelCard", "encoder and decoder"),
    "causal": QT_TRANSLATE_NOOP("ModelCard", "predicts the next token"),
    "masked": QT_TRANSLATE_NOOP("ModelCard", "fills in blanks"),
    "seq2seq": QT_TRANSLATE_NOOP("ModelCard", "turns one text into another"),
    "none": QT_TRANSLATE_NOOP("ModelCard", "none"),
    "no_prediction": QT_TRANSLATE_NOOP("ModelCard", "predicts no words"),
    "sinusoidal": QT_TRANSLATE_NOOP("ModelCard", "sinusoidal"),
    "learned": QT_TRANSLATE_NOOP("ModelCard", "learned"),
    "rotary": QT_TRANSLATE_NOOP("ModelCard", "rotary (RoPE)"),
    "alibi": QT_TRANSLATE_NOOP("ModelCard", "ALiBi"),
    "relative": QT_TRANSLATE_NOOP("ModelCard", "relative"),
}


def _word(name: str) -> str:
    return QCoreApplication.translate("ModelCard", WORDS[name]) if name in WORDS else name


class ModelCardPopup(QFrame):
    """A small table; Esc or a click elsewhere closes it."""

    def __init__(self, card: ModelCard, theme: Theme, parent: QWidget, loaded: Sequence[str] = ()) -> None:
        """loaded: `LoadedModel.notices`."""
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("popup")
        self.setStyleSheet(popup_sheet(theme))
        grid = QGridLayout(self)
        grid.setContentsMargins(theme.px(16), theme.px(16), theme.px(16), theme.px(16))
        grid.setHorizontalSpacing(theme.px(24))
        grid.setVerticalSpacing(theme.px(4))
        title = QLabel(card.name, self)
        title.setProperty("role", "title")
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setContentsMargins(0, 0, 0, theme.px(8))
        grid.addWidget(title, 0, 0, 1, 2)
        how = [(self.tr("Loading"), notices.words(notice)) for notice in loaded]
        for row, (name, value) in enumerate([*self.facts(card), *how], 1):
            key, figure = QLabel(name, self), QLabel(value, self)
            key.setProperty("role", "quiet")
            figure.setTextFormat(Qt.TextFormat.PlainText)
            figure.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            figure.setMaximumWidth(theme.px(360))
            figure.setWordWrap(len(value) > 40)
            grid.addWidget(key, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(figure, row, 1)
        self.setAccessibleName(self.tr("About this model"))

    def facts(self, card: ModelCard) -> list[tuple[str, str]]:
        """(name, figure) in the order in which they are shown."""
        heads = format_count(card.heads)
        if card.key_value_heads != card.heads:
            heads = self.tr("{heads} ({shared} for keys and values)").format(heads=heads, shared=card.key_value_heads)
        task = "no_prediction" if card.task == "none" else card.task
        longest = self.tr("no limit") if card.max_length is None else format_count(card.max_length)
        layers = f"{format_count(card.layers)} × {heads}"
        if card.layers_with_attention < card.layers:
            words = self.tr("{count} of {all} layers have attention")
            layers += " · " + words.format(count=card.layers_with_attention, all=len(card.layer_types))
        if card.layers_with_more:
            words = self.tr("{count} layers have a state space beside attention")
            layers += " · " + words.format(count=card.layers_with_more)
        return [
            (self.tr("Family"), f"{card.family} · {card.architecture}"),
            (self.tr("Kind"), f"{_word(card.kind)} · {_word(task)}"),
            (self.tr("Parameters"), format_count(card.parameters)),
            (self.tr("Layers × heads"), layers),
            (self.tr("Width"), format_count(card.width)),
            (self.tr("Vocabulary"), format_count(card.vocabulary)),
            (self.tr("Positions"), _word(card.position_scheme)),
            (self.tr("Longest text (tokens)"), longest),
            (self.tr("Device"), device_name(card.device)),
            (self.tr("Number type"), card.dtype),
            (self.tr("Memory of the weights"), format_bytes(card.memory)),
            *([(self.tr("Adapter"), run_words.state_name(card.adapter))] if card.adapter else []),
            (self.tr("Source"), card.source),
        ]
