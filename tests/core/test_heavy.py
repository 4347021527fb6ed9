from __future__ import annotations

import gc
import subprocess
import sys

from visualizer.core.heavy import import_models


def test_the_first_import_leaves_collecting_as_it_was() -> None:
    code = (
        "import gc\n"
        "from visualizer.core.heavy import import_models\n"
        "models = import_models()\n"
        "assert callable(models.load)\n"
        "assert gc.isenabled()\n"
        "assert gc.get_freeze_count() > 100_000, 'what was imported should be out of the collector\\'s way'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr


def test_later_calls_change_nothing() -> None:
    from visualizer.core import models

    before = gc.get_freeze_count()
    assert import_models() is models
    assert gc.get_freeze_count() == before
