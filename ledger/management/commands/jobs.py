"""``manage.py jobs``: look at jobs, run one here, revive a dead one, remove old ones."""

import argparse
import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger import idempotency, jobs
from ledger.models import Job


class Command(BaseCommand):
    help = "Jobs: list, run ID, again ID, prune --days N."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", metavar="VERB")
        listing = verbs.add_parser("list", help="the newest jobs (the default)")
        listing.add_argument("--state", choices=Job.State.values, help="only jobs in this state")
        listing.add_argument("--limit", type=int, default=30)
        run = verbs.add_parser("run", help="run one job in this process, whatever the broker does")
        run.add_argument("id", type=int)
        again = verbs.add_parser("again", help="give a job that was set aside its attempts back")
        again.add_argument("id", type=int)
        prune = verbs.add_parser("prune", help="remove done jobs and remembered answers")
        prune.add_argument("--days", type=int, default=30, help="keep this many days (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            match options["verb"]:
                case "run":
                    self._run(options["id"])
                case "again":
                    actor = f"system:{getpass.getuser()}"
                    job = jobs.again(job_id=options["id"], actor=actor, now=timezone.now())
                    self.stdout.write(f"{job} waits for a worker")
                case "prune":
                    self._prune(options["days"])
                case _:
                    self._list(options.get("state"), options.get("limit") or 30)
        except (jobs.NoSuchJob, jobs.NotDead) as refusal:
            raise CommandError(str(refusal)) from None

    def _run(self, job_id: int) -> None:
        if not jobs.run(job_id):
            job = Job.objects.get(pk=job_id)
            raise CommandError(f"{job} was not done here, attempts {job.attempts}.\n{job.last_error}".strip())
        self.stdout.write(f"job {job_id} is done")

    def _prune(self, days: int) -> None:
        if days < 1:
            raise CommandError("--days must be 1 or more: a request may still be repeated with its key.")
        now = timezone.now()
        self.stdout.write(f"removed {jobs.prune(days=days, now=now)} done jobs")
        self.stdout.write(f"removed {idempotency.forget(days=days, now=now)} remembered answers")

    def _list(self, state: str | None, limit: int) -> None:
        chosen = Job.objects.order_by("-pk")
        if state:
            chosen = chosen.filter(state=state)
        self.stdout.write(f"{'id':>8} {'state':8} {'tries':>5} {'queue':12} {'kind':28} key")
        for job in chosen[:limit]:
            facts = f"{job.pk:>8} {job.state:8} {job.attempts:>5} {job.queue:12} {job.kind:28}"
            self.stdout.write(f"{facts} {job.key}")
            if job.state in (Job.State.FAILED, Job.State.DEAD) and job.last_error:
                self.stdout.write(f"{'':9}{job.last_error.strip().splitlines()[-1]}")
