"""Interventions in a few letters: what the command line reads and captions say. "2.3, 4, mlp.1 off (zero)"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from visualizer.core.errors import BadIntervention
from visualizer.core.interventions import ablation
from visualizer.core.interventions.ablation import Ablate
from visualizer.core.interventions.hiding import HideTokens
from visualizer.core.interventions.patching import Patch
from visualizer.core.interventions.position import MovedPositions, WithoutPositions
from visualizer.core.interventions.site import Site
from visualizer.core.request import Intervention

_PART = re.compile(r"(?:(self|encoder|decoder|cross):)?(?:(mlp)\.([0-9]{1,4})|([0-9]{1,4})(?:\.([0-9]{1,4}))?)")
MOST_PARTS = 10_000
_SHOWN = 24  # characters of a text that name it in a caption


def parse(parts: str, how: str = "zero") -> tuple[Ablate, ...]:
    """What a list such as "2.3,4,mlp.1" switches off: head 3 of layer 2, layer 4's heads, layer 1's feed-forward part.

    A kind of attention may stand before each: "cross:0.1", "encoder:mlp.2". Each part once, in the order given.
    Raises BadIntervention that names the part which is none.

    >>> short(parse("2.3, 4,mlp.1"))
    '2.3, 4, mlp.1 off (zero)'
    """
    names = parts.split(",")
    if len(names) > MOST_PARTS:
        raise BadIntervention("part", f"{len(names)} parts")
    return tuple(dict.fromkeys(_parsed(name.strip(), how) for name in names))


def _parsed(name: str, how: str) -> Ablate:
    match = _PART.fullmatch(name)
    if match is None or (match[1] == "cross" and match[2]):
        raise BadIntervention("part", name[:80], ("LAYER.HEAD", "LAYER", "mlp.LAYER"))
    kind = match[1] or "self"
    if match[2]:
        return ablation.feed_forward(int(match[3]), kind, how)
    if match[5] is None:
        return ablation.layer(int(match[4]), kind, how)
    return ablation.head(int(match[4]), int(match[5]), kind, how)


def short(interventions: Iterable[Intervention]) -> str:
    """Everything that is done, in one line without sentences; "" when nothing is."""
    said: list[str] = []
    off: dict[str, list[str]] = {}
    for one in interventions:
        if isinstance(one, Ablate):
            off.setdefault(one.how, []).append(name(one))
        else:
            said.append(name(one))
    return "; ".join([*(f"{', '.join(names)} off ({how})" for how, names in off.items()), *said])


def name(intervention: Intervention) -> str:
    """One intervention: "2.3", "mlp.1", "cross:0.1", "residual.3 ← “text”", "positions off"."""
    if isinstance(intervention, Ablate):
        return _site(intervention.site)
    if isinstance(intervention, Patch):
        text = " ".join(intervention.source.text.split())
        text = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
        return f"{_site(intervention.site)} ← “{text}”"
    if isinstance(intervention, WithoutPositions):
        return "positions off"
    if isinstance(intervention, MovedPositions):
        shown = ",".join(map(str, intervention.order[:12]))
        return f"positions {shown}{',…' if len(intervention.order) > 12 else ''}"
    if isinstance(intervention, HideTokens):
        side = "" if intervention.side == "self" else f"{intervention.side} "
        return f"{side}tokens {_ranges(intervention.tokens)} hidden"
    return type(intervention).__name__


def _ranges(numbers: tuple[int, ...]) -> str:
    """Rising numbers with runs drawn together: "1, 4-7"; not more of them than a caption has room for."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    shown = [str(a) if a == b else f"{a}-{b}" for a, b in runs[:8]]
    return ", ".join([*shown, *(["…"] if len(runs) > 8 else [])])


def _site(site: Site) -> str:
    layers, heads = _list(site.layers), _list(site.heads)
    place = {"head_output": "", "attention": "", "feed_forward": "mlp."}.get(site.place, f"{site.place}.")
    text = "embedding" if site.place == "embedding" else f"{place}{layers}"
    if site.place == "head_output" or site.heads is not None:
        text += f".{heads}"
    if site.tokens is not None:
        text += f"@{_list(site.tokens)}"
    return text if site.kind == "self" else f"{site.kind}:{text}"


def _list(numbers: tuple[int, ...] | None) -> str:
    """ "*" for all; "1", "1+4" for some."""
    return "*" if numbers is None else "+".join(map(str, numbers))
