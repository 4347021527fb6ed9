"""python -m tests.benchmarks.soak: 20,000 repaints and 500 runs in one process, and the memory they leave behind."""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from tests.benchmarks import memory
from tests.benchmarks.looking import Paints, until
from visualizer.session.selection import Hover
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.views.registry import VIEWS, view_class
from visualizer.widgets.appearance import Appearance

MODEL = "bundled:gpt-ja-en"
SENTENCES = ("私は図書館で本を読んでいます。", "The cat sat on the mat and", "猫が好きです", "Tokyo is the capital of")
LIMIT = 20e6  # bytes
PARTS = 10


def resident() -> int:
    """Resident memory in bytes, garbage aside."""
    for _ in range(3):
        gc.collect()
        QApplication.processEvents()
    return memory.status("VmRSS")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--repaints", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=500)
    asked = parser.parse_args()
    app = QApplication([])
    session = Session(Settings(language="ja", theme="light", model=MODEL))
    errors: list[object] = []
    session.error_raised.connect(errors.append)
    appearance = Appearance(app, session)
    appearance.apply()
    views = [view_class(name)(session) for name in VIEWS]
    paints = [Paints(view.export_widget()) for view in views]
    for view in views:
        view.resize(700, 560)
        view.show()
    session.set_text(SENTENCES[0])
    session.load_model(MODEL)
    until(lambda: session.trace is not None and all(view.is_complete() for view in views), 120)
    kind = session.trace.kinds[0]  # type: ignore[union-attr]
    layers, heads = session.trace.layers(kind), session.trace.heads(kind)  # type: ignore[union-attr]

    numbers = itertools.count()  # no two texts are equal: an equal one would not run

    def run() -> None:
        before, number = session.trace, next(numbers)
        session.set_text(f"{SENTENCES[number % len(SENTENCES)]}{number}")
        until(lambda: session.trace is not before, 60)

    def repaint(turn: int) -> None:
        session.select(layer=turn % layers, head=turn // layers % heads, temperature=0.5 + turn % 10 / 10)
        session.set_hover(Hover(query=turn % 4, key=0) if turn % 3 else None)
        for view in views:
            view.repaint()
        QApplication.processEvents()

    def work(runs: int, repaints: int) -> None:
        n_turns = repaints // len(views)  # every turn repaints each view once
        every = max(1, n_turns // runs)
        for turn in range(n_turns):
            repaint(turn)
            if turn % every == 0 and turn // every < runs:
                run()

    work(asked.runs // PARTS, asked.repaints // PARTS)  # caches fill and allocators settle
    before, painted, start = resident(), sum(p.count for p in paints), time.perf_counter()
    curve = []
    for _ in range(PARTS):
        work(asked.runs // PARTS, asked.repaints // PARTS)
        curve.append(resident() - before)
    growth = curve[-1]
    print(
        f"{sum(p.count for p in paints) - painted} repaints of {len(views)} views, {asked.runs} runs, "
        f"{time.perf_counter() - start:.0f} s: memory grew by {growth / 1e6:.1f} MB (limit {LIMIT / 1e6:.0f} MB), "
        f"{len(errors)} errors\n"
        f"growth after each tenth, MB: {', '.join(f'{value / 1e6:.1f}' for value in curve)}"
    )
    for view in views:
        view.close()
    session.shutdown()
    return 1 if growth > LIMIT or errors else 0


if __name__ == "__main__":
    sys.exit(main())
