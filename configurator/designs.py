"""A shopper's design: started, changed, repaired, completed, taken back.

What is stored can always be completed: a change that would contradict the rules is
refused with its reason and a way out, and nothing is stored. Each change locks its row
and may name the revision that it was made on, so two tabs cannot overwrite each other
unseen. Choosing leaves no ledger entry (nothing is agreed yet); freezing does (`freezing`).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from configurator.catalogue import kernel_of, spec_of, want_artefacts
from configurator.engine import lettering, steps
from configurator.engine.answers import Conflict, Repair
from configurator.engine.choices import ChoiceError, ChoiceProblem, check_choice, may_be_empty
from configurator.engine.domains import Completion, Kernel, Objective
from configurator.engine.spec import Choice, FamilySpec, OptionSpec
from configurator.examination import examine
from configurator.models import Asset, Configuration, Family, Version
from configurator.popularity import popularity_of

COMPLETION_SECONDS = 1.5  # a web request waits for it
MAX_TEXT = (
    2_000  # characters of a text looked at at all, whatever an option allows; longer fails its own limit
)


class NotOnSale(Exception):
    """The family is suspended, or has nothing published."""


class RevisionConflict(Exception):
    """Somebody (another tab) changed the design meanwhile: read it again, then repeat the change."""

    def __init__(self, *, expected: int, actual: int) -> None:
        super().__init__(f"The design was changed meanwhile (revision {actual}, not {expected}): reload it.")
        self.expected = expected
        self.actual = actual


class Refused(Exception):
    """A change contradicts what is chosen: which choices and rules stand against it, and the ways out, the
    smallest first (none when no other choice of the shopper's could make room). Nothing was changed.

    ``nearest`` is the number nearest to the wished one that goes with the other choices."""

    def __init__(
        self, *, conflict: Conflict, repairs: tuple[Repair, ...], nearest: int | None = None
    ) -> None:
        super().__init__(conflict.sentence)
        self.option = conflict.option
        self.value = conflict.value
        self.conflict = conflict
        self.repairs = repairs
        self.nearest = nearest

    @property
    def repair(self) -> Repair | None:
        return self.repairs[0] if self.repairs else None


class NoSuchRepair(Exception):
    """Fewer ways out are known than the one that was picked."""


class NoRepair(Exception):
    """The value cannot be reached by changing other choices."""


class NoStep(Exception):
    """There is no change to take back, or none to make again."""


class Incomplete(Exception):
    """Something is still to be chosen before it can be ordered; ``missing`` are option codes."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(f"Still to be chosen: {', '.join(missing)}.")
        self.missing = missing


class NoBest(Exception):
    """No completion has a price and can be made."""


def start(*, family: Family, owner: User | None, session_key: str, now: datetime) -> Configuration:
    """A new design of the family's current version, with its defaults. Raises ``NotOnSale``."""
    on_sale = Version.objects.sellable().select_related("family").filter(family=family)
    version = on_sale.filter(family__current=F("pk")).first()
    if version is None:
        raise NotOnSale(f"{family.name} is not on sale at present.")
    choices = spec_of(version).defaults
    examine(version=version, choices=choices, on=day_of(now))  # what cannot be shown is not stored
    want_artefacts(version=version, now=now)
    return Configuration.objects.create(
        version=version,
        choices=choices,
        owner=owner,
        session_key="" if owner is not None else session_key,
        created_at=now,
        updated_at=now,
    )


def copy(*, configuration: Configuration, now: datetime) -> Configuration:
    """A second design that begins as this one is: a variant to compare it with. Steps stay with the first."""
    return Configuration.objects.create(
        version=configuration.version,
        choices=dict(configuration.choices),
        owner=configuration.owner,
        session_key=configuration.session_key,
        created_at=now,
        updated_at=now,
    )


def choose(
    *,
    configuration: Configuration,
    changes: Mapping[str, Any],
    now: datetime,
    actor: str = "",
    expected_revision: int | None = None,
) -> Configuration:
    """Take ``changes`` (option code -> value, None takes back) together, all or none.

    Raises ``RevisionConflict``, ``ChoiceError`` (values that mean nothing here), ``Refused`` (values that
    contradict the other choices), and what ``examine`` raises of a combination that the family makes no
    sense of; then nothing is stored. ``configuration`` is brought up to date.
    """
    with transaction.atomic():
        held = hold(configuration, expected_revision)
        spec, kernel = spec_of(held.version, day_of(now)), kernel_of(held.version, day_of(now))
        wanted = read_changes(spec, changes)
        require_own_pictures(held, spec, wanted)
        chosen = with_changes(held.choices, wanted)
        if not kernel.consistent(chosen):
            raise why_refused(kernel, held.choices, wanted)
        return _store(held, configuration, chosen, now)


def repair(
    *,
    configuration: Configuration,
    option: str,
    value: Any,
    now: datetime,
    pick: int = 1,
    actor: str = "",
    expected_revision: int | None = None,
) -> Configuration:
    """Choose ``value`` and change the fewest other choices that stand against it; ``pick`` takes the second
    or third way out instead.

    Raises ``RevisionConflict``, ``ChoiceError``, ``NoRepair`` and ``NoSuchRepair``.
    """
    with transaction.atomic():
        held = hold(configuration, expected_revision)
        spec, kernel = spec_of(held.version, day_of(now)), kernel_of(held.version, day_of(now))
        wanted = read_changes(spec, {option: value})
        require_own_pictures(held, spec, wanted)
        chosen = with_changes(held.choices, wanted)
        if not kernel.consistent(chosen):
            ways_out = kernel.repairs(held.choices, option, wanted[option])
            if not ways_out:
                raise NoRepair(
                    f"{spec.option_by_code[option].name} cannot be {value}, whatever else you change."
                )
            if not 1 <= pick <= len(ways_out):
                raise NoSuchRepair(f"There are {len(ways_out)} ways out: pick one from 1, not {pick}.")
            chosen = dict(ways_out[pick - 1].choices)
        return _store(held, configuration, chosen, now)


def complete(*, configuration: Configuration, now: datetime, actor: str = "") -> Configuration:
    """Fill in everything that is still open, defaults first. What only the shopper can know (a required
    text or picture) stays open; raises ``Incomplete`` where nothing else is."""
    with transaction.atomic():
        held = hold(configuration, None)
        kernel = kernel_of(held.version, day_of(now))
        full = kernel.complete(held.choices) or dict(held.choices)
        missing = kernel.answer(full).missing
        if missing and full == held.choices:
            raise Incomplete(missing)
        return _store(held, configuration, full, now)


def complete_best(
    *,
    configuration: Configuration,
    objective: Objective,
    now: datetime,
    actor: str = "",
    expected_revision: int | None = None,
) -> tuple[Configuration, Completion]:
    """Fill in everything that is still open so that it is cheapest, fastest to make or most popular.

    Raises ``RevisionConflict``, ``Incomplete`` where only texts and pictures are open, ``NoBest``,
    ``Undecided`` where the time is too short to find any.
    """
    with transaction.atomic():
        held = hold(configuration, expected_revision)
        spec, kernel = spec_of(held.version, day_of(now)), kernel_of(held.version, day_of(now))
        popularity = popularity_of(held.version, spec) if objective == "popular" else None
        begun = _with_texts(spec, kernel, held.choices)
        found = kernel.complete_best(begun, objective, popularity, seconds=COMPLETION_SECONDS)
        if found is None:
            raise NoBest("No completion of these choices has a price and can be made: choose something else.")
        missing = kernel.missing(found.choices)
        if missing and found.choices == held.choices:
            raise Incomplete(missing)
        return _store(held, configuration, found.choices, now), found


def _with_texts(spec: FamilySpec, kernel: Kernel, choices: Mapping[str, Choice]) -> Mapping[str, Choice]:
    """With the texts that the family suggests: nobody wants letters left out because they cost something."""
    suggested = {
        option.code: option.default
        for option in spec.options
        if option.kind == "text" and option.default is not None and option.code not in choices
    }
    begun = {**choices, **suggested}
    return begun if kernel.consistent(begun) else choices


def undo(
    *, configuration: Configuration, now: datetime, actor: str = "", expected_revision: int | None = None
) -> Configuration:
    """Take the last change back. Raises ``RevisionConflict``, ``NoStep``."""
    return _step(configuration, expected_revision, now, back=True)


def redo(
    *, configuration: Configuration, now: datetime, actor: str = "", expected_revision: int | None = None
) -> Configuration:
    """Make the change again that was taken back last. Raises ``RevisionConflict``, ``NoStep``."""
    return _step(configuration, expected_revision, now, back=False)


def _step(
    configuration: Configuration, expected_revision: int | None, now: datetime, *, back: bool
) -> Configuration:
    with transaction.atomic():
        held = hold(configuration, expected_revision)
        past, future = list(held.past), list(held.future)
        source, target = (past, future) if back else (future, past)
        if not source:
            raise NoStep("There is nothing to take back." if back else "There is nothing to make again.")
        step = source.pop()
        target.append(step)
        chosen = with_changes(held.choices, steps.values(step, back=back))
        # A rule may have come into force since.
        if not kernel_of(held.version, day_of(now)).consistent(chosen):
            raise NoStep("What was chosen then is not possible any more.")
        return _move(held, configuration, chosen, past=past, future=future, now=now)


def read_changes(spec: FamilySpec, changes: Mapping[str, Any]) -> dict[str, Choice | None]:
    """``changes`` in canonical form: codes, whole numbers, NFC text, hashes of pictures.

    None takes a choice back, and so does an empty string where nothing empty can be made (an optional
    text may be empty). Raises ``ChoiceError`` with every problem.
    """
    read: dict[str, Choice | None] = {}
    problems: list[ChoiceProblem] = []
    for code, value in changes.items():
        option = spec.option_by_code.get(code)
        checked = (
            _read(option, value)
            if option
            else ChoiceProblem(str(code)[:80], None, "There is no such option.")
        )
        if isinstance(checked, ChoiceProblem):
            problems.append(checked)
        else:
            read[code] = checked
    if problems:
        raise ChoiceError(tuple(problems))
    return read


def _read(option: OptionSpec, value: Any) -> Choice | ChoiceProblem | None:
    if value is None:
        return None
    if option.kind == "text" and isinstance(value, str):
        try:
            value = lettering.clean(value[:MAX_TEXT])
        except ValueError as fault:
            return ChoiceProblem(option.code, None, str(fault))
    checked = check_choice(option, value) if value != "" else ""
    return None if checked == "" and not may_be_empty(option) else checked


def hold(configuration: Configuration, expected_revision: int | None) -> Configuration:
    """The row, locked until the transaction ends, with its version but not the version's long text
    (that is read only where the version is not compiled yet)."""
    held: Configuration = (
        Configuration.objects.select_for_update(of=("self",))
        .select_related("version__family")
        .defer("version__source")
        .get(pk=configuration.pk)
    )
    if expected_revision is not None and held.revision != expected_revision:
        raise RevisionConflict(expected=expected_revision, actual=held.revision)
    return held


def _store(
    held: Configuration, given: Configuration, choices: dict[str, Choice], now: datetime
) -> Configuration:
    if choices != held.choices:
        past = steps.taken(held.past, before=held.choices, after=choices, since=now - held.updated_at)
        return _move(held, given, choices, past=past, future=[], now=now)
    return _brought_up_to_date(given, held)


def _move(
    held: Configuration,
    given: Configuration,
    choices: dict[str, Choice],
    *,
    past: list[steps.Step],
    future: list[steps.Step],
    now: datetime,
) -> Configuration:
    examine(version=held.version, choices=choices, on=day_of(now))  # what cannot be shown is not stored
    held.choices, held.past, held.future = choices, past, future
    held.revision += 1
    held.updated_at = now
    held.save(update_fields=["choices", "past", "future", "revision", "updated_at"])
    return _brought_up_to_date(given, held)


def _brought_up_to_date(given: Configuration, held: Configuration) -> Configuration:
    for name in ("choices", "past", "future", "revision", "updated_at"):
        setattr(given, name, getattr(held, name))
    return given


def day_of(now: datetime) -> date:
    """The day of the shop's calendar whose rules count."""
    return timezone.localdate(now)


def with_changes(choices: Mapping[str, Choice], changes: Mapping[str, Choice | None]) -> dict[str, Choice]:
    together = {**choices, **changes}
    return {option: value for option, value in together.items() if value is not None}


def refused_since(configuration: Configuration, *, now: datetime) -> Refused | None:
    """Why choices that could be made when they were stored contradict the rules of today, and the way out.

    None where they do not. Only a rule with a period can begin while a design is open.
    """
    kernel = kernel_of(configuration.version, day_of(now))
    begun = any(rule.valid_from is not None for rule in kernel.spec.rules)
    if not begun or kernel.consistent(configuration.choices):
        return None
    conflict = kernel.answer(configuration.choices).conflict
    assert conflict is not None
    for option, value in conflict.choices:
        ways_out = kernel.repairs(configuration.choices, option, value)
        if ways_out:
            rest = tuple(each for each in conflict.choices if each[0] != option)
            return Refused(
                conflict=replace(conflict, option=option, value=value, choices=rest), repairs=ways_out
            )
    return Refused(conflict=conflict, repairs=())


def why_refused(
    kernel: Kernel, choices: Mapping[str, Choice], wanted: Mapping[str, Choice | None]
) -> Refused:
    """The first wanted value, in the order given, that cannot stand with those before it and with the
    choices that were not to be changed."""
    settled = {option: value for option, value in choices.items() if option not in wanted}
    for option, value in wanted.items():
        if value is None:
            continue
        conflict = kernel.explain(settled, option, value)
        if conflict is not None:
            return refused(kernel, settled, option, value, conflict)
        settled[option] = value
    raise AssertionError("Choices that contradict each other together must contradict one by one.")


def refused(
    kernel: Kernel, choices: Mapping[str, Choice], option: str, value: Choice, conflict: Conflict
) -> Refused:
    """The refusal of a wish with every way out that is known."""
    return Refused(
        conflict=conflict,
        repairs=kernel.repairs(choices, option, value),
        nearest=kernel.nearest(choices, option, value),
    )


def require_own_pictures(
    configuration: Configuration, spec: FamilySpec, wanted: Mapping[str, Choice | None]
) -> None:
    """Refuse pictures that this shopper did not hand in: a hash is not a permission.

    The pictures' rows are locked until the transaction ends, so that tidying cannot take one away
    before the choice of it is stored.
    """
    pictures = {
        option: str(value)
        for option, value in wanted.items()
        if value is not None and spec.option_by_code[option].kind == "image"
    }
    if not pictures:
        return
    own = set(
        Asset.objects.visible_to(user=configuration.owner, session_key=configuration.session_key)
        .filter(sha256__in=pictures.values())
        .order_by("sha256")
        .select_for_update(no_key=True)
        .values_list("sha256", flat=True)
    )
    problems = tuple(
        ChoiceProblem(option, sha256, "This picture is not known.", "Upload it first, then choose it.")
        for option, sha256 in pictures.items()
        if sha256 not in own
    )
    if problems:
        raise ChoiceError(problems)
