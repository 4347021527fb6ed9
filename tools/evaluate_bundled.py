"""Recompute every figure of the model cards from the exported models, and write the cards if asked.

    python tools/evaluate_bundled.py --train a.tsv b.tsv --dev dev.tsv --models assets/models --cards
    python tools/evaluate_bundled.py --cards --measured     the cards again, from the figures measured last

The TSV files are the ones that the models were trained from, in the same order: the trigram baseline, the word
alignment and the held-out sentences are made from them again, with the same seed. How a model was trained stands in its
training.json, which train_bundled.py export writes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import torch
from bundled import cards, data, record
from bundled.evaluate import EVALUATIONS
from bundled.export import FOLDERS
from bundled.refused import Refused


def say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, flush=True)


def parse(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--train",
        type=Path,
        nargs="+",
        default=[],
        help="TSV files: English TAB Japanese, in the order of the training",
    )
    parser.add_argument("--dev", type=Path, help="TSV file that was not trained on")
    parser.add_argument("--models", type=Path, default=Path("assets/models"))
    parser.add_argument("--work", type=Path, default=Path("build/train"), help="where the figures are written")
    parser.add_argument("--only", nargs="+", default=list(FOLDERS), choices=list(FOLDERS))
    parser.add_argument("--cards", action="store_true", help="write README.md and README.ja.md from the figures")
    parser.add_argument("--measured", action="store_true", help="measure nothing: take the figures written last")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args(words)
    if not arguments.measured and not (arguments.train and arguments.dev):
        parser.error("needs --train and --dev, or --measured")
    return arguments


def run(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    if arguments.cards:  # before hours of measuring
        for step in arguments.only:
            record.read_record(arguments.models / FOLDERS[step])
    split = None if arguments.measured else data.make_split(arguments.train, arguments.dev)
    for step in arguments.only:
        name = FOLDERS[step]
        path = arguments.work / f"figures-{step}.json"
        if split is not None:
            say(name)
            record.write(path, EVALUATIONS[name](arguments.models / name, split, say))
        elif not path.exists():
            raise Refused(f"{path} is missing: measure first, without --measured")
        if arguments.cards:
            cards.write(name, json.loads(path.read_text(encoding="utf-8")), arguments.models / name)
            say(f"wrote the cards of {name}")


def main() -> int:
    try:
        run(parse())
    except Refused as refused:
        print(f"evaluate_bundled: {refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
