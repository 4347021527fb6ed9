"""The languages that a translation model's tokenizer knows by codes of its own (NLLB, M2M100, mBART)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# eng_Latn, en_XX, ja, __java__ among a tokenizer's special tokens.
_CODE = re.compile(r"[a-z]{2,3}_[A-Z][A-Za-z]{1,3}|__[a-z_]+__")


def known(tokenizer: Any) -> tuple[str, ...]:
    """The codes in the tokenizer's order; () for tokenizers that ask for no language."""
    if not (hasattr(tokenizer, "src_lang") and hasattr(tokenizer, "tgt_lang")):
        return ()
    for name in ("lang_code_to_token", "lang_code_to_id"):
        codes = getattr(tokenizer, name, None)
        if isinstance(codes, dict) and codes:
            return tuple(map(str, codes))
    return tuple(code for code in map(str, tokenizer.all_special_tokens) if _CODE.fullmatch(code))


def source(tokenizer: Any) -> str | None:
    """The language that a text is taken to be in, when nothing else is said."""
    return _own(tokenizer, "src_lang")


def target(tokenizer: Any) -> str | None:
    """The language that is written, when nothing else is said."""
    return _own(tokenizer, "tgt_lang")


def _own(tokenizer: Any, name: str) -> str | None:
    code = getattr(tokenizer, name, None)
    return code if isinstance(code, str) and code in known(tokenizer) else None


def id_of(tokenizer: Any, code: str) -> int:
    """The token that stands for a language."""
    token = code
    written = getattr(tokenizer, "lang_code_to_token", None)
    if isinstance(written, dict):
        token = written.get(code, code)
    ids = getattr(tokenizer, "lang_code_to_id", None)
    if isinstance(ids, dict) and code in ids:
        return int(ids[code])
    return int(tokenizer.convert_tokens_to_ids(token))


@contextmanager
def set_to(tokenizer: Any, code: str | None, as_target: bool) -> Iterator[None]:
    """The tokenizer reads (or, for a target, writes) this language meanwhile; None: as it is set."""
    name = "tgt_lang" if as_target else "src_lang"
    before = getattr(tokenizer, name, None)
    if code is None or code == before:
        yield
        return
    setattr(tokenizer, name, code)
    try:
        yield
    finally:
        setattr(tokenizer, name, before)
