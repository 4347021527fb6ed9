"""Loading models for the panes of a session, and once more with what was missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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

    def __init__(self, jobs: Jobs, load: Load, say: Callable[[str, dict[str, Any]], object]) -> None:
        """say: hears the notice "loaded", with the model's name and `LoadedModel.notices`, where there are any."""
        self._jobs, self._load, self._say = jobs, load, say
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

        def done(model: LoadedModel) -> None:
            on_done(model if wish.adapter else model.with_adapter(False))
            if getattr(model, "notices", ()):
                self._say("loaded", {"model": model.name, "notices": model.notices})

        def failed(error: Exception) -> None:
            self.failed = wish
            on_error(error)

        self._jobs.submit(
            wish.key,
            lambda should_stop, progress: load(wish.source, wish.device, wish.dtype, should_stop, progress, needed),
            done,
            failed,
            urgent=True,
        )

