"""Trees of continuations and beams, steps and what they looked at, as the widgets draw them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from visualizer.session.continuations import ROOT, Continuations
from visualizer.ui.candidate_bars import Bar
from visualizer.ui.numbers import format_probability, with_minus
from visualizer.views.generation.branches import Cell, Row
from visualizer.views.generation.lane import Taken

if TYPE_CHECKING:
    from visualizer.core.analyses.generation.beams import BeamSearch
    from visualizer.core.analyses.generation.step import Step
    from visualizer.core.trace import Trace


def log_text(value: float) -> str:
    """A natural log of a probability: "ln p −4.18"."""
    return f"ln p {with_minus(f'{value:.2f}')}" if math.isfinite(value) else ""


def of_tree(tree: Continuations) -> tuple[Row, ...]:
    """One row a branch, the one that is looked at marked."""
    on = set(tree.path())
    found: list[Row] = []
    placed: dict[int, int] = {ROOT: -1}
    for leaf in tree.leaves():
        new = [n for n in tree.path(leaf) if n not in placed]
        above = placed[tree[new[0]].parent] if new else -1
        for n in new:
            placed[n] = len(found)
        cells = tuple(
            Cell(n, node.depth, node.label, "on" if n in on else "", f"{node.label}: {log_text(node.total)}")
            for n, node in ((n, tree[n]) for n in new)
        )
        found.append(Row(cells, above, log_text(tree[leaf].total)))
    return tuple(found)


def of_beams(found: BeamSearch, trace: Trace) -> tuple[Row, ...]:
    """The tree of a search: the best sentence first, then what was finished, then what was given up."""
    nodes = found.nodes
    children = {n: [] for n in range(-1, len(nodes))}  # type: dict[int, list[int]]
    for n, node in enumerate(nodes):
        children[node.parent].append(n)
    depth = {-1: 0}
    for n, node in enumerate(nodes):
        depth[n] = depth[node.parent] + 1
    order = {"best": 0, "kept": 1, "pruned": 2}
    leaves = sorted((n for n in range(len(nodes)) if not children[n]), key=lambda n: (order[nodes[n].fate], n))
    placed, rows = {-1: -1}, []  # type: dict[int, int], list[Row]
    looks = {"best": "on", "kept": "", "pruned": "pruned"}
    for leaf in leaves:
        new = [n for n in found.path(leaf) if n not in placed]
        above = placed[nodes[new[0]].parent]
        for n in new:
            placed[n] = len(rows)
        cells = tuple(
            Cell(n, depth[n], name := trace.label(nodes[n].token), looks[nodes[n].fate],
                 f"{name}: {log_text(nodes[n].total)}")
            for n in new
        )  # fmt: skip
        rows.append(Row(cells, above, log_text(nodes[leaf].total)))
    return tuple(rows)


def taken(label: str, step: Step) -> Taken:
    """One cell of the timeline."""
    probability = math.exp(step.log_probability)
    hint = f"{label}: {format_probability(probability)} · #{step.rank} · {step.entropy:.2f} bits"
    return Taken(label, probability, step.rank, step.entropy, hint)


def candidates(trace: Trace, step: Step, is_next: bool) -> tuple[Bar, ...]:
    """The ten most probable tokens of a step, and the one that was taken where it is not among them."""
    bars = [
        Bar(name := trace.label(token), share, share, n + 1, token == step.token and not is_next,
            hint=f"{name}: {format_probability(share)}")
        for n, (token, share) in enumerate(zip(step.top_ids, step.top_probabilities, strict=True))
    ]  # fmt: skip
    if not is_next and step.token not in step.top_ids:
        share, name = math.exp(step.log_probability), trace.label(step.token)
        bars.append(Bar(name, share, share, step.rank, True, hint=f"{name}: {format_probability(share)}"))
    return tuple(bars)


def looked_at(trace: Trace, kind: str, layer: int, head: int | None, row: int) -> tuple[Bar, ...]:
    """What the query of a step looked at most. head None: the mean of all heads of the layer."""
    from visualizer.core.analyses import head_rows

    weights = head_rows.weights(trace.record(layer, kind), [row])[:, 0].cpu().numpy()
    shares = weights.mean(axis=0) if head is None else weights[head]
    keys = trace.key_tokens(kind)
    order = sorted(range(len(keys)), key=lambda n: (-shares[n], n))[:40]
    return tuple(
        Bar(keys[n].text, float(shares[n]), float(shares[n]), 0, hint=f"{n}: {keys[n].text} {shares[n]:.3f}")
        for n in order
        if shares[n] > 0
    )
