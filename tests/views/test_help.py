"""Every view explains itself, in both languages, and what it proposes is there to be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields

import pytest
from PySide6.QtWidgets import QApplication

from visualizer.core import capture, models
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session import work
from visualizer.session.selection import Selection, changed, opened, resolve
from visualizer.ui import formula, glossary, i18n
from visualizer.ui.bilingual import Both
from visualizer.views.help.data import Help, Try
from visualizer.views.help.scene import Scene
from visualizer.views.registry import OWN, VIEWS, help_of, options_class

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
IDS = [info.id for info in OWN]


def explanation(view_id: str) -> Help:
    found = help_of(view_id)
    assert found is not None, f"{view_id} has no explanation: name one in its ViewInfo (help=…)"
    return found


def texts(found: Help) -> list[Both]:
    of_formulas = [one.words for one in found.formulas]
    return [found.shows, found.reading, *of_formulas, *(one.words for one in found.misleads)]


def scene(model: LoadedModel, text: str) -> Scene:
    trace = work.run(model, RunRequest(text), lambda: False, lambda *_: None)
    return Scene(trace, resolve(trace, opened(trace, Selection())))


@pytest.fixture(scope="module")
def gpt() -> LoadedModel:
    return models.load("bundled:gpt-ja-en")


@pytest.fixture(params=["ja", "en"])
def language(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    i18n.install_language(qapp, request.param)
    yield request.param
    i18n.install_language(qapp, "en")


@pytest.mark.parametrize("view_id", IDS)
def test_every_view_is_explained_in_both_languages(view_id: str) -> None:
    for text in texts(explanation(view_id)):
        assert JAPANESE.search(text.ja), text.ja
        assert not JAPANESE.search(re.sub("「.*?」", "", text.en)), text.en
        assert not re.search("[（）]", text.ja), "brackets are narrow"
        assert not re.search(f"{JAPANESE.pattern}: ", text.ja), "colons are wide"
        assert text.en.rstrip()[-1] in ".)" and text.ja[-1] in "。)", text


@pytest.mark.parametrize("view_id", IDS)
def test_both_languages_name_the_same_terms(view_id: str) -> None:
    known = glossary.terms()
    assert set(explanation(view_id).terms) <= set(known)
    for text in texts(explanation(view_id)):
        found = [set(re.findall(r"\[\[(\w+)", words)) for words in (text.en, text.ja)]
        assert found[0] <= set(known), found[0] - set(known)
        assert found[0] == found[1], text


@pytest.mark.parametrize("view_id", IDS)
def test_every_formula_can_be_set_and_names_its_source(view_id: str) -> None:
    found = explanation(view_id).formulas
    assert found
    for one in found:
        assert "\\" not in formula.display(one.tex), one.tex
        assert re.search(r"\b(19|20)\d\d\b", one.source), one.source


@pytest.mark.parametrize("view_id", IDS)
def test_every_view_says_where_it_misleads_and_who_has_shown_it(view_id: str) -> None:
    found = explanation(view_id).misleads
    assert len(found) >= 3
    assert any(re.search(r"\b(19|20)\d\d\b", one.source) for one in found)


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_bert", "tiny_marian"])
@pytest.mark.parametrize("view_id", IDS)
def test_two_things_can_be_tried_with_any_kind_of_model(
    view_id: str, name: str, language: str, request: pytest.FixtureRequest
) -> None:
    at_hand = scene(request.getfixturevalue(name), "a [MASK] b a b" if name == "tiny_bert" else "abab")
    found = explanation(view_id).tries(at_hand)
    assert len(found) >= 2
    assert len({one.words for one in found}) == len(found)
    for one in found:
        own_words = re.sub("“.*?”|「.*?」", "", one.words)  # without the tokens that it names
        assert bool(JAPANESE.search(own_words)) == (language == "ja"), one.words
        assert "{" not in one.words
        check(one, view_id, at_hand.trace, at_hand.selection)


def check(one: Try, view_id: str, trace: Trace, selection: Selection) -> None:
    """What is proposed can be done: the trace has what is selected, the view has the options."""
    assert one.do.view in ("", *VIEWS)
    wanted = changed(selection, one.do.select)
    assert resolve(trace, wanted) == wanted, one
    known = {item.name for item in fields(options_class(one.do.view or view_id))}
    assert set(one.do.options) <= known


@pytest.mark.parametrize("view_id", IDS)
def test_an_empty_or_one_token_text_proposes_nothing_impossible(view_id: str, tiny_llama: LoadedModel) -> None:
    at_hand = scene(tiny_llama, "a")
    for one in explanation(view_id).tries(at_hand):
        check(one, view_id, at_hand.trace, at_hand.selection)


def test_the_head_that_is_proposed_is_the_one_that_the_first_look_found(gpt: LoadedModel, qapp: QApplication) -> None:
    from visualizer.core.analyses import first_look

    i18n.install_language(qapp, "en")
    at_hand = scene(gpt, "私は図書館で本を")
    place = first_look.choose(at_hand.trace).place
    first, second, _ = explanation("attention_map").tries(at_hand)
    assert (first.do.select["layer"], first.do.select["head"]) == (place.layer, place.head)
    weights = at_hand.trace.attention(place.layer, place.head)
    weight = weights[second.do.select["query"], second.do.select["key"]]
    assert f"{weight:.2f}" in second.words, "the weight that is said is the model’s own"


def test_the_probabilities_that_are_said_are_the_models(gpt: LoadedModel, qapp: QApplication) -> None:
    i18n.install_language(qapp, "en")
    at_hand = scene(gpt, "私は図書館で本を")
    first = explanation("next_token").tries(at_hand)[0]
    for temperature in (1.0, first.do.select["temperature"]):
        share = at_hand.trace.next_tokens(temperature=temperature, limit=1)[0].probability
        assert at_hand.percent(share) in first.words


def test_a_blank_that_is_proposed_takes_the_place_of_the_word(tiny_bert: LoadedModel, qapp: QApplication) -> None:
    i18n.install_language(qapp, "en")
    at_hand = scene(tiny_bert, "a b a b")
    proposed = explanation("next_token").tries(at_hand)
    assert [one.do.text for one in proposed[:2]] == ["a b [MASK] b", "a b a [MASK]"]
    trace = capture.run(tiny_bert, RunRequest(str(proposed[0].do.text)))
    assert len(trace.tokens) == len(at_hand.trace.tokens)
