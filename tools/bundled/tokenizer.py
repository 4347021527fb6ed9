"""One Unigram vocabulary for both languages, made so that its pieces can be read on a projector.

Japanese is cut into morphemes (Janome) and English into words before the vocabulary is trained, so no piece straddles
a particle or a punctuation mark; at run time nothing is cut beforehand. Every character of the corpus is a piece, and
every other character falls back to its UTF-8 bytes, so nothing is ever unknown. A "▁" marks the space before a word;
text that begins with an ASCII character gets one, Japanese text does not.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from .data import Pair
from .unigram import train_unigram

SPACE = "▁"
CUT = "\n"  # between morphemes or words, in the text that the vocabulary is trained on
PAD, UNKNOWN, BEGIN, END = 0, 1, 2, 3
# Pieces in any case, whether the corpus has them or not: printable ASCII, kana.
ALPHABET = "".join(map(chr, [*range(0x21, 0x7F), *range(0x3041, 0x3097), *range(0x30A1, 0x30FD)])) + "、。「」！？"
_ENGLISH_PARTS = re.compile(r" ?[A-Za-z]+| ?'[A-Za-z]+| ?\d| ?[^\sA-Za-z\d]")


def cut_japanese(sentences: Iterable[str]) -> Iterator[str]:
    """Put CUT between the morphemes of each sentence."""
    from janome.tokenizer import Tokenizer as Janome

    janome = Janome(wakati=True)
    for sentence in sentences:
        yield CUT.join(janome.tokenize(sentence))


def cut_english(sentence: str) -> str:
    """Put CUT between words and punctuation marks; each word keeps the space before it."""
    return CUT.join(_ENGLISH_PARTS.findall(" " + sentence))


def train_vocabulary(pairs: Iterable[Pair], size: int) -> Tokenizer:
    """Train the shared tokenizer: specials, 256 byte pieces, then the pieces of the corpus; `size` in all."""
    pairs = list(pairs)
    japanese = dict.fromkeys(pair.japanese for pair in pairs)
    english = dict.fromkeys(text for pair in pairs for text in (pair.english, pair.english_raw))
    words: Counter[str] = Counter()
    for line in (*cut_japanese(japanese), *map(cut_english, english)):
        words.update(line.replace(" ", SPACE).split(CUT))
    del words[""]
    pieces = train_unigram(words, size - 260, ALPHABET)
    lowest = min(score for _, score in pieces)
    specials = [(name, 0.0) for name in ("<pad>", "<unk>", "<s>", "</s>")]
    fallback = [(f"<0x{byte:02X}>", lowest - 5) for byte in range(256)]
    tokenizer = Tokenizer(models.Unigram(specials + fallback + pieces, unk_id=UNKNOWN, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(Regex(r"\A(?=[ -~])"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="never", split=True)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


def _renamed(tokenizer: Tokenizer, names: dict[str, str]) -> Tokenizer:
    """A copy whose special pieces have other names; every other piece keeps its id."""
    description = json.loads(tokenizer.to_str())
    vocabulary = description["model"]["vocab"]
    description["model"]["vocab"] = [[names.get(piece, piece), score] for piece, score in vocabulary]
    description["added_tokens"] = []
    copy = Tokenizer.from_str(json.dumps(description))
    copy.add_special_tokens(list(names.values()))
    return copy


def for_gpt(tokenizer: Tokenizer) -> Tokenizer:
    """<s> text: a generated </s> ends the text."""
    made = _renamed(tokenizer, {name: name for name in ("<pad>", "<unk>", "<s>", "</s>")})
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", BEGIN)]
    )
    return made


def for_bert(tokenizer: Tokenizer) -> Tokenizer:
    """[CLS] first [SEP] second [SEP], with token types 0 and 1; [MASK] is the last piece."""
    names = {"<pad>": "[PAD]", "<unk>": "[UNK]", "<s>": "[CLS]", "</s>": "[SEP]"}
    made = _renamed(tokenizer, names)
    # The space before a blank belongs to the blank, and the text after it begins anew.
    made.add_special_tokens([AddedToken("[MASK]", lstrip=True, special=True, normalized=False)])
    made.normalizer = normalizers.Replace(Regex(r"\A(?=[!-~])"), " ")
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", BEGIN), ("[SEP]", END)],
    )
    return made


def for_translate(tokenizer: Tokenizer) -> Tokenizer:
    """text </s>: the decoder starts from <pad>."""
    made = _renamed(tokenizer, {name: name for name in ("<pad>", "<unk>", "<s>", "</s>")})
    made.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", END)]
    )
    return made


KINDS = {
    "gpt-ja-en": (for_gpt, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}, 4096),
    "bert-ja-en": (
        for_bert,
        {
            "cls_token": "[CLS]",
            "sep_token": "[SEP]",
            "mask_token": "[MASK]",
            "unk_token": "[UNK]",
            "pad_token": "[PAD]",
        },
        256,
    ),
    "translate-ja-en": (for_translate, {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}, 512),
}


def save_for_transformers(tokenizer: Tokenizer, name: str, folder: Path) -> None:
    """Write tokenizer.json, tokenizer_config.json and special_tokens_map.json as AutoTokenizer reads them."""
    make, specials, longest = KINDS[name]
    folder.mkdir(parents=True, exist_ok=True)
    made = make(tokenizer)
    made.save(str(folder / "tokenizer.json"))
    inputs = (
        ["input_ids", "token_type_ids", "attention_mask"]
        if name.startswith("bert")
        else ["input_ids", "attention_mask"]
    )
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": longest,
        "clean_up_tokenization_spaces": False,
        "model_input_names": inputs,
        **specials,
    }
    for file, content in (("tokenizer_config.json", config), ("special_tokens_map.json", specials)):
        (folder / file).write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
