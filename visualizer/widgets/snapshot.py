"""Pictures of single views and of the whole window, drawn by the same widgets that a person sees, with no display."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QEvent, QEventLoop, QSize, Qt, QTimer
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from visualizer.core.errors import RunFailed
from visualizer.session.selection import Selection
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.ui import export, figure_look, i18n, style
from visualizer.ui import theme as themes
from visualizer.ui.figure_names import FigureLook
from visualizer.ui.plain_text import keep_plain
from visualizer.views.base import View
from visualizer.views.figure import Figure
from visualizer.views.registry import options_class, view_class
from visualizer.widgets.appearance import Appearance
from visualizer.widgets.controller import make_window

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

    Compared = tuple[Trace, LoadedModel | None]

VIEW_SIZE = (960, 720)
WINDOW_SIZE = (1280, 800)
PATIENCE_MS = 120_000


def render_view(
    trace: Trace,
    view_id: str,
    path: Path,
    selection: Selection,
    *,
    language: str | None = None,
    theme: str | None = None,
    width: int | None = None,
    height: int | None = None,
    scale: float = 2.0,
    caption: bool | str = False,
    options: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    compared: Compared | None = None,
    is_difference: bool = False,
    lecture: bool = False,
    paper: FigureLook | None = None,
    dress: tuple[str, str] = ("screen", "theme"),
    cells: str = "rectangles",
) -> tuple[str, ...]:
    """Draw one view of a trace, without its buttons, into a .png, .svg or .pdf file; sizes in logical pixels.

    caption: True for the view's own, or another one. options: view id -> what is chosen of that view's own `Options`.
    compared: the run beside the first; the two views stand side by side, or is_difference: one view shows B - A.
    paper: the size on paper, which then goes before width, height, scale, dress and cells. dress: background and colour
    map as in `FigureLook`. Returns what there is to say: a picture of a long text grows until all of it is there.

    Raises KeyError (no such view), WriteFailed, MissingFile, RunFailed (the picture was not complete in two minutes).
    """
    size = QSize(width or VIEW_SIZE[0], height or VIEW_SIZE[1])
    with _stage(trace, None, selection, language, theme, scale, options, lecture, size, compared) as (session, _):
        session.select(difference=is_difference)
        panes = session.panes[:1] if is_difference else session.panes
        figures: list[Figure] = []
        try:
            for pane in panes:
                figures.append(Figure(session, view_class(view_id), pane))
            screen = session.theme
            for figure in figures:
                if paper is not None:
                    half = replace(paper, width_mm=paper.width_mm / len(figures))
                    figure.arrange_on_paper(half, screen)
                else:
                    across = QSize((width or VIEW_SIZE[0] * len(panes)) // len(panes), height or VIEW_SIZE[1])
                    named = width is not None, height is not None
                    figure.arrange(across, figure_look.dressed(screen, *dress), named=named)
            # A view that cannot show this model says so: that sentence is the picture.
            _wait(lambda: all(f.is_ready or not _can_show(f.view) or f.error is not None for f in figures))
            for figure in figures:
                if figure.error is not None:
                    raise figure.error
            if len(figures) == 1:
                line = caption if isinstance(caption, str) else figures[0].view.whole_caption() if caption else None
                if paper is not None and paper.height_mm and line:  # the caption, known now, is a part of the height
                    figures[0].arrange_on_paper(paper, screen, line)
                    _wait(lambda: figures[0].is_ready)
                return figures[0].save(path, look=paper, scale=scale, caption=line, cells=cells)
            return _save_beside(figures, path, scale, caption, paper, cells)
        finally:
            for figure in figures:
                figure.close()
                _delete(figure.view)


def _can_show(view: View) -> bool:
    trace = view.showing.trace
    return trace is not None and view.is_compatible(trace)


def _save_beside(
    figures: list[Figure], path: Path, scale: float, caption: bool | str, paper: FigureLook | None, cells: str
) -> tuple[str, ...]:
    """Two pictures in one, A at the left."""
    views = [figure.view for figure in figures]
    lines = "   ".join(view.whole_caption() for view in views)
    sheet = QWidget()
    style.dress(sheet)
    sheet.setStyleSheet(style.stylesheet(views[0].theme))
    row = QHBoxLayout(sheet)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(views[0].theme.px(8))
    said = {sentence: None for figure in figures for sentence in figure.remarks()}
    size = QSize(-views[0].theme.px(8), 0)
    for view, figure, letter in zip(views, figures, "AB", strict=True):
        picture = figure.picture()
        size = QSize(size.width() + picture.width() + row.spacing(), max(size.height(), picture.height()))
        column, name = QVBoxLayout(), QLabel(f"{letter} · {view.trace.text if view.trace is not None else ''}")
        keep_plain(name)
        name.setContentsMargins(view.theme.px(16), view.theme.px(8), view.theme.px(16), 0)
        column.addWidget(name)
        column.addWidget(picture, 1)
        picture.show()
        row.addLayout(column, 1)
    sheet.resize(size)
    sheet.show()
    QCoreApplication.processEvents()
    if paper is not None:
        scale, cells = paper.width_mm / 25.4 * paper.dpi / sheet.width(), paper.cells
    line = caption if isinstance(caption, str) else lines if caption else None
    width_mm = paper.width_mm if paper is not None else None
    export.save_picture(
        sheet, path, views[0].theme, scale=scale, caption=line, width_mm=width_mm, cells=cells
    )
    _delete(sheet)
    return tuple(said)


def render_window(
    trace: Trace,
    path: Path,
    selection: Selection,
    *,
    model: LoadedModel | None = None,
    view_id: str = "attention_map",
    second_id: str = "",
    language: str | None = None,
    theme: str | None = None,
    width: int | None = None,
    height: int | None = None,
    scale: float = 2.0,
    caption: bool | str = False,
    options: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    compared: Compared | None = None,
    is_difference: bool = False,
    lecture: bool = False,
) -> None:
    """Draw the whole window with a trace into a file; raises what `render_view` raises.

    compared: a run for the second pane, which shows B - A where is_difference.
    """
    room = QSize(width or WINDOW_SIZE[0], height or WINDOW_SIZE[1])
    with _stage(trace, model, selection, language, theme, scale, options, lecture, room) as (session, appearance):
        window = make_window(session, appearance)
        try:
            window.resize(room)
            window.views.show_views(view_id, second_id)
            window.set_lecture(lecture)
            window.show()
            window.views.setFocus()
            QCoreApplication.processEvents()
            window.views.lay_out_first_time()
            _compare(session, compared)
            if session.other is not None:
                session.other.select(difference=is_difference)
                for _ in range(4):  # what has less room now arranges itself in steps
                    QCoreApplication.sendPostedEvents()
                    QCoreApplication.processEvents()
            shown = [view for view in window.views.shown_views() if _can_show(view)]
            _wait(lambda: all(view.is_complete() or view.error is not None for view in shown))
            assert session.theme is not None
            if window.lecture_bar is not None:
                window.lecture_bar.hide()  # nobody points at the upper edge
            for widget in window.findChildren(QWidget):
                widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)  # no pointer in the picture
            line = caption if isinstance(caption, str) else shown[0].whole_caption() if caption and shown else None
            export.save_picture(window, path, session.theme, scale=scale, caption=line)
        finally:
            window.close()
            _delete(window)


@contextmanager
def _stage(
    trace: Trace,
    model: LoadedModel | None,
    selection: Selection,
    language: str | None,
    theme: str | None,
    scale: float,
    options: Mapping[str, Mapping[str, Any]],
    lecture: bool,
    room: QSize,
    compared: Compared | None = None,
) -> Iterator[tuple[Session, Appearance]]:
    """A session that shows a trace, in a look of its own; the application's look comes back afterwards."""
    existing = QApplication.instance()
    if existing is None:
        os.environ.setdefault("QT_SCALE_FACTOR", str(scale))  # icons as fine as the picture
    app = existing if isinstance(existing, QApplication) else QApplication(["transformer-visualizer"])
    if existing is None:
        app.setStyle("Fusion")
    before = (themes.current(), app.font(), "ja" if app.property("visualizer_translators") else "en")
    session = Session(Settings(language=language or "system", theme=theme or "light"))
    session.settings.lecture = lecture
    appearance = Appearance(app, session, room)
    appearance.apply()
    session.show_trace(trace, model)
    session.select(**{field.name: getattr(selection, field.name) for field in fields(Selection)})
    _compare(session, compared)
    for view_id, changes in options.items():
        session.set_options(view_id, options_class(view_id), **changes)
    try:
        yield session, appearance
    finally:
        session.shutdown()
        _delete(session)
        if existing is not None:
            app.setFont(before[1])
            style.apply(app, before[0])
            i18n.install_language(app, before[2])


def _compare(session: Session, compared: Compared | None) -> None:
    if compared is not None:
        trace, model = compared
        session.show_trace(trace, model, session.compare())  # an equal question costs nothing


def _wait(is_done: Callable[[], bool]) -> None:
    """Let the event loop work until it is done; raises RunFailed after two minutes."""
    loop, clock, timer = QEventLoop(), QElapsedTimer(), QTimer()
    clock.start()

    def look() -> None:
        if is_done() or clock.elapsed() > PATIENCE_MS:
            loop.quit()

    timer.timeout.connect(look)
    timer.start(10)
    loop.exec()
    timer.stop()
    QCoreApplication.processEvents()
    if not is_done():
        raise RunFailed("the picture was not complete after two minutes")


def _delete(thing: QWidget | Session) -> None:
    thing.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
