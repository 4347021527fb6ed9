"""What can be known to be wrong with a command line before a model is loaded."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from visualizer import arguments


def check(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> None:
    """Ends with a message of one line where the request cannot be carried out as it is."""
    output: Path | None = getattr(asked, "output", None)
    if output is not None and output.suffix.lower() not in asked.formats:
        parser.error(f"{output.name!r} must end in {' or '.join(asked.formats)}")
    trace = getattr(asked, "trace", None)
    if hasattr(asked, "text"):
        of_a_run = ("model", "revision", "base", "text", "pair", "target", "source_lang", "target_lang")
        if trace is not None and any(getattr(asked, name) is not None for name in of_a_run):
            parser.error(
                "--trace holds a model's answer to a text already: leave out "
                f"{', '.join(map(_flag, of_a_run))}"
            )
        if trace is not None and asked.adapter_off:
            parser.error("--trace holds a run that is over: its adapter cannot be switched off any more")
        if trace is not None and getattr(asked, "ablate", None):
            parser.error("--trace holds a run that is over: without the model nothing can be switched off (--ablate)")
        if getattr(asked, "ablate_how", None) and not asked.ablate and getattr(asked, "what", "") != "head_importance":
            parser.error("--ablate-how goes with --ablate")
        if asked.chat is not None and (trace is not None or asked.text is not None):
            parser.error("--chat is the text itself: leave out --text and --trace")
        if trace is None and asked.text is None and asked.chat is None:
            parser.error("--text is needed, or --trace" if hasattr(asked, "trace") else "--text is needed")
        _check_comparison(parser, asked)
        for name in ("text", "pair", "target"):
            _check_unicode(parser, name, getattr(asked, name))
        if asked.text == "-":
            asked.text = _standard_input(parser)
            if not asked.text:
                parser.error("standard input is empty: there is nothing for the model to read")
        elif asked.text is not None and not asked.text:
            parser.error("--text is empty: there is nothing for the model to read")
    if hasattr(asked, "width_mm"):
        _check_figure(parser, asked)


_OF_PAPER = ("height_mm", "font_pt", "dpi")
_OF_A_VIEW = ("width_mm", *_OF_PAPER, "background", "colormap", "cells")
_OF_PIXELS = ("width", "height", "scale")


def _check_figure(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> None:
    """How a picture goes onto paper, and what of that goes together."""
    given = [name for name in _OF_A_VIEW if getattr(asked, name) is not None]
    if given and asked.view == arguments.WINDOW:
        parser.error(f"{_flag(given[0])} is for a view, and not for the whole window")
    on_paper = [name for name in _OF_PAPER if getattr(asked, name) is not None]
    if asked.width_mm is None and on_paper:
        parser.error(f"{_flag(on_paper[0])} goes with --width-mm")
    in_pixels = [name for name in _OF_PIXELS if getattr(asked, name) is not None]
    if asked.width_mm is not None and in_pixels:
        parser.error(f"either --width-mm or {_flag(in_pixels[0])}: on paper, pixels follow from --font-pt and --dpi")
    if asked.background == "white" and asked.theme == "dark":
        parser.error("--background white is for the light theme; the dark one has --background screen or transparent")


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _check_comparison(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> None:
    text, model = getattr(asked, "compare_text", None), getattr(asked, "compare_model", None)
    if text is None and model is None and not getattr(asked, "compare_adapter", None):
        if getattr(asked, "difference", False):
            options = "--compare-text, --compare-model, --compare-adapter"
            parser.error(f"--difference needs something to compare with: {options}")
        return
    if asked.trace is not None and model is None:
        parser.error("--trace brings no model that could read B: name one with --compare-model")
    _check_unicode(parser, "compare-text", text)
    if asked.difference and asked.view != arguments.WINDOW:
        from visualizer.views.registry import VIEWS, view_class

        known = [name for name in VIEWS if view_class(name).has_difference]
        if asked.view not in known:
            parser.error(f"--difference is shown by {', '.join(known)}, and not by {asked.view}")


def _check_unicode(parser: argparse.ArgumentParser, name: str, value: str | None) -> None:
    try:
        (value or "").encode("utf-8")
    except UnicodeEncodeError:
        parser.error(f"--{name} is not valid UTF-8")


def _standard_input(parser: argparse.ArgumentParser) -> str:
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        parser.error("standard input is not valid UTF-8")
    # The line end that echo and editors add is not part of the sentence.
    return text.removesuffix("\n").removesuffix("\r")
