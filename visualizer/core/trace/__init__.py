"""The `Trace`: what one forward pass needs to be questioned about."""

from __future__ import annotations

from visualizer.core.request import RunRequest
from visualizer.core.trace.output_layer import ModelOutputLayer
from visualizer.core.trace.trace import Trace

__all__ = ["ModelOutputLayer", "RunRequest", "Trace"]
