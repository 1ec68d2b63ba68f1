"""Celery, for all apps: the one task that runs a job row, and the doorbell that calls it."""

from celery import shared_task
from kombu.exceptions import KombuError

from ledger import jobs


class BrokerAway(Exception):
    """The broker did not take the message: try again later, nothing is lost."""


@shared_task(name="ledger.run_job", ignore_result=True, acks_late=True, reject_on_worker_lost=True)
def run_job(job_id: int) -> None:
    """Run the job if it is to be had; a message that comes twice or late does nothing."""
    try:
        jobs.run(int(job_id))
    except jobs.NoSuchJob:
        return  # its transaction was pruned or restored from a backup: the row is the truth


def publish(job_id: int, queue: str) -> None:
    """Tell the workers of ``queue`` to look at the job. Raises BrokerAway."""
    try:
        run_job.apply_async((job_id,), queue=queue, retry=False)
    except (KombuError, OSError) as problem:
        raise BrokerAway(f"The broker did not take job {job_id}: {problem}") from problem
