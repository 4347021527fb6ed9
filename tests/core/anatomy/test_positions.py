"""What is said of a model's positions is what the model does: held against its own modules and its own attention."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import transformers
from transformers import AutoConfig

from visualizer.core.anatomy import positions
from visualizer.core.positions import LEAST_POSITIONS, interleaved, sinusoid

BERT = {"vocab_size": 97, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
LLAMA = {**BERT, "num_key_value_heads": 2, "max_position_embeddings": 128}
BART = {
    "vocab_size": 97, "d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "max_position_embeddings": 80,
    "pad_token_id": 96, "decoder_start_token_id": 96, "bos_token_id": 1, "eos_token_id": 2, "forced_eos_token_id": None,
}  # fmt: skip
GPT2 = {
    "vocab_size": 97,
    "n_embd": 32,
    "n_layer": 2,
    "n_head": 4,
    "n_positions": 80,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
T5 = {
    "vocab_size": 97,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 32,
    "num_layers": 2,
    "num_heads": 4,
    "decoder_start_token_id": 0,
}
XLM = {"vocab_size": 97, "emb_dim": 32, "n_layers": 2, "n_heads": 4, "sinusoidal_embeddings": True}
DISTILBERT = {"vocab_size": 97, "dim": 32, "hidden_dim": 32, "n_layers": 1, "n_heads": 4, "sinusoidal_pos_embds": True}
BLOOM = {"vocab_size": 97, "hidden_size": 32, "n_layer": 2, "n_head": 4}


def build(model_type, name, **settings):
    torch.manual_seed(0)
    config = AutoConfig.for_model(model_type, **settings)
    return getattr(transformers, name)(config).eval()


def scheme_of(model, n_positions=20):
    return positions.describe(model, max(n_positions, LEAST_POSITIONS))


def only_part(model, n_positions=20):
    (part,) = scheme_of(model, n_positions).parts
    return part


@pytest.mark.parametrize(
    ("model_type", "name", "settings", "table", "offset"),
    [
        ("bert", "BertForMaskedLM", {**BERT, "max_position_embeddings": 80}, "bert.embeddings.position_embeddings", 0),
        ("electra", "ElectraForMaskedLM", {**BERT, "embedding_size": 16}, "electra.embeddings.position_embeddings", 0),
        ("gpt2", "GPT2LMHeadModel", GPT2, "transformer.wpe", 0),
        (
            "opt",
            "OPTForCausalLM",
            {**BERT, "ffn_dim": 48, "word_embed_proj_dim": 32},
            "model.decoder.embed_positions",
            2,
        ),
        ("roberta", "RobertaForMaskedLM", {**BERT, "pad_token_id": 7}, "roberta.embeddings.position_embeddings", 8),
    ],
)
def test_learned_tables_are_found_with_the_row_that_the_first_position_uses(model_type, name, settings, table, offset):
    model = build(model_type, name, **settings)
    weight = model.get_submodule(table).weight.detach().numpy()
    part = only_part(model)
    assert (part.kind, part.offset, part.length) == ("learned", offset, len(weight) - offset)
    np.testing.assert_array_equal(part.matrix, weight[offset : offset + LEAST_POSITIONS])


def test_the_two_sides_of_bart_have_a_table_each():
    model = build("bart", "BartForConditionalGeneration", **BART)
    encoder, decoder = scheme_of(model).parts
    assert (encoder.side, decoder.side) == ("encoder", "decoder")
    assert encoder.offset == decoder.offset == 2
    np.testing.assert_array_equal(decoder.matrix, model.model.decoder.embed_positions.weight.detach()[2:66])
    assert not np.array_equal(encoder.matrix, decoder.matrix)


def test_marian_in_the_order_of_the_paper_is_the_formula_of_the_paper():
    model = build("marian", "MarianMTModel", **BART)
    part = only_part(model)  # the same on both sides: one part
    assert (part.kind, part.layout, part.side) == ("sinusoidal", "halves", "")
    np.testing.assert_array_equal(part.matrix, model.model.encoder.embed_positions.weight[:LEAST_POSITIONS])
    np.testing.assert_allclose(interleaved(part), sinusoid(LEAST_POSITIONS, 32), atol=1e-6)
    np.testing.assert_allclose(part.frequencies, 10000 ** (-2 * np.arange(16) / 32), atol=1e-6)


@pytest.mark.parametrize(
    ("model_type", "name", "settings", "layout"),
    [
        ("pegasus", "PegasusForConditionalGeneration", BART, "halves"),
        ("m2m_100", "M2M100ForConditionalGeneration", {**BART, "pad_token_id": 3}, "halves"),
        ("ctrl", "CTRLLMHeadModel", {**GPT2, "dff": 48}, "halves"),
        ("xlm", "XLMWithLMHeadModel", XLM, "interleaved"),
        ("distilbert", "DistilBertForMaskedLM", DISTILBERT, "interleaved"),
    ],
)  # fmt: skip
def test_other_sinusoidal_models_are_recognised_by_their_values(model_type, name, settings, layout):
    part = only_part(build(model_type, name, **settings))
    assert (part.kind, part.layout) == ("sinusoidal", layout)
    pairs = interleaved(part).reshape(len(part.matrix), -1, 2)
    np.testing.assert_allclose((pairs**2).sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize(
    "scaling",
    [
        {"rope_type": "default", "rope_theta": 10000.0},
        {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0},
        {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
         "original_max_position_embeddings": 32, "rope_theta": 10000.0},
        {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "rope_theta": 10000.0},
        {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0},
    ],
    ids=lambda scaling: scaling["rope_type"],
)  # fmt: skip
@pytest.mark.parametrize("n", [20, 200])
def test_rotary_angles_are_those_of_the_model_with_its_scaling(scaling, n):
    model = build("llama", "LlamaForCausalLM", **LLAMA, rope_parameters=scaling)
    part = only_part(model, n)
    n = max(n, LEAST_POSITIONS)
    cosine, sine = model.model.rotary_emb(torch.zeros(1), torch.arange(n)[None])
    angles = part.angles(np.arange(n))
    for ours, own in ((np.cos(angles), cosine), (np.sin(angles), sine)):
        np.testing.assert_allclose(part.attention_scaling * ours, own[0, :, : ours.shape[1]], atol=2e-4)
    assert part.rotated == part.head_width == 8


def test_rotary_that_turns_a_part_of_each_head_says_how_much():
    part = only_part(build("phi", "PhiForCausalLM", **BERT))
    assert (part.rotated, part.head_width) == (4, 8)


@pytest.mark.parametrize(
    ("model_type", "name", "settings"),
    [
        ("gptj", "GPTJForCausalLM", {**GPT2, "rotary_dim": 4}),
        ("codegen", "CodeGenForCausalLM", {**GPT2, "rotary_dim": 4}),
    ],
)
def test_rotary_kept_as_a_table_of_sines_is_still_rotary(model_type, name, settings):
    part = only_part(build(model_type, name, **settings))
    assert (part.kind, part.head_width) == ("rotary", 8)
    np.testing.assert_allclose(part.inverse_frequencies, [1.0, 0.01], atol=1e-6)


def test_roformer_turns_queries_by_a_table_as_wide_as_a_head():
    part = only_part(build("roformer", "RoFormerForMaskedLM", **BERT, max_position_embeddings=80))
    assert (part.kind, part.rotated) == ("rotary", 8)


def test_gemma3_has_one_set_of_frequencies_for_each_type_of_layer():
    model = build(
        "gemma3_text", "Gemma3ForCausalLM", **LLAMA, head_dim=8, layer_types=["sliding_attention", "full_attention"]
    )
    parts = {part.layer_type: part for part in scheme_of(model).parts}
    assert {name: part.layers for name, part in parts.items()} == {"sliding_attention": (0,), "full_attention": (1,)}
    full, sliding = parts["full_attention"].wavelengths(), parts["sliding_attention"].wavelengths()
    assert full[-1] > 10 * sliding[-1]


def test_layers_without_positions_are_left_out():
    model = build(
        "smollm3",
        "SmolLM3ForCausalLM",
        **{**LLAMA, "num_hidden_layers": 4},
        no_rope_layers=[1, 1, 1, 0],
        pad_token_id=0,
    )
    assert only_part(model).layers == (0, 1, 2)


def test_t5_bias_by_distance_is_the_bias_of_its_own_attention():
    model = build("t5", "T5ForConditionalGeneration", **T5)
    for part, body in zip(scheme_of(model, 70).parts, (model.encoder, model.decoder), strict=True):
        own = body.block[0].layer[0].SelfAttention.compute_bias(70, 70)[0].detach().numpy()
        for query, key in ((0, 0), (69, 0), (40, 33), (12, 69)):
            column = np.flatnonzero(part.distances == key - query)
            if key > query and part.side == "decoder":
                assert not len(column), "a causal side has no later keys"
                continue
            np.testing.assert_array_equal(part.bias[:, column[0]], own[:, query, key])


def test_umt5_has_a_bias_of_its_own_in_every_layer():
    parts = scheme_of(build("umt5", "UMT5ForConditionalGeneration", **T5)).parts
    assert [(part.side, part.layers) for part in parts] == [
        ("encoder", (0,)), ("encoder", (1,)), ("decoder", (0,)), ("decoder", (1,)),
    ]  # fmt: skip


def test_mpnet_has_learned_positions_and_a_bias_by_distance():
    learned, relative = scheme_of(build("mpnet", "MPNetForMaskedLM", **BERT)).parts
    assert (learned.kind, learned.offset, relative.kind, relative.heads) == ("learned", 2, "relative", 4)


@pytest.mark.parametrize(
    ("model_type", "name", "settings"),
    [
        ("bloom", "BloomForCausalLM", BLOOM),
        ("bloom", "BloomForCausalLM", {**BLOOM, "hidden_size": 48, "n_head": 6}),
        ("mpt", "MptForCausalLM", {"vocab_size": 97, "d_model": 32, "n_heads": 4, "n_layers": 2, "max_seq_len": 80}),
    ],
)
def test_alibi_slopes_are_the_slopes_of_attention_that_sees_nothing_else(model_type, name, settings):
    model = build(model_type, name, **settings)
    for parameter_name, parameter in model.named_parameters():
        if "query_key_value" in parameter_name or "Wqkv" in parameter_name:
            parameter.data.zero_()  # all scores are 0: only the bias is left
    model.set_attn_implementation("eager")
    with torch.inference_mode():
        attention = model(torch.arange(10, 22)[None], output_attentions=True).attentions[0][0]
    logarithms = attention[:, -1].log().numpy()  # [head, key]
    distances = np.arange(12) - 11
    part = only_part(model)
    np.testing.assert_allclose(logarithms - logarithms[:, -1:], part.bias_at(distances), atol=1e-5)


def test_falcon_scales_its_alibi_slopes_together_with_the_scores():
    """Its attention adds the bias before it divides by the root of the head's width."""
    heads, width = 4, 8
    model = build("falcon", "FalconForCausalLM", **BERT, alibi=True, new_decoder_architecture=False)
    expected = np.array([2.0 ** -(8 * (i + 1) / heads) for i in range(heads)]) / np.sqrt(width)
    part = only_part(model)
    assert part.kind == "alibi", "its rotary module is called, but not used"
    np.testing.assert_allclose(part.slopes, expected, rtol=1e-2)


def test_deberta_looks_at_distance_through_vectors():
    model = build("deberta-v2", "DebertaV2ForMaskedLM", **BERT, relative_attention=True, pos_att_type=["c2p", "p2c"],
                  position_biased_input=False, position_buckets=8, norm_rel_ebd="none")  # fmt: skip
    part = only_part(model)
    table = model.deberta.encoder.rel_embeddings.weight.detach().numpy()
    assert part.kind == "relative" and part.matrix.shape == (len(part.distances), 32)
    own = {int(d): row for d, row in zip(part.distances, part.matrix, strict=True)}
    np.testing.assert_array_equal(own[0], table[8])
    np.testing.assert_array_equal(own[-3], table[11])  # the key three tokens before: query - key = 3
    np.testing.assert_array_equal(own[-60], own[-59], err_msg="far distances share a bucket")


def test_xlnet_distances_are_sinusoids_with_the_last_one_first():
    part = only_part(build("xlnet", "XLNetLMHeadModel", vocab_size=97, d_model=32, n_layer=1, n_head=4, d_inner=48))
    row = part.matrix[list(part.distances).index(-5)]
    np.testing.assert_allclose(row[:16], np.sin(5 * 10000 ** (-np.arange(16) / 16)), atol=1e-6)


def test_a_model_without_positions_says_none():
    model = build("llama", "LlamaForCausalLM", **LLAMA)
    model.model.rotary_emb = Still()
    assert scheme_of(model).scheme == "none"


class Still(torch.nn.Module):
    """Rotation by nothing."""

    def forward(self, x, position_ids):
        shape = (*position_ids.shape, 8)
        return torch.ones(shape), torch.zeros(shape)


def test_watching_leaves_no_hook_behind_even_when_the_pass_fails():
    model = build("bert", "BertForMaskedLM", **BERT)
    scheme_of(model)
    model.cls.forward = None
    with pytest.raises(TypeError):
        scheme_of(model)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
