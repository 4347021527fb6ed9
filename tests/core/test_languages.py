"""Translation models are told from which language and into which, as their tokenizers write it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import transformers
from tokenizers import SentencePieceBPETokenizer
from transformers import AutoConfig

from tests.core.families import BART, REGISTRY, build, plain_tokenizer
from visualizer.core import capture, interventions, languages, models
from visualizer.core.errors import NoSuchKind
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace


@cache
def translator(tokenizer_class: str) -> LoadedModel:
    """A tiny random model with a real tokenizer of the class."""
    trained = SentencePieceBPETokenizer()
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    texts = ["the cat reads a book", "猫は本を読む", "le chat lit un livre"] * 20
    trained.train_from_iterator(texts, vocab_size=120, special_tokens=specials, show_progress=False)
    model = json.loads(trained._tokenizer.to_str())["model"]
    kind: Any = getattr(transformers, tokenizer_class)
    if tokenizer_class == "NllbTokenizer":
        merges = [tuple(pair) for pair in model["merges"]]
        tokenizer = kind(vocab=model["vocab"], merges=merges, src_lang="eng_Latn", tgt_lang="jpn_Jpan")
    else:
        pieces = [(piece, -float(n)) for n, piece in enumerate(model["vocab"])]
        tokenizer = kind(vocab=pieces, src_lang="en_XX", tgt_lang="ja_XX")
    settings = BART | {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    config = AutoConfig.for_model("m2m_100", **settings)
    return models.wrap(transformers.M2M100ForConditionalGeneration(config), tokenizer)


def names(trace: Trace) -> list[str]:
    return [token.piece for token in trace.target_tokens]


def test_what_is_generated_starts_from_the_tokenizers_own_prefix() -> None:
    model = translator("NllbTokenizer")
    assert {"eng_Latn", "jpn_Jpan", "fra_Latn"} <= set(model.languages)
    assert (model.source_language, model.target_language) == ("eng_Latn", "jpn_Jpan")
    trace = capture.run(model, RunRequest("the cat"))
    assert names(trace)[:2] == ["</s>", "jpn_Jpan"] and trace.tokens[0].piece == "eng_Latn"


def test_another_language_may_be_chosen_and_the_tokenizer_stays_as_it_was() -> None:
    model = translator("NllbTokenizer")
    chosen = RunRequest("le chat", source_language="fra_Latn", target_language="eng_Latn")
    trace = capture.run(model, chosen)
    assert names(trace)[:2] == ["</s>", "eng_Latn"] and trace.tokens[0].piece == "fra_Latn"
    typed = capture.run(model, RunRequest("le chat", target="the cat", target_language="eng_Latn"))
    assert names(typed)[:2] == ["</s>", "eng_Latn"] and "</s>" not in names(typed)[1:]
    assert (model.tokenizer.src_lang, model.tokenizer.tgt_lang) == ("eng_Latn", "jpn_Jpan")
    assert capture.run(model, RunRequest("the cat")).tokens[0].piece == "eng_Latn"


@pytest.mark.parametrize("kind", ["MBartTokenizer", "MBart50Tokenizer"])
def test_typed_and_generated_targets_begin_alike(kind: str) -> None:
    model = translator(kind)
    assert {"en_XX", "ja_XX", "fr_XX"} <= set(model.languages)
    for language in (None, "fr_XX"):
        prefix = capture.decoder_prefix(model, language)
        assert languages.id_of(model.tokenizer, language or "ja_XX") in prefix
        for target in (None, "le chat"):
            trace = capture.run(model, RunRequest("the cat", target=target, target_language=language))
            ids = [token.id for token in trace.target_tokens]
            assert tuple(ids[: len(prefix)]) == prefix
            assert target is None or ids[-1] not in prefix


def test_a_language_that_a_model_has_not_is_refused() -> None:
    with pytest.raises(NoSuchKind):
        capture.run(translator("NllbTokenizer"), RunRequest("the cat", target_language="xyz_Latn"))
    plain = models.wrap(build(next(f for f in REGISTRY if f.name == "marian")), plain_tokenizer())
    assert plain.languages == () and plain.target_language is None
    with pytest.raises(NoSuchKind):
        capture.run(plain, RunRequest("5 6", target_language="jpn_Jpan"))


def test_files_keep_the_languages(tmp_path: Path) -> None:
    request = RunRequest("the cat", target="猫", source_language="eng_Latn", target_language="jpn_Jpan")
    assert interventions.request_from_json(interventions.request_to_json(request)) == request
    assert interventions.request_to_json(RunRequest("a")) == {"text": "a", "pair": None, "target": None}
    capture.run(translator("NllbTokenizer"), request).save(tmp_path / "t.safetensors")
    assert Trace.open(tmp_path / "t.safetensors").request == request
