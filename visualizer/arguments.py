"""What the command line takes: its verbs, options and the values that they allow."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from visualizer.core.errors import BadIntervention
from visualizer.core.examples.example import Example
from visualizer.core.examples.library import library
from visualizer.core.interventions import HOWS, Ablate, parse
from visualizer.core.names import DTYPES, KINDS, QUADRANTS, UNITS
from visualizer.session.options import About, abouts, is_valid
from visualizer.ui.figure_names import BACKGROUNDS, CELLS, COLORMAPS, LIMITS, FigureLook

PROGRAM = "transformer-visualizer"
DEFAULT_MODEL = "bundled:gpt-ja-en"
PICTURE_FORMATS = (".png", ".svg", ".pdf")
DATA_FORMATS = (".npz", ".csv", ".json")
QUANTITIES = (
    "attention",
    "tokens",
    "morphemes",
    "probabilities",
    "head_statistics",
    "head_importance",
    "stages",
    "model_map",
    "surprisal",
    "classification",
    "answer_span",
    "neurons",
    "spans",
    "generation",
    "logit_lens",
    "logit_attribution",
)
LANGUAGES = ("ja", "en")
WINDOW = "window"


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def window_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        description="See what a real Transformer does with your sentence. Without a command, the window opens.",
        epilog=f"commands: {', '.join(VERBS)}; each has its own --help",
        allow_abbrev=False,
    )
    parser.add_argument("command", nargs="?", type=_no_command, metavar="COMMAND", help=", ".join(VERBS))
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    _add_model(parser, default=None)
    _add_text(parser, required=False)
    parser.add_argument("--session", type=Path, metavar="FILE", help="a saved session (.tvsession)")
    _add_example(parser)
    _add_appearance(parser)
    return parser


def render_parser() -> argparse.ArgumentParser:
    from visualizer.views.registry import DEFAULT, VIEWS

    parser = _verb_parser("render", "Draw a view, or the whole window, into a picture.")
    _add_input(parser)
    known = (*VIEWS, WINDOW)
    _add_example(parser)
    parser.add_argument("--view", choices=known, metavar="VIEW", help=f"{', '.join(known)} (default: the example's)")
    parser.set_defaults(window_view=DEFAULT)
    _add_part(parser)
    _add_sampling(parser)
    _add_reading(parser)
    _add_comparison(parser)
    _add_options(parser)
    parser.add_argument("--log", action="store_true", help="logarithmic colours")
    parser.add_argument("--width", type=_size, help="width in logical pixels (default: 960; window 1280)")
    parser.add_argument("--height", type=_size, help="height in logical pixels (default: 720; window 800)")
    parser.add_argument("--scale", type=_scale, help="PNG pixels for each logical pixel (default: 2)")
    _add_paper(parser)
    parser.add_argument("--lecture", action="store_true", help="as in lecture mode: text for the back row, no controls")
    parser.add_argument(
        "--caption",
        nargs="?",
        const=True,
        default=False,
        metavar="TEXT",
        help="words below: TEXT, or without it the model, layer, head and text",
    )
    _add_appearance(parser)
    _add_output(parser, PICTURE_FORMATS)
    return parser


def _add_paper(parser: argparse.ArgumentParser) -> None:
    """The size of a figure on paper, and how it looks there."""
    paper = FigureLook()
    parser.add_argument("--width-mm", type=_look("width_mm", float), metavar="MM", help="width on paper")
    parser.add_argument(
        "--height-mm", type=_look("height_mm", float), metavar="MM", help="height on paper (default: as needed)"
    )
    parser.add_argument(
        "--font-pt", type=_look("font_pt", float), metavar="PT", help=f"type on paper (default: {paper.font_pt:g})"
    )
    parser.add_argument("--dpi", type=_look("dpi", int), help=f"PNG pixels an inch of paper (default: {paper.dpi})")
    parser.add_argument(
        "--background", choices=BACKGROUNDS, help="white, transparent, or screen: the theme's (default: screen)"
    )
    parser.add_argument("--colormap", choices=COLORMAPS, help="of numbers from zero up (default: the theme's)")
    parser.add_argument(
        "--cells", choices=CELLS, help="a matrix in SVG and PDF: up to 256 x 256 rectangles (default), or an image"
    )


def figure(asked: argparse.Namespace) -> dict[str, Any]:
    """What was asked of a picture's look, as `snapshot.render_view` takes it."""
    background, colormap = asked.background or "screen", asked.colormap or "theme"
    if asked.width_mm is None:
        return {"dress": (background, colormap), "cells": asked.cells or CELLS[0]}
    names = ("width_mm", "height_mm", "font_pt", "dpi", "cells")
    given = {name: getattr(asked, name) for name in names if getattr(asked, name) is not None}
    return {"paper": FigureLook(background=background, colormap=colormap, **given)}


def export_parser() -> argparse.ArgumentParser:
    parser = _verb_parser("export", "Write numbers for other programs.")
    _add_input(parser)
    parser.add_argument("--what", required=True, choices=QUANTITIES, metavar="WHAT", help=", ".join(QUANTITIES))
    _add_part(parser)
    _add_sampling(parser)
    parser.add_argument("--limit", type=_count, default=20, help="candidates a position in CSV and JSON (default: 20)")
    parser.add_argument("--spans", help="of spans: stretches of the text by token, NAME=FIRST-LAST;NAME=FIRST-LAST")
    about = "of head_importance, spans, logit_attribution: the predicted token, id or text (default: the best)"
    parser.add_argument("--token", help=about)
    parser.add_argument("--against", help="of logit_attribution: the token whose logit is taken away, id or text")
    _add_generation(parser)
    _add_output(parser, DATA_FORMATS)
    return parser


def capture_parser() -> argparse.ArgumentParser:
    parser = _verb_parser("capture", "Run the model once and save what it did, to look at later or elsewhere.")
    _add_model(parser)
    _add_text(parser)
    _add_interventions(parser)
    _add_output(parser, (".safetensors",))
    return parser


def models_parser() -> argparse.ArgumentParser:
    parser = _verb_parser("models", "List the bundled models and some well-known ones.")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of the descriptions")
    return parser


def examples_parser() -> argparse.ArgumentParser:
    parser = _verb_parser("examples", "List the sentences that show something, for --example.")
    parser.add_argument("--json", action="store_true", help="as JSON, with what each shows in both languages")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of the titles")
    return parser


def _verb_parser(verb: str, description: str) -> argparse.ArgumentParser:
    return Parser(prog=f"{PROGRAM} {verb}", description=description, allow_abbrev=False)


def _add_model(parser: argparse.ArgumentParser, default: str | None = DEFAULT_MODEL) -> None:
    chosen = default or "the last one"
    places = "bundled:NAME, hub id, hub id:file.gguf, folder or .gguf file"
    parser.add_argument("--model", help=f"{places} (default: {chosen})")
    parser.add_argument("--revision", help="branch, tag or commit of a hub model, as in owner/name@revision")
    parser.add_argument("--base", help="base model of an adapter (LoRA), where its config does not name it")
    if default:
        parser.add_argument("--adapter-off", action="store_true", help="the base model, without the adapter's changes")
    parser.add_argument("--device", help="cpu, cuda:N, mps, or auto: by memory (default: cpu)")
    parser.add_argument("--dtype", choices=(*DTYPES, "auto"), help="number type; auto: by memory (default: float32)")


def _add_text(parser: argparse.ArgumentParser, required: bool = True) -> None:
    parser.add_argument("--text", help="what the model reads; - reads standard input")
    about = "a conversation, JSON with a list of role and content, as the checkpoint's chat template writes it"
    parser.add_argument("--chat", type=Path, metavar="FILE", help=about)
    parser.add_argument("--no-special-tokens", action="store_true", help="none are added: the text holds its own")
    parser.add_argument("--pair", help="second sentence, for models that take two")
    parser.add_argument("--target", help="decoder's side of an encoder-decoder model (default: generated)")
    parser.add_argument("--source-lang", metavar="CODE", help="language of the text, for models that ask (eng_Latn)")
    parser.add_argument("--target-lang", metavar="CODE", help="language that such a model writes (jpn_Jpan)")
    if not required:
        parser.add_argument("--trace", type=Path, metavar="FILE", help="a saved trace, instead of --model and --text")


def _add_example(parser: argparse.ArgumentParser) -> None:
    about = "a sentence that shows something, with its model, view and head; `examples` lists them"
    parser.add_argument("--example", type=_example, metavar="ID", help=about)


def _add_input(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    _add_text(parser, required=False)
    _add_interventions(parser)


def _add_interventions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ablate",
        type=_parts,
        metavar="PARTS",
        help="switch off: 2.3 is head 3 of layer 2, 4 all heads of layer 4, mlp.1 the feed-forward part of layer 1; "
        "cross:0.1, encoder:mlp.2 in a model that has both sides",
    )
    parser.add_argument("--ablate-how", choices=HOWS, help="by zero, or by the mean over the text (default: zero)")


def _add_part(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--layer", type=_index, help="layer, counted from 0 (default: 0 in pictures, all in numbers)")
    parser.add_argument("--head", type=_index, help="head, counted from 0 (default: 0 in pictures, all in numbers)")
    parser.add_argument("--kind", choices=KINDS, help="kind of attention (encoder-decoder models have three)")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--unit", choices=UNITS, help="what attention is read by")
    parser.add_argument("--hide-sinks", action="store_true", help="leave out what soaks up attention; renormalise")
    parser.add_argument("--quadrant", choices=QUADRANTS, help="of two sentences: AB is the first looking at the second")
    parser.add_argument("--query", type=_index, help="token whose looks are read, counted from 0")
    parser.add_argument("--key", type=_index, help="token that is looked at, counted from 0")


def _add_comparison(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--compare-text", metavar="TEXT", help="a second text, B, beside the first, A")
    parser.add_argument("--compare-model", metavar="MODEL", help="the model that reads B (default: that of A)")
    parser.add_argument("--compare-adapter", action="store_true", help="B is read without the adapter that A has")
    parser.add_argument("--difference", action="store_true", help="show B - A; in the window in the second pane")


def _add_options(parser: argparse.ArgumentParser) -> None:
    """One option for every field of a view's own options that has a name here."""
    from visualizer.views.registry import VIEWS, options_class

    for view_id in VIEWS:
        kind = options_class(view_id)
        for name, about in abouts(kind).items():
            default = getattr(kind(), name)
            if not about.flag:
                continue
            arguments: dict[str, Any] = {"dest": option_name(view_id, name), "help": about.help}
            if about.choices and not about.many:
                arguments |= {"choices": about.choices, "metavar": name.upper()}
                arguments["help"] += f": {', '.join(map(str, about.choices))}"
            elif isinstance(default, frozenset):
                arguments |= {"type": _indices, "metavar": name.upper()}
            elif isinstance(default, bool):
                arguments["action"] = "store_true"
            else:
                arguments |= {"type": _option_type(default, about), "metavar": name.upper()}
            if about.many:
                arguments["help"] += " (default: all)"
            elif not isinstance(default, bool | frozenset | None):
                arguments["help"] += f" (default: {default})"
            parser.add_argument(about.flag, default=None, **arguments)


def option_name(view_id: str, name: str) -> str:
    """Under which name a parsed option of a view is found."""
    return f"option:{view_id}:{name}"


def chosen_options(asked: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """view id -> what was asked of its own options."""
    found: dict[str, dict[str, Any]] = {}
    for key, value in vars(asked).items():
        if key.startswith("option:") and value is not None:
            _, view_id, name = key.split(":")
            found.setdefault(view_id, {})[name] = value
    return found


def _option_type(default: Any, about: About) -> Callable[[str], Any]:
    convert = str if default is None else type(default)
    low = f"from {about.low:g}" if about.low is not None else ""
    high = f"to {about.high:g}" if about.high is not None else ""
    if about.many:
        rule = f"a list with commas between, of: {', '.join(about.choices)}"
        allowed = {"", *about.choices}
        return _number_type(str, lambda value: {part.strip() for part in value.split(",")} <= allowed, rule)
    words = {int: "a whole number", float: "a number", str: "a name"}[convert]
    rule = " ".join(part for part in (words, low, high) if part)
    return _number_type(convert, lambda value: is_valid(value, default, about), rule)


def _add_sampling(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--position", type=int, help="where probabilities are read; -1 is the last (default: the last)")
    about = "0 is greedy (default: 1; generation is greedy until something says how to draw)"
    parser.add_argument("--temperature", type=_temperature, help=about)
    parser.add_argument("--top-k", type=_count, help="only so many of the likeliest tokens (default: all)")
    parser.add_argument("--top-p", type=_share, help="only the likeliest that carry this share (default: all)")
    parser.add_argument("--min-p", type=_share, help="of probabilities: only those with this share of the likeliest's")
    parser.add_argument("--repetition-penalty", type=_penalty, default=1.0, help="of probabilities, on tokens seen")


def _add_generation(parser: argparse.ArgumentParser) -> None:
    """How a model writes on."""
    parser.add_argument("--max-new-tokens", type=_count, default=32, help="how many tokens are written (default: 32)")
    parser.add_argument("--seed", type=_index, help="of the draw (default: 0)")
    parser.add_argument("--beams", type=_beams, help="beam search with so many beams")
    parser.add_argument("--continuations", type=_many, help="so many seeded draws, equal ones counted")


def _add_appearance(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lang", choices=LANGUAGES, help="language (default: the system's)")
    parser.add_argument("--theme", choices=("light", "dark"), help="colours (default: light, or the window's last)")


def _add_output(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help=" ".join(formats))
    parser.set_defaults(formats=formats)


def _example(value: str) -> Example:
    found = library().get(value)
    if found is None:
        raise argparse.ArgumentTypeError(f"no example {value!r}: `{PROGRAM} examples` lists them")
    return found


def _no_command(value: str) -> NoReturn:
    raise argparse.ArgumentTypeError(f"no command {value!r}: choose from {', '.join(VERBS)}")


def _number_type(convert: Callable[[str], Any], allowed: Callable[[Any], bool], rule: str) -> Callable[[str], Any]:
    def parse(value: str) -> Any:
        try:
            number = convert(value)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{value!r} is not {rule}") from None
        if not allowed(number):
            raise argparse.ArgumentTypeError(f"{value!r} is not {rule}")
        return number

    return parse


def _look(name: str, convert: type) -> Callable[[str], Any]:
    low, high = LIMITS[name]
    return _number_type(convert, lambda value: low <= value <= high, f"a number from {low:g} to {high:g}")


def _indices(value: str) -> frozenset[int]:
    return frozenset(_index(part) for part in value.split(","))


def _parts(value: str) -> tuple[Ablate, ...]:
    try:
        return parse(value)
    except BadIntervention as error:
        raise argparse.ArgumentTypeError(
            f"{error.fields['value']!r} is no part: 2.3 (a head), 4 (a layer's heads), mlp.1 (a feed-forward part)"
        ) from None


_index = _number_type(int, lambda n: n >= 0, "a whole number from 0")
_count = _number_type(int, lambda n: n >= 1, "a whole number from 1")
_beams = _number_type(int, lambda n: 1 <= n <= 16, "a whole number from 1 to 16")
_many = _number_type(int, lambda n: 1 <= n <= 64, "a whole number from 1 to 64")
_size = _number_type(int, lambda n: 64 <= n <= 16384, "a number of pixels from 64 to 16384")
_scale = _number_type(float, lambda x: 0.25 <= x <= 8, "a number from 0.25 to 8")
_temperature = _number_type(float, lambda x: 0 <= x < float("inf"), "a number from 0")
_penalty = _number_type(float, lambda x: 0 < x < float("inf"), "a number above 0")
_share = _number_type(float, lambda x: 0 < x <= 1, "a number above 0 and at most 1")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(PROGRAM)
    except PackageNotFoundError:  # a checkout that was never installed
        return "(from a checkout)"


VERBS: dict[str, Callable[[], argparse.ArgumentParser]] = {
    "render": render_parser,
    "export": export_parser,
    "capture": capture_parser,
    "models": models_parser,
    "examples": examples_parser,
}
