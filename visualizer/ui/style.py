"""A theme put on the application: its style sheet, palette and font."""

from __future__ import annotations

from string import Template

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from visualizer.ui import fonts, icons
from visualizer.ui.theme import Theme

_SHEET = Template("""
QWidget { color: $text; font-size: ${px13}px; }
QMainWindow, QDialog, QWidget#window { background: $background; }
QWidget:disabled { color: $text_quiet; }
QLabel { background: transparent; }
QLabel[role="title"] { font-size: ${px20}px; }
QLabel[role="quiet"] { color: $text_quiet; }
QLabel[role="small"] { color: $text_quiet; font-size: ${px12}px; }
QLabel[role="readout"] { font-size: ${readout}px; }
QLabel[role="error"] { color: $error; }
QLabel[role="badge"] {
    color: $accent; border: 1px solid $accent; border-radius: ${px4}px; padding: 0 ${px5}px; font-weight: 600;
}
QLabel[role="token"] { font-size: ${px15}px; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: ${px4}px; }

QPushButton, QToolButton, QComboBox {
    background: $raised; border: 1px solid $border; border-radius: ${px4}px;
    padding: ${px3}px ${px8}px; min-height: ${px18}px;
}
QToolButton[flat="true"] { background: transparent; border: 1px solid transparent; padding: ${px3}px; }
QPushButton:hover, QToolButton:hover, QComboBox:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed { background: $border; }
QPushButton:checked, QToolButton:checked { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton:focus, QToolButton:focus, QComboBox:focus, QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus,
QDoubleSpinBox:focus, QListView:focus { border: 2px solid $accent; padding: ${pad_v}px ${pad_h}px; }
QToolButton[flat="true"]:focus { padding: ${pad_v}px; }
QToolButton[role="group"] { font-size: ${px12}px; padding: 0; min-height: 0; }
QToolButton[role="group"]:focus { padding: 0; }
QToolButton[role="tab"] {
    color: $text_quiet; border: none; border-bottom: 2px solid transparent; border-radius: 0; padding: 0 ${px10}px;
}
QToolButton[role="tab"]:hover { background: $hover; color: $text; }
QToolButton[role="tab"]:checked { background: transparent; color: $text; border-bottom-color: $accent; }
QToolButton[role="tab"]:focus {
    background: $hover; border: none; border-bottom: 2px solid $accent; padding: 0 ${px10}px;
}
QToolButton::menu-indicator { image: none; width: 0; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent; }
QComboBox::drop-down { border: none; width: ${px18}px; }
QComboBox::down-arrow { image: url($icon_down); width: ${px12}px; height: ${px12}px; }
QComboBox QAbstractItemView, QMenu, QListView {
    background: $raised; border: 1px solid $border; selection-background-color: $accent;
    selection-color: $on_accent; outline: none;
}
QMenu { padding: ${px4}px; }
QMenu::item { padding: ${px4}px ${px16}px; border-radius: ${px4}px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $text_quiet; }
QMenu::separator { height: 1px; background: $border; margin: ${px4}px; }

QLineEdit, QPlainTextEdit, QSpinBox, QDoubleSpinBox {
    background: $raised; border: 1px solid $border; border-radius: ${px4}px; padding: ${px3}px ${px8}px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QCheckBox, QRadioButton { spacing: ${px8}px; background: transparent; }
QCheckBox:focus, QRadioButton:focus { color: $accent; }
QSlider:horizontal { min-height: ${px20}px; }
QSlider::groove:horizontal { height: ${px4}px; background: $border; border-radius: ${px2}px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: ${px2}px; }
QSlider::handle:horizontal {
    background: $accent; width: ${px14}px; height: ${px14}px; margin: -${px5}px 0; border-radius: ${px7}px;
}
QSlider:focus { border: 1px solid $accent; border-radius: ${px4}px; }
QFrame#line { background: $border; border: none; }
QSplitter::handle { background: transparent; }
QSplitter::handle:horizontal { border-left: 1px solid $border; }
QSplitter::handle:vertical { border-top: 1px solid $border; }
QSplitter::handle:hover { background: $hover; }
QProgressBar { background: transparent; border: none; }
QProgressBar::chunk { background: $accent; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: ${px10}px; }
QScrollBar:horizontal { height: ${px10}px; }
QScrollBar::handle { background: $border; border-radius: ${px4}px; min-height: ${px24}px; min-width: ${px24}px; }
QScrollBar::handle:hover { background: $text_quiet; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QScrollArea, QGraphicsView, QFrame#plain { border: none; background: transparent; }
QGraphicsView:focus { border: none; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QTableView, QTreeView { background: $surface; gridline-color: $border; border: 1px solid $border; }
QHeaderView::section { background: $background; color: $text_quiet; border: none; padding: ${px4}px; }
""")

_DRESSED = "visualizer_dressed"
_SIZES = (2, 3, 4, 5, 7, 8, 10, 12, 13, 14, 15, 16, 18, 20, 24)


def apply(app: QApplication, theme: Theme) -> None:
    """Give every window this look. Views and widgets still learn of it through `session.theme_changed`.

    The sheet lies on the windows: on the application it would cost five times as long, felt at every change.
    """
    app.setProperty("visualizer_theme", theme)
    app.setProperty("visualizer_sheet", stylesheet(theme))
    app.setFont(fonts.base_font(theme.scale))
    app.setPalette(palette(theme))
    for widget in app.topLevelWidgets():
        if widget.property(_DRESSED):
            dress(widget)


def dress(window: QWidget) -> None:
    """Give a window the sheet of the look that `apply` set last, now and whenever that changes."""
    app = QApplication.instance()
    sheet = app.property("visualizer_sheet") if app is not None else None
    window.setProperty(_DRESSED, True)
    if isinstance(sheet, str) and window.styleSheet() != sheet:
        window.setStyleSheet(sheet)


def palette(theme: Theme) -> QPalette:
    """Qt's palette of a theme (the platform's own colour scheme does nothing offscreen)."""
    result = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.background,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.surface,
        QPalette.ColorRole.AlternateBase: theme.background,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.text_quiet,
        QPalette.ColorRole.Button: theme.raised,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.BrightText: theme.error,
        QPalette.ColorRole.ToolTipBase: theme.raised,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.Link: theme.accent,
        QPalette.ColorRole.Mid: theme.border,
        QPalette.ColorRole.Dark: theme.border,
        QPalette.ColorRole.Light: theme.raised,
        QPalette.ColorRole.Midlight: theme.hover,
    }
    for role, value in roles.items():
        result.setColor(role, QColor(value))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.text_quiet))
    return result


def stylesheet(theme: Theme, scale: float | None = None) -> str:
    """The application's style sheet; `scale` replaces the theme's own."""
    look = theme if scale is None else theme.scaled(scale)
    colors = {name: value for name, value in vars(look).items() if isinstance(value, str)}
    sizes = {f"px{size}": look.px(size) for size in _SIZES}
    # A focused border is a pixel thicker: the padding gives that pixel back, so nothing moves.
    sizes |= {"pad_v": max(look.px(3) - 1, 0), "pad_h": max(look.px(8) - 1, 0)}
    sizes["readout"] = look.px(fonts.readout_size(look))
    return _SHEET.substitute(colors, **sizes, icon_down=icons.file_of("down", look))
