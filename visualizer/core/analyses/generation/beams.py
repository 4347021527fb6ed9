"""Beam search as the tree that it is: every beginning that was ever among the best, and what became of it.

transformers' own search runs; it is watched at every step. Scores are sums of natural log probabilities; the best
sentence is the one with the largest sum divided by its length (to the power of the model's length penalty).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from transformers import LogitsProcessor, LogitsProcessorList, StoppingCriteriaList

from visualizer.core.analyses.generation import writer
from visualizer.core.errors import CannotWrite
from visualizer.core.forward import passes
from visualizer.core.request import RunRequest
from visualizer.core.system.progress import Progress, ShouldStop, never, unheard
from visualizer.core.writing import generation

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

MOST_BEAMS = 16


@dataclass(frozen=True, slots=True)
class Beam:
    """One token of the tree.

    parent: index of the node before it, -1 for the first tokens. log_probability: of the token after its beginning,
    natural. total: of all from the prompt to here. fate: "best" (of the sentence that won), "kept" (of another that
    was finished), "pruned". is_end: the end-of-text token.
    """

    parent: int
    token: int
    log_probability: float
    total: float
    fate: str = "pruned"
    is_end: bool = False


@dataclass(frozen=True, eq=False)
class BeamSearch:
    """nodes: parents before children. sentences: the ids that were written, the best first, without the end token, and
    their scores as the search compares them."""

    prompt: tuple[int, ...]
    nodes: tuple[Beam, ...]
    sentences: tuple[tuple[tuple[int, ...], float], ...]

    def path(self, node: int) -> tuple[int, ...]:
        """The nodes from the first token to this one."""
        found: list[int] = []
        while node >= 0:
            found.append(node)
            node = self.nodes[node].parent
        return tuple(reversed(found))


@dataclass(eq=False)
class _Watch(LogitsProcessor):
    """Sees all beams at each step, and the log probabilities of what may follow."""

    start: int
    should_stop: ShouldStop
    progress: Progress
    most: int
    nodes: list[Beam] = field(default_factory=list)
    _at: dict[tuple[int, ...], int] = field(default_factory=dict)
    _rows: dict[tuple[int, ...], torch.Tensor] = field(default_factory=dict)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        generation.check_stop(self.should_stop)
        rows: dict[tuple[int, ...], torch.Tensor] = {}
        for ids, log_p in zip(input_ids[:, self.start :].tolist(), scores, strict=True):
            self.note(tuple(ids))
            rows[tuple(ids)] = log_p.detach()
        self._rows |= rows
        self.progress(min(1.0, (input_ids.shape[1] - self.start + 1) / self.most), "generate")
        return scores

    def note(self, ids: tuple[int, ...], is_end: bool = False) -> int:
        """The node of a beginning, made now where it is new."""
        if not ids:
            return -1
        known = self._at.get(ids)
        if known is not None:
            return known
        parent = self.note(ids[:-1])
        row = self._rows.get(ids[:-1])
        own = float("nan") if row is None else float(row[ids[-1]])
        total = own + (0.0 if parent < 0 else self.nodes[parent].total)
        self.nodes.append(Beam(parent, ids[-1], own, total, is_end=is_end))
        self._at[ids] = len(self.nodes) - 1
        return self._at[ids]


def search(
    loaded: LoadedModel,
    request: RunRequest,
    beams: int = 4,
    max_new_tokens: int = 24,
    should_stop: ShouldStop | None = None,
    progress: Progress | None = None,
) -> BeamSearch:
    """Runs the model's own beam search. Sentence for sentence what `generate(num_beams=beams)` finds.

    Raises ValueError (beams outside 1 to 16), CannotWrite, RunFailed, Cancelled.
    """
    if not 1 <= beams <= MOST_BEAMS:
        raise ValueError(f"beams must be 1 to {MOST_BEAMS}, not {beams}")
    if max_new_tokens < 1:
        raise ValueError("at least one token must be written")
    start = writer.begin(loaded, request)
    count = len(start.prompt)
    room = max_new_tokens if loaded.max_length is None else min(max_new_tokens, loaded.max_length - count)
    if room < 1:
        raise CannotWrite("length", loaded.card.name)
    watch = _Watch(count, should_stop or never, progress or unheard, room)
    model: Any = loaded.model
    with torch.inference_mode(), passes.failures_told():
        given = writer.inputs_of(start)
        found = model.generate(
            **given,
            max_new_tokens=room,
            num_beams=beams,
            num_return_sequences=beams,
            do_sample=False,
            use_cache=True,
            logits_processor=LogitsProcessorList([watch]),
            stopping_criteria=StoppingCriteriaList([]),
            return_dict_in_generate=True,
            output_scores=True,
        )
    ends = generation.end_ids(model)
    scores = found.sequences_scores.tolist() if beams > 1 else [float("nan")]
    sentences: list[tuple[tuple[int, ...], float]] = []
    fates: dict[int, str] = {}
    for place, (ids, score) in enumerate(zip(found.sequences[:, count:].tolist(), scores, strict=True)):
        end = next((n for n, token in enumerate(ids) if token in ends), len(ids))
        last = watch.note(tuple(ids[:end]))
        if end < len(ids):
            last = watch.note(tuple(ids[: end + 1]), is_end=True)
        sentences.append((tuple(ids[:end]), score))
        while last >= 0:
            fates.setdefault(last, "kept" if place else "best")
            last = watch.nodes[last].parent
    nodes = [replace(node, fate=fates.get(n, "pruned")) for n, node in enumerate(watch.nodes)]
    return BeamSearch(start.prompt, tuple(nodes), tuple(sentences))


def pruned(nodes: Sequence[Beam]) -> int:
    """How many tokens were given up."""
    return sum(node.fate == "pruned" for node in nodes)
