"""What is read from disk, damaged: each kind opens an input as the program does, and asks what came of it a little."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz.mutating import NONSENSE, damaged, other_json, write_json

TEXT = "The cat 私は図書館で本を読む。"
FOLDERS = ("gpt2", "llama", "bert", "t5", "marian", "bloom")

Attempt = Callable[[random.Random], None]  # raises what the program would have raised


def attempt(kind: str, folder: Path) -> Attempt:
    """What tries one input of a kind, with scratch files in a folder of its own. Raises KeyError for another kind."""
    return {
        "traces": _traces, "models": _models, "tokenizers": _tokenizers, "gguf": _gguf,
        "sessions": _sessions, "settings": _settings, "texts": _texts,
    }[kind](folder)  # fmt: skip


KINDS = ("traces", "models", "tokenizers", "gguf", "sessions", "settings", "texts")


@cache
def _small(name: str) -> Any:
    """A tiny random model, loaded from the folder that a person would have."""
    import tempfile

    from tests.core import model_folders
    from visualizer.core import models

    return models.load(str(model_folders.save(name, Path(tempfile.mkdtemp()) / name)))


def _traces(folder: Path) -> Attempt:
    from visualizer.core import capture
    from visualizer.core.export import quantities
    from visualizer.core.export.part import Part
    from visualizer.core.request import RunRequest
    from visualizer.core.trace import Trace

    originals = []
    for name in ("gpt2", "bert", "marian"):
        path = folder / f"{name}.safetensors"
        capture.run(_small(name), RunRequest(TEXT[:14])).save(path)
        originals.append(path.read_bytes())

    def try_one(rng: random.Random) -> None:
        data, path = rng.choice(originals), folder / "mutated.safetensors"
        length = int.from_bytes(data[:8], "little")
        if rng.random() < 0.6:  # the header stays JSON, what it says does not
            header = json.loads(data[8 : 8 + length])
            about = header["__metadata__"]
            names = [name for name, value in about.items() if value[:1] in "[{"]
            if names and rng.random() < 0.7:
                name = rng.choice(names)
                about[name] = json.dumps(other_json(json.loads(about[name]), rng))
            else:
                header = other_json(header, rng)
            text = json.dumps(header).encode("utf-8", "surrogatepass")
            data = len(text).to_bytes(8, "little") + text + data[8 + length :]
        else:
            body = bytearray(data)
            if rng.random() < 0.3 and len(body) > 16 + length:  # NaN, infinity, another number somewhere in a tensor
                at = rng.randrange(8 + length, len(body) - 4)
                body[at : at + 4] = rng.choice((b"\0\0\xc0\x7f", b"\0\0\x80\x7f", b"\xff\xff\xff\xff", b"\0\0\0\x80"))
                data = bytes(body)
            else:
                data = damaged(data, rng)
        path.write_bytes(data)
        trace = Trace.open(path)
        trace.save(folder / "again.safetensors")
        for what in rng.sample(list(quantities.QUANTITIES), 2):
            part = Part(kind=rng.choice(trace.kinds))
            quantities.write(trace, what, folder / f"numbers{rng.choice(quantities.FORMATS)}", part)

    return try_one


def _load_and_run(source: Path, rng: random.Random) -> None:
    from visualizer.core import capture, models
    from visualizer.core.request import RunRequest

    model = models.load(str(source))
    capture.run(model, RunRequest(rng.choice((TEXT, "abc", *NONSENSE[6:12])) or "a"))


def _folders(folder: Path) -> list[Path]:
    from tests.core import model_folders

    return [model_folders.save(name, folder / "originals" / name) for name in FOLDERS]


def _models(folder: Path) -> Attempt:
    originals = _folders(folder)

    def try_one(rng: random.Random) -> None:
        target = _copied(rng.choice(originals), folder / "mutated")
        way = rng.random()
        if way < 0.6:
            path = target / "config.json"
            write_json(path, other_json(json.loads(path.read_text(encoding="utf-8")), rng), rng)
        elif way < 0.85:
            path = target / "model.safetensors"
            path.write_bytes(damaged(path.read_bytes(), rng))
        elif way < 0.92:
            index = {"metadata": {"total_size": 1}, "weight_map": {"a.weight": "model-00001-of-00001.safetensors"}}
            write_json(target / "model.safetensors.index.json", other_json(index, rng), rng)
            (target / "model.safetensors").unlink()
        else:
            path = rng.choice([one for one in target.iterdir() if one.is_file()])
            path.unlink() if rng.random() < 0.5 else path.write_bytes(b"" if rng.random() < 0.5 else b"\xff\xfe\x00")
        _load_and_run(target, rng)

    return try_one


def _tokenizers(folder: Path) -> Attempt:
    originals = _folders(folder)
    names = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "source.spm")

    def try_one(rng: random.Random) -> None:
        target = _copied(rng.choice(originals), folder / "mutated")
        there = [path for path in map(target.joinpath, names) if path.is_file()]
        path = rng.choice(there)
        if path.suffix == ".json" and rng.random() < 0.8:
            write_json(path, other_json(json.loads(path.read_text(encoding="utf-8")), rng), rng)
        else:
            path.write_bytes(damaged(path.read_bytes(), rng))
        _load_and_run(target, rng)

    return try_one


def _copied(original: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(original, target)
    return target


def _gguf(folder: Path) -> Attempt:
    from tests.core.families import LLAMA
    from tests.core.gguf_files import PIECES, write
    from tests.core.model_folders import build

    model = build("LlamaForCausalLM", {**LLAMA, "vocab_size": len(PIECES)})
    data = write(model, folder / "original.gguf").read_bytes()

    def try_one(rng: random.Random) -> None:
        path = folder / f"mutated{rng.randrange(4)}.gguf"
        path.write_bytes(damaged(data, rng))
        _load_and_run(path, rng)

    return try_one


def _sessions(folder: Path) -> Attempt:
    from visualizer.core.interventions import ablation
    from visualizer.core.request import RunRequest
    from visualizer.session import document_file
    from visualizer.session.document import AskedRun, Document, Layout, ModelReference, Pane

    asked = RunRequest("私は", None, "a", (ablation.head(1, 2),))
    document_file.write(
        Document(
            models=(ModelReference("bundled:gpt-ja-en", "cpu", "float32"),),
            runs=(AskedRun(1, 0, RunRequest("a"), None), AskedRun(2, 0, asked, 1)),
            panes=(Pane(asked, 0), Pane(RunRequest("b"), 0)),
            layout=Layout("attention_map", "head_grid", True, "positions"),
            options={"positions": {"part": "query"}},
        ),
        folder / "original.tvsession",
    )
    original = json.loads((folder / "original.tvsession").read_text(encoding="utf-8"))

    def try_one(rng: random.Random) -> None:
        path = folder / "mutated.tvsession"
        write_json(path, other_json(original, rng), rng)
        document_file.write(document_file.read(path), folder / "again.tvsession")

    return try_one


def _settings(folder: Path) -> Attempt:
    from dataclasses import asdict

    from visualizer.session import settings
    from visualizer.session.settings import Settings

    original = asdict(
        Settings(
            geometry="AdnQywADAAAAAAAA",
            splitters={"views": "AAAA/wAAAAEAAAAC", "dock": "304"},
            recent_models=["bundled:gpt-ja-en"],
            recent_sessions=["/a.tvsession"],
            text="私は",
            views={"positions": {"part": "query"}, "two": True},
        )
    )

    def try_one(rng: random.Random) -> None:
        path = folder / "settings.json"
        write_json(path, other_json(original, rng), rng)
        found, _ = settings.load(path)
        if not settings.save(found, folder / "again.json"):
            raise RuntimeError("what was read could not be written")
        if settings.load(folder / "again.json") != (found, False):
            raise RuntimeError("what was written is not what is read")

    return try_one


def _texts(folder: Path) -> Attempt:
    from visualizer.core import capture, models
    from visualizer.core.request import RunRequest

    bundled = [models.load(f"bundled:{name}") for name in ("gpt-ja-en", "bert-ja-en", "translate-ja-en")]

    def try_one(rng: random.Random) -> None:
        def text() -> str:
            parts = [rng.choice(NONSENSE) for _ in range(rng.randrange(1, 6))]
            if rng.random() < 0.3:
                numbers = (rng.choice((rng.randrange(0x20, 0x3100), rng.randrange(0x110000))) for _ in range(9))
                parts.append("".join(map(chr, numbers)))
            return "".join(parts)

        model = rng.choice([*bundled, *map(_small, FOLDERS)])
        pair = text() if rng.random() < 0.2 else None
        target = text() if rng.random() < 0.3 else None
        trace = capture.run(model, RunRequest(text(), pair, target))
        path = folder / "text.safetensors"
        trace.save(path)
        type(trace).open(path)

    return try_one
