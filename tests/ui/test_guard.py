"""What Qt calls never raises, and holds on to nothing when it failed."""

from __future__ import annotations

import ast
import logging
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QLayout, QWidget

import visualizer
from visualizer.ui import guard


@guard.overrides
class Broken(QWidget):
    def sizeHint(self) -> QSize:
        raise KeyError("size")

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        painter.drawPoint(1, 1)
        raise KeyError("paint")

    def showEvent(self, event: object) -> None:
        raise KeyError("show")

    def data(self) -> None:
        raise KeyError("data")


def test_a_method_that_fails_is_logged_and_qts_own_answer_is_taken(qtbot, caplog: pytest.LogCaptureFixture) -> None:
    guard._told.clear()
    with caplog.at_level(logging.ERROR):
        for _ in range(50):
            widget = Broken()
            widget.show()
            widget.grab()
            assert widget.sizeHint() == QWidget().sizeHint()
            widget.close()
            widget.deleteLater()
            qtbot.wait(0)
    told = [record.getMessage() for record in caplog.records]
    assert sorted(set(told)) == ["Broken.paintEvent failed", "Broken.showEvent failed", "Broken.sizeHint failed"]
    assert len(told) == 3, "each place once"
    caplog.clear()


def test_a_method_of_our_own_with_a_name_of_qt_raises_as_before(qtbot) -> None:
    widget = Broken()
    qtbot.addWidget(widget)
    with pytest.raises(KeyError):
        widget.data()


def test_where_qt_has_no_answer_of_its_own_there_is_an_empty_one(qtbot) -> None:
    """An exception that left such a method ended the process in the middle of a layout."""

    @guard.overrides
    class Layout(QLayout):
        def sizeHint(self) -> QSize:
            raise KeyError("size")

        def addItem(self, item: object) -> None:
            raise AssertionError("nothing is added")

    @guard.overrides
    class Table(QAbstractTableModel):
        def rowCount(self, parent: object = None) -> int:
            raise KeyError("rows")

        def columnCount(self, parent: object = None) -> int:
            raise KeyError("columns")

        def data(self, index: object, role: int = 0) -> object:
            raise KeyError("data")

    @guard.overrides
    class Item(QGraphicsItem):
        def boundingRect(self) -> QRectF:
            raise KeyError("rectangle")

    widget, table = QWidget(), Table()
    qtbot.addWidget(widget)
    layout = Layout(widget)
    for _ in range(3):
        assert (layout.sizeHint(), widget.sizeHint().isEmpty()) == (QSize(), True)
        assert (table.rowCount(), table.columnCount(), table.data(QModelIndex())) == (0, 0, None)
        assert Item().boundingRect() == QRectF()


def test_every_class_with_overrides_is_guarded() -> None:
    known = (*guard._ASKED, *guard._TOLD)
    names = {name for name in known if name.endswith("Event") or hasattr(QAbstractTableModel, name)}
    names |= {"sizeHint", "minimumSizeHint", "eventFilter", "event", "heightForWidth"}
    root, bare = Path(visualizer.__file__).parent, []
    for path in (p for room in ("ui", "views", "widgets") for p in (root / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ClassDef) or not any(isinstance(base, ast.Name) for base in node.bases):
                continue
            own = {part.name for part in node.body if isinstance(part, ast.FunctionDef)} & (names - {"data"})
            if own and "guard.overrides" not in map(ast.unparse, node.decorator_list):
                bare.append(f"{path.relative_to(root)} {node.name}: {', '.join(sorted(own))}")
    assert not bare, f"what these raise would leave Qt's calls: {bare}"
