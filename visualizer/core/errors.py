"""Typed errors: fields say what happened; the words for a person are chosen by whoever shows them.

`exit_status` is what the command line returns: 2 when the request itself is wrong, 1 when a right
request could not be carried out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(eq=False)
class VisualizerError(Exception):
    """Base of every error that the program expects and can explain; each is a dataclass of what happened."""

    exit_status: ClassVar[int] = 1

    def __post_init__(self) -> None:
        for name, value in self.fields.items():
            # What exists comes as any sequence, and stays as it was.
            if isinstance(value, Sequence) and not isinstance(value, str):
                setattr(self, name, tuple(value))
        super().__init__(*self.fields.values())

    @property
    def fields(self) -> dict[str, Any]:
        """What happened, by name."""
        return {entry.name: getattr(self, entry.name) for entry in dataclasses.fields(self)}

    def __str__(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.fields.items())


class Cancelled(VisualizerError):
    """The work was told to stop; nothing is wrong."""


# --- the request itself is wrong ---------------------------------------------------------------


class RequestError(VisualizerError):
    """Asking again in the same words can never work."""

    exit_status = 2


class EmptyText(RequestError):
    """There is nothing to run the model on."""


@dataclass(eq=False)
class UnknownModel(RequestError):
    """No such bundled model, folder or hub id; reason "gated", "token" or "revision" where the hub says more.

    "gated": only for those whom the owner admits, on `page`. "token": the hub does not know the one that was sent.
    """

    source: str
    known: Sequence[str] = ()
    detail: str = ""
    reason: str = ""
    page: str = ""


class UnusableToken(RequestError):
    """A token of the hub that holds what no token holds; the error does not say it again."""


@dataclass(eq=False)
class ModelInUse(RequestError):
    """A model that is loaded cannot be deleted from this machine."""

    source: str


@dataclass(eq=False)
class NotAModel(RequestError):
    """A folder or file that holds no model.

    reason: "gguf" (a GGUF file of it is to be chosen, `example`), "part" (of the model in `example`), "inside" (its
    folders hold models, `example` the newest), "no_weights", or "".
    """

    path: str
    detail: str = ""
    reason: str = ""
    example: str = ""


@dataclass(eq=False)
class NeedsBase(RequestError):
    """An adapter (LoRA) whose base model is not known or not here; base: what its config names, or ""."""

    adapter: str
    base: str = ""
    detail: str = ""


@dataclass(eq=False)
class TokensWithoutRows(RequestError):
    """The tokenizer makes tokens for which the model has no embedding: tokens, as text, and the rows that there are."""

    tokens: Sequence[str]
    rows: int


@dataclass(eq=False)
class UnsupportedArchitecture(RequestError):
    """A model that is not a Transformer over text, or one that this program cannot run."""

    architecture: str
    detail: str = ""


class NeedsRemoteCode(UnsupportedArchitecture):
    """A model that brings its own Python code, which is never executed."""


@dataclass(eq=False)
class UnknownDevice(RequestError):
    """A device or dtype that this machine does not have."""

    device: str
    known: Sequence[str] = ()


@dataclass(eq=False)
class UnknownChoice(RequestError):
    """A view, quantity, format, unit or dtype that does not exist."""

    what: str
    value: str
    known: Sequence[str] = ()


@dataclass(eq=False)
class NoSuchPart(RequestError, IndexError):
    """A layer, head or position beyond what the model has; or a layer that has no attention.

    known: the layers that have it, where not all do, or ().
    """

    what: str
    index: int
    count: int
    kind: str = ""
    known: Sequence[int] = ()

    def __str__(self) -> str:
        if self.known and 0 <= self.index <= max(self.known):
            known = ", ".join(map(str, self.known))
            return f"{self.what} {self.index} has no attention: {self.what}s {known} of the model have it"
        kind = f" for {self.kind} attention" if self.kind else ""
        what, index, count = self.what, self.index, self.count
        return f"{what} {index} does not exist{kind}: there are {count}, numbered 0 to {count - 1}"


@dataclass(eq=False)
class NoSuchKind(RequestError, ValueError):
    """A kind of attention or prediction that this model has not."""

    what: str
    value: str
    known: Sequence[str]

    def __str__(self) -> str:
        known = ", ".join(str(k) for k in self.known) or "none"
        return f"no {self.what} {self.value!r}: this model has {known}"


@dataclass(eq=False)
class BadIntervention(RequestError, ValueError):
    """An intervention that no model could carry out, or a document that describes none."""

    what: str
    value: str
    known: Sequence[str] = ()


@dataclass(eq=False)
class CannotIntervene(RequestError):
    """This model, or this text, does not allow an intervention that others do.

    reason: "outside_registry" (the attention of its family cannot be reached), "no_model" (a trace from a file),
    "feed_forward" (not found in layer `detail`), "positions" (its positions cannot be taken away or moved), "length"
    (the texts, or the order of positions, differ in length: `detail`), "gradient" (its changed pass cannot be
    differentiated), "place" (nothing can be done at `detail`), "no_adapter" (there is none to be switched off),
    "other_mixers" (tokens cannot be hidden where not all layers mix them by attention), "all_hidden" (nothing is left
    to be looked at).
    """

    reason: str
    detail: str = ""


@dataclass(eq=False)
class CannotRead(RequestError):
    """What lies between the layers of this model, or of this trace, cannot be read as others can.

    reason: "no_model" (a trace from a file: its model is asked for), "final_norm" (what stands between the last block
    and the output layer of `detail` cannot be told), "output_layer" (that of `detail` cannot be run alone), "no_output"
    (there is no language-model head), "projection" (W_O of some layer was not found), "neurons" (those of layer
    `detail` were not found), "post_norm" (a normalisation comes between the neurons of `detail` and the stream),
    "blocks" (those of the layers `detail` are no sum of their parts), "changed" (a part of the model was switched off
    or patched).
    """

    reason: str
    detail: str = ""


@dataclass(eq=False)
class CannotWrite(RequestError):
    """`detail` does not write text.

    reason: "task" (it has no head that predicts the next token), "length" (its last position is reached),
    "interventions" (what is done to it is done to a text that is there, and not while one is written), "saved" (a trace
    from a file brings no model).
    """

    reason: str
    detail: str = ""


@dataclass(eq=False)
class CannotScore(RequestError):
    """What an answer is worth after a prompt cannot be said.

    reason: "task" (the model `detail` has no head that predicts the next token), "empty" (the answer `detail` is no
    token), "boundary" (the answer `detail` is written otherwise behind the prompt), "length" (`detail`: tokens, and
    positions of the model), "many" (`detail`: prompts and answers at most).
    """

    reason: str
    detail: str = ""


@dataclass(eq=False)
class CannotChat(RequestError):
    """A conversation that cannot be written as the checkpoint wants it.

    reason: "no_template" (the checkpoint has none), "empty" (no turn), "raised" (the template raised `detail`),
    "nothing" (it writes nothing), "file" (no list of turns with a role and a content).
    """

    reason: str
    detail: str = ""


@dataclass(eq=False)
class TooManyTokens(RequestError):
    """A text too long for an exact computation whose cost grows steeply."""

    count: int
    limit: int


@dataclass(eq=False)
class PictureTooLarge(RequestError):
    """A picture of more pixels than can be painted: its width and height, the longest side, and pixels in all."""

    width: int
    height: int
    longest: int
    most: int


# --- a right request that could not be carried out --------------------------------------------


@dataclass(eq=False)
class NoNetwork(VisualizerError):
    """The model is not on this machine, and the hub cannot be reached."""

    source: str
    detail: str = ""


@dataclass(eq=False)
class DamagedFile(VisualizerError):
    """A file that starts right and cannot be read to its end."""

    path: str
    detail: str = ""


@dataclass(eq=False)
class WeightsDoNotFit(DamagedFile):
    """Weights of another model than the config describes: the names that are missing, of another shape, unused.

    base: the model under them where they are an adapter's, else "".
    """

    missing: Sequence[str] = ()
    other_shape: Sequence[str] = ()
    unused: Sequence[str] = ()
    base: str = ""

    def __post_init__(self) -> None:
        if not self.detail:
            groups = (("missing", self.missing), ("of another shape", self.other_shape), ("unused", self.unused))
            self.detail = "; ".join(f"{len(names)} {what}, {names[0]} among them" for what, names in groups if names)
        super().__post_init__()


@dataclass(eq=False)
class NewerFile(VisualizerError):
    """A file that a newer version of this program wrote."""

    path: str
    version: str = ""


@dataclass(eq=False)
class OpenedInPart(VisualizerError):
    """A saved session names models, traces or devices that are not here; everything else was opened."""

    path: str
    missing: Sequence[str] = ()
    detail: str = ""


@dataclass(eq=False)
class MissingFile(VisualizerError):
    """A file or target folder that is not there."""

    path: str
    detail: str = ""


@dataclass(eq=False)
class MissingPackage(VisualizerError):
    """The model's tokenizer or weights need a Python package that is not installed; `detail` names it."""

    source: str
    detail: str = ""


@dataclass(eq=False)
class NotEnoughMemory(VisualizerError):
    """The estimate (bytes) is more than is available (bytes)."""

    needed: int
    available: int
    what: str = "model"


@dataclass(eq=False)
class WriteFailed(VisualizerError):
    """Disk full, folder read-only, or the like."""

    path: str
    detail: str = ""


class NoOrdinaryFile(WriteFailed):
    """A pipe, a device or a socket, which cannot be written whole or not at all."""


class NothingToSave(VisualizerError):
    """A view has no numbers: its picture is not complete, or it cannot show this."""


@dataclass(eq=False)
class BrokenView(VisualizerError):
    """A view, most likely of another package, that cannot be imported or built."""

    name: str
    detail: str = ""


@dataclass(eq=False)
class RunFailed(VisualizerError):
    """The model itself raised during its forward pass."""

    detail: str


class NoMatrix(RunFailed):
    """What a model hands out as its attention is not one share for each query and key, and is not shown."""


def first_line(error: BaseException) -> str:
    """What a library said, in one line of at most 300 characters, with the kind of its error before it.

    A line that ends in a colon only announces the next one, which says what is wrong.
    """
    words = ""
    for line in str(error).split("\n"):
        words = " ".join(f"{words} {line}".split())
        if words and not words.endswith(":"):
            break
    return f"{type(error).__name__}: {words}"[:300].removesuffix(": ")
