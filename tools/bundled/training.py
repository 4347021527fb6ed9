"""The training loop that the three models share: bfloat16 products, float32 master weights, a schedule by the clock.

The learning rate falls to zero when the time is spent, so a run of any length ends well. A stopped run goes on from its
last check, with the weights, the optimizers and the clock of that moment; the sentences come in a new order.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .refused import Refused

LONGEST_STEP = 30.0  # seconds that one step may count for, so that a paused process loses no training


@dataclass(frozen=True)
class Plan:
    """How one model is trained."""

    minutes: float
    matrix_rate: float = 3e-3  # Muon: hidden matrices
    other_rate: float = 3e-3  # AdamW: embeddings, biases, norms
    weight_decay: float = 0.1
    warm_up: float = 0.04  # share of the time
    clip: float = 1.0
    check_every: float = 4.0  # minutes
    seed: int = 1

    def rate(self, progress: float) -> float:
        """Learning-rate factor at `progress` in [0, 1]: a short rise, then a straight fall to zero."""
        if progress < self.warm_up:
            return max(0.02, progress / self.warm_up)
        return max(0.0, (1.0 - progress) / (1.0 - self.warm_up))


def needs_muon() -> None:
    """Raise Refused where torch has no Muon."""
    if not hasattr(torch.optim, "Muon"):
        raise Refused(f"training needs torch 2.9 or newer (torch.optim.Muon); this is {torch.__version__}")


def trained_weights(model: nn.Module) -> dict[str, nn.Parameter]:
    """The weights that training moves, by name."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def check_fit(wanted: Mapping[str, Tensor], saved: Mapping[str, Tensor], path: Path) -> None:
    """Raise Refused unless `saved`, read from `path`, has every wanted weight in its shape."""
    for name, weight in wanted.items():
        found = tuple(saved[name].shape) if name in saved else "nothing"
        if found != tuple(weight.shape):
            raise Refused(
                f"{path} was made for another model: for {name} {tuple(weight.shape)} it holds {found}. "
                f"Delete the folder {path.parent} and train again, or go back to the code that made it."
            )


def _is_table(name: str) -> bool:
    """Whether a weight is a table of embeddings (Marian calls its own "shared")."""
    return "embed" in name or "shared" in name


class MasterWeights:
    """Float32 copies of a bfloat16 model's weights: Muon moves the hidden matrices, AdamW everything else."""

    def __init__(self, model: nn.Module, plan: Plan) -> None:
        needs_muon()
        self.named = list(trained_weights(model).items())
        self.masters = {name: weight.detach().float().clone() for name, weight in self.named}
        matrices = [self.masters[n] for n, w in self.named if w.ndim == 2 and not _is_table(n) and min(w.shape) > 8]
        chosen = {id(weight) for weight in matrices}
        others = [weight for weight in self.masters.values() if id(weight) not in chosen]
        decayed = [weight for weight in others if weight.ndim == 2]
        plain = [weight for weight in others if weight.ndim != 2]
        self.rates = (plan.matrix_rate, plan.other_rate)
        self.clip = plan.clip
        self.optimizers: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.Muon(
                matrices, lr=plan.matrix_rate, weight_decay=plan.weight_decay, adjust_lr_fn="match_rms_adamw"
            ),
            torch.optim.AdamW(
                [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
                lr=plan.other_rate,
                betas=(0.9, 0.98),
                fused=True,
            ),
        )

    def step(self, factor: float) -> None:
        """Move the masters along the model's gradients, copy them back, clear the gradients."""
        for name, weight in self.named:
            gradient = weight.grad
            self.masters[name].grad = torch.zeros_like(self.masters[name]) if gradient is None else gradient.float()
            weight.grad = None
        nn.utils.clip_grad_norm_(self.masters.values(), self.clip)
        for optimizer, rate in zip(self.optimizers, self.rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
            optimizer.step()
        with torch.no_grad():
            for name, weight in self.named:
                weight.copy_(self.masters[name])

    def state(self) -> dict[str, Any]:
        return {"masters": self.masters, "optimizers": [optimizer.state_dict() for optimizer in self.optimizers]}

    def load(self, state: dict[str, Any]) -> None:
        with torch.no_grad():
            for name, weight in self.named:
                self.masters[name].copy_(state["masters"][name])
                weight.copy_(self.masters[name])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)


def _save(path: Path, content: dict[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    torch.save(content, partial)
    partial.replace(path)


def train(
    model: nn.Module,
    batches: Callable[[random.Random], Iterator[Any]],
    loss_of: Callable[[Any], tuple[Tensor, int, dict[str, float]]],
    score: Callable[[], dict[str, float]],
    plan: Plan,
    folder: Path,
    say: Callable[[str], None],
) -> float:
    """Train until the time is spent; leaves the best weights by `score()["choose"]` (lower is better) in the model.

    `batches(rng)` yields without end; `loss_of(batch)` gives the loss, its number of tokens and figures to show.
    Returns the minutes trained. `folder` receives last.pt (to resume), best.pt, and the weights at every check. Where
    it has a last.pt, training goes on from there: from the last check, not the last step, and with the sentences in a
    new order. Raises Refused when that was made for another model.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = MasterWeights(model, plan)
    last, best_file = folder / "last.pt", folder / "best.pt"
    since: dict[str, list[float]] = {}
    elapsed, step, tokens, best = 0.0, 0, 0, float("inf")
    if last.exists():
        saved = torch.load(last, weights_only=True, map_location="cpu")
        check_fit(weights.masters, saved["weights"]["masters"], last)
        weights.load(saved["weights"])
        elapsed, step, tokens, best = saved["elapsed"], saved["step"], saved["tokens"], saved["best"]
        say(f"resuming at {elapsed / 60:.1f} minutes, step {step}")
    torch.manual_seed(plan.seed + step)
    stream = batches(random.Random(plan.seed + step))
    next_check = elapsed + 60.0 * plan.check_every
    shown, shown_tokens = time.monotonic(), 0
    processor = time.process_time()
    model.train()
    while elapsed < 60.0 * plan.minutes:
        began = time.monotonic()
        progress = elapsed / (60.0 * plan.minutes)
        loss, count, figures = loss_of(next(stream))
        loss.backward()
        weights.step(plan.rate(progress))
        step, tokens, shown_tokens = step + 1, tokens + count, shown_tokens + count
        for name, value in figures.items():
            since.setdefault(name, []).append(value)
        elapsed += min(LONGEST_STEP, time.monotonic() - began)
        if time.monotonic() - shown > 30:
            speed = shown_tokens / (time.monotonic() - shown)
            busy = shown_tokens / max(1e-9, time.process_time() - processor)
            means = "  ".join(f"{name} {sum(values) / len(values):.3f}" for name, values in since.items())
            when = f"{elapsed / 60:6.1f}/{plan.minutes:.0f} min  step {step}"
            say(f"{when}  {means}  {speed:,.0f} tokens/s, {busy:,.0f} a processor second")
            shown, shown_tokens, since = time.monotonic(), 0, {}
            processor = time.process_time()
        if elapsed >= next_check or elapsed >= 60.0 * plan.minutes:
            next_check = elapsed + 60.0 * plan.check_every
            model.eval()
            with torch.no_grad(), torch.compiler.set_stance("force_eager"):  # its many widths are not worth compiling
                result = score()
            model.train()
            processor = time.process_time()
            say("check  " + "  ".join(f"{name} {value:.4f}" for name, value in result.items()))
            if result["choose"] < best:
                best = result["choose"]
                _save(best_file, {"weights": weights.masters, "elapsed": elapsed, "tokens": tokens, "scores": result})
            state = {"weights": weights.state(), "elapsed": elapsed, "step": step, "tokens": tokens, "best": best}
            _save(last, state)
            kept = {"weights": weights.masters, "elapsed": elapsed, "tokens": tokens}
            _save(folder / f"kept-{elapsed / 60:.0f}.pt", kept)
    load_best(model, best_file)
    return elapsed / 60.0


def load_best(model: nn.Module, path: Path) -> dict[str, Any]:
    """Put the best weights into the model, and give what was saved with them (elapsed, tokens, scores).

    Raises Refused when a trained weight is missing or has another shape, or when there is no checkpoint.
    """
    if not path.exists():
        raise Refused(f"{path} is missing: train the model first")
    saved = torch.load(path, weights_only=True, map_location="cpu")
    wanted = trained_weights(model)
    check_fit(wanted, saved["weights"], path)
    with torch.no_grad():
        for name, weight in wanted.items():
            weight.copy_(saved["weights"][name])
    return {name: value for name, value in saved.items() if name != "weights"}
