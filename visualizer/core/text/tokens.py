"""What a text is made of: tokens, morphemes, and the units by which attention is read. Plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass


def clean(text: str) -> str:
    """The text with lone surrogates, which no tokenizer and no file takes, replaced one for one by U+FFFD."""
    if text.isascii():
        return text
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


@dataclass(frozen=True, slots=True)
class Token:
    """One token as the model receives it.

    text: a readable label; whitespace and control characters are visible, and a token that holds a part of a character
        shows the character and the part: 「日」1/3.
    span: (start, end) in characters of the sequence's string; the parts of one character share its span. A special
        token that the tokenizer added has an empty span; one that was typed, such as [MASK], that of its characters.
    piece: the entry of the vocabulary, as the tokenizer spells it.
    sequence: 0 for the text, 1 for its pair.
    """

    id: int
    text: str
    span: tuple[int, int]
    special: bool
    piece: str
    sequence: int = 0

    @property
    def name(self) -> str:
        """What it is called in a sentence: its label without the blanks around it, where there is more."""
        return self.text.strip() or self.text


@dataclass(frozen=True, slots=True)
class Morpheme:
    """One morpheme of Japanese; `part_of_speech` is IPADIC's, from coarse to fine: "名詞,固有名詞,地域"."""

    surface: str
    part_of_speech: str
    reading: str
    base_form: str
    span: tuple[int, int]
    sequence: int = 0

    @property
    def word_class(self) -> str:
        """The coarse part of speech: 名詞, 動詞, 助詞 and so on."""
        return self.part_of_speech.partition(",")[0]


@dataclass(frozen=True, slots=True)
class Encoding:
    """A text as a model's input; `cut` tokens at its end were left out for want of room (0: all are there)."""

    ids: tuple[int, ...]
    tokens: tuple[Token, ...]
    token_type_ids: tuple[int, ...] | None
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of text (token, morpheme, word or character) and the tokens that fall into it.

    tokens, shares: index of each token, and which share of that token lies in this unit (0 < share <= 1).
    """

    label: str
    span: tuple[int, int]
    sequence: int
    tokens: tuple[int, ...]
    shares: tuple[float, ...]
    part_of_speech: str | None = None
    special: bool = False
