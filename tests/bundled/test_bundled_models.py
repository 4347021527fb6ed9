"""The three models that ship with the program load offline, read both languages and do what their cards say."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch

from visualizer.core import capture, models
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.trace import RunRequest

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "models"
NAMES = ("gpt-ja-en", "bert-ja-en", "translate-ja-en")
CLASSES = {
    "gpt-ja-en": ("LlamaForCausalLM", "rotary"),
    "bert-ja-en": ("BertForPreTraining", "learned"),
    "translate-ja-en": ("MarianMTModel", "sinusoidal"),
}
LARGEST = 25_000_000
TEXTS = (
    "私は図書館で本を読む。",
    "昨日、東京で田中さんと５時に会いました。",
    "鬱蒼とした薔薇園で麒麟を見た😀",
    "I can't swim at all.",
    "i can 't swim at all .",
    'Tom said, "Hello,  Mary!"',
    "café\tnaïve\n2 lines",
    "ぢゐゑヂヱヵヶ",
)


@pytest.fixture(scope="module", params=NAMES)
def named(request: pytest.FixtureRequest) -> tuple[str, LoadedModel]:
    return request.param, models.load(f"bundled:{request.param}", device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def gpt() -> LoadedModel:
    return models.load("bundled:gpt-ja-en", device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def bert() -> LoadedModel:
    return models.load("bundled:bert-ja-en", device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def translate() -> LoadedModel:
    return models.load("bundled:translate-ja-en", device="cpu", dtype="float32")


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_is_complete_and_small(name: str) -> None:
    weights = FOLDER / name / "model.safetensors"
    assert weights.stat().st_size <= LARGEST, f"{weights} has {weights.stat().st_size:,} bytes"
    for file in ("config.json", "tokenizer.json", "tokenizer_config.json", "README.md", "README.ja.md"):
        assert (FOLDER / name / file).is_file(), f"{name} has no {file}"


def test_architecture_and_positions_are_the_announced_ones(named: tuple[str, LoadedModel]) -> None:
    name, loaded = named
    assert (type(loaded.model).__name__, loaded.card.position_scheme) == CLASSES[name]


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_is_unknown_and_the_text_comes_back(named: tuple[str, LoadedModel], text: str) -> None:
    tokenizer = named[1].tokenizer
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_offsets_cover_the_text_in_order(named: tuple[str, LoadedModel]) -> None:
    text = "私は図書館で本を読む。 I read books in the library."
    spans = named[1].tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
    spans = [(start, end) for start, end in spans if end > start]
    assert spans[0][0] == 0 and spans[-1][1] == len(text)
    for (_, end), (start, _) in pairwise(spans):
        assert start == end, f"the spans {spans} leave a gap or overlap at {end}"


def test_tokens_are_words_and_morphemes(named: tuple[str, LoadedModel]) -> None:
    tokenizer = named[1].tokenizer
    assert tokenizer.tokenize("私は図書館で本を") == ["私", "は", "図書館", "で", "本", "を"]
    assert tokenizer.tokenize("頭が痛い。") == ["頭", "が", "痛い", "。"]
    assert tokenizer.tokenize("I can't swim.") == ["▁I", "▁can", "'t", "▁swim", "."]


def _best(loaded: LoadedModel, text: str, number: int) -> list[str]:
    trace = capture.run(loaded, RunRequest(text))
    return [candidate.text.strip() for candidate in trace.next_tokens(limit=number)]


@pytest.mark.parametrize(
    ("text", "sensible"),
    [
        ("私は図書館で本を", {"読ん", "読む", "読み", "借り", "買っ", "読", "見", "借", "書い"}),
        ("彼は毎朝コーヒーを", {"飲む", "飲ん", "飲み", "飲"}),
        ("昨日、学校", {"に", "へ", "で", "から", "を"}),
        ("The weather is", {"good", "fine", "bad", "nice", "very", "going", "so", "not", "cold"}),
        (
            "She went to the",
            {"station", "library", "park", "hospital", "movies", "store", "city", "party", "door"},
        ),
        ("I want to", {"go", "be", "know", "see", "have", "eat", "learn", "study"}),
    ],
)
def test_next_tokens_are_sensible(gpt: LoadedModel, text: str, sensible: set[str]) -> None:
    best = _best(gpt, text, 10)
    assert sensible.intersection(best), f"after {text!r}: {best}"


@torch.no_grad()
@pytest.mark.parametrize(
    ("text", "sensible"),
    [
        ("私は本[MASK]読みます。", {"を"}),
        ("彼女は学校[MASK]行った。", {"に", "へ"}),
        ("I [MASK] to school every day.", {"go", "went", "come", "walk"}),
        ("He is a good [MASK].", {"student", "boy", "man", "swimmer", "teacher", "singer", "friend", "doctor"}),
    ],
)
def test_blanks_are_filled_sensibly(bert: LoadedModel, text: str, sensible: set[str]) -> None:
    encoded = bert.tokenizer(text, return_tensors="pt")
    place = (encoded["input_ids"][0] == bert.tokenizer.mask_token_id).nonzero().item()
    logits = bert.model(**encoded).prediction_logits[0, place]
    best = [bert.tokenizer.decode([token]).strip() for token in logits.topk(5).indices.tolist()]
    assert sensible.intersection(best), f"{text!r} is filled with {best}"


PAIRS = (
    ("私は毎日学校に行きます。", "I go to school every day."),
    ("彼女は英語を話すことができる。", "She can speak English."),
    ("昨日は雨が降った。", "It rained yesterday."),
    ("彼は医者です。", "He is a doctor."),
    ("この本はとても面白い。", "This book is very interesting."),
    ("あなたは何時に起きますか。", "What time do you get up?"),
)


@torch.no_grad()
def test_true_pairs_are_told_from_shuffled_ones(bert: LoadedModel) -> None:
    right = 0
    for index, (japanese, english) in enumerate(PAIRS):
        other = PAIRS[(index + 1) % len(PAIRS)][1]
        for second, label in ((english, 0), (other, 1)):
            encoded = bert.tokenizer(japanese, second, return_tensors="pt")
            right += int(bert.model(**encoded).seq_relationship_logits.argmax().item() == label)
    assert right >= 9, f"{right} of {2 * len(PAIRS)} pairs are told right"


@pytest.mark.parametrize(
    ("japanese", "words"),
    [
        ("彼は医者です。", {"doctor"}),
        ("彼女は英語を話すことができる。", {"speak", "English"}),
        ("私は毎日学校に行きます。", {"school", "every", "day"}),
    ],
)
def test_translations_hold_the_words(translate: LoadedModel, japanese: str, words: set[str]) -> None:
    encoded = translate.tokenizer(japanese, return_tensors="pt")
    with torch.no_grad():
        made = translate.model.generate(**encoded, num_beams=1, do_sample=False, max_new_tokens=30)
    text = translate.tokenizer.decode(made[0], skip_special_tokens=True)
    assert words <= set(text.rstrip(".?!").split()), f"{japanese} became {text!r}"


ALIGNED = (
    ("彼は医者です。", "He is a doctor.", "医者", "doctor"),
    ("彼女は英語を話す。", "She speaks English.", "英語", "English"),
    ("犬が好きです。", "I like dogs.", "犬", "dogs"),
    ("私は学校に行った。", "I went to school.", "学校", "school"),
)


def test_source_target_attention_points_at_the_translated_word(translate: LoadedModel) -> None:
    """In some head the place that predicts a word looks most at the word it translates, in all examples."""
    always: set[tuple[int, int]] | None = None
    for japanese, english, source_word, target_word in ALIGNED:
        trace = capture.run(translate, RunRequest(japanese, target=english))
        source = next(i for i, token in enumerate(trace.tokens) if token.text == source_word)
        fed = next(i for i, token in enumerate(trace.target_tokens) if token.text.strip() == target_word)
        pointing = set()
        for layer in range(translate.card.layers):
            for head in range(translate.card.heads):
                row = trace.attention(layer, head, kind="cross")[fed - 1]  # the place before predicts the word
                if int(row[:-1].argmax()) == source:
                    pointing.add((layer, head))
        always = pointing if always is None else always & pointing
    assert always, "no head points at the translated word in all examples"
