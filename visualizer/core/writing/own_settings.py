"""How a model's makers let it draw tokens: what its generation config says, as `generate` would use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

_TOP_K = 50  # what transformers' `generate` takes where a config that samples does not say


@dataclass(frozen=True, slots=True)
class OwnSettings:
    """temperature 0: greedy, as without `do_sample`. None, penalty 1: off. named: what the config itself says."""

    temperature: float
    top_k: int | None
    top_p: float | None
    min_p: float | None
    repetition_penalty: float
    named: tuple[str, ...] = ()


def own_settings(loaded: LoadedModel) -> OwnSettings | None:
    """The settings of a model that writes; None where it does not write, or has no generation config."""
    config = getattr(loaded.model, "generation_config", None)
    if config is None or loaded.task not in ("causal", "seq2seq"):
        return None
    samples = bool(getattr(config, "do_sample", None))
    penalty = _number(config, "repetition_penalty") or 1.0
    names = ("do_sample", "temperature", "top_k", "top_p", "min_p", "repetition_penalty")
    named = tuple(f"{name}={value}" for name in names if (value := getattr(config, name, None)) is not None)
    if not samples:
        return OwnSettings(0.0, None, None, None, penalty, named)
    top_k, top_p, min_p = (_number(config, name) for name in ("top_k", "top_p", "min_p"))
    temperature = _number(config, "temperature")
    return OwnSettings(
        temperature=1.0 if temperature is None else temperature,
        top_k=_TOP_K if top_k is None else int(top_k) or None,
        top_p=top_p if top_p is not None and 0 < top_p < 1 else None,
        min_p=min_p if min_p is not None and 0 < min_p <= 1 else None,
        repetition_penalty=penalty,
        named=named,
    )


def _number(config: Any, name: str) -> float | None:
    value = getattr(config, name, None)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
