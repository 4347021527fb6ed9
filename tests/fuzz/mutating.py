"""Files as accidents and malice make them: bytes changed, JSON with other kinds and other sizes."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from typing import Any

# Texts that once broke something somewhere: direction marks, halves of characters, control characters, markup, paths.
NONSENSE = (
    "", " ", "\n", "\t\t", "a", "あ", "𠮟る", "👩‍👩‍👧‍👦", "e\u0301\u0301\u0301",
    "\u202eabc\u202c", "\u200b\u200b", "\ufeff", "\ufffe",
    "\x01\x1b[31m",
    "<s>", "</s><pad>", "[MASK] [CLS]", "<b>bold</b>&amp;", "%s %d {0} {name}", "=1+1", "../../etc/passwd",
    "C:\\con\\nul",
    "a" * 300, "無" * 200, "１２３４", "ｶﾞｷﾞ", "私は図書館で本を", "The cat sat on the mat", "０" * 40,
    "\u0000", "a\r\nb\rc", "'\"`$(x)",
    "🇯🇵🇺🇸", "ﷺ" * 20, "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤", "سلام 私 abc", "\u2028\u2029", "▁▁", "##ing", "Ġthe",
)  # fmt: skip

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 7, 64, 1000, 10**6,
    2**31, 2**63, -(2**63), 10**30, 0.0, -0.5, 1e-30, 1e300,
    float("inf"), float("nan"),
    "", "a", "gelu", "nosuch", "\ud800", "../../x", "a" * 3000, [], {}, [1], ["a", None], {"a": 1}, [[]], {"": {}},
    "llama", "bert", "yarn", "auto",
)  # fmt: skip


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, cut away, doubled or put elsewhere; mostly near the beginning, where headers are."""
    result = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5, 20))):
        if not result:
            break
        reach = min(len(result), rng.choice((16, 64, 400, 4000, len(result))))
        at = rng.randrange(max(1, reach))
        way = rng.randrange(8)
        if way == 0:
            result[at] ^= 1 << rng.randrange(8)
        elif way == 1:
            result[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, 0x22, 0x7B, rng.randrange(256)))
        elif way == 2:
            del result[at : at + rng.choice((1, 2, 8, 100, len(result)))]
        elif way == 3:
            size = rng.choice((1, 8, 64))
            result[at:at] = result[at : at + size]
        elif way == 4:
            result[at : at + 8] = struct.pack("<Q", rng.choice((0, 1, 2**31, 2**32, 2**62, 2**64 - 1, len(result))))
        elif way == 5:
            result[at : at + 4] = struct.pack("<I", rng.choice((0, 1, 2**31 - 1, 2**32 - 1, 9, 12)))
        elif way == 6:
            result[at:at] = bytes(rng.randrange(256) for _ in range(rng.choice((1, 8, 100))))
        else:
            result = result[:at]
    return bytes(result)


def other_json(content: Any, rng: random.Random) -> Any:
    """The content with one to four of its values, names or lists made something else."""
    content = json.loads(json.dumps(content))
    for _ in range(rng.choice((1, 1, 2, 4))):
        places = list(_places(content))
        if not places:
            return rng.choice(_VALUES)
        holder, name = rng.choice(places)
        way = rng.randrange(10)
        if way == 0:
            del holder[name]
        elif way == 1 and isinstance(holder, dict):
            holder[rng.choice(("", "a", "\0", "x" * 300, str(name).upper()))] = holder.pop(name)
        elif way == 2 and isinstance(holder, list):
            holder.extend(holder * rng.choice((1, 3)) if len(holder) < 1000 else [])
        elif way == 3 and type(holder[name]) in (int, float):
            holder[name] = holder[name] * rng.choice((-1, 0, 2, 3, 1000, 0.5)) + rng.choice((0, 1, -1))
        elif way == 4 and isinstance(holder[name], str):
            holder[name] = rng.choice((holder[name][::-1], holder[name] * 2, rng.choice(NONSENSE)))
        elif way == 5:
            other, at = rng.choice(places)
            holder[name] = json.loads(json.dumps(other[at])) if _is_there(other, at) else 0
        else:
            holder[name] = rng.choice(_VALUES)
    return content


def write_json(path: Path, content: Any, rng: random.Random) -> None:
    """The content as a file; now and then with a nesting or a number that no reader expects, or damaged bytes."""
    text = json.dumps(content, ensure_ascii=rng.random() < 0.5)
    way = rng.random()
    if way < 0.04:
        text = text[:-1] + ', "deep": ' + "[" * 5000 + "]" * 5000 + text[-1:]
    elif way < 0.08:
        text = text.replace(rng.choice("0123456789"), "9" * rng.choice((30, 5000)), 1)
    data = text.encode("utf-8", "surrogatepass")
    path.write_bytes(damaged(data, rng) if rng.random() < 0.2 else data)


def _is_there(holder: Any, name: Any) -> bool:
    return name in holder if isinstance(holder, dict) else 0 <= name < len(holder)


def _places(content: Any) -> list[tuple[Any, Any]]:
    """Every value of a JSON content as its holder and its name there; of long lists only some."""
    found: list[tuple[Any, Any]] = []
    waiting = [content]
    while waiting and len(found) < 4000:
        holder = waiting.pop()
        if isinstance(holder, dict):
            names: list[Any] = list(holder)
        elif isinstance(holder, list):
            names = list(range(min(len(holder), 20)))
        else:
            continue
        found += [(holder, name) for name in names]
        waiting += [holder[name] for name in names]
    return found
