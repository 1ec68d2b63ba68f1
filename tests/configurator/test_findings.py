"""What is found of a design is looked for once, whoever asks."""

import pytest

from configurator.designs import choose
from configurator.engine import preflight
from configurator.engine.layout.scene import Finding
from configurator.examination import examine
from configurator.models import Configuration
from tests.shops import NOW


def test_findings_are_looked_for_once_whatever_the_quantity(
    configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []

    def counted(case: preflight.Case) -> tuple[Finding, ...]:
        looked.append(case)
        return found(case)

    found = preflight.proposed
    monkeypatch.setattr(preflight, "proposed", counted)
    choose(configuration=configuration, changes={"text": "Once"}, now=NOW)
    for quantity in (1, 1, 7):
        seen = examine(version=configuration.version, choices=configuration.choices, quantity=quantity)
        assert seen.orderable
        assert seen.findings == ()
    assert len(looked) == 1
