"""The one presenter of errors: what happened and what to do, in the user's language."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from visualizer.core import errors as core
from visualizer.core.analyses.comparison.reasons import NotComparable
from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui import comparison_words
from visualizer.ui.numbers import format_bytes

translate = QCoreApplication.translate


def present(error: BaseException) -> tuple[str, str]:
    """(what happened, what to do) for any error; one that the program does not know is named by its own words."""
    for kind in type(error).__mro__:
        presenter = _PRESENTERS.get(kind)
        if presenter is not None:
            fields = getattr(error, "fields", {})
            headline, advice = presenter(fields)
            return headline, advice
    detail = str(error).splitlines()[0] if str(error) else type(error).__name__
    return translate("Errors", "Something unexpected happened: {detail}").format(detail=detail), translate(
        "Errors", "Please report it as a bug."
    )


def _listed(values: object) -> str:
    return ", ".join(str(value) for value in values) if isinstance(values, (tuple, list, frozenset)) else str(values)


def _with(text: str, advice: str) -> Callable[[dict[str, object]], tuple[str, str]]:
    """A presenter that fills the error's fields into two sentences, translated when shown."""

    def present_fields(fields: dict[str, object]) -> tuple[str, str]:
        shown = {name: _listed(value) for name, value in fields.items()}
        return translate("Errors", text).format_map(_Blank(shown)), translate("Errors", advice).format_map(
            _Blank(shown)
        ).strip()

    return present_fields


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def _memory(fields: dict[str, object]) -> tuple[str, str]:
    shown = {
        "needed": format_bytes(_int(fields.get("needed"))),
        "available": format_bytes(_int(fields.get("available"))),
    }
    headline = translate("Errors", "This needs {needed} of memory, and {available} are free.").format(**shown)
    return headline, translate(
        "Errors", "Choose a smaller model, a smaller number type such as bfloat16, or a shorter text."
    )


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _part(fields: dict[str, object]) -> tuple[str, str]:
    what = {
        "layer": translate("Errors", "layer"),
        "head": translate("Errors", "head"),
        "position": translate("Errors", "position"),
        "query": translate("Errors", "query token"),
        "key": translate("Errors", "key token"),
    }.get(str(fields.get("what")), str(fields.get("what")))
    headline = translate("Errors", "There is no {what} {index}.").format(what=what, index=fields.get("index"))
    return headline, translate("Errors", "They are numbered 0 to {last}.").format(last=_int(fields.get("count")) - 1)


_REASONS = {
    "outside_registry": QT_TRANSLATE_NOOP(
        "Errors", "Nothing can be switched off in models of this family: they do not let their attention be reached."
    ),
    "no_model": QT_TRANSLATE_NOOP(
        "Errors", "This was opened from a file: without its model nothing can be switched off."
    ),
    "feed_forward": QT_TRANSLATE_NOOP("Errors", "The feed-forward part of layer {detail} was not found."),
    "positions": QT_TRANSLATE_NOOP("Errors", "The positions of this model cannot be taken away or moved."),
    "length": QT_TRANSLATE_NOOP("Errors", "The numbers of tokens do not match: {detail}."),
    "gradient": QT_TRANSLATE_NOOP(
        "Errors", "The gradient of this model cannot be computed while parts of its attention are changed."
    ),
    "place": QT_TRANSLATE_NOOP("Errors", "Nothing can be done at “{detail}”."),
}


def _bad_intervention(fields: dict[str, object]) -> tuple[str, str]:
    headline = translate("Errors", "“{value}” cannot be switched off or changed ({what}).")
    known = _listed(fields.get("known", ()))
    advice = translate("Errors", "Possible: {known}.") if known else translate("Errors", "Leave it out.")
    return headline.format(value=fields.get("value"), what=fields.get("what")), advice.format(known=known)


def _cannot_intervene(fields: dict[str, object]) -> tuple[str, str]:
    reason, detail = str(fields.get("reason")), str(fields.get("detail", ""))
    sentence = _REASONS.get(reason, _REASONS["place"])
    headline = translate("Errors", sentence).format(detail=detail or reason)
    return headline, translate("Errors", "Choose another model, text or part.")


_PRESENTERS: dict[type[BaseException], Callable[[dict[str, object]], tuple[str, str]]] = {
    core.EmptyText: _with(
        QT_TRANSLATE_NOOP("Errors", "There is no text yet."), QT_TRANSLATE_NOOP("Errors", "Type a sentence above.")
    ),
    core.UnknownModel: _with(
        QT_TRANSLATE_NOOP("Errors", "There is no model “{source}”."),
        QT_TRANSLATE_NOOP("Errors", "Check the name, or choose one from the list."),
    ),
    core.NotAModel: _with(
        QT_TRANSLATE_NOOP("Errors", "“{path}” holds no model."),
        QT_TRANSLATE_NOOP("Errors", "Choose a folder with config.json and safetensors weights, or a .gguf file."),
    ),
    core.UnsupportedArchitecture: _with(
        QT_TRANSLATE_NOOP("Errors", "Models of the kind “{architecture}” cannot be shown."),
        QT_TRANSLATE_NOOP("Errors", "Choose a Transformer language model. {detail}"),
    ),
    core.NeedsRemoteCode: _with(
        QT_TRANSLATE_NOOP("Errors", "“{architecture}” brings its own program code, which is never run here."),
        QT_TRANSLATE_NOOP("Errors", "Choose a model that transformers knows."),
    ),
    core.UnknownDevice: _with(
        QT_TRANSLATE_NOOP("Errors", "This machine has no “{device}”."),
        QT_TRANSLATE_NOOP("Errors", "Available: {known}."),
    ),
    core.UnknownChoice: _with(
        QT_TRANSLATE_NOOP("Errors", "There is no {what} “{value}”."), QT_TRANSLATE_NOOP("Errors", "Available: {known}.")
    ),
    core.NoSuchPart: _part,
    core.NoSuchKind: _with(
        QT_TRANSLATE_NOOP("Errors", "This model has no {what} “{value}”."),
        QT_TRANSLATE_NOOP("Errors", "Available: {known}."),
    ),
    core.BadIntervention: _bad_intervention,
    core.CannotIntervene: _cannot_intervene,
    core.TooManyTokens: _with(
        QT_TRANSLATE_NOOP("Errors", "The text is too long for this: {count} tokens, and at most {limit} are possible."),
        QT_TRANSLATE_NOOP("Errors", "Shorten it."),
    ),
    core.NoNetwork: _with(
        QT_TRANSLATE_NOOP("Errors", "“{source}” is not on this machine, and the model hub cannot be reached."),
        QT_TRANSLATE_NOOP("Errors", "Connect to the network, or choose a bundled model."),
    ),
    core.MissingPackage: _with(
        QT_TRANSLATE_NOOP("Errors", "“{source}” needs a Python package that is not installed."),
        QT_TRANSLATE_NOOP("Errors", "Install it and try again. {detail}"),
    ),
    core.DamagedFile: _with(
        QT_TRANSLATE_NOOP("Errors", "“{path}” is damaged."),
        QT_TRANSLATE_NOOP("Errors", "Fetch or save it again. {detail}"),
    ),
    core.MissingFile: _with(
        QT_TRANSLATE_NOOP("Errors", "“{path}” is not there."), QT_TRANSLATE_NOOP("Errors", "Check the path.")
    ),
    core.NotEnoughMemory: _memory,
    core.WriteFailed: _with(
        QT_TRANSLATE_NOOP("Errors", "“{path}” could not be written."),
        QT_TRANSLATE_NOOP("Errors", "Check the free space and the folder's permissions. {detail}"),
    ),
    core.NothingToSave: _with(
        QT_TRANSLATE_NOOP("Errors", "There are no numbers to save."),
        QT_TRANSLATE_NOOP("Errors", "Wait until the picture is complete, or choose something that can be shown."),
    ),
    core.BrokenView: _with(
        QT_TRANSLATE_NOOP("Errors", "The view “{name}” could not be opened: {detail}"),
        QT_TRANSLATE_NOOP("Errors", "If another package brought it, renew or remove that package."),
    ),
    core.RunFailed: _with(
        QT_TRANSLATE_NOOP("Errors", "The model stopped with an error: {detail}"),
        QT_TRANSLATE_NOOP("Errors", "Try another text, number type or device."),
    ),
    NotComparable: lambda fields: comparison_words.present(fields["reason"]),
}
