"""Passes that begin in the middle: blocks before a layer give what they gave in an ordinary pass.

What a change in one layer does to the output can be computed from that layer on, for several changes as one batch. The
model itself is not touched: a shallow copy of the stack runs, in which each block has a stand-in before it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from visualizer.core.errors import Cancelled
from visualizer.core.forward import acting
from visualizer.core.system.progress import ShouldStop, never


class Restart:
    """One stack whose passes begin at any layer.

    name: "self", "encoder" or "decoder". The first pass, `record`, is the ordinary one over the inputs as they are.
    """

    def __init__(self, name: str, stack: nn.Module) -> None:
        self.name = name
        self.should_stop: ShouldStop = never
        self._outputs: list[Any] = []
        self._start, self._done, self._rows, self._is_recording = 0, 0, 1, False
        self._shell = _shell(stack, self)

    @property
    def layers(self) -> int:
        """Blocks that ran in the recorded pass."""
        return len(self._outputs)

    def record(self, inputs: Mapping[str, Any]) -> torch.Tensor:
        """Runs the whole stack and keeps what each block gave: final states [1, token, width]."""
        self._outputs, self._is_recording = [], True
        try:
            return self._run(inputs, 0, 1)
        finally:
            self._is_recording = False

    def run(self, inputs: Mapping[str, Any], layer: int, rows: int) -> torch.Tensor:
        """The same inputs for each of so many rows, from a layer on: final states [row, token, width].

        Raises Cancelled.
        """
        return self._run({name: _for_rows(value, rows) for name, value in inputs.items()}, layer, rows)

    def _run(self, inputs: Mapping[str, Any], layer: int, rows: int) -> torch.Tensor:
        self._start, self._done, self._rows = layer, 0, rows
        output = self._shell(**inputs)
        states: torch.Tensor = output.last_hidden_state if hasattr(output, "last_hidden_state") else output[0]
        return states

    def step(self, block: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One block's turn."""
        if self.should_stop():
            raise Cancelled
        number = self._done
        self._done += 1
        if number < self._start:
            at_work = acting.current()
            if at_work is not None:
                at_work.skip()
            return _expanded(self._outputs[number], self._rows, is_read=number == self._start - 1)
        output = block(*args, **kwargs)
        if self._is_recording:
            self._outputs.append(output)
        return output


class _StandIn(nn.Module):
    """Stands where a block stands, and looks like it from outside."""

    def __init__(self, block: nn.Module, restart: Restart) -> None:
        super().__init__()
        self.block = block
        object.__setattr__(self, "restart", restart)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.restart.step(self.block, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:  # what a model asks its blocks: whether they slide, what their attention is
            return getattr(self._modules["block"], name)


def _shell(module: nn.Module, restart: Restart) -> nn.Module:
    """A copy of a module with stand-ins in its outermost lists of blocks; everything else is shared."""
    changed: dict[str, nn.Module] = {}
    for name, child in module._modules.items():
        if isinstance(child, nn.ModuleList):
            changed[name] = nn.ModuleList(_StandIn(block, restart) for block in child)
        elif child is not None and any(isinstance(m, nn.ModuleList) for m in child.modules()):
            changed[name] = _shell(child, restart)
    shell = copy.copy(module)
    shell._modules = {**module._modules, **changed}
    return shell


def _for_rows(value: Any, rows: int) -> Any:
    if isinstance(value, torch.Tensor) and value.dim() and value.shape[0] == 1:
        return value.expand(rows, *value.shape[1:])
    return value


def _expanded(output: Any, rows: int, is_read: bool) -> Any:
    """A block's output for several rows; a copy where it is read, because some blocks add to what they read."""
    if isinstance(output, tuple):
        return tuple(_expanded(part, rows, is_read) for part in output)
    value = _for_rows(output, rows)
    return value.clone() if is_read and isinstance(value, torch.Tensor) else value
