"""Keep `assets/i18n/ja.ts` in step with the sources.

    python tools/update_translations.py                       add what is new as unfinished, drop what is gone
    python tools/update_translations.py --check               say what is missing; exit status 1 if anything is
    python tools/update_translations.py --set CONTEXT "source" "訳"
    python tools/update_translations.py --set-many FILE.json  {"Context": {"source": "訳"}}

The context is the class that the `tr` stands in, or the first argument of `QCoreApplication.translate` and
`QT_TRANSLATE_NOOP`. The file is an ordinary Qt Linguist file; the program reads it as it is.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
TS = ROOT / "assets" / "i18n" / "ja.ts"

Catalogue = dict[str, dict[str, str]]  # context -> source -> Japanese, "" when unfinished


@dataclass
class Found:
    """The strings of the sources, and what is wrong with the calls."""

    strings: dict[tuple[str, str], str] = field(default_factory=dict)  # (context, source) -> "file:line" of the first
    problems: list[str] = field(default_factory=list)


class _Extractor(ast.NodeVisitor):
    def __init__(self, path: str, found: Found) -> None:
        self.path, self.found = path, found
        self.classes: list[str] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.classes.append(node.name)
        self.generic_visit(node)
        self.classes.pop()

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("tr", "QT_TR_NOOP") and node.args:
            context = ast.Constant(self.classes[-1]) if self.classes else None
            self._take(node, context, node.args[0])
        elif name in ("translate", "QT_TRANSLATE_NOOP") and len(node.args) >= 2 and _is_text(node.args[0]):
            self._take(node, node.args[0], node.args[1])

    def _take(self, node: ast.Call, context: ast.expr | None, source: ast.expr) -> None:
        where = f"{self.path}:{node.lineno}"
        if isinstance(source, ast.JoinedStr | ast.BinOp) or _is_format(source):
            self.found.problems.append(f'{where}: translate the pattern, then fill it in: tr("...").format(...)')
        elif isinstance(source, ast.Constant) and isinstance(source.value, str):
            if isinstance(context, ast.Constant) and isinstance(context.value, str):
                self.found.strings.setdefault((context.value, source.value), where)
            else:
                self.found.problems.append(
                    f"{where}: the context of {source.value!r} is not known (tr outside a class)"
                )


def _is_text(node: ast.expr) -> bool:
    """Painters translate too: by numbers."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_format(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"


def extract(root: Path = ROOT) -> Found:
    """Every string of `visualizer/` that is meant for translation."""
    found = Found()
    for path in sorted((root / "visualizer").rglob("*.py")):
        _Extractor(str(path.relative_to(root)), found).visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def read(path: Path = TS) -> Catalogue:
    if not path.exists():
        return {}
    catalogue: Catalogue = {}
    for context in ElementTree.parse(path).getroot().iter("context"):
        messages = catalogue.setdefault(context.findtext("name", ""), {})
        for message in context.iter("message"):
            translation = message.find("translation")
            finished = translation is not None and translation.get("type") is None
            messages[message.findtext("source", "")] = message.findtext("translation", "") if finished else ""
    return catalogue


def write(catalogue: Catalogue, path: Path = TS) -> None:
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        "<!DOCTYPE TS>",
        '<TS version="2.1" language="ja_JP" sourcelanguage="en">',
    ]
    for context in sorted(catalogue):
        lines += ["<context>", f"    <name>{escape(context)}</name>"]
        for source, translation in catalogue[context].items():
            done = f">{escape(translation)}</translation>" if translation else ' type="unfinished"></translation>'
            lines += [
                "    <message>",
                f"        <source>{escape(source)}</source>",
                f"        <translation{done}",
                "    </message>",
            ]
        lines.append("</context>")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".ja-")
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join([*lines, "</TS>", ""]))
    os.chmod(name, 0o644)
    os.replace(name, path)


@contextlib.contextmanager
def locked(path: Path = TS) -> Iterator[None]:
    """Hold a lock file beside `path`, so that several people may add their strings at once."""
    lock = path.with_name("." + path.name + ".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + 30.0
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            if time.monotonic() > deadline:
                raise SystemExit(f"{lock} is held by someone else; remove it if nobody is at work") from None
            time.sleep(0.05)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def update(catalogue: Catalogue, found: Found) -> Catalogue:
    """The strings of the sources, with the translations that exist."""
    fresh: Catalogue = {}
    for context, source in found.strings:
        fresh.setdefault(context, {})[source] = catalogue.get(context, {}).get(source, "")
    return fresh


def missing(catalogue: Catalogue, found: Found) -> list[str]:
    """One line for each string without Japanese, and each call that cannot be translated."""
    untranslated = [
        f"{where}: no Japanese for {context} {source!r}"
        for (context, source), where in found.strings.items()
        if not catalogue.get(context, {}).get(source)
    ]
    return found.problems + untranslated


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--set", nargs=3, metavar=("CONTEXT", "SOURCE", "JAPANESE"), action="append", default=[])
    parser.add_argument("--set-many", type=Path, metavar="FILE.json")
    chosen = parser.parse_args(arguments)
    if chosen.check:
        lines = missing(read(), extract())
        print("\n".join(lines) or "complete")
        return 1 if lines else 0
    with locked():
        catalogue = read()
        given = [tuple(one) for one in chosen.set]
        if chosen.set_many:
            stored = json.loads(chosen.set_many.read_text(encoding="utf-8"))
            given += [(context, source, text) for context, pairs in stored.items() for source, text in pairs.items()]
        for context, source, text in given:
            catalogue.setdefault(context, {})[source] = text
        if not given:
            catalogue = update(catalogue, extract())
        write(catalogue)
    return 0


if __name__ == "__main__":
    sys.exit(main())
