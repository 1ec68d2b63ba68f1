"""A date is held while it lies in a cart: nobody else is promised the same place in the workshop.

Holds are taken one at a time (a lock of the database that lasts as long as the transaction), each seeing the
ones before it: of two shoppers who want the last place one gets it, and the other the next date. A hold that
was not renewed expires by itself; what its cart then says is asked anew, and shown beside what was said.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from configurator.models import Design
from configurator.promise import STANDARD, Promise, Sooner
from configurator.quotes import Quote, promise_of, quote
from orders.models import Cart, CartLine, Line, PromiseHold

# The key of the lock under which dates are given away.
_LOCK = 0x70726F6D697365
# An inquiry is kept when it is ordered and what can be done now is later by no more than this: the slack of
# the promise takes it.
DRIFT = timedelta(hours=1)


class NoDate(Exception):
    """Nothing can be promised, so nothing can be held: the message says why."""


class DateGone(Exception):
    """The date that was asked for is not to be had any more."""

    def __init__(self) -> None:
        super().__init__(
            "This date has been taken meanwhile. The dates of today are shown: choose again if you like."
        )


class NoSuchHold(LookupError):
    """There is no such hold (any more): it expired, was ordered, or is somebody else's."""


def take(
    *,
    design: Design,
    quantity: int,
    owner: User | None,
    session_key: str,
    now: datetime,
    option: str = STANDARD,
    cart_line: CartLine | None = None,
    instead_of: PromiseHold | None = None,
) -> PromiseHold:
    """Hold the date of ``option`` (the standard one where it is not offered any more) for a design, in place
    of what its cart line or ``instead_of`` held. Raises ``NoDate``; then nothing is held."""
    with transaction.atomic():
        _one_at_a_time()
        before = PromiseHold.objects.filter(state=PromiseHold.State.HELD)
        if cart_line is not None:
            before.filter(cart_line=cart_line).update(state=PromiseHold.State.RELEASED)
        if instead_of is not None:
            before.filter(pk=instead_of.pk).update(state=PromiseHold.State.RELEASED)
        asked = promise_of(design=design, quantity=quantity, now=now)
        if asked.ready_at is not None:
            return _held(
                asked,
                option,
                design=design,
                quantity=quantity,
                owner=owner,
                session_key="" if owner is not None else session_key,
                cart_line=cart_line,
                created_at=now,
                expires_at=now + _a_while(),
            )
    raise NoDate(asked.refusal or asked.reason)


def refresh(*, cart: Cart, lines: Sequence[CartLine], now: datetime) -> Mapping[int, PromiseHold]:
    """The holds of a cart that somebody looks at, by cart line: renewed, and taken anew where one has expired
    or its line is another now. What came out worse than it was said keeps what was said. Lines that cannot be
    promised have none."""
    newest: dict[int, PromiseHold] = {}
    for hold in PromiseHold.objects.filter(cart_line__in=lines).order_by("pk"):
        newest[hold.cart_line_id] = hold
    found: dict[int, PromiseHold] = {}
    stale: list[tuple[CartLine, PromiseHold | None]] = []
    for line in lines:
        hold = newest.get(line.pk)
        if hold is not None and _holds(hold, line, now):
            found[line.pk] = hold
        else:
            stale.append((line, hold))
    _renew(found.values(), now=now)
    for line, lapsed in stale:
        try:
            hold = take(
                design=line.design,
                quantity=line.quantity,
                owner=cart.owner,
                session_key=cart.session_key,
                now=now,
                option=lapsed.option if lapsed is not None else STANDARD,
                cart_line=line,
            )
        except NoDate:
            continue
        if lapsed is not None and (lapsed.design_id, lapsed.quantity) == (line.design_id, line.quantity):
            _tell_worse(hold, lapsed)
        found[line.pk] = hold
    return found


def give_back(*, hold: PromiseHold) -> None:
    """Let others have it. Raises ``NoSuchHold`` when it is no hold any more."""
    mine = PromiseHold.objects.filter(pk=hold.pk, state=PromiseHold.State.HELD)
    if not mine.update(state=PromiseHold.State.RELEASED):
        raise NoSuchHold("This hold is over: it was ordered or given back.")


def renew(*, hold: PromiseHold, now: datetime) -> PromiseHold:
    """Keep a hold for another while. Raises ``NoSuchHold`` when it has expired."""
    if hold.state != PromiseHold.State.HELD or hold.expires_at <= now:
        raise NoSuchHold("This hold has expired: ask for the date again.")
    _renew([hold], now=now)
    return hold


def quote_of(hold: PromiseHold, *, now: datetime) -> Quote:
    """Price and promise as they are held, with the token that orders them."""
    return quote(
        design=hold.design, quantity=hold.quantity, now=now, promise=promise_held(hold), hold=hold.code
    )


def promise_held(hold: PromiseHold) -> Promise:
    """The promise that is kept, with the dates that were offered beside it."""
    offers = tuple(
        Sooner(each["option"], datetime.fromisoformat(each["ready_at"]), Decimal(each["surcharge"]))
        for each in hold.offers
        if each["option"] != STANDARD
    )
    return Promise(hold.ready_at, sooner=offers, option=hold.option, surcharge=hold.surcharge)


def settle(
    *, quotes: Mapping[str, tuple[Design, Quote]], now: datetime
) -> tuple[dict[str, PromiseHold], dict[str, Quote]]:
    """The holds that make these accepted quotes (by design id) promises of an order, locked until the
    transaction ends; and fresh quotes for those that cannot be kept.

    What was held is kept. What was only inquired, or whose hold has expired, is asked again: it is kept where
    the date can still be had (at most ``DRIFT`` later, its slack takes that) for the same price.
    """
    dated = {design: each for design, each in quotes.items() if each[1].promise.ready_at is not None}
    live = PromiseHold.objects.live(now=now).filter(code__in=[said.hold for _, said in dated.values()])
    if live.count() < len(dated):
        # The lock before the rows, as everybody takes them.
        _one_at_a_time()
    holds = {hold.code: hold for hold in live.select_for_update(of=("self",)).order_by("pk")}
    kept: dict[str, PromiseHold] = {}
    broken: dict[str, Quote] = {}
    for design_id, (design, said) in dated.items():
        hold = holds.get(said.hold)
        same = hold is not None and (hold.design_id, hold.quantity) == (design.pk, said.quantity)
        if hold is not None and same and hold.ready_at == said.promise.ready_at:
            kept[design_id] = hold
    for design_id, (design, said) in dated.items():
        if design_id in kept:
            continue
        fresh = promise_of(design=design, quantity=said.quantity, now=now).chosen(said.promise.option)
        limit = said.promise.ready_at
        assert limit is not None
        if (
            fresh.ready_at is None
            or fresh.ready_at > limit + DRIFT
            or fresh.surcharge > said.promise.surcharge
        ):
            broken[design_id] = quote(
                design=design, quantity=said.quantity, now=now, option=said.promise.option
            )
        else:
            kept[design_id] = PromiseHold(
                design=design,
                quantity=said.quantity,
                option=said.promise.option,
                ready_at=limit,
                surcharge=said.promise.surcharge,
                claim=dict(fresh.claim),
                created_at=now,
                expires_at=now,
            )
    return kept, broken


def write(*, kept: Mapping[str, PromiseHold], lines: Sequence[Line]) -> None:
    """Make the holds the promises of the lines of an order, in the transaction that writes it."""
    changed: list[PromiseHold] = []
    for line in lines:
        hold = kept.get(line.design_id)
        if hold is not None:
            hold.state, hold.line, hold.cart_line = PromiseHold.State.ORDERED, line, None
            changed.append(hold)
    PromiseHold.objects.bulk_update([h for h in changed if h.pk], ["state", "line", "cart_line"])
    PromiseHold.objects.bulk_create([h for h in changed if not h.pk])


def changed_text(said: Quote, fresh: Quote) -> str:
    """What an order is told whose date is gone: the date that was said, and the one of now."""
    before, after = said.promise.ready_at, fresh.promise.ready_at
    if after is None:
        return f"The date is no longer to be had: {fresh.promise.refusal}"
    text = f"The date has to be confirmed again: it was {_day(before)}, it is {_day(after)} now"
    if fresh.price.total != said.price.total:
        text += f", for {fresh.price.total} {fresh.price.currency} in place of {said.price.total}"
    return f"{text}."


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{timezone.localtime(moment):%-d %B, %H:%M}"


def _held(asked: Promise, option: str, **of: object) -> PromiseHold:
    chosen = asked.chosen(option)
    assert asked.ready_at is not None and chosen.ready_at is not None
    offers = [(STANDARD, asked.ready_at, Decimal("0.00"))]
    offers += [(each.code, each.ready_at, each.surcharge) for each in asked.sooner]
    hold: PromiseHold = PromiseHold.objects.create(
        option=chosen.option,
        ready_at=chosen.ready_at,
        surcharge=chosen.surcharge,
        claim=dict(chosen.claim),
        offers=[
            {"option": code, "ready_at": ready_at.isoformat(), "surcharge": str(surcharge)}
            for code, ready_at, surcharge in offers
        ],
        **of,
    )
    return hold


def _holds(hold: PromiseHold, line: CartLine, now: datetime) -> bool:
    return (
        hold.state == PromiseHold.State.HELD
        and hold.expires_at > now
        and (hold.design_id, hold.quantity) == (line.design_id, line.quantity)
    )


def _renew(held: Iterable[PromiseHold], *, now: datetime) -> None:
    """To a while from now, but not for ever; holds of which less than half is over are left alone."""
    later = []
    for hold in held:
        until = min(now + _a_while(), hold.created_at + _most())
        if hold.expires_at - now < _a_while() / 2 and until > hold.expires_at:
            hold.expires_at = until
            later.append(hold)
    if later:
        PromiseHold.objects.bulk_update(later, ["expires_at"])


def _tell_worse(hold: PromiseHold, lapsed: PromiseHold) -> None:
    later = hold.ready_at > lapsed.ready_at
    if later or hold.surcharge > lapsed.surcharge or hold.option != lapsed.option:
        hold.was_ready_at, hold.was_surcharge = lapsed.ready_at, lapsed.surcharge
        hold.save(update_fields=["was_ready_at", "was_surcharge"])


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _a_while() -> timedelta:
    return timedelta(minutes=settings.PROMISE_HOLD_MINUTES)


def _most() -> timedelta:
    return timedelta(minutes=settings.PROMISE_HOLD_MOST_MINUTES)
