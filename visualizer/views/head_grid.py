"""The head grid: every head of every layer at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QWidget

from visualizer.core.errors import Cancelled
from visualizer.core.place import Place
from visualizer.core.reading.rule import Rule
from visualizer.session import switching
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import SCALES, Hover, Selection
from visualizer.ui import guard, intervention_words
from visualizer.ui.change_row import ChangeRow
from visualizer.ui.colorscale import ColorScale, Floats
from visualizer.ui.controls import Choice
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.mosaic import MosaicWidget
from visualizer.ui.numbers import format_weight, signed
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.theme import Theme
from visualizer.views import difference, head_words
from visualizer.views.base import View
from visualizer.views.difference import Pair
from visualizer.views.reading_controls import ReadingControls, rule, sentences
from visualizer.views.reading_options import GridOptions

if TYPE_CHECKING:
    from visualizer.core.analyses.comparison.changes import HeadChanges
    from visualizer.core.trace import Trace

# Thumbnails are computed at least this large, so that the preview beside the grid has something to show.
_FINEST = 96
_PREVIEW = 280  # pixels of the design: the least width or height of the preview
_PREVIEW_FROM = 720  # pixels of the design: a smaller view has no room for the preview
Question = tuple[str, Rule, Pair | None]
Layers = dict[int, Floats]
_CENTER = Qt.AlignmentFlag.AlignHCenter


@guard.overrides
class HeadGridView(View):
    """All layers x heads as one mosaic. Hover names and enlarges a head, a click selects it and opens its map."""

    id: ClassVar[str] = "head_grid"
    Options: ClassVar[type] = GridOptions
    shows_parts: ClassVar[bool] = True
    has_difference: ClassVar[bool] = True

    def how_to_read(self) -> str:
        return self.tr(
            "One small attention map for each head: a row of the grid is a layer, the first at the bottom, a column a "
            "head; in each map rows look and columns are looked at. A click opens a head."
        )

    def build(self) -> QWidget:
        self._largest = 0.0  # change of any weight, so far
        self._in_sight = QRect()  # the head that was scrolled to
        self._scale = Choice(self)
        self._scale.chosen.connect(lambda scale: self.showing.select(scale=scale))
        frame = PictureFrame(self)
        self._picture, self._note = frame.picture, frame.note
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._controls = ReadingControls(self.showing, frame, has_speech=False)
        self._controls.add_control(self._scale)
        self._own = Choice(self)
        self._own.chosen.connect(lambda own: self.set_options(own_scales=own))
        self._controls.add_control(self._own)
        heads = QWidget(self._picture)
        self._area = QScrollArea(heads)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.mosaic = MosaicWidget()
        self._area.setWidget(self.mosaic)
        heads.installEventFilter(self)
        self.preview = HeatmapWidget(heads, readout=True)
        self.preview.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.preview.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, heads)
        self._layout.addStretch(1)
        self._layout.addWidget(self._area)
        self._layout.addWidget(self.preview)
        self._layout.addStretch(1)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.changes = ChangeRow(self._picture)
        self.changes.chosen.connect(self._on_changes_chosen)
        self._places: list[tuple[int, int]] = []
        frame.fill(self._controls, heads, self.changes, frame.note, growing=heads)
        self.mosaic.head_hovered.connect(self._on_mosaic_head_hovered)
        self.mosaic.head_clicked.connect(self._on_mosaic_head_clicked)
        return frame

    # --- drawing ---------------------------------------------------------------------------------

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        names = ("kind", "rule", "layer", "head", "look")
        return any(getattr(selection, name) != getattr(previous, name) for name in names)

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        return self.describe_head(trace, selection)

    def question(self, trace: Trace, selection: Selection) -> Question:
        return selection.kind, selection.rule, self.pair

    def answer(
        self, trace: Trace, question: Question, should_stop: ShouldStop, progress: Progress
    ) -> tuple[Layers, HeadChanges | None]:
        from visualizer.core.reading import thumbnails

        kind, rule_, pair = question
        if pair is not None:
            return difference.heads(pair, kind, _FINEST, rule_, should_stop, progress)
        numbers = trace.layer_numbers(kind)
        found: Layers = {}
        for layer in numbers:
            if should_stop():
                raise Cancelled
            found[layer] = thumbnails.of_layer(trace, kind, layer, _FINEST, rule_, should_stop)
            progress(len(found) / len(numbers), (layer, found[layer]))
        return found, None

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self._controls.show_state(trace, selection)
        self._scale.set_value(selection.look.scale)
        is_change = self.pair is not None
        self._scale.setEnabled(not is_change)
        self._own.set_value(self.options.own_scales)
        self.mosaic.set_scale(self._colours)
        self.mosaic.set_own_scales(self.tr("the head's largest") if self.options.own_scales else "")
        unit = difference.DIFFERENCE if is_change else self.tr("Weight")
        self.mosaic.set_titles(self.tr("Layer"), self.tr("Head"), unit)
        self.preview.set_titles(self.tr("Query (looks)"), self.tr("Key (is looked at)"), unit)
        about = difference.about(self.tr("In each cell, the weight that changes most.")) if is_change else ""
        own = self.tr("Each head has its own colour scale: compare shapes, not colours.")
        self._note.setText(sentences((about, own if self.options.own_scales else "", rule(selection.rule))))
        self._note.setVisible(bool(self._note.text()))
        if not is_change:
            self.changes.show_entries("", ())
        self.mosaic.set_off(switching.heads_off(trace, selection.kind))
        self._mark(selection)

    @property
    def _colours(self) -> ColorScale:
        """One scale for all heads; of changes it grows with the largest."""
        return ColorScale(self._largest, "signed") if self._is_paired else ColorScale(1.0, self.selection.look.scale)

    def clear(self) -> None:
        trace, kind = self.showing.trace, self.selection.kind
        self._largest = 0.0
        self.changes.show_entries("", ())
        if trace is not None:
            self.mosaic.clear(trace.depth(kind), trace.heads(kind), head_words.other_layers(trace, kind))
            self._give_room()
            self._mark(self.selection)

    def show_part(self, fraction: float, part: tuple[int, Floats]) -> None:
        layer, thumbnails = part
        self.show_progress(fraction)
        if self._is_paired:
            self._largest = max(self._largest, float(np.nanmax(np.abs(thumbnails), initial=0.0)))
            self.mosaic.set_scale(self._colours)
        self.mosaic.set_layer(layer, thumbnails)
        if layer == self.selection.layer:
            self._show_preview(layer, self.selection.head)

    def show_answer(self, answer: tuple[Layers, HeadChanges | None], selection: Selection) -> None:
        self._mark(selection)
        if (changes := answer[1]) is not None:
            self._places = difference.list_heads(self.changes, changes, selection.kind)
            self._give_room()

    def _on_changes_chosen(self, index: int) -> None:
        layer, head = self._places[index]
        self.showing.select(layer=layer, head=head)

    def _mark(self, selection: Selection) -> None:
        self.mosaic.set_selected(selection.layer, selection.head)
        self._bring_into_sight(selection.layer, selection.head)
        self._show_preview(selection.layer, selection.head)

    def _bring_into_sight(self, layer: int, head: int) -> None:
        """Scroll a large grid to a head, once: who then scrolls elsewhere may stay there."""
        place = self.mosaic.thumbnail_rect(layer, head)
        if place != self._in_sight:
            self._in_sight = place
            self._area.ensureVisible(place.center().x(), place.center().y(), place.width(), place.height())

    def _show_preview(self, layer: int, head: int) -> None:
        thumbnails = self.mosaic.layers.get(layer)
        if thumbnails is None or head >= len(thumbnails):
            self.preview.set_data(np.zeros((0, 0), dtype=np.float32))
            return
        values = thumbnails[head]
        alone = np.isnan(values)
        hatched = alone if alone.any() else None
        self.preview.set_data(np.nan_to_num(values), scale=self.mosaic.scale_of(values), mask=hatched)
        if self._is_paired:
            change = float(values.flat[int(np.nanargmax(np.abs(values)))]) if not alone.all() else 0.0
            largest = signed(change, format_weight(abs(change)))
            text = self.tr("layer {layer}, head {head}: largest change {weight}")
        else:
            largest = format_weight(float(values.max(initial=0.0)))
            text = self.tr("layer {layer}, head {head}: largest weight {weight}")
        self.preview.set_readout(text.format(layer=layer, head=head, weight=largest))

    # --- pointer ---------------------------------------------------------------------------------

    def on_hover(self, hover: Hover) -> None:
        layer, head = hover.layer, hover.head
        if layer is None or head is None:
            layer, head = self.selection.layer, self.selection.head
        self._show_preview(layer, head)

    def _on_mosaic_head_hovered(self, layer: int, head: int) -> None:
        self.showing.set_hover(Hover(layer=layer, head=head) if layer >= 0 else None)
        name = self.tr("layer {layer}, head {head}").format(layer=layer, head=head)
        if (layer, head) in self.mosaic.off():
            name = f"{name} ({intervention_words.off_text()})"
        self.mosaic.setToolTip(name if layer >= 0 else "")

    def _on_mosaic_head_clicked(self, layer: int, head: int) -> None:
        self.showing.select(layer=layer, head=head)
        self.view_requested.emit("attention_map")

    def place_at(self, point: QPoint) -> Place | None:
        at = self.mosaic.mapFrom(self, point)
        is_seen = self.mosaic.visibleRegion().contains(at)  # a large grid is scrolled
        layer, head = self.mosaic.head_at(QPointF(at)) if is_seen else (-1, -1)
        return self.selection.place if layer < 0 else Place(self.selection.kind, layer, head)

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self._controls.apply_theme(theme)
        self.changes.apply_theme(theme)
        self._note.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(8))
        self.mosaic.apply_theme(theme)
        self.preview.apply_theme(theme)
        self._give_room()

    def retranslate(self) -> None:
        self._controls.retranslate()
        scales = {"linear": self.tr("Linear"), "log": self.tr("Logarithmic")}
        self._scale.set_texts(
            self.tr("Colours"), {name: scales[name] for name in SCALES}, self.tr("How a weight becomes a colour")
        )
        owns = {False: self.tr("one for all heads"), True: self.tr("each head its own")}
        tip = self.tr("Whether a head's own largest weight is its darkest colour")
        self._own.set_texts(self.tr("Scale"), owns, tip)
        self.mosaic.set_titles(self.tr("Layer"), self.tr("Head"), self.tr("Weight"))
        self.mosaic.setAccessibleName(self.title())
        self.preview.set_titles(self.tr("Query (looks)"), self.tr("Key (is looked at)"), self.tr("Weight"))

    def export_widget(self) -> QWidget:
        fits = self.mosaic.width() <= self._area.width() and self.mosaic.height() <= self._area.height()
        return self._picture if fits else self.mosaic  # whole, not only what is scrolled to

    def data(self) -> dict[str, Any]:
        layers = self.mosaic.layers
        if not self.mosaic.is_complete():
            return {}
        thumbnails = np.stack([layers[layer] for layer in sorted(layers)])
        if self._is_paired:
            return self._change_data(thumbnails)
        # The table of the CSV file: how far each head goes at most, one row a layer.
        return {
            "largest_weight": thumbnails.max(axis=(2, 3)),
            "rows": [f"layer {layer}" for layer in sorted(layers)],
            "columns": [f"head {head}" for head in range(thumbnails.shape[1])],
            "thumbnails": thumbnails,
            "kind": self.selection.kind,
            "unit": self.selection.rule.unit,
            "rule": rule(self.selection.rule),
        }

    def _change_data(self, thumbnails: Floats) -> dict[str, Any]:
        changes = self.current[1] if self.current is not None else None
        kind = self.selection.kind
        if changes is None or kind not in changes.values:
            return {}
        distances = changes.values[kind]
        return {
            "jensen_shannon_distance": distances,
            "rows": [f"layer {layer}" for layer in range(distances.shape[0])],
            "columns": [f"head {head}" for head in range(distances.shape[1])],
            "thumbnails": thumbnails,
            "kind": kind,
            "unit": self.selection.rule.unit,
            "rule": rule(self.selection.rule),
        }

    def caption(self) -> str:
        trace, selection = self.trace, self.selection
        if trace is None:
            return ""
        kind = () if len(trace.kinds) == 1 else (head_words.kind_name(selection.kind),)
        # The picture of a large grid is the mosaic alone, so the caption says how it was read.
        if (pair := self.pair) is not None:
            return difference.caption(pair, " · ".join((self.title(), *kind)))
        own = self.tr("each head on its own colour scale") if self.options.own_scales else ""
        parts = (trace.card.name, self.title(), *kind, rule(selection.rule), own, trace.text)
        return " · ".join(part for part in parts if part)

    # --- size ------------------------------------------------------------------------------------

    def _give_room(self) -> None:
        """Share the place: the preview beside the mosaic or, in a tall view, below it; the mosaic takes the rest."""
        heads = self._area.parentWidget()
        if heads is None:
            return
        px, size = self.theme.px, heads.size()
        is_tall = self._is_better_below(size)
        has_preview = min(size.width(), size.height()) >= px(_PREVIEW_FROM) * (0.6 if is_tall else 0.5)
        has_preview = has_preview and not self.theme.lecture and max(size.width(), size.height()) >= px(_PREVIEW_FROM)
        self.mosaic.set_room(size)
        # The preview takes what the mosaic alone would leave empty, and a little more where that is too little.
        left = size - self.mosaic.sizeHint()
        beside = max(px(_PREVIEW), min(left.width(), px(520))) if has_preview and not is_tall else 0
        below = max(px(_PREVIEW), min(left.height(), px(520))) if has_preview and is_tall else 0
        direction = QBoxLayout.Direction.TopToBottom if is_tall else QBoxLayout.Direction.LeftToRight
        self._layout.setDirection(direction)
        room = QSize(size.width() - beside, size.height() - below)
        self.mosaic.set_room(room)
        self.preview.setVisible(has_preview)
        side = QSize(min(px(640), size.width()), below) if is_tall else QSize(beside, min(px(480), size.height()))
        self.preview.setFixedSize(side)
        bar = self._area.verticalScrollBar().sizeHint().width()
        width = self.mosaic.width() + (bar if self.mosaic.height() > room.height() else 0)
        height = self.mosaic.height() + (bar if self.mosaic.width() > room.width() else 0)
        self._area.setFixedSize(min(width, room.width()), min(height, room.height()))
        for widget in (self._area, self.preview):
            self._layout.setAlignment(widget, _CENTER if is_tall else Qt.AlignmentFlag.AlignTop)

    def _is_better_below(self, size: QSize) -> bool:
        """Whether the mosaic is larger with the preview below it than with the preview at its right."""
        if size.height() > 0.9 * size.width():
            return True
        preview = self.theme.px(_PREVIEW)
        self.mosaic.set_room(size - QSize(preview, 0))
        beside = self.mosaic.sizeHint().width()
        self.mosaic.set_room(size - QSize(0, preview))
        return self.mosaic.sizeHint().width() > 1.1 * beside

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._give_room()
        return super().eventFilter(watched, event)
