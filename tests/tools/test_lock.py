"""The lock files say the same as constraints.txt, with hashes for all but torch."""

from __future__ import annotations

from tools import update_lock


def test_lock_files_and_constraints_say_the_same() -> None:
    assert update_lock.differences() == [], "python tools/update_lock.py writes them anew"


def test_only_packages_that_are_wanted_are_locked_and_torch_never_is() -> None:
    found = "a-b==1 \\\n    --hash=sha256:0\nnvidia-x==2 \\\n    --hash=sha256:1\ntorch==3 \\\n    --hash=sha256:2\n"
    wanted = update_lock.pins("A_b==1\ntorch==3\n")
    assert update_lock.locked(found, wanted) == "a-b==1 \\\n    --hash=sha256:0\n"
