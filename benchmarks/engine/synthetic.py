"""A product of 40 options and 250 values with rules of three kinds, made from a seed, in both languages.

The same rules are written for us (a `FamilySpec`) and for the peers that read UVL, a constraint each. A few
configurations are drawn first and every rule is made so that it leaves them: the product is never void.
"""

import random
from dataclasses import dataclass

from configurator.engine.spec import FamilySpec, GroupSpec, OptionSpec, RuleSpec, TableSpec, ValueSpec

OPTIONS, VALUES = 40, 250
REQUIREMENTS, EXCLUSIONS, TABLES = 50, 50, 16
PLANTED = 6

Part = tuple[int, tuple[int, ...]]  # an option, and some of its values


@dataclass(frozen=True)
class Synthetic:
    spec: FamilySpec
    uvl: str


def product(*, seed: int) -> Synthetic:
    chance = random.Random(seed)
    sizes = [VALUES // OPTIONS] * OPTIONS
    for number in chance.sample(range(OPTIONS), VALUES - sum(sizes)):
        sizes[number] += 1
    planted = [tuple(chance.randrange(size) for size in sizes) for _ in range(PLANTED)]
    rules: list[RuleSpec] = []
    constraints: list[str] = []
    while len(rules) < REQUIREMENTS:
        given, then = _parts(chance, sizes, (1, 3))
        if all(each[given[0]] not in given[1] or each[then[0]] in then[1] for each in planted):
            rules.append(RuleSpec(f"R{len(rules)}", expr=f"{_ours(given)} => {_ours(then)}"))
            constraints.append(f"{_uvl(given)} => {_uvl(then)}")
    while len(rules) < REQUIREMENTS + EXCLUSIONS:
        parts = _parts(chance, sizes, (1, 2, 2))
        if not any(all(each[option] in some for option, some in parts) for each in planted):
            rules.append(RuleSpec(f"R{len(rules)}", expr=f"!({' & '.join(_ours(part) for part in parts)})"))
            constraints.append(f"!({' & '.join(_uvl(part) for part in parts)})")
    for _ in range(TABLES):
        rule, constraint = _table(chance, sizes, planted, code=f"R{len(rules)}")
        rules.append(rule)
        constraints += constraint
    options = tuple(
        OptionSpec(
            code=f"o{number}",
            name=f"o{number}",
            kind="choice",
            group="all",
            values=tuple(ValueSpec(f"o{number}_v{index}", f"o{number}_v{index}") for index in range(size)),
        )
        for number, size in enumerate(sizes)
    )
    spec = FamilySpec(
        code="synthetic",
        name="40 options, 250 values",
        groups=(GroupSpec("all", "All"),),
        options=options,
        rules=tuple(rules),
    )
    return Synthetic(spec, _file(sizes, constraints))


def _parts(chance: random.Random, sizes: list[int], counts: tuple[int, ...]) -> list[Part]:
    """Different options, of each so many values."""
    options = chance.sample(range(len(sizes)), len(counts))
    return [
        (option, tuple(sorted(chance.sample(range(sizes[option]), count))))
        for option, count in zip(options, counts, strict=True)
    ]


def _table(
    chance: random.Random, sizes: list[int], planted: list[tuple[int, ...]], *, code: str
) -> tuple[RuleSpec, list[str]]:
    """Three options; of the combinations that are not planted, three of five are allowed.

    UVL has no tables: there each pair of values of the first two has its constraint on the third.
    """
    first, second, third = chance.sample(range(len(sizes)), 3)
    rows: list[tuple[tuple[str, ...], ...]] = []
    said: list[str] = []
    kept = {(each[first], each[second], each[third]) for each in planted}
    for a in range(sizes[first]):
        for b in range(sizes[second]):
            allowed = tuple(c for c in range(sizes[third]) if (a, b, c) in kept or chance.random() < 0.6)
            rows += [((f"o{first}_v{a}",), (f"o{second}_v{b}",), (f"o{third}_v{c}",)) for c in allowed]
            then = _uvl((third, allowed)) if allowed else ""
            pair = f"(o{first}_v{a} & o{second}_v{b})"
            said.append(f"{pair} => {then}" if then else f"!{pair}")
    table = TableSpec(options=(f"o{first}", f"o{second}", f"o{third}"), rows=tuple(rows), allowed=True)
    return RuleSpec(code, table=table), said


def _ours(part: Part) -> str:
    option, values = part
    quoted = ", ".join(f"'o{option}_v{value}'" for value in values)
    return f"o{option} == {quoted}" if len(values) == 1 else f"o{option} in ({quoted})"


def _uvl(part: Part) -> str:
    option, values = part
    return "(" + " | ".join(f"o{option}_v{value}" for value in values) + ")"


def _file(sizes: list[int], constraints: list[str]) -> str:
    lines = ["features", "\tproduct", "\t\tmandatory"]
    for number, size in enumerate(sizes):
        lines += [f"\t\t\to{number}", "\t\t\t\talternative"]
        lines += [f"\t\t\t\t\to{number}_v{index}" for index in range(size)]
    return "\n".join([*lines, "constraints", *(f"\t{each}" for each in constraints), ""])
