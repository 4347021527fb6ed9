"""What the verbs that list something print: one line each, or JSON."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import Any

from visualizer.core.examples.example import Example
from visualizer.core.examples.library import library
from visualizer.core.loading.catalogue import catalogue


def models(asked: argparse.Namespace, language: str) -> None:
    """The bundled models and some well-known ones."""
    entries = catalogue()
    if asked.json:
        print(json.dumps([dataclasses.asdict(entry) for entry in entries], ensure_ascii=False, indent=1))
        return
    width = max((len(entry.source) for entry in entries), default=0)
    for entry in entries:
        description = entry.description_ja if language == "ja" else entry.description_en
        print(f"{entry.source:<{width}}  {entry.size / 1e6:>8,.1f} M  {description}")


def examples(asked: argparse.Namespace, language: str) -> None:
    """The examples that ship with the program, by topic."""
    found = library()
    if asked.json:
        print(json.dumps([_as_json(example) for example in found], ensure_ascii=False, indent=1))
        return
    width = max((len(example.id) for example in found), default=0)
    for topic in found.topics:
        print(topic.title.of(language))
        for example in found.of_topic(topic.id):
            print(f"  {example.id:<{width}}  {example.title.of(language)}  |  {example.sentence}  |  {example.model}")


def _as_json(example: Example) -> dict[str, Any]:
    words = {name: dataclasses.asdict(getattr(example, name)) for name in ("title", "shows")}
    request = {name: getattr(example.request, name) for name in ("text", "pair", "target")}
    plain = {name: getattr(example, name) for name in ("id", "topic", "language", "model", "view", "is_limit")}
    return plain | request | {"aim": dataclasses.asdict(example.aim)} | words


def put_example(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> None:
    """Let an example say what was not said: model, texts, view, head, tokens, options.

    With another model than its own, head, tokens and position are left to the command line: they mean nothing there.
    """
    example: Example | None = getattr(asked, "example", None)
    if example is None:
        if getattr(asked, "view", "") is None:
            parser.error("the following arguments are required: --view (or --example)")
        return
    if any(getattr(asked, name) is not None for name in ("text", "pair", "target", "trace")):
        parser.error("--example brings its own text: leave out --text, --pair, --target, --trace")
    request, aim = example.request, example.aim
    asked.text, asked.pair, asked.target = request.text, request.pair, request.target
    asked.view = asked.view or example.view
    asked.window_view = example.view
    is_its_model = asked.model in (None, example.model)
    asked.model = asked.model or example.model
    for view, options in example.options.items():
        for name, value in options.items():
            if getattr(asked, f"option:{view}:{name}", None) is None:
                setattr(asked, f"option:{view}:{name}", value)
    if not is_its_model:
        return
    if asked.kind is None and asked.layer is None and asked.head is None:
        asked.kind, asked.layer, asked.head = aim.kind, aim.layer, aim.head
        if asked.query is None and asked.key is None:
            asked.query, asked.key = aim.query, aim.key
    if asked.position is None:
        asked.position = aim.position if aim.position >= 0 else None
