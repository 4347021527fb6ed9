"""A model ready to run, and what it is in figures: the card is kept in every trace. No torch here."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from visualizer.core.errors import CannotIntervene, TokensWithoutRows

if TYPE_CHECKING:
    from transformers import PreTrainedModel


Kind = Literal["decoder", "encoder", "encoder_decoder"]
Task = Literal["causal", "masked", "seq2seq", "none"]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Facts about a loaded model, all read from the model itself.

    parameters: count, shared weights once. memory: bytes of the weights. layers: of one side where there are two.
    position_scheme: "sinusoidal", "learned", "rotary", "alibi", "relative", or "none".
    layer_types: of each layer what mixes its tokens ("attention", "convolution", "state_space", "linear_attention",
    "recurrence", "other"; "attention+state_space" where both do); () where all layers have attention alone.
    max_length: tokens that its positions reach, None where there is no end. adapter: whether an adapter (LoRA) was at
    work, "" for a model that was loaded without one. head: what it says of a text instead of predicting tokens ("" for
    nothing): its class, a class for each token, or where an answer begins and ends.
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
    layer_types: tuple[str, ...] = ()
    adapter: Literal["", "on", "off"] = ""
    head: Literal["", "classification", "token_classification", "answer_span"] = ""

    @property
    def layers_with_attention(self) -> int:
        """How many of `layers` have attention; all, in most models."""
        return sum("attention" in each.split("+") for each in self.layer_types) if self.layer_types else self.layers

    @property
    def layers_with_more(self) -> int:
        """How many of `layers` have a state space beside attention that mixes tokens as well (Falcon-H1)."""
        return self.layer_types.count("attention+state_space")


@dataclass(frozen=True, eq=False)
class Body:
    """The part of a language model that the output layer reads.

    path: its name in the model. output: what it handed out for a few tokens: the kind of object that it answers with.
    answers: whether logits made of stored states are the model's own; else those of each pass are kept.
    """

    path: str
    output: Any
    answers: bool


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model ready to run, in evaluation mode; never changed after it was made.

    registry: whether its attention can be recorded through transformers' registry. has_pair_head: whether it judges if
    the second sentence follows the first (BERT's next-sentence head). notices: what a person should be told of how it
    was loaded: "text_part" (of a model that also reads pictures or sounds), "unpacked:HOW" (its weights were
    quantized), "slow_dtype" (float16 on a CPU). body: None where there is
    no language-model head.
    """

    source: str
    name: str
    model: PreTrainedModel
    tokenizer: Any
    kind: Kind
    task: Task
    accepts_pair: bool
    has_pair_head: bool
    registry: bool
    card: ModelCard
    notices: tuple[str, ...] = ()
    body: Body | None = None
    _sides: list[LoadedModel] = field(default_factory=list, repr=False)  # without and with the adapter

    @property
    def has_adapter(self) -> bool:
        """Whether an adapter (LoRA) belongs to it, at work or not."""
        return bool(self._sides)

    def with_adapter(self, at_work: bool = True) -> LoadedModel:
        """The same model with its adapter at work or not: two models over the same weights, nothing is loaded again.

        A model without an adapter gives itself.
        """
        return self._sides[at_work] if self._sides else self

    def other_side(self) -> LoadedModel:
        """With its adapter off where it is on, and on where it is off. Raises CannotIntervene where there is none."""
        if not self._sides:
            raise CannotIntervene("no_adapter")
        return self.with_adapter(self.card.adapter == "off")

    @property
    def sides(self) -> tuple[LoadedModel, ...]:
        """The model without and with its adapter, or the model itself where there is none."""
        return tuple(self._sides) or (self,)

    @property
    def origin(self) -> str:
        """The source that it was loaded by: with its adapter off, still that of the adapter."""
        return self.with_adapter().source

    @property
    def base_source(self) -> str:
        """The source of the model under its adapter; "" where there is none."""
        return self.with_adapter(False).source if self._sides else ""

    def check_ids(self, ids: Iterable[int]) -> None:
        """Raises TokensWithoutRows for ids beyond the embedding: tokens that were added and never given a row."""
        rows = self.rows
        beyond = sorted({n for n in ids if n >= rows})
        if beyond:
            raise TokensWithoutRows([str(token) for token in self.tokenizer.convert_ids_to_tokens(beyond)], rows)

    @cached_property
    def rows(self) -> int:
        """Rows of the embedding: ids below it can be fed."""
        table: Any = self.model.get_input_embeddings()
        return int(table.weight.shape[0]) if hasattr(table, "weight") else self.card.vocabulary

    @property
    def stack(self) -> Any:
        """The module that turns tokens into states: all of the model but its output layer."""
        model = self.model
        if model.base_model is not model or self.body is None or self.kind == "encoder_decoder":
            return model.base_model
        return model.get_submodule(self.body.path)

    @property
    def config(self) -> Any:
        """The model's config, as transformers keeps it."""
        return self.model.config

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that its tokenizer asks for, as codes; () for models that ask for none."""
        from visualizer.core import languages

        return languages.known(self.tokenizer) if self.kind == "encoder_decoder" else ()

    @property
    def source_language(self) -> str | None:
        """The language that a text is taken to be in when the request names none."""
        from visualizer.core import languages

        return languages.source(self.tokenizer) if self.languages else None

    @property
    def target_language(self) -> str | None:
        """The language that is written when the request names none; None: the model's own choice."""
        from visualizer.core import languages

        return languages.target(self.tokenizer) if self.languages else None

    @property
    def max_length(self) -> int | None:
        """Tokens that its positions reach; None where there is no end."""
        return self.card.max_length

    @property
    def device(self) -> str:
        """Where it runs: cpu, cuda:0, mps."""
        return self.card.device

    @property
    def dtype(self) -> str:
        """float32, float16 or bfloat16."""
        return self.card.dtype

    def takes(self, name: str) -> bool:
        """Whether the body's forward takes an argument of this name ("token_type_ids", "use_cache")."""
        return name in self._arguments

    @cached_property
    def _arguments(self) -> frozenset[str]:
        return frozenset(inspect.signature(self.stack.forward).parameters)


def with_base(adapted: LoadedModel, base: LoadedModel) -> LoadedModel:
    """Ties a model with its adapter at work to the one without, and gives the first; their cards say which is which."""
    sides = [
        replace(base, card=replace(base.card, adapter="off")),
        replace(adapted, card=replace(adapted.card, adapter="on")),
    ]
    for model in sides:
        model._sides[:] = sides
    return sides[1]
