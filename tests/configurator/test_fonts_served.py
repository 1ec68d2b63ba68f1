"""The shop hands its fonts to browsers that set what is typed."""

import gzip
import hashlib

from django.test import Client

from configurator.views.fonts import files, index_hash


def test_a_font_comes_packed_under_the_hash_of_its_content(client: Client) -> None:
    file = files()["great-vibes"]
    url = client.get("/fonts/").json()["great-vibes"]["url"]
    packed = client.get(url, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert "immutable" in packed["Cache-Control"]
    assert hashlib.sha256(gzip.decompress(packed.content)).hexdigest() == file.sha256
    plain = client.get(url)
    assert "Content-Encoding" not in plain
    assert hashlib.sha256(plain.content).hexdigest() == file.sha256


def test_the_list_of_fonts_is_kept_for_ever_only_under_its_own_hash(client: Client) -> None:
    assert client.get("/fonts/", {"v": "old"})["Cache-Control"] == "no-cache"
    assert "immutable" in client.get("/fonts/", {"v": index_hash()})["Cache-Control"]


def test_a_font_of_many_megabytes_is_not_handed_out(client: Client) -> None:
    assert client.get("/fonts/").json()["noto-sans-cjk"]["url"] is None
    assert client.get(f"/fonts/{files()['noto-sans-cjk'].sha256}/").status_code == 404


def test_only_the_shops_own_fonts_are_handed_out(client: Client) -> None:
    assert client.get(f"/fonts/{'0' * 64}/").status_code == 404
