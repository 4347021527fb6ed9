"""What a session has done on the worker thread unless it is told otherwise: loading a model, running it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from visualizer.core.heavy import import_models
from visualizer.core.request import RunRequest
from visualizer.session.jobs import Progress, ShouldStop

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Needed:
    """What a load needs beside its source. token: of the hub, for this load only; base: the model under an adapter."""

    token: str = field(default="", repr=False)
    base: str = ""


Load = Callable[[str, str, str, ShouldStop, Progress, Needed], "LoadedModel"]
Ask = Callable[["LoadedModel", RunRequest, ShouldStop, Progress], "Trace"]


def load(
    source: str, device: str, dtype: str, should_stop: ShouldStop, progress: Progress, needed: Needed
) -> LoadedModel:
    models = import_models()
    base, token = needed.base or None, needed.token or None
    return models.load(source, device, dtype, progress, should_stop, base=base, token=token)


def run(model: LoadedModel, request: RunRequest, should_stop: ShouldStop, progress: Progress) -> Trace:
    from visualizer.core import capture
    from visualizer.core.analyses import first_look

    trace = capture.run(model, request, should_stop=should_stop, progress=progress)
    first_look.remembered(trace)  # here and not when it is shown: the window does not wait for it
    return trace


def open_trace(path: str | Path, should_stop: ShouldStop, progress: Progress) -> Trace:
    from visualizer.core.analyses import first_look
    from visualizer.core.trace import Trace

    trace = Trace.open(path)
    first_look.remembered(trace)  # a saved text opens on a head that shows something, as a new one does
    return trace


def tidy(should_stop: ShouldStop, progress: Progress) -> None:
    """Clear what earlier processes left behind, and copies of GGUF files that are gone."""
    from visualizer.core.loading import gguf
    from visualizer.core.system import leftovers

    count = leftovers.clear()
    if count:
        log.info("%d files and folders of processes that are gone were cleared", count)
    gguf.forget_gone()
