"""Words of linguistics in the interface's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from visualizer.session.translation import QT_TRANSLATE_NOOP

# Janome's coarse parts of speech (IPADIC).
_PARTS_OF_SPEECH = {
    "名詞": QT_TRANSLATE_NOOP("PartOfSpeech", "noun"),
    "動詞": QT_TRANSLATE_NOOP("PartOfSpeech", "verb"),
    "形容詞": QT_TRANSLATE_NOOP("PartOfSpeech", "adjective"),
    "副詞": QT_TRANSLATE_NOOP("PartOfSpeech", "adverb"),
    "助詞": QT_TRANSLATE_NOOP("PartOfSpeech", "particle"),
    "助動詞": QT_TRANSLATE_NOOP("PartOfSpeech", "auxiliary"),
    "連体詞": QT_TRANSLATE_NOOP("PartOfSpeech", "adnominal"),
    "接続詞": QT_TRANSLATE_NOOP("PartOfSpeech", "conjunction"),
    "接頭詞": QT_TRANSLATE_NOOP("PartOfSpeech", "prefix"),
    "感動詞": QT_TRANSLATE_NOOP("PartOfSpeech", "interjection"),
    "記号": QT_TRANSLATE_NOOP("PartOfSpeech", "symbol"),
    "フィラー": QT_TRANSLATE_NOOP("PartOfSpeech", "filler"),
    "その他": QT_TRANSLATE_NOOP("PartOfSpeech", "other"),
}
_SHORT = {
    "名詞": QT_TRANSLATE_NOOP("PartOfSpeech", "n."),
    "動詞": QT_TRANSLATE_NOOP("PartOfSpeech", "v."),
    "形容詞": QT_TRANSLATE_NOOP("PartOfSpeech", "adj."),
    "副詞": QT_TRANSLATE_NOOP("PartOfSpeech", "adv."),
    "助詞": QT_TRANSLATE_NOOP("PartOfSpeech", "prt."),
    "助動詞": QT_TRANSLATE_NOOP("PartOfSpeech", "aux."),
    "連体詞": QT_TRANSLATE_NOOP("PartOfSpeech", "adn."),
    "接続詞": QT_TRANSLATE_NOOP("PartOfSpeech", "conj."),
    "接頭詞": QT_TRANSLATE_NOOP("PartOfSpeech", "pref."),
    "感動詞": QT_TRANSLATE_NOOP("PartOfSpeech", "intj."),
    "記号": QT_TRANSLATE_NOOP("PartOfSpeech", "sym."),
    "フィラー": QT_TRANSLATE_NOOP("PartOfSpeech", "fil."),
    "その他": QT_TRANSLATE_NOOP("PartOfSpeech", "oth."),
}


def part_of_speech(name: str) -> str:
    """The coarse part of speech in the interface's language; one that is not known stays as it is.

    >>> part_of_speech("名詞,固有名詞,地域")
    'noun'
    """
    return _translated(name, _PARTS_OF_SPEECH)


def short_part_of_speech(name: str) -> str:
    """The same in as few letters as a dictionary takes: "prt." for a particle."""
    return _translated(name, _SHORT)


def _translated(name: str, words: dict[str, str]) -> str:
    coarse = name.partition(",")[0]
    source = words.get(coarse)
    return QCoreApplication.translate("PartOfSpeech", source) if source else coarse
