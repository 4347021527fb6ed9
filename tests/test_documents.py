from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from safetensors import safe_open

from visualizer import cli
from visualizer.arguments import QUANTITIES, VERBS, window_parser
from visualizer.core import capture, models
from visualizer.core.interventions import parse
from visualizer.core.positions.scheme import PositionPart
from visualizer.core.request import RunRequest
from visualizer.core.trace import file as trace_format
from visualizer.views.registry import VIEWS

ROOT = Path(__file__).resolve().parent.parent
READMES = {"README.md": "docs", "README.ja.md": "docs/ja"}  # and where the pictures of each lie


# Views of heads that no bundled model has: there is nothing of which a picture could be drawn.
UNSEEN = ("classification", "answer_span")


def test_the_key_tables_are_those_of_the_commands() -> None:
    done = subprocess.run(
        [sys.executable, "tools/update_readme.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md", "docs/trace-format.md"])
def test_links_and_pictures_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)\)", text) + re.findall(r'src(?:set)?="([^"]+)"', text)
    assert not [target for target in targets if not (ROOT / target).exists()]


@pytest.mark.parametrize("name", READMES)
def test_every_view_verb_and_quantity_is_shown(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    missing = [view for view in VIEWS if view not in UNSEEN and f"({READMES[name]}/{view}.png)" not in text]
    missing += [view for view in UNSEEN if f"`{view}`" not in text]
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
    assert len(shown) >= 2 * (len(VIEWS) - len(UNSEEN) + 3)
    assert not shown - drawn
    for line in lines:
        if line[1] == "render":
            VERBS["render"]().parse_args(line[2:])


@pytest.mark.parametrize("name", READMES)
def test_every_option_is_shown(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    parsers = [window_parser(), *(make() for make in VERBS.values())]
    options = {option for parser in parsers for action in parser._actions for option in action.option_strings}
    shown = set(re.findall(r"(?<![\w-])-{1,2}[a-z][a-z-]*", text))
    assert not {o for o in options if o.startswith("--")} - shown - {"--help", "--version", "--output"}


@pytest.mark.parametrize("name", READMES)
def test_the_commands_shown_are_understood(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    commands = re.findall(r"^python main\.py (.+)$", text, re.MULTILINE)
    assert len(commands) >= 5
    for command in commands:
        verb, *options = shlex.split(command)
        VERBS[verb]().parse_args(options)
        assert verb in cli.WORK


def documented_tensors() -> dict[str, str]:
    """Tensor name, as a pattern -> shape, from the table of the format."""
    text = (ROOT / "docs" / "trace-format.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w/.]+)` \| \[([^\]]+)\] \|", text, re.MULTILINE)
    places = {"KIND": "(self|encoder|decoder|cross)", "SIDE": "(self|encoder|decoder)", "N": "[0-9]+"}
    named = {re.sub(r"KIND|SIDE|\bN\b", lambda m: places[m[0]], re.escape(name)): shape for name, shape in rows}
    assert len(named) == len(rows) >= 20
    return named


QUESTIONS = {
    "gpt-ja-en": RunRequest("The cat <s> 猫"),
    "gpt-ja-en with parts switched off": RunRequest("The cat", interventions=parse("1.2,mlp.0")),
    "bert-ja-en": RunRequest("The cat", pair="猫"),
    "translate-ja-en": RunRequest("猫が好きです。"),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_tensor_and_field_of_a_trace_is_documented(name: str, tmp_path: Path) -> None:
    trace = capture.run(models.load(f"bundled:{name.split()[0]}"), QUESTIONS[name])
    trace.save(tmp_path / "a.safetensors")
    known = documented_tensors()
    with safe_open(tmp_path / "a.safetensors", "pt") as file:
        written = {tensor: file.get_tensor(tensor).ndim for tensor in file.keys()}  # noqa: SIM118 (not a mapping)
        document = json.loads(file.metadata()["trace"])
    for tensor, dimensions in written.items():
        shapes = [shape for pattern, shape in known.items() if re.fullmatch(pattern, tensor)]
        assert shapes, f"{tensor} is not in the table"
        assert {len(shape.split(",")) for shape in shapes} == {dimensions}, tensor
    record = next(iter(document["records"].values()))[0]
    fields_ = {*document, *document["request"], *document["card"], *document["tokens"][0], *record}
    fields_ |= {key for entry in document["morphemes"] for key in entry}
    fields_ |= {key for entry in document["request"].get("interventions", ()) for key in (*entry, *entry["site"])}
    text = (ROOT / "docs" / "trace-format.md").read_text(encoding="utf-8")
    assert not [field for field in sorted(fields_) if f"`{field}`" not in text]
    assert f'"{trace_format.FORMAT}"' in text and f"| `version` | {trace_format.VERSION} |" in text


def test_every_part_of_a_record_and_of_positions_is_documented() -> None:
    """Also those that no bundled model has."""
    text = (ROOT / "docs" / "trace-format.md").read_text(encoding="utf-8")
    arrays = {field.name for field in fields(PositionPart) if "Array" in str(field.type)}
    plain = {field.name for field in fields(PositionPart)} - arrays
    assert arrays and plain
    wanted = [f"`KIND/N/{part}`" for part in (*trace_format.RECORD_TENSORS, "replaced")]
    wanted += [f"`positions/N.{array}`" for array in arrays] + [f"`{field}`" for field in plain]
    assert not [word for word in wanted if word not in text]


def test_the_citation_names_this_version_and_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors", "type", "license"} <= set(citation)
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software"
    assert all(author.get("name") or author.get("family-names") for author in citation["authors"])
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"].split(" AND ")[0], "that of the program itself"
    assert citation["title"].lower().replace(" ", "-") == project["name"]


def test_licences_of_fonts_and_weights_are_in_the_expression_and_their_texts_in_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"].split(" AND ") == ["Apache-2.0", "OFL-1.1", "LicenseRef-CC-BY-2.0-FR"]
    given = {path for pattern in project["license-files"] for path in ROOT.glob(pattern)}
    assert given >= {ROOT / "LICENSE", *(ROOT / "assets" / "fonts").glob("OFL*.txt")}
    assert given >= set((ROOT / "assets" / "models").glob("*/README.md")), "the cards name the licence of the weights"
    for card in (ROOT / "assets" / "models").glob("*/README.md"):
        assert "CC BY 2.0 FR" in card.read_text(encoding="utf-8")
