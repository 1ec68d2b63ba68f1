"""Everything that a design is, found out afresh: complete or not, makeable or not, its price, its work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Any

from configurator.catalogue import Compiled, compiled
from configurator.engine import preflight
from configurator.engine.answers import Answer
from configurator.engine.choices import ChoiceError, normalise
from configurator.engine.domains import Undecided
from configurator.engine.fonts import UnknownFont
from configurator.engine.identity import artwork_hash, canonical, content_hash
from configurator.engine.layout.elements import LayoutError
from configurator.engine.layout.scene import AssetInfo, Finding, Scene
from configurator.engine.machines import UnknownProcess
from configurator.engine.manufacturing import NotDefined, Work, work_of
from configurator.engine.pricing import Price, PriceError, price
from configurator.engine.recent import Recent
from configurator.engine.rendering.svg import PictureMissing
from configurator.engine.spec import Choice
from configurator.models import Version
from configurator.profiles import profile_for
from configurator.proofs import assets_of, scene_of, scenes_of

CACHED_EXAMINATIONS = 256  # a process


# What a family's author did not foresee shows only with the values that nobody tried before: a price or
# a length that makes no sense, a surface that cannot be laid out. The shopper can choose otherwise.
UNFORESEEN = (PriceError, NotDefined, LayoutError, UnknownFont, PictureMissing)


class Contradiction(Exception):
    """Choices that cannot stand together."""


@dataclass(frozen=True)
class Examination:
    """``choices`` are what is shown, priced and, once nothing is ``missing``, made: the choices given; while
    something is open, completed with defaults as far as the engine can (a required text stays open).
    ``scenes``, ``price`` and ``work`` are of these."""

    version: Version
    made: Compiled
    answer: Answer
    choices: Mapping[str, Choice]
    missing: tuple[str, ...]
    scenes: tuple[Scene, ...]
    price: Price
    work: Work
    artwork_hash: str
    content_hash: str

    @cached_property
    def findings_by_surface(self) -> Mapping[str, tuple[Finding, ...]]:
        """What the layout and the machines' profiles say of it, each with the repairs that work."""
        if not self._told:
            return {}
        return {scene.surface: self._preflight(scene, self._repaired) for scene in self.scenes}

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for found in self.findings_by_surface.values() for finding in found)

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """What stands against making it."""
        if not any(finding.severity == "refuse" for finding in self._told):
            return ()  # without looking for repairs
        return tuple(finding for finding in self.findings if finding.severity == "refuse")

    @property
    def orderable(self) -> bool:
        return not self.missing and not self.refusals

    @cached_property
    def _told(self) -> tuple[Finding, ...]:
        return tuple(finding for scene in self.scenes for finding in self._preflight(scene, None))

    @cached_property
    def _pictures(self) -> Mapping[str, AssetInfo]:
        return assets_of(self.made.spec, self.choices)

    def _preflight(
        self, scene: Scene, repaired: Callable[[str, Mapping[str, Choice]], Scene | None] | None
    ) -> tuple[Finding, ...]:
        try:
            profile = profile_for(scene.process)
        except UnknownProcess:
            return scene.findings  # nobody has said what this machine can do
        return preflight.examine(
            scene,
            profile,
            self._pictures,
            spec=self.made.spec,
            choices=self.choices,
            lay_out=partial(repaired, scene.surface) if repaired else None,
        )

    def _repaired(self, surface: str, choices: Mapping[str, Choice]) -> Scene | None:
        """A surface under other choices, where the rules allow them and it can be laid out."""
        try:
            plain = normalise(self.made.spec, choices)
            if not self.made.kernel.consistent(plain):
                return None
            return scene_of(version=self.version, choices=plain, surface=surface)
        except (ChoiceError, Undecided, *UNFORESEEN):
            return None


# What is found depends on the version, its rules off that day, the choices and the quantity alone (and on
# whether the family's decision diagram is at hand yet).
_seen: Recent[tuple[str, tuple[str, ...], str, int, bool], Examination] = Recent(CACHED_EXAMINATIONS)


def examine(
    *, version: Version, choices: Mapping[str, Choice], quantity: int = 1, on: date | None = None
) -> Examination:
    """Look at ``choices`` (consistent ones, as stored) from every side, by the rules of a day (today, where
    none is given); changes nothing.

    Raises ``Contradiction`` for choices that no configuration has, one of ``UNFORESEEN`` for those that
    the family's text makes no sense of, ``Undecided``.
    """
    made = compiled(version, on)
    key = (version.content_hash, made.off, canonical(choices), quantity, made.kernel.has_diagram)
    return _seen.get(key, lambda: _examine(version, made, dict(choices), quantity))


def _examine(version: Version, made: Compiled, choices: Mapping[str, Choice], quantity: int) -> Examination:
    spec, kernel = made.spec, made.kernel
    answer = kernel.answer(choices, quantity=quantity)
    shown: Mapping[str, Choice] | None = choices if answer.complete else kernel.complete(choices)
    if shown is None or not answer.consistent:
        raise Contradiction(
            answer.conflict.sentence if answer.conflict else "These choices contradict each other."
        )
    scenes = scenes_of(version=version, choices=shown)
    artwork = artwork_hash((scene.surface, scene.hash) for scene in scenes)
    return Examination(
        version=version,
        made=made,
        answer=answer,
        choices=shown,
        missing=answer.missing,
        scenes=scenes,
        price=price(spec, shown, quantity=quantity),
        work=work_of(spec, shown),
        artwork_hash=artwork,
        content_hash=content_hash(version_hash=version.content_hash, choices=shown, artwork=artwork),
    )


def price_json(price: Price) -> dict[str, Any]:
    """The price as pages, API and stored designs show it; amounts are text, exact."""
    return {
        "currency": price.currency,
        "unit": f"{price.unit:.2f}",
        "quantity": price.quantity,
        "total": f"{price.total:.2f}",
        "lines": [
            {"code": line.code, "label": line.label, "amount": f"{line.amount:.2f}"} for line in price.lines
        ],
    }
