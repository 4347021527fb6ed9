"""What mixes the tokens in each layer of a hybrid model: attention, something else, or both side by side."""

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
    """Of each layer "attention", "convolution", "state_space", "linear_attention", "recurrence" or "other", or, where
    something stands beside attention in the same layer, "attention+state_space".

    short: a pass over a few tokens. () where all layers have attention alone, or where it is not known.
    """
    if short is None or "self" not in short.records:
        return ()
    attending = {record.layer for record in short.records["self"]}
    blocks = recording.blocks(passes.stacks(loaded)["self"])
    count = max(loaded.card.layers, max((n + 1 for n in attending if n is not None), default=0))
    if None in attending:
        return ()
    known = len(blocks) == count
    found = tuple(
        (_attention_and(blocks[n]) if known else "attention")
        if n in attending
        else (_mixer(blocks[n]) if known else "other")
        for n in range(count)
    )
    return () if set(found) == {"attention"} else found


def _attention_and(block: nn.Module) -> str:
    """What a layer with attention has beside it. Names of classes are no sign here, for they bear their family's name;
    a state space is known by the decay that it learns."""
    decays = [_mixer(module) for module in block.modules() if _has_decay(module)]
    return "+".join(("attention", *dict.fromkeys(decays)))


def _has_decay(module: nn.Module) -> bool:
    return any(name == "A_log" for name, _ in module.named_parameters(recurse=False))


def _mixer(block: nn.Module) -> str:
    """By the class names of its parts, the outermost first: state space models have a convolution inside."""
    for module in block.modules():
        if isinstance(module, nn.Conv1d) or (module is block and not _has_decay(block)):
            continue
        name = type(module).__name__.lower()
        for kind, words in _NAMES:
            if any(word in name for word in words):
                return kind
    return "state_space" if any(map(_has_decay, block.modules())) else "other"
