"""Heads that judge a text instead of predicting its tokens: which one a model has."""

from __future__ import annotations

from typing import Any, Literal

from transformers.models.auto import modeling_auto

Head = Literal["", "classification", "token_classification", "answer_span"]

_FILED: tuple[tuple[Head, Any], ...] = (
    ("classification", modeling_auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES),
    ("token_classification", modeling_auto.MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES),
    ("answer_span", modeling_auto.MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES),
)


def head_of(model: Any) -> Head:
    """What a model's class says of a text, as transformers files it; "" for a class that says nothing of this kind.

    Also "" for models of an encoder and a decoder: there the head reads a decoder that is fed the same text, which is
    not what a trace of such a model shows.
    """
    if getattr(model.config, "is_encoder_decoder", False):
        return ""
    name = type(model).__name__
    return next((head for head, names in _FILED if name in names.values()), "")
