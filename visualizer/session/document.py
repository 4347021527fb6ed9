"""Everything that is on the screen as one small frozen value: what a saved session holds.

Models and traces are named, never held. What a newer or another program wrote beside that stays in `rest`, so that
opening and saving loses nothing. No Qt, no torch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.core.request import RunRequest
from visualizer.session.selection import Selection

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.session.runs import Run
    from visualizer.session.session import Session
    from visualizer.session.showing import Showing

MOST_RUNS = 500  # questions that are written: those asked last, and those that the panes show
MOST_NOTES = 20_000  # characters of the notes
MOST_TEXT = 900_000  # bytes of all texts together; a file has at most a mebibyte


def _rest() -> Any:
    """What the file said beside the fields, kept as it was."""
    return field(default_factory=dict)


def _list(most: int) -> Any:
    return field(default=(), metadata={"most": most})


@dataclass(frozen=True)
class ModelReference:
    """A model as a person could name it, and where it ran. device, dtype: "" for the program's own choice.

    adapter: whether its adapter, if it has one, is at work; base: the source of the model under it, "" without one.
    """

    source: str
    device: str = ""
    dtype: str = ""
    adapter: bool = True
    base: str = ""
    rest: Mapping[str, Any] = _rest()


@dataclass(frozen=True)
class AskedRun:
    """One question to a model (an index into the document's), and the id of the one that it grew from."""

    id: int
    model: int
    request: RunRequest
    parent: int | None = None
    rest: Mapping[str, Any] = _rest()


@dataclass(frozen=True)
class Pane:
    """What one pane shows.

    model: an index into the document's. trace: the file that it was opened from, or "". difference: whether it shows
    by how much it differs from the other pane.
    """

    request: RunRequest
    model: int | None = None
    trace: str = ""
    difference: bool = False
    rest: Mapping[str, Any] = _rest()


@dataclass(frozen=True)
class Layout:
    """Which views stand where.

    second: "" for none. dock: whether the next token stands at the side. compared: the view that looks at the second
    pane, in place of the second view while there is one.
    """

    first: str = ""
    second: str = ""
    dock: bool = True
    compared: str = ""
    rest: Mapping[str, Any] = _rest()


@dataclass(frozen=True)
class Document:
    """A saved session. panes: one, or two that are compared. options: by view id, those that are not as at first.

    has_chosen_head: whether the head was somebody's choice, or the one on which the text opened. notes: those of the
    one who teaches.
    """

    panes: tuple[Pane, ...] = field(default=(Pane(RunRequest("")),), metadata={"least": 1, "most": 2})
    models: tuple[ModelReference, ...] = _list(8)
    runs: tuple[AskedRun, ...] = _list(4096)
    selection: Selection = field(default_factory=Selection)
    has_chosen_head: bool = False
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    layout: Layout = Layout()
    notes: str = ""
    rest: Mapping[str, Any] = _rest()


def of(
    session: Session, layout: Layout, options: Mapping[str, Mapping[str, Any]], before: Document | None = None
) -> Document:
    """What is on the screen now. before: the document that was opened, whose unknown fields stay."""
    old = before or Document()
    models: list[LoadedModel] = []
    for model in (session.model, *(pane.model for pane in session.panes)):
        if model is not None and all(model is not one for one in models):
            models.append(model)
    references = tuple(reference(model, old) for model in models)
    rests = [*(pane.rest for pane in old.panes), {}, {}]
    panes = tuple(_pane(pane, models, rest) for pane, rest in zip(session.panes, rests, strict=False))
    return Document(
        panes=panes,
        models=references,
        runs=_runs(session.runs, models, references, [pane.run for pane in session.panes], old),
        selection=session.showing.wanted,
        has_chosen_head=session.has_chosen_head,
        options={name: view for name, view in {**old.options, **options}.items() if view},
        layout=replace(layout, rest=old.layout.rest | dict(layout.rest)),  # type: ignore[operator]
        notes=session.settings.notes[:MOST_NOTES],
        rest=old.rest,
    )


def _index(models: Iterable[object], model: object) -> int | None:
    return next((i for i, one in enumerate(models) if one is model), None)


def reference(model: LoadedModel, old: Document | None = None) -> ModelReference:
    """How a model is named in a document; as `old` names it, where it does."""
    adapter = model.card.adapter != "off"
    found = ModelReference(_whole(model.origin), model.device, model.dtype, adapter, _whole(model.base_source))
    same = next((one for one in (old.models if old else ()) if replace(one, rest={}) == found), None)
    return same or found


def _whole(source: str) -> str:
    """A path that is found again from another folder too; any other name as it is."""
    try:
        if source and not source.startswith("bundled:") and Path(source).expanduser().exists():
            return str(Path(source).expanduser().absolute())
    except (OSError, ValueError, RuntimeError):
        pass
    return source


def _pane(pane: Showing, models: list[LoadedModel], rest: Mapping[str, Any]) -> Pane:
    path = pane.run.path if pane.run is not None else ""
    return Pane(pane.request, _index(models, pane.model), path, pane.wanted.look.difference, rest)


def _runs(
    runs: Iterable[Run],
    models: list[LoadedModel],
    references: tuple[ModelReference, ...],
    shown: list[Run | None],
    old: Document,
) -> tuple[AskedRun, ...]:
    """The newest questions first where there is not room for all; in the order in which they were asked."""
    known = {(_named(old.models[run.model]), run.request): run.rest for run in old.runs if run.rest}
    kept: dict[int, AskedRun] = {}
    room = MOST_TEXT - sum(_size(run.request) for run in shown if run is not None)
    newest = sorted(runs, key=lambda run: (run in shown, run.id), reverse=True)
    for run in newest:
        index = _index(models, run.model)
        room -= _size(run.request)
        if index is None or room < 0 or len(kept) >= MOST_RUNS:
            continue
        rest = known.get((_named(references[index]), run.request), {}) if known else {}
        kept[run.id] = AskedRun(run.id, index, run.request, run.parent, rest)
    return tuple(
        run if run.parent in kept else replace(run, parent=None) for run in sorted(kept.values(), key=lambda r: r.id)
    )


def _named(reference: ModelReference) -> tuple[str, bool]:
    return reference.source, reference.adapter


def _size(request: RunRequest) -> int:
    """About how many bytes a question takes in the file."""
    texts = [text or "" for text in (request.text, request.pair, request.target)]
    written = json.dumps(texts, ensure_ascii=False).encode("utf-8", "replace")
    return 150 + len(written) + 250 * len(request.interventions)
