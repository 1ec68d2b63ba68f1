"""The problem and the answer with what every family of rules looks up, and how a breach is named."""

from collections.abc import Iterable
from functools import cached_property

from production.engine.certificate.findings import Breach
from production.engine.certificate.working_time import WorkingTime, minus
from production.engine.proposal import FrozenOperation, Operation, Problem, Proposal, Run
from production.engine.shop import Machine
from production.engine.work import Unit

# So many lines of an operation a breach names.
NAMED_LINES = 3


class Case:
    """Read-only. Tables by code are built once, from the shapes alone: of two entries of one code the first
    counts."""

    def __init__(self, problem: Problem, proposal: Proposal) -> None:
        self.problem = problem
        self.proposal = proposal
        shop = problem.shop
        self.shop = shop
        self.units: dict[str, Unit] = {unit.id: unit for unit in problem.units}
        self.runs: dict[str, Run] = {run.id: run for run in reversed(proposal.runs)}
        self.centres = {centre.code: centre for centre in shop.work_centres}
        self.machines = {machine.code: machine for machine in shop.machines}
        self.stocks = {stock.material: stock for stock in shop.materials}
        self.operators = {operator.code: operator for operator in shop.operators}
        self.tools = {tool.code: tool for tool in shop.tools}
        self.calendars = {calendar.code: calendar for calendar in shop.calendars}
        self.rules = {(rule.work_centre, rule.from_family, rule.to_family): rule for rule in shop.setups}
        self._times: dict[str, WorkingTime] = {}
        self._shifts: dict[str, WorkingTime] = {}

    @cached_property
    def operations_of(self) -> dict[str, list[int]]:
        """Numbers of the operations by run."""
        found: dict[str, list[int]] = {}
        for number, operation in enumerate(self.proposal.operations):
            found.setdefault(operation.run, []).append(number)
        return found

    @cached_property
    def worst_setup(self) -> dict[tuple[str, str], int]:
        """The longest set-up by work centre and family."""
        worst: dict[tuple[str, str], int] = {}
        for rule in self.shop.setups:
            place = rule.work_centre, rule.to_family
            worst[place] = max(worst.get(place, 0), rule.seconds)
        return worst

    def working_time(self, machine: Machine) -> WorkingTime:
        """The calendar of a machine without its planned stops."""
        found = self._times.get(machine.code)
        if found is None:
            calendar = self.calendars.get(machine.calendar)
            found = WorkingTime(minus(calendar.intervals if calendar else (), machine.stops))
            self._times[machine.code] = found
        return found

    def shifts(self, calendar: str) -> WorkingTime:
        """The working time of a calendar."""
        found = self._shifts.get(calendar)
        if found is None:
            known = self.calendars.get(calendar)
            found = self._shifts[calendar] = WorkingTime(known.intervals if known else ())
        return found

    def setup(self, work_centre: str, before: str, after: str) -> tuple[int, int]:
        """Seconds and cost of the change from one family to another."""
        if before == after:
            return 0, 0
        rule = self.rules.get((work_centre, before, after)) or self.rules.get((work_centre, None, after))
        return (rule.seconds, rule.cost) if rule else (0, 0)

    def setup_time(self, operation: Operation) -> int:
        """Working time of the set-up of an operation; 0 on a machine that the shop does not have."""
        machine = self.machines.get(operation.machine)
        return (
            self.working_time(machine).between(operation.setup_start, operation.start)
            if machine and operation.setup_start < operation.start
            else 0
        )

    @cached_property
    def kept_operations(self) -> frozenset[int]:
        """Numbers of the operations that the plan in force has at the same time, in its frozen zone."""
        base, until = self.problem.base, self.problem.zones.frozen_until
        if base is None:
            return frozenset()
        held = {_standing(operation) for operation in base.operations if operation.setup_start < until}
        return frozenset(n for n, o in enumerate(self.proposal.operations) if _standing(o) in held)

    # --- how a breach is named ----------------------------------------------------------------------------

    def of_unit(self, kind: str, unit: str, text: str, *, run: Run | None = None, name: str = "") -> Breach:
        """Of a unit; of a run, at the machine and moment at which the run is made together."""
        made = self._made_together(run) if run else None
        return Breach(
            kind,
            " ".join(part for part in (run.id if run else "", unit, name) if part),
            text,
            line=self.units[unit].line if unit in self.units else "",
            run=run.id if run else "",
            machine=made.machine if made else "",
            at=made.start if made else None,
        )

    def of_run(self, kind: str, run: Run, text: str, *, name: str = "") -> Breach:
        made = self._made_together(run)
        return Breach(
            kind,
            f"{run.id} {name}".rstrip(),
            text,
            line=self.lines(run.units),
            run=run.id,
            machine=made.machine if made else "",
            at=made.start if made else None,
        )

    def of_operation(
        self, kind: str, operation: Operation, text: str, *, unit: str = "", at: int | None = None
    ) -> Breach:
        return Breach(
            kind,
            f"{name_of(operation)}{' ' * bool(unit)}{unit}",
            text,
            line=self.lines((unit,) if unit else operation.units),
            run=operation.run,
            machine=operation.machine,
            at=operation.setup_start if at is None else at,
        )

    def of_frozen(self, kind: str, frozen: FrozenOperation, text: str) -> Breach:
        return Breach(kind, frozen.id, text, run=frozen.run, machine=frozen.machine, at=frozen.start)

    def lines(self, units: Iterable[str]) -> str:
        """The lines of these units, the first few by name."""
        found = list(dict.fromkeys(self.units[unit].line for unit in units if unit in self.units))
        more = len(found) - NAMED_LINES
        return ", ".join(found[:NAMED_LINES]) + (f" and {more} more" if more > 0 else "")

    def _made_together(self, run: Run) -> Operation | None:
        """The operation at which a run is made together."""
        for number in self.operations_of.get(run.id, ()):
            operation = self.proposal.operations[number]
            if (operation.step, operation.setup_family) == (run.key.step, run.key.setup_family):
                return operation
        return None


def name_of(operation: Operation) -> str:
    return f"{operation.run} step {operation.step} {operation.setup_family} {operation.machine}"


def _standing(operation: Operation) -> tuple[frozenset[str], int, str, str, int, int]:
    return (
        frozenset(operation.units),
        operation.step,
        operation.setup_family,
        operation.machine,
        operation.start,
        operation.end,
    )
