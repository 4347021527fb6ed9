from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from visualizer import cli
from visualizer.arguments import QUANTITIES, VERBS
from visualizer.views.registry import VIEWS

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.ja.md")


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
    missing = [view for view in VIEWS if f"docs/{view}.png" not in text]
    missing += [f"`{word}`" for word in (*VERBS, *QUANTITIES) if f"`{word}`" not in text]
    assert not missing


@pytest.mark.parametrize("name", READMES)
def test_the_commands_shown_are_understood(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    commands = re.findall(r"^python main\.py (.+)$", text, re.MULTILINE)
    assert len(commands) >= 5
    for command in commands:
        verb, *options = shlex.split(command)
        VERBS[verb]().parse_args(options)
        assert verb in cli.WORK
