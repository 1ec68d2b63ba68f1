"""Shoppers who click anything: what is stored can always be finished, what is frozen is always valid."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from configurator.catalogue import (
    NotPublishable,
    NotRolledBack,
    kernel_of,
    publish,
    retire,
    roll_back,
    spec_of,
)
from configurator.designs import (
    Incomplete,
    NoRepair,
    NoStep,
    NotOnSale,
    Refused,
    RevisionConflict,
    choose,
    complete,
    redo,
    repair,
    start,
    undo,
)
from configurator.engine.choices import ChoiceError, normalise
from configurator.engine.domains import Kernel
from configurator.engine.knowledge import compile_family
from configurator.freezing import NotMakeable, freeze, reopen
from configurator.models import Configuration, Design, Version
from configurator.moving import MovedOn, move_of, move_to_current
from tests.shops import BADGE, NOW

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "material": st.sampled_from(["acrylic", "steel", None]),
    "pin": st.sampled_from(["magnet", "needle", "clip", None]),
    "length": st.one_of(st.sampled_from([*range(60, 130, 10), None]), st.integers(50, 130)),
    "text": st.one_of(st.text(max_size=24), st.sampled_from(["Müller", "שלום", "", None])),
    "photo": st.sampled_from([None, ""]),
}
CHANGE = st.sampled_from(sorted(VALUES)).flatmap(lambda code: st.tuples(st.just(code), VALUES[code]))


# What an author may publish while shoppers are at work: rules come, go and change, a value goes.
EDITIONS = (
    BADGE,
    BADGE.replace("length <= 90 mm", "length <= 70 mm"),
    BADGE.replace(", {code: needle, name: Needle}", ""),
)
VOID = BADGE.replace("rules:\n", 'rules:\n  - {code: NONE, expr: "length < 60 mm"}\n')


class Shopper(RuleBasedStateMachine):
    """One design, and an author who publishes meanwhile; every stored state is compared with what the
    operation said it did."""

    def __init__(self) -> None:
        super().__init__()
        self.alone = transaction.atomic()  # what one example does is not there for the next
        self.alone.__enter__()
        self.family = publish(source=BADGE, filename="badge.yaml", actor="system:test", now=NOW).family
        self.owner, _ = User.objects.get_or_create(username="random")
        self.configuration = start(family=self.family, owner=self.owner, session_key="", now=NOW)
        self.frozen: dict[str, dict[str, Any]] = {}
        self.pinned = self.configuration.version_id

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.alone.__exit__(None, None, None)

    def stored(self) -> Configuration:
        return Configuration.objects.select_related("version__family").get(pk=self.configuration.pk)

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

    @rule(data=st.data())
    def chooses_what_is_offered(self, data: st.DataObject) -> None:
        """Nothing that is shown as possible is refused, in whatever state."""
        before = self.stored()
        offered = kernel_of(before.version).answer(before.choices).options
        wishes = [
            (code, value)
            for code, option in offered.items()
            for value, state in option.values.items()
            if state == "possible"
        ]
        wishes += [("length", number) for number in (offered["length"].low, offered["length"].high)]
        code, value = data.draw(st.sampled_from(wishes))
        choose(configuration=self.configuration, changes={code: value}, now=NOW)
        assert self.stored().choices == {**before.choices, code: value}

    @rule()
    def asks_a_kernel_that_was_never_asked_before(self) -> None:
        held = self.stored()
        used, fresh = kernel_of(held.version), Kernel(compile_family(spec_of(held.version)))
        assert used.answer(held.choices) == fresh.answer(held.choices)
        for wish in ({"material": "steel"}, {"pin": "clip"}, {"length": 120}):
            ((option, value),) = wish.items()
            assert used.explain(held.choices, option, value) == fresh.explain(held.choices, option, value)
            assert used.repairs(held.choices, option, value) == fresh.repairs(held.choices, option, value)

    @rule()
    def moves_to_the_version_on_sale(self) -> None:
        """What was shown is what happens; a version that was not looked at is never moved to."""
        before = self.stored()
        shown = move_of(configuration=before, now=NOW)
        if shown is None:
            try:
                move_to_current(configuration=self.configuration, agreed=before.version.number, now=NOW)
            except NotOnSale:
                assert self.current() != before.version_id
            assert (self.stored().version_id, self.stored().choices) == (self.pinned, before.choices)
            return
        with pytest.raises(MovedOn):
            move_to_current(configuration=self.configuration, agreed=shown.target.number + 1, now=NOW)
        assert self.stored().choices == before.choices
        move_to_current(configuration=self.configuration, agreed=shown.target.number, now=NOW)
        after = self.stored()
        assert (after.version_id, after.choices) == (shown.target.pk, shown.choices)
        assert (after.past, after.future) == ([], [])
        self.pinned = shown.target.pk

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
        self.frozen[design.pk] = dict(design.choices)
        assert not kernel_of(design.version).violations(design.choices)
        required = {option.code for option in spec_of(design.version).options if option.required}
        assert required <= set(design.choices)

    @rule(step=st.sampled_from([undo, redo]))
    def goes_back_or_forth(self, step: Any) -> None:
        before = self.stored()
        source = before.past if step is undo else before.future  # as it was before the step
        try:
            step(configuration=self.configuration, now=NOW)
        except NoStep:
            assert not source
            assert self.stored().choices == before.choices
            return
        other = redo if step is undo else undo
        after = self.stored().choices
        other(configuration=self.configuration, now=NOW)
        assert self.stored().choices == before.choices
        step(configuration=self.configuration, now=NOW)
        assert self.stored().choices == after

    @rule(edition=st.integers(0, len(EDITIONS) - 1))
    def an_author_publishes(self, edition: int) -> None:
        version = publish(source=EDITIONS[edition], filename="badge.yaml", actor="user:author", now=NOW)
        assert self.current() == version.pk

    @rule()
    def an_author_cannot_publish_a_void_product(self) -> None:
        before = self.family.versions.count()
        with pytest.raises(NotPublishable):
            publish(source=VOID, filename="badge.yaml", actor="user:author", now=NOW)
        assert self.family.versions.count() == before

    @rule(data=st.data())
    def an_author_retires_a_version(self, data: st.DataObject) -> None:
        version = self.drawn_version(data)
        retire(version=version, actor="user:author", now=NOW)

    @rule(data=st.data())
    def an_author_rolls_back(self, data: st.DataObject) -> None:
        version = self.drawn_version(data)
        try:
            roll_back(version=version, actor="user:author", now=NOW)
        except NotRolledBack:
            assert self.current() == version.pk

    @precondition(lambda self: self.frozen)
    @rule(data=st.data())
    def opens_a_copy_of_a_frozen_design(self, data: st.DataObject) -> None:
        design = Design.objects.get(pk=list(self.frozen)[data.draw(st.integers(0, len(self.frozen) - 1))])
        try:
            self.configuration = reopen(design=design, owner=self.owner, session_key="", now=NOW)
            self.pinned = self.configuration.version_id
        except NotOnSale:
            assert not Version.objects.sellable().filter(family=self.family, pk=self.current()).exists()

    def drawn_version(self, data: st.DataObject) -> Version:
        versions = list(self.family.versions.order_by("number"))
        return versions[data.draw(st.integers(0, len(versions) - 1))]

    def current(self) -> int | None:
        self.family.refresh_from_db()
        return self.family.current_id

    @invariant()
    def what_is_frozen_stays(self) -> None:
        designs = Design.objects.filter(pk__in=self.frozen)
        assert {design.pk: design.choices for design in designs} == self.frozen

    @invariant()
    def what_is_published_stays(self) -> None:
        for version in self.family.versions.all():
            assert version.sealed
            assert version.source in EDITIONS

    @invariant()
    def no_version_changes_under_a_design(self) -> None:
        assert self.stored().version_id == self.pinned

    @invariant()
    def can_be_finished(self) -> None:
        configuration = self.stored()
        assert kernel_of(configuration.version).answer(configuration.choices).consistent
        assert configuration.choices == self.configuration.choices
        assert configuration.choices == normalise(spec_of(configuration.version), configuration.choices)


@pytest.mark.django_db
def test_random_shoppers() -> None:
    run_state_machine_as_test(
        Shopper,
        settings=settings(
            max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
