"""GPTQ, AWQ and bitsandbytes checkpoints are unpacked to exactly the weights that they stand for.

The packers here follow the formats' definitions and share nothing with the program: they put one number after the other
into a word of bits. What bitsandbytes itself wrote and read back stands in `BNB`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.core.families import REGISTRY, build
from tests.core.loading.test_models_errors import refused
from tests.core.model_folders import save
from tests.core.tokenizer_kinds import KINDS
from visualizer.core import capture, models
from visualizer.core.errors import Cancelled, DamagedFile, UnsupportedArchitecture
from visualizer.core.loading import quantized
from visualizer.core.request import RunRequest

GROUP = 16
# Written and read back by bitsandbytes 0.50.2 on a CPU: part -> [number type, shape, bytes in base64].
BNB = json.loads((Path(__file__).parent / "bitsandbytes.json").read_text())
Packed = dict[str, torch.Tensor]


def bits_of(values: list[int], bits: int) -> list[int]:
    """Numbers one after the other, the lowest bit first, as signed words of 32 bits."""
    stream = "".join(format(value, f"0{bits}b")[::-1] for value in values)
    words = [int(stream[at : at + 32][::-1], 2) for at in range(0, len(stream), 32)]
    return [word - (1 << 32) if word >= 1 << 31 else word for word in words]


def rounded(weight: torch.Tensor, bits: int, group_of: list[int], seed: int) -> tuple[np.ndarray, ...]:
    """[output, input] -> numbers [input, output], zero points and scales [group, output], and what they stand for."""
    rows = weight.double().numpy().T
    groups = max(group_of) + 1
    random = np.random.default_rng(seed)
    # float16, as in files; not from the weights alone, so that a wrong group or order shows.
    scales = (random.uniform(0.5, 2.0, (groups, rows.shape[1])) * np.abs(rows).max() / 2**bits).astype(np.float16)
    zeros = random.integers(1, 2**bits, (groups, rows.shape[1]))
    of = np.array(group_of)
    numbers = np.clip(np.round(rows / scales[of]) + zeros[of], 0, 2**bits - 1).astype(int)
    meant = (numbers - zeros[of]) * scales[of].astype(np.float64)
    return numbers, zeros, scales, meant.T.astype(np.float32)


def as_gptq(weight: torch.Tensor, bits: int, group_of: list[int], less_one: bool, seed: int) -> tuple[Packed, Any]:
    numbers, zeros, scales, meant = rounded(weight, bits, group_of, seed)
    stored = zeros - 1 if less_one else zeros
    packed = {
        "qweight": torch.tensor([bits_of(column.tolist(), bits) for column in numbers.T], dtype=torch.int32).T,
        "qzeros": torch.tensor([bits_of(row.tolist(), bits) for row in stored], dtype=torch.int32),
        "scales": torch.from_numpy(scales),
        "g_idx": torch.tensor(group_of, dtype=torch.int32),
    }
    return {name: tensor.contiguous() for name, tensor in packed.items()}, torch.from_numpy(meant).contiguous()


def as_awq(weight: torch.Tensor, group_of: list[int], seed: int) -> tuple[Packed, Any]:
    numbers, zeros, scales, meant = rounded(weight, 4, group_of, seed)

    def words(rows: np.ndarray) -> torch.Tensor:
        order = [0, 2, 4, 6, 1, 3, 5, 7]  # of each eight outputs, which is in the lowest bits, the next, ...
        found = [
            [bits_of([int(row[at + n]) for n in order], 4)[0] for at in range(0, len(row), 8)] for row in rows
        ]
        return torch.tensor(found, dtype=torch.int32)

    return {"qweight": words(numbers), "qzeros": words(zeros), "scales": torch.from_numpy(scales)}, torch.from_numpy(
        meant
    )


def rewrite(folder: Path, settings: dict[str, Any], pack: Callable[[str, torch.Tensor], tuple[Packed, Any]]) -> Packed:
    """Packs the projections of a folder's model; gives all weights that it then stands for."""
    path = folder / "model.safetensors"
    stored, meant = {}, {}
    for name, weight in load_file(path).items():
        if weight.dim() == 2 and (name.endswith("_proj.weight") or ".c_" in name):
            parts, meant[name] = pack(name, weight)
            stored |= {f"{name.removesuffix('.weight')}.{part}": tensor for part, tensor in parts.items()}
        else:
            stored[name] = meant[name] = weight
    save_file(stored, path, {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = settings
    (folder / "config.json").write_text(json.dumps(config))
    return meant


def assert_unpacked(folder: Path, how: str, meant: Packed, dtype: str = "float32") -> None:
    loaded = models.load(str(folder), dtype=dtype)
    assert loaded.notices == (f"unpacked:{how}",)
    assert {p.dtype for p in loaded.model.parameters()} == {getattr(torch, dtype)}
    for name, weight in loaded.model.named_parameters():
        torch.testing.assert_close(weight, meant[name].to(weight.dtype), atol=0, rtol=0)
    assert loaded.card.memory >= sum(p.numel() * p.element_size() for p in loaded.model.parameters())
    assert not hasattr(loaded.config, "quantization_config")
    trace = capture.run(loaded, RunRequest("the cat"))
    assert trace.method == "registry" and trace.next_tokens()


def neighbours(inputs: int) -> list[int]:
    return [n // GROUP for n in range(inputs)]


def shuffled(inputs: int) -> list[int]:
    return np.random.default_rng(inputs).permutation(neighbours(inputs)).tolist()


def gptq_settings(bits: int, **more: Any) -> dict[str, Any]:
    return {"quant_method": "gptq", "bits": bits, "group_size": GROUP, "sym": False, "desc_act": False, **more}


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("layout", ["gptq", "gptq_v2"])
@pytest.mark.parametrize("groups", [neighbours, shuffled])
def test_gptq_is_unpacked(tmp_path: Path, bits: int, layout: str, groups: Callable[[int], list[int]]) -> None:
    folder = save("llama", tmp_path / "gptq", intermediate_size=64, num_key_value_heads=4)

    def pack(name: str, weight: torch.Tensor) -> tuple[Packed, Any]:
        return as_gptq(weight, bits, groups(weight.shape[1]), layout == "gptq", len(name))

    meant = rewrite(folder, gptq_settings(bits, checkpoint_format=layout, desc_act=groups is shuffled), pack)
    assert_unpacked(folder, "gptq", meant)


def test_gptq_without_the_groups_of_its_inputs_takes_neighbours(tmp_path: Path) -> None:
    folder = save("llama", tmp_path / "gptq", intermediate_size=64)

    def pack(name: str, weight: torch.Tensor) -> tuple[Packed, Any]:
        parts, meant = as_gptq(weight, 4, neighbours(weight.shape[1]), True, len(name))
        return {part: tensor for part, tensor in parts.items() if part != "g_idx"}, meant

    assert_unpacked(folder, "gptq", rewrite(folder, gptq_settings(4), pack), "bfloat16")


def test_weights_that_stand_the_other_way_round_are_turned(tmp_path: Path) -> None:
    folder = save("gpt2", tmp_path / "gptq", n_inner=64)  # its layers keep [input, output]

    def pack(name: str, weight: torch.Tensor) -> tuple[Packed, Any]:
        parts, meant = as_gptq(weight.t(), 4, neighbours(weight.shape[0]), True, len(name))
        return parts, meant.t()

    assert_unpacked(folder, "gptq", rewrite(folder, gptq_settings(4), pack))


def test_awq_is_unpacked(tmp_path: Path) -> None:
    folder = save("llama", tmp_path / "awq", intermediate_size=64)
    settings = {"quant_method": "awq", "bits": 4, "group_size": GROUP, "zero_point": True, "version": "gemm"}
    meant = rewrite(folder, settings, lambda name, w: as_awq(w, neighbours(w.shape[1]), len(name)))
    assert_unpacked(folder, "awq", meant)


def test_packed_experts_of_a_mixture_are_put_together(tmp_path: Path) -> None:
    folder = tmp_path / "mixtral"
    folder.mkdir()
    tokenizer: Any = KINDS["llama_bpe"](folder)
    tokenizer.save_pretrained(folder)
    family = next(f for f in REGISTRY if f.name == "mixtral")
    build(family, vocab_size=len(tokenizer), intermediate_size=32).save_pretrained(folder)
    plain = dict(load_file(folder / "model.safetensors"))

    def pack(weight: torch.Tensor, name: str) -> tuple[Packed, Any]:
        return as_gptq(weight, 4, neighbours(weight.shape[1]), True, len(name))

    path, stored, meant = folder / "model.safetensors", {}, {}
    for name, weight in plain.items():
        if ".experts." in name:
            parts, meant[name] = pack(weight, name)
            stored |= {f"{name.removesuffix('.weight')}.{part}": tensor for part, tensor in parts.items()}
        else:
            stored[name] = meant[name] = weight
    save_file(meant, path, {"format": "pt"})
    expected = models.load(str(folder)).model.state_dict()
    save_file(stored, path, {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "quantization_config": gptq_settings(4)}))
    found = models.load(str(folder)).model.state_dict()
    assert len(expected) == len(found)
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, atol=0, rtol=0)


def as_eight_bit(weight: torch.Tensor) -> tuple[Packed, Any]:
    largest = weight.abs().amax(dim=1)
    numbers = torch.round(weight / largest[:, None] * 127).to(torch.int8)
    packed = {"weight": numbers, "SCB": largest, "weight_format": torch.tensor(0, dtype=torch.uint8)}
    return packed, (numbers.double() * largest.double()[:, None] / 127).float()


def test_eight_bits_of_bitsandbytes_are_unpacked_row_by_row(tmp_path: Path) -> None:
    folder = save("llama", tmp_path / "int8")
    settings = {"quant_method": "bitsandbytes", "load_in_8bit": True, "load_in_4bit": False}
    meant = rewrite(folder, settings, lambda _name, weight: as_eight_bit(weight))
    loaded = models.load(str(folder))
    assert loaded.notices == ("unpacked:bitsandbytes",)
    for name, weight in loaded.model.state_dict().items():
        torch.testing.assert_close(weight, meant[name], atol=0, rtol=3e-7)  # of float32, in which it is multiplied


def test_four_bits_of_bitsandbytes_are_unpacked_block_by_block(tmp_path: Path) -> None:
    folder = save("llama", tmp_path / "nf4")
    table = tensor_of(BNB["nf4 float32 plain"]["weight.quant_map"])

    def pack(_name: str, weight: torch.Tensor) -> tuple[Packed, Any]:
        blocks = weight.reshape(-1, 64)
        largest = blocks.abs().amax(dim=1)
        numbers = (blocks / largest[:, None])[..., None].sub(table).abs().argmin(-1)
        pairs = numbers.reshape(-1, 2)
        state = {"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": list(weight.shape)}
        text = torch.tensor(list(json.dumps(state).encode()), dtype=torch.uint8)
        packed = {
            "weight": (pairs[:, 0] * 16 + pairs[:, 1]).to(torch.uint8)[:, None],
            "weight.absmax": largest,
            "weight.quant_map": table.clone(),
            "weight.quant_state.bitsandbytes__nf4": text,
        }
        return packed, (table[numbers] * largest[:, None]).reshape(weight.shape)

    settings = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}
    assert_unpacked(folder, "bitsandbytes", rewrite(folder, settings, pack))


def tensor_of(entry: list[Any]) -> torch.Tensor:
    kind, shape, content = entry
    raw = torch.frombuffer(bytearray(base64.b64decode(content)), dtype=torch.uint8)
    return raw.view(getattr(torch, kind)).reshape(shape)


@pytest.mark.parametrize("name", BNB)
def test_what_bitsandbytes_wrote_is_read_as_it_reads_it_itself(tmp_path: Path, name: str) -> None:
    parts = {part: tensor_of(entry) for part, entry in BNB[name].items()}
    expected = parts.pop("meant").float()
    path = tmp_path / "model.safetensors"
    save_file({f"layer.{part}": tensor for part, tensor in parts.items()}, path)
    settings = {"quant_method": "bitsandbytes", "load_in_8bit": name == "int8", "load_in_4bit": name != "int8"}
    config = SimpleNamespace(quantization_config=settings)
    found = quantized.read(tmp_path, config, torch.nn.Module(), torch.float32, lambda _share: None)
    assert found.keys() == {"layer.weight"}
    # Its 8 bits come back in float16; 4 bits in the number type that they had.
    weight = found["layer.weight"].half().float() if name == "int8" else found["layer.weight"]
    torch.testing.assert_close(weight, expected, atol=0, rtol=0 if name != "int8" else 1e-3)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (gptq_settings(4, checkpoint_format="marlin"), "marlin"),
        (gptq_settings(5), "5 bits"),
        (gptq_settings(4, dynamic={"+:.*": {"bits": 8}}), "some layers"),
        (gptq_settings(4, rotation="hadamard"), "some layers"),
        ({"quant_method": "awq", "bits": 4, "version": "gemv"}, "gemv"),
        ({"quant_method": "awq", "bits": 4, "zero_point": False}, "zero points"),
        ({"quant_method": "bitsandbytes"}, "neither"),
        ({"quant_method": "hqq"}, "hqq"),
    ],
    ids=str,
)
def test_layouts_that_are_not_known_are_refused(tmp_path: Path, settings: dict[str, Any], named: str) -> None:
    folder = save("llama", tmp_path / "packed")
    rewrite(folder, settings, lambda _name, weight: ({"weight": weight}, weight))
    assert named in refused(UnsupportedArchitecture, folder).fields["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"qweight": torch.zeros(3, 32, dtype=torch.int32)},
        {"qweight": torch.zeros(4, 32)},
        {"qzeros": torch.full((2, 4), -1, dtype=torch.int32)},  # 15 + 1: programs disagree about it
        {"qzeros": torch.zeros(2, 3, dtype=torch.int32)},
        {"scales": torch.full((2, 32), float("inf"), dtype=torch.float16)},
        {"scales": torch.zeros(1, 32)},
        {"g_idx": torch.full((32,), 2, dtype=torch.int32)},
        {"g_idx": torch.zeros(31, dtype=torch.int32)},
        {"absmax": torch.zeros(3)},
    ],
    ids=str,
)
def test_packed_weights_that_cannot_be_are_told(tmp_path: Path, wrong: Packed) -> None:
    folder = save("llama", tmp_path / "packed", intermediate_size=64)

    def pack(name: str, weight: torch.Tensor) -> tuple[Packed, Any]:
        parts, meant = as_gptq(weight, 4, neighbours(weight.shape[1]), True, len(name))
        return {**parts, **wrong} if "layers.1.self_attn.q_proj" in name else parts, meant

    rewrite(folder, gptq_settings(4), pack)
    refused(DamagedFile, folder)


def test_a_config_that_speaks_of_packed_weights_where_there_are_none_is_told(tmp_path: Path) -> None:
    folder = save("llama", tmp_path / "plain")
    rewrite(folder, gptq_settings(4), lambda _name, weight: ({"weight": weight}, weight))
    assert "none is" in refused(DamagedFile, folder).fields["detail"]


def test_unpacking_stops_when_told_and_its_progress_rises(tmp_path: Path) -> None:
    folder = save("llama", tmp_path / "packed", intermediate_size=64)
    rewrite(
        folder, gptq_settings(4), lambda name, w: as_gptq(w, 4, neighbours(w.shape[1]), True, len(name))
    )
    seen: list[float] = []
    models.load(str(folder), progress=lambda share, _stage: seen.append(share))
    assert seen == sorted(seen) and len(seen) > 10
    asked: list[int] = []

    def should_stop() -> bool:
        asked.append(1)
        return len(asked) > 6

    with pytest.raises(Cancelled):
        models.load(str(folder), should_stop=should_stop)
