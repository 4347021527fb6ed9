"""Writing on, with tiny random models: the same as choosing from the distribution token by token."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, MarianConfig, MarianMTModel

from visualizer.core.errors import Cancelled
from visualizer.core.prediction import distribution
from visualizer.core.writing.generation import generate


@pytest.fixture(scope="module")
def causal():
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=40, n_positions=16, n_embd=16, n_layer=2, n_head=2, eos_token_id=None, bos_token_id=0
    )
    return SimpleNamespace(model=GPT2LMHeadModel(config).eval(), task="causal", max_length=16)


@pytest.fixture(scope="module")
def seq2seq():
    torch.manual_seed(0)
    config = MarianConfig(
        vocab_size=40, d_model=16, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2,
        encoder_ffn_dim=16, decoder_ffn_dim=16, max_position_embeddings=16, pad_token_id=39, decoder_start_token_id=39,
        eos_token_id=1, forced_eos_token_id=None,
    )  # fmt: skip
    return SimpleNamespace(model=MarianMTModel(config).eval(), task="seq2seq", max_length=16)


def greedy_by_hand(step, start, count):
    ids = list(start)
    for _ in range(count):
        with torch.inference_mode():
            logits = step(torch.tensor([ids])).logits[0, -1].numpy()
        ids.append(int(np.argmax(distribution(logits, temperature=0))))
    return tuple(ids[len(start) :])


def test_greedy_writing_takes_the_most_probable_token_each_time(causal):
    assert generate(causal, (3, 4, 5), 6) == greedy_by_hand(causal.model, (3, 4, 5), 6)


def test_a_translation_is_written_from_the_start_token_or_from_what_is_given(seq2seq):
    source = torch.tensor([[5, 6, 7, 1]])
    expected = greedy_by_hand(lambda ids: seq2seq.model(source, decoder_input_ids=ids), (39,), 8)
    assert 1 not in expected, "this random model must not end early, or the test shows nothing"
    assert generate(seq2seq, (5, 6, 7, 1), 8) == expected
    assert generate(seq2seq, (5, 6, 7, 1), 5, target=(39, *expected[:3])) == expected[3:]


def test_writing_stops_before_the_end_token(causal):
    written = generate(causal, (3, 4, 5), 6)
    ending = causal.model.generation_config
    ending.eos_token_id = written[2]
    try:
        assert generate(causal, (3, 4, 5), 6) == written[: written.index(written[2])]
    finally:
        ending.eos_token_id = None


def test_writing_never_runs_past_the_positions_of_the_model(causal):
    assert len(generate(causal, tuple(range(14)), 50)) == 2
    assert generate(causal, tuple(range(16)), 50) == ()


def test_the_same_seed_draws_the_same_text_and_leaves_torch_alone(causal):
    torch.manual_seed(123)
    before = torch.random.get_rng_state()
    drawn = [generate(causal, (3, 4, 5), 10, temperature=5.0, seed=seed) for seed in (1, 1, 2, 3)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 1
    assert torch.equal(before, torch.random.get_rng_state()), "the process-wide random state must not move"


@pytest.mark.parametrize(
    "filters", [{}, {"top_k": 5}, {"top_p": 0.7}, {"top_k": 12, "top_p": 0.9, "temperature": 2.5}], ids=str
)
@pytest.mark.parametrize("seed", [0, 7])
def test_a_seed_draws_what_transformers_draws_with_it(causal, seq2seq, filters, seed):
    for model in (causal, seq2seq):
        settings = {"temperature": 1.3, "top_k": 0, "top_p": 1.0} | filters
        with torch.random.fork_rng(), torch.inference_mode():
            torch.manual_seed(seed)
            own = model.model.generate(
                torch.tensor([[5, 6, 7]]), max_new_tokens=9, do_sample=True, num_beams=1, **settings
            )[0].tolist()
        own = own[3:] if model is causal else own[1:]
        ends = [own.index(1)] if model is seq2seq and 1 in own else [len(own)]
        drawn = generate(model, (5, 6, 7), 9, seed=seed, **({"temperature": 1.3} | filters))
        assert drawn == tuple(own[: ends[0]])


def test_what_other_threads_draw_meanwhile_changes_nothing_and_is_not_changed(causal):
    expected = [generate(causal, (3, 4, 5), 10, temperature=5.0, seed=seed) for seed in range(4)]
    with torch.random.fork_rng():
        torch.manual_seed(11)
        ordinary = torch.rand(64)
        over = threading.Event()
        torch.manual_seed(11)
        seen = []

        def draw():
            while not over.is_set():
                seen.append(torch.rand(1))
                over.wait(1e-4)

        thread = threading.Thread(target=draw)
        thread.start()
        try:
            again = [generate(causal, (3, 4, 5), 10, temperature=5.0, seed=seed) for seed in range(4)]
        finally:
            over.set()
            thread.join()
    assert again == expected
    assert len(seen) > 1, "nobody drew meanwhile"
    assert torch.equal(torch.cat(seen)[:64], ordinary[: len(seen)])


def test_the_models_own_filters_do_not_act_unseen(causal):
    own = causal.model.generation_config
    before = generate(causal, (3, 4, 5), 10, temperature=5.0, seed=1)
    own.top_k, own.min_p, own.do_sample = 1, 0.99, True
    try:
        assert generate(causal, (3, 4, 5), 10, temperature=5.0, seed=1) == before
    finally:
        own.top_k, own.min_p, own.do_sample = None, None, False


def test_top_k_one_draws_what_greedy_takes(causal):
    assert generate(causal, (3, 4), 8, temperature=2.0, top_k=1) == generate(causal, (3, 4), 8)


def test_writing_can_be_stopped_between_tokens(causal):
    calls = []

    def should_stop():
        calls.append(1)
        return len(calls) == 3

    with pytest.raises(Cancelled):
        generate(causal, (3, 4), 10, should_stop=should_stop)
    assert len(calls) == 3


def test_a_model_without_a_next_token_does_not_write(causal):
    masked = SimpleNamespace(model=causal.model, task="masked", max_length=16)
    with pytest.raises(ValueError, match="masked"):
        generate(masked, (1, 2))
