"""The floor: each machine's next work, start and finish, and a piece that went wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from orders.fulfilment import MoveRefused
from production import shopfloor, upkeep
from production.forms import MachineDown, ScrapReason, mistakes
from production.models import Machine, Operation, Piece, Run, WorkCentre
from production.views.access import FLOOR, PLANNER, actor, is_in, staff_only
from production.views.drawings import drawings_of
from production.views.members import WITH_DESIGN, WITHOUT_SOURCE, rows_of
from production.views.runs import files_of
from production.words import read_names, who

NEXT = 3  # operations shown a machine after the one that can be started
# What mostly goes wrong; anything else is typed.
COMMON_REASONS = ("Misprint", "Burnt", "Scratched", "Wrong position", "Material fault", "Broken")


@dataclass(frozen=True)
class Work:
    """An operation at a machine. ``waits_for`` names what has to happen first; ``changes_setup``: the machine
    has to be set up for it."""

    operation: Operation
    made_of: str
    setup: str
    changes_setup: bool
    waits_for: str


@dataclass(frozen=True)
class Post:
    """A machine with its work: what runs or comes first, and what after."""

    machine: Machine
    set_up_for: str
    first: Work | None
    after: tuple[Work, ...]
    more: int


def posts(*, centre: str = "") -> list[Post]:
    """Machines, those of one work centre or all, each with its released work: also the stopped ones, where
    what has begun is still finished. Four queries."""
    names = read_names()
    machines = Machine.objects.select_related("work_centre").order_by("work_centre__position", "code")
    released = Operation.objects.filter(run__state__in=("released", "started"))
    pending: dict[str, list[tuple[int, str]]] = {}  # by run: steps not finished yet, with their work centre
    work: dict[int, list[Operation]] = {}
    for operation in released.live().select_related("run", "work_centre").order_by("setup_start", "pk"):
        pending.setdefault(operation.run_id, []).append((operation.step, operation.work_centre.name))
        work.setdefault(operation.machine_id, []).append(operation)
    found = []
    for machine in machines:
        if centre and machine.work_centre.code != centre:
            continue
        # What runs comes first, then what can be started, in the order of the plan.
        mine = sorted(work.get(machine.pk, []), key=lambda o: (o.state != "started", o.setup_start, o.pk))
        shown: list[Work] = []
        set_up = machine.setup_state
        for operation in mine[: NEXT + 1]:
            before = [name for step, name in sorted(pending[operation.run_id]) if step < operation.step]
            shown.append(
                Work(
                    operation=operation,
                    made_of=names.run(operation.run.key),
                    setup=names.setup(operation.setup_family),
                    changes_setup=operation.setup_family not in (set_up, "any"),
                    waits_for=", ".join(dict.fromkeys(before)),
                )
            )
            set_up = operation.setup_family
        found.append(
            Post(
                machine=machine,
                set_up_for=names.setup(machine.setup_state) if machine.setup_state else "nothing",
                first=shown[0] if shown else None,
                after=tuple(shown[1:]),
                more=max(0, len(mine) - len(shown)),
            )
        )
    return found


@staff_only()
def floor(request: HttpRequest) -> HttpResponse:
    """Machines with what runs and what comes next, soonest first; made for a tablet beside the machine."""
    centre = request.GET.get("centre", "")
    centres = dict(
        WorkCentre.objects.filter(machines__isnull=False)
        .order_by("position", "code")
        .distinct()
        .values_list("code", "name")
    )
    return render(
        request,
        "staff/floor.html",
        {
            "posts": posts(centre=centre if centre in centres else ""),
            "centre": centre,
            "centres": centres,
            "may_work": is_in(request, FLOOR, PLANNER),
            "now": timezone.now(),
        },
    )


@staff_only()
def run_on_floor(request: HttpRequest, pk: str) -> HttpResponse:
    """A run at the machine: its steps, its sheets, its pieces; what went wrong is scrapped here."""
    now = timezone.now()
    found = get_object_or_404(Run, pk=pk)
    pieces = list(
        Piece.objects.filter(run=found)
        .select_related(*(f"line__{name}" for name in WITH_DESIGN))
        .defer(f"line__{WITHOUT_SOURCE}")
        .order_by("line", "index")
    )
    members = rows_of(list({piece.line_id: piece.line for piece in pieces}.values()), now=now, pieces=pieces)
    names = read_names()
    operations = list(found.operations.select_related("machine", "work_centre"))
    open_steps = [each.step for each in operations if each.state in ("planned", "started")]
    return render(
        request,
        "staff/floor_run.html",
        {
            "run": found,
            "made_of": names.run(found.key),
            "members": members,
            "operations": [
                {
                    "row": each,
                    "setup": names.setup(each.setup_family),
                    "changes_setup": each.setup_family not in (each.machine.setup_state, "any"),
                    "can_start": each.state == "planned" and each.step == min(open_steps),
                }
                for each in operations
            ],
            "sheets": drawings_of(found, members),
            "scraps": [
                (scrap, who(scrap.actor)) for scrap in found.scraps.select_related("piece__line__order")
            ],
            "reasons": COMMON_REASONS,
            "may_work": is_in(request, FLOOR, PLANNER),
            "may_scrap": is_in(request, FLOOR, PLANNER) and found.state == "started",
            **files_of(found),
        },
    )


def _work(request: HttpRequest, do: Callable[[], object], done: str) -> None:
    try:
        do()
    except (shopfloor.FloorRefused, MoveRefused) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)


@staff_only(FLOOR, PLANNER)
@require_POST
def start(request: HttpRequest, operation_id: int) -> HttpResponse:
    operation = get_object_or_404(Operation.objects.select_related("run", "machine"), pk=operation_id)
    _work(
        request,
        lambda: shopfloor.start(operation=operation, actor=actor(request), now=timezone.now()),
        f"R-{operation.run.number} runs on {operation.machine.name}.",
    )
    return _back(request, operation)


@staff_only(FLOOR, PLANNER)
@require_POST
def finish(request: HttpRequest, operation_id: int) -> HttpResponse:
    operation = get_object_or_404(Operation.objects.select_related("run", "machine"), pk=operation_id)
    _work(
        request,
        lambda: shopfloor.finish(operation=operation, actor=actor(request), now=timezone.now()),
        f"R-{operation.run.number} is done on {operation.machine.name}.",
    )
    return _back(request, operation)


@staff_only(FLOOR, PLANNER)
@require_POST
def scrap(request: HttpRequest, piece_id: int) -> HttpResponse:
    piece = get_object_or_404(Piece.objects.select_related("line__order"), pk=piece_id)
    run_id = piece.run_id
    form = ScrapReason(request.POST)
    if form.is_valid():
        _work(
            request,
            lambda: shopfloor.scrap(
                piece=piece, reason=form.cleaned_data["why"], actor=actor(request), now=timezone.now()
            ),
            f"Piece {piece.index} of {piece.line.order.number}/{piece.line.position} is scrapped: "
            "it is owed again, and the next plan makes it anew.",
        )
    else:
        messages.error(request, mistakes(form))
    return redirect("floor-run", pk=run_id) if run_id else redirect("floor")


@staff_only(FLOOR, PLANNER)
@require_POST
def stop_machine(request: HttpRequest, code: str) -> HttpResponse:
    """Take a machine out of service, and say which released runs wait for it."""
    machine = get_object_or_404(Machine, code=code)
    form = MachineDown(request.POST)
    if not form.is_valid():
        messages.error(request, mistakes(form))
        return redirect("floor")
    now, hours = timezone.now(), form.cleaned_data["hours"]
    try:
        upkeep.stop(
            machine=machine,
            reason=form.cleaned_data["reason"],
            until=now + timedelta(hours=float(hours)) if hours else None,
            actor=actor(request),
            now=now,
        )
    except upkeep.UpkeepRefused as refusal:
        messages.error(request, str(refusal))
    else:
        waiting = ", ".join(str(run) for run in upkeep.released_to(machine=machine))
        held = f" Released to it: {waiting}; undo a release to have it planned elsewhere." if waiting else ""
        messages.success(request, f"{machine} is out of service; a repair of the plan goes around it.{held}")
    return redirect("floor")


@staff_only(FLOOR, PLANNER)
@require_POST
def start_machine(request: HttpRequest, code: str) -> HttpResponse:
    machine = get_object_or_404(Machine, code=code)
    try:
        upkeep.start(machine=machine, actor=actor(request), now=timezone.now())
    except upkeep.UpkeepRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{machine} is back in service; the next plan uses it.")
    return redirect("floor")


def _back(request: HttpRequest, operation: Operation) -> HttpResponse:
    """To the page the button was on: one of two, never an address from outside."""
    if request.POST.get("from") == "run":
        return redirect("floor-run", pk=operation.run_id)
    return redirect("floor")
