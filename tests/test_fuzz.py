"""A short seeded part of `make fuzz`: the same inputs every time."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import files, mutating, process
from visualizer.core.errors import VisualizerError

SEED = 20_261_125
COUNTS = {"traces": 40, "models": 12, "tokenizers": 12, "gguf": 8, "sessions": 60, "settings": 60, "texts": 3}
ACTIONS = 60


@pytest.mark.parametrize("kind", files.KINDS)
def test_a_damaged_file_is_opened_or_refused_by_a_typed_error(kind: str, tmp_path: Path) -> None:
    attempt, refused = files.attempt(kind, tmp_path), 0
    for number in range(COUNTS[kind]):
        try:
            attempt(random.Random(f"{kind} {SEED} {number}"))
        except VisualizerError:
            refused += 1
        except Exception as error:
            error.add_note(f"again: python -m tests.fuzz {kind} --seed {SEED} --first {number} --count 1")
            raise
    if kind in ("traces", "models", "tokenizers", "gguf", "sessions"):
        assert refused > 0, "nothing was damaged: the test tries nothing"


def test_random_actions_on_the_window_raise_nothing_and_end_no_process() -> None:
    outcome = process.attempt("actions", SEED, 0, ACTIONS, seconds=15)
    told = "\n\n".join(f"{fault.what}\n{fault.again}\n{fault.story}" for fault in outcome.faults)
    assert not outcome.faults, told
    assert outcome.tried > 10, "a busy machine tries less, and not nothing"


def test_inputs_are_the_same_for_the_same_seed() -> None:
    def made(seed: int) -> list[object]:
        rng = random.Random(seed)
        return [mutating.damaged(bytes(range(200)), rng), str(mutating.other_json({"a": [1, {"b": 2}]}, rng))]

    assert made(1) == made(1)
    assert made(1) != made(2)


BROKEN = """
import os, sys, time
sys.argv[1] = "settings"
from tests.fuzz import child, files

def broken(rng, numbers=iter(range(100))):
    number = next(numbers)
    if number == {at}:
        {fault}

files.attempt = lambda kind, folder: broken
child.main()
"""
FAULTS = {
    "exception": ("raise KeyError('a')", "KeyError"),
    "qt": ("from PySide6.QtCore import qWarning; qWarning('a painter was not ended')", "a painter was not ended"),
    "guard": (
        "from visualizer.ui import guard; guard.tell('Heatmap.paintEvent', ValueError('in a paint event'))",
        "in a paint event",
    ),
    "crash": ("os.abort()", "SIGABRT"),
    "exit": ("os._exit(0)", "status 0"),
    "hang": ("time.sleep(60)", "more than 2 s"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="processes end in another way there")
@pytest.mark.parametrize("name", list(FAULTS))
def test_what_is_not_held_is_told_with_the_input_that_did_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault, told = FAULTS[name]
    popen = subprocess.Popen

    def broken(command: list[str], **settings: object) -> subprocess.Popen[str]:
        code = BROKEN.format(at=3 if "--first=0" in command else -1, fault=fault)
        return popen([sys.executable, "-c", code, *command[3:]], **settings)  # type: ignore[call-overload]

    monkeypatch.setattr(process.subprocess, "Popen", broken)
    outcome = process.attempt("settings", 5, 0, 6, seconds=30, patience=2)
    (found,) = outcome.faults
    assert told in found.what + found.story
    assert "--seed 5 --first 3 --count 1" in found.again
    assert outcome.tried == 6, "those after it are tried all the same"
