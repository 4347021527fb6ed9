"""JSON of somebody else is read within bounds, and fails in one way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from visualizer.core.errors import DamagedFile
from visualizer.core.system.json_file import parse_json, read_json, read_object


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"NaN",
        b'{"a": Infinity}',
        b"1e999",
        b"1" * 5_000,
        b"-" + b"1" * 41,
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'{"\\udfff": 1}',
        b"\xff\xfe",
        b'"\xed\xa0\x80"',
    ],
)
def test_what_is_no_plain_json_is_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(DamagedFile) as caught:
        read_json(path)
    assert caught.value.fields["path"] == str(path)
    assert len(str(caught.value.fields["detail"])) <= 300


def test_plain_json_is_read_as_it_is(tmp_path: Path) -> None:
    content = {"猫": "\U0001f431", "max": 10**30, "half": 0.5, "escaped": "\\ud800", "none": None, "list": [True, -1]}
    for ascii_only in (True, False):
        path = tmp_path / "x.json"
        path.write_text(json.dumps(content, ensure_ascii=ascii_only), encoding="utf-8")
        assert read_object(path) == content


def test_infinity_may_be_let_in_and_nan_never() -> None:
    assert parse_json("[0.0, Infinity, -Infinity]", endless=True) == [0.0, float("inf"), float("-inf")]
    with pytest.raises(ValueError, match="NaN"):
        parse_json("NaN", endless=True)


def test_a_file_larger_than_allowed_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("[" + "1," * 1000 + "1]")
    with pytest.raises(DamagedFile):
        read_json(path, most=100)


def test_an_object_is_an_object(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for content in ("[]", "3", "null", '"a"'):
        path.write_text(content)
        with pytest.raises(DamagedFile):
            read_object(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DamagedFile):
        read_json(tmp_path / "absent.json")
