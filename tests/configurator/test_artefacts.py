"""What is compiled once for all processes: made by a job, read back whole, never changed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from configurator import artefacts, catalogue
from configurator.designs import start
from configurator.engine import artefacts as packing
from configurator.engine.knowledge import compile_family
from configurator.engine.recent import Recent
from configurator.models import Artefact, Family, Immutable, Version
from configurator.tidying import foreign_artefacts
from ledger import jobs
from ledger.models import Job
from ledger.tidying import Limits
from tests.shops import NOW


@pytest.fixture
def version(badge: Family) -> Version:
    assert badge.current is not None
    return badge.current


@pytest.fixture
def another_process(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Forgets what this process has compiled."""

    def forget() -> None:
        monkeypatch.setattr(catalogue, "_shelf", Recent(4))

    return forget


def _run_job() -> None:
    jobs.run(Job.objects.filter(kind=artefacts.JOB_KIND).order_by("pk").latest("pk").pk)


def test_publishing_asks_for_the_artefacts_and_the_job_makes_them(version: Version) -> None:
    assert not Artefact.objects.exists()
    _run_job()
    assert set(Artefact.objects.values_list("kind", flat=True)) == {"clauses", "diagram"}
    assert set(Artefact.objects.values_list("hash", flat=True)) == {version.content_hash}


def test_another_process_answers_with_what_was_made(version: Version, another_process: Any) -> None:
    _run_job()
    another_process()
    kernel = catalogue.kernel_of(version)
    assert kernel.knowledge == compile_family(catalogue.spec_of(version))
    remaining = kernel.answer({}).remaining
    assert remaining and remaining == kernel.count({})


def test_the_clauses_are_not_compiled_where_they_are_stored(
    version: Version, another_process: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run_job()
    another_process()
    monkeypatch.delattr(catalogue, "compile_family")
    assert catalogue.kernel_of(version).answer({}).consistent


def test_a_page_answers_without_counts_until_the_diagram_is_made(
    version: Version, another_process: Any
) -> None:
    another_process()
    assert catalogue.kernel_of(version).answer({}).remaining is None
    _run_job()
    catalogue.compiled(version).awaited.next_look = 0.0
    assert catalogue.kernel_of(version).answer({}).remaining is not None


def test_who_starts_a_design_asks_for_what_is_missing_once(
    version: Version, badge: Family, alice: User, another_process: Any
) -> None:
    _run_job()
    Artefact.objects.all().delete()
    another_process()
    start(family=badge, owner=alice, session_key="", now=NOW)
    start(family=badge, owner=alice, session_key="", now=NOW)
    job = Job.objects.get(kind=artefacts.JOB_KIND, state=Job.State.QUEUED)
    assert jobs.run(job.pk)
    assert Artefact.objects.count() == 2


def test_what_publishing_asked_for_is_not_asked_for_again(
    version: Version, badge: Family, alice: User
) -> None:
    start(family=badge, owner=alice, session_key="", now=NOW)
    assert Job.objects.filter(kind=artefacts.JOB_KIND).count() == 1


def test_what_is_there_is_not_made_again(version: Version) -> None:
    known = catalogue.kernel_of(version).knowledge
    made = artefacts.make(hash=version.content_hash, known=known)
    artefacts.store(hash=version.content_hash, made=made, now=NOW)
    assert len(made) == 2
    assert artefacts.make(hash=version.content_hash, known=known) == []


def test_a_diagram_that_is_out_of_reach_is_not_tried_again(
    version: Version, another_process: Any, django_assert_num_queries: Any
) -> None:
    artefacts.store(hash=version.content_hash, made=[artefacts.Made(Artefact.Kind.DIAGRAM, b"")], now=NOW)
    another_process()
    assert catalogue.kernel_of(version).answer({}).remaining is None
    catalogue.compiled(version).awaited.next_look = 0.0
    with django_assert_num_queries(0):
        catalogue.compiled(version)


def test_lists_that_read_a_version_ask_for_no_diagram(
    version: Version, another_process: Any, django_assert_num_queries: Any
) -> None:
    another_process()
    with django_assert_num_queries(1):  # the stored clauses
        catalogue.spec_of(version)
    with django_assert_num_queries(0):
        catalogue.spec_of(version)


def test_a_damaged_row_is_made_again(version: Version, another_process: Any) -> None:
    Artefact.objects.create(
        hash=version.content_hash,
        kind="clauses",
        engine=packing.fingerprint(),
        data=b"damaged",
        sha256="0" * 64,
        created_at=NOW,
    )
    another_process()
    assert catalogue.kernel_of(version).answer({}).consistent
    _run_job()
    another_process()
    assert artefacts.knowledge(hash=version.content_hash, spec=catalogue.spec_of(version)) is not None


def test_an_artefact_cannot_be_saved_again(version: Version) -> None:
    _run_job()
    with pytest.raises(Immutable):
        Artefact.objects.get(kind="clauses").save()


def test_the_database_refuses_to_change_an_artefact(version: Version) -> None:
    _run_job()
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        Artefact.objects.update(data=b"")


def test_artefacts_of_other_code_are_tidied_away(version: Version) -> None:
    _run_job()
    Artefact.objects.create(
        hash=version.content_hash, kind="clauses", engine="0" * 64, data=b"", sha256="", created_at=NOW
    )
    foreign_artefacts(Limits(now=NOW, before=NOW + timedelta(days=1)))
    assert set(Artefact.objects.values_list("engine", flat=True)) == {packing.fingerprint()}


def test_rules_left_out_have_a_hash_of_their_own() -> None:
    hashes = {artefacts.hash_of("a" * 64), artefacts.hash_of("a" * 64, ("R1",)), artefacts.hash_of("b" * 64)}
    assert len(hashes) == 3


def test_bytes_that_are_no_clauses_are_refused(version: Version) -> None:
    knowledge = catalogue.kernel_of(version).knowledge
    data = packing.to_bytes(knowledge)
    assert packing.from_bytes(data, knowledge.spec) == knowledge
    for broken in (b"", data[:-5], data.replace(b"clauses 1", b"clauses 9"), b"{}\n", b"\xff\n"):
        with pytest.raises(packing.Unreadable):
            packing.from_bytes(broken, knowledge.spec)


def test_arithmetic_rules_come_back_too(version: Version) -> None:
    knowledge = replace(catalogue.kernel_of(version).knowledge, arithmetic=("R1", "R2"))
    assert packing.from_bytes(packing.to_bytes(knowledge), knowledge.spec) == knowledge
