"""The shop hands its fonts to browsers that set what is typed."""

import gzip
import hashlib

import pytest
import uharfbuzz as hb
from django.test import Client

from configurator.engine.layout.letters import MOST_LETTERS, write_letters
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


def test_of_a_large_font_the_letters_of_a_text_are_handed_out_for_ever(client: Client) -> None:
    address = client.get("/fonts/").json()["noto-sans-cjk"]["letters"]
    answer = client.get(f"{address}5bb6-65cf/")
    assert "immutable" in answer["Cache-Control"]
    assert len(answer.content) < 10_000
    face = hb.Face(hb.Blob(answer.content))
    assert {0x5BB6, 0x65CF} <= set(face.unicodes)
    assert client.get(f"{address}5bb6-65cf/").content == answer.content


@pytest.mark.parametrize(
    "letters", ["65cf-5bb6", "5bb6-5bb6", "05bb6", "5BB6", "0x5bb6", "d800", "110000", "x"]
)
def test_letters_have_one_address_only(client: Client, letters: str) -> None:
    address = client.get("/fonts/").json()["noto-sans-cjk"]["letters"]
    assert client.get(f"{address}{letters}/").status_code == 404


def test_only_so_many_letters_are_handed_out_at_once(client: Client) -> None:
    address = client.get("/fonts/").json()["noto-sans-cjk"]["letters"]
    many = write_letters(range(0x4E00, 0x4E00 + MOST_LETTERS))
    assert client.get(f"{address}{many}/").status_code == 200
    assert client.get(f"{address}{many}-ffff/").status_code == 404


def test_a_font_that_is_handed_out_whole_comes_in_no_letters(client: Client) -> None:
    assert client.get(f"/fonts/{files()['inter'].sha256}/letters/61/").status_code == 404


def test_only_the_shops_own_fonts_are_handed_out(client: Client) -> None:
    assert client.get(f"/fonts/{'0' * 64}/").status_code == 404
