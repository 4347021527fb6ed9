from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.session.fakes import fake_trace
from visualizer.core.request import RunRequest
from visualizer.session.selection import Sampling, Selection, resolve

selections = st.builds(
    Selection,
    kind=st.sampled_from(["self", "cross", "nonsense"]),
    layer=st.integers(-3, 99),
    head=st.integers(-3, 99),
    query=st.none() | st.integers(-3, 99),
    key=st.none() | st.integers(-3, 99),
    position=st.integers(-3, 99),
    sampling=st.builds(
        Sampling,
        temperature=st.floats(0, 9),
        top_k=st.none() | st.integers(-1, 999),
        top_p=st.none() | st.floats(-1, 2),
    ),
)


@given(selections, st.text(min_size=1, max_size=8))
def test_a_resolved_selection_is_inside_the_trace_and_stays_as_it_is(selection: Selection, text: str) -> None:
    trace = fake_trace(RunRequest(text), kinds=("encoder", "cross"))
    resolved = resolve(trace, selection)
    assert resolved.kind in trace.kinds
    assert 0 <= resolved.layer < 3
    assert 0 <= resolved.head < 4
    assert resolved.query is None or 0 <= resolved.query < len(text)
    assert resolved.key is None or 0 <= resolved.key < len(text)
    assert -1 <= resolved.position < len(text)
    assert resolved.sampling.temperature >= 0
    assert resolved.sampling.top_k is None or 0 < resolved.sampling.top_k < 100
    assert resolved.sampling.top_p is None or 0 < resolved.sampling.top_p < 1
    assert resolve(trace, resolved) == resolved


def test_a_selection_that_fits_is_not_changed() -> None:
    selection = Selection(layer=2, head=3, query=1, key=0, position=1, sampling=Sampling(1.0, 5, 0.5))
    assert resolve(fake_trace(RunRequest("abc")), selection) == selection
