"""What a notebook shows of a trace is whole, small, and takes nothing that a text holds for markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from visualizer.core import capture, models
from visualizer.core.analyses import first_look
from visualizer.core.export import page as pages
from visualizer.core.interventions import parse
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)> </td></table> &lt; \" ' $x$ \u202eabc\u2028\x00"
TAGS = {"div", "span", "b", "i", "bdi", "table", "tr", "td", "th"}


class Reader(HTMLParser):
    """Reads a page, and holds that its tags are those that the page itself writes, opened and closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.cells: list[list[str]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        assert {name for name, _ in attrs} <= {"style", "title", "class"}
        assert not any("url(" in (value or "") or "expression" in (value or "") for _, value in attrs)
        self.open.append(tag)
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.open and "tr" in self.open:
            self.cells[-1][-1] += data


@pytest.fixture(scope="module")
def gpt() -> LoadedModel:
    return models.load("bundled:gpt-ja-en")


def test_the_page_shows_the_weights_of_the_head_on_which_the_trace_opens(gpt: LoadedModel) -> None:
    trace = capture.run(gpt, RunRequest("私は図書館で本を"))
    read = Reader(trace._repr_html_())
    place = first_look.choose(trace).place
    weights = trace.attention(place.layer, place.head)
    assert f"layer {place.layer}, head {place.head}" in read.text
    assert read.cells[0][1:] == [token.text for token in trace.tokens]
    for q, row in enumerate(read.cells[1:]):
        assert row[0] == trace.tokens[q].text
        assert [float(cell) for cell in row[1 : q + 2]] == pytest.approx(weights[q, : q + 1].tolist(), abs=0.005)
        assert row[q + 2 :] == [""] * (len(trace.tokens) - q - 1), "masked cells hold no number"
    assert gpt.card.name in read.text and trace.text in read.text


def test_every_kind_of_attention_can_be_shown(tiny_bert: LoadedModel, tiny_marian: LoadedModel) -> None:
    two = capture.run(tiny_bert, RunRequest("a b", pair="b a"))
    assert len(Reader(two._repr_html_()).cells) == len(two.tokens) + 1
    both = capture.run(tiny_marian, RunRequest("abc", target="de"))
    read = Reader(both._repr_html_())
    kind = first_look.choose(both).place.kind
    assert f"({kind}, " in read.text and len(read.cells) == len(both.query_tokens(kind)) + 1


@pytest.mark.parametrize("text", ["<s> a </s>", HOSTILE, HOSTILE * 200])
def test_markup_in_a_text_is_text(text: str, gpt: LoadedModel, tiny_llama: LoadedModel) -> None:
    for model in (gpt, tiny_llama):
        trace = capture.run(model, RunRequest(text[: 200 if model is tiny_llama else None]))
        page = trace._repr_html_()
        read = Reader(page)
        assert text[:20] in read.text
        assert "<script" not in page and "<img" not in page and "\x00" not in page and "\u2028" not in page
        page.encode("utf-8")


def test_markup_in_a_foreign_file_is_text(tiny_llama: LoadedModel, tmp_path: Path) -> None:
    trace = capture.run(tiny_llama, RunRequest("abc"))
    card = replace(trace.card, name=HOSTILE, family=HOSTILE, dtype=HOSTILE, position_scheme="\ud800" + HOSTILE)
    tokens = tuple(replace(token, text=HOSTILE) for token in trace.tokens)
    Reader(replace(trace, card=card, tokens=tokens)._repr_html_())
    path = tmp_path / "a.safetensors"
    trace.save(path)
    assert Trace.open(path)._repr_html_() == trace._repr_html_()


def test_the_page_of_a_long_text_is_small_and_says_what_it_leaves_out(gpt: LoadedModel) -> None:
    trace = capture.run(gpt, RunRequest("The cat sat on the mat. " * 80))
    page = trace._repr_html_()
    read = Reader(page)
    count, most = len(trace.tokens), pages.MOST_CELLS
    assert f"… {count - pages.MOST_TOKENS} more tokens" in read.text
    assert f"the first {most} × {most} of {count} × {count}" in read.text
    assert len(page) < 40_000


def test_a_head_that_was_switched_off_is_named(gpt: LoadedModel) -> None:
    trace = capture.run(gpt, RunRequest("The cat", interventions=parse("1.2,mlp.0")))
    assert "1.2, mlp.0 off (zero)" in Reader(trace._repr_html_()).text


def test_a_trace_names_itself_in_a_line(gpt: LoadedModel) -> None:
    said = repr(capture.run(gpt, RunRequest("The cat sat on the mat. " * 80)))
    assert "The cat" in said and len(said) < 200
