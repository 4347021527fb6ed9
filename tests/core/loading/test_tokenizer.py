"""Tokenizers are read from whatever files a folder has, and what is missing is named."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import transformers
from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

from tests.core.tokenizer_kinds import LINES
from visualizer.core.errors import DamagedFile, MissingPackage, NotAModel, VisualizerError
from visualizer.core.loading import tokenizer as tokenizer_files
from visualizer.core.loading.chatter import silenced
from visualizer.core.loading.packages import pip_line

CONTROL = "[CLS],[SEP],[MASK]"
UNKNOWN_SECOND = {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1, "control_symbols": CONTROL}
BPE = {"model_type": "bpe", "byte_fallback": True, "vocab_size": 420}
# Class, file, and how its owners train it: the rows of their special tokens.
SENTENCEPIECE: dict[str, tuple[str, dict[str, Any]]] = {
    "AlbertTokenizer": ("spiece.model", UNKNOWN_SECOND),
    "BarthezTokenizer": ("sentencepiece.bpe.model", {}),
    "BertGenerationTokenizer": ("spiece.model", {"pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3}),
    "BigBirdTokenizer": ("spiece.model", {"pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3}),
    "CamembertTokenizer": ("sentencepiece.bpe.model", {}),
    "CodeLlamaTokenizer": ("tokenizer.model", BPE),
    "DebertaV2Tokenizer": ("spm.model", {}),
    "GPTSw3Tokenizer": ("spiece.model", {"pad_id": 3}),
    "GemmaTokenizer": ("tokenizer.model", {**BPE, "pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3}),
    "LlamaTokenizer": ("tokenizer.model", BPE),
    "MBart50Tokenizer": ("sentencepiece.bpe.model", {}),
    "MBartTokenizer": ("sentencepiece.bpe.model", {}),
    "NllbTokenizer": ("sentencepiece.bpe.model", {"model_type": "bpe"}),
    "PLBartTokenizer": ("sentencepiece.bpe.model", {}),
    "ReformerTokenizer": ("spiece.model", {"model_type": "bpe"}),
    "RemBertTokenizer": ("sentencepiece.model", UNKNOWN_SECOND),
    "T5Tokenizer": ("spiece.model", {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}),
    "XLMRobertaTokenizer": ("sentencepiece.bpe.model", {}),
    "XLNetTokenizer": ("spiece.model", {}),
}  # fmt: skip


def train(path: Path, lines: list[str] = LINES, **settings: Any) -> sentencepiece.SentencePieceProcessor:
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines * 20),
        model_writer=written,
        hard_vocab_limit=False,
        character_coverage=1.0,
        minloglevel=2,
        **{"vocab_size": 90, "model_type": "unigram", **settings},
    )
    path.write_bytes(written.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())


def read(folder: Path, **settings: Any) -> Any:
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    with silenced():
        return tokenizer_files.read(folder)


@pytest.mark.parametrize("name", SENTENCEPIECE)
def test_a_sentencepiece_model_is_enough(name: str, tmp_path: Path) -> None:
    file, settings = SENTENCEPIECE[name]
    processor = train(tmp_path / file, **settings)
    tokenizer = read(tmp_path, tokenizer_class=name)
    assert type(tokenizer).__name__ == name
    text = "the cat 猫は本を"  # nothing with an accent, which ALBERT and XLNet strip
    ids = tokenizer(text, add_special_tokens=False).input_ids
    assert [piece.lstrip("▁") for piece in tokenizer.convert_ids_to_tokens(ids) if piece != "▁"] == [
        piece.lstrip("▁") for piece in processor.encode(text, out_type=str) if piece != "▁"
    ]


@pytest.mark.parametrize("name", [n for n, (_, settings) in SENTENCEPIECE.items() if not settings.get("byte_fallback")])
def test_an_unknown_character_is_never_read_as_something_else(name: str, tmp_path: Path) -> None:
    file, settings = SENTENCEPIECE[name]
    train(tmp_path / file, **settings)
    tokenizer = read(tmp_path, tokenizer_class=name)
    ids = tokenizer("cat 🐱", add_special_tokens=False).input_ids
    unknown = {tokenizer.unk_token_id, tokenizer.convert_tokens_to_ids("<unk>")}
    assert ids[-1] in unknown or tokenizer.convert_ids_to_tokens(ids[-1]) in ("▁", "cat", "t"), "unknown, or left out"


def test_a_borrowed_class_keeps_the_rows_and_the_letters_of_the_model(tmp_path: Path) -> None:
    small = [line.lower() for line in LINES]
    settings = {"unk_id": 0, "bos_id": 1, "eos_id": 2, "pad_id": 3, "pad_piece": "[PAD]", "control_symbols": CONTROL}
    processor = train(tmp_path / "spiece.model", small, **settings)
    entries = {"unk_token": "<unk>", "eos_token": "</s>", "pad_token": "[PAD]", "mask_token": "[MASK]", "extra_ids": 0}
    tokenizer = read(tmp_path, tokenizer_class="T5Tokenizer", do_lower_case=True, **entries)
    assert tokenizer("THE Cat 🐱", add_special_tokens=False).input_ids == processor.encode("the cat 🐱")
    assert tokenizer("猫は[MASK]").input_ids[-3:] == [processor.encode("猫は")[-1], processor["[MASK]"], 2]


def test_letters_are_not_lowered_where_the_model_knows_capitals(tmp_path: Path) -> None:
    processor = train(tmp_path / "spiece.model", [*LINES, "Tokyo Tokyo"], pad_id=3)
    tokenizer = read(tmp_path, tokenizer_class="T5Tokenizer", do_lower_case=True, extra_ids=0)
    assert tokenizer("Tokyo", add_special_tokens=False).input_ids == processor.encode("Tokyo")


@pytest.mark.parametrize("content", [b"", b"no model", b"\x00" * 100, b"version https://git-lfs.github.com/spec/v1\n"])
def test_a_damaged_sentencepiece_model_asks_for_no_package(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "spiece.model").write_bytes(content)
    with pytest.raises(DamagedFile) as caught:
        read(tmp_path, tokenizer_class="T5Tokenizer")
    assert "install" not in str(caught.value)


def test_a_tiktoken_file_asks_for_its_package(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    (tmp_path / "tokenizer.model").write_bytes(b"IQ== 0\nIg== 1\n")
    try:
        import tiktoken  # noqa: F401
    except ImportError:
        with pytest.raises(MissingPackage) as caught:
            read(tmp_path, tokenizer_class="LlamaTokenizer")
        assert caught.value.fields["detail"] == "pip install tiktoken blobfile"
    else:
        pytest.skip("the package is installed here")


def japanese(folder: Path, **settings: Any) -> Any:
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n猫\nは\n本\n", encoding="utf-8")
    return read(folder, tokenizer_class="BertJapaneseTokenizer", subword_tokenizer_type="wordpiece", **settings)


@pytest.mark.parametrize("dictionary", ["ipadic", "unidic_lite"])
def test_japanese_words_are_divided_by_mecab_where_it_is_installed(tmp_path: Path, dictionary: str) -> None:
    pytest.importorskip("fugashi")
    pytest.importorskip(dictionary)
    tokenizer = japanese(tmp_path, word_tokenizer_type="mecab", mecab_kwargs={"mecab_dic": dictionary})
    assert tokenizer.tokenize("猫は本") == ["猫", "は", "本"]


def test_without_mecab_the_whole_line_to_install_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fugashi", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingPackage) as caught:
        japanese(tmp_path, word_tokenizer_type="mecab")
    assert caught.value.fields["detail"] == "pip install fugashi ipadic unidic-lite"


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("`no_such` is required to read a file. Install it with `pip install no-such`.", "pip install no-such"),
        ("\nXConverter requires the no_such library but it was not found in your environment.", "pip install no_such"),
        ("You need to install no-such to use X. See https://x.invalid/ for installation.", "pip install no-such"),
        ("Loading needs it: pip install -U no-such[extra]", "pip install no-such"),
        ("`sentencepiece` is required", None),
        ("the value is required", None),
        ("index out of range", None),
    ],
)
def test_the_missing_package_is_read_from_what_a_library_says(said: str, line: str | None) -> None:
    for kind in (ImportError, ValueError, OSError):
        assert pip_line(kind(said)) == line
    outer = RuntimeError("it failed")
    outer.__cause__ = ImportError(said)
    assert pip_line(outer) == line
    assert pip_line(ModuleNotFoundError("No module named 'no_such.part'", name="no_such.part")) == "pip install no_such"


def reads_sentencepiece(name: str) -> bool:
    files = getattr(getattr(transformers, name, None), "vocab_files_names", None) or {}
    return any(str(file).endswith((".model", ".spm")) for file in files.values())


KNOWN = sorted({name for name in TOKENIZER_MAPPING_NAMES.values() if name})


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in KNOWN if reads_sentencepiece(name)])
def test_every_class_that_reads_sentencepiece_reads_it_or_says_why_not(name: str, tmp_path: Path) -> None:
    for file in getattr(transformers, name).vocab_files_names.values():
        if str(file).endswith((".model", ".spm")):
            train(tmp_path / file)
    error: VisualizerError | None = None
    try:
        assert len(read(tmp_path, tokenizer_class=name)) > 40
    except VisualizerError as raised:
        error = raised
    assert error is None or isinstance(error, (MissingPackage, DamagedFile, NotAModel))
    assert "tiktoken" not in str(error)
