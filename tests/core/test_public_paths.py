"""The names that notebooks, other programs and the command line import stay where they are."""

from __future__ import annotations

import inspect

import pytest


def test_the_public_python_api_is_imported_from_its_public_paths() -> None:
    from visualizer.core import capture, models
    from visualizer.core.errors import NoSuchKind, NoSuchPart, RequestError, VisualizerError
    from visualizer.core.request import RunRequest
    from visualizer.core.trace import RunRequest as AlsoFromTrace
    from visualizer.core.trace import Trace

    assert AlsoFromTrace is RunRequest
    assert issubclass(NoSuchPart, IndexError) and issubclass(NoSuchKind, ValueError)
    assert issubclass(NoSuchPart, RequestError) and issubclass(RequestError, VisualizerError)
    assert list(inspect.signature(capture.run).parameters)[:2] == ["model", "request"]
    assert list(inspect.signature(models.load).parameters)[:3] == ["source", "device", "dtype"]
    assert callable(models.devices) and callable(models.catalogue) and callable(models.estimate_memory)
    assert list(inspect.signature(RunRequest).parameters)[:3] == ["text", "pair", "target"]
    assert inspect.isclass(Trace)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("attention", ["self", "layer", "head", "kind"]),
        ("thumbnails", ["self", "layer", "size"]),
        ("next_tokens", ["self", "position", "temperature", "top_k", "top_p", "limit"]),
        ("save", ["self", "path"]),
        ("open", ["path"]),
    ],
)
def test_a_trace_is_asked_by_the_names_of_the_api(name: str, parameters: list[str]) -> None:
    from visualizer.core.trace import Trace

    signature = inspect.signature(getattr(Trace, name))
    assert list(signature.parameters)[: len(parameters)] == parameters


@pytest.mark.parametrize("name", ["tokens", "target_tokens", "morphemes", "inputs", "model", "output_layer"])
def test_a_trace_has_the_parts_that_the_api_names(name: str) -> None:
    from visualizer.core.trace import Trace

    assert name in Trace.__dataclass_fields__


def test_errors_take_their_fields_in_order_and_give_them_back() -> None:
    from visualizer.core.errors import NoSuchPart, NotEnoughMemory

    error = NoSuchPart("layer", 7, 4, "self")
    assert error.fields == {"what": "layer", "index": 7, "count": 4, "kind": "self", "known": ()}
    assert (error.index, error.exit_status) == (7, 2)
    assert str(error) == "layer 7 does not exist for self attention: there are 4, numbered 0 to 3"
    assert NotEnoughMemory(needed=2, available=1).fields == {"needed": 2, "available": 1, "what": "model"}
    assert NoSuchPart("head", 9, 4).args == ("head", 9, 4, "", ())


def test_every_error_says_its_fields_and_survives_a_copy() -> None:
    import copy
    import pickle

    from visualizer.core import errors

    one = errors.UnknownModel("x", known=["a", "b"], detail="why")
    assert one.known == ("a", "b")
    for again in (copy.copy(one), pickle.loads(pickle.dumps(one))):
        assert (type(again), again.fields, str(again)) == (type(one), one.fields, str(one))
    assert str(one) == "source='x', known=('a', 'b'), detail='why', reason='', page=''"
    assert errors.NeedsRemoteCode("X", "own code").fields == {"architecture": "X", "detail": "own code"}
    assert errors.Cancelled().fields == {} and str(errors.Cancelled()) == ""
    with pytest.raises(TypeError):
        errors.RunFailed()  # type: ignore[call-arg]
