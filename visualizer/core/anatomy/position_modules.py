"""The modules through which a model learns where its tokens stand, found by watching and tried out.

Rotary encoding is recognised by a module that holds frequencies, a table by a module that gives its rows one after
another (`anatomy.positions`). Whether they are all there is to it is tried: told that every token stands at the same
place, the model must see no difference between equal tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from visualizer.core.anatomy import positions, probe
from visualizer.core.errors import CannotIntervene
from visualizer.core.forward import acting, passes, recording
from visualizer.core.system import memo

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel


@dataclass(frozen=True, eq=False)
class PositionModules:
    """rotations give cosines and sines, tables give rows that are added: [..., token, d] each."""

    rotations: tuple[nn.Module, ...]
    tables: tuple[nn.Module, ...]


def of(loaded: LoadedModel) -> PositionModules:
    """Where a model's positions can be taken away or moved.

    Runs the model over a few tokens, the first time. Raises CannotIntervene where that is not possible: biases that
    grow with the distance (ALiBi, T5), tables that are read without a module.
    """
    known = memo.ask(loaded, "position modules", lambda: _find(loaded))
    if known is None:
        raise CannotIntervene("positions")
    return known


def _find(loaded: LoadedModel) -> PositionModules | None:
    scheme = positions.describe(loaded.model, positions.PROBE_TOKENS)
    if any(part.kind not in ("rotary", "learned", "sinusoidal") for part in scheme.parts):
        return None
    called, tables = positions.modules(loaded.model)
    rotations = tuple(m for m in called if any(n.endswith("inv_freq") for n, _ in m.named_buffers(recurse=False)))
    if any(part.kind == "rotary" for part in scheme.parts) and not rotations:
        return None
    # A table as wide as a head, not as the stream, turns queries and keys (RoFormer): there nothing is added.
    widths = {loaded.card.width, getattr(loaded.model.get_input_embeddings(), "embedding_dim", loaded.card.width)}
    if any(width not in widths for width in tables.values()):
        return None
    found = PositionModules(rotations, tuple(m for m in tables if m not in rotations))
    return found if _is_all(loaded, found) else None


def _is_all(loaded: LoadedModel, found: PositionModules) -> bool:
    """Whether equal tokens are alike without positions: what the first block reads, and its queries and keys."""
    (plain,) = probe.plain_ids_of(loaded, 1)
    ids = torch.full((1, positions.PROBE_TOKENS), plain, dtype=torch.long, device=loaded.model.device)
    tolerance = probe.tolerance(loaded.model.dtype)
    stacks = passes.stacks(loaded)
    moved = acting.Moved(found.rotations, found.tables)
    memory: torch.Tensor | None = None
    try:
        for name, stack in stacks.items():
            given: dict[str, Any] = {"input_ids": ids}
            if memory is not None:
                given |= {"encoder_hidden_states": memory, "use_cache": False}
            recorder = recording.Recorder(lambda: False, lambda _share, _name: None, 1)
            at_work = acting.Acting({name: stack}, {name: ()}, moved=(moved,))
            with torch.inference_mode(), acting.at_work(at_work), recording.recording(recorder, stack):
                memory = stack(**given)[0]
            assert memory is not None
            seen = [recorder.residual[0][0]] if recorder.residual else []
            for record in recorder.calls[:1]:
                seen += [t.transpose(0, 1) for t in (record.query, record.key) if t is not None]
            if not recorder.calls:  # outside the registry nobody sees queries; equal tokens end as they began
                seen.append(memory[0])
            if not seen or not all(_is_equal(states, tolerance) for states in seen):
                return False
    except (RuntimeError, ValueError, TypeError, IndexError, AttributeError):
        return False
    return True


def _is_equal(states: torch.Tensor, tolerance: float) -> bool:
    """Whether all tokens have the same state: [token, ...]."""
    return bool((states - states[:1]).abs().max() <= tolerance * max(1.0, float(states.abs().max())))
