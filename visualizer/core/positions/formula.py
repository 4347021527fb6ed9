"""The formulas behind position encodings, of the first Transformer's paper and how to recognise them in a table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from visualizer.core.positions.scheme import Array, PositionPart


def sinusoid(n_positions: int, width: int, base: float = 10_000.0) -> Array:
    """The sinusoidal position encoding of Vaswani et al. 2017, section 3.5: float64 [position, width].

    PE(pos, 2i) = sin(pos / base^(2i / width)), PE(pos, 2i + 1) = cos(pos / base^(2i / width)).
    """
    if n_positions < 0 or width < 1 or base <= 0:
        raise ValueError(f"no encoding of {n_positions} positions, width {width}, base {base}")
    columns = np.arange(width)
    angles = np.outer(np.arange(n_positions), base ** (-2.0 * (columns // 2) / width))
    return np.where(columns % 2 == 0, np.sin(angles), np.cos(angles))


def interleaved(part: PositionPart) -> Array:
    """A sinusoidal matrix with its columns in the paper's order (sin, cos, sin, cos, ...): float32 [position, width].

    Many implementations (Marian among them) keep all sines in the left half and all cosines in the right one.
    """
    if part.matrix is None or not part.layout:
        raise ValueError(f"a {part.kind} part has no sines and cosines to put in order")
    return part.matrix[:, column_order(part)]


def column_order(part: PositionPart) -> npt.NDArray[np.int64]:
    """Which column of the matrix holds dimension j of the paper's formula: int64 [width]."""
    width = 0 if part.matrix is None else part.matrix.shape[1]
    order = np.arange(width)
    if part.layout == "halves":
        return order.reshape(2, -1).T.reshape(-1)
    return order


def cosine_similarity(matrix: Array) -> Array:
    """Cosine between every two rows: float32 [row, row]; 0 where a row is all zeros."""
    rows = matrix.astype(np.float32)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.where(norms == 0, 1, norms)
    return np.clip(unit @ unit.T, -1, 1)


def find_sinusoid(matrix: Array) -> tuple[str, Array] | None:
    """Layout and frequencies, float64 [pair], if consecutive rows of a matrix are turned sines and cosines; else None.

    matrix: [position >= 2, width]. A pair (sine, cosine) has length 1 and turns by the same angle at each step; a
    learned table has no such pairs. Frequencies above pi radians per position cannot be told apart.
    """
    if matrix.ndim != 2 or matrix.shape[0] < 2 or matrix.shape[1] < 2 or matrix.shape[1] % 2:
        return None
    rows = matrix.astype(np.float64)
    half = rows.shape[1] // 2
    # Half precision tables still count: the tolerance is that of bfloat16.
    tolerance = 2e-2
    for layout, sine, cosine in (
        ("interleaved", rows[:, 0::2], rows[:, 1::2]),
        ("halves", rows[:, :half], rows[:, half:]),
    ):
        pairs = cosine + 1j * sine
        if np.abs(np.abs(pairs) - 1).max() > tolerance:
            continue
        steps = pairs[1:] * pairs[:-1].conj()
        mean = steps.mean(axis=0)
        # Two tables that stay at (0, 1) would pass: something has to turn.
        if np.abs(steps - mean).max() <= 2 * tolerance and np.abs(np.angle(mean)).max() > 1e-3:
            return layout, np.angle(mean)
    return None
