"""Ways to mend a finding, as choices to make; only those are offered that are seen to work.

Rules propose; `proven` lays the surface out again with each proposal and examines it. Of several proposals
of a kind (the same options, the same first word: larger and larger letters, one font or another) the first
that works is offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from math import ceil

from configurator.engine.expressions import ExpressionError, parse
from configurator.engine.geometry import millimetres
from configurator.engine.layout.scene import Finding, Fix, Severity
from configurator.engine.placing import write_placement
from configurator.engine.preflight.case import Case
from configurator.engine.rules import fill, values_of
from configurator.engine.spec import Choice, OptionSpec

# The findings that a surface has after these changes; None where they cannot be made.
Outcome = Callable[[Mapping[str, Choice]], tuple[Finding, ...] | None]

# Letters are made larger in these steps until they are large enough; fonts are tried in the family's order.
GROWTH = (1.0, 1.1, 1.25, 1.5, 2.0)
# How many proposals are tried for a finding before it is told without a repair.
TRIED: Mapping[Severity, int] = {"refuse": 12, "warn": 3, "fixed": 0}


def proven(finding: Finding, others: tuple[Finding, ...], outcome: Outcome) -> Finding:
    """The finding with those of its repairs that mend it and spoil nothing else."""
    offered: list[Fix] = []
    known: set[tuple[frozenset[str], str]] = set()
    for fix in finding.repairs[: TRIED[finding.severity]]:
        kind = frozenset(fix.changes), fix.label.split(" ")[0]
        if kind not in known and _mends(finding, others, outcome(fix.changes)):
            known.add(kind)
            offered.append(fix)
    return replace(finding, repairs=tuple(offered))


def _mends(finding: Finding, before: tuple[Finding, ...], after: tuple[Finding, ...] | None) -> bool:
    if after is None:
        return False
    known = {(each.code, each.element) for each in before if each.severity == "refuse"}
    for each in after:
        if (each.code, each.element) == (finding.code, finding.element) and each.severity != "fixed":
            return False
        if each.severity == "refuse" and (each.code, each.element) not in known:
            return False
    return True


def larger_letters(case: Case, element: str, *, share: float) -> tuple[Fix, ...]:
    """Letters so many times as large: by the placement's width, or by the number option that says how high
    they are."""
    share = max(share, 1.0)
    placed = case.placement(element)
    if placed is not None:
        code, placement = placed
        widths = dict.fromkeys(
            ceil(placement.width_um * share * step / 1000) * 1000 for step in GROWTH if share * step > 1
        )
        return tuple(
            Fix(
                f"Make it {millimetres(width)} mm wide",
                {code: write_placement(replace(placement, width_um=width))},
            )
            for width in widths
        )
    described = case.elements.get(element)
    if described is None or described.size is None:
        return ()
    return tuple(fix for option in _numbers_in(case, described.size) for fix in _larger(case, option, share))


def _numbers_in(case: Case, expression: str) -> Iterator[OptionSpec]:
    return (option for option in _options_in(case, expression) if option.kind == "integer")


def _options_in(case: Case, expression: str) -> Iterator[OptionSpec]:
    assert case.spec is not None
    try:
        codes = dict.fromkeys(reference.option for reference in parse(expression).references)
    except ExpressionError:
        return
    for code in codes:
        option = case.spec.option_by_code.get(code)
        if option is not None:
            yield option


def _larger(case: Case, option: OptionSpec, share: float) -> Iterator[Fix]:
    now = case.chosen(option.code)
    if not isinstance(now, int):
        return
    seen = {now}
    for step in GROWTH:
        wanted = ceil(now * share * step)
        on_grid = option.minimum + -(-(wanted - option.minimum) // option.step) * option.step
        value = min(on_grid, option.maximum - (option.maximum - option.minimum) % option.step)
        if value > now and value not in seen:
            seen.add(value)
            yield Fix(f"{option.name}: {value} {option.unit}".rstrip(), {option.code: value})


def more_room(case: Case, element: str, *, share: float) -> tuple[Fix, ...]:
    """Other values of what an element's box and its surface are measured by: numbers so many times as large,
    other choices."""
    described = case.elements.get(element)
    if described is None or case.spec is None:
        return ()
    surface = case.spec.surface_by_code[case.scene.surface]
    fixes: dict[str, Fix] = {}
    for expression in (*described.box, surface.width, surface.height):
        for option in _options_in(case, expression):
            if option.kind == "integer":
                found = tuple(_larger(case, option, max(share, 1.0)))
            elif option.kind == "choice":
                found = tuple(
                    Fix(f"{option.name}: {value.name}", {option.code: value.code})
                    for value in option.values
                    if value.code != case.chosen(option.code)
                )
            else:
                continue
            fixes |= {fix.label: fix for fix in found}
    return tuple(fixes.values())


def other_fonts(case: Case, element: str) -> tuple[Fix, ...]:
    """The other values of the option that decides the font."""
    described = case.elements.get(element)
    if described is None:
        return ()
    return tuple(
        Fix(f"Use {value.name}", {option.code: value.code})
        for option in case.options_of(described.font)
        if option.kind == "choice"
        for value in option.values
        if value.code != case.chosen(option.code)
        and fill(described.font, values_of(option, value.code)) is not None
    )


def without_letters(case: Case, element: str, letters: tuple[str, ...]) -> tuple[Fix, ...]:
    """The text without these letters, where something is left of it."""
    described = case.elements.get(element)
    if described is None or not described.option:
        return ()
    text = str(case.chosen(described.option) or "")
    rest = text
    for letter in letters:
        rest = rest.replace(letter, "")
    rest = " ".join(rest.split(" ")).strip()
    if not rest or rest == text:
        return ()
    named = ", ".join(f"“{letter}”" for letter in letters)
    return (Fix(f"Leave out {named}", {described.option: rest}),)
