"""Lists of names: read as people write them, judged row by row, all of them in the cart or none."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from configurator import proofs
from configurator.catalogue import publish, spec_of
from configurator.designs import start
from configurator.engine.spec import FamilySpec
from configurator.models import Configuration, Design
from ledger.models import Entry
from orders.cart import CartFull, open_cart
from orders.lists import ListRefused, Row, RowsRefused, add_to_cart, judge
from orders.models import CartLine
from orders.tables import read_rows
from tests.shops import NOW

FAMILIES = Path(proofs.__file__).parent / "families"
TWELVE = """Name,Number,Size
Aylin,7,S
Jonas,10,L
عمر,9,M
Νίκη,4,m
Zoë,14,2XL
Łukasz,1,XL
Olena,23,xs
Ravi,8,M
Mei,11,S
"O'Neill, Pat",5,L
Ingrid,,M
Noor,2,L"""


@pytest.fixture
def shirt(db: None, alice: User) -> Configuration:
    source = (FAMILIES / "t-shirt.yaml").read_text(encoding="utf-8")
    family = publish(source=source, filename="t-shirt.yaml", actor="system:test", now=NOW).family
    return start(family=family, owner=alice, session_key="", now=NOW)


@pytest.fixture
def spec(shirt: Configuration) -> FamilySpec:
    return spec_of(shirt.version)


def rows(text: str, spec: FamilySpec) -> list[Row]:
    return read_rows(text, spec=spec, column="name")


# --- reading ----------------------------------------------------------------------------------------------


def test_lines_of_names_are_rows_of_one_column(spec: FamilySpec) -> None:
    read = rows("Aylin\n\n  Smith, John \r\n", spec)
    assert [(row.number, row.changes) for row in read] == [
        (1, {"name": "Aylin"}),
        (3, {"name": "Smith, John"}),
    ]


@pytest.mark.parametrize("mark", ["\t", ";", ",", "|"])
def test_the_first_line_says_what_the_columns_are(spec: FamilySpec, mark: str) -> None:
    text = "NAME,size,Quantity\nAylin,2xl,3\nMei,,".replace(",", mark)
    first, second = rows(text, spec)
    assert (first.changes, first.quantity) == ({"name": "Aylin", "size": "xxl"}, 3)
    assert (second.changes, second.quantity) == ({"name": "Mei"}, 1)


def test_an_empty_cell_of_a_text_leaves_it_out(spec: FamilySpec) -> None:
    (row,) = rows("Name,Number\nAylin,", spec)
    assert row.changes == {"name": "Aylin", "number": ""}


def test_columns_without_a_heading_are_asked_about(spec: FamilySpec) -> None:
    with pytest.raises(ListRefused, match="Say in a first line what the columns are"):
        rows("Aylin;S\nMei;M", spec)


def test_a_column_that_means_nothing_is_named(spec: FamilySpec) -> None:
    with pytest.raises(ListRefused, match="These columns mean nothing here: Shoe"):
        rows("Name,Shoe\nAylin,38", spec)


def test_a_column_named_twice_is_refused(spec: FamilySpec) -> None:
    with pytest.raises(ListRefused, match="twice: name"):
        rows("Name,name\na,b", spec)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Mei,XM,1,28", "Size: there is no “XM”, only XS, S, M"),
        ("Mei,M,two,28", "Quantity: “two” is not a number of pieces."),
        ("Mei,M,1,big", "Letter height: “big” is not a whole number."),
        ("Mei,M,1,28,7", "This line has 5 columns, the first line names 4."),
    ],
)
def test_a_cell_that_means_nothing_is_told_in_its_row(spec: FamilySpec, line: str, told: str) -> None:
    (row,) = rows(f"Name,Size,Quantity,Letter height\n{line}", spec)
    assert told in row.problems[0]


# --- judging ----------------------------------------------------------------------------------------------


def test_twelve_names_are_judged_each_by_itself(shirt: Configuration, spec: FamilySpec) -> None:
    judged = judge(configuration=shirt, rows=rows(TWELVE, spec), now=NOW)
    assert [each.problems for each in judged] == [()] * 12
    assert judged[9].choices["name"] == "O'Neill, Pat"
    assert judged[4].unit == judged[0].unit + 2  # type: ignore[operator]  # 2XL
    assert judged[10].unit == judged[0].unit - 3  # type: ignore[operator]  # no number
    assert Design.objects.count() == 0


def test_a_row_against_the_rules_says_why_and_the_way_out(shirt: Configuration) -> None:
    (wrong,) = judge(configuration=shirt, rows=[Row(1, {"size": "xxxl"})], now=NOW)
    assert "We stock 3XL in black and white only." in wrong.problems[0]
    assert "change Colour" in wrong.problems[0]


def test_a_row_that_no_machine_can_make_is_refused(shirt: Configuration) -> None:
    """Preflight speaks of rows, too: nobody has a font for these letters."""
    (wrong,) = judge(configuration=shirt, rows=[Row(1, {"name": "\U00012000\U00012001"})], now=NOW)
    assert "letter" in wrong.problems[0].lower()


def test_a_text_too_long_is_told_with_its_option(shirt: Configuration) -> None:
    (wrong,) = judge(configuration=shirt, rows=[Row(1, {"name": "x" * 40})], now=NOW)
    assert wrong.problems[0].startswith("Name: ")


def test_smaller_letters_are_said(shirt: Configuration) -> None:
    (judged,) = judge(configuration=shirt, rows=[Row(1, {"name": "WWWWWWWWWWWWWWWWWW"})], now=NOW)
    assert not judged.problems
    assert any("instead of" in note for note in judged.notes)


def test_more_rows_than_a_cart_holds_are_refused(shirt: Configuration) -> None:
    with pytest.raises(ListRefused, match="51 lines; up to 50"):
        judge(configuration=shirt, rows=[Row(n, {"name": str(n)}) for n in range(51)], now=NOW)


# --- into the cart ----------------------------------------------------------------------------------------


def put(shirt: Configuration, alice: User, wanted: list[Row]) -> None:
    cart = open_cart(owner=alice, session_key="", now=NOW)
    add_to_cart(cart=cart, configuration=shirt, rows=wanted, actor="user:alice", now=NOW)


def test_all_rows_go_into_the_cart_frozen(shirt: Configuration, spec: FamilySpec, alice: User) -> None:
    put(shirt, alice, rows(TWELVE, spec))
    names = [line.design.choices["name"] for line in CartLine.objects.order_by("added_at", "id")]
    assert names[:3] == ["Aylin", "Jonas", "عمر"]
    assert len(names) == 12
    assert Entry.objects.filter(kind="design.frozen").count() == 12


def test_rows_that_are_the_same_share_a_line(shirt: Configuration, alice: User) -> None:
    put(shirt, alice, [Row(1, {"name": "Kim"}, 2), Row(2, {"name": "Kim"})])
    assert CartLine.objects.get().quantity == 3


def test_one_wrong_row_adds_nothing(shirt: Configuration, alice: User) -> None:
    with pytest.raises(RowsRefused, match=r"Line 2: .*3XL"):
        put(shirt, alice, [Row(1, {"name": "Kim"}), Row(2, {"size": "xxxl"})])
    assert (CartLine.objects.count(), Design.objects.count()) == (0, 0)


def test_a_cart_that_is_nearly_full_takes_none_of_them(shirt: Configuration, alice: User) -> None:
    put(shirt, alice, [Row(n, {"name": f"a{n}"}) for n in range(3)])
    with pytest.raises(CartFull):
        put(shirt, alice, [Row(n, {"name": f"b{n}"}) for n in range(48)])
    assert CartLine.objects.count() == 3


# --- the page, without script -----------------------------------------------------------------------------


def test_the_page_checks_a_list_and_adds_it(shirt: Configuration, alice_client: Client) -> None:
    design = reverse("configuration", args=["t-shirt", shirt.pk])
    page = reverse("cart-list", args=[shirt.pk])
    assert page in alice_client.get(design).content.decode()
    typed = {"o-team": "ROVERS", "do": "list"}  # beside the design: what was typed there counts
    assert alice_client.post(page, typed).url == page  # type: ignore[attr-defined]
    shirt.refresh_from_db()
    assert shirt.choices["team"] == "ROVERS"
    answer = alice_client.post(page, {"rows": TWELVE, "column": "name", "do": "check"})
    told = answer.content.decode()
    assert answer.status_code == 200
    assert "All 12 lines can be made" in told
    assert "Add 12 pieces to the cart" in told
    assert CartLine.objects.count() == 0
    assert alice_client.post(page, {"rows": TWELVE, "column": "name", "do": "add"}).url == reverse("cart")  # type: ignore[attr-defined]
    assert "12 × Team T-shirt in your cart" in alice_client.get(reverse("cart")).content.decode()
    assert CartLine.objects.count() == 12


def test_the_page_shows_the_list_again_with_what_is_wrong(shirt: Configuration, alice_client: Client) -> None:
    page = reverse("cart-list", args=[shirt.pk])
    answer = alice_client.post(page, {"rows": "Name,Size\n<Kim>,3XL\nMei,M", "do": "add"})
    told = answer.content.decode()
    assert answer.status_code == 422
    assert "1 of 2 lines cannot be made" in told
    assert "We stock 3XL in black and white only." in told
    assert "&lt;Kim&gt;,3XL" in told
    assert 'value="add"' not in told
    assert CartLine.objects.count() == 0


def test_a_file_is_read_in_place_of_the_text(shirt: Configuration, alice_client: Client) -> None:
    file = SimpleUploadedFile("team.csv", "\ufeffName;Size\r\nZoë;L\r\n".encode("utf-16"))
    answer = alice_client.post(
        reverse("cart-list", args=[shirt.pk]), {"rows": "", "file": file, "do": "check"}
    )
    told = answer.content.decode()
    assert "All 1 line can be made" in told
    assert "Zoë;L" in told


def test_a_file_that_is_no_text_is_refused(shirt: Configuration, alice_client: Client) -> None:
    file = SimpleUploadedFile("team.xlsx", b"PK\x03\x04\x00\x00\x00")
    answer = alice_client.post(reverse("cart-list", args=[shirt.pk]), {"file": file, "do": "check"})
    assert answer.status_code == 422
    assert "not a text file" in answer.content.decode()


def test_a_list_for_somebody_elses_design_is_not_there(shirt: Configuration, client: Client) -> None:
    assert client.get(reverse("cart-list", args=[shirt.pk])).status_code == 404


def test_what_carries_no_text_has_no_list(db: None, alice: User, alice_client: Client) -> None:
    source = (FAMILIES / "shelf.yaml").read_text(encoding="utf-8")
    shelf = publish(source=source, filename="shelf.yaml", actor="system:test", now=NOW).family
    held = start(family=shelf, owner=alice, session_key="", now=NOW)
    page = reverse("cart-list", args=[held.pk])
    assert alice_client.get(page).status_code == 404
    assert page not in alice_client.get(reverse("configuration", args=["shelf", held.pk])).content.decode()


# --- the API ----------------------------------------------------------------------------------------------


def send(client: Client, shirt: Configuration, wanted: list[dict[str, Any]]) -> Any:
    body = {"configuration": shirt.pk, "rows": wanted}
    return client.post("/api/v1/cart/lists/", body, content_type="application/json")


def test_the_api_takes_a_list(shirt: Configuration, alice_client: Client) -> None:
    answer = send(
        alice_client, shirt, [{"choices": {"name": "Kim"}, "quantity": 2}, {"choices": {"name": "Mei"}}]
    )
    assert answer.status_code == 201, answer.content
    assert [line["quantity"] for line in answer.json()["lines"]] == [2, 1]


def test_the_api_names_every_row_that_is_wrong(shirt: Configuration, alice_client: Client) -> None:
    answer = send(
        alice_client, shirt, [{"choices": {"size": "xxxl"}}, {"choices": {}}, {"choices": {"name": 7}}]
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "rows-refused")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/rows/0", "/rows/2"]
    assert CartLine.objects.count() == 0
