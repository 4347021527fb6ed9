"""Tries inputs of one kind, in a process that may die of it: python -m tests.fuzz.child KIND. Its parent reads stdout.

Lines: "> 17" an input begins, "! {...}" something was not held, "= {...}" the end, with what was tried.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import random
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"  # the last lines of stderr are for what went wrong

RECENT = 12  # actions that are told with a fault
LOST = 1000  # references to None, True or False: so many fewer than before are a fault that ends processes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--patience", type=float, default=60)
    asked = parser.parse_args()
    faulthandler.enable()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "HF_HOME", "TMPDIR"):
            os.environ[name] = str(Path(folder) / name)
            Path(os.environ[name]).mkdir()
        tempfile.tempdir = None
        os.chdir(folder)  # names that dialogs suggest lie here
        _serve(asked, Path(folder))


def _serve(asked: argparse.Namespace, folder: Path) -> None:
    from PySide6.QtWidgets import QApplication

    from tests.fuzz.oracle import Oracle

    app = QApplication(["fuzz"])
    app.setStyle("Fusion")
    oracle = Oracle()
    oracle.listen()
    if asked.kind == "actions":
        from tests.fuzz.window import Window

        window = Window(app, folder)
    elif asked.kind == "windows":
        from tests.fuzz import windows

        attempt = windows.attempt(folder, full=0.7)
    else:
        from tests.fuzz import files

        attempt = files.attempt(asked.kind, folder)
    recent: deque[str] = deque(maxlen=RECENT)
    begun, slowest, memory = time.monotonic(), (0.0, ""), []
    number, references = asked.first, _references()
    while number < asked.first + asked.count and time.monotonic() - begun < asked.seconds:
        print(f"> {number}", flush=True)
        faulthandler.dump_traceback_later(asked.patience, exit=True)
        rng = random.Random(f"{asked.kind} {asked.seed} {number}")
        start, done = time.monotonic(), ""
        try:
            if asked.kind == "actions":
                done = window.act(rng, number)
            else:
                attempt(rng)
        except Exception as error:
            oracle.judge(error, asked.kind)
        recent.append(f"{number} {done}")
        slowest = max(slowest, (time.monotonic() - start, recent[-1]))
        if number % 250 == 249:
            memory.append(_resident())
            now = _references()
            for name, before, after in zip(("None", "True", "False"), references, now, strict=True):
                if after < before - LOST:
                    oracle.add(f"lost {name}", f"references to {name} fell from {before} to {after}")
        _tell(oracle.take(), number, recent)
        number += 1
    faulthandler.dump_traceback_later(asked.patience, exit=True)
    if asked.kind == "actions":
        window.end()
        _tell(oracle.take(), number, recent)
    faulthandler.cancel_dump_traceback_later()
    tried: dict[str, Any] = {"tried": number - asked.first, "slowest": slowest, "memory": memory}
    print("= " + json.dumps(tried), flush=True)
    sys.stdout.flush()


def _tell(found: list[tuple[str, str]], number: int, recent: deque[str]) -> None:
    for what, story in found:
        told = {"input": number, "what": what, "story": story, "recent": list(recent)}
        print("! " + json.dumps(told), flush=True)


def _references() -> tuple[int, ...]:
    return tuple(sys.getrefcount(one) for one in (None, True, False))


def _resident() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


if __name__ == "__main__":
    main()
