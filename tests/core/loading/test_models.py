"""What is loaded is the model that was saved, and its card says what it is."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.core.model_folders import MODELS, build, save
from visualizer.core import capture, models
from visualizer.core.errors import (
    Cancelled,
    DamagedFile,
    NotAModel,
    NotEnoughMemory,
    TokensWithoutRows,
    UnknownChoice,
    UnknownDevice,
)
from visualizer.core.request import RunRequest
from visualizer.core.system import paths
from visualizer.core.text import encode


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    base = tmp_path_factory.mktemp("models")
    made: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in made:
            made[name] = save(name, base / name)
        return made[name]

    return folder


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_known_by_what_it_has(folders: Any, name: str) -> None:
    loaded = models.load(str(folders(name)))
    found = (loaded.kind, loaded.task, loaded.card.position_scheme, loaded.max_length, loaded.accepts_pair)
    assert found == MODELS[name][3]
    assert not loaded.model.training
    assert loaded.name == loaded.card.name == name


@pytest.mark.parametrize("name", MODELS)
def test_it_computes_what_was_saved(folders: Any, name: str) -> None:
    loaded = models.load(str(folders(name)))
    model_class, settings, _, _ = MODELS[name]
    saved = build(model_class, {**settings, "vocab_size": loaded.card.vocabulary})
    ids = torch.tensor([encode(loaded.tokenizer, "the cat").ids])
    extra = {"decoder_input_ids": ids} if loaded.kind == "encoder_decoder" else {}
    with torch.inference_mode():
        ours = loaded.model.base_model(input_ids=ids, **extra)[0]
        theirs = saved.base_model(input_ids=ids, **extra)[0]
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    if type(saved) is type(loaded.model):
        with torch.inference_mode():
            torch.testing.assert_close(loaded.model(input_ids=ids, **extra)[0], saved(input_ids=ids, **extra)[0])


def test_the_card_counts_the_model_itself(folders: Any) -> None:
    loaded = models.load(str(folders("llama")))
    card = loaded.card
    model = build("LlamaForCausalLM", {**MODELS["llama"][1], "vocab_size": card.vocabulary})
    count = sum(p.numel() for p in model.parameters())
    assert (card.parameters, card.layers, card.heads, card.key_value_heads) == (count, 3, 4, 2)
    assert (card.width, card.vocabulary, card.family) == (32, len(loaded.tokenizer), "llama")
    assert card.architecture == "LlamaForCausalLM"
    assert 4 * count <= card.memory < 4 * count + 10_000
    plain = dataclasses.asdict(card)
    assert json.loads(json.dumps(plain)) == plain | {"layer_types": list(card.layer_types)}


def test_shared_weights_are_counted_once(folders: Any) -> None:
    loaded = models.load(str(folders("gpt2")))
    assert loaded.model.lm_head.weight is loaded.model.transformer.wte.weight
    stored = {p.data_ptr(): p.numel() for p in loaded.model.parameters()}
    assert loaded.card.parameters == sum(stored.values())


@pytest.mark.parametrize("dtype", models.DTYPES)
def test_a_model_is_loaded_in_the_dtype_that_was_asked_for(folders: Any, dtype: str) -> None:
    loaded = models.load(str(folders("gpt2")), dtype=dtype)
    assert {p.dtype for p in loaded.model.parameters()} == {getattr(torch, dtype)}
    assert (loaded.dtype, loaded.device) == (dtype, "cpu")


def test_the_pair_head_is_kept(folders: Any) -> None:
    assert models.load(str(folders("bert_pretraining"))).has_pair_head
    assert not models.load(str(folders("bert"))).has_pair_head


def test_it_knows_what_its_body_takes(folders: Any) -> None:
    assert models.load(str(folders("bert"))).takes("token_type_ids")
    gpt2 = models.load(str(folders("gpt2")))
    assert gpt2.takes("use_cache")
    assert not gpt2.takes("decoder_input_ids")


def test_attention_goes_through_the_registry_where_there_is_one(folders: Any) -> None:
    assert models.load(str(folders("gpt2"))).registry
    assert not models.load(str(folders("xlnet"))).registry


def test_pickled_and_divided_weights_are_read_too(folders: Any, tmp_path: Path) -> None:
    first = models.load(str(folders("gpt2")))
    pickled = tmp_path / "pickled"
    shutil.copytree(folders("gpt2"), pickled)
    (pickled / "model.safetensors").unlink()
    torch.save(first.model.state_dict(), pickled / "pytorch_model.bin")
    divided = tmp_path / "divided"
    shutil.copytree(folders("gpt2"), divided)
    (divided / "model.safetensors").unlink()
    build("GPT2LMHeadModel", {**MODELS["gpt2"][1], "vocab_size": first.card.vocabulary}).save_pretrained(
        divided, max_shard_size="20KB"
    )
    assert (divided / "model.safetensors.index.json").is_file()
    for folder in (pickled, divided):
        again = models.load(str(folder))
        for (name, a), (_, b) in zip(first.model.named_parameters(), again.model.named_parameters(), strict=True):
            assert torch.equal(a, b), f"{folder.name}: {name}"


def test_the_config_or_the_weights_may_be_named_instead_of_the_folder(folders: Any) -> None:
    for file in ("config.json", "model.safetensors"):
        assert models.load(str(folders("gpt2") / file)).card.family == "gpt2"


def test_progress_goes_forward_through_the_stages(folders: Any) -> None:
    seen: list[tuple[float, str]] = []
    models.load(str(folders("gpt2")), progress=lambda fraction, stage: seen.append((fraction, stage)))
    assert list(dict.fromkeys(stage for _, stage in seen)) == ["config", "tokenizer", "weights", "check"]
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1
    assert len([1 for _, stage in seen if stage == "weights"]) > 5, "the weights are counted as they come"


@pytest.mark.parametrize("asked", [1, 2, 3, 5, 12])
def test_loading_stops_when_told(folders: Any, asked: int) -> None:
    times = 0

    def should_stop() -> bool:
        nonlocal times
        times += 1
        return times >= asked

    with pytest.raises(Cancelled):
        models.load(str(folders("gpt2")), should_stop=should_stop)
    assert times == asked, "it stops at once"
    assert models.load(str(folders("gpt2"))).card.family == "gpt2", "and can be loaded afterwards"


@pytest.mark.parametrize("name", ["gpt2", "bert", "t5"])
def test_memory_is_estimated_before_loading(folders: Any, name: str) -> None:
    for dtype, size in (("float32", 4), ("bfloat16", 2)):
        loaded = models.load(str(folders(name)), dtype=dtype)
        largest = max(p.numel() for p in loaded.model.parameters())
        assert models.estimate_memory(str(folders(name)), dtype) == loaded.card.memory + size * largest


def test_a_model_that_cannot_fit_is_refused_before_it_is_read(folders: Any, tmp_path: Path) -> None:
    folder = tmp_path / "huge"
    shutil.copytree(folders("llama"), folder)
    config = json.loads((folder / "config.json").read_text())
    config.update(hidden_size=65_536, intermediate_size=262_144, head_dim=16_384)
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(NotEnoughMemory) as caught:
        models.load(str(folder))
    assert caught.value.fields["needed"] > 1e11 > caught.value.fields["available"] > 0


def test_devices_and_dtypes_that_do_not_exist_are_refused(folders: Any) -> None:
    assert models.devices()[0] == "cpu"
    with pytest.raises(UnknownDevice):
        models.load(str(folders("gpt2")), device="cuda:99")
    with pytest.raises(UnknownChoice):
        models.load(str(folders("gpt2")), dtype="int3")


def test_device_and_dtype_are_chosen_by_memory(folders: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "devices", lambda: ("cpu", "cpu:0"))
    source = str(folders("gpt2"))
    needed = models.estimate_memory(source)
    free = {"cpu": needed, "cpu:0": needed}
    monkeypatch.setattr("visualizer.core.system.memory.available", lambda device="cpu": free[device])
    assert (models.load(source, "auto", "auto").dtype) == "float32"
    free["cpu:0"] = 1
    loaded = models.load(source, "auto", "auto")
    assert (loaded.device, loaded.dtype) == ("cpu", "float32")
    free["cpu"] = needed - 1
    loaded = models.load(source, "auto", "auto")
    assert (loaded.device, loaded.dtype) == ("cpu", "bfloat16")
    with pytest.raises(NotEnoughMemory):
        models.load(source, "auto", "float32")
    free["cpu"] = 1
    with pytest.raises(NotEnoughMemory):
        models.load(source, "auto", "auto")


def test_float16_on_a_cpu_is_told_to_be_slow(folders: Any) -> None:
    source = str(folders("gpt2"))
    assert models.load(source, dtype="float16").notices == ("slow_dtype",)
    assert models.load(source, dtype="bfloat16").notices == models.load(source).notices == ()


def test_a_collection_of_sentence_transformers_is_followed_to_its_transformer(folders: Any, tmp_path: Path) -> None:
    collection = tmp_path / "collection"
    shutil.copytree(folders("bert"), collection / "0_BERT")
    (collection / "1_Pooling").mkdir()
    (collection / "1_Pooling" / "config.json").write_text('{"word_embedding_dimension": 32}')
    modules = [
        {"idx": 0, "name": "0", "path": "0_BERT", "type": "sentence_transformers.models.BERT"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    (collection / "modules.json").write_text(json.dumps(modules))
    (collection / "config.json").write_text('{"__version__": "2.0"}')
    for chosen in (collection, collection / "modules.json", collection / "0_BERT"):
        assert models.load(str(chosen)).card.family == "bert"
    assert models.load(str(collection)).name == "collection"
    with pytest.raises(NotAModel) as caught:
        models.load(str(collection / "1_Pooling"))
    assert (caught.value.fields["reason"], caught.value.fields["example"]) == ("part", str(collection))
    for content in ("[]", "{}", '[{"path": "../bert"}]', '[{"path": 3}]', '[{"path": "none"}]'):
        (collection / "modules.json").write_text(content)
        with pytest.raises(NotAModel):
            models.load(str(collection))


def test_tokens_that_were_added_and_never_given_a_row_are_refused_before_the_run(folders: Any, tmp_path: Path) -> None:
    folder = tmp_path / "added"
    shutil.copytree(folders("gpt2"), folder)
    first = models.load(str(folder))
    first.tokenizer.add_tokens(["<ent1>", "<ent2>"])
    first.tokenizer.save_pretrained(folder)
    loaded = models.load(str(folder))
    assert capture.run(loaded, RunRequest("the cat")).tokens
    with pytest.raises(TokensWithoutRows) as caught:
        capture.run(loaded, RunRequest("the <ent2> cat"))
    assert caught.value.fields == {"tokens": ("<ent2>",), "rows": loaded.card.vocabulary}
    assert caught.value.exit_status == 2


def test_a_model_in_memory_can_be_wrapped(folders: Any) -> None:
    loaded = models.load(str(folders("gpt2")))
    model = build("GPT2LMHeadModel", {**MODELS["gpt2"][1], "vocab_size": len(loaded.tokenizer)})
    wrapped = models.wrap(model, loaded.tokenizer)
    assert (wrapped.source, wrapped.kind, wrapped.task) == ("memory", "decoder", "causal")
    assert dataclasses.replace(wrapped.card, source="", name="") == dataclasses.replace(loaded.card, source="", name="")


def test_a_model_that_is_being_trained_goes_on_after_it_was_wrapped(folders: Any) -> None:
    tokenizer = models.load(str(folders("gpt2"))).tokenizer
    model = build("GPT2LMHeadModel", {**MODELS["gpt2"][1], "vocab_size": len(tokenizer)}).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    first = capture.run(models.wrap(model, tokenizer), RunRequest("the cat"))
    before = first.attention(0, 0)
    model.train()
    ids = torch.tensor([[t.id for t in first.tokens]])
    model(input_ids=ids, labels=ids).loss.backward()
    optimizer.step()
    second = capture.run(models.wrap(model, tokenizer), RunRequest("the cat"))
    assert (second.attention(0, 0) != before).any()
    assert (first.attention(0, 0) == before).all()


def test_nothing_is_printed(folders: Any, capfd: pytest.CaptureFixture[str]) -> None:
    models.load(str(folders("gpt2")))
    models.load(str(folders("bert_classifier")))
    assert capfd.readouterr() == ("", "")


def test_bundled_models_are_listed_when_they_are_there(
    folders: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "assets", lambda: tmp_path)
    monkeypatch.setattr("visualizer.core.loading.catalogue.assets", lambda: tmp_path)
    monkeypatch.setattr("visualizer.core.loading.sources.assets", lambda: tmp_path)
    assert not any(entry.bundled for entry in models.catalogue())
    shutil.copytree(folders("gpt2"), tmp_path / "models" / "tiny")
    (tmp_path / "models" / "half").mkdir()
    first = models.catalogue()[0]
    assert (first.source, first.bundled) == ("bundled:tiny", True)
    loaded = models.load("bundled:tiny")
    assert loaded.card.source == "bundled:tiny"
    assert first.size == loaded.card.parameters
    assert sum(entry.bundled for entry in models.catalogue()) == 1


def test_the_catalogue_speaks_both_languages() -> None:
    entries = models.catalogue()
    assert len(entries) >= 12
    assert len({entry.source for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.description_en
        assert any("ぁ" <= c <= "龥" for c in entry.description_ja)
        assert math.isfinite(entry.size)
        assert entry.size > 0


def test_the_catalogue_needs_no_torch() -> None:
    import subprocess
    import sys

    light = "visualizer.core.loading.catalogue, visualizer.core.loaded_model"
    code = f"import sys, {light}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_config_says_infinity_as_transformers_writes_it(tmp_path: Path) -> None:
    folder = save("llama", tmp_path / "endless")
    path = folder / "config.json"
    entries = json.loads(path.read_text())
    path.write_text(json.dumps({**entries, "time_step_limit": [0.0, {"__float__": "Infinity"}]}))
    assert models.load(str(folder)).config.time_step_limit == [0.0, math.inf]
    path.write_text(json.dumps({**entries, "rms_norm_eps": {"__float__": "NaN"}}))
    with pytest.raises(DamagedFile, match="rms_norm_eps"):
        models.load(str(folder))
