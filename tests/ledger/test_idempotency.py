"""One answer for one key, whatever comes twice, at once or never ends."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from ledger.idempotency import Answer, BadKey, KeyReused, forget, remember
from ledger.models import IdempotencyRecord

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECONDS = timedelta(seconds=1)
Together = Callable[..., list[object]]


def make_group(status: int = 201) -> Answer:
    """A countable effect; each run would answer something else."""
    number = Group.objects.count() + 1
    Group.objects.create(name=f"group {number}")
    return status, {"Location": f"/groups/{number}"}, f'{{"number": {number}}}'.encode()


def once(work: Callable[[], Answer] = make_group, **changes: object) -> Answer:
    told: dict[str, object] = {
        "principal": "key:key_1",
        "method": "POST",
        "path": "/api/v1/orders/",
        "key": "abc",
        "request_hash": "a" * 64,
        "now": NOW,
        "work": work,
    }
    return remember(**{**told, **changes})  # type: ignore[arg-type]


@pytest.mark.django_db
def test_the_second_request_gets_the_first_answer() -> None:
    assert once() == once() == (201, {"Location": "/groups/1"}, b'{"number": 1}')
    assert Group.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("other", [{"principal": "user:eve"}, {"path": "/api/v1/carts/"}, {"key": "abd"}])
def test_another_principal_path_or_key_is_another_request(other: dict[str, object]) -> None:
    once()
    assert once(**other)[2] == b'{"number": 2}'


@pytest.mark.django_db
def test_the_same_key_for_another_body_is_refused() -> None:
    once()
    with pytest.raises(KeyReused):
        once(request_hash="b" * 64)


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "with\nbreak", "schlüssel"])
def test_a_key_that_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(BadKey):
        once(key=key)


@pytest.mark.django_db
def test_a_refusal_is_remembered_too() -> None:
    once(lambda: (400, {}, b"no"))
    assert once(lambda: (201, {}, b"yes")) == (400, {}, b"no")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", [500, 503, 409, 429])
def test_an_answer_that_may_pass_is_not_kept_and_has_no_effect(status: int) -> None:
    assert once(lambda: make_group(status))[0] == status
    assert not Group.objects.exists()
    assert once()[0] == 201


@pytest.mark.django_db(transaction=True)
def test_a_crash_leaves_neither_effect_nor_record() -> None:
    def crash() -> Answer:
        make_group()
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        once(crash)
    assert (Group.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_effect_and_record_are_rolled_back_with_the_callers_transaction() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        once()
        raise RuntimeError
    assert (Group.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_simultaneous_requests_have_one_effect_and_one_answer(together: Together) -> None:
    def slow() -> Answer:
        answer = make_group()
        time.sleep(0.2)
        return answer

    for key in ("first", "second", "third"):
        answers = together(lambda key=key: once(slow, key=key), lambda key=key: once(slow, key=key))
        assert answers[0] == answers[1]
    assert Group.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_simultaneous_requests_do_collide(
    together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race is real: with the lock off the rival runs into the unique constraint instead."""
    monkeypatch.setattr("ledger.idempotency._lock", lambda *names: None)

    def slow() -> Answer:
        time.sleep(0.3)
        return 201, {}, b"done"

    answers = together(lambda: once(slow), lambda: once(slow))
    assert "IntegrityError" in answers


@pytest.mark.django_db(transaction=True)
def test_a_rival_that_waited_too_long_is_told_so(together: Together) -> None:
    def slow() -> Answer:
        time.sleep(1)
        return make_group()

    answers = together(*[lambda: once(slow, patience=SECONDS / 10)] * 2)
    assert sorted(map(type, answers), key=str) == [str, tuple] and "InFlight" in answers


@pytest.mark.django_db
def test_the_sessions_own_lock_time_out_holds_again_in_the_work() -> None:
    def timeout() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return str(cursor.fetchone()[0])

    before, seen = timeout(), []
    once(lambda: (seen.append(timeout()), (200, {}, b""))[1])
    assert seen == [before]


@pytest.mark.django_db
def test_old_answers_are_forgotten() -> None:
    once()
    assert forget(days=30, now=NOW + timedelta(days=29)) == 0
    assert forget(days=30, now=NOW + timedelta(days=31)) == 1
