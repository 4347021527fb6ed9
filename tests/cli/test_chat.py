"""A conversation from a file is read as the checkpoint's own template writes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.core.text.test_chat import TURNS, loaded_model
from visualizer.core.text import chat


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("chat-model")
    loaded = loaded_model()
    loaded.model.save_pretrained(found)
    loaded.tokenizer.save_pretrained(found)
    return found


def test_tokens_of_a_conversation_are_exported(folder: Path, tmp_path: Path, run: Run) -> None:
    conversation, output = tmp_path / "chat.json", tmp_path / "tokens.json"
    conversation.write_text(json.dumps(chat.to_json(TURNS)))
    arguments = ["export", "--model", str(folder), "--chat", str(conversation), "--what", "tokens", "-o", str(output)]
    assert run(*arguments).status == 0
    written = json.loads(output.read_text(encoding="utf-8"))
    assert written["text"] == chat.render(loaded_model().tokenizer, TURNS)


def test_what_is_no_conversation_is_one_line(folder: Path, tmp_path: Path, run: Run) -> None:
    conversation, output = tmp_path / "chat.json", tmp_path / "tokens.json"
    for content in ("{", "[3]"):
        conversation.write_text(content)
        arguments = ["export", "--model", str(folder), "--chat", str(conversation)]
        answer = run(*arguments, "--what", "tokens", "-o", str(output))
        assert answer.status in (1, 2)
        assert len(answer.err.strip().splitlines()) == 1
    assert not output.exists()
