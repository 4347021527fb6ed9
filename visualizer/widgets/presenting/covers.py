"""What covers the screen: a picture that stands still while work goes on behind it, and nothing at all."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from visualizer.ui import fonts, guard
from visualizer.ui.theme import Theme

_MODIFIERS = (
    Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr, Qt.Key.Key_CapsLock,
)  # fmt: skip


@guard.overrides
class FrozenPicture(QWidget):
    """The picture of its parent as it was, with the word that says so; it keeps the mouse from what is behind it."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pixmap = QPixmap()
        self._inset = 0
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.hide()

    def hold(self, pixmap: QPixmap) -> None:
        """Show this from now on."""
        self._pixmap = pixmap
        self.show()
        self.update()

    def let_go(self) -> None:
        """Show what is behind it."""
        self.hide()
        self._pixmap = QPixmap()

    def set_inset(self, inset: int) -> None:
        """How many pixels at the right end of the upper edge something else takes."""
        if inset != self._inset:
            self._inset = inset
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        size = self._pixmap.deviceIndependentSize()
        if size.toSize() == self.size():
            painter.drawPixmap(0, 0, self._pixmap)
        else:  # another size of the window: the same picture, whole
            painter.fillRect(self.rect(), QColor(self._theme.background))
            size.scale(self.width(), self.height(), Qt.AspectRatioMode.KeepAspectRatio)
            area = QRectF(0, 0, size.width(), size.height())
            area.moveCenter(QRectF(self.rect()).center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(area, self._pixmap, QRectF(self._pixmap.rect()))
        self._paint_word(painter)
        painter.end()

    def word_area(self) -> QRect:
        """Where the word stands: at the right of the views' heads, where no picture has anything."""
        metrics, pad = QFontMetricsF(fonts.base_font(self._theme.scale, 12)), self._theme.px(8)
        width, height = metrics.horizontalAdvance(self.tr("frozen")) + 2 * pad, metrics.height() + pad / 2
        return QRectF(self.width() - self._inset - width - pad, pad / 2, width, height).toAlignedRect()

    def _paint_word(self, painter: QPainter) -> None:
        theme, area = self._theme, self.word_area()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        painter.drawRoundedRect(area, theme.px(4), theme.px(4))
        painter.setPen(QColor(theme.on_accent))
        painter.setFont(fonts.base_font(theme.scale, 12))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.tr("frozen"))


@guard.overrides
class BlackScreen(QWidget):
    """Nothing to be seen in the whole window. lifted: a key was pressed, or the mouse."""

    lifted = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._focused: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.BlankCursor)
        self.hide()

    def cover(self) -> None:
        """Hide everything."""
        self._focused = self._window.focusWidget()
        self.setGeometry(self._window.rect())
        self.setAccessibleName(self.tr("Black screen; any key shows the window again"))
        self.show()
        self.raise_()
        self.setFocus()

    def uncover(self) -> None:
        """Show the window again, with the focus where it was."""
        before, self._focused = self._focused, None
        self.hide()
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), Qt.GlobalColor.black)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # any key comes here, and does nothing else
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()
        if not event.isAutoRepeat() and event.key() not in _MODIFIERS:
            self.lifted.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.lifted.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.isVisible() and event.reason() == Qt.FocusReason.OtherFocusReason:
            QTimer.singleShot(0, self, self._take_focus)  # code moved it; a person who sees nothing did not

    def _take_focus(self) -> None:
        if self.isVisible() and QApplication.activeWindow() is self._window:
            self.setFocus()
