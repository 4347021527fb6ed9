"""Saves and copies a view's picture or numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from visualizer.core.errors import NothingToSave, VisualizerError
from visualizer.ui import export as exporter
from visualizer.ui import readout

if TYPE_CHECKING:
    from visualizer.views.base import View

PICTURES = ("png", "svg", "pdf")


def suggested_name(view: View, suffix: str) -> str:
    """A file name that says what the picture holds: model, view, layer and head."""
    trace, selection = view.showing.trace, view.showing.selection  # of its own pane, not of the first
    name = "picture" if trace is None else trace.card.name
    text = f"{name}_{view.id}_layer{selection.layer}_head{selection.head}.{suffix}"
    return re.sub(r"[^\w.\-]+", "-", text)


def export(view: View, name: str = "") -> None:
    """Do what an entry of the export menu says: "copy", or save in the format of this suffix; "": in the last one."""
    try:
        if name == "copy":
            exporter.copy_picture(_picture(view), view.theme, caption=view.whole_caption())
            view.session.notice_raised.emit("copied", {})
            return
        from visualizer.views.save_dialog import SaveDialog  # which asks this module for names

        SaveDialog(view, name).open()
    except VisualizerError as error:
        view.session.report_error(error)


def _picture(view: View) -> QWidget:
    """What a file holds of a view."""
    picture = view.export_widget()
    readout.forget_last(picture)
    return picture


def save(view: View, path: Path, *, scale: float = 2.0, caption: bool = True) -> None:
    """Write the picture (.png, .svg, .pdf) or the numbers (.csv, .npz, .json).

    Raises WriteFailed, MissingFile, UnknownChoice (format), NothingToSave (no numbers).
    """
    if path.suffix.lstrip(".").lower() in PICTURES:
        line = view.whole_caption() if caption else None
        exporter.save_picture(_picture(view), path, view.theme, scale=scale, caption=line)
    else:
        data = view.whole_data()
        if not data:
            raise NothingToSave()
        exporter.save_data(data, path)
