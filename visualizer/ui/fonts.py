"""The interface's font: the system's own, with Japanese glyphs and emoji from the program where the system has none.

Noto Sans JP (SIL Open Font License) is bundled: unlike BIZ UDPGothic its digits all have one width. So is Noto Emoji:
emoji are a favourite example of tokens that are single bytes.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF, QRawFont

from visualizer.core.system import paths

if TYPE_CHECKING:
    from visualizer.ui.theme import Theme

log = logging.getLogger(__name__)

BASE = 13  # pixels; the scale of type is 12, 13, 15, 20
_ALIASES = {"Monospace", "Sans Serif", "Serif"}  # fontconfig's, which are there without any font
LATIN = "0123456789AZaz.,%"  # without these, digits and letters would come from whatever font has them
JAPANESE = "あんアン漢字。"
_JAPANESE_FILE, _EMOJI_FILE = "NotoSansJP-Regular.ttf", "NotoEmoji-Regular.ttf"

# Named after the default font, so that Han characters take their Japanese shapes where several families have them.
_JAPANESE = (
    "Noto Sans JP", "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic UI", "Meiryo UI", "Meiryo", "BIZ UDPGothic",
    "IPAexGothic", "IPAPGothic", "TakaoPGothic", "VL PGothic",
)  # fmt: skip


@cache
def families() -> tuple[str, ...]:
    """Font families to ask for, best first; loads the bundled fonts where the system's write no Japanese, no emoji."""
    found = [*_text_families()]
    # Where the system has emoji Qt finds them by itself, in colour.
    if not any("emoji" in name.lower() for name in QFontDatabase.families()):
        found.append(load_bundled(_EMOJI_FILE))
    return tuple(name for name in found if name)


def _text_families() -> tuple[str, ...]:
    """The system's own font where it can write text, and one for Japanese: the system's, or else the bundled one."""
    if set(QFontDatabase.families()) <= _ALIASES:  # Qt itself cannot do with no font at all
        return (load_bundled(),)
    default = behind(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family())
    known = QFontDatabase.families(QFontDatabase.WritingSystem.Japanese)
    likely = [name for name in _JAPANESE if name in known]
    japanese = next((name for name in (*likely, *known) if can_write(name, LATIN + JAPANESE)), "")
    writes = (default,) if can_write(default, LATIN) else ()
    # Where the system has no font for Japanese, one font for all looks better than two that were never made together.
    return (*writes, japanese) if japanese else (load_bundled(), *writes)


def behind(family: str) -> str:
    """The font that stands behind an alias such as "Sans Serif"; a font's own name stays as it is."""
    found = QRawFont.fromFont(_plain(family))
    return found.familyName() if found.isValid() and found.familyName() else family


def can_write(family: str, signs: str) -> bool:
    """Whether a family has all of these signs itself, and digits of one width.

    Some fonts for Japanese have no digits, and fonts of emoji have digits as wide as emoji, but no letters.
    """
    font = _plain(family)
    found = QRawFont.fromFont(font)
    return found.isValid() and all(found.supportsCharacter(ord(sign)) for sign in signs) and is_tabular(font)


def _plain(family: str) -> QFont:
    font = QFont()
    font.setFamilies([family])
    font.setPixelSize(64)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def load_bundled(file: str = _JAPANESE_FILE) -> str:
    """Load a bundled font, the Japanese one unless another is named; its family, or "" when it cannot be read."""
    number = QFontDatabase.addApplicationFont(str(paths.assets() / "fonts" / file))
    loaded = QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
    if not loaded:
        log.warning("the bundled font %s could not be loaded", file)
    return loaded[0] if loaded else ""


def base_font(scale: float = 1.0, size: float = BASE) -> QFont:
    """The interface's font at `size` pixels times `scale`, with figures of one width."""
    font = QFont()
    font.setFamilies(list(families()))
    font.setPixelSize(max(1, round(size * scale)))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def readout_size(theme: Theme) -> int:
    """Of the line that says in words what is pointed at, in pixels of the design: the back row reads it first."""
    return 18 if theme.lecture else 16


def readout_font(theme: Theme) -> QFont:
    """The font of that line, where a picture paints it itself."""
    return base_font(theme.scale, readout_size(theme))


def is_tabular(font: QFont) -> bool:
    """Whether all digits of a font have one width."""
    metrics = QFontMetricsF(font)
    return len({round(metrics.horizontalAdvance(digit), 3) for digit in "0123456789"}) == 1
