from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from visualizer import cli
from visualizer.arguments import QUANTITIES, VERBS
from visualizer.views.registry import VIEWS

ROOT = Path(__file__).resolve().parent.parent
READMES = {"README.md": "docs", "README.ja.md": "docs/ja"}  # and where the pictures of each lie


def test_the_key_tables_are_those_of_the_commands() -> None:
    done = subprocess.run(
        [sys.executable, "tools/update_readme.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_links_and_pictures_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)\)", text) + re.findall(r'src(?:set)?="([^"]+)"', text)
    assert not [target for target in targets if not (ROOT / target).exists()]


@pytest.mark.parametrize("name", READMES)
def test_every_view_verb_and_quantity_is_shown(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    missing = [view for view in VIEWS if f"({READMES[name]}/{view}.png)" not in text]
    missing += [f"`{word}`" for word in (*VERBS, *QUANTITIES) if f"`{word}`" not in text]
    assert not missing


@pytest.mark.skipif(not shutil.which("sh"), reason="the pictures are drawn by a shell script")
def test_every_picture_shown_is_drawn_by_make_pictures(tmp_path: Path) -> None:
    """The script runs with a Python that only writes down what it is asked for."""
    asked = tmp_path / "asked"
    recorder = tmp_path / "python"
    recorder.write_text(f"""#!/bin/sh\n{{ printf '%s\\t' "$@"; echo; }} >> "{asked}"\n""")
    recorder.chmod(0o755)
    (tmp_path / "docs").mkdir()
    done = subprocess.run(
        ["sh", str(ROOT / "tools" / "make_pictures.sh"), str(recorder)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = [line.rstrip("\t").split("\t") for line in asked.read_text(encoding="utf-8").splitlines()]
    drawn = {line[line.index("-o") + 1] for line in lines}
    shown = set()
    for name in READMES:
        shown |= set(re.findall(r"docs/[\w/-]+\.png", (ROOT / name).read_text(encoding="utf-8")))
    assert len(shown) >= 2 * (len(VIEWS) + 3)
    assert not shown - drawn
    for line in lines:
        if line[1] == "render":
            VERBS["render"]().parse_args(line[2:])


@pytest.mark.parametrize("name", READMES)
def test_the_commands_shown_are_understood(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    commands = re.findall(r"^python main\.py (.+)$", text, re.MULTILINE)
    assert len(commands) >= 5
    for command in commands:
        verb, *options = shlex.split(command)
        VERBS[verb]().parse_args(options)
        assert verb in cli.WORK
