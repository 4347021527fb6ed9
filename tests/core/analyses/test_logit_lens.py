"""The lens reads the model: its last layer is the prediction itself, every layer goes through the model's own norm."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.core.families import FALLBACK, REGISTRY, Family, build, plain_tokenizer
from visualizer.core import capture, models
from visualizer.core.analyses import lens_streams, logit_lens
from visualizer.core.anatomy import blocks, feed_forward, final_norm, probe
from visualizer.core.errors import Cancelled, CannotRead, NoSuchPart
from visualizer.core.forward import passes
from visualizer.core.interventions import parse
from visualizer.core.request import RunRequest

TEXT = "5 9 13 21 34 7"


def trace_of(family: Family):
    loaded = models.wrap(build(family), plain_tokenizer())
    target = "6 8 4" if loaded.kind == "encoder_decoder" else None
    return capture.run(loaded, RunRequest(TEXT, target=target))


@pytest.mark.parametrize("family", [*REGISTRY, *FALLBACK], ids=str)
def test_the_last_layer_is_the_models_own_prediction(family: Family) -> None:
    trace = trace_of(family)
    try:
        found = logit_lens.read(trace)
    except CannotRead as error:
        pytest.skip(f"refused: {error.reason}")
    for row, position in enumerate(found.positions):
        expected = torch.softmax(torch.tensor(trace.logits(position)).double(), dim=-1).numpy()
        assert found.token_id[-1, row, 0] == expected.argmax()
        np.testing.assert_allclose(found.probability[-1, row], np.sort(expected)[::-1][:10], atol=1e-6)
        entropy = -(expected * np.log2(expected.clip(1e-300))).sum()
        assert found.entropy[-1, row] == pytest.approx(entropy, abs=1e-4)
    assert (found.answer_rank[-1] == 1).all() and (found.divergence[-1] <= 1e-6).all()


REFUSED = {"opt_with_a_projection"}


def test_most_families_can_be_read() -> None:
    refused = []
    for family in (*REGISTRY, *FALLBACK):
        loaded = models.wrap(build(family), plain_tokenizer())
        try:
            final_norm.of(loaded)
        except CannotRead:
            refused.append(family.name)
    assert refused == []


@pytest.mark.parametrize("name", ["llama", "gpt2", "gemma", "t5"])
def test_a_layer_in_between_goes_through_norm_and_output_layer(name: str) -> None:
    family = next(f for f in REGISTRY if f.name == name)
    trace = trace_of(family)
    found = logit_lens.read(trace)
    loaded = trace.model
    model = loaded.model
    norm = {"llama": "model.norm", "gpt2": "transformer.ln_f", "gemma": "model.norm", "t5": "decoder.final_layer_norm"}
    with torch.inference_mode():
        states = trace.residual[logit_lens.stream(trace)][1]
        states = model.get_submodule(norm[name])(states)
        if name == "t5" and model.config.scale_decoder_outputs:
            states = states * model.config.d_model**-0.5
        expected = torch.softmax(model.get_output_embeddings()(states).double(), dim=-1)
    best = expected.topk(10, dim=-1)
    np.testing.assert_allclose(found.probability[1], best.values.numpy(), atol=1e-6)
    rank = 1 + (expected > expected.gather(1, torch.from_numpy(found.answer)[:, None])).sum(dim=1)
    assert (found.answer_rank[1] == rank.numpy()).all()


def test_norms_are_told_apart_by_what_they_do() -> None:
    of = {f.name: f for f in REGISTRY}
    for name, centred in (("gpt2", True), ("llama", False), ("gemma", False), ("opt", True)):
        loaded = models.wrap(build(of[name]), plain_tokenizer())
        norm = final_norm.of(loaded)
        assert norm.gain is not None and norm.centred == centred, name
        states = torch.randn(3, norm.gain.shape[0])
        with torch.inference_mode():
            given = norm(states)
        for state, final in zip(states, given, strict=True):
            scale = norm.scale(state, final)
            own = state - state.mean() if centred else state
            np.testing.assert_allclose((norm.gain * own / scale + norm.shift).numpy(), final.numpy(), atol=1e-4)


def test_blanks_of_a_masked_model_are_read_alone(tiny_bert) -> None:
    trace = capture.run(tiny_bert, RunRequest("the [MASK] sat"))
    found = logit_lens.read(trace)
    assert [trace.tokens[p].id for p in found.positions] == [trace.mask_id]


def test_bad_requests_are_told(tiny_llama, tmp_path) -> None:
    trace = capture.run(tiny_llama, RunRequest("abc"))
    with pytest.raises(NoSuchPart):
        logit_lens.read(trace, [99])
    with pytest.raises(Cancelled):
        logit_lens.read(trace, should_stop=lambda: True)
    trace.save(tmp_path / "a.safetensors")
    from visualizer.core.trace import Trace

    with pytest.raises(CannotRead) as error:
        logit_lens.read(Trace.open(tmp_path / "a.safetensors"))
    assert error.value.reason == "no_model"


@pytest.mark.parametrize("name", ["llama", "gpt2", "granite", "gpt_neox", "t5"])
def test_between_the_parts_of_a_block_is_what_the_model_has_there(name: str) -> None:
    """What the model's own attention gives, added to what the block read, for one position and for some."""
    family = next((f for f in REGISTRY if f.name == name), None)
    if family is None:
        pytest.skip("not among the families")
    trace = trace_of(family)
    if lens_streams.why_no_attention_part(trace) is not None:
        pytest.skip("its blocks are no sum")
    loaded, side = trace.model, lens_streams.stream(trace)
    places = [0, 2, 3]
    for layer, block in enumerate(blocks.of(loaded)[side]):
        after = lens_streams.after_attention(trace, layer, places)
        alone = torch.cat([lens_streams.after_attention(trace, layer, [p]) for p in places])
        np.testing.assert_allclose(after.numpy(), alone.numpy(), atol=1e-6)
        # The other way round: the block's end less what its feed-forward part adds, when that reads this stream.
        part = feed_forward.of(loaded)[side][layer]
        given = []
        with torch.inference_mode(), probe.listening({part}, after=lambda *call, given=given: given.append(call[2])):
            inputs = dict(trace.inputs)
            passes.run(loaded, inputs)
        added = given[0][0] if given[0].dim() == 3 else given[0]
        expected = trace.residual[side][layer + 1][places] - block.feed_forward * added[places]
        np.testing.assert_allclose(after.numpy(), expected.numpy(), atol=1e-4)


def test_blocks_that_are_no_sum_are_refused_after_the_attention(tiny_bert, tiny_llama) -> None:
    with pytest.raises(CannotRead) as error:
        logit_lens.read(capture.run(tiny_bert, RunRequest("the [MASK] sat")), part="attention")
    assert error.value.reason == "blocks"
    changed = capture.run(tiny_llama, RunRequest("abc", interventions=parse("0.1")))
    with pytest.raises(CannotRead) as error:
        logit_lens.read(changed, part="attention")
    assert error.value.reason == "changed"


def test_a_column_is_the_whole_distribution_and_its_scripts(tiny_llama) -> None:
    trace = capture.run(tiny_llama, RunRequest("abcde"))
    for part in ("block", "attention"):
        found, column = logit_lens.read(trace, part=part), logit_lens.column(trace, 2, part)
        np.testing.assert_allclose(column.sum(axis=1), 1, atol=1e-5)
        best = np.take_along_axis(column, found.token_id[:, 2], axis=1)
        np.testing.assert_allclose(best, found.probability[:, 2], atol=1e-6)
        np.testing.assert_allclose(logit_lens.by_script(trace, 2, part).sum(axis=1), 1, atol=1e-5)
    both = (logit_lens.read(trace), logit_lens.read(trace, part="attention"))
    np.testing.assert_array_equal(both[0].token_id[0], both[1].token_id[0])
    assert not np.array_equal(both[0].probability[1], both[1].probability[1])


def test_measures_of_every_layer_equal_their_definitions(tiny_llama) -> None:
    trace = capture.run(tiny_llama, RunRequest("abcde"))
    found = logit_lens.read(trace)
    columns = [logit_lens.column(trace, position).astype(np.float64) for position in found.positions]
    for row, shares in enumerate(columns):
        np.testing.assert_allclose(found.entropy[:, row], -(shares * np.log2(shares)).sum(axis=1), atol=1e-4)
        divergence = (shares[-1] * np.log2(shares[-1] / shares)).sum(axis=1)
        np.testing.assert_allclose(found.divergence[:, row], divergence, atol=1e-4)
        np.testing.assert_allclose(found.answer_probability[:, row], shares[:, found.answer[row]], atol=1e-6)


def test_what_is_known_comes_layer_by_layer_the_last_first(tiny_llama) -> None:
    trace = capture.run(tiny_llama, RunRequest("abcde"))
    known: list[int] = []
    logit_lens.read(trace, on_layer=lambda found: known.append(int((found.token_id[:, 0, 0] >= 0).sum())))
    assert known == list(range(1, len(trace.residual["self"]) + 1))
