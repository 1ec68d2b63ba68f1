"""Drafts: saved with faults and all, never over another's text, published by the same check as a file."""

from datetime import timedelta

import pytest

from configurator import auditing, catalogue, drafts
from configurator.catalogue import NotPublishable, NotRolledBack, publish, retire, roll_back
from configurator.designs import start
from configurator.engine.family import FamilyError
from configurator.models import AuditReport, Draft, Family, Version
from configurator.tidying import left_audits
from ledger import jobs
from ledger.models import Entry, Job
from ledger.tidying import Limits
from tests.shops import BADGE, NOW

LATER = NOW + timedelta(hours=1)
VOID = BADGE.replace(
    "prices:",
    "  - {code: NEVER, expr: \"material == 'steel'\", message: Steel only.}\n"
    "  - {code: EVER, expr: \"material == 'acrylic'\", message: Acrylic only.}\n"
    "prices:",
    1,
)


@pytest.fixture
def draft(badge: Family) -> Draft:
    return drafts.begin(family=badge, actor="user:iris", now=LATER)


def saved(draft: Draft, source: str, revision: int | None = None) -> Draft:
    return drafts.save(
        draft=draft,
        source=source,
        expected_revision=revision or draft.revision,
        actor="user:iris",
        now=LATER,
    )


def run_jobs() -> None:
    for job in Job.objects.waiting().order_by("pk"):
        jobs.run(job.pk)


def test_a_draft_begins_with_the_text_on_sale(badge: Family, draft: Draft) -> None:
    assert (draft.source, draft.base, draft.revision) == (BADGE, badge.current, 1)


def test_a_family_has_one_draft_for_all_its_authors(badge: Family, draft: Draft) -> None:
    assert drafts.begin(family=badge, actor="user:otto", now=LATER).pk == draft.pk
    assert Draft.objects.count() == 1


def test_a_draft_keeps_faults(draft: Draft) -> None:
    assert saved(draft, "nope: x\n").revision == 2
    assert drafts.read(drafts.written(Draft.objects.get())).problems[0].line == 1


def test_saving_over_what_somebody_else_saved_is_refused_and_shows_theirs(draft: Draft) -> None:
    drafts.save(draft=draft, source=BADGE + "# otto\n", expected_revision=1, actor="user:otto", now=LATER)
    with pytest.raises(drafts.DraftChanged, match="otto saved the draft meanwhile") as refusal:
        saved(draft, BADGE + "# iris\n", revision=1)
    assert refusal.value.theirs.source.endswith("# otto\n")
    assert Draft.objects.get().source.endswith("# otto\n")


def test_saving_the_same_text_again_is_no_new_revision(draft: Draft) -> None:
    assert saved(draft, BADGE.replace("\n", "\r\n")).revision == 1


def test_publishing_a_draft_makes_a_version_and_ends_the_draft(badge: Family, draft: Draft) -> None:
    held = saved(draft, BADGE.replace("4.00", "5.00"))
    version = drafts.publish(draft=held, expected_revision=2, actor="user:iris", now=LATER)
    badge.refresh_from_db()
    assert (version.number, badge.current_id) == (2, version.pk)
    assert not Draft.objects.exists()
    assert list(Entry.objects.of("family:badge").values_list("kind", flat=True)) == [
        "family.published",
        "draft.begun",
        "draft.saved",
        "family.published",
    ]


def test_a_draft_that_was_saved_meanwhile_is_not_published(draft: Draft) -> None:
    saved(draft, BADGE.replace("4.00", "5.00"))
    with pytest.raises(drafts.DraftChanged):
        drafts.publish(draft=draft, expected_revision=1, actor="user:otto", now=LATER)
    assert Version.objects.count() == 1


def test_a_void_draft_is_not_published_and_says_by_which_rules(draft: Draft) -> None:
    held = saved(draft, VOID)
    with pytest.raises(NotPublishable) as refusal:
        drafts.publish(draft=held, expected_revision=2, actor="user:iris", now=LATER)
    assert [rule.code for rule in refusal.value.findings[0].rules] == ["NEVER", "EVER"]
    assert Draft.objects.exists()


def test_a_draft_with_faults_is_not_published(draft: Draft) -> None:
    held = saved(draft, BADGE.replace("kind: integer", "kind: number"))
    with pytest.raises(FamilyError):
        drafts.publish(draft=held, expected_revision=2, actor="user:iris", now=LATER)


def test_a_draft_that_names_another_family_is_not_published(draft: Draft) -> None:
    held = saved(draft, BADGE.replace("family: badge", "family: button"))
    with pytest.raises(drafts.AnotherFamily):
        drafts.publish(draft=held, expected_revision=2, actor="user:iris", now=LATER)


def test_a_discarded_draft_leaves_what_is_on_sale(badge: Family, draft: Draft) -> None:
    drafts.discard(draft=draft, expected_revision=1, actor="user:iris", now=LATER)
    assert not Draft.objects.exists()
    assert Version.objects.get() == badge.current


def test_a_new_family_begins_with_a_template_that_can_be_published(db: None) -> None:
    made = drafts.create(code="tray", name="Serving tray", actor="user:iris", now=NOW)
    version = drafts.publish(draft=made, expected_revision=1, actor="user:iris", now=NOW)
    assert version.family.name == "Serving tray"


def test_a_new_family_from_a_file_takes_its_code_and_name(db: None) -> None:
    made = drafts.create(code="", name="", source=BADGE, filename="b.yaml", actor="user:iris", now=NOW)
    assert (made.code, made.name) == ("badge", "Name badge")


@pytest.mark.parametrize(
    ("code", "said"), [("Big Sign", "small letters"), ("new", "address"), ("badge", "exists")]
)
def test_a_new_family_needs_a_free_code(badge: Family, code: str, said: str) -> None:
    with pytest.raises(drafts.NotADraft, match=said):
        drafts.create(code=code, name="Sign", actor="user:iris", now=NOW)


def test_two_drafts_of_one_new_family_are_refused(db: None) -> None:
    drafts.create(code="tray", name="Tray", actor="user:iris", now=NOW)
    with pytest.raises(drafts.NotADraft, match="draft of tray already"):
        drafts.create(code="tray", name="Tray", actor="user:otto", now=NOW)


# --- audits


def test_saving_a_draft_has_it_audited_once(draft: Draft) -> None:
    held = saved(draft, VOID)
    saved(held, VOID)
    job = Job.objects.get(kind=auditing.JOB_KIND)
    assert jobs.run(job.pk)
    report = AuditReport.objects.get(pk=auditing.hash_of(drafts.written(held)))
    assert report.findings[0]["code"] == "void"
    assert [rule["code"] for rule in report.findings[0]["rules"]] == ["NEVER", "EVER"]
    saved(held, VOID)
    assert Job.objects.filter(kind=auditing.JOB_KIND).count() == 1


def test_a_text_that_was_saved_over_is_not_audited(draft: Draft) -> None:
    held = saved(draft, VOID)
    saved(held, BADGE.replace("4.00", "5.00"))
    run_jobs()
    assert [report.findings for report in AuditReport.objects.all()] == [[]]


def test_a_text_that_cannot_be_read_has_no_audit(draft: Draft) -> None:
    saved(draft, "nope: x\n")
    assert not Job.objects.filter(kind=auditing.JOB_KIND).exists()


def test_a_published_version_is_audited_by_a_job(badge: Family) -> None:
    assert badge.current is not None
    for _ in range(2):
        run_jobs()
    assert AuditReport.objects.get().content_hash == badge.current.content_hash


def test_a_version_that_its_draft_was_audited_for_is_not_audited_again(draft: Draft) -> None:
    held = saved(draft, BADGE.replace("4.00", "5.00"))
    run_jobs()
    drafts.publish(draft=held, expected_revision=2, actor="user:iris", now=LATER)
    audits = Job.objects.filter(kind=auditing.JOB_KIND).count()
    run_jobs()
    assert Job.objects.filter(kind=auditing.JOB_KIND).count() == audits


def test_audits_of_texts_that_were_never_published_are_tidied_away(badge: Family, draft: Draft) -> None:
    run_jobs()
    saved(draft, BADGE.replace("4.00", "5.00"))
    for _ in range(2):
        run_jobs()
    assert AuditReport.objects.count() == 2
    AuditReport.objects.update(checked_at=NOW - timedelta(days=60))
    removed = left_audits(Limits(now=NOW, before=NOW - timedelta(days=30)))
    assert removed.count == 1
    assert badge.current is not None
    assert AuditReport.objects.get().pk == badge.current.content_hash


# --- back to an older version


def test_rolling_back_puts_an_older_version_on_sale_and_is_recorded(badge: Family) -> None:
    first = badge.current
    assert first is not None
    publish(source=BADGE.replace("4.00", "5.00"), filename="badge.yaml", actor="user:iris", now=LATER)
    roll_back(version=first, actor="user:iris", now=LATER)
    badge.refresh_from_db()
    assert badge.current == first
    entry = Entry.objects.of("family:badge").last()
    assert entry is not None
    assert (entry.kind, entry.data) == ("family.rolled_back", {"version": 1, "instead_of": 2})


def test_a_retired_version_that_is_rolled_back_to_can_be_started(badge: Family) -> None:
    first = badge.current
    assert first is not None
    publish(source=BADGE.replace("4.00", "5.00"), filename="badge.yaml", actor="user:iris", now=LATER)
    retire(version=first, actor="user:iris", now=LATER)
    roll_back(version=first, actor="user:iris", now=LATER)
    badge.refresh_from_db()
    assert start(family=badge, owner=None, session_key="gst_1", now=LATER).version == first


def test_rolling_back_to_what_is_on_sale_is_refused(badge: Family) -> None:
    assert badge.current is not None
    with pytest.raises(NotRolledBack):
        roll_back(version=badge.current, actor="user:iris", now=LATER)


def test_a_draft_is_compiled_under_the_hash_that_its_version_will_have(draft: Draft) -> None:
    text = drafts.written(draft)
    spec = text.read()
    assert catalogue.compile_written(text, spec) is catalogue.compiled(Version.objects.get())
