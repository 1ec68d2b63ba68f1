"""What the layout and the machines' profiles say of a design, and which repairs work."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from configurator.catalogue import Compiled
from configurator.engine import preflight
from configurator.engine.choices import ChoiceError, normalise
from configurator.engine.domains import Undecided
from configurator.engine.fonts import UnknownFont
from configurator.engine.identity import canonical
from configurator.engine.layout.elements import LayoutError
from configurator.engine.layout.scene import AssetInfo, Finding, Scene
from configurator.engine.machines import UnknownProcess
from configurator.engine.manufacturing import NotDefined
from configurator.engine.pricing import PriceError
from configurator.engine.recent import Recent
from configurator.engine.rendering.svg import PictureMissing
from configurator.engine.spec import Choice
from configurator.models import Version
from configurator.profiles import profile_for
from configurator.proofs import assets_of, scene_of

CACHED_DESIGNS = 256  # a process

# What a family's author did not foresee shows only with the values that nobody tried before: a price or
# a length that makes no sense, a surface that cannot be laid out. The shopper can choose otherwise.
UNFORESEEN = (PriceError, NotDefined, LayoutError, UnknownFont, PictureMissing)


@dataclass(frozen=True)
class Findings:
    """Of whole choices that the rules allow, laid out as ``scenes``. Machines' rules are looked through once,
    repairs are tried only when somebody asks for them."""

    version: Version
    made: Compiled
    choices: Mapping[str, Choice]
    scenes: tuple[Scene, ...]

    @cached_property
    def by_surface(self) -> Mapping[str, tuple[Finding, ...]]:
        """Every finding with the repairs that work; no surface without findings while there are none."""
        if not any(self._found.values()):
            return {}
        return {scene.surface: self._repairable(scene) for scene in self.scenes}

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """What stands against making it, each with its repairs."""
        if not any(each.severity == "refuse" for found in self._found.values() for each in found):
            return ()  # without looking for repairs
        told = (each for found in self.by_surface.values() for each in found)
        return tuple(each for each in told if each.severity == "refuse")

    @cached_property
    def _cases(self) -> Mapping[str, preflight.Case]:
        """What to examine, of the surfaces for which somebody has said what the machine can do."""
        pictures = assets_of(self.made.spec, self.choices)
        return {
            scene.surface: case for scene in self.scenes if (case := self._case(scene, pictures)) is not None
        }

    def _case(self, scene: Scene, pictures: Mapping[str, AssetInfo]) -> preflight.Case | None:
        try:
            profile = profile_for(scene.process)
        except UnknownProcess:
            return None
        return preflight.Case(scene, profile, pictures, self.made.spec, self.choices)

    @cached_property
    def _found(self) -> Mapping[str, tuple[Finding, ...]]:
        cases = self._cases
        return {
            scene.surface: preflight.proposed(cases[scene.surface])
            if scene.surface in cases
            else scene.findings
            for scene in self.scenes
        }

    def _repairable(self, scene: Scene) -> tuple[Finding, ...]:
        case, found = self._cases.get(scene.surface), self._found[scene.surface]
        if case is None or not found:
            return found
        return preflight.with_repairs(case, found, partial(self._repaired, scene.surface))

    def _repaired(self, surface: str, choices: Mapping[str, Choice]) -> Scene | None:
        """A surface under other choices, where the rules allow them and it can be laid out."""
        try:
            plain = normalise(self.made.spec, choices)
            if not self.made.kernel.consistent(plain):
                return None
            return scene_of(version=self.version, choices=plain, surface=surface)
        except (ChoiceError, Undecided, *UNFORESEEN):
            return None


# What is found depends on the version, its rules off that day and the choices alone: not on the quantity, by
# which one design is asked for again and again.
_looked_at: Recent[tuple[str, tuple[str, ...], str], Findings] = Recent(CACHED_DESIGNS)


def findings_of(
    *, version: Version, made: Compiled, choices: Mapping[str, Choice], scenes: tuple[Scene, ...]
) -> Findings:
    """The findings of ``choices`` (whole ones that ``made`` allows) laid out as ``scenes``; looked for once a
    process."""
    key = (version.content_hash, made.off, canonical(choices))
    return _looked_at.get(key, lambda: Findings(version, made, dict(choices), scenes))
