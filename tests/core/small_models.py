"""Tiny random models of any family that transformers knows, built from its default config made small."""

from __future__ import annotations

import copy
from typing import Any

import torch
import transformers
from transformers import AutoConfig, PreTrainedModel
from transformers.models.auto import modeling_auto

LARGEST = 4_000_000  # parameters: what is larger is not built
LAYERS, VOCABULARY = 4, 97
SMALL: dict[str, Any] = {
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "dim", "emb_dim", "embed_dim"), 32),
    **dict.fromkeys(("intermediate_size", "d_ff", "ffn_dim", "hidden_dim", "d_inner", "n_inner"), 48),
    **dict.fromkeys(("ffn_hidden_size",), 48),
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim", "moe_intermediate_size", "moe_ffn_hidden_size"), 48),
    **dict.fromkeys(("shared_expert_intermediate_size", "shared_intermediate_size", "block_ff_dim"), 48),
    **dict.fromkeys(("num_hidden_layers", "num_layers", "n_layer", "n_layers", "encoder_layers"), LAYERS),
    **dict.fromkeys(("decoder_layers", "num_decoder_layers", "num_encoder_layers"), LAYERS),
    **dict.fromkeys(("num_attention_heads", "num_heads", "n_head", "n_heads", "encoder_attention_heads"), 4),
    **dict.fromkeys(("decoder_attention_heads", "num_decoder_attention_heads", "num_encoder_attention_heads"), 4),
    **dict.fromkeys(("num_key_value_heads", "num_kv_heads"), 2),
    **dict.fromkeys(("head_dim", "d_kv", "v_head_dim", "qk_nope_head_dim", "global_head_dim"), 8),
    **dict.fromkeys(("qk_rope_head_dim", "rotary_dim", "index_head_dim"), 4),
    **dict.fromkeys(("q_lora_rank", "kv_lora_rank"), 16),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"), 4),
    **dict.fromkeys(("num_experts_per_tok", "moe_topk", "moe_k", "top_k_experts"), 2),
    **dict.fromkeys(("n_group", "topk_group", "n_shared_experts", "first_k_dense_replace"), 1),
    **dict.fromkeys(("vocab_size", "vocab_size_per_layer_input"), VOCABULARY),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length"), 128),
    **dict.fromkeys(("max_encoder_position_embeddings", "max_decoder_position_embeddings"), 128),
    **dict.fromkeys(("sliding_window", "local_attention", "attention_chunk_size", "window_size"), 8),
    **dict.fromkeys(("mamba_d_state", "ssm_state_size", "state_size", "mamba_d_conv"), 4),
    **dict.fromkeys(("linear_num_key_heads", "mamba_n_groups", "n_groups", "mamba_ngroups"), 2),
    **dict.fromkeys(("linear_num_value_heads", "mamba_n_heads", "mamba_num_heads", "n_mamba_heads"), 4),
    **dict.fromkeys(("linear_key_head_dim", "linear_value_head_dim", "mamba_d_head", "mamba_head_dim"), 8),
    **dict.fromkeys(("mamba_d_ssm", "lru_width", "embedding_size", "hidden_size_per_layer_input"), 32),
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2,
    "attention_window": [8] * LAYERS,
    "mamba_chunk_size": 8, "block_size": 4, "num_random_blocks": 1, "use_mamba_kernels": False, "index_topk": 64,
}  # fmt: skip
_HYBRID = ["linear_attention", "hybrid"] * 2
# What a family wants to be told in its own way; None: left as its config has it.
OWN: dict[str, dict[str, Any]] = {
    "bamba": {"attn_layer_indices": [1, 3], "mamba_n_heads": 8, "mamba_d_head": 8},
    "bailing_hybrid": {
        "layer_types": ["linear_attention", "full_attention"] * 2, "group_norm_size": 2, "num_experts": 16,
        "n_group": 2,
    },
    "cpmant": {"dim_ff": 48, "prompt_types": 2, "prompt_length": 2, "segment_types": 32},
    "dbrx": {
        "attn_config": {"kv_n_heads": 2, "clip_qkv": 8.0, "rope_theta": 10000.0},
        "ffn_config": {"ffn_hidden_size": 48, "moe_num_experts": 4, "moe_top_k": 2},
    },
    "falcon_h1": {"mamba_n_groups": 1},
    "falcon": {"alibi": False, "new_decoder_architecture": False},
    "fsmt": {"src_vocab_size": VOCABULARY, "tgt_vocab_size": VOCABULARY, "langs": ["en", "de"]},
    "funnel": {"num_hidden_layers": None, "block_sizes": [2, 2], "num_decoder_layers": 2},
    "gemma3n_text": {"num_kv_shared_layers": 0, "activation_sparsity_pattern": [0.0] * LAYERS, "laurel_rank": 4},
    "gpt_neo": {"attention_types": [[["global", "local"], 2]]},
    "granitemoehybrid": {
        "layer_types": ["mamba", "attention"] * 2, "mamba_n_heads": 8, "mamba_d_head": 8, "mamba_n_groups": 1,
        "position_embedding_type": "rope",
    },
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1, "mamba_expand": 1, "mamba_dt_rank": 4},
    "kimi_linear": {"layer_types": ["linear_attention", "full_attention"] * 2, "num_experts_per_token": 2},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"] * 2, "num_dense_layers": 1},
    "longcat_flash": {"ffn_hidden_size": 48, "expert_ffn_hidden_size": 16, "zero_expert_num": 2, "num_layers": 2,
                      "head_dim": 4},
    "luke": {"entity_vocab_size": 10, "entity_emb_size": 16},
    "prophetnet": {"num_hidden_layers": None, "num_encoder_layers": LAYERS},
    "recurrent_gemma": {"block_types": ["recurrent", "attention"]},
    "roc_bert": {"pronunciation_vocab_size": 10, "shape_vocab_size": 10, "pronunciation_embed_dim": 8,
                 "shape_embed_dim": 8},
    "xlnet": {"max_position_embeddings": None},
    "zamba2": {
        "layers_block_type": _HYBRID, "num_mem_blocks": 1, "attention_head_dim": 16, "attention_hidden_size": 64,
        "mamba_headdim": 16, "n_mamba_heads": 4, "adapter_rank": 8,
    },
    "zaya": {"num_experts_per_tok": 1},
}  # fmt: skip


def families() -> dict[str, str]:
    """model_type -> its class with a language-model head."""
    found: dict[str, str] = {}
    for names in (
        modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
        modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    ):
        for model_type, entry in names.items():
            found.setdefault(model_type, entry if isinstance(entry, str) else entry[0])
    return dict(sorted(found.items()))


def _has(config: Any, name: str) -> bool:
    """Whether a config has a setting of this name that can be set."""
    entry = getattr(type(config), name, None)
    if isinstance(entry, property) and entry.fset is None:
        return False
    try:
        return hasattr(config, name) and name not in config.attribute_map
    except Exception:  # a value for each layer, which transformers refuses to give as one
        return False


def built(model_type: str, model_class: str) -> PreTrainedModel:
    """A tiny random model. Raises whatever its config or class raises, and ValueError for one that stays large."""
    default = AutoConfig.for_model(model_type)
    changes = {name: value for name, value in SMALL.items() if _has(default, name)}
    if _has(default, "qk_rope_head_dim"):
        # Latent attention: the width that is turned follows from other settings, and each head has its own keys.
        changes.pop("head_dim", None)
        changes |= {name: 4 for name in ("num_key_value_heads",) if name in changes}
    own = OWN.get(model_type, {})
    types = getattr(default, "layer_types", None) or getattr(default, "layers_block_type", None)
    if types and not own:
        kinds = list(dict.fromkeys(types))
        name = "layer_types" if getattr(default, "layer_types", None) else "layers_block_type"
        name = default.attribute_map.get(name, name)
        if isinstance(getattr(type(default), name, None), property):
            raise ValueError(f"{name} follows from other settings")
        changes[name] = [kinds[n % len(kinds)] for n in range(LAYERS)]
    changes = {name: value for name, value in {**changes, **own}.items() if value is not None}
    config = AutoConfig.for_model(model_type, **changes)
    kind = getattr(transformers, model_class)
    with torch.device("meta"):
        size = sum(p.numel() for p in kind(copy.deepcopy(config)).parameters())
    if size > LARGEST:
        raise ValueError(f"{size:,} parameters")
    torch.manual_seed(0)
    model: PreTrainedModel = kind(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0.0, 0.2)
    return model
