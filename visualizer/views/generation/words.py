"""What is said of a text that a model wrote, of a beam search, and of many draws."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from visualizer.session.continuations import Continuations
from visualizer.ui.candidate_bars import Bar
from visualizer.ui.numbers import format_number, format_probability, with_minus
from visualizer.views.generation.rows import log_text

if TYPE_CHECKING:
    from visualizer.core.analyses.generation.beams import BeamSearch
    from visualizer.core.analyses.generation.many import Continuation
    from visualizer.core.loaded_model import LoadedModel

translate = QCoreApplication.translate


def of_tree(tree: Continuations) -> str:
    """The branch that is looked at, in one sentence."""
    leaf, count = tree[tree.leaf], len(tree.path())
    if not count:
        return translate(
            "GenerationView", "Press Space: the model writes on. Click a candidate: it writes on from there."
        )
    total = with_minus(f"{leaf.total:.2f}")
    text = translate("GenerationView", "{count} tokens · natural log of their probability {total}")
    ends = {
        "end": translate("GenerationView", "The model ended the text here."),
        "length": translate("GenerationView", "The text fills all positions that the model has."),
    }
    return " · ".join(part for part in (text.format(count=count, total=total), ends.get(leaf.ended, "")) if part)


def of_beams(found: BeamSearch, model: LoadedModel | None) -> str:
    """The best sentence and what was given up."""
    from visualizer.core.analyses.generation import beams
    from visualizer.core.analyses.generation.writer import between

    best, score = found.sentences[0]
    text = "" if model is None else between(model, found.prompt, (*found.prompt, *best))
    sentence = translate(
        "GenerationView",
        "Best of {count}: “{text}” · mean log probability of a token {score} · {pruned} tokens given up",
    )
    score_text = format_number(score) if math.isfinite(score) else "–"
    pruned = beams.pruned(found.nodes)
    return sentence.format(count=len(found.sentences), text=text, score=score_text, pruned=pruned)


def of_many(found: tuple[Continuation, ...]) -> str:
    """How many draws there are, and how they are to be read."""
    sentence = translate(
        "GenerationView",
        "{total} draws, {count} different texts. Bar: share of the draws; tick and number in brackets: the"
        " model's own probability of the whole text. Of what comes out differently each time it is not sure.",
    )
    return sentence.format(total=sum(one.count for one in found), count=len(found))


def bars_of_many(found: tuple[Continuation, ...]) -> tuple[Bar, ...]:
    """One bar a text: its share of the draws, and the model's own probability."""
    total, bars = sum(one.count for one in found), []
    for one in found:
        own = math.exp(one.log_probability)
        label = f"{one.count} × {one.text}{'' if one.has_ended else '…'} ({format_probability(own)})"
        hint = f"{one.text}: {one.count} / {total} · {log_text(one.log_probability)}"
        bars.append(Bar(label, one.count / total, own, 0, hint=hint))
    return tuple(bars)
