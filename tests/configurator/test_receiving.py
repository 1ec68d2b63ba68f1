"""Files of forms: counted while they stream, kept apart as they were sent, opened a few at a time."""

import io
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadhandler import StopUpload
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from PIL import Image

from configurator import assets, quarantine, receiving
from configurator.assets import FileTooLarge, UploadRefused, UploadsBusy, take_in
from configurator.engine.turns import Busy, Turns
from configurator.models import Asset, Configuration, Upload
from configurator.receiving import Receiver, oversized
from tests.shops import NOW

ROOT = Path(__file__).resolve().parents[2]


def picture(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "PNG")
    return out.getvalue()


class Endless(io.RawIOBase):
    """The body of a form whose file never ends; counts what is read of it."""

    def __init__(self, head: bytes) -> None:
        self.head, self.given = head, 0

    def read(self, size: int = -1) -> bytes:
        piece, self.head = self.head[:size], self.head[size:]
        piece += bytes(max(0, size - len(piece)))
        self.given += len(piece)
        return piece


HEAD = (
    b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nbefore\r\n'
    b'--b\r\nContent-Disposition: form-data; name="o-photo"; filename="a"\r\n\r\n'
)


def endless_form(rf: RequestFactory, length: int) -> tuple[HttpRequest, Endless]:
    body = Endless(HEAD)
    environ = rf._base_environ(REQUEST_METHOD="POST", CONTENT_TYPE="multipart/form-data; boundary=b")
    fresh = WSGIRequest({**environ, "wsgi.input": body, "CONTENT_LENGTH": str(length)})
    return fresh, body


def test_a_file_is_no_longer_read_than_it_may_be(rf: RequestFactory) -> None:
    request, body = endless_form(rf, receiving.MOST_A_FORM)
    assert oversized(request) == "o-photo"
    assert request.POST["text"] == "before"
    assert not request.FILES
    most = assets.MAX_BYTES + receiving.DRAINED + 4 * receiving.PIECE
    assert body.given <= most


def test_a_form_that_announces_too_much_is_not_spooled_at_all(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "DRAINED", 0)
    request, body = endless_form(rf, 2_000_000_000)
    assert oversized(request) == "o-photo"
    assert body.given < 1_000_000


def test_a_form_of_ordinary_files_is_read_whole(rf: RequestFactory) -> None:
    request = rf.post("/", {"a": io.BytesIO(b"one"), "b": io.BytesIO(bytes(1_000_000)), "text": "x"})
    assert oversized(request) is None
    assert request.FILES["a"].read() == b"one"
    assert request.FILES["b"].size == 1_000_000


def test_many_files_are_counted_together(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MOST_A_FORM", 300_000)
    request = rf.post("/", {name: io.BytesIO(bytes(90_000)) for name in "abcd"})
    request.META["CONTENT_LENGTH"] = "1000000"
    assert oversized(request) is not None


def test_a_file_has_no_name_on_the_disk_while_it_comes(tmp_path: Path, settings: Any) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    handler = Receiver(HttpRequest())
    handler.new_file("a", "x.png", "image/png", None)
    handler.receive_data_chunk(bytes(receiving.IN_MEMORY + 1), 0)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StopUpload):
        handler.receive_data_chunk(bytes(assets.MAX_BYTES), 0)
    assert handler.spool is None


@pytest.fixture
def alice_client(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


# --- on the page ------------------------------------------------------------------------------------------


def page(client: Client, configuration: Configuration, *, follow: bool = False, **fields: Any) -> Any:
    url = reverse("configuration", args=[configuration.version.family_id, configuration.pk])
    return client.post(url, fields, follow=follow)


def test_the_page_tells_beside_the_option_that_a_file_is_too_large(
    alice: User, alice_client: Client, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MAX_BYTES", 1000)
    before = take_in(upload=picture(), owner=alice, session_key="", now=NOW)
    kept = page(alice_client, configuration, **{"o-photo": io.BytesIO(picture())})
    assert kept.status_code == 302
    answer = page(alice_client, configuration, **{"o-photo": io.BytesIO(bytes(5000))})
    assert answer.status_code == 413
    told = answer.content.decode()
    assert "larger than 20 MB" in told.split('id="error-photo"')[1].split("</p>")[0]
    configuration.refresh_from_db()
    assert configuration.choices["photo"] == before.sha256


def test_the_page_asks_to_send_again_when_too_many_upload(
    alice_client: Client, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(**_: Any) -> None:
        raise UploadsBusy("Send yours again in a few seconds.")

    monkeypatch.setattr(assets, "take_in", busy)
    answer = page(alice_client, configuration, **{"o-photo": io.BytesIO(picture())})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "again in a few seconds" in answer.content.decode()


def test_the_page_tells_what_was_left_out_of_a_drawing(
    alice_client: Client, configuration: Configuration
) -> None:
    svg = b'<svg viewBox="0 0 9 9"><text>x</text><path d="M0 0H9V9z"/></svg>'
    answer = page(alice_client, configuration, follow=True, **{"o-photo": io.BytesIO(svg)})
    assert "Left out of the drawing: text" in answer.content.decode()
    configuration.refresh_from_db()
    assert Asset.objects.get(pk=configuration.choices["photo"]).kind == "vector"


# --- quarantine -------------------------------------------------------------------------------------------


def test_what_was_sent_is_kept_apart_as_it_was(alice: User, settings: Any) -> None:
    sent = picture() + b"and a tail"
    take_in(upload=sent, owner=alice, session_key="", now=NOW)
    name = Upload.objects.get().original
    path = quarantine.path_of(name, folder=settings.QUARANTINE)
    assert path.read_bytes() == sent
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.QUARANTINE.stat().st_mode) == 0o700
    assert Path(settings.MEDIA_ROOT) not in path.parents


def test_nothing_serves_what_was_sent(alice: User, client: Client, settings: Any) -> None:
    take_in(upload=picture(), owner=alice, session_key="", now=NOW)
    name = Upload.objects.get().original
    for folder in ("media", "quarantine", "static", "media/../quarantine"):
        assert client.get(f"/{folder}/{name[:2]}/{name}.original").status_code == 404


def test_what_is_refused_is_not_kept(alice: User, settings: Any) -> None:
    for sent in (b"GIF89a....", picture()[:40], b"<svg><text/></svg>"):
        with pytest.raises(UploadRefused):
            take_in(upload=sent, owner=alice, session_key="", now=NOW)
    assert [path for path in settings.QUARANTINE.rglob("*") if path.is_file()] == []


def test_too_many_bytes_end_the_writing(alice: User, settings: Any) -> None:
    with pytest.raises(FileTooLarge), quarantine.held([b"x" * 60] * 9, folder=settings.QUARANTINE, most=100):
        pytest.fail("written")
    assert list(settings.QUARANTINE.iterdir()) == []


def test_what_is_old_goes_and_what_is_new_stays(tmp_path: Path) -> None:
    for name in (b"old", b"new"):
        with quarantine.held([name], folder=tmp_path, most=100) as original:
            original.keep()
            if name == b"old":
                past = original.sha256
    os.utime(quarantine.path_of(past, folder=tmp_path), (1000, 1000))
    half = tmp_path / "x.part"
    half.write_bytes(b"half")
    os.utime(half, (1000, 1000))
    gone = set(quarantine.old(folder=tmp_path, before=time.time() - 3600))
    assert gone == {quarantine.path_of(past, folder=tmp_path), half}


# --- a few at a time --------------------------------------------------------------------------------------

HOLDER = """
import sys, time
sys.path.insert(0, {root!r})
from configurator.engine.turns import Turns
from pathlib import Path
with Turns(Path({folder!r}), at_once=1, waiting=1, patience=9).turn():
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_turn_at_a_time_over_processes_and_a_killed_one_gives_it_back(tmp_path: Path) -> None:
    turns = Turns(tmp_path, at_once=1, waiting=1, patience=0.2)
    script = HOLDER.format(root=str(ROOT), folder=str(tmp_path))
    holder = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy, match="too long"), turns.turn():
            pytest.fail("two at once")
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with turns.turn() as lock:
        assert lock > 0


def test_who_finds_all_seats_taken_does_not_wait(tmp_path: Path) -> None:
    with Turns(tmp_path, at_once=1, waiting=0, patience=60).turn():
        started = time.monotonic()
        with pytest.raises(Busy, match="wait already"), Turns(tmp_path, 1, 0, 60).turn():
            pytest.fail("two at once")
        assert time.monotonic() - started < 30


def test_an_upload_that_finds_no_turn_is_told_to_come_again(
    alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.UPLOADS_AT_ONCE = 1
    monkeypatch.setattr(assets, "_turns", lambda: Turns(tmp_path / "turns", 1, 0, 0.1))
    with assets._turns().turn(), pytest.raises(UploadsBusy, match="again in a few seconds"):
        take_in(upload=picture(), owner=alice, session_key="", now=NOW)
    assert not Asset.objects.exists()
    assert take_in(upload=picture(), owner=alice, session_key="", now=NOW).pk
