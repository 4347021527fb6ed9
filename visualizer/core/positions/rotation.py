"""Rotary position encoding (Su et al. 2021, RoFormer, section 3.4) as arithmetic: turning states back."""

from __future__ import annotations

import torch

from visualizer.core.positions.scheme import PositionPart, PositionScheme


def undo(part: PositionPart, states: torch.Tensor, positions: torch.Tensor | None = None) -> torch.Tensor:
    """States before they were turned: float32 [head, token, d] from those after it.

    positions: int [token], by default 0, 1, 2, ... Raises ValueError when the part's pairing is not known.
    """
    if not part.pairing:
        raise ValueError("which dimensions are turned together is not known")
    return turned_back(part, part.pairing, part.first_dimension, states, positions)


def part_of(scheme: PositionScheme, layer: int, kind: str) -> PositionPart | None:
    """The rotation that acts in a layer; None where there is none (cross attention never has one)."""
    for part in scheme.parts:
        acts = not part.layers or layer in part.layers
        if part.kind == "rotary" and acts and kind != "cross" and part.side in ("", kind):
            return part
    return None


def cosines(part: PositionPart, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosine and sine of the angles: two float32 [token, pair], without the scheme's own factor."""
    angles = torch.from_numpy(part.angles(positions.cpu().numpy()))
    return angles.cos().float(), angles.sin().float()


def members(part: PositionPart, pairing: str, first: int) -> tuple[list[int], list[int]]:
    """The two dimensions of each turned pair."""
    count = part.rotated // 2
    if pairing == "halves":
        return list(range(first, first + count)), list(range(first + count, first + 2 * count))
    return list(range(first, first + 2 * count, 2)), list(range(first + 1, first + 2 * count, 2))


def turned_back(
    part: PositionPart, pairing: str, first: int, states: torch.Tensor, positions: torch.Tensor | None
) -> torch.Tensor:
    if positions is None:
        positions = torch.arange(states.shape[1])
    cosine, sine = (t.to(states.device) for t in cosines(part, positions))
    left, right = members(part, pairing, first)
    result = states.float().clone()
    x, y = result[..., left].clone(), result[..., right].clone()
    result[..., left] = (x * cosine + y * sine) / part.attention_scaling
    result[..., right] = (y * cosine - x * sine) / part.attention_scaling
    return result
