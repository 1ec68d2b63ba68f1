"""The staff's pages over a day of real orders: everything shown, decided and made through them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client

from configurator import catalogue, designs
from configurator.models import Family
from configurator.quotes import quote
from ledger import jobs
from ledger.models import Job
from orders import checkout
from orders.models import Line, Order
from production import planning
from production.models import Operation, Piece, Plan, Run

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("staff-home", "queue", "plan", "floor", "jobs", "ledger")


@pytest.fixture
def workshop(db: None) -> None:
    """The demo workshop and the sign and mug families on sale."""
    call_command("load_shop", str(ROOT / "production" / "shops" / "demo.yaml"), verbosity=0)
    for name in ("walnut-sign", "enamel-mug"):
        source = (ROOT / "configurator" / "families" / f"{name}.yaml").read_text(encoding="utf-8")
        catalogue.publish(source=source, filename=f"{name}.yaml", actor="system:test", now=datetime.now(UTC))


@pytest.fixture
def ordered(workshop: None, alice: User) -> Callable[..., Order]:
    """``ordered("walnut-sign", quantity=3, line1="Anna")``: an order through the real checkout."""

    def order(family: str, *, quantity: int = 1, **choices: object) -> Order:
        now = datetime.now(UTC)
        configuration = designs.start(
            family=Family.objects.get(pk=family), owner=alice, session_key="", now=now
        )
        designs.choose(configuration=configuration, changes=choices, actor="user:alice", now=now)
        design = designs.freeze(configuration=configuration, actor="user:alice", now=now)
        said = quote(design=design, quantity=quantity, now=now)
        return checkout.place(
            items=[checkout.Item(design, quantity)],
            customer=checkout.CustomerData(name="Alice", email="alice@example.org"),
            quotes={design.pk: said.token},
            idempotency_key=f"test-{design.pk}-{quantity}",
            owner=alice,
            session_key="",
            actor="user:alice",
            now=now,
        )

    return order


def plan_now() -> Plan:
    """What the worker does, in this process."""
    now = datetime.now(UTC)
    job = planning.request_proposal(actor="user:bob", now=now)
    assert jobs.run(job.pk), Job.objects.get(pk=job.pk).last_error
    return Plan.objects.current().get()


@pytest.fixture
def planned(ordered: Callable[..., Order]) -> Plan:
    ordered("walnut-sign", quantity=3, line1="Anna & Bo")
    ordered("walnut-sign", quantity=1, line1="العائلة")
    ordered("enamel-mug", quantity=2)
    return plan_now()


def run_jobs(kind: str) -> None:
    for job in Job.objects.filter(kind=kind, state="queued"):
        assert jobs.run(job.pk), Job.objects.get(pk=job.pk).last_error


def released(client: Client) -> Run:
    run = Run.objects.get(key__work_centre="laser")
    client.post(f"/staff/runs/{run.pk}/release/", {"version": run.version})
    run.refresh_from_db()
    assert run.state == "released"
    run_jobs("production.files")
    return run


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_on_an_empty_workshop(name: str, bob_client: Client) -> None:
    path = {"staff-home": ""}.get(name, f"{name}/")
    assert bob_client.get(f"/staff/{path}").status_code == 200


def test_the_queue_shows_what_waits_and_filters(ordered: Callable[..., Order], bob_client: Client) -> None:
    sign = ordered("walnut-sign", line1="Anna")
    mug = ordered("enamel-mug")
    page = bob_client.get("/staff/queue/").content.decode()
    assert sign.number in page and mug.number in page
    page = bob_client.get("/staff/queue/?family=enamel-mug&state=ready").content.decode()
    assert sign.number not in page and mug.number in page


def test_the_plan_shows_every_run_as_bar_and_as_row(planned: Plan, bob_client: Client) -> None:
    page = bob_client.get("/staff/plan/").content.decode()
    for run in Run.objects.all():
        assert page.count(f"/staff/runs/{run.pk}/") >= 2


def test_a_run_shows_why_its_sheets_and_its_pieces(planned: Plan, bob_client: Client) -> None:
    run = Run.objects.get(key__work_centre="laser")
    page = bob_client.get(f"/staff/runs/{run.pk}/").content.decode()
    assert "Why together" in page
    assert f"/staff/runs/{run.pk}/sheets/1.svg" in page
    assert page.count('name="pieces"') == run.pieces.count() == 4


def test_a_sheet_is_drawn_in_real_millimetres_with_the_shoppers_artwork(
    planned: Plan, bob_client: Client
) -> None:
    run = Run.objects.get(key__work_centre="laser")
    answer = bob_client.get(f"/staff/runs/{run.pk}/sheets/1.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert b'width="600mm"' in answer.content
    assert b'id="artwork"' in answer.content


def test_a_released_run_gets_its_ticket_and_a_file_of_each_sheet(planned: Plan, bob_client: Client) -> None:
    run = released(bob_client)
    kinds = sorted(run.files.values_list("kind", flat=True))
    assert kinds == sorted(["ticket", *["pdf", "svg"] * run.sheets.count()])
    for file in run.files.all():
        answer = bob_client.get(f"/staff/runs/{run.pk}/files/{file.pk}/")
        content = b"".join(answer.streaming_content)
        assert content.startswith(b"<svg" if file.kind == "svg" else b"%PDF")


def test_making_the_files_twice_makes_the_same_files(planned: Plan, bob_client: Client) -> None:
    run = released(bob_client)
    before = sorted(run.files.values_list("sha256", flat=True))
    job = Job.objects.get(kind="production.files")
    Job.objects.filter(pk=job.pk).update(state="queued", finished_at=None)
    assert jobs.run(job.pk)
    assert sorted(run.files.values_list("sha256", flat=True)) == before


def test_a_decision_on_a_stale_page_is_refused(planned: Plan, bob_client: Client) -> None:
    run = Run.objects.get(key__work_centre="laser")
    bob_client.post(f"/staff/runs/{run.pk}/pin/", {"version": run.version})
    page = bob_client.post(f"/staff/runs/{run.pk}/release/", {"version": run.version}, follow=True)
    assert "changed meanwhile" in page.content.decode()
    run.refresh_from_db()
    assert (run.state, run.pinned) == ("proposed", True)


def test_a_run_is_not_rejected_without_a_reason(planned: Plan, bob_client: Client) -> None:
    run = Run.objects.get(key__work_centre="laser")
    bob_client.post(f"/staff/runs/{run.pk}/reject/", {"version": run.version, "reason": " "})
    run.refresh_from_db()
    assert run.state == "proposed"


def test_a_run_is_split_and_both_parts_are_shown(planned: Plan, bob_client: Client) -> None:
    run = Run.objects.get(key__work_centre="laser")
    piece = run.pieces.first()
    assert piece is not None
    answer = bob_client.post(f"/staff/runs/{run.pk}/split/", {"version": run.version, "pieces": [piece.pk]})
    assert answer.status_code == 302
    assert sorted(r.pieces.count() for r in Run.objects.filter(key__work_centre="laser")) == [1, 3]


def test_a_rejection_is_undone_from_the_page(planned: Plan, bob_client: Client) -> None:
    run = Run.objects.get(key__work_centre="laser")
    bob_client.post(f"/staff/runs/{run.pk}/reject/", {"version": run.version, "reason": "wrong wood"})
    run.refresh_from_db()
    assert run.state == "rejected"
    bob_client.post(f"/staff/runs/{run.pk}/undo/", {"version": run.version})
    run.refresh_from_db()
    assert (run.state, run.pieces.count()) == ("proposed", 4)


def test_the_floor_makes_a_run_and_its_lines_are_made(planned: Plan, bob_client: Client) -> None:
    run = released(bob_client)
    for operation in run.operations.order_by("sequence"):
        for verb in ("start", "finish"):
            answer = bob_client.post(f"/staff/floor/operations/{operation.pk}/{verb}/", follow=True)
            assert "notice-bad" not in answer.content.decode()
    run.refresh_from_db()
    assert run.state == "done"
    assert set(Line.objects.filter(family_code="walnut-sign").values_list("state", flat=True)) == {"made"}


def test_an_operation_out_of_order_is_refused_with_its_reason(planned: Plan, bob_client: Client) -> None:
    run = released(bob_client)
    last = run.operations.order_by("sequence").last()
    assert last is not None
    answer = bob_client.post(f"/staff/floor/operations/{last.pk}/start/", follow=True)
    assert answer.context["messages"]
    assert Operation.objects.get(pk=last.pk).state == "planned"


def test_a_scrapped_piece_is_owed_again(planned: Plan, bob_client: Client) -> None:
    run = released(bob_client)
    first = run.operations.order_by("sequence").first()
    assert first is not None
    bob_client.post(f"/staff/floor/operations/{first.pk}/start/")
    piece = run.pieces.first()
    assert piece is not None
    bob_client.post(f"/staff/floor/pieces/{piece.pk}/scrap/", {"reason": "burnt edge"})
    assert Piece.objects.get(pk=piece.pk).state == "owed"


def test_a_shopper_is_refused(alice_client: Client) -> None:
    assert alice_client.get("/staff/").status_code == 403


def test_nobody_is_sent_to_log_in(client: Client) -> None:
    answer = client.get("/staff/plan/")
    assert answer.status_code == 302
    assert "login" in answer["Location"]


def test_the_floor_does_not_release(planned: Plan, alice: User) -> None:
    alice.is_staff = True
    alice.save()
    alice.groups.add(Group.objects.get_or_create(name="floor")[0])
    client = Client()
    client.force_login(alice)
    run = Run.objects.get(key__work_centre="laser")
    answer = client.post(f"/staff/runs/{run.pk}/release/", {"version": run.version})
    assert answer.status_code == 403
    run.refresh_from_db()
    assert run.state == "proposed"
