"""Vector files hold cells as rectangles, hatching as lines and text as text, as other readers of them see it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from visualizer.ui import export, style
from visualizer.ui import theme as themes
from visualizer.ui.heatmap import HeatmapWidget

SVG = "{http://www.w3.org/2000/svg}"
SIZE = 9
TOKENS = ["私", "は", "図書館", "で", "本", "を", "読ん", "the cat", "<s>"]


@pytest.fixture
def theme() -> themes.Theme:
    return themes.named("light")


@pytest.fixture
def picture(qtbot, qapp, theme: themes.Theme) -> HeatmapWidget:
    before = themes.current()
    style.apply(qapp, theme)
    widget = HeatmapWidget()
    qtbot.addWidget(widget)
    widget.apply_theme(theme)
    widget.resize(500, 420)
    fill(widget, SIZE, TOKENS)
    yield widget
    style.apply(qapp, before)


def fill(widget: HeatmapWidget, size: int, labels: list[str]) -> None:
    values = np.linspace(0.01, 1, size * size, dtype=np.float32).reshape(size, size)
    values[~np.tri(size, dtype=bool)] = 0
    widget.set_data(values, row_labels=labels, column_labels=labels, mask=~np.tri(size, dtype=bool))


def parts(path: Path, name: str) -> list[ElementTree.Element]:
    return list(ElementTree.parse(path).getroot().iter(SVG + name))


def operators(path: Path) -> bytes:
    """What the pages of a PDF draw, unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", path.read_bytes(), re.DOTALL)
    found = []
    for stream in streams:
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(one for one in found if b"Tj" in one or b"TJ" in one or b" re" in one)


def drawn(path: Path, width: int, height: int) -> QImage:
    """The file as Qt's own reader draws it."""
    renderer, image = QSvgRenderer(str(path)), QImage(width, height, QImage.Format.Format_ARGB32)
    assert renderer.isValid()
    image.fill(QColor("white"))
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    return image


def test_every_cell_is_a_rectangle_of_its_colour(picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path) -> None:
    path = tmp_path / "picture.svg"
    assert not export.save_picture(picture, path, theme)
    assert not parts(path, "image"), "the colour bar is made of rectangles, too"
    cell = picture.arrangement().cell_rect(0, 0)
    cells = [r for r in parts(path, "rect") if abs(float(r.get("width", "0")) - cell.width()) < 1e-3]
    assert len(cells) == SIZE * SIZE
    image = drawn(path, 1500, 1260)
    for row, column in ((8, 8), (5, 2), (3, 3)):
        at = picture.arrangement().cell_rect(row, column).topLeft() + QPointF(4, 4)
        index = picture.scale.indices(picture.values)[row, column]
        wanted = theme.attention_lut[index, :3]
        seen = image.pixelColor(round(3 * at.x()), round(3 * at.y())).getRgb()[:3]
        assert np.abs(np.array(seen) - wanted).max() <= 2, f"cell {row}, {column}"


def test_cells_can_be_one_image_without_interpolation(
    picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path
) -> None:
    path = tmp_path / "picture.svg"
    export.save_picture(picture, path, theme, cells="image")
    images = parts(path, "image")
    assert len(images) == 2, "the matrix and its colour bar"
    assert all(image.get("image-rendering") == "optimizeSpeed" for image in images)


def test_more_cells_than_a_file_is_good_for_become_an_image_and_that_is_said(
    picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path
) -> None:
    path = tmp_path / "picture.svg"
    picture.resize(700, 700)
    fill(picture, 256, [])
    assert not export.save_picture(picture, path, theme)
    assert not parts(path, "image")
    assert len(parts(path, "rect")) > 256 * 256
    fill(picture, 257, [])
    assert export.save_picture(picture, path, theme), "too large for rectangles"
    assert len(parts(path, "image")) == 1


def test_hatching_is_lines_that_stay_in_the_masked_cells(
    picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path
) -> None:
    path = tmp_path / "picture.svg"
    export.save_picture(picture, path, theme)
    group = next(g for g in parts(path, "g") if g.get("stroke") == theme.masked and g.findall(f"{SVG}polyline"))
    layout = picture.arrangement()
    lines = [line.get("points", "").split() for line in group.findall(f"{SVG}polyline")]
    assert len(lines) > SIZE
    for line in lines:
        (x1, y1), (x2, y2) = (map(float, end.split(",")) for end in line)
        assert abs((x2 - x1) + (y2 - y1)) < 1e-3, "a diagonal"
        for share in (0.02, 0.5, 0.98):
            row, column = layout.cell_at(QPointF(x1 + share * (x2 - x1), y1 + share * (y2 - y1))) or (0, 0)
            assert int(column) > int(row), f"a line over cell {int(row)}, {int(column)}, which is not masked"


def test_what_is_zoomed_in_stays_inside_the_frame(picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path) -> None:
    picture.zoom(1.7)
    frame = picture.arrangement().picture.adjusted(-1, -1, 1, 1)
    for cells in ("rectangles", "image"):
        path = tmp_path / f"{cells}.svg"
        export.save_picture(picture, path, theme, cells=cells)
        for part in (*parts(path, "rect"), *parts(path, "image")):
            x, y, width, height = (float(part.get(name, "0")) for name in ("x", "y", "width", "height"))
            if 20 < width < frame.width() + 100 and frame.contains(x + width / 2, y + height / 2):
                assert frame.contains(x, y) and frame.contains(x + width, y + height)


def test_a_pdf_draws_cells_with_re_and_hatching_with_l(
    picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path
) -> None:
    path = tmp_path / "picture.pdf"
    export.save_picture(picture, path, theme)
    found = operators(path)
    assert len(re.findall(rb"\bre\b", found)) >= SIZE * SIZE + 200, "cells, and the steps of the colour bar"
    assert len(re.findall(rb"\bl\b", found)) > SIZE, "hatching"
    assert re.search(rb"T[jJ]", found), "text is text"
    assert b"/Subtype /Image" not in path.read_bytes()
    export.save_picture(picture, path, theme, cells="image")
    assert b"/Subtype /Image" in path.read_bytes()


@pytest.mark.parametrize("width_mm", [77.0, 160.0, 254.0])
def test_files_are_as_wide_on_paper_as_asked_for(
    picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path, width_mm: float
) -> None:
    height_mm = width_mm * picture.height() / picture.width()
    svg, pdf, png = (tmp_path / f"picture.{suffix}" for suffix in ("svg", "pdf", "png"))
    for path in (svg, pdf, png):
        export.save_picture(picture, path, theme, width_mm=width_mm, scale=3)
    root = ElementTree.parse(svg).getroot()
    sizes = [float(root.get(name, "").removesuffix("mm")) for name in ("width", "height")]
    assert sizes == pytest.approx([width_mm, height_mm], abs=0.01)
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf.read_bytes())
    assert box is not None
    points = [float(number) for number in box.groups()]
    assert points == pytest.approx([72 / 25.4 * mm for mm in (width_mm, height_mm)], abs=1)
    image = QImage(str(png))
    assert 1000 * image.width() / image.dotsPerMeterX() == pytest.approx(width_mm, rel=0.001)


def test_a_picture_without_ground_is_transparent_between_its_marks(
    picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path
) -> None:
    bare = replace(theme, surface=f"#00{theme.surface[1:]}")
    picture.apply_theme(bare)
    picture.resize(900, 760)
    path = tmp_path / "picture.png"
    export.save_picture(picture, path, bare, scale=1, caption="a caption")
    image = QImage(str(path))
    assert image.pixelColor(2, 2).alpha() == 0
    assert image.pixelColor(2, image.height() - 2).alpha() == 0
    cell = picture.arrangement().cell_rect(8, 8).topLeft() + QPointF(4, 4)
    assert image.pixelColor(cell.toPoint()).getRgb() == (*theme.attention_lut[-1, :3].tolist(), 255)
    numbers = image.copy(picture.arrangement().cell_rect(8, 8).toRect())
    found = {numbers.pixelColor(x, y).name() for x in range(numbers.width()) for y in range(numbers.height())}
    assert theme.paper in found, "numbers in dark cells stay white"


def test_a_long_caption_takes_several_lines_and_ends_in_an_ellipsis(
    picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path
) -> None:
    path = tmp_path / "picture.svg"

    def lines(caption: str) -> list[str]:
        export.save_picture(picture, path, theme, caption=caption)
        bottom = picture.height()
        return [(t.text or "").strip() for t in parts(path, "text") if float(t.get("y", "0")) > bottom]

    assert len(lines("word " * 40)) > 1
    assert " ".join(lines("word " * 40)).split() == ["word"] * 40, "nothing is lost"
    longest = lines("長い文" * 2000)
    assert len(longest) == 8
    assert longest[-1].endswith("…")
