"""The line at the bottom: what was run, how long it took, whether it agrees with the model; and what is going on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

from visualizer.core.system.progress import downloaded
from visualizer.session.session import Session
from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui import run_words
from visualizer.ui.download_words import Download
from visualizer.ui.elided import ElidedLabel
from visualizer.ui.messages import PATIENCE_MS
from visualizer.ui.numbers import format_count, format_number, format_seconds
from visualizer.ui.plain_text import keep_plain, tip
from visualizer.ui.theme import Theme
from visualizer.widgets.part import Part, fix_size, flat_button, theme_button

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

WORK = {
    "load": QT_TRANSLATE_NOOP("Work", "Loading the model"),
    "run": QT_TRANSLATE_NOOP("Work", "Running the model"),
    "open": QT_TRANSLATE_NOOP("Work", "Opening the trace"),
    "save": QT_TRANSLATE_NOOP("Work", "Saving the trace"),
}

# Stages that the core reports while it works; others need no words.
STAGES = {
    "config": QT_TRANSLATE_NOOP("Work", "configuration"),
    "tokenizer": QT_TRANSLATE_NOOP("Work", "tokenizer"),
    "weights": QT_TRANSLATE_NOOP("Work", "weights"),
    "check": QT_TRANSLATE_NOOP("Work", "last checks"),
}

SAID_MS = 3000


def device_name(device: str) -> str:
    """CPU, GPU 0, Apple GPU."""
    kind, _, number = device.partition(":")
    return {"cpu": "CPU", "cuda": f"GPU {number or 0}", "mps": "Apple GPU"}.get(kind, device)


def _work(key: str) -> str:
    """What is done, in whichever pane: "run.other" is a "run"."""
    return key.removesuffix(".other")


class StatusLine(Part):
    """Work that takes longer than a blink shows its progress here, and can be stopped here."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.facts = ElidedLabel(self)
        self.facts.setProperty("role", "small")
        self.cut = QLabel(self)
        self.cut.setProperty("role", "small")
        self.work = QLabel(self)
        keep_plain(self.facts, self.cut, self.work)
        self.work.setProperty("role", "small")
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.stop = flat_button(self, "stop")
        self.stop.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.facts, 1)
        for widget in (self.cut, self.work, self.bar, self.stop):
            self._row.addWidget(widget)
        self._busy: list[str] = []
        self._words: dict[str, str] = {}
        self._downloads: dict[str, Download] = {}
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._show_work)
        self._said = QTimer(self)
        self._said.setSingleShot(True)
        self._said.setInterval(SAID_MS)
        self._said.timeout.connect(lambda: self._show_facts(self.session.trace))
        self._clock = QTimer(self)  # a line that is down reports nothing
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._on_clock_timeout)
        self.stop.clicked.connect(self._on_stop_clicked)
        session.trace_changed.connect(self._show_facts)
        session.busy_changed.connect(self._on_session_busy_changed)
        session.progress_changed.connect(self._on_session_progress_changed)
        self.settle()
        self._show_work()

    def say(self, words: str) -> None:
        """Say this in the place of the facts for a moment."""
        self.facts.setText(words)
        self.facts.setToolTip("")
        self._said.start()

    def retranslate(self) -> None:
        self.stop.setToolTip(self.tr("Stop (Ctrl+.)"))
        self.stop.setAccessibleName(self.tr("Stop"))
        self._show_facts(self.session.trace)

    def apply_theme(self, theme: Theme) -> None:
        self._row.setContentsMargins(theme.px(16), 0, theme.px(8), 0)
        self._row.setSpacing(theme.px(8))
        self.setFixedHeight(theme.px(24))
        fix_size(self.bar, theme.px(96), theme.px(4))
        self.bar.setStyleSheet(f"QProgressBar {{ background: {theme.border}; border-radius: {theme.px(2)}px; }}")
        fix_size(self.stop, theme.px(22), theme.px(20))
        self.cut.setStyleSheet(f"color: {theme.warning};")
        theme_button(self.stop, theme, 12)

    def _show_facts(self, trace: Trace | None, _selection: object = None) -> None:
        if not self._said.isActive():
            self.facts.setText(" · ".join(self._facts(trace)) if trace is not None else "")
            self.facts.setToolTip(tip(self.facts.text()))
        cut = trace.cut if trace is not None else 0
        self.cut.setVisible(cut > 0)
        if trace is not None and cut:
            self.cut.setText(self.tr("{count} tokens cut off").format(count=format_count(cut)))
            self.cut.setToolTip(
                self.tr("The model reads at most {maximum} tokens; the end of the text was left out.").format(
                    maximum=format_count(trace.card.max_length or 0)
                )
            )

    def _facts(self, trace: Trace) -> list[str]:
        read, written = len(trace.tokens), len(trace.target_tokens)
        if written:
            facts = [
                self.tr("{read} + {written} tokens").format(read=format_count(read), written=format_count(written))
            ]
        else:
            facts = [self.tr("{count} tokens").format(count=format_count(read))]
        if trace.model is None:
            facts.insert(0, self.tr("saved trace"))
        facts.append(format_seconds(trace.seconds))
        facts.append(f"{device_name(trace.card.device)} · {trace.card.dtype}")
        if trace.method == "eager":
            facts.append(self.tr("attention given out by the model (eager)"))
        else:
            facts.append(self.tr("attention from the model's queries and keys"))
        if trace.difference is not None:
            facts.append(
                self.tr("checked against the model: {difference}").format(difference=format_number(trace.difference, 2))
            )
        return [*facts, *filter(None, [run_words.caption(trace)])]

    # --- work ------------------------------------------------------------------------------------

    def _on_session_busy_changed(self, key: str, busy: bool) -> None:
        if _work(key) not in WORK:
            return
        if busy and key not in self._busy:
            self._busy.append(key)
            self._words.pop(key, None)
            self._downloads.pop(key, None)
            self._patience.start()
        elif not busy and key in self._busy:
            self._busy.remove(key)
            self._show_work()

    def _on_session_progress_changed(self, key: str, fraction: float, words: str) -> None:
        if (found := downloaded(words)) is not None:
            self._downloads.setdefault(key, Download()).add(time.monotonic(), *found)
            self._clock.start()
        if self._busy and key == self._busy[-1]:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * fraction))
            self._words[key] = words
            if self.stop.isVisible():
                self._show_work()

    def _on_clock_timeout(self) -> None:
        waiting = [key for key in self._busy if downloaded(self._words.get(key, "")) is not None]
        for key in waiting:
            self._downloads[key].wait(time.monotonic())
        if not waiting:
            self._clock.stop()
        elif self.stop.isVisible():
            self._show_work()

    def _show_work(self) -> None:
        key = self._busy[-1] if self._busy else ""
        for widget in (self.work, self.bar, self.stop):
            widget.setVisible(bool(key))
        if not key:
            self.bar.setRange(0, 1000)
            self.bar.setValue(0)
            return
        name = QCoreApplication.translate("Work", WORK[_work(key)])
        if key != _work(key):
            name = f"B · {name}"  # the second pane is called so everywhere
        stage = self._stage(key)
        self.work.setText(f"{name} · {stage}" if stage else name)

    def _stage(self, key: str) -> str:
        words = self._words.get(key, "")
        if downloaded(words) is not None:
            return self._downloads[key].words()
        return QCoreApplication.translate("Work", STAGES[words]) if words in STAGES else ""

    def _on_stop_clicked(self) -> None:
        if self._busy:
            self.session.cancel(self._busy[-1])
