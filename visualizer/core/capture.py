"""One hooked forward pass of a model, and the `Trace` of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch

from visualizer.core import languages, text
from visualizer.core.anatomy import body
from visualizer.core.errors import CannotIntervene, EmptyText, NoSuchKind
from visualizer.core.forward import acting, passes, recording
from visualizer.core.interventions import Ablate, HideTokens, MovedPositions, Patch, WithoutPositions
from visualizer.core.request import RunRequest
from visualizer.core.system.progress import Progress, ShouldStop, never, unheard
from visualizer.core.trace import ModelOutputLayer, Trace

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

MAX_NEW_TOKENS = 128


def run(
    model: LoadedModel,
    request: RunRequest,
    should_stop: ShouldStop | None = None,
    progress: Progress | None = None,
) -> Trace:
    """Runs the model once over the request and returns the trace of it.

    should_stop is asked between layers; progress is called with a share of the work, 0 to 1, and its name.

    Raises Cancelled, EmptyText, NoSuchKind (a pair, target or language for a model that takes none), NotEnoughMemory
    (eager fallback on a long text), RunFailed; CannotIntervene, NoSuchKind and NoSuchPart for interventions in what the
    model has not or does not let be reached.
    """
    return _run(model, request, should_stop, progress)


def _run(
    model: LoadedModel,
    request: RunRequest,
    should_stop: ShouldStop | None,
    progress: Progress | None,
    takes: Sequence[acting.Take] = (),
) -> Trace:
    if not request.text.strip():
        raise EmptyText
    if request.pair is not None and not model.accepts_pair:
        raise NoSuchKind("second sentence", request.pair, ())
    if request.target is not None and model.kind != "encoder_decoder":
        raise NoSuchKind("target text", request.target, ())
    for code in (request.source_language, request.target_language):
        if code is not None and code not in model.languages:
            raise NoSuchKind("language", code, model.languages)
    encoding = text.encode(
        model.tokenizer,
        request.text,
        request.pair,
        max_length=model.max_length,
        language=request.source_language,
        adds_specials=request.adds_specials,
    )
    morphemes = text.find_morphemes(request.text)
    if request.pair:
        morphemes += text.find_morphemes(request.pair, sequence=1)
    ids = torch.tensor([encoding.ids], dtype=torch.long, device=model.model.device)
    types = None
    if encoding.token_type_ids is not None:
        types = torch.tensor([encoding.token_type_ids], dtype=torch.long, device=model.model.device)
    trace = _run_ids(model, request, ids, None, types, None, should_stop, progress, takes)
    target_morphemes = text.find_morphemes(trace.target_text) if trace.target_text else ()
    return replace(
        trace, tokens=encoding.tokens, cut=encoding.cut, morphemes=morphemes, target_morphemes=target_morphemes
    )


def run_ids(
    model: LoadedModel,
    request: RunRequest,
    input_ids: torch.Tensor,
    *,
    attention_mask: torch.Tensor | None = None,
    token_type_ids: torch.Tensor | None = None,
    decoder_ids: torch.Tensor | None = None,
    should_stop: ShouldStop | None = None,
    progress: Progress | None = None,
) -> Trace:
    """`run` for tokens that are already ids: [1, token]. The trace's tokens carry the ids' own labels.

    attention_mask: [1, token], 0 = padding, or None. decoder_ids: [1, target] as fed to the decoder, or None: from
    `request.target`, or generated.
    """
    return _run_ids(model, request, input_ids, attention_mask, token_type_ids, decoder_ids, should_stop, progress)


def _run_ids(
    model: LoadedModel,
    request: RunRequest,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor | None,
    token_type_ids: torch.Tensor | None,
    decoder_ids: torch.Tensor | None,
    should_stop: ShouldStop | None,
    progress: Progress | None,
    takes: Sequence[acting.Take] = (),
) -> Trace:
    should_stop, progress = should_stop or never, progress or unheard
    model.check_ids(input_ids[0].tolist())
    start = time.perf_counter()
    target_text = request.target or ""
    with torch.inference_mode(), passes.failures_told():
        at_work = interventions_of(model, request, should_stop, takes)
        inputs = passes.model_inputs(model, input_ids, attention_mask, token_type_ids)
        if model.kind == "encoder_decoder":
            if decoder_ids is None:
                decoder_ids, target_text = _decoder_ids(model, request, inputs, should_stop)
            inputs["decoder_input_ids"] = decoder_ids
        with acting.at_work(at_work):
            found = passes.run(model, inputs, should_stop, progress)
        own = None
        if model.body is not None and not model.body.answers:
            with acting.at_work(interventions_of(model, request, should_stop)):
                own = found.final, body.own_logits(model, inputs)[0]
    return Trace(
        request=request,
        card=model.card,
        tokens=text.label_ids(model.tokenizer, input_ids[0].tolist()),
        target_tokens=() if decoder_ids is None else text.label_ids(model.tokenizer, decoder_ids[0].tolist()),
        target_text=target_text,
        records=found.records,
        residual=found.residual,
        final=found.final,
        output_layer=ModelOutputLayer(model, found.pooled, own),
        inputs=MappingProxyType(inputs),
        model=model,
        seconds=time.perf_counter() - start,
        method=found.method,
        difference=found.difference,
        routers=found.routers,
    )


def interventions_of(
    model: LoadedModel,
    request: RunRequest,
    should_stop: ShouldStop | None = None,
    extra: Sequence[acting.Change] = (),
) -> acting.Acting | None:
    """What a request does to a model, ready for `acting.at_work` around one pass; None when it does nothing.

    Runs the model for patches, over the requests that they name, and the first time over a few tokens, to find its
    feed-forward parts and positions. Raises CannotIntervene, NoSuchKind, NoSuchPart; for patches as `run` does.
    """
    from visualizer.core.anatomy import feed_forward, position_modules

    changes: list[acting.Change] = []
    moved: list[acting.Moved] = []
    hidden: list[acting.Hidden] = []
    for one in request.interventions:
        if isinstance(one, Ablate):
            changes.append(acting.Off(one.site, one.how))
        elif isinstance(one, Patch):
            take = acting.Take(one.site)
            _run(model, one.source, should_stop, None, (take,))
            changes.append(acting.Put(one.site, take.taken))
        elif isinstance(one, MovedPositions | WithoutPositions):
            modules = position_modules.of(model)
            order = one.order if isinstance(one, MovedPositions) else None
            moved.append(acting.Moved(modules.rotations, modules.tables, order))
        elif isinstance(one, HideTokens):
            hidden.append(_hidden(model, one))
        else:
            raise CannotIntervene("place", type(one).__name__)
    changes.extend(extra)
    if not changes and not moved and not hidden:
        return None
    if (changes or hidden) and not model.registry:
        raise CannotIntervene("outside_registry")
    stacks = passes.stacks(model)
    parts = feed_forward.of(model) if any(c.site.place == "feed_forward" for c in changes) else {}
    blocks = {name: recording.blocks(stack) for name, stack in stacks.items()}
    return acting.Acting(stacks, blocks, changes, moved, parts, hidden)


def _hidden(model: LoadedModel, one: HideTokens) -> acting.Hidden:
    sides = ("encoder", "decoder") if model.kind == "encoder_decoder" else ("self",)
    if one.side not in sides:
        raise NoSuchKind("side", one.side, sides)
    if model.card.layers_with_attention < model.card.layers:
        raise CannotIntervene("other_mixers")
    return acting.Hidden(one.tokens, one.side)


def _decoder_ids(
    loaded: LoadedModel,
    request: RunRequest,
    inputs: dict[str, torch.Tensor],
    should_stop: ShouldStop,
) -> tuple[torch.Tensor, str]:
    """What the decoder reads: its start token and the typed target, or what the model generates greedily."""
    from visualizer.core.writing import generation

    prefix = decoder_prefix(loaded, request.target_language)
    if request.target is not None:
        ids = target_ids(loaded, request)
        return torch.tensor([ids], dtype=torch.long, device=loaded.model.device), request.target
    source = inputs["input_ids"][0].tolist()
    written = generation.generate(loaded, source, MAX_NEW_TOKENS, target=prefix, should_stop=should_stop)
    decoded = loaded.tokenizer.decode(written, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return torch.tensor([[*prefix, *written]], dtype=torch.long, device=loaded.model.device), decoded


def target_ids(loaded: LoadedModel, request: RunRequest) -> list[int]:
    """What a decoder is fed for the target that is typed: its start and the target's tokens, without an end."""
    assert request.target is not None
    prefix = decoder_prefix(loaded, request.target_language)
    encoding = text.encode(
        loaded.tokenizer,
        request.target,
        max_length=loaded.max_length,
        as_target=True,
        language=request.target_language,
    )
    ids = list(encoding.ids)
    if ids and len(ids) > 1 and ids[-1] == prefix[0] != loaded.tokenizer.eos_token_id:
        ids.pop()  # mBART's tokenizer says the language last, from which the decoder then starts
    if ids and ids[-1] == loaded.tokenizer.eos_token_id:
        ids.pop()  # the end is what the last position should predict, not something it is told
    if not ids or ids[0] != prefix[0]:
        ids.insert(0, prefix[0])
    loaded.check_ids(ids)
    return ids


def decoder_prefix(loaded: LoadedModel, language: str | None = None) -> tuple[int, ...]:
    """What a decoder is fed before it writes: its start token, and that of the language where it takes one.

    language: one of `LoadedModel.languages`; None: the one that the tokenizer is set to, if any.
    """
    start = decoder_start(loaded)
    code = language or (languages.target(loaded.tokenizer) if loaded.languages else None)
    if code is None:
        return (start,)
    token = languages.id_of(loaded.tokenizer, code)
    ids = text.encode(loaded.tokenizer, "a", as_target=True, language=code).ids
    if token in ids[:1]:
        return (start, token)
    return (token,) if token in ids[-1:] else (start,)


def decoder_start(loaded: LoadedModel) -> int:
    """The token that an encoder-decoder model's decoder starts from."""
    for config in (loaded.model.generation_config, loaded.model.config):
        for name in ("decoder_start_token_id", "bos_token_id"):
            value = getattr(config, name, None)
            if value is not None:
                return int(value[0] if isinstance(value, list) else value)
    return int(loaded.tokenizer.pad_token_id or 0)
