"""Calendar feeds: made, revoked, found by their address, and what stands in them."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.db import transaction

from ledger.entries import record
from production.icalendar import Event, calendar
from production.models import CalendarFeed, Machine, Operation, Plan, WorkCentre
from production.words import Names

BACK, AHEAD = timedelta(days=7), timedelta(days=90)
MOST = 2000  # events of a feed, those that begin first
LIVE_FEEDS = 200
SEQUENCES = 1000  # of one plan


class TooManyFeeds(Exception):
    """So many calendars are in use that something is wrong: revoke those that nobody reads."""


def create(
    *, name: str, centre: WorkCentre | None, machine: Machine | None, actor: str, now: datetime
) -> CalendarFeed:
    """A new calendar with an address of its own; of a machine, a work centre, or everything (neither).
    Raises ``TooManyFeeds``."""
    with transaction.atomic():
        if CalendarFeed.objects.live().count() >= LIVE_FEEDS:
            raise TooManyFeeds(f"{LIVE_FEEDS} calendars are in use. Revoke those that nobody reads first.")
        feed = CalendarFeed.objects.create(
            name=name, work_centre=centre, machine=machine, created_by=actor, created_at=now
        )
        _record(feed, "calendar.created", actor, now)
    return feed


def revoke(*, feed: CalendarFeed, actor: str, now: datetime) -> CalendarFeed:
    """From now on its address leads nowhere. Revoking twice is revoking once."""
    with transaction.atomic():
        feed = CalendarFeed.objects.select_for_update(of=("self",)).get(pk=feed.pk)
        if feed.revoked_at is None:
            feed.revoked_at = now
            feed.save(update_fields=["revoked_at"])
            _record(feed, "calendar.revoked", actor, now)
    return feed


def _record(feed: CalendarFeed, kind: str, actor: str, now: datetime) -> None:
    data = {"name": feed.name, "work_centre": feed.work_centre_id, "machine": feed.machine_id}
    record(stream=f"calendar:{feed.pk}", kind=kind, actor=actor, data=data, now=now)


def token_of(feed: CalendarFeed) -> str:
    """What its address ends in: who knows it reads the calendar, without logging in."""
    return _signer().sign(feed.pk)


def feed_of(token: str) -> CalendarFeed | None:
    """The feed of a token that was signed here and not revoked."""
    try:
        pk = _signer().unsign(token)
    except BadSignature:
        return None
    return CalendarFeed.objects.live().select_related("machine").filter(pk=pk).first()


def _signer() -> Signer:
    return Signer(salt="production.calendar", sep="~")


def text_of(feed: CalendarFeed, *, names: Names, now: datetime) -> str:
    """The feed as an iCalendar text: no names of shoppers, nothing that a stolen address would betray.
    Two queries."""
    plan = Plan.objects.current().only("number", "version").first()
    # Grows with every plan, and with every change that people make in it.
    sequence = plan.number * SEQUENCES + min(plan.version, SEQUENCES - 1) if plan else 0
    rows = (
        Operation.objects.exclude(state="dropped")
        .filter(end__gt=now - BACK, setup_start__lt=now + AHEAD)
        .exclude(run__state="rejected")
        .select_related("run", "machine")
        .order_by("setup_start", "pk")
    )
    if feed.work_centre_id:
        rows = rows.filter(work_centre=feed.work_centre_id)
    if feed.machine_id:
        rows = rows.filter(machine=feed.machine_id)
    events = (_event(row, names, sequence) for row in rows[:MOST])
    return calendar(events, name=feed.name, stamp=now)


def _event(row: Operation, names: Names, sequence: int) -> Event:
    run = row.run
    setup = names.setup(row.setup_family)
    pieces = f"{row.units} piece{'' if row.units == 1 else 's'}"
    said = [f"{names.run(run.key)}", pieces]
    if row.setup_start < row.start:
        said.append(f"set-up {round((row.start - row.setup_start).total_seconds() / 60)} min, for {setup}")
    if row.load:
        said.append(f"load {row.load}")
    where = f"{row.work_centre_id}/{row.setup_family}"
    return Event(
        uid=f"{run.pk}-{row.step}-{zlib.crc32(where.encode()):08x}@workshop",
        sequence=sequence,
        start=row.setup_start,
        end=row.finished_at if row.finished_at and row.finished_at > row.setup_start else row.end,
        summary=f"R-{run.number} {setup}, {pieces}",
        description="\n".join(said),
        location=row.machine.name,
        categories=(run.state,),
        tentative=run.state == "proposed",
    )
