"""Heads and other parts switched off in what a pane shows: each switch asks another question, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from visualizer.core.errors import BadIntervention, CannotIntervene, NoSuchKind, NoSuchPart
from visualizer.core.interventions import HOWS, Ablate, Site, short, switching
from visualizer.core.interventions.switching import Extent
from visualizer.core.request import Intervention, RunRequest
from visualizer.session.runs import fitting

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace
    from visualizer.session.showing import Showing

REFUSALS = (BadIntervention, CannotIntervene, NoSuchKind, NoSuchPart)


def sites(kind: str, layer: int, head: int) -> dict[str, Site]:
    """The parts that a person can switch off at a head: "head", "layer" and "feed_forward"."""
    side = "decoder" if kind == "cross" else kind
    return {
        "head": Site("head_output", kind, (layer,), (head,)),
        "layer": Site("attention", kind, (layer,)),
        "feed_forward": Site("feed_forward", side, (layer,)),
    }


def why_not(trace: Trace | None) -> CannotIntervene | None:
    """What forbids switching anything off in this trace; None where it can be done."""
    if trace is None or trace.model is None:
        return CannotIntervene("no_model")
    if not trace.model.registry or trace.method != "registry":
        return CannotIntervene("outside_registry")
    return None


def extent(trace: Trace, kind: str) -> Extent:
    """Layers (those without attention among them) and heads of a kind of attention."""
    return Extent(trace.depth(kind), trace.heads(kind))


def heads_off(trace: Trace, kind: str) -> frozenset[tuple[int, int]]:
    """(layer, head) of the heads that were off when this trace was made."""
    found = trace.request.interventions
    return switching.heads_off(found, kind, extent(trace, kind)) if found else frozenset()


def parts_off(trace: Trace, kind: str) -> frozenset[tuple[int, int]]:
    """`heads_off`, and (layer, number of heads) for each feed-forward part that was off."""
    found, side = trace.request.interventions, "decoder" if kind == "cross" else kind
    layers = switching.feed_forward_off(found, side, trace.depth(kind)) if found else ()
    return heads_off(trace, kind) | {(layer, trace.heads(kind)) for layer in layers}


def is_off(pane: Showing, site: Site) -> bool:
    """Whether a part is off, as the pane was asked last."""
    trace = pane.trace
    return trace is not None and switching.is_off(pane.request.interventions, site, extent(trace, site.kind))


def how(pane: Showing) -> str:
    """How parts are switched off: as those of this pane are, else as was chosen last."""
    own = next((one.how for one in pane.request.interventions if isinstance(one, Ablate)), "")
    chosen = own or pane.session.settings.ablate_how
    return chosen if chosen in HOWS else HOWS[0]


def switch(pane: Showing, site: Site) -> None:
    """Switch a part off, or on again. What cannot be done is told as an error, and nothing changes."""
    trace = pane.trace
    if trace is None:
        return
    refused = why_not(trace)
    if refused is not None:
        pane.session.report_error(refused)
        return
    here = pane.selection
    pane.select(kind=here.kind, layer=here.layer, head=here.head)  # a choice of its own: the next run opens here too
    pane.session.ask(switching.toggle(pane.request, site, extent(trace, site.kind), how(pane)), pane)


def switch_on(pane: Showing, intervention: Intervention) -> None:
    """Take one intervention back."""
    pane.session.ask(switching.without(pane.request, intervention), pane)


def all_on(pane: Showing) -> None:
    """Switch everything on again."""
    pane.session.ask(switching.all_on(pane.request), pane)


def set_how(pane: Showing, chosen: str) -> None:
    """By zero or by the mean: for what is off in this pane now, and for what will be."""
    if chosen in HOWS:
        pane.session.settings.ablate_how = chosen
        pane.session.ask(switching.with_how(pane.request, chosen), pane)


def ordinary(request: RunRequest) -> RunRequest:
    """The same question to the model as it is."""
    return replace(request, interventions=())


# --- for the session -----------------------------------------------------------------------------


def fitted(pane: Showing, model: LoadedModel) -> RunRequest:
    """The pane's request without what the model does not take; interventions that are left out are told."""
    request = fitting(pane.request, model)
    if request.interventions:
        kept = tuple(one for one in request.interventions if _fits(one, model))
        if kept != request.interventions:
            gone = short(one for one in request.interventions if one not in kept)
            request = replace(request, interventions=kept)
            pane.set_request(replace(pane.request, interventions=kept))
            pane.session.notice_raised.emit("interventions_left_out", {"names": gone, "model": model.name})
    return request


def undo(pane: Showing, error: Exception, ask: Callable[[Showing], None]) -> None:
    """Take back what was refused and ask without it, so that the next text is not refused for it."""
    asked = pane.request.interventions
    if not asked or not isinstance(error, REFUSALS):
        return
    shown = () if pane.trace is None else pane.trace.request.interventions
    pane.set_request(replace(pane.request, interventions=() if shown == asked else shown))
    ask(pane)


def _fits(intervention: Intervention, model: LoadedModel) -> bool:
    """Whether a model has the layers and heads that are switched off."""
    if not isinstance(intervention, Ablate):
        return True
    from visualizer.core.forward import passes, recording

    site = intervention.site
    stacks = passes.stacks(model)
    stack = stacks.get("decoder" if site.kind == "cross" else site.kind)
    if not model.registry or stack is None or (site.kind == "cross" and "decoder" not in stacks):
        return False
    fits_layers = site.layers is None or site.layers[-1] < len(recording.blocks(stack))
    # The sides of a model that has two may differ in heads; the run itself refuses what is not there.
    return fits_layers and (site.heads is None or len(stacks) > 1 or site.heads[-1] < model.card.heads)
