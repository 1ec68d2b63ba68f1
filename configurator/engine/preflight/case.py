"""What is examined: a scene, the machine it is for, and what a shopper could change about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import AssetInfo, Finding, Fix, Item, Severity
from configurator.engine.layout.scene import Scene as Scene
from configurator.engine.layout.surfaces import named, placement_of
from configurator.engine.machines import Profile
from configurator.engine.placing import Placement
from configurator.engine.rules import template_references
from configurator.engine.spec import Choice, Choices, ElementSpec, FamilySpec, OptionSpec

# Roles that leave ink or burnt wood; cuts and scores are ways.
INKED = frozenset({"print", "white", "engrave"})
WAYS = frozenset({"cut", "score"})


@dataclass(frozen=True)
class Case:
    """Without `spec` and `choices` (a scene read from a file) nothing can be offered, only told."""

    scene: Scene
    profile: Profile
    assets: Mapping[str, AssetInfo]
    spec: FamilySpec | None = None
    choices: Choices | None = None

    @cached_property
    def elements(self) -> Mapping[str, ElementSpec]:
        """What the family says of each element of the scene."""
        surface = self.spec.surface_by_code.get(self.scene.surface) if self.spec is not None else None
        return dict(named(surface.elements)) if surface is not None else {}

    @property
    def inked(self) -> Iterator[Item]:
        return (item for item in self.scene.items if item.role in INKED)

    def chosen(self, code: str) -> Choice | None:
        return (self.choices or {}).get(code)

    def placement(self, element: str) -> tuple[str, Placement] | None:
        """The option that places an element, and what the shopper chose there."""
        described = self.elements.get(element)
        if described is None or not described.place or not self.choices:
            return None
        placed = placement_of(described, self.choices)
        return None if placed is None else (described.place, placed)

    def options_of(self, template: str | None) -> tuple[OptionSpec, ...]:
        """The options whose value decides a font, a colour or a text."""
        if not template or self.spec is None:
            return ()
        codes = dict.fromkeys(name.partition(".")[0] for name in template_references(template))
        return tuple(self.spec.option_by_code[code] for code in codes if code in self.spec.option_by_code)


def finding(
    code: str,
    severity: Severity,
    element: str,
    message: str,
    *,
    measured: float | None = None,
    limit: float | None = None,
    unit: str = "",
    box: Box | None = None,
    repairs: tuple[Fix, ...] = (),
) -> Finding:
    """A finding; numbers are rounded to what people read."""
    return Finding(
        code=code,
        severity=severity,
        element=element,
        measured=None if measured is None else round(measured, 3),
        limit=limit,
        unit=unit,
        message=message,
        box=box,
        repairs=repairs,
    )
