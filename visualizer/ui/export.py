"""Pictures and numbers for other programs: PNG, SVG and PDF with text as text, CSV, NPZ and JSON.

Every file is written beside its target and then moved over it: a reader never sees half of one, and nothing is left
behind when the disk is full.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPoint, QRect, QSize, QSizeF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QImage, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from visualizer.core.errors import NotEnoughMemory, PictureTooLarge, UnknownChoice, WriteFailed
from visualizer.core.system import csv_file
from visualizer.core.system.files import replacing
from visualizer.ui import images, terms
from visualizer.ui.caption import Caption
from visualizer.ui.figure_names import CELLS
from visualizer.ui.theme import Theme

PICTURE_FORMATS = ("png", "svg", "pdf")
DATA_FORMATS = ("csv", "npz", "json")

# Qt paints no further than this from an edge, and a picture of so many pixels takes 1 GB of memory.
LONGEST_SIDE = 32_767
MOST_PIXELS = 1 << 28

_PIXELS_PER_INCH = 96
_PDF_RESOLUTION = 1200
_MM_PER_INCH = 25.4


def save_picture(
    widget: QWidget,
    path: str | Path,
    theme: Theme,
    *,
    scale: float = 2.0,
    caption: str | None = None,
    width_mm: float | None = None,
    cells: str = CELLS[0],
) -> bool:
    """Draw a widget into a .png (`scale` pixels for each of the widget's), .svg or .pdf file.

    caption: lines under the picture. width_mm: how wide it is on paper; None: 96 of the widget's pixels are an inch.
    cells: how those of matrices go into .svg and .pdf, "rectangles" or "image". Returns whether a matrix had too many
    for rectangles. Raises PictureTooLarge (.png), WriteFailed, MissingFile (no such folder), UnknownChoice (format).
    """
    path = Path(path)
    suffix = _suffix(path, PICTURE_FORMATS)
    with images.drawing(cells) as drawn:
        if suffix == "png":
            data = _png_bytes(render(widget, theme, scale=scale, caption=caption, width_mm=width_mm))
        elif suffix == "svg":
            data = _svg_bytes(widget, theme, caption, width_mm)
        else:
            data = _pdf_bytes(widget, theme, caption, width_mm)
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return drawn.is_too_large


def save_image(image: QImage, path: str | Path) -> None:
    """Write an image as .png; may run on any thread. Raises WriteFailed, MissingFile (no such folder)."""
    data = _png_bytes(image)
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def render(
    widget: QWidget, theme: Theme, *, scale: float = 2.0, caption: str | None = None, width_mm: float | None = None
) -> QImage:
    """A widget as a picture with `scale` pixels for each of the widget's own. Raises PictureTooLarge."""
    plain = size(widget, theme, caption)
    wanted = QSize(round(plain.width() * scale), round(plain.height() * scale))
    if max(wanted.width(), wanted.height()) > LONGEST_SIDE or wanted.width() * wanted.height() > MOST_PIXELS:
        raise PictureTooLarge(wanted.width(), wanted.height(), LONGEST_SIDE, MOST_PIXELS)
    image = QImage(wanted, QImage.Format.Format_ARGB32_Premultiplied)
    if image.isNull():
        raise NotEnoughMemory(needed=4 * wanted.width() * wanted.height(), available=0, what="picture")
    image.setDevicePixelRatio(scale)
    image.fill(QColor(theme.surface))
    if width_mm is not None:
        for set_dots in (image.setDotsPerMeterX, image.setDotsPerMeterY):
            set_dots(round(1000 * wanted.width() / width_mm))
    painter = QPainter(image)
    try:
        _paint(painter, widget, theme, caption)
    finally:
        painter.end()
    return image


def copy_picture(widget: QWidget, theme: Theme, *, scale: float = 2.0, caption: str | None = None) -> None:
    """Put the picture into the clipboard. Raises PictureTooLarge."""
    QGuiApplication.clipboard().setImage(render(widget, theme, scale=scale, caption=caption))


def save_data(data: Mapping[str, Any], path: str | Path) -> None:
    """Write arrays and lists: all of them to .npz or .json, the first two-dimensional array to .csv.

    In a .csv, lists of texts as long as the array has rows and columns become its labels (names "rows", "columns"), and
    the text "rule", by which the numbers were made, stands in the corner. What is no number (NaN, infinity) is an empty
    cell, and null in .json, which knows neither. A text that a spreadsheet would run as a formula gets an apostrophe.
    Raises WriteFailed, MissingFile (no such folder), UnknownChoice (format, or nothing to write).
    """
    path = Path(path)
    suffix = _suffix(path, DATA_FORMATS)
    if suffix == "csv":
        table = _table(data)
        with replacing(path) as temporary, csv_file.opened(temporary) as file:
            csv_file.Table(file).writerows(table)
    elif suffix == "json":
        plain = {name: _plain(value) for name, value in data.items()}
        text = json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False)
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    else:
        arrays = {name: np.asarray(value) for name, value in data.items()}
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


# --- painting ------------------------------------------------------------------------------------


def size(widget: QWidget, theme: Theme, caption: str | None) -> QSize:
    """Pixels of a widget with its caption."""
    return widget.size() + QSize(0, Caption(caption or "", widget.width(), theme).height)


def _paint(painter: QPainter, widget: QWidget, theme: Theme, caption: str | None) -> None:
    whole = size(widget, theme, caption)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if (ground := QColor(theme.surface)).alpha():
        painter.fillRect(QRect(QPoint(0, 0), whole), ground)
    flags = QWidget.RenderFlag.DrawChildren
    with terms.without_dots():
        widget.render(painter, QPoint(0, 0), renderFlags=flags)
    Caption(caption or "", widget.width(), theme).paint(painter, widget.height())


def _png_bytes(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise WriteFailed("PNG", f"{image.width()} x {image.height()}")
    return bytes(buffer.data().data())


def _svg_bytes(widget: QWidget, theme: Theme, caption: str | None, width_mm: float | None) -> bytes:
    whole = size(widget, theme, caption)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(whole)
    generator.setViewBox(QRect(QPoint(0, 0), whole))
    generator.setResolution(_PIXELS_PER_INCH)
    generator.setTitle(caption or widget.accessibleName())
    painter = QPainter(generator)
    try:
        _paint(painter, widget, theme, caption)
    finally:
        painter.end()
    svg = join_runs(_NOT_XML.sub("\ufffd", bytes(buffer.data().data()).decode("utf-8", "replace")))
    if width_mm is not None:  # Qt knows whole dots an inch only
        height_mm = width_mm * whole.height() / whole.width()
        svg = _SIZE.sub(f'<svg width="{width_mm:.6g}mm" height="{height_mm:.6g}mm"', svg, count=1)
    return svg.encode()


_SIZE = re.compile(r'<svg width="[\d.]+mm" height="[\d.]+mm"')


# Characters that no XML 1.0 document may hold (section 2.2), not even as references; Qt writes them as they are.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_TEXT = re.compile(
    r'(<text [^>]*?x=")([\d.-]+)(" y="[\d.-]+"[^>]*?font-family="([^"]*)" font-size="([\d.]+)"[^>]*>)([^<]*)</text>'
)


_FONT = re.compile(r'font-family="([^",]+)"')


def join_runs(svg: str) -> str:
    """Write a text that Qt cut where the script changes (「読」「ん」) as one element, so that a search finds it."""
    lines: list[str] = []
    end: tuple[str, float] | None = None  # attributes and right edge of the text that was written last
    position = 0
    for match in _TEXT.finditer(svg):
        before = svg[position : match.start()]
        start, x, attributes, family, size, text = match.groups()
        font = QFont(family)
        font.setPixelSize(max(1, round(float(size))))
        width = QFontMetricsF(font).horizontalAdvance(html.unescape(text))
        if end is not None and not before.strip() and end[0] == attributes and abs(end[1] - float(x)) < 1.0:
            lines[-1] = lines[-1].removesuffix("</text>") + text + "</text>"
        else:
            lines += [before, f"{start}{x}{attributes}{text}</text>"]
        end = (attributes, float(x) + width)
        position = match.end()
    # A reader without this font shows its own one.
    return _FONT.sub(r'font-family="\1, sans-serif"', "".join([*lines, svg[position:]]))


def _pdf_bytes(widget: QWidget, theme: Theme, caption: str | None, width_mm: float | None) -> bytes:
    whole = size(widget, theme, caption)
    store = QByteArray()
    buffer = QBuffer(store)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_PDF_RESOLUTION)
    inches = whole.width() / _PIXELS_PER_INCH if width_mm is None else width_mm / _MM_PER_INCH
    page = QSizeF(72 * inches, 72 * inches * whole.height() / whole.width())
    # Without this Qt takes A4 where a page is nearly that.
    writer.setPageSize(QPageSize(page, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setTitle(caption or widget.accessibleName())
    painter = QPainter(writer)
    painter.scale(*2 * (_PDF_RESOLUTION * inches / whole.width(),))
    try:
        _paint(painter, widget, theme, caption)
    finally:
        painter.end()
    buffer.close()
    return bytes(store.data())


# --- files ---------------------------------------------------------------------------------------


def _suffix(path: Path, known: tuple[str, ...]) -> str:
    suffix = path.suffix.lstrip(".").lower()
    if suffix not in known:
        raise UnknownChoice("format", path.suffix or path.name, known)
    return suffix


def _table(data: Mapping[str, Any]) -> list[list[object]]:
    arrays = {name: np.asarray(value) for name, value in data.items()}
    two = next((array for array in arrays.values() if array.ndim == 2), None)
    if two is None:
        columns = {name: list(array) for name, array in arrays.items() if array.ndim == 1}
        if not columns:
            raise UnknownChoice("format", "csv", ("npz", "json"))
        longest = max(len(column) for column in columns.values())
        padded = [[*column, *[""] * (longest - len(column))] for column in columns.values()]
        return [list(columns), *map(list, zip(*padded, strict=True))]
    rows, columns_ = (
        _labels(data.get(name), count) for name, count in zip(("rows", "columns"), two.shape, strict=True)
    )
    header: list[object] = [str(data.get("rule", "")), *columns_]
    return [header, *([label, *map(_cell, values)] for label, values in zip(rows, two, strict=True))]


def _labels(labels: Any, count: int) -> list[object]:
    return list(labels) if labels is not None and len(labels) == count else list(range(count))


def _cell(value: Any) -> object:
    if isinstance(value, np.floating):
        return repr(float(value)) if np.isfinite(value) else ""
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
