"""Plans, runs and the workshop over HTTP."""

import hashlib
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.storage import default_storage

from ledger import jobs
from ledger.models import Job
from production.models import Machine, Material, ProductionFile, Run
from tests.api.conftest import PROBLEM, Api, done, refused
from tests.production.workshop import PlaceLine, line_writer, load_test_shop

DECISIONS = ("release", "pin", "unpin", "undo", "reject", "split")


@pytest.fixture
def place_line(db: None) -> PlaceLine:
    load_test_shop()
    return line_writer()


@pytest.fixture
def planner(place_line: PlaceLine, bob: User, keyed: Any) -> Api:
    """Bob's key for production and nothing else."""
    api: Api = keyed(bob, "production:read", "production:write")
    return api


def proposed(api: Api) -> str:
    """Ask for a plan, let the job run; the path of the plan in force."""
    answer = api.post("plans/")
    asked = done(answer, 202)
    assert answer["Location"] == asked["job"]
    path = asked["job"].removeprefix("/api/v1/")
    assert done(api.get(path))["state"] == "queued"
    assert jobs.run(int(path.split("/")[1]))
    assert done(api.get(path))["state"] == "done"
    return "plans/current/"


@pytest.fixture
def run(place_line: PlaceLine, planner: Api) -> dict[str, Any]:
    """A proposed run of six pieces of two lines, as the API tells it."""
    place_line(quantity=4)
    place_line(quantity=2)
    proposed(planner)
    (row,) = done(planner.get("runs/"))["results"]
    return done(planner.get(f"runs/{row['id']}/"))


def decide(api: Api, run: dict[str, Any], what: str, body: Any = None) -> Any:
    """Decide on the version that ``run`` shows."""
    return api.post(f"runs/{run['id']}/{what}/", body, {"If-Match": f'"{run["version"]}"'})


def test_there_is_no_plan_before_the_first(planner: Api) -> None:
    refused(planner.get("plans/current/"), 404, "not-found")


def test_a_proposal_is_a_job_and_then_the_plan_in_force(place_line: PlaceLine, planner: Api) -> None:
    place_line(quantity=3)
    odd = place_line(routing=False)
    plan = done(planner.get(proposed(planner)))
    assert (plan["state"], plan["kpis"]["units"]) == ("current", 3)
    assert [(row["line"], row["code"]) for row in plan["unplanned"]] == [(odd.pk, "no-routing")]
    assert plan["certificate"]["breaches"] == []
    assert [row["id"] for row in done(planner.get("plans/"))["results"]] == [plan["id"]]


def test_a_run_tells_its_way_its_sheets_and_its_pieces(run: dict[str, Any]) -> None:
    assert (run["state"], run["pieces"]) == ("proposed", 6)
    assert [operation["work_centre"] for operation in run["operations"]] == ["laser", "packing"]
    placements = [placement for sheet in run["sheets"] for placement in sheet["placements"]]
    assert {(p["width_mm"], p["height_mm"]) for p in placements} <= {("200", "120"), ("120", "200")}
    assert len({p["piece"] for p in placements}) == 6


def test_the_etag_of_a_run_is_its_version(planner: Api, run: dict[str, Any]) -> None:
    assert planner.get(f"runs/{run['id']}/")["ETag"] == f'"{run["version"]}"'


def test_runs_are_filtered_by_state(planner: Api, run: dict[str, Any]) -> None:
    assert done(planner.get("runs/?state=released"))["results"] == []
    assert len(done(planner.get("runs/?state=proposed"))["results"]) == 1
    problem = refused(planner.get("runs/?state=lost"), 400, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/state"


def test_a_released_run_has_its_files_byte_for_byte(workshop: None, alice_api: Api, bob_api: Api) -> None:
    alice_api.ordered(quantity=2)
    proposed(bob_api)
    (row,) = done(bob_api.get("runs/"))["results"]
    released = done(decide(bob_api, row, "release"))
    assert (released["state"], released["released_by"][:4]) == ("released", "key:")
    job = jobs.Job.objects.get(kind="production.files")
    assert jobs.run(job.pk), jobs.Job.objects.get(pk=job.pk).last_error
    files = done(bob_api.get(f"runs/{row['id']}/"))["files"]
    assert {file["kind"] for file in files} == {"ticket", "svg", "dxf", "picture"}
    for file in files:
        answer = bob_api.get(f"runs/{row['id']}/files/{file['id']}/")
        content = b"".join(answer.streaming_content)
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert answer["Content-Type"] == {
            "ticket": "application/pdf",
            "svg": "image/svg+xml",
            "dxf": "image/vnd.dxf",
            "picture": "image/webp",
        }.get(file["kind"])


def test_a_file_that_is_lost_is_told_as_such(workshop: None, alice_api: Api, bob_api: Api) -> None:
    alice_api.ordered()
    proposed(bob_api)
    (row,) = done(bob_api.get("runs/"))["results"]
    done(decide(bob_api, row, "release"))
    assert jobs.run(jobs.Job.objects.get(kind="production.files").pk)
    lost = ProductionFile.objects.first()
    assert lost is not None
    default_storage.delete(lost.path)
    refused(bob_api.get(f"runs/{row['id']}/files/{lost.pk}/"), 404, "not-found")


def test_files_that_are_not_stopped_are_not_made_again(workshop: None, alice_api: Api, bob_api: Api) -> None:
    alice_api.ordered()
    proposed(bob_api)
    (row,) = done(bob_api.get("runs/"))["results"]
    address = f"runs/{row['id']}/files/again/"
    refused(bob_api.post(address), 409, "nothing-to-make-again")
    done(decide(bob_api, row, "release"))
    Run.objects.filter(pk=row["id"]).update(files_stopped="Sheet 1: no.")
    assert done(bob_api.get(f"runs/{row['id']}/"))["files_stopped"] == "Sheet 1: no."
    assert done(bob_api.post(address), 202)["state"] == "queued"
    assert done(bob_api.get(f"runs/{row['id']}/"))["files_stopped"] == ""


def test_a_file_of_another_run_is_not_there(planner: Api, run: dict[str, Any]) -> None:
    refused(planner.get(f"runs/{run['id']}/files/999999999999999999999/"), 404, "not-found")


@pytest.mark.parametrize("what", DECISIONS)
def test_a_decision_without_the_version_seen_is_refused(planner: Api, run: dict[str, Any], what: str) -> None:
    answer = planner.post(f"runs/{run['id']}/{what}/", {})
    assert "If-Match" in refused(answer, 428, "precondition-required")["detail"]


@pytest.mark.parametrize("tag", ['"0"', "*", "W/", '"one"', '"1', "1" * 40])
def test_a_decision_on_another_version_is_refused(planner: Api, run: dict[str, Any], tag: str) -> None:
    answer = planner.post(f"runs/{run['id']}/release/", {}, {"If-Match": tag})
    refused(answer, 412, "precondition-failed")
    assert Run.objects.get().state == "proposed"


def test_the_second_of_two_decisions_on_one_version_is_refused(planner: Api, run: dict[str, Any]) -> None:
    assert done(decide(planner, run, "pin"))["pinned"]
    refused(decide(planner, run, "release"), 412, "precondition-failed")


def test_a_run_is_pinned_and_given_back(planner: Api, run: dict[str, Any]) -> None:
    answer = decide(planner, run, "pin")
    pinned = done(answer)
    assert pinned["pinned"]
    assert answer["ETag"] == f'"{pinned["version"]}"' != f'"{run["version"]}"'
    assert not done(decide(planner, pinned, "unpin"))["pinned"]


def test_a_run_is_split_by_its_pieces(planner: Api, run: dict[str, Any]) -> None:
    pieces = sorted({p["piece"] for sheet in run["sheets"] for p in sheet["placements"]})
    rest = done(decide(planner, run, "split", {"pieces": pieces[:2]}))
    assert rest["pieces"] == 4
    assert sorted(row["pieces"] for row in done(planner.get("runs/"))["results"]) == [2, 4]


@pytest.mark.parametrize(
    "body", [{}, {"pieces": []}, {"pieces": [10**15]}, {"pieces": ["1"]}, {"pieces": 1}, {"pieces": [True]}]
)
def test_a_split_by_what_are_no_pieces_of_the_run_is_refused(
    planner: Api, run: dict[str, Any], body: Any
) -> None:
    problem = refused(decide(planner, run, "split", body), 400, "invalid-request")
    assert problem["errors"][0]["pointer"].startswith("/pieces")


def test_a_split_that_leaves_nothing_is_refused_with_the_reason(planner: Api, run: dict[str, Any]) -> None:
    pieces = sorted({p["piece"] for sheet in run["sheets"] for p in sheet["placements"]})
    problem = refused(decide(planner, run, "split", {"pieces": pieces}), 409, "decision-refused")
    assert problem["reasons"]


def test_a_run_is_rejected_with_a_reason_and_taken_back(planner: Api, run: dict[str, Any]) -> None:
    refused(decide(planner, run, "reject"), 400, "invalid-request")
    rejected = done(decide(planner, run, "reject", {"reason": "scratched board"}))
    assert (rejected["state"], rejected["state_reason"]) == ("rejected", "scratched board")
    assert done(decide(planner, rejected, "undo"))["state"] == "proposed"


def test_a_release_is_undone(planner: Api, run: dict[str, Any]) -> None:
    released = done(decide(planner, run, "release"))
    assert done(decide(planner, released, "undo"))["state"] == "proposed"
    assert not Material.objects.filter(reserved__gt=0).exists()


def test_what_cannot_be_undone_says_so(planner: Api, run: dict[str, Any]) -> None:
    refused(decide(planner, run, "undo"), 409, "decision-refused")


def test_missing_material_is_told_with_its_amount(planner: Api, run: dict[str, Any]) -> None:
    Material.objects.filter(pk="box").update(on_hand=5)
    answer = decide(planner, run, "release")
    assert (answer.status_code, answer["Content-Type"]) == (409, PROBLEM)
    assert "box" in answer.content.decode()
    assert Run.objects.get().state == "proposed"


def test_a_changed_workshop_stops_a_release_with_every_breach(planner: Api, run: dict[str, Any]) -> None:
    Machine.objects.update(speed_percent=37)
    problem = refused(decide(planner, run, "release"), 409, "plan-not-certified")
    assert problem["breaches"]


def test_the_workshop_is_listed(planner: Api) -> None:
    assert [m["code"] for m in done(planner.get("machines/"))["results"]] == [
        "laser-1",
        "laser-2",
        "packing-1",
    ]
    assert done(planner.get("machines/"))["results"][0]["bed_width_mm"] == "600"
    assert [c["code"] for c in done(planner.get("work-centres/"))["results"]] == ["laser", "packing"]
    assert [m["code"] for m in done(planner.get("materials/"))["results"]] == ["box", "oak", "walnut"]


def test_a_job_that_is_none_is_not_found(planner: Api) -> None:
    refused(planner.get("jobs/999999999999999999999/"), 404, "not-found")


def test_a_search_is_asked_to_stop_and_an_ended_one_is_not(planner: Api, place_line: PlaceLine) -> None:
    place_line(quantity=1)
    job = Job.objects.get(pk=done(planner.post("plans/"), 202)["job"].split("/")[-2])
    assert done(planner.post(f"jobs/{job.pk}/stop/"))["id"] == job.pk
    job.refresh_from_db()
    assert job.stop_asked
    assert jobs.run(job.pk)
    refused(planner.post(f"jobs/{job.pk}/stop/"), 409, "nothing-to-stop")


@pytest.mark.parametrize("path", ["plans/", "plans/current/", "runs/", "machines/", "materials/", "jobs/1/"])
def test_a_shoppers_key_does_not_see_the_workshop(alice: User, keyed: Any, path: str) -> None:
    key = keyed(alice, "catalogue:read", "configurations:write", "orders:read", "orders:write")
    assert "production:read" in refused(key.get(path), 403, "forbidden")["detail"]


def test_a_key_that_only_reads_decides_nothing(
    planner: Api, run: dict[str, Any], bob: User, keyed: Any
) -> None:
    reader = keyed(bob, "production:read")
    assert "production:write" in refused(decide(reader, run, "release"), 403, "forbidden")["detail"]
    refused(reader.post("plans/"), 403, "forbidden")


def test_a_scope_does_not_outlive_its_owners_role(planner: Api, run: dict[str, Any], bob: User) -> None:
    bob.groups.clear()
    assert "group planner" in refused(planner.get("runs/"), 403, "forbidden")["detail"]
    refused(decide(planner, run, "release"), 403, "forbidden")
    bob.groups.add(Group.objects.get(name="planner"))
    done(decide(planner, run, "release"))


def test_the_key_of_a_superuser_belongs_to_every_group(workshop: None, keyed: Any) -> None:
    root = User.objects.create_superuser("root", "root@example.org", "x")
    done(keyed(root).get("runs/"))
