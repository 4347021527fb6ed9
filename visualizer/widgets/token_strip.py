"""The tokens as chips, with the morphemes beneath; one painted canvas that draws only what is visible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QVBoxLayout, QWidget

from visualizer.core.text.tokens import Morpheme, Token
from visualizer.session.selection import NOTHING, Hover, Selection
from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui import guard, plain_text, speech_marks
from visualizer.ui.theme import Theme
from visualizer.ui.words import part_of_speech, short_part_of_speech
from visualizer.widgets import token_marks
from visualizer.widgets.part import Part
from visualizer.widgets.token_row import BAND, CHIP, GAP_BELOW_CHIP, LABEL, SCROLL_BAR, TOP, TokenRow, lay_out

if TYPE_CHECKING:
    from visualizer.core.analyses.comparison.alignment import Mark
    from visualizer.core.trace import Trace


@guard.overrides
class TokenStrip(Part):
    """The strip under the prompt; a click locks a token, Shift and click the one that is looked at."""

    def __init__(self, session: Session, parent: QWidget | None = None, showing: Showing | None = None) -> None:
        super().__init__(session, parent)
        self.showing = showing or session.showing
        self.canvas = TokenCanvas(self.showing, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.settle()
        self.showing.trace_changed.connect(self._on_showing_trace_changed)
        self.showing.selection_changed.connect(self._on_showing_selection_changed)
        self.showing.hover_changed.connect(lambda _hover: self.canvas.show_marks())
        session.linking.changed.connect(self._on_linking_changed)
        self.canvas.show_trace(self.showing.trace)

    def retranslate(self) -> None:
        self.canvas.setAccessibleName(self.tr("Tokens"))
        self.canvas.retranslate()

    def apply_theme(self, theme: Theme) -> None:
        self.canvas.apply_theme(theme)
        self._fit()

    def _fit(self) -> None:
        """As high as the rows are; a text without morphemes leaves their band to the figure."""
        height = self.canvas.wanted_height()
        if height != self.minimumHeight():
            self.setFixedHeight(height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _on_showing_trace_changed(self, trace: Trace | None, selection: Selection) -> None:
        self.canvas.show_trace(trace)
        self._fit()

    def _on_showing_selection_changed(self, selection: Selection, previous: Selection) -> None:
        locked = (selection.query, selection.key, selection.kind)
        if locked != (previous.query, previous.key, previous.kind):
            self.canvas.show_marks()

    def _on_linking_changed(self) -> None:
        self.canvas.viewport().update()


@guard.overrides
class TokenCanvas(QAbstractScrollArea):
    """Rows of chips that scroll sideways together; with focus, Left and Right walk and Enter locks."""

    def __init__(self, showing: Showing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.showing = showing
        self.theme: Theme | None = None
        self.rows: list[TokenRow] = []
        self._names: list[str] = []
        self._gutter = 0
        self._own_hover = False
        self._text = ""
        self.setProperty("uses_arrows", True)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)

    # --- what is shown ---------------------------------------------------------------------------

    def show_trace(self, trace: Trace | None) -> None:
        """Lay the tokens of this trace out; while a text is continued at its end, the end stays in sight."""
        bar = self.horizontalScrollBar()
        text = "" if trace is None else trace.text
        follow = bar.value() == bar.maximum() and bool(self._text) and text.startswith(self._text)
        jump = text != self._text and not follow
        self._text = text
        self.rows = [] if trace is None else self._lay_out(trace)
        self._name_rows()
        self._set_range()
        if follow or jump:
            bar.setValue(bar.maximum() if follow else 0)
        self.viewport().update()

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.show_trace(self.showing.trace)

    def retranslate(self) -> None:
        self._name_rows()
        self.viewport().update()

    def wanted_height(self) -> int:
        """Pixels for all rows, and for the scroll bar where one is needed."""
        assert self.theme is not None
        bar = SCROLL_BAR if self.horizontalScrollBar().maximum() > 0 else 0
        return self.theme.px(TOP + (sum(row.height for row in self.rows) or CHIP) + bar)

    def show_marks(self) -> None:
        """Repaint hovered and locked tokens; bring the locked one, or one hovered elsewhere, into sight."""
        for row in range(len(self.rows)):
            marked = [one for mark in self._marks(row) for one in (mark.query, mark.key) if one is not None]
            wanted = marked[0] if marked else None
            if wanted is not None and not self._own_hover:
                self._ensure_visible(row, wanted)
        self.viewport().update()

    def _lay_out(self, trace: Trace) -> list[TokenRow]:
        assert self.theme is not None
        px = self.theme.px
        metrics = QFontMetrics(self._font(15))
        rows: list[tuple[tuple[Token, ...], tuple[Morpheme, ...]]] = [(trace.tokens, trace.morphemes)]
        if trace.target_tokens:
            rows.append((trace.target_tokens, trace.target_morphemes))
        sizes = {"padding": px(8), "gap": px(4), "narrowest": px(28), "widest": px(160), "break_gap": px(16)}
        return [lay_out(tokens, morphemes, metrics.horizontalAdvance, **sizes) for tokens, morphemes in rows]

    def _name_rows(self) -> None:
        self._names = [self.tr("Input"), self.tr("Output")] if len(self.rows) > 1 else [""]
        if self.theme is not None:
            widest = max(QFontMetrics(self._font(12)).horizontalAdvance(name) for name in self._names)
            self._gutter = self.theme.px(16) + (widest + self.theme.px(12) if widest else 0)
        self._set_range()

    def _set_range(self) -> None:
        if self.theme is None:
            return
        width = self._gutter + max((row.width for row in self.rows), default=0) + self.theme.px(16)
        bar = self.horizontalScrollBar()
        bar.setPageStep(self.viewport().width())
        bar.setSingleStep(self.theme.px(40))
        bar.setRange(0, max(0, width - self.viewport().width()))

    def _font(self, size: int) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(self.theme.px(size) if self.theme is not None else size)
        return font

    # --- what a token of a row is, for the selected kind of attention ----------------------------

    def side(self, row: int) -> str:
        """ "query" or "key": what a token of this row is when it is hovered or clicked; "" when it takes no part."""
        trace = self.showing.trace
        if trace is None:
            return ""
        kind, tokens = self.showing.selection.kind, self.rows[row].tokens
        if trace.query_tokens(kind) == tokens:
            return "query"
        return "key" if trace.key_tokens(kind) == tokens else ""

    def _marks(self, row: int) -> tuple[Hover, Hover]:
        """What is hovered and what is locked, as far as it is in this row."""
        trace, selection, hover = self.showing.trace, self.showing.selection, self.showing.hover
        if trace is None:
            return NOTHING, NOTHING
        tokens = self.rows[row].tokens
        looks = trace.query_tokens(selection.kind) == tokens
        is_looked_at = trace.key_tokens(selection.kind) == tokens
        hovered, locked = (
            Hover(query=one.query if looks else None, key=one.key if is_looked_at else None)
            for one in (hover, selection)
        )
        return hovered, locked

    def comparison(self, row: int) -> tuple[Mark, ...]:
        """What every token of this row is in a comparison; empty where there is none."""
        trace, session = self.showing.trace, self.showing.session
        if trace is None or not session.link:
            return ()
        return session.link.marks(trace.kinds[row], "query", of_first=self.showing is session.showing)

    def lock(self, row: int, index: int, *, as_key: bool = False) -> None:
        """Lock this token, or unlock it when it is locked."""
        side, trace = self.side(row), self.showing.trace
        if trace is None or not side:
            return
        tokens = self.rows[row].tokens
        if side == "query" and as_key and trace.key_tokens(self.showing.selection.kind) == tokens:
            side = "key"
        locked = getattr(self.showing.selection, side) == index
        changes: dict[str, Any] = {side: None if locked else index}
        predicts = self.rows[-1].tokens if len(self.rows) > 1 else self.rows[0].tokens
        if side == "query" and tokens == predicts and trace.n_positions == len(tokens):
            changes["position"] = -1 if locked else index
        self.showing.select(**changes)

    def _hover(self, row: int, index: int) -> None:
        side = self.side(row) if index >= 0 else ""
        self._own_hover = bool(side)
        if side:
            self.showing.set_hover(Hover(query=index) if side == "query" else Hover(key=index))
        else:
            self.showing.set_hover(None)

    # --- geometry --------------------------------------------------------------------------------

    def _row_top(self, row: int) -> int:
        assert self.theme is not None
        return self.theme.px(TOP + sum(one.height for one in self.rows[:row]))

    def _hit(self, x: float, y: float) -> tuple[int, int, int]:
        """(row, token, morpheme) at a point of the viewport, -1 for none."""
        if self.theme is None or x < self._gutter - self.theme.px(8):
            return -1, -1, -1
        inside = x - self._gutter + self.horizontalScrollBar().value()
        for index, row in enumerate(self.rows):
            offset = y - self._row_top(index)
            if 0 <= offset < self.theme.px(CHIP):
                return index, row.token_at(inside), -1
            if self.theme.px(CHIP) <= offset < self.theme.px(row.height):
                return index, -1, row.morpheme_at(inside)
        return -1, -1, -1

    def _ensure_visible(self, row: int, index: int) -> None:
        bar, placed = self.horizontalScrollBar(), self.rows[row]
        if not 0 <= index < len(placed.left):
            return
        room = self.viewport().width() - self._gutter
        left, right = int(placed.left[index]), int(placed.right[index])
        if left < bar.value():
            bar.setValue(left - room // 4)
        elif right > bar.value() + room:
            bar.setValue(right - room * 3 // 4)

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.theme is None:
            return
        theme, area = self.theme, event.rect()
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shift = self._gutter - self.horizontalScrollBar().value()
        for index, row in enumerate(self.rows):
            top = self._row_top(index)
            painter.save()
            clip_left = self._gutter - theme.px(8) if self._names[index] else 0
            painter.setClipRect(QRect(clip_left, top - theme.px(4), self.viewport().width(), theme.px(row.height + 4)))
            left, right = max(area.left(), clip_left) - shift, area.right() - shift
            self._paint_chips(painter, row, index, shift, top, row.visible(left, right))
            self._paint_band(painter, row, shift, top, row.visible_morphemes(left, right))
            painter.restore()
            if self._names[index]:
                painter.setFont(self._font(12))
                painter.setPen(QColor(theme.text_quiet))
                box = QRect(theme.px(16), top, self._gutter, theme.px(CHIP))
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._names[index])
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))

    def _paint_chips(self, painter: QPainter, row: TokenRow, index: int, shift: int, top: int, visible: range) -> None:
        assert self.theme is not None
        theme, radius = self.theme, self.theme.px(4)
        hovered, locked = self._marks(index)
        comparison = self.comparison(index)
        painter.setFont(self._font(15))
        metrics = painter.fontMetrics()
        for i in visible:
            token = row.tokens[i]
            box = QRectF(row.left[i] + shift + 0.5, top + 0.5, row.right[i] - row.left[i] - 1, theme.px(CHIP) - 1)
            fill, border, ink, width = theme.raised, theme.border, theme.text, 1.0
            style = Qt.PenStyle.SolidLine
            if token.special:
                fill, ink, style = theme.background, theme.text_quiet, Qt.PenStyle.DashLine
            # Who looks is filled, who is looked at is framed; what is locked has the accent, what is hovered is grey.
            if i == locked.query:
                fill, border, ink, style = theme.accent, theme.accent, theme.on_accent, Qt.PenStyle.SolidLine
            elif i == hovered.query:
                fill, border, ink, style = theme.hover, theme.text_quiet, theme.text, Qt.PenStyle.SolidLine
            if i == locked.key:
                border, width, style = theme.accent, 2.0, Qt.PenStyle.SolidLine
            if i == hovered.key:
                border, width, style = theme.text_quiet, 2.0, Qt.PenStyle.SolidLine
            painter.setPen(QPen(QColor(border), width, style))
            painter.setBrush(QColor(fill))
            painter.drawRoundedRect(box, radius, radius)
            painter.setPen(QColor(ink))
            label, room = token.name, int(box.width()) - theme.px(8)
            text = metrics.elidedText(label, Qt.TextElideMode.ElideRight, room)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            if comparison:
                token_marks.paint(painter, box, comparison[i], theme)

    def _paint_band(self, painter: QPainter, row: TokenRow, shift: int, top: int, visible: range) -> None:
        assert self.theme is not None
        theme = self.theme
        painter.setFont(self._font(12))
        metrics = painter.fontMetrics()
        y = top + theme.px(CHIP + GAP_BELOW_CHIP)
        for i in visible:
            left, right = row.morpheme_left[i] + shift, row.morpheme_right[i] + shift
            name = row.morphemes[i].part_of_speech
            speech_marks.paint(painter, QRectF(left, y, right - left - 1, theme.px(BAND)), name, theme)
            room = right - left + theme.px(2)
            labels = (part_of_speech(name), short_part_of_speech(name))
            label = next((one for one in labels if metrics.horizontalAdvance(one) <= room), "")
            if label:
                painter.setPen(QColor(theme.text_quiet))
                box = QRectF(left - theme.px(2), y + theme.px(BAND), right - left + theme.px(4), theme.px(LABEL))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)

    # --- words -----------------------------------------------------------------------------------

    def describe_token(self, token: Token) -> str:
        lines = [self.tr("{text} · id {id}").format(text=token.text, id=token.id)]
        if token.piece != token.text:
            lines.append(self.tr("In the vocabulary: {piece}").format(piece=token.piece))
        if token.special:
            lines.append(self.tr("Special token"))
        elif token.span[1] > token.span[0]:
            lines.append(self.tr("Characters {first} to {last}").format(first=token.span[0] + 1, last=token.span[1]))
        return "\n".join(lines)

    def describe_morpheme(self, morpheme: Morpheme) -> str:
        lines = [f"{morpheme.surface} · {part_of_speech(morpheme.part_of_speech)} ({morpheme.part_of_speech})"]
        if morpheme.reading:
            lines.append(self.tr("Reading: {reading}").format(reading=morpheme.reading))
        if morpheme.base_form:
            lines.append(self.tr("Base form: {base}").format(base=morpheme.base_form))
        return "\n".join(lines)

    # --- Qt --------------------------------------------------------------------------------------

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row, token, morpheme = self._hit(event.pos().x(), event.pos().y())
            text = ""
            if token >= 0:
                marks = self.comparison(row)
                mark = token_marks.sentence(marks[token]) if marks else ""
                text = "\n".join(filter(None, (self.describe_token(self.rows[row].tokens[token]), mark)))
            elif morpheme >= 0:
                text = self.describe_morpheme(self.rows[row].morphemes[morpheme])
            QToolTip.showText(event.globalPos(), plain_text.tip(text), self.viewport())
            return True
        if event.type() == QEvent.Type.Leave:
            self._hover(-1, -1)
        return super().viewportEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row, token, _ = self._hit(event.position().x(), event.position().y())
        self._hover(row, token)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row, token, _ = self._hit(event.position().x(), event.position().y())
        if token >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.lock(row, token, as_key=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        rows = [i for i in range(len(self.rows)) if self.side(i)]
        hover = self.showing.hover
        row = next((i for i in rows if self.side(i) == "query"), -1)
        last = len(self.rows[row].tokens) - 1 if row >= 0 else -1
        at = hover.query if hover.query is not None else self.showing.selection.query
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if last < 0:
            super().keyPressEvent(event)
        elif event.key() in steps:
            self._walk(row, 0 if at is None else min(max(at + steps[Qt.Key(event.key())], 0), last))
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._walk(row, 0 if event.key() == Qt.Key.Key_Home else last)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and at is not None:
            self.lock(row, at)
        else:
            super().keyPressEvent(event)

    def _walk(self, row: int, index: int) -> None:
        self._hover(row, index)
        self._ensure_visible(row, index)

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta().x() or event.angleDelta().y()
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - delta)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_range()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802
        self.viewport().update()
