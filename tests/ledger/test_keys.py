"""API keys: shown once, kept as a hash, refused when revoked, expired or wrong."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from ledger.keys import SCOPES, KeyRefused, authenticate, issue, revoke
from ledger.models import ApiKey, Entry

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def key_for(owner: User, **changes: object) -> tuple[ApiKey, str]:
    told: dict[str, object] = {
        "name": "shop floor screen",
        "owner": owner,
        "scopes": ["orders:write", "orders:read"],
        "expires_at": None,
        "actor": "user:admin",
        "now": NOW,
    }
    return issue(**{**told, **changes})  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_key_opens_with_its_secret(alice: User) -> None:
    key, secret = key_for(alice)
    found = authenticate(secret, now=NOW)
    assert found == key and found.scopes == ["orders:read", "orders:write"]


@pytest.mark.django_db
def test_the_secret_is_kept_nowhere(alice: User) -> None:
    key, secret = key_for(alice)
    kept = str(ApiKey.objects.filter(pk=key.pk).values().get()) + str(Entry.objects.values().get())
    assert secret not in kept and secret.split("_", 2)[2] not in kept


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        lambda secret: "",
        lambda secret: secret[:-1],
        lambda secret: secret + "x",
        lambda secret: secret.replace("ock_", "OCK_"),
        lambda secret: "_".join((*secret.split("_", 2)[:2], "A" * 43)),
        lambda secret: f"ock_{'0' * 12}_{secret.split('_', 2)[2]}",
        lambda secret: "ock_\x00\ud800_x",
    ],
)
def test_another_secret_opens_nothing(alice: User, wrong: object) -> None:
    _, secret = key_for(alice)
    assert authenticate(wrong(secret), now=NOW) is None  # type: ignore[operator]


@pytest.mark.django_db
def test_a_revoked_key_opens_nothing(alice: User) -> None:
    key, secret = key_for(alice)
    revoke(key_id=key.pk, actor="user:admin", now=NOW)
    revoke(key_id=key.pk, actor="user:admin", now=NOW + timedelta(days=1))
    assert authenticate(secret, now=NOW) is None
    kinds = list(Entry.objects.of(f"key:{key.pk}").values_list("kind", flat=True))
    assert kinds == ["key.issued", "key.revoked"]


@pytest.mark.django_db
def test_an_expired_key_opens_nothing(alice: User) -> None:
    _, secret = key_for(alice, expires_at=NOW + timedelta(days=1))
    assert authenticate(secret, now=NOW + timedelta(hours=23)) is not None
    assert authenticate(secret, now=NOW + timedelta(days=1)) is None


@pytest.mark.django_db
def test_the_key_of_an_inactive_account_opens_nothing(alice: User) -> None:
    _, secret = key_for(alice)
    User.objects.update(is_active=False)
    assert authenticate(secret, now=NOW) is None


@pytest.mark.django_db
def test_its_use_is_noted_at_most_once_a_minute(alice: User) -> None:
    key, secret = key_for(alice)
    for seconds in (0, 30, 90):
        authenticate(secret, now=NOW + timedelta(seconds=seconds))
    key.refresh_from_db()
    assert key.last_used_at == NOW + timedelta(seconds=90)


@pytest.mark.django_db
def test_a_key_is_refused_with_everything_that_is_wrong(alice: User) -> None:
    alice.is_active = False
    with pytest.raises(KeyRefused) as refused:
        key_for(alice, name=" ", scopes=["orders:read", "everything"], expires_at=NOW)
    assert len(refused.value.problems) == 4
    assert "There is no scope everything" in str(refused.value)
    assert not ApiKey.objects.exists()


@pytest.mark.django_db
def test_a_key_without_scopes_is_refused(alice: User) -> None:
    with pytest.raises(KeyRefused, match=SCOPES[0]):
        key_for(alice, scopes=[])


@pytest.mark.django_db
@pytest.mark.parametrize("scope", ["production:read", "production:write"])
def test_a_shopper_gets_no_key_to_the_workshop(alice: User, scope: str) -> None:
    with pytest.raises(KeyRefused, match=f"alice is not staff and cannot be given {scope}"):
        key_for(alice, scopes=["orders:read", scope])
    assert not ApiKey.objects.exists()


@pytest.mark.django_db
def test_staff_get_a_key_to_the_workshop(bob: User) -> None:
    key, _ = key_for(bob, scopes=["production:write"])
    assert key.scopes == ["production:write"]
