"""The one presenter of errors: what happened and what to do, in the user's language."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from visualizer.core import errors as core
from visualizer.core.analyses.comparison.reasons import NotComparable
from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui import comparison_words, error_reasons
from visualizer.ui.error_sentences import Blank as _Blank
from visualizer.ui.error_sentences import by_reason as _by_reason
from visualizer.ui.error_sentences import filled as _with
from visualizer.ui.error_sentences import listed as _listed
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


def _memory(fields: dict[str, object]) -> tuple[str, str]:
    shown = {
        "needed": format_bytes(_int(fields.get("needed"))),
        "available": format_bytes(_int(fields.get("available"))),
    }
    headline = translate("Errors", "This needs {needed} of memory, and {available} are free.").format(**shown)
    return headline, translate(
        "Errors", "Choose a smaller model, a smaller number type such as bfloat16, or a shorter text."
    )


def _base(fields: dict[str, object]) -> tuple[str, str]:
    shown = _Blank({name: _listed(value) for name, value in fields.items()})
    headline = translate("Errors", "“{adapter}” is an adapter (LoRA), and nothing says what its base model is.")
    if fields.get("base"):
        headline = translate("Errors", "“{adapter}” is an adapter (LoRA), and its base model “{base}” is not here.")
    advice = translate("Errors", "Choose the model that it was made for (on the command line: --base).")
    return headline.format_map(shown), f"{advice} {shown['detail']}".strip()


def _weights(fields: dict[str, object]) -> tuple[str, str]:
    names = {name: _sequence(fields.get(name)) for name in ("missing", "other_shape", "unused")}
    shown = {
        "path": _listed(fields.get("path")),
        "detail": _listed(fields.get("detail")),
        "base": _listed(fields.get("base")),
        "missing": str(len(names["missing"])),
        "example": next(iter(names["missing"]), ""),
        "other_shape": str(len(names["other_shape"])),
        "other_example": next(iter(names["other_shape"]), ""),
        "unused": next(iter(names["unused"]), ""),
    }
    headline = translate("Errors", "The weights in “{path}” do not fit the model.")
    advice = translate("Errors", "Use weights and settings of one and the same model.")
    if shown["base"]:
        headline = translate("Errors", "“{path}” is an adapter (LoRA) that does not fit its base model “{base}”.")
        advice = translate("Errors", "Name the model that it was made for with --base.")
    said = []
    if names["missing"]:
        said.append(translate("Errors", "{missing} weights are missing, “{example}” among them."))
    if names["other_shape"]:
        said.append(translate("Errors", "{other_shape} have another shape, “{other_example}” among them."))
    if names["unused"]:
        said.append(translate("Errors", "The file has “{unused}” instead."))
    if not said:
        said.append("{detail}")
    said.append(advice)
    return headline.format_map(_Blank(shown)), " ".join(text.format_map(_Blank(shown)) for text in said).strip()


def _sequence(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, (tuple, list)) else ()


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
    known = tuple(int(number) for number in _sequence(fields.get("known")) if number.isdecimal())
    if known and _int(fields.get("index")) <= max(known):
        headline = translate("Errors", "Layer {index} has no attention.").format(index=fields.get("index"))
        return headline, translate("Errors", "These layers have it: {known}.").format(known=_listed(known))
    headline = translate("Errors", "There is no {what} {index}.").format(what=what, index=fields.get("index"))
    return headline, translate("Errors", "They are numbered 0 to {last}.").format(last=_int(fields.get("count")) - 1)


def _kind(fields: dict[str, object]) -> tuple[str, str]:
    headline = translate("Errors", "This model has no {what} “{value}”.")
    advice = translate("Errors", "Available: {known}.") if _sequence(fields.get("known")) else ""
    shown = {name: _listed(value) for name, value in fields.items()}
    return headline.format(**shown), advice.format(**shown)


def _bad_intervention(fields: dict[str, object]) -> tuple[str, str]:
    headline = translate("Errors", "“{value}” cannot be switched off or changed ({what}).")
    known = _listed(fields.get("known", ()))
    advice = translate("Errors", "Possible: {known}.") if known else translate("Errors", "Leave it out.")
    return headline.format(value=fields.get("value"), what=fields.get("what")), advice.format(known=known)


def _cannot_intervene(fields: dict[str, object]) -> tuple[str, str]:
    reason, detail = str(fields.get("reason")), str(fields.get("detail", ""))
    sentence = error_reasons.INTERVENING.get(reason, error_reasons.INTERVENING["place"])
    headline = translate("Errors", sentence).format(detail=detail or reason)
    return headline, translate("Errors", "Choose another model, text or part.")


def _cannot_read(fields: dict[str, object]) -> tuple[str, str]:
    reason, detail = str(fields.get("reason")), str(fields.get("detail", ""))
    sentence = error_reasons.READING.get(reason, error_reasons.READING["final_norm"])
    headline = translate("Errors", sentence).format(detail=detail)
    if reason == "no_model":
        return headline, translate("Errors", "Load the model and run the text again.")
    if reason == "blocks":
        return headline, translate("Errors", "Read after the whole block, or choose another model.")
    if reason == "changed":
        return headline, translate("Errors", "Read after the whole block, or switch everything on again (Shift+X).")
    return headline, translate("Errors", "Choose another model.")


_PRESENTERS: dict[type[BaseException], Callable[[dict[str, object]], tuple[str, str]]] = {
    core.EmptyText: _with(
        QT_TRANSLATE_NOOP("Errors", "There is no text yet."), QT_TRANSLATE_NOOP("Errors", "Type a sentence above.")
    ),
    core.UnknownModel: _by_reason(
        {
            "gated": _with(
                QT_TRANSLATE_NOOP("Errors", "“{source}” is given only to those whom its owner admits."),
                QT_TRANSLATE_NOOP(
                    "Errors",
                    "Ask for access on the model's page, {page}, then log in: run “hf auth login”, or set HF_TOKEN.",
                ),
            ),
            "token": _with(
                QT_TRANSLATE_NOOP("Errors", "The hub does not know the token that was sent for “{source}”."),
                QT_TRANSLATE_NOOP("Errors", "Make a new one that may read, and look that it is copied whole."),
            ),
            "revision": _with(
                QT_TRANSLATE_NOOP("Errors", "“{source}” has no such revision."),
                QT_TRANSLATE_NOOP("Errors", "Name a branch, a tag or a commit of the model."),
            ),
        },
        _with(
            QT_TRANSLATE_NOOP("Errors", "There is no model “{source}”."),
            QT_TRANSLATE_NOOP("Errors", "Check the name, or choose one from the list."),
        ),
    ),
    core.ModelInUse: _with(
        QT_TRANSLATE_NOOP("Errors", "“{source}” is loaded now, and stays on this machine."),
        QT_TRANSLATE_NOOP("Errors", "Choose another model first."),
    ),
    core.UnusableToken: _with(
        QT_TRANSLATE_NOOP("Errors", "This is no token of the hub."),
        QT_TRANSLATE_NOOP("Errors", "It has letters and digits only, and begins with hf_."),
    ),
    core.NotAModel: _by_reason(
        {
            "gguf": _with(
                QT_TRANSLATE_NOOP("Errors", "“{path}” holds GGUF files only."),
                QT_TRANSLATE_NOOP("Errors", "Choose one of them: {example}"),
            ),
            "part": _with(
                QT_TRANSLATE_NOOP("Errors", "“{path}” is only a part of a model."),
                QT_TRANSLATE_NOOP("Errors", "Choose the folder that it belongs to: {example}"),
            ),
            "inside": _with(
                QT_TRANSLATE_NOOP("Errors", "“{path}” holds models in folders of its own."),
                QT_TRANSLATE_NOOP("Errors", "Choose one of them: {example}"),
            ),
            "no_weights": _with(
                QT_TRANSLATE_NOOP("Errors", "“{path}” holds no weights that can be read."),
                QT_TRANSLATE_NOOP("Errors", "model.safetensors or pytorch_model.bin is needed beside config.json."),
            ),
        },
        _with(
            QT_TRANSLATE_NOOP("Errors", "“{path}” holds no model."),
            QT_TRANSLATE_NOOP(
                "Errors", "Choose a folder with config.json and safetensors weights, or a .gguf file. {detail}"
            ),
        ),
    ),
    core.NeedsBase: _base,
    core.TokensWithoutRows: _with(
        QT_TRANSLATE_NOOP("Errors", "The model has no embedding for {tokens}: its table ends after {rows} rows."),
        QT_TRANSLATE_NOOP(
            "Errors", "Leave them out, or use a model that was saved after its table was enlarged for them."
        ),
    ),
    core.WeightsDoNotFit: _weights,
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
    core.NoSuchKind: _kind,
    core.BadIntervention: _bad_intervention,
    core.CannotIntervene: _cannot_intervene,
    core.CannotRead: _cannot_read,
    core.CannotWrite: _by_reason(
        {
            "length": _with(
                QT_TRANSLATE_NOOP(
                    "Errors", "The text fills all positions that “{detail}” has: there is no room to go on."
                ),
                QT_TRANSLATE_NOOP("Errors", "Shorten it."),
            ),
            "interventions": _with(
                QT_TRANSLATE_NOOP(
                    "Errors", "Parts of the model are switched off or changed: it does not write meanwhile."
                ),
                QT_TRANSLATE_NOOP("Errors", "Switch everything on again (Shift+X)."),
            ),
            "saved": _with(
                QT_TRANSLATE_NOOP("Errors", "A saved trace brings no model that could write on."),
                QT_TRANSLATE_NOOP("Errors", "Load its model."),
            ),
        },
        _with(
            QT_TRANSLATE_NOOP(
                "Errors", "“{detail}” does not write text: it has no head that predicts what comes next."
            ),
            QT_TRANSLATE_NOOP("Errors", "Choose a model that writes, such as a bundled one."),
        ),
    ),
    core.CannotScore: _by_reason(
        {
            "empty": _with(
                QT_TRANSLATE_NOOP("Errors", "The answer “{detail}” holds no token of this model."),
                QT_TRANSLATE_NOOP("Errors", "Name another answer."),
            ),
            "boundary": _with(
                QT_TRANSLATE_NOOP(
                    "Errors", "The tokenizer writes the answer “{detail}” otherwise when it stands behind a prompt."
                ),
                QT_TRANSLATE_NOOP("Errors", "Name another answer."),
            ),
            "length": _with(
                QT_TRANSLATE_NOOP("Errors", "Prompt and answer are longer than the model’s positions: {detail}."),
                QT_TRANSLATE_NOOP("Errors", "Shorten the prompt."),
            ),
            "many": _with(
                QT_TRANSLATE_NOOP("Errors", "There is room for so many prompts and answers at most: {detail}."),
                QT_TRANSLATE_NOOP("Errors", "Leave some out."),
            ),
        },
        _with(
            QT_TRANSLATE_NOOP(
                "Errors", "“{detail}” has no head that predicts what comes next: answers have no probability."
            ),
            QT_TRANSLATE_NOOP("Errors", "Choose a model that writes, such as a bundled one."),
        ),
    ),
    core.CannotChat: _by_reason(
        {
            "no_template": _with(
                QT_TRANSLATE_NOOP("Errors", "This checkpoint has no chat template."),
                QT_TRANSLATE_NOOP("Errors", "Type a plain text, or load a checkpoint that is tuned for conversations."),
            ),
            "raised": _with(
                QT_TRANSLATE_NOOP("Errors", "The checkpoint’s chat template does not take this conversation: {detail}"),
                QT_TRANSLATE_NOOP("Errors", "Change roles or turns."),
            ),
            "file": _with(
                QT_TRANSLATE_NOOP("Errors", "This file holds no conversation."),
                QT_TRANSLATE_NOOP("Errors", "A list of turns is needed, each with “role” and “content”."),
            ),
        },
        _with(
            QT_TRANSLATE_NOOP("Errors", "The conversation is empty."),
            QT_TRANSLATE_NOOP("Errors", "Write a turn first."),
        ),
    ),
    core.TooManyTokens: _with(
        QT_TRANSLATE_NOOP("Errors", "The text is too long for this: {count} tokens, and at most {limit} are possible."),
        QT_TRANSLATE_NOOP("Errors", "Shorten it."),
    ),
    core.PictureTooLarge: _with(
        QT_TRANSLATE_NOOP("Errors", "The picture would be too large: {width} × {height} pixels."),
        QT_TRANSLATE_NOOP("Errors", "Choose a smaller size or scale, or save it as SVG or PDF."),
    ),
    core.NoNetwork: _with(
        QT_TRANSLATE_NOOP("Errors", "“{source}” is not on this machine, and the model hub cannot be reached."),
        QT_TRANSLATE_NOOP("Errors", "Connect to the network, or choose a bundled model."),
    ),
    core.MissingPackage: _with(
        QT_TRANSLATE_NOOP("Errors", "“{source}” needs a Python package that is not installed."),
        QT_TRANSLATE_NOOP("Errors", "Install it and start again: {detail}"),
    ),
    core.DamagedFile: _with(
        QT_TRANSLATE_NOOP("Errors", "“{path}” is damaged."),
        QT_TRANSLATE_NOOP("Errors", "Fetch or save it again. {detail}"),
    ),
    core.NewerFile: _with(
        QT_TRANSLATE_NOOP("Errors", "“{path}” was saved by a newer version of this program."),
        QT_TRANSLATE_NOOP("Errors", "Renew the program to open it."),
    ),
    core.OpenedInPart: _with(
        QT_TRANSLATE_NOOP("Errors", "Opened, but this is not there any more: {missing}."),
        QT_TRANSLATE_NOOP("Errors", "Everything else is as it was saved. Put it back, or choose another model."),
    ),
    core.MissingFile: _with(
        QT_TRANSLATE_NOOP("Errors", "“{path}” is not there."), QT_TRANSLATE_NOOP("Errors", "Check the path.")
    ),
    core.NotEnoughMemory: _memory,
    core.WriteFailed: _with(
        QT_TRANSLATE_NOOP("Errors", "“{path}” could not be written."),
        QT_TRANSLATE_NOOP("Errors", "Check the free space and the folder's permissions. {detail}"),
    ),
    core.NoOrdinaryFile: _with(
        QT_TRANSLATE_NOOP("Errors", "“{path}” is a pipe or a device, and no ordinary file."),
        QT_TRANSLATE_NOOP("Errors", "Choose another name to save to."),
    ),
    core.NoMatrix: _with(
        QT_TRANSLATE_NOOP(
            "Errors",
            "This model does not give its attention as one weight for each pair of tokens, so it is not shown.",
        ),
        QT_TRANSLATE_NOOP("Errors", "Choose another model. {detail}"),
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
