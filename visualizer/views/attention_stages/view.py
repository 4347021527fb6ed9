"""Scaled dot-product attention step by step: each step its own matrix, each cell its own formula with real numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QFontMetricsF, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from visualizer.core.place import Place
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Hover, Selection
from visualizer.ui import fonts, guard, lecture, terms
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.motion import CrossFade
from visualizer.ui.plain_text import tip
from visualizer.ui.product_bars import BarRow, ProductBars
from visualizer.ui.theme import Theme
from visualizer.views.attention_stages import cells as stages_cells
from visualizer.views.attention_stages import words
from visualizer.views.attention_stages.options import Options
from visualizer.views.attention_stages.step_bar import StepBar
from visualizer.views.attention_stages.work import Shown, are_inputs_read, check, compute, read_inputs
from visualizer.views.base import View

if TYPE_CHECKING:
    from visualizer.core.trace import Trace
    from visualizer.views.attention_stages.work import Checked
_RELEVANT = ("kind", "layer", "head", "query", "key", "rule")
_LOW = 460  # pixels of height below which matrix and products have no room side by side
_NARROW, _LOW_IF_NARROW = 560, 640  # and that height where steps and sentence need more than one line
_VERY_LOW = 280  # and below which the formula has none above them
# Steps up to the weights are made of one query and one key: for these the pair's products are shown.
_OF_A_PAIR = frozenset(
    ("query_before", "query", "key_before", "key", "dot", "scaled", "capped", "biased", "masked", "weights")
)


@guard.overrides
class AttentionStagesView(View):
    """The chosen head's computation, from queries and keys to what it writes into the residual stream."""

    id: ClassVar[str] = "attention_stages"
    Options: ClassVar[type] = Options
    figure_shape: ClassVar[float] = 1.5

    def how_to_read(self) -> str:
        return self.tr(
            "Walk through softmax(QKᵀ / √d) V with [ and ]. Point at a cell: its formula appears with the real "
            "numbers. Blue is negative, red positive. Always by token, with nothing hidden: the model's own numbers."
        )

    def build(self) -> QWidget:
        self._shown: Shown | None = None
        self._checked: Checked | None = None
        self._pair: tuple[int, int] = (-1, -1)
        self._cell = (-1, -1)
        self._wants_bars = False
        # Layouts take their new sizes after the event: only then is it known how long a line under the matrix may be.
        self._settled = QTimer(self, interval=0, singleShot=True)
        self._settled.timeout.connect(lambda: self.on_hover(self.showing.hover))
        self.content = content = QWidget(self)
        self.steps = StepBar(content)
        lecture.fold(self.steps)
        self.picture = QWidget(content)
        self.formula = QLabel(self.picture)
        self.heatmap = HeatmapWidget(self.picture)
        self.missing = QLabel(self.picture)
        self.bars = ProductBars(self.picture)
        self.note = QLabel(self.picture)
        self.check = QLabel(self.picture)
        roles = ((self.formula, "token"), (self.missing, "quiet"), (self.note, "small"), (self.check, "small"))
        for label, role in roles:
            label.setProperty("role", role)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        terms.gloss(self.missing, self.note, self.check)
        self.missing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._inner = QVBoxLayout(self.picture)
        for part, stretch in (
            (self.formula, 0), (self.heatmap, 1), (self.missing, 1), (self.bars, 0), (self.note, 0), (self.check, 0)
        ):  # fmt: skip
            self._inner.addWidget(part, stretch)
        self.missing.hide()
        self.products = QToolButton(self)
        self.products.setCheckable(True)
        self.products.hide()
        self.products.toggled.connect(lambda _: self._arrange())
        self.add_control(self.products)
        swap = QShortcut(QKeySequence("P"), self)
        swap.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        swap.activated.connect(self._on_swap_activated)
        self._outer = QVBoxLayout(content)
        self._outer.addWidget(self.steps)
        self._outer.addWidget(self.picture, 1)
        self.fade = CrossFade(content)
        self.steps.step_chosen.connect(lambda stage: self.set_options(stage=stage))
        self.heatmap.cell_hovered.connect(self._on_heatmap_cell_hovered)
        self.heatmap.cell_clicked.connect(self._on_heatmap_cell_clicked)
        self.heatmap.escaped.connect(lambda: self.showing.select(query=None, key=None))
        for keys, by in (("[", -1), ("]", 1), ("Alt+Left", -1), ("Alt+Right", 1)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda by=by: self.steps.walk(by))
        return content

    # --- drawing ---------------------------------------------------------------------------------

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        return any(getattr(selection, name) != getattr(previous, name) for name in _RELEVANT)

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        return self.describe_head(trace, selection)

    def question(self, trace: Trace, selection: Selection) -> tuple[Place, str]:
        return selection.place, self.options.stage

    def answer(self, trace: Trace, question: tuple[Place, str], should_stop: ShouldStop, progress: Progress) -> Shown:
        return compute(trace, *question)

    def show_answer(self, shown: Shown, selection: Selection) -> None:
        before, self._shown = self._shown, shown
        self._show_note(selection)
        if before is shown:
            self.on_hover(self.showing.hover)
            return
        if before is not None and before.trace is shown.trace and before.stage.id != shown.stage.id:
            self.fade.begin(self.heatmap if self.heatmap.isVisible() else self.bars)
        self.steps.show_steps([(stage.id, stage.missing) for stage in shown.stages], shown.stage.id, shown.facts)
        self._show_matrix(shown)
        self._cell = (-1, -1)
        self._pair = (-2, -2)
        self.on_hover(self.showing.hover)
        self._show_check()
        if self._checked is None or self._checked[0] is not shown.trace:
            self.start_job("check", lambda should_stop, progress: check(shown.trace), self._on_checked)
        if not are_inputs_read(shown.trace):  # not yet, or no longer: another trace needed the room
            self.start_job(
                "inputs", lambda should_stop, progress: read_inputs(shown.trace, should_stop), self._on_inputs_read
            )

    def _show_matrix(self, shown: Shown) -> None:
        found = shown.matrix
        self.missing.setVisible(found is None)
        record = shown.trace.record(shown.place.layer, shown.place.kind)
        self._wants_bars = shown.stage.id in _OF_A_PAIR and record.query is not None
        self._arrange()
        if found is None:
            self.missing.setText(words.why_missing(shown.stage.missing))
            return
        kind = shown.place.kind
        queries, keys = shown.trace.query_tokens(kind), shown.trace.key_tokens(kind)
        rows = keys if found.rows == "key" else queries
        columns = [t.text for t in keys] if found.columns == "key" else [str(i) for i in range(found.values.shape[1])]
        titles = {
            "key": self.tr("Key (is looked at)"),
            "dimension": self.tr("Dimension of the head"),
            "heads": self.tr("Dimensions of all heads, side by side"),
            "stream": self.tr("Dimension of the residual stream"),
        }
        row_title = self.tr("Key (is looked at)") if found.rows == "key" else self.tr("Query (looks)")
        is_square = found.columns == "key"
        self.heatmap.set_shape(square=is_square, numbered=is_square)
        finite = found.values[np.isfinite(found.values)]
        largest = float(np.abs(finite).max(initial=0.0))
        self.heatmap.set_titles(
            row_title, titles[found.columns], self.tr("Value") if found.signed else self.tr("Weight")
        )
        self.heatmap.set_data(
            np.where(np.isfinite(found.values), found.values, np.float32(0)),  # -inf is hatched, and has no colour
            scale=ColorScale(largest, "signed" if found.signed else "linear"),
            mask=found.masked,
            row_labels=[token.text for token in rows],
            column_labels=columns,
        )

    # --- one cell, one pair ----------------------------------------------------------------------

    def on_hover(self, hover: Hover) -> None:
        shown = self._shown
        if shown is None or shown.matrix is None or shown.trace is not self.trace:
            return
        selection = self.selection
        is_square = shown.matrix.columns == "key"
        by_key = shown.matrix.rows == "key"
        row = hover.key if by_key else hover.query
        locked = selection.key if by_key else selection.query
        column = hover.key if is_square else None
        mine = self._cell
        if not is_square and mine[0] >= 0:
            row, column = mine
        self.heatmap.set_hovered(words.or_none(row), words.or_none(column))
        self.heatmap.set_locked(words.or_none(locked), words.or_none(selection.key if is_square else None))
        if row is None or column is None:
            row, column = (locked, selection.key) if is_square else (None, None)
        self.heatmap.set_readout(self._cell_text(shown, row, column))
        kind = shown.place.kind
        queries, keys = len(shown.trace.query_tokens(kind)), len(shown.trace.key_tokens(kind))
        # Pointer and lock may be at tokens of another run or kind of attention, whose steps are on their way.
        query = words.first(words.inside(hover.query, queries), words.inside(selection.query, queries), queries - 1)
        key = words.first(words.inside(hover.key, keys), words.inside(selection.key, keys), shown.strongest)
        self._show_pair(shown, query, key)

    def _cell_text(self, shown: Shown, row: int | None, column: int | None) -> str:
        if shown.matrix is None or row is None or column is None:
            return ""
        height, width = shown.matrix.values.shape
        if not (0 <= row < height and 0 <= column < width):
            return ""
        from visualizer.core.analyses.attention_stages import steps as stages

        kind = shown.place.kind
        cell = stages.cell(shown.trace, *shown.where, shown.stage.id, row, column, shown.matrix.values)
        room = self.heatmap.arrangement().readout.width()
        metrics = QFontMetricsF(fonts.readout_font(self.theme))
        return stages_cells.fitting_text(
            shown.trace, kind, shown.matrix, cell, row, column, lambda text: metrics.horizontalAdvance(text) <= room
        )

    def _arrange(self) -> None:
        """What stands where. A low window (lecture mode, small projector) has room for the matrix or the products."""
        # The view's own height: a content that wants more than there is would be given it, beyond the window's end.
        height = self.height() - self.content.mapTo(self, QPoint()).y()
        least = _LOW_IF_NARROW if self.width() < self.theme.px(_NARROW) else _LOW
        low = height < self.theme.px(least) or self.theme.lecture
        has_matrix = self._shown is not None and self._shown.matrix is not None
        choice = low and has_matrix and self._wants_bars
        bars = has_matrix and self._wants_bars and (not low or self.products.isChecked())
        before = self.bars.isHidden(), self.heatmap.isHidden()
        self.steps.set_one_row(low)
        self.products.setVisible(choice)
        self.check.setVisible(not low)
        self.bars.setVisible(bars)
        self.bars.set_growing(choice)
        self.heatmap.setVisible(has_matrix and not (choice and bars))
        self._show_formula(low, height < self.theme.px(_VERY_LOW))
        if before != (self.bars.isHidden(), self.heatmap.isHidden()):
            self._pair = (-2, -2)
            self.on_hover(self.showing.hover)

    def _on_swap_activated(self) -> None:
        if not self.products.isHidden():
            self.products.toggle()

    def _show_formula(self, low: bool, very_low: bool) -> None:
        """The step's formula and its sentence; a low window has one line for them, a very low one keeps it to itself.

        What does not fit stands in the tooltip here, and at the step's button.
        """
        shown = self._shown
        if shown is None:
            return
        stage, facts, note = shown.stage.id, shown.facts, self.note.text()
        sentence = words.explanation(stage, facts)
        formula = "" if shown.matrix is None else words.formula(stage, facts)
        said = [formula, sentence]
        if low and formula:
            wide = self.formula.fontMetrics().horizontalAdvance(f"{formula}   {note or sentence}")
            said = [formula, note or (sentence if wide <= self.picture.width() - 2 * self.theme.px(16) else "")]
            if very_low:
                said = [note]
        self.formula.setText("   ".join(text for text in said if text))
        self.formula.setToolTip(tip(sentence))
        self.formula.setVisible(bool(self.formula.text()))
        self.note.setVisible(bool(note) and not (low and formula))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self._settled.start()

    def _show_pair(self, shown: Shown, query: int, key: int) -> None:
        if self.bars.isHidden() or (query, key) == self._pair:
            return
        from visualizer.core.analyses.attention_stages import steps as stages

        self._pair = query, key
        kind = shown.place.kind
        before = shown.facts.turned and shown.stage.id in ("query_before", "key_before")
        pair = stages.product(shown.trace, *shown.where, query, key, before=before)
        names = shown.trace.query_tokens(kind)[query].text, shown.trace.key_tokens(kind)[key].text
        total = self.tr("sum {total}, scaled {scaled}")
        if before:
            total = self.tr("sum {total}, before positions")
        elif shown.facts.scaling == 1.0:
            total = self.tr("sum {total}")
        mark = "′" if shown.facts.turned and not before else ""
        self.bars.show_rows(
            (
                BarRow(f"q{mark}  {words.name(names[0])}", pair.query),
                BarRow(f"k{mark}  {words.name(names[1])}", pair.key),
                BarRow(
                    f"q{mark} · k{mark}",
                    pair.product,
                    total.format(total=words.plain(pair.total), scaled=words.plain(pair.scaled)),
                ),
            )
        )

    # --- check -----------------------------------------------------------------------------------

    def _on_checked(self, result: Checked) -> None:
        self._checked = result
        self._show_check()

    def _on_inputs_read(self, trace: Trace) -> None:
        if self._shown is not None and self._shown.trace is trace:
            self.on_hover(self.showing.hover)

    def _show_check(self) -> None:
        shown = self._shown
        if shown is not None:
            found = self._checked[1] if self._checked is not None and self._checked[0] is shown.trace else None
            layer, head, kind = shown.where
            self.check.setText(stages_cells.check_text(shown.trace, layer, head, kind, found))

    def _show_note(self, selection: Selection) -> None:
        """That what is chosen for other views does not act here."""
        text = ""
        if selection.rule.unit != "token" and selection.rule.hide_sinks:
            text = self.tr("These steps are always by token, and nothing is hidden.")
        elif selection.rule.unit != "token":
            text = self.tr("These steps are always by token.")
        elif selection.rule.hide_sinks:
            text = self.tr("Nothing is hidden in these steps: sinks take part, too.")
        self.note.setText(text)
        self._arrange()

    # --- pointer ---------------------------------------------------------------------------------

    def _on_heatmap_cell_hovered(self, row: int, column: int) -> None:
        shown = self._shown
        if shown is None or shown.matrix is None:
            return
        self._cell = (row, column)
        if row < 0:
            hover = None
        elif shown.matrix.columns == "key":
            hover = Hover(query=row, key=column)
        else:
            hover = Hover(key=row) if shown.matrix.rows == "key" else Hover(query=row)
        before = self.showing.hover
        self.showing.set_hover(hover)
        if self.showing.hover == before:  # the same token, another dimension
            self.on_hover(before)

    def _on_heatmap_cell_clicked(self, row: int, column: int) -> None:
        shown, selection = self._shown, self.selection
        if shown is None or shown.matrix is None:
            return
        if shown.matrix.columns == "key":
            is_locked = (selection.query, selection.key) == (row, column)
            self.showing.select(query=None if is_locked else row, key=None if is_locked else column)
        else:
            name = shown.matrix.rows
            self.showing.select(**{name: None if getattr(selection, name) == row else row})

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.steps.apply_theme(theme)
        self.heatmap.apply_theme(theme)
        self.bars.apply_theme(theme)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._outer.setSpacing(theme.px(8))
        self.steps.setContentsMargins(theme.px(16), 0, theme.px(16), 0)
        self._inner.setContentsMargins(theme.px(16), 0, theme.px(16), theme.px(8))
        self._inner.setSpacing(theme.px(4))
        self._settled.start()
        self.content.setMinimumHeight(theme.px(160))  # with all that stands in it, it could never become low

    def retranslate(self) -> None:
        self.steps.retranslate()
        self.heatmap.setAccessibleName(self.title())
        self.bars.setAccessibleName(self.tr("Query times key, dimension by dimension"))
        self.products.setText(self.tr("Products"))
        self.products.setToolTip(
            self.tr("Show the products of one pair in place of the matrix, or the matrix again  P")
        )
        self._shown = None  # every word of it is said again

    def export_widget(self) -> QWidget:
        return self.picture

    def data(self) -> dict[str, Any]:
        """The matrix of the step that is shown, and what its rows and columns stand for."""
        shown = self._shown
        if shown is None or shown.matrix is None:
            return {}
        kind = shown.place.kind
        keys = [t.text for t in shown.trace.key_tokens(kind)]
        rows = keys if shown.matrix.rows == "key" else [t.text for t in shown.trace.query_tokens(kind)]
        layer, head, _ = shown.where
        result = {
            shown.stage.id: shown.matrix.values, "rows": rows, "kind": kind, "layer": layer, "head": head,
        }  # fmt: skip
        return result | ({"columns": keys} if shown.matrix.columns == "key" else {})
