"""Where each box of the diagram stands: bottom up, equal blocks folded, the encoder to the left of the decoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

if TYPE_CHECKING:
    from visualizer.core.analyses.model_map import ModelMap

WIDTH, ROW, LINE, GAP, LANE, PADDING = 260.0, 30.0, 16.0, 16.0, 20.0, 14.0  # pixels of the design
COLUMN = WIDTH + 2 * (PADDING + 3 * LANE)
PLUS = 22.0


@dataclass(frozen=True)
class Item:
    """One drawn thing. boxes: their numbers in the map; layers: of folded blocks, or of the one that is unfolded."""

    rect: QRectF
    kind: str
    side: str
    boxes: tuple[int, ...]
    layers: tuple[int, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """items: from below; frames: around unfolded blocks; arrows: points of each; size of all, from (0, 0)."""

    items: tuple[Item, ...]
    frames: tuple[Item, ...]
    arrows: tuple[tuple[QPointF, ...], ...]
    size: QRectF

    def at(self, point: QPointF) -> Item | None:
        """What is under a point."""
        return next((i for i in (*self.items, *self.frames) if i.rect.contains(point)), None)


def folded(found: ModelMap, side: str, opened: int) -> list[tuple[int, ...]]:
    """Neighbouring layers that are built alike stand together; the opened one stands alone."""
    groups: list[list[int]] = []
    before: object = None
    for layer in found.layers(side):
        like = None if layer == opened else found.likeness(side, layer)
        if groups and like is not None and like == before:
            groups[-1].append(layer)
        else:
            groups.append([layer])
        before = like
    return [tuple(group) for group in groups]


def arranged(
    found: ModelMap, opened: Mapping[str, int], titles: Sequence[tuple[str, ...]], fold: Mapping[str, str]
) -> Layout:
    """opened: side -> its unfolded layer. titles: of each box its lines. fold: words to be filled in."""
    items: list[Item] = []
    frames: list[Item] = []
    top = 0.0
    for column, side in enumerate(found.sides):
        left, y = column * COLUMN + PADDING + 3 * LANE, 0.0
        done: set[int] = set()
        groups = {group[0]: group for group in folded(found, side, opened.get(side, -1))}
        for n, box in enumerate(found.boxes):
            if box.side != side or n in done:
                continue
            if box.layer is None:
                high = PLUS if box.kind == "add" else _height(titles[n])
                items.append(_item(left, y, high, box.kind, side, (n,), lines=titles[n]))
                y -= high + GAP
                continue
            group = groups[box.layer]
            numbers = tuple(m for layer in group for m in found.layer(side, layer))
            done.update(numbers)
            if box.layer == opened.get(side, -1):
                start = y
                y -= PADDING
                for m in numbers:
                    kind = found.boxes[m].kind
                    high = PLUS if kind == "add" else _height(titles[m])
                    items.append(_item(left, y, high, kind, side, (m,), group, titles[m]))
                    y -= high + GAP
                y -= PADDING + LINE - GAP
                outer = QRectF(left - 2.4 * LANE, y, WIDTH + 4.8 * LANE, start - y)
                line = fold["layer"].format(layer=box.layer)
                frames.append(Item(outer, "frame", side, numbers, group, (line,)))
                y -= GAP
                continue
            name = fold["layers"] if len(group) > 1 else fold["layer"]
            line = name.format(layer=group[0], last=group[-1], count=len(group))
            each = sum(found.boxes[m].parameters for m in numbers)
            lines = (line, fold["parameters"].format(count=f"{each:,}"))
            high = _height(lines) + (6.0 if len(group) > 1 else 0.0)
            items.append(_item(left, y, high, "folded", side, numbers, group, lines))
            y -= high + GAP
        top = min(top, y)
    items = [_moved(item, -top) for item in items]
    frames = [_moved(item, -top) for item in frames]
    size = QRectF(0, 0, COLUMN * len(found.sides), -top + PADDING)
    return Layout(tuple(items), tuple(frames), tuple(_arrows(found, items)), size)


def _height(lines: Sequence[str]) -> float:
    return ROW + LINE * max(0, len(lines) - 1)


def _item(
    left: float, bottom: float, high: float, kind: str, side: str, boxes: tuple[int, ...],
    layers: tuple[int, ...] = (), lines: tuple[str, ...] = (),
) -> Item:  # fmt: skip
    wide = PLUS if kind == "add" else WIDTH
    return Item(QRectF(left + (WIDTH - wide) / 2, bottom - high, wide, high), kind, side, boxes, layers, lines)


def _moved(item: Item, down: float) -> Item:
    return Item(item.rect.translated(0, down), item.kind, item.side, item.boxes, item.layers, item.lines)


def _arrows(found: ModelMap, items: Sequence[Item]) -> list[tuple[QPointF, ...]]:
    """From each box to those that read it: straight up to the next one, else along the side."""
    place = {box: n for n, item in enumerate(items) for box in item.boxes}
    arrows: list[tuple[QPointF, ...]] = []
    lanes: list[tuple[float, float, int]] = []
    for n, item in enumerate(items):
        sources = sorted({place[r] for b in item.boxes for r in found.boxes[b].reads if place[r] != n}, reverse=True)
        for m in sources:
            source = items[m]
            start, end = source.rect, item.rect
            if source.side != item.side:
                middle = (start.right() + end.left()) / 2 + LANE
                arrows.append(
                    (
                        QPointF(start.center().x(), start.top()),
                        QPointF(start.center().x(), start.top() - GAP / 2),
                        QPointF(middle, start.top() - GAP / 2),
                        QPointF(middle, end.center().y()),
                        QPointF(end.left(), end.center().y()),
                    )
                )
            elif m == n - 1:
                arrows.append((QPointF(start.center().x(), start.top()), QPointF(end.center().x(), end.bottom())))
            else:
                low, high = start.top() - GAP / 2, end.center().y()
                lane = 1
                while any(x == lane and not (low <= a or high >= b) for a, b, x in lanes):
                    lane += 1
                lanes.append((high, low, lane))
                is_table = source.kind in ("embedding", "other_embedding", "positions")
                x = start.center().x() + WIDTH / 2 + lane * LANE * 0.8
                begin = (
                    (QPointF(start.right(), start.center().y()), QPointF(x, start.center().y()))
                    if is_table
                    else (QPointF(start.center().x(), low), QPointF(x, low))
                )
                rise = GAP / 2
                turn = (
                    (QPointF(x, high), QPointF(end.right(), high))
                    if item.kind == "add" or end.right() > x - 1
                    else (QPointF(x, end.bottom() + rise), QPointF(end.center().x(), end.bottom() + rise),
                          QPointF(end.center().x(), end.bottom()))
                )  # fmt: skip
                arrows.append((*begin, *turn))
    return arrows
