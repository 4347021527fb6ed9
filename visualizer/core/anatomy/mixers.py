"""What mixes the tokens in each layer of a hybrid model: attention, or something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from visualizer.core.forward import passes, recording

if TYPE_CHECKING:
    from visualizer.core.forward.passes import WholePass
    from visualizer.core.loaded_model import LoadedModel

# How transformers names the classes of what stands in the place of attention; the first that fits.
_NAMES = (
    ("state_space", ("mamba", "ssm", "ssd", "statespace")),
    ("linear_attention", ("deltanet", "deltaattention", "linearattention", "lightning", "kda", "gla", "retention")),
    ("recurrence", ("recurrent", "rglru", "lstm", "gru")),
    ("convolution", ("conv", "hyena")),
)  # fmt: skip


def of(loaded: LoadedModel, short: WholePass | None) -> tuple[str, ...]:
    """Of each layer "attention", "convolution", "state_space", "linear_attention", "recurrence" or "other".

    short: a pass over a few tokens. () where all layers have attention, or where it is not known.
    """
    if short is None or "self" not in short.records:
        return ()
    attending = {record.layer for record in short.records["self"]}
    blocks = recording.blocks(passes.stacks(loaded)["self"])
    count = max(loaded.card.layers, max((n + 1 for n in attending if n is not None), default=0))
    if None in attending or len(attending) >= count:
        return ()
    return tuple(
        "attention" if n in attending else _mixer(blocks[n]) if len(blocks) == count else "other" for n in range(count)
    )


def _mixer(block: nn.Module) -> str:
    """By the class names of its parts, the outermost first: state space models have a convolution inside."""
    for module in block.modules():
        name = type(module).__name__.lower()
        for kind, words in _NAMES:
            if module is not block and not isinstance(module, nn.Conv1d) and any(word in name for word in words):
                return kind
    return "other"
