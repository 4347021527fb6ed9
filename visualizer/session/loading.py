"""Loading models for the panes of a session, and once more with what was missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from visualizer.session.jobs import Jobs
from visualizer.session.work import Load, Needed

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel


@dataclass(frozen=True)
class Wish:
    """What was asked for. device, dtype: "" for those of the settings. key: of `Jobs`, by which the pane is known.

    base: the model under an adapter, "" where the adapter's config names it. adapter: whether it shall be at work.

    A token of the hub is no part of it: it is handed to one load, and nothing keeps it.
    """

    source: str
    device: str = ""
    dtype: str = ""
    then_run: bool = True
    base: str = ""
    adapter: bool = True
    key: str = "load"


class Loader:
    """Loads in the background. failed: what failed last, None after a load that did not."""

    def __init__(self, jobs: Jobs, load: Load) -> None:
        self._jobs, self._load = jobs, load
        self.failed: Wish | None = None

    def submit(
        self,
        wish: Wish,
        on_done: Callable[[LoadedModel], None],
        on_error: Callable[[Exception], None],
        token: str = "",
    ) -> None:
        """Load; what was asked for under the same key before is not wanted any more."""
        load, needed = self._load, Needed(token, wish.base)
        self.failed = None

        def failed(error: Exception) -> None:
            self.failed = wish
            on_error(error)

        self._jobs.submit(
            wish.key,
            lambda should_stop, progress: load(wish.source, wish.device, wish.dtype, should_stop, progress, needed),
            on_done if wish.adapter else lambda model: on_done(model.with_adapter(False)),
            failed,
            urgent=True,
        )

