"""Small random products, and what is true of them by trying everything."""

from collections.abc import Iterator, Mapping
from itertools import product

from hypothesis import strategies as st

from configurator.engine.rules import environment_of, rule_holds
from configurator.engine.spec import Choice, FamilySpec, OptionSpec, Quantity, RuleSpec, TableSpec, ValueSpec

PICTURE = "0" * 64
_NUMBERS = st.integers(-4, 12)


@st.composite
def _choice(draw: st.DrawFn, code: str) -> OptionSpec:
    count = draw(st.integers(1, 10 if code == "a" else 4))
    values = tuple(
        ValueSpec(
            f"{code}{index}", f"Value {index}", {"n": Quantity(draw(_NUMBERS)), "big": draw(st.booleans())}
        )
        for index in range(count)
    )
    default = draw(st.sampled_from([None, *(value.code for value in values)]))
    return OptionSpec(code=code, name=code.upper(), kind="choice", values=values, default=default)


@st.composite
def _integer(draw: st.DrawFn, code: str) -> OptionSpec:
    low, step, points = draw(st.integers(-3, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 7))
    default = draw(st.sampled_from([None, *(low + step * index for index in range(points))]))
    high = low + step * (points - 1)
    return OptionSpec(
        code=code, name=code.upper(), kind="integer", minimum=low, maximum=high, step=step, default=default
    )


@st.composite
def _other(draw: st.DrawFn, code: str) -> OptionSpec:
    required = draw(st.booleans())
    if draw(st.booleans()):
        return OptionSpec(code=code, name=code.upper(), kind="image", required=required)
    default = draw(st.sampled_from([None, "x", "xy"]))
    return OptionSpec(code=code, name="T", kind="text", required=required, max_length=2, default=default)


def _atom(draw: st.DrawFn, options: list[OptionSpec]) -> str:
    """One comparison, or the truth of an attribute."""
    option = draw(st.sampled_from(options))
    if option.kind == "choice" and draw(st.booleans()):
        shape = draw(st.integers(0, 2))
        codes = draw(st.lists(st.sampled_from(option.codes), min_size=1, max_size=3))
        if shape == 0:
            return f"{option.code}.big"
        if shape == 1:
            return f"{option.code} in ({', '.join(repr(code) for code in codes)})"
        return f"{option.code} {draw(st.sampled_from(['==', '!=']))} '{codes[0]}'"
    sign = draw(st.sampled_from(["==", "!=", "<", ">", "<=", ">="]))
    return f"{_sum(draw, options, 2)} {sign} {_sum(draw, options, 1)}"


def _sum(draw: st.DrawFn, options: list[OptionSpec], terms: int) -> str:
    return draw(st.sampled_from([" + ", " - ", " * "])).join(_term(draw, options) for _ in range(terms))


def _term(draw: st.DrawFn, options: list[OptionSpec]) -> str:
    option = draw(st.sampled_from(options))
    name = {"choice": f"{option.code}.n", "text": f"{option.code}.length", "image": f"{option.code}.count"}
    number = draw(_NUMBERS)
    shapes = ["{name}", "{number}", "{factor} * {name}", "max({name}, {number})", "{name} / {name}"]
    shape = draw(st.sampled_from([*shapes, "floor({name} / 2)", "if({condition}, {name}, {number})"]))
    known = [option for option in options if option.kind == "choice"]
    return shape.format(
        name=name.get(option.kind, option.code),
        number=f"({number})",
        factor=draw(st.sampled_from(["2", "0.5", "(-1)"])),
        condition=f"{known[0].code} == '{known[0].codes[0]}'" if known else "true",
    )


def _formula(draw: st.DrawFn, options: list[OptionSpec], depth: int) -> str:
    kind = draw(st.integers(0, 6)) if depth else 0
    if kind < 2:
        return _atom(draw, options)
    if kind == 2:
        return f"!({_formula(draw, options, depth - 1)})"
    operator = ["&", "|", "=>", "<=>"][kind - 3]
    return f"({_formula(draw, options, depth - 1)}) {operator} ({_formula(draw, options, depth - 1)})"


def _table(draw: st.DrawFn, options: list[OptionSpec]) -> TableSpec | None:
    choices = [option for option in options if option.kind == "choice"]
    if not choices:
        return None
    columns = draw(
        st.lists(st.sampled_from(choices), min_size=1, max_size=3, unique_by=lambda option: option.code)
    )
    row = st.tuples(
        *(st.lists(st.sampled_from(each.codes), min_size=1, unique=True).map(tuple) for each in columns)
    )
    rows = draw(st.lists(row, min_size=1, max_size=7))
    return TableSpec(tuple(option.code for option in columns), tuple(rows), allowed=draw(st.booleans()))


@st.composite
def families(draw: st.DrawFn) -> FamilySpec:
    """Products of up to six options with rules over one, two and three of them; some are void."""
    options = [draw(_choice(code)) for code in "abc"[: draw(st.integers(1, 3))]]
    options += [draw(_integer(code)) for code in "xy"[: draw(st.integers(0, 2))]]
    options += [draw(_other(code)) for code in "t"[: draw(st.integers(0, 1))]]
    rules: list[RuleSpec] = []
    for number in range(draw(st.integers(0, 4))):
        table = _table(draw, options) if draw(st.integers(0, 3)) == 0 else None
        expr = None if table else _formula(draw, options, 2)
        rules.append(RuleSpec(code=f"R{number}", expr=expr, table=table))
    return FamilySpec(code="random", name="Random", options=tuple(options), rules=tuple(rules))


def possible_choices(option: OptionSpec) -> list[Choice | None]:
    """Everything that an option can be, None for left out."""
    if option.kind == "choice":
        return list(option.codes)
    if option.kind == "integer":
        return list(range(option.minimum, option.maximum + 1, option.step))
    if option.kind == "text":
        return [*([] if option.required else [""]), "x", "xy"]
    return [*([] if option.required else [None]), PICTURE]


def all_valid(spec: FamilySpec) -> list[dict[str, Choice | None]]:
    """Every configuration that breaks no rule."""
    return [each for each in _all(spec) if _keeps_rules(spec, each)]


def _all(spec: FamilySpec) -> Iterator[dict[str, Choice | None]]:
    for chosen in product(*(possible_choices(option) for option in spec.options)):
        yield {option.code: value for option, value in zip(spec.options, chosen, strict=True)}


def _keeps_rules(spec: FamilySpec, chosen: Mapping[str, Choice | None]) -> bool:
    given = {code: value for code, value in chosen.items() if value is not None}
    environment = environment_of(spec, given, finished=True)
    return all(rule_holds(rule, environment) is True for rule in spec.rules)


def agrees(
    spec: FamilySpec,
    configuration: Mapping[str, Choice | None],
    choices: Mapping[str, Choice],
    *,
    but: str = "",
) -> bool:
    """Whether a configuration has these choices (texts by their length), apart from the option `but`."""
    return all(
        measure(spec, code, configuration[code]) == measure(spec, code, value)
        for code, value in choices.items()
        if code != but
    )


def measure(spec: FamilySpec, code: str, value: Choice | None) -> Choice:
    """What rules see of a choice."""
    kind = spec.option_by_code[code].kind
    if kind == "text":
        return len(str(value or ""))
    return int(bool(value)) if kind == "image" else value  # type: ignore[return-value]


@st.composite
def families_with_choices(draw: st.DrawFn) -> tuple[FamilySpec, dict[str, Choice]]:
    """A product and choices for some of its options, consistent or not."""
    spec = draw(families())
    chosen = {
        option.code: draw(st.sampled_from([None, *possible_choices(option)])) for option in spec.options
    }
    return spec, {code: value for code, value in chosen.items() if value is not None}
