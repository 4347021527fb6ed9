"""Scaled dot-product attention step by step: each step its own matrix, each cell its own formula with real numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.state import Hover, Selection
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.motion import CrossFade
from visualizer.ui.numbers import format_number
from visualizer.ui.product_bars import BarRow, ProductBars
from visualizer.ui.theme import Theme
from visualizer.views import stages_parts as parts
from visualizer.views.base import View
from visualizer.views.stages_parts import StepBar

if TYPE_CHECKING:
    from visualizer.core.stages import Cell, Stage, StageMatrix
    from visualizer.core.stages_check import Differences
    from visualizer.core.trace import Trace

_RELEVANT = ("kind", "layer", "head", "stage", "query", "key")
# Steps up to the weights are made of one query and one key: for these the pair's products are shown.
_LOW = 340  # pixels of height below which the matrix needs the room of the products
_OF_A_PAIR = frozenset(
    ("query_before", "query", "key_before", "key", "dot", "scaled", "capped", "biased", "masked", "weights")
)


@dataclass(frozen=True, eq=False)
class _Shown:
    """What the worker made: the steps of the layer, and the numbers of the chosen one (None where it is missing)."""

    trace: Trace
    selection: Selection
    stages: tuple[Stage, ...]
    stage: Stage
    matrix: StageMatrix | None
    strongest: int  # the key that the last query looks at most

    @property
    def is_turned(self) -> bool:
        return any(stage.id == "query_before" for stage in self.stages)

    @property
    def place(self) -> tuple[int, int, str]:
        return self.selection.layer, self.selection.head, self.selection.kind


class AttentionStagesView(View):
    """The chosen head's computation, from queries and keys to what it writes into the residual stream."""

    id: ClassVar[str] = "attention_stages"

    def title(self) -> str:
        return self.tr("Attention step by step")

    def how_to_read(self) -> str:
        return self.tr(
            "Walk through softmax(QKᵀ / √d) V with [ and ]. Point at a cell: its formula appears with the real "
            "numbers. Blue is negative, red positive. Always by token, with nothing hidden: the model's own numbers."
        )

    def build(self) -> QWidget:
        self._shown: _Shown | None = None
        self._checked: tuple[Trace, Differences | None] | None = None
        self._pair: tuple[int, int] = (-1, -1)
        self._cell = (-1, -1)
        self._wants_bars = False
        content = QWidget(self)
        self.steps = StepBar(content)
        self.picture = QWidget(content)
        self.formula = QLabel(self.picture)
        self.heatmap = HeatmapWidget(self.picture)
        self.missing = QLabel(self.picture)
        self.bars = ProductBars(self.picture)
        self.check = QLabel(self.picture)
        for label, role in ((self.formula, "token"), (self.missing, "quiet"), (self.check, "small")):
            label.setProperty("role", role)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.missing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._inner = QVBoxLayout(self.picture)
        for part, stretch in (
            (self.formula, 0), (self.heatmap, 1), (self.missing, 1), (self.bars, 0), (self.check, 0)
        ):  # fmt: skip
            self._inner.addWidget(part, stretch)
        self.missing.hide()
        self._outer = QVBoxLayout(content)
        self._outer.addWidget(self.steps)
        self._outer.addWidget(self.picture, 1)
        self.fade = CrossFade(content)
        self.steps.step_chosen.connect(lambda stage: self.session.select(stage=stage))
        self.heatmap.cell_hovered.connect(self._on_heatmap_cell_hovered)
        self.heatmap.cell_clicked.connect(self._on_heatmap_cell_clicked)
        self.heatmap.escaped.connect(lambda: self.session.select(query=None, key=None))
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

    def draw(self, trace: Trace, selection: Selection) -> None:
        shown = self._shown
        if shown is not None and shown.trace is trace and _is_same(shown.selection, selection):
            self._shown = replace(shown, selection=selection)
            self.on_hover(self.session.hover)
            return

        def work(should_stop: ShouldStop, progress: Progress) -> _Shown:
            return _compute(trace, selection)

        self.start_job("stage", work, self._show)

    def _show(self, shown: _Shown) -> None:
        before = self._shown
        if before is not None and before.trace is shown.trace and before.stage.id != shown.stage.id:
            self.fade.begin(self.heatmap)
        self._shown = shown
        self.steps.show_steps([(stage.id, stage.missing) for stage in shown.stages], shown.stage.id)
        self._show_matrix(shown)
        self._cell = (-1, -1)
        self._pair = (-2, -2)
        self.on_hover(self.session.hover)
        self._show_check()
        if self._checked is None or self._checked[0] is not shown.trace:
            self.start_job("check", lambda should_stop, progress: _check(shown.trace), self._on_checked)

    def _show_matrix(self, shown: _Shown) -> None:
        found = shown.matrix
        self.heatmap.setVisible(found is not None)
        self.missing.setVisible(found is None)
        stage = shown.stage.id
        self._wants_bars = found is not None and stage in _OF_A_PAIR and shown.trace.method == "registry"
        self._show_bars()
        if found is None:
            self.missing.setText(parts.why_missing(shown.stage.missing))
            self.formula.setText(parts.explanation(stage, shown.is_turned))
            return
        record = shown.trace.record(shown.selection.layer, shown.selection.kind)
        width = 1 if record.query is None else int(record.query.shape[-1])
        text = parts.formula(stage, shown.is_turned, record.scaling, width)
        self.formula.setText(f"{text}   {parts.explanation(stage, shown.is_turned)}")
        kind = shown.selection.kind
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
        if shown is None or shown.matrix is None or shown.trace is not self.session.trace:
            return
        selection = shown.selection
        is_square = shown.matrix.columns == "key"
        by_key = shown.matrix.rows == "key"
        row = hover.key if by_key else hover.query
        locked = selection.key if by_key else selection.query
        column = hover.key if is_square else None
        mine = self._cell
        if not is_square and mine[0] >= 0:
            row, column = mine
        self.heatmap.set_hovered(parts.or_none(row), parts.or_none(column))
        self.heatmap.set_locked(parts.or_none(locked), parts.or_none(selection.key if is_square else None))
        if row is None or column is None:
            row, column = (locked, selection.key) if is_square else (None, None)
        self.heatmap.set_readout(self._cell_text(shown, row, column))
        queries, keys = (len(tokens(selection.kind)) for tokens in (shown.trace.query_tokens, shown.trace.key_tokens))
        # The pointer may be over a token of another kind of attention, while this one's steps are on their way.
        query = parts.first(parts.inside(hover.query, queries), selection.query, queries - 1)
        key = parts.first(parts.inside(hover.key, keys), selection.key, shown.strongest)
        self._show_pair(shown, query, key)

    def _cell_text(self, shown: _Shown, row: int | None, column: int | None) -> str:
        if shown.matrix is None or row is None or column is None:
            return ""
        height, width = shown.matrix.values.shape
        if not (0 <= row < height and 0 <= column < width):
            return ""
        from visualizer.core import stages

        kind = shown.selection.kind
        found = stages.cell(shown.trace, *shown.place, shown.stage.id, row, column, shown.matrix.values)
        tokens = shown.trace.key_tokens(kind) if shown.matrix.rows == "key" else shown.trace.query_tokens(kind)
        row_name, numbers = parts.name(tokens[row].text), self._formula_of(found)
        if shown.matrix.columns == "key":
            key = parts.name(shown.trace.key_tokens(kind)[column].text)
            return self.tr("“{query}” → “{key}”:  {formula}").format(query=row_name, key=key, formula=numbers)
        if shown.matrix.columns == "heads":
            size = width // shown.trace.heads(kind)
            text = self.tr("“{token}”, head {head}, dimension {index}:  {formula}")
            return text.format(token=row_name, head=column // size, index=column % size, formula=numbers)
        text = self.tr("“{token}”, dimension {index}:  {formula}")
        return text.format(token=row_name, index=column, formula=numbers)

    def _formula_of(self, cell: Cell) -> str:
        """The formula of a cell with its real numbers."""
        t, value = cell.terms, parts.plain(cell.value)
        match cell.stage:
            case "dot" | "output" | "contribution":
                return parts.sum_text(cell.products, cell.count, cell.value)
            case "scaled":
                return f"{parts.plain(t['dot'])} × {format_number(t['scaling'])} = {value}"
            case "capped":
                cap = format_number(t["softcap"])
                return f"{cap} · tanh({parts.plain(t['score'])} / {cap}) = {value}"
            case "biased":
                before = t.get("capped", t["score"])
                return f"{parts.plain(before)} + {parts.signed(t['bias'])} = {value}"
            case "masked" | "weights" if cell.is_masked:
                return self.tr("masked: exp(−∞) = 0")
            case "masked":
                return self.tr("{score}, may be looked at").format(score=value)
            case "weights" if "log_sum" in t:
                return parts.softmax_text(t["input"], t["log_sum"], cell.value)
            case "query" | "key" if t:
                x, y, cosine, sine = (parts.signed(t[n]) for n in ("x", "y", "cos", "sin"))
                if t["first"]:
                    return f"{x}·{cosine} − {y}·{sine} = {value}"
                return f"{y}·{cosine} + {x}·{sine} = {value}"
            case "block":
                shares = [
                    self.tr("head {head}: {share}").format(head=int(head), share=parts.plain(share))
                    for head, share in cell.products
                ]
                if cell.count > len(shares):
                    shares.append("…")
                if "bias" in t:
                    shares.append(self.tr("bias: {bias}").format(bias=parts.plain(t["bias"])))
                return f"{' + '.join(shares)} = {value}"
        return value

    def _show_bars(self) -> None:
        """The products of one pair, unless a low window (lecture mode, small projector) needs all for the matrix."""
        shown = self._wants_bars and self.picture.height() >= self.theme.px(_LOW)
        if shown == self.bars.isHidden():
            self.bars.setVisible(shown)
            self._pair = (-2, -2)
            self.on_hover(self.session.hover)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_bars()

    def _show_pair(self, shown: _Shown, query: int, key: int) -> None:
        if self.bars.isHidden() or (query, key) == self._pair:
            return
        from visualizer.core import stages

        self._pair = query, key
        kind = shown.selection.kind
        pair = stages.product(shown.trace, *shown.place, query, key)
        names = shown.trace.query_tokens(kind)[query].text, shown.trace.key_tokens(kind)[key].text
        total = self.tr("sum {total}, scaled {scaled}").format(
            total=parts.plain(pair.total), scaled=parts.plain(pair.scaled)
        )
        self.bars.show_rows(
            (
                BarRow(f"q  {parts.name(names[0])}", pair.query),
                BarRow(f"k  {parts.name(names[1])}", pair.key),
                BarRow("q · k", pair.product, total),
            )
        )

    # --- check -----------------------------------------------------------------------------------

    def _on_checked(self, result: tuple[Trace, Differences | None]) -> None:
        self._checked = result
        self._show_check()

    def _show_check(self) -> None:
        shown = self._shown
        if shown is None:
            return
        texts = []
        known = self._checked[1] if self._checked is not None and self._checked[0] is shown.trace else None
        if known is not None:
            layer, head, kind = shown.place
            here = format_number(float(known[kind][layer, head]), 2)
            worst = format_number(max(float(values.max()) for values in known.values()), 2)
            text = self.tr(
                "Checked: the softmax shown differs from the model's own by at most {here} in this head, "
                "{worst} in all heads."
            )
            texts.append(text.format(here=here, worst=worst))
        elif shown.trace.method != "registry":
            texts.append(self.tr("These are the weights that the model handed out itself."))
        if shown.trace.difference is not None and known is None:
            text = self.tr("Checked: attention outputs recomputed from these steps differ by at most {difference}.")
            texts.append(text.format(difference=format_number(shown.trace.difference, 2)))
        self.check.setText(" ".join(texts))

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
        before = self.session.hover
        self.session.set_hover(hover)
        if self.session.hover == before:  # the same token, another dimension
            self.on_hover(before)

    def _on_heatmap_cell_clicked(self, row: int, column: int) -> None:
        shown, selection = self._shown, self.session.selection
        if shown is None or shown.matrix is None:
            return
        if shown.matrix.columns == "key":
            is_locked = (selection.query, selection.key) == (row, column)
            self.session.select(query=None if is_locked else row, key=None if is_locked else column)
        else:
            name = shown.matrix.rows
            self.session.select(**{name: None if getattr(selection, name) == row else row})

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

    def retranslate(self) -> None:
        self.steps.retranslate()
        self.heatmap.setAccessibleName(self.title())
        self.bars.setAccessibleName(self.tr("Query times key, dimension by dimension"))
        if self._shown is not None:
            self._show(self._shown)

    def export_widget(self) -> QWidget:
        return self.picture

    def data(self) -> dict[str, Any]:
        """The matrix of the step that is shown, and what its rows and columns stand for."""
        shown = self._shown
        if shown is None or shown.matrix is None:
            return {}
        kind = shown.selection.kind
        keys = [t.text for t in shown.trace.key_tokens(kind)]
        rows = keys if shown.matrix.rows == "key" else [t.text for t in shown.trace.query_tokens(kind)]
        layer, head, _ = shown.place
        result = {
            shown.stage.id: shown.matrix.values, "rows": rows, "kind": kind, "layer": layer, "head": head,
        }  # fmt: skip
        return result | ({"columns": keys} if shown.matrix.columns == "key" else {})


def _compute(trace: Trace, selection: Selection) -> _Shown:
    from visualizer.core import stages

    kind, layer, head = selection.kind, selection.layer, selection.head
    found = stages.stages_of(trace, layer, kind)
    order = stages.STAGES
    wanted = order.index(selection.stage) if selection.stage in order else order.index("weights")
    # The step itself, or the next one that this layer has.
    stage = next((s for s in found if order.index(s.id) >= wanted), found[-1])
    matrix = None if stage.missing else stages.matrix(trace, layer, head, kind, stage.id)
    last = trace.attention(layer, head, kind)[-1]
    return _Shown(trace, selection, found, stage, matrix, int(last.argmax()))


def _check(trace: Trace) -> tuple[Trace, Differences | None]:
    from visualizer.core import stages_check

    return trace, stages_check.differences(trace)


def _is_same(a: Selection, b: Selection) -> bool:
    """Whether both show the same matrix, whatever is locked in it."""
    return (a.kind, a.layer, a.head, a.stage) == (b.kind, b.layer, b.head, b.stage)
