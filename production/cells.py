"""A large proposal as jobs that workers do side by side, and one that joins what they found.

Note on the protocol. The job that was asked for a proposal reads the facts, deals them to cells
(``engine.cells``) and writes a row for each with its problem, and a job for each row, all in one
transaction. Then it puts itself back: no worker waits for another. A cell's job writes its answer into
its row; the one that finds all rows answered calls the first job, which joins, certifies and
stores. A worker killed anywhere leaves rows as they were, and its job is done again; an answer
that is there already is kept. What cannot be joined (a cell was set aside, or the certificate refuses the
whole) is planned as one problem.
"""

import json
import logging
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, Sum

from ledger.handlers import Claim, Effect, NotNow
from ledger.jobs import call_now
from ledger.models import Job
from ledger.requesting import request
from production.engine.cells import join, split
from production.engine.certificate import certify
from production.engine.codec import decode_problem, decode_proposal, encode_problem, encode_proposal
from production.engine.planning import propose
from production.engine.scheduling.bounds import lower_bound
from production.facts import Facts
from production.models import CellPart, CellRound
from production.planning import Computed, Report, enough_tried, solve, take_facts
from production.wishes import QUEUE

JOB_KIND = "planning.cell"
# The last cell calls the joining job; it looks by itself in case that call was lost.
LOOK_AGAIN = timedelta(seconds=20)

log = logging.getLogger(__name__)


def compute(claim: Claim, *, now: datetime, report: Report) -> Computed:
    """The proposal that the job asks for. Raises ``NotNow`` while cells compute, and ``NotCertified``."""
    actor, seed = claim.payload["actor"], claim.payload.get("seed", 0)
    round_ = CellRound.objects.filter(pk=claim.job_id).first()
    if round_ is not None:
        return _joined(round_, actor=actor, seed=seed, report=report, stop=claim.stop_asked)
    facts = take_facts(actor=actor, now=now)
    report({"step": "dealing", "units": len(facts.problem.units)})
    parts = split(facts.problem, most=settings.PLANNING_CELLS, least_units=settings.PLANNING_CELL_PIECES)
    if len(parts) == 1:
        return solve(facts, actor=actor, now=now, seed=seed, report=report, stop=claim.stop_asked)
    # Packed before the transaction: it holds the job's row, to which the heartbeat wants to write.
    packed, problems = _packed_facts(facts, now), [_packed(encode_problem(part)) for part in parts]
    with transaction.atomic():
        claim.report({"step": "planning", "units": len(facts.problem.units), "cells": len(parts)})
        CellRound.objects.filter(job__state__in=[Job.State.DONE, Job.State.DEAD]).delete()
        round_ = CellRound.objects.create(job_id=claim.job_id, facts=packed, created_at=now)
        rows = CellPart.objects.bulk_create(
            CellPart(round=round_, number=number, units=len(part.units), problem=problem)
            for number, (part, problem) in enumerate(zip(parts, problems, strict=True))
        )
        for row in rows:
            _ask(row, now)
        # Facts that change from now on are not in it: whoever wishes for a plan gets a job of their own.
        Job.objects.filter(pk=claim.job_id).update(payload=claim.payload | {"cells": len(parts)})
    raise NotNow(LOOK_AGAIN, f"{len(parts)} cells are being planned.", progress=_progress(round_))


def _ask(row: CellPart, now: datetime) -> None:
    key = f"{JOB_KIND}:{row.round_id}:{row.number}"
    request(kind=JOB_KIND, payload={"part": row.pk}, key=key, now=now, queue=QUEUE)


def _joined(
    round_: CellRound, *, actor: str, seed: int, report: Report, stop: Callable[[], bool]
) -> Computed:
    answered = list(round_.parts.order_by("number").values_list("proposal", "reason"))
    waiting = sum(proposal is None and not reason for proposal, reason in answered)
    if waiting:
        why = f"{waiting} of {len(answered)} cells are still being planned."
        raise NotNow(LOOK_AGAIN, why, progress=_progress(round_))
    facts, now = _read_facts(round_.facts)
    report({"step": "joining", "units": len(facts.problem.units), "cells": len(answered)})
    answers = [decode_proposal(_unpacked(packed)) for packed, _ in answered if packed is not None]
    if len(answers) == len(answered):
        planned = {unit for answer in answers for run in answer.runs for unit in run.units}
        proposal = join(facts.problem, answers, bound=lower_bound(facts.problem, planned))
        report({"step": "checking", "units": len(facts.problem.units), "runs": len(proposal.runs)})
        certificate = certify(facts.problem, proposal)
        if certificate.ok:
            return Computed(facts, proposal, certificate, actor, seed, now)
        log.error("cells do not fit together, planned as one: %s", certificate.breaches[:3])
    return solve(facts, actor=actor, now=now, seed=seed, report=report, stop=stop)


def close(job_id: int) -> None:
    """Forget the cells of a job whose proposal was stored. Inside the transaction that ends the job."""
    CellRound.objects.filter(pk=job_id).delete()


# --- a cell -----------------------------------------------------------------------------------------------


def plan_part(claim: Claim) -> Effect | None:
    """The proposal of one cell; the effect keeps it and, after the last one, calls the job that joins."""
    row = CellPart.objects.filter(pk=claim.payload["part"], proposal=None).select_related("round").first()
    if row is None:
        return None  # answered already, or nobody waits for it any more
    problem = decode_problem(_unpacked(row.problem))
    claim.report({"step": "planning", "units": len(problem.units), "of": settings.PLANNING_TRIES})
    enough = enough_tried(pieces=row.round.parts.aggregate(all=Sum("units"))["all"])
    joining = Job.objects.filter(pk=row.round_id, stop_asked=True)
    seen = {"tried": 0, "stop": False}

    def ended(tried: int) -> bool:
        # Whoever ends the search ends it in all cells; asked now and then, not at every step.
        if tried - seen["tried"] >= 5:
            seen.update(tried=tried, stop=joining.exists())
        return enough(tried) or bool(seen["stop"]) or claim.is_lost()

    seed = Job.objects.get(pk=row.round_id).payload.get("seed", 0)
    proposal = propose(problem, seed=seed + row.number, stop=ended)
    return partial(_keep, row.pk, _packed(encode_proposal(proposal)))


def _keep(part_id: int, packed: bytes) -> None:
    CellPart.objects.filter(pk=part_id, proposal=None).update(proposal=packed)
    _call_when_all_answered(part_id)


def give_up(job: Job, error: str) -> None:
    """A cell that was set aside has no answer: the job that joins plans the whole as one."""
    said = error.strip().rsplit("\n", 1)[-1][:300] or "nothing was said"
    CellPart.objects.filter(pk=job.payload["part"], proposal=None).update(reason=said)
    _call_when_all_answered(job.payload["part"])


def _call_when_all_answered(part_id: int) -> None:
    """Two that end at once come one after the other: the second sees both answers."""
    round_ = CellRound.objects.select_for_update().filter(parts=part_id).first()
    if round_ is None:
        return
    progress = _progress(round_)
    Job.objects.filter(pk=round_.pk, state=Job.State.QUEUED).update(progress=progress)
    if progress["done"] == progress["cells"]:
        call_now(job=Job.objects.get(pk=round_.pk))


def _progress(round_: CellRound) -> dict[str, Any]:
    """How far the cells are, as pages show it."""
    told = round_.parts.aggregate(
        units=Sum("units"), cells=Count("pk"), done=Count("pk", filter=~Q(proposal=None, reason=""))
    )
    return {"step": "cells", **told}


# --- facts and answers as bytes ---------------------------------------------------------------------------


def _packed(data: Any) -> bytes:
    return zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 1)


def _unpacked(packed: bytes | memoryview) -> Any:
    return json.loads(zlib.decompress(packed))


def _packed_facts(facts: Facts, now: datetime) -> bytes:
    return _packed(
        {
            "problem": encode_problem(facts.problem),
            "pieces": dict(facts.pieces),
            "base": facts.base,
            "now": now.isoformat(),
        }
    )


def _read_facts(packed: bytes | memoryview) -> tuple[Facts, datetime]:
    data = _unpacked(packed)
    facts = Facts(problem=decode_problem(data["problem"]), pieces=data["pieces"], base=data["base"])
    return facts, datetime.fromisoformat(data["now"])
