"""A plan in the small workshop and its repair, as the jobs do it, in this process."""

from datetime import datetime

from production import drafts, planning
from production.models import Draft, Machine, Operation, Plan
from tests.production.workshop import NOW


def plan_now(now: datetime = NOW) -> Plan:
    plan = planning.store(planning.compute(actor="user:bob", now=now), now=now)
    assert plan is not None
    return plan


def first_laser() -> Machine:
    """The laser that the plan uses first."""
    return Operation.objects.planned().filter(step=10).order_by("start")[0].machine


def drafted(now: datetime = NOW) -> Draft:
    """What the repair job does."""
    asked = drafts.ask(actor="user:finn", now=now)
    assert asked is not None
    draft = drafts.store(drafts.first_repair(asked=asked, actor="user:finn"), now=now)
    assert draft is not None
    return draft


def places() -> dict[tuple[int, int], tuple[str, datetime]]:
    """Where and when each planned step of each run is done."""
    planned = Operation.objects.planned().select_related("run", "machine")
    return {(o.run.number, o.step): (o.machine.code, o.start) for o in planned}
