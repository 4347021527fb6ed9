"""The table: one row a prompt, one column an answer, and the model's own next token behind them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QWidget

from visualizer.ui import fonts, guard, theme
from visualizer.ui.number_table import BAR, SORT, BarCell, Index, NumberTable
from visualizer.ui.numbers import format_number, format_probability
from visualizer.ui.plain_text import tip
from visualizer.ui.theme import Theme

if TYPE_CHECKING:
    from visualizer.core.analyses.prompts import Row, Score, Table

PROMPT, ANSWERS = 0, 1  # columns
_SHOWN = 240  # characters of a prompt that a row may show


def _bold(theme: Theme) -> QFont:
    font = fonts.base_font(theme.scale)
    font.setBold(True)
    return font


@guard.overrides
class ScoreModel(QAbstractTableModel):
    """Prompts as written at once; their numbers as they come."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.prompts: tuple[str, ...] = ()
        self.answers: tuple[str, ...] = ()
        self.rows: tuple[Row, ...] = ()
        self.measure = "sum"
        self.theme = theme.current()

    def set_table(self, prompts: tuple[str, ...], table: Table | None, measure: str) -> None:
        """table: what is known so far, of the first prompts."""
        self.beginResetModel()
        self.prompts, self.measure = prompts, measure
        self.answers = () if table is None else table.answers
        self.rows = () if table is None else table.rows
        self.endResetModel()

    def score(self, row: int, column: int) -> Score | None:
        """What a cell says; None where it says nothing yet, or something else."""
        if row < len(self.rows) and ANSWERS <= column < ANSWERS + len(self.answers):
            return self.rows[row].scores[column - ANSWERS]
        return None

    # --- Qt --------------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.prompts)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else 2 + len(self.answers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.prompts):
            return None
        row, column = index.row(), index.column()
        if column == PROMPT:
            return self._prompt_data(row, role)
        if row >= len(self.rows):
            return None
        if column == self.columnCount() - 1:
            return self._best_data(self.rows[row], role)
        score = self.rows[row].scores[column - ANSWERS]
        value = score.value(self.measure)
        if role == Qt.ItemDataRole.DisplayRole:
            return format_probability(value) + ("*" if score.is_apart else "")
        if role == SORT:
            return value
        if role == BAR:
            return value
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.FontRole and self.rows[row].winner(self.measure) == column - ANSWERS:
            return _bold(self.theme)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self.told(score))
        return None

    def _prompt_data(self, row: int, role: int) -> Any:
        prompt = self.prompts[row]
        if role == Qt.ItemDataRole.DisplayRole:
            shown = prompt if len(prompt) <= _SHOWN else f"…{prompt[-_SHOWN:]}"
            return f"{row + 1}  {' ⏎ '.join(shown.splitlines())}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(prompt)
        return prompt if role == SORT else None

    def _best_data(self, row: Row, role: int) -> Any:
        _, label, probability = row.best
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{label}  {format_probability(probability)}"
        return label if role == SORT else None

    def told(self, score: Score) -> str:
        """Each token of an answer with its probability given all before it, and their product."""
        each = " · ".join(
            f"{label} {format_probability(math.exp(log))}"
            for label, log in zip(score.labels, score.log_probabilities, strict=True)
        )
        whole = self.tr("all {count} tokens together {share}, ln p = {log}").format(
            count=len(score.ids), share=format_probability(score.value("sum")), log=format_number(score.log_probability)
        )
        apart = self.tr("* cut from the prompt where the tokenizer would join them") if score.is_apart else ""
        return "\n".join(part for part in (each, whole, apart) if part)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        is_number = ANSWERS <= section < ANSWERS + len(self.answers)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.DisplayRole:
            if is_number:
                return self.answers[section - ANSWERS].strip()
            return self.tr("Prompt") if section == PROMPT else self.tr("Most probable next token")
        return None


@guard.overrides
class ScoreTable(NumberTable):
    """row_chosen: the number of the prompt whose row is current."""

    row_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scores = ScoreModel(self)
        self._cells = BarCell(self)
        self._is_told = False
        self.setModel(self.scores)
        self.setItemDelegate(self._cells)
        self.setTextElideMode(Qt.TextElideMode.ElideLeft)  # what an answer follows is the end
        self.selectionModel().currentRowChanged.connect(self._on_current_row_changed)

    def set_table(self, prompts: tuple[str, ...], table: Table | None, measure: str, chosen: int) -> None:
        """Show what is known; the chosen row stays marked."""
        self._is_told = True
        self.scores.set_table(prompts, table, measure)
        if 0 <= chosen < len(prompts):
            self.setCurrentIndex(self.scores.index(chosen, PROMPT))
        self._is_told = False
        self.fit_columns()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._cells.theme = self.scores.theme = theme
        self.setFont(fonts.base_font(theme.scale))
        self.verticalHeader().setDefaultSectionSize(theme.px(32))
        self.setMinimumHeight(theme.px(30 + 2 * 32 + 14))
        self.fit_columns()

    def fit_columns(self) -> None:
        """Numbers have what they need, the prompt the rest."""
        theme, metrics = self._cells.theme, QFontMetrics(_bold(self._cells.theme))
        model, widths = self.scores, list[int]()
        for column in range(model.columnCount()):
            texts = [str(model.headerData(column, Qt.Orientation.Horizontal) or "")]
            texts += [str(model.index(row, column).data() or "") for row in range(model.rowCount())]
            widths.append(max(metrics.horizontalAdvance(text) for text in texts) + theme.px(24))
        if widths:
            rest = self.viewport().width() - sum(widths[1:])
            widths[0] = max(theme.px(160), min(widths[0], rest) if self.isVisible() else widths[0])
            if rest > widths[0]:
                widths[0] = rest
        self.set_widths(widths)

    def share_room(self) -> None:
        """Columns keep their widths."""
        for column, width in enumerate(self._widths):
            self.setColumnWidth(column, width)

    def _on_current_row_changed(self, current: Index, _previous: Index) -> None:
        if not self._is_told and current.isValid():
            self.row_chosen.emit(current.row())
