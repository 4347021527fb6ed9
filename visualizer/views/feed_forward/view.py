"""The feed-forward part of one layer: its strongest neurons at a token, and what one of them reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QWidget

from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Hover, Selection
from visualizer.ui.change_bars import Change, ChangeBars
from visualizer.ui.colored_text import ColoredText
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.curve_plot import Curve, CurvePlot
from visualizer.ui.numbers import format_number, signed
from visualizer.ui.panes import TwoPanes
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.row_bars import Row, RowBars
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.feed_forward import words
from visualizer.views.feed_forward.options import Options

if TYPE_CHECKING:
    from visualizer.core.text import Token
    from visualizer.core.trace import Trace
    from visualizer.views.feed_forward.work import Asked, Found


class FeedForwardView(View):
    """A click on a neuron follows it, one on a token looks there, one on a layer goes to it."""

    id: ClassVar[str] = "feed_forward"
    Options: ClassVar[type] = Options

    def how_to_read(self) -> str:
        return self.tr(
            "Each layer ends with a feed-forward part of many neurons. A neuron looks for one direction of the stream "
            "(before), lets some of it through (after) and writes another direction. Choose a token in the text and a "
            "neuron in the list."
        )

    def build(self) -> QWidget:
        self._found: Found | None = None
        frame = PictureFrame(self)
        self._picture, self._note, self._inner = frame.picture, frame.note, frame.inner
        self.text = ColoredText(self._picture)
        self._heading = QLabel(self._picture)
        self._heading.setProperty("role", "quiet")
        self._heading.setWordWrap(True)
        self.neurons = RowBars(self._picture)
        self.curve = CurvePlot(self._picture)
        self.tokens = ChangeBars(self._picture)
        self.layers = RowBars(self._picture, upward=True)
        self._left = QSplitter(Qt.Orientation.Vertical, self._picture)
        self._right = QSplitter(Qt.Orientation.Vertical, self._picture)
        for splitter, parts in ((self._left, (self.neurons, self.layers)), (self._right, (self.curve, self.tokens))):
            splitter.setChildrenCollapsible(False)
            for part in parts:
                splitter.addWidget(part)
            splitter.setStretchFactor(0, 1)
            splitter.setStretchFactor(1, 1)
        self._panes = TwoPanes(self._left, self._right, self._picture)
        self._panes.set_shares((1, 1), (1, 1))
        frame.fill(QWidget(frame), self._heading, self.text, self._panes, frame.note, growing=self._panes)
        self.text.token_clicked.connect(self._on_text_token_clicked)
        self.text.token_hovered.connect(self._on_text_token_hovered)
        self.neurons.row_chosen.connect(self._on_neurons_row_chosen)
        self.layers.row_chosen.connect(self._on_layers_row_chosen)
        return frame

    # --- question and answer ---------------------------------------------------------------------

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        names = ("kind", "layer", "query")
        return any(getattr(selection, name) != getattr(previous, name) for name in names)

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        layer = self.tr("layer {layer}").format(layer=selection.layer)
        token = self._tokens(trace)[self._position(trace, selection)]
        parts = (self.describe_kind(trace, selection), layer, self.tr("“{token}”").format(token=token.name))
        return " · ".join(part for part in parts if part)

    def question(self, trace: Trace, selection: Selection) -> Asked:
        from visualizer.core.analyses import feed_forward
        from visualizer.views.feed_forward.work import Asked

        options = self.options
        return Asked(
            feed_forward.side_of(selection.kind),
            selection.layer,
            self._position(trace, selection),
            options.neuron,
            options.expert,
        )

    def is_quick(self, trace: Trace, question: Asked) -> bool:
        from visualizer.views.feed_forward import work

        return work.known(trace, question) is not None

    def answer(self, trace: Trace, question: Asked, should_stop: ShouldStop, progress: Progress) -> Found:
        from visualizer.views.feed_forward import work

        return work.measure(trace, question, should_stop)

    def _tokens(self, trace: Trace) -> tuple[Token, ...]:
        return trace.query_tokens(self.selection.kind)

    def _position(self, trace: Trace, selection: Selection) -> int:
        """The locked token, or the last one."""
        count = len(trace.query_tokens(selection.kind))
        return count - 1 if selection.query is None else min(selection.query, count - 1)

    # --- drawing ---------------------------------------------------------------------------------

    def clear(self) -> None:
        self._found = None
        self.neurons.set_rows(())
        self.layers.set_rows(())
        self.tokens.set_changes(())
        self.curve.set_curves(())
        self.text.set_values((), np.zeros(0, np.float32), ColorScale(1.0, "signed"))
        self._heading.clear()
        self._note.setText(self.tr("The neurons are being read…"))

    def show_answer(self, found: Found, selection: Selection) -> None:
        self._found = found
        self._show_neurons(found)
        self._show_curve(found)
        self._show_text(found)
        self._show_tokens(found)
        self._show_layers(found)
        self._note.setText(words.note(found))
        self._note.setVisible(not self.theme.lecture)

    def _show_neurons(self, found: Found) -> None:
        rows = [
            Row(
                words.name(one),
                f"{format_number(one.before)} → {format_number(one.after)}",
                (one.writes,),
                words.hint(one),
            )
            for one in found.neurons
        ]
        chosen = next(
            (
                n
                for n, one in enumerate(found.neurons)
                if found.chosen is not None and (one.neuron, one.expert) == (found.chosen.neuron, found.chosen.expert)
            ),
            -1,
        )
        self.neurons.set_rows(rows, chosen)

    def _show_curve(self, found: Found) -> None:
        one, layer = found.chosen, found.layer
        if one is None or layer.curve is None:
            self.curve.set_curves(())
            self.curve.setVisible(layer.curve is not None)
            return
        self.curve.setVisible(True)
        x, y = layer.curve
        reach = max(3.0, 1.2 * abs(one.before))
        inside = (x >= -reach) & (x <= reach)
        value = float(np.interp(one.before, x, y)) if not np.isfinite(one.up) or not one.up else one.after / one.up
        point = np.array([one.before]), np.array([value])
        name = words.title(one)
        if np.isfinite(one.up):
            name = self.tr("{neuron}, then × {factor}").format(neuron=name, factor=format_number(one.up))
        self.curve.set_curves(
            (
                Curve(x[inside], y[inside], self.theme.text_quiet),
                Curve(*point, self.theme.accent, name, dots=True),
            )
        )
        self.curve.set_mark(one.before)

    def _show_text(self, found: Found) -> None:
        trace, one = self.trace, found.chosen
        if trace is None or one is None:
            return
        values = found.layer.along(one.neuron, one.expert)
        tokens = [token.text for token in self._tokens(trace)][: len(values)]
        high = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
        self.text.set_values(tokens, values[: len(tokens)], ColorScale(high, "signed"), found.asked.position)
        text = self.tr("{neuron} of layer {layer}, after the activation, at every token (largest: {value})")
        self._heading.setText(
            text.format(neuron=words.title(one), layer=found.layer.layer, value=format_number(high))
        )

    def _show_tokens(self, found: Found) -> None:
        trace, promoted = self.trace, found.promoted
        self.tokens.setVisible(promoted is not None)
        if trace is None or promoted is None:
            self.tokens.set_changes(())
            return
        half = max(3, min(len(promoted.promotes), self.tokens.height() // self.theme.px(26) // 2))
        pairs = (*promoted.promotes[:half], *reversed(promoted.suppresses[:half]))
        largest = max((abs(value) for _, value in pairs), default=1.0) or 1.0
        self.tokens.set_changes(
            tuple(
                Change(trace.label(token), value / largest, signed(value, format_number(abs(value))))
                for token, value in pairs
            )
        )

    def _show_layers(self, found: Found) -> None:
        steps, at = found.steps, found.asked.position
        is_split = not np.isnan(steps.feed_forward).all()
        rows = []
        for layer in range(len(steps.whole)):
            both = (float(steps.feed_forward[layer, at]), float(steps.attention[layer, at]))
            if not np.isfinite(both[0]):
                both = (float(steps.whole[layer, at]),) if not is_split else (float("nan"), float("nan"))  # type: ignore[assignment]
            told = " · ".join(format_number(value) for value in both if np.isfinite(value))
            hint = self.tr("Layer {layer}; the stream before it has the length {value}").format(
                layer=layer, value=format_number(float(steps.stream[layer, at]))
            )
            rows.append(Row(self.tr("layer {layer}").format(layer=layer), told, both, hint))
        title = self.tr("Length of the step")
        names = (self.tr("feed-forward"), self.tr("attention")) if is_split else (self.tr("whole layer"),)
        self.layers.set_titles(title, names)
        self.layers.set_rows(rows, found.asked.layer)

    # --- reactions -------------------------------------------------------------------------------

    def _on_text_token_clicked(self, token: int) -> None:
        self.showing.select(query=None if self.selection.query == token else token)

    def _on_text_token_hovered(self, token: int) -> None:
        self.showing.set_hover(Hover(query=token) if token >= 0 else None)

    def on_hover(self, hover: Hover) -> None:
        self.text.set_hovered(-1 if hover.query is None else hover.query)

    def _on_neurons_row_chosen(self, row: int) -> None:
        if self._found is not None and row < len(self._found.neurons):
            one = self._found.neurons[row]
            self.set_options(neuron=one.neuron, expert=None if one.expert < 0 else one.expert)

    def _on_layers_row_chosen(self, row: int) -> None:
        self.set_options(neuron=None, expert=None)
        self.showing.select(layer=row)

    # --- look, language, export ------------------------------------------------------------------

    def retranslate(self) -> None:
        self.neurons.set_titles(self.tr("Neurons: before → after the activation"))
        self.curve.set_titles(self.tr("before"), self.tr("after the activation"))
        self.tokens.setAccessibleName(self.tr("Tokens that the neuron promotes and suppresses"))
        self.text.setAccessibleName(self.tr("Where the neuron fires"))
        self.curve.setAccessibleName(self.tr("Activation"))

    def apply_theme(self, theme: Theme) -> None:
        for part in (self.text, self.neurons, self.curve, self.tokens, self.layers, self._panes):
            part.apply_theme(theme)
        self._inner.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(8))
        self._inner.setSpacing(theme.px(8))
        for splitter in (self._left, self._right):
            splitter.setContentsMargins(theme.px(8), 0, theme.px(8), 0)
        self._note.setVisible(not theme.lecture)

    def export_widget(self) -> QWidget:
        return self._picture

    def caption(self) -> str:
        trace, found = self.trace, self._found
        if trace is None:
            return ""
        who = () if found is None or found.chosen is None else (words.title(found.chosen),)
        return " · ".join((trace.card.name, self.selection_text(trace, self.selection), *who, trace.text))

    def data(self) -> dict[str, Any]:
        found: Found | None = self.current
        if found is None:
            return {}
        layer = found.layer
        numbers: dict[str, Any] = {
            "after": layer.after,
            "before": layer.before,
            "neurons": [one.neuron for one in found.neurons],
            "layer": layer.layer,
            "position": found.asked.position,
            "feed_forward_step": found.steps.feed_forward,
            "attention_step": found.steps.attention,
        }
        if layer.up is not None:
            numbers["up"] = layer.up
        if layer.routing is not None:
            numbers |= {"experts": layer.routing.experts, "weights": layer.routing.weights}
        if found.chosen is not None:
            numbers["neuron"] = found.chosen.neuron
            numbers["along"] = layer.along(found.chosen.neuron, found.chosen.expert)
        return numbers
