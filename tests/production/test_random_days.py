"""Days in the workshop at random: whatever people do in whatever order, every invariant holds after it."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from orders.changes import CannotCancel, CannotChange, cancel
from orders.models import Line, Order
from production import events, planning, review, shopfloor, stock, upkeep
from production.models import Machine, Material, Operation, OperationState, Piece, PieceState, Run, RunState
from tests.production.workshop import NOW, line_writer, load_test_shop, sound

pytestmark = pytest.mark.django_db
REFUSALS = (
    review.ReviewRefused,
    review.PlanBroken,
    review.Outdated,
    shopfloor.FloorRefused,
    stock.MaterialShort,
    stock.StockRefused,
    CannotCancel,
    CannotChange,
)


class Day:
    """One workshop, a clock, and things that people do."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now: datetime = NOW
        self.place = line_writer()
        self.last = ""
        self.done: dict[str, int] = {}
        self.refused: dict[str, int] = {}

    def step(self) -> None:
        actions: list[tuple[int, Callable[[], None]]] = [
            (5, self.order),
            (4, self.propose),
            (4, self.release),
            (1, self.pin),
            (1, self.unpin),
            (2, self.split),
            (1, self.reject),
            (2, self.undo),
            (6, self.start),
            (6, self.finish),
            (1, self.scrap),
            (1, self.cancel),
            (1, self.fewer),
            (1, self.machine_down_and_up),
            (1, self.receive),
            (1, self.count),
            (3, self.wait),
        ]
        weights = [weight for weight, _ in actions]
        action = self.chance.choices([act for _, act in actions], weights)[0]
        name = self.last = action.__name__
        try:
            action()
            self.done[name] = self.done.get(name, 0) + 1
        except REFUSALS:
            self.refused[name] = self.refused.get(name, 0) + 1

    def order(self) -> None:
        self.place(
            quantity=self.chance.randint(1, 5),
            material=self.chance.choice(["oak", "walnut"]),
            width=self.chance.randint(60, 620),
            seconds=self.chance.choice([60, 300, 4000]),
            due_days=self.chance.randint(0, 6),
            routing=self.chance.random() > 0.05,
        )

    def propose(self) -> None:
        planning.store(planning.compute(actor="user:bob", now=self.now), now=self.now)

    def a_run(self, *states: RunState) -> Run:
        runs = list(Run.objects.filter(state__in=states))
        if not runs:
            raise review.ReviewRefused(["There is no such run."])
        return self.chance.choice(runs)

    def release(self) -> None:
        review.release(run=self.a_run(RunState.PROPOSED), actor="user:bob", now=self.now)

    def pin(self) -> None:
        review.pin(run=self.a_run(RunState.PROPOSED), actor="user:bob", now=self.now)

    def unpin(self) -> None:
        review.unpin(run=self.a_run(RunState.PROPOSED), actor="user:bob", now=self.now)

    def split(self) -> None:
        run = self.a_run(RunState.PROPOSED)
        pieces = list(run.pieces.all())
        some = self.chance.sample(pieces, self.chance.randint(0, len(pieces)))
        review.split(run=run, pieces=some, actor="user:bob", now=self.now)

    def reject(self) -> None:
        run = self.a_run(RunState.PROPOSED, RunState.RELEASED, RunState.STARTED)
        review.reject(run=run, reason="not today", actor="user:bob", now=self.now)

    def undo(self) -> None:
        run = self.a_run(RunState.PROPOSED, RunState.RELEASED, RunState.REJECTED)
        review.undo(run=run, actor="user:bob", now=self.now)

    def start(self) -> None:
        waiting = Operation.objects.filter(
            state=OperationState.PLANNED, run__state__in=["released", "started"]
        )
        if not waiting:
            raise shopfloor.FloorRefused(["Nothing to start."])
        shopfloor.start(operation=self.chance.choice(list(waiting)), actor="user:finn", now=self.now)

    def finish(self) -> None:
        working = list(Operation.objects.filter(state=OperationState.STARTED))
        if not working:
            raise shopfloor.FloorRefused(["Nothing to finish."])
        shopfloor.finish(operation=self.chance.choice(working), actor="user:finn", now=self.now)

    def scrap(self) -> None:
        pieces = list(Piece.objects.filter(state=PieceState.RELEASED))
        if not pieces:
            raise shopfloor.FloorRefused(["Nothing to scrap."])
        shopfloor.scrap(piece=self.chance.choice(pieces), reason="burnt", actor="user:finn", now=self.now)

    def cancel(self) -> None:
        orders = list(Order.objects.all())
        if orders:
            cancel(order=self.chance.choice(orders), reason="", actor="user:ann", now=self.now)

    def fewer(self) -> None:
        line = self.chance.choice(list(Line.objects.all()))
        quantity = self.chance.randint(0, line.quantity)
        events.fewer(line=line, quantity=quantity, reason="fewer guests", actor="user:bob", now=self.now)

    def machine_down_and_up(self) -> None:
        machine = self.chance.choice(list(Machine.objects.all()))
        upkeep.stop(machine=machine, reason="lens", actor="user:finn", now=self.now)
        # A plan around it follows at once: until then the plan in force is rightly called broken.
        self.propose()
        upkeep.start(machine=machine, actor="user:finn", now=self.now)
        self.propose()

    def receive(self) -> None:
        stock.receive(material=self.a_material(), quantity=3, actor="user:finn", now=self.now)

    def count(self) -> None:
        material = self.a_material()
        found = max(material.on_hand + self.chance.randint(-6, 6), 0)
        stock.count(material=material, on_hand=found, actor="user:finn", now=self.now)
        self.propose()

    def a_material(self) -> Material:
        return self.chance.choice(list(Material.objects.all()))

    def wait(self) -> None:
        self.now += timedelta(minutes=self.chance.choice([1, 10, 60, 600]))


@pytest.mark.parametrize("seed", (0, 1, 2, 4, 5))
def test_every_invariant_holds_after_every_step_of_a_random_day(seed: int) -> None:
    load_test_shop()
    day = Day(seed)
    for _ in range(3):
        day.order()
    day.propose()
    for _ in range(80):
        day.step()
        try:
            sound()
        except AssertionError as broken:
            raise AssertionError(f"after {day.last} at {day.now}: {broken}") from broken
    assert day.done.get("release") and day.done.get("start"), (day.done, day.refused)
