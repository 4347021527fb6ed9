"""Views of other packages, as an installation leaves them: a folder of metadata beside a module on Python's path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from visualizer.core.errors import BrokenView
from visualizer.core.system import paths
from visualizer.views import registry
from visualizer.views.registry import GROUPS, OWN, VIEWS, ViewInfo

ROOT = Path(__file__).resolve().parents[2]
GOOD = """
from visualizer.views.registry import ViewInfo
VIEWS = tuple(
    ViewInfo(f"guest_{n}", f"Guest {n}", "laboratory", "guest_view:Guest", icon="no_such_icon") for n in range(22)
)
FUTURE = ViewInfo("future", "Future", "heads", "guest_view:Guest", api=99)
TAKEN = ViewInfo("attention_map", "Mine", "heads", "guest_view:Guest")
NOWHERE = ViewInfo("nowhere", "Nowhere", "kitchen", "guest_view:Guest")
GONE = ViewInfo("gone", "Gone", "layers", "guest_view:NotThere", key="Ctrl+Q")
NUMBER = 3
"""
VIEW = """
from PySide6.QtWidgets import QLabel
from visualizer.views.base import View
class Guest(View):
    id = "guest_0"
    def build(self): return QLabel("a guest", self)
    def answer(self, trace, question, should_stop, progress): pass
    def show_answer(self, answer, selection): pass
"""
POINTS = """[transformer_visualizer.views]
good = guest_data:VIEWS
future = guest_data:FUTURE
taken = guest_data:TAKEN
nowhere = guest_data:NOWHERE
gone = guest_data:GONE
number = guest_data:NUMBER
absent = guest_data:ABSENT
leaves = guest_exits:VIEWS
missing = guest_missing:VIEWS
"""
WINDOW = """
import json, sys
from PySide6.QtWidgets import QApplication
from visualizer.views import registry
assert "torch" not in sys.modules and not [n for n in sys.modules if n.startswith("guest_view")]
from visualizer import app as program
from visualizer.arguments import window_parser, render_parser
application = QApplication(["x"])
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.widgets.appearance import Appearance
from visualizer.widgets.controller import make_window
session = Session(Settings(language="en", theme="light"))
errors = []
session.error_raised.connect(errors.append)
appearance = Appearance(application, session)
appearance.apply()
window = make_window(session, appearance)
window.resize(960, 600)
window.views.show_views("attention_map")
window.show()
program.begin(window, window_parser().parse_args(["--text", "a"]), False)
told = window.banner.headline.text()
shown = []
for command in ("view.guest_0", "view.gone", "group.laboratory", "group.layers"):
    window.run(command)
    application.processEvents()
    shown.append(window.views.first)
window.run("view.guest_21")
application.processEvents()
print(json.dumps({
    "views": list(registry.VIEWS), "refused": [[r.name, r.reason] for r in registry.REFUSED], "told": told,
    "shown": shown, "errors": [type(e).__name__ for e in errors], "width": window.width(),
    "icon": registry.VIEWS["guest_3"].icon, "hidden": len(window.tabs.hidden()),
    "menu": [action.text() for action in window.tabs.menu.actions()], "all": len(window.tabs.tabs),
    "key": [a.shortcut().toString() for a in window.actions()].count("Ctrl+Q"),
}))
session.shutdown()
"""


@pytest.fixture(scope="module")
def guests(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("site")
    for name, text in {
        "guest_data.py": GOOD,
        "guest_view.py": VIEW,
        "guest_exits.py": "raise SystemExit(3)",
        "guest-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: guest\nVersion: 1.0\n",
        "guest-1.0.dist-info/entry_points.txt": POINTS,
        "window.py": WINDOW,
    }.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, str(folder / "window.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_another_package_adds_views_at_the_end_of_their_group(guests: dict[str, Any]) -> None:
    own = [info.id for info in OWN]
    assert [name for name in guests["views"] if name in own] == own
    assert guests["views"][-22:] == [f"guest_{n}" for n in range(22)]
    assert guests["shown"][0] == "guest_0"
    assert guests["icon"] == GROUPS["laboratory"].icon, "an icon that is not there gives way to the group's"


def test_a_broken_one_is_told_and_the_window_opens_without_it(guests: dict[str, Any]) -> None:
    reasons = {
        "future": "newer",
        "taken": "taken",
        "nowhere": "value",
        "number": "type",
        "absent": "broken",
        "leaves": "broken",
        "missing": "broken",
    }
    assert dict(guests["refused"]) == reasons
    assert len(guests["refused"]) == len(reasons), "each once"
    assert all(name in guests["told"] for name in reasons)


def test_a_view_that_cannot_be_imported_says_so_and_what_is_shown_stays(guests: dict[str, Any]) -> None:
    assert guests["shown"][1] == guests["shown"][0]
    assert "BrokenView" in guests["errors"]


def test_a_key_that_is_taken_stays_with_the_command_that_had_it(guests: dict[str, Any]) -> None:
    assert guests["key"] == 1


def test_thirty_views_fit_into_the_smallest_window(guests: dict[str, Any]) -> None:
    assert guests["width"] == 960
    assert guests["all"] > guests["hidden"] > 0
    assert len(guests["menu"]) == guests["hidden"], "what has no room is in the menu"
    assert "Guest 21" not in guests["menu"], "the one that is shown stands in the row"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "Two Words"}, "value"),
        ({"id": "second"}, "taken"),
        ({"id": 3}, "value"),
        ({"title": " "}, "value"),
        ({"view": "no_class"}, "value"),
        ({"key": None}, "value"),
        ({"api": "1"}, "newer"),
    ],
)
def test_data_that_cannot_be_right_are_refused(
    changes: dict[str, Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"id": "mine", "title": "Mine", "group": "heads", "view": "a:B"} | changes
    monkeypatch.setattr(EntryPoint, "load", lambda _self: ViewInfo(**given))
    views, refused = registry.collect([EntryPoint("mine", "a:B", registry.ENTRY_POINTS)])
    assert [one.reason for one in refused] == [reason]
    assert list(views) == [info.id for info in OWN]


def test_every_view_stands_in_a_group_has_an_icon_and_a_class_of_its_name() -> None:
    for name, info in VIEWS.items():
        assert info.group in GROUPS
        assert (paths.assets() / "icons" / f"{info.icon}.svg").is_file()
        assert registry.view_class(name).id == name
    assert all(registry.in_group(group) for group in GROUPS)
    assert all((paths.assets() / "icons" / f"{group.icon}.svg").is_file() for group in GROUPS.values())


def test_a_class_that_is_not_there_is_a_typed_error(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = ViewInfo("gone", "Gone", "heads", "visualizer.views.no_such_module:Gone")
    monkeypatch.setattr(registry, "VIEWS", {"gone": gone})
    with pytest.raises(BrokenView):
        registry.view_class("gone")
