"""Reading family files: YAML text in, a checked `FamilySpec` out, or everything that is wrong at once."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from configurator.engine.document import Document, Path, Problem, Unreadable, read_document, where_of
from configurator.engine.proofreading import Proofreader
from configurator.engine.schema import schema_problems
from configurator.engine.spec import (
    AlternateSpec,
    Attribute,
    CardinalitySpec,
    CaseSpec,
    Choice,
    ElementSpec,
    FamilySpec,
    GroupSpec,
    ManufactureSpec,
    MaterialSpec,
    MeasureSpec,
    OptionSpec,
    OtherView,
    PartSpec,
    PictureSpec,
    PriceSpec,
    Quantity,
    RuleSpec,
    StepSpec,
    SurfaceSpec,
    TableSpec,
    ValueSpec,
)
from configurator.engine.units import is_number, read_quantity

__all__ = ["FamilyError", "FamilySpec", "Problem", "read_family"]

# The solver has one literal for each point of a grid; finer ones than this need a coarser step.
MAX_POINTS = 5_000


class FamilyError(Exception):
    """A family file with everything that is wrong in it, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...], filename: str = "") -> None:
        self.problems = problems
        self.filename = filename
        super().__init__(
            "\n".join(f"{filename}: {problem}" if filename else str(problem) for problem in problems)
        )


def read_family(text: str, *, filename: str = "") -> FamilySpec:
    """Reads and checks a family file; raises `FamilyError` with all problems at once."""
    try:
        document = read_document(text)
    except Unreadable as error:
        raise FamilyError((error.problem,), filename) from None
    found = list(schema_problems(document))
    problems = [*document.repeated, *(problem for _, problem in found)]
    reader = _Reader(document, {path[:2] for path, _ in found})
    spec = reader.family() if isinstance(document.data, dict) else None
    problems += reader.problems
    if problems or spec is None:
        ordered = sorted(set(problems), key=lambda problem: (problem.line, problem.column, problem.message))
        raise FamilyError(tuple(ordered), filename)
    return spec


class _Reader:
    """Builds the facts from the parts of the document in which the schema found nothing wrong."""

    def __init__(self, document: Document, broken: set[Path]) -> None:
        self.document = document
        self.broken = broken
        self.problems: list[Problem] = []

    def family(self) -> FamilySpec:
        data = self.document.data
        options = tuple(self._option(path, item) for path, item in self._sound("options"))
        for section, members in _EITHER.items():
            for path, item in self._sound(section):
                if sum(member in item for member in members) != 1:
                    self._note(path, f"{item['code']} needs one of {', '.join(members)}")
        spec = FamilySpec(
            code=str(data.get("family", "")),
            name=str(data.get("name", "")),
            summary=str(data.get("summary", "")),
            currency=str(data.get("currency", "EUR")),
            base_price=self._money(("base_price",)),
            lead_days=data.get("lead_days", 0) if isinstance(data.get("lead_days", 0), int) else 0,
            groups=tuple(GroupSpec(item["code"], item["name"]) for _, item in self._sound("groups")),
            options=options,
            rules=tuple(self._rule(path, item, options) for path, item in self._kept("rules")),
            prices=tuple(_price(item) for _, item in self._kept("prices")),
            surfaces=tuple(_surface(item) for _, item in self._sound("surfaces")),
            manufacture=self._manufacture(),
            tests=tuple(_case(item, options) for _, item in self._sound("tests")),
        )
        excused = [
            str(item.get("code")) for path, item in self._items("options") if path in self.broken and item
        ]
        paths = {section: [path for path, _ in self._kept(section)] for section in _SECTIONS}
        proofreader = Proofreader(self.document, spec, excused=excused, paths=paths)
        if ("options",) not in self.broken and options:
            proofreader.read()
        self.problems += proofreader.problems
        return spec

    def _kept(self, section: str) -> list[tuple[Path, Any]]:
        """The entries that become facts, in the order of the file."""
        members = _EITHER.get(section)
        return [
            (path, item)
            for path, item in self._sound(section)
            if members is None or sum(member in item for member in members) == 1
        ]

    def _items(self, section: str) -> list[tuple[Path, Any]]:
        items = self.document.data.get(section)
        return (
            [((section, index), item) for index, item in enumerate(items)] if isinstance(items, list) else []
        )

    def _sound(self, section: str) -> list[tuple[Path, Any]]:
        whole = (section,) not in self.broken
        return [(path, item) for path, item in self._items(section) if whole and path not in self.broken]

    def _note(self, path: Path, message: str, hint: str = "") -> None:
        line, column = self.document.place(path)
        self.problems.append(Problem(line, column, where_of(path), message, hint))

    def _money(self, path: Path) -> Decimal:
        value = self.document.data.get(path[0])
        if path in self.broken or not isinstance(value, str | int | Decimal):
            return Decimal("0.00")
        return Decimal(value)

    def _option(self, path: Path, item: Mapping[str, Any]) -> OptionSpec:
        kind = item["kind"]
        values = tuple(_value(value) for value in item.get("values", ()))
        if kind == "switch":
            values = (ValueSpec("no", "No"), ValueSpec("yes", "Yes", _attributes(item)))
        several = kind == "multiple"
        spec = OptionSpec(
            code=item["code"],
            name=item["name"],
            kind=kind,
            group=item.get("group", ""),
            help=item.get("help", ""),
            required=item.get("required", kind != "placement"),
            values=values,
            unit=item.get("unit", ""),
            minimum=0 if several else item.get("min", 0),
            maximum=0 if several else item.get("max", 0),
            least=item.get("min", 0) if several else 0,
            most=item.get("max", len(values)) if several else 0,
            measure=_measure(item),
            of=item.get("of", ""),
            step=item.get("step", 1),
            max_length=item.get("max_length", 0),
            min_dpi=item.get("min_dpi", 0),
            default=_choice(kind, item["default"]) if "default" in item else None,
        )
        if spec.kind == "integer":
            self._check_grid(path, spec)
        if several:
            self._check_limits(path, spec)
        return spec

    def _check_limits(self, path: Path, option: OptionSpec) -> None:
        """How many values may be chosen has to fit how many there are."""
        count = len(option.values)
        if option.most > count:
            self._note((*path, "max"), f"max {option.most} is more than the {count} values of {option.code}")
        elif option.least > option.most:
            self._note((*path, "min"), f"min {option.least} is more than max {option.most}")

    def _check_grid(self, path: Path, option: OptionSpec) -> None:
        if option.maximum < option.minimum:
            self._note((*path, "max"), f"max {option.maximum} is below min {option.minimum}")
        elif (option.maximum - option.minimum) % option.step:
            nearest = option.maximum - (option.maximum - option.minimum) % option.step
            self._note(
                (*path, "max"),
                f"max {option.maximum} is not on the grid of step {option.step}",
                f"the nearest is {nearest}",
            )
        elif (option.maximum - option.minimum) // option.step >= MAX_POINTS:
            self._note(
                (*path, "step"), f"{option.code} has more than {MAX_POINTS:,} points", "make the step coarser"
            )

    def _manufacture(self) -> ManufactureSpec | None:
        item = self.document.data.get("manufacture")
        if not isinstance(item, dict) or any(path[:1] == ("manufacture",) for path in self.broken):
            return None
        return ManufactureSpec(
            parts=tuple(_part(part) for part in item.get("parts", ())),
            sheet_material=item.get("sheet_material", ""),
            routing=tuple(_step(step) for step in item["routing"]),
            materials=tuple(
                MaterialSpec(use["material"], str(use["quantity"]), use.get("when"))
                for use in item.get("materials", ())
            ),
            weight=_text(item.get("weight")),
        )

    def _rule(self, path: Path, item: Mapping[str, Any], options: tuple[OptionSpec, ...]) -> RuleSpec:
        table, cardinality = item.get("table"), item.get("cardinality")
        return RuleSpec(
            code=item["code"],
            expr=item.get("expr"),
            table=None if table is None else _table(table, options),
            message=item.get("message", ""),
            protects=item.get("protects", ""),
            cardinality=None if cardinality is None else _cardinality(cardinality),
            severity=item.get("severity", "must"),
            valid_from=self._day((*path, "from"), item.get("from")),
            valid_until=self._day((*path, "until"), item.get("until")),
        )

    def _day(self, path: Path, text: str | None) -> date | None:
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self._note(path, f"{text} is no day of the calendar")
            return None


_EITHER = {"rules": ("expr", "table", "cardinality"), "prices": ("amount", "percent")}
_SECTIONS = ("groups", "options", "rules", "prices", "surfaces", "tests")


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _code(value: Any) -> str:
    """Codes and texts written as `11` or `true` are meant as they stand in the file."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _choice(kind: str, written: Any) -> Choice:
    """A choice as it stands in the file, in its one form; whether it is one is checked elsewhere."""
    if kind == "multiple" and isinstance(written, list):
        return ",".join(map(_code, written))
    if kind == "switch" and isinstance(written, bool):
        return "yes" if written else "no"
    return written if kind == "integer" and isinstance(written, int) else _code(written)


def _case(item: Mapping[str, Any], options: tuple[OptionSpec, ...]) -> CaseSpec:
    kinds = {option.code: option.kind for option in options}
    choices = {code: _choice(kinds.get(code, "integer"), value) for code, value in item["choices"].items()}
    price = Decimal(str(item["price"])) if "price" in item else None
    return CaseSpec(item["name"], choices, item["expect"], item.get("by", ""), price)


def _value(item: Mapping[str, Any]) -> ValueSpec:
    return ValueSpec(_code(item["code"]), item["name"], _attributes(item))


def _attributes(item: Mapping[str, Any]) -> dict[str, Attribute]:
    return {name: _attribute(value) for name, value in item.get("attributes", {}).items()}


def _measure(item: Mapping[str, Any]) -> MeasureSpec | None:
    measure = {} if item["kind"] == "placement" else item.get("measure")
    return None if measure is None else MeasureSpec(**{name: str(value) for name, value in measure.items()})


def _cardinality(item: Mapping[str, Any]) -> CardinalitySpec:
    of = tuple(item["of"])
    return CardinalitySpec(of, item.get("min", 0), item.get("max", len(of)))


def _attribute(value: Any) -> Attribute:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return Quantity(Fraction(value))
    return read_quantity(value) or str(value)


def _table(item: Mapping[str, Any], known: tuple[OptionSpec, ...]) -> TableSpec:
    """Cells are a code, a list of codes, or `*` for every code; the proofreader checks them."""
    codes = {option.code: option.codes for option in known}
    kinds = {option.code: option.kind for option in known}

    def cell(option: str, written: Any) -> tuple[str, ...]:
        if written == "*":
            return codes.get(option, ())
        listed = written if isinstance(written, list) else [written]
        return tuple(str(_choice(kinds.get(option, "choice"), code)) for code in listed)

    options = tuple(item["options"])
    rows = item.get("allowed", item.get("forbidden", ()))
    cells = tuple(
        tuple(cell(option, written) for option, written in zip(options, row, strict=False)) for row in rows
    )
    return TableSpec(options, cells, allowed="allowed" in item)


def _price(item: Mapping[str, Any]) -> PriceSpec:
    percent = item.get("percent")
    return PriceSpec(
        code=item["code"],
        name=item["name"],
        when=item.get("when"),
        amount=_text(item.get("amount")),
        percent=None if percent is None or not is_number(str(percent)) else Decimal(str(percent)),
        min_quantity=item.get("min_quantity"),
    )


def _surface(item: Mapping[str, Any]) -> SurfaceSpec:
    picture = item.get("picture")
    elements = tuple(
        _element(element, number) for number, element in enumerate(item.get("elements", ()), start=1)
    )
    return SurfaceSpec(
        code=item["code"],
        name=item["name"],
        process=item["process"],
        width=str(item["width"]),
        height=str(item["height"]),
        safe=str(item.get("safe", "0 mm")),
        bleed=str(item.get("bleed", "0 mm")),
        corner_radius=str(item.get("corner_radius", "0 mm")),
        outline=item.get("outline", ""),
        background=item.get("background", ""),
        picture=None if picture is None else _picture(picture),
        elements=elements,
    )


def _picture(item: Mapping[str, Any]) -> PictureSpec:
    parameters = {name: str(value) for name, value in item.get("parameters", {}).items()}
    also = tuple(OtherView(each["view"], each["name"]) for each in item.get("also", ()))
    return PictureSpec(
        view=item.get("view", ""),
        variant=item.get("variant", ""),
        renderer=item.get("renderer", ""),
        parameters=parameters,
        also=also,
        name=item.get("name", ""),
        foil=tuple(item.get("foil", ())),
    )


def _element(item: Mapping[str, Any], number: int) -> ElementSpec:
    x, y, width, height = map(str, item["box"])
    return ElementSpec(
        kind=item["kind"],
        box=(x, y, width, height),
        option=item.get("option", ""),
        text=item.get("text", ""),
        font=item.get("font", ""),
        align=item.get("align", "center"),
        valign=item.get("valign", "middle"),
        size=_text(item.get("size")),
        min_size=_text(item.get("min_size")),
        colour=item.get("colour", ""),
        fit=item.get("fit", "shrink" if item["kind"] == "text" else "contain"),
        shape=item.get("shape", ""),
        stroke=_text(item.get("stroke")),
        radius=_text(item.get("radius")),
        when=item.get("when"),
        code=item.get("code", f"{item['kind']}-{number}"),
        place=item.get("place", ""),
        arc=_text(item.get("arc")),
        symbology=item.get("symbology", ""),
        level=item.get("level", "m"),
        module=_text(item.get("module")),
    )


def _step(step: dict[str, Any]) -> StepSpec:
    return StepSpec(
        step["step"],
        step["work_centre"],
        step["setup_family"],
        str(step["seconds"]),
        step.get("when"),
        load=_expression(step, "load"),
        alternates=tuple(
            AlternateSpec(
                other["work_centre"], str(other["seconds"]), other.get("preference", 0), other.get("when")
            )
            for other in step.get("alternates", ())
        ),
        min_lag=_expression(step, "min_lag"),
        max_lag=_expression(step, "max_lag"),
        tool=step.get("tool", ""),
    )


def _expression(item: dict[str, Any], key: str) -> str | None:
    """An expression as it is written; None where there is none."""
    return None if item.get(key) is None else str(item[key])


def _part(item: Mapping[str, Any]) -> PartSpec:
    return PartSpec(
        code=item["code"],
        width=str(item["width"]),
        height=str(item["height"]),
        count=str(item.get("count", 1)),
        rotate=item.get("rotate", True),
        surface=item.get("surface", ""),
        when=item.get("when"),
    )
