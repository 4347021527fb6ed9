"""What is asked of a model. No torch here: the interface builds requests before torch is imported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One question to a model; two equal requests have equal answers.

    text: what the model reads (the encoder's side of an encoder-decoder model).
    pair: the second sentence, for models that take two.
    target: what the decoder of an encoder-decoder model is fed; None lets the model generate it (greedily).
    """

    text: str
    pair: str | None = None
    target: str | None = None
