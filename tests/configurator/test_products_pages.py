"""The authors' pages without script: every button is a post, every pane a link."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from configurator import auditing, drafts
from configurator.catalogue import publish
from configurator.models import Draft, Family, Version
from ledger import jobs
from ledger.models import Entry, Job
from tests.shops import BADGE, NOW

LATER = NOW + timedelta(hours=1)
DEARER = BADGE.replace("4.00", "5.00")
PAGE = "/staff/products/badge/"


@pytest.fixture
def iris(db: None) -> User:
    """Staff, in the group ``author``."""
    user = User.objects.create_user("iris", "iris@example.org", "x", is_staff=True)
    user.groups.add(Group.objects.get_or_create(name="author")[0])
    return user


@pytest.fixture
def author(iris: User) -> Client:
    client = Client()
    client.force_login(iris)
    return client


def post(client: Client, do: str, source: str = DEARER, revision: int = 0) -> Any:
    return client.post(PAGE, {"do": do, "source": source, "revision": revision})


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def audit_now() -> None:
    for job in Job.objects.filter(kind=auditing.JOB_KIND).waiting():
        assert jobs.run(job.pk)


def test_the_list_shows_what_is_on_sale_and_every_draft(badge: Family, author: Client) -> None:
    drafts.begin(family=badge, actor="user:iris", now=LATER)
    drafts.create(code="tray", name="Serving tray", actor="user:iris", now=LATER)
    page = text(author.get("/staff/products/"))
    assert "on sale" in page
    assert "draft 1" in page
    assert "Serving tray" in page
    assert "never published" in page


def test_the_list_takes_the_same_number_of_queries_whatever_its_length(
    badge: Family, author: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(10):
        publish(
            source=BADGE.replace("family: badge", f"family: badge-{number}"),
            filename="badge.yaml",
            actor="system:test",
            now=NOW,
        )
    with django_assert_max_num_queries(6):  # session, person, groups, families, drafts
        assert author.get("/staff/products/").status_code == 200


def test_the_bench_takes_the_same_number_of_queries_whatever_the_number_of_versions(
    badge: Family, author: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(10):
        publish(
            source=BADGE.replace("4.00", f"5.{number}0"), filename="badge.yaml", actor="system:test", now=NOW
        )
    for name in ("audit", "try", "changes", "versions", "usage"):
        with django_assert_max_num_queries(9):
            assert author.get(PAGE, {"pane": name}).status_code == 200


def test_without_a_draft_the_page_shows_the_text_on_sale(badge: Family, author: Client) -> None:
    page = author.get(PAGE)
    assert "family: badge" in page.content.decode()
    assert "no draft: saving begins one" in text(page)
    assert not Draft.objects.exists()


def test_saving_begins_a_draft_and_asks_for_the_audit(badge: Family, author: Client) -> None:
    assert post(author, "save").status_code == 302
    assert Draft.objects.get().source == DEARER
    assert Job.objects.filter(kind=auditing.JOB_KIND).count() == 1
    assert "The audit is running" in text(author.get(PAGE))


def test_checking_shows_every_problem_with_its_line_and_stores_nothing(badge: Family, author: Client) -> None:
    wrong = BADGE.replace("material == 'steel' => length", "materal == 'steel' => length")
    page = post(author, "check", wrong)
    assert page.status_code == 200
    assert "1 problem" in text(page)
    assert "there is no option materal" in text(page)
    assert "material" in text(page)
    assert "materal ==" in page.content.decode()  # what was typed stays in the text
    assert not Draft.objects.exists()


def test_the_fragment_of_problems_is_for_who_types(badge: Family, author: Client) -> None:
    answer = author.post(PAGE + "check/", {"source": "nope: x\n"})
    assert 'data-wrong="1"' in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_problem_links_to_its_line_and_the_page_shows_it(badge: Family, author: Client) -> None:
    page = author.get(PAGE + "?line=12")
    assert "line-marked" in page.content.decode()


def test_a_draft_saved_meanwhile_is_shown_beside_ones_own_text(badge: Family, author: Client) -> None:
    drafts.begin(family=badge, actor="user:otto", now=LATER)
    drafts.save(
        draft=Draft.objects.get(),
        source=BADGE + "# otto\n",
        expected_revision=1,
        actor="user:otto",
        now=LATER,
    )
    page = post(author, "save", DEARER, revision=1)
    assert page.status_code == 409
    assert "otto saved the draft meanwhile" in text(page)
    assert "# otto" in text(page)
    assert "5.00" in page.content.decode()
    assert Draft.objects.get().source.endswith("# otto\n")
    assert 'name="revision" value="2"' in page.content.decode()
    assert post(author, "save", DEARER, revision=2).status_code == 302
    assert Draft.objects.get().source == DEARER


def test_publishing_puts_the_text_on_sale(badge: Family, author: Client) -> None:
    assert post(author, "publish").status_code == 302
    badge.refresh_from_db()
    assert badge.current is not None
    assert badge.current.number == 2
    assert not Draft.objects.exists()


def test_a_void_text_is_not_published_and_the_page_names_the_rules(badge: Family, author: Client) -> None:
    void = BADGE.replace("prices:", "  - {code: NO, expr: length > 500 mm, message: Never.}\nprices:", 1)
    page = post(author, "publish", void)
    assert page.status_code == 422
    assert "No configuration is valid" in text(page)
    line = void[: void.index("code: NO")].count("\n") + 1
    assert f'data-line="{line}">NO</a>' in page.content.decode()
    assert Version.objects.count() == 1
    assert Draft.objects.get().source == void  # nothing typed is lost


def test_a_text_with_problems_is_kept_and_not_published(badge: Family, author: Client) -> None:
    page = post(author, "publish", "family: badge\n")
    assert page.status_code == 422
    assert Draft.objects.get().source == "family: badge\n"
    assert Version.objects.count() == 1


def test_the_audit_is_shown_in_words_with_lines(badge: Family, author: Client) -> None:
    post(
        author,
        "save",
        BADGE.replace("prices:", "  - {code: NO, expr: \"pin != 'clip'\", message: No clips.}\nprices:", 1),
    )
    audit_now()
    page = author.get(PAGE + "?pane=audit")
    assert "“Clip” of Pin can never be chosen, because of NO." in text(page)
    assert "No clips." in text(page)


def test_the_changes_are_shown_in_words_and_by_line(badge: Family, author: Client) -> None:
    post(author, "save")
    page = author.get(PAGE + "?pane=changes")
    assert "Base price: 5.00 EUR instead of 4.00 EUR." in text(page)
    assert "line-new" in page.content.decode()


def test_a_draft_can_be_thrown_away(badge: Family, author: Client) -> None:
    post(author, "save")
    assert post(author, "discard", revision=2).status_code == 302
    assert not Draft.objects.exists()


def pane(client: Client, **asked: str) -> Any:
    return client.get(PAGE, asked, headers={"HX-Target": "pane"})


def test_trying_out_refuses_with_the_reason_and_repairs_in_one_click(badge: Family, author: Client) -> None:
    tried = pane(author, pane="try", set="length=100", c='{"material": "steel"}')
    assert "Steel is cut up to 90 mm." in text(tried)
    assert 'name="repair" value="length=100"' in tried.content.decode()
    mended = pane(author, pane="try", repair="length=100", c='{"material": "steel"}')
    assert "Steel is cut up to 90 mm." not in text(mended)
    assert "&quot;length&quot;: 100" in mended.content.decode()


def test_a_typed_number_outside_the_range_says_the_nearest(badge: Family, author: Client) -> None:
    tried = author.get(PAGE, {"pane": "try", "field": "length", "f-length": "85"})
    assert "the nearest is 80 mm" in text(tried)


def test_trying_out_stores_nothing(badge: Family, author: Client) -> None:
    before = Entry.objects.count()
    author.get(PAGE, {"pane": "try", "set": "pin=clip"})
    assert (Entry.objects.count(), Draft.objects.count()) == (before, 0)


@pytest.mark.parametrize("choices", ["[", "[1]", '{"nope": 1}', '{"pin": "gold"}', '{"length": null}'])
def test_choices_that_mean_nothing_are_left_out(badge: Family, author: Client, choices: str) -> None:
    assert author.get(PAGE, {"pane": "try", "c": choices}).status_code == 200


def test_rolling_back_and_retiring_are_buttons(badge: Family, author: Client) -> None:
    post(author, "publish")
    first, second = PAGE + "versions/1/", PAGE + "versions/2/"
    assert author.post(first, {"do": "roll-back"}).status_code == 302
    badge.refresh_from_db()
    assert badge.current is not None
    assert badge.current.number == 1
    author.post(second, {"do": "retire"})
    assert Version.objects.get(number=2).retired_at is not None
    assert "retired" in text(author.get(PAGE + "?pane=versions"))


def test_a_family_can_be_taken_off_sale_and_put_back(badge: Family, author: Client) -> None:
    author.post(PAGE + "sale/", {"do": "suspend", "reason": "no steel"})
    badge.refresh_from_db()
    assert badge.suspended_at is not None
    author.post(PAGE + "sale/", {"do": "resume"})
    badge.refresh_from_db()
    assert badge.suspended_at is None


def test_two_versions_are_compared_in_words(badge: Family, author: Client) -> None:
    post(author, "publish")
    page = author.get(PAGE + "versions/2/differences/")
    assert "Base price: 5.00 EUR instead of 4.00 EUR." in text(page)
    assert author.get(PAGE + "versions/1/differences/").status_code == 404


def test_texts_can_be_downloaded(badge: Family, author: Client) -> None:
    answer = author.get(PAGE + "download/?version=1")
    assert answer.content.decode() == BADGE
    assert answer["Content-Disposition"] == 'attachment; filename="badge-1.yaml"'


def test_a_text_can_be_downloaded_as_uvl_with_what_is_lost(badge: Family, author: Client) -> None:
    answer = author.get(PAGE + "uvl/")
    assert answer["Content-Disposition"] == 'attachment; filename="badge.uvl"'
    assert "\nfeatures" in "\n" + answer.content.decode()
    assert "// not in UVL: " in answer.content.decode()


def test_a_text_can_be_replaced_by_a_file(badge: Family, author: Client) -> None:
    file = SimpleUploadedFile("badge.yaml", DEARER.encode())
    author.post(PAGE, {"do": "save", "source": BADGE, "revision": 0, "file": file})
    assert Draft.objects.get().source == DEARER


def test_a_feature_model_is_a_product_like_any_other(author: Client) -> None:
    model = """features
    Bike
        mandatory
            Frame
                alternative
                    Steel
                    Carbon
        optional
            Basket
constraints
    Basket => Steel
    Carbon => !Basket
"""
    file = SimpleUploadedFile("bike.uvl", model.encode())
    page = author.post("/staff/products/new/", {"file": file, "name": "Bike"}, follow=True)
    assert page.status_code == 200
    audit_now()
    assert "says nothing new" in text(author.get("/staff/products/bike/?pane=audit"))
    tried = author.get(
        "/staff/products/bike/",
        {"pane": "try", "set": "Basket=yes", "c": '{"Frame": "Carbon"}'},
        headers={"HX-Target": "pane"},
    )
    assert "alert" in tried.content.decode()
    answer = author.post("/staff/products/bike/", {"do": "publish", "source": model, "revision": 1})
    assert answer.status_code == 302, text(answer)
    assert Version.objects.get().source_format == "uvl"


def test_a_new_product_begins_from_a_template(author: Client) -> None:
    answer = author.post("/staff/products/new/", {"code": "tray", "name": "Serving tray"})
    assert answer["Location"] == "/staff/products/tray/"
    assert author.get("/staff/products/tray/").status_code == 200


def test_a_new_product_begins_from_a_file(author: Client) -> None:
    file = SimpleUploadedFile("badge.yaml", BADGE.encode())
    assert author.post("/staff/products/new/", {"file": file})["Location"] == PAGE
    assert Draft.objects.get().source == BADGE


def test_a_file_that_is_no_text_is_refused(author: Client) -> None:
    answer = author.post("/staff/products/new/", {"file": SimpleUploadedFile("a.yaml", b"\xff\xfe\x00")})
    assert answer.status_code == 422
    assert "not text in UTF-8" in text(answer)


def test_staff_who_are_no_authors_read_and_change_nothing(badge: Family, bob_client: Client) -> None:
    page = bob_client.get(PAGE)
    assert page.status_code == 200
    assert "readonly" in page.content.decode()
    assert post(bob_client, "save").status_code == 403
    assert not Draft.objects.exists()
