"""How a model was loaded is said in the window, once, and stands in its card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from visualizer.core.loaded_model import LoadedModel
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]
SENTENCE = "Its weights are kept quantized (GGUF Q4_K_M) and were unpacked, which takes memory."


def test_it_is_said_when_it_is_loaded_and_stands_in_the_card(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    model = replace(tiny_llama, notices=("unpacked:GGUF Q4_K_M", "slow_dtype"))
    window = make_window(model, "abcd")
    assert window.banner.isVisible()
    assert window.banner.headline.text() == model.name
    assert window.banner.advice.text().startswith(f"{SENTENCE} float16 is slow")
    window.banner.dismiss()
    window.session.set_text("wxyz")
    qtbot.waitUntil(lambda: window.session.trace.text == "wxyz", timeout=20_000)
    assert not window.banner.isVisible()
    card = window.top_bar.open_card()
    assert card is not None
    assert SENTENCE in [label.text() for label in card.findChildren(QLabel)]
    card.close()


def test_an_ordinary_model_says_nothing(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama, "abcd")
    assert not window.banner.isVisible()
