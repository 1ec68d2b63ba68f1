"""What the demo job did, in lines that a newcomer understands."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orders.models import Line
from production.models import Plan, ProductionFile
from server.demo.job import Made
from server.demo.people import Login
from server.demo.shoppers import Shopping

MOST_REASONS = 6


@dataclass(frozen=True)
class Report:
    """Everything the report says. ``seconds`` is by step, in order."""

    shopping: Shopping
    made: Made
    seconds: Mapping[str, float]
    files: Path


def lines(report: Report) -> Iterator[str]:
    """The report, line by line."""
    yield from _orders(report.shopping)
    yield ""
    yield from _plan(report.made.plan)
    yield from _released(report)
    yield ""
    steps = ", ".join(f"{name} {seconds:.1f}" for name, seconds in report.seconds.items())
    yield f"Seconds    {sum(report.seconds.values()):.1f} in all: {steps}"


def _orders(shopping: Shopping) -> Iterator[str]:
    placed = [order.pk for order in shopping.placed]
    placed_lines = list(Line.objects.filter(order__in=placed).values_list("family_name", "quantity"))
    pieces = sum(quantity for _, quantity in placed_lines)
    yield (
        f"Orders     {shopping.asked} asked for: {shopping.valid} valid at once, "
        f"{shopping.repaired} after a repair, {shopping.refused} refused"
    )
    yield (
        f"           {len(placed_lines)} lines, {pieces} pieces, EUR {shopping.total:,.2f}; "
        f"{shopping.clicks} clicks, {shopping.refused_clicks} of them refused with a reason"
    )
    for reason, count in shopping.reasons.most_common(MOST_REASONS):
        yield f"           {count} x refused: {reason}"
    if len(shopping.reasons) > MOST_REASONS:
        yield f"           and {len(shopping.reasons) - MOST_REASONS} other reasons"


def _plan(plan: Plan) -> Iterator[str]:
    kpis: dict[str, Any] = plan.kpis
    units = int(kpis["units"])
    on_time = 100 * (units - int(kpis["tardy_units"])) / units if units else 100.0
    yield (
        f"Plan {plan.number:<5} {kpis['runs']} runs for {units} pieces, {kpis['setups']} set-ups "
        f"({int(kpis['setup_seconds']) // 60} min), checked by the independent certificate"
    )
    use = int(kpis["sheet_use_permille"]) / 10
    yield f"           {kpis['sheets']} sheets, {use:.1f} % of their area used; {on_time:.1f} % on time"
    reasons = Counter(str(each["text"]) for each in plan.unplanned)
    for reason, count in reasons.most_common(MOST_REASONS):
        yield f"           {count} x not planned: {reason}"


def _released(report: Report) -> Iterator[str]:
    runs = report.made.released
    files = ProductionFile.objects.filter(run__in=[run.pk for run in runs]).count()
    yield f"Released   {len(runs)} runs, those due first, with {files} tickets and production files"
    yield f"           in {report.files}"
    for reason in report.made.kept_back:
        yield f"           not released: {reason}"


def logins(people: tuple[Login, ...], file: Path) -> Iterator[str]:
    """Who can sign in."""
    for login in people:
        yield f"{login.person.username:<8} {login.password:<16} {login.person.does}"
    yield f"(kept in {file})"
