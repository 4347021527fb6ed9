"""Small models on disk, as a person would have them, and a way to run the command line in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from PySide6.QtWidgets import QApplication

from visualizer import cli
from visualizer.ui import i18n

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel


class Answer(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Answer]


@pytest.fixture
def run(qapp: QApplication, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs one command line; what it printed is read from the file descriptors, as a terminal would get it."""

    def run_command(*arguments: str | Path) -> Answer:
        capfd.readouterr()
        status = cli.main([str(a) for a in arguments], lambda _: pytest.fail("a window was opened"))
        out, err = capfd.readouterr()
        return Answer(status, out, err)

    yield run_command
    i18n.install_language(qapp, "en")  # a process of its own would have ended


def _saved(model: LoadedModel, folder: Path) -> Path:
    model.model.save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def llama(tiny_llama: LoadedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a decoder: 3 layers, 4 heads, at most 256 tokens."""
    return _saved(tiny_llama, tmp_path_factory.mktemp("models") / "llama")


@pytest.fixture(scope="session")
def bert(tiny_bert: LoadedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a masked encoder that takes two sentences: 2 layers, 4 heads."""
    return _saved(tiny_bert, tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="session")
def marian(tiny_marian: LoadedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an encoder-decoder: 2 encoder layers of 4 heads, 3 decoder layers of 2."""
    return _saved(tiny_marian, tmp_path_factory.mktemp("models") / "marian")
