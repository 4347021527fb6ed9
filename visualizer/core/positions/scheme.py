"""How a model knows where a token stands: the data of its position scheme.

A :class:`PositionScheme` holds numpy arrays only, so that it can be saved with a trace and looked at without the model.
`anatomy.rotation_pairs.scheme_of` fills it from a loaded model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from visualizer.core.system import json_file

Array = npt.NDArray[Any]

# A text of six words still shows the waves: tables are kept for at least so many positions (where the model has them).
LEAST_POSITIONS = 64


@dataclass(frozen=True, eq=False)
class PositionPart:
    """One way in which a model tells positions apart; most models have one, T5 one a side, Gemma 3 one a layer type.

    kind: what it is, and which arrays it has.
        "sinusoidal", "learned": matrix float32 [position, width], added to the embeddings; row p belongs to position p.
        "rotary": inverse_frequencies float64 [frequency], radians per position; queries and keys are turned by them.
        "relative": bias float32 [head, distance] added to the scores; or, where the model looks at distance through
            vectors (DeBERTa, XLNet), matrix float32 [distance, width]; the row's distance stands in `distances`.
        "alibi": slopes float32 [head]; the bias is -slope * (query - key).
    side: "", or "encoder", "decoder" in a model that has both. layer_type: the model's word where layers differ, or "".
    layers: the layers it acts in; () = all. distances: int64 [distance], key minus query, ascending.
    offset: row of the model's own table that position 0 uses. layout: how sine and cosine share the columns of a
    sinusoidal matrix, "interleaved" (as in the paper) or "halves". frequencies of a sinusoidal matrix: float64 [pair].
    attention_scaling: factor on rotary sine and cosine. pairing: which dimensions rotary turns together, "halves" (the
    first with the one half of the turned dimensions later) or "interleaved" (neighbours); "" where it is not known.
    first_dimension: where the turned dimensions begin. head_width: width of a head, of which rotary turns
    2 * len(inverse_frequencies) dimensions. length: rows of the model's own table, None where there is no end.
    """

    kind: str
    side: str = ""
    layer_type: str = ""
    layers: tuple[int, ...] = ()
    offset: int = 0
    length: int | None = None
    layout: str = ""
    attention_scaling: float = 1.0
    pairing: str = ""
    first_dimension: int = 0
    head_width: int = 0
    matrix: Array | None = None
    frequencies: Array | None = None
    inverse_frequencies: Array | None = None
    distances: Array | None = None
    bias: Array | None = None
    slopes: Array | None = None

    @property
    def heads(self) -> int:
        """Number of heads that differ in it; 0 where all heads share it."""
        per_head = self.bias if self.bias is not None else self.slopes
        return 0 if per_head is None else int(per_head.shape[0])

    @property
    def rotated(self) -> int:
        """How many dimensions of each head a rotary scheme turns."""
        return 0 if self.inverse_frequencies is None else 2 * len(self.inverse_frequencies)

    def angles(self, positions: npt.ArrayLike) -> Array:
        """Angles in radians by which a rotary scheme turns each pair of dimensions: float64 [position, frequency].

        Su et al. 2021 (RoFormer), equation 13. Raises ValueError when the scheme is not rotary.
        """
        return np.outer(np.asarray(positions, dtype=np.float64), self._inverse_frequencies())

    def wavelengths(self) -> Array:
        """Positions until a pair has turned once, 2 pi / frequency: float64 [frequency]; inf where it never turns."""
        inverse = self._inverse_frequencies()
        with np.errstate(divide="ignore"):
            return np.where(inverse == 0, np.inf, 2 * np.pi / np.abs(inverse))

    def relative_similarity(self, distances: npt.ArrayLike) -> Array:
        """Cosine between a vector with equal parts in every turned pair and itself `distance` away: float64 [distance].

        The mean over frequencies of cos(distance * frequency); compare Su et al. 2021, section 3.4.3.
        """
        return np.cos(self.angles(distances)).mean(axis=1)

    def bias_at(self, distances: npt.ArrayLike) -> Array:
        """What an ALiBi scheme adds to the scores: float64 [head, distance], distance = key - query.

        Press et al. 2022, section 3. A future key, which a causal model masks, would count as far as a past one.
        """
        if self.slopes is None:
            raise ValueError(f"a {self.kind} part has no slopes")
        return -np.outer(self.slopes.astype(np.float64), np.abs(np.asarray(distances, dtype=np.float64)))

    def _inverse_frequencies(self) -> Array:
        if self.inverse_frequencies is None:
            raise ValueError(f"a {self.kind} part has no rotation")
        return self.inverse_frequencies


@dataclass(frozen=True, eq=False)
class PositionScheme:
    """Everything by which a model tells positions apart; no parts: it has no position encoding of its own."""

    parts: tuple[PositionPart, ...] = ()
    n_positions: int = 0

    @property
    def scheme(self) -> str:
        """The kind of the first part: sinusoidal, learned, rotary, relative, alibi; or none."""
        return self.parts[0].kind if self.parts else "none"

    def to_arrays(self) -> dict[str, Array]:
        """The scheme as named arrays, for a file; "about" holds the rest as JSON in UTF-8, uint8 [byte]."""
        arrays: dict[str, Array] = {}
        about: dict[str, Any] = {"n_positions": self.n_positions, "parts": []}
        for number, part in enumerate(self.parts):
            plain = {}
            for entry in fields(part):
                value = getattr(part, entry.name)
                if isinstance(value, np.ndarray):
                    arrays[f"{number}.{entry.name}"] = value
                elif value is not None:
                    plain[entry.name] = value
            about["parts"].append(plain)
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> PositionScheme:
        """The scheme that :meth:`to_arrays` wrote. Raises ValueError when the arrays are not one."""
        try:
            about = json_file.parse_json(arrays["about"].tobytes().decode("utf-8"))
            parts = []
            for number, plain in enumerate(about["parts"]):
                own = {name.split(".", 1)[1]: a for name, a in arrays.items() if name.startswith(f"{number}.")}
                parts.append(PositionPart(**{**plain, "layers": tuple(plain["layers"]), **own}))
            return cls(tuple(parts), int(about["n_positions"]))
        except (KeyError, TypeError, IndexError, AttributeError, UnicodeDecodeError) as error:
            raise ValueError(f"no position scheme: {error}") from error
