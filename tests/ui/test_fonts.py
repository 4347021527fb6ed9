from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

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
    monkeypatch.setattr(fonts, "can_write", lambda family, signs: True)
    try:
        assert fonts.families()[-1] == "Yu Gothic UI"
    finally:
        monkeypatch.undo()
        fonts.families.cache_clear()


def test_a_system_with_japanese_keeps_its_own_font(qapp, monkeypatch: pytest.MonkeyPatch) -> None:
    fonts.families.cache_clear()
    monkeypatch.setattr(QFontDatabase, "families", lambda *_: ["Some Gothic", "Yu Gothic UI"])
    monkeypatch.setattr(fonts, "can_write", lambda family, signs: True)
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


# What is drawn with a set of fonts: the families of the glyphs of a text, and the widths of the digits in ems.
_PROBE = """
import json, sys
from PySide6.QtGui import QFontMetricsF, QTextLayout
from PySide6.QtWidgets import QApplication
from visualizer.ui import fonts
app = QApplication([])
font = fonts.base_font(1.0, 50)
def drawn(text):
    layout = QTextLayout(text, font)
    layout.beginLayout(); layout.createLine(); layout.endLayout()
    return sorted({run.rawFont().familyName() for run in layout.glyphRuns()})
widths = sorted({round(QFontMetricsF(font).horizontalAdvance(digit) / 50, 3) for digit in "0123456789"})
print(json.dumps({"plain": drawn("0123456789AZaz.,%"), "kana": drawn("あア漢字"), "widths": widths}))
"""

_FONTCONFIG = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>{fonts}</dir><cachedir>{cache}</cachedir>
<match target="pattern"><test name="family"><string>sans-serif</string></test>
<edit name="family" mode="prepend" binding="strong"><string>{default}</string></edit></match>
</fontconfig>"""


def _with_fonts(folder: Path, files: list[Path], default: str) -> dict[str, Any]:
    """What the program draws on a system that has only these fonts."""
    fonts_folder = folder / "fonts"
    fonts_folder.mkdir()
    for file in files:
        shutil.copy(file, fonts_folder)
    config = folder / "fonts.conf"
    config.write_text(_FONTCONFIG.format(fonts=fonts_folder, cache=folder / "cache", default=default))
    environment = os.environ | {"FONTCONFIG_FILE": str(config), "HOME": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", _PROBE], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.skipif(sys.platform != "linux", reason="fonts are found by fontconfig")
@pytest.mark.parametrize(
    ("files", "default"), [(["emoji"], "Noto Emoji"), (["emoji", "latin"], "Noto Emoji"), ([], "Nothing")]
)
def test_digits_and_letters_never_come_from_a_font_of_emoji(tmp_path: Path, files: list[str], default: str) -> None:
    assets = paths.assets() / "fonts"
    latin = list(Path("/usr/share/fonts").rglob("DejaVuSans.ttf"))
    if "latin" in files and not latin:
        pytest.skip("this system has no Latin font to put into the set")
    chosen = {"emoji": assets / "NotoEmoji-Regular.ttf", "latin": latin[0] if latin else None}
    found = _with_fonts(tmp_path, [path for name in files if (path := chosen[name]) is not None], default)
    for names in (found["plain"], found["kana"]):
        assert names and not any("emoji" in name.lower() for name in names), found
    assert len(found["widths"]) == 1 and 0.4 < found["widths"][0] < 0.75, "one width, that of a digit"
    assert found["kana"] == ["Noto Sans JP"]


def test_only_a_font_with_letters_and_digits_of_one_width_writes_the_interface(qapp) -> None:
    text, emoji = fonts.load_bundled(), fonts.load_bundled("NotoEmoji-Regular.ttf")
    assert fonts.can_write(text, fonts.LATIN + fonts.JAPANESE)
    assert fonts.can_write(emoji, "😀") and not fonts.can_write(emoji, fonts.LATIN)
    assert not fonts.can_write(text, "😀")


def test_the_font_behind_an_alias_is_found(qapp) -> None:
    assert fonts.behind("Sans Serif") in QFontDatabase.families()
