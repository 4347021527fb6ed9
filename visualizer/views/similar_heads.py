"""Similar heads: which heads look where the chosen one looks, and a map of all heads by likeness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QWidget

from visualizer.core.errors import Cancelled
from visualizer.core.reading.rule import Rule
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Hover, Selection
from visualizer.ui.colorscale import ColorScale, Floats
from visualizer.ui.head_cards import Card, HeadCards
from visualizer.ui.numbers import format_count, format_weight, short_weight
from visualizer.ui.panes import TwoPanes
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.plain_text import tip
from visualizer.ui.scatter import ScatterWidget
from visualizer.ui.theme import Theme
from visualizer.views import head_words
from visualizer.views.base import View
from visualizer.views.reading_controls import ReadingControls, rule, sentences

if TYPE_CHECKING:
    from visualizer.core.analyses.similar_heads import HeadDistances
    from visualizer.core.trace import Trace

_MOST = 40  # heads in the list at most
_JOINED = 5  # of them joined to the chosen one on the map
_THUMBNAIL = 64


Question = tuple[str, Rule]


@dataclass(frozen=True, eq=False)
class Compared:
    """All heads of a text compared. places: float32 [head, 2]; thumbnails: by layer, filled as they are wanted."""

    trace: Trace
    question: Question
    distances: HeadDistances
    places: Floats
    thumbnails: dict[int, Floats]


class SimilarHeadsView(View):
    """The heads nearest to the chosen one as cards, and all heads as points; a click on either selects."""

    id: ClassVar[str] = "similar_heads"

    def how_to_read(self) -> str:
        return self.tr(
            "Two heads are alike when every token divides its attention alike in both. The distance is the square "
            "root of the Jensen-Shannon divergence: 0 is the same, 1 has no key in common. On the map near points are "
            "alike; it has no axes."
        )

    def build(self) -> QWidget:
        self._mapped: HeadDistances | None = None
        frame = PictureFrame(self)
        self._picture, self._note = frame.picture, frame.note
        self._controls = ReadingControls(self.showing, frame, has_speech=False)
        self.cards = HeadCards(self._picture)
        self.scatter = ScatterWidget(self._picture, axes=False)
        self._panes = TwoPanes(self.cards, self.scatter, self._picture)
        self._panes.set_shares((1, 1), (5, 6))
        frame.fill(self._controls, self._panes, frame.note, growing=self._panes)
        self.cards.card_clicked.connect(self._choose)
        self.cards.card_hovered.connect(self._hover_head)
        self.cards.room_changed.connect(self._on_cards_room_changed)
        self.scatter.point_clicked.connect(self._on_scatter_point_clicked)
        self.scatter.point_hovered.connect(self._on_scatter_point_hovered)
        return frame

    # --- drawing ---------------------------------------------------------------------------------

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        names = ("kind", "rule", "layer", "head", "look")
        return any(getattr(selection, name) != getattr(previous, name) for name in names)

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        return self.describe_head(trace, selection)

    def question(self, trace: Trace, selection: Selection) -> Question:
        return selection.kind, selection.rule

    def answer(self, trace: Trace, question: Question, should_stop: ShouldStop, progress: Progress) -> Compared:
        from visualizer.core.analyses import similar_heads

        distances = similar_heads.distances(trace, question[0], should_stop, progress, rule=question[1])
        return Compared(trace, question, distances, distances.positions(), {})

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self._controls.show_state(trace, selection)
        self.cards.set_scale(ColorScale(1.0, selection.look.scale))

    def clear(self) -> None:
        self._mapped = None
        self.cards.set_cards(())
        self.scatter.set_points(np.zeros((0, 2)), (), ())
        self._note.setText(self.tr("The heads are being compared…"))

    def show_answer(self, found: Compared, selection: Selection) -> None:
        self._show(found, selection)

    def _show(self, found: Compared, selection: Selection) -> None:
        distances = found.distances
        count = len(distances.matrix)
        if self._mapped is not distances:
            self._mapped = distances
            names = [head_words.short_name(*distances.name(n)) for n in range(count)]
            self.scatter.set_points(found.places, names, [n % distances.heads for n in range(count)])
        near = distances.nearest(selection.layer, selection.head, _MOST)
        self.scatter.set_selected(distances.index(selection.layer, selection.head))
        self.scatter.set_near([distances.index(layer, head) for layer, head, _ in near[:_JOINED]])
        self._show_cards(found, selection)
        self._show_note(distances, selection)

    def _show_cards(self, found: Compared, selection: Selection) -> None:
        distances, known = found.distances, found.thumbnails
        near = distances.nearest(selection.layer, selection.head, min(_MOST, max(0, self.cards.capacity() - 1)))
        chosen = self._card(known, selection.layer, selection.head, self.tr("chosen"))
        self.cards.set_cards((chosen, *(self._card(known, layer, head, short_weight(d)) for layer, head, d in near)))
        missing = ({layer for layer, _, _ in near} | {selection.layer}) - known.keys()
        if missing:
            self._compute_thumbnails(found, sorted(missing))

    def _card(self, known: dict[int, Floats], layer: int, head: int, line: str) -> Card:
        thumbnails = known.get(layer)
        tip = self.tr("Layer {layer}, head {head}").format(layer=layer, head=head)
        values = None if thumbnails is None else thumbnails[head]
        return Card(layer, head, head_words.short_name(layer, head), line, tip, values)

    def _compute_thumbnails(self, found: Compared, layers: list[int]) -> None:
        trace, (kind, rule_) = found.trace, found.question

        def work(should_stop: ShouldStop, progress: Progress) -> dict[int, Floats]:
            from visualizer.core.reading import thumbnails

            made = {}
            for layer in layers:
                if should_stop():
                    raise Cancelled
                made[layer] = thumbnails.of_layer(trace, kind, layer, _THUMBNAIL, rule_, should_stop)
            return made

        def done(made: dict[int, Floats]) -> None:
            found.thumbnails.update(made)
            if self.current is found:
                self._show_cards(found, self.selection)

        self.start_job("thumbnails", work, done)

    def _show_note(self, distances: HeadDistances, selection: Selection) -> None:
        by_token = selection.rule.unit == "token" and selection.rule.quadrant is None
        if len(distances.matrix) == 1:
            text = self.tr("This model has only one head.")
        elif distances.is_complete and by_token:
            text = self.tr("Distances between heads, the nearest first; every token of the text is compared.")
        elif distances.is_complete:
            text = self.tr("Distances between heads, the nearest first; every row is compared.")
        elif by_token:
            text = self.tr(
                "Distances between heads, the nearest first; compared at {some} of {all} tokens, evenly spread."
            )
        else:
            text = self.tr(
                "Distances between heads, the nearest first; compared at {some} of {all} rows, evenly spread."
            )
        text = text.format(some=format_count(len(distances.queries)), all=format_count(distances.of_queries))
        self._note.setText(sentences((text, rule(selection.rule))))

    def _on_cards_room_changed(self) -> None:
        if self.current is not None:
            self._guarded(self._show_cards, self.current, self.selection)

    # --- choosing --------------------------------------------------------------------------------

    def on_hover(self, hover: Hover) -> None:
        layer, head = (hover.layer, hover.head) if hover.layer is not None and hover.head is not None else (-1, -1)
        self.cards.set_hovered(layer, head)
        if self._mapped is not None:
            has = layer in self._mapped.numbers and 0 <= head < self._mapped.heads
            self.scatter.set_hovered(self._mapped.index(layer, head) if has else -1)

    def _choose(self, layer: int, head: int) -> None:
        self.showing.select(layer=layer, head=head)

    def _hover_head(self, layer: int, head: int) -> None:
        self.showing.set_hover(Hover(layer=layer, head=head) if layer >= 0 else None)

    def _on_scatter_point_clicked(self, point: int) -> None:
        if self._mapped is not None:
            self._choose(*self._mapped.name(point))

    def _on_scatter_point_hovered(self, point: int) -> None:
        if self._mapped is None:
            return
        self._hover_head(*(self._mapped.name(point) if point >= 0 else (-1, -1)))
        self.scatter.setToolTip(tip(self._distance_text(point)))

    def _distance_text(self, point: int) -> str:
        if self._mapped is None or point < 0:
            return ""
        selection = self.selection
        layer, head = self._mapped.name(point)
        distance = self._mapped.matrix[self._mapped.index(selection.layer, selection.head), point]
        text = self.tr("Layer {layer}, head {head}: distance {distance} from the chosen one")
        return text.format(layer=layer, head=head, distance=format_weight(distance))

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self._controls.apply_theme(theme)
        self.cards.apply_theme(theme)
        self.scatter.apply_theme(theme)
        self._panes.apply_theme(theme)
        self._note.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(8))

    def retranslate(self) -> None:
        self._controls.retranslate()
        self.cards.setAccessibleName(self.title())
        self.scatter.setAccessibleName(self.tr("Map of all heads"))

    def export_widget(self) -> QWidget:
        self._clear()
        return self._picture

    def data(self) -> dict[str, Any]:
        found = self.current
        if found is None:
            return {}
        (kind, rule_), distances = found.question, found.distances
        names = [f"layer {layer}, head {head}" for layer, head in map(distances.name, range(len(distances.matrix)))]
        return {
            "distance": distances.matrix,
            "rows": names,
            "columns": names,
            "map": found.places,
            "kind": kind,
            "unit": rule_.unit,
            "rule": rule(rule_),
            "queries": list(distances.queries),
        }
