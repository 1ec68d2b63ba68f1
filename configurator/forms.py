"""The form of a design: the fields that a page shows, and the changes that a post carries.

The page and the live element draw the same fields from the same answer
(``answers.describe``); only the changed fields of a post become changes.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django import forms

from configurator.engine.layout.live import placements_of
from configurator.engine.placing import PER_MILLE, WHOLE, PlacementError, read_placement, write_placement
from configurator.engine.spec import Choice, FamilySpec, OptionSpec, Quantity, ValueSpec

PREFIX = "o-"  # keeps the names of options apart from the names of buttons
SHORT_LIST = 14  # more values than this are a list to pick from, not cards
LONG_NAME = 34  # characters; longer names get a line of their own
LONG_FORM = 24  # options; a longer form folds its groups
LONG_GROUP = 30  # options; a longer group is cut into parts
PART = 20  # options
MOST_HOLES = 3  # gaps in a range of numbers that are told one by one


@dataclass(frozen=True)
class ShownValue:
    """One value to pick: ``state`` is possible, forced, impossible or unknown."""

    code: str
    name: str
    state: str
    chosen: bool
    colour: str = ""
    extra: Decimal | None = None
    lowest: Decimal | None = None

    @property
    def refused(self) -> bool:
        return self.state == "impossible" and not self.chosen


@dataclass(frozen=True)
class ShownPart:
    """One number of a placement."""

    name: str
    label: str
    unit: str
    value: str


PLACE_PARTS = (
    ("x", "Centre from the left", "mm"),
    ("y", "Centre from the top", "mm"),
    ("width", "Width", "mm"),
    ("rotation", "Turned right by", "°"),
)
# Of a picture: how much of it is cut off on each side.
CROP_PARTS = (
    ("left", "Off the left", "%"),
    ("top", "Off the top", "%"),
    ("right", "Off the right", "%"),
    ("bottom", "Off the bottom", "%"),
)


@dataclass(frozen=True)
class ShownOption:
    """One option as a page draws it. ``low`` and ``high`` are what the other choices leave; ``placed`` is
    where something that can be placed stands now, ``croppable`` when it is a picture."""

    spec: OptionSpec
    widget: str  # cards, checks, list, number, text, image, placement
    chosen: Choice | list[str] | None
    missing: bool
    values: tuple[ShownValue, ...] = ()
    long: bool = False
    low: int | None = None
    high: int | None = None
    holes: tuple[tuple[int, int], ...] = ()
    error: str = ""
    nearest: int | None = None
    placed: str = ""
    croppable: bool = False

    @property
    def place_parts(self) -> list[ShownPart]:
        numbers = self.placed.partition(";")[0].split(",") if self.placed else ("", "", "", "")
        return [ShownPart(*part, value) for part, value in zip(PLACE_PARTS, numbers, strict=True)]

    @property
    def crop_parts(self) -> list[ShownPart]:
        crop = read_placement(self.placed).crop if self.placed else WHOLE
        cut = (crop.left, crop.top, PER_MILLE - crop.right, PER_MILLE - crop.bottom)
        return [ShownPart(*part, f"{value / 10:g}") for part, value in zip(CROP_PARTS, cut, strict=True)]

    @property
    def limits(self) -> str:
        """The numbers that the other choices leave: ``400 to 2400 mm, not 1201 to 1300``."""
        if self.low is None or self.high is None:
            return ""
        ends = f"{self.low} to {self.high}" if self.low != self.high else f"only {self.low}"
        within = f"{ends} {self.spec.unit}".strip()
        told = [str(low) if low == high else f"{low} to {high}" for low, high in self.holes[:MOST_HOLES]]
        more = len(self.holes) - len(told)
        if more:
            told.append(f"{more} more gap{'s' if more > 1 else ''}")
        if not told:
            return within
        return f"{within}, not {', '.join(told[:-1])}{' and ' if told[:-1] else ''}{told[-1]}"

    @property
    def code(self) -> str:
        return self.spec.code

    @property
    def field_name(self) -> str:
        return PREFIX + self.spec.code

    @property
    def clearable(self) -> bool:
        """A chosen card can be given back where the family knows no default for it."""
        return self.chosen is not None and self.spec.default is None and self.widget in ("cards", "checks")

    @property
    def wanted(self) -> str:
        """How many values of a multiple choice are to be chosen, in words."""
        least, most, count = self.spec.least, self.spec.most, len(self.spec.values)
        if least == most:
            return f"choose {least}"
        if least == 0:
            return "any of these" if most >= count else f"up to {most}"
        return f"at least {least}" if most >= count else f"{least} to {most}"


@dataclass(frozen=True)
class ShownGroup:
    code: str
    name: str
    options: tuple[ShownOption, ...]
    missing: int
    collapsible: bool
    open: bool


@dataclass(frozen=True)
class Post:
    """What a posted form asks for: the changed choices, and fields that cannot be read."""

    changes: dict[str, Choice | None] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def shown_groups(
    spec: FamilySpec,
    described: Mapping[str, Any],
    *,
    errors: Mapping[str, str] | None = None,
    nearest: Mapping[str, int] | None = None,
) -> tuple[ShownGroup, ...]:
    """The groups of a page in the family's order; a long form starts with only its first open question
    unfolded. ``nearest`` are numbers to offer where one was typed that cannot be."""
    missing, answers, errors = set(described["missing"]), described["options"], errors or {}
    placed = placements_of(described.get("artwork", ()))
    pictures = {option.code for option in spec.options if option.kind == "image"}
    collapsible = len(spec.options) > LONG_FORM
    shown: list[ShownGroup] = []
    for code, name, members in _headings(spec):
        options = tuple(
            _shown_option(
                option,
                answers[option.code],
                bool(missing),
                option.code in missing,
                errors.get(option.code, ""),
                (nearest or {}).get(option.code),
                placed.get(option.code, ""),
                option.of in pictures,
            )
            for option in members
        )
        left = sum(option.missing for option in options)
        wrong = any(option.error for option in options)
        shown.append(ShownGroup(code, name, options, left, collapsible, not collapsible or wrong))
    if collapsible and shown:
        first = next((index for index, group in enumerate(shown) if group.missing), 0)
        shown[first] = replace(shown[first], open=True)
    return tuple(shown)


def _headings(spec: FamilySpec) -> Iterator[tuple[str, str, list[OptionSpec]]]:
    """Code, name and options of every group that has any; what no group names comes last, and a group
    that nobody could oversee is cut into parts, named by their first and last option."""
    known = {group.code: group.name for group in spec.groups}
    members: dict[str, list[OptionSpec]] = {code: [] for code in known}
    rest: list[OptionSpec] = []
    for option in spec.options:
        members.get(option.group, rest).append(option)
    if rest:
        members["rest"] = rest
    for code, options in members.items():
        name = known.get(code, "Everything else" if known else "Your choices")
        if len(options) <= LONG_GROUP:
            if options:
                yield code, name, options
            continue
        for start in range(0, len(options), PART):
            part = options[start : start + PART]
            yield f"{code}-{start}", f"{part[0].name} to {part[-1].name}", part


def _shown_option(
    option: OptionSpec,
    answer: Mapping[str, Any],
    open_: bool,
    missing: bool,
    error: str,
    nearest: int | None,
    placed: str,
    croppable: bool,
) -> ShownOption:
    """While something is ``open_``, values show what they lead to at least; then, what they add."""
    chosen = answer.get("chosen")
    if option.kind in _WITH_VALUES:
        values = tuple(_shown_value(option, value, answer, open_) for value in option.values)
        short = len(values) <= SHORT_LIST
        widget = "checks" if option.kind == "multiple" else "cards" if short else "list"
        long = any(len(value.name) > LONG_NAME for value in values)
        return ShownOption(option, widget, chosen, missing, values, long, error=error)
    widget = {"integer": "number", "text": "text", "image": "image", "placement": "placement"}[option.kind]
    holes = tuple((low, high) for low, high in answer.get("holes") or ())
    low, high = answer.get("low"), answer.get("high")
    return ShownOption(
        option,
        widget,
        chosen,
        missing,
        low=low,
        high=high,
        holes=holes,
        error=error,
        nearest=nearest,
        placed=placed,
        croppable=croppable,
    )


_WITH_VALUES = ("choice", "switch", "multiple")


def _shown_value(option: OptionSpec, value: ValueSpec, answer: Mapping[str, Any], open_: bool) -> ShownValue:
    chosen = answer.get("chosen")
    extra = (answer.get("extra") or {}).get(value.code)
    lowest = (answer.get("from") or {}).get(value.code)
    return ShownValue(
        code=value.code,
        name=value.name,
        state=(answer.get("values") or {}).get(value.code, "unknown"),
        chosen=value.code in (chosen or ()) if option.kind == "multiple" else value.code == chosen,
        colour=colour_of(value),
        extra=Decimal(extra) if extra else None,
        lowest=Decimal(lowest) if lowest and open_ else None,
    )


def colour_of(value: ValueSpec) -> str:
    """The colour of a value's swatch (``#rrggbb``), or nothing."""
    colour = value.attributes.get("hex", "")
    return colour if isinstance(colour, str) and not isinstance(colour, Quantity) else ""


def read_post(spec: FamilySpec, data: Mapping[str, Any], *, current: Mapping[str, Any]) -> Post:
    """The changes against ``current`` that a posted form asks for (``None`` takes a choice back).

    Pictures are not read here: they come as files, and taking one in is an operation.
    """
    post = Post()
    for option in spec.options:
        if option.kind == "image":
            if data.get(f"drop-{option.code}"):
                post.changes[option.code] = None
            continue
        raw = data.get(PREFIX + option.code)
        if raw is None:
            continue
        if option.kind == "placement" and f"{PREFIX}{option.code}.x" in data:
            _read_placement(option, data, post, current.get(option.code))
            continue
        if option.kind == "multiple":
            several = _read_several(option, data)
            # Nothing ticked is no choice while nothing was chosen; later it says "none of them".
            if several != current.get(option.code) and (several or option.code in current):
                post.changes[option.code] = several
            continue
        value: Choice | None = unicodedata.normalize("NFC", str(raw)).strip()
        if value == "":
            # An emptied text says that nothing is to stand there; anything else is a choice taken back.
            value = "" if option.kind == "text" and current.get(option.code) else None
        elif option.kind == "integer":
            try:
                value = int(str(value))
            except ValueError:
                unit = f" of {option.unit}" if option.unit else ""
                post.errors[option.code] = (
                    f"“{raw}” is not a whole number{unit}. Write one like {option.minimum}."
                )
                continue
        if value != current.get(option.code):
            post.changes[option.code] = value
    return post


def _read_placement(option: OptionSpec, data: Mapping[str, Any], post: Post, chosen: object) -> None:
    """The numbers of a placement; where none was changed, nobody has placed anything."""
    name = PREFIX + option.code
    was = str(data[name])
    if was == "":
        return  # there is nothing to place yet
    typed = {
        part: str(data.get(f"{name}.{part}", "")).strip().replace(",", ".")
        for part, _, _ in (*PLACE_PARTS, *CROP_PARTS)
    }
    try:
        shown = read_placement(was)
        cut = [round(float(typed[part] or 0) * 10) for part, _, _ in CROP_PARTS]
        crop = f"{cut[0]},{cut[1]},{PER_MILLE - cut[2]},{PER_MILLE - cut[3]}"
        wanted = read_placement(",".join(typed[part] for part, _, _ in PLACE_PARTS) + ";" + crop)
    except PlacementError as refusal:
        post.errors[option.code] = f"{option.name}: {refusal}"
    except ValueError:
        post.errors[option.code] = f"{option.name}: what is cut off is a number of per cent, such as 12.5."
    else:
        if wanted != shown and write_placement(wanted) != chosen:
            post.changes[option.code] = write_placement(wanted)


def _read_several(option: OptionSpec, data: Mapping[str, Any]) -> str:
    """The ticked values of a multiple choice in the option's order, and what else was sent after them."""
    getlist = getattr(data, "getlist", None)
    name = PREFIX + option.code
    ticked = [str(code) for code in (getlist(name) if getlist else [data[name]]) if code != ""]
    known = [code for code in option.codes if code in ticked]
    return ",".join([*known, *(code for code in ticked if code not in option.codes)])


def read_quantity(raw: object, *, most: int, otherwise: int = 1) -> int:
    """A quantity from a form, held between one and ``most``."""
    try:
        return max(1, min(most, int(str(raw))))
    except ValueError:
        return otherwise


class NewFamily(forms.Form):
    """Begin a new family: a code and a name, or a file that says them itself."""

    code = forms.SlugField(
        required=False, max_length=50, help_text="small letters, digits, hyphens: garden-sign"
    )
    name = forms.CharField(required=False, max_length=120)
    file = forms.FileField(
        required=False,
        help_text="a family file (.yaml), a feature model (.uvl, .sxfm) or tables (XCSP, .xml)",
    )
