"""What is asked of a model. No torch here: the interface builds requests before torch is imported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Intervention:
    """Something that is done to a model while it runs; the kinds of it stand in `core.interventions`."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One question to a model; two equal requests have equal answers.

    text: what the model reads (the encoder's side of an encoder-decoder model).
    pair: the second sentence, for models that take two.
    target: what the decoder of an encoder-decoder model is fed; None lets the model generate it (greedily, and without
    the interventions, so that before and after are compared on the same tokens).
    source_language, target_language: for translation models that ask for them, one of `LoadedModel.languages`; None: as
    the model's tokenizer is set.
    adds_specials: whether the tokenizer adds its special tokens; False: the text holds its own, as of a chat template.
    interventions: what is done to the model meanwhile, in this order; () is the model as it is.

    A request with one thing changed is made by `dataclasses.replace`, so that nothing else of the question is lost.
    """

    text: str
    pair: str | None = None
    target: str | None = None
    interventions: tuple[Intervention, ...] = ()
    source_language: str | None = None
    target_language: str | None = None
    adds_specials: bool = True
