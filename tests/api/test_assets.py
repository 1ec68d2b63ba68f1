"""Pictures over HTTP: taken in as pixels, or refused with advice."""

import io
import zipfile
from typing import Any

import pytest
from PIL import Image

from configurator.models import Asset
from tests.api.conftest import Api, done, refused

pytestmark = pytest.mark.usefixtures("badge")


def picture(form: str = "PNG", size: tuple[int, int] = (640, 480), colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_taken_in(alice_api: Api, form: str) -> None:
    taken = done(alice_api.upload("photo", picture(form)), 201)
    assert (taken["width"], taken["height"]) == (640, 480)
    assert Asset.objects.get(pk=taken["sha256"]).read().startswith(b"\x89PNG")


def test_the_same_picture_again_is_the_same_asset(alice_api: Api, charlie_api: Api) -> None:
    first, again = (done(api.upload("a", picture()), 201) for api in (alice_api, charlie_api))
    assert first == again
    assert Asset.objects.count() == 1


def test_a_picture_goes_onto_a_badge(alice_api: Api) -> None:
    photo = done(alice_api.upload("photo", picture()), 201)["sha256"]
    configuration = alice_api.started(photo=photo)
    assert configuration["choices"]["photo"] == photo
    assert configuration["complete"]


def test_somebody_elses_picture_is_not_there_to_use(alice_api: Api, charlie_api: Api) -> None:
    photo = done(alice_api.upload("photo", picture()), 201)["sha256"]
    configuration = charlie_api.started()["id"]
    answer = charlie_api.patch(f"configurations/{configuration}/", {"choices": {"photo": photo}})
    assert refused(answer, 422, "invalid-choices")["errors"][0]["pointer"] == "/choices/photo"


def with_zip_tail() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.php", "<?php system($_GET['c']);")
    return picture() + out.getvalue()


def test_what_hangs_on_behind_a_picture_is_left_behind(alice_api: Api) -> None:
    taken = done(alice_api.upload("photo.png", with_zip_tail()), 201)
    assert b"evil.php" not in Asset.objects.get(pk=taken["sha256"]).read()


HOSTILE = {
    "empty": b"",
    "one byte": b"\x89",
    "text": b"hello",
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "pdf": b"%PDF-1.7\n1 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file",
    "gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "cut off": picture()[:200],
    "a bomb": picture(size=(12_000, 12_000)),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_picture_is_refused_and_not_kept(alice_api: Api, what: str) -> None:
    answer = alice_api.upload("photo.png", HOSTILE[what])
    if what == "empty":  # Django drops an empty part
        assert answer.status_code in (400, 422)
    else:
        assert refused(answer, 422, "upload-refused")["reason"]
    assert not Asset.objects.exists()


@pytest.mark.parametrize("name", ["../../../etc/cron.d/x", "a" * 300 + ".png", ".htaccess", "\u202egnp.exe"])
def test_the_name_of_an_upload_means_nothing(alice_api: Api, name: str, settings: Any) -> None:
    taken = done(alice_api.upload(name, picture()), 201)
    files = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert [file.name for file in files] == [f"{taken['sha256']}.png"]


def test_a_file_over_the_limit_is_refused_before_it_is_read(alice_api: Api) -> None:
    problem = refused(alice_api.upload("big.png", b"\x89PNG" + bytes(21 * 2**20)), 413, "upload-too-large")
    assert problem["reason"] == "too-large"


def test_a_form_without_the_part_is_told_its_name(alice_api: Api) -> None:
    answer = alice_api.client.post("/api/v1/assets/", {"image": "x"}, headers=alice_api.headers)
    assert refused(answer, 400, "invalid-request")["errors"][0]["pointer"] == "/file"


def test_a_form_cut_off_in_the_middle_is_refused(alice_api: Api) -> None:
    answer = alice_api.client.post(
        "/api/v1/assets/",
        data=b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n',
        content_type="multipart/form-data; boundary=x",
        headers=alice_api.headers,
    )
    assert answer.status_code == 400


def test_pictures_are_not_sent_as_json(alice_api: Api) -> None:
    refused(alice_api.post("assets/", {"file": "x"}), 415, "unsupported-media-type")
