"""How the words of an error are filled in: two sentences, translated when they are shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


def listed(values: object) -> str:
    """Several values with commas between them, one as it is."""
    if values is None:
        return ""
    return ", ".join(str(value) for value in values) if isinstance(values, (tuple, list, frozenset)) else str(values)


def filled(text: str, advice: str) -> Callable[[dict[str, object]], tuple[str, str]]:
    """A presenter that fills the error's fields into two sentences, translated when shown."""

    def present_fields(fields: dict[str, object]) -> tuple[str, str]:
        shown = {name: listed(value) for name, value in fields.items()}
        return translate("Errors", text).format_map(Blank(shown)), translate("Errors", advice).format_map(
            Blank(shown)
        ).strip()

    return present_fields


class Blank(dict[str, str]):
    """Fields of an error; one that it has not is empty."""

    def __missing__(self, key: str) -> str:
        return ""


def by_reason(
    reasons: dict[str, Callable[[dict[str, object]], tuple[str, str]]],
    otherwise: Callable[[dict[str, object]], tuple[str, str]],
) -> Callable[[dict[str, object]], tuple[str, str]]:
    """A presenter that says more where the error's `reason` is known."""

    def present_fields(fields: dict[str, object]) -> tuple[str, str]:
        return reasons.get(str(fields.get("reason") or ""), otherwise)(fields)

    return present_fields
