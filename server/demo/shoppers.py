"""Simulated shoppers: they click at random, take the offered repair or think better of it, and order.

Everything they do goes through the operations that pages and API use. The same
seed gives the same shoppers.
"""

import csv
import io
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import User

from configurator import assets, designs, freezing
from configurator.catalogue import spec_of
from configurator.engine.choices import ChoiceError, joined
from configurator.engine.spec import Choice, FamilySpec, OptionSpec
from configurator.models import Configuration, Design, Family
from orders import cart as carts
from orders import checkout
from orders.channels import csv_file
from orders.models import ImportReport, Order
from server.demo import pictures

TAKES_THE_REPAIR = 0.7
ONE_IN_BY_CSV = 12  # a reseller's file among so many orders: rows that cannot be made
TRIES = 4  # times a shopper shortens a text that does not fit

# Whole words of several scripts and lengths, one a line of the sign, the shirt or the mug.
WORDS = tuple(
    """
    The Millers
    No. 24
    est. 2011
    Ana & Joris
    Zoë
    Smørrebrød
    Łukasz
    Café Lumière
    Familie Müller
    Γιώργος
    Добро пожаловать
    שלום
    مرحبا
    نور
    Ευτυχία
    Ночь
    Coach
    Team Rocket
    Papa
    Since 1987
    7
    10
    23
    Library
    Do not disturb
    """.strip().splitlines()
)
NAMES = ("Ada King", "José Álvarez", "Nour Haddad", "Ewa Wójcik", "Jón Þórsson", "Mai Nguyễn", "Sam Okafor")


@dataclass
class Shopping:
    """What the shoppers did. ``refused`` counts the reasons of orders that were not placed."""

    placed: list[Order] = field(default_factory=list)
    valid: int = 0
    repaired: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    clicks: int = 0
    refused_clicks: int = 0
    total: Decimal = Decimal("0.00")

    @property
    def asked(self) -> int:
        return self.valid + self.repaired + self.refused


class _GaveUp(Exception):
    """A shopper who found no way to what they wanted; the reasons are what the shop said."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)


def shop(
    *,
    orders: int,
    families: Sequence[Family],
    owner: User | None,
    seed: int,
    now: Callable[[], datetime],
    say: Callable[[str], None],
) -> Shopping:
    """Have ``orders`` orders asked for: most by clicking, one in a dozen as rows of a reseller's file."""
    result = Shopping()
    by_file = orders // ONE_IN_BY_CSV
    for number in range(orders - by_file):
        chance = random.Random(f"{seed}:{number}")  # noqa: S311 - repeatable on purpose
        _one_order(result, chance, number, families, owner if number % 10 == 0 else None, seed=seed, now=now)
        if (number + 1) % 20 == 0:
            say(f"{number + 1} shoppers have been here")
    if by_file:
        _reseller(result, by_file, families, seed=seed, now=now)
    return result


def _one_order(
    result: Shopping,
    chance: random.Random,
    number: int,
    families: Sequence[Family],
    owner: User | None,
    *,
    seed: int,
    now: Callable[[], datetime],
) -> None:
    guest = f"demo-{seed}-{number}"
    actor = f"user:{owner.username}" if owner else f"guest:{guest}"
    repairs = 0
    try:
        cart = carts.open_cart(owner=owner, session_key=guest, now=now())
        for _ in range(chance.choice((1, 1, 1, 2, 2, 3))):
            design, made = _design(result, chance, chance.choice(families), owner, guest, actor, now)
            repairs += made
            carts.add(cart=cart, design=design, quantity=chance.choice((1, 1, 1, 2, 3, 6)), now=now())
        order = checkout.place(
            cart=cart,
            customer=_customer(chance),
            quotes=carts.quoted(cart=cart, now=now()).tokens,
            idempotency_key=f"{guest}-{now().isoformat()}",
            owner=owner,
            session_key=guest,
            actor=actor,
            now=now(),
        )
    except _GaveUp as refusal:
        _count_refusal(result, refusal.reasons)
        return
    except checkout.CheckoutRefused as refusal:
        _count_refusal(result, [problem.message for problem in refusal.problems])
        return
    result.placed.append(order)
    result.total += order.total
    if repairs:
        result.repaired += 1
    else:
        result.valid += 1


def _design(
    result: Shopping,
    chance: random.Random,
    family: Family,
    owner: User | None,
    guest: str,
    actor: str,
    now: Callable[[], datetime],
) -> tuple[Design, int]:
    """A design after a handful of clicks, and how many of them took a repair."""
    configuration = designs.start(family=family, owner=owner, session_key=guest, now=now())
    spec = spec_of(configuration.version)
    repairs = 0
    for option in chance.choices(
        [each for each in spec.options if each.kind not in ("image", "placement")], k=chance.randint(3, 7)
    ):
        repairs += _click(result, chance, configuration, option, _value(chance, option), actor, now)
    for _ in range(TRIES):
        try:
            designs.complete(configuration=configuration, actor=actor, now=now())
            return freezing.freeze(configuration=configuration, actor=actor, now=now()), repairs
        except freezing.NotMakeable as refusal:
            reasons = [finding.message for finding in refusal.findings]
        except designs.Incomplete as refusal:
            reasons = [str(refusal)]
            if _hand_in_pictures(chance, configuration, spec, refusal.missing, actor, now):
                continue
        if not _shorten(configuration, spec, actor, now):
            break
    raise _GaveUp(reasons)


def _click(
    result: Shopping,
    chance: random.Random,
    configuration: Configuration,
    option: OptionSpec,
    value: Choice,
    actor: str,
    now: Callable[[], datetime],
) -> int:
    """Choose one value; 1 when it took the offered repair, 0 otherwise."""
    result.clicks += 1
    try:
        designs.choose(configuration=configuration, changes={option.code: value}, actor=actor, now=now())
    except designs.Refused as refusal:
        result.refused_clicks += 1
        if refusal.repair is None or chance.random() > TAKES_THE_REPAIR:
            return 0
        designs.repair(configuration=configuration, option=option.code, value=value, actor=actor, now=now())
        return 1
    except ChoiceError:  # a text that the option does not take: the shopper leaves the field as it was
        result.refused_clicks += 1
    return 0


def _value(chance: random.Random, option: OptionSpec) -> Choice:
    if option.kind in ("choice", "switch"):
        return chance.choice(option.codes)
    if option.kind == "multiple":
        return joined(option, chance.sample(option.codes, chance.randint(option.least, option.most)))
    if option.kind == "integer":
        return chance.randrange(option.minimum, option.maximum + 1, option.step)
    return chance.choice(WORDS).strip()[: option.max_length]


def _hand_in_pictures(
    chance: random.Random,
    configuration: Configuration,
    spec: FamilySpec,
    missing: Sequence[str],
    actor: str,
    now: Callable[[], datetime],
) -> bool:
    """Upload a picture for every picture that is still missing; False when none is."""
    wanted = [code for code in missing if spec.option_by_code[code].kind == "image"]
    for code in wanted:
        asset = assets.take_in(
            upload=pictures.draw(chance),
            owner=configuration.owner,
            session_key=configuration.session_key,
            now=now(),
        )
        designs.choose(configuration=configuration, changes={code: asset.sha256}, actor=actor, now=now())
    return bool(wanted)


def _shorten(configuration: Configuration, spec: FamilySpec, actor: str, now: Callable[[], datetime]) -> bool:
    """Halve the longest text, as somebody does whose name does not fit; False when nothing is left to cut."""
    texts = {
        option.code: str(configuration.choices[option.code])
        for option in spec.options
        if option.kind == "text" and len(str(configuration.choices.get(option.code) or "")) > 1
    }
    if not texts:
        return False
    code = max(texts, key=lambda each: (len(texts[each]), each))
    shorter = texts[code][: len(texts[code]) // 2].strip() or "A"
    try:
        designs.choose(configuration=configuration, changes={code: shorter}, actor=actor, now=now())
    except (designs.Refused, ChoiceError):
        return False
    return True


def _reseller(
    result: Shopping, rows: int, families: Sequence[Family], *, seed: int, now: Callable[[], datetime]
) -> None:
    """A reseller's file with rows that nobody can make: what the families' own tests expect to be refused."""
    impossible = [
        (family, case)
        for family in families
        if family.current is not None
        for case in spec_of(family.current).tests
        if case.expect == "refused"
    ]
    chosen = random.Random(f"{seed}:csv").sample(impossible, min(rows, len(impossible)))  # noqa: S311
    for family in families:
        cases = [case for owner, case in chosen if owner.pk == family.pk]
        if not cases or family.current is None:
            continue
        spec = spec_of(family.current)
        table = [{**spec.defaults, **case.choices, "row": case.name} for case in cases]
        report = csv_file.import_orders(
            text=_as_csv(table),
            family=family,
            actor="system:demo",
            now=now(),
            customer=checkout.CustomerData(name="A reseller", email="orders@reseller.demo.invalid"),
            filename=f"reseller-{family.code}.csv",
        )
        _count_rows(result, report)


def _as_csv(table: Sequence[dict[str, Choice]]) -> str:
    columns = sorted({name for row in table for name in row})
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def _count_rows(result: Shopping, report: ImportReport) -> None:
    for row in report.rows.select_related("order").order_by("row"):
        if row.order is None:
            _count_refusal(result, [str(problem["message"]) for problem in row.problems])
        else:
            result.placed.append(row.order)
            result.total += row.order.total
            result.valid += 1


def _count_refusal(result: Shopping, reasons: Sequence[str]) -> None:
    result.refused += 1
    result.reasons.update(reasons[:1])  # one reason an order, so that the counts add up


def _customer(chance: random.Random) -> checkout.CustomerData:
    name = chance.choice(NAMES)
    return checkout.CustomerData(
        name=name,
        email=f"shopper{chance.randrange(10_000)}@demo.invalid",
        address_line=f"Keizersgracht {chance.randint(1, 800)}",
        postal_code="1015 CJ",
        city="Amsterdam",
        country="NL",
    )
