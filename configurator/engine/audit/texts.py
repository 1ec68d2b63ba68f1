"""Texts that cannot be made: letters that a font lacks, lengths that no font and size of the product holds.

Every text that is drawn is laid out as the shop would: with its default and with as many letters as it may
have, in every font and with every value that its place on the surface depends on.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from wcwidth import iter_graphemes

from configurator.engine.audit.findings import AuditFinding, Kind
from configurator.engine.choices import first_letters, text_length
from configurator.engine.domains import Kernel
from configurator.engine.expressions import ExpressionError, parse
from configurator.engine.fonts import FontLibrary, UnknownFont
from configurator.engine.layout import lay_out
from configurator.engine.layout.scene import Finding
from configurator.engine.rules import environment_of, fill, template_references
from configurator.engine.spec import Choice, ElementSpec, FamilySpec, OptionSpec, SurfaceSpec
from configurator.engine.trial import FAULTS
from configurator.engine.wording import chosen_in_words, listed

MOST_PLACES = 60  # combinations of the values that a text's place depends on
SAMPLE = "Hamburgefonstiv "  # letters of middling width, used where a text is as long as it may be


@dataclass(frozen=True, slots=True)
class Drawn:
    """One text option on one surface; `fonts` and `places` are the choice options that decide its font and
    its place."""

    option: OptionSpec
    surface: SurfaceSpec
    element: ElementSpec
    fonts: tuple[OptionSpec, ...]
    places: tuple[OptionSpec, ...]


def audit_texts(
    spec: FamilySpec,
    kernel: Kernel,
    fonts: FontLibrary,
    *,
    enough: Callable[[], bool],
    undecided: list[str],
) -> Iterator[AuditFinding]:
    for drawn in drawn_texts(spec):
        for worn in _combinations(drawn.fonts):
            if enough():
                undecided.append(drawn.option.code)
                break
            yield from _with_one_font(spec, kernel, fonts, drawn, worn, enough)


def drawn_texts(spec: FamilySpec) -> Iterator[Drawn]:
    for surface in spec.surfaces:
        for element in surface.elements:
            option = spec.option_by_code.get(element.option)
            if element.kind != "text" or option is None or option.kind != "text":
                continue
            worn = {name.partition(".")[0] for name in template_references(element.font)}
            placed = {name for text in (*element.box, surface.width) for name in _names(text)}
            choices = [each for each in spec.options if each.kind == "choice"]
            yield Drawn(
                option,
                surface,
                element,
                tuple(each for each in choices if each.code in worn),
                tuple(each for each in choices if each.code in placed - worn),
            )


def _names(text: str) -> set[str]:
    try:
        return {reference.option for reference in parse(text).references}
    except ExpressionError:
        return set()


def _combinations(options: tuple[OptionSpec, ...]) -> Iterator[dict[str, Choice]]:
    codes = [option.code for option in options]
    for values in islice(product(*(option.codes for option in options)), MOST_PLACES):
        yield dict(zip(codes, values, strict=True))


def _with_one_font(
    spec: FamilySpec,
    kernel: Kernel,
    fonts: FontLibrary,
    drawn: Drawn,
    worn: dict[str, Choice],
    enough: Callable[[], bool],
) -> Iterator[AuditFinding]:
    option = drawn.option
    subject = ".".join(str(each) for pair in worn.items() for each in pair) or option.code
    kind: Kind = "value" if len(worn) == 1 else "option"
    called = listed([chosen_in_words(spec.option_by_code[code], value) for code, value in worn.items()])
    within = f" with {called}" if called else ""
    default = str(option.default or "")
    if default:
        full = kernel.complete({**worn, option.code: default})
        yield from _default_letters(spec, fonts, drawn, full, kind, subject, within)
        against = _against(spec, fonts, drawn, full)
        if against is not None:
            sentence = f"The default “{default}” of {option.name} cannot be made{within}: {against.message}"
            yield AuditFinding("unmakeable-text", "warn", kind, subject, sentence)
            return
    longest = _longest(spec, kernel, fonts, drawn, worn, enough)
    if longest is None or longest >= option.max_length:
        return
    room = f"at most about {longest} fit" if longest else "none fits"
    sentence = f"{option.name} may have {option.max_length} letters, but{within} {room}, whatever its size."
    yield AuditFinding("unmakeable-text", "hint" if longest else "warn", kind, subject, sentence)


def _default_letters(
    spec: FamilySpec,
    fonts: FontLibrary,
    drawn: Drawn,
    full: Mapping[str, Choice] | None,
    kind: Kind,
    subject: str,
    within: str,
) -> Iterator[AuditFinding]:
    """Letters of the default that the font itself lacks, so that another one has to stand in for them."""
    if full is None:
        return
    font = fill(drawn.element.font, environment_of(spec, full, finished=True))
    try:
        face = fonts.face(font or "")
    except UnknownFont:
        return  # the trial tells of it
    text = str(full.get(drawn.option.code, ""))
    lacking = dict.fromkeys(each for each in iter_graphemes(text) if each.strip() and not face.covers(each))
    if not lacking:
        return
    letters = listed([f"“{each}”" for each in lacking])
    sentence = f"{font} lacks {letters} of the default of {drawn.option.name}{within}: "
    yield AuditFinding(
        "unmakeable-text",
        "hint",
        kind,
        subject,
        sentence + "another font stands in.",
    )


def _against(
    spec: FamilySpec, fonts: FontLibrary, drawn: Drawn, full: Mapping[str, Choice] | None
) -> Finding | None:
    """The finding of the layout that stands against making this text; None when it can be made."""
    if full is None:
        return None
    try:
        scene = lay_out(spec=spec, choices=full, surface=drawn.surface.code, fonts=fonts, assets={})
    except FAULTS:
        return None  # the trial tells of it
    return next(
        (
            each
            for each in scene.findings
            if each.severity == "refuse" and each.element in (drawn.option.code, drawn.element.code)
        ),
        None,
    )


def _longest(
    spec: FamilySpec,
    kernel: Kernel,
    fonts: FontLibrary,
    drawn: Drawn,
    worn: dict[str, Choice],
    enough: Callable[[], bool],
) -> int | None:
    """How many letters of middling width fit in the best place; None when that cannot be told."""
    best: int | None = None
    for place in _combinations(drawn.places):

        def fits(count: int, place: dict[str, Choice] = place) -> bool | None:
            text = sample(count)
            full = kernel.complete({**worn, **place, drawn.option.code: text})
            return None if full is None else _against(spec, fonts, drawn, full) is None

        if enough():
            return None
        longest = drawn.option.max_length
        at_most = fits(longest)
        if at_most is None:
            continue
        if at_most:
            return longest
        best = max(best or 0, _bisect(fits, best or 0, longest))
    return best


def _bisect(fits: Callable[[int], bool | None], low: int, high: int) -> int:
    """The largest count that fits, between `low` (known to) and `high` (known not to)."""
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low


def sample(count: int) -> str:
    """So many letters of middling width, none of them blank at the end."""
    text = first_letters(SAMPLE * (count // len(SAMPLE) + 1), count)
    return text if text == text.rstrip() else text[: text_length(text) - 1] + "n"
