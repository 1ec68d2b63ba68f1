"""The staff's pages over a day of real orders: everything shown, decided and made through them."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_django
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from PIL import Image, ImageStat

from ledger import jobs
from ledger.models import Job
from orders import fulfilment
from orders.models import Line, Order
from production.models import Machine, Material, MaterialLot, Operation, Piece, Plan, Run
from tests.production.day import kept_for_a_module, order, ordinary_day, plan_now, run_jobs

PAGES = ("", "queue/", "plan/", "floor/", "materials/", "materials/walnut-6/", "jobs/", "ledger/")


@pytest.fixture(scope="module")
def day(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    with kept_for_a_module(django_db_blocker):
        ordinary_day()
        yield


@pytest.fixture
def planned(day: None, db: None) -> Plan:
    return Plan.objects.current().get()


def released(client: Client) -> Run:
    run = Run.objects.get(key__work_centre="laser")
    client.post(f"/staff/runs/{run.pk}/release/", {"version": run.version})
    run.refresh_from_db()
    assert run.state == "released"
    run_jobs("production.files")
    return run


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens(page: str, planned: Plan, bob_client: Client) -> None:
    assert bob_client.get(f"/staff/{page}").status_code == 200


def test_the_queue_shows_what_waits_or_is_planned_and_in_which_run(planned: Plan, bob_client: Client) -> None:
    page = bob_client.get("/staff/queue/").content.decode()
    for line in Line.objects.select_related("order"):
        assert line.order.number in page
    for run in Run.objects.all():
        assert f"/staff/runs/{run.pk}/" in page


def test_the_queue_filters_by_family(planned: Plan, bob_client: Client) -> None:
    page = bob_client.get("/staff/queue/?family=enamel-mug").content.decode()
    shown = {line.family_code for line in Line.objects.all() if line.order.number in page}
    assert shown == {"enamel-mug"}


def test_the_queue_says_choices_in_the_shoppers_words_with_a_picture(
    planned: Plan, bob_client: Client
) -> None:
    page = bob_client.get("/staff/queue/?family=walnut-sign").content.decode()
    assert "Anna &amp; Bo" in page and "300 × 180 mm" in page
    line = Line.objects.filter(family_code="walnut-sign").first()
    assert line is not None
    assert f"/preview/{line.design_id}/" in page and 'loading="lazy"' in page


def test_the_queue_says_why_a_line_could_not_be_planned(planned: Plan, bob_client: Client) -> None:
    waiting = order("walnut-sign", owner=User.objects.get(username="ada"), line1="Zoë")
    line = waiting.lines.get()
    planned.unplanned = [{"line": line.pk, "pieces": 1, "code": "x", "text": "No walnut-10 is left."}]
    planned.save()
    page = bob_client.get("/staff/queue/?state=ready").content.decode()
    assert "No Walnut board 10 mm is left." in page


def test_the_start_page_says_what_needs_somebody(planned: Plan, bob_client: Client) -> None:
    Line.objects.filter(family_code="enamel-mug").update(promised_at=datetime.now(UTC) - timedelta(days=3))
    planned.unplanned = [{"line": "lin_x", "pieces": 1, "code": "x", "text": "No routing."}]
    planned.save()
    page = bob_client.get("/staff/").content.decode()
    assert "1 line will be later than promised" in page
    assert "1 line could not be planned" in page


def test_a_quiet_day_says_so(planned: Plan, bob_client: Client) -> None:
    Run.objects.update(state="rejected")
    assert "Nothing. Every promise" in bob_client.get("/staff/").content.decode()


def test_a_late_line_is_red_on_its_run_and_in_the_plan_with_by_how_much(
    planned: Plan, bob_client: Client
) -> None:
    run = Run.objects.get(key__work_centre="laser")
    Line.objects.filter(family_code="walnut-sign").update(promised_at=datetime.now(UTC) - timedelta(days=9))
    assert " days late" in bob_client.get(f"/staff/runs/{run.pk}/").content.decode()
    plan = bob_client.get("/staff/plan/").content.decode()
    assert "Later than promised" in plan and plan.count("days late") >= 3  # two lines and their run


def test_a_new_plan_says_what_it_changed(planned: Plan, bob_client: Client) -> None:
    order("enamel-mug", owner=User.objects.get(username="ada"), quantity=3)
    plan_now()
    page = bob_client.get("/staff/plan/").content.decode()
    assert f"Against plan {planned.number}: 1 of the proposed runs as they were, 1 new." in page


def test_the_plan_shows_every_run_as_bar_and_as_row(planned: Plan, bob_client: Client) -> None:
    page = bob_client.get("/staff/plan/").content.decode()
    for run in Run.objects.all():
        assert f'data-run="{run.pk}"' in page and f'href="/staff/runs/{run.pk}/"' in page


def test_a_run_shows_why_its_sheets_and_its_pieces(planned: Plan, bob_client: Client) -> None:
    run = Run.objects.get(key__work_centre="laser")
    page = bob_client.get(f"/staff/runs/{run.pk}/").content.decode()
    assert "Why together" in page
    assert f"/staff/runs/{run.pk}/sheets/1.webp" in page
    assert page.count('name="pieces"') == run.pieces.count() == 4
    assert page.count('class="mark ') == 4


def test_decisions_that_are_not_possible_say_why(planned: Plan, bob_client: Client) -> None:
    run = released(bob_client)
    page = bob_client.get(f"/staff/runs/{run.pk}/").content.decode()
    assert "Release, split</strong> not possible: R-" in page
    assert "Undo the release" in page


def test_what_happened_is_told_in_sentences(planned: Plan, bob_client: Client) -> None:
    run = released(bob_client)
    page = bob_client.get(f"/staff/runs/{run.pk}/").content.decode()
    assert "Released to the floor, material for 4 pieces reserved" in page
    assert "run.released" not in page


def test_files_appear_by_themselves(planned: Plan, bob_client: Client) -> None:
    run = Run.objects.get(key__work_centre="laser")
    bob_client.post(f"/staff/runs/{run.pk}/release/", {"version": run.version})
    fragment = f"/staff/runs/{run.pk}/files/"
    assert "every 2s" in bob_client.get(fragment).content.decode()
    run_jobs("production.files")
    answer = bob_client.get(fragment).content.decode()
    assert "Job ticket" in answer and "every 2s" not in answer


def test_files_that_failed_are_said_to_have_failed(planned: Plan, bob_client: Client) -> None:
    run = Run.objects.get(key__work_centre="laser")
    bob_client.post(f"/staff/runs/{run.pk}/release/", {"version": run.version})
    Job.objects.filter(kind="production.files").update(state="dead")
    answer = bob_client.get(f"/staff/runs/{run.pk}/files/").content.decode()
    assert "could not be made" in answer and "every 2s" not in answer


def test_a_sheet_is_shown_before_and_after_its_release(planned: Plan, bob_client: Client) -> None:
    run = Run.objects.get(key__work_centre="laser")
    address = f"/staff/runs/{run.pk}/sheets/1.webp"
    proposed = bob_client.get(address)
    assert proposed["Content-Type"] == "image/webp"
    with Image.open(io.BytesIO(proposed.content)) as picture:
        assert picture.size == (1600, 1067)  # 600 x 400 mm
        assert ImageStat.Stat(picture.convert("L")).stddev[0] > 20  # boards and what is burnt into them
    released(bob_client)
    assert bob_client.get(address).content == proposed.content


def test_a_released_run_gets_its_ticket_and_files_of_each_sheet(planned: Plan, bob_client: Client) -> None:
    run = released(bob_client)
    kinds = sorted(run.files.values_list("kind", flat=True))
    assert kinds == sorted(["ticket", *["svg", "dxf", "picture"] * run.sheets.count()])
    begins = {"ticket": b"%PDF", "svg": b"<svg", "dxf": b"  0\nSECTION", "picture": b"RIFF"}
    for file in run.files.all():
        answer = bob_client.get(f"/staff/runs/{run.pk}/files/{file.pk}/")
        assert b"".join(answer.streaming_content).startswith(begins[file.kind])


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


def started(client: Client) -> Run:
    run = released(client)
    first = run.operations.order_by("sequence").first()
    assert first is not None
    client.post(f"/staff/floor/operations/{first.pk}/start/")
    return run


@pytest.mark.parametrize("reason", [{"common": "Burnt"}, {"reason": "edge chipped"}])
def test_a_scrapped_piece_is_owed_again(reason: dict[str, str], planned: Plan, bob_client: Client) -> None:
    run = started(bob_client)
    piece = run.pieces.first()
    assert piece is not None
    page = bob_client.post(f"/staff/floor/pieces/{piece.pk}/scrap/", reason, follow=True)
    assert Piece.objects.get(pk=piece.pk).state == "owed"
    assert "it is owed again" in page.content.decode()
    assert piece.scraps.get().reason in reason.values()


def test_a_piece_is_not_scrapped_without_a_reason(planned: Plan, bob_client: Client) -> None:
    run = started(bob_client)
    piece = run.pieces.first()
    assert piece is not None
    page = bob_client.post(f"/staff/floor/pieces/{piece.pk}/scrap/", {"reason": " "}, follow=True)
    assert Piece.objects.get(pk=piece.pk).state == "released"
    assert "Say what went wrong" in page.content.decode()


def test_the_floor_says_what_the_machine_must_be_set_up_for(planned: Plan, bob_client: Client) -> None:
    released(bob_client)
    assert "Set the machine up for <strong>Walnut" in bob_client.get("/staff/floor/").content.decode()


def test_a_shopper_is_refused(alice_client: Client) -> None:
    assert alice_client.get("/staff/").status_code == 403


def test_nobody_is_sent_to_log_in(client: Client, db: None) -> None:
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


def cancelled_just_before(monkeypatch: pytest.MonkeyPatch, move: str) -> None:
    """Somebody else cancels the lines between the look at them and ``fulfilment.<move>``."""
    real = getattr(fulfilment, move)

    def late(*, line_ids: list[str], **how: object) -> object:
        Line.objects.filter(pk__in=line_ids).update(state="cancelled")
        return real(line_ids=line_ids, **how)

    monkeypatch.setattr(fulfilment, move, late)


def test_a_run_whose_line_is_cancelled_meanwhile_is_not_rejected(
    planned: Plan, bob_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.objects.get(key__work_centre="laser")
    cancelled_just_before(monkeypatch, "unplan_lines")
    page = bob_client.post(
        f"/staff/runs/{run.pk}/reject/", {"version": run.version, "reason": "wrong wood"}, follow=True
    )
    assert "it is cancelled" in page.content.decode()
    assert Run.objects.get(pk=run.pk).state == "proposed"


def test_a_step_whose_line_is_cancelled_meanwhile_is_not_started(
    planned: Plan, bob_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = released(bob_client)
    cancelled_just_before(monkeypatch, "start_lines")
    first = run.operations.order_by("sequence")[0]
    page = bob_client.post(f"/staff/floor/operations/{first.pk}/start/", follow=True)
    assert "it is cancelled" in page.content.decode()
    assert Operation.objects.get(pk=first.pk).state == "planned"


# --- the end of an order ----------------------------------------------------------------------------------


@pytest.fixture
def made(planned: Plan) -> Order:
    """An order of one line that is made."""
    line = Line.objects.filter(family_code="enamel-mug").get()
    Line.objects.filter(pk=line.pk).update(state="made")
    return line.order


def ship(client: Client, made: Order, **changed: object) -> str:
    """Send the form of the order's page; the page that follows."""
    form = {"carrier": "PostNL", "reference": "3S1", "lines": [line.pk for line in made.lines.all()]}
    answer = client.post(f"/staff/orders/{made.pk}/ship/", {**form, **changed}, follow=True)
    return answer.content.decode()


def test_what_is_made_is_shipped_from_the_page(made: Order, bob_client: Client) -> None:
    page = bob_client.get(f"/staff/orders/{made.pk}/").content.decode()
    assert f'name="lines" value="{made.lines.get().pk}" checked' in page
    page = ship(bob_client, made)
    assert "Shipped with PostNL." in page and "3S1" in page
    assert Order.objects.get(pk=made.pk).state == "shipped"


def test_what_is_made_is_on_the_start_page_and_in_the_queue_until_it_is_shipped(
    made: Order, bob_client: Client
) -> None:
    home = bob_client.get("/staff/").content.decode()
    assert "1 line made, to be shipped" in home and "/staff/queue/?state=made" in home
    queue = "/staff/queue/?state=made"
    assert made.number in bob_client.get(queue).content.decode()
    ship(bob_client, made)
    assert made.number not in bob_client.get(queue).content.decode()
    assert "to be shipped" not in bob_client.get("/staff/").content.decode()


def test_what_happened_to_an_order_names_its_lines(planned: Plan, bob_client: Client) -> None:
    line = Line.objects.filter(state="planned").first()
    assert line is not None
    page = bob_client.get(f"/staff/orders/{line.order_id}/").content.decode()
    assert f"Line {line.position} planned" in page
    assert "A line" not in page


def test_an_approval_is_told_by_the_clock_on_the_wall(planned: Plan, bob_client: Client) -> None:
    line = next(each for each in Line.objects.all() if each.proof)
    proof = line.proof[0] | {"approved_at": "2026-07-01T10:00:00+00:00", "approved_by": "user:ada"}
    Line.objects.filter(pk=line.pk).update(proof=[proof])
    page = bob_client.get(f"/staff/orders/{line.order_id}/").content.decode()
    assert "<bdi>by ada</bdi>" in page and "Wed 1 Jul 12:00" in page


def test_a_run_tells_by_name_on_which_machine_it_was_begun(planned: Plan, bob_client: Client) -> None:
    run = released(bob_client)
    first = run.operations.order_by("step").first()
    assert first is not None
    bob_client.post(f"/staff/floor/operations/{first.pk}/start/")
    page = bob_client.get(f"/staff/runs/{run.pk}/").content.decode()
    assert f"begun on {first.machine.name}" in page


def test_an_order_that_cannot_be_shipped_says_why(planned: Plan, bob_client: Client) -> None:
    waiting = Line.objects.filter(family_code="walnut-sign")[0].order
    page = bob_client.get(f"/staff/orders/{waiting.pk}/").content.decode()
    assert "No line is made and waiting to be shipped." in page
    assert f"/staff/orders/{waiting.pk}/ship/" not in page


def test_a_line_shipped_meanwhile_is_not_shipped_again(made: Order, bob_client: Client) -> None:
    ship(bob_client, made)
    assert "The line cannot be shipped: it is shipped." in ship(bob_client, made)
    assert made.shipments.count() == 1


def test_a_parcel_without_a_carrier_is_not_shipped(made: Order, bob_client: Client) -> None:
    assert "Say who carries the parcel." in ship(bob_client, made, carrier=" ")
    assert not made.shipments.exists()


def test_a_parcel_without_lines_is_not_shipped(made: Order, bob_client: Client) -> None:
    assert "Mark the lines that are in the parcel." in ship(bob_client, made, lines=[])
    assert not made.shipments.exists()


def test_an_invoice_is_marked_paid_from_the_page(made: Order, bob_client: Client) -> None:
    payment = made.payments.get()
    address = f"/staff/payments/{payment.pk}/paid/"
    assert address in bob_client.get(f"/staff/orders/{made.pk}/").content.decode()
    page = bob_client.post(address, follow=True).content.decode()
    assert f"Invoice {payment.reference} is paid." in page
    assert "No invoice of this order is due." in page and address not in page


def test_an_invoice_is_not_marked_paid_twice_from_the_page(made: Order, bob_client: Client) -> None:
    payment = made.payments.get()
    for _ in range(2):
        answer = bob_client.post(f"/staff/payments/{payment.pk}/paid/", follow=True)
    assert "is paid, not due" in answer.content.decode()


# --- store and machines -----------------------------------------------------------------------------------


def test_materials_are_found_by_name_and_by_code(planned: Plan, bob_client: Client) -> None:
    for words in ("Walnut board 10", "walnut-10"):
        page = bob_client.get("/staff/materials/", {"q": words}).content.decode()
        assert "/staff/materials/walnut-10/" in page and "/staff/materials/oil/" not in page


def test_what_runs_out_is_marked_and_can_be_shown_alone(planned: Plan, bob_client: Client) -> None:
    Material.objects.filter(pk="oil").update(on_hand=0)
    page = bob_client.get("/staff/materials/?low=on").content.decode()
    assert "/staff/materials/oil/" in page and "none left" in page
    assert "/staff/materials/bracket/" not in page


def test_the_list_of_materials_takes_a_constant_number_of_queries(
    planned: Plan, bob_client: Client, django_assert_max_num_queries: pytest_django.DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(6):
        bob_client.get("/staff/materials/")


def test_material_is_received_from_its_page(planned: Plan, bob_client: Client) -> None:
    before = Material.objects.get(pk="oil").on_hand
    page = bob_client.post("/staff/materials/oil/receive/", {"quantity": "250"}, follow=True)
    assert "Received." in page.content.decode() and "receipt" in page.content.decode()
    assert Material.objects.get(pk="oil").on_hand == before + 250


def test_a_lot_is_announced_on_its_page_and_then_late(planned: Plan, bob_client: Client) -> None:
    arrives = timezone.localtime() + timedelta(days=3)
    told = {
        "quantity": "500",
        "lot": "w-9",
        "arrives": arrives.strftime("%Y-%m-%dT%H:%M"),
        "supplier": "Bees",
    }
    page = bob_client.post("/staff/materials/wax/announce/", told, follow=True).content.decode()
    assert "500 ml in lot w-9 come on" in page and "#late-lot" in page
    lot = MaterialLot.objects.get(code="w-9")
    assert (lot.announced, Material.objects.get(pk="wax").by_lots) == (500, True)
    later = (arrives + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    slips = {"lot": str(lot.pk), "available_at": later, "reason": "ferry"}
    bob_client.post("/staff/events/late-material/", slips, follow=True)
    assert MaterialLot.objects.get(code="w-9").available_at > lot.available_at + timedelta(days=1)


def test_a_lot_without_a_name_is_refused_on_its_page(planned: Plan, bob_client: Client) -> None:
    page = bob_client.post("/staff/materials/wax/announce/", {"quantity": "5"}, follow=True).content.decode()
    assert "Name the lot" in page and "Say when it arrives." in page


def test_a_count_is_taken_from_its_page(planned: Plan, bob_client: Client) -> None:
    page = bob_client.post("/staff/materials/oil/count/", {"quantity": "77"}, follow=True)
    assert "Counted. 77 ml" in page.content.decode()
    assert Material.objects.get(pk="oil").on_hand == 77


def test_a_count_below_what_is_reserved_is_refused_on_its_page(planned: Plan, bob_client: Client) -> None:
    run = released(bob_client)
    code = next(iter(run.needs))
    page = bob_client.post(f"/staff/materials/{code}/count/", {"quantity": "0"}, follow=True)
    assert "reserved for released runs" in page.content.decode()
    assert Material.objects.get(pk=code).on_hand


def test_a_receipt_of_nothing_is_refused_on_its_page(planned: Plan, bob_client: Client) -> None:
    page = bob_client.post("/staff/materials/oil/receive/", {"quantity": ""}, follow=True)
    assert "Type how much has come in." in page.content.decode()


def test_a_machine_is_stopped_and_started_on_the_floor(planned: Plan, bob_client: Client) -> None:
    page = bob_client.post("/staff/floor/machines/laser-2/stop/", {"reason": "belt torn"}, follow=True)
    assert "out of service" in page.content.decode() and "belt torn" in page.content.decode()
    assert not Machine.objects.get(code="laser-2").in_service
    page = bob_client.post("/staff/floor/machines/laser-2/start/", follow=True)
    assert "back in service" in page.content.decode()
    assert Machine.objects.get(code="laser-2").in_service


def test_a_stopped_machine_is_on_the_start_page(planned: Plan, bob_client: Client) -> None:
    bob_client.post("/staff/floor/machines/laser-2/stop/", {"reason": "belt torn"})
    page = bob_client.get("/staff/").content.decode()
    assert "1 machine out of service" in page and "belt torn" in page


def test_a_machine_is_not_stopped_on_the_floor_without_a_reason(planned: Plan, bob_client: Client) -> None:
    page = bob_client.post("/staff/floor/machines/laser-2/stop/", {"reason": " "}, follow=True)
    assert "Say why it stops" in page.content.decode()
    assert Machine.objects.get(code="laser-2").in_service


def test_a_machine_that_works_is_not_started_on_the_floor(planned: Plan, bob_client: Client) -> None:
    page = bob_client.post("/staff/floor/machines/laser-2/start/", follow=True)
    assert "is in service already" in page.content.decode()


def test_stopping_a_machine_names_the_released_runs_that_wait_for_it(
    planned: Plan, bob_client: Client
) -> None:
    run = released(bob_client)
    machine = run.operations.order_by("sequence")[0].machine
    page = bob_client.post(f"/staff/floor/machines/{machine.code}/stop/", {"reason": "lens"}, follow=True)
    assert f"Released to it: R-{run.number}" in page.content.decode()
