"""What every test may rely on: no display, no hub, small real models, and nothing left behind."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")

import pytest
from hypothesis import settings

# In continuous integration the same examples every time: a new example is found at a desk, not by chance there.
settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("project")

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel


@pytest.fixture(autouse=True)
def _no_dangling_threads() -> Iterator[None]:
    """A worker that outlives its test belongs to a session that was not shut down."""
    before = set(threading.enumerate())
    yield
    left = [t.name for t in threading.enumerate() if t not in before and t.name.startswith("visualizer")]
    assert not left, f"threads still running after the test: {left}; call session.shutdown()"


@pytest.fixture(autouse=True)
def _no_leaked_windows(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every window of a test is closed and gone when it ends."""
    yield
    if not {"qtbot", "qapp"} & set(request.fixturenames):
        return
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    for _ in range(3):
        app.sendPostedEvents(None, 52)  # QEvent.DeferredDelete
        app.processEvents()
        left = [w for w in app.topLevelWidgets() if w.isVisible()]
        if not left:
            return
        gc.collect()
    assert not left, f"windows still visible after the test: {left}"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, caches and logs of a test never touch those of the person who runs it."""
    home = tmp_path_factory.mktemp("home")
    for name, folder in (("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache"), ("XDG_STATE_HOME", "state")):
        monkeypatch.setenv(name, str(home / folder))


@pytest.fixture(scope="session")
def tiny_llama() -> LoadedModel:
    """A random decoder with grouped-query attention, rotary positions and a byte-level tokenizer (ids 0 to 255)."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from tests.tokenizers import byte_level
    from visualizer.core import models

    torch.manual_seed(0)
    tokenizer = byte_level()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
    )
    return models.wrap(LlamaForCausalLM(config).eval(), tokenizer, source="tiny-llama")


@pytest.fixture(scope="session")
def tiny_bert() -> LoadedModel:
    """A random encoder with a masked-language-model head that takes two sentences."""
    import torch
    from transformers import BertConfig, BertForMaskedLM

    from tests.tokenizers import word_piece
    from visualizer.core import models

    torch.manual_seed(0)
    tokenizer = word_piece()
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=64,
    )
    return models.wrap(BertForMaskedLM(config).eval(), tokenizer, source="tiny-bert")


@pytest.fixture(scope="session")
def tiny_marian() -> LoadedModel:
    """A random encoder-decoder with sinusoidal positions."""
    import torch
    from transformers import MarianConfig, MarianMTModel

    from tests.tokenizers import byte_level
    from visualizer.core import models

    torch.manual_seed(0)
    tokenizer = byte_level()
    config = MarianConfig(
        vocab_size=len(tokenizer),
        d_model=32,
        encoder_layers=2,
        decoder_layers=3,
        encoder_attention_heads=4,
        decoder_attention_heads=2,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        max_position_embeddings=64,
        max_length=24,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
        forced_eos_token_id=tokenizer.eos_token_id,
    )
    return models.wrap(MarianMTModel(config).eval(), tokenizer, source="tiny-marian")
