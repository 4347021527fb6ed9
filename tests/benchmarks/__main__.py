"""python -m tests.benchmarks [GROUP ...]: measures, prints each figure beside its target, writes build/bench.json."""

from __future__ import annotations

import argparse
import importlib
import sys

from tests.benchmarks import harness

# Each is a module here with figures(repetitions) -> Iterator[Figure].
GROUPS = ("forward", "looking", "comparing", "starting", "laboratory", "laboratory_views", "importance", "prediction")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"all when none is named: {', '.join(GROUPS)}")
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--strict", action="store_true", help="end with 1 when a target is missed")
    asked = parser.parse_args()
    if unknown := [name for name in asked.groups if name not in GROUPS]:
        parser.error(f"no group {unknown[0]!r}; there are: {', '.join(GROUPS)}")
    before = harness.machine()
    found: list[harness.Figure] = []
    for name in asked.groups or GROUPS:
        group = importlib.import_module(f"tests.benchmarks.{name}")
        for figure in group.figures(asked.repetitions):
            found.append(figure)
            print(harness.table([figure]), flush=True)
    harness.write(found, harness.ROOT / "build" / "bench.json", before)
    missed = [figure.name for figure in found if not figure.met]
    print(f"{len(found) - len(missed)} of {len(found)} targets met" + "".join(f"\n  missed: {name}" for name in missed))
    return 1 if missed and asked.strict else 0


if __name__ == "__main__":
    sys.exit(main())
