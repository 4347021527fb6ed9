"""What of a selection decides how every head of a trace is read: views of all heads compute again when it changes."""

from __future__ import annotations

from visualizer.session.state import Selection, Unit

RULE = ("kind", "unit", "hide_sinks", "quadrant")  # names in a `Selection`, in the order of `Rule`
Rule = tuple[str, Unit, bool, str | None]


def rule_of(selection: Selection) -> Rule:
    """The arguments after layer and head of `core.reading.read`."""
    return (selection.kind, selection.unit, selection.hide_sinks, selection.quadrant)
