"""Whether a machine can make what was laid out: rules of the machine profile, each with its way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from configurator.engine.layout.scene import AssetInfo, Finding, Scene
from configurator.engine.machines import Profile
from configurator.engine.preflight.case import Case
from configurator.engine.preflight.codes import unreadable_codes
from configurator.engine.preflight.colours import far_from_stock, too_many_colours, unseen
from configurator.engine.preflight.cuts import cut_twice, many_nodes, open_cuts
from configurator.engine.preflight.edges import missing_bleed, unsafe_items
from configurator.engine.preflight.ink import too_much_ink
from configurator.engine.preflight.letters import small_letters, with_other_choices
from configurator.engine.preflight.pictures import blank_pictures, coarse_pictures, soft_edges
from configurator.engine.preflight.repairs import proven
from configurator.engine.preflight.strokes import thin_strokes
from configurator.engine.spec import Choice, Choices, FamilySpec

__all__ = ["CODES", "RULES", "Case", "LayOut", "examine", "proposed", "with_repairs", "without_repairs"]

# The same surface under other choices; None where the family's rules forbid them or it cannot be laid out.
LayOut = Callable[[Choices], Scene | None]
Rule = Callable[[Case], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    coarse_pictures,
    soft_edges,
    blank_pictures,
    missing_bleed,
    unsafe_items,
    thin_strokes,
    small_letters,
    too_many_colours,
    far_from_stock,
    unseen,
    too_much_ink,
    cut_twice,
    open_cuts,
    many_nodes,
    unreadable_codes,
)

# Every code that a finding may have, the layout's own among them; they never change their meaning.
CODES: Mapping[str, str] = {
    "bleed-added": "artwork up to the edge was made to run over it",
    "bleed-missing": "artwork reaches the trimmed edge but does not run over it far enough",
    "broken-inside-words": "a script without spaces was broken between letters",
    "code-crowded": "something is within the quiet border of a code",
    "code-faint": "a code is not dark enough on its ground",
    "code-too-long": "a code cannot hold so much text",
    "code-too-small": "the squares of a code are too small",
    "colour-not-in-stock": "no thread, vinyl or foil comes near a colour",
    "cut-open": "a cut does not close",
    "cut-twice": "two cuts lie on each other",
    "dpi-too-low": "a picture is too coarse at its printed size",
    "gap-too-narrow": "gaps may close up",
    "glyph-missing": "no font has a letter",
    "letters-too-small": "letters are lower than the machine makes them",
    "light-parts": "light parts of a drawing are not engraved",
    "nothing-to-see": "artwork has the colour of what is under it, or is transparent",
    "off-the-surface": "a picture lies beside the surface",
    "outside-safe-zone": "artwork ends too near to the edge, or over it",
    "over-the-edge": "a picture is cut off at the edge",
    "soft-edges": "too much of a picture is half transparent",
    "stroke-too-thin": "strokes are thinner than the machine holds",
    "text-shrunk": "letters were made smaller so that the text fits",
    "text-too-long": "a text does not fit at its smallest letters",
    "text-too-small": "a text was placed so small that its letters are below the least height",
    "too-many-colours": "more colours than the machine takes",
    "too-many-nodes": "an outline has too many nodes",
    "too-much-ink": "too much ink on one place",
}

_RANK = {"refuse": 0, "warn": 1, "fixed": 2}


def examine(
    scene: Scene,
    profile: Profile,
    assets: Mapping[str, AssetInfo],
    *,
    spec: FamilySpec | None = None,
    choices: Choices | None = None,
    lay_out: LayOut | None = None,
) -> tuple[Finding, ...]:
    """Everything found on a surface: the layout's findings and those of the machine's rules, what is refused
    first, then in the order of the elements.

    With `spec`, `choices` and `lay_out` each finding has the repairs that were seen to work: the surface was
    laid out with them and examined. Otherwise it has none.
    """
    case = Case(scene, profile, assets, spec, choices)
    found = proposed(case)
    if lay_out is None or spec is None:
        return without_repairs(found)
    return with_repairs(case, found, lay_out)


def proposed(case: Case) -> tuple[Finding, ...]:
    """Everything found, in order, with repairs that nobody has tried yet: for `with_repairs`."""
    scene = case.scene
    findings = [*scene.findings, *(each for rule in RULES for each in rule(case))]
    order: dict[str, int] = {}
    for place, item in enumerate(scene.items):
        order.setdefault(item.element, place)
    return tuple(
        sorted(
            findings,
            key=lambda each: (
                _RANK[each.severity],
                order.get(each.element, -1),
                each.element,
                each.code,
                each.message,
            ),
        )
    )


def with_repairs(case: Case, found: tuple[Finding, ...], lay_out: LayOut) -> tuple[Finding, ...]:
    """What `proposed` found of this case, with the repairs that work: the surface was laid out with each and
    examined."""
    chosen = case.choices
    if chosen is None:
        return without_repairs(found)

    def outcome(changes: Mapping[str, Choice]) -> tuple[Finding, ...] | None:
        changed = {**chosen, **changes}
        other = lay_out(changed)
        return None if other is None else proposed(replace(case, scene=other, choices=changed))

    return tuple(proven(with_other_choices(case, each), found, outcome) for each in found)


def without_repairs(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(replace(each, repairs=()) for each in found)
