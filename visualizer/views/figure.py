"""A view's picture for a file: the same view once more, out of sight, as wide as on paper and without its controls.

What the preview shows, what is saved and what `render` writes come from here, so that they are one picture.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui import export, fonts, images, lecture, style
from visualizer.ui.caption import Caption
from visualizer.ui.figure_look import dressed
from visualizer.ui.figure_names import CELLS, MM_PER_POINT, SMALL_TYPE, FigureLook
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.lines_item import LinesWidget
from visualizer.ui.number_table import NumberTable
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.making import make

HIGHEST = 15_000  # pixels: a painter's coordinates end at 32,767, and a picture may have two for each of the widget's
_ROUNDS = 5  # in which a picture grows until all of it is there


class Figure(QObject):
    """One view's picture. ready: it is complete, and what `picture` gives can be drawn; also after every change."""

    ready = Signal()

    def __init__(
        self, session: Session, kind: type[View], pane: Showing | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._stage = QWidget()
        self._stage.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        self._stage.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        try:
            self.view = make(kind, session, self._stage, showing=pane)
        except Exception:
            self._stage.deleteLater()
            raise
        session.theme_changed.disconnect(self.view._on_theme_changed)  # it wears what this figure is asked to wear
        self._screen: Theme = self.view.theme
        self._dress: tuple[object, ...] = ()
        self._size = QSize(960, 720)
        self._asked = self._size
        self._named = (True, True)
        self._rounds = 0
        self._is_ready = self._is_adopted = self._is_free = False
        self._model: View | None = None
        self._picture: QWidget | None = None
        self._soon = QTimer(self, interval=0, singleShot=True)
        self._soon.timeout.connect(self._settle)
        self.view.drawn.connect(self._on_view_drawn)

    # --- what is asked for -----------------------------------------------------------------------

    def adopt(self, model: View) -> None:
        """Begin with what another view of the same kind and pane has found out, and show the part that it shows."""
        self._model = model
        self.view.take_answer(model)

    def arrange(
        self, size: QSize, theme: Theme, *, is_high_as_needed: bool = False, named: tuple[bool, bool] = (True, True)
    ) -> None:
        """Draw in this theme; size: pixels of the picture, where it does not have to be larger to be whole.

        named: whether a person asked for that width and that height, and is to hear where they could not be kept.
        """
        self._is_free, self._named = is_high_as_needed, named
        dress = (theme.name, theme.surface, theme.scale, theme.lecture, theme.attention_lut.tobytes())
        self._is_ready = False
        if dress != self._dress:
            self._dress = dress
            self._stage.setStyleSheet(style.stylesheet(theme))
            self._stage.setPalette(style.palette(theme))
            self._stage.setFont(fonts.base_font(theme.scale))
            self.view.wear(theme)
            self._bare()
        self._asked = self._size = size
        self._rounds = 0
        self._take_size(size)
        if not self._stage.isVisible():
            self._stage.show()
        self._soon.start()

    def arrange_on_paper(self, look: FigureLook, screen: Theme, caption: str | None = None) -> None:
        """As wide, as high with its caption, and with type as large as a look asks for; screen: the theme."""
        theme = dressed(screen, look.background, look.colormap)
        width = max(64, round(look.width_mm * look.pixels_per_mm * theme.scale))
        height = round(look.height_mm * look.pixels_per_mm * theme.scale)
        if height:
            height = max(64, height - Caption(caption or "", width, theme).height)
        size = QSize(width, min(height or round(self.view.figure_shape * width), HIGHEST))
        self.arrange(size, theme, is_high_as_needed=not height)

    # --- what there is ---------------------------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """Whether the picture is complete."""
        return self._is_ready

    @property
    def error(self) -> Exception | None:
        """What kept it from being drawn."""
        return self.view.error

    def picture(self) -> QWidget:
        """The widget that is drawn."""
        if self._picture is None:
            self._picture = self.view.export_widget()
        return self._picture

    def size(self, caption: str | None) -> QSize:
        """Pixels of the design, with the caption."""
        return export.size(self.picture(), self.view.theme, caption)

    def paper_image(self, look: FigureLook, caption: str | None) -> QImage:
        """The picture with as many pixels as a look wants. Raises PictureTooLarge."""
        scale = look.width_mm / 25.4 * look.dpi / self.picture().width()
        return export.render(
            self.picture(), self.view.theme, scale=scale, caption=caption, width_mm=look.width_mm
        )

    def image(self, scale: float, caption: str | None) -> QImage:
        """The picture with `scale` pixels for each of its own. Raises PictureTooLarge."""
        return export.render(self.picture(), self.view.theme, scale=scale, caption=caption)

    def save(self, path: Path, *, look: FigureLook | None = None, scale: float = 2.0, caption: str | None = None,
             cells: str = CELLS[0]) -> tuple[str, ...]:  # fmt: skip
        """Write the file, in the size of a look or 96 pixels an inch; what there is to say of it in the end.

        Raises WriteFailed, MissingFile, PictureTooLarge, UnknownChoice (format).
        """
        picture, width_mm = self.picture(), None
        if look is not None:
            width_mm, cells = look.width_mm, look.cells
            scale = look.width_mm / 25.4 * look.dpi / picture.width()
        too_large = export.save_picture(
            picture, path, self.view.theme, scale=scale, caption=caption, width_mm=width_mm, cells=cells
        )
        return (*self.remarks(look), *((_too_large_text(),) if too_large else ()))

    def remarks(self, look: FigureLook | None = None, *, is_vector: bool = False) -> tuple[str, ...]:
        """What is not as it was asked for, a sentence each. is_vector: it is going to be an .svg or .pdf."""
        translate, picture, asked, found = QCoreApplication.translate, self.picture(), self._asked, []
        if look is not None and picture.width() > asked.width() + 1:
            points = look.width_mm / MM_PER_POINT * SMALL_TYPE * self.view.theme.scale / picture.width()
            text = translate("Figure", "So that all of it is there, the type is {points} pt high, not {asked}.")
            found.append(text.format(points=f"{points:.1f}", asked=f"{look.font_pt:g}"))
        elif look is None and self._named[0] and picture.width() > asked.width() + 1:
            text = translate("Figure", "So that all of it is there, the picture is {width} pixels wide, not {asked}.")
            found.append(text.format(width=picture.width(), asked=asked.width()))
        if picture.height() > asked.height() + 1 and (self._named[1] if look is None else look.height_mm):
            text = translate("Figure", "So that all of it is there, the picture is {height} pixels high, not {asked}.")
            if look is not None:
                text = translate("Figure", "So that all of it is there, the picture is {height} mm high, not {asked}.")
            share = look.width_mm / picture.width() if look is not None else 1.0
            height, wanted = picture.height() * share, look.height_mm if look is not None else asked.height()
            found.append(text.format(height=f"{height:.0f}", asked=f"{wanted:.0f}"))
        if any(any(_hidden(area)) for area in self._areas()):
            found.append(translate("Figure", "The text is too long for a picture: its end is left out."))
        is_large = any(max(heatmap.values.shape, default=0) > images.MOST_CELLS for heatmap in self._maps())
        if is_vector and is_large and look is not None and look.cells == "rectangles":
            found.append(_too_large_text())
        return tuple(found)

    def close(self) -> None:
        """Be gone."""
        self._soon.stop()
        self.view.close()
        self._stage.close()
        self._stage.deleteLater()

    # --- growing until it is whole ---------------------------------------------------------------

    def _bare(self) -> None:
        """Away with what a file does not hold."""
        self.view.header.hide()
        for part in lecture.folding(self.view):
            part.hide()
        for heatmap in self.view.findChildren(HeatmapWidget):
            heatmap.set_compact()
        for canvas in self.view.findChildren(LinesWidget):
            canvas.set_for_file()

    def _take_size(self, size: QSize) -> None:
        self._size = size
        self._stage.resize(size)
        self.view.resize(size)
        if (layout := self.view.layout()) is not None:
            layout.activate()

    def _on_view_drawn(self) -> None:
        self._is_ready = False
        self._rounds = 0
        self._soon.start()

    def _settle(self) -> None:
        """Grow step by step, as long as something is not in sight."""
        if not self.view.is_complete() and self.view.error is None and not self.view.message():
            return  # `drawn` comes back to this
        self._picture = None
        if self._model is not None and not self._is_adopted:
            self._is_adopted = True
            mine, theirs = (v.findChildren(HeatmapWidget) for v in (self.view, self._model))
            for own, other in zip(mine, theirs, strict=False):
                own.zoom_like(other)
        if self._rounds < _ROUNDS and self._grow():
            self._rounds += 1
            self._soon.start()
            return
        self._is_ready = True
        self.ready.emit()

    def _grow(self) -> bool:
        """Whether another size was needed: the picture lacks what stands around it, or something would be scrolled."""
        picture = self.picture()
        if not self.view.isAncestorOf(picture) or not picture.isVisible():
            return False  # a picture of its own size, such as a table with all rows
        self._picture = None
        if isinstance(root := self.view.export_root(), PictureFrame):
            root.note.setVisible(bool(root.note.text()))  # no room for an empty line
        inner = root.size()
        missing = self._asked.expandedTo(inner) - inner if self._rounds == 0 else QSize(0, 0)
        for area in self._areas():
            area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            wide, high = _hidden(area)
            missing = missing.expandedTo(QSize(wide, high))
        if self._is_free and self.view.figure_shape > 1 and not missing.height():  # a matrix gives back what it spares
            missing.setHeight(-min((int(heatmap.arrangement().slack) for heatmap in self._maps()), default=0))
        size = (self.view.size() + missing).boundedTo(QSize(HIGHEST, HIGHEST))
        if size == self.view.size():
            return False
        self._take_size(size)
        return True

    def _maps(self) -> list[HeatmapWidget]:
        """The matrices of the picture."""
        found = self.view.export_root().findChildren(HeatmapWidget)
        return [heatmap for heatmap in found if not heatmap.isHidden()]

    def _areas(self) -> list[QAbstractScrollArea]:
        """What would be scrolled in this picture; tables have a picture of their own."""
        found = self.view.export_root().findChildren(QAbstractScrollArea)
        return [area for area in found if area.isVisible() and not isinstance(area, NumberTable)]


def _too_large_text() -> str:
    text = QCoreApplication.translate("Figure", "A matrix has more than {count} rows or columns: it is an image.")
    return text.format(count=images.MOST_CELLS)


def _hidden(area: QAbstractScrollArea) -> tuple[int, int]:
    """How many pixels are out of sight, to the right and below."""
    bars = area.horizontalScrollBar(), area.verticalScrollBar()
    return tuple(max(0, bar.maximum() - bar.minimum()) for bar in bars)  # type: ignore[return-value]
