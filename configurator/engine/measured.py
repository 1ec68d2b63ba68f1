"""Measured numbers in rules: `line1.width`, `line1.height` and `line1.missing` of a text, `photo.dpi` of a
picture, `photo_place.width`, `photo_place.rotation` and (of a picture) `photo_place.height` of a placement.

How wide a text is made depends on its letters, its font and its size. The letters and the font together give
a whole number, thousandths of the letter height; each font has a variable of its own for it,
`line1.width@inter`, which the typed text settles for all fonts at once. In a rule, `line1.width` becomes that
variable times the letter height, for each font under the condition that the font is chosen. Of
`line1.missing`, the letters that no font has, the variables are the number itself. A picture's pixels are two
variables.

Where the shopper has placed the picture, its height there and its dots an inch (`photo_place.dpi`, which
`photo.dpi` then stands for) depend on the picture, its size and its crop: they are variables that the picture
and its placement settle together.

The literals of such a variable are only those that the rules need: numbers between two limits behave alike.
Above `MAX_POINTS` limits (a rule that compares with another fine number) there are `COARSE_POINTS` instead,
each about one per cent above the one before, and a measured number counts as the next point: as a little too
large, so that what is too wide is never missed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from configurator.engine.compiled import NumberVariable, TooLarge
from configurator.engine.expressions import Constant, Node, Operation, Reference, parse, walk
from configurator.engine.placing import FARTHEST_MM, FULL_TURN_MDEG
from configurator.engine.rules import fill, template_references, values_of
from configurator.engine.spec import FamilySpec, OptionSpec

# A text's size is measured in this part of the letter height.
PARTS = 1000
# No letter (not even U+FDFD, a whole sentence) is wider than this many letter heights; no picture has more
# pixels.
MAX_HEIGHTS_A_LETTER = 20
MAX_PIXELS = 100_000
# Of a placement: its width in µm, its turn in thousandths of a degree (whichever way); with its picture: its
# height in µm, its dots an inch in thousandths. What is more counts as so much.
MOST_THOUSANDTHS = {"width": FARTHEST_MM * 1000, "rotation": FULL_TURN_MDEG // 2}
MOST_TOGETHER = {"height": FARTHEST_MM * 1000, "dpi": MAX_PIXELS * 1000}
MAX_POINTS = 2_000
COARSE_POINTS = 400
_MM_PER_INCH = Fraction(254, 10)


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured variable: of an option, in a font (a text) or along a side (a picture).

    It counts where the option `chooser` has one of these `codes`; always where there is no chooser. `beside`
    is the picture without which a placement has none.
    """

    code: str
    option: str
    measure: str
    font: str = ""
    chooser: str = ""
    codes: tuple[str, ...] = ()
    beside: str = ""


def names_of(option: OptionSpec, options: Mapping[str, OptionSpec]) -> tuple[str, ...]:
    """What rules can ask of an option that declares `measure`, and of a placement of a text or picture (one
    of these options)."""
    if option.kind == "placement":
        placed = options.get(option.of)
        return ("width", "rotation", *(("height",) if placed is not None and placed.kind == "image" else ()))
    if option.measure is None:
        return ()
    return ("width", "height", "missing") if option.kind == "text" else ("dpi",)


def placements_of(spec: FamilySpec, code: str) -> tuple[str, ...]:
    """The options by which a shopper places this text or picture."""
    return tuple(option.code for option in spec.options if option.kind == "placement" and option.of == code)


def mentions(node: Node, spec: FamilySpec) -> set[tuple[str, str]]:
    """The measured numbers that an expression speaks of."""
    references = [part for part in walk(node) if isinstance(part, Reference)]
    return {
        (each.option, each.attribute)
        for each in references
        if each.option in spec.option_by_code
        and each.attribute in names_of(spec.option_by_code[each.option], spec.option_by_code)
    }


def measured_of(spec: FamilySpec, option: OptionSpec, name: str) -> tuple[Measured, ...]:
    """The variables behind `option.name`."""
    if option.kind == "placement":
        beside = option.of if name in MOST_TOGETHER else ""
        return (Measured(f"{option.code}.{name}", option.code, name, beside=beside),)
    if option.kind != "text":
        return (
            *(
                Measured(f"{option.code}.{side}", option.code, side)
                for side in ("pixels_across", "pixels_down")
            ),
            *(
                Measured(f"{place}.dpi", place, "dpi", beside=option.code)
                for place in placements_of(spec, option.code)
            ),
        )
    fonts = _fonts(spec, option)
    return tuple(
        Measured(f"{option.code}.{name}@{font}", option.code, name, font, chooser, codes)
        for font, (chooser, codes) in fonts.items()
    )


def _fonts(spec: FamilySpec, option: OptionSpec) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Each font that a text may be made in: the option that chooses it, and the values that do."""
    assert option.measure is not None
    template = option.measure.font
    choosers = dict.fromkeys(name.split(".")[0] for name in template_references(template))
    if not choosers:
        return {template: ("", ())}
    if len(choosers) > 1:
        raise TooLarge("", f"{option.code}: the font it is measured in depends on {' and '.join(choosers)}")
    chooser = spec.option_by_code[next(iter(choosers))]
    found: dict[str, list[str]] = {}
    for value in chooser.values:
        font = fill(template, values_of(chooser, value.code))
        found.setdefault(str(font), []).append(value.code)
    return {font: (chooser.code, tuple(codes)) for font, codes in found.items()}


def unlimited(spec: FamilySpec, mentioned: Iterable[tuple[str, str]]) -> dict[str, NumberVariable]:
    """The variables behind these measured numbers, before the limits that matter are known."""
    found: dict[str, NumberVariable] = {}
    for code, name in sorted(mentioned):
        option = spec.option_by_code[code]
        for each in measured_of(spec, option, name):
            limit, factor = MAX_PIXELS, Fraction(1)
            if each.measure == "missing":
                limit = option.max_length
            elif option.kind == "text":
                limit, factor = option.max_length * MAX_HEIGHTS_A_LETTER * PARTS, Fraction(1, PARTS)
            elif spec.option_by_code[each.option].kind == "placement":
                limit, factor = {**MOST_THOUSANDTHS, **MOST_TOGETHER}[each.measure], Fraction(1, 1000)
            found[each.code] = NumberVariable(each.code, each.code, 0, 1, limit + 1, 0, factor, limit=limit)
    return found


def points_of(variable: NumberVariable, edges: Iterable[int]) -> tuple[int, ...]:
    """The largest numbers of the classes that the edges (the first numbers of the next ones) part."""
    assert variable.limit is not None
    points = sorted({edge - 1 for edge in edges if 0 < edge <= variable.limit})
    if len(points) > MAX_POINTS:
        spread = np.geomspace(max(points[0], 1), points[-1], COARSE_POINTS)
        points = sorted({0, *(round(point) for point in spread)})
    return (*(point for point in points if point < variable.limit), variable.limit)


def written_out(node: Node, spec: FamilySpec) -> Node:
    """A condition with its measured numbers written out, font by font; it holds exactly where it did."""
    for code, name in sorted(mentions(node, spec)):
        option = spec.option_by_code[code]
        cases = [
            _under(conditions, _replaced(node, option, name, instead))
            for conditions, instead in _instead(spec, option, name)
        ]
        node = cases[0] if len(cases) == 1 else Operation(node.column, node.depth + 2, "&", tuple(cases))
    return node


def _instead(spec: FamilySpec, option: OptionSpec, name: str) -> Iterator[tuple[Sequence[Node], Node]]:
    """What stands for the number, and the conditions under which it does."""
    variables = measured_of(spec, option, name)
    if option.kind == "placement":
        yield (), _leaf(variables[0])
        return
    assert option.measure is not None
    if option.kind == "text":
        size = parse(option.measure.size).root
        for each in variables:
            leaf = _leaf(each)
            yield _worn(each), leaf if name == "missing" else _operation("*", leaf, size)
        return
    untouched: list[Node] = []
    for each in variables[2:]:
        # A picture in two places is where the first of them says.
        yield (*untouched, _is_placed(each.option, 1)), _leaf(each)
        untouched.append(_is_placed(each.option, 0))
    sides = [parse(text).root for text in (option.measure.width, option.measure.height)]
    inch = Constant(1, 1, _MM_PER_INCH)
    across, down = (
        _operation("/", _operation("*", _leaf(each), inch), side)
        for each, side in zip(variables[:2], sides, strict=True)
    )
    yield untouched, _operation("min" if option.measure.fit == "cover" else "max", across, down)


def _leaf(measured: Measured) -> Reference:
    return Reference(1, 1, measured.option, measured.code.partition(".")[2])


def _worn(measured: Measured) -> tuple[Node, ...]:
    """That the font is chosen in which it was measured."""
    if not measured.chooser:
        return ()
    codes = tuple(Constant(1, 1, code) for code in measured.codes)
    return (_operation("in", Reference(1, 1, measured.chooser), *codes),)


def _is_placed(place: str, count: int) -> Node:
    return _operation("==", Reference(1, 1, place, "count"), Constant(1, 1, Fraction(count)))


def _under(conditions: Sequence[Node], node: Node) -> Node:
    for condition in reversed(conditions):
        node = _operation("=>", condition, node)
    return node


def _replaced(node: Node, option: OptionSpec, name: str, instead: Node) -> Node:
    if isinstance(node, Reference) and node.option == option.code and node.attribute == name:
        return instead
    if isinstance(node, Operation):
        return _operation(node.operator, *(_replaced(each, option, name, instead) for each in node.operands))
    return node


def _operation(operator: str, *operands: Node) -> Operation:
    depth = 1 + max(operand.depth for operand in operands)
    return Operation(operands[0].column, depth, operator, operands)


def empty_is_nothing(
    option: OptionSpec, own: NumberVariable, variables: Mapping[str, NumberVariable]
) -> Iterator[tuple[int, ...]]:
    """Clauses that say that a text without letters, or what is not placed, has no width and no height."""
    if option.kind in ("text", "placement") and not option.required:
        for variable in variables.values():
            if variable.code.startswith(f"{option.code}."):
                yield own.at_least(1), variable.at_most(0)
