"""Terms in labels and heads of columns: where the dots stand, and what the pointer finds there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QHelpEvent, QImage, QStandardItemModel
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from visualizer.ui import export, glossary, i18n, terms, theme
from visualizer.ui.number_table import NumberTable, TermHeader
from visualizer.ui.surprisal_strip import SurprisalStrip

UPPER_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop


@pytest.fixture
def japanese(qapp: QApplication) -> Iterator[None]:
    i18n.install_language(qapp, "ja")
    yield
    i18n.install_language(qapp, "en")


def point_at(widget: QWidget, at: QPoint) -> str:
    """What stands there when the pointer rests on it."""
    QToolTip.hideText()
    QApplication.sendEvent(widget, QHelpEvent(QHelpEvent.Type.ToolTip, at, widget.mapToGlobal(at)))
    return str(QToolTip.text())


def test_a_term_is_found_as_a_word_and_not_within_one() -> None:
    assert glossary.found_in("Entropy 2.65 bits", "en") == (("entropy", 0, 7), ("bit", 13, 17))
    assert glossary.found_in("orbits, an overflow", "en") == ()
    assert glossary.found_in("エントロピー 2.65 ビット", "ja") == (("entropy", 0, 6), ("bit", 12, 15))


def test_the_longest_term_wins_and_a_name_may_be_broken_into_two_lines() -> None:
    assert [term for term, *_ in glossary.found_in("Rank correlation (Spearman) of KL", "en")] == [
        "spearman", "kl_divergence",
    ]  # fmt: skip
    assert glossary.found_in("エント\nロピー", "ja") == (("entropy", 0, 7),)


def test_the_dots_stand_under_the_word(qapp: QApplication) -> None:
    font = QFont()
    font.setPixelSize(20)
    metrics = QFontMetricsF(font)
    text = "so much Entropy here"
    (term, box), = terms.boxes(text, font, QRectF(5, 7, 1000, 100), UPPER_LEFT)  # fmt: skip
    assert term == "entropy"
    assert box.left() == pytest.approx(5 + metrics.horizontalAdvance("so much "), abs=1.5)
    assert box.width() == pytest.approx(metrics.horizontalAdvance("Entropy"), abs=1.5)
    assert 7 + metrics.ascent() < box.bottom() < 7 + metrics.height() + 3


def test_a_term_in_the_second_line_has_its_dots_there(qapp: QApplication) -> None:
    font = QFont()
    font.setPixelSize(20)
    width = QFontMetricsF(font).horizontalAdvance("some words first ")
    (_, box), = terms.boxes("some words first entropy", font, QRectF(0, 0, width, 200), UPPER_LEFT)  # fmt: skip
    assert box.left() == pytest.approx(0, abs=1) and box.top() >= QFontMetricsF(font).height() - 2


def test_pointing_at_a_term_of_a_label_explains_it_and_beside_it_the_label_speaks(qtbot: QtBot) -> None:
    label = QLabel("Temperature  of the model")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setToolTip("what the slider does")
    terms.gloss(label)
    qtbot.addWidget(label)
    label.show()
    found = point_at(label, QPoint(5, label.height() // 2))
    assert "Temperature τ" in found and "what the slider does" in found
    assert "Temperature τ" not in point_at(label, QPoint(label.width() - 3, label.height() // 2))


def test_a_symbol_stands_for_a_term_as_a_whole(qtbot: QtBot) -> None:
    button = QPushButton("÷√d")
    terms.gloss(button, term="scaling")
    qtbot.addWidget(button)
    button.resize(100, 40)
    button.show()
    assert "Scaling" in point_at(button, QPoint(50, 20))


def test_it_speaks_japanese_with_the_window(qtbot: QtBot, japanese: None) -> None:
    button = QPushButton("シンクを隠す")
    terms.gloss(button)
    qtbot.addWidget(button)
    button.resize(200, 40)
    button.show()
    assert "注意を吸い込む" in point_at(button, QPoint(80, 20))


def test_dots_are_on_the_screen_and_in_no_saved_picture(qtbot: QtBot, tmp_path: Path) -> None:
    def label(glossed: bool) -> QLabel:
        made = QLabel("Entropy 2.65 bits")
        made.setTextFormat(Qt.TextFormat.PlainText)
        if glossed:
            terms.gloss(made)
        made.resize(200, 40)
        qtbot.addWidget(made)
        return made

    def pixels(image: QImage) -> bytes:
        return bytes(image.convertToFormat(QImage.Format.Format_RGB32).constBits())

    plain, dotted = label(False), label(True)
    assert pixels(plain.grab().toImage()) != pixels(dotted.grab().toImage())
    look = theme.named("light")
    assert pixels(export.render(plain, look)) == pixels(export.render(dotted, look))


def test_the_head_of_a_column_is_explained(qtbot: QtBot) -> None:
    table = NumberTable()
    model = QStandardItemModel(1, 2)
    model.setHorizontalHeaderLabels(["Head", "Entropy"])
    model.setHeaderData(1, Qt.Orientation.Horizontal, "how widely", int(Qt.ItemDataRole.ToolTipRole))
    table.setModel(model)
    table.resize(400, 100)
    qtbot.addWidget(table)
    table.show()
    header = table.horizontalHeader()
    assert isinstance(header, TermHeader)
    assert point_at(header.viewport(), QPoint(5, header.height() // 2)) == "", "no term, no tip"
    at = QPoint(header.sectionViewportPosition(1) + 20, header.height() // 2)
    found = point_at(header.viewport(), at)
    assert "Entropy H" in found and "how widely" in found


# --- the grey bars -------------------------------------------------------------------------------


def strip(qtbot: QtBot, bits: list[float]) -> SurprisalStrip:
    made = SurprisalStrip()
    qtbot.addWidget(made)
    made.resize(300, made.sizeHint().height())
    made.set_title("Surprisal of what came next (bits)")
    made.set_positions(len(bits), len(bits) - 1, str)
    made.set_bits(np.array(bits))
    made.show()
    return made


@pytest.mark.parametrize(("highest", "top"), [(0.5, 8), (8.0, 8), (8.1, 10), (13.0, 16), (39.9, 40), (41, 50)])
def test_the_axis_of_surprisal_ends_at_a_round_number_of_bits(qtbot: QtBot, highest: float, top: float) -> None:
    assert strip(qtbot, [0.1, highest, float("nan")]).top() == top


def test_a_bar_is_as_high_as_the_axis_says(qtbot: QtBot) -> None:
    made = strip(qtbot, [4.0, float("nan"), float("nan"), float("nan")])
    picture, area = made.grab().toImage(), made.plot_area()
    ratio, x = picture.devicePixelRatio(), area.left() + area.width() / 8
    grey = made._theme.text_quiet
    dark = [y for y in range(made.height()) if picture.pixelColor(round(x * ratio), round(y * ratio)).name() == grey]
    assert len(dark) == pytest.approx(area.height() / 2, abs=2), "4 of 8 bits"


def test_every_position_is_reached_beside_the_axis(qtbot: QtBot) -> None:
    made = strip(qtbot, [1.0] * 5)
    area = made.plot_area()
    assert made._position_at(0) == 0
    for position in range(5):
        assert made._position_at(area.left() + (position + 0.5) * area.width() / 5) == position


def test_its_title_is_explained_and_its_cells_speak_for_themselves(qtbot: QtBot) -> None:
    made = strip(qtbot, [1.0] * 5)
    assert "Surprisal S" in point_at(made, QPoint(10, 6))
    assert point_at(made, made.plot_area().center().toPoint()) == "2"
