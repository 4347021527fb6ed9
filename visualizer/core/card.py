"""What a model is, in figures: kept in every trace, shown beside every picture. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["decoder", "encoder", "encoder_decoder"]
Task = Literal["causal", "masked", "seq2seq", "none"]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Facts about a loaded model, all read from the model itself.

    parameters: count, shared weights once. memory: bytes of the weights. layers: of one side where there are two.
    position_scheme: "sinusoidal", "learned", "rotary", "alibi", "relative", or "none".
    max_length: tokens that its positions reach, None where there is no end.
    """

    source: str
    name: str
    family: str
    architecture: str
    parameters: int
    layers: int
    heads: int
    key_value_heads: int
    width: int
    vocabulary: int
    position_scheme: str
    max_length: int | None
    kind: Kind
    task: Task
    device: str
    dtype: str
    memory: int
