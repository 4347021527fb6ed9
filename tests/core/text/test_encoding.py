"""Tokens say what they are and where they lie, whatever tokenizer made them."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.core.tokenizer_kinds import KINDS
from visualizer.core import text
from visualizer.core.text import Encoding, Token, encode, find_morphemes, label_ids, segment

# Sentences, and what breaks tokenizers: joiners, accents on their own, directions, control characters, half characters.
AWKWARD = [
    "",
    " ",
    "   ",
    "\n\t\r\x0b\u3000",
    "a",
    "\x00\x01\x1b\x7f\x85",
    "👍🏽👨‍👩‍👧‍👦🇯🇵1️⃣",
    "שלום عَرَبِيّ \u202eabc\u202c",
    "e\u0301 \u0301\u0301 が がぎぐ ㍿ ﬁ ½ Ⅳ",
    "\ud83d\ude00 \ud800 \udfff",
    "\ufeff\u200b\u200d\ufe0f\u00ad",
    "[CLS] [MASK] </s> <|end|> <unk> <0xE6> ▁ ##s",
    "İıſßΣς DŽǅǆ",
    "the cat sat on the mat. 私は図書館で本を読みます。",
]

texts = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(max_size=40),
    st.text(st.characters(codec=None, categories=None), max_size=20),
    st.lists(st.sampled_from([*AWKWARD, "cat", "は", " ", "猫", "the", "é", "[MASK]", "</s>"]), max_size=6).map(
        "".join
    ),
)
many = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@pytest.fixture(scope="module", params=list(KINDS))
def tokenizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return KINDS[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture
def make(tmp_path: Any) -> Any:
    return lambda kind: KINDS[kind](tmp_path)


def assert_ordered(tokens: tuple[Token, ...], strings: tuple[str, str]) -> None:
    for sequence, string in enumerate(strings):
        starts = []
        for token in tokens:
            if token.sequence == sequence:
                start, end = token.span
                assert 0 <= start <= end <= len(string), f"{token} does not lie in {string!r}"
                starts.append(start)
        assert starts == sorted(starts), f"starts go back: {starts}"


@many
@given(string=texts, pair=st.none() | texts)
@example(string="\ud800", pair=None)
def test_every_token_has_a_place_in_order_for_any_text(tokenizer: Any, string: str, pair: str | None) -> None:
    encoding = encode(tokenizer, string, pair)
    assert_ordered(encoding.tokens, (string, pair or ""))
    assert encoding.ids == tuple(token.id for token in encoding.tokens)
    assert encoding.cut == 0
    assert all(token.text for token in encoding.tokens), "a token without a label cannot be read"
    assert not any(c in token.text for token in encoding.tokens for c in "\n\r\t\x00\u202e"), (
        "a label must not break lines"
    )


@pytest.mark.filterwarnings("ignore:This sequence already has")  # the tokenizer's own word about a typed </s>
@many
@given(string=texts, pair=st.none() | texts)
def test_the_ids_are_what_the_tokenizer_says(tokenizer: Any, string: str, pair: str | None) -> None:
    string, pair = text.clean(string), text.clean(pair) if pair else None
    expected = tokenizer(string, pair) if pair else tokenizer(string)
    encoding = encode(tokenizer, string, pair)
    assert list(encoding.ids) == expected["input_ids"]
    types = expected.get("token_type_ids")
    assert encoding.token_type_ids == (None if types is None else tuple(types))


@many
@given(string=texts, pair=st.none() | texts, unit=st.sampled_from(text.UNIT_KINDS))
def test_units_take_every_token_exactly_once(tokenizer: Any, string: str, pair: str | None, unit: Any) -> None:
    encoding = encode(tokenizer, string, pair)
    morphemes = find_morphemes(string) + (find_morphemes(pair, 1) if pair else ())
    units = segment(unit, encoding.tokens, morphemes, string, pair)
    shares = text.alignment(units, len(encoding.ids))
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=1e-5)
    assert (shares.sum(axis=1) > 0).all(), "a unit without tokens has no attention"
    for sequence in (0, 1):
        starts = [u.span[0] for u in units if u.sequence == sequence and not u.special]
        assert starts == sorted(starts), "units stand in the order of the text"


@many
@given(string=texts)
def test_ids_of_a_model_have_labels_and_places_too(tokenizer: Any, string: str) -> None:
    ids = encode(tokenizer, string).ids
    tokens = label_ids(tokenizer, ids)
    assert tuple(token.id for token in tokens) == ids
    assert_ordered(tokens, (text.decode(tokenizer, ids), ""))
    assert all(token.text for token in tokens)


@pytest.mark.parametrize("beyond", [10**6, 2**31])
def test_an_id_beyond_the_vocabulary_is_shown_by_its_number(tokenizer: Any, beyond: int) -> None:
    label = label_ids(tokenizer, [beyond])[0].text
    # Tokenizers that count characters or bytes on and on have a character for it.
    assert label == f"<{beyond}>" or (len(tokenizer.tokenize("ab")) == 2 and len(label) == 1)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 8, 13])
def test_what_is_cut_is_counted_and_special_tokens_stay(tokenizer: Any, limit: int) -> None:
    string = "the cat sat on the mat"
    whole = encode(tokenizer, string)
    encoding = encode(tokenizer, string, max_length=limit)
    assert len(encoding.ids) == min(limit, len(whole.ids))
    assert encoding.cut == len(whole.ids) - len(encoding.ids)
    added = [t.id for t in whole.tokens if t.special]
    if limit > len(added):
        assert [t.id for t in encoding.tokens if t.special] == added


def test_the_longer_of_a_pair_is_cut_first(make: Any) -> None:
    encoding = encode(make("word_piece"), "the cat", "the cat sat on the mat and the dog", max_length=9)
    assert [t.text for t in encoding.tokens if t.sequence == 0 and not t.special] == ["the", "cat"]
    assert encoding.tokens[-1].text == "[SEP]"
    assert encoding.cut > 0


def shown(encoding: Encoding) -> list[tuple[str, tuple[int, int]]]:
    return [(token.text, token.span) for token in encoding.tokens]


@pytest.mark.parametrize("kind", ["byte_level", "unigram_bytes", "llama_bpe", "byt5"])
def test_a_part_of_a_character_is_shown_as_that_character(make: Any, kind: str) -> None:
    tokens = [t for t in encode(make(kind), "a鬱é").tokens if not t.special]
    assert [(t.text, t.span) for t in tokens if "鬱" in t.text] == [(f"「鬱」{n}/3", (1, 2)) for n in (1, 2, 3)]
    assert [(t.text, t.span) for t in tokens if "é" in t.text] == [(f"「é」{n}/2", (2, 3)) for n in (1, 2)]


def test_byte_level_tokens_cover_the_whole_text(make: Any) -> None:
    string = "the cat  猫\n👍🏽 mat"
    spans = [token.span for token in encode(make("byte_level"), string).tokens]
    assert set().union(*(range(*span) for span in spans)) == set(range(len(string)))


def test_blanks_are_visible_when_there_is_nothing_else(make: Any) -> None:
    labels = [token.text for token in encode(make("byt5"), " \n\t\u3000a").tokens]
    assert labels[:3] == ["␣", "↵", "⇥"]
    assert labels[3:6] == ["「␣」1/3", "「␣」2/3", "「␣」3/3"]
    assert text.encode(make("canine"), "\u3000\u0301").tokens[1].text == "␣"


def test_word_pieces_lie_on_the_text_as_it_was_typed(make: Any) -> None:
    encoding = encode(make("word_piece"), "THE Cát 魑魅 sat")
    tokens = [t for t in encoding.tokens if not t.special]
    assert (tokens[0].text, tokens[0].span) == ("the", (0, 3))
    assert "".join(t.text for t in tokens if 4 <= t.span[0] < 7) == "cat", "labels are what the model reads"
    unknown = [t for t in tokens if t.text == "[UNK]"]
    assert [t.span for t in unknown] == [(8, 9), (9, 10)]
    assert not any(t.special for t in unknown), "an unknown word is text"
    assert (encoding.tokens[0].span, encoding.tokens[-1].special) == ((0, 0), True)


@pytest.mark.parametrize(
    ("kind", "mask"), [("word_piece", "[MASK]"), ("roberta", "<mask>"), ("japanese_characters", "[MASK]")]
)
def test_a_typed_mask_is_special_and_keeps_its_place(make: Any, kind: str, mask: str) -> None:
    string = f"the {mask} sat"
    found = [t for t in encode(make(kind), string).tokens if t.text == mask]
    assert len(found) == 1
    assert found[0].special
    assert string[slice(*found[0].span)].strip() == mask


@pytest.mark.parametrize("kind", ["unigram_bytes", "llama_bpe", "marian"])
def test_a_blank_that_the_tokenizer_puts_before_is_not_in_the_text(make: Any, kind: str) -> None:
    first = next(t for t in encode(make(kind), "the cat" if kind != "marian" else "私は").tokens if not t.special)
    assert first.span[0] == 0
    assert not first.text.startswith(" ")


def test_slow_tokenizers_are_aligned_by_their_pieces(make: Any) -> None:
    letters = [("<unk>", (5, 6)), ("<unk>", (6, 7)), ("<unk>", (7, 8))]
    assert shown(encode(make("ctrl"), "the  CAT the")) == [("the", (0, 3)), *letters, ("the", (9, 12))]
    string = "私は ㍿ 図書館 THE"
    for kind in ("japanese_characters", "japanese_word_piece"):
        tokens = [t for t in encode(make(kind), string).tokens if not t.special and t.text != "[UNK]"]
        for token in tokens:
            assert string[slice(*token.span)].lower() == token.text, f"{kind}: {token}"
        assert {t.text for t in tokens} >= {"私", "は"}


def test_marian_reads_each_side_with_its_own_model(make: Any) -> None:
    tokenizer = make("marian")
    source = encode(tokenizer, "the cat")
    target = encode(tokenizer, "the cat", as_target=True)
    unknown = tokenizer.unk_token_id
    assert unknown in source.ids
    assert unknown not in target.ids, "only the target's model has learned these words"
    assert "".join(t.text for t in target.tokens[:-1]).lstrip("␣") == "the cat"
    assert target.tokens[-1].text == "</s>"
    assert encode(tokenizer, "the cat").ids == source.ids, "the tokenizer is left as it was"


def test_pairs_are_told_apart(make: Any) -> None:
    for kind in ("word_piece", "roberta", "japanese_characters", "unigram_bytes"):
        tokens = encode(make(kind), "the cat", "the mat sat").tokens
        assert {t.sequence for t in tokens if not t.special} == {0, 1}
        second = [t for t in tokens if t.sequence == 1 and not t.special]
        assert second[0].span[0] == 0
        assert second[-1].span[1] == len("the mat sat")


def test_earlier_ids_complete_a_character(make: Any) -> None:
    tokenizer = make("byt5")
    ids = encode(tokenizer, "鬱").ids[:3]
    assert [t.text for t in label_ids(tokenizer, ids[:1])] == ["<E9>"]
    assert [t.text for t in label_ids(tokenizer, ids[2:], before=ids[:2])] == ["「鬱」3/3"]


def test_lone_surrogates_are_replaced_one_for_one() -> None:
    assert text.clean("a\ud800b😀") == "a\ufffdb😀"


def test_texts_can_be_encoded_by_many_threads_at_once(make: Any) -> None:
    tokenizer = make("word_piece")
    expected = encode(tokenizer, "the cat sat", max_length=4)
    wrong: list[object] = []

    def work() -> None:
        for limit in (4, None, 4, None) * 20:
            try:
                found = encode(tokenizer, "the cat sat", max_length=limit)
            except Exception as error:
                wrong.append(error)
                return
            if limit and found != expected:
                wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_text_module_needs_no_torch() -> None:
    import subprocess
    import sys

    code = "import sys, visualizer.core.text; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_words_of_other_scripts_are_given_no_part_of_speech() -> None:
    surfaces = [m.surface for m in find_morphemes("2020年にThe cat satと言ったПушкин。")]
    assert "年" in surfaces
    assert "2020" in "".join(surfaces)
    assert not {"The", "cat", "sat", "Пушкин"} & set(surfaces)
    assert [m.surface for m in find_morphemes("The end. 猫。")] == ["猫", "。"]


@pytest.mark.parametrize("name", ["gpt-ja-en", "bert-ja-en", "tiny_llama", "tiny_bert"])
def test_a_whole_vocabulary_is_written_as_each_token_is(name: str, request: pytest.FixtureRequest) -> None:
    from visualizer.core import models

    loaded = models.load(f"bundled:{name}") if name.endswith("ja-en") else request.getfixturevalue(name)
    tokenizer = loaded.tokenizer
    ids = range(0, len(tokenizer), max(1, len(tokenizer) // 800))
    one_by_one = [text.label_ids(tokenizer, (n,))[0].text for n in ids]
    assert text.label_each(tokenizer, ids) == [label.strip() or label for label in one_by_one]
