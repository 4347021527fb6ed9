"""What is switched off, above the views: each part with its own cross, all on again, and by zero or by the mean."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from visualizer.core.interventions import HOWS, Ablate
from visualizer.core.request import Intervention
from visualizer.session import switching
from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui import guard, icons, intervention_words, plain_text
from visualizer.ui.controls import Choice
from visualizer.ui.theme import Theme
from visualizer.widgets.part import Part, theme_button


class AblationBar(Part):
    """One line for each pane in which something is switched off; no room at all where nothing is."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        self.first = PaneLine(session, session.showing, self)
        self.other: PaneLine | None = None
        self._rows.addWidget(self.first)
        session.compared.connect(self._on_session_compared)
        self.settle()
        if session.other is not None:
            self._on_session_compared(session.other)

    def _on_session_compared(self, pane: Showing | None) -> None:
        if self.other is not None:
            self.other.hide()
            self.other.deleteLater()
            self.other = None
        if pane is not None:
            self.other = PaneLine(self.session, pane, self)
            self._rows.addWidget(self.other)
        for line, name in ((self.first, "A"), (self.other, "B")):
            if line is not None:
                line.set_pane_name(name if pane is not None else "")


@guard.overrides
class PaneLine(Part):
    """The parts that are off in one pane. It shows what the pane's picture was made with."""

    def __init__(self, session: Session, pane: Showing, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.pane = pane
        self._pane_name = ""
        self.setObjectName("ablation")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.icon, self.label = QLabel(self), QLabel(self)
        plain_text.keep_plain(self.label)
        self.chips: list[QToolButton] = []
        self._strip = QWidget(self)
        self._strip.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._strip.installEventFilter(self)
        self.menu = QMenu(self)
        self.more = QToolButton(self._strip)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self.menu)
        self.how = Choice(self)
        self.how.chosen.connect(lambda how: switching.set_how(self.pane, str(how)))
        self.all_on = QToolButton(self)
        self.all_on.clicked.connect(lambda: switching.all_on(self.pane))
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.icon)
        self._row.addWidget(self.label)
        self._row.addWidget(self._strip, 1)
        self._row.addWidget(self.how)
        self._row.addWidget(self.all_on)
        pane.trace_changed.connect(self._show)
        pane.request_changed.connect(self._show)
        self.settle()
        self._show()

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What is done to the model in the pane's picture."""
        trace = self.pane.trace
        return self.pane.request.interventions if trace is None else trace.request.interventions

    def set_pane_name(self, name: str) -> None:
        """ "A", "B" while two panes are compared."""
        self._pane_name = name
        self.retranslate()

    def hidden_parts(self) -> list[str]:
        """The names of the parts that stand in the menu because the line is too short."""
        return [action.text() for action in self.menu.actions()]

    # --- what is shown ---------------------------------------------------------------------------

    def _show(self, *_: object) -> None:
        found = self.interventions
        for chip in self.chips:
            chip.hide()
            chip.deleteLater()
        self.chips = [self._chip(one) for one in found]
        has_off = any(isinstance(one, Ablate) for one in found)
        can = self.pane.trace is not None and switching.why_not(self.pane.trace) is None
        for widget in (self.how, self.all_on, *self.chips):
            widget.setEnabled(can)
        self.how.setVisible(has_off)
        self.how.set_value(next((one.how for one in found if isinstance(one, Ablate)), HOWS[0]))
        self.setVisible(bool(found))
        self._arrange()

    def _chip(self, one: Intervention) -> QToolButton:
        chip = QToolButton(self._strip)
        chip.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the cross stands behind the name
        chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.setText(intervention_words.part_name(one))
        chip.setProperty("icon_name", "close")
        chip.clicked.connect(lambda _checked=False, one=one: switching.switch_on(self.pane, one))
        tip = self.tr("Switch on again: {name}").format(name=chip.text())
        chip.setToolTip(plain_text.tip(tip))
        chip.setAccessibleName(tip)
        theme_button(chip, self.theme, 10)
        return chip

    def _arrange(self) -> None:
        """As many chips as fit; the rest in a menu. A name is never cut."""
        gap, room = self.theme.px(6), self._strip.width()
        widths = [chip.sizeHint().width() for chip in self.chips]
        shown = _fitting(widths, room, gap, 0)
        if shown < len(self.chips):
            self.more.setText(f"+{len(self.chips)} ▾")
            shown = _fitting(widths, room, gap, self.more.sizeHint().width() + gap)
            self.more.setText(f"+{len(self.chips) - shown} ▾")
        x = 0
        for number, chip in enumerate(self.chips):
            chip.setVisible(number < shown)
            if number < shown:
                size = chip.sizeHint()
                chip.setGeometry(x, (self._strip.height() - size.height()) // 2, size.width(), size.height())
                x += size.width() + gap
        self.menu.clear()
        for chip in self.chips[shown:]:
            action = self.menu.addAction(chip.icon(), chip.text())
            action.setEnabled(chip.isEnabled())
            action.triggered.connect(lambda _checked=False, chip=chip: chip.click())
        size = self.more.sizeHint()
        self.more.setGeometry(x, (self._strip.height() - size.height()) // 2, size.width(), size.height())
        self.more.setVisible(shown < len(self.chips))
        self.more.setAccessibleName(self.tr("{count} more that are off").format(count=len(self.chips) - shown))

    # --- words, look, size -----------------------------------------------------------------------

    def retranslate(self) -> None:
        text = self.tr("Switched off")
        self.label.setText(f"{self._pane_name} · {text}" if self._pane_name else text)
        self.all_on.setText(self.tr("All on again"))
        self.all_on.setToolTip(self.tr("Switch everything on again (Shift+X)"))
        self.how.set_texts(
            self.tr("by"),
            {how: intervention_words.how_name(how) for how in HOWS},
            self.tr("What stands in the place of a part's output: nothing, or its mean over all tokens of this text"),
        )
        self._show()

    def apply_theme(self, theme: Theme) -> None:
        self._row.setContentsMargins(theme.px(16), theme.px(2), theme.px(8), theme.px(2))
        self._row.setSpacing(theme.px(8))
        self.icon.setPixmap(icons.pixmap("off", theme.warning, theme.px(16)))
        self.label.setStyleSheet(f"color: {theme.warning};")
        line = f"border-bottom: 1px solid {theme.border};"
        self.setStyleSheet(f"QWidget#ablation {{ background: {theme.raised}; {line} }}")
        self._show()

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(120), super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:  # of the strip, which also follows the words and the size of text
            self._arrange()
        return super().eventFilter(watched, event)


def _fitting(widths: list[int], room: int, gap: int, spare: int) -> int:
    """How many of these fit side by side when `spare` pixels stay free."""
    used = 0
    for number, width in enumerate(widths):
        used += width + (gap if number else 0)
        if used > room - spare:
            return number
    return len(widths)
