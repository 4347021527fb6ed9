"""A small real tokenizer of every kind, trained or written on the spot."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sentencepiece
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertJapaneseTokenizer,
    ByT5Tokenizer,
    CanineTokenizer,
    CTRLTokenizer,
    MarianTokenizer,
    PreTrainedTokenizerFast,
)

LINES = [
    "the cat sat on the mat, and the dog didn't",
    "the dog sat on the cat and the mat",
    "a cat is a cat; a dog is not a mat",
    "私は図書館で本を読みます。",
    "猫は図書館で本を読みません。",
    "私の猫は本が好きです。",
]


def byte_level(folder: Path) -> Any:
    """GPT-2's kind: byte-level BPE, nothing added."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=alphabet, special_tokens=["<|end|>"], show_progress=False
    )
    tokenizer.train_from_iterator(LINES[:3], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>")


def roberta(folder: Path) -> Any:
    """Byte-level BPE with NFC, a blank before the text, trimmed offsets, and <s> a </s></s> b </s>."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(LINES, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True)
    names = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "pad": "<pad>", "mask": "<mask>"}
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", **{f"{k}_token": v for k, v in names.items()}
    )


def word_piece(folder: Path) -> Any:
    """BERT's kind: lower-cased, accents stripped, [UNK] for what it does not know."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        LINES, trainers.WordPieceTrainer(vocab_size=120, special_tokens=specials, show_progress=False)
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    names = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **{f"{k}_token": v for k, v in names.items()})


def unigram_bytes(folder: Path) -> Any:
    """Unigram with NFKC, metaspace and single bytes for unknown characters."""
    pieces = [("<unk>", 0.0), ("</s>", 0.0), ("▁", -2.0), ("▁the", -3.0), ("cat", -3.0), ("は", -3.0), ("a", -4.0)]
    pieces += [(f"<0x{byte:02X}>", -9.0) for byte in range(256)]
    tokenizer = Tokenizer(models.Unigram(pieces, 0, True))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Metaspace(), decoders.Fuse()],
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="</s>")


def unigram_unknown(folder: Path) -> Any:
    """Unigram that has no bytes to fall back to."""
    pieces = [("<unk>", 0.0), ("▁", -2.0), ("▁the", -3.0), ("cat", -3.0), ("は", -3.0), ("a", -4.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, 0, False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")


def llama_bpe(folder: Path) -> Any:
    """Llama 2's kind: BPE over ▁, a blank before the text, single bytes for unknown characters, <s> before."""
    names = [
        "<unk>",
        "<s>",
        "</s>",
        *(f"<0x{byte:02X}>" for byte in range(256)),
        "▁",
        *"acehstは本",
        "▁t",
        "▁th",
        "▁the",
    ]
    vocabulary = {name: index for index, name in enumerate(names)}
    merges = [("▁", "t"), ("▁t", "h"), ("▁th", "e")]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


def marian(folder: Path) -> Any:
    """Two SentencePiece models, one a side; a slow tokenizer without offsets."""
    vocabulary = {"</s>": 0, "<unk>": 1}
    for side, lines in (("source", LINES[3:]), ("target", LINES[:3])):
        written = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines * 5),
            model_writer=written,
            vocab_size=40,
            hard_vocab_limit=False,
            character_coverage=1.0,
            minloglevel=2,
        )
        (folder / f"{side}.spm").write_bytes(written.getvalue())
        processor = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
        for index in range(processor.get_piece_size()):
            vocabulary.setdefault(processor.id_to_piece(index), len(vocabulary))
    vocabulary["<pad>"] = len(vocabulary)
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it recommends a package
        return MarianTokenizer(str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json"))


def ctrl(folder: Path) -> Any:
    """Words cut by BPE with @@ where they go on; a slow tokenizer that drops all blanks."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = ["<unk>", *letters, *(f"{c}@@" for c in letters), "the", "th@@", "cat"]
    (folder / "vocab.json").write_text(json.dumps({name: index for index, name in enumerate(names)}))
    (folder / "merges.txt").write_text("#version: 0.2\nt h\nth e</w>\nc a\nca t</w>\n\n")
    return CTRLTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))


def japanese_characters(folder: Path) -> Any:
    """BERT of Tohoku University, character version; a slow tokenizer."""
    return _japanese(folder, "character")


def japanese_word_piece(folder: Path) -> Any:
    """The word-piece version of the same, with words divided at blanks; a slow tokenizer."""
    return _japanese(folder, "wordpiece")


def _japanese(folder: Path, kind: str) -> Any:
    characters = sorted({c for line in LINES for c in line if not c.isspace()})
    names = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *characters,
        *(f"##{c}" for c in characters),
        "the",
        "図書館",
    ]
    (folder / "vocab.txt").write_text("\n".join(names), encoding="utf-8")
    return BertJapaneseTokenizer(
        str(folder / "vocab.txt"), word_tokenizer_type="basic", subword_tokenizer_type=kind, do_lower_case=True
    )


def byt5(folder: Path) -> Any:
    """One token a byte, spelled as Latin-1; a slow tokenizer."""
    return ByT5Tokenizer()


def canine(folder: Path) -> Any:
    """One token a code point; a slow tokenizer without a vocabulary."""
    return CanineTokenizer()


KINDS: dict[str, Callable[[Path], Any]] = {
    make.__name__: make
    for make in (
        byte_level,
        roberta,
        word_piece,
        unigram_bytes,
        unigram_unknown,
        llama_bpe,
        marian,
        ctrl,
        japanese_characters,
        japanese_word_piece,
        byt5,
        canine,
    )
}
