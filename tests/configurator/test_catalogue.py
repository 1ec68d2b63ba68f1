"""Publishing: checked, immutable, once for the same text."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from configurator.catalogue import NotPublishable, compiled, publish, resume, retire, spec_of, suspend
from configurator.designs import NotOnSale, start
from configurator.engine.family import FamilyError
from configurator.models import Family, Option, PriceRule, Rule, Surface, Value, Version
from ledger.models import Entry
from tests.shops import BADGE, NOW

LATER = NOW + timedelta(hours=1)


def published(source: str = BADGE) -> Version:
    return publish(source=source, filename="badge.yaml", actor="system:test", now=LATER)


def test_a_family_file_becomes_a_version_with_its_rows(badge: Family) -> None:
    version = badge.current
    assert version is not None
    assert (version.number, version.sealed) == (1, True)
    counts = [
        model.objects.filter(version=version).count() for model in (Option, Value, Rule, PriceRule, Surface)
    ]
    assert counts == [5, 5, 4, 3, 1]
    assert Value.objects.get(code="steel").attributes == {"rate": "3"}
    assert spec_of(version).option_by_code["length"].maximum == 120


def test_publishing_is_recorded(badge: Family) -> None:
    entry = Entry.objects.of("family:badge").get()
    assert (entry.kind, entry.data["version"]) == ("family.published", 1)


def test_the_same_text_again_is_the_same_version(badge: Family) -> None:
    assert published().pk == badge.current_id
    assert Entry.objects.of("family:badge").count() == 1


def test_another_text_is_another_version(badge: Family) -> None:
    version = published(BADGE.replace("4.00", "5.00"))
    badge.refresh_from_db()
    assert version.number == 2
    assert badge.current_id == version.pk


def test_going_back_to_an_earlier_text_puts_that_version_on_sale_again(badge: Family) -> None:
    first = badge.current_id
    published(BADGE.replace("4.00", "5.00"))
    assert published().pk == first
    badge.refresh_from_db()
    assert badge.current_id == first


def test_a_family_without_any_valid_configuration_is_refused_with_the_rules(db: None) -> None:
    void = BADGE.replace(
        "prices:",
        "  - {code: NEVER, expr: \"material == 'steel'\", message: Steel only.}\n"
        "  - {code: EVER, expr: \"material == 'acrylic'\", message: Acrylic only.}\n"
        "prices:",
        1,
    )
    with pytest.raises(NotPublishable, match=r"No configuration is valid.*EVER.*") as refusal:
        published(void)
    assert "NEVER" in str(refusal.value)
    assert not Family.objects.exists()


def test_defaults_that_contradict_each_other_are_refused(db: None) -> None:
    with pytest.raises(NotPublishable, match="defaults cannot be chosen together: they break STEEL"):
        published(
            BADGE.replace("default: acrylic", "default: steel")
            .replace("default: 80", "default: 100")
            .replace("choices: {}", "choices: {length: 80}")
        )


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("font: inter", "font: nope", r"With the defaults: There is no font 'nope'"),
        ("0.10 * text.length", "1 - 3 * material.rate", r"With material = steel: .*below zero"),
        ("30 + length / 10 mm", "30 / (length / 10 mm - 6)", r"With length = 60: .*divides by zero"),
        ("length - 10 mm", "length - 70 mm", r"With length = 60: front: the box of text is empty"),
    ],
)
def test_a_value_that_cannot_be_priced_made_or_drawn_is_refused(
    right: str, wrong: str, said: str, db: None
) -> None:
    assert right in BADGE
    with pytest.raises(NotPublishable, match=said):
        published(BADGE.replace(right, wrong))
    assert not Family.objects.exists()


def test_a_failing_test_of_the_author_is_refused(db: None) -> None:
    with pytest.raises(NotPublishable, match="'long steel' should be valid but breaks STEEL"):
        published(BADGE.replace("expect: refused, by: STEEL", "expect: valid"))


def test_a_test_refused_by_another_rule_than_the_author_thinks_is_refused(db: None) -> None:
    with pytest.raises(NotPublishable, match="should be refused by CLIP but is refused by STEEL"):
        published(BADGE.replace("by: STEEL", "by: CLIP"))


def test_a_price_below_zero_is_refused(db: None) -> None:
    with pytest.raises(NotPublishable, match=r"With the defaults: the price is below zero"):
        published(BADGE.replace('"material.rate * 0.50"', '"material.rate * 0.50 - 20"'))


def test_work_that_divides_by_zero_is_refused(db: None) -> None:
    with pytest.raises(NotPublishable, match=r"step 10.*divides by zero"):
        published(BADGE.replace("30 + length / 10 mm", "30 / (length - 80 mm)"))


def test_faults_in_the_text_come_with_their_lines(db: None) -> None:
    with pytest.raises(FamilyError) as refusal:
        published(BADGE.replace("kind: integer", "kind: number"))
    assert refusal.value.problems[0].line == 15


def test_a_suspended_family_cannot_be_started(badge: Family) -> None:
    suspend(family=badge, actor="user:bob", now=LATER, reason="no steel")
    with pytest.raises(NotOnSale):
        start(family=badge, owner=None, session_key="gst_1", now=LATER)


def test_a_resumed_family_is_on_sale_again(badge: Family) -> None:
    suspend(family=badge, actor="user:bob", now=LATER)
    resume(family=badge, actor="user:bob", now=LATER)
    assert start(family=badge, owner=None, session_key="gst_1", now=LATER).pk
    kinds = list(Entry.objects.of("family:badge").values_list("kind", flat=True))
    assert kinds == ["family.published", "family.suspended", "family.resumed"]


def test_a_retired_version_cannot_be_started(badge: Family) -> None:
    assert badge.current is not None
    retire(version=badge.current, actor="user:bob", now=LATER)
    with pytest.raises(NotOnSale):
        start(family=badge, owner=None, session_key="gst_1", now=LATER)


def test_a_version_is_compiled_once_for_all_threads(badge: Family) -> None:
    version = badge.current
    assert version is not None
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(id(compiled(version)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_reading_a_compiled_version_asks_the_database_nothing(
    badge: Family, django_assert_num_queries: object
) -> None:
    version = Version.objects.defer("source").get()
    compiled(version)
    with django_assert_num_queries(0):  # type: ignore[operator]
        compiled(version)


def test_the_command_publishes_files(db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "badge.yaml"
    file.write_text(BADGE, encoding="utf-8")
    call_command("publish", str(file))
    assert Family.objects.get().code == "badge"


def test_the_command_says_what_is_wrong(db: None, tmp_path: Path) -> None:
    file = tmp_path / "badge.yaml"
    file.write_text(BADGE.replace("kind: integer", "kind: number"), encoding="utf-8")
    with pytest.raises(CommandError, match=r"badge\.yaml"):
        call_command("publish", str(file))


@pytest.mark.parametrize("code", ["walnut-sign", "enamel-mug", "t-shirt", "shelf"])
def test_the_demo_families_can_be_published(db: None, code: str) -> None:
    path = Path(__file__).resolve().parents[2] / "configurator" / "families" / f"{code}.yaml"
    version = publish(
        source=path.read_text(encoding="utf-8"), filename=path.name, actor="system:test", now=NOW
    )
    assert version.family_id == code
    assert Rule.objects.filter(version=version).count() >= 12
