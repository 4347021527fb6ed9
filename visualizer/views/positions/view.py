"""How the model knows where a token stands: its real scheme, and the formula of the paper beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from visualizer.core.positions import LEAST_POSITIONS, PositionPart, PositionScheme
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Hover, Selection
from visualizer.ui import terms
from visualizer.ui.controls import Choice
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.positions.bias import BiasPanel
from visualizer.views.positions.formula import FormulaPanel
from visualizer.views.positions.matrix import MatrixPanel
from visualizer.views.positions.options import Options
from visualizer.views.positions.panel import Panel
from visualizer.views.positions.rotary import RotaryPanel

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

_P = TypeVar("_P", bound=Panel | FormulaPanel)


class PositionsView(View):
    """The scheme that the loaded model has, whatever it is; hover or click a position to follow it."""

    id: ClassVar[str] = "positions"
    Options: ClassVar[type] = Options

    def how_to_read(self) -> str:
        return self.tr(
            "How this model tells positions apart: numbers added to the embeddings, queries and keys turned by an"
            " angle, or a bias on the scores that depends on distance. Hover a position to follow it; “Formula” shows"
            " the sinusoidal encoding of the original paper."
        )

    def build(self) -> QWidget:
        self._shown: tuple[object, ...] = ()
        self._hovered = -1
        self._part_choice = Choice(self)
        self._part_choice.chosen.connect(lambda number: self.set_options(part=number))
        self._formula_button = QPushButton(self)
        self._formula_button.setCheckable(True)
        self._formula_button.toggled.connect(lambda checked: self.set_options(formula=checked))
        self.add_control(self._part_choice)
        self.add_control(self._formula_button)
        content = QWidget(self)
        self._note = QLabel(content)
        self._note.setWordWrap(True)
        self._note.setProperty("role", "quiet")
        terms.gloss(self._note)
        self._note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._stack = QStackedWidget(content)
        self._nothing = QWidget()
        self._stack.addWidget(self._nothing)
        self._panels: dict[type, Panel | FormulaPanel] = {}
        self._rows = QVBoxLayout(content)
        self._rows.addWidget(self._note)
        self._rows.addWidget(self._stack, 1)
        return content

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        return (selection.query, selection.head, selection.kind) != (previous.query, previous.head, previous.kind)

    # --- drawing ---------------------------------------------------------------------------------

    def answer(self, trace: Trace, question: None, should_stop: ShouldStop, progress: Progress) -> PositionScheme:
        return trace.positions  # asking the model for its scheme runs it for a few tokens: not between two frames

    def show_state(self, trace: Trace, selection: Selection) -> None:
        with QSignalBlocker(self._formula_button):
            self._formula_button.setChecked(self.options.formula)

    def clear(self) -> None:
        self._shown = ()
        self._note.clear()
        self._stack.setCurrentWidget(self._nothing)

    def show_answer(self, scheme: PositionScheme, selection: Selection) -> None:
        shown = (self.trace, self.options)
        if shown == self._shown:
            self._show_position()
            return
        self._shown = shown
        self._name_parts(scheme)
        self._show_part(scheme)

    @property
    def _scheme(self) -> PositionScheme | None:
        scheme: PositionScheme | None = self.current
        return scheme

    def _name_parts(self, scheme: PositionScheme) -> None:
        names = {number: self._part_name(part, number) for number, part in enumerate(scheme.parts)}
        self._part_choice.set_texts(self.tr("Part"), names)
        self._part_choice.set_value(self._part_number(scheme))
        self._part_choice.setVisible(len(names) > 1)

    def _part_number(self, scheme: PositionScheme) -> int:
        """The part that is shown: the chosen one, or the first where the model has not so many."""
        return self.options.part if self.options.part < len(scheme.parts) else 0

    def _part(self) -> PositionPart | None:
        scheme = self._scheme
        return scheme.parts[self._part_number(scheme)] if scheme is not None and scheme.parts else None

    def _tokens(self) -> tuple[str, ...]:
        """What stands at the positions that the shown part counts."""
        trace, part = self.trace, self._part()
        if trace is None:
            return ()
        if trace.kind == "encoder_decoder" and part is not None:
            is_decoder = part.side == "decoder" or (not part.side and self.selection.kind == "decoder")
            return tuple(token.text for token in (trace.target_tokens if is_decoder else trace.tokens))
        return tuple(token.text for token in trace.tokens)

    def _show_part(self, scheme: PositionScheme) -> None:
        trace, part, options = self.trace, self._part(), self.options
        assert trace is not None
        is_formula = options.formula
        tokens = self._tokens()
        count = max(len(tokens), LEAST_POSITIONS)
        self._note.setText("" if is_formula else self._part_text(part))
        self._note.setVisible(not is_formula and not self.theme.lecture)
        if is_formula:
            sinusoidal = next((p for p in scheme.parts if p.kind == "sinusoidal"), None)
            width = sinusoidal.matrix.shape[1] if sinusoidal is not None and sinusoidal.matrix is not None else 0
            formula = self._panel(FormulaPanel)
            name = self._scheme_name(part.kind if part else "none")
            width = options.width or width or trace.card.width
            formula.show_model(sinusoidal, count, name, options.pair, width, options.base)
            self._stack.setCurrentWidget(formula)
        elif part is None:
            self._stack.setCurrentWidget(self._nothing)
        else:
            kind = MatrixPanel if part.matrix is not None else RotaryPanel if part.kind == "rotary" else BiasPanel
            panel = self._panel(kind)
            panel.show_part(part, tokens if part.distances is None or part.matrix is None else (), count)
            self._stack.setCurrentWidget(panel)
            self._show_position()

    def _panel(self, kind: type[_P]) -> _P:
        """The panel of a kind, made when it is first needed: a model has one scheme, rarely two."""
        panel = self._panels.get(kind)
        if panel is None:
            panel = self._panels[kind] = kind()
            self._stack.addWidget(panel)
            panel.apply_theme(self.theme)
            panel.retranslate()
            if isinstance(panel, Panel):
                panel.position_hovered.connect(self._on_panel_position_hovered)
                panel.position_clicked.connect(self._on_panel_position_clicked)
                panel.head_clicked.connect(lambda head: self.showing.select(head=head))
            else:
                panel.chosen.connect(lambda name, value: self.set_options(**{name: value}))
        assert isinstance(panel, kind)
        return panel

    def _show_position(self) -> None:
        panel = self._stack.currentWidget()
        if not isinstance(panel, Panel):
            return
        tokens, selection = self._tokens(), self.selection
        position = self._hovered
        if position < 0 and self._is_linked() and selection.query is not None:
            position = selection.query
        if position < 0:
            position = max(0, len(tokens) - 1)
        if panel.part.distances is not None and self._hovered < 0:
            position = len(panel.part.distances) // 2
        panel.show_position(position, selection.head)

    # --- words -----------------------------------------------------------------------------------

    def _scheme_name(self, kind: str) -> str:
        names = {
            "sinusoidal": self.tr("a sinusoidal encoding"),
            "learned": self.tr("learned position embeddings"),
            "rotary": self.tr("rotary position encoding"),
            "relative": self.tr("a relative position bias"),
            "alibi": self.tr("ALiBi"),
        }
        return names.get(kind, self.tr("no position encoding"))

    def _part_name(self, part: PositionPart, number: int) -> str:
        if part.side == "encoder":
            name = self.tr("encoder")
        elif part.side == "decoder":
            name = self.tr("decoder")
        else:
            name = part.layer_type.replace("_", " ") or self._scheme_name(part.kind)
        if part.layers and not part.layer_type:
            name = f"{name}, {self._layers(part)}"
        return name

    def _layers(self, part: PositionPart) -> str:
        return self.tr("layers: {layers}").format(layers=_ranges(part.layers))

    def _part_text(self, part: PositionPart | None) -> str:
        if part is None:
            return self.tr("This model has no position encoding: nothing is added, turned or biased by position.")
        texts = {
            "sinusoidal": self.tr("Sines and cosines of the position are added to the embeddings."),
            "learned": self.tr("A learned vector for each position is added to the embeddings."),
            "rotary": self.tr("Queries and keys are turned, pair by pair, by an angle that grows with the position."),
            "relative": self.tr("Each head adds a learned bias to its scores that depends on the distance."),
            "alibi": self.tr("Each head lowers its scores in proportion to the distance, by a slope of its own."),
        }
        text = texts[part.kind]
        if part.kind == "relative" and part.matrix is not None:
            text = self.tr("Attention also compares queries and keys with a vector for each distance.")
        details = []
        if part.layout == "halves":
            details.append(self.tr("sines in the left half of the columns, cosines in the right"))
        elif part.layout == "interleaved":
            details.append(self.tr("sine and cosine in turn"))
        if part.matrix is not None and part.length is not None:
            details.append(self.tr("{rows} positions × {width}").format(rows=part.length, width=part.matrix.shape[1]))
        if part.offset:
            details.append(self.tr("position 0 uses row {row} of the table").format(row=part.offset))
        if part.kind == "rotary":
            numbers = {"turned": part.rotated, "all": part.head_width or part.rotated}
            details.append(self.tr("{turned} of {all} dimensions of each head").format(**numbers))
            if part.attention_scaling != 1.0:
                details.append(self.tr("scaled by {factor}").format(factor=f"{part.attention_scaling:.4g}"))
        if part.layers:
            details.append(self._layers(part))
        more = " · ".join(details)
        return f"{text} {more[:1].upper()}{more[1:]}"

    # --- reactions -------------------------------------------------------------------------------

    def _is_linked(self) -> bool:
        """Whether positions of the picture are the query tokens of the selected kind of attention."""
        trace, part = self.trace, self._part()
        if trace is None or part is None or part.distances is not None:
            return False
        if trace.kind != "encoder_decoder":
            return True
        kind = self.selection.kind
        return part.side == kind or (part.side == "decoder" and kind == "cross") or not part.side

    def _on_panel_position_hovered(self, position: int) -> None:
        self._hovered = position
        if self._is_linked():
            inside = 0 <= position < len(self._tokens())
            self.showing.set_hover(Hover(query=position) if inside else None)
        self._show_position()

    def _on_panel_position_clicked(self, position: int) -> None:
        if self._is_linked() and position < len(self._tokens()):
            locked = self.selection.query
            self.showing.select(query=None if locked == position else position)

    def on_hover(self, hover: Hover) -> None:
        if self._is_linked() and (hover.query if hover.query is not None else -1) != self._hovered:
            self._hovered = hover.query if hover.query is not None else -1
            self._show_position()

    # --- appearance ------------------------------------------------------------------------------

    def retranslate(self) -> None:
        self._formula_button.setText(self.tr("Formula"))
        self._formula_button.setToolTip(self.tr("The sinusoidal encoding of “Attention Is All You Need”, section 3.5"))
        for panel in self._panels.values():
            panel.retranslate()
        self._shown = ()

    def apply_theme(self, theme: Theme) -> None:
        self._rows.setContentsMargins(theme.px(16), 0, theme.px(16), theme.px(16))
        self._rows.setSpacing(theme.px(8))
        for panel in self._panels.values():
            panel.apply_theme(theme)

    # --- export ----------------------------------------------------------------------------------

    def caption(self) -> str:
        trace, part = self.trace, self._part()
        if trace is None:
            return ""
        scheme = self._scheme_name(part.kind if part is not None else "none")
        return " · ".join([trace.card.name, scheme, trace.text])

    def data(self) -> dict[str, Any]:
        page = self._stack.currentWidget()
        if self.current is None:
            return {}
        if isinstance(page, FormulaPanel):
            return {f"{'model' if c.dots else 'formula'}_{n}": c.y for n, c in enumerate(page.curves())}
        return page.data() if isinstance(page, Panel) else {}


def _ranges(numbers: tuple[int, ...]) -> str:
    """0, 1, 2, 5 as "0–2, 5"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("–".join(map(str, part)) for part in parts)
