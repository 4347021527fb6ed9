"""What a trace holds, written as data for other programs: NPZ, CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from visualizer.core.errors import UnknownChoice
from visualizer.core.export.attention import write_attention
from visualizer.core.export.part import Part, check_part
from visualizer.core.export.probabilities import write_probabilities
from visualizer.core.export.tables import write_head_statistics, write_morphemes, write_tokens
from visualizer.core.system.files import replacing

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

FORMATS = (".npz", ".csv", ".json")


def write(trace: Trace, what: str, path: Path, part: Part | None = None) -> None:
    """Writes one quantity of `QUANTITIES` in the format that the file's ending names; whole or not at all.

    Raises UnknownChoice (quantity or format), NoSuchKind and NoSuchPart (the part), MissingFile and WriteFailed.
    """
    part = part or Part()
    suffix = path.suffix.lower()
    if what not in QUANTITIES:
        raise UnknownChoice("quantity", what, tuple(QUANTITIES))
    if suffix not in FORMATS:
        raise UnknownChoice("format", suffix or path.name, FORMATS)
    check_part(trace, part)
    with replacing(path) as scratch:
        QUANTITIES[what](trace, scratch, suffix, part)


def _write_stages(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """Every step of one head's attention."""
    from visualizer.core.export import stages as stages_file

    stages_file.write(trace, path, suffix, part)


def _write_head_importance(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """What every head is worth to one prediction."""
    from visualizer.core.export import importance

    importance.write(trace, path, suffix, part)


def _write_surprisal(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """How surprising each token is."""
    from visualizer.core.export import surprisal

    surprisal.write(trace, path, suffix, part)


def _write_neurons(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """The neurons of feed-forward parts."""
    from visualizer.core.export import neurons

    neurons.write(trace, path, suffix, part)


def _write_spans(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """What share of attention an answer spends on each part of a text."""
    from visualizer.core.export import spans

    spans.write(trace, path, suffix, part)


def _write_generation(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """What the model writes on."""
    from visualizer.core.export import generation

    generation.write(trace, path, suffix, part)


def _write_logit_lens(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """What every layer would answer."""
    from visualizer.core.export import lens

    lens.write_lens(trace, path, suffix, part)


def _write_logit_attribution(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """What a logit is made of."""
    from visualizer.core.export import lens

    lens.write_attribution(trace, path, suffix, part)
def _write_classes(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """What a checkpoint's head says of the text, or of its tokens."""
    from visualizer.core.export import judging

    judging.write_classes(trace, path, suffix, part)


def _write_answers(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """Where a checkpoint's head sees the answer."""
    from visualizer.core.export import judging

    judging.write_answers(trace, path, suffix, part)
def _write_model_map(trace: Trace, path: Path, suffix: str, part: Part) -> None:
    """The model's parts, and what each of them reads."""
    from visualizer.core.export import architecture

    architecture.write(trace, path, suffix, part)


QUANTITIES: dict[str, Callable[[Trace, Path, str, Part], None]] = {
    "attention": write_attention,
    "tokens": write_tokens,
    "morphemes": write_morphemes,
    "probabilities": write_probabilities,
    "head_statistics": write_head_statistics,
    "head_importance": _write_head_importance,
    "stages": _write_stages,
    "surprisal": _write_surprisal,
    "neurons": _write_neurons,
    "spans": _write_spans,
    "generation": _write_generation,
    "logit_lens": _write_logit_lens,
    "logit_attribution": _write_logit_attribution,
    "classification": _write_classes,
    "answer_span": _write_answers,
    "model_map": _write_model_map,
}
