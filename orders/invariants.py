"""What must always be true of orders; ``manage.py verify`` asks."""

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from configurator.catalogue import kernel_of
from ledger.invariants import invariant
from ledger.models import Entry
from orders.engine.lifecycle import LineState, OrderState, order_state
from orders.models import Counter, Line, Order, Payment


@invariant("orders: the total is the sum of the living lines")
def totals() -> Iterator[str]:
    living = Sum("lines__total", filter=~Q(lines__state=LineState.CANCELLED), default=Decimal(0))
    rows = Order.objects.exclude(state=OrderState.CANCELLED).annotate(sum=living)
    wrong = rows.exclude(sum=F("total"))
    for order in wrong.order_by("pk"):
        yield f"{order.number}: total {order.total}, lines {order.sum}"


@invariant("orders: payments cover the total")
def payments() -> Iterator[str]:
    counted = Sum("payments__amount", filter=~Q(payments__state=Payment.State.VOID), default=Decimal(0))
    living = Order.objects.exclude(state=OrderState.CANCELLED).annotate(covered=counted)
    for order in living.exclude(covered=F("total")).order_by("pk"):
        yield f"{order.number}: total {order.total}, payments and invoices {order.covered}"


@invariant("orders: the state follows from the lines")
def states() -> Iterator[str]:
    for order in Order.objects.prefetch_related("lines").order_by("pk").iterator(chunk_size=500):
        follows = order_state(LineState(line.state) for line in order.lines.all()).value
        if follows != order.state:
            yield f"{order.number} is {order.state}, its lines make it {follows}"


@invariant("orders: every line is valid under its own version")
def lines_are_valid() -> Iterator[str]:
    rows = Line.objects.select_related("design__version").defer("design__version__source")
    for line in rows.order_by("pk").iterator(chunk_size=500):
        version = line.design.version
        if (version.family_id, version.number) != (line.family_code, line.version_number):
            yield f"line {line.id} names another version than its design"
        if line.choices != line.design.choices:
            yield f"line {line.id} has other choices than its design"
        for broken in kernel_of(version, timezone.localdate(line.design.created_at)).violations(line.choices):
            yield f"line {line.id} breaks {broken.rule} of its version"


@invariant("orders: numbers have no gaps")
def numbers() -> Iterator[str]:
    """Orders are series A, invoices series R (``orders.numbering``)."""
    for counter in Counter.objects.order_by("name"):
        used = Order.objects.filter(number__startswith=f"{counter.name}-").count()
        used += Payment.objects.filter(reference__startswith=f"{counter.name}-").count()
        if used != counter.last:
            yield f"series {counter.name}: {counter.last} numbers given, {used} found"


@invariant("orders: every order is in the ledger")
def entries() -> Iterator[str]:
    told = Entry.objects.filter(kind="order.placed").values("stream").annotate(times=Count("pk"))
    times = {row["stream"]: row["times"] for row in told}
    for order_id, number in (
        Order.objects.order_by("pk").values_list("pk", "number").iterator(chunk_size=2000)
    ):
        if times.get(f"order:{order_id}", 0) != 1:
            yield f"{number} was recorded {times.get(f'order:{order_id}', 0)} times"
