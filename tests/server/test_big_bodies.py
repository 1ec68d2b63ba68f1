"""Bodies that are too large, or say something untrue of their length, against the web server itself."""

import io
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from PIL import Image

from configurator import receiving
from ledger import keys
from server import children
from tests.processes import environment
from tests.shops import NOW

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = (
    "POST /api/v1/assets/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
    "Content-Type: multipart/form-data; boundary=b\r\n"
)
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="../x.png"\r\n\r\n'
END = b"\r\n--b--\r\n"


@dataclass
class Web:
    port: int
    key: str  # of an integration

    @property
    def head(self) -> str:
        return f"{HEAD}Authorization: Bearer {self.key}\r\n"

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def send(self, head: str, body: bytes, *, done: bool = False) -> tuple[int, dict[str, object]]:
        """What is answered to a request sent as it stands; `done` ends our side of the connection."""
        with self.connected() as connection:
            connection.sendall(f"{self.head}{head}\r\n".encode() + body)
            if done:
                connection.shutdown(socket.SHUT_WR)
            return answer_of(connection)


def answer_of(connection: socket.socket) -> tuple[int, dict[str, object]]:
    head, _, body = _received(connection).partition(b"\r\n\r\n")
    if not head:
        return 0, {}
    return int(head.split(b" ")[1]), json.loads(body) if body.startswith(b"{") else {}


def _received(connection: socket.socket) -> bytes:
    """Everything up to the end of the answer."""
    data = b""
    while True:
        head, end, _ = data.partition(b"\r\n\r\n")
        if end:
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            whole = len(head) + 4 + int(lengths[0].split(b":")[1])
            if len(data) >= whole:
                return data[:whole]
        piece = connection.recv(65_536)
        if not piece:
            return data
        data += piece


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """The shop's web server as `up` starts it, on the test's database; its port, and a folder of its own."""
    folder = tmp_path_factory.mktemp("web")
    for name in ("var", "tmp"):
        (folder / name).mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.MonkeyPatch.context() as changed:
        for name, value in environment().items():
            changed.setenv(name, value)
        changed.setenv("VAR_DIR", str(folder / "var"))
        changed.setenv("TMPDIR", str(folder / "tmp"))
        process = children.web(folder / "web.log", host="127.0.0.1", port=port).start()
    try:
        _until_it_answers(Web(port, ""))
        yield port, folder
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def web(server: tuple[int, Path], alice: User) -> Web:
    _, key = keys.issue(
        name="shop", owner=alice, scopes=["configurations:write"], expires_at=None, actor="test", now=NOW
    )
    return Web(server[0], key)


def _until_it_answers(web: Web) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with web.connected() as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                if b" 200 " in connection.recv(100):
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the web server does not answer")


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "PNG")
    return out.getvalue()


def good(web: Web) -> None:
    """A proper upload goes through: the server is well."""
    body = PART + picture() + END
    status, told = web.send(f"Content-Length: {len(body)}\r\n", body)
    assert (status, told.get("kind")) == (201, "picture")


def test_a_body_of_two_gigabytes_is_refused_long_before_its_end(web: Web, server: tuple[int, Path]) -> None:
    sent = 0
    with web.connected() as connection:
        connection.sendall(f"{web.head}Content-Length: 2000000000\r\n\r\n".encode() + PART)
        piece = os.urandom(65_536)
        try:
            while sent < 2_000_000_000:
                connection.sendall(piece)
                sent += len(piece)
        except OSError:  # closed, as it has to be
            pass
        assert sent < receiving.DRAINED + 40_000_000
    assert [path for path in server[1].rglob("*") if path.is_file() and path.stat().st_size > 1_000_000] == []
    good(web)


def test_a_file_a_little_too_large_is_answered_with_the_limit(web: Web) -> None:
    body = PART + b"\x89PNG\r\n\x1a\n" + bytes(25 * 2**20) + END
    status, told = web.send(f"Content-Length: {len(body)}\r\n", body)
    assert (status, told["code"], told["reason"]) == (413, "upload-too-large", "too-large")
    assert "20 MB" in str(told["detail"])
    good(web)


def test_a_body_in_chunks_is_told_to_say_its_length(web: Web) -> None:
    body = PART + picture() + END
    chunked = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    status, told = web.send("Transfer-Encoding: chunked\r\n", chunked)
    assert (status, told.get("code")) == (411, "length-required")
    good(web)


def test_a_body_longer_than_it_says_is_refused(web: Web) -> None:
    body = PART + picture() + END
    status, _ = web.send(f"Content-Length: {len(body) - 40}\r\n", body)
    assert status in (400, 422)
    good(web)


def test_a_body_shorter_than_it_says_is_refused(web: Web) -> None:
    body = PART + picture()[:100]
    status, _ = web.send(f"Content-Length: {len(body) + 5_000_000}\r\n", body, done=True)
    assert status in (0, 400, 422)
    good(web)
