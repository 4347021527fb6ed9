"""What every head is worth: the prediction with that head alone switched off, beside the ordinary one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from visualizer.core.interventions import HOWS
from visualizer.core.place import Place
from visualizer.core.writing import places
from visualizer.session import switching
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Hover, Selection
from visualizer.ui import guard, intervention_words
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.controls import Choice
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.numbers import format_number, format_probability, signed
from visualizer.ui.panes import TwoPanes
from visualizer.ui.picture_frame import small_text
from visualizer.ui.plain_text import tip
from visualizer.ui.theme import Theme
from visualizer.ui.whole_picture import WholePicture
from visualizer.views import head_words
from visualizer.views.base import View
from visualizer.views.head_importance import words
from visualizer.views.head_importance.options import VALUES, Options

if TYPE_CHECKING:
    from visualizer.core.models import ModelCard
    from visualizer.core.trace import Trace
    from visualizer.views.head_importance.table import PartTable
    from visualizer.views.head_importance.work import Asked, Found

_LOW = 500  # pixels of the design: a lower view needs the room of the note


@guard.overrides
class HeadImportanceView(View):
    """All parts of one kind. A cell or a row selects its head everywhere; a click on a column sorts; X switches off."""

    id: ClassVar[str] = "head_importance"
    Options: ClassVar[type] = Options
    shows_parts: ClassVar[bool] = True

    def how_to_read(self) -> str:
        return self.tr(
            "Each cell is one head, the last column the layer's feed-forward part: switched off alone, how does the "
            "chosen prediction change? Below zero (blue) the part speaks for the token, above zero (red) against it."
        )

    def build(self) -> QWidget:
        from visualizer.views.head_importance.table import PartTable

        self._found: Found | None = None
        self._stopped: tuple[Trace, Asked] | None = None
        self._token_source = ""
        content = QWidget(self)
        self._controls = QWidget(content)
        self._row = FlowLayout(self._controls)
        self._value, self._token, self._how = (Choice(self._controls) for _ in range(3))
        self._stop = QPushButton(self._controls)
        for widget in (self._value, self._token, self._how, self._stop):
            self._row.addWidget(widget)
        self._value.chosen.connect(lambda value: self.set_options(value=value))
        self._token.chosen.connect(lambda token: self.set_options(token=token))
        self._how.chosen.connect(lambda how: self.set_options(how=how))
        self._stop.clicked.connect(self._on_stop_clicked)
        self._picture = QWidget(content)
        self._whole: WholePicture | None = None
        self.heatmap = HeatmapWidget(self._picture, numbered=False)
        self.table: PartTable = PartTable(self._picture)
        self._panes = TwoPanes(self.heatmap, self.table, self._picture)
        self._panes.set_shares((1, 1), (3, 2))
        self._note = small_text(self._picture)
        inner = QVBoxLayout(self._picture)
        inner.addWidget(self._panes, 1)
        inner.addWidget(self._note)
        layout = QVBoxLayout(content)
        self.header.set_tools(self._controls)
        layout.addWidget(self._picture, 1)
        self._boxes = (inner, layout)
        self.heatmap.cell_hovered.connect(lambda row, column: self._on_heatmap_cell_hovered(self._layer(row), column))
        self.heatmap.cell_clicked.connect(lambda row, column: self._choose(self._layer(row), column))
        self.table.part_chosen.connect(self._choose)
        return content

    # --- what can be shown -----------------------------------------------------------------------

    @classmethod
    def is_compatible(cls, subject: Trace | ModelCard) -> bool:
        return subject.task != "none"

    def why_incompatible(self) -> str:
        return self.tr("This model has no language-model head: there is no prediction for which a head could matter.")

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        position = self.tr("position {position}").format(position=places.place(trace, selection.position))
        kind = () if len(trace.kinds) == 1 else (head_words.kind_name(selection.kind),)
        token = () if self._found is None else (self.tr("“{token}”").format(token=self._found.label.strip()),)
        return " · ".join((*kind, position, *token))

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        names = ("kind", "layer", "head", "position")
        return any(getattr(selection, name) != getattr(previous, name) for name in names)

    # --- question and answer ---------------------------------------------------------------------

    def question(self, trace: Trace, selection: Selection) -> Asked:
        from visualizer.views.head_importance.work import Asked

        position = places.place(trace, selection.position)
        return Asked(position, self.options.token, selection.kind, self.options.how)

    def is_quick(self, trace: Trace, question: Asked) -> bool:
        from visualizer.views.head_importance import work

        return work.known(trace, question) is not None

    def answer(self, trace: Trace, question: Asked, should_stop: ShouldStop, progress: Progress) -> Found:
        from visualizer.views.head_importance import work

        return work.measure(trace, question, should_stop, progress)

    def draw(self, trace: Trace, selection: Selection) -> None:
        self._forget_token_of_another_model(trace)
        if self._stopped == (trace, self.question(trace, selection)):
            self.show_state(trace, selection)
            self._show(self._found)
            return
        self._stopped = None
        super().draw(trace, selection)
        self._show_stop()

    def _forget_token_of_another_model(self, trace: Trace) -> None:
        """An id means another token there."""
        before, self._token_source = self._token_source, trace.card.source
        if before and before != trace.card.source and self.options.token is not None:
            self.set_options(token=None)

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self._value.set_value(self.options.value)
        self._how.set_value(self.options.how)

    def clear(self) -> None:
        self._found = None
        self.heatmap.set_data(np.zeros((0, 0), dtype=np.float32))
        self.table.set_found(None, frozenset())
        self._note.setText("")

    def show_part(self, fraction: float, part: Found) -> None:
        self.show_progress(fraction)
        if part.done == 0 or self._found is None:
            self._show(part)
            trace = self.showing.trace
            if trace is not None:
                self.header.set_selection(self.selection_text(trace, self.selection))
        else:
            self._show(part)

    def show_answer(self, found: Found, selection: Selection) -> None:
        self._show(found)
        self._show_stop()

    def _show(self, found: Found | None) -> None:
        trace, selection = self.showing.trace, self.selection
        self._found = found
        if found is None or trace is None:
            self._show_stop()
            return
        self._show_map(self.heatmap, found)
        self.table.set_found(found, switching.parts_off(trace, found.importance.question.kind))
        self.heatmap.set_locked(self._layer(selection.layer), selection.head)
        self.table.set_selected(selection.layer, selection.head)
        self._offer_tokens(found)
        self._show_readout(selection.layer, selection.head)
        self._show_note()
        self._show_stop()

    def _show_map(self, heatmap: HeatmapWidget, found: Found) -> None:
        importance, heads = found.importance, found.importance.heads
        kind = importance.question.kind
        values = importance.delta if self.options.value == "delta" else importance.kl
        columns = [f"H{n}" for n in range(heads)]
        if kind == "cross":
            values = values[:, :heads]
        else:
            columns.append(self.tr("FF"))
        missing = np.isnan(values)
        trace = self.showing.trace
        for layer, column in () if trace is None else switching.parts_off(trace, kind):
            if column < missing.shape[1]:  # no number, but the noise of two runs that do the same
                missing[layer, column] = True
        values = np.where(missing, np.nan, values)
        known = np.abs(values[~missing])
        high = float(known.max(initial=0.0))
        heatmap.set_data(
            np.nan_to_num(values).astype(np.float32)[::-1],
            scale=ColorScale(high, "signed" if self.options.value == "delta" else "linear"),
            mask=missing[::-1] if missing.any() else None,
            row_labels=[f"L{n}" for n in reversed(range(len(values)))],
            column_labels=columns,
        )
        heatmap.set_titles(
            self.tr("Layer"),
            self.tr("Head (FF: feed-forward part)"),
            self.tr("Δ log p") if self.options.value == "delta" else self.tr("KL (bits)"),
        )

    def _layer(self, row: int) -> int:
        """The layer of a row of the map, and the row of a layer: layers rise. -1 stays what it is: none."""
        return row if row < 0 or self._found is None else len(self._found.importance.delta) - 1 - row

    def _offer_tokens(self, found: Found) -> None:
        texts: dict[Any, str] = {None: self.tr("most probable")}
        for token, label, chance in found.candidates:
            texts[token] = f"{label}  {format_probability(chance)}"
        chosen = self.options.token
        if chosen is not None and chosen not in texts:
            texts[chosen] = f"{found.label}  {format_probability(found.importance.probability)}"
        self._token.set_texts(self.tr("Token"), texts, self.tr("Whose probability is followed"))
        self._token.set_value(chosen)

    def _show_note(self) -> None:
        """In a low view or a lecture one line: the rest is under the pointer."""
        if self._found is None:
            return
        whole = words.note(self._found, self._stopped is not None)
        self._note.setText(words.note(self._found, self._stopped is not None, self._is_low()))
        self._note.setToolTip("" if self._note.text() == whole else tip(whole))

    def _is_low(self) -> bool:
        return self.height() < self.theme.px(_LOW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._guarded(self._show_note)

    # --- stopping --------------------------------------------------------------------------------

    def _show_stop(self) -> None:
        is_running = self.is_running("answer")
        self._stop.setVisible(is_running or self._stopped is not None)
        self._stop.setText(self.tr("Stop") if is_running else self.tr("Go on"))

    def _on_stop_clicked(self) -> None:
        trace = self.showing.trace
        if trace is None:
            return
        if self.is_running("answer"):
            self.cancel_job("answer")
            self._stopped = (trace, self.question(trace, self.selection))
            self._show(self._found)
        else:
            self._stopped = None
            self.redraw()

    # --- choosing --------------------------------------------------------------------------------

    def _choose(self, layer: int, column: int) -> None:
        """Select a head, for the feed-forward part its layer."""
        found = self._found
        if found is not None and column < found.importance.heads:
            self.showing.select(layer=layer, head=column)
        elif found is not None:
            self.showing.select(layer=layer)
            self._show_readout(layer, column)

    def _on_heatmap_cell_hovered(self, layer: int, column: int) -> None:
        self.heatmap.set_hovered(self._layer(layer), column)
        selection = self.selection
        is_head = self._found is not None and 0 <= column < self._found.importance.heads
        self.showing.set_hover(Hover(layer=layer, head=column) if is_head else None)
        self._show_readout(*((layer, column) if layer >= 0 else (selection.layer, selection.head)))

    def on_hover(self, hover: Hover) -> None:
        if hover.layer is not None and hover.head is not None and self._found is not None:
            self.heatmap.set_hovered(self._layer(hover.layer), hover.head)
            self._show_readout(hover.layer, hover.head)

    def _show_readout(self, layer: int, column: int) -> None:
        self.heatmap.set_readout(self._readout(layer, column))

    def _readout(self, layer: int, column: int) -> str:
        found, trace = self._found, self.showing.trace
        if found is None or trace is None:
            return ""
        importance = found.importance
        if not (0 <= layer < len(importance.delta) and 0 <= column <= importance.heads):
            return ""
        name = head_words.short_name(layer, column)
        if column == importance.heads:
            name = self.tr("L{layer} feed-forward").format(layer=layer)
        if (layer, column) in switching.parts_off(trace, importance.question.kind):
            return self.tr("{part}: switched off already").format(part=name)
        delta, kl = float(importance.delta[layer, column]), float(importance.kl[layer, column])
        if math.isnan(kl):
            return self.tr("{part}: not measured").format(part=name)
        before, after = importance.probability, importance.probability * math.exp(delta)
        chances = {"before": format_probability(before), "after": format_probability(after)}
        text = self.tr("{part} off: KL {value} bits, “{token}” {before} → {after}")
        value = format_number(kl)
        if self.options.value == "delta":
            text = self.tr("{part} off: Δ log p {value}, “{token}” {before} → {after}")
            value = signed(delta, format_number(abs(delta)))
        return text.format(part=name, token=found.label.strip(), value=value, **chances)

    def place_at(self, point: QPoint) -> Place | None:
        found, selection = self._found, self.selection
        if found is None:
            return selection.place
        in_map, in_table = self.heatmap.mapFrom(self, point), self.table.mapFrom(self, point)
        part: tuple[int, int] | None = None
        if self.heatmap.rect().contains(in_map):
            at = self.heatmap.arrangement().cell_at(QPointF(in_map))
            part = None if at is None else (self._layer(int(at[0])), int(at[1]))
        elif self.table.rect().contains(in_table):
            part = self.table.part_at(in_table)
        if part is None:
            return selection.place
        return Place(selection.kind, part[0], part[1] if part[1] < found.importance.heads else -1)

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.heatmap.apply_theme(theme)
        self.table.apply_theme(theme)
        self._panes.set_shares((3, 2) if theme.lecture else (1, 1), (3, 2))  # the map is what a class looks at
        self._panes.apply_theme(theme)
        self._panes.set_shares((3, 2) if theme.lecture else (1, 1), (3, 2))
        for box in self._boxes:
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(0)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.px(8))
        self._note.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(8))

    def retranslate(self) -> None:
        names = {"delta": self.tr("change of log probability"), "kl": self.tr("KL of the whole distribution")}
        self._value.set_texts(self.tr("Show"), {v: names[v] for v in VALUES}, self.tr("What the colours show"))
        hows = {how: intervention_words.how_name(how) for how in HOWS}
        self._how.set_texts(self.tr("Switched off by"), hows, self.tr("What stands in the place of a part's output"))
        self._value.set_value(self.options.value)
        self._how.set_value(self.options.how)
        self.table.retranslate()
        self.table.setAccessibleName(self.tr("All parts by importance"))
        self.heatmap.setAccessibleName(self.title())

    def export_widget(self) -> QWidget:
        if self.table.is_whole() or self._found is None:
            return self._picture
        if self._whole is not None:
            self._whole.deleteLater()
        self._whole = whole = WholePicture(self)
        table, heatmap = self.table.copy_for(whole), HeatmapWidget(whole, numbered=False)
        heatmap.apply_theme(self.theme)
        note = words.note(self._found, self._stopped is not None)
        whole.arrange(table, heatmap, self.heatmap.size(), note, self.theme, is_first=True)
        selection = self.selection
        self._show_map(heatmap, self._found)
        heatmap.set_locked(self._layer(selection.layer), selection.head)
        heatmap.set_readout(self._readout(selection.layer, selection.head))
        table.set_selected(selection.layer, selection.head)
        return whole

    def caption(self) -> str:
        trace, found = self.trace, self._found
        if trace is None or found is None:
            return ""
        how = intervention_words.how_name(found.importance.question.how)
        by = self.tr("each part off alone ({how})").format(how=how)
        return " · ".join((trace.card.name, self.title(), self.selection_text(trace, self.selection), by, trace.text))

    def data(self) -> dict[str, Any]:
        from visualizer.core.analyses import head_importance

        found: Found | None = self.current
        if found is None:
            return {}
        importance = found.importance
        rows = head_importance.as_rows(importance)
        values = [[row["delta_log_probability"], row["kl"]] for row in rows]
        return {
            "head_importance": np.array(values, dtype=np.float64),
            "rows": [f"layer {row['layer']}, {row['part']}" for row in rows],
            "columns": ["delta_log_probability", "kl"],
            "delta_log_probability": importance.delta,
            "kl": importance.kl,
            "kind": importance.question.kind,
            "position": np.array(importance.question.position),
            "token": np.array(importance.question.token_id),
            "token_text": found.label,
            "probability": np.array(importance.probability),
            "how": importance.question.how,
            "rank_correlation": [f"{name}: {value:.6g}" for name, value in found.correlations.items()],
        }
