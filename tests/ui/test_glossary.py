"""The glossary is whole, in both languages, and says one thing with one word."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from PySide6.QtWidgets import QApplication

from visualizer.ui import glossary, i18n
from visualizer.ui.glossary import Term, terms

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def sentences(text: str, mark: str) -> int:
    return len(re.findall(mark, re.sub("<[^>]*>", "", text)))


def test_there_are_at_least_sixty_terms_and_all_that_a_class_asks_for() -> None:
    asked = (
        "token morpheme embedding query key value softmax temperature sum_sign sink bit entropy surprisal "
        "residual_stream layer_norm rotary induction_head kl_divergence perplexity"
    )
    assert len(terms()) >= 60
    assert set(asked.split()) <= set(terms())


@pytest.mark.parametrize("term", terms().values(), ids=lambda term: term.id)
def test_a_term_is_explained_in_two_or_three_sentences_of_both_languages(term: Term) -> None:
    assert 2 <= sentences(term.text.ja, "。") <= 5, term.text.ja
    assert 2 <= sentences(term.text.en, r"(?<!al)[.:;](?= |$)") <= 6, term.text.en
    assert JAPANESE.search(term.text.ja) and not JAPANESE.search(re.sub("「.*?」|食べ|た", "", term.text.en))
    assert not re.search("[（）]", term.text.ja + term.name.ja)
    assert not re.search(f"{JAPANESE.pattern}: ", term.text.ja)


@pytest.mark.parametrize("term", terms().values(), ids=lambda term: term.id)
def test_links_lead_somewhere_and_the_text_is_well_formed(term: Term) -> None:
    for text in (term.text.en, term.text.ja):
        named = set(re.findall(r"\[\[(\w+)", text))
        assert named <= set(terms()) - {term.id}
        tags = {one.tag for one in ElementTree.fromstring(f"<p>{glossary.linked(text, '#123456')}</p>").iter()}
        assert tags <= {"p", "a", "i", "b", "sub", "sup"}, "〈s〉 is a token here, and a tag to Qt"


def test_no_two_terms_have_the_same_name() -> None:
    for names in ([term.name.en for term in terms().values()], [term.name.ja for term in terms().values()]):
        assert len(set(names)) == len(names)


def test_the_tip_speaks_the_language_of_the_window(qapp: QApplication) -> None:
    try:
        i18n.install_language(qapp, "ja")
        assert "温度 τ" in glossary.tip("temperature")
        i18n.install_language(qapp, "en")
        assert "Temperature τ" in glossary.tip("temperature")
    finally:
        i18n.install_language(qapp, "en")
    assert "[[" not in glossary.tip("temperature") and "<a" not in glossary.tip("temperature")
    assert glossary.tip("no such term", "as it was") == "as it was"
