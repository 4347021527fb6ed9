from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from visualizer.core import capture, prediction
from visualizer.core.request import RunRequest
from visualizer.core.writing import places
from visualizer.session.selection import Hover
from visualizer.session.session import Session
from visualizer.ui import theme as themes
from visualizer.ui.candidate_bars import Bar, CandidateBars
from visualizer.ui.sampling_controls import SamplingControls
from visualizer.ui.surprisal_strip import SurprisalStrip
from visualizer.views.next_token import context as next_token_context
from visualizer.views.next_token.view import NextTokenView

KIND = NextTokenView
SIZE = (320, 760)


@pytest.fixture
def models() -> dict[str, object]:
    return {}


@pytest.fixture
def session(qapp, models) -> Iterator[Session]:
    session = Session(load=lambda source, *_: models[source])
    session.set_theme(themes.named("light"))
    yield session
    assert session.shutdown()


@pytest.fixture
def type_into(session: Session, models, qtbot):
    """Loads a model, types a text, and waits for its trace."""

    def run(model, text, pair=None):
        models["it"] = model
        session.load_model("it")
        qtbot.waitUntil(lambda: session.model is model and not session.jobs.is_busy("load"))
        session.set_text(text)
        session.set_pair(pair)
        qtbot.waitUntil(lambda: session.trace is not None and not session.jobs.is_busy("run"))
        return session.trace

    return run


def rows(view: NextTokenView) -> list[Bar]:
    bars = view.findChild(CandidateBars)
    return [bars._bars[i] for i in bars.shown()]


def test_the_bars_are_the_exact_probabilities_and_add_up_to_one(view, session, tiny_llama) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat"))
    session.show_trace(trace)
    expected = trace.next_tokens(limit=5)
    assert [bar.share for bar in rows(view)[:5]] == pytest.approx([c.probability for c in expected])
    count, rest = view.findChild(CandidateBars).rest()
    assert sum(bar.share for bar in rows(view)) + rest == pytest.approx(1)
    assert count + len(rows(view)) == trace.card.vocabulary


def test_filters_act_at_once_and_never_run_the_model(view, session, tiny_llama) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat"))
    session.show_trace(trace)
    controls = view.findChild(SamplingControls)
    controls.changed.emit(0.5, 3, None)
    assert (session.selection.sampling.temperature, session.selection.sampling.top_k) == (0.5, 3)
    assert session.trace is trace and not session.jobs.is_busy("run")
    assert [bar.share > 0 for bar in rows(view)[:5]] == [True, True, True, False, False]
    assert rows(view)[4].removed and rows(view)[4].unfiltered > 0
    assert view.findChild(CandidateBars).rest()[1] == pytest.approx(0, abs=1e-12)


def test_every_position_can_be_asked_and_shows_what_really_came_next(view, session, tiny_llama) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat"))
    session.show_trace(trace)
    for position in (0, 3):
        session.select(position=position)
        marked = [bar for bar in view.findChild(CandidateBars)._bars if bar.mark]
        actual = trace.tokens[position + 1].id
        logits = trace.logits(position)
        assert [bar.rank for bar in marked] == [prediction.rank_of(logits, actual)]
        assert marked[0] in rows(view), "the real next token has a row however improbable it is"
    session.select(position=-1)
    assert not any(bar.mark for bar in rows(view))


def test_the_strip_holds_the_surprisal_of_each_following_token(view, session, tiny_llama, qtbot) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat sat"))
    session.show_trace(trace)
    qtbot.waitUntil(view.is_complete)
    bits = view.findChild(SurprisalStrip)._bits
    following = [token.id for token in trace.tokens[1:]]
    expected = prediction.surprisals(trace.logits_of(range(trace.n_positions - 1)), following)
    np.testing.assert_allclose(bits[:-1], expected, rtol=1e-5)
    assert np.isnan(bits[-1])


def test_the_strip_chooses_a_position_by_pointer_and_by_arrow_key(view, session, tiny_llama, qtbot) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat sat"))
    session.show_trace(trace)
    strip = view.findChild(SurprisalStrip)
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(3, 10))
    assert session.selection.position == 0
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert session.selection.position == 1
    qtbot.keyClick(strip, Qt.Key.Key_End)
    assert session.selection.position == -1, "at the end it follows the text as it grows"
    qtbot.mouseMove(strip, QPoint(3, 10))
    assert session.hover == Hover(query=0)


def test_a_click_on_a_candidate_writes_it(view, session, tiny_llama, type_into, qtbot) -> None:
    trace = type_into(tiny_llama, "the cat")
    forecast = prediction.forecast(trace.logits(-1), limit=60)
    decoded = [tiny_llama.tokenizer.decode([int(token)]) for token in forecast.ids]
    place = next(i for i, text in enumerate(decoded) if text.isascii() and text.isalnum() and len(text) == 1)
    view.findChild(CandidateBars).chosen.emit(place)
    assert session.text == "the cat" + decoded[place]
    qtbot.waitUntil(lambda: session.trace.text == session.text)


def test_a_click_on_a_token_that_writes_nothing_says_so(view, session, tiny_llama, type_into) -> None:
    type_into(tiny_llama, "The cat")
    said = []
    session.notice_raised.connect(lambda name, fields: said.append((name, fields)))
    part = tiny_llama.tokenizer.encode("猫", add_special_tokens=False)[0]  # the first of its bytes
    next_token_context.take(session.showing, session.trace.n_positions - 1, part)
    assert [name for name, _ in said] == ["unwritable"] and session.text == "The cat"


def test_enter_takes_the_candidate_that_the_arrows_reached(view, session, tiny_llama, qtbot) -> None:
    session.show_trace(capture.run(tiny_llama, RunRequest("the cat")))
    bars = view.findChild(CandidateBars)
    bars.set_can_choose(True)
    qtbot.keyClick(bars, Qt.Key.Key_Down)
    qtbot.keyClick(bars, Qt.Key.Key_Down)
    with qtbot.waitSignal(bars.chosen) as chosen:
        qtbot.keyClick(bars, Qt.Key.Key_Return)
    assert chosen.args == [1]


def test_a_masked_model_without_a_blank_offers_its_tokens(view, session, tiny_bert, type_into, qtbot) -> None:
    type_into(tiny_bert, "the cat sat")
    qtbot.waitUntil(view.is_complete)
    assert "[MASK]" in view._context.text() and not view.findChild(CandidateBars).isVisible()
    at = next(i for i, token in enumerate(session.trace.tokens) if token.text == "cat")
    view._context.linkActivated.emit(str(at))
    assert session.text == "the [MASK] sat"
    qtbot.waitUntil(lambda: session.trace.text == session.text and view.is_complete())
    assert view.findChild(CandidateBars).isVisible()


def test_each_blank_has_its_own_candidates(view, session, tiny_bert, type_into) -> None:
    trace = type_into(tiny_bert, "the [MASK] on the [MASK]")
    first, second = places.blanks(trace)
    assert [bar.share for bar in rows(view)[:3]] == pytest.approx([c.probability for c in trace.next_tokens(first)[:3]])
    view._blanks.activated.emit(1)
    assert session.selection.position == second
    assert [bar.share for bar in rows(view)[:3]] == pytest.approx(
        [c.probability for c in trace.next_tokens(second)[:3]]
    )


def test_a_token_of_a_masked_model_that_is_no_blank_can_be_asked_and_blanked(view, session, tiny_bert, type_into):
    trace = type_into(tiny_bert, "the cat sat")
    at = next(i for i, token in enumerate(trace.tokens) if token.text == "cat")
    session.select(position=at)
    assert view._blank_out.isVisible()
    assert [bar.rank for bar in view.findChild(CandidateBars)._bars if bar.mark] == [
        prediction.rank_of(trace.logits(at), trace.tokens[at].id)
    ]
    view._blank_out.click()
    assert session.text == "the [MASK] sat"


def test_a_translation_is_predicted_on_its_own_side(view, session, tiny_marian) -> None:
    trace = capture.run(tiny_marian, RunRequest("ab", target="xyz"))
    session.show_trace(trace)
    session.select(position=1)
    marked = next(bar for bar in view.findChild(CandidateBars)._bars if bar.mark)
    assert marked.rank == prediction.rank_of(trace.logits(1), trace.target_tokens[2].id)
    assert "x" in view._context.text()


def test_a_pair_head_shows_both_probabilities(view, session, qtbot) -> None:
    import torch
    from transformers import BertConfig, BertForPreTraining

    from tests.tokenizers import word_piece
    from visualizer.core import models

    torch.manual_seed(0)
    tokenizer = word_piece()
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2
    )
    model = models.wrap(BertForPreTraining(config).eval(), tokenizer)
    trace = capture.run(model, RunRequest("the cat", pair="the mat"))
    session.show_trace(trace)
    share = 100 * float(prediction.distribution(trace.pair_logits)[0])
    assert view._pair.isVisible() and f"{share:.1f}\u00a0%" in view._pair.text()
    session.show_trace(capture.run(model, RunRequest("the cat")))
    assert not view._pair.isVisible()


def test_exported_numbers_hold_the_whole_distribution(view, session, tiny_llama, qtbot) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat"))
    session.show_trace(trace)
    session.select(temperature=0.7, top_p=0.9)
    qtbot.waitUntil(view.is_complete)
    data = view.data()
    assert data["probabilities"].shape == (trace.card.vocabulary,)
    np.testing.assert_allclose(data["probabilities"], prediction.distribution(trace.logits(-1), 0.7, None, 0.9))
    table = dict(zip(data["columns"], data["candidates"].T, strict=True))
    np.testing.assert_allclose(table["probability"], data["probabilities"][table["id"].astype(int)])
    assert table["rank"][:3].tolist() == [1, 2, 3]
    assert "temperature 0.7" in view.caption() and "top-p 0.9" in view.caption()


def test_tokens_that_read_alike_are_told_apart() -> None:
    class Trace:
        @staticmethod
        def label(token):
            return {1: "cat", 2: "cat", 3: "mat"}[token]

    class Tokenizer:
        @staticmethod
        def convert_ids_to_tokens(token):
            return {1: "▁cat", 2: "cat"}[token]

    assert next_token_context.labels(Trace(), Tokenizer(), [1, 2, 3]) == ["␣cat", "cat", "mat"]
    assert next_token_context.labels(Trace(), None, [1, 2, 3]) == ["cat (1)", "cat (2)", "mat"]


@pytest.mark.parametrize("width", [280, 640, 1600])
def test_it_fits_a_dock_and_the_centre(view, session, tiny_llama, width) -> None:
    session.show_trace(capture.run(tiny_llama, RunRequest("the cat")))
    view.resize(width, 700)
    assert view.width() == width, "the view must not ask for more than a dock has"
    bars = view.findChild(CandidateBars)
    assert bars.width() <= width and len(bars.shown()) >= 4


def test_sliders_and_fields_show_the_same_and_reset(qtbot) -> None:
    controls = SamplingControls()
    qtbot.addWidget(controls)
    controls.retranslate()
    changes = []
    controls.changed.connect(lambda *values: (changes.append(values), controls.set_values(*values, 9000)))
    controls.set_values(1.0, None, None, 9000)
    temperature, top_k, top_p = controls._sliders
    top_k.setValue(50)
    assert changes[-1][1] == round(8999**0.5), "top-k moves by factors"
    top_p.setValue(90)
    assert changes[-1] == (1.0, 95, 0.9)
    temperature.setValue(0)
    assert changes[-1] == (0.0, 95, 0.9)
    controls._top_k.setValue(0)
    assert changes[-1] == (0.0, None, 0.9)
    controls._reset.click()
    assert changes[-1] == (1.0, None, None)
    assert top_k.value() == top_k.maximum() and controls._top_k.text() == "off"


def test_a_character_of_bytes_is_written_whole_once_all_its_parts_are_there(tiny_llama) -> None:
    trace = capture.run(tiny_llama, RunRequest("aم私"))
    assert next_token_context.surroundings(trace, len(trace.tokens) - 1)[0] == "aم私"
    assert next_token_context.surroundings(trace, len(trace.tokens) - 2)[0] == "aم「私」1/3「私」2/3"


def test_the_view_of_a_masked_model_is_called_by_what_it_does(view, session, tiny_bert, tiny_llama) -> None:
    for model, title in ((tiny_llama, "Next token"), (tiny_bert, "Fill the blank"), (tiny_llama, "Next token")):
        session.show_trace(capture.run(model, RunRequest("the cat sat")))
        assert view.header.title() == title
