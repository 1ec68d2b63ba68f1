"""`manage.py rules`: a family file told in words, and checked."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import SHARED_DATA
from tests.shops import BADGE

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("rules", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def badge_file(tmp_path: Path) -> Path:
    file = tmp_path / "badge.yaml"
    file.write_text(BADGE, encoding="utf-8")
    return file


def test_a_file_is_explained_rule_by_rule(badge_file: Path) -> None:
    told = run("explain", str(badge_file))
    assert told.startswith("Name badge (badge): 5 options, 4 rules.")
    assert told.count("has to hold") == 4


def test_tables_of_a_car_are_explained() -> None:
    file = SHARED_DATA / "renault" / "medium_contraintes.xml"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    told = run("explain", str(file))
    assert "148 options, 174 rules" in told and "more rows" in told


def test_a_file_without_faults_is_said_to_be_right(badge_file: Path) -> None:
    assert run("check", str(badge_file)) == "badge.yaml: 5 options, 4 rules: nothing is wrong.\n"


def test_all_faults_of_a_file_are_told_at_once(badge_file: Path) -> None:
    broken = BADGE.replace("kind: integer", "kind: intiger").replace("currency: EUR", "currency: euro")
    badge_file.write_text(broken, encoding="utf-8")
    with pytest.raises(CommandError) as refusal:
        run("check", str(badge_file))
    assert str(refusal.value).count("badge.yaml: line ") >= 2


def test_a_product_without_any_configuration_is_refused(badge_file: Path) -> None:
    void = BADGE.replace("\nrules:\n", '\nrules:\n  - {code: R0, expr: "false"}\n')
    badge_file.write_text(void, encoding="utf-8")
    with pytest.raises(CommandError, match="No configuration is valid"):
        run("check", str(badge_file))


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run("check", "nowhere.yaml")
