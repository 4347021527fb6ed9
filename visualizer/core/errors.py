"""Typed errors: fields say what happened; the words for a person are chosen by whoever shows them.

`exit_status` is what the command line returns: 2 when the request itself is wrong, 1 when a right
request could not be carried out.
"""

from __future__ import annotations

from collections.abc import Sequence


class VisualizerError(Exception):
    """Base of every error that the program expects and can explain."""

    exit_status = 1

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        for name, value in fields.items():
            setattr(self, name, value)
        super().__init__(", ".join(f"{name}={value!r}" for name, value in fields.items()))


class Cancelled(VisualizerError):
    """The work was told to stop; nothing is wrong."""


# --- the request itself is wrong ---------------------------------------------------------------


class RequestError(VisualizerError):
    """Asking again in the same words can never work."""

    exit_status = 2


class EmptyText(RequestError):
    """There is nothing to run the model on."""


class UnknownModel(RequestError):
    """No such bundled model, folder or hub id."""

    def __init__(self, source: str, known: Sequence[str] = (), detail: str = "") -> None:
        super().__init__(source=source, known=tuple(known), detail=detail)


class NotAModel(RequestError):
    """A folder or file that holds no model."""

    def __init__(self, path: str, detail: str = "") -> None:
        super().__init__(path=path, detail=detail)


class UnsupportedArchitecture(RequestError):
    """A model that is not a Transformer over text, or one that this program cannot run."""

    def __init__(self, architecture: str, detail: str = "") -> None:
        super().__init__(architecture=architecture, detail=detail)


class NeedsRemoteCode(UnsupportedArchitecture):
    """A model that brings its own Python code, which is never executed."""


class UnknownDevice(RequestError):
    """A device or dtype that this machine does not have."""

    def __init__(self, device: str, known: Sequence[str] = ()) -> None:
        super().__init__(device=device, known=tuple(known))


class UnknownChoice(RequestError):
    """A view, quantity, format, unit or dtype that does not exist."""

    def __init__(self, what: str, value: str, known: Sequence[str] = ()) -> None:
        super().__init__(what=what, value=value, known=tuple(known))


class NoSuchPart(RequestError, IndexError):
    """A layer, head or position beyond what the model has."""

    def __init__(self, what: str, index: int, count: int, kind: str = "") -> None:
        super().__init__(what=what, index=index, count=count, kind=kind)

    def __str__(self) -> str:
        kind = f" for {self.fields['kind']} attention" if self.fields["kind"] else ""
        what, index, count = self.fields["what"], self.fields["index"], self.fields["count"]
        return f"{what} {index} does not exist{kind}: there are {count}, numbered 0 to {int(str(count)) - 1}"


class NoSuchKind(RequestError, ValueError):
    """A kind of attention or prediction that this model has not."""

    def __init__(self, what: str, value: str, known: Sequence[str]) -> None:
        super().__init__(what=what, value=value, known=tuple(known))

    def __str__(self) -> str:
        known = ", ".join(str(k) for k in self.fields["known"]) or "none"  # type: ignore[attr-defined]
        return f"no {self.fields['what']} {self.fields['value']!r}: this model has {known}"


class BadIntervention(RequestError, ValueError):
    """An intervention that no model could carry out, or a document that describes none."""

    def __init__(self, what: str, value: str, known: Sequence[str] = ()) -> None:
        super().__init__(what=what, value=value, known=tuple(known))


class CannotIntervene(RequestError):
    """This model, or this text, does not allow an intervention that others do.

    reason: "outside_registry" (the attention of its family cannot be reached), "no_model" (a trace from a file),
    "feed_forward" (not found in layer `detail`), "positions" (its positions cannot be taken away or moved), "length"
    (the texts, or the order of positions, differ in length: `detail`), "place" (nothing can be done at `detail`).
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason=reason, detail=detail)


class TooManyTokens(RequestError):
    """A text too long for an exact computation whose cost grows steeply."""

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(count=count, limit=limit)


# --- a right request that could not be carried out --------------------------------------------


class NoNetwork(VisualizerError):
    """The model is not on this machine, and the hub cannot be reached."""

    def __init__(self, source: str, detail: str = "") -> None:
        super().__init__(source=source, detail=detail)


class DamagedFile(VisualizerError):
    """A file that starts right and cannot be read to its end."""

    def __init__(self, path: str, detail: str = "") -> None:
        super().__init__(path=path, detail=detail)


class MissingFile(VisualizerError):
    """A file or target folder that is not there."""

    def __init__(self, path: str, detail: str = "") -> None:
        super().__init__(path=path, detail=detail)


class MissingPackage(VisualizerError):
    """The model's tokenizer or weights need a Python package that is not installed; `detail` names it."""

    def __init__(self, source: str, detail: str = "") -> None:
        super().__init__(source=source, detail=detail)


class NotEnoughMemory(VisualizerError):
    """The estimate (bytes) is more than is available (bytes)."""

    def __init__(self, needed: int, available: int, what: str = "model") -> None:
        super().__init__(needed=needed, available=available, what=what)


class WriteFailed(VisualizerError):
    """Disk full, folder read-only, or the like."""

    def __init__(self, path: str, detail: str = "") -> None:
        super().__init__(path=path, detail=detail)


class NothingToSave(VisualizerError):
    """A view has no numbers: its picture is not complete, or it cannot show this."""


class RunFailed(VisualizerError):
    """The model itself raised during its forward pass."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail=detail)
