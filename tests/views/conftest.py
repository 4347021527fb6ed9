"""What every test of a view starts from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from visualizer.session.session import Session
from visualizer.ui import theme as themes
from visualizer.views.base import View


@pytest.fixture
def session(qapp) -> Iterator[Session]:
    session = Session()
    session.set_theme(themes.named("light"))
    yield session
    assert session.shutdown()


@pytest.fixture
def view(request: pytest.FixtureRequest, session: Session, qtbot) -> View:
    """The view that the module names as KIND, shown in SIZE; nothing is loaded yet."""
    kind: type[View] = request.module.KIND
    view = kind(session)
    qtbot.addWidget(view)
    view.resize(*getattr(request.module, "SIZE", (900, 700)))
    view.show()
    return view
