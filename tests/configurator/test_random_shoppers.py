"""Shoppers who click anything: what is stored can always be finished, what is frozen is always valid."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from configurator.catalogue import kernel_of, publish, spec_of
from configurator.designs import (
    Incomplete,
    NoRepair,
    NotMakeable,
    Refused,
    RevisionConflict,
    choose,
    complete,
    freeze,
    repair,
    start,
)
from configurator.engine.choices import ChoiceError
from configurator.models import Configuration
from tests.shops import BADGE, NOW

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "material": st.sampled_from(["acrylic", "steel", None]),
    "pin": st.sampled_from(["magnet", "needle", "clip", None]),
    "length": st.one_of(st.sampled_from([*range(60, 130, 10), None]), st.integers(50, 130)),
    "text": st.one_of(st.text(max_size=24), st.sampled_from(["Müller", "שלום", "", None])),
    "photo": st.sampled_from([None, ""]),
}
CHANGE = st.sampled_from(sorted(VALUES)).flatmap(lambda code: st.tuples(st.just(code), VALUES[code]))


class Shopper(RuleBasedStateMachine):
    """One design; every stored state is compared with what the operation said it did."""

    def __init__(self) -> None:
        super().__init__()
        family = publish(source=BADGE, filename="badge.yaml", actor="system:test", now=NOW).family
        owner, _ = User.objects.get_or_create(username="random")
        self.configuration = start(family=family, owner=owner, session_key="", now=NOW)

    def stored(self) -> Configuration:
        return Configuration.objects.select_related("version").get(pk=self.configuration.pk)

    @rule(changes=st.lists(CHANGE, min_size=1, max_size=3))
    def chooses(self, changes: list[tuple[str, Any]]) -> None:
        wanted = dict(changes)
        before = self.stored()
        try:
            choose(configuration=self.configuration, changes=wanted, now=NOW)
        except (Refused, ChoiceError) as refusal:
            assert self.stored().choices == before.choices
            if isinstance(refusal, Refused) and refusal.repair is not None:
                assert refusal.repair.changes
                assert refusal.repair.choices[refusal.option] == refusal.value
        else:
            after = self.stored().choices
            untouched = {code: value for code, value in before.choices.items() if code not in wanted}
            assert {code: after.get(code) for code in untouched} == untouched

    @rule(change=CHANGE)
    def repairs(self, change: tuple[str, Any]) -> None:
        code, value = change
        try:
            repair(configuration=self.configuration, option=code, value=value, now=NOW)
        except (NoRepair, ChoiceError):
            return
        if value not in (None, ""):
            assert self.stored().choices[code] is not None

    @rule(change=CHANGE)
    def chooses_in_an_old_tab(self, change: tuple[str, Any]) -> None:
        before = self.stored()
        try:
            choose(
                configuration=self.configuration,
                changes=dict([change]),
                expected_revision=before.revision + 1,
                now=NOW,
            )
        except RevisionConflict:
            assert self.stored().choices == before.choices
        else:
            raise AssertionError("An old tab has overwritten a design.")

    @rule()
    def lets_it_be_completed(self) -> None:
        try:
            complete(configuration=self.configuration, now=NOW)
        except Incomplete as refusal:
            assert refusal.missing == ("text",)

    @precondition(lambda self: self.configuration.choices.get("text"))
    @rule()
    def freezes(self) -> None:
        try:
            design = freeze(configuration=self.configuration, actor="user:random", now=NOW)
        except (Incomplete, NotMakeable):
            return
        assert not kernel_of(design.version).violations(design.choices)
        required = {option.code for option in spec_of(design.version).options if option.required}
        assert required <= set(design.choices)

    @invariant()
    def can_be_finished(self) -> None:
        configuration = self.stored()
        assert kernel_of(configuration.version).answer(configuration.choices).consistent
        assert configuration.choices == self.configuration.choices


@pytest.mark.django_db
def test_random_shoppers() -> None:
    run_state_machine_as_test(
        Shopper,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
