"""What an answer spends its attention on: stretches of the text, their shares, and what is lost without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from visualizer.core.writing import places
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Selection
from visualizer.ui import errors, guard
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.controls import Choice
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.numbers import format_probability
from visualizer.ui.panes import TwoPanes
from visualizer.ui.picture_frame import small_text
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.reading_controls import sentences
from visualizer.views.spans.options import OVER, SHOWN, Options

if TYPE_CHECKING:
    from visualizer.core.analyses.spans import Span
    from visualizer.core.models import ModelCard
    from visualizer.core.trace import Trace
    from visualizer.views.spans.strip import SpanStrip
    from visualizer.views.spans.table import SpanTable
    from visualizer.views.spans.work import Asked, Found


@guard.overrides
class SpansView(View):
    """Dragging over tokens marks a span and asks for its name; a click into the map selects a layer."""

    id: ClassVar[str] = "spans"
    Options: ClassVar[type] = Options
    shows_parts: ClassVar[bool] = True

    def how_to_read(self) -> str:
        return self.tr(
            "Drag over tokens to mark a span. The bars say what share of its attention the chosen position spends on "
            "each span, and the last columns what the answer loses when nobody can look at it."
        )

    def build(self) -> QWidget:
        from visualizer.views.spans.strip import SpanStrip
        from visualizer.views.spans.table import SpanTable

        self._found: Found | None = None
        content = QWidget(self)
        self._controls = QWidget(content)
        self._flow = FlowLayout(self._controls)
        self._share, self._over = Choice(self._controls), Choice(self._controls)
        self._forget = QPushButton(self._controls)
        for widget in (self._share, self._over, self._forget):
            self._flow.addWidget(widget)
        self._share.chosen.connect(lambda value: self.set_options(share=value))
        self._over.chosen.connect(lambda value: self.set_options(over=value))
        self._forget.clicked.connect(lambda: self.set_options(spans=""))
        self._picture = QWidget(content)
        self.strip: SpanStrip = SpanStrip(self._picture)
        self.heatmap = HeatmapWidget(self._picture, numbered=False)
        self.table: SpanTable = SpanTable(self._picture)
        self._panes = TwoPanes(self.table, self.heatmap, self._picture)
        self._panes.set_shares((1, 1), (1, 1))
        self._note = small_text(self._picture)
        inner = QVBoxLayout(self._picture)
        inner.addWidget(self.strip)
        inner.addWidget(self._panes, 1)
        inner.addWidget(self._note)
        layout = QVBoxLayout(content)
        layout.addWidget(self._picture, 1)
        self._boxes = (inner, layout)
        self.header.set_tools(self._controls)
        self.strip.marked.connect(self._on_marked)
        self.heatmap.cell_clicked.connect(self._on_cell_clicked)
        return content

    @classmethod
    def is_compatible(cls, subject: Trace | ModelCard) -> bool:
        return subject.task != "none"

    def why_incompatible(self) -> str:
        return self.tr("This model predicts no token: there is no answer that could look at the text.")

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        return any(getattr(selection, name) != getattr(previous, name) for name in ("layer", "head", "position"))

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        return self.tr("position {position}").format(position=places.place(trace, selection.position))

    # --- question and answer ---------------------------------------------------------------------

    def question(self, trace: Trace, selection: Selection) -> Asked:
        from visualizer.views.spans.work import Asked

        return Asked(self._spans(trace), places.place(trace, selection.position))

    def _spans(self, trace: Trace) -> tuple[Span, ...]:
        from visualizer.views.spans import work

        position = places.place(trace, self.selection.position)
        return work.named(trace, self.options.spans) or work.proposed(trace, position)

    def is_quick(self, trace: Trace, question: Asked) -> bool:
        from visualizer.views.spans import work

        return work.known(trace, question) is not None

    def answer(self, trace: Trace, question: Asked, should_stop: ShouldStop, progress: Progress) -> Found:
        from visualizer.views.spans import work

        return work.measure(trace, question, should_stop, progress)

    def show_state(self, trace: Trace, selection: Selection) -> None:
        from visualizer.core.analyses import spans

        self._share.set_value(self.options.share)
        self._over.set_value(self.options.over)
        self._forget.setEnabled(bool(self.options.spans))
        is_own = trace.kind != "encoder_decoder"
        labels = tuple(token.text for token in trace.key_tokens(spans.keys_of(trace)))
        query = places.place(trace, selection.position) if is_own else -1
        self.strip.set_tokens(labels, self._spans(trace), query)

    def clear(self) -> None:
        self._found = None
        self.table.set_values((), np.zeros((0, 4)))
        self.heatmap.set_data(np.zeros((0, 0), dtype=np.float32))
        self._note.setText("")

    def show_part(self, fraction: float, part: Found) -> None:
        self.show_progress(fraction)
        self._show(part, self.selection)

    def show_answer(self, answer: Found, selection: Selection) -> None:
        self._show(answer, selection)

    def _show(self, found: Found, selection: Selection) -> None:
        from visualizer.views.spans.table import SpanModel

        self._found = found
        budget = found.budget
        names = (*(span.name for span in budget.spans), "")
        self.table.set_values(names, SpanModel.numbers(found, *self._bars(found, selection)))
        values = budget.attention if self.options.share == "attention" else budget.weighted
        means = values.mean(axis=1)  # [layer, span + 1]
        missing = np.isnan(means)
        self.heatmap.set_data(
            np.nan_to_num(means).astype(np.float32)[::-1],
            scale=ColorScale(max(float(np.nan_to_num(means).max(initial=0.0)), 1e-6)),
            mask=missing[::-1] if missing.any() else None,
            row_labels=[f"L{n}" for n in reversed(budget.layers)],
            column_labels=[name or self.tr("the rest") for name in names],
        )
        self.heatmap.set_titles(self.tr("Layer"), self.tr("Span (mean over heads)"), self._share_name())
        if selection.layer in budget.layers:
            self.heatmap.set_locked(len(budget.layers) - 1 - budget.layers.index(selection.layer), -1)
        self._note.setText(self._words(found))

    def _bars(self, found: Found, selection: Selection) -> tuple[np.ndarray, np.ndarray]:
        from visualizer.views.spans import work

        budget, over = found.budget, self.options.over
        attention, weighted = (
            work.shares(budget, values, over, selection.layer, selection.head)
            for values in (budget.attention, budget.weighted)
        )
        return attention, weighted

    def _share_name(self) -> str:
        return {"attention": self.tr("attention"), "weighted": self.tr("weighted by what is carried")}[
            self.options.share
        ]

    def _words(self, found: Found) -> str:
        effects = found.effects
        answer = ""
        if effects is not None and effects.without:
            answer = self.tr("“{token}” has {share} here.").format(
                token=found.label.strip(), share=format_probability(effects.without[0].before)
            )
        return sentences(
            (
                "" if self.options.spans else self.tr("Nothing is marked yet: these are the text's own parts."),
                answer,
                "" if found.refusal is None else errors.present(found.refusal)[0],
                self.tr("Much attention is not much effect: only the last columns are an experiment."),
            )
        )

    # --- marking ---------------------------------------------------------------------------------

    def _on_marked(self, first: int, last: int) -> None:
        names = (self.tr("Instruction"), self.tr("Example"), self.tr("Passage"), self.tr("Question"))
        menu = QMenu(self)
        for name in names:
            menu.addAction(name).triggered.connect(lambda _checked=False, name=name: self.mark(name, first, last))
        menu.addSeparator()
        menu.addAction(self.tr("Remove the mark")).triggered.connect(lambda: self.mark("", first, last))
        menu.aboutToHide.connect(self.strip.forget)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.strip.mapToGlobal(self.strip.box_of(last).bottomRight()))

    def mark(self, name: str, first: int, last: int) -> None:
        """Name a stretch of tokens; what it overlaps goes. A second one of a name gets a number; "": remove only."""
        from visualizer.core.analyses import spans
        from visualizer.views.spans import work

        trace = self.showing.trace
        if trace is None:
            return
        kept = [one for one in work.named(trace, self.options.spans) if one.last < first or last < one.first]
        if name:
            taken = {one.name for one in kept}
            numbers = (name, *(f"{name} {n}" for n in range(2, 100)))
            kept.append(spans.Span(next(one for one in numbers if one not in taken), first, last))
        kept.sort(key=lambda one: one.first)
        self.set_options(spans=spans.written(kept[: spans.MOST]))

    def _on_cell_clicked(self, row: int, _column: int) -> None:
        if self._found is not None:
            layers = self._found.budget.layers
            if 0 <= row < len(layers):
                self.showing.select(layer=layers[len(layers) - 1 - row])

    # --- looks -----------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.strip.apply_theme(theme)
        self.table.apply_theme(theme)
        self.heatmap.apply_theme(theme)
        self._panes.apply_theme(theme)
        for box in self._boxes:
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(0)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._flow.setSpacing(theme.px(8))
        self._note.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(8))

    def retranslate(self) -> None:
        shown = {"attention": self.tr("attention"), "weighted": self.tr("weighted by what is carried")}
        over = {"model": self.tr("all heads"), "layer": self.tr("the chosen layer"), "head": self.tr("the chosen head")}
        self._share.set_texts(self.tr("Map"), {s: shown[s] for s in SHOWN}, self.tr("What the colours show"))
        told = self.tr("Which heads the bars are the mean of")
        self._over.set_texts(self.tr("Bars"), {o: over[o] for o in OVER}, told)
        self._share.set_value(self.options.share)
        self._over.set_value(self.options.over)
        self._forget.setText(self.tr("Remove all marks"))
        self.strip.setAccessibleName(self.tr("Tokens: drag, or hold Shift with the arrows, and press Enter"))
        self.table.setAccessibleName(self.title())
        self.heatmap.setAccessibleName(self.tr("Shares by layer"))
        self.table.fit_columns()

    def export_widget(self) -> QWidget:
        return self._picture

    def caption(self) -> str:
        trace, found = self.trace, self._found
        if trace is None or found is None:
            return ""
        names = ", ".join(f"{span.name} {span.first}–{span.last}" for span in found.budget.spans)
        where = self.selection_text(trace, self.selection)
        return " · ".join((trace.card.name, self.title(), where, names, trace.text))

    def data(self) -> dict[str, Any]:
        found: Found | None = self.current
        if found is None:
            return {}
        from visualizer.views.spans.table import SpanModel

        budget = found.budget
        values = SpanModel.numbers(found, *self._bars(found, self.selection))
        return {
            "spans": values,
            "rows": [*(f"{span.name} ({span.first}-{span.last})" for span in budget.spans), "rest"],
            "columns": ["attention", "weighted", "probability_without", "change"],
            "attention": budget.attention,
            "weighted": budget.weighted,
            "layers": np.array(budget.layers),
            "kind": budget.kind,
            "position": np.array(budget.query),
            "token_text": found.label,
        }
