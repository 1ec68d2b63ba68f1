"""The planner's pages with many runs: bounded in size and queries, and nothing out of sight is lost."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import quote_plus

import pytest
import pytest_django
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from production.models import Offcut, Operation, Operator, PlannerSettings, Run, Sheet, Tool
from production.words import span
from tests.production.crowd import crowd
from tests.production.day import kept_for_a_module

LINES = 1000  # about 180 runs, three operations each
LARGEST = 300_000  # bytes


@pytest.fixture(scope="module")
def crowded(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    with kept_for_a_module(django_db_blocker):
        crowd(lines=LINES)
        yield


@pytest.fixture
def planner(crowded: None, bob_client: Client) -> Client:
    return bob_client


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    "path", ["plan/?zoom=shift", "plan/?zoom=week", "plan/?zoom=month", "runs/", "load/", "late/", "setups/"]
)
def test_no_page_is_too_large_for_a_slow_line(path: str, planner: Client) -> None:
    assert len(page_of(planner, f"/staff/{path}")) < LARGEST


@pytest.mark.parametrize("path", ["plan/?zoom=month", "runs/", "load/", "late/", "setups/"])
def test_pages_ask_as_often_for_all_runs_as_for_some(path: str, planner: Client) -> None:
    planner.get(f"/staff/{path}")
    with CaptureQueriesContext(connection) as many:
        planner.get(f"/staff/{path}")
    some = Run.objects.order_by("number").values_list("pk", flat=True)[:20]
    Operation.objects.exclude(run__in=list(some)).update(state="dropped")
    with CaptureQueriesContext(connection) as few:
        planner.get(f"/staff/{path}")
    assert len(many) == len(few)


def test_every_run_of_the_stretch_is_in_the_list_a_page_at_a_time(planner: Client) -> None:
    found: set[str] = set()
    first = page_of(planner, "/staff/plan/?zoom=month")
    pages = int(re.findall(r"Page 1 of (\d+)", first)[0])
    for number in range(1, pages + 1):
        found |= set(
            re.findall(
                r'row-link" href="/staff/runs/(\w+)/',
                page_of(planner, f"/staff/plan/?zoom=month&page={number}"),
            )
        )
    assert found == set(Operation.objects.values_list("run", flat=True))


def test_a_month_of_many_operations_is_drawn_in_blocks_that_open_their_day(planner: Client) -> None:
    page = page_of(planner, "/staff/plan/?zoom=month")
    link = re.findall(r'<a href="(\?zoom=(?:day|shift)&amp;from=[^"]+)" class="bar block', page)[0]
    closer = page_of(planner, "/staff/plan/" + link.replace("&amp;", "&"))
    assert 'data-key="' in closer  # operations one by one


def test_the_chart_and_its_list_follow_the_same_filter(planner: Client) -> None:
    page = page_of(planner, "/staff/plan/?zoom=month&centre=laser&family=oak-6")
    listed = set(re.findall(r'row-link" href="/staff/runs/(\w+)/', page))
    families = {run.key["setup_family"] for run in Run.objects.filter(pk__in=listed)}
    assert families == {"oak-6"}
    assert ">Laser 1 (150 W)<" in page and ">Mug press 1<" not in page


def test_a_run_is_found_by_its_number_and_by_its_order(planner: Client) -> None:
    run = Run.objects.exclude(operations=None).order_by("-number")[0]
    piece = run.pieces.select_related("line__order")[0]
    for words in (f"R-{run.number}", str(run.number), piece.line.order.number):
        page = page_of(planner, f"/staff/runs/?q={words}")
        assert re.findall(r'row-link" href="/staff/runs/(\w+)/', page) == [run.pk]


def test_an_empty_stretch_says_where_to_look(planner: Client) -> None:
    far = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    assert "Nothing is planned here" in page_of(planner, f"/staff/plan/?zoom=day&from={far}")


def test_the_load_names_its_bottleneck_and_what_every_cell_means(planner: Client) -> None:
    page = page_of(planner, "/staff/load/?step=week")
    assert "Bottleneck: " in page and " h of " in page


def test_late_lines_say_what_binds_and_filter_by_it(planner: Client) -> None:
    page = page_of(planner, "/staff/late/?sort=promised")
    assert "is busy until" in page and re.search(r'href="/staff/lines/lin_\w+/why/"', page)
    machine = re.findall(r'href="\?machine=([a-z0-9-]+)"', page)[0]
    assert page_of(planner, f"/staff/late/?machine={machine}").count("badge-bad") > 0
    assert "No line is late" in page_of(planner, "/staff/late/?kind=material")


def test_all_late_lines_come_as_csv(planner: Client) -> None:
    answer = planner.get("/staff/late/?format=csv")
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert table[0][:3] == ["order", "line", "family"]
    count = re.findall(r"([\d,]+) lines? that the plan makes late", page_of(planner, "/staff/late/"))[0]
    assert len(table) - 1 == int(count.replace(",", ""))


def test_the_set_up_board_tells_families_in_their_order_with_the_time_between(planner: Client) -> None:
    page = page_of(planner, "/staff/setups/?machine=laser-1")
    shown = re.findall(
        r"<li>(?:<p class=\"stay-setup small\">(.*?) set-up</p>)?\s*<p><strong>(.*?)</strong>", page
    )
    rows = Operation.objects.live().filter(machine__code="laser-1").order_by("setup_start")
    stays = [(each.setup_family, each.start - each.setup_start) for each in rows]
    expected = [stays[0], *(stay for before, stay in pairwise(stays) if before[0] != stay[0] or stay[1])]
    assert len(shown) == min(len(expected), 200)
    assert [bool(setup) for setup, _ in shown] == [bool(setup) for _, setup in expected[: len(shown)]]


def test_the_history_shows_the_plan_in_force_and_the_weights(planner: Client) -> None:
    page = page_of(planner, "/staff/plans/")
    assert "in force" in page and "Tardiness" in page


def test_people_are_rows_of_their_own_when_asked_for(planner: Client) -> None:
    person = Operator.objects.create(code="ann", name="Ann Ro", skills=["press"])
    Operation.objects.filter(pk=Operation.objects.earliest("setup_start").pk).update(operator=person)
    assert "Ann Ro" not in page_of(planner, "/staff/plan/?zoom=day")
    page = page_of(planner, "/staff/plan/?zoom=day&people=on")
    assert ">Ann Ro<" in page and "by Ann Ro" in page


def test_runs_of_one_load_are_one_bar(planner: Client) -> None:
    first = Operation.objects.filter(work_centre="mug-press").earliest("setup_start")
    other = Operation.objects.filter(work_centre="mug-press").exclude(pk=first.pk).order_by("-end")[0]
    Operation.objects.filter(pk=first.pk).update(load="L-1")
    Operation.objects.filter(pk=other.pk).update(
        load="L-1",
        occupies=False,
        machine=first.machine,
        setup_start=first.setup_start,
        start=first.start,
        end=first.end,
    )
    page = page_of(planner, "/staff/plan/?zoom=day")
    assert f"R-{first.run.number}, R-{other.run.number}, " in page and "in one load" in page


def test_the_frozen_and_slushy_zones_are_shown(planner: Client) -> None:
    PlannerSettings.objects.update_or_create(pk=1, defaults={"frozen_seconds": 3600, "slushy_seconds": 86400})
    page = page_of(planner, "/staff/plan/?zoom=week")
    assert "zone zone-frozen" in page and "zone zone-slushy" in page


def test_a_run_shows_its_people_tools_loads_lots_and_offcuts(planner: Client) -> None:
    person = Operator.objects.create(code="ann", name="Ann Ro", skills=["press"])
    tool = Tool.objects.create(code="jig", name="Round jig", count=1)
    sheet = Sheet.objects.select_related("run", "material")[0]
    offcut = Offcut.objects.create(
        code="OC-7", material=sheet.material, width_um=9, height_um=9, defects=[[0, 0, 100_000, 50_000]]
    )
    Sheet.objects.filter(pk=sheet.pk).update(offcut=offcut)
    first, second = Operation.objects.filter(run__number__gt=5).order_by("pk")[:2]
    Operation.objects.filter(pk=first.pk).update(
        run=sheet.run, sequence=99, operator=person, tool=tool, load="L-2"
    )
    Operation.objects.filter(pk=second.pk).update(load="L-2", occupies=False)
    Run.objects.filter(pk=sheet.run.pk).update(
        lots=[{"material": sheet.material_id, "lot": "B-12", "quantity": 3, "order": ""}]
    )
    page = page_of(planner, f"/staff/runs/{sheet.run.pk}/")
    for words in (
        "Ann Ro",
        "Round jig",
        "one load",
        "lot B-12",
        "offcut OC-7 with 1 defect",
        "Nothing lies here",
    ):
        assert words.casefold() in page.casefold(), words


def test_a_bar_opens_the_facts_of_its_step_in_the_page(planner: Client) -> None:
    row = Operation.objects.select_related("run", "machine").order_by("setup_start", "pk")[0]
    begin = timezone.localtime(row.setup_start).strftime("%Y-%m-%dT%H:%M")
    page = page_of(planner, f"/staff/plan/?zoom=shift&from={begin}")
    link = f"?zoom=shift&from={quote_plus(begin)}&op={row.pk}"
    assert f'href="{escape(link)}#chosen"' in page
    opened = page_of(planner, f"/staff/plan/{link}")
    aside = re.findall(r'<aside class="chosen.*?</aside>', opened, re.DOTALL)[0]
    assert (
        f">R-{row.run.number}</a>" in aside
        and row.machine.name in aside
        and "hidden" not in aside.split(">")[0]
    )
    assert "First promise" in aside and re.search(r"/staff/lines/lin_\w+/why/", aside)
    assert f'selected" data-key="{row.pk}"' in opened
    alone = page_of(planner, f"/staff/operations/{row.pk}/?zoom=shift")
    assert f"R-{row.run.number}" in alone and "<html" not in alone


def test_the_facts_say_what_waits_for_a_step_and_how_long(planner: Client) -> None:
    packing = Operation.objects.filter(work_centre="packing", load="").order_by(
        "machine", "setup_start", "pk"
    )
    pairs = [
        (one, after)
        for one, after in pairwise(packing.select_related("run"))
        if one.machine_id == after.machine_id
        and not Operation.objects.filter(run=one.run, step__gt=one.step).exists()
    ]
    one, after = max(pairs, key=lambda pair: pair[1].setup_start - pair[0].end)
    Run.objects.filter(pk=one.run_id).update(due_at=None)
    facts = page_of(planner, f"/staff/operations/{one.pk}/")
    free = after.setup_start - one.end
    assert free > timedelta(minutes=1)
    assert f"{span(free)}, then R-{after.run.number} follows on it" in facts
    assert "of slack" not in facts
    last = packing.filter(machine=after.machine_id).last()
    assert last is not None and "nothing waits for it" in page_of(planner, f"/staff/operations/{last.pk}/")


def test_a_step_that_is_gone_says_so(planner: Client) -> None:
    for pk in ("999999999", "5x", "9" * 30):
        assert "no longer in the plan" in page_of(planner, f"/staff/plan/?op={pk}")


def test_the_facts_take_a_constant_number_of_queries(planner: Client) -> None:
    runs = Run.objects.exclude(operations=None)
    sizes = []
    for run in (max(runs, key=lambda run: run.pieces.count()), min(runs, key=lambda run: run.pieces.count())):
        with CaptureQueriesContext(connection) as asked:
            planner.get(f"/staff/operations/{run.operations.filter(load='')[0].pk}/")
        sizes.append(len(asked))
    assert sizes[0] == sizes[1]


def test_a_run_is_pinned_from_the_chart_and_the_chart_comes_back(planner: Client) -> None:
    row = Operation.objects.select_related("run").filter(run__state="proposed", run__pinned=False)[0]
    back = f"?zoom=shift&op={row.pk}#chosen"
    answer = planner.post(f"/staff/runs/{row.run_id}/pin/", {"version": row.run.version, "back": back})
    assert answer.headers["Location"] == "/staff/plan/" + back
    row.run.refresh_from_db()
    assert row.run.pinned
    assert "Unpin" in page_of(planner, f"/staff/operations/{row.pk}/")
    elsewhere = planner.post(
        f"/staff/runs/{row.run_id}/unpin/", {"version": row.run.version, "back": "//example.org/"}
    )
    assert elsewhere.headers["Location"] == f"/staff/runs/{row.run_id}/"
