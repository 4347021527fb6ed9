"""Saving a picture: what it will be like on paper is seen before it is saved, and can be drawn again by a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QStandardPaths, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
)

from visualizer.core.errors import VisualizerError
from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui import errors, export, figure_names, guard, style
from visualizer.ui import theme as themes
from visualizer.ui.figure_names import BACKGROUNDS, CELLS, COLORMAPS, FORMATS, LIMITS, PAPERS, FigureLook
from visualizer.ui.paper_preview import PaperPreview
from visualizer.ui.plain_text import keep_plain
from visualizer.views import export_dialog
from visualizer.views.figure import Figure
from visualizer.views.figure_command import command

if TYPE_CHECKING:
    from visualizer.views.base import View

_SOON_MS = 60  # from a change to the preview: whoever turns a wheel does not wait for each step
_PAPER_NAMES = {
    "acl_column": QT_TRANSLATE_NOOP("SaveDialog", "ACL, one column"),
    "acl_text": QT_TRANSLATE_NOOP("SaveDialog", "ACL, two columns"),
    "neurips": QT_TRANSLATE_NOOP("SaveDialog", "NeurIPS, ICLR"),
    "ieee_column": QT_TRANSLATE_NOOP("SaveDialog", "IEEE, one column"),
    "ieee_text": QT_TRANSLATE_NOOP("SaveDialog", "IEEE, two columns"),
    "icml_column": QT_TRANSLATE_NOOP("SaveDialog", "ICML, one column"),
    "icml_text": QT_TRANSLATE_NOOP("SaveDialog", "ICML, two columns"),
    "lncs": QT_TRANSLATE_NOOP("SaveDialog", "Springer LNCS"),
    "slide": QT_TRANSLATE_NOOP("SaveDialog", "Slide, 16:9"),
}
_OWN = "own"


@guard.overrides
class SaveDialog(QDialog):
    """Format, size, type, colours, caption and file of one view's picture, beside the picture itself."""

    def __init__(self, view: View, suffix: str = "") -> None:
        super().__init__(view.window())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._view, self._session = view, view.session
        self._screen = view.theme.scaled(1.0)
        stored = self._session.settings.figure
        self._look = figure_names.from_json(stored.get("look"))
        self._is_filling = True
        self.figure = Figure(self._session, type(view), view.showing, self)
        self.figure.adopt(view)
        self.figure.ready.connect(self._draw)
        self._soon = QTimer(self, interval=_SOON_MS, singleShot=True)
        self._soon.timeout.connect(self._arrange)
        self._build()
        style.dress(self)
        wanted = suffix or stored.get("format")
        self._show_choices(wanted if wanted in FORMATS else FORMATS[0], stored.get("caption") is not False)
        self._is_filling = False
        self._name_file(_folder(stored))
        self._on_changed()
        self._soon.start(0)

    # --- building --------------------------------------------------------------------------------

    def _build(self) -> None:
        px = self._view.theme.px
        self.setWindowTitle(self.tr("Save the picture"))
        self.preview = PaperPreview(self)
        self.preview.apply_theme(self._view.theme)
        self.preview.resized.connect(self._soon.start)
        self.format = self._choice({name: name.upper() for name in FORMATS})
        papers = {name: self.tr(text) for name, text in _PAPER_NAMES.items()}
        sizes = {name: f"{papers[name]}  ({PAPERS[name][0]:g} mm)" for name in PAPERS}
        self.paper = self._choice({**sizes, _OWN: self.tr("Own size")})
        self.width_mm, self.height_mm, self.font_pt = (
            self._number(name) for name in ("width_mm", "height_mm", "font_pt")
        )
        self.height_mm.setMinimum(0.0)
        self.height_mm.setSpecialValueText(self.tr("as needed"))
        self.dpi = QSpinBox(self)
        self.dpi.setRange(*(int(limit) for limit in LIMITS["dpi"]))
        self.dpi.setSingleStep(50)
        self.dpi.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.dpi.valueChanged.connect(self._on_changed)
        maps = {name: name.capitalize() for name in COLORMAPS}
        maps |= {"theme": self.tr("Blue, as on screen"), "grey": self.tr("Grey")}
        self.colormap = self._choice(maps)
        self.colormap.setToolTip(self.tr("Of numbers from zero up; those with a sign keep blue and red."))
        grounds = {"white": self.tr("White"), "transparent": self.tr("Transparent"), "screen": self.tr("As on screen")}
        self.background = self._choice({name: grounds[name] for name in BACKGROUNDS})
        cells = {"rectangles": self.tr("Rectangles, up to 256 × 256"), "image": self.tr("One image, not smoothed")}
        self.cells = self._choice({name: cells[name] for name in CELLS})
        self.has_caption = QCheckBox(self.tr("Caption"), self)
        self.has_caption.toggled.connect(self._on_changed)
        self.caption = QPlainTextEdit(self)
        self.caption.setAccessibleName(self.tr("Caption"))
        self.caption.setFixedHeight(px(64))
        self.caption.setTabChangesFocus(True)
        self.caption.textChanged.connect(self._on_changed)
        self.file = QLineEdit(self)
        self.file.setMinimumWidth(px(240))
        self.file.textChanged.connect(self._show_state)
        browse = QToolButton(self)
        browse.setText("…")
        browse.setAccessibleName(self.tr("Choose a place"))
        browse.clicked.connect(self._browse)
        self.note = QLabel(self)
        self.note.setProperty("role", "small")
        self.note.setWordWrap(True)
        keep_plain(self.note)
        form = QFormLayout()
        form.setHorizontalSpacing(px(16))
        form.setVerticalSpacing(px(6))
        place = QHBoxLayout()
        place.addWidget(self.file, 1)
        place.addWidget(browse)
        for text, field in (
            (self.tr("Format"), self.format),
            (self.tr("Size"), self.paper),
            (self.tr("Width"), self.width_mm),
            (self.tr("Height"), self.height_mm),
            (self.tr("Type"), self.font_pt),
            (self.tr("Resolution"), self.dpi),
            (self.tr("Colours"), self.colormap),
            (self.tr("Background"), self.background),
            (self.tr("Matrices"), self.cells),
        ):
            form.addRow(text, field)
        form.addRow(self.has_caption)
        form.addRow(self.caption)
        form.addRow(self.tr("File"), place)
        form.addRow(self.note)
        self._form = form
        self.save_button = QPushButton(self.tr("Save"), self)
        self.save_button.setProperty("role", "primary")
        self.save_button.setDefault(True)
        self.save_button.clicked.connect(self.save)
        cancel = QPushButton(self.tr("Cancel"), self)
        cancel.clicked.connect(self.reject)
        self.copy_button = QPushButton(self.tr("Copy the command"), self)
        self.copy_button.setToolTip(self.tr("The command line that draws this picture again"))
        self.copy_button.clicked.connect(self._copy_command)
        for button in (cancel, self.copy_button):
            button.setAutoDefault(False)
        buttons = QHBoxLayout()
        buttons.setSpacing(px(8))
        buttons.addWidget(self.copy_button)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.save_button)
        side = QVBoxLayout()
        side.addLayout(form)
        side.addStretch(1)
        side.addLayout(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(*4 * (px(16),))
        row.setSpacing(px(16))
        row.addWidget(self.preview, 1)
        row.addLayout(side)
        room = self._view.window().size()
        self.resize(min(px(960), room.width() - px(32)), min(px(600), room.height() - px(32)))

    def _choice(self, texts: dict[str, str]) -> QComboBox:
        box = QComboBox(self)
        for value, text in texts.items():
            box.addItem(text, value)
        box.currentIndexChanged.connect(self._on_changed)
        return box

    def _number(self, name: str) -> QDoubleSpinBox:
        box = QDoubleSpinBox(self)
        box.setRange(*LIMITS[name])
        box.setDecimals(1)
        box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        box.setSingleStep(0.5 if name == "font_pt" else 5.0)
        box.setSuffix(" pt" if name == "font_pt" else " mm")
        box.valueChanged.connect(self._on_changed)
        return box

    def _show_choices(self, suffix: str, has_caption: bool) -> None:
        look = self._look
        for box, value in (
            (self.format, suffix),
            (self.colormap, look.colormap),
            (self.background, look.background),
            (self.cells, look.cells),
        ):
            box.setCurrentIndex(box.findData(value))
        self.width_mm.setValue(look.width_mm)
        self.height_mm.setValue(look.height_mm)
        self.font_pt.setValue(look.font_pt)
        self.dpi.setValue(look.dpi)
        self.has_caption.setChecked(has_caption)
        self.caption.setPlainText(self._view.whole_caption())

    # --- what is chosen --------------------------------------------------------------------------

    @property
    def look(self) -> FigureLook:
        """How the picture is to look."""
        height = self.height_mm.value()
        return FigureLook(
            width_mm=round(self.width_mm.value(), 2),
            height_mm=max(LIMITS["height_mm"][0], height) if height else 0.0,
            font_pt=round(self.font_pt.value(), 2),
            background=self.background.currentData(),
            colormap=self.colormap.currentData(),
            cells=self.cells.currentData(),
            dpi=self.dpi.value(),
        )

    @property
    def suffix(self) -> str:
        """The format, as a file's name ends."""
        return str(self.format.currentData())

    @property
    def path(self) -> Path:
        """Where it goes; a name without an ending gets the format's."""
        path = Path(self.file.text().strip()).expanduser()
        return path if path.suffix.lower() == f".{self.suffix}" else path.with_name(f"{path.name}.{self.suffix}")

    def _words(self) -> str | None:
        """The caption, None for none."""
        text = " ".join(self.caption.toPlainText().split())
        return text if self.has_caption.isChecked() and text else None

    def _is_picture(self) -> bool:
        return self.suffix in export.PICTURE_FORMATS

    def _on_changed(self, *_: object) -> None:
        if self._is_filling:
            return
        self._is_filling = True
        self._follow_paper()
        self._is_filling = False
        self._show_state()
        self._soon.start()

    def _follow_paper(self) -> None:
        """A paper's name sets its numbers; other numbers make it an own size."""
        name = self.paper.currentData()
        if self.sender() is self.paper and name in PAPERS:
            for box, value in zip((self.width_mm, self.height_mm, self.font_pt), PAPERS[name], strict=True):
                box.setValue(value)
        fits = (paper for paper, numbers in PAPERS.items() if abs(numbers[0] - self.width_mm.value()) < 0.06)
        found = name if name in PAPERS and abs(PAPERS[name][0] - self.width_mm.value()) < 0.06 else next(fits, _OWN)
        self.paper.setCurrentIndex(self.paper.findData(found))

    def _show_state(self) -> None:
        """What goes with the format; and whether a file is in the way."""
        is_picture, suffix = self._is_picture(), self.suffix
        for field in (self.paper, self.width_mm, self.height_mm, self.font_pt, self.colormap, self.background):
            self._form.setRowVisible(field, is_picture)
        self._form.setRowVisible(self.has_caption, is_picture)
        self._form.setRowVisible(self.caption, is_picture and self.has_caption.isChecked())
        self._form.setRowVisible(self.dpi, suffix == "png")
        self._form.setRowVisible(self.cells, suffix in ("svg", "pdf"))
        self.copy_button.setVisible(is_picture)
        text = self.file.text().strip()
        self.save_button.setEnabled(bool(text))
        is_there = bool(text) and self.path.is_file()
        self.save_button.setText(self.tr("Replace the file") if is_there else self.tr("Save"))

    # --- the preview -----------------------------------------------------------------------------

    def _arrange(self) -> None:
        if self._is_picture():
            look = self.look
            screen = self._screen if look.background == "screen" else themes.named("light")
            self.figure.arrange_on_paper(look, screen, self._words())
            return
        data = self._view.whole_data()
        shapes = (f"{name}  {_shape(value)}" for name, value in data.items())
        self.preview.show_text("\n".join(shapes) or self.tr("There are no numbers yet."))
        self.note.setText("")

    def _draw(self) -> None:
        """The very picture, as large as there is room for."""
        if not self._is_picture():
            return
        if self.figure.error is not None:
            self.preview.show_text(" ".join(errors.present(self.figure.error)))
            return
        size, room = self.figure.size(self._words()), self.preview.room()
        share = min(room.width() / size.width(), room.height() / size.height(), 3.0)
        try:
            image = self.figure.image(share * self.devicePixelRatioF(), self._words())
        except VisualizerError as error:
            self.preview.show_text(" ".join(errors.present(error)))
            return
        image.setDevicePixelRatio(self.devicePixelRatioF())
        self.preview.show_image(image)
        self.note.setText(" ".join(self.figure.remarks(self.look, is_vector=self.suffix in ("svg", "pdf"))))

    # --- saving ----------------------------------------------------------------------------------

    def _name_file(self, folder: Path) -> None:
        """A name that says what it is, and that no file has yet."""
        first = folder / export_dialog.suggested_name(self._view, self.suffix)
        names = (first, *(first.with_stem(f"{first.stem}-{n}") for n in range(2, 1000)))
        self.file.setText(str(next((name for name in names if not name.exists()), first).with_suffix("")))

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save"), str(self.path), f"{self.suffix.upper()} (*.{self.suffix})"
        )
        if chosen:
            self.file.setText(chosen)

    def save(self) -> None:
        """Write the file and close; what is wrong is said here, and the dialog stays."""
        path = self.path
        try:
            if not self._is_picture():
                export_dialog.save(self._view, path)
            elif not self.figure.is_ready:
                self.figure.ready.connect(self.save, Qt.ConnectionType.SingleShotConnection)
                return
            elif self.suffix == "png":
                self._save_png(path)
            else:
                self.figure.save(path, look=self.look, caption=self._words())
        except VisualizerError as error:
            self.note.setText(" ".join(errors.present(error)))
            return
        self._remember(path)
        if self.suffix != "png":
            self._session.notice_raised.emit("saved", {"path": str(path)})
        self.accept()

    def _save_png(self, path: Path) -> None:
        """Paint now, pack and write on the worker: packing takes longer than painting."""
        if not path.parent.is_dir():
            export.save_image(self.preview.image(), path)  # says that there is no such folder
        look, session = self.look, self._session
        image = self.figure.paper_image(look, self._words())
        session.jobs.submit(
            "save",
            lambda should_stop, progress: export.save_image(image, path),
            lambda _: session.notice_raised.emit("saved", {"path": str(path)}),
            session.report_error,
        )

    def _remember(self, path: Path) -> None:
        self._session.settings.figure = {
            "look": figure_names.to_json(self.look),
            "format": self.suffix,
            "folder": str(path.absolute().parent),
            "caption": self.has_caption.isChecked(),
        }

    def _copy_command(self) -> None:
        words = self._words()
        caption = words is not None if words == self._view.whole_caption() or words is None else words
        line, lost = command(self._view, self.look, caption, self.path)
        QGuiApplication.clipboard().setText(line)
        said = {
            "interventions": self.tr("What was done to the model besides switching off is not in it."),
            "parts_of_speech": self.tr("The dimmed parts of speech are not in it."),
        }
        self.note.setText(" ".join((self.tr("The command is in the clipboard."), *(said[one] for one in lost))))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():  # not when a desktop puts the window away
            self._soon.stop()
            self.figure.close()


def _folder(stored: dict[str, Any]) -> Path:
    """The folder of the last picture, or that of documents."""
    wanted = stored.get("folder")
    if isinstance(wanted, str) and Path(wanted).is_dir():
        return Path(wanted)
    documents = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
    return documents if documents.is_dir() else Path.home()


def _shape(value: object) -> str:
    shape = getattr(value, "shape", None)
    if shape:
        return " × ".join(map(str, shape))
    return str(len(value)) if isinstance(value, list) else str(value)
