"""Tidying the shop: what nobody needs goes, and nothing that an order, a cart or a link needs."""

import contextlib
import io
import os
import random
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection
from PIL import Image

from configurator import assets, proofs
from configurator.designs import choose, start
from configurator.freezing import freeze, share
from configurator.models import Asset, Configuration, Design, Family, Upload
from ledger.invariants import check_all
from ledger.tidying import tidy
from orders.cart import add, open_cart, quoted
from orders.checkout import place
from orders.models import Cart, CartLine, Order
from tests.processes import together
from tests.shops import ALICE, NOW

LATER = NOW + timedelta(days=31)
SEEDS = 6


def picture(colour: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 300), (colour, 90, 160)).save(file, "PNG")
    return file.getvalue()


def uploaded(colour: int, *, guest: str = "g1", owner: User | None = None, now: Any = NOW) -> Asset:
    return assets.take_in(upload=picture(colour), owner=owner, session_key=guest, now=now)


def removed(*, now: Any = LATER, dry_run: bool = False) -> dict[str, int]:
    """Name of the tidying -> how many, without those that found nothing."""
    counts = {t.name.split(": ")[1]: t.removed.count for t in tidy(now=now, dry_run=dry_run)}
    return {name: count for name, count in counts.items() if count}


def designed(badge: Family, *, guest: str = "g1", owner: User | None = None, **changes: Any) -> Design:
    making = start(family=badge, owner=owner, session_key=guest, now=NOW)
    if changes:
        choose(configuration=making, changes=changes, now=NOW)
    return freeze(configuration=making, actor="system:test", now=NOW)


def carted(design: Design, *, guest: str = "g1", now: Any = NOW) -> Cart:
    cart = open_cart(owner=None, session_key=guest, now=now)
    add(cart=cart, design=design, quantity=1, now=now)
    return cart


def ordered(cart: Cart, *, guest: str = "g1") -> Order:
    return place(
        cart=cart,
        customer=ALICE,
        quotes=quoted(cart=cart, now=NOW).tokens,
        idempotency_key="first",
        owner=None,
        session_key=guest,
        actor="guest:test",
        now=NOW,
    )


def breaches() -> list[str]:
    """Of the shop's invariants (no worker runs here, so jobs wait)."""
    found = [*check_all(prefix="configurator"), *check_all(prefix="orders"), *check_all(prefix="production")]
    return [f"{check.name}: {breach}" for check in found for breach in check.breaches]


def test_one_tidying_clears_a_whole_chain(badge: Family) -> None:
    asset = uploaded(1)
    carted(designed(badge, material="acrylic", photo=asset.sha256))
    assert removed() == {
        "carts that guests left": 1,
        "designs in work that were left": 1,
        "frozen designs that nothing needs": 1,
        "pictures that nothing shows": 1,
        "files of pictures that went": 1,
    }
    assert not default_storage.exists(asset.path)
    assert not CartLine.objects.exists() and not Upload.objects.exists()
    assert removed() == {}


def test_nothing_that_was_used_lately_goes(badge: Family) -> None:
    asset = uploaded(1)
    carted(designed(badge, material="acrylic", photo=asset.sha256))
    assert removed(now=NOW + timedelta(days=29)) == {}


def test_a_dry_run_changes_nothing(badge: Family) -> None:
    carted(designed(badge))
    assert removed(dry_run=True)["carts that guests left"] == 1
    assert Cart.objects.count() == Design.objects.count() == Configuration.objects.count() == 1


def test_what_an_order_needs_stays(badge: Family) -> None:
    asset = uploaded(1)
    order = ordered(carted(designed(badge, material="acrylic", photo=asset.sha256)))
    removed()
    line = order.lines.get()
    assert line.design.choices["photo"] == asset.sha256
    assert Asset.objects.get() == asset and default_storage.exists(asset.path)
    assert breaches() == []


def test_a_design_with_an_open_link_stays_with_its_picture(badge: Family) -> None:
    asset = uploaded(1)
    design = share(design=designed(badge, material="acrylic", photo=asset.sha256), now=NOW)
    removed()
    assert Design.objects.get() == design
    assert default_storage.exists(asset.path)


def test_an_accounts_cart_stays_with_its_designs(cart: Cart) -> None:
    removed()
    assert cart.lines.count() == Design.objects.count() == 1


def test_a_guests_cart_that_was_added_to_lately_stays(badge: Family) -> None:
    cart = carted(designed(badge))
    carted(designed(badge, text="Meier"), now=LATER)
    removed()
    assert cart.lines.count() == 2


def test_an_empty_cart_of_a_guest_goes(db: None) -> None:
    open_cart(owner=None, session_key="g1", now=NOW)
    open_cart(owner=None, session_key="g2", now=LATER)
    assert removed() == {"carts that guests left": 1}


def test_a_picture_that_was_handed_in_again_stays(db: None) -> None:
    asset = uploaded(1)
    uploaded(1, now=LATER)
    assert removed() == {}
    assert default_storage.exists(asset.path)


def test_a_picture_handed_in_after_it_went_is_stored_anew(db: None) -> None:
    asset = uploaded(1)
    removed()
    assert uploaded(1, now=LATER) == asset
    assert Asset.objects.get().read()


def test_a_file_that_a_crash_left_without_its_row_goes(db: None) -> None:
    asset = uploaded(1)
    Upload.objects.all().delete()
    Asset.objects.all().delete()
    assert removed() == {"files of pictures that went": 1}
    assert not default_storage.exists(asset.path)


def test_half_a_file_that_a_crash_left_goes_after_a_day(db: None) -> None:
    asset = uploaded(1)
    folder = Path(default_storage.path(asset.path)).parent
    for name, days in ((".old.part", 3), (".new.part", 0)):
        (folder / name).touch()
        age(folder / name, days=days)
    os.utime(folder / ".new.part")
    assert removed(now=NOW) == {"files of pictures that went": 1}
    assert not (folder / ".old.part").exists() and (folder / ".new.part").exists()


def test_designs_are_kept_by_whatever_points_at_them(badge: Family) -> None:
    """Also by a table that this code has never heard of: the database refuses, the rest goes on."""
    kept, _ = designed(badge), designed(badge, text="Meier")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE note (design varchar(40) REFERENCES configurator_design)")
        cursor.execute("INSERT INTO note VALUES (%s)", [kept.pk])
    removed()
    assert kept in Design.objects.all()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_shoppers_did_orders_keep_everything(badge: Family, alice: User, seed: int) -> None:
    """Shoppers at random: designs with and without pictures, shared, carted, ordered, or left."""
    dice = random.Random(seed)
    pictures = [uploaded(colour, guest=f"g{colour % 3}") for colour in range(5)]
    owned = {f"g{n}": [asset for c, asset in enumerate(pictures) if c % 3 == n] for n in range(3)}
    needed: set[str] = set()
    for number in range(12):
        guest = f"g{dice.randrange(3)}"
        photo = dice.choice([None, *owned[guest]])
        changes = {
            "text": f"No. {number}",
            **({"material": "acrylic", "photo": photo.sha256} if photo else {}),
        }
        design = designed(badge, guest=guest, **changes)
        match dice.choice(["left", "left", "shared", "carted", "ordered"]):
            case "shared":
                share(design=design, now=NOW)
                needed.add(design.pk)
            case "carted":
                carted(design, guest=guest)
            case "ordered":
                order = place(
                    cart=carted(design, guest=guest),
                    customer=ALICE,
                    quotes=quoted(cart=open_cart(owner=None, session_key=guest, now=NOW), now=NOW).tokens,
                    idempotency_key=f"order {number}",
                    owner=None,
                    session_key=guest,
                    actor="guest:test",
                    now=NOW,
                )
                needed.update(order.lines.values_list("design_id", flat=True))
    before = sorted(Order.objects.values_list("pk", "lines__design_id", "lines__design__choices__photo"))
    removed()
    after = sorted(Order.objects.values_list("pk", "lines__design_id", "lines__design__choices__photo"))
    assert after == before
    assert set(Design.objects.values_list("pk", flat=True)) == needed
    shown = {d.choices["photo"] for d in Design.objects.all() if "photo" in d.choices}
    assert set(Asset.objects.values_list("pk", flat=True)) == shown
    assert all(default_storage.exists(asset.path) == (asset.pk in shown) for asset in pictures)
    assert breaches() == []
    assert removed() == {}


@pytest.mark.django_db(transaction=True)
def test_tidying_beside_shoppers_who_come_back_breaks_nothing(badge: Family) -> None:
    """One process tidies, others choose the old picture, hand it in again and put old designs in carts."""
    asset = uploaded(1)
    old = [designed(badge, text=f"Old {number}") for number in range(6)]

    def work(number: int) -> str:
        if number == 0:
            return str(len(removed()))
        for design in old:
            with contextlib.suppress(IntegrityError):  # tidied away a moment before: the key refuses
                carted(design, guest=f"back {number}", now=LATER)
        again = uploaded(1, guest=f"back {number}", now=LATER)
        making = start(family=badge, owner=None, session_key=f"back {number}", now=LATER)
        choose(configuration=making, changes={"material": "acrylic", "photo": again.sha256}, now=LATER)
        return "shopped"

    answers = together(work, 3)
    assert answers[1:] == ["shopped", "shopped"], answers
    assert answers[0].isdigit(), answers[0]
    assert Asset.objects.get() == asset and asset.read()
    assert all(line.design for line in CartLine.objects.select_related("design"))
    assert breaches() == []


# --- previews ---------------------------------------------------------------------------------------------


def shown(design: Design, settings: Any) -> Path:
    """The file of the picture, after it was looked at."""
    before = set(Path(settings.MEDIA_ROOT).glob("previews/??/*"))
    proofs.preview(version=design.version, choices=design.choices, surface="front", size=320)
    new = set(Path(settings.MEDIA_ROOT).glob("previews/??/*")) - before
    return new.pop() if new else Path()


def age(file: Path, *, days: float) -> None:
    then = NOW.timestamp() - days * 24 * 3600
    os.utime(file, (then, then))


def test_a_preview_that_nobody_looks_at_goes_and_is_drawn_again(design: Design, settings: Any) -> None:
    file = shown(design, settings)
    drawn = file.read_bytes()
    age(file, days=31)
    assert removed(now=NOW) == {"previews that are not looked at": 1}
    assert not file.exists()
    assert shown(design, settings) == file and file.read_bytes() == drawn


def test_looking_at_a_preview_keeps_it(design: Design, settings: Any) -> None:
    file = shown(design, settings)
    age(file, days=1000)
    shown(design, settings)
    assert abs(file.stat().st_mtime - time.time()) < 60


def test_above_the_size_the_oldest_previews_go(design: Design, badge: Family, settings: Any) -> None:
    files = [shown(design, settings), shown(designed(badge, text="Meier"), settings)]
    folder = files[0].parent
    for number, days in enumerate((3, 2, 1)):
        large = folder / f"{number}.png"
        large.write_bytes(b"0" * 600_000)
        age(large, days=days)
        files.append(large)
    age(files[0], days=0)
    age(files[1], days=0)
    settings.PREVIEW_MEGABYTES = 1
    assert removed(now=NOW) == {"previews that are not looked at": 2}
    assert [file.exists() for file in files] == [True, True, False, False, True]


def test_what_a_killed_drawer_left_goes_after_a_day(design: Design, settings: Any) -> None:
    file = shown(design, settings)
    half, fresh = file.with_name(".x.part"), file.with_suffix(".lock")
    half.touch()
    fresh.touch()
    age(half, days=3)
    removed(now=NOW)
    assert (half.exists(), fresh.exists(), file.exists()) == (False, True, True)
