"""The body of a language model, what its output layer reads, and that layer on states that are already known.

Which part of a model is its body is seen by what the model calls: the part that its `forward` itself calls and in which
the blocks run. Whatever the model does with what the body gives (transforms, scales, soft caps, biases) is then done by
the model's own code, with a stand-in where the body was. That this gives the model's own logits is tried once.
"""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers.modeling_outputs import BaseModelOutput

from visualizer.core.anatomy import probe
from visualizer.core.errors import UnsupportedArchitecture, VisualizerError
from visualizer.core.forward import passes, recording
from visualizer.core.loaded_model import Body

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

_PROBE_TOKENS = 5


class _StandIn(nn.Module):
    """Stands where a model's body was, looks like it from outside, and answers with states that are already known."""

    def __init__(self, body: nn.Module, output: Any) -> None:
        super().__init__()
        object.__setattr__(self, "body", body)  # no part of the stand-in: its weights are not listed twice
        object.__setattr__(self, "output", output)

    def forward(self, *_args: Any, **_kwargs: Any) -> Any:
        return self.output

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:  # what a head asks of its body: its config, a factor, a method
            return getattr(self.__dict__["body"], name)


def find(loaded: LoadedModel) -> Body:
    """Runs the model over a few tokens: its body, what that hands out, and whether the output layer can stand alone.

    Raises UnsupportedArchitecture where the blocks do not run in one part of the model.
    """
    ids = probe.plain_ids_of(loaded, _PROBE_TOKENS + 1)
    found: list[tuple[str, Any]] = []
    _run(loaded, ids[:-1], found)
    if not found:
        raise UnsupportedArchitecture(type(loaded.model).__name__, "its layers cannot be told from its output layer")
    path, output = found[-1]
    return Body(path, output, answers=True)


def try_out(loaded: LoadedModel) -> passes.WholePass | None:
    """A recorded pass over other tokens than those that `find` saw; None where there can be none: it will say so."""
    try:
        with torch.inference_mode(), passes.failures_told():
            return passes.run(loaded, _other_inputs(loaded))
    except VisualizerError:
        return None


def _other_inputs(loaded: LoadedModel) -> dict[str, torch.Tensor]:
    ids = probe.plain_ids_of(loaded, _PROBE_TOKENS + 1)[1:] or [0]
    tensor = torch.tensor([ids], dtype=torch.long, device=loaded.model.device)
    return {"input_ids": tensor} | ({"decoder_input_ids": tensor} if loaded.kind == "encoder_decoder" else {})


def answers(loaded: LoadedModel, found: passes.WholePass) -> bool:
    """Whether logits made of stored states are the model's own. found: what `try_out` gave."""
    inputs = _other_inputs(loaded)
    try:
        with torch.inference_mode(), passes.failures_told():
            own, made = own_logits(loaded, inputs), run(loaded, found.final[None], found.pooled)["logits"]
    except VisualizerError:
        return False
    if made is None or made.shape != own.shape:
        return False
    limit = probe.tolerance(loaded.model.dtype) * max(1.0, float(own.float().abs().max()))
    return bool((made.float() - own.float()).abs().max() <= limit)


def own_logits(loaded: LoadedModel, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """The logits of an ordinary pass of the whole model: [1, position, vocabulary]."""
    output = loaded.model(**passes.without_cache(loaded, inputs), return_dict=True)
    logits: torch.Tensor = output.get("prediction_logits", output.get("logits"))
    return logits


def run(loaded: LoadedModel, states: torch.Tensor, pooled: torch.Tensor | None) -> dict[str, torch.Tensor | None]:
    """states: [1, position, width] -> "logits" [1, position, vocabulary], and "pair" [1, 2] or None.

    Runs on a shallow copy of the model, so that a pass running at the same time is not disturbed.
    """
    body = loaded.body
    assert body is not None
    arguments: dict[str, Any] = {}
    dummy = torch.zeros(1, states.shape[1], dtype=torch.long, device=states.device)
    if loaded.kind == "encoder_decoder":
        arguments["decoder_input_ids"] = dummy
        if "encoder_outputs" in passes.arguments_of(loaded.model):
            # Where the model calls its encoder itself (T5), that need not run.
            arguments["encoder_outputs"] = BaseModelOutput(last_hidden_state=states)
    output = _with_stand_in(loaded.model, body, _filled(body.output, states, pooled))(
        input_ids=dummy, return_dict=True, **arguments
    )
    logits = output.get("prediction_logits", output.get("logits"))
    return {"logits": logits, "pair": output.get("seq_relationship_logits")}


def _filled(output: Any, states: torch.Tensor, pooled: torch.Tensor | None) -> Any:
    """What the body handed out, with other states in it."""
    if isinstance(output, tuple):
        return (states, *output[1:])
    filled = copy.copy(output)
    filled["last_hidden_state"] = states
    if filled.get("pooler_output") is not None:
        filled["pooler_output"] = states[:, 0] if pooled is None else pooled
    return filled


def _with_stand_in(model: nn.Module, body: Body, output: Any) -> Any:
    """The model's `forward`, with the body's answer known."""
    *above, name = body.path.split(".")
    shells = [_shell(model)]
    for step in above:
        inner = shells[-1]._modules[step]
        assert inner is not None
        shells.append(_shell(inner))
        shells[-2]._modules[step] = shells[-1]
    real = shells[-1]._modules[name]
    assert real is not None
    shells[-1]._modules[name] = _StandIn(real, output)
    return shells[0].forward


def _shell(module: nn.Module) -> nn.Module:
    shell = copy.copy(module)
    shell._modules = dict(module._modules)
    return shell


def _run(loaded: LoadedModel, ids: list[int], found: list[tuple[str, Any]]) -> None:
    """Notes path and output of each part that the model's own `forward` calls and in which blocks run."""
    model, thread = loaded.model, threading.get_ident()
    open_calls: list[nn.Module] = []
    names = {module: name for name, module in model.named_modules()}
    blocks = set(recording.blocks(model))
    ran_in: set[nn.Module] = set()  # blocks

    def enter(module: nn.Module, _args: Any) -> None:
        if threading.get_ident() == thread:
            open_calls.append(module)
            if module in blocks:
                ran_in.add(module)

    def leave(module: nn.Module, _args: Any, output: Any) -> None:
        if threading.get_ident() != thread:
            return
        while open_calls and open_calls.pop() is not module:
            pass
        has_run = module is model.base_model or not ran_in.isdisjoint(module.modules())
        if len(open_calls) == 1 and module not in blocks and has_run:
            found.append((names[module], output))

    handles = []
    try:
        for module in names:
            handles.append(module.register_forward_pre_hook(enter))
            handles.append(module.register_forward_hook(leave))
        tensor = torch.tensor([ids], dtype=torch.long, device=model.device)
        extra = {"decoder_input_ids": tensor} if loaded.kind == "encoder_decoder" else {}
        with torch.inference_mode():
            model(**passes.without_cache(loaded, {"input_ids": tensor} | extra), return_dict=True)
    finally:
        for handle in handles:
            handle.remove()
