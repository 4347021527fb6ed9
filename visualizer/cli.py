"""The command line: what `render`, `export`, `capture`, `models` and `examples` take, and how they answer.

Exit status 0: done. 2: the request itself is wrong. 1: a right request that could not be carried out. Errors are one
line on standard error. Nothing here imports torch or opens a window before the request has been checked.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer import arguments, checking, listings
from visualizer.core.errors import EmptyText, NoSuchKind, NoSuchPart, VisualizerError, WriteFailed
from visualizer.core.heavy import import_models
from visualizer.core.request import RunRequest
from visualizer.core.system.files import followed

if TYPE_CHECKING:
    from visualizer.core.export import Part
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace


def main(argv: Sequence[str], open_window: Callable[[argparse.Namespace], int]) -> int:
    """Carries out one command line and returns its exit status; `open_window` runs when no verb is given."""
    try:
        if argv and argv[0] in arguments.VERBS:
            parser = arguments.VERBS[argv[0]]()
            return _carry_out(parser, parser.parse_args(argv[1:]), WORK[argv[0]])
        asked = arguments.window_parser().parse_args(argv)
        if not _has_display():
            _say(arguments.PROGRAM, "there is no display for the window; `render --view window` draws it into a file")
            return 1
        return open_window(asked)
    except SystemExit as exit_:  # argparse ends this way, after --help or a message
        return exit_.code if isinstance(exit_.code, int) else 1


# --- how it is answered --------------------------------------------------------------------------


def _carry_out(
    parser: argparse.ArgumentParser, asked: argparse.Namespace, work: Callable[[argparse.Namespace], str]
) -> int:
    listings.put_example(parser, asked)
    checking.check(parser, asked)
    signal_before = _end_tidily_when_terminated()
    notice = ""
    try:
        with _silence():
            notice = work(asked)
    except VisualizerError as error:
        _say(parser.prog, _sentence(error, getattr(asked, "lang", None)))
        return error.exit_status
    except MemoryError:
        _say(parser.prog, "there is not enough memory for this")
        return 1
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if _is_debugging():
            raise
        detail = (str(error).strip().splitlines() or [""])[0]
        _say(parser.prog, f"unexpected {type(error).__name__}: {detail}")
        return 1
    finally:
        if signal_before is not None:
            signal.signal(signal.SIGTERM, signal_before)
    if notice:
        _say(parser.prog, notice)
    return 0


def _check_target(path: Path) -> None:
    """Raises before the long work, not after it, where nothing can be written."""
    path = followed(path)
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise WriteFailed(str(path))


def _sentence(error: VisualizerError, language: str | None) -> str:
    """The error in one line, in the language asked for."""
    try:
        from PySide6.QtCore import QCoreApplication

        from visualizer.ui import errors, i18n
    except ImportError:  # a machine without Qt's system libraries can still export and capture
        return f"{type(error).__name__}: {error}"
    app = QCoreApplication.instance() or QCoreApplication([arguments.PROGRAM])
    i18n.install_language(app, language or _system_language())
    headline, advice = errors.present(error)
    if isinstance(error, EmptyText):  # its advice points at the window's field
        advice = ""
    return " ".join(f"{headline} {advice}".split())


def _system_language() -> str:
    named = next((os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), "")
    return "ja" if named.startswith("ja") else "en"


def _has_display() -> bool:
    """Qt ends the whole process when it finds no display, without an error that could be caught."""
    if not sys.platform.startswith(("linux", "freebsd")):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _say(program: str, sentence: str) -> None:
    print(f"{program}: {sentence}", file=sys.stderr)


def _is_debugging() -> bool:
    return bool(os.environ.get("TRANSFORMER_VISUALIZER_DEBUG"))


def _end_tidily_when_terminated() -> Any:
    """A terminated run removes what it has half written, as an interrupted one does."""
    try:
        return signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    except ValueError:  # not on the main thread
        return None


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keeps the libraries' warnings and progress bars off the terminal, whichever way they write."""
    if _is_debugging():
        yield
        return
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        with open(os.devnull, "w") as sink, contextlib.redirect_stderr(sink), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


# --- the verbs -----------------------------------------------------------------------------------


def _request(asked: argparse.Namespace) -> RunRequest:
    off = tuple(dataclasses.replace(part, how=asked.ablate_how or "zero") for part in asked.ablate or ())
    adds = not asked.no_special_tokens
    languages = asked.source_lang, asked.target_lang
    return RunRequest(asked.text or "", asked.pair or None, asked.target, off, *languages, adds)


def _with_chat(asked: argparse.Namespace, model: LoadedModel) -> RunRequest:
    """What is asked; a conversation is first written as the model's own template does it."""
    request = _request(asked)
    if asked.chat is None:
        return request
    from visualizer.core.system.json_file import read_json
    from visualizer.core.text import chat

    text = chat.render(model.tokenizer, chat.from_json(read_json(asked.chat)))
    return dataclasses.replace(request, text=text, adds_specials=False)


def _model_and_trace(asked: argparse.Namespace) -> tuple[LoadedModel | None, Trace]:
    """The model's answer to the text, or the saved one, which needs no model."""
    if getattr(asked, "trace", None) is not None:
        from visualizer.core.trace import Trace

        return None, Trace.open(asked.trace)
    models = import_models()
    from visualizer.core import capture

    model = models.load(
        asked.model or arguments.DEFAULT_MODEL,
        asked.device or "cpu",
        asked.dtype or "float32",
        revision=asked.revision,
        base=asked.base,
    )
    if asked.base and not model.has_adapter:
        raise NoSuchKind("adapter over", asked.base, ())
    model = model.other_side() if asked.adapter_off else model
    return model, capture.run(model, _with_chat(asked, model))


def _compared(asked: argparse.Namespace, model: LoadedModel | None, trace: Trace) -> tuple[Trace, LoadedModel] | None:
    """The run that the first is compared with: what is not said of it is as in the first."""
    if asked.compare_text is None and asked.compare_model is None and not asked.compare_adapter:
        return None
    models = import_models()
    from visualizer.core import capture
    from visualizer.session.runs import fitting

    if asked.compare_model is not None:
        model = models.load(asked.compare_model, asked.device or "cpu", asked.dtype or "float32")
    assert model is not None  # `_check` has seen to that
    model = model.other_side() if asked.compare_adapter else model
    text = trace.request.text if asked.compare_text is None else asked.compare_text
    request = fitting(dataclasses.replace(trace.request, text=text), model)
    return capture.run(model, request), model


def _part(asked: argparse.Namespace) -> Part:
    from visualizer.core.export import Part

    fields = {field.name for field in dataclasses.fields(Part)}
    given = {name: value for name, value in vars(asked).items() if name in fields}
    if given.get("temperature") is None:
        given["temperature"] = 1.0
    else:
        given["is_greedy"] = given["temperature"] == 0
    return Part(**given)


def _render(asked: argparse.Namespace) -> str:
    _check_target(asked.output)
    # A picture needs no screen, and must not depend on the one that happens to be there.
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from visualizer.core.analyses import first_look
    from visualizer.core.export.part import check_part
    from visualizer.core.place import Place
    from visualizer.core.reading.rule import Rule
    from visualizer.core.writing import places
    from visualizer.session.selection import Look, Sampling, Selection
    from visualizer.widgets import snapshot

    model, trace = _model_and_trace(asked)
    part = _part(asked)
    check_part(trace, part)
    compared = _compared(asked, model, trace)
    for shown in (trace, *((compared[0],) if compared is not None else ())):
        _check_view(asked.view, shown)
    _check_reading(asked, trace, part)
    kind = part.kind or trace.kinds[0]
    place = Place(kind, trace.layer_numbers(kind)[0] if part.layer is None else part.layer, part.head or 0)
    if asked.view == arguments.WINDOW and all(one is None for one in (part.kind, part.layer, part.head)):
        place = first_look.choose(trace).place  # as the window does
    selection = Selection(
        kind=place.kind,
        layer=place.layer,
        head=place.head,
        position=-1 if part.position is None else places.checked_position(trace, part.position),
        query=asked.query,
        key=asked.key,
        rule=Rule(asked.unit or "token", asked.hide_sinks, asked.quadrant),
        sampling=Sampling(part.temperature, part.top_k, part.top_p, part.min_p, part.repetition_penalty),
        look=Look(scale="log" if asked.log else "linear"),
    )
    options = arguments.chosen_options(asked)
    options["generation"] = options.get("generation", {}) | {"at_once": True}  # nobody is there to start it
    looks: dict[str, Any] = {
        "options": options,
        "language": asked.lang or _system_language(),
        "theme": asked.theme,
        "width": asked.width,
        "height": asked.height,
        "scale": asked.scale or 2.0,
        "caption": asked.caption,
        "compared": compared,
        "is_difference": asked.difference,
        "lecture": asked.lecture,
    }
    said: tuple[str, ...] = ()
    if asked.view == arguments.WINDOW:
        snapshot.render_window(trace, asked.output, selection, model=model, view_id=asked.window_view, **looks)
    else:
        looks |= arguments.figure(asked)
        said = snapshot.render_view(trace, asked.view, asked.output, selection, **looks)
    return _notice(model, trace, asked.lang, said)


def _check_view(name: str, trace: Trace) -> None:
    """Raises NoSuchKind for a view that has nothing to show of this model."""
    from visualizer.views.registry import VIEWS, view_class

    if name == arguments.WINDOW or view_class(name).is_compatible(trace):
        return
    fitting = [other for other in VIEWS if view_class(other).is_compatible(trace)]
    raise NoSuchKind("view", name, (*fitting, arguments.WINDOW))


def _check_reading(asked: argparse.Namespace, trace: Trace, part: Part) -> None:
    """Raises NoSuchPart or NoSuchKind for tokens, heads, quadrants and stages that this trace has not."""
    from visualizer.core import reading
    from visualizer.core.analyses.attention_stages import steps as stages

    kind = part.kind or trace.kinds[0]
    for name, count in (("query", len(trace.query_tokens(kind))), ("key", len(trace.key_tokens(kind)))):
        index = getattr(asked, name)
        if index is not None and index >= count:
            raise NoSuchPart(name, index, count, kind)
    chosen = arguments.chosen_options(asked)
    for head in sorted(chosen.get("attention_lines", {}).get("heads", ())):
        if head >= trace.heads(kind):
            raise NoSuchPart("head", head, trace.heads(kind), kind)
    if asked.quadrant is not None and asked.quadrant not in reading.quadrants(trace, kind):
        raise NoSuchKind("quadrant", asked.quadrant, reading.quadrants(trace, kind))
    candidate = chosen.get("whole_model_attention", {}).get("candidate", -1)
    if candidate >= trace.card.vocabulary:
        raise NoSuchPart("candidate", candidate, trace.card.vocabulary)
    position_part = chosen.get("positions", {}).get("part", 0)
    if position_part and position_part >= len(trace.positions.parts):
        raise NoSuchPart("position-part", position_part, max(1, len(trace.positions.parts)))
    if asked.view == "attention_stages":
        layer = trace.layer_numbers(kind)[0] if part.layer is None else part.layer
        known = [stage.id for stage in stages.stages_of(trace, layer, kind)]
        stage = chosen.get("attention_stages", {}).get("stage", "weights")
        if stage not in known:
            raise NoSuchKind("stage", stage, known)


def _export(asked: argparse.Namespace) -> str:
    _check_target(asked.output)
    from visualizer.core.export import quantities as export

    model, trace = _model_and_trace(asked)
    export.write(trace, asked.what, asked.output, _part(asked))
    return _notice(model, trace)


def _capture(asked: argparse.Namespace) -> str:
    _check_target(asked.output)
    model, trace = _model_and_trace(asked)
    trace.save(asked.output)
    return _notice(model, trace)


def _notice(
    model: LoadedModel | None, trace: Trace, language: str | None = None, more: tuple[str, ...] = ()
) -> str:
    """What must not happen in silence: a text cut at the model's maximum, how the model was loaded, and more."""
    said = [_loading_notice(code, language) for code in (model.notices if model else ())]
    if trace.cut:
        said.append(f"the text is longer than the model takes; {trace.cut} tokens at its end were left out")
    said += more
    return " ".join(["notice:", *filter(None, said)]) if any(said) else ""


def _loading_notice(code: str, language: str | None) -> str:
    try:
        from PySide6.QtCore import QCoreApplication

        from visualizer.ui import i18n, notices
    except ImportError:
        return code
    app = QCoreApplication.instance() or QCoreApplication([arguments.PROGRAM])
    i18n.install_language(app, language or _system_language())
    return notices.words(code)


def _models(asked: argparse.Namespace) -> str:
    listings.models(asked, asked.lang or _system_language())
    return ""


def _examples(asked: argparse.Namespace) -> str:
    listings.examples(asked, asked.lang or _system_language())
    return ""


WORK: dict[str, Callable[[argparse.Namespace], str]] = {
    "render": _render,
    "export": _export,
    "capture": _capture,
    "models": _models,
    "examples": _examples,
}
