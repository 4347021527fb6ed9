"""Child processes that try inputs, and what came of it; one that dies is followed by another, after its last input."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz import files

ROOT = Path(__file__).resolve().parent.parent.parent
KINDS = ("actions", "windows", *files.KINDS)
MOST_DEATHS = 10  # of one kind's processes
EPISODE = 250  # actions on one window
GRACE = 60.0  # seconds beyond its time for a process to start and to end


@dataclass(frozen=True)
class Fault:
    """what: in a few words; story: stack or message; again: the command that repeats it."""

    what: str
    story: str
    again: str


@dataclass
class Outcome:
    """What came of one kind. slowest: seconds and which input. memory: bytes after every 250th input."""

    kind: str
    tried: int = 0
    seconds: float = 0.0
    slowest: tuple[float, str] = (0.0, "")
    memory: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def attempt(kind: str, seed: int, first: int, count: int, seconds: float, patience: float = 60) -> Outcome:
    """Try `count` inputs of a kind from number `first` on, in at most so many seconds."""
    outcome, begun, end = Outcome(kind), time.monotonic(), time.monotonic() + seconds
    number, last, deaths = first, first + count, 0
    while number < last and time.monotonic() < end and deaths < MOST_DEATHS:
        at = _child(outcome, seed, number, last - number, end - time.monotonic(), patience)
        if at is None:
            break
        deaths += 1
        outcome.tried += at + 1 - number
        number = at + 1
        if kind == "actions":  # a new window, which is what the next one would have been
            number += -number % EPISODE
    outcome.seconds = time.monotonic() - begun
    return outcome


def _child(outcome: Outcome, seed: int, first: int, count: int, seconds: float, patience: float) -> int | None:
    """One process. Returns the number of the input that it died of, None when it ended as it should."""
    kind = outcome.kind
    command = [sys.executable, "-m", "tests.fuzz.child", kind, f"--seed={seed}", f"--first={first}",
               f"--count={count}", f"--seconds={seconds:.1f}", f"--patience={patience}"]  # fmt: skip
    number, is_done = first, False
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors,
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8"
        ) as child,
    ):
        # Its own watch ends an input that hangs; this one ends a process that cannot do even that.
        guard = threading.Timer(seconds + 2 * patience + GRACE, child.kill)
        guard.start()
        assert child.stdout is not None
        for line in child.stdout:
            sign, _, rest = line.rstrip("\n").partition(" ")
            if sign == ">":
                number = int(rest)
            elif sign == "!":
                told = json.loads(rest)
                story = told["story"] + ("\nafter: " + "\n       ".join(told["recent"]) if kind == "actions" else "")
                _add(outcome, Fault(told["what"], story, _again(kind, seed, told["input"])))
            elif sign == "=":
                told, is_done = json.loads(rest), True
                outcome.tried += told["tried"]
                outcome.slowest = max(outcome.slowest, (told["slowest"][0], told["slowest"][1]))
                outcome.memory += told["memory"]
        status = child.wait()
        guard.cancel()
        errors.seek(0)
        story = errors.read()[-6000:]
    if is_done and status == 0:
        return None
    if is_done:
        what = f"the process ended with {_status(status)} after its last input"
    elif "Timeout (" in story:
        what = f"an input took more than {patience:.0f} s"
    else:
        what = f"the process ended with {_status(status)}"
    outcome.faults.append(Fault(what, story, _again(kind, seed, number)))
    return None if is_done else number


def _add(outcome: Outcome, fault: Fault) -> None:
    """The same fault in another process is known already."""
    if fault.what not in {known.what for known in outcome.faults}:
        outcome.faults.append(fault)


def _status(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"status {status}"


def _again(kind: str, seed: int, number: int) -> str:
    if kind == "windows":  # what ends the process may have been left by an earlier one
        return f"python -m tests.fuzz windows --seed {seed} --count {number + 1}"
    if kind == "actions":  # a window is what was done to it
        first = number - number % EPISODE
        return f"python -m tests.fuzz actions --seed {seed} --first {first} --count {number + 1 - first}"
    return f"python -m tests.fuzz {kind} --seed {seed} --first {number} --count 1"
