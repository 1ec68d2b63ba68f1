"""What a product family is, as facts.

A `FamilySpec` is read from a family file (`family.read_family`) or from an XCSP file (`xcsp.read_xcsp`) and
never changes afterwards. Expressions are kept as text (`rules.parse` remembers what it has parsed); templates
are text with `{option}` or `{option.attribute}` in it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Literal

OptionKind = Literal["choice", "switch", "multiple", "integer", "text", "image", "placement"]
Severity = Literal["must", "warn"]
_SUMMED = re.compile(r"\b(?:sum|avg|min|max)\s*\(\s*([A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)?)\s*\)")
# Answers that no rule limits beyond whether (and how long) they are given; they may be left out.
FREE_KINDS = ("text", "image", "placement")
_TRUTHS = frozenset({"yes", "no"})
# A code, a number, a text, a picture's SHA-256, a placement (see `placing`); `yes` or `no` for a switch; for
# several values of a multiple choice their codes in the option's order, joined by commas ("" for none): one
# form that JSON keeps as it is.
Choice = str | int
Choices = Mapping[str, Choice]


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact number in base units: mm, mm2, mm3, g, s, ml, a currency, or "" for a plain number."""

    number: Fraction
    unit: str = ""


Attribute = Quantity | str | bool


@dataclass(frozen=True, slots=True)
class ValueSpec:
    code: str
    name: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupSpec:
    code: str
    name: str


@dataclass(frozen=True)
class MeasureSpec:
    """Where and how large a text or picture is made, so that rules can speak of its measured size.

    A text needs `font` (a template giving a font's code) and `size` (the letter height in mm, as where it is
    drawn); a picture `width` and `height` (mm of the box it stands in, or fills when `fit` is cover). Rules
    then know `text.width`, `text.height` and `picture.dpi`.
    """

    font: str = ""
    size: str = ""
    width: str = ""
    height: str = ""
    fit: str = "contain"


@dataclass(frozen=True)
class OptionSpec:
    """One question to the shopper; numbers are in `unit`, `max_length` in grapheme clusters.

    Of a multiple choice at least `least` and at most `most` values are chosen. A placement says where the
    text or picture `of` stands; while it is not chosen, that stands where the family puts it.
    """

    code: str
    name: str
    kind: OptionKind
    group: str = ""
    help: str = ""
    required: bool = True
    default: Choice | None = None
    values: tuple[ValueSpec, ...] = ()
    unit: str = ""
    minimum: int = 0
    maximum: int = 0
    step: int = 1
    max_length: int = 0
    min_dpi: int = 0
    least: int = 0
    most: int = 0
    measure: MeasureSpec | None = None
    of: str = ""

    @cached_property
    def value_by_code(self) -> Mapping[str, ValueSpec]:
        return {value.code: value for value in self.values}

    @cached_property
    def codes(self) -> tuple[str, ...]:
        return tuple(value.code for value in self.values)

    @property
    def plain(self) -> frozenset[str]:
        """What is a choice as it is written: a code, yes or no."""
        if self.kind == "switch":
            return _TRUTHS
        return frozenset(self.codes if self.kind == "choice" else ())

    @cached_property
    def number_attributes(self) -> tuple[str, ...]:
        """The attributes that are numbers, in the order in which values first have them."""
        return tuple(
            dict.fromkeys(
                name
                for value in self.values
                for name, attribute in value.attributes.items()
                if isinstance(attribute, Quantity)
            )
        )


@dataclass(frozen=True)  # without slots: `rows_with` is remembered
class TableSpec:
    """Allowed (or forbidden) combinations: a row has, for each option, the codes that the cell stands for.

    Only choice options stand in tables. Where the file says `*`, the cell holds every code of its option.
    """

    options: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], ...], ...]
    allowed: bool

    @cached_property
    def rows_with(self) -> tuple[Mapping[str, int], ...]:
        """For each option and code the rows that hold it, the first row at bit 0."""
        found: tuple[dict[str, int], ...] = tuple({} for _ in self.options)
        for number, row in enumerate(self.rows):
            for column, cell in zip(found, row, strict=True):
                for code in cell:
                    column[code] = column.get(code, 0) | 1 << number
        return found


@dataclass(frozen=True, slots=True)
class CardinalitySpec:
    """Of these conditions at least `least` and at most `most` hold."""

    of: tuple[str, ...]
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """Exactly one of `expr`, `table` and `cardinality` is given.

    A rule of severity `warn` forbids nothing: breaking it is told. A rule counts from the day `valid_from` up
    to and with the day `valid_until`.
    """

    code: str
    expr: str | None = None
    table: TableSpec | None = None
    message: str = ""
    protects: str = ""
    cardinality: CardinalitySpec | None = None
    severity: Severity = "must"
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class PriceSpec:
    """`amount` (an expression giving money, per unit) or `percent` of the sum of the amounts."""

    code: str
    name: str
    when: str | None = None
    amount: str | None = None
    percent: Decimal | None = None
    min_quantity: int | None = None


@dataclass(frozen=True, slots=True)
class ElementSpec:
    """One thing drawn on a surface; `box` is (x, y, width, height) in mm from the top left corner.

    `fit` is of a text (shrink, wrap) or a picture (contain, cover); `arc` the radius of a text's circle;
    `place` the placement that moves it; `symbology`, `level` and least `module` are a code's.
    """

    kind: Literal["text", "image", "shape", "code"]
    box: tuple[str, str, str, str]
    option: str = ""
    text: str = ""
    font: str = ""
    align: str = "center"
    valign: str = "middle"
    size: str | None = None
    min_size: str | None = None
    colour: str = ""
    fit: str = ""
    shape: str = ""
    stroke: str | None = None
    radius: str | None = None
    when: str | None = None
    code: str = ""
    place: str = ""
    arc: str | None = None
    symbology: str = ""
    level: str = "m"
    module: str | None = None


@dataclass(frozen=True, slots=True)
class OtherView:
    """The same surface seen from another side: a folder of pictures in the same variants, and its name."""

    view: str
    name: str


@dataclass(frozen=True, slots=True)
class PictureSpec:
    """The product picture: a photographed or rendered view in variants, or a renderer with its parameters.
    `also` are other views of the same surface (of a renderer: what it calls them), `name` is that of the
    first. Outlines in the colours `foil` (#rrggbb, or templates of it) are metal: in pictures they shine."""

    view: str = ""
    variant: str = ""
    renderer: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    also: tuple[OtherView, ...] = ()
    name: str = ""
    foil: tuple[str, ...] = ()

    @property
    def views(self) -> tuple[str, ...]:
        return (self.view, *(other.view for other in self.also))


@dataclass(frozen=True, slots=True)
class SurfaceSpec:
    """`outline` names the shape that it is cut to (`engine.outlines`), a template; empty: its rectangle."""

    code: str
    name: str
    process: str
    width: str
    height: str
    safe: str = "0 mm"
    bleed: str = "0 mm"
    corner_radius: str = "0 mm"
    outline: str = ""
    background: str = ""
    picture: PictureSpec | None = None
    elements: tuple[ElementSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class PartSpec:
    """What is cut from the sheet or laid on the bed of the first step; `count` of them for one unit. It is a
    rectangle, or has the outline of its surface."""

    code: str
    width: str
    height: str
    count: str = "1"
    rotate: bool = True
    surface: str = ""
    when: str | None = None


@dataclass(frozen=True, slots=True)
class AlternateSpec:
    """Another work centre for a step; `preference` counts against it."""

    work_centre: str
    seconds: str
    preference: int = 0
    when: str | None = None


@dataclass(frozen=True, slots=True)
class StepSpec:
    """Lags lie between the end of the step before and the start of this one."""

    step: int
    work_centre: str
    setup_family: str
    seconds: str
    when: str | None = None
    load: str | None = None
    alternates: tuple[AlternateSpec, ...] = ()
    min_lag: str | None = None
    max_lag: str | None = None
    tool: str = ""


@dataclass(frozen=True, slots=True)
class MaterialSpec:
    material: str
    quantity: str
    when: str | None = None


@dataclass(frozen=True, slots=True)
class ManufactureSpec:
    parts: tuple[PartSpec, ...] = ()
    sheet_material: str = ""
    routing: tuple[StepSpec, ...] = ()
    materials: tuple[MaterialSpec, ...] = ()
    weight: str | None = None


@dataclass(frozen=True, slots=True)
class CaseSpec:
    """An author's own test: `choices` over the defaults must be valid, or refused (by the rule `by`); or
    they alone must be possible, whatever else has to be chosen for them. `price` is what one piece then
    costs, completed with defaults."""

    name: str
    choices: Choices
    expect: Literal["valid", "possible", "refused"]
    by: str = ""
    price: Decimal | None = None


@dataclass(frozen=True)
class FamilySpec:
    code: str
    name: str
    summary: str = ""
    currency: str = "EUR"
    base_price: Decimal = Decimal("0.00")
    lead_days: int = 0
    groups: tuple[GroupSpec, ...] = ()
    options: tuple[OptionSpec, ...] = ()
    rules: tuple[RuleSpec, ...] = ()
    prices: tuple[PriceSpec, ...] = ()
    surfaces: tuple[SurfaceSpec, ...] = ()
    manufacture: ManufactureSpec | None = None
    tests: tuple[CaseSpec, ...] = ()

    @cached_property
    def option_by_code(self) -> Mapping[str, OptionSpec]:
        return {option.code: option for option in self.options}

    @cached_property
    def place_by_code(self) -> Mapping[str, int]:
        """Which option comes where, from 0."""
        return {option.code: place for place, option in enumerate(self.options)}

    @cached_property
    def plain_choices(self) -> Mapping[str, tuple[int, frozenset[str]]]:
        """For each option where it comes, and what is a choice of it as it is written."""
        return {option.code: (place, option.plain) for place, option in enumerate(self.options)}

    @cached_property
    def rule_by_code(self) -> Mapping[str, RuleSpec]:
        return {rule.code: rule for rule in self.rules}

    @cached_property
    def surface_by_code(self) -> Mapping[str, SurfaceSpec]:
        return {surface.code: surface for surface in self.surfaces}

    @cached_property
    def summed(self) -> frozenset[str]:
        """What expressions sum up: `attribute` over all options, or `option.attribute` of a choice."""
        names = {"".join(name.split()) for text in self.expressions for name in _SUMMED.findall(text)}
        several = {option.code for option in self.options if option.kind in ("multiple", "switch")}
        return frozenset(name for name in names if name.split(".")[0] not in several or "." not in name)

    def having(self, attribute: str) -> tuple[OptionSpec, ...]:
        """The options of which a value has this number."""
        return tuple(option for option in self.options if attribute in option.number_attributes)

    @property
    def expressions(self) -> Iterator[str]:
        """Every expression of the family, wherever it stands."""
        for rule in self.rules:
            yield from () if rule.expr is None else (rule.expr,)
            yield from () if rule.cardinality is None else rule.cardinality.of
        for price in self.prices:
            yield from (text for text in (price.when, price.amount) if text is not None)
        for surface in self.surfaces:
            yield from (surface.width, surface.height, surface.safe, surface.bleed, surface.corner_radius)
            yield from surface.picture.parameters.values() if surface.picture is not None else ()
            for element in surface.elements:
                yield from element.box
                sizes = (element.size, element.min_size, element.stroke, element.radius)
                given = (element.when, *sizes, element.arc, element.module)
                yield from (text for text in given if text is not None)
        if self.manufacture is not None:
            yield from _of_manufacture(self.manufacture)

    @property
    def priced(self) -> bool:
        """Whether its author has said what it costs: a family that nobody priced is not for sale."""
        return bool(self.base_price or self.prices)

    @property
    def defaults(self) -> dict[str, Choice]:
        return {option.code: option.default for option in self.options if option.default is not None}


def rules_off(spec: FamilySpec, day: date) -> tuple[str, ...]:
    """The rules that do not count on a day: not yet, or not any more."""
    return tuple(
        rule.code
        for rule in spec.rules
        if (rule.valid_from is not None and day < rule.valid_from)
        or (rule.valid_until is not None and day > rule.valid_until)
    )


def spec_on(spec: FamilySpec, day: date) -> FamilySpec:
    """The family without the rules that do not count on a day."""
    off = rules_off(spec, day)
    return replace(spec, rules=tuple(rule for rule in spec.rules if rule.code not in off)) if off else spec


def _of_manufacture(manufacture: ManufactureSpec) -> Iterator[str]:
    for part in manufacture.parts:
        yield from (part.width, part.height, part.count, part.when or "true")
    for step in manufacture.routing:
        yield from (step.seconds, step.when or "true")
    for use in manufacture.materials:
        yield from (use.quantity, use.when or "true")
    if manufacture.weight is not None:
        yield manufacture.weight
