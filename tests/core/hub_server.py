"""A model hub on this machine: serves a folder the way huggingface.co serves a repository."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huggingface_hub import constants

ADMITTED = "hf_admitted"  # the token of somebody whom the owners of gated repositories admit
UNKNOWN = "hf_unknown"  # a token that was never given to anybody
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def commit_of(revision: str) -> str:
    """The commit that a revision stands for."""
    return COMMIT if revision == "main" else hashlib.sha1(revision.encode()).hexdigest()


def use(monkeypatch: pytest.MonkeyPatch, address: str, cache: Path) -> None:
    """Lets the hub's library ask this address, and keep what comes in this folder."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 3)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


@contextmanager
def serving(repositories: dict[str, Path], gated: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    """Serves repositories (id or id@revision -> folder); gives the address and the list of asked-for paths.

    What is asked with a token is noted as "token TOKEN path".
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            return None

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, body: bool) -> None:
            path = self.path.split("?")[0].lstrip("/")
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            asked.append(f"token {token} {path}" if token else path)
            parts = path.removeprefix("api/models/").split("/")
            name = "/".join(parts[:2])
            revision = parts[3] if len(parts) > 3 else "main"
            revisions = {key.partition("@")[2] or "main" for key in repositories if key.partition("@")[0] == name}
            if revisions and revision not in (*revisions, COMMIT, *map(commit_of, revisions)):
                headers = {"X-Error-Code": "RevisionNotFound", "X-Error-Message": "no such revision"}
                return self.send(404, b"{}", body, headers)
            revision = next((r for r in revisions if revision in (r, commit_of(r))), "main")
            if token == UNKNOWN:
                message = "Invalid credentials in Authorization header"
                return self.send(401, b"{}", body, {"X-Error-Message": message})
            if name in gated and token != ADMITTED and not path.endswith("config.json") and not path.startswith("api/"):
                return self.send(403, b"", body, {"X-Error-Code": "GatedRepo", "X-Error-Message": "gated"})
            folder = repositories.get(name if revision == "main" else f"{name}@{revision}")
            if folder is None:
                return self.send(404, b"{}", body, {"X-Error-Code": "RepoNotFound", "X-Error-Message": "not found"})
            if path.startswith("api/models/"):
                files = sorted(p for p in folder.rglob("*") if p.is_file())
                siblings = [{"rfilename": str(p.relative_to(folder)), "size": p.stat().st_size} for p in files]
                info = {"_id": "1", "id": name, "sha": commit_of(revision), "private": False, "tags": []}
                info["siblings"] = siblings
                return self.send(200, json.dumps(info).encode(), body, {"Content-Type": "application/json"})
            file = folder / "/".join(parts[4:])
            if parts[2] != "resolve" or not file.is_file():
                return self.send(404, b"", body, {"X-Error-Code": "EntryNotFound", "X-Error-Message": "no file"})
            content = file.read_bytes()
            tag = hashlib.sha256(content).hexdigest()
            return self.send(200, content, body, {"ETag": f'"{tag}"', "X-Repo-Commit": commit_of(revision)})

        def send(self, status: int, content: bytes, body: bool, headers: dict[str, str]) -> None:
            self.send_response(status)
            for key, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            if body:
                try:
                    self.wfile.write(content)
                except OSError:
                    return  # whoever asked has gone

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
