"""What a schema cannot see: names that do not exist, units that do not fit, defaults out of range."""

from collections.abc import Iterable, Mapping, Sequence

from configurator.engine.checking import Type, Vocabulary, check, name_is_free, vocabulary_of
from configurator.engine.choices import ChoiceProblem, check_choice
from configurator.engine.document import Document, Path, Problem, where_of
from configurator.engine.expressions import ExpressionError, nearest_hint, parse
from configurator.engine.lookalikes import look_alikes
from configurator.engine.rules import template_references
from configurator.engine.spec import (
    CardinalitySpec,
    ElementSpec,
    FamilySpec,
    ManufactureSpec,
    MeasureSpec,
    OptionSpec,
    PictureSpec,
    RuleSpec,
    SurfaceSpec,
    TableSpec,
)
from configurator.engine.units import (
    LENGTH,
    MASS,
    PLAIN,
    TIME,
    UNIT_NAMES,
    Dimension,
    base_of,
    dimension_of,
    is_number,
)

# The sides from which a renderer shows its product; without a word it is the first.
RENDERED_VIEWS = ("angled", "front", "drawing")


class Proofreader:
    """Reads a family once and collects `problems`, each with its place in the document."""

    def __init__(
        self,
        document: Document,
        spec: FamilySpec,
        *,
        excused: Iterable[str],
        paths: Mapping[str, Sequence[Path]],
    ) -> None:
        self.document = document
        self.spec = spec
        self.paths = paths
        self.problems: list[Problem] = []
        self.vocabulary: Vocabulary = vocabulary_of(spec.options, excused=excused)

    def read(self) -> None:
        self._codes()
        for section, members in (("groups", self.spec.groups), ("options", self.spec.options)):
            names = [each.name for each in members]
            self._names(list(zip(self.paths[section], names, strict=True)))
        for path, option in zip(self.paths["options"], self.spec.options, strict=True):
            self._option(path, option)
        for path, rule in zip(self.paths["rules"], self.spec.rules, strict=True):
            self._rule(path, rule)
        self._prices()
        for path, surface in zip(self.paths["surfaces"], self.spec.surfaces, strict=True):
            self._surface(path, surface)
        if self.spec.manufacture is not None:
            self._manufacture(self.spec.manufacture)
        self._cases()

    def _rule(self, path: Path, rule: RuleSpec) -> None:
        if rule.table is not None:
            self._table((*path, "table"), rule.table)
        elif rule.cardinality is not None:
            self._cardinality((*path, "cardinality"), rule.cardinality)
        else:
            self._condition((*path, "expr"), rule.expr, loose=False)
        if rule.valid_from and rule.valid_until and rule.valid_until < rule.valid_from:
            self._note(
                (*path, "until"), f"{rule.code} ends on {rule.valid_until}, before it begins", "swap the days"
            )

    def _cardinality(self, path: Path, cardinality: CardinalitySpec) -> None:
        for index, condition in enumerate(cardinality.of):
            self._condition((*path, "of", index), condition, loose=False)
        count = len(cardinality.of)
        if cardinality.least > count:
            self._note((*path, "min"), f"min {cardinality.least} is more than the {count} conditions")
        elif cardinality.most > count:
            self._note((*path, "max"), f"max {cardinality.most} is more than the {count} conditions")
        elif cardinality.least > cardinality.most:
            self._note((*path, "min"), f"min {cardinality.least} is more than max {cardinality.most}")

    def _note(self, path: Path, message: str, hint: str = "") -> None:
        line, column = self.document.place(path)
        self.problems.append(Problem(line, column, where_of(path), message, hint))

    def _codes(self) -> None:
        """No code twice among the things of one kind."""
        spec = self.spec
        named: dict[str, Sequence[str]] = {
            "groups": [group.code for group in spec.groups],
            "options": [option.code for option in spec.options],
            "rules": [rule.code for rule in spec.rules],
            "prices": [price.code for price in spec.prices],
            "surfaces": [surface.code for surface in spec.surfaces],
        }
        for section, codes in named.items():
            for index, (path, code) in enumerate(zip(self.paths[section], codes, strict=True)):
                if code in codes[:index]:
                    self._note((*path, "code"), f"{code} is used twice in {section}", "codes have to differ")

    def _names(self, members: Sequence[tuple[Path, str]]) -> None:
        """No two names that differ and look the same."""
        paths = {name: path for path, name in members}
        for later, earlier in look_alikes(name for _, name in members):
            line, _ = self.document.place((*paths[earlier], "name"))
            message = f"the name {later} looks like that of line {line}, in other letters"
            self._note((*paths[later], "name"), message, "write one name in the letters of one script")

    def _option(self, path: Path, option: OptionSpec) -> None:
        groups = {group.code for group in self.spec.groups}
        if option.group and option.group not in groups and self._whole("groups"):
            self._note(
                (*path, "group"), f"there is no group {option.group}", nearest_hint(option.group, groups)
            )
        if not name_is_free(option.code):
            self._note(
                (*path, "code"), f"{option.code} is a word of the rule language", "choose another code"
            )
        if option.kind != "switch":
            self._names([((*path, "values", i), value.name) for i, value in enumerate(option.values)])
        for index, value in enumerate(option.values):
            if value.code in option.codes[:index]:
                self._note((*path, "values", index, "code"), f"{value.code} is used twice in {option.code}")
            if option.kind == "multiple" and value.code == "count":
                place: Path = (*path, "values", index, "code")
                self._note(
                    place, f"{option.code}.count is the number of values chosen", "choose another code"
                )
        if dimension_of(option.unit) is None:
            self._note((*path, "unit"), f"{option.unit} is not a unit", nearest_hint(option.unit, UNIT_NAMES))
        if option.measure is not None:
            self._measure((*path, "measure"), option.measure)
        if option.kind == "placement":
            self._placed((*path, "of"), option.of)
        if option.default is not None and option.maximum >= option.minimum and option.least <= option.most:
            found = check_choice(option, option.default)
            if isinstance(found, ChoiceProblem):
                self._note((*path, "default"), found.message.rstrip("."), found.hint)

    def _measure(self, path: Path, measure: MeasureSpec) -> None:
        """Where a text or a picture is measured, rules need its place: one choice gives the font."""
        for name in ("size", "width", "height"):
            self._number((*path, name), getattr(measure, name) or None, LENGTH)
        self._template((*path, "font"), measure.font)
        choosers = {name.split(".")[0] for name in template_references(measure.font)}
        known = [self.spec.option_by_code[code] for code in choosers if code in self.spec.option_by_code]
        if len(choosers) > 1 or any(option.kind not in ("choice", "switch") for option in known):
            found = " and ".join(sorted(choosers))
            self._note((*path, "font"), f"the font depends on {found}", "let one choice give the font")

    def _placed(self, path: Path, code: str) -> None:
        """A placement says where one text or picture stands."""
        option = self.spec.option_by_code.get(code)
        movable = [each.code for each in self.spec.options if each.kind in ("text", "image")]
        if option is None and code not in self.vocabulary.excused:
            self._note(path, f"there is no option {code}", nearest_hint(code, movable))
        elif option is not None and option.code not in movable:
            self._note(path, f"{code} is no text and no picture", nearest_hint(code, movable))

    def _condition(self, path: Path, text: str | None, *, loose: bool = True) -> None:
        if text is None:
            return
        found = self._type(path, text, loose=loose)
        if found is not None and found.kind != "truth":
            self._note(
                path, f"this is {'a text' if found.kind == 'text' else 'a number'}, a condition is needed"
            )

    def _number(self, path: Path, text: str | None, unit: Dimension | None) -> None:
        """An expression that has to give a number; a plain number stands for the unit that is needed."""
        if text is None:
            return
        found = self._type(path, text, loose=True)
        if found is None:
            return
        if found.kind != "number":
            self._note(
                path, f"this is {'a text' if found.kind == 'text' else 'a condition'}, a number is needed"
            )
        elif unit is not None and found.dimension not in (None, PLAIN, unit):
            assert found.dimension is not None
            wanted = base_of(unit) or "a plain number"
            self._note(
                path, f"this is in {base_of(found.dimension)}, {wanted} is needed", "divide by the unit"
            )

    def _type(self, path: Path, text: str, *, loose: bool) -> Type | None:
        try:
            found, errors = check(parse(text), self.vocabulary, loose=loose)
        except ExpressionError as refusal:
            found, errors = None, [refusal]
        for error in errors:
            line, column = self.document.place(path)
            # The column counts inside the text; a quoted text begins one after its quote.
            self.problems.append(
                Problem(
                    line,
                    column + error.column,
                    where_of(path),
                    f"{error.message} in: {_cut(text)}",
                    error.hint,
                )
            )
        return found

    def _template(self, path: Path, template: str, *, texts: bool = False) -> None:
        types = self.vocabulary.types
        known = {*types, *(option.code for option in self.spec.options if texts and option.kind == "text")}
        for name in template_references(template):
            if name not in known and name.split(".")[0] not in self.vocabulary.excused:
                why = self.vocabulary.gaps.get(name, f"nothing is called {name}")
                self._note(path, f"{why} in: {_cut(template)}", nearest_hint(name, known))
        if template.count("{") != len(template_references(template)) or template.count("}") != template.count(
            "{"
        ):
            self._note(
                path, f"braces do not match in: {_cut(template)}", "write {option} or {option.attribute}"
            )

    def _table(self, path: Path, table: TableSpec) -> None:
        data = self.document.data
        for step in path:
            data = data[step]
        kind = "allowed" if table.allowed else "forbidden"
        if ("allowed" in data) == ("forbidden" in data):
            self._note(path, "a table needs either allowed or forbidden")
            return
        for index, code in enumerate(table.options):
            option = self.spec.option_by_code.get(code)
            if option is None and code not in self.vocabulary.excused:
                hint = nearest_hint(code, self.spec.option_by_code)
                self._note((*path, "options", index), f"there is no option {code}", hint)
            elif option is not None and option.kind not in ("choice", "switch"):
                self._note(
                    (*path, "options", index),
                    f"{code} is no choice",
                    "write an expression instead of a table",
                )
            elif code in table.options[:index]:
                self._note((*path, "options", index), f"{code} stands twice in the table")
        for number, row in enumerate(data[kind]):
            if len(row) != len(table.options):
                self._note(
                    (*path, kind, number),
                    f"the row has {len(row)} cells, the table {len(table.options)} options",
                )
                continue
            for column, (code, cell) in enumerate(zip(table.options, table.rows[number], strict=True)):
                self._cell((*path, kind, number, column), code, cell)

    def _cell(self, path: Path, code: str, cell: tuple[str, ...]) -> None:
        option = self.spec.option_by_code.get(code)
        if option is None or option.kind not in ("choice", "switch"):
            return
        for value in cell:
            if value not in option.value_by_code:
                self._note(path, f"{code} has no value {value}", nearest_hint(value, option.codes))

    def _prices(self) -> None:
        money: Dimension = ((self.spec.currency, 1),)
        for path, price in zip(self.paths["prices"], self.spec.prices, strict=True):
            self._condition((*path, "when"), price.when)
            self._number((*path, "amount"), price.amount, money)
            if price.amount is None and price.percent is None:
                self._note((*path, "percent"), "percent has to be a number", 'such as "-8"')

    def _other_views(self, path: Path, picture: PictureSpec) -> None:
        places: list[Path] = [
            (*path, "view"),
            *((*path, "also", n, "view") for n in range(len(picture.also))),
        ]
        for number, (place, view) in enumerate(zip(places, picture.views, strict=True)):
            self._template(place, view)
            if view and view in picture.views[:number]:
                self._note(place, f"the view {view} is named twice")
            if picture.renderer and view and view not in RENDERED_VIEWS:
                hint = nearest_hint(view, RENDERED_VIEWS)
                self._note(place, f"the renderer {picture.renderer} has no view {view}", hint)
        for number, colour in enumerate(picture.foil):
            self._template((*path, "foil", number), colour)

    def _surface(self, path: Path, surface: SurfaceSpec) -> None:
        for name in ("width", "height", "safe", "bleed", "corner_radius"):
            self._number((*path, name), getattr(surface, name), LENGTH)
        self._template((*path, "process"), surface.process)
        self._template((*path, "outline"), surface.outline)
        if surface.outline and surface.bleed not in ("0", "0 mm"):
            self._note((*path, "outline"), "a surface that is cut to an outline has no bleed")
        self._template((*path, "background"), surface.background)
        if surface.picture is not None:
            self._template((*path, "picture", "variant"), surface.picture.variant)
            self._other_views((*path, "picture"), surface.picture)
            for name, value in surface.picture.parameters.items():
                if "{" in value:
                    self._template((*path, "picture", "parameters", name), value)
                elif not is_number(value):
                    self._type((*path, "picture", "parameters", name), value, loose=True)
        for index, element in enumerate(surface.elements):
            place: Path = (*path, "elements", index)
            self._condition((*place, "when"), element.when)
            for corner, text in enumerate(element.box):
                self._number((*place, "box", corner), text, LENGTH)
            for name in ("size", "min_size", "stroke", "radius", "arc", "module"):
                self._number((*place, name), getattr(element, name), LENGTH)
            self._template((*place, "font"), element.font)
            self._template((*place, "colour"), element.colour)
            self._template((*place, "text"), element.text, texts=True)
            self._drawn(place, element.kind, element.option, element.text)
            if element.place:
                self._places((*place, "place"), element)

    def _drawn(self, path: Path, kind: str, code: str, text: str) -> None:
        """A text or a code draws a text option or its own text, an image element an image option."""
        if kind in ("text", "code") and bool(code) == bool(text):
            self._note(path, f"a {kind} element needs either option or text")
        option = self.spec.option_by_code.get(code)
        if not code or code in self.vocabulary.excused:
            return
        if option is None:
            self._note(
                (*path, "option"), f"there is no option {code}", nearest_hint(code, self.spec.option_by_code)
            )
        elif option.kind != (wanted := "text" if kind == "code" else kind):
            self._note((*path, "option"), f"{code} is no {wanted} option")

    def _places(self, path: Path, element: ElementSpec) -> None:
        """An element is placed by a placement of what it draws."""
        code = element.place
        option = self.spec.option_by_code.get(code)
        if code in self.vocabulary.excused:
            return
        known = [each.code for each in self.spec.options if each.kind == "placement"]
        if option is None:
            self._note(path, f"there is no option {code}", nearest_hint(code, known))
        elif option.kind != "placement":
            self._note(path, f"{code} is no placement", nearest_hint(code, known))
        elif option.of != element.option:
            self._note(path, f"{code} places {option.of}, not {element.option or 'this text'}")

    def _manufacture(self, manufacture: ManufactureSpec) -> None:
        surfaces = {surface.code for surface in self.spec.surfaces}
        for index, part in enumerate(manufacture.parts):
            path: Path = ("manufacture", "parts", index)
            self._number((*path, "width"), part.width, LENGTH)
            self._number((*path, "height"), part.height, LENGTH)
            self._number((*path, "count"), part.count, PLAIN)
            self._condition((*path, "when"), part.when)
            if part.surface and part.surface not in surfaces and self.paths["surfaces"]:
                self._note(
                    (*path, "surface"),
                    f"there is no surface {part.surface}",
                    nearest_hint(part.surface, surfaces),
                )
        self._template(("manufacture", "sheet_material"), manufacture.sheet_material)
        for index, step in enumerate(manufacture.routing):
            path = ("manufacture", "routing", index)
            self._template((*path, "work_centre"), step.work_centre)
            self._template((*path, "setup_family"), step.setup_family)
            self._number((*path, "seconds"), step.seconds, TIME)
            self._condition((*path, "when"), step.when)
            self._number((*path, "load"), step.load, PLAIN)
            self._number((*path, "min_lag"), step.min_lag, TIME)
            self._number((*path, "max_lag"), step.max_lag, TIME)
            self._template((*path, "tool"), step.tool)
            for place, other in enumerate(step.alternates):
                inner: Path = (*path, "alternates", place)
                self._template((*inner, "work_centre"), other.work_centre)
                self._number((*inner, "seconds"), other.seconds, TIME)
                self._condition((*inner, "when"), other.when)
        for index, use in enumerate(manufacture.materials):
            path = ("manufacture", "materials", index)
            self._template((*path, "material"), use.material)
            self._number((*path, "quantity"), use.quantity, None)
            self._condition((*path, "when"), use.when)
        self._number(("manufacture", "weight"), manufacture.weight, MASS)

    def _cases(self) -> None:
        rules = {rule.code for rule in self.spec.rules}
        for path, case in zip(self.paths["tests"], self.spec.tests, strict=True):
            for code, value in case.choices.items():
                option = self.spec.option_by_code.get(code)
                if option is None:
                    if code not in self.vocabulary.excused:
                        hint = nearest_hint(code, self.spec.option_by_code)
                        self._note((*path, "choices", code), f"there is no option {code}", hint)
                    continue
                found = check_choice(option, value)
                if isinstance(found, ChoiceProblem):
                    self._note((*path, "choices", code), found.message.rstrip("."), found.hint)
            for key, idle in (("by", case.expect != "refused"), ("price", case.expect == "refused")):
                if idle and getattr(case, key):
                    self._note((*path, key), f"{key} says nothing where {case.expect} is expected")
            if case.by and case.by not in rules and self._whole("rules"):
                self._note((*path, "by"), f"there is no rule {case.by}", nearest_hint(case.by, rules))

    def _whole(self, section: str) -> bool:
        """Whether all entries of a section could be read; where not, a missing name may be one of theirs."""
        return len(self.document.data.get(section) or ()) == len(self.paths[section])


def _cut(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
