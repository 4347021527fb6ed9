"""The line of `render` that draws a picture of the window once more."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.core.interventions import Ablate, name
from visualizer.session.options import abouts
from visualizer.session.selection import Selection
from visualizer.session.showing import Showing
from visualizer.ui.figure_names import FigureLook

if TYPE_CHECKING:
    from visualizer.views.base import View

PROGRAM = "transformer-visualizer"


def command(view: View, look: FigureLook, caption: str | bool, path: Path) -> tuple[str, tuple[str, ...]]:
    """(the line, what it cannot say: "interventions", "parts_of_speech"), for a shell of POSIX.

    caption: True for the view's own, False for none.
    """
    pane, selection = view.showing, view.selection
    pair = view.pair
    asked, lost = _question(view.session.panes[0] if pair is not None else pane)
    parts = [*_program(), "render", *asked]
    if pair is not None and view.session.other is not None:
        other = view.session.other
        parts += [*_named("--compare-text", other.request.text), "--difference"]
        if other.model is not None and other.model is not pane.model:
            parts += _named("--compare-model", other.model.source)
    parts += ["--view", view.id, *_looking(pane, selection), *_options(view)]
    if selection.look.parts_of_speech:
        lost = (*lost, "parts_of_speech")
    parts += _paper(look, path.suffix.lower())
    if look.background == "screen" and view.session.theme is not None:
        parts += ["--theme", view.session.theme.name]
    parts += ["--lang", view.session.language]
    if caption is True:
        parts.append("--caption")
    elif caption:
        parts.append(f"--caption={caption}")
    parts += ["-o", path.name if path.parent == Path.cwd() else str(path)]
    return shlex.join(parts), lost


def _program() -> tuple[str, ...]:
    """As this window was started, from a checkout or installed."""
    return ("python", "main.py") if Path(sys.argv[0]).name == "main.py" else (PROGRAM,)


def _named(flag: str, value: str) -> tuple[str, ...]:
    """An option and its value, which may look like an option itself."""
    return (f"{flag}={value}",) if value.startswith("-") else (flag, value)


def _question(pane: Showing) -> tuple[list[str], tuple[str, ...]]:
    """What was asked of which model, or the trace that was opened."""
    run, trace = pane.run, pane.trace
    if run is not None and run.path:
        return ["--trace", run.path], ()
    request = trace.request if trace is not None else pane.request
    parts: list[str] = []
    if pane.model is not None:
        parts += _named("--model", pane.model.source)
    parts += _named("--text", request.text)
    named = {"--pair": request.pair, "--target": request.target,
             "--source-lang": request.source_language, "--target-lang": request.target_language}  # fmt: skip
    for flag, value in named.items():
        if value:
            parts += _named(flag, value)
    if not request.adds_specials:
        parts.append("--no-special-tokens")
    off = [one for one in request.interventions if isinstance(one, Ablate)]
    if off:
        parts += ["--ablate", ",".join(name(one) for one in off), "--ablate-how", off[0].how]
    settings = pane.session.settings
    for flag, value, usual in (("--device", settings.device, "cpu"), ("--dtype", settings.dtype, "float32")):
        if value != usual:
            parts += [flag, value]
    whole = len(off) == len(request.interventions) and len({one.how for one in off}) < 2
    return parts, () if whole else ("interventions",)


def _looking(pane: Showing, selection: Selection) -> list[str]:
    """Where one looks, and how numbers are read and coloured."""
    parts = []
    if pane.trace is not None and len(pane.trace.kinds) > 1:
        parts += ["--kind", selection.kind]
    parts += ["--layer", str(selection.layer), "--head", str(selection.head)]
    for flag, value in (("--query", selection.query), ("--key", selection.key)):
        if value is not None:
            parts += [flag, str(value)]
    if selection.position >= 0:
        parts += ["--position", str(selection.position)]
    rule, sampling = selection.rule, selection.sampling
    if rule.unit != "token":
        parts += ["--unit", rule.unit]
    if rule.hide_sinks:
        parts.append("--hide-sinks")
    if rule.quadrant:
        parts += ["--quadrant", rule.quadrant]
    for flag, number, usual in (
        ("--temperature", sampling.temperature, 1.0),
        ("--top-k", sampling.top_k, None),
        ("--top-p", sampling.top_p, None),
        ("--min-p", sampling.min_p, None),
        ("--repetition-penalty", sampling.repetition_penalty, 1.0),
    ):
        if number != usual and number is not None:
            parts += [flag, f"{number:g}"]
    return [*parts, "--log"] if selection.look.scale == "log" else parts


def _options(view: View) -> list[str]:
    """The view's own choices that are not as at first."""
    parts: list[str] = []
    defaults: Any = type(view.options)()
    for name_, about in abouts(type(view.options)).items():
        value = getattr(view.options, name_)
        if not about.flag or value == getattr(defaults, name_) or value is None:
            continue
        if isinstance(value, bool):
            parts += [about.flag] if value else []
        elif isinstance(value, frozenset):
            parts += [about.flag, ",".join(str(one) for one in sorted(value))]
        else:
            text = f"{value:g}" if isinstance(value, float) else str(value)
            parts += _named(about.flag, text)
    return parts


def _paper(look: FigureLook, suffix: str) -> list[str]:
    parts = ["--width-mm", f"{look.width_mm:g}", "--font-pt", f"{look.font_pt:g}"]
    if look.height_mm:
        parts += ["--height-mm", f"{look.height_mm:g}"]
    if look.background != "screen":
        parts += ["--background", look.background]
    if look.colormap != "theme":
        parts += ["--colormap", look.colormap]
    if suffix == ".png":
        parts += ["--dpi", str(look.dpi)]
    elif look.cells != "rectangles":
        parts += ["--cells", look.cells]
    return parts
