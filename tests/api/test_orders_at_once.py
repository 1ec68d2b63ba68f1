"""Real processes send the same order at the same moment over HTTP: one order, one answer."""

from functools import partial
from typing import Any

import pytest

from orders.models import Order, Payment
from tests.api.conftest import Api
from tests.processes import at_once

PROCESSES = 4
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("badge")]


def test_the_same_request_from_several_processes_makes_one_order(alice_api: Api) -> None:
    line = alice_api.accepted(alice_api.frozen())

    def send(number: int) -> Any:
        answer = alice_api.submitted(line, key="once")
        return answer.status_code, answer.content, answer.headers.get("Idempotency-Replayed")

    answers = at_once(*[partial(send, number) for number in range(PROCESSES)])
    assert {(status, content) for status, content, _ in answers} == {(201, answers[0][1])}
    assert sorted(str(replayed) for _, _, replayed in answers) == ["None", *["true"] * (PROCESSES - 1)]
    assert (Order.objects.count(), Payment.objects.count()) == (1, 1)


def test_one_key_with_several_bodies_at_once_makes_one_order(alice_api: Api) -> None:
    line = alice_api.accepted(alice_api.frozen())

    def send(number: int) -> int:
        status: int = alice_api.submitted(line, key="once", city=f"Town {number}").status_code
        return status

    assert sorted(at_once(*[partial(send, number) for number in range(PROCESSES)])) == [
        201,
        *[422] * (PROCESSES - 1),
    ]
    assert Order.objects.count() == 1
