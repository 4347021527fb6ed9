"""torch and transformers, imported in one place as fast as Python can."""

from __future__ import annotations

import gc
import os
import sys
from types import ModuleType

# How often a thread of a parallel computation (GNU OpenMP, read when torch is loaded) looks for work before it sleeps.
# By itself it looks thirty times as often, and on a machine that is busy with something else it keeps the very core
# that the others wait for: beside two busy processes on two cores a forward pass took three times as long.
SPINS = "10000"


def import_models() -> ModuleType:
    """`visualizer.core.models`, and with it torch and transformers: seconds the first time, so not on Qt's thread."""
    if "visualizer.core.models" in sys.modules:
        from visualizer.core import models  # waits for a thread that is still importing it

        return models
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
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
