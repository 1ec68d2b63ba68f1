"""Everything that a design is, found out afresh: complete or not, makeable or not, its price, its work."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from configurator.catalogue import Compiled, compiled
from configurator.engine.answers import Answer
from configurator.engine.identity import artwork_hash, canonical, content_hash
from configurator.engine.layout.scene import Finding, Scene
from configurator.engine.manufacturing import Work, work_of
from configurator.engine.pricing import Price, price
from configurator.engine.recent import Recent
from configurator.engine.spec import Choice
from configurator.findings import UNFORESEEN, Findings, findings_of
from configurator.models import Version
from configurator.proofs import scenes_of

__all__ = ["UNFORESEEN", "Contradiction", "Examination", "examine", "price_json"]

CACHED_EXAMINATIONS = 256  # a process


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

    @property
    def findings_by_surface(self) -> Mapping[str, tuple[Finding, ...]]:
        """What the layout and the machines' profiles say of it, each with the repairs that work."""
        return self._findings.by_surface

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for found in self.findings_by_surface.values() for finding in found)

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """What stands against making it."""
        return self._findings.refusals

    @property
    def orderable(self) -> bool:
        return not self.missing and not self.refusals

    @property
    def _findings(self) -> Findings:
        return findings_of(version=self.version, made=self.made, choices=self.choices, scenes=self.scenes)


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
