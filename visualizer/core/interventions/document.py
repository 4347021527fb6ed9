"""Requests and interventions as JSON, as saved traces and sessions hold them: read strictly, within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from visualizer.core.errors import BadIntervention
from visualizer.core.interventions.ablation import Ablate
from visualizer.core.interventions.hiding import HideTokens
from visualizer.core.interventions.patching import Patch
from visualizer.core.interventions.position import MovedPositions, WithoutPositions
from visualizer.core.interventions.site import Site
from visualizer.core.request import Intervention, RunRequest

KINDS: dict[str, type[Intervention]] = {
    "ablate": Ablate,
    "patch": Patch,
    "hide_tokens": HideTokens,
    "without_positions": WithoutPositions,
    "moved_positions": MovedPositions,
}
_NAMES = {kind: name for name, kind in KINDS.items()}
MOST = 10_000  # interventions of one request
DEEPEST = 4  # a patch's source may be patched itself, but not without end
_LANGUAGES = ("source_language", "target_language")
LONGEST = 1 << 24  # characters of a text


def to_json(interventions: Iterable[Intervention]) -> list[dict[str, Any]]:
    """A list that `json.dumps` takes and `from_json` reads."""
    return [_written(one) for one in interventions]


def _written(one: Intervention) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": _NAMES[type(one)]}
    for each in fields(one):
        value = getattr(one, each.name)
        if isinstance(value, Site):
            chosen = {each.name: getattr(value, each.name) for each in fields(value)}
            value = {key: _plain(part) for key, part in chosen.items() if part is not None}
        elif isinstance(value, RunRequest):
            value = request_to_json(value)
        entry[each.name] = _plain(value)
    return entry


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def from_json(document: Any) -> tuple[Intervention, ...]:
    """What `to_json` wrote. Raises BadIntervention for anything else: unknown types, fields, numbers out of bounds."""
    return _list(document, DEEPEST)


def request_to_json(request: RunRequest) -> dict[str, Any]:
    """A request as a JSON object; without languages and interventions as it always was: text, pair, target."""
    entry: dict[str, Any] = {"text": request.text, "pair": request.pair, "target": request.target}
    for name in _LANGUAGES:
        if getattr(request, name) is not None:
            entry[name] = getattr(request, name)
    if not request.adds_specials:
        entry["adds_specials"] = False
    if request.interventions:
        entry["interventions"] = to_json(request.interventions)
    return entry


def request_from_json(document: Any) -> RunRequest:
    """What `request_to_json` wrote. Raises BadIntervention."""
    return _request(document, DEEPEST)


def _list(document: Any, depth: int) -> tuple[Intervention, ...]:
    if not isinstance(document, list) or len(document) > MOST:
        raise BadIntervention("list of interventions", type(document).__name__)
    return tuple(_read(entry, depth) for entry in document)


def _read(entry: Any, depth: int) -> Intervention:
    values = dict(_object(entry, "intervention"))
    name = values.pop("type", None)
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise BadIntervention("intervention", str(name)[:80], tuple(KINDS))
    _check_fields(values, kind)
    if "site" in values:
        values["site"] = _site(values["site"])
    if "source" in values:
        values["source"] = _request(values["source"], depth - 1)
    for listed in ("order", "tokens"):
        if listed in values:
            values[listed] = _numbers(values[listed])
    if not isinstance(values.get("side", ""), str):
        raise BadIntervention("side", str(values["side"])[:80])
    if not isinstance(values.get("how", ""), str):
        raise BadIntervention("way of switching off", str(values["how"])[:80])
    try:
        return kind(**values)
    except TypeError as error:  # a field that is needed and not there
        raise BadIntervention("intervention", str(error)[:200]) from error


def _site(entry: Any) -> Site:
    values = dict(_object(entry, "site"))
    _check_fields(values, Site)
    for name in ("layers", "heads", "tokens"):
        if values.get(name) is not None:
            values[name] = _numbers(values[name])
    for name in ("place", "kind"):
        if not isinstance(values.get(name, ""), str):
            raise BadIntervention(name, str(values[name])[:80])
    try:
        return Site(**values)
    except TypeError as error:
        raise BadIntervention("site", str(error)[:200]) from error


def _request(entry: Any, depth: int) -> RunRequest:
    if depth < 0:
        raise BadIntervention("depth of patches", str(DEEPEST))
    values = dict(_object(entry, "request"))
    _check_fields(values, RunRequest)
    for name in ("text", "pair", "target", *_LANGUAGES):
        value = values.get(name)
        is_text = isinstance(value, str) and len(value) <= LONGEST
        if not is_text and (value is not None or name == "text"):
            raise BadIntervention(name, type(value).__name__)
    if not isinstance(values.get("adds_specials", True), bool):
        raise BadIntervention("adds_specials", type(values["adds_specials"]).__name__)
    values["interventions"] = _list(values.get("interventions", []), depth)
    return RunRequest(**values)


def _object(entry: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(entry, dict):
        raise BadIntervention(what, type(entry).__name__)
    return entry


def _check_fields(values: Mapping[str, Any], kind: type) -> None:
    known = tuple(each.name for each in fields(kind))
    unknown = next((name for name in values if name not in known), None)
    if unknown is not None:
        raise BadIntervention("field", str(unknown)[:80], known)


def _numbers(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise BadIntervention("list of numbers", type(value).__name__)
    return tuple(value)
