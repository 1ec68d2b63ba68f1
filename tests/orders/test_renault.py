"""Real input that nobody here wrote: a car model's rules as XCSP tables, and its sales history as CSV.

What is claimed is checked past the engine. Which rows are consistent is told by a plain
encoding of the file; a placed row's full choices have to stand in every table of it; the
rules that refuse a row have to contradict it together, as a join of their tables shows.
"""

import csv
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pysat.solvers import Solver

from configurator.catalogue import publish
from configurator.models import Family
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
    """Whether no assignment of the rules' other variables lets the row stand: their tables, cut down to the
    row and joined one by one, the smallest first."""
    relations = sorted((cut(rule, row, values) for rule in rules), key=lambda relation: len(relation[1]))
    scope: tuple[str, ...] = ()
    joined: set[tuple[str, ...]] = {()}
    for other_scope, tuples in relations:
        scope, joined = join(scope, joined, other_scope, tuples)
        if not joined:
            return True
    return False


def cut(
    rule: Table, row: dict[str, str], values: dict[str, list[str]]
) -> tuple[tuple[str, ...], set[tuple[str, ...]]]:
    """The variables of a rule that the row leaves open, and what the rule allows them."""
    open_ = tuple(name for name in rule.variables if name not in row)
    if rule.supports:
        fitting = [dict(zip(rule.variables, tuple_, strict=True)) for tuple_ in rule.tuples]
        fitting = [
            found for found in fitting if all(row.get(name, value) == value for name, value in found.items())
        ]
        return open_, {tuple(found[name] for name in open_) for found in fitting}
    every = itertools.product(*(values[name] for name in open_))
    return open_, {chosen for chosen in every if rule.allows(row | dict(zip(open_, chosen, strict=True)))}


def join(
    scope: tuple[str, ...], tuples: set[tuple[str, ...]], other: tuple[str, ...], others: set[tuple[str, ...]]
) -> tuple[tuple[str, ...], set[tuple[str, ...]]]:
    shared = [name for name in other if name in scope]
    new = [name for name in other if name not in scope]
    by_key: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for tuple_ in others:
        found = dict(zip(other, tuple_, strict=True))
        by_key.setdefault(tuple(found[name] for name in shared), []).append(
            tuple(found[name] for name in new)
        )
    places = [scope.index(name) for name in shared]
    joined = {
        (*tuple_, *more)
        for tuple_ in tuples
        for more in by_key.get(tuple(tuple_[place] for place in places), [])
    }
    return (*scope, *new), joined


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


@cache
def sorted_sales() -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The first rows of the sales file that the rules allow, and the first that they do not. Rows with
    values that the model does not have (it is of another year) are left out."""
    values = domains(MODEL)
    literals = {pair: number for number, pair in enumerate(_pairs(values), start=1)}
    good: list[dict[str, str]] = []
    bad: list[dict[str, str]] = []
    with (
        Solver(name="glucose4", bootstrap_with=clauses(values, literals)) as solver,
        SALES.open(encoding="utf-8", newline="") as file,
    ):
        for row in csv.DictReader(file):
            pairs = [(name, value) for name, value in row.items() if name != "nombre"]
            if any(pair not in literals for pair in pairs):
                continue
            allowed = solver.solve(assumptions=[literals[pair] for pair in pairs])
            (good if allowed else bad).append(row)
            if min(len(good), len(bad)) >= WANTED:
                break
    return good[:WANTED], bad[:WANTED]


def _pairs(values: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, domain in values.items() for value in domain)


def clauses(values: dict[str, list[str]], literals: dict[tuple[str, str], int]) -> Iterator[list[int]]:
    """The model in the plainest encoding there is, to judge the engine by another way of thinking."""
    for name, domain in values.items():
        yield [literals[name, value] for value in domain]
        yield from (
            [-literals[name, one], -literals[name, two]] for one, two in itertools.combinations(domain, 2)
        )
    free = itertools.count(len(literals) + 1)
    for table in tables(MODEL).values():
        if not table.supports:
            yield from (
                [-literals[pair] for pair in zip(table.variables, row, strict=True)] for row in table.tuples
            )
            continue
        chosen = {row: next(free) for row in table.tuples}
        yield list(chosen.values())
        for row, selector in chosen.items():
            yield from ([-selector, literals[pair]] for pair in zip(table.variables, row, strict=True))


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
    good, _ = sorted_sales()
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
    _, bad = sorted_sales()
    report = taken_in(car, bad)
    assert (len(report.refused), report.placed) == (WANTED, [])
    rules, values = tables(MODEL), domains(MODEL)
    for sale, row in zip(bad, report.rows.all(), strict=True):
        named = [problem["where"] for problem in row.problems]
        assert named
        assert {problem["code"] for problem in row.problems} == {"rule"}
        choices = {name: value for name, value in sale.items() if name != "nombre"}
        assert contradict(choices, (rules[name] for name in named), values)
