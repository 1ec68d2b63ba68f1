"""Real input that nobody here wrote: a car model's rules as XCSP tables, and its sales history as CSV.

What is claimed is checked past the engine. A placed row's full choices have to stand in
every table of the file; the rules that refuse a row have to contradict it together,
which a plain join of their few tables shows.
"""

import csv
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from configurator.catalogue import kernel_of, publish
from configurator.models import Family, Version
from orders.channels.csv_file import import_orders
from orders.models import ImportReport
from tests.conftest import SHARED_DATA
from tests.shops import ALICE, NOW

MODEL = SHARED_DATA / "renault" / "medium_contraintes.xml"
SALES = SHARED_DATA / "renault" / "medium_brut.csv"
WANTED = 200

pytestmark = [
    pytest.mark.skipif(not SALES.exists(), reason="the Renault data is not beside this checkout"),
    pytest.mark.django_db,
]


@dataclass(frozen=True)
class Table:
    variables: tuple[str, ...]
    tuples: frozenset[tuple[str, ...]]
    supports: bool

    def allows(self, values: dict[str, str]) -> bool:
        return (tuple(values[name] for name in self.variables) in self.tuples) is self.supports


def tables(path: Path) -> dict[str, Table]:
    """The constraints of the file by name, read without the engine."""
    root = ElementTree.parse(path).getroot()
    relations = {
        relation.get("name"): (
            frozenset(tuple(row.split()) for row in (relation.text or "").strip().split("|")),
            relation.get("semantics") == "supports",
        )
        for relation in root.iter("relation")
    }
    found = {}
    for constraint in root.iter("constraint"):
        rows, supports = relations[constraint.get("reference")]
        name = str(constraint.get("name"))
        found[name] = Table(tuple(str(constraint.get("scope")).split()), rows, supports)
    return found


def domains(path: Path) -> dict[str, list[str]]:
    root = ElementTree.parse(path).getroot()
    values = {domain.get("name"): (domain.text or "").split() for domain in root.iter("domain")}
    return {str(variable.get("name")): values[variable.get("domain")] for variable in root.iter("variable")}


def contradict(row: dict[str, str], rules: Iterable[Table], values: dict[str, list[str]]) -> bool:
    """Whether no assignment of the rules' other variables lets the row stand: a join, table by table."""
    partial: list[dict[str, str]] = [dict(row)]
    for rule in rules:
        partial = [longer for given in partial for longer in extended(given, rule, values)]
        if not partial:
            return True
    return False


def extended(given: dict[str, str], rule: Table, values: dict[str, list[str]]) -> Iterator[dict[str, str]]:
    open_ = [name for name in rule.variables if name not in given]
    for chosen in itertools.product(*(values[name] for name in open_)):
        longer = given | dict(zip(open_, chosen, strict=True))
        if rule.allows(longer):
            yield longer


@pytest.fixture
def car(db: None) -> Family:
    source = MODEL.read_text(encoding="utf-8")
    return publish(
        source=source,
        filename=MODEL.name,
        code="renault-medium",
        name="Renault",
        actor="system:test",
        now=NOW,
    ).family


def sorted_sales(version: Version) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The first rows of the sales file that the rules allow, and the first that they do not. Rows with
    values that the model does not have (it is of another year) are left out."""
    kernel, values = kernel_of(version), domains(MODEL)
    good: list[dict[str, str]] = []
    bad: list[dict[str, str]] = []
    with SALES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            choices = {name: value for name, value in row.items() if name != "nombre"}
            if any(value not in values[name] for name, value in choices.items()):
                continue
            (good if kernel.answer(choices).consistent else bad).append(row)
            if min(len(good), len(bad)) >= WANTED:
                break
    return good[:WANTED], bad[:WANTED]


def taken_in(car: Family, rows: list[dict[str, str]]) -> ImportReport:
    text = "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)])
    return import_orders(
        text=text, family=car, actor="system:test", now=NOW, customer=ALICE, filename="sales.csv"
    )


def test_the_car_model_opens_as_a_family_without_a_routing(car: Family) -> None:
    assert car.current is not None
    assert car.current.options.count() == 148
    assert car.current.rules.count() == 174
    assert not car.current.surfaces.exists()


def test_two_hundred_consistent_sales_become_orders(car: Family) -> None:
    assert car.current is not None
    good, _ = sorted_sales(car.current)
    report = taken_in(car, good)
    placed = list(report.rows.select_related("order").prefetch_related("order__lines"))
    assert len(placed) == WANTED
    rules = tables(MODEL)
    for sale, row in zip(good, placed, strict=True):
        assert row.order is not None, row.problems
        (line,) = row.order.lines.all()
        assert line.quantity == int(sale["nombre"])
        assert all(line.choices[name] == value for name, value in sale.items() if name != "nombre")
        assert all(rule.allows(line.choices) for rule in rules.values())
        assert (line.promised_at, line.work["routing"], line.total) == (None, [], 0)
        assert line.promise_reason.startswith("No routing")


def test_values_that_the_model_does_not_have_are_refused(car: Family) -> None:
    report = taken_in(car, [{"nombre": "1", "v118": "61", "v1": "9"}])
    assert [(problem["code"], problem["where"]) for problem in report.refused[0].problems] == [
        ("choice", "v118"),
        ("choice", "v1"),
    ]


def test_two_hundred_inconsistent_sales_are_refused_with_the_rules_they_break(car: Family) -> None:
    assert car.current is not None
    _, bad = sorted_sales(car.current)
    report = taken_in(car, bad)
    assert (len(report.refused), report.placed) == (WANTED, [])
    rules, values = tables(MODEL), domains(MODEL)
    for sale, row in zip(bad, report.rows.all(), strict=True):
        named = [problem["where"] for problem in row.problems]
        assert named
        assert {problem["code"] for problem in row.problems} == {"rule"}
        choices = {name: value for name, value in sale.items() if name != "nombre"}
        assert contradict(choices, (rules[name] for name in named), values)
