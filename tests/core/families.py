"""Tiny random models of many families, built from their configs: what the fidelity tests run on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing
from transformers import AutoConfig, PreTrainedModel, PreTrainedTokenizerFast

VOCABULARY = 97
LLAMA = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
BERT = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
}
T5 = {
    "vocab_size": VOCABULARY,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 48,
    "num_layers": 3,
    "num_decoder_layers": 3,
    "num_heads": 4,
    "decoder_start_token_id": 0,
    "pad_token_id": 0,
    "eos_token_id": 2,
}
BART = {
    "vocab_size": VOCABULARY,
    "d_model": 32,
    "encoder_layers": 3,
    "decoder_layers": 3,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 2,
    "forced_eos_token_id": None,
}
GPT2 = {
    "vocab_size": VOCABULARY,
    "n_embd": 32,
    "n_layer": 3,
    "n_head": 4,
    "n_positions": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
}


@dataclass(frozen=True)
class Family:
    """A family by its model_type, the class to build, and the numbers that make it tiny."""

    name: str
    model_class: str
    settings: dict[str, Any] = field(default_factory=dict)
    model_type: str = ""
    method: str = "registry"
    layers: tuple[int, ...] = ()  # those that have attention; () = all

    def __str__(self) -> str:
        return self.name


REGISTRY = (
    Family("gpt2", "GPT2LMHeadModel", GPT2),
    Family("gpt_bigcode", "GPTBigCodeForCausalLM", GPT2),
    Family("ctrl", "CTRLLMHeadModel", {**GPT2, "dff": 48}),
    Family("opt", "OPTForCausalLM", {**BERT, "ffn_dim": 48, "word_embed_proj_dim": 32}),
    Family("llama", "LlamaForCausalLM", LLAMA),
    Family("mistral", "MistralForCausalLM", {**LLAMA, "sliding_window": 6}),
    Family("mixtral", "MixtralForCausalLM", {**LLAMA, "num_local_experts": 2, "num_experts_per_tok": 1}),
    Family("qwen2", "Qwen2ForCausalLM", LLAMA),
    Family("qwen3", "Qwen3ForCausalLM", {**LLAMA, "head_dim": 8}),
    Family("gemma", "GemmaForCausalLM", {**LLAMA, "head_dim": 8}),
    Family("gemma2", "Gemma2ForCausalLM", {**LLAMA, "head_dim": 8, "sliding_window": 6, "attn_logit_softcapping": 1.5}),
    Family(
        "gemma3_text", "Gemma3ForCausalLM", {**LLAMA, "head_dim": 8, "sliding_window": 6, "sliding_window_pattern": 2}
    ),
    Family("phi", "PhiForCausalLM", {**LLAMA, "num_key_value_heads": 4}),
    Family("phi3", "Phi3ForCausalLM", LLAMA),
    Family("olmo2", "Olmo2ForCausalLM", LLAMA),
    Family("granite", "GraniteForCausalLM", {**LLAMA, "attention_multiplier": 0.3, "logits_scaling": 2.0}),
    Family("cohere", "CohereForCausalLM", {**LLAMA, "logit_scale": 0.5}),
    Family("starcoder2", "Starcoder2ForCausalLM", LLAMA),
    Family("smollm3", "SmolLM3ForCausalLM", LLAMA),
    Family("gpt_neox", "GPTNeoXForCausalLM", {k: v for k, v in LLAMA.items() if k != "num_key_value_heads"}),
    Family(
        "gpt_oss",
        "GptOssForCausalLM",
        {**LLAMA, "head_dim": 8, "num_local_experts": 2, "num_experts_per_tok": 1, "sliding_window": 6},
    ),
    Family("bert", "BertForMaskedLM", BERT),
    Family("bert_pretraining", "BertForPreTraining", BERT, model_type="bert"),
    Family("roberta", "RobertaForMaskedLM", {**BERT, "max_position_embeddings": 70, "pad_token_id": 0}),
    Family("xlm-roberta", "XLMRobertaForMaskedLM", {**BERT, "max_position_embeddings": 70}),
    Family("camembert", "CamembertForMaskedLM", {**BERT, "max_position_embeddings": 70}),
    Family(
        "distilbert",
        "DistilBertForMaskedLM",
        {
            "vocab_size": VOCABULARY,
            "dim": 32,
            "hidden_dim": 48,
            "n_layers": 3,
            "n_heads": 4,
            "max_position_embeddings": 64,
        },
    ),
    Family("electra", "ElectraForMaskedLM", {**BERT, "embedding_size": 16}),
    Family("albert", "AlbertForMaskedLM", {**BERT, "embedding_size": 16}),
    Family("modernbert", "ModernBertForMaskedLM", {**BERT, "local_attention": 6, "global_attn_every_n_layers": 2}),
    Family("eurobert", "EuroBertForMaskedLM", LLAMA),
    Family("t5", "T5ForConditionalGeneration", T5),
    Family("mt5", "MT5ForConditionalGeneration", {**T5, "feed_forward_proj": "gated-gelu"}),
    Family("bart", "BartForConditionalGeneration", BART),
    Family("mbart", "MBartForConditionalGeneration", BART),
    Family("marian", "MarianMTModel", BART),
    Family("pegasus", "PegasusForConditionalGeneration", BART),
    Family("m2m_100", "M2M100ForConditionalGeneration", BART),
)

FALLBACK = (
    Family("gpt_neo", "GPTNeoForCausalLM", {
        "vocab_size": VOCABULARY, "hidden_size": 32, "num_layers": 2, "num_heads": 4, "intermediate_size": 48,
        "attention_types": [[["global", "local"], 1]], "window_size": 5, "max_position_embeddings": 64,
        "bos_token_id": 1, "eos_token_id": 2,
    }),
    Family("gptj", "GPTJForCausalLM", {**GPT2, "rotary_dim": 4}),
    Family("codegen", "CodeGenForCausalLM", {**GPT2, "rotary_dim": 4}),
    Family("bloom", "BloomForCausalLM", {"vocab_size": VOCABULARY, "hidden_size": 32, "n_layer": 3, "n_head": 4}),
    Family("falcon", "FalconForCausalLM", {**LLAMA, "alibi": False, "new_decoder_architecture": False}),
    Family("mpt", "MptForCausalLM", {"vocab_size": VOCABULARY, "d_model": 32, "n_heads": 4, "n_layers": 3}),
    Family("deberta", "DebertaForMaskedLM", {**BERT, "relative_attention": True, "pos_att_type": "c2p|p2c"}),
    Family("deberta-v2", "DebertaV2ForMaskedLM", {**BERT, "relative_attention": True, "pos_att_type": "c2p|p2c"}),
    Family("mpnet", "MPNetForMaskedLM", {**BERT, "max_position_embeddings": 70}),
    Family("xlnet", "XLNetLMHeadModel", {**GPT2, "d_model": 32, "d_inner": 48}),
    Family("roformer", "RoFormerForMaskedLM", BERT),
)  # fmt: skip


_FOUR = {**LLAMA, "num_hidden_layers": 4}
# Layers without attention between those that have it, or beside it in the same layer.
HYBRID = (
    Family("lfm2", "Lfm2ForCausalLM", {**_FOUR, "layer_types": ["conv", "full_attention"] * 2}, layers=(1, 3)),
    Family("jamba", "JambaForCausalLM", {
        **_FOUR, "attn_layer_period": 2, "attn_layer_offset": 1, "mamba_d_state": 8, "mamba_expand": 1,
        "mamba_dt_rank": 4, "num_experts": 2, "use_mamba_kernels": False,
    }, layers=(1, 3)),
    Family("qwen3_next", "Qwen3NextForCausalLM", {
        **_FOUR, "layer_types": ["linear_attention", "full_attention"] * 2, "linear_num_key_heads": 2,
        "linear_num_value_heads": 4, "linear_key_head_dim": 8, "linear_value_head_dim": 8, "num_experts": 2,
        "num_experts_per_tok": 1, "moe_intermediate_size": 16, "shared_expert_intermediate_size": 16, "head_dim": 8,
    }, layers=(1, 3)),
    Family("falcon_h1", "FalconH1ForCausalLM", {
        **LLAMA, "mamba_d_ssm": 32, "mamba_n_heads": 4, "mamba_d_head": 8, "mamba_n_groups": 1, "mamba_d_state": 8,
        "mamba_chunk_size": 8,
    }),
)  # fmt: skip


def build(family: Family, seed: int = 0, **changes: Any) -> PreTrainedModel:
    """A tiny model of the family with random weights, large enough that its attention is far from uniform."""
    torch.manual_seed(seed)
    config = AutoConfig.for_model(family.model_type or family.name, **{**family.settings, **changes})
    model = getattr(transformers, family.model_class)(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0.0, 0.25)
    return model


def plain_tokenizer(vocabulary: int = VOCABULARY, pairs: bool = False) -> PreTrainedTokenizerFast:
    """One token a word, written as its number: enough for models whose words mean nothing.

    pairs: ends each of one or two sentences with </s>, as tokenizers of models that take pairs do.
    """
    names = ["<pad>", "<s>", "</s>", *map(str, range(3, vocabulary))]
    tokenizer = Tokenizer(WordLevel({name: i for i, name in enumerate(names)}, unk_token="3"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    if pairs:
        tokenizer.post_processor = TemplateProcessing(
            single="$A:0 </s>:0", pair="$A:0 </s>:0 $B:1 </s>:1", special_tokens=[("</s>", 2)]
        )
    result = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>")
    if pairs:
        result.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
    return result
