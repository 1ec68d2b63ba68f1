"""Models of other formats on the shop's page: published, opened, and one value chosen over the API."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from configurator.catalogue import publish, spec_of
from configurator.models import Family, Version
from tests.conftest import SHARED_DATA
from tests.shops import NOW

pytestmark = pytest.mark.django_db
MODELS = [
    "feature-models/berkeleydb.uvl",
    "feature-models/busybox_2010-05-02_14-17-07.uvl",
    "feature-models/DELL.splx",
    "feature-models/uvl-language/complex/Galindo2025_Electricity.uvl",
    "feature-models/uvl-language/complex/Sundermann2024_Pizza.uvl",
    "renault/small_contraintes.xml",
    "renault/medium_contraintes.xml",
]
PIZZA = """features
    Pizza
        mandatory
            Size
                alternative
                    Normal
                    Big
        optional
            "4x cheese"
            Topping
                or
                    Salami
                    Ham
constraints
    "4x cheese" => Big
"""


@pytest.mark.parametrize("name", MODELS)
def test_a_public_model_opens_in_the_shop_and_takes_a_choice(name: str, alice_client: Client) -> None:
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"shared/data/{name} is not beside this checkout")
    call_command("publish", str(path), "--code", "model", "--name", "Model", stdout=StringIO())
    version = Version.objects.get(family="model")
    client = alice_client
    answer = client.post("/api/v1/configurations/", {"family": "model"}, content_type="application/json")
    assert answer.status_code == 201, answer.content
    begun = answer.json()
    code, value = _open_value(begun["options"])
    changed = client.patch(
        f"/api/v1/configurations/{begun['id']}/",
        {"choices": {code: value}},
        content_type="application/json",
    )
    assert changed.status_code == 200, changed.content
    # Several values come as a list.
    assert changed.json()["choices"][code] in (value, [value])
    page = client.get(reverse("configuration", args=["model", begun["id"]]))
    assert page.status_code == 200
    text = page.content.decode()
    assert [option.code for option in spec_of(version).options if f'name="o-{option.code}"' not in text] == []


def _open_value(options: dict[str, Any]) -> tuple[str, str]:
    """A choice or switch with more than one possible value, and the last of these."""
    for code, option in options.items():
        possible = [value for value, state in option["values"].items() if state == "possible"]
        if len(possible) > 1 and len(possible) == len(option["values"]):
            return code, possible[-1]
    raise AssertionError("nothing is open")


def test_a_uvl_file_is_published_under_its_name_and_keeps_the_names_of_features() -> None:
    version = publish(source=PIZZA, filename="Our Pizza.uvl", actor="system:test", now=NOW)
    assert (version.family_id, version.family.name, version.source_format) == ("our-pizza", "Pizza", "uvl")
    assert spec_of(version).option_by_code["_x34_x_x20_cheese"].name == "4x cheese"


def test_the_same_text_published_again_is_the_same_version() -> None:
    first = publish(source=PIZZA, filename="pizza.uvl", actor="system:test", now=NOW)
    assert publish(source=PIZZA, filename="pizza.uvl", actor="system:test", now=NOW) == first


def test_a_model_is_published_with_the_models_it_imports(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/size.uvl").write_text(
        "imports\n    unit\nfeatures\n    Size\n        alternative\n            Small\n            Large\n"
        "        optional\n            unit.Unit\n"
    )
    (tmp_path / "parts/unit.uvl").write_text(
        "features\n    Unit\n        alternative\n            mm\n            inch\n"
    )
    (tmp_path / "box.uvl").write_text(
        "imports\n    parts.size as size\nfeatures\n    Box\n        mandatory\n            size.Size\n"
        "constraints\n    size.unit.inch => size.Large\n"
    )
    call_command("publish", str(tmp_path / "box.uvl"), stdout=StringIO())
    spec = spec_of(Version.objects.get(family="box"))
    assert sorted(option.name for option in spec.options) == ["Size", "Unit"]


def test_an_import_that_is_missing_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "box.uvl").write_text(
        "imports\n    parts as p\nfeatures\n    Box\n        optional\n            p.P\n"
    )
    with pytest.raises(CommandError, match="line 2, column 5: there is no model parts to import"):
        call_command("publish", str(tmp_path / "box.uvl"), stdout=StringIO())


def test_a_void_model_is_not_published(tmp_path: Path) -> None:
    (tmp_path / "void.uvl").write_text(
        "features\n    A\n        optional\n            B\n            C\nconstraints\n    B & !C\n    C\n"
    )
    with pytest.raises(CommandError, match="void was not published"):
        call_command("publish", str(tmp_path / "void.uvl"), stdout=StringIO())


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.uvl").open("wb") as file:
        file.truncate(20_000_001)
    with pytest.raises(CommandError, match="larger than 20 MB"):
        call_command("publish", str(tmp_path / "huge.uvl"), stdout=StringIO())


def test_what_is_held_within_bounds_only_is_told(tmp_path: Path) -> None:
    (tmp_path / "free.uvl").write_text("features\n    A\n        mandatory\n            Integer N\n")
    out = StringIO()
    call_command("publish", str(tmp_path / "free.uvl"), stdout=out)
    assert "N: no bounds are given, whole numbers from -100 to 100." in out.getvalue()


def test_a_family_is_exported_as_uvl_with_what_the_file_does_not_hold(badge: Family) -> None:
    out, err = StringIO(), StringIO()
    call_command("families", "export", "badge", "--format", "uvl", stdout=out, stderr=err)
    again = publish(source=out.getvalue(), filename="badge-again.uvl", actor="system:test", now=NOW)
    assert spec_of(again).option_by_code.keys() == spec_of(badge.current).option_by_code.keys()
    assert "not in the file: prices: " in err.getvalue()


def test_a_family_is_exported_as_it_was_published(badge: Family) -> None:
    out = StringIO()
    call_command("families", "export", "badge", stdout=out)
    assert out.getvalue() == badge.current.source


def test_an_unknown_family_is_not_exported(db: None) -> None:
    with pytest.raises(CommandError, match=r"There is no family .sofa. .known: none"):
        call_command("families", "export", "sofa")


@pytest.mark.parametrize("code", ["b\N{CYRILLIC SMALL LETTER A}dge", "Badge ", "", "b" * 100_000, "badge\0"])
def test_a_code_of_no_family_is_told_with_those_that_are(badge: Family, code: str) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match=r"known: badge") as refused:
        call_command("families", "export", code, stdout=out)
    assert out.getvalue() == ""
    assert len(str(refused.value)) < 300


def test_a_family_without_a_published_version_is_not_exported(badge: Family) -> None:
    Family.objects.filter(pk=badge.pk).update(current=None)
    with pytest.raises(CommandError, match="has no published version"):
        call_command("families", "export", "badge")


def test_an_unknown_format_is_refused_before_anything_is_written(badge: Family) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match="'pdf'"):
        call_command("families", "export", "badge", "--format", "pdf", stdout=out)
    assert out.getvalue() == ""
