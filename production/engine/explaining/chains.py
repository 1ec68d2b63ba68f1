"""Why a line ends when it does: back from its end through what held it up each time, to now."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from production.engine.proposal import FrozenOperation, Operation, Problem, Proposal
from production.engine.work import Unit

# Own work and set-up, waiting for others' on a machine or a person, closed, and what is not the floor's.
KINDS = (
    "work",
    "setup",
    "queue",
    "operator",
    "closed",
    "stop",
    "lag",
    "material",
    "release",
    "review",
    "slack",
)


class Span(NamedTuple):
    """``seconds`` on the way to the end of a line, from ``start`` to ``end``, and what for.

    ``work`` and ``setup`` are its own run's; ``queue`` is another run's set-up or work on the machine that it
    waits for, ``operator`` the same of a person; ``closed`` and ``stop`` are times in which the machine does
    not work; ``lag`` has to go by between two steps; ``material`` and ``release`` wait for something to come;
    ``review`` is before new work may begin; ``slack`` is none of it.
    """

    kind: str
    start: int
    end: int
    machine: str = ""
    run: str = ""
    what: str = ""

    @property
    def seconds(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Why:
    """Why a line ends when it does: ``spans`` from now to ``end``.

    ``late`` is by how many seconds it misses its promise, 0 when it does not. ``binds`` is what most of the
    waiting is for: kind, and machine or what. ``run`` is the one that ends last of those that make it.
    """

    line: str
    end: int
    due: int | None
    spans: tuple[Span, ...]
    run: str = ""

    @property
    def late(self) -> int:
        return max(self.end - self.due, 0) if self.due is not None else 0

    @property
    def binds(self) -> tuple[str, str]:
        waits: Counter[tuple[str, str]] = Counter()
        for span in self.spans:
            if span.kind not in ("work", "review", "slack"):
                waits[span.kind, span.machine or span.what] += span.seconds
        return max(waits, key=lambda each: (waits[each], each)) if waits else ("work", "")


class NotPlanned(ValueError):
    """The line is in no run of this plan."""


# --- why then ---------------------------------------------------------------------------------------------


def chain(problem: Problem, proposal: Proposal, line: str) -> Why:
    """What holds the line up until its end. Raises ``NotPlanned``."""
    return Explainer(problem, proposal).chain(line)


class Explainer:
    """A plan prepared for many questions."""

    def __init__(self, problem: Problem, proposal: Proposal) -> None:
        self._problem = problem
        self._units = {unit.id: unit for unit in problem.units}
        self._by_line: dict[str, list[Unit]] = {}
        self._by_group: dict[str, list[Unit]] = {}
        for unit in problem.units:
            self._by_line.setdefault(unit.line, []).append(unit)
            if unit.together:
                self._by_group.setdefault(unit.together, []).append(unit)
        self._of_unit: dict[str, list[Operation]] = {}
        for operation in sorted(proposal.operations, key=lambda o: (o.step, o.end)):
            for name in operation.units:
                self._of_unit.setdefault(name, []).append(operation)
        self._runs = {run.id: run for run in proposal.runs}
        self._frozen = {operation.id: operation for operation in proposal.frozen}
        self._previous: dict[int, Operation | FrozenOperation] = {}
        self._previous_of_operator: dict[int, Operation | FrozenOperation] = {}
        self._order(proposal)

    def chain(self, line: str, *, frozen: Collection[str] = (), due: int | None = None) -> Why:
        """What holds the line up until its end. Raises ``NotPlanned``.

        ``frozen`` are ids of frozen operations that make pieces of it, ``due`` its promise where none of its
        pieces is to be planned. What ends before now has no spans.
        """
        members = self._by_line.get(line, [])
        together = {unit.together for unit in members if unit.together}
        meant = members + [unit for group in sorted(together) for unit in self._by_group[group]]
        ends: list[Operation | FrozenOperation] = [
            *(self._of_unit[unit.id][-1] for unit in meant if unit.id in self._of_unit),
            *(self._frozen[each] for each in frozen if each in self._frozen),
        ]
        last = max(ends, key=lambda o: (o.end, o.run, o.step), default=None)
        if last is None:
            raise NotPlanned(f"The line {line} is in no run of this plan.")
        spans = tuple(span for span in reversed(list(self._back(last))) if span.seconds > 0)
        return Why(line, last.end, members[0].due if members else due, spans, last.run)

    def late(self) -> Iterator[Why]:
        """Every line that misses its promise, the latest first."""
        late = [
            why
            for line in self._by_line
            if any(unit.id in self._of_unit for unit in self._by_line[line])
            if (why := self.chain(line)).late
        ]
        yield from sorted(late, key=lambda why: (-why.late, why.line))

    def _order(self, proposal: Proposal) -> None:
        """What goes before each operation on its machine and for its operator; a load counts as one."""
        on_machine: dict[str, Operation | FrozenOperation] = {}
        of_operator: dict[str, Operation | FrozenOperation] = {}
        everything: list[Operation | FrozenOperation] = [*proposal.operations, *proposal.frozen]
        for one in sorted(everything, key=lambda o: (o.start, o.end, o.run, o.step)):
            before = on_machine.get(one.machine)
            if before is not None and one.load and before.load == one.load:
                before = self._previous.get(id(before))
            if before is not None:
                self._previous[id(one)] = before
            on_machine[one.machine] = one
            if one.operator:
                if (other := of_operator.get(one.operator)) is not None and (
                    not one.load or other.load != one.load
                ):
                    self._previous_of_operator[id(one)] = other
                of_operator[one.operator] = one

    def _back(self, last: Operation | FrozenOperation) -> Iterator[Span]:
        """Spans from the end of an operation back to now, each where the one before it begins."""
        now = self._problem.shop.now
        one: Operation | FrozenOperation = last
        at, held = last.end, ""
        while at > now:
            mine = one.run == last.run
            person = one.operator if held == "operator" else ""
            yield from self._worked(
                one, max(one.start, now), at, held or ("work" if mine else "queue"), person
            )
            at = max(one.start, now)
            flow, ready, ended = self._flow(one)
            if flow is not None and ready >= one.setup_start and at > now:
                # The pieces came when the set-up was done, or while it was.
                yield from self._gap(one, max(ready, now), at)
                yield Span("lag", max(ended, now), max(ready, now), one.machine, one.run)
                one, at, held = flow, min(at, max(ended, now)), ""
                continue
            kind = held or ("setup" if mine else "queue")
            yield from self._worked(one, max(one.setup_start, now), at, kind, person)
            at = max(one.setup_start, now)
            held, moment, following = self._binding(one, at, flow, ready)
            yield from self._gap(one, max(moment, now), at)
            at = max(moment, now)
            if following is None:
                yield Span(held, now, at, "", one.run, self._awaited(one, held))
                return
            if held == "lag":
                yield Span("lag", max(ended, now), at, one.machine, one.run)
                at = min(at, max(ended, now))
            one, held = following, "operator" if held == "operator" else ""

    def _gap(self, one: Operation | FrozenOperation, start: int, end: int) -> Iterator[Span]:
        """Time in which nothing is done for it: closed or stopped, else slack."""
        yield from self._worked(one, start, end, "slack", "")

    def _flow(self, one: Operation | FrozenOperation) -> tuple[Operation | FrozenOperation | None, int, int]:
        """The operation of the same pieces that lets this one begin last; from when on it may; its end."""
        best: tuple[int, int, Operation | FrozenOperation] | None = None
        if isinstance(one, FrozenOperation):
            for name in one.after:
                earlier = self._frozen.get(name)
                if earlier is not None and (best is None or earlier.end > best[0]):
                    best = earlier.end, earlier.end, earlier
        else:
            for name in one.units:
                mine = self._of_unit[name]
                place = next(n for n, o in enumerate(mine) if o is one)
                if place:
                    before = mine[place - 1]
                    lag = next((s.min_lag for s in self._units[name].routing if s.step == one.step), 0)
                    if best is None or before.end + lag > best[0]:
                        best = before.end + lag, before.end, before
        return (None, 0, 0) if best is None else (best[2], best[0], best[1])

    def _binding(
        self, one: Operation | FrozenOperation, at: int, flow: Operation | FrozenOperation | None, ready: int
    ) -> tuple[str, int, Operation | FrozenOperation | None]:
        """What this operation's set-up waited for last: its kind, when that was over, which operation."""
        found: list[tuple[int, int, str, Operation | FrozenOperation | None]] = [
            (self._problem.not_before, 0, "review", None)
        ]
        if (before := self._previous.get(id(one))) is not None:
            found.append((before.end, 3, "queue", before))
        if (busy := self._previous_of_operator.get(id(one))) is not None:
            found.append((busy.end, 2, "operator", busy))
        if flow is not None:
            found.append((ready, 4, "lag", flow))
        if isinstance(one, Operation) and flow is None:
            found.append((max(self._units[name].release for name in one.units), 1, "release", None))
            found.append((self._arrival(one.run), 1, "material", None))
        moment, _, kind, following = max(
            (each for each in found if each[0] <= at),
            key=lambda each: each[:2],
            default=(at, 0, "slack", None),
        )
        return kind, moment, following

    def _arrival(self, run_id: str) -> int:
        """When the last of the lots that the run uses is there."""
        run = self._runs.get(run_id)
        stock = self._problem.shop.stock
        lots = {(use.material, use.lot) for use in run.lots} if run else set()
        return max(
            (lot.available_at for material, code in lots for lot in stock[material].lots if lot.code == code),
            default=0,
        )

    def _awaited(self, one: Operation | FrozenOperation, kind: str) -> str:
        if kind == "material":
            late = self._arrival(one.run)
            return ", ".join(
                sorted(
                    use.material
                    for use in self._runs[one.run].lots
                    for lot in self._problem.shop.stock[use.material].lots
                    if lot.code == use.lot and lot.available_at == late
                )
            )
        return {"review": "new work begins after staff could look", "release": "not released before"}.get(
            kind, ""
        )

    def _worked(
        self, one: Operation | FrozenOperation, start: int, end: int, kind: str, what: str
    ) -> Iterator[Span]:
        """The time backwards, what the machine is closed or stopped in it set apart."""
        if start >= end:
            return
        machine = self._problem.shop.machine.get(one.machine)
        windows = self._problem.shop.windows.get(one.machine, ())
        at = end
        for opens, closes in reversed(windows):
            if closes <= start:
                break
            if opens >= at:
                continue
            if closes < at:
                yield self._not_worked(one, machine.stops if machine else (), closes, at)
                at = closes
            begin = max(opens, start)
            yield Span(kind, begin, at, one.machine, one.run, what)
            at = begin
        if at > start:
            yield self._not_worked(one, machine.stops if machine else (), start, at)

    def _not_worked(
        self, one: Operation | FrozenOperation, stops: Sequence[tuple[int, int]], start: int, end: int
    ) -> Span:
        stopped = any(a < end and start < b for a, b in stops)
        return Span("stop" if stopped else "closed", start, end, one.machine, one.run)
