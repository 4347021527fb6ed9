"""The way back, without a window: what is a step, what is not, and that no model runs for what is still known."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from visualizer.core import capture
from visualizer.core.interventions import Ablate, Site
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session import history as module
from visualizer.session import switching, work
from visualizer.session.history import NAMES, History
from visualizer.session.session import Session


class Bench:
    """A session with a clock of its own, which moves only when it is told to, and a count of passes."""

    def __init__(self, qtbot: QtBot, **models: Any) -> None:
        self.asked: list[RunRequest] = []
        self.qtbot, self.seconds = qtbot, 0.0
        self.session = Session(load=lambda source, *_: models[source], run=self._run)
        self.history: History = self.session.history
        self.history._clock = lambda: self.seconds
        self.said: list[tuple[str, str]] = []
        self.history.moved.connect(lambda way, name: self.said.append((way, name)))

    def _run(self, model: Any, request: RunRequest, should_stop: Any, progress: Any) -> Trace:
        self.asked.append(request)
        return work.run(model, request, should_stop, progress)

    def idle(self) -> None:
        keys = [key for pane in self.session.panes for key in pane.keys]
        self.qtbot.waitUntil(lambda: not any(map(self.session.jobs.is_busy, keys)), timeout=20_000)
        self.history.record()

    def begin(self, source: str = "llama", text: str = "the cat") -> None:
        self.session.set_text(text)
        self.session.load_model(source)
        self.idle()
        self.history.clear()
        self.asked.clear()

    def later(self, seconds: float = 60.0) -> None:
        self.history.record()
        self.seconds += seconds

    def text(self, text: str) -> None:
        self.later()
        self.session.set_text(text)
        self.idle()

    def type(self, text: str) -> None:
        self.history.record()
        self.history.note_typing(self.session.showing)
        self.session.set_text(text)
        self.idle()

    def look(self, **changes: Any) -> None:
        self.later()
        self.session.select(**changes)


@pytest.fixture
def bench(qtbot: QtBot, tiny_llama: Any, tiny_bert: Any, tiny_marian: Any) -> Iterator[Bench]:
    bench = Bench(qtbot, llama=tiny_llama, bert=tiny_bert, marian=tiny_marian)
    yield bench
    assert bench.session.shutdown()


def shown(session: Session) -> str:
    assert session.trace is not None
    return session.trace.request.text


def test_texts_come_back_one_by_one_without_another_pass(bench: Bench) -> None:
    bench.begin(text="one")
    bench.text("two")
    bench.text("three")
    before = list(bench.asked)
    bench.history.undo()
    assert (shown(bench.session), bench.session.text) == ("two", "two")
    bench.history.undo()
    assert shown(bench.session) == "one"
    bench.history.redo()
    bench.history.redo()
    assert shown(bench.session) == "three"
    assert bench.asked == before
    assert bench.said == [("undo", "text")] * 2 + [("redo", "text")] * 2


def test_a_text_whose_trace_had_to_go_is_asked_again_and_looked_at_as_before(bench: Bench) -> None:
    bench.begin(text="the cat")
    bench.look(query=4, layer=2)
    bench.text("a dog")
    assert bench.session.selection.query is None
    for run in bench.session.runs:
        if run is not bench.session.showing.run:
            run.trace = None
    bench.asked.clear()
    bench.history.undo()
    bench.idle()
    assert [request.text for request in bench.asked] == ["the cat"]
    assert shown(bench.session) == "the cat"
    assert (bench.session.selection.query, bench.session.selection.layer) == (4, 2)
    assert bench.history.can_redo, "the trace that arrives is no new step"


def test_a_candidate_that_was_taken_is_a_step_of_its_own(bench: Bench) -> None:
    bench.begin(text="the")
    for piece in (" c", "a"):
        bench.session.append_text(piece)
        bench.idle()
    bench.history.undo()
    assert bench.session.text == "the c"
    bench.history.undo()
    assert bench.session.text == "the"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"layer": 2}, "layer"),
        ({"head": 3}, "head"),
        ({"query": 1, "key": 0}, "lock"),
        ({"position": 2}, "position"),
        ({"temperature": 0.5}, "sampling"),
        ({"unit": "word"}, "rule"),
        ({"scale": "log"}, "look"),
    ],
)
def test_where_one_looked_comes_back(bench: Bench, changes: dict[str, Any], name: str) -> None:
    bench.begin()
    before = bench.session.selection
    bench.look(**changes)
    after = bench.session.selection
    assert after != before
    bench.history.undo()
    assert bench.session.selection == before
    bench.history.redo()
    assert bench.session.selection == after
    assert bench.said == [("undo", name), ("redo", name)]
    assert bench.asked == []


def test_the_kind_of_attention_comes_back_with_its_locks(bench: Bench) -> None:
    bench.begin("marian", "abc")
    bench.look(kind="encoder")
    bench.look(query=1, key=2)
    bench.look(kind="cross")
    assert bench.session.selection.query is None
    bench.history.undo()
    here = bench.session.selection
    assert (here.kind, here.query, here.key) == ("encoder", 1, 2)
    assert bench.said == [("undo", "kind")]


def test_a_key_that_repeats_is_one_step_and_a_later_one_another(bench: Bench) -> None:
    bench.begin()
    start = bench.session.selection.layer
    bench.look(layer=0)
    bench.later()
    for layer in (1, 2, 1, 2):
        bench.seconds += 0.1
        bench.session.select(layer=layer)
        bench.history.record()
    bench.history.undo()
    assert bench.session.selection.layer == 0
    bench.history.undo()
    assert bench.session.selection.layer == start


def test_steps_of_two_kinds_stay_two_however_quick(bench: Bench) -> None:
    bench.begin()
    bench.look(layer=0, head=0)
    bench.later()
    bench.session.select(layer=1)
    bench.history.record()
    bench.session.select(head=1)
    bench.history.undo()
    assert (bench.session.selection.layer, bench.session.selection.head) == (1, 0)


def test_what_is_typed_without_a_pause_is_one_step(bench: Bench) -> None:
    bench.begin(text="the")
    bench.later()
    for text in ("the c", "the ca", "the cat"):
        bench.seconds += 0.5
        bench.type(text)
    bench.later()
    bench.type("the cat sat")
    bench.history.undo()
    assert bench.session.text == "the cat"
    bench.history.undo()
    assert bench.session.text == "the"


def test_what_is_typed_and_taken_back_by_hand_is_no_step(bench: Bench) -> None:
    bench.begin(text="the")
    bench.later()
    bench.type("thex")
    bench.seconds += 0.2
    bench.type("the")
    bench.history.undo()
    assert bench.said == [("undo", "")]


def test_heads_that_are_off_come_back_on_and_go_off_again(bench: Bench) -> None:
    bench.begin()
    site = switching.sites("self", 1, 2)["head"]
    switching.switch(bench.session.showing, site)
    bench.idle()
    passes = len(bench.asked)
    bench.history.undo()
    assert bench.session.trace is not None and not bench.session.trace.request.interventions
    bench.history.redo()
    assert switching.heads_off(bench.session.trace, "self") == {(1, 2)}
    assert bench.said == [("undo", "off"), ("redo", "off")]
    assert len(bench.asked) == passes


def test_switching_off_and_on_again_by_hand_are_two_steps(bench: Bench) -> None:
    bench.begin()
    site = switching.sites("self", 1, 2)["head"]
    for _ in range(2):
        switching.switch(bench.session.showing, site)
        bench.idle()
    bench.history.undo()
    assert bench.session.request.interventions


def test_a_step_that_the_model_refused_is_none(bench: Bench) -> None:
    bench.begin()
    bench.session.ask(RunRequest("the cat", interventions=(Ablate(Site("head_output", "self", (1,), (99,))),)))
    bench.idle()
    assert not bench.session.request.interventions
    assert not bench.history.can_undo


def test_a_comparison_closes_and_opens_again_with_what_it_showed(bench: Bench) -> None:
    bench.begin()
    bench.later()
    bench.session.compare(RunRequest("a dog"))
    bench.idle()
    passes = len(bench.asked)
    bench.history.undo()
    assert bench.session.other is None
    bench.history.redo()
    other = bench.session.other
    assert other is not None and other.trace is not None and other.trace.request.text == "a dog"
    bench.later()
    bench.session.stop_comparing()
    bench.history.undo()
    assert bench.session.other is not None and bench.session.other.request.text == "a dog"
    assert bench.said == [("undo", "comparison"), ("redo", "comparison"), ("undo", "comparison")]
    assert len(bench.asked) == passes


def test_the_text_of_the_second_pane_comes_back(bench: Bench) -> None:
    bench.begin()
    other = bench.session.compare(RunRequest("a dog"))
    bench.idle()
    bench.later()
    bench.session.ask(RunRequest("a fox"), other)
    bench.idle()
    bench.history.undo()
    assert other.request.text == "a dog"
    assert bench.session.text == "the cat"


def test_a_model_of_the_second_pane_s_own_comes_back_with_it(bench: Bench, tiny_bert: Any) -> None:
    bench.begin()
    bench.session.compare(RunRequest("the cat sat"), "bert")
    bench.idle()
    bench.later()
    bench.session.stop_comparing()
    passes = len(bench.asked)
    bench.history.undo()
    other = bench.session.other
    assert other is not None and other.trace is not None
    assert other.model is tiny_bert and other.trace.model is tiny_bert
    assert len(bench.asked) == passes


def test_after_another_model_was_loaded_its_own_answers_come_back(bench: Bench, tiny_bert: Any) -> None:
    bench.begin(text="the cat")
    bench.text("the dog")
    bench.session.load_model("bert")
    bench.idle()
    bench.history.undo()
    bench.idle()
    assert shown(bench.session) == "the cat"
    assert bench.session.trace is not None and bench.session.trace.model is tiny_bert


def test_an_opened_trace_gives_way_to_what_was_shown_and_comes_back(
    bench: Bench, tiny_bert: Any, tmp_path: Path
) -> None:
    capture.run(tiny_bert, RunRequest("the cat sat")).save(tmp_path / "b.safetensors")
    bench.begin()
    bench.session.open_trace(tmp_path / "b.safetensors")
    bench.idle()
    saved = bench.session.trace
    bench.history.undo()
    assert bench.session.trace is not None and bench.session.trace.card.source == "tiny-llama"
    bench.history.redo()
    assert bench.session.trace is saved
    run = bench.session.showing.run
    assert run is not None and run.path.endswith("b.safetensors")
    assert bench.asked == [], "a saved trace is never asked of the loaded model"


def test_an_opened_trace_for_which_there_was_no_room_is_read_again(
    bench: Bench, tiny_bert: Any, tmp_path: Path
) -> None:
    capture.run(tiny_bert, RunRequest("the cat sat")).save(tmp_path / "b.safetensors")
    bench.begin()
    bench.session.open_trace(tmp_path / "b.safetensors")
    bench.idle()
    run = bench.session.showing.run
    bench.history.undo()
    assert run is not None
    run.trace = None
    bench.history.redo()
    bench.idle()
    assert shown(bench.session) == "the cat sat"
    bench.history.undo()
    assert shown(bench.session) == "the cat"
    assert bench.asked == []


def test_a_new_step_ends_what_could_be_redone(bench: Bench) -> None:
    bench.begin()
    bench.look(layer=2)
    bench.history.undo()
    bench.look(head=3)
    bench.history.redo()
    assert bench.said == [("undo", "layer"), ("redo", "")]


def test_the_history_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.begin()
    monkeypatch.setattr(module, "MOST", 3)
    for number in (0, 1, 2, 0, 1):
        bench.look(layer=number, head=number)
    for _ in range(5):
        bench.history.undo()
    assert bench.said == [("undo", "layer")] * 3 + [("undo", "")] * 2


def test_long_texts_do_not_fill_the_memory(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.begin()
    monkeypatch.setattr(module, "MOST_TEXT", 100)
    for letter in "abcde":
        bench.text(letter * 30)
    for _ in range(5):
        bench.history.undo()
    assert [name for _, name in bench.said].count("text") == 2


def test_choosing_a_view_is_no_step_but_comes_back_with_what_was_chosen_by_the_same_act(bench: Bench) -> None:
    wanted: list[object] = []
    bench.history.views_wanted.connect(wanted.append)
    bench.history.set_views(("head_statistics", ""))
    bench.begin()
    bench.look(layer=2)
    bench.history.set_views(("attention_map", ""))
    bench.later()
    bench.history.set_views(("head_grid", ""))
    bench.later()
    bench.history.set_views(("attention_map", ""))
    bench.history.undo()
    assert wanted == [("head_statistics", "")]
    assert bench.said == [("undo", "layer")]


def test_whatever_was_done_the_way_back_and_forth_passes_the_same_states(bench: Bench) -> None:
    """Forty random acts, then all the way back and all the way forth: what is seen is the same at every step."""
    bench.begin(text="the cat")
    chance, session = random.Random(3), bench.session

    def seen() -> Any:
        return [
            (pane.request, pane.selection, pane.trace.request if pane.trace is not None else None)
            for pane in session.panes
        ]

    def act() -> None:
        panes = session.panes
        pane = chance.choice(panes)
        kind = chance.randrange(8)
        if kind == 0:
            session.ask(replace(pane.request, text=chance.choice(("the cat", "a cat sat", "so it is", "the"))), pane)
        elif kind == 1:
            switching.switch(pane, switching.sites("self", chance.randrange(3), chance.randrange(4))["head"])
        elif kind == 2 and len(panes) == 1:
            session.compare(RunRequest(chance.choice(("the dog", "a cat"))))
        elif kind == 2:
            session.stop_comparing()
        elif kind == 3:
            pane.select(query=chance.choice((None, 0, 1)), key=chance.choice((None, 0, 2)))
        elif kind == 4:
            pane.select(position=chance.choice((-1, 0, 2)))
        elif kind == 5 and len(panes) == 2:
            pane.take({"difference": chance.random() < 0.5})
            bench.history.note()
        else:
            pane.select(layer=chance.randrange(3), head=chance.randrange(4))

    states = [seen()]
    for _ in range(40):
        bench.later()
        act()
        bench.idle()
        if bench.history.can_undo and (state := seen()) != states[-1]:
            states.append(state)
    passes = len(bench.asked)
    for state in reversed(states[:-1]):
        bench.history.undo()
        bench.idle()
        assert seen() == state
    assert not bench.history.can_undo
    for state in states[1:]:
        bench.history.redo()
        bench.idle()
        assert seen() == state
    assert not bench.history.can_redo
    assert len(bench.asked) == passes, "every answer was still known"


def test_every_name_of_a_step_is_named_once() -> None:
    assert len(set(NAMES)) == len(NAMES)
