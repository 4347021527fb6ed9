"""Keeps the libraries' own messages and progress bars away from the person; what matters is raised as typed errors."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Loading a pickle checkpoint must not make transformers ask the hub to convert it, behind the person's back.
os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")
# Nor is the hub told what this program does. The hub's library reads its setting once, when it is imported.
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
if "huggingface_hub.constants" in sys.modules:
    sys.modules["huggingface_hub.constants"].HF_HUB_DISABLE_TELEMETRY = True  # type: ignore[attr-defined]


@contextmanager
def silenced() -> Iterator[None]:
    """No logging of transformers and the hub, no progress bars, no warnings, while the block runs."""
    from huggingface_hub.utils import logging as hub_logging
    from transformers.utils import logging

    levels = logging.get_verbosity(), hub_logging.get_verbosity()
    logging.set_verbosity(logging.CRITICAL)
    hub_logging.set_verbosity(hub_logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(levels[0])
        hub_logging.set_verbosity(levels[1])


@contextmanager
def watched(on_step: Callable[[float], None]) -> Iterator[None]:
    """Gives the share of the weights that transformers has loaded on this thread; `on_step` may raise to stop it."""
    from transformers.utils import logging

    thread = threading.get_ident()

    def hook(factory: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if threading.get_ident() != thread:
            return factory(*args, **kwargs)
        return _Steps(args[0] if args else kwargs.get("iterable", ()), on_step)

    before = logging.set_tqdm_hook(hook)
    try:
        yield
    finally:
        logging.set_tqdm_hook(before)


class _Steps:
    """Stands where a progress bar would: an iterable that reports."""

    def __init__(self, items: Any, on_step: Callable[[float], None]) -> None:
        self._items = items
        self._on_step = on_step

    def __iter__(self) -> Iterator[Any]:
        total = max(1, len(self._items)) if hasattr(self._items, "__len__") else 1
        for number, item in enumerate(self._items):
            self._on_step(min(1.0, number / total))
            yield item

    def __enter__(self) -> _Steps:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *args, **kwargs: None
