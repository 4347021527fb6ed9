"""Train the bundled models from sentence pairs: any TSV files of the form English TAB Japanese.

    python tools/train_bundled.py tokenizer --train a.tsv b.tsv --dev dev.tsv --work build/train
    python tools/train_bundled.py gpt       --train a.tsv b.tsv --dev dev.tsv --work build/train --minutes 60
    python tools/train_bundled.py bert      ...the same
    python tools/train_bundled.py translate ...the same
    python tools/train_bundled.py average   --only gpt --work build/train --checkpoints a.pt b.pt --sharpness 0.92
    python tools/train_bundled.py export    --work build/train --to assets/models

Each step says what it does. A training that was stopped goes on from its last check, with the sentences in a new order.
The same seed gives the same result up to the machine's speed (training ends by the clock) and to such stops. Sentences
of --dev are never trained on; which others are held out depends on the order of the files after --train.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import torch
from bundled import bert, data, export, gpt, losses, record, training, translate
from bundled.refused import Refused
from bundled.tokenizer import train_vocabulary
from tokenizers import Tokenizer

TASKS: dict[str, Any] = {"gpt": gpt.Task, "bert": bert.Task, "translate": translate.Task}


def say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, flush=True)


def make_tokenizer(arguments: argparse.Namespace, split: data.Split) -> Tokenizer:
    """The shared tokenizer: read from the work folder, or trained and put there."""
    path = arguments.work / "tokenizer.json"
    if not path.exists():
        say(f"training a vocabulary of {arguments.vocabulary} pieces on {len(split.train):,} pairs")
        path.parent.mkdir(parents=True, exist_ok=True)
        train_vocabulary(split.train, arguments.vocabulary).save(str(path))
    else:
        say(f"the vocabulary is that of {path}; delete it to train one on these sentences")
    return Tokenizer.from_file(str(path))


def told(arguments: argparse.Namespace, split: data.Split, device: str) -> dict[str, Any]:
    """What plan.json keeps of a training's options."""
    return {
        "planned_minutes": arguments.minutes,
        "device": torch.cuda.get_device_name() if device == "cuda" else device,
        "threads": arguments.threads,
        "dropout": arguments.dropout,
        "matrix_rate": arguments.matrix_rate,
        "other_rate": arguments.other_rate,
        "weight_decay": arguments.weight_decay,
        "seed": arguments.seed,
        "compile": arguments.compile,
        "pairs": len(split.train),
        "dev_pairs": len(split.dev),
        "held_out_pairs": len(split.held_out),
    }


def train_one(arguments: argparse.Namespace, split: data.Split, tokenizer: Tokenizer) -> None:
    """Train the model named by the step until its time is spent."""
    training.needs_muon()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(arguments.seed)
    random.seed(arguments.seed)
    task = TASKS[arguments.step](split, tokenizer, arguments.dropout)
    task.model.to(device)
    for weight in task.model.parameters():  # buffers stay exact: rotary frequencies would be rounded
        weight.data = weight.data.to(torch.bfloat16)
    if arguments.compile:
        task.compile()
    losses.use_compiler(arguments.compile)
    size = sum(weight.numel() for weight in task.model.parameters()) / 1e6
    say(
        f"{arguments.step}: {size:.1f}M parameters, {len(split.train):,} pairs, {arguments.minutes:g} minutes, "
        f"{device}, {torch.get_num_threads()} threads, seed {arguments.seed}"
    )
    plan = training.Plan(
        minutes=arguments.minutes,
        seed=arguments.seed,
        check_every=arguments.check_every,
        matrix_rate=arguments.matrix_rate,
        other_rate=arguments.other_rate,
        weight_decay=arguments.weight_decay,
    )
    folder = arguments.work / arguments.step
    record.write(folder / record.PLAN, told(arguments, split, device))
    minutes = training.train(task.model, task.batches, task.loss_of, task.score, plan, folder, say)
    say(f"done after {minutes:.1f} minutes of training; best weights in {folder / 'best.pt'}")


def parse(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["tokenizer", *TASKS, "average", "export"])
    parser.add_argument(
        "--train",
        type=Path,
        nargs="+",
        default=[],
        help="TSV files: English TAB Japanese; their order decides what is held out",
    )
    parser.add_argument("--dev", type=Path, help="TSV file for choosing the best checkpoint; never trained on")
    parser.add_argument("--work", type=Path, default=Path("build/train"), help="tokenizer, checkpoints")
    parser.add_argument("--to", type=Path, default=Path("assets/models"), help="where export writes the models")
    parser.add_argument(
        "--only", nargs="+", choices=list(TASKS), default=list(TASKS), help="models to average or export"
    )
    parser.add_argument("--checkpoints", type=Path, nargs="*", default=[], help="what average takes the mean of")
    parser.add_argument("--sharpness", type=float, default=1.0, help="factor on the logits of an averaged gpt")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--check-every", type=float, default=4.0, help="minutes between measurements on --dev")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--vocabulary", type=int, default=9000)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--matrix-rate", type=float, default=4e-3, help="peak learning rate of Muon")
    parser.add_argument("--other-rate", type=float, default=3e-3, help="peak learning rate of AdamW")
    parser.add_argument("--weight-decay", type=float, default=0.1, help="of the hidden matrices")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compile", action="store_true", help="use torch.compile (on a CPU: needs a C++ compiler)")
    arguments = parser.parse_args(words)
    if arguments.step == "average" and not (arguments.checkpoints and len(arguments.only) == 1):
        parser.error("average needs --checkpoints and one name after --only")
    if arguments.sharpness != 1.0 and (arguments.step, arguments.only) != ("average", ["gpt"]):
        parser.error("--sharpness is for average --only gpt")
    if arguments.step in ("tokenizer", *TASKS) and not (arguments.train and arguments.dev):
        parser.error(f"{arguments.step} needs --train and --dev")
    return arguments


def run(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    if arguments.step == "average":
        say(export.average(arguments.only[0], arguments.checkpoints, arguments.work, arguments.sharpness))
        return
    if arguments.step == "export":
        for name in arguments.only:
            say(export.export(name, arguments.work, arguments.to))
        return
    split = data.make_split(arguments.train, arguments.dev)
    tokenizer = make_tokenizer(arguments, split)
    if arguments.step != "tokenizer":
        train_one(arguments, split, tokenizer)


def main() -> int:
    try:
        run(parse())
    except Refused as refused:
        print(f"train_bundled: {refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
