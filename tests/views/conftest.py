"""What every test of a view starts from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from visualizer.session.session import Session
from visualizer.ui import theme as themes


@pytest.fixture
def session(qapp) -> Iterator[Session]:
    session = Session()
    session.set_theme(themes.named("light"))
    yield session
    assert session.shutdown()
