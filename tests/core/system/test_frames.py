"""An exception that was told holds nothing of the calls that it came from."""

from __future__ import annotations

import gc
import weakref

from visualizer.core.system import frames


class Painter:
    """Stands for whatever must not outlive its call."""


def test_nothing_stays_of_an_error_and_of_what_it_came_from() -> None:
    held: list[weakref.ref[Painter]] = []

    def fails() -> None:
        painter = Painter()
        held.append(weakref.ref(painter))
        raise KeyError("first")

    def goes_on() -> None:
        painter = Painter()
        held.append(weakref.ref(painter))
        try:
            fails()
        except KeyError as error:
            raise ValueError("second") from error

    try:
        try:
            goes_on()
        except ValueError:
            other = Painter()
            held.append(weakref.ref(other))
            raise TypeError("third")  # noqa: B904
    except TypeError as error:
        kept = error
    del other
    assert [one() is None for one in held[:2]] == [False, False]
    frames.let_go(kept)
    gc.collect()
    assert [one() for one in held[:2]] == [None, None]
    assert str(kept.__context__) == "second"


def test_a_circle_of_causes_ends() -> None:
    one, other = KeyError("a"), KeyError("b")
    one.__cause__, other.__cause__ = other, one
    frames.let_go(one)
