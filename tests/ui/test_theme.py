from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtGui import QPalette

from visualizer.ui import speech_marks, style
from visualizer.ui import theme as themes
from visualizer.ui.color import contrast, delinearize, linearize, parse_hex, to_hex, to_oklab
from visualizer.ui.theme import Theme

# Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency",
# severity 1.0; applied to linear light. The floor is the least OKLab distance of two heads (0.02 is just visible).
VISION = {
    "normal": (np.eye(3), 0.075),
    "protanopia": (
        np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
        0.045,
    ),
    "deuteranopia": (
        np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
        0.045,
    ),
    "tritanopia": (
        np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
        0.025,
    ),
}


JANOME = ("名詞", "動詞", "形容詞", "副詞", "連体詞", "接頭詞", "感動詞", "助詞", "助動詞", "接続詞", "記号")


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> Theme:
    return themes.named(request.param)


@pytest.mark.parametrize("ink", ["text", "text_quiet", "accent", "error", "warning", "success"])
@pytest.mark.parametrize("ground", ["background", "surface", "raised", "hover"])
def test_text_stands_out_from_every_ground(theme: Theme, ink: str, ground: str) -> None:
    ratio = contrast(getattr(theme, ink), getattr(theme, ground))
    assert ratio >= 4.5, f"{theme.name}: {ink} on {ground} has contrast {ratio:.2f}"


def test_text_on_the_accent_is_readable(theme: Theme) -> None:
    assert contrast(theme.on_accent, theme.accent) >= 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_zero_has_the_colour_of_the_surface(theme: Theme) -> None:
    surface = np.rint(parse_hex(theme.surface) * 255)
    assert theme.attention_lut[0, :3].tolist() == surface.tolist()
    assert theme.diverging_lut[128, :3].tolist() == surface.tolist()


def test_attention_map_is_monotone_and_even(theme: Theme) -> None:
    lab = to_oklab(theme.attention_lut[:, :3] / 255.0)
    steps = np.diff(lab[:, 0])
    assert (steps < 0).all() if theme.name == "light" else (steps > 0).all()
    assert abs(lab[-1, 0] - lab[0, 0]) > 0.7, "readable in grey: most of the range of lightness is used"
    distance = np.convolve(np.linalg.norm(np.diff(lab, axis=0), axis=1), np.ones(16) / 16, "valid")
    assert distance.max() / distance.min() < 1.25, "equal differences of weight look equally large"


def test_diverging_map_moves_away_from_the_surface_on_both_sides(theme: Theme) -> None:
    lightness = to_oklab(theme.diverging_lut[:, :3] / 255.0)[:, 0]
    outward = -1 if theme.name == "light" else 1
    assert (outward * np.diff(lightness[128:]) > 0).all()
    assert (outward * np.diff(lightness[:129]) < 0).all()
    assert abs(lightness[0] - lightness[-1]) < 0.05, "minus and plus are equally strong"


@pytest.mark.parametrize("vision", list(VISION))
def test_heads_stay_apart_for_every_kind_of_colour_vision(theme: Theme, vision: str) -> None:
    matrix, floor = VISION[vision]
    assert len(set(theme.head_hues)) >= 12
    seen = {c: to_oklab(delinearize(np.clip(linearize(parse_hex(c)) @ matrix.T, 0, 1))) for c in theme.head_hues}
    for a, b in itertools.combinations(theme.head_hues, 2):
        assert np.linalg.norm(seen[a] - seen[b]) >= floor, f"{a} and {b} look alike with {vision}"


def test_heads_and_parts_of_speech_can_be_seen_on_the_surface(theme: Theme) -> None:
    assert min(contrast(c, theme.surface) for c in theme.head_hues) >= 2.0
    for part in JANOME:
        strength, _ = speech_marks.mark(part)
        back, ink = parse_hex(theme.background), parse_hex(theme.text)
        assert contrast(to_hex(strength * ink + (1 - strength) * back), theme.background) >= 3.0, part


def test_parts_of_speech_have_marks_of_their_own_and_no_hue(theme: Theme, qapp) -> None:
    seen = set()
    for part in JANOME:
        image = speech_marks.swatch(part, theme, 64).toImage()
        row = [image.pixelColor(x, 32) for x in range(64)]
        spread = [max(c.getRgb()[:3]) - min(c.getRgb()[:3]) for c in row if c.alpha() > 40]
        assert max(spread) <= 12, "hues are the heads'"
        seen.add(tuple(c.alpha() for c in row))
    assert len(seen) == len(JANOME)
    assert speech_marks.mark("名詞,固有名詞") == speech_marks.mark("名詞")


def test_a_head_keeps_its_hue_beyond_the_twelfth(theme: Theme) -> None:
    assert theme.head_color(12) == theme.head_color(0)


def test_maps_cannot_be_changed_by_accident(theme: Theme) -> None:
    with pytest.raises(ValueError):
        theme.attention_lut[0] = 0


def test_scaling_multiplies_sizes_and_leaves_colours(theme: Theme) -> None:
    lecture = theme.scaled(1.5)
    assert (lecture.px(12), lecture.text) == (18, theme.text)
    assert "font-size: 20px" in style.stylesheet(lecture)
    assert "font-size: 13px" in style.stylesheet(lecture, 1.0)


def test_applying_a_theme_reaches_palette_font_and_current(qapp, theme: Theme) -> None:
    before = themes.current()
    try:
        style.apply(qapp, theme)
        assert themes.current() is theme
        assert qapp.palette().color(QPalette.ColorRole.Window).name() == theme.background
        assert "$" not in style.stylesheet(themes.named("light")), "every place in the style sheet is filled in"
    finally:
        style.apply(qapp, before)


def test_unknown_theme_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        themes.named("sepia")
