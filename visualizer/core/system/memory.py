"""How much memory there is, and how much a model will need. torch is imported only when a model is estimated."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

_CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
    ),
)


def available(device: str = "cpu") -> int:
    """Bytes that can still be used on a device ("cpu", "cuda:0", "mps"), within the limit of a container."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(torch.device(device))[0])
    import psutil  # comes with accelerate

    free = int(psutil.virtual_memory().available)
    for limit, usage, stat in _CGROUPS:
        room = _container_room(limit, usage, stat)
        if room is not None:
            free = min(free, room)
    return free


def _container_room(limit: str, usage: str, stat: str) -> int | None:
    try:
        most = int(Path(limit).read_text())
        used = int(Path(usage).read_text())
        # The kernel counts cached files as used, and gives them up when asked.
        lines = (line.split() for line in Path(stat).read_text().splitlines())
        cached = sum(int(n) for name, n in lines if name in ("inactive_file", "total_inactive_file"))
    except (OSError, ValueError):
        return None
    return max(0, most - used + cached)


def of_weights(model_class: Any, config: Any, dtype: str) -> int:
    """Bytes that loading takes: all weights in the wished dtype, the largest once more while it is converted, buffers.

    Raises what :func:`measured` raises.
    """
    return measured(model_class, config, dtype)[0]


def measured(model_class: Any, config: Any, dtype: str) -> tuple[int, int]:
    """(bytes that loading takes, how many weights a config asks for).

    The model is built without storage (on torch's meta device), which takes moments even for the largest. Raises
    ValueError for a table of positions that would take minutes to compute, and what the model's class raises.
    """
    import torch

    _check_tables(model_class, config)
    with torch.device("meta"):
        model = model_class._from_config(config)
    size = torch.empty(0, dtype=getattr(torch, dtype)).element_size()
    counts = [p.numel() for p in model.parameters()]
    buffers = sum(b.numel() * b.element_size() for b in model.buffers())
    return size * (sum(counts) + max(counts, default=0)) + buffers, sum(counts)


# Of a table that a family computes in Python, number by number: some seconds.
_MOST_NUMBERS = 4_000_000


def _check_tables(model_class: Any, config: Any) -> None:
    module = sys.modules[model_class.__module__]
    if not any(hasattr(module, name) for name in ("create_sinusoidal_embeddings", *_sinusoidal_classes(module))):
        return
    positions, width = getattr(config, "max_position_embeddings", 0), getattr(config, "hidden_size", 0)
    if isinstance(positions, int) and isinstance(width, int) and positions * width > _MOST_NUMBERS:
        raise ValueError(f"a table of {positions} positions")


def _sinusoidal_classes(module: Any) -> list[str]:
    return [name for name in vars(module) if name.endswith("SinusoidalPositionalEmbedding")]
