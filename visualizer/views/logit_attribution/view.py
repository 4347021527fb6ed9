"""Who said it: a logit, or the difference of two, as the sum of what every part of the model has written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLineEdit, QWidget

from visualizer.core.place import Place
from visualizer.core.writing import places
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Hover, Selection
from visualizer.ui import guard
from visualizer.ui.controls import Choice
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.numbers import format_probability
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.plain_text import tip
from visualizer.ui.readout import ReadoutLine
from visualizer.ui.share_bars import Reading, ShareBars
from visualizer.ui.share_bars import Row as BarRow
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.logit_attribution.options import GROUPS, ORDERS, Options

if TYPE_CHECKING:
    from visualizer.core.models import ModelCard
    from visualizer.core.trace import Trace
    from visualizer.views.logit_attribution.work import Asked, Found, Row


@guard.overrides
class LogitAttributionView(View):
    """A click on a head selects it and unfolds its source tokens, a double click opens its map."""

    id: ClassVar[str] = "logit_attribution"
    Options: ClassVar[type] = Options
    has_head_menu: ClassVar[bool] = True

    def how_to_read(self) -> str:
        return self.tr(
            "Each bar is what one part has added to the token’s logit: to the right for the token, to the left "
            "against it. All bars add up to the logit. A click on a head shows from which tokens its share came."
        )

    def build(self) -> QWidget:
        self._found: Found | None = None
        self._rows: tuple[Row, ...] = ()
        self._source = ""
        frame = PictureFrame(self)
        self._note = frame.note
        self._controls = QWidget(frame)
        self._flow = FlowLayout(self._controls)
        self._token, self._against, self._order, self._group = (Choice(self._controls) for _ in range(4))
        self._typed, self._typed_against = QLineEdit(self._controls), QLineEdit(self._controls)
        widgets = (self._token, self._typed, self._against, self._typed_against, self._order, self._group)
        for widget in widgets:
            self._flow.addWidget(widget)
        self._token.chosen.connect(lambda token: self.set_options(token=token))
        self._against.chosen.connect(lambda token: self.set_options(against=token))
        self._order.chosen.connect(lambda order: self.set_options(order=order))
        self._group.chosen.connect(lambda group: self.set_options(group=group))
        self._typed.returnPressed.connect(lambda: self._take(self._typed, "token"))
        self._typed_against.returnPressed.connect(lambda: self._take(self._typed_against, "against"))
        self._total = ReadoutLine(frame.picture, lines=2)
        self.bars = ShareBars(frame.picture, every_label=True)
        frame.fill(self._controls, self._total, self.bars, frame.note, growing=self.bars)
        self.bars.row_clicked.connect(self._on_row_clicked)
        self.bars.row_opened.connect(self._on_row_opened)
        self.bars.row_hovered.connect(self._on_row_hovered)
        return frame

    # --- what can be shown -----------------------------------------------------------------------

    @classmethod
    def is_compatible(cls, subject: Trace | ModelCard) -> bool:
        return subject.task != "none"

    def why_incompatible(self) -> str:
        return self.tr("This model has no language-model head: there is no logit that could be split.")

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        position = self.tr("position {position}").format(position=places.place(trace, selection.position))
        return f"{position} · {self.describe_head(trace, selection)}"

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        names = ("kind", "layer", "head", "position")
        return any(getattr(selection, name) != getattr(previous, name) for name in names)

    def question(self, trace: Trace, selection: Selection) -> Asked:
        from visualizer.views.logit_attribution.work import Asked

        options = self.options
        unfolded = selection.place if options.sources else None
        return Asked(places.place(trace, selection.position), options.token, options.against, unfolded)

    def answer(self, trace: Trace, question: Asked, should_stop: ShouldStop, progress: Progress) -> Found:
        from visualizer.views.logit_attribution import work

        return work.measure(trace, question, should_stop)

    def draw(self, trace: Trace, selection: Selection) -> None:
        before, self._source = self._source, trace.card.source
        chosen = (self.options.token, self.options.against)
        if before and before != self._source and any(isinstance(one, int) for one in chosen):
            self.set_options(token=None, against=None)  # an id means another token there
        super().draw(trace, selection)

    # --- drawing ---------------------------------------------------------------------------------

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self._order.set_value(self.options.order)
        self._group.set_value(self.options.group)

    def clear(self) -> None:
        self._found, self._rows = None, ()
        self.bars.set_rows((), -1)
        self.bars.set_readings(())
        self._total.setText("")
        self._note.setText("")

    def show_answer(self, found: Found, selection: Selection) -> None:
        from visualizer.views.logit_attribution import words, work

        trace = self.showing.trace
        if trace is None:
            return
        self._found = found
        has_kinds = len(trace.kinds) > 1
        self._rows = work.rows(found, self.options.order, self.options.group, has_kinds=has_kinds)
        values = np.array([row.value for row in self._rows], dtype=np.float32)
        self.bars.set_readings(())  # none of the old ones has as many values
        self.bars.set_rows([BarRow(row.label, row.is_source) for row in self._rows], self._row_of(selection.place))
        self.bars.set_readings([Reading(words.what(found), values, is_signed=True)])
        self._total.setText(words.total(found))
        self._note.setText(words.note(trace, found))
        self._offer_tokens(found)

    def _row_of(self, place: Place) -> int:
        return next((n for n, row in enumerate(self._rows) if row.place == place and not row.is_source), -1)

    def _offer_tokens(self, found: Found) -> None:
        attribution = found.attribution
        for choice, chosen, name, none, label, about in (
            (self._token, attribution.token, found.label, self.tr("most probable"), self.tr("Token"),
             self.tr("Whose logit is split")),
            (self._against, attribution.against, found.against, self.tr("no other"), self.tr("Against"),
             self.tr("The token whose logit is taken away from it")),
        ):  # fmt: skip
            texts: dict[Any, str] = {None: none}
            texts |= {token: f"{text}  {format_probability(chance)}" for token, text, chance in found.candidates}
            asked = self.options.token if choice is self._token else self.options.against
            if asked is not None and chosen is not None:
                texts.setdefault(chosen, name)
            choice.set_texts(label, texts, about)
            choice.set_value(None if asked is None else chosen)

    # --- choosing --------------------------------------------------------------------------------

    def _take(self, field: QLineEdit, name: str) -> None:
        """A token that was typed; one that is none becomes the error state, which another one ends."""
        text = field.text()
        self.set_options(**{name: text or None})
        field.clear()

    def _on_row_clicked(self, row: int) -> None:
        place = self._rows[row].place if 0 <= row < len(self._rows) else None
        if place is None:
            return
        if place == self.selection.place:
            self.set_options(sources=not self.options.sources)
            return
        self.set_options(sources=True)
        self.showing.select(kind=place.kind, layer=place.layer, head=place.head)

    def _on_row_opened(self, row: int) -> None:
        place = self._rows[row].place if 0 <= row < len(self._rows) else None
        if place is not None:
            self.showing.select(kind=place.kind, layer=place.layer, head=place.head)
            self.view_requested.emit("attention_map")

    def _on_row_hovered(self, row: int) -> None:
        place = self._rows[row].place if 0 <= row < len(self._rows) else None
        self.showing.set_hover(Hover(layer=place.layer, head=place.head) if place is not None else None)
        self.bars.setToolTip(tip(f"{self._rows[row].label}: {self._rows[row].value:.6g}") if row >= 0 else "")

    def place_at(self, point: QPoint) -> Place | None:
        at = self.bars.mapFrom(self, point)
        if not self.bars.rect().contains(at):
            return self.selection.place
        row = self.bars.row_under(at)
        return self._rows[row].place if 0 <= row < len(self._rows) else None

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.bars.apply_theme(theme)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._flow.setSpacing(theme.px(8))
        for field in (self._typed, self._typed_against):
            field.setFixedWidth(theme.px(96))
        self._total.setContentsMargins(theme.px(16), theme.px(8), theme.px(16), 0)
        self._total.apply_theme(theme)
        self._note.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(8))

    def retranslate(self) -> None:
        orders = {"size": self.tr("by size"), "layers": self.tr("by layer, the last one first")}
        groups = {
            "all": self.tr("every part"),
            "layers": self.tr("a whole layer"),
            "heads": self.tr("a head, all else together"),
        }
        self._order.set_texts(self.tr("Order"), {one: orders[one] for one in ORDERS})
        self._group.set_texts(self.tr("A bar is"), {one: groups[one] for one in GROUPS})
        for field, name in ((self._typed, self.tr("Token")), (self._typed_against, self.tr("Against"))):
            field.setPlaceholderText(self.tr("type a token"))
            field.setAccessibleName(name)
            field.setToolTip(self.tr("A token’s text or number, then Enter"))
        self.bars.setAccessibleName(self.title())

    def caption(self) -> str:
        from visualizer.views.logit_attribution import words

        trace, found = self.trace, self._found
        if trace is None or found is None:
            return ""
        position = self.tr("position {position}").format(position=found.attribution.position)
        return " · ".join((trace.card.name, words.what(found), position, trace.text))

    def data(self) -> dict[str, Any]:
        found: Found | None = self.current
        if found is None:
            return {}
        one = found.attribution
        parts = [(c.name, c.kind, c.layer, c.head) for c in one.components]
        numbers: dict[str, Any] = {
            "contribution": np.array([[c.contribution] for c in one.components]),
            "rows": [" ".join(str(field) for field in part if field not in ("", -1)) for part in parts],
            "columns": ["contribution"],
            "layer": np.array([c.layer for c in one.components]),
            "head": np.array([c.head for c in one.components]),
            "sum": np.array(one.total),
            "logit": np.array(one.logit),
            "token": np.array(one.token),
            "token_text": found.label,
            "position": np.array(one.position),
        }
        if one.against is not None:
            numbers |= {"against": np.array(one.against), "against_text": found.against}
        if found.sources is not None:
            numbers["by_source"] = found.sources
        return numbers
