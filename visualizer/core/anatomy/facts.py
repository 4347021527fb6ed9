"""Facts that configs keep in many shapes: one number, a list, one for each layer, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from torch import nn

from visualizer.core.errors import UnsupportedArchitecture, VisualizerError, first_line

# A vocabulary, a width or a count of layers beyond this is a slip of the pen, whatever the config says.
_MOST = 2**40

T = TypeVar("T")


def text_config(model: Any) -> Any:
    """The part of a model's config that speaks of text; the config itself where there is one part only."""
    config = model.config
    try:
        return config.get_text_config()
    except Exception:  # several text parts (T5Gemma): what the config says of all of them
        return config


def values_of(config: Any, name: str) -> tuple[Any, ...]:
    """What a config says under a name: one value, or one for each layer where layers differ; () for nothing."""
    try:
        value = getattr(config, name, None)
    except Exception:  # a value for each layer, which transformers refuses to give as one (Gemma 4)
        try:
            return tuple(getattr(layer, name) for layer in config.per_layer_config)
        except Exception:
            return ()
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def number_of(config: Any, *names: str) -> int | None:
    """The first of these facts that is a positive whole number, the largest one where layers differ; else None."""
    for name in names:
        numbers = [n for n in values_of(config, name) if _is_count(n)]
        if numbers:
            return int(max(numbers))
    return None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MOST


def token_ids(*values: Any) -> frozenset[int]:
    """All ids in values that may be a number, a list of numbers (Llama 3's ends) or nothing."""
    found: set[int] = set()
    for value in values:
        if isinstance(value, int) and not isinstance(value, bool):
            found.add(value)
        elif isinstance(value, list | tuple | set):
            found |= token_ids(*value)
    return frozenset(found)


def head_widths(model: nn.Module) -> dict[int, int]:
    """The width of a query's head in each layer, by what its attention module says of itself."""
    found: dict[int, int] = {}
    for module in model.modules():
        layer, width = getattr(module, "layer_idx", None), getattr(module, "head_dim", None)
        if isinstance(layer, int) and _is_count(width):
            found.setdefault(layer, int(width))  # type: ignore[arg-type]
    return found


def head_width(model: Any, layers: Iterable[int] = ()) -> int:
    """The width of a head in these layers (all: ()), the widest where they differ; 0 where nothing says it."""
    widths = head_widths(model)
    chosen = [widths[n] for n in (layers or widths) if n in widths]
    if chosen:
        return max(chosen)
    config = text_config(model)
    width = number_of(config, "head_dim", "d_kv")
    heads, whole = number_of(config, "num_attention_heads"), number_of(config, "hidden_size")
    return width or (whole // heads if heads and whole else 0)


def or_refused(model: Any, describe: Callable[[], T]) -> T:
    """What `describe` finds out; whatever goes wrong says that this model cannot be shown, UnsupportedArchitecture."""
    try:
        return describe()
    except (VisualizerError, MemoryError):
        raise
    except Exception as error:  # every architecture fails in its own way
        raise UnsupportedArchitecture(type(model).__name__, first_line(error)) from error
