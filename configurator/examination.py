"""Everything that a design is, found out afresh: complete or not, makeable or not, its price, its work."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from configurator.catalogue import compiled
from configurator.engine.answers import Answer
from configurator.engine.identity import artwork_hash, content_hash
from configurator.engine.layout.scene import Finding, Scene
from configurator.engine.manufacturing import Work, work_of
from configurator.engine.pricing import Price, price
from configurator.engine.spec import Choice
from configurator.models import Version
from configurator.proofs import scenes_of


@dataclass(frozen=True)
class Examination:
    """``choices`` are what would be made: those given, completed where only one way is left or, for a
    design that is still open (``missing``), completed as far as possible to show and price something.
    ``choices`` is None where it cannot be completed without the shopper; then there is no price."""

    given: Mapping[str, Choice]
    answer: Answer
    choices: Mapping[str, Choice] | None
    missing: tuple[str, ...]
    scenes: tuple[Scene, ...]
    price: Price | None
    work: Work | None
    artwork_hash: str
    content_hash: str

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for scene in self.scenes for finding in scene.findings)

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """What stands against making it."""
        return tuple(finding for finding in self.findings if finding.severity == "refuse")

    @property
    def orderable(self) -> bool:
        return not self.missing and not self.refusals

    def price_json(self) -> dict[str, Any]:
        if self.price is None:
            raise ValueError("A design that cannot be completed has no price.")
        return price_json(self.price)


def examine(*, version: Version, choices: Mapping[str, Choice], quantity: int = 1) -> Examination:
    """Look at ``choices`` (consistent ones, as stored) from every side; changes nothing."""
    spec, kernel = compiled(version).spec, compiled(version).kernel
    answer = kernel.answer(choices)
    full = kernel.complete(choices)
    shown = full if full is not None else dict(choices)
    scenes = scenes_of(version=version, choices=shown)
    artwork = artwork_hash((scene.surface, scene.hash) for scene in scenes)
    return Examination(
        given=choices,
        answer=answer,
        choices=full,
        missing=answer.missing,
        scenes=scenes,
        price=price(spec, full, quantity=quantity) if full is not None else None,
        work=work_of(spec, full) if full is not None else None,
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
