"""Pictures handed in, and pictures of designs: named by what they show, made once."""

import hashlib
import io
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from configurator import proofs
from configurator.assets import UploadRefused, take_in
from configurator.catalogue import publish, spec_of
from configurator.designs import choose, start
from configurator.freezing import freeze
from configurator.models import Asset, Configuration, Upload
from configurator.proofs import UnknownSurface, drawings_of, preview, preview_hash, preview_url, scene_of
from ledger import jobs
from ledger.models import Job
from tests.shops import NOW

FAMILIES = Path(proofs.__file__).parent / "families"


def photograph(colour: str = "red", size: tuple[int, int] = (400, 300)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


def test_a_picture_is_taken_in_and_stored_by_its_hash(alice: User) -> None:
    asset = take_in(
        upload=SimpleUploadedFile("../../evil.svg", photograph()), owner=alice, session_key="", now=NOW
    )
    assert (asset.width, asset.height) == (400, 300)
    assert asset.path == f"assets/{asset.sha256[:2]}/{asset.sha256}.png"
    with default_storage.open(asset.path) as file, Image.open(file) as image:
        assert image.format == "PNG"


def test_the_same_picture_of_two_people_is_stored_once(alice: User, charlie: User) -> None:
    first = take_in(upload=photograph(), owner=alice, session_key="", now=NOW)
    second = take_in(upload=photograph(), owner=charlie, session_key="", now=NOW)
    assert first.pk == second.pk
    assert (Asset.objects.count(), Upload.objects.count()) == (1, 2)


def test_what_is_no_picture_is_refused(alice: User) -> None:
    with pytest.raises(UploadRefused):
        take_in(upload=b"<svg onload='alert(1)'/>", owner=alice, session_key="", now=NOW)
    assert not Asset.objects.exists()


def test_a_picture_over_twenty_megabytes_is_refused(alice: User) -> None:
    with pytest.raises(UploadRefused, match="20 MB"):
        take_in(upload=b"\0" * (20 * 1024 * 1024 + 1), owner=alice, session_key="", now=NOW)


def test_a_photo_reaches_the_scene(configuration: Configuration, alice: User) -> None:
    asset = take_in(upload=photograph(), owner=alice, session_key="", now=NOW)
    choose(configuration=configuration, changes={"photo": asset.sha256}, now=NOW)
    scene = scene_of(version=configuration.version, choices=configuration.choices, surface="front")
    assert asset.sha256 in {getattr(item, "sha256", "") for item in scene.items}
    assert freeze(configuration=configuration, actor="user:alice", now=NOW).choices["photo"] == asset.sha256


def test_a_surface_that_is_none_is_refused(configuration: Configuration) -> None:
    with pytest.raises(UnknownSurface):
        scene_of(version=configuration.version, choices=configuration.choices, surface="back")


def test_a_scene_is_laid_out_once(configuration: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, Any] = {
        "version": configuration.version,
        "choices": configuration.choices | {"text": "Once"},
        "surface": "front",
    }
    first = scene_of(**said)
    monkeypatch.setattr(proofs, "lay_out", None)
    assert scene_of(**said) is first


@pytest.mark.parametrize(("form", "known_as"), [("png", "PNG"), ("webp", "WEBP")])
def test_a_preview_is_a_picture_of_the_size_asked_for(
    configuration: Configuration, form: proofs.Form, known_as: str
) -> None:
    data = preview(
        version=configuration.version, choices=configuration.choices, surface="front", size=320, form=form
    )
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.width) == (known_as, 320)


def test_a_size_that_is_not_offered_is_refused(configuration: Configuration) -> None:
    with pytest.raises(ValueError, match="320, 640"):
        preview(version=configuration.version, choices=configuration.choices, surface="front", size=10_000)


def test_another_name_is_another_picture(configuration: Configuration) -> None:
    def name(text: str) -> str:
        choices = configuration.choices | {"text": text}
        return preview_hash(version=configuration.version, choices=choices, surface="front")

    assert name("Müller") == name("Müller")
    assert name("Müller") != name("Meier")


def test_the_address_of_a_preview_changes_with_the_picture(configuration: Configuration) -> None:
    before = preview_url(of=configuration, choices=configuration.choices, surface="front")
    after = preview_url(of=configuration, choices=configuration.choices | {"text": "Meier"}, surface="front")
    assert before.startswith(f"/preview/{configuration.id}/front.png?v=")
    assert before != after


def test_fifty_requests_of_five_processes_draw_the_same_preview_once(
    configuration: Configuration, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    drawn, given = tmp_path / "drawn", tmp_path / "given"
    draw = proofs._draw
    version, choices = configuration.version, dict(configuration.choices) | {"text": "Race"}
    scene_of(version=version, choices=choices, surface="front")  # the children must not ask the database

    def noted(*args: Any) -> bytes:
        with drawn.open("a") as file:
            file.write("x")
        return draw(*args)

    monkeypatch.setattr(proofs, "_draw", noted)

    def ask(_: int) -> str:
        shown = preview(version=version, choices=choices, surface="front", size=320)
        return hashlib.sha256(shown).hexdigest()

    def run() -> None:
        with ThreadPoolExecutor(10) as pool, given.open("a") as file:
            file.write("".join(f"{name}\n" for name in pool.map(ask, range(10))))
        os._exit(0)

    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=run) for _ in range(5)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0] * 5
    assert drawn.read_text() == "x"
    pictures = given.read_text().split()
    assert (len(pictures), len(set(pictures))) == (50, 1)


def test_what_is_typed_is_not_on_the_bare_picture(configuration: Configuration) -> None:
    version, choices = configuration.version, dict(configuration.choices)

    def bare(text: str) -> bytes:
        return preview(
            version=version, choices=choices | {"text": text}, surface="front", size=320, bare=True
        )

    assert bare("Åse") == bare("Müller")
    assert bare("Åse") != preview(
        version=version, choices=choices | {"text": "Åse"}, surface="front", size=320
    )


def test_a_kept_design_has_its_pictures_made_smaller(configuration: Configuration, alice: User) -> None:
    design = freeze(configuration=configuration, actor="system:test", now=NOW)
    asked = {"version": design.version, "choices": design.choices, "surface": "front", "form": "webp"}
    hasty = preview(**asked)
    job = Job.objects.get(kind=proofs.SMALLER_JOB)
    freeze(configuration=configuration, actor="system:test", now=NOW)
    assert Job.objects.filter(kind=proofs.SMALLER_JOB).count() == 1
    assert jobs.run(job.pk)
    smaller = preview(**asked)
    assert len(smaller) < len(hasty)
    with Image.open(io.BytesIO(smaller)) as kept, Image.open(io.BytesIO(hasty)) as drawn:
        assert kept.size == drawn.size
    proofs.make_smaller(design)
    assert preview(**asked) == smaller


def test_while_somebody_chooses_pictures_come_as_jpeg_and_of_a_design_as_webp(
    configuration: Configuration, alice: User, client: Client
) -> None:
    client.force_login(alice)
    making = client.get(
        preview_url(of=configuration, choices=configuration.choices, surface="front"),
        headers={"Accept": "image/webp"},
    )
    assert (making["Content-Type"], making.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert "immutable" in making["Cache-Control"]
    design = freeze(configuration=configuration, actor="system:test", now=NOW)
    kept = client.get(proofs.design_picture(design), headers={"Accept": "image/webp"})
    assert (kept["Content-Type"], kept.content[8:12]) == ("image/webp", b"WEBP")
    assert "immutable" in kept["Cache-Control"]


def test_a_torn_file_is_not_trusted(alice: User, charlie: User) -> None:
    first = take_in(upload=photograph(), owner=alice, session_key="", now=NOW)
    stored = Path(default_storage.path(first.path))
    whole = stored.read_bytes()
    stored.write_bytes(whole[:20])  # as a crash in the middle of a write would leave it
    take_in(upload=photograph(), owner=charlie, session_key="", now=NOW)
    assert stored.read_bytes() == whole


def test_a_product_is_seen_from_every_side_that_its_family_names(
    db: None, alice: User, client: Client
) -> None:
    source = (FAMILIES / "enamel-mug.yaml").read_text(encoding="utf-8")
    mug = publish(source=source, filename="enamel-mug.yaml", actor="system:test", now=NOW).family
    held = start(family=mug, owner=alice, session_key="", now=NOW)
    client.force_login(alice)
    page = client.get(f"/make/enamel-mug/{held.pk}/?view=wrap.1").content.decode()
    assert 'data-number="1" fetchpriority' in page
    state = client.get(f"/api/v1/configurations/{held.pk}/").json()
    front, back = state["preview"]
    assert (front["view"], back["view"]) == (0, 1)
    assert (front["name"], back["name"]) == proofs.views_of(spec_of(held.version), "wrap")
    assert all(state["artwork"][0]["views"])
    pictures = {client.get(url).content for url in (front["url"], back["url"], *state["artwork"][0]["bare"])}
    assert len(pictures) == 4
    assert client.get(f"/preview/{held.pk}/wrap.png?view=2").status_code == 404
    design = freeze(configuration=held, actor="system:test", now=NOW)
    assert proofs.make_smaller(design) == 2


def test_a_shelf_comes_with_a_drawing_of_all_its_measures(
    db: None, alice: User, alice_client: Client, client: Client
) -> None:
    source = (FAMILIES / "shelf.yaml").read_text(encoding="utf-8")
    shelf = publish(source=source, filename="shelf.yaml", actor="system:test", now=NOW).family
    held = start(family=shelf, owner=alice, session_key="", now=NOW)
    choose(configuration=held, changes={"width": 760, "height": 1480, "boards": 5}, now=NOW)
    design = freeze(configuration=held, actor="alice", now=NOW)
    (drawing,) = drawings_of(design)
    answer = alice_client.get(drawing)
    assert answer["Content-Type"].startswith("image/svg+xml")
    words = answer.content.decode()
    assert all(f">{measure}<" in words for measure in (760, 1480, 280, 18))
    assert drawing in alice_client.get(reverse("design", args=[design.pk])).content.decode()
    assert client.get(drawing).status_code == 404  # somebody else's
    _, measured = proofs.other_views(design)
    assert measured["drawing"] == drawing
    picture = Image.open(io.BytesIO(alice_client.get(measured["picture"], HTTP_ACCEPT="*/*").content))
    dark = np.asarray(picture.convert("L")) < 100
    assert picture.size == (960, 768)
    assert 0.002 < dark.mean() < 0.1  # lines and letters on paper


def test_what_has_no_dimensions_has_no_drawing(configuration: Configuration, alice_client: Client) -> None:
    design = freeze(configuration=configuration, actor="alice", now=NOW)
    assert drawings_of(design) == []
    assert alice_client.get(reverse("drawing", args=[design.pk, "front"])).status_code == 404
