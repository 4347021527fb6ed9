"""What a person, a command line or a file may choose of a view, and what is left out."""

from __future__ import annotations

from typing import Any

import pytest

from visualizer.session.options import abouts, changed, from_json
from visualizer.views.registry import VIEWS, options_class


@pytest.mark.parametrize("view_id", list(VIEWS))
@pytest.mark.parametrize("value", [None, True, 0.3, "x", (), {}, [[]], float("nan")])
def test_a_value_of_another_kind_is_left_out(view_id: str, value: Any) -> None:
    kind = options_class(view_id)
    for name in abouts(kind):
        default = getattr(kind(), name)
        for made in (changed(kind(), {name: value}), from_json(kind, {name: value})):
            found = getattr(made, name)
            if found != default:
                allowed = (int, str) if default is None else (type(default),)
                assert type(found) in allowed, f"{name}={value!r} became {found!r}"
