"""What nobody should send, at every door that takes a body: refused as a problem, and nothing is stored."""

import gzip
import json
from typing import Any

import pytest

from ledger import jobs
from production.models import Run
from tests.api.conftest import CUSTOMER, PROBLEM, Api, contents, done

ZALGO = "Z" + "\u0301" * 300
RAW: dict[str, bytes] = {
    "nothing": b"",
    "spaces": b"   ",
    "text": b"hello",
    "cut off": b'{"a": ',
    "an array": b"[]",
    "an array of objects": b"[{}]",
    "a string": b'"x"',
    "a number": b"5",
    "null": b"null",
    "true": b"true",
    "trailing": b"{} {}",
    "a trailing comma": b'{"a": 1,}',
    "a comment": b'{/* hi */"a": 1}',
    "single quotes": b"{'a': 1}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": "{}".encode("utf-16"),
    "latin-1": '{"a": "é"}'.encode("latin-1"),
    "an overlong encoding": b'{"a": "\xc0\x80"}',
    "nan": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "1e400": b'{"a": 1e400}',
    "five thousand digits": b'{"a": ' + b"9" * 5000 + b"}",
    "a long fraction": b'{"a": 0.' + b"9" * 5000 + b"}",
    "2**53 + 1": b'{"a": 9007199254740993}',
    "nul in a value": b'{"a": "\\u0000"}',
    "nul in a key": b'{"\\u0000": 1}',
    "half a surrogate": b'{"a": "\\ud800"}',
    "half a surrogate in a key": b'{"\\udfff": 1}',
    "a control": b'{"a": "\\u0007"}',
    "a raw control": b'{"a": "\x07"}',
    "right to left": b'{"a": "\\u202e"}',
    "an isolate": b'{"a": "\\u2066"}',
    "a noncharacter": b'{"a": "\\uffff"}',
    "one key twice": b'{"a": 1, "a": 2}',
    "one key twice in normal form": '{"\u00e9": 1, "e\u0301": 2}'.encode(),
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 900 + b"1" + b"}" * 900,
    "a long string": b'{"a": "' + b"x" * 10_001 + b'"}',
    "many values": b'{"a": [' + b"1," * 60_000 + b"1]}",
    "megabytes": b'{"a": "' + b"x" * 2_000_000 + b'"}',
    "gzip": gzip.compress(b"{}"),
    "a prototype": b'{"__proto__": {"admin": true}}',
    "a field of the server's": b'{"price": "0.01", "owner": 1, "state": "paid"}',
}
ODD: list[Any] = [
    None, True, False, 0, -1, 2**53, 1.5, "", " ", "x" * 9_999, ZALGO, "٣", "1", "-1", "1e9", "null", [], [1],
    [[]], {}, {"a": 1}, {"id": "dsg_x"}, "'; DROP TABLE orders_order; --", "../../etc/passwd", "%s%n",
    "{{7*7}}", "<script>alert(1)</script>", "=1+1", "\t", "\n", "\U0001f600", "👨‍👩‍👧‍👦", "\u200b",
    "ﷺ" * 50, "ªº²", "I\u0307",
]  # fmt: skip


@pytest.fixture
def doors(workshop: None, bob_api: Api) -> dict[str, tuple[str, str, dict[str, str], dict[str, Any]]]:
    """Every operation that takes JSON: method, path, headers, and a body that it would take."""
    configuration = bob_api.started()["id"]
    design = bob_api.frozen()
    order = bob_api.ordered(quantity=2)["id"]
    cart = done(bob_api.post("cart/lines/", {"design": design}), 201)["lines"][0]["id"]
    done(bob_api.post("plans/"), 202)
    assert jobs.run(jobs.Job.objects.get(kind="planning.propose").pk)
    run = Run.objects.get()
    once, seen = {"Idempotency-Key": "odd"}, {"If-Match": f'"{run.version}"'}
    change = {"choices": {"text": "A"}, "quantity": 1}
    wanted = {"option": "length", "value": 60, "quantity": 1}
    pieces = list(run.pieces.values_list("pk", flat=True))
    lines = [bob_api.accepted(design)]
    return {
        "start": ("post", "configurations/", {}, {"family": "badge", "choices": {"text": "Anna"}}),
        "change": ("patch", f"configurations/{configuration}/", {}, change),
        "explain": ("post", f"configurations/{configuration}/explain/", {}, wanted),
        "repair": ("post", f"configurations/{configuration}/repair/", {}, wanted),
        "complete": ("post", f"configurations/{configuration}/complete/", {}, {"objective": "cheapest"}),
        "move": ("post", f"configurations/{configuration}/move/", {}, {"version": 1}),
        "validate": ("post", "families/badge/validations/", {}, {"rows": [{"length": 60}]}),
        "add": ("post", "cart/lines/", {}, {"design": design, "quantity": 1}),
        "quantity": ("patch", f"cart/lines/{cart}/", {}, {"quantity": 2}),
        "place": ("post", "orders/", once, {"customer": CUSTOMER, "lines": lines}),
        "cancel": ("post", f"orders/{order}/cancel/", once, {"reason": "no"}),
        "reject": ("post", f"runs/{run.pk}/reject/", seen, {"reason": "no"}),
        "split": ("post", f"runs/{run.pk}/split/", seen, {"pieces": pieces[:1]}),
    }  # fmt: skip


DOORS = (
    "start", "change", "explain", "repair", "complete", "move", "validate",
    "add", "quantity", "place", "cancel", "reject", "split",
)  # fmt: skip


def everything() -> list[Any]:
    return contents("ledger", "configurator", "orders", "production")


def send(api: Api, door: tuple[str, str, dict[str, str], Any], raw: bytes, content_type: str) -> Any:
    method, path, headers, _ = door
    return getattr(api.client, method)(
        f"/api/v1/{path}", data=raw, content_type=content_type, headers={**api.headers, **headers}
    )


@pytest.fixture(autouse=True)
def _no_measure(settings: Any) -> None:
    settings.API_RATES = dict.fromkeys(settings.API_RATES, "100000/min")


@pytest.mark.parametrize("name", DOORS)
def test_what_is_no_plain_json_is_refused_everywhere(doors: Any, bob_api: Api, name: str) -> None:
    before, wrong = everything(), {}
    for what, raw in RAW.items():
        if (name, what) in (("cancel", "nothing"), ("complete", "nothing")):
            continue  # no reason and no objective has to be given
        answer = send(bob_api, doors[name], raw, "application/json")
        if (answer.status_code, answer["Content-Type"]) != (400, PROBLEM):
            wrong[what] = (answer.status_code, answer.content[:200])
    assert wrong == {}
    assert everything() == before


@pytest.mark.parametrize("name", DOORS)
def test_another_content_type_is_refused_everywhere(doors: Any, bob_api: Api, name: str) -> None:
    before = everything()
    body = json.dumps(doors[name][3]).encode()
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "x",
    ):
        answer = send(bob_api, doors[name], body, content_type)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type"), content_type
    assert everything() == before


def places(body: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body that holds a value."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [
        *([path] if path else []),
        *(place for key, value in inner for place in places(value, (*path, key))),
    ]


def changed(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(body))
    target = copy
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    return copy


@pytest.mark.parametrize("name", DOORS)
def test_an_odd_value_anywhere_never_fails_us(doors: Any, bob_api: Api, name: str) -> None:
    """Some odd values are somebody's name; what is refused leaves no trace, and what is taken can be read."""
    wrong, body, before = {}, doors[name][3], everything()
    for place in places(body):
        for value in ODD:
            answer = send(
                bob_api, doors[name], json.dumps(changed(body, place, value)).encode(), "application/json"
            )
            after = everything()
            kept = answer.status_code < 400 or (answer["Content-Type"] == PROBLEM and after == before)
            if answer.status_code >= 500 or not kept:
                wrong[(*place, repr(value)[:30])] = (answer.status_code, answer.content[:200])
            before = after
    assert wrong == {}
    for path in ("orders/", "cart/", "runs/", doors["change"][1]):
        assert bob_api.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "families/%00/",
        "families/" + "x" * 5000 + "/",
        "configurations/cfg_%2e%2e/",
        "configurations/-/",
        "orders/ord_x/",
        "orders/'/",
        "jobs/-1/",
        "jobs/٣/",
        "jobs/99999999999999999999999999/",
        "runs/run_x/files/1/",
        "configurations/cfg_x/preview/front/",
        "designs/dsg_x/quote/?quantity=1",
        "designs/%F0%9F%98%80/",
    ],
)
def test_an_address_of_ones_own_making_is_not_found(bob_api: Api, path: str) -> None:
    answer = bob_api.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM), answer.content


@pytest.mark.parametrize("quantity", ["0", "-1", "10001", "many", "", "1.0", "٣", "9" * 400, "\x00"])
def test_a_quantity_in_the_address_is_checked(badge: Any, bob_api: Api, quantity: str) -> None:
    design = bob_api.frozen()
    answer = bob_api.client.get(
        f"/api/v1/designs/{design}/quote/", {"quantity": quantity}, headers=bob_api.headers
    )
    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer x y",
        "Bearer \xff",
        "Bearer " + "x" * 9_000,
        "bearer ock_0_0",
        "Basic eDp5",
    ],
)
def test_a_key_that_is_none_opens_nothing(badge: Any, bob_api: Api, header: str) -> None:
    answer = bob_api.client.get("/api/v1/runs/", headers={"Authorization": header})
    assert (answer.status_code, answer["Content-Type"]) == (401, PROBLEM)
    assert answer["WWW-Authenticate"] == "Bearer"
