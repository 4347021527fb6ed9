"""The arithmetic of quantized weights: what the whole numbers in a checkpoint stand for, in float32.

    GPTQ, AWQ       weight = scale x (number - zero point), scale and zero point of each group of inputs
    bitsandbytes    4 bits: weight = table[number] x largest of its block
                    8 bits: weight = number x largest of its row / 127

Sources: Frantar et al. 2023 (GPTQ), Lin et al. 2024 (AWQ), Dettmers et al. 2022 (LLM.int8), 2023 (NF4), and how the
packages of these names lay the numbers out in files. Everything here raises ValueError for what does not fit together.
"""

from __future__ import annotations

import math

import torch

# Numbers of an AWQ word from its lowest bits on: which of eight neighbouring outputs each belongs to.
_AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)
_ROWS_AT_ONCE = 32
_STEP = 1.0 / 127.0


def numbers(words: torch.Tensor, bits: int) -> torch.Tensor:
    """int32 [words, column] -> uint8 [number, column]: a stream of bits, the lowest first, through words one by one."""
    each = math.lcm(bits, 32)  # bits after which numbers and words end together
    if words.dtype != torch.int32 or words.dim() != 2 or bits not in (2, 3, 4, 8) or words.shape[0] * 32 % each:
        raise ValueError(f"{list(words.shape)} words of {words.dtype} hold no numbers of {bits} bits")
    count = words.shape[0] * 32 // bits
    found = torch.empty(count, words.shape[1], dtype=torch.uint8)
    for n in range(each // bits):
        word, shift = divmod(n * bits, 32)
        inside = min(bits, 32 - shift)
        part = (words[word :: each // 32] >> shift) & ((1 << inside) - 1)
        if inside < bits:
            part = part | ((words[word + 1 :: each // 32] & ((1 << (bits - inside)) - 1)) << inside)
        found[n :: each // bits] = part.to(torch.uint8)
    return found


def gptq(
    qweight: torch.Tensor,
    qzeros: torch.Tensor,
    scales: torch.Tensor,
    group_of: torch.Tensor | None,
    bits: int,
    group_size: int,
    stored_less_one: bool,
) -> torch.Tensor:
    """float32 [output, input].

    qweight: int32 [input x bits / 32, output]. qzeros: int32 [group, output x bits / 32]. scales: [group, output].
    group_of: [input], the group of each, or None: `group_size` neighbours each. stored_less_one: zero points are kept
    less one (the first version of the format).
    """
    weight, zeros = numbers(qweight, bits), numbers(qzeros.t().contiguous(), bits).t()
    if stored_less_one:
        if bool((zeros == 2**bits - 1).any()):
            raise ValueError("zero points that different programs read differently")
        zeros = zeros + 1
    inputs, groups = weight.shape[0], scales.shape[0]
    if group_of is None:
        group_of = torch.arange(inputs, dtype=torch.int64) // (group_size if group_size > 0 else max(inputs, 1))
    return _scaled(weight, zeros, scales, group_of.to(torch.int64), groups)


def awq(qweight: torch.Tensor, qzeros: torch.Tensor, scales: torch.Tensor, group_size: int) -> torch.Tensor:
    """float32 [output, input].

    qweight: int32 [input, output / 8]. qzeros: int32 [group, output / 8]. scales: [group, output]. 4 bits each.
    """
    weight, zeros = (_in_awq_order(words) for words in (qweight, qzeros))
    inputs = weight.shape[0]
    group_of = torch.arange(inputs, dtype=torch.int64) // (group_size if group_size > 0 else max(inputs, 1))
    return _scaled(weight, zeros, scales, group_of, scales.shape[0])


def _in_awq_order(words: torch.Tensor) -> torch.Tensor:
    """int32 [row, words] -> uint8 [row, 8 x words]"""
    if words.dtype != torch.int32 or words.dim() != 2:
        raise ValueError(f"{list(words.shape)} words of {words.dtype}")
    found = torch.empty(*words.shape, 8, dtype=torch.uint8)
    for place, output in enumerate(_AWQ_ORDER):
        found[:, :, output] = ((words >> (4 * place)) & 15).to(torch.uint8)
    return found.flatten(1)


def _scaled(
    weight: torch.Tensor, zeros: torch.Tensor, scales: torch.Tensor, group_of: torch.Tensor, groups: int
) -> torch.Tensor:
    """uint8 [input, output], uint8 and float [group, output] -> float32 [output, input]"""
    inputs, outputs = weight.shape
    if zeros.shape != (groups, outputs) or scales.shape != (groups, outputs) or group_of.shape != (inputs,):
        raise ValueError(f"{list(weight.shape)} numbers, {list(zeros.shape)} zero points, {list(scales.shape)} scales")
    if inputs and not 0 <= int(group_of.min()) <= int(group_of.max()) < groups:
        raise ValueError(f"inputs of a group beyond the {groups} that there are")
    found = torch.empty(inputs, outputs, dtype=torch.float32)
    low, step = zeros.float(), scales.float()
    for start in range(0, inputs, _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        of = group_of[rows]
        torch.sub(weight[rows], low[of], out=found[rows]).mul_(step[of])
    return found.t().contiguous()


def four_bit(
    packed: torch.Tensor, largest: torch.Tensor, table: torch.Tensor, block: int, shape: tuple[int, ...]
) -> torch.Tensor:
    """float32 of that shape.

    packed: bytes of two numbers each, the first in the upper half. largest: [block], float32. table: [16], float32.
    """
    flat = packed.contiguous().view(torch.uint8).flatten()
    count = math.prod(shape)
    if block < 1 or table.shape != (16,) or not 0 < count <= 2 * flat.numel() < count + 2:
        raise ValueError(f"{flat.numel()} bytes for {list(shape)} numbers")
    if largest.shape != (-(-count // block),):
        raise ValueError(f"{list(largest.shape)} blocks of {block} for {count} numbers")
    # Of each byte, the two values that it stands for.
    both = torch.stack([table.float().repeat_interleave(16), table.float().repeat(16)], dim=-1)
    values = both.index_select(0, flat.to(torch.int32)).flatten()[:count]
    whole = count - count % block
    values[:whole].view(-1, block).mul_(largest[: whole // block, None])
    values[whole:] *= largest[whole // block :]
    return values.reshape(shape)


def unnested(
    largest: torch.Tensor, table: torch.Tensor, outer: torch.Tensor, block: int, offset: float
) -> torch.Tensor:
    """float32 [block]: the largest of each block, which were quantized themselves (to 8 bits, around an offset)."""
    count = largest.numel()
    if largest.dtype != torch.uint8 or table.shape != (256,) or block < 1 or outer.shape != (-(-count // block),):
        raise ValueError(f"{count} blocks in {list(outer.shape)} of {block}")
    return table.float()[largest.to(torch.int32)] * outer.float().repeat_interleave(block)[:count] + offset


def eight_bit(weight: torch.Tensor, largest: torch.Tensor) -> torch.Tensor:
    """float32 [output, input]; weight: int8 [output, input], largest: [output], of each row."""
    if weight.dtype != torch.int8 or weight.dim() != 2 or largest.numel() != weight.shape[0]:
        raise ValueError(f"{list(weight.shape)} numbers of {weight.dtype}, {largest.numel()} rows")
    return weight.float() * largest.float().reshape(-1, 1) * _STEP
