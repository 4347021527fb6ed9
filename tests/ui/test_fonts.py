from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF, QImage, QPainter, QRawFont

from visualizer.core.system import paths
from visualizer.ui import fonts, icons
from visualizer.ui import theme as themes


def test_the_bundled_font_writes_japanese_with_figures_of_one_width(qapp) -> None:
    family = fonts.load_bundled()
    font = QFont(family)
    raw = QRawFont.fromFont(font)
    assert raw.familyName() == family
    missing = [
        char for char in "私は図書館で読んだ。「ー」、ヴ々〆→←·…×√αΣ−∞␣▁" if not raw.supportsCharacter(ord(char))
    ]
    assert not missing, f"tofu for {missing}"
    assert fonts.is_tabular(font)


def test_the_interface_font_has_glyphs_for_japanese_and_tabular_figures(qapp) -> None:
    font = fonts.base_font()
    assert font.pixelSize() == 13
    assert fonts.base_font(1.5, 20).pixelSize() == 30
    assert fonts.is_tabular(font)
    assert QFontMetricsF(font).horizontalAdvance("図書館") > 0
    assert _ink(font, "図") != _ink(font, "\ue000"), "a glyph, not the box of an unknown character"


def _ink(font: QFont, text: str) -> bytes:
    image = QImage(24, 24, QImage.Format.Format_Grayscale8)
    image.fill(255)
    painter = QPainter(image)
    painter.setFont(font)
    painter.drawText(4, 18, text)
    painter.end()
    return bytes(image.constBits())


@pytest.mark.parametrize("name", ["OFL.txt", "OFL-NotoEmoji.txt"])
def test_the_fonts_come_with_their_licence(name: str) -> None:
    text = (paths.assets() / "fonts" / name).read_text(encoding="utf-8")
    assert "SIL Open Font License, Version 1.1" in text


def test_emoji_have_glyphs_of_their_own(qapp) -> None:
    font = fonts.base_font()
    assert len({_ink(font, emoji) for emoji in ("😀", "🐱", "🗾", "\U0010ffff")}) == 4


def test_a_system_with_emoji_keeps_its_own(qapp, monkeypatch: pytest.MonkeyPatch) -> None:
    fonts.families.cache_clear()
    monkeypatch.setattr(QFontDatabase, "families", lambda *_: ["Yu Gothic UI", "Segoe UI Emoji"])
    try:
        assert fonts.families()[-1] == "Yu Gothic UI"
    finally:
        monkeypatch.undo()
        fonts.families.cache_clear()


def test_a_system_with_japanese_keeps_its_own_font(qapp, monkeypatch: pytest.MonkeyPatch) -> None:
    fonts.families.cache_clear()
    monkeypatch.setattr(QFontDatabase, "families", lambda *_: ["Some Gothic", "Yu Gothic UI"])
    try:
        assert fonts.families()[1] == "Yu Gothic UI"
    finally:
        monkeypatch.undo()
        fonts.families.cache_clear()


def test_every_icon_has_ink_in_the_colour_asked_for(qapp) -> None:
    names = sorted(path.stem for path in Path(paths.assets() / "icons").glob("*.svg"))
    assert len(names) > 20
    for name in names:
        image = icons.pixmap(name, "#ff0000", 32).toImage()
        inked = [image.pixelColor(x, y) for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() > 200]
        assert inked, f"{name} is empty"
        assert all(c.red() > 200 and c.green() < 60 for c in inked), f"{name} keeps a colour of its own"


def test_the_style_sheets_arrow_is_a_file_in_the_themes_colour(qapp) -> None:
    theme = themes.named("dark")
    assert theme.text_quiet in Path(icons.file_of("down", theme)).read_text(encoding="utf-8")
