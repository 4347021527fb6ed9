"""The map of the model: its parts, the way of the text through them, and what it does otherwise than in 2017."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.selection import Selection
from visualizer.ui import icons, motion
from visualizer.ui.numbers import format_count, format_number
from visualizer.ui.picture_frame import PictureFrame, small_text
from visualizer.ui.readout import ReadoutLine
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.model_map import words
from visualizer.views.model_map.diagram import Diagram
from visualizer.views.model_map.layout import Item, arranged
from visualizer.views.model_map.options import Options
from visualizer.views.registry import VIEWS

if TYPE_CHECKING:
    from visualizer.core.analyses.model_map import Box, ModelMap
    from visualizer.core.trace import Trace

_STEP_MS = 1800
_MOST_NORMS = 8
_VIEWS = {
    "embedding": "positions",
    "other_embedding": "positions",
    "positions": "positions",
    "attention": "attention_map",
    "cross_attention": "attention_map",
    "output": "next_token",
    "softmax": "next_token",
}


class ModelMapView(View):
    """Every part of the loaded model as a box, from the embedding below to the softmax above."""

    id: ClassVar[str] = "model_map"
    Options: ClassVar[type] = Options

    def how_to_read(self) -> str:
        return self.tr(
            "The text enters below and leaves above. Every box is a part of this very model, found by watching it run; "
            "arrows say what it reads. Equal layers are folded, the present one is unfolded. Click a box to open the "
            "view for it."
        )

    def build(self) -> QWidget:
        self._found: ModelMap | None = None
        self._at = -1
        self._way: tuple[int, ...] = ()
        frame = PictureFrame(self)
        self._picture = frame.picture
        both = QWidget(self._picture)
        self.diagram = Diagram(both)
        self.list = small_text(both)
        self.list.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.list.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._row = QHBoxLayout(both)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.diagram, 1)
        self._row.addWidget(self.list)
        self.readout = ReadoutLine(self._picture, lines=2)
        self.sentence = QLabel(self._picture)
        self.sentence.setWordWrap(True)
        self.sentence.setProperty("role", "token")
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        controls = QWidget(frame)
        row = QHBoxLayout(controls)
        row.setContentsMargins(0, 0, 0, 0)
        self.play, self.matrices = QToolButton(controls), QToolButton(controls)
        self.matrices.setCheckable(True)
        for button in (self.play, self.matrices):
            row.addWidget(button)
        frame.fill(controls, both, self.sentence, self.readout, growing=both)
        self._timer = QTimer(self, interval=_STEP_MS)
        self._timer.timeout.connect(lambda: self._guarded(self._step))
        self.play.clicked.connect(lambda: self._guarded(self._on_play_asked))
        self.diagram.asked_to_play.connect(lambda: self._guarded(self._on_play_asked))
        self.matrices.clicked.connect(lambda checked: self.set_options(matrices=checked))
        self.diagram.item_hovered.connect(lambda item: self._guarded(self._on_diagram_item_hovered, item))
        self.diagram.item_clicked.connect(lambda item: self._guarded(self._on_diagram_item_clicked, item))
        self.sentence.hide()
        return frame

    # --- drawing ---------------------------------------------------------------------------------

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        return (selection.layer, selection.kind) != (previous.layer, previous.kind)

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        return self.tr("layer {layer}").format(layer=selection.layer)

    def is_quick(self, trace: Trace, question: Any) -> bool:
        if trace.model is None:
            return True
        from visualizer.core.analyses import model_map  # torch comes with it

        return model_map.known(trace.model) is not None

    def answer(self, trace: Trace, question: Any, should_stop: ShouldStop, progress: Progress) -> ModelMap:
        from visualizer.core.analyses import model_map

        return model_map.of_trace(trace)

    def clear(self) -> None:
        self._stop()
        self._found = None

    def show_state(self, trace: Trace, selection: Selection) -> None:
        self.matrices.setChecked(self.options.matrices)

    def show_answer(self, found: ModelMap, selection: Selection) -> None:
        if self._found is not None and self._found is not found:
            self._stop()
        self._found = found
        opened = self._opened(found, selection)
        fold = {
            "layer": self.tr("Layer {layer}"),
            "layers": self.tr("Layers {layer} to {last}: × {count}"),
            "parameters": self.tr("{count} parameters"),
        }
        layout = arranged(found, opened, [self._lines(box) for box in found.boxes], fold)
        present = frozenset(n for side, layer in opened.items() for n in found.layer(side, layer))
        self.diagram.show_layout(layout, present)
        self._show_list(found)
        self.readout.forget_last()

    def _opened(self, found: ModelMap, selection: Selection) -> dict[str, int]:
        """The unfolded layer of each side: the present one; of the other side the one with the same number."""
        opened = {}
        for side in found.sides:
            layers = found.layers(side)
            wanted = self.options.opened if self.options.opened in layers else selection.layer
            if layers:
                opened[side] = wanted if wanted in layers else layers[-1]
        return opened

    def _lines(self, box: Box) -> tuple[str, ...]:
        detail = words.detail(box)
        first = words.name(box) if not detail else f"{words.name(box)} · {detail}"
        lines = [first]
        if self.options.matrices:
            for matrix in box.matrices:
                shape = " × ".join(map(str, matrix.shape))
                lines.append(f"{_short(matrix.name)}   {shape}" + ("  ⟲" if matrix.is_shared else ""))
        elif box.parameters:
            lines.append(self.tr("{count} parameters").format(count=format_count(box.parameters)))
        return tuple(lines)

    def _show_list(self, found: ModelMap) -> None:
        head = self.tr("{count} parameters").format(count=format_count(found.parameters))
        title = self.tr("Otherwise than the Transformer of 2017:")
        lines = [f"•  {words.otherwise(word, value)}" for word, value in found.otherwise]
        self.list.setText("\n".join([head, "", title, *(lines or [self.tr("nothing that was found")])]))

    # --- pointer ---------------------------------------------------------------------------------

    def _on_diagram_item_hovered(self, item: Item | None) -> None:
        self.readout.say("" if item is None else self._about(item))

    def _about(self, item: Item) -> str:
        """What flows out of a box for the present text, as far as the pass has kept it."""
        trace, found = self.trace, self._found
        if trace is None or found is None:
            return ""
        box = found.boxes[item.boxes[-1]]
        tokens = trace.target_tokens if box.side == "decoder" else trace.tokens
        count = sum(found.boxes[n].parameters for n in item.boxes)
        parts = [words.name(box) if len(item.boxes) == 1 else item.lines[0]]
        if box.shape:
            parts.append(self.tr("gives {shape}").format(shape=words.shape(box, len(tokens))))
        if count:
            parts.append(self.tr("{count} parameters").format(count=format_count(count)))
        states = states_after(trace, found, item.boxes[-1])
        if states is not None:
            norms = np.linalg.norm(states.astype(np.float64), axis=1)
            shown = [f"{t.name} {format_number(float(v))}" for t, v in zip(tokens, norms, strict=False)][:_MOST_NORMS]
            parts.append(self.tr("length of each vector: {values}").format(values=", ".join(shown)))
        return " · ".join(parts)

    def _on_diagram_item_clicked(self, item: Item) -> None:
        trace, found = self.showing.trace, self._found
        if trace is None or found is None:
            return
        box = found.boxes[item.boxes[0]]
        if box.layer is not None:
            kind = _kind(box)
            layer = item.layers[0] if item.kind == "folded" else box.layer
            if layer in trace.layer_numbers(kind):
                if self.options.opened >= 0:
                    self.set_options(opened=-1)
                self.showing.select(kind=kind, layer=layer)
            else:
                self.set_options(opened=layer)
        view = _VIEWS.get(item.kind, "")
        if item.kind in ("feed_forward", "experts"):
            view = next((v for v in ("feed_forward", "head_importance") if v in VIEWS), "")
        if view:
            self.view_requested.emit(view)

    # --- the way of the text ---------------------------------------------------------------------

    def _on_play_asked(self) -> None:
        if self._timer.isActive():
            self._timer.stop()
        elif motion.is_reduced():
            self._step()  # nothing moves by itself there: each press is a step
        else:
            self._step()
            self._timer.start()
        self._show_play()

    def _step(self) -> None:
        found = self._found
        if found is None:
            return
        seen = [i.boxes[0] for i in self.diagram.layout_.items if i.kind not in ("rest", "branch")]
        self._at += 1
        if self._at >= len(seen):
            self._stop()
            return
        box = seen[self._at]
        self.diagram.light(box)
        item = next(i for i in self.diagram.layout_.items if i.boxes[0] == box)
        text = words.happens(found.boxes[box])
        if item.kind == "folded":
            text = self.tr("The same happens in {name}.").format(name=item.lines[0])
        self.sentence.setText(f"{self._at + 1} / {len(seen)}   {text}")
        self.sentence.show()

    def _stop(self) -> None:
        self._timer.stop()
        self._at = -1
        self.diagram.light(-1)
        self.sentence.hide()
        self._show_play()

    def _show_play(self) -> None:
        name = "pause" if self._timer.isActive() else "play"
        self.play.setIcon(icons.icon(name, self.theme))
        self.play.setText(self.tr("Pause") if self._timer.isActive() else self.tr("Play"))

    # --- look, language, export ------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self.diagram.apply_theme(theme)
        self.list.setFixedWidth(theme.px(230))
        self.list.setVisible(not theme.lecture)  # the diagram is what a class looks at
        for label in (self.list, self.readout, self.sentence):
            label.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(4))
        self.readout.apply_theme(theme)
        for button in (self.play, self.matrices):
            button.setIconSize(QSize(theme.px(14), theme.px(14)))
        self.play.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._show_play()

    def retranslate(self) -> None:
        self._show_play()
        self.play.setToolTip(self.tr("Let the text flow through, step by step  Space"))
        self.matrices.setText(self.tr("Matrices"))
        self.matrices.setToolTip(self.tr("List the matrices of every box with their shapes"))
        self.diagram.setAccessibleName(self.title())
        if self._found is not None and self.trace is not None:
            self.show_answer(self._found, self.selection)

    def export_widget(self) -> QWidget:
        return self._picture

    def caption(self) -> str:
        trace = self.trace
        return "" if trace is None else f"{trace.card.name} · {self.title()}"

    def data(self) -> dict[str, Any]:
        found = self.current
        if found is None:
            return {}
        boxes = found.boxes
        return {
            "parameters": np.array([[box.parameters] for box in boxes], dtype=np.int64),
            "rows": [f"{box.kind} {box.name}" for box in boxes],
            "columns": ["parameters"],
            "layer": np.array([-1 if box.layer is None else box.layer for box in boxes]),
        }


def states_after(trace: Trace, found: ModelMap, number: int) -> np.ndarray | None:
    """What flows out of a box, float32 [token, width], where the pass has kept it: between blocks, and at the end."""
    box = found.boxes[number]
    stream = trace.residual.get(box.side)
    if stream is None:
        return None
    if box.kind == "final_norm":
        return trace.final.float().cpu().numpy()
    if box.kind in ("rest", "branch"):
        return None
    if box.layer is not None:
        last = max(n for n in found.layer(box.side, box.layer) if found.boxes[n].kind != "rest")
        return stream[box.layer + 1].float().cpu().numpy() if number == last and box.layer + 1 < len(stream) else None
    first = found.layers(box.side)[0] if found.layers(box.side) else None
    readers = [n for n in found.layer(box.side, first) if number in found.boxes[n].reads] if first is not None else []
    return stream[0].float().cpu().numpy() if readers else None


def _kind(box: Box) -> str:
    return "cross" if box.kind == "cross_attention" else box.side


def _short(name: str) -> str:
    """The end of a parameter's name: what tells it from its neighbours."""
    return ".".join(name.split(".")[-2:])
