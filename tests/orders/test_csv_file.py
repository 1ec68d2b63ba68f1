"""Orders from a file: what is read, what is refused as a whole, what is refused row by row."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from configurator.catalogue import suspend
from configurator.designs import NotOnSale
from configurator.models import Family
from orders.channels.csv_file import ImportRefused, import_orders, report_csv, safe_cell
from orders.models import ImportReport, Order
from tests.shops import ALICE, NOW

HEADING = "material,pin,length,text,quantity"


def taken_in(badge: Family, text: str | bytes) -> ImportReport:
    return import_orders(text=text, family=badge, actor="system:test", now=NOW, customer=ALICE)


def problems(badge: Family, row: str, heading: str = HEADING) -> list[tuple[str, str]]:
    report = taken_in(badge, f"{heading}\n{row}\n")
    assert not Order.objects.exists()
    (said,) = report.rows.all()
    assert said.row == 2
    return [(problem["code"], problem["where"]) for problem in said.problems]


def test_each_row_becomes_an_order(badge: Family) -> None:
    report = taken_in(badge, f"{HEADING}\nacrylic,magnet,80,Müller,3\nsteel,needle,60,Ärzte,1\n")
    assert (len(report.placed), report.refused) == (2, [])
    first, second = (row.order for row in report.rows.select_related("order"))
    assert first is not None
    assert second is not None
    line = first.lines.get()
    assert (line.quantity, line.choices["text"], first.channel) == (3, "Müller", "csv")
    assert second.lines.get().choices["material"] == "steel"


def test_what_a_row_leaves_open_is_completed(badge: Family) -> None:
    report = taken_in(badge, "text,length\nMüller,110\n")
    line = report.placed[0].order.lines.get()  # type: ignore[union-attr]
    assert line.choices["length"] == 110
    assert line.choices["pin"] != "magnet"
    assert line.quantity == 1


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(badge: Family, delimiter: str) -> None:
    text = f"{HEADING}\nacrylic,magnet,80,Müller,3\n".replace(",", delimiter)
    assert len(taken_in(badge, text).placed) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encodings_of_spreadsheets_are_read(badge: Family, encoding: str) -> None:
    report = taken_in(badge, f"{HEADING}\r\nacrylic,magnet,80,Müller,3\r\n".encode(encoding))
    assert report.placed[0].order.lines.get().choices["text"] == "Müller"  # type: ignore[union-attr]


def test_cells_in_quotation_marks_may_hold_the_delimiter(badge: Family) -> None:
    report = taken_in(badge, f'{HEADING}\nacrylic,magnet,80,"Meier, Anna",3\n')
    assert report.placed[0].order.lines.get().choices["text"] == "Meier, Anna"  # type: ignore[union-attr]


def test_a_formula_is_only_text(badge: Family) -> None:
    report = taken_in(badge, f"{HEADING}\nacrylic,magnet,80,=1+1,3\nacrylic,magnet,80,'=2+2,3\n")
    texts = [row.order.lines.get().choices["text"] for row in report.placed]  # type: ignore[union-attr]
    assert texts == ["=1+1", "=2+2"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_that_we_write_never_computes(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


def test_the_customer_of_a_row_is_taken(badge: Family) -> None:
    report = taken_in(badge, f"{HEADING},name,email,city\nacrylic,magnet,80,A,1,Bo Li,bo@example.org,Delft\n")
    customer = report.placed[0].order.customer  # type: ignore[union-attr]
    assert (customer.name, customer.email, customer.city) == ("Bo Li", "bo@example.org", "Delft")


def test_the_columns_of_the_sender_are_left_alone(badge: Family) -> None:
    assert len(taken_in(badge, f"row_id,{HEADING},row note\n17,acrylic,magnet,80,A,1,hurry\n").placed) == 1


def test_the_same_file_again_gives_the_same_orders(badge: Family) -> None:
    text = f"{HEADING}\nacrylic,magnet,80,Müller,3\nacrylic,magnet,80,Müller,3\n"
    first, second = taken_in(badge, text), taken_in(badge, text)
    assert [row.order_id for row in first.placed] == [row.order_id for row in second.placed]
    assert Order.objects.count() == 2


def test_a_refused_row_does_not_hold_up_the_others(badge: Family) -> None:
    report = taken_in(badge, f"{HEADING}\nsteel,magnet,100,A,1\nacrylic,magnet,80,B,1\n")
    assert [row.row for row in report.refused] == [2]
    assert [row.row for row in report.placed] == [3]


def test_a_row_that_breaks_a_rule_is_refused_with_the_rule(badge: Family) -> None:
    assert problems(badge, "steel,needle,100,A,1") == [("rule", "STEEL")]


def test_a_row_that_breaks_two_rules_is_refused_with_both(badge: Family) -> None:
    assert set(problems(badge, "steel,clip,100,A,1")) == {("rule", "STEEL"), ("rule", "CLIP")}


def test_unknown_values_are_refused_all_at_once(badge: Family) -> None:
    said = problems(badge, f"wood,glue,85,{'x' * 30},1")
    assert {where for _, where in said} == {"material", "pin", "length", "text"}


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "many", "1000000", "٣"])
def test_a_quantity_that_is_none_is_refused(badge: Family, quantity: str) -> None:
    assert problems(badge, f"acrylic,magnet,80,A,{quantity}") == [("quantity", "quantity")]


def test_more_pieces_than_can_be_ordered_are_refused(badge: Family) -> None:
    assert [code for code, _ in problems(badge, "acrylic,magnet,80,A,10001")] == ["quantity"]


def test_a_missing_text_is_refused(badge: Family) -> None:
    assert problems(badge, "acrylic,magnet,80,,1") == [("missing", "text")]


def test_a_row_with_too_many_cells_is_refused(badge: Family) -> None:
    assert problems(badge, "acrylic,magnet,80,A,1,extra") == [("row-width", "")]


def test_a_letter_that_no_font_has_is_refused(badge: Family) -> None:
    assert len(problems(badge, "acrylic,magnet,80,\U00012000,1")) == 1


def test_an_address_that_is_none_is_refused(badge: Family) -> None:
    assert problems(badge, "acrylic,magnet,80,A,1,nobody", f"{HEADING},email") == [("customer", "email")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("  \n \n", "empty"),
        ("material,colour\nacrylic,red\n", "mean nothing here: colour"),
        ("material,\nacrylic,red\n", r"mean nothing here: \(empty\)"),
        ("material,material\nacrylic,steel\n", "there twice: material"),
        ("quantity\n3\n", "No column is an option"),
        ('material,text\nacrylic,"open\n', "cannot be read"),
        ("material\0\n", "NUL"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_as_a_whole(
    badge: Family, text: str | bytes, reason: str
) -> None:
    with pytest.raises(ImportRefused, match=reason):
        taken_in(badge, text)
    assert not ImportReport.objects.exists()


def test_a_file_for_a_suspended_family_is_refused(badge: Family) -> None:
    suspend(family=badge, actor="user:bob", now=NOW)
    with pytest.raises(NotOnSale):
        taken_in(badge, f"{HEADING}\nacrylic,magnet,80,A,1\n")


def test_the_report_can_be_saved_as_a_file(badge: Family) -> None:
    report = taken_in(badge, f"{HEADING}\nacrylic,magnet,80,A,1\nsteel,needle,100,A,1\n")
    lines = report_csv(report).splitlines()
    assert lines[0] == "row,order,problems"
    assert lines[1] == "2,A-2026-000001,"
    assert lines[2].startswith("3,,[rule] STEEL ")


def test_the_command_takes_a_file_in(
    badge: Family, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADING}\nacrylic,magnet,80,A,1\nsteel,needle,100,A,1\n", encoding="utf-8")
    call_command("import_orders", str(file), family="badge", name="Alice", email="alice@example.org")
    said = capsys.readouterr().out
    assert "1 of 2 rows became orders, 1 were refused." in said
    assert "row 3: [rule] STEEL" in said


def test_the_command_names_the_families_there_are(badge: Family, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="published are: badge"):
        call_command("import_orders", str(tmp_path / "x.csv"), family="bagde")
