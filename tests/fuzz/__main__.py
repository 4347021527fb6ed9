"""python -m tests.fuzz (make fuzz): random actions on the real window, damaged files, in processes that may die.

Prints how many inputs of each kind were tried and what was not held, with the command that repeats it. Exit status 1
when anything was not held: a native crash, a hang, an exception that reached a hook or Qt, a message of Qt, an error
that is none of ours.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.fuzz.process import KINDS, Outcome, attempt

# A share of the time for each kind; what is not used is left to the next.
SHARES = {
    "actions": 8,
    "windows": 3,
    "traces": 2,
    "models": 3,
    "tokenizers": 2,
    "gguf": 1,
    "sessions": 1,
    "settings": 1,
    "texts": 2,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("kinds", nargs="*", default=[], metavar="KIND", help=f"of {', '.join(KINDS)}; all by default")
    parser.add_argument("--count", type=int, default=10_000, help="actions; files: a tenth of it of each kind")
    parser.add_argument("--seconds", type=float, default=1200, help="for all kinds together")
    parser.add_argument("--seed", type=int, default=None, help="by default another one every time")
    parser.add_argument("--first", type=int, default=0, help="number of the first input, to repeat one")
    parser.add_argument("--patience", type=float, default=60, help="seconds after which an input hangs")
    asked = parser.parse_args()
    unknown = set(asked.kinds) - set(KINDS)
    if unknown:
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    kinds = asked.kinds or list(KINDS)
    seed = int(time.time()) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    end, outcomes = time.monotonic() + asked.seconds, []
    for i, kind in enumerate(kinds):
        share = SHARES[kind] / sum(SHARES[one] for one in kinds[i:])
        count = asked.count if kind == "actions" or len(kinds) == 1 else max(1, asked.count // 10)
        left = (end - time.monotonic()) * share
        outcome = attempt(kind, seed, asked.first, count, left, asked.patience)
        outcomes.append(outcome)
        print(_told(outcome), flush=True)
    broken = sum(len(outcome.faults) for outcome in outcomes)
    print(f"{sum(outcome.tried for outcome in outcomes)} inputs tried, {broken} not held, seed {seed}")
    return 1 if broken else 0


def _told(outcome: Outcome) -> str:
    lines = [f"{outcome.kind}: {outcome.tried} tried in {outcome.seconds:.0f} s, {len(outcome.faults)} not held"]
    if outcome.slowest[1]:
        lines.append(f"  slowest: {outcome.slowest[0]:.2f} s, {outcome.slowest[1]}")
    if outcome.memory:
        lines.append("  memory, MB: " + ", ".join(f"{size / 1e6:.0f}" for size in outcome.memory))
    for fault in outcome.faults:
        lines += [f"  NOT HELD {fault.what}", f"  again: {fault.again}"]
        lines += [f"    {line}" for line in fault.story.rstrip().splitlines()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
