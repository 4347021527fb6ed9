"""Every question that was asked of a model, and its answer as long as there is room for it.

A run is named by model and request, so an equal question is answered at once. Requests and parents are tiny and stay;
traces share one budget of bytes, the oldest goes first and is asked again when somebody looks at it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from visualizer.core.request import RunRequest
from visualizer.session.jobs import Jobs, Progress, ShouldStop

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

Work = Callable[["LoadedModel", RunRequest, ShouldStop, Progress], "Trace"]

BUDGET = 512 << 20  # bytes of traces that are remembered and not shown
MOST = 64  # traces that are remembered
MOST_REQUESTS = 4096


@dataclass(eq=False)
class Run:
    """One question and, as long as there is room, its answer. model: None for a trace from the file `path`."""

    id: int
    model: LoadedModel | None
    request: RunRequest
    parent: int | None = None
    trace: Trace | None = None
    path: str = ""


class Runs:
    """All runs of a session; answers come through `Jobs`, one at a time for each key."""

    def __init__(self, jobs: Jobs, work: Work, in_use: Callable[[], Iterable[Run | None]]) -> None:
        self._jobs, self._work, self._in_use = jobs, work, in_use
        self._numbers = itertools.count(1)
        self._runs: dict[int, Run] = {}
        self._order: list[int] = []  # of those with a trace, the one looked at last at the end
        self._gone: list[LoadedModel] = []  # let go of, and still looked at when that was said

    def __iter__(self) -> Iterator[Run]:
        return iter(tuple(self._runs.values()))

    def __len__(self) -> int:
        return len(self._runs)

    def get(self, number: int) -> Run | None:
        return self._runs.get(number)

    def find(self, model: LoadedModel | None, request: RunRequest) -> Run | None:
        """The run of this model that asked the same."""
        return next((r for r in self._runs.values() if r.model is model and r.request == request), None)

    def ask(
        self,
        request: RunRequest,
        model: LoadedModel,
        on_done: Callable[[Run], None],
        on_error: Callable[[Exception], None],
        *,
        parent: int | None = None,
        key: str = "run",
    ) -> Run:
        """Ask a model; on_done is called before this returns when the answer is at hand, else when it comes."""
        run = self.find(model, request)
        if run is None:
            run = self._add(Run(next(self._numbers), model, request, parent))
        if run.trace is not None:
            self._jobs.cancel(key)
            self._touch(run)
            on_done(run)
            self._drop_gone()
            return run
        asked = run

        def arrived(trace: Trace) -> None:
            asked.trace = trace
            self._touch(asked)
            on_done(asked)
            self._trim()

        work = self._work
        self._jobs.submit(
            key,
            lambda should_stop, progress: work(model, request, should_stop, progress),
            arrived,
            on_error,
            urgent=True,
        )
        return run

    def add(self, trace: Trace, model: LoadedModel | None = None, parent: int | None = None) -> Run:
        """A run that was made elsewhere: an opened file, a trace at hand."""
        run = self.find(model, trace.request) if model is not None else None
        if run is None:
            run = self._add(Run(next(self._numbers), model, trace.request, parent))
        run.trace = trace
        self._touch(run)
        self._trim()
        return run

    def remember(self, request: RunRequest, model: LoadedModel, parent: int | None = None) -> Run:
        """A question that is not known here yet, without its answer: it is asked when somebody looks at it."""
        return self._add(Run(next(self._numbers), model, request, parent))

    def let_go(self, number: int) -> None:
        """Forget a run that nobody shows: what was on the way to another one."""
        run = self._runs.get(number)
        if run is not None and not any(run is one for one in self._in_use()):
            self._drop(run)

    def forget(self, model: LoadedModel) -> None:
        """Let go of a model, with and without its adapter: its runs cannot be asked again.

        What a pane still shows stays until the pane shows something else, and no longer: a run holds its model.
        """
        self._gone += model.sides
        self._drop_gone()

    def _drop_gone(self) -> None:
        if not self._gone:
            return
        used = set(map(id, self._in_use()))
        left = set()
        for run in tuple(self._runs.values()):
            if any(run.model is one for one in self._gone):
                if id(run) in used:
                    left.add(id(run.model))
                else:
                    self._drop(run)
        self._gone = [model for model in self._gone if id(model) in left]

    # --- room ------------------------------------------------------------------------------------

    def _add(self, run: Run) -> Run:
        self._runs[run.id] = run
        if len(self._runs) > MOST_REQUESTS:
            used = set(map(id, self._in_use()))
            old = next((r for r in self._runs.values() if id(r) not in used and r is not run), None)
            if old is not None:
                self._drop(old)
        return run

    def _drop(self, run: Run) -> None:
        self._runs.pop(run.id, None)
        if run.id in self._order:
            self._order.remove(run.id)

    def _touch(self, run: Run) -> None:
        if run.id not in self._runs:  # its model was let go of while it ran
            return
        if run.id in self._order:
            self._order.remove(run.id)
        self._order.append(run.id)

    def _trim(self) -> None:
        self._drop_gone()
        used = set(map(id, self._in_use()))
        idle = [run for number in self._order if id(run := self._runs[number]) not in used]
        size = sum(bytes_of(run.trace) for run in idle if run.trace is not None)
        for run in idle:
            if size <= BUDGET and len(idle) <= MOST:
                return
            assert run.trace is not None
            size -= bytes_of(run.trace)
            run.trace = None
            self._order.remove(run.id)
            idle = idle[1:]


def bytes_of(trace: Trace) -> int:
    """What a trace keeps of its forward pass; tensors that layers share count once."""
    seen: dict[int, int] = {}
    parts = ("query", "key", "value", "mask", "position_bias", "sinks", "weights")
    tensors = [getattr(r, part) for records in trace.records.values() for r in records for part in parts]
    tensors += [*(t for stream in trace.residual.values() for t in stream), trace.final]
    for tensor in tensors:
        if tensor is not None:
            seen[id(tensor)] = tensor.numel() * tensor.element_size()
    chosen = (one for routers in trace.routers.values() for one in routers)
    return sum(seen.values()) + sum(one.experts.nbytes + one.weights.nbytes for one in chosen)


def fitting(request: RunRequest, model: LoadedModel) -> RunRequest:
    """The request without what this model does not take: a second sentence, a target."""
    return replace(
        request,
        pair=request.pair if model.accepts_pair else None,
        target=request.target if model.kind == "encoder_decoder" else None,
        source_language=request.source_language if request.source_language in model.languages else None,
        target_language=request.target_language if request.target_language in model.languages else None,
    )
