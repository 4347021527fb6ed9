"""Surprise: the text as the model read it, coloured by how little it expected each token."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from visualizer.core.writing import continuation, places
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Hover, Selection
from visualizer.ui import guard
from visualizer.ui.color_bar import ColorBar
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.controls import Choice
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.numbers import fixed
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.plain_text import keep_plain
from visualizer.ui.readout import ReadoutLine
from visualizer.ui.running_text import RunningText
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.surprisal import words
from visualizer.views.surprisal.options import Options
from visualizer.views.text_pieces import pieces_of

if TYPE_CHECKING:
    from visualizer.core.analyses.surprisal import Floats, Surprise
    from visualizer.core.models import ModelCard
    from visualizer.core.text import Unit
    from visualizer.core.trace import Trace

_LEAST = 8.0  # bits to which the colours reach at least: an easy text must not look like a hard one
_UNITS = ("token", "morpheme", "word")


@dataclass(frozen=True, eq=False)
class Drawn:
    """What stands in the picture. bits, entropy: float64 [unit], NaN where nothing is predicted."""

    found: Surprise
    units: tuple[Unit, ...]
    bits: Floats
    entropy: Floats


@guard.overrides
class SurprisalView(View):
    """Running text; a click on a piece opens the distribution that its number was read from."""

    id: ClassVar[str] = "surprisal"
    Options: ClassVar[type] = Options
    shows_parts: ClassVar[bool] = True

    def how_to_read(self) -> str:
        return self.tr(
            "The stronger the colour, and the higher the bar below, the less the model expected the token: surprisal is"
            " −log2 of its probability. Click a token to see all that was expected in its place."
        )

    def build(self) -> QWidget:
        self._drawn_text: Drawn | None = None
        self._stopped: Trace | None = None
        self._at = -1
        frame = PictureFrame(self)
        self._frame, self._note = frame, frame.note
        self._controls = QWidget(frame)
        self._row = FlowLayout(self._controls)
        self._unit, self._color = Choice(self._controls), Choice(self._controls)
        self._stop = QPushButton(self._controls)
        for widget in (self._unit, self._color, self._stop):
            self._row.addWidget(widget)
        self._unit.chosen.connect(lambda unit: self.showing.select(unit=unit))
        self._color.chosen.connect(lambda color: self.set_options(color=color))
        self._stop.clicked.connect(self._on_stop_clicked)
        self._summary = QLabel(frame.picture)
        self._summary.setProperty("role", "readout")
        self._summary.setWordWrap(True)
        keep_plain(self._summary)
        self.text = RunningText(frame.picture)
        self._colors = ColorBar(frame.picture)
        self._readout = ReadoutLine(frame.picture)
        frame.fill(
            self._controls, self._summary, self.text, self._colors, self._readout, frame.note, growing=self.text
        )  # fmt: skip
        self.text.hovered.connect(self._on_text_hovered)
        self.text.chosen.connect(self._on_text_chosen)
        return frame

    # --- what can be shown -----------------------------------------------------------------------

    @classmethod
    def is_compatible(cls, subject: Trace | ModelCard) -> bool:
        return subject.task != "none"

    def why_incompatible(self) -> str:
        return self.tr("This model has no language-model head: it expects no token, so that none can surprise it.")

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        return (selection.rule.unit, selection.position) != (previous.rule.unit, previous.position)

    # --- question and answer ---------------------------------------------------------------------

    def is_quick(self, trace: Trace, question: None) -> bool:
        from visualizer.core.analyses import surprisal

        return surprisal.known(trace) is not None

    def answer(self, trace: Trace, question: None, should_stop: ShouldStop, progress: Progress) -> Surprise:
        from visualizer.core.analyses import surprisal

        return surprisal.measure(trace, should_stop, progress)

    def draw(self, trace: Trace, selection: Selection) -> None:
        if self._stopped is trace and self._drawn_text is not None:
            self.show_state(trace, selection)
            self._show(trace, self._drawn_text.found, selection)
            return
        self._stopped = None
        super().draw(trace, selection)
        self._show_stop()

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self._unit.set_value(self._shown_unit(selection))
        self._color.set_value(self.options.color)

    def clear(self) -> None:
        self._drawn_text = None
        self.text.set_pieces(())
        self._readout.forget_last()
        self._summary.setText("")

    def show_part(self, fraction: float, part: Surprise) -> None:
        self.show_progress(fraction)
        if (trace := self.showing.trace) is not None:
            self._show(trace, part, self.selection)

    def show_answer(self, found: Surprise, selection: Selection) -> None:
        if (trace := self.showing.trace) is not None:
            self._show(trace, found, selection)

    def _shown_unit(self, selection: Selection) -> str:
        """A token is nothing that its characters could share: by character it is read by token."""
        return selection.rule.unit if selection.rule.unit in _UNITS else "token"

    def _show(self, trace: Trace, found: Surprise, selection: Selection) -> None:
        from visualizer.core.analyses import surprisal

        unit = self._shown_unit(selection)
        units = surprisal.units_of(trace, unit)  # type: ignore[arg-type]
        bits, entropy = surprisal.by_unit(found, units)
        self._drawn_text = Drawn(found, units, bits, entropy)
        self.text.set_pieces(pieces_of(trace, units))
        is_entropy = self.options.color == "entropy"
        values = entropy if is_entropy else bits
        known = values[np.isfinite(values)]
        scale = ColorScale(max(_LEAST, float(known.max(initial=0.0))))
        self.text.set_values(values, scale)
        self._colors.set_scale(scale, self.tr("Entropy (bits)") if is_entropy else self.tr("Surprisal (bits)"))
        self.text.set_selected(self._selected(trace, selection))
        self._name_values(found, units, bits, entropy)
        self._summary.setText(words.summary(found))
        self._note.setText(words.note(trace, found, unit, self.options.color))
        self._say(self._at)
        self._show_stop()

    def _selected(self, trace: Trace, selection: Selection) -> int:
        """The piece whose distribution the next token's view shows; -1 for none."""
        drawn = self._drawn_text
        if drawn is None or (selection.position < 0 and not places.blanks(trace)):
            return -1
        position = places.place(trace, selection.position)
        token = np.flatnonzero(drawn.found.place == position)
        wanted = position if trace.task == "masked" else int(token[0]) if token.size else -1
        return next((n for n, unit in enumerate(drawn.units) if wanted in unit.tokens), -1)

    def _name_values(self, found: Surprise, units: tuple[Unit, ...], bits: Floats, entropy: Floats) -> None:
        names = (self.tr("Text"), self.tr("Surprisal (bits)"), self.tr("Rank"), self.tr("Entropy (bits)"))
        rows = []
        for unit, one, before in zip(units, bits.tolist(), entropy.tolist(), strict=True):
            rank = int(found.rank[unit.tokens[0]]) if len(unit.tokens) == 1 else 0
            numbers = ("" if np.isnan(one) else str(one), str(rank or ""), "" if np.isnan(before) else str(before))
            rows.append((unit.label.strip(), *numbers))
        self.text.pointed_texts = (names, rows)

    # --- stopping --------------------------------------------------------------------------------

    def _show_stop(self) -> None:
        trace = self.showing.trace
        is_running = self.is_running("answer") and trace is not None and trace.task == "masked"
        self._stop.setVisible(is_running or self._stopped is not None)
        self._stop.setText(self.tr("Stop") if is_running else self.tr("Go on"))

    def _on_stop_clicked(self) -> None:
        if self.is_running("answer"):
            self.cancel_job("answer")
            self._stopped = self.showing.trace
            self._show_stop()
        else:
            self._stopped = None
            self.redraw()

    # --- pointing --------------------------------------------------------------------------------

    def _on_text_hovered(self, piece: int) -> None:
        self._at = piece
        drawn, trace = self._drawn_text, self.showing.trace
        if drawn is None or trace is None:
            return
        is_side = self.selection.kind != "encoder" or trace.kind != "encoder_decoder"
        token = min(drawn.units[piece].tokens, default=-1) if piece >= 0 else -1
        self.showing.set_hover(Hover(query=token) if token >= 0 and is_side else None)
        self._say(piece)

    def _say(self, piece: int) -> None:
        drawn = self._drawn_text
        if drawn is None:
            return
        at = piece if 0 <= piece < len(drawn.units) else self.text.selected
        if not 0 <= at < len(drawn.units):
            self._readout.say("", self._strongest(drawn))
            return
        self._readout.say(words.readout(drawn.found, drawn.units[at], float(drawn.bits[at]), float(drawn.entropy[at])))

    def _strongest(self, drawn: Drawn) -> str:
        """What is said before anything was pointed at: where the model was most surprised."""
        if not np.isfinite(drawn.bits).any():
            return ""
        at = int(np.nanargmax(drawn.bits))
        label = drawn.units[at].label.strip()
        return self.tr("Most surprising: “{token}”, {bits} bits").format(token=label, bits=fixed(float(drawn.bits[at])))

    def _on_text_chosen(self, piece: int) -> None:
        """Open the distribution that the number was read from: of a masked model that of the blanked text."""
        drawn, trace = self._drawn_text, self.showing.trace
        if drawn is None or trace is None or not 0 <= piece < len(drawn.units):
            return
        token = next((t for t in drawn.units[piece].tokens if drawn.found.place[t] >= 0), None)
        if token is None:
            return
        if trace.task != "masked":
            self.showing.select(position=int(drawn.found.place[token]))
        elif (model := self.showing.own_model) is not None:
            request = continuation.blanked(trace, model.tokenizer, token)
            if request is None:
                return
            self.showing.select(position=token)
            asked = replace(self.showing.request, text=request.text, pair=request.pair)
            self.session.ask(asked, self.showing)
        self.view_requested.emit("next_token")

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        margin = theme.px(16)
        self._row.setSpacing(theme.px(8))
        self._summary.setContentsMargins(margin, theme.px(4), margin, 0)
        self._readout.setContentsMargins(margin, 0, margin, 0)
        self._note.setContentsMargins(margin, theme.px(4), margin, theme.px(8))
        self._readout.apply_theme(theme)
        self._colors.apply_theme(theme)
        self.text.apply_theme(theme)

    def retranslate(self) -> None:
        self._unit.set_texts(
            self.tr("By"),
            {"token": self.tr("token"), "morpheme": self.tr("morpheme"), "word": self.tr("word")},
            self.tr("What the surprisal is summed over"),
        )
        self._color.set_texts(
            self.tr("Colour"),
            {"surprisal": self.tr("surprisal"), "entropy": self.tr("entropy")},
            self.tr("Surprisal: how little the token was expected. Entropy: how unsure the model was before it."),
        )
        self.text.setAccessibleName(self.title())

    def export_widget(self) -> QWidget:
        return self._frame.picture

    def caption(self) -> str:
        trace = self.trace
        if trace is None:
            return ""
        text = trace.target_text if trace.kind == "encoder_decoder" else trace.text
        found = () if self._drawn_text is None else (words.summary(self._drawn_text.found),)
        return " · ".join((trace.card.name, self.title(), *found, text))

    def data(self) -> dict[str, Any]:
        drawn = self._drawn_text
        if drawn is None or self.current is None:
            return {}
        found = drawn.found
        return {
            "values": np.stack([drawn.bits, drawn.entropy], axis=1),
            "rows": [unit.label for unit in drawn.units],
            "columns": ["surprisal", "entropy"],
            "surprisal": found.surprisal,
            "rank": found.rank,
            "entropy": found.entropy,
            "unit": self._shown_unit(self.selection),
            "perplexity": found.perplexity,
            "bits_per_character": found.bits_per_character,
            "method": "pseudo-log-likelihood" if found.is_pseudo else "log-likelihood",
        }
