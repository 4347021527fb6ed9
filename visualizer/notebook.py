"""A view as a picture, for notebooks and scripts: drawn by the window's own widgets, without a display.

    from visualizer.notebook import picture
    picture(trace, "attention_map", layer=2, head=3, lang="ja")

It lies here and not in `visualizer.views`, since the picture is set by what stands above the views. Call it on the
thread that runs the cells: Qt draws on one thread only.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from visualizer.core.errors import NoSuchKind, NoSuchPart, UnknownChoice
from visualizer.core.system.files import replacing

if TYPE_CHECKING:
    from visualizer.core.trace import Trace
    from visualizer.session.selection import Selection

Format = Literal["svg", "png"]

FORMATS: tuple[Format, ...] = ("svg", "png")
WINDOW = "window"
LANGUAGES = ("en", "ja")
THEMES = ("light", "dark")

# Qt's application is made once for the life of a process; whoever drops it takes every cached icon with it.
_kept: list[object] = []


@dataclass(frozen=True)
class Picture:
    """A finished picture, which a notebook shows by itself. data: the file's bytes. format: "svg" or "png"."""

    data: bytes = field(repr=False)
    format: Format

    def _repr_svg_(self) -> str | None:
        return self.data.decode("utf-8") if self.format == "svg" else None

    def _repr_png_(self) -> bytes | None:
        return self.data if self.format == "png" else None

    def save(self, path: str | Path) -> None:
        """Writes the file, whole or not at all; its name ends in the picture's format.

        Raises UnknownChoice for another ending, MissingFile (no such folder), WriteFailed.
        """
        path = Path(path)
        suffix = path.suffix.lower().removeprefix(".")
        if suffix != self.format:
            raise UnknownChoice("format", suffix, (self.format,))
        with replacing(path) as scratch:
            scratch.write_bytes(self.data)


def picture(
    trace: Trace,
    view: str = "attention_map",
    *,
    kind: str | None = None,
    layer: int | None = None,
    head: int | None = None,
    lang: str | None = None,
    theme: str = "light",
    width: int | None = None,
    height: int | None = None,
    format: Format = "svg",
    resolution: float = 2.0,
    caption: bool | str = False,
    lecture: bool = False,
    **choices: Any,
) -> Picture:
    """One view of a trace, or the whole "window", as `render` draws it.

    kind, layer, head: the head to show; without any of them the one on which the window would open. lang: "ja" or "en",
    None: the system's. width, height: in logical pixels. resolution: PNG pixels for each of them. caption: words below,
    True for model, head and text. lecture: as large as in lecture mode. choices: what is chosen beyond, under the
    names of `session.selection.Selection` and its parts (query, key, position, unit, hide_sinks, quadrant, temperature,
    top_k, top_p, scale, ...) and of the view's own options (mass, heads, stage, ...).

    Raises NoSuchKind and NoSuchPart for what the trace or the program has not, UnknownChoice for a format, language,
    theme or value that there is not, TypeError for an unknown name, RunFailed when the picture could not be completed.
    """
    from visualizer.views.registry import VIEWS, view_class

    for name, value, known in (("format", format, FORMATS), ("theme", theme, THEMES), ("lang", lang, LANGUAGES)):
        if value not in known and not (name == "lang" and value is None):
            raise UnknownChoice(name, str(value), known)
    if view != WINDOW and view not in VIEWS:
        raise NoSuchKind("view", view, (*VIEWS, WINDOW))
    with _application(resolution):
        from visualizer.widgets import snapshot

        if view != WINDOW and not view_class(view).is_compatible(trace):
            raise NoSuchKind("view", view, (*(v for v in VIEWS if view_class(v).is_compatible(trace)), WINDOW))
        own, options = _sorted_choices(view, choices)
        selection = _selection(trace, kind, layer, head, own)
        looks: dict[str, Any] = {
            "language": lang,
            "theme": theme,
            "width": width,
            "height": height,
            "scale": resolution,
            "caption": caption,
            "lecture": lecture,
            "options": options,
        }
        with tempfile.TemporaryDirectory(prefix="transformer-visualizer-") as folder:
            path = Path(folder) / f"picture.{format}"
            if view == WINDOW:
                snapshot.render_window(trace, path, selection, model=trace.model, **looks)
            else:
                snapshot.render_view(trace, view, path, selection, **looks)
            return Picture(path.read_bytes(), format)


@contextmanager
def _application(resolution: float) -> Iterator[None]:
    """Qt's application: the one that is there, or one that needs no display, which then stays."""
    from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    if QApplication.instance() is None:
        # A picture needs no screen, and must not depend on the one that happens to be there; other programs that this
        # process may start are not to know of it.
        wanted = {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": str(resolution)}
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            app = QApplication(["transformer-visualizer"])
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
        app.setStyle("Fusion")
        _kept.append(app)

    def pass_on(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        # What Qt's platform without a display says about itself would stand below every picture.
        if message.startswith("This plugin does not support"):
            return
        if callable(handler):
            handler(kind, context, message)
        else:
            print(message, file=sys.stderr)

    handler = qInstallMessageHandler(pass_on)
    try:
        yield
    finally:
        qInstallMessageHandler(handler)


def _sorted_choices(view: str, choices: dict[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """(what belongs to the selection, view id -> what belongs to the view's own options)."""
    from visualizer.session.options import abouts, is_valid
    from visualizer.session.selection import PARTS, Selection
    from visualizer.views.registry import options_class

    shared = {entry.name for part in PARTS.values() for entry in fields(part)}
    shared |= {entry.name for entry in fields(Selection)} - set(PARTS)
    own = {} if view == WINDOW else abouts(options_class(view))
    options: dict[str, Any] = {}
    for name, value in choices.items():
        if name in shared:
            continue
        if name not in own:
            raise TypeError(f"no choice {name!r}: there are {', '.join(sorted({*shared, *own}))}")
        default = getattr(options_class(view)(), name)
        if isinstance(default, frozenset) and isinstance(value, list | tuple | set):
            value = frozenset(value)
        if not is_valid(value, default, own[name]):
            raise UnknownChoice(name, str(value), own[name].choices)
        options[name] = value
    return {name: value for name, value in choices.items() if name in shared}, {view: options} if options else {}


def _selection(
    trace: Trace, kind: str | None, layer: int | None, head: int | None, choices: dict[str, Any]
) -> Selection:
    """The selection that was asked for; a wish that the trace cannot follow is refused, where the window makes do."""
    from visualizer.core import reading
    from visualizer.core.analyses import first_look
    from visualizer.core.export.part import Part, check_part
    from visualizer.core.text.units import UNIT_KINDS
    from visualizer.core.writing import places
    from visualizer.session.selection import SCALES, Selection, changed

    check_part(trace, Part(kind=kind, layer=layer, head=head))
    if kind is None and layer is None and head is None:
        place = first_look.remembered(trace).place
        wanted = Selection(kind=place.kind, layer=place.layer, head=place.head)
    else:
        kind = kind or trace.kinds[0]
        wanted = Selection(kind=kind, layer=trace.layer_numbers(kind)[0] if layer is None else layer, head=head or 0)
    wanted = changed(wanted, choices)
    for name, tokens in (("query", trace.query_tokens(wanted.kind)), ("key", trace.key_tokens(wanted.kind))):
        index = getattr(wanted, name)
        if index is not None and not 0 <= index < len(tokens):
            raise NoSuchPart(name, index, len(tokens), wanted.kind)
    if wanted.rule.unit not in UNIT_KINDS:
        raise UnknownChoice("unit", str(wanted.rule.unit), UNIT_KINDS)
    if wanted.look.scale not in SCALES:
        raise UnknownChoice("scale", str(wanted.look.scale), SCALES)
    quadrants = reading.quadrants(trace, wanted.kind)
    if wanted.rule.quadrant is not None and wanted.rule.quadrant not in quadrants:
        raise NoSuchKind("quadrant", str(wanted.rule.quadrant), quadrants)
    if "position" in choices:
        wanted = changed(wanted, {"position": places.checked_position(trace, wanted.position)})
    return wanted
