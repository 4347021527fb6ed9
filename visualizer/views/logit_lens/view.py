"""The logit lens: the top token of every layer at every position, and one position closely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QLineEdit, QWidget

from visualizer.core.errors import VisualizerError
from visualizer.core.writing import places
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Selection
from visualizer.ui import errors, guard
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.controls import Choice
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.numbers import format_number, format_probability
from visualizer.ui.panes import TwoPanes
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.plain_text import tip
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.logit_lens import words
from visualizer.views.logit_lens.options import BESIDE, COLORS, PARTS, Options

if TYPE_CHECKING:
    from visualizer.core.models import ModelCard
    from visualizer.core.trace import Trace
    from visualizer.views.logit_lens.beside import Beside
    from visualizer.views.logit_lens.work import Column, Found


@guard.overrides
class LogitLensView(View):
    """A click selects layer and position. Tokens are pinned by name, or from the list of the chosen cell."""

    id: ClassVar[str] = "logit_lens"
    Options: ClassVar[type] = Options
    shows_parts: ClassVar[bool] = True

    def how_to_read(self) -> str:
        return self.tr(
            "Each cell is what the model would answer at this position if this layer were the last: the residual "
            "stream, read through the final norm and the output layer. The bottom row are the embeddings."
        )

    def build(self) -> QWidget:
        from visualizer.views.logit_lens.beside import Beside

        self._found: Found | None = None
        self._column: Column | None = None
        self._source = ""
        frame = PictureFrame(self)
        self._picture, self._note = frame.picture, frame.note
        self._controls = QWidget(frame)
        self._row = FlowLayout(self._controls)
        self._color, self._part, self._beside, self._pin = (Choice(self._controls) for _ in range(4))
        self._typed = QLineEdit(self._controls)
        for widget in (self._color, self._part, self._beside, self._pin, self._typed):
            self._row.addWidget(widget)
        self._color.chosen.connect(lambda value: self.set_options(color=value))
        self._part.chosen.connect(lambda value: self.set_options(part=value))
        self._beside.chosen.connect(lambda value: self.set_options(beside=value))
        self._pin.chosen.connect(self._on_pin_chosen)
        self._typed.returnPressed.connect(lambda: self._guarded(self._pin_typed))
        self.heatmap = HeatmapWidget(self._picture, square=False)
        self.beside: Beside = Beside(self._picture)
        self._panes = TwoPanes(self.heatmap, self.beside, self._picture)
        self._panes.set_shares((3, 2), (3, 2))
        frame.fill(self._controls, self._panes, frame.note, growing=self._panes)
        self.heatmap.cell_hovered.connect(self._on_cell_hovered)
        self.heatmap.cell_clicked.connect(self._on_cell_clicked)
        self.beside.layer_chosen.connect(self._choose_layer)
        return frame

    # --- what can be shown -----------------------------------------------------------------------

    @classmethod
    def is_compatible(cls, subject: Trace | ModelCard) -> bool:
        return subject.task != "none"

    def why_incompatible(self) -> str:
        return self.tr("This model has no language-model head: no layer can be asked for a token.")

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        position = self.tr("position {position}").format(position=places.place(trace, selection.position))
        return f"{words.layer_name(self._row_of(trace, selection))} · {position}"

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        names = ("kind", "layer", "position", "look")
        return any(getattr(selection, name) != getattr(previous, name) for name in names)

    def question(self, trace: Trace, selection: Selection) -> str:
        return str(self.options.part)

    def is_quick(self, trace: Trace, question: str) -> bool:
        from visualizer.core.analyses import logit_lens

        return logit_lens.known(trace, question) is not None

    def answer(self, trace: Trace, question: str, should_stop: ShouldStop, progress: Progress) -> Found:
        from visualizer.views.logit_lens import work

        return work.measure(trace, question, should_stop, progress)

    def draw(self, trace: Trace, selection: Selection) -> None:
        before, self._source = self._source, trace.card.source
        if before and before != self._source and self.options.pinned:
            self.set_options(pinned=frozenset())  # an id means another token there
        super().draw(trace, selection)

    # --- drawing ---------------------------------------------------------------------------------

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self._color.set_value(self.options.color)
        self._part.set_value(self.options.part)
        self._beside.set_value(self.options.beside)
        self.beside.set_kind(self.options.beside)

    def clear(self) -> None:
        self._found = self._column = None
        self.heatmap.set_data(np.zeros((0, 0), dtype=np.float32))
        self.beside.clear()
        self._note.setText("")

    def show_part(self, fraction: float, part: Found) -> None:
        self.show_progress(fraction)
        self._show(part)

    def show_answer(self, found: Found, selection: Selection) -> None:
        self._show(found)
        trace = self.showing.trace
        if trace is None:
            return
        position, part = self._position(trace, selection), self.options.part
        column = self._column
        if column is not None and (column.trace, column.position, column.part) == (trace, position, part):
            self._show_column(column)
            return
        self._ask_column(trace, position, part)

    def _ask_column(self, trace: Trace, position: int, part: str) -> None:
        from visualizer.core.analyses import logit_lens
        from visualizer.views.logit_lens import work

        if logit_lens.known_column(trace, position, part) is not None:
            self._show_column(work.column(trace, position, part))
            return
        self.start_job("column", lambda _stop, _progress: work.column(trace, position, part), self._show_column)

    def _show_column(self, column: Column) -> None:
        trace = self.showing.trace
        if trace is not column.trace or self._found is None:
            return
        self._column = column
        self._offer_tokens(trace, column)
        self.beside.show_column(trace, column, self._followed(column), self._row_of(trace, self.selection))

    def _followed(self, column: Column) -> tuple[int, ...]:
        """The pinned tokens; without any the five that the last layer finds most probable."""
        pinned = sorted(token for token in self.options.pinned if token < column.shares.shape[1])
        if pinned:
            return tuple(pinned)
        return tuple(np.argsort(-column.shares[-1], kind="stable")[:5].tolist())

    def _show(self, found: Found) -> None:
        from visualizer.views.logit_lens import work

        trace, selection = self.showing.trace, self.selection
        self._found = found
        if trace is None:
            return
        lens = found.lens
        tokens = places.predicting_tokens(trace)
        values = work.values(lens, self.options.color)[::-1]
        missing = ~np.isfinite(values)
        high = 1.0 if self.options.color == "probability" else float(values[~missing].max(initial=0.0))
        self.heatmap.set_data(
            np.where(missing, 0.0, values).astype(np.float32),
            scale=ColorScale(high, "linear" if self.options.color == "rank" else selection.look.scale),
            mask=missing if missing.any() else None,
            row_labels=[words.layer_name(row) for row in reversed(range(len(values)))],
            column_labels=[tokens[position].text for position in lens.positions],
            texts=found.texts[::-1],
        )
        self.heatmap.set_titles(self.tr("Layer"), words.column_title(trace), words.unit(self.options.color))
        row = self._row_of(trace, selection)
        column = self._column_of(trace, selection)
        self.heatmap.set_locked(self._flip(row), column)
        self.heatmap.set_readout(self._readout(row, column))
        self._show_note(trace)

    def _show_note(self, trace: Trace) -> None:
        text = words.note(trace, self.options.part)
        self._note.setText(words.short_note() if self.theme.lecture else text)
        self._note.setToolTip(tip(text) if self.theme.lecture else "")

    # --- places ----------------------------------------------------------------------------------

    def _flip(self, row: int) -> int:
        """The row of the picture of a row of the lens, and back: layers rise. -1 stays what it is."""
        return row if row < 0 or self._found is None else len(self._found.lens.entropy) - 1 - row

    def _row_of(self, trace: Trace, selection: Selection) -> int:
        """The row of the lens that is chosen: 0 are the embeddings, n + 1 is after block n."""
        from visualizer.core.analyses.lens_streams import stream

        return min(selection.layer + 1, len(trace.residual[stream(trace)]) - 1)

    def _position(self, trace: Trace, selection: Selection) -> int:
        """The position that is looked at: of a masked model one of those that are read."""
        wanted = places.place(trace, selection.position)
        positions = () if self._found is None else self._found.lens.positions
        return wanted if wanted in positions or not positions else positions[0]

    def _column_of(self, trace: Trace, selection: Selection) -> int:
        positions = () if self._found is None else self._found.lens.positions
        wanted = self._position(trace, selection)
        return positions.index(wanted) if wanted in positions else -1

    # --- choosing --------------------------------------------------------------------------------

    def _choose_layer(self, row: int) -> None:
        trace = self.showing.trace
        if trace is not None and row > 0:
            self.showing.select(layer=row - 1, **self._kind(trace))

    def _kind(self, trace: Trace) -> dict[str, str]:
        """Layers are those of the stack that predicts."""
        return {"kind": "decoder"} if self.selection.kind == "encoder" and "decoder" in trace.kinds else {}

    def _on_cell_clicked(self, row: int, column: int) -> None:
        trace, found = self.showing.trace, self._found
        if trace is None or found is None:
            return
        changes: dict[str, Any] = {"position": found.lens.positions[column]}
        if (layer := self._flip(row) - 1) >= 0:
            changes |= {"layer": layer, **self._kind(trace)}
        self.showing.select(**changes)

    def _on_cell_hovered(self, row: int, column: int) -> None:
        self.heatmap.set_hovered(row, column)
        trace = self.showing.trace
        if trace is None or self._found is None:
            return
        self.heatmap.setToolTip(tip(words.top_ten(trace, self._found, self._flip(row), column)) if row >= 0 else "")
        place = self._flip(row), column
        if row < 0:
            place = self._row_of(trace, self.selection), self._column_of(trace, self.selection)
        self.heatmap.set_readout(self._readout(*place))

    def _readout(self, row: int, column: int) -> str:
        trace, found = self.showing.trace, self._found
        if trace is None or found is None or column < 0 or not 0 <= row < len(found.lens.entropy):
            return ""
        lens = found.lens
        if lens.token_id[row, column, 0] < 0:
            return self.tr("{layer}: not read yet").format(layer=words.layer_name(row))
        return self.tr("{layer}: “{token}” {chance} · rank {rank} of the answer “{answer}” · {bits} bits").format(
            layer=words.layer_name(row),
            token=found.texts[row][column],
            chance=format_probability(float(lens.probability[row, column, 0])),
            rank=f"{int(lens.answer_rank[row, column]):,}",
            answer=trace.label(int(lens.answer[column])).strip(),
            bits=format_number(float(lens.entropy[row, column])),
        )

    # --- pinned tokens ---------------------------------------------------------------------------

    def _offer_tokens(self, trace: Trace, column: Column) -> None:
        """The pinned ones to let go, and the first of the chosen layer and of the last one to pin."""
        row = min(self._row_of(trace, self.selection), len(column.shares) - 1)
        texts: dict[Any, str] = {None: self.tr("…")}
        for token in sorted(self.options.pinned):
            texts[token] = f"✓ {trace.label(token)}"
        for layer in (row, -1):
            for token in np.argsort(-column.shares[layer], kind="stable")[:8].tolist():
                chance = format_probability(float(column.shares[layer, token]))
                texts.setdefault(token, f"{trace.label(token)}  {chance}")
        self._pin.set_texts(self.tr("Pin"), texts, self.tr("A token that is followed through the layers, or no longer"))
        self._pin.set_value(None)

    def _on_pin_chosen(self, token: object) -> None:
        if isinstance(token, int):
            self.set_options(pinned=self.options.pinned ^ {token})

    def _pin_typed(self) -> None:
        from visualizer.core.export.lens import chosen_token

        trace, text = self.showing.trace, self._typed.text()
        if trace is None or trace.model is None or not text:
            return
        try:
            token = chosen_token(trace, text)
        except VisualizerError as error:
            self._typed.setToolTip(tip(" ".join(errors.present(error))))
            self._typed.selectAll()
            self._note.setText(errors.present(error)[0])
            return
        self._typed.clear()
        self._typed.setToolTip(self.tr("A token's text or number, then Enter: its probability is followed"))
        self.set_options(pinned=self.options.pinned | {token})

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.heatmap.apply_theme(theme)
        self.beside.apply_theme(theme)
        self.beside.setVisible(not theme.lecture)  # the map is what a class looks at
        self._panes.apply_theme(theme)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.px(8))
        self._typed.setFixedWidth(theme.px(96))
        self._note.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(8))

    def retranslate(self) -> None:
        for choice, label, texts, about in (
            (self._color, self.tr("Colour"), words.colors(COLORS), self.tr("What the cells' colours show")),
            (self._part, self.tr("Read after"), words.parts(PARTS), self.tr("After which part of a block")),
            (self._beside, self.tr("Beside"), words.besides(BESIDE), self.tr("What is shown of the chosen position")),
        ):
            choice.set_texts(label, texts, about)
        self._typed.setPlaceholderText(self.tr("type a token"))
        self._typed.setAccessibleName(self.tr("Token to pin"))
        self._typed.setToolTip(self.tr("A token's text or number, then Enter: its probability is followed"))
        self.heatmap.setAccessibleName(self.title())
        self.beside.retranslate()

    def export_widget(self) -> QWidget:
        self.heatmap.reset_zoom()
        return self._picture

    def caption(self) -> str:
        trace = self.trace
        if trace is None:
            return ""
        read = f"{self.tr('Read after')}: {words.parts(PARTS)[self.options.part]}"
        return " · ".join((trace.card.name, self.title(), read, trace.text))

    def data(self) -> dict[str, Any]:
        found: Found | None = self.current
        trace = self.trace
        if found is None or trace is None:
            return {}
        from visualizer.views.logit_lens import work

        lens, tokens = found.lens, places.predicting_tokens(trace)
        numbers: dict[str, Any] = {
            self.options.color if self.options.color != "rank" else "log10_rank": work.values(lens, self.options.color),
            "rows": [words.plain_layer(row) for row in range(len(lens.entropy))],
            "columns": [tokens[position].text for position in lens.positions],
            "token_id": lens.token_id,
            "top_probability": lens.probability,
            "entropy_bits": lens.entropy,
            "kl_bits": lens.divergence,
            "answer_rank": lens.answer_rank,
            "positions": np.array(lens.positions),
            "part": lens.part,
        }
        if self._column is not None:
            followed = self._followed(self._column)
            numbers |= {"followed": np.array(followed), "followed_probability": self._column.shares[:, list(followed)]}
            numbers |= {"script_probability": self._column.scripts, "position": np.array(self._column.position)}
        return numbers
