"""Head statistics: what every head does, as a table to sort and a plane to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtCore import QModelIndex, QPoint, QPointF
from PySide6.QtWidgets import QPushButton, QWidget

from visualizer.core.names import ON_REPEATED
from visualizer.core.place import Place
from visualizer.session import switching
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Hover, Selection
from visualizer.ui.change_row import ChangeRow
from visualizer.ui.controls import Choice
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.panes import TwoPanes
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.plain_text import tip
from visualizer.ui.scatter import ScatterWidget
from visualizer.ui.theme import Theme
from visualizer.ui.whole_picture import WholePicture
from visualizer.views import difference, head_words
from visualizer.views.base import View
from visualizer.views.difference import Pair
from visualizer.views.head_statistics.change import ChangedStatistics
from visualizer.views.head_statistics.column_menu import ColumnMenu
from visualizer.views.head_statistics.options import Options
from visualizer.views.head_statistics.table import HeadTable

if TYPE_CHECKING:
    from visualizer.core.analyses.head_statistics import HeadStatistics
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace


_LEAST = 170  # pixels of the design: the points need so much beside the table


class HeadStatisticsView(View):
    """All heads of the selected kind. A row or a point selects its head everywhere; a click on a column sorts."""

    id: ClassVar[str] = "head_statistics"
    Options: ClassVar[type] = Options
    has_difference: ClassVar[bool] = True

    def how_to_read(self) -> str:
        return self.tr(
            "One row and one point for each head, measured on this text. A name says where more than half of a head's "
            "weight goes. Induction and duplicate are measured once for each model, on random tokens that come twice."
        )

    def build(self) -> QWidget:
        self._shown: tuple[HeadStatistics, str] | None = None
        self._plotted: tuple[HeadStatistics, str, Options] | None = None
        self._whole: WholePicture | None = None
        frame = PictureFrame(self)
        self._picture, self._note = frame.picture, frame.note
        self._controls = QWidget(frame)
        row = FlowLayout(self._controls)
        self._choices = (Choice(self._controls), Choice(self._controls))
        for axis, choice in enumerate(self._choices):
            row.addWidget(choice)
            choice.chosen.connect(lambda measure, axis=axis: self._choose_axis(axis, str(measure)))
        self._columns = ColumnMenu(self._controls)
        self._columns.chosen.connect(lambda measures: self.set_options(columns=",".join(measures)))
        self._measured = QPushButton(self._controls)
        self._measured.clicked.connect(self._on_measured_clicked)
        row.addWidget(self._columns)
        row.addWidget(self._measured)
        self._row = row
        self.table = HeadTable(self._picture)
        self.scatter = ScatterWidget(self._picture)
        self._panes = TwoPanes(self.table, self.scatter, self._picture)
        self.changes = ChangeRow(self._picture)
        self.changes.chosen.connect(lambda index: self._on_table_head_chosen(*self._places[index]))
        self._places: list[tuple[int, int]] = []
        self._change: ChangedStatistics | None = None
        frame.fill(self._controls, self._panes, self.changes, frame.note, growing=self._panes)
        self.table.head_chosen.connect(self._on_table_head_chosen)
        self.table.head_hovered.connect(self._on_table_head_hovered)
        self.table.columns_chosen.connect(lambda measures: self.set_options(columns=",".join(measures)))
        self.table.doubleClicked.connect(self._on_table_double_clicked)
        self.table.order_chosen.connect(lambda column, falling: self.set_options(sort=column, falling=falling))
        self.scatter.point_clicked.connect(self._on_scatter_point_clicked)
        self.scatter.point_hovered.connect(self._on_scatter_point_hovered)
        return frame

    # --- drawing ---------------------------------------------------------------------------------

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        names = ("kind", "layer", "head", "rule")
        return any(getattr(selection, name) != getattr(previous, name) for name in names)

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        return self.describe_head(trace, selection)

    def question(self, trace: Trace, selection: Selection) -> Pair | None:
        return self.pair

    def answer(
        self, trace: Trace, question: Pair | None, should_stop: ShouldStop, progress: Progress
    ) -> HeadStatistics | ChangedStatistics:
        from visualizer.core.analyses import head_statistics
        from visualizer.views.head_statistics import change

        if question is not None:
            return change.measure(question, should_stop, progress)
        return head_statistics.measure(trace, should_stop, progress)

    def clear(self) -> None:
        self._shown = self._plotted = self._change = None
        self.changes.show_entries("", ())
        self.table.set_table(None, self.selection.kind)
        self.scatter.set_points(np.zeros((0, 2)), (), ())
        self._note.setText(self.tr("The heads are being measured…"))

    def show_answer(self, answer: HeadStatistics | ChangedStatistics, selection: Selection) -> None:
        self._change = answer if isinstance(answer, ChangedStatistics) else None
        table = answer.table if isinstance(answer, ChangedStatistics) else answer
        if self._shown is None or self._shown[0] is not table or self._shown[1] != selection.kind:
            self._shown = (table, selection.kind)
            self._fill(table, selection.kind)
        self.table.set_columns(self.options.measures)
        self._columns.set_measures(self.table.heads.measures, self.table.columns())
        self._share_room()
        self.table.set_order(self.options.sort, self.options.falling)
        assert self.trace is not None
        self._measured.setEnabled(self.trace.model is not None and self.pair is None)
        if self._plotted is None or self._plotted != (*self._shown, self.options):
            self._plotted = (*self._shown, self.options)
            self._offer_axes()
            self._show_points(self.scatter)
        assert self.trace is not None
        self.table.heads.set_off(switching.heads_off(self.trace, selection.kind))
        self.table.set_selected(selection.layer, selection.head)
        point = self.table.heads.row_of(selection.layer, selection.head)
        self.scatter.set_selected(point)
        self._show_note(point)

    def _fill(self, table: HeadStatistics, kind: str) -> None:
        self._fill_table(table, kind)
        self._share_room()

    def _share_room(self) -> None:
        bar = self.table.verticalScrollBar().sizeHint().width()
        self._panes.set_wanted(self.table.whole_size().width() + bar, self.theme.px(_LEAST))

    def _fill_table(self, table: HeadStatistics, kind: str) -> None:
        change = self._change
        if change is None:
            self.table.set_table(table, kind)
            self.changes.show_entries("", ())
            return
        labels = change.labels[difference.letter(self.showing) == "b"]
        self.table.set_table(table, kind, labels, is_change=True)
        self._places = difference.list_heads(self.changes, change.heads, kind)

    def _offer_axes(self) -> None:
        available = set(self.table.heads.measures)
        for choice, measure in zip(self._choices, self._axes, strict=True):
            choice.set_available(set(available))
            choice.set_value(measure)

    @property
    def _axes(self) -> tuple[str, str]:
        """The measures from left to right and upwards; where the text lacks one, one that is always there."""
        available = set(self.table.heads.measures)
        across, up = self.options.across, self.options.up
        return (
            across if across in available or not available else "mean_distance",
            up if up in available or not available else "entropy",
        )

    def _show_points(self, scatter: ScatterWidget) -> None:
        heads = self.table.heads
        if not heads.rowCount():
            return
        values = np.stack([heads.column(measure) for measure in self._axes], axis=1)
        places = [heads.head_of(row) for row in range(heads.rowCount())]
        scatter.set_points(values, [head_words.short_name(*place) for place in places], [h for _, h in places])
        x, y = (head_words.measure_title(measure) for measure in self._axes)
        if self._change is not None:
            x, y = f"{x} · {difference.DIFFERENCE}", f"{y} · {difference.DIFFERENCE}"
        scatter.set_titles(x, y, self.tr("This text has nothing to measure here."))

    def _show_note(self, row: int) -> None:
        heads, parts = self.table.heads, []
        if self._change is not None:
            parts.append(self.tr("Every number is B − A; what a head does is said of this text."))
        if row >= 0:
            layer, head = heads.head_of(row)
            sentence = head_words.sentence(heads.label(row))
            parts.append(
                self.tr("Layer {layer}, head {head}: {sentence}.").format(layer=layer, head=head, sentence=sentence)
            )
        if heads.absent:
            names = ", ".join(head_words.measure_name(measure) for measure in heads.absent)
            parts.append(self.tr("Not measurable here: {names}.").format(names=names))
        if not self.selection.rule.is_plain:
            parts.append(self.tr("By token, nothing hidden."))  # the other views show something else now
        self._note.setText("  ".join(parts))

    def _choose_axis(self, axis: int, measure: str) -> None:
        self.set_options(**{("across", "up")[axis]: measure})

    def on_hover(self, hover: Hover) -> None:
        found = -1
        if hover.layer is not None and hover.head is not None:
            found = self.table.heads.row_of(hover.layer, hover.head)
        self.scatter.set_hovered(found)

    # --- choosing --------------------------------------------------------------------------------

    def _on_table_head_chosen(self, layer: int, head: int) -> None:
        self.showing.select(layer=layer, head=head)

    def _on_table_head_hovered(self, layer: int, head: int) -> None:
        self.showing.set_hover(Hover(layer=layer, head=head) if layer >= 0 else None)

    def _on_table_double_clicked(self, index: QModelIndex) -> None:
        """A number that was measured on repeated tokens is looked at where it was measured."""
        if self.table.measure_at(index) in ON_REPEATED:
            self._on_measured_clicked()

    def _on_measured_clicked(self) -> None:
        """Show the repeated random tokens, on the map of the chosen head."""
        trace = self.trace
        if trace is None or (loaded := trace.model) is None or self.pair is not None:
            return
        done = trace.request.interventions

        def run(should_stop: ShouldStop, progress: Progress) -> Trace | None:
            from visualizer.core.analyses import repeated_tokens

            return repeated_tokens.run(loaded, should_stop, done)

        self.start_job("measured", run, lambda found: self._show_measured(found, loaded))

    def _show_measured(self, found: Trace | None, loaded: LoadedModel) -> None:
        if found is not None and self.trace is not None and self.trace.model is loaded:
            self.session.show_trace(found, loaded, self.showing)
            self.view_requested.emit("attention_map")

    def _on_scatter_point_clicked(self, point: int) -> None:
        self._on_table_head_chosen(*self.table.heads.head_of(point))

    def _on_scatter_point_hovered(self, point: int) -> None:
        heads = self.table.heads
        self._on_table_head_hovered(*(heads.head_of(point) if point >= 0 else (-1, -1)))
        text = ""
        if point >= 0:
            layer, head = heads.head_of(point)
            lines = [f"{head_words.short_name(layer, head)}: {head_words.sentence(heads.label(point))}"]
            for measure in dict.fromkeys(self._axes):
                value = str(heads.index(point, 2 + heads.measures.index(measure)).data())
                lines.append(f"{head_words.measure_title(measure)}: {value}")
            text = "\n".join(lines)
        self.scatter.setToolTip(tip(text))

    def place_at(self, point: QPoint) -> Place | None:
        kind = self.selection.kind
        if self.scatter.rect().contains(self.scatter.mapFrom(self, point)):
            found = self.scatter.point_at(QPointF(self.scatter.mapFrom(self, point)))
            return Place(kind, *self.table.heads.head_of(found)) if found >= 0 else self.selection.place
        head = self.table.head_at(self.table.mapFrom(self, point)) if point.x() >= 0 else None
        return Place(kind, *head) if head is not None else self.selection.place

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.table.apply_theme(theme)
        self.changes.apply_theme(theme)
        self.scatter.apply_theme(theme)
        self._panes.apply_theme(theme)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.px(8))
        self._note.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(8))

    def retranslate(self) -> None:
        names = {measure: head_words.measure_name(measure) for measure in head_words.MEASURES}
        self._choices[0].set_texts(self.tr("Across"), names, self.tr("What the points' places from left to right show"))
        self._choices[1].set_texts(self.tr("Up"), names, self.tr("What the points' places from bottom to top show"))
        for choice, measure in zip(self._choices, self._axes, strict=True):
            choice.set_value(measure)
        self._columns.retranslate()
        self._measured.setText(self.tr("Repeated tokens"))
        self._measured.setToolTip(
            self.tr("Show the random tokens on which induction and duplicate were measured, on the chosen head's map")
        )
        self.table.retranslate()
        self.table.setAccessibleName(self.title())
        self.scatter.setAccessibleName(self.tr("All heads as points"))
        self._shown = self._plotted = None  # names on the axes and in the note

    def export_widget(self) -> QWidget:
        self._clear()
        if self.table.is_whole():
            return self._picture
        if self._whole is not None:
            self._whole.deleteLater()
        note = "  ".join(filter(None, (self.changes.sentence(), self._note.text())))
        self._whole = whole = WholePicture(self)
        table, scatter = self.table.copy_for(whole), ScatterWidget(whole)
        scatter.apply_theme(self.theme)
        whole.arrange(table, scatter, self.scatter.size(), note, self.theme)
        self._show_points(scatter)
        table.set_selected(self.selection.layer, self.selection.head)
        scatter.set_selected(table.heads.row_of(self.selection.layer, self.selection.head))
        return whole

    def caption(self) -> str:
        trace = self.trace
        if trace is None:
            return ""
        kind = () if len(trace.kinds) == 1 else (head_words.kind_name(self.selection.kind),)
        if (pair := self.pair) is not None:
            return difference.caption(pair, " · ".join((self.title(), *kind)))
        return " · ".join((trace.card.name, self.title(), *kind, trace.text))

    def data(self) -> dict[str, Any]:
        answer = self.current
        if answer is None:
            return {}
        change = answer if isinstance(answer, ChangedStatistics) else None
        table = answer if change is None else change.table
        labels = {"label": table.labels}
        if change is not None:
            labels = {"label_a": change.labels[0], "label_b": change.labels[1]}
        names = [
            f"layer {layer}, head {head}" if len(set(table.kinds)) == 1 else f"{kind}, layer {layer}, head {head}"
            for kind, layer, head in zip(table.kinds, table.layers, table.heads, strict=True)
        ]
        return {
            f"head_statistics{'' if change is None else '_change'}": np.stack(list(table.values.values()), axis=1),
            "rows": names,
            "columns": list(table.values),
            "kind": list(table.kinds),
            "layer": table.layers,
            "head": table.heads,
            **{name: list(words) for name, words in labels.items()},
        }
