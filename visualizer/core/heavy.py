"""torch and transformers, imported in one place as fast as Python can."""

from __future__ import annotations

import gc
import sys
from types import ModuleType


def import_models() -> ModuleType:
    """`visualizer.core.models`, and with it torch and transformers: seconds the first time, so not on Qt's thread."""
    if "visualizer.core.models" in sys.modules:
        from visualizer.core import models  # waits for a thread that is still importing it

        return models
    was_enabled = gc.isenabled()
    # A million objects are made and none is garbage: collecting in between costs a fifth of the time.
    gc.disable()
    try:
        from visualizer.core import capture, models  # noqa: F401  (the first run needs capture)
    finally:
        # What was imported stays to the end; later collections need not walk over it, which the window would feel.
        gc.freeze()
        if was_enabled:
            gc.enable()
    return models
