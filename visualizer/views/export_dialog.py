"""Asks where a view's picture or numbers shall go, and saves them there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog

from visualizer.core.errors import NothingToSave, VisualizerError
from visualizer.ui import export as exporter

if TYPE_CHECKING:
    from visualizer.views.base import View

PICTURES = ("png", "svg", "pdf")


def suggested_name(view: View, suffix: str) -> str:
    """A file name that says what the picture holds: model, view, layer and head."""
    trace, selection = view.showing.trace, view.showing.selection  # of its own pane, not of the first
    name = "picture" if trace is None else trace.card.name
    text = f"{name}_{view.id}_layer{selection.layer}_head{selection.head}.{suffix}"
    return re.sub(r"[^\w.\-]+", "-", text)


def export(view: View, name: str) -> None:
    """Do what an entry of the export menu says: "copy", or a file format by its suffix."""
    try:
        if name == "copy":
            exporter.copy_picture(view.export_widget(), view.theme, caption=view.whole_caption())
            view.session.notice_raised.emit("copied", {})
            return
        path = _ask(view, name)
        if path is None:
            return
        if path.suffix.lower() == ".png":
            _save_png_in_background(view, path)
            return
        save(view, path)
    except VisualizerError as error:
        view.session.report_error(error)
        return
    view.session.notice_raised.emit("saved", {"path": str(path)})


def _save_png_in_background(view: View, path: Path) -> None:
    """Paint now, pack and write on the worker: packing takes longer than painting."""
    image = exporter.render(view.export_widget(), view.theme, caption=view.whole_caption())
    session = view.session
    session.jobs.submit(
        "save",
        lambda should_stop, progress: exporter.save_image(image, path),
        lambda _: session.notice_raised.emit("saved", {"path": str(path)}),
        session.report_error,
    )


def save(view: View, path: Path, *, scale: float = 2.0, caption: bool = True) -> None:
    """Write the picture (.png, .svg, .pdf) or the numbers (.csv, .npz, .json).

    Raises WriteFailed, MissingFile, UnknownChoice (format), NothingToSave (no numbers).
    """
    if path.suffix.lstrip(".").lower() in PICTURES:
        line = view.whole_caption() if caption else None
        exporter.save_picture(view.export_widget(), path, view.theme, scale=scale, caption=line)
    else:
        data = view.whole_data()
        if not data:
            raise NothingToSave()
        exporter.save_data(data, path)


def _ask(view: View, suffix: str) -> Path | None:
    translate = QCoreApplication.translate
    chosen, _ = QFileDialog.getSaveFileName(
        view,
        translate("ExportDialog", "Save"),
        suggested_name(view, suffix),
        f"{suffix.upper()} (*.{suffix})",
    )
    if not chosen:
        return None
    path = Path(chosen)
    return path if path.suffix else path.with_suffix(f".{suffix}")
