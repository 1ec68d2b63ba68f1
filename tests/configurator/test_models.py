"""What is published or frozen cannot be changed, from Python or past it."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction

from configurator.models import Asset, Configuration, Design, Family, Immutable, Option, Upload, Version
from configurator.visibility import guest_key

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def version(db: None) -> Version:
    family = Family.objects.create(code="sign", name="Sign")
    version = Version.objects.create(
        family=family,
        number=1,
        source="family: sign",
        source_format="family",
        content_hash="a" * 64,
        published_at=NOW,
        published_by="system:test",
    )
    Option.objects.bulk_create(
        [Option(version=version, position=0, code="size", name="Size", kind="choice", required=True)]
    )
    Version.objects.filter(pk=version.pk).update(sealed=True)
    version.refresh_from_db()
    return version


@pytest.fixture
def design(version: Version, alice: User) -> Design:
    return Design.objects.create(
        version=version,
        choices={},
        artwork_hash="",
        content_hash="b" * 64,
        price={},
        created_at=NOW,
        owner=alice,
    )


def test_a_published_version_cannot_be_saved(version: Version) -> None:
    version.source = "family: other"
    with pytest.raises(Immutable):
        version.save()


def test_a_published_version_cannot_be_deleted(version: Version) -> None:
    with pytest.raises(Immutable):
        version.delete()


def test_a_published_version_can_be_retired(version: Version) -> None:
    version.retired_at = NOW
    version.save(update_fields=["retired_at"])
    assert not Version.objects.sellable().filter(pk=version.pk).exists()


def test_the_database_refuses_to_change_a_published_version(version: Version) -> None:
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(source="family: other")


def test_the_database_refuses_to_unseal_a_published_version(version: Version) -> None:
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(sealed=False)


def test_the_database_refuses_to_delete_a_published_version(version: Version) -> None:
    with pytest.raises(IntegrityError, match="cannot be deleted"), transaction.atomic():
        Version.objects.filter(pk=version.pk)._raw_delete("default")  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", ["update", "delete", "insert"])
def test_the_database_refuses_to_change_the_rows_of_a_published_version(
    version: Version, change: str
) -> None:
    with pytest.raises(IntegrityError, match="are fixed"), transaction.atomic():
        if change == "update":
            Option.objects.update(name="Other")
        elif change == "delete":
            Option.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
        else:
            Option.objects.bulk_create(
                [Option(version=version, position=1, code="more", name="More", kind="text", required=False)]
            )


def test_the_database_refuses_to_change_a_frozen_design(design: Design) -> None:
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Design.objects.filter(pk=design.pk).update(choices={"size": "l"})


def test_a_design_is_seen_by_its_owner_only(design: Design, alice: User, charlie: User) -> None:
    assert Design.objects.visible_to(user=alice, session_key="").get() == design
    assert not Design.objects.visible_to(user=charlie, session_key="").exists()
    assert not Design.objects.visible_to(user=AnonymousUser(), session_key="").exists()


def test_a_shared_design_can_be_read_by_anybody_but_is_listed_only_for_its_owner(
    design: Design, charlie: User
) -> None:
    Design.objects.filter(pk=design.pk).update(shared_at=NOW)
    assert Design.objects.readable_by(user=charlie, session_key="").get() == design
    assert not Design.objects.visible_to(user=charlie, session_key="").exists()


def test_an_unshared_design_cannot_be_read_by_a_stranger(design: Design, charlie: User) -> None:
    assert not Design.objects.readable_by(user=charlie, session_key="gst_other").exists()


def test_a_guest_sees_what_the_same_guest_made(version: Version) -> None:
    session: dict[str, object] = {}
    mine = guest_key(session)
    assert guest_key(session) == mine
    Configuration.objects.create(version=version, session_key=mine, created_at=NOW, updated_at=NOW)
    nobody = AnonymousUser()
    assert Configuration.objects.visible_to(user=nobody, session_key=mine).count() == 1
    assert Configuration.objects.visible_to(user=nobody, session_key=guest_key({})).count() == 0
    assert Configuration.objects.visible_to(user=nobody, session_key="").count() == 0


def test_the_same_picture_of_two_people_is_one_file_that_both_see(alice: User, charlie: User) -> None:
    asset = Asset.objects.create(sha256="c" * 64, width=1, height=1, size=1, created_at=NOW)
    Upload.objects.create(asset=asset, owner=alice)
    assert not Asset.objects.visible_to(user=charlie, session_key="").exists()
    Upload.objects.create(asset=asset, owner=charlie)
    assert Asset.objects.visible_to(user=charlie, session_key="").get() == asset
    assert Asset.objects.visible_to(user=alice, session_key="").get() == asset
