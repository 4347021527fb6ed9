"""Examples in the real window, on the bundled models, by the keys and clicks of a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from visualizer.core import models
from visualizer.core.errors import UnknownModel
from visualizer.core.examples.example import Example
from visualizer.core.examples.library import library
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.place import Place
from visualizer.session import examples as own_examples
from visualizer.session.examples import OwnExample
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.ui import example_words, i18n
from visualizer.widgets import controller
from visualizer.widgets.appearance import Appearance
from visualizer.widgets.example_dialog import ExampleDialog, KeepDialog
from visualizer.widgets.example_list import ENTRY
from visualizer.widgets.finding import find, findable
from visualizer.widgets.main_window import MainWindow
from visualizer.widgets.palette import Palette

GPT, BERT, TRANSLATE = (f"bundled:{name}" for name in ("gpt-ja-en", "bert-ja-en", "translate-ja-en"))
Make = Callable[..., MainWindow]


@pytest.fixture(scope="module")
def bundled() -> Callable[[str], LoadedModel]:
    return cache(models.load)


@pytest.fixture
def make(qtbot: QtBot, qapp: QApplication, bundled: Callable[[str], LoadedModel]) -> Iterator[Make]:
    """make(source, text, language): the window with a bundled model; loads are noted in `window.loads`."""
    made: list[MainWindow] = []

    def open_window(source: str = GPT, text: str = "abc", language: str = "en") -> MainWindow:
        loads: list[str] = []

        def load(name: str, *_: Any) -> LoadedModel:
            loads.append(name)
            if not name.startswith("bundled:"):
                raise UnknownModel(name)
            return bundled(name)

        session = Session(Settings(language=language, theme="light"), load=load)
        appearance = Appearance(qapp, session)
        appearance.apply()
        window = controller.make_window(session, appearance)
        window.loads = loads  # type: ignore[attr-defined]
        made.append(window)
        window.resize(1280, 800)
        window.views.show_views("attention_map")
        window.show()
        session.set_text(text)
        session.load_model(source)
        qtbot.waitUntil(lambda: session.model is not None, timeout=30_000)
        if text:
            qtbot.waitUntil(lambda: session.trace is not None, timeout=30_000)
        return window

    yield open_window
    for window in made:
        window.close()
        assert window.session.shutdown(), "the worker must end"
        window.deleteLater()
        window.session.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    i18n.install_language(qapp, "en")


class Person:
    """What a person does at the window, and how many steps it took."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self._qtbot, self._window, self.steps = qtbot, window, 0
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        window.setFocus()

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.steps += 1
        self._qtbot.keyClick(QApplication.focusWidget() or self._window, key, modifiers)

    def type(self, field: QLineEdit, text: str) -> None:
        self.steps += 1
        field.insert(text)  # as an input method does, which kanji come by

    def open_library(self) -> ExampleDialog:
        """Ctrl+E."""
        self.press(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
        found = [one for one in self._window.findChildren(ExampleDialog) if one.isVisible()]
        assert len(found) == 1, "Ctrl+E must show the library"
        self._qtbot.waitUntil(lambda: QApplication.focusWidget() is found[0].search)
        return found[0]

    def double_click(self, dialog: ExampleDialog, example_id: str) -> None:
        """One action on an entry that can be seen without scrolling."""
        self.steps += 1
        shown = dialog.list
        item = next(shown.item(row) for row in range(shown.count()) if _id(shown.item(row).data(ENTRY)) == example_id)
        place = shown.visualItemRect(item)
        assert shown.viewport().rect().contains(place), f"{example_id} must be seen at once"
        self._qtbot.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=place.center())
        self._qtbot.mouseDClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=place.center())


def _id(entry: object) -> str:
    return entry.id if isinstance(entry, Example) else ""


def _wait_until_open(qtbot: QtBot, window: MainWindow, example_id: str) -> None:
    qtbot.waitUntil(lambda: _is_open(window, example_id), timeout=30_000)


def _is_open(window: MainWindow, example_id: str) -> bool:
    example = library().get(example_id)
    assert example is not None
    session, aim = window.session, example.aim
    trace, selection = session.trace, session.selection
    return (
        not window.documents.restoring.is_busy
        and trace is not None
        and trace.model is not None
        and trace.model.source == example.model
        and trace.request == example.request
        and selection.place == Place(aim.kind, aim.layer, aim.head)
        and (selection.query, selection.key, selection.position) == (aim.query, aim.key, aim.position)
        and window.views.first == example.view
    )


# --- how many steps it takes -----------------------------------------------------------------------


def test_an_induction_head_is_found_and_at_work_in_two_clicks_or_three_keys(qtbot: QtBot, make: Make) -> None:
    window = make(GPT, "私は図書館で本を")
    person = Person(qtbot, window)
    person.double_click(person.open_library(), "induction")
    _wait_until_open(qtbot, window, "induction")
    assert person.steps <= 3
    view = window.views.active_view()
    assert view is not None
    qtbot.waitUntil(view.is_complete)
    assert window.session.trace is not None
    assert window.session.trace.next_tokens(limit=1)[0].text == "Mary"


@pytest.mark.parametrize(("language", "words"), [("en", "induction"), ("ja", "帰納")])
def test_an_induction_head_is_found_by_its_name_in_three_steps(
    qtbot: QtBot, make: Make, language: str, words: str
) -> None:
    window = make(GPT, "abc", language)
    person = Person(qtbot, window)
    dialog = person.open_library()
    person.type(dialog.search, words)
    person.press(Qt.Key.Key_Return)
    _wait_until_open(qtbot, window, "induction")
    assert person.steps == 3


def test_the_alignment_of_a_translation_is_there_in_two_steps_from_another_model(qtbot: QtBot, make: Make) -> None:
    window = make(GPT)
    person = Person(qtbot, window)
    person.double_click(person.open_library(), "alignment")
    _wait_until_open(qtbot, window, "alignment")
    assert person.steps == 2
    assert window.loads == [GPT, TRANSLATE]  # type: ignore[attr-defined]


def test_arrows_walk_over_headings_and_enter_opens_what_is_marked(qtbot: QtBot, make: Make) -> None:
    window = make()
    person = Person(qtbot, window)
    dialog = person.open_library()
    shown = dialog.list.shown()
    for _ in range(7):  # six in the first topic: the seventh lies beyond a heading
        person.press(Qt.Key.Key_Down)
    assert dialog.list.entry() == shown[7]
    person.press(Qt.Key.Key_Up)
    assert dialog.list.entry() == shown[6]
    person.press(Qt.Key.Key_Return)
    _wait_until_open(qtbot, window, _id(shown[6]))
    assert not any(one.isVisible() for one in window.findChildren(ExampleDialog))


# --- opening -----------------------------------------------------------------------------------------


def test_every_view_that_an_example_opens_draws_it(qtbot: QtBot, make: Make) -> None:
    window = make()
    opened = set()
    for example in library():
        if (example.view, example.model) in opened:
            continue
        opened.add((example.view, example.model))
        window.examples.open(example)
        _wait_until_open(qtbot, window, example.id)
        view = window.views.active_view()
        assert view is not None
        qtbot.waitUntil(lambda view=view: view.is_complete() or view.error is not None, timeout=30_000)
        assert view.error is None, example.id
        assert window.examples.note.isVisible()


def test_two_examples_opened_at_once_end_at_the_second(qtbot: QtBot, make: Make) -> None:
    window = make()
    for first, second in (("alignment", "particle-blank"), ("pair-same", "alignment"), ("can", "can")):
        window.examples.open_by_id(first)
        window.examples.open_by_id(second)
        _wait_until_open(qtbot, window, second)
        assert window.examples.note.is_told


def test_an_example_opened_while_another_ones_model_is_half_loaded_wins(qtbot: QtBot, make: Make) -> None:
    window = make()
    window.examples.open_by_id("alignment")
    qtbot.waitUntil(lambda: window.session.jobs.is_busy("load") or window.session.model.source == TRANSLATE)  # type: ignore[union-attr]
    window.examples.open_by_id("induction")
    _wait_until_open(qtbot, window, "induction")


def test_a_model_chosen_meanwhile_stays_and_no_token_of_the_other_text_is_locked(qtbot: QtBot, make: Make) -> None:
    window = make()
    session = window.session
    window.examples.open_by_id("yesterday-moves")  # locks a token of the translation
    session.load_model(BERT)
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.card.kind == "encoder", timeout=30_000)
    qtbot.waitUntil(lambda: not window.documents.restoring.is_busy)
    assert session.model is not None and session.model.source == BERT
    assert (session.selection.query, session.selection.key, session.selection.position) == (None, None, -1)
    assert not window.examples.note.is_told, "what was said holds for another model"


def test_what_is_typed_meanwhile_goes_before_the_example(qtbot: QtBot, make: Make) -> None:
    window = make()
    session = window.session
    window.examples.open_by_id("alignment")
    session.set_text("雨が降る。")
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.text == "雨が降る。", timeout=30_000)
    qtbot.wait(50)
    assert session.text == "雨が降る。"
    assert not window.examples.note.is_told


def test_a_comparison_ends_when_an_example_is_opened(qtbot: QtBot, make: Make) -> None:
    window = make()
    window.session.compare()
    window.examples.open_by_id("induction")
    _wait_until_open(qtbot, window, "induction")
    assert window.session.other is None


# --- what is said of it --------------------------------------------------------------------------------


def test_what_to_look_at_stays_above_the_view_until_the_text_is_another(qtbot: QtBot, make: Make) -> None:
    window = make()
    note = window.examples.note
    assert not note.isVisible()
    window.examples.open_by_id("induction")
    _wait_until_open(qtbot, window, "induction")
    assert "looks back" in note.label.text()
    window.session.select(layer=0)  # looking elsewhere is what one does with it
    assert note.isVisible()
    window.session.set_text("Something else")
    assert not note.isVisible()


def test_what_is_said_follows_the_language_and_gives_way_in_lecture_mode(qtbot: QtBot, make: Make) -> None:
    window = make()
    note = window.examples.note
    window.examples.open_by_id("induction")
    _wait_until_open(qtbot, window, "induction")
    window.run("language.switch")
    assert "帰納" in note.label.text()
    window.set_lecture(True)
    assert not note.isVisible()
    window.set_lecture(False)
    assert note.isVisible()


def test_the_next_example_is_one_click_away(qtbot: QtBot, make: Make) -> None:
    window = make()
    window.examples.open_by_id("previous-token")
    _wait_until_open(qtbot, window, "previous-token")
    qtbot.mouseClick(window.examples.note.next_button, Qt.MouseButton.LeftButton)
    _wait_until_open(qtbot, window, library().examples[1].id)
    window.examples.open(library().examples[-1])
    window.examples.open_next()
    _wait_until_open(qtbot, window, library().examples[0].id)


def test_what_was_there_before_the_examples_comes_back_with_its_model_and_place(qtbot: QtBot, make: Make) -> None:
    window = make(GPT, "雨が降る")
    session, note = window.session, window.examples.note
    session.select(layer=1, head=5, query=2)
    window.run("view.head_grid")
    window.examples.open_by_id("alignment")
    _wait_until_open(qtbot, window, "alignment")
    window.examples.open_next()  # however many were looked at
    _wait_until_open(qtbot, window, library().examples[3].id)
    qtbot.mouseClick(note.back_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.text == "雨が降る", timeout=30_000)
    qtbot.waitUntil(lambda: not window.documents.restoring.is_busy)
    assert session.model is not None and session.model.source == GPT
    assert (session.selection.layer, session.selection.head, session.selection.query) == (1, 5, 2)
    assert window.views.first == "head_grid"
    assert not note.is_told


def test_there_is_no_way_back_to_an_empty_screen(qtbot: QtBot, make: Make) -> None:
    window = make(GPT, "")
    window.examples.open_by_id("induction")
    _wait_until_open(qtbot, window, "induction")
    assert window.examples.note.isVisible() and not window.examples.note.back_button.isVisible()


def test_every_claim_has_words_without_a_gap_in_both_languages(qapp: QApplication) -> None:
    try:
        for language in ("en", "ja"):
            i18n.install_language(qapp, language)
            for example in library():
                for claim in example.claims:
                    words = example_words.sentence(claim)
                    assert words and "{" not in words and "}" not in words
    finally:
        i18n.install_language(qapp, "en")


# --- the library ---------------------------------------------------------------------------------------


def test_the_preview_says_model_place_and_what_a_test_holds(qtbot: QtBot, make: Make) -> None:
    window = make()
    dialog = Person(qtbot, window).open_library()
    dialog.search.setText("keys to the cabinet")
    said = dialog.preview.text()
    assert "gpt-ja-en" in said and "4.1" in said and "The keys to the cabinet" in said
    assert not dialog.preview.badge.isHidden(), "what the small model fails at is marked"
    dialog.search.setText("no such thing at all")
    assert dialog.list.entry() is None and not dialog.open_button.isEnabled()
    qtbot.keyClick(dialog.search, Qt.Key.Key_Return)
    assert dialog.isVisible(), "Enter opens nothing where nothing fits"


def test_sentences_of_one_language_can_be_asked_for(qtbot: QtBot, make: Make) -> None:
    window = make()
    dialog = Person(qtbot, window).open_library()
    everything = len(dialog.list.shown())
    for language in ("ja", "en"):
        dialog.language.setCurrentIndex(dialog.language.findData(language))
        dialog.language.activated.emit(dialog.language.currentIndex())
        shown = dialog.list.shown()
        assert 20 <= len(shown) < everything
        assert all(isinstance(one, Example) and one.language in (language, "both") for one in shown)


def test_the_library_is_found_in_either_language_whatever_the_window_speaks(qtbot: QtBot, make: Make) -> None:
    for example in library():
        for title in (example.title.en, example.title.ja):
            ids = [command.id for command in find(title, findable())]
            assert f"example.{example.id}" in ids, title


def test_the_palette_opens_an_example(qtbot: QtBot, make: Make) -> None:
    window = make()
    window.run("palette")
    palette = window.findChild(Palette)
    assert palette is not None
    commands = palette.list.topLevelItemCount()
    palette.filter("ウィノグラード")
    assert palette.list.topLevelItemCount() == 1 < commands
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    _wait_until_open(qtbot, window, "it-dog")


# --- the empty field -------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [GPT, BERT, TRANSLATE])
def test_the_empty_field_offers_three_of_the_loaded_model_and_a_click_opens_one(
    qtbot: QtBot, make: Make, source: str
) -> None:
    window = make(source, "")
    chips = window.chips
    assert chips.isVisible()
    assert [example.model for example in chips.examples] == [source] * 3
    assert all(chip.isVisible() and chip.text() for chip in chips.chips)
    qtbot.mouseClick(chips.chips[1], Qt.MouseButton.LeftButton)
    _wait_until_open(qtbot, window, chips.examples[1].id)
    assert not chips.isVisible()
    window.session.set_text("")
    assert chips.isVisible(), "they come back when the text is gone"


def test_the_offers_follow_language_and_model_and_stay_inside_a_narrow_window(qtbot: QtBot, make: Make) -> None:
    window = make(GPT, "")
    window.resize(960, 600)
    chips = window.chips
    assert chips.chips[0].accessibleName() == chips.examples[0].title.en
    window.run("language.switch")
    assert chips.chips[0].accessibleName() == chips.examples[0].title.ja
    assert chips.more.geometry().right() <= chips.width() <= window.width()
    window.session.load_model(TRANSLATE)
    qtbot.waitUntil(lambda: chips.examples[0].model == TRANSLATE, timeout=30_000)
    assert chips.rect().contains(chips.mapFrom(window.tokens, QPoint(1, 1)))


# --- one's own ------------------------------------------------------------------------------------------------


def test_ones_own_is_kept_found_renamed_opened_and_deleted(qtbot: QtBot, make: Make) -> None:
    window = make(GPT, "Tom and Mary went home. Tom and")
    session = window.session
    window.run("view.attention_lines")
    session.select(layer=4, head=2, query=8)
    dialog = Person(qtbot, window).open_library()
    asking = window.examples.ask_and_keep(dialog)
    assert isinstance(asking, KeepDialog) and not asking.ok.isEnabled(), "a name is needed"
    qtbot.keyClicks(asking.name, "For Monday")
    asking.note.setPlainText("the second Mary")
    qtbot.mouseClick(asking.ok, Qt.MouseButton.LeftButton)
    (own,) = own_examples.kept()
    marked = dialog.list.entry()
    assert isinstance(marked, OwnExample) and marked.path == own.path and "the second Mary" in dialog.preview.text()

    qtbot.mouseClick(dialog.rename, Qt.MouseButton.LeftButton)
    (again,) = (one for one in dialog.findChildren(KeepDialog) if one.isVisible())
    again.name.setText("For Zebraday")
    qtbot.mouseClick(again.ok, Qt.MouseButton.LeftButton)
    dialog.search.setText("zebraday")
    assert own_examples.kept() == (dialog.list.entry(),)
    dialog.close()

    window.examples.open_by_id("alignment")
    _wait_until_open(qtbot, window, "alignment")
    dialog = Person(qtbot, window).open_library()
    dialog.search.setText("zebraday")
    qtbot.keyClick(dialog.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.text.startswith("Tom"), timeout=30_000)
    qtbot.waitUntil(lambda: not window.documents.restoring.is_busy)
    assert (session.selection.layer, session.selection.head, session.selection.query) == (4, 2, 8)
    assert window.views.first == "attention_lines"
    assert "the second Mary" in window.examples.note.label.text()

    dialog = Person(qtbot, window).open_library()
    dialog.search.setText("zebraday")
    qtbot.mouseClick(dialog.delete, Qt.MouseButton.LeftButton)
    assert own_examples.kept() == () and not any(isinstance(one, OwnExample) for one in dialog.list.shown())


def test_a_damaged_one_is_shown_with_a_sentence_and_cannot_be_opened(qtbot: QtBot, make: Make) -> None:
    own_examples.folder().mkdir(parents=True)
    (own_examples.folder() / "broken.tvsession").write_text("{")
    window = make()
    before = window.session.request
    dialog = Person(qtbot, window).open_library()
    dialog.search.setText("broken")
    assert "broken" in dialog.preview.text() and len(dialog.preview.text()) > 40, "a sentence says what is wrong"
    assert not dialog.open_button.isEnabled() and not dialog.rename.isEnabled()
    qtbot.keyClick(dialog.search, Qt.Key.Key_Return)
    assert dialog.isVisible() and window.session.request == before
    qtbot.mouseClick(dialog.delete, Qt.MouseButton.LeftButton)
    assert own_examples.kept() == ()


def test_without_a_text_there_is_nothing_to_keep(qtbot: QtBot, make: Make) -> None:
    window = make(GPT, "")
    assert window.examples.ask_and_keep() is None
    dialog = window.findChild(ExampleDialog)
    assert dialog is not None and not dialog.keep.isEnabled()
    dialog.close()


def test_nothing_of_the_programs_own_has_a_bin(qtbot: QtBot) -> None:
    """What a list keeps beside its words is nothing that the painter of its lines takes for a wish."""
    from visualizer.ui import theme
    from visualizer.widgets.example_list import ExampleList
    from visualizer.widgets.two_lines import DELETABLE

    entries = ExampleList(theme.current(), "en")
    qtbot.addWidget(entries)
    entries.fill(())
    assert entries.count() > 40
    assert not any(entries.item(row).data(DELETABLE) for row in range(entries.count()))


def test_an_example_with_a_blank_names_the_view_as_the_window_will(qtbot: QtBot) -> None:
    from visualizer.core.examples.library import library
    from visualizer.ui import theme
    from visualizer.widgets.example_preview import ExamplePreview

    found = next(
        example
        for topic in library().topics
        for example in library().of_topic(topic.id)
        if "[MASK]" in example.sentence and example.view == "next_token"
    )
    preview = ExamplePreview(theme.current(), "en")
    qtbot.addWidget(preview)
    preview.show_entry(found)
    assert "Fill the blank" in preview.place.text()
