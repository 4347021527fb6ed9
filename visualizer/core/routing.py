"""What the router of a mixture of experts decided: which experts read which token, and how much each of them counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Routing:
    """One layer's choice (Shazeer et al. 2017, section 2.1), as its experts were given it.

    layer: the model's own number. experts: int64 [token, chosen], numbers of experts; -1 where the chosen one had no
    room left and nobody read the token. weights: float32 [token, chosen], what the output of each is multiplied with.
    count: how many experts there are to choose from; those that read every token are not among them.
    """

    layer: int
    experts: NDArray[np.int64]
    weights: NDArray[np.float32]
    count: int

    def table(self) -> NDArray[np.float32]:
        """float32 [token, expert]: the weights, 0 for experts that were not chosen."""
        full = np.zeros((len(self.experts), self.count), dtype=np.float32)
        rows, columns = np.nonzero(self.experts >= 0)
        full[rows, self.experts[rows, columns]] = self.weights[rows, columns]
        return full
