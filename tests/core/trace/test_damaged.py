"""A trace file that says what cannot be true is refused when it is opened, whatever is wrong with it."""

from __future__ import annotations

import copy
import json
import math
import random
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from tests.core.families import FALLBACK, REGISTRY, build, plain_tokenizer
from visualizer.core import capture, interventions, models
from visualizer.core.analyses import first_look, head_statistics
from visualizer.core.errors import DamagedFile
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

Tensors = dict[str, torch.Tensor]
Document = dict[str, Any]
CHANGES = 60
TEXT = "5 6 7 8 9 5 6"


def loaded(name: str) -> LoadedModel:
    family = next(f for f in (*REGISTRY, *FALLBACK) if f.name == name)
    return models.wrap(build(family), plain_tokenizer(pairs=name.startswith("bert")))


class Saved:
    """What a trace file holds, to be changed and written again."""

    def __init__(self, name: str, folder: Path) -> None:
        self.path = folder / f"{name}.safetensors"
        model = loaded(name)
        target = "9 8 7" if model.kind == "encoder_decoder" else None
        capture.run(model, RunRequest(TEXT, target=target)).save(self.path)
        with safe_open(self.path, framework="pt") as opened:
            self.document: Document = json.loads(opened.metadata()["trace"])
        self.tensors: Tensors = load_file(self.path)

    def write(self, path: Path, change: Callable[[Document, Tensors], None]) -> Path:
        document, tensors = copy.deepcopy(self.document), dict(self.tensors)
        change(document, tensors)
        return write(path, json.dumps(document), tensors)


def write(path: Path, header: str, tensors: Tensors) -> Path:
    save_file({name: tensor.contiguous().clone() for name, tensor in tensors.items()}, path, metadata={"trace": header})
    return path


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Saved]:
    folder, known = tmp_path_factory.mktemp("saved"), dict[str, Saved]()
    return lambda name: known.get(name) or known.setdefault(name, Saved(name, folder))


@pytest.mark.parametrize("name", [family.name for family in (*REGISTRY, *FALLBACK)])
def test_what_the_program_saved_is_never_refused(name: str, tmp_path: Path) -> None:
    model = loaded(name)
    target = "9 8 7" if model.kind == "encoder_decoder" else None
    trace = capture.run(model, RunRequest(TEXT, "7 8" if model.accepts_pair else None, target))
    trace.save(tmp_path / "a.safetensors")
    assert Trace.open(tmp_path / "a.safetensors").tokens == trace.tokens


def test_traces_of_changed_runs_and_of_ids_are_not_refused(tmp_path: Path) -> None:
    model = loaded("llama")
    changed = capture.run(model, RunRequest(TEXT, interventions=interventions.parse("0.1")))
    ids = torch.tensor([[5, 6, 7, 0]])
    for number, trace in enumerate((changed, capture.run_ids(model, RunRequest("5 6 7"), ids))):
        trace.save(tmp_path / f"{number}.safetensors")
        assert Trace.open(tmp_path / f"{number}.safetensors").request == trace.request


def first(document: Document) -> Document:
    kind = next(iter(document["records"]))
    entry: Document = document["records"][kind][0]
    return entry


def put(name: str, change: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Document, Tensors], None]:
    def apply(_document: Document, tensors: Tensors) -> None:
        tensors[name] = change(tensors[name].clone())

    return apply


def with_value(value: float) -> Callable[[torch.Tensor], torch.Tensor]:
    def apply(tensor: torch.Tensor) -> torch.Tensor:
        tensor.view(-1)[tensor.numel() // 2] = value
        return tensor

    return apply


def labels(content: str) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(zlib.compress(content.encode(), 9), dtype=np.uint8).copy())


WRONG: dict[str, Callable[[Document, Tensors], None]] = {
    "query of another text": put("self/1/query", lambda t: t[:, :3]),
    "query of another width": put("self/1/query", lambda t: t[..., :5]),
    "key without heads": put("self/0/key", lambda t: t[:0]),
    "three key heads for four": put("self/0/key", lambda t: t[[0, 1, 0]]),
    "value of another text": put("self/0/value", lambda t: t[:, 1:]),
    "fewer heads in one layer": put("self/2/query", lambda t: t[:2]),
    "whole numbers": put("self/0/query", lambda t: (100 * t).long()),
    "nan": put("self/0/query", with_value(math.nan)),
    "infinity": put("self/2/value", with_value(math.inf)),
    "nan in the stream": put("residual/self/1", with_value(math.nan)),
    "stream of another text": put("residual/self/1", lambda t: t[:-1]),
    "final states": put("final", lambda t: t[0]),
    "nan in the logits": put("head/logits", with_value(math.nan)),
    "logits of another text": put("head/logits", lambda t: t[:-1]),
    "labels of another vocabulary": put("head/logits", lambda t: t[:, :-1]),
    "scaling": lambda d, t: first(d).update(scaling="1"),
    "endless scaling": lambda d, t: first(d).update(scaling=math.inf),
    "scaling beyond all numbers": lambda d, t: first(d).update(scaling=1e300),
    "scores beyond all numbers": put("self/0/query", with_value(3e38)),
    "causal": lambda d, t: first(d).update(causal="no"),
    "soft cap": lambda d, t: first(d).update(softcap=0),
    "label that is a number": lambda d, t: d["tokens"][0].update(text=5),
    "id that is a text": lambda d, t: d["tokens"][0].update(id="5"),
    "span": lambda d, t: d["tokens"][1].update(span=[5, 2]),
    "span without an end": lambda d, t: d["tokens"][1].update(span=[0, 10**12]),
    "span of one number": lambda d, t: d["tokens"][1].update(span=[0]),
    "sequence": lambda d, t: d["tokens"][1].update(sequence=7),
    "tokens": lambda d, t: d.update(tokens=d["tokens"] * 2),
    "tokens that are none": lambda d, t: d.update(tokens={"a": 1}),
    "no attention": lambda d, t: d.update(records={}),
    "another kind of attention": lambda d, t: d.update(records={"other": d["records"]["self"]}),
    "card": lambda d, t: d["card"].update(layers="3"),
    "kind of model": lambda d, t: d["card"].update(kind="other"),
    "cut": lambda d, t: d.update(cut=-1),
    "cut that is true": lambda d, t: d.update(cut=True),
    "seconds": lambda d, t: d.update(seconds="long"),
    "method": lambda d, t: d.update(method=3),
    "difference": lambda d, t: d.update(difference="none"),
    "task": lambda d, t: d.update(task="masked?"),
    "blank": lambda d, t: d.update(mask_id=-1),
    "request": lambda d, t: d["request"].update(text=3),
    "labels that are numbers": lambda d, t: t.update({"head/labels": labels(json.dumps([1] * 97))}),
    "nested labels": lambda d, t: t.update({"head/labels": labels("[" * 90_000)}),
    "labels cut off": lambda d, t: t.update({"head/labels": t["head/labels"][:20]}),
    "positions": lambda d, t: t.update({"positions/about": torch.zeros(3, dtype=torch.uint8)}),
    "frequencies": put("positions/0.inverse_frequencies", with_value(math.nan)),
    "frequencies in a matrix": put("positions/0.inverse_frequencies", lambda t: t[None]),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_true_is_refused_at_the_opening(
    wrong: str, saved: Callable[[str], Saved], tmp_path: Path
) -> None:
    path = saved("llama").write(tmp_path / "a.safetensors", WRONG[wrong])
    with pytest.raises(DamagedFile):
        Trace.open(path)


def test_nested_json_in_the_header_is_refused(saved: Callable[[str], Saved], tmp_path: Path) -> None:
    for header in ("[" * 200_000, '{"a":' * 200_000, "[]", "5", '{"format": NaN}', '{"version": ' + "9" * 5000 + "}"):
        with pytest.raises(DamagedFile):
            Trace.open(write(tmp_path / "a.safetensors", header, saved("llama").tensors))


def test_labels_that_unpack_into_gigabytes_are_not_unpacked(saved: Callable[[str], Saved], tmp_path: Path) -> None:
    def change(_document: Document, tensors: Tensors) -> None:
        packer = zlib.compressobj(9)
        block = b'"aaaaaaa",' * 100_000
        packed = packer.compress(b"[") + b"".join(packer.compress(block) for _ in range(200)) + packer.flush()
        tensors["head/labels"] = torch.from_numpy(np.frombuffer(packed, dtype=np.uint8).copy())

    path = saved("llama").write(tmp_path / "a.safetensors", change)
    assert path.stat().st_size < 1 << 20
    tracemalloc.start()
    try:
        with pytest.raises(DamagedFile, match="labels"):
            Trace.open(path)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20, "200 MB lie in these labels"
    finally:
        tracemalloc.stop()


VALUES: list[Any] = [None, True, -1, 0, 3, 10**12, 1e300, -0.5, math.inf, math.nan, "", "x" * 300, "\x00", [], {}, [[]]]


def mutate_document(document: Document, chance: random.Random) -> None:
    """Puts a strange value somewhere, takes something away, or does it twice."""
    at: Any = document
    while True:
        places = list(at) if isinstance(at, dict) else list(range(len(at)))
        place = chance.choice(places)
        if isinstance(at[place], dict | list) and at[place] and chance.random() < 0.85:
            at = at[place]
            continue
        what = chance.randrange(4)
        if what == 0:
            del at[place]
        elif what == 1 and isinstance(at, list):
            at.insert(place, copy.deepcopy(at[place]))
        else:
            at[place] = chance.choice(VALUES)
        return


def mutate_tensors(tensors: Tensors, chance: random.Random) -> None:
    name = chance.choice(sorted(tensors))
    tensor = tensors[name].clone()
    what = chance.randrange(7)
    if what == 0:
        del tensors[name]
        return
    if what == 1:
        tensors[name] = tensors[chance.choice(sorted(tensors))]
        return
    if what == 2 and tensor.is_floating_point() and tensor.numel():
        tensor.view(-1)[chance.randrange(tensor.numel())] = chance.choice([math.nan, math.inf, -math.inf, 3e38])
    elif what == 3:
        tensor = tensor.to(chance.choice([torch.float16, torch.float64, torch.int64, torch.bool, torch.uint8]))
    elif what == 4 and tensor.dim():
        tensor = tensor.narrow(chance.randrange(tensor.dim()), 0, 1)
    elif what == 5:
        tensor = tensor[None]
    else:
        tensor = tensor.reshape(-1)
    tensors[name] = tensor


def ask_everything(trace: Trace) -> None:
    """What opens must answer, and with finite numbers."""
    for kind in trace.kinds:
        for layer in range(trace.layers(kind)):
            for head in range(trace.heads(kind)):
                assert np.isfinite(trace.attention(layer, head, kind)).all()
                trace.mask(layer, kind, head)
    for position in range(trace.n_positions):
        assert not np.isnan(trace.logits(position)).any()
        assert all(isinstance(c.text, str) for c in trace.next_tokens(position, limit=3))
    assert np.isfinite(trace.hidden(0)).all()
    trace.positions.to_arrays()
    first_look.choose(trace)
    head_statistics.measure(trace)
    _ = [token.name for token in (*trace.tokens, *trace.target_tokens)]


@pytest.mark.parametrize("name", ["llama", "gemma2", "bert", "t5", "bloom", "gpt_oss"])
def test_a_changed_file_is_refused_or_answers(name: str, saved: Callable[[str], Saved], tmp_path: Path) -> None:
    base, chance, opened = saved(name), random.Random(name), 0
    for number in range(CHANGES):

        def change(document: Document, tensors: Tensors) -> None:
            if chance.random() < 0.5:
                mutate_document(document, chance)
            else:
                mutate_tensors(tensors, chance)

        try:
            path = base.write(tmp_path / "a.safetensors", change)
            trace = Trace.open(path)
            opened += 1
            ask_everything(trace)
        except DamagedFile:
            continue
        except Exception as error:
            raise AssertionError(f"change {number} of {name}: {error!r}") from error
    assert opened < 0.8 * CHANGES, "changes that change nothing show nothing"
