"""What the constraints on operations look at: when an operator attends, and who stands for a load.

Note on loads. Operations of several runs with the same ``load`` are in one batch machine together. The
machine does one thing at a time, so one of them occupies it for all of them; when that one goes (its run is
taken apart), another takes its place.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from django.db.models import Count, Q

from production.engine.calendars import joined
from production.engine.shop import Shop
from production.models import Operation, Operator
from production.shopfacts import seconds

# A person's seconds are counted from here, so that one column tells who and when (see ``Operation``).
_PERSON = 2**34


class Timed(Protocol):
    """Work on a machine that somebody may attend."""

    @property
    def work_centre(self) -> str: ...
    @property
    def machine(self) -> str: ...
    @property
    def setup_start(self) -> int: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def operator(self) -> str: ...


def attended(work: Timed, shop: Shop, operators: Mapping[str, int]) -> tuple[tuple[int, int], ...] | None:
    """When the operator has to be there, as ``Operation.attended`` has it; None where nobody has to.

    While the machine has a break, they are free.
    """
    if not work.operator:
        return None
    return attended_times(
        operator=operators[work.operator],
        work_centre=work.work_centre,
        machine=work.machine,
        times=(work.setup_start, work.start, work.end),
        shop=shop,
    )


def attended_times(
    *, operator: int, work_centre: str, machine: str, times: tuple[int, int, int], shop: Shop
) -> tuple[tuple[int, int], ...] | None:
    """``attended`` of the key of an operator and of (beginning of set-up, beginning, end)."""
    when = shop.centre[work_centre].attended
    if not when:
        return None
    since, until = times[0], times[1] if when == "setup" else times[2]
    windows = shop.windows.get(machine, ())
    inside = joined((max(start, since), min(end, until)) for start, end in windows)
    base = operator * _PERSON
    return tuple((base + start, base + end) for start, end in inside)


def attended_row(row: Operation, shop: Shop) -> tuple[tuple[int, int], ...] | None:
    """``attended`` of a row with its machine at hand, by the times that it has."""
    if row.operator_id is None:
        return None
    return attended_times(
        operator=row.operator_id,
        work_centre=row.work_centre_id,
        machine=row.machine.code,
        times=_times(row.setup_start, row.start, row.end),
        shop=shop,
    )


def _times(setup_start: datetime, start: datetime, end: datetime) -> tuple[int, int, int]:
    return seconds(setup_start), seconds(start), seconds(end)


def guard_once(rows: Iterable[Operation]) -> None:
    """Released work that had to move may be in its own way: whose turn it is, staff decide, and the
    certificate lets it. So of what would have one person at two machines at once, the later is not guarded:
    its ``attended`` is None."""
    taken: list[tuple[int, int]] = []
    for row in sorted(rows, key=lambda row: (row.setup_start, row.pk)):
        if not row.occupies or row.attended is None:
            continue  # who is in a load with others is guarded by the one that stands for it
        if any(start < b and a < end for start, end in row.attended for a, b in taken):
            row.attended = None
        else:
            taken += row.attended


def operator_keys() -> dict[str, int]:
    """Operators' keys by their codes."""
    return dict(Operator.objects.values_list("code", "pk"))


def stand_for_loads() -> None:
    """Give every load without an operation that occupies its machine another one. In the caller's
    transaction."""
    left = (
        Operation.objects.live()
        .exclude(load="")
        .order_by()
        .values("load")
        .annotate(standing=Count("pk", filter=Q(occupies=True)))
        .filter(standing=0)
        .values_list("load", flat=True)
    )
    for load in left:
        next_one = Operation.objects.live().filter(load=load).order_by("state", "pk").first()
        if next_one is not None:
            Operation.objects.filter(pk=next_one.pk).update(occupies=True)
