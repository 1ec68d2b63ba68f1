"""Who wants a job whenever something of a kind happens."""

_followers: dict[str, list[str]] = {}


def follow(kind: str, *, job_kind: str) -> None:
    """Have every entry of ``kind`` create one job of ``job_kind`` in the entry's own transaction.

    Called at import of an app's ``tasks.py``. The job's payload is
    ``{"entry": id, "stream": ..., "sequence": ..., "kind": ...}``.
    """
    known = _followers.setdefault(kind, [])
    if job_kind not in known:
        known.append(job_kind)


def followers_of(kind: str) -> tuple[str, ...]:
    """The kinds of job that follow entries of ``kind``, in the order of registration."""
    return tuple(_followers.get(kind, ()))
