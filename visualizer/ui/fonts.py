"""The interface's font: the system's own, with Japanese glyphs from the program where the system has none.

Noto Sans JP (SIL Open Font License) is bundled: unlike BIZ UDPGothic its digits all have one width.
"""

from __future__ import annotations

import logging
from functools import cache

from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF

from visualizer.core import paths

log = logging.getLogger(__name__)

BASE = 13  # pixels; the scale of type is 12, 13, 15, 20
_FILE = "NotoSansJP-Regular.ttf"

# Named after the default font, so that Han characters take their Japanese shapes where several families have them.
_JAPANESE = (
    "Noto Sans JP", "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic UI", "Meiryo UI", "Meiryo", "BIZ UDPGothic",
    "IPAexGothic", "IPAPGothic", "TakaoPGothic", "VL PGothic",
)  # fmt: skip


@cache
def families() -> tuple[str, ...]:
    """Font families to ask for, best first; loads the bundled font when the system cannot write Japanese."""
    known = QFontDatabase.families(QFontDatabase.WritingSystem.Japanese)
    if not known:
        bundled = load_bundled()
        return (bundled, QFont().defaultFamily()) if bundled else (QFont().defaultFamily(),)
    japanese = [name for name in _JAPANESE if name in known]
    default = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
    return (default, *(japanese or known)[:1])


def load_bundled() -> str:
    """Load the bundled Japanese font; its family, or "" when the file cannot be read."""
    number = QFontDatabase.addApplicationFont(str(paths.assets() / "fonts" / _FILE))
    loaded = QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
    if not loaded:
        log.warning("the bundled font %s could not be loaded", _FILE)
    return loaded[0] if loaded else ""


def base_font(scale: float = 1.0, size: float = BASE) -> QFont:
    """The interface's font at `size` pixels times `scale`, with figures of one width."""
    font = QFont()
    font.setFamilies(list(families()))
    font.setPixelSize(max(1, round(size * scale)))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def is_tabular(font: QFont) -> bool:
    """Whether all digits of a font have one width."""
    metrics = QFontMetricsF(font)
    return len({round(metrics.horizontalAdvance(digit), 3) for digit in "0123456789"}) == 1
