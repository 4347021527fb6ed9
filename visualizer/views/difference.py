"""The difference of two runs as a reading: which two are compared, how a pane chooses it, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from visualizer.core.reading.rule import Rule
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.showing import Showing
from visualizer.ui.change_row import ChangeRow
from visualizer.ui.colorscale import Floats
from visualizer.ui.numbers import MINUS, short_weight
from visualizer.views.head_words import measure_meaning, short_name

if TYPE_CHECKING:
    from visualizer.core.analyses.comparison.changes import HeadChanges
    from visualizer.core.trace import Trace

MOST = 8  # heads, candidates in a list of what changed most
DIFFERENCE = f"B {MINUS} A"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs that are compared, and which of them the pane shows: part of a view's question."""

    a: Trace
    b: Trace
    own: Literal["a", "b"]


def pair_of(showing: Showing) -> Pair | None:
    """What a pane that is to show the difference compares; None where it shows its own run, or has no other one."""
    link = showing.session.link
    if not showing.selection.look.difference or link.first is None or link.second is None:
        return None
    return Pair(link.first, link.second, letter(showing))


def letter(showing: Showing) -> Literal["a", "b"]:
    """Which of the two runs a pane shows."""
    return "a" if showing is showing.session.showing else "b"


def about(own: str) -> str:
    """One sentence: what a picture of the difference shows. own: what is hatched or left out."""
    text = QCoreApplication.translate("Difference", "B − A: red is more in B, blue is more in A.")
    return f"{text} {own}".strip()


def heads(
    pair: Pair, kind: str, size: int, rule: Rule, should_stop: ShouldStop, progress: Progress
) -> tuple[dict[int, Floats], HeadChanges]:
    """B - A of every head as thumbnails, layer by layer, and how far every head is from itself. Raises Cancelled,
    NotComparable."""
    from visualizer.core.analyses.comparison import changes, matching
    from visualizer.core.analyses.comparison.difference import thumbnails

    matching.check_head_by_head(pair.a, pair.b)
    alignment = matching.align_sides(pair.a, pair.b, kind, rule)
    numbers = pair.a.layer_numbers(kind)
    found: dict[int, Floats] = {}
    for layer in numbers:
        found[layer] = thumbnails(pair.a, pair.b, kind, layer, size, rule, alignment, should_stop)
        progress(len(found) / (len(numbers) + 1), (layer, found[layer]))
    return found, changes.head_changes(pair.a, pair.b, should_stop)


def list_heads(row: ChangeRow, changes: HeadChanges, kind: str) -> list[tuple[int, int]]:
    """Name the heads of a kind that changed most, biggest first; (layer, head) of each entry."""
    found = [(place, far) for place, far in changes.biggest(10_000) if place.kind == kind][:MOST]
    titles = (
        QCoreApplication.translate("Difference", "No head changes"),
        QCoreApplication.translate("Difference", "Biggest changes"),
    )
    texts = [f"{short_name(p.layer, p.head)}  {short_weight(far)}" for p, far in found]
    row.show_entries(titles[bool(found)], texts, measure_meaning("jensen_shannon"))
    return [(place.layer, place.head) for place, _ in found]


def caption(pair: Pair, what: str) -> str:
    """One line for an exported picture: models, what is shown, both texts."""
    names = dict.fromkeys((pair.a.card.name, pair.b.card.name))
    return " · ".join((" / ".join(names), what, DIFFERENCE, f"A: {pair.a.text}", f"B: {pair.b.text}"))


class DifferenceChoice(QWidget):
    """A | B − A in the head of a view, while two runs are compared. In the second pane B | B − A."""

    def __init__(self, showing: Showing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._showing = showing
        self._is_narrow = False
        self.own, self.difference = QToolButton(self), QToolButton(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for button in (self.own, self.difference):
            button.setCheckable(True)
            row.addWidget(button)
        self.own.setText(letter(showing).upper())
        self.difference.setText(DIFFERENCE)
        self.own.clicked.connect(lambda: self._choose(False))
        self.difference.clicked.connect(
            lambda: self._choose(not (self._is_narrow and showing.selection.look.difference))
        )
        self.show_state()
        self.retranslate()

    def show_state(self) -> None:
        """Show what is chosen; hidden where nothing is compared."""
        session = self._showing.session
        self.setVisible(session.other is not None)
        self.difference.setEnabled(bool(session.link))
        is_difference = self._showing.selection.look.difference
        self.difference.setChecked(is_difference)
        self.own.setChecked(not is_difference)
        self.own.setVisible(not self._is_narrow)

    def set_narrow(self, is_narrow: bool) -> None:
        """Leave only a switch where there is no room for both."""
        if is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            self.show_state()

    def _choose(self, is_difference: bool) -> None:
        self._showing.select(difference=is_difference)
        self.show_state()  # a click alone would uncheck what is shown

    def retranslate(self) -> None:
        """Every text in the interface's language."""
        self.own.setToolTip(self.tr("The numbers of this text"))
        self.own.setAccessibleName(self.tr("The numbers of this text"))
        self.difference.setToolTip(self.tr("What changes from text A to text B"))
        self.difference.setAccessibleName(self.tr("Difference"))
