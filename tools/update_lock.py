"""Writes requirements.lock and requirements-dev.lock: the packages of constraints.txt with the hashes of their files.

    python tools/update_lock.py           asks the package index; needs `uv` (pip install uv)
    python tools/update_lock.py --check   says where they differ from constraints.txt, and asks nobody

torch stands in neither: every build of it (for CPUs, for each CUDA) has files of its own, and so has what only some
builds bring. It is installed by its version alone, after everything else.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
LOCKS: dict[str, tuple[str, ...]] = {"requirements.lock": (), "requirements-dev.lock": ("--extra", "dev")}
UNHASHED = frozenset({"torch"})
HEAD = """\
# Written by tools/update_lock.py from constraints.txt: what `make` installs, with the hashes of every file of it.
# pip install --require-hashes --no-deps -r {name}
# torch is not in it: its builds differ by machine.
"""
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def pins(text: str) -> dict[str, str]:
    """name as pip compares it -> version, of a file with one `name==version` a line."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in _PIN.findall(text)}


def locked(found: str, wanted: dict[str, str]) -> str:
    """Of what was resolved, the packages that are wanted, each with its hashes."""
    entries = re.split(r"\n(?=\S)", found.strip())
    kept = []
    for entry in entries:
        (name,) = pins(entry) or (None,)
        if name in wanted and name not in UNHASHED:
            kept.append(entry)
    return "\n".join(kept) + "\n"


def differences() -> list[str]:
    """What the lock files and constraints.txt say differently, one line each."""
    wanted, lines, known = pins(CONSTRAINTS.read_text(encoding="utf-8")), [], set(UNHASHED)
    for name in LOCKS:
        text = (ROOT / name).read_text(encoding="utf-8")
        found = pins(text)
        known |= found.keys()
        lines += [f"{name}: {one}=={version}" for one, version in found.items() if wanted.get(one) != version]
        lines += [f"{name}: {one} stands in it" for one in UNHASHED & found.keys()]
        entries = re.split(r"\n(?=\S)", text)
        lines += [f"{name}: no hash for {one}" for entry in entries for one in pins(entry) if "--hash=" not in entry]
    return lines + [f"in no lock file: {one}" for one in sorted(wanted.keys() - known)]


def update() -> None:
    """Resolve both lists anew, with the versions of constraints.txt."""
    wanted = pins(CONSTRAINTS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        build = Path(folder) / "build.in"
        build.write_text("hatchling\n", encoding="utf-8")  # the editable install builds without fetching anything
        for name, options in LOCKS.items():
            command = ["uv", "pip", "compile", "pyproject.toml", str(build), *options, "-c", str(CONSTRAINTS),
                       "--generate-hashes", "--universal", "--python-version", "3.11", "--no-header", "--no-annotate",
                       "--quiet"]  # fmt: skip
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                sys.exit(done.stderr.strip())
            (ROOT / name).write_text(HEAD.format(name=name) + locked(done.stdout, wanted), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing")
    if not parser.parse_args().check:
        update()
    lines = differences()
    print("\n".join(lines) or "complete")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
