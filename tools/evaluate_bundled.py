"""Recompute every figure of the model cards from the exported models, and write the cards if asked.

    python tools/evaluate_bundled.py --train a.tsv b.tsv --dev dev.tsv --models assets/models --cards

The TSV files are the ones that the models were trained from: the trigram baseline, the word alignment and the held-out
sentences are made from them again, with the same seed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import torch
from bundled import cards, data
from bundled.evaluate import EVALUATIONS
from bundled.export import FOLDERS


def say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, flush=True)


def parse(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, nargs="+", required=True, help="TSV files: English TAB Japanese")
    parser.add_argument("--dev", type=Path, required=True, help="TSV file that was not trained on")
    parser.add_argument("--models", type=Path, default=Path("assets/models"))
    parser.add_argument("--work", type=Path, default=Path("build/train"), help="figures; records of the training")
    parser.add_argument("--only", nargs="*", default=list(FOLDERS), choices=list(FOLDERS))
    parser.add_argument("--cards", action="store_true", help="write README.md and README.ja.md from the figures")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(words)


def main() -> int:
    arguments = parse()
    torch.set_num_threads(arguments.threads)
    split = data.make_split(arguments.train, arguments.dev)
    for step in arguments.only:
        name = FOLDERS[step]
        say(name)
        figures = EVALUATIONS[name](arguments.models / name, split, say)
        record = arguments.work / step / "record.json"
        figures["record"] = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
        figures["pairs trained on"] = len(split.train)
        path = arguments.work / f"figures-{step}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        if arguments.cards:
            cards.write(name, figures, arguments.models / name)
            say(f"wrote the cards of {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
