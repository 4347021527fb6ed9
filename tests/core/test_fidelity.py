"""What the trace says is what the model does: every head of every layer against the model's own eager attention."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from tests.core.families import (
    BART,
    BERT,
    FALLBACK,
    HYBRID,
    LLAMA,
    REGISTRY,
    T5,
    VOCABULARY,
    Family,
    build,
    plain_tokenizer,
)
from visualizer.core import capture, models
from visualizer.core.forward import recording
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

TOLERANCE = 1e-5
KINDS = {"self": "attentions"}
SEQ2SEQ_KINDS = {"encoder": "encoder_attentions", "decoder": "decoder_attentions", "cross": "cross_attentions"}
TARGET = torch.tensor([[2, 5, 9, 7, 33, 12]])


def input_ids(length: int = 17) -> torch.Tensor:
    """Random ids that are no special tokens: [1, length]."""
    return torch.randint(3, VOCABULARY, (1, length), generator=torch.Generator().manual_seed(1))


def traced(family: Family, ids: torch.Tensor, **changes: Any) -> Trace:
    """The program's way: the model wrapped as `models.load` would, and one captured pass."""
    mask = changes.pop("attention_mask", None)
    model = models.wrap(build(family, **changes), plain_tokenizer(VOCABULARY))
    target = TARGET if model.kind == "encoder_decoder" else None
    return capture.run_ids(model, RunRequest("x"), ids, attention_mask=mask, decoder_ids=target)


def own(family: Family, ids: torch.Tensor, eager: bool, **changes: Any) -> Any:
    """The model's own way, on a second copy that the program has never touched."""
    mask = changes.pop("attention_mask", None)
    model: PreTrainedModel = build(family, **changes)
    for part in model.modules() if eager else ():
        if isinstance(part, PreTrainedModel):
            part.config._attn_implementation = "eager"
    extra: dict[str, Any] = {"decoder_input_ids": TARGET} if model.config.is_encoder_decoder else {}
    if mask is not None:
        extra["attention_mask"] = mask
    with torch.no_grad():
        return model(ids, output_attentions=eager, output_hidden_states=eager, **extra)


def assert_same_attention(trace: Trace, reference: Any, real: slice = slice(None)) -> None:
    """Every kind, layer and head within the tolerance; rows sum to 1; masked cells are exactly 0."""
    kinds = KINDS if trace.kinds == ("self",) else SEQ2SEQ_KINDS
    assert set(trace.kinds) == set(kinds)
    for kind, name in kinds.items():
        layers = [matrix for matrix in getattr(reference, name) if matrix is not None]
        assert trace.layers(kind) == len(layers)
        for layer, expected in zip(trace.layer_numbers(kind), layers, strict=True):
            assert trace.heads(kind) == expected.shape[1]
            for head in range(expected.shape[1]):
                weights = trace.attention(layer, head, kind)
                where = f"{kind} attention, layer {layer}, head {head}"
                assert weights.dtype == np.float32
                np.testing.assert_allclose(
                    weights[real], expected[0, head].numpy()[real], rtol=0, atol=TOLERANCE, err_msg=where
                )
                blocked = trace.mask(layer, kind, head)
                if blocked is not None:
                    assert (weights[blocked] == 0).all(), f"masked cells are not 0 in {where}"


def assert_rows_sum_to_one(trace: Trace, real: slice = slice(None)) -> None:
    for kind in trace.kinds:
        for layer in trace.layer_numbers(kind):
            for head in range(trace.heads(kind)):
                sums = trace.attention(layer, head, kind)[real].sum(axis=1)
                np.testing.assert_allclose(sums, 1.0, atol=TOLERANCE)


@pytest.mark.parametrize("family", REGISTRY + FALLBACK + HYBRID, ids=str)
def test_attention_and_logits_are_the_models_own(family: Family) -> None:
    ids = input_ids()
    trace = traced(family, ids)
    eager = own(family, ids, eager=True)
    assert trace.method == ("eager" if family in FALLBACK else "registry")
    assert_same_attention(trace, eager)
    first = trace.kinds[0]
    assert trace.layer_numbers(first) == (family.layers or tuple(range(trace.layers(first))))
    if family.name != "gpt_oss":  # its sinks take a share of every row
        assert_rows_sum_to_one(trace)
    plain = own(family, ids, eager=False)
    expected = plain.get("prediction_logits", plain.get("logits"))[0].numpy()
    assert trace.n_positions == expected.shape[0]
    np.testing.assert_allclose(trace.logits_of(range(trace.n_positions)), expected, rtol=0, atol=TOLERANCE)
    np.testing.assert_array_equal(trace.logits(-1), trace.logits(trace.n_positions - 1))


@pytest.mark.parametrize("family", REGISTRY + FALLBACK, ids=str)
def test_residual_stream_is_the_models_own(family: Family) -> None:
    ids = input_ids()
    trace = traced(family, ids)
    eager = own(family, ids, eager=True)
    states = eager.hidden_states if trace.kinds == ("self",) else eager.decoder_hidden_states
    for index, expected in enumerate(states[:-1]):  # the last one of the model's list is already normalised
        ours = trace.hidden(index - 1)
        theirs = expected.numpy().reshape(ours.shape)
        # The residual stream may be large; what counts is the difference relative to its size.
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE * max(1.0, float(np.abs(theirs).max())))


@pytest.mark.parametrize("name", ["llama", "mistral", "gemma2", "gpt2", "qwen2"])
def test_left_padding_is_masked_as_the_model_masks_it(name: str) -> None:
    family = next(f for f in REGISTRY if f.name == name)
    ids = input_ids()
    padding = torch.ones_like(ids)
    padding[0, :4] = 0
    trace = traced(family, ids, attention_mask=padding)
    eager = own(family, ids, eager=True, attention_mask=padding)
    real = slice(4, None)  # what a padded position itself looks at is nobody's concern
    assert_same_attention(trace, eager, real)
    assert_rows_sum_to_one(trace, real)
    for layer in range(trace.layers()):
        assert (trace.attention(layer, 0)[real, :4] == 0).all(), "a real token looks at padding"


def test_sliding_window_hides_what_lies_beyond_it() -> None:
    family = next(f for f in REGISTRY if f.name == "mistral")
    trace = traced(family, input_ids(30))
    blocked = trace.mask(0)
    assert blocked is not None
    queries, keys = np.indices(blocked.shape)
    np.testing.assert_array_equal(blocked, (keys > queries) | (queries - keys >= 6))


@pytest.mark.parametrize("length", [1, 2, 300])
@pytest.mark.parametrize("name", ["llama", "bert", "t5", "gemma2"])
def test_any_length_from_one_token_to_several_row_blocks(name: str, length: int) -> None:
    family = next(f for f in REGISTRY if f.name == name)
    room = {} if name == "t5" else {"max_position_embeddings": 512}
    ids = input_ids(length)
    assert_same_attention(traced(family, ids, **room), own(family, ids, eager=True, **room))


def test_thumbnails_hold_the_strongest_weight_of_each_cell() -> None:
    family = next(f for f in REGISTRY if f.name == "llama")
    trace = traced(family, input_ids(50))
    pooled = trace.thumbnails(1, 16)
    assert pooled.shape == (4, 16, 16)
    for head in range(4):
        full = torch.from_numpy(trace.attention(1, head))[None]
        expected = torch.nn.functional.adaptive_max_pool2d(full, 16)[0].numpy()
        np.testing.assert_allclose(pooled[head], expected, atol=1e-6)
    assert trace.thumbnails(1, 64).shape == (4, 50, 50), "a short text is not stretched"


def test_the_check_against_the_model_is_tiny_for_a_true_record() -> None:
    for family in REGISTRY:
        trace = traced(family, input_ids())
        assert trace.difference is not None and trace.difference < TOLERANCE, family.name


def test_a_model_that_changes_its_scores_unseen_is_not_trusted() -> None:
    """An attention module that bends its output after the kernel: the check notices, the model runs eagerly."""
    model = models.wrap(build(next(f for f in REGISTRY if f.name == "llama")), plain_tokenizer(VOCABULARY))
    bent = recording.sdpa_attention_forward

    def bending(*args: Any, **kwargs: Any) -> Any:
        output, weights = bent(*args, **kwargs)
        return output * 1.5, weights

    recording.sdpa_attention_forward = bending  # type: ignore[assignment]
    try:
        trace = capture.run_ids(model, RunRequest("x"), input_ids())
    finally:
        recording.sdpa_attention_forward = bent
    assert trace.method == "eager"


def test_an_eager_path_that_differs_from_the_models_ordinary_one_is_told() -> None:
    """Falcon with ALiBi adds its bias twice when it hands out weights (transformers 5.23): the difference says so."""
    family = next(f for f in FALLBACK if f.name == "falcon")
    ids = input_ids()
    assert traced(family, ids).difference < TOLERANCE  # type: ignore[operator]
    trace = traced(family, ids, alibi=True)
    assert trace.difference is not None
    eager, plain = (own(family, ids, eager=eager, alibi=True).logits[0].numpy() for eager in (True, False))
    if np.abs(eager - plain).max() > TOLERANCE:
        assert trace.difference > TOLERANCE
    np.testing.assert_allclose(trace.logits(-1), plain[-1], atol=TOLERANCE, err_msg="predictions are the plain pass's")


def test_concurrent_pass_does_not_disturb_predictions() -> None:
    """Predictions run on a shallow copy: the model that a worker is running keeps its body."""
    model = models.wrap(build(next(f for f in REGISTRY if f.name == "gpt2")), plain_tokenizer(VOCABULARY))
    trace = capture.run_ids(model, RunRequest("x"), input_ids())
    body = model.model.base_model
    trace.logits(0)
    assert model.model.base_model is body


def test_half_precision_model_gives_float32_attention() -> None:
    family = Family("llama", "LlamaForCausalLM", LLAMA)
    model = models.wrap(build(family).to(torch.bfloat16), plain_tokenizer(VOCABULARY))
    trace = capture.run_ids(model, RunRequest("x"), input_ids())
    weights = trace.attention(0, 0)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-5)
    assert trace.method == "registry"


@pytest.mark.parametrize(
    ("settings", "model_class", "name"),
    [
        (LLAMA | {"num_hidden_layers": 1, "num_attention_heads": 1, "num_key_value_heads": 1}, "LlamaModel", "llama"),
        ({**BERT, "num_hidden_layers": 1, "num_attention_heads": 1}, "BertModel", "bert"),
        (T5 | {"num_layers": 1, "num_decoder_layers": 2, "num_heads": 1}, "T5ForConditionalGeneration", "t5"),
        ({**BART, "encoder_layers": 2, "decoder_layers": 1}, "MarianMTModel", "marian"),
    ],
)  # fmt: skip
def test_one_head_one_layer_and_unequal_stacks(settings: dict[str, Any], model_class: str, name: str) -> None:
    family = Family(name, model_class, settings)
    ids = input_ids()
    assert_same_attention(traced(family, ids), own(family, ids, eager=True))
