"""Watching a model write: transformers' own `generate`, token by token, with its cache, and everything noted down.

The model chooses as it always does; what is listened to is the distribution of every step and, through the recorder,
the queries, keys and values of the new token. So a text that was written can be looked at in every view without
another pass, and writing costs what it costs without anybody looking.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import DynamicCache, EncoderDecoderCache, StoppingCriteria, StoppingCriteriaList
from transformers.modeling_outputs import BaseModelOutput

from visualizer.core import capture, text
from visualizer.core.analyses.generation.step import Manner, Step, alternative, step_of
from visualizer.core.errors import CannotWrite
from visualizer.core.forward import passes
from visualizer.core.forward.growing import Growing
from visualizer.core.forward.recording import Recorder, recording
from visualizer.core.prediction import check_sampling
from visualizer.core.request import RunRequest
from visualizer.core.system.progress import ShouldStop, never, unheard
from visualizer.core.trace import ModelOutputLayer, Trace
from visualizer.core.writing import generation

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

OnStep = Callable[[Step], None]


@dataclass(eq=False)
class Writing:
    """A text that is being written: what was fed so far, its steps, and all that its next step needs.

    prompt: ids before the first step (of the decoder, where there is an encoder). ended: "" while it may go on, "end"
    after the end-of-text token (which is not among the steps), "length" when the model has no room for more.
    """

    loaded: LoadedModel
    request: RunRequest
    prompt: tuple[int, ...]
    source: tuple[int, ...] = ()
    steps: tuple[Step, ...] = ()
    ended: str = ""
    growing: Growing | None = None
    _cache: Any = None
    _encoder: passes.Pass | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        """Everything the decoder has, what was written included."""
        return (*self.prompt, *(step.token for step in self.steps))

    @property
    def written(self) -> str:
        """The text of the steps."""
        return between(self.loaded, self.prompt, self.ids)

    @property
    def log_probability(self) -> float:
        """Natural log of the probability of all that was written, given the prompt."""
        return float(sum(step.log_probability for step in self.steps))

    def branch(self, steps: int, token: int | None = None, step: Step | None = None) -> Writing:
        """The same text up to so many steps, to be gone on with otherwise; nothing is computed.

        token: an alternative at that step, which is then written (`step`, if it is known, says how probable it was).
        """
        kept = self.steps[:steps]
        count = len(self.prompt) + max(0, len(kept) - 1)
        growing = None if self.growing is None else self.growing.cut(min(count, self.growing.count))
        taken = kept
        if token is not None:
            at = self.steps[steps] if steps < len(self.steps) else None
            taken = (*kept, step or alternative(at, token))
            growing = None if self.growing is None else self.growing.cut(min(count + 1, self.growing.count))
        found = replace(self, steps=taken, ended="", growing=growing)
        found._cache, found._encoder = _cut(self._cache, 0 if growing is None else growing.count), self._encoder
        if found._cache is None:
            found.growing = None
        return found

    def trace(self, steps: int | None = None) -> Trace | None:
        """The trace of the prompt and the first `steps` steps (default: all that were fed), without a pass.

        None where the attention of this model cannot be noted down while it writes: run its text instead. The last
        token that was written is in it as soon as the model was fed it, that is with the next step.
        """
        growing = self.growing
        if growing is None or not growing.is_trusted or not growing.count:
            return None
        count = growing.count if steps is None else min(growing.count, len(self.prompt) + steps)
        return _trace(self, growing, max(1, count))


def begin(loaded: LoadedModel, request: RunRequest) -> Writing:
    """The text of a request as something to write on. Runs nothing.

    Raises CannotWrite for a model that does not write, EmptyText and NoSuchKind as a run would.
    """
    if loaded.task not in ("causal", "seq2seq"):
        raise CannotWrite("task", loaded.card.name)
    if request.interventions:
        raise CannotWrite("interventions", loaded.card.name)
    ids = tuple(
        text.encode(
            loaded.tokenizer,
            request.text,
            request.pair,
            max_length=loaded.max_length,
            language=request.source_language,
            adds_specials=request.adds_specials,
        ).ids
    )
    loaded.check_ids(list(ids))
    if loaded.kind != "encoder_decoder":
        end = loaded.tokenizer.eos_token_id
        # A tokenizer that ends every text would have the model write after the end.
        is_typed = request.text.endswith(str(loaded.tokenizer.eos_token))
        return Writing(loaded, request, ids[:-1] if len(ids) > 1 and ids[-1] == end and not is_typed else ids)
    prompt = capture.decoder_prefix(loaded, request.target_language)
    if request.target:
        prompt = tuple(capture.target_ids(loaded, request))
    return Writing(loaded, request, prompt, source=ids)


def go_on(
    writing: Writing,
    manner: Manner | None = None,
    max_new_tokens: int = 64,
    should_stop: ShouldStop | None = None,
    on_step: OnStep | None = None,
) -> Writing:
    """Lets the model write on until it ends, has no room, has written so many tokens, or is told to stop.

    The same `writing` comes back, with its new steps; on_step is called after each of them. Stopping keeps what was
    written. Token for token what transformers' `generate` writes; drawing is seeded and leaves torch's own random
    state alone.

    Raises ValueError for settings that mean nothing, RunFailed, NotEnoughMemory.
    """
    manner = manner or Manner()
    check_sampling(manner.temperature, manner.top_k, manner.top_p)
    loaded = writing.loaded
    if writing.ended == "end":
        return writing
    room = max_new_tokens
    if loaded.max_length is not None:
        room = min(room, loaded.max_length - len(writing.ids))
        if room < 1:
            writing.ended = "length"
            return writing
    listener = _Listener(writing, should_stop or never, on_step or (lambda _step: None))
    model: Any = loaded.model
    stack = passes.stacks(loaded)["decoder" if loaded.kind == "encoder_decoder" else "self"]
    with torch.inference_mode(), passes.failures_told():
        settings = _settings(writing, manner, listener)
        recorder = Recorder(never, unheard, loaded.card.layers, checks=False)
        if writing.growing is None:  # its cache could not be cut
            writing.growing = Growing(("decoder", "cross") if loaded.kind == "encoder_decoder" else ("self",))
        with recording(recorder, stack), listener.hearing(recorder):
            model.generate(max_new_tokens=room, **settings)
    if not writing.ended and loaded.max_length is not None and len(writing.ids) >= loaded.max_length:
        writing.ended = "length"
    return writing


def look_ahead(writing: Writing) -> Step | None:
    """Feeds the last token too, so that a trace has all of the text; what would come next with greedy choice.

    The writing is as it was otherwise, and goes on as if nothing had been asked. None where the model would end the
    text there, or has no room. Raises what `go_on` raises.
    """
    if writing.growing is not None and writing.growing.count >= len(writing.ids):
        return None
    kept, ended = writing.steps, writing.ended
    go_on(writing, max_new_tokens=1)
    found = writing.steps[len(kept)] if len(writing.steps) > len(kept) else None
    writing.steps, writing.ended = kept, ended
    return found


class _Stopped(StoppingCriteria):
    """Asked after every token."""

    def __init__(self, listener: _Listener) -> None:
        self._listener = listener

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        is_over = self._listener.chosen(int(input_ids[0, -1]))
        return torch.full((input_ids.shape[0],), is_over, dtype=torch.bool, device=input_ids.device)


class _Listener:
    """Hears what `generate` does: each distribution before anything is cut off, and each token that is chosen."""

    def __init__(self, writing: Writing, should_stop: ShouldStop, on_step: OnStep) -> None:
        self._writing, self._should_stop, self._on_step = writing, should_stop, on_step
        self._ends = generation.end_ids(writing.loaded.model)
        self._logits: torch.Tensor | None = None
        self._since = time.perf_counter()
        self._stopped = False

    def hearing(self, recorder: Recorder) -> _Hooks:
        return _Hooks(self._writing, self, recorder)

    def hear_logits(self, logits: torch.Tensor) -> None:
        """logits: [vocabulary], of the next token."""
        self._logits = logits

    def chosen(self, token: int) -> bool:
        """Note a token; whether writing is over."""
        if token in self._ends:
            self._writing.ended = "end"
            return True
        assert self._logits is not None
        now = time.perf_counter()
        step = replace(step_of(self._logits, token), seconds=now - self._since)
        self._since = now
        self._writing.steps = (*self._writing.steps, step)
        self._on_step(step)
        self._stopped = self._should_stop()
        return self._stopped


class _Hooks:
    """The ears, for as long as `generate` runs on this thread."""

    def __init__(self, writing: Writing, listener: _Listener, recorder: Recorder) -> None:
        self._writing, self._listener, self._recorder = writing, listener, recorder
        loaded = writing.loaded
        # What the model itself calls, which need not be the stack of its blocks (OPT).
        self._body = loaded.stack if loaded.body is None else loaded.model.get_submodule(loaded.body.path)
        self._thread = threading.get_ident()
        self._handles: list[Any] = []

    def __enter__(self) -> None:
        self._handles = [
            self._body.register_forward_hook(self._on_body),
            self._writing.loaded.model.register_forward_hook(self._on_model),
        ]

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _on_body(self, _module: nn.Module, _args: Any, output: Any) -> None:
        if threading.get_ident() != self._thread:
            return
        states = output.last_hidden_state if hasattr(output, "last_hidden_state") else output[0]
        assert self._writing.growing is not None
        self._writing.growing.take(self._recorder, states[0])

    def _on_model(self, _module: nn.Module, _args: Any, output: Any) -> None:
        if threading.get_ident() == self._thread:
            self._listener.hear_logits(output.logits[0, -1])


def _settings(writing: Writing, manner: Manner, listener: _Listener) -> dict[str, Any]:
    """What `generate` is given."""
    loaded = writing.loaded
    device = loaded.model.device
    settings: dict[str, Any] = {"num_beams": 1, "do_sample": False, "use_cache": True}
    settings["stopping_criteria"] = StoppingCriteriaList([_Stopped(listener)])
    if manner.temperature > 0:
        seed = manner.seed + len(writing.steps)  # a text that is gone on with draws on, and not the same again
        settings["logits_processor"] = generation.drawing(manner.temperature, manner.top_k, manner.top_p, seed, device)
    if writing._cache is not None and writing.growing is not None and writing.growing.count >= len(writing.ids):
        # What was fed in advance is fed again, since its answer is needed.
        writing._cache = _cropped(writing._cache, len(writing.ids) - 1)
        writing.growing = writing.growing.cut(len(writing.ids) - 1)
    if writing._cache is None:
        writing._cache, writing.growing = _new_cache(loaded), None
    if writing._cache is not None:
        settings["past_key_values"] = writing._cache
    return settings | inputs_of(writing)


def inputs_of(writing: Writing, rows: int = 1) -> dict[str, Any]:
    """What `generate` is fed of the text so far, `rows` times; the encoder runs here, once for each writing."""
    loaded = writing.loaded
    ids = _tensor(loaded, writing.ids).expand(rows, -1)
    if loaded.kind != "encoder_decoder":
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    source = _tensor(loaded, writing.source)
    if writing._encoder is None:
        encoder, given = loaded.model.get_encoder(), {"input_ids": source}
        writing._encoder = passes.run_stack(loaded, encoder, given, loaded.card.layers, never, unheard)
    states = writing._encoder.final[None].expand(rows, -1, -1)
    return {
        "encoder_outputs": BaseModelOutput(last_hidden_state=states),
        "attention_mask": torch.ones_like(source).expand(rows, -1),
        "decoder_input_ids": ids,
    }


def _new_cache(loaded: LoadedModel) -> Any:
    """A cache of ours, so that writing can be gone on with; None where the model makes another kind of its own."""
    if not loaded.registry or loaded.card.layers_with_attention < loaded.card.layers:
        return None
    if loaded.kind == "encoder_decoder":
        return EncoderDecoderCache(DynamicCache(config=loaded.model.config), DynamicCache())
    return DynamicCache(config=loaded.model.config)


def _cut(cache: Any, count: int) -> Any:
    """A copy of a cache with its first `count` tokens; None where it cannot be cut, and has to be filled again."""
    if cache is None or not count:
        return None
    return _cropped(copy.deepcopy(cache), count)


def _cropped(cache: Any, count: int) -> Any:
    """The cache itself with its first `count` tokens; None where it cannot be cut."""
    if not count:
        return None
    try:
        cache.crop(count)
    except (ValueError, NotImplementedError, AttributeError, RuntimeError):
        return None
    return cache if cache.get_seq_length() == count else None


def _trace(writing: Writing, growing: Growing, count: int) -> Trace:
    """The first `count` tokens as a trace."""
    loaded, request, ids = writing.loaded, writing.request, writing.ids[:count]
    fed = _tensor(loaded, ids)
    records, final = growing.records(count), growing.final.first(count)
    residual = {growing.kinds[0]: tuple(rows.first(count) for rows in growing.residual)}
    written = between(loaded, writing.prompt, ids)
    if loaded.kind != "encoder_decoder":
        whole = request.text + written
        tokens, morphemes = _labelled(loaded, replace(request, text=whole), ids)
        return Trace(
            request=replace(request, text=whole),
            card=loaded.card,
            tokens=tokens,
            morphemes=morphemes,
            records=records,
            residual=residual,
            final=final,
            output_layer=ModelOutputLayer(loaded, None),
            inputs=MappingProxyType({"input_ids": fed}),
            model=loaded,
            seconds=sum(step.seconds for step in writing.steps),
        )
    assert writing._encoder is not None
    tokens, morphemes = _labelled(loaded, request, writing.source)
    target = (request.target or "") + written
    return Trace(
        request=replace(request, target=target),
        card=loaded.card,
        tokens=tokens,
        morphemes=morphemes,
        target_tokens=text.label_ids(loaded.tokenizer, list(ids)),
        target_text=target,
        target_morphemes=text.find_morphemes(target) if target else (),
        records={"encoder": tuple(one for (one,) in writing._encoder.records), **records},
        residual={"encoder": tuple(writing._encoder.residual), **residual},
        final=final,
        output_layer=ModelOutputLayer(loaded, None),
        inputs=MappingProxyType({"input_ids": _tensor(loaded, writing.source), "decoder_input_ids": fed}),
        model=loaded,
        seconds=sum(step.seconds for step in writing.steps),
    )


def _tensor(loaded: LoadedModel, ids: Sequence[int]) -> torch.Tensor:
    return torch.tensor([list(ids)], dtype=torch.long, device=loaded.model.device)


def _labelled(
    loaded: LoadedModel, request: RunRequest, ids: Sequence[int]
) -> tuple[tuple[text.Token, ...], tuple[text.Morpheme, ...]]:
    """Tokens with their places in the text, and its morphemes, where the text is cut into these very tokens; else the
    tokens alone: a model may write what its tokenizer would cut otherwise."""
    encoding = text.encode(
        loaded.tokenizer,
        request.text,
        request.pair,
        language=request.source_language,
        adds_specials=request.adds_specials,
    )
    known = list(encoding.ids)
    if known[: len(ids)] == list(ids) and len(known) - len(ids) <= 1:  # a tokenizer's own end, perhaps
        return encoding.tokens[: len(ids)], text.find_morphemes(request.text)
    return text.label_ids(loaded.tokenizer, list(ids)), ()


def between(loaded: LoadedModel, before: Sequence[int], after: Sequence[int]) -> str:
    """The text that the tokens after `before` write."""
    start, whole = text.decode(loaded.tokenizer, list(before)), text.decode(loaded.tokenizer, list(after))
    if whole.startswith(start):
        return whole[len(start) :]
    return text.decode(loaded.tokenizer, list(after[len(before) :]))
